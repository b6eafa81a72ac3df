"""Failpoints that several emulators count down together, as exactly as one does."""

from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, Any

import orjson
import pytest

from emulator import Emulator
from emulator.clock import SEEDED_START
from emulator.family import Family
from emulator.recording.exchange import Exchange, Reply
from emulator.workspace.failpoint import Declaration, Failpoints

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from emulator.tests.conftest import Pair

CONTROL = "/__emulator__"
FAILPOINTS = f"{CONTROL}/failpoints"
DATA = Family("data", lambda _, __: [])


def exchange(path: str = "/items") -> Exchange:
    return Exchange(DATA, "GET", path, "", {}, SEEDED_START)


def declare(pair: "Pair", **declared: Any) -> str:
    shown = pair.told("POST", FAILPOINTS, json={"action": {"status": 418}, **declared})
    return str(shown[0]["id"])


def applied_requests(pair: "Pair", times: int) -> list[int]:
    """Return the numbers, from 1, of the requests with an applied failpoint, on both servers."""
    answers = [pair.ask("GET", "/items").status_code for _ in range(times)]
    return [number for number, status in enumerate(answers, 1) if status == 418]


def counted(pair: "Pair") -> list[tuple[str, int, int]]:
    return [(f["id"], f["seen"], f["applied"]) for f in pair.told("GET", FAILPOINTS)]


def test_one_time_is_once_in_all(pair: "Pair") -> None:
    declare(pair, times=1)
    assert applied_requests(pair, 6) == [1]
    assert counted(pair) == counted(pair) == [("1", 6, 1)]


def test_the_nth_request_is_counted_at_both(pair: "Pair") -> None:
    declare(pair, match={"nth": 3})
    assert applied_requests(pair, 6) == [3]


def test_a_sequence_applies_one_action_after_the_other_at_both(pair: "Pair") -> None:
    sequence = [{"status": 418}, {"delay": 0}, {"status": 418}]
    declare(pair, action=sequence, times=7, repeat=True)
    assert applied_requests(pair, 9) == [1, 3, 4, 6, 7]
    assert counted(pair) == [("1", 9, 7)]


def test_the_seeded_delays_of_a_sequence_are_those_of_one_process(pair: "Pair") -> None:
    declared = {
        "action": [{"delay": [0, 1]}, {"status": 418}, {"delay": [1, 2]}],
        "repeat": True,
        "probability": 0.5,
        "seed": 7,
    }
    pauses: dict[str, list[float]] = {"alone": [], "shared": []}
    reply = Reply("200 OK", [], [])
    alone = Failpoints(Declaration([DATA]).read(declared))
    for _ in range(12):
        if found := alone.take(exchange()):
            found.serve(lambda _: reply, {}, pauses["alone"].append)
    pair.told("POST", FAILPOINTS, json=declared)
    for number in range(12):
        shared = pair.emulators[number % 2].workspaces.get("default").failpoints
        if found := shared.take(exchange()):
            found.serve(lambda _: reply, {}, pauses["shared"].append)
    assert len(pauses["alone"]) > 2
    assert pauses["shared"] == pauses["alone"]


def test_of_requests_at_the_same_time_as_many_meet_it_as_are_to(pair: "Pair") -> None:
    declare(pair, times=5)
    with ThreadPoolExecutor(8) as pool:
        asked = pool.map(lambda n: pair.ask_one(n % 2, "GET", "/items").status_code, range(60))
        assert sorted(asked) == [200] * 55 + [418] * 5
    assert counted(pair) == [("1", 60, 5)]


@pytest.mark.parametrize("more", [{}, {"times": 3}, {"match": {"nth": 2}}], ids=str)
def test_seeded_dice_fall_as_those_of_one_process(pair: "Pair", more: dict[str, Any]) -> None:
    declared = {"action": {"status": 418}, "probability": 0.5, "seed": 7, **more}
    alone = Failpoints(Declaration([DATA]).read(declared))
    expected = [number for number in range(1, 21) if alone.take(exchange())]
    pair.told("POST", FAILPOINTS, json=declared)
    assert applied_requests(pair, 20) == expected
    pair.told("POST", f"{CONTROL}/reset")
    pair.told("POST", FAILPOINTS, json=declared)
    assert applied_requests(pair, 20) == expected


def test_seeded_delays_are_those_of_one_process(pair: "Pair") -> None:
    declared = {"action": {"delay": [0, 1], "status": 418}, "probability": 0.5, "seed": 7}
    pauses: dict[str, list[float]] = {"alone": [], "shared": []}
    alone = Failpoints(Declaration([DATA]).read(declared))
    for _ in range(8):
        if found := alone.take(exchange()):
            found.serve(lambda _: pytest.fail("served"), {}, pauses["alone"].append)
    pair.told("POST", FAILPOINTS, json=declared)
    for number in range(8):
        shared = pair.emulators[number % 2].workspaces.get("default").failpoints
        if found := shared.take(exchange()):
            found.serve(lambda _: pytest.fail("served"), {}, pauses["shared"].append)
    assert len(pauses["alone"]) > 1
    assert pauses["shared"] == pauses["alone"]


def test_seeded_dice_are_thrown_once_for_each_request_of_many(pair: "Pair") -> None:
    declared = {"action": {"status": 418}, "probability": 0.5, "seed": 7}
    alone = Failpoints(Declaration([DATA]).read(declared))
    expected = sum(alone.take(exchange()) is not None for _ in range(40))
    pair.told("POST", FAILPOINTS, json=declared)
    with ThreadPoolExecutor(8) as pool:
        asked = pool.map(lambda n: pair.ask_one(n % 2, "GET", "/items").status_code, range(40))
        assert list(asked).count(418) == expected


@pytest.mark.parametrize(("probability", "expected"), [(0, []), (1, [1, 2, 3, 4])])
def test_certain_dice_need_no_seed(pair: "Pair", probability: float, expected: list[int]) -> None:
    declare(pair, probability=probability)
    assert applied_requests(pair, 4) == expected


def test_the_first_that_applies_is_met_and_those_before_have_seen_the_request(
    pair: "Pair",
) -> None:
    declare(pair, match={"nth": 2})
    declare(pair, times=1)
    declare(pair, match={"path": "/elsewhere"})
    assert applied_requests(pair, 3) == [1, 2]
    assert counted(pair) == [("1", 3, 1), ("2", 2, 1), ("3", 0, 0)]


def test_one_removed_at_one_is_gone_at_the_other(pair: "Pair") -> None:
    first, second = declare(pair), declare(pair, match={"path": "/elsewhere"})
    assert pair.ask("DELETE", f"{FAILPOINTS}/{first}").status_code == 204
    assert pair.ask("DELETE", f"{FAILPOINTS}/{first}").status_code == 404
    assert applied_requests(pair, 2) == []
    assert [identifier for identifier, _, _ in counted(pair)] == [second]
    assert pair.ask("DELETE", FAILPOINTS).status_code == 204
    assert counted(pair) == counted(pair) == []


def test_ids_go_on_until_a_reset(pair: "Pair") -> None:
    assert [declare(pair), declare(pair)] == ["1", "2"]
    pair.ask("DELETE", FAILPOINTS)
    shown = pair.told("PUT", FAILPOINTS, json=[{"action": {"status": 418}, "times": 1}])
    assert [(f["id"], f["times"]) for f in shown] == [("3", 1)]
    assert applied_requests(pair, 3) == [1]
    pair.told("POST", f"{CONTROL}/reset")
    assert declare(pair) == "1"
    assert applied_requests(pair, 2) == [1, 2]


def test_one_that_was_removed_since_a_request_began_does_not_meet_it(pair: "Pair") -> None:
    declare(pair)
    old = pair.emulators[0].workspaces.get("default").failpoints
    pair.ask_one(1, "DELETE", FAILPOINTS)
    assert old.take(exchange()) is None
    declare(pair, times=1)
    pair.ask_one(1, "PUT", FAILPOINTS, json=[{"action": {"status": 500}, "times": 1}])
    found = old.take(exchange())
    assert found is not None
    assert found.step == {"status": 500}
    assert old.take(exchange()) is None


def test_a_fault_of_a_family_is_answered_by_both(pair: "Pair") -> None:
    action = {"fault": "SiteOffline", "arguments": {"siteId": "x"}}
    pair.told("POST", FAILPOINTS, json={"action": action})
    for _ in range(2):
        answer = pair.ask("GET", "/s/-/dw/data/v23_2/inventory_lists")
        assert answer.json is not None
        assert answer.json["fault"]["type"] == "SiteOfflineException"


def test_those_of_a_file_are_there_from_the_start_and_after_a_reset(
    make_pair: "Callable[..., Pair]", tmp_path: "Path"
) -> None:
    file = tmp_path / "failpoints.json"
    file.write_text('[{"action": {"status": 418}, "times": 1}]')
    pair = make_pair(failpoints=str(file))
    assert applied_requests(pair, 3) == [1]
    pair.told("POST", f"{CONTROL}/reset")
    assert applied_requests(pair, 3) == [1]


def test_declarations_are_shown_as_they_were_made(pair: "Pair", empty_redis: str) -> None:
    declared = {"action": {"status": 503, "body": {"ä": [], "b": {}}}, "match": {}, "times": 2}
    pair.told("POST", FAILPOINTS, json=declared)
    third = Emulator(fixtures="samples", store=empty_redis)
    [found] = third.workspace.failpoints
    assert found.show() == {"id": "1", **declared, "seen": 0, "applied": 0}


def test_a_workspace_that_is_gone_has_none(pair: "Pair") -> None:
    gone = pair.emulators[0].workspaces.get("gone")
    gone.failpoints.add(Declaration([DATA]).read({"action": {"status": 418}}))
    pair.emulators[1].workspaces.delete("gone")
    assert gone.failpoints.take(exchange()) is None


def test_replacing_is_one_step(pair: "Pair") -> None:
    declare(pair)
    action = {"action": {"status": 418}}
    with ThreadPoolExecutor(4) as pool:
        replaced = pool.submit(
            lambda: [
                orjson.loads(pair.ask_one(1, "PUT", FAILPOINTS, json=action).data)[0]["id"]
                for _ in range(40)
            ]
        )
        while not replaced.done():
            assert pair.ask_one(0, "GET", "/items").status_code == 418
        assert replaced.result() == [str(n) for n in range(2, 42)]


def test_number_and_bytes_are_bounded(pair: "Pair") -> None:
    one, large = {"action": {"status": 418}}, {"action": {"status": 418, "body": "x" * 900_000}}
    pair.told("POST", FAILPOINTS, json=[one] * 199)
    assert pair.ask("POST", FAILPOINTS, json=[one] * 2).status_code == 409
    pair.told("POST", FAILPOINTS, json=one)
    assert len(pair.told("GET", FAILPOINTS)) == 200
    pair.told("PUT", FAILPOINTS, json=[large] * 5)
    pair.told("POST", FAILPOINTS, json=[large] * 4)
    assert pair.ask("POST", FAILPOINTS, json=large).status_code == 409
    assert len(pair.told("GET", FAILPOINTS)) == 9
