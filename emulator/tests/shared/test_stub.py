"""Stubs that several emulators count down together."""

from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, Any

import orjson

from emulator import Emulator
from emulator.workspace.stub import StubDeclaration

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from emulator.tests.conftest import Pair

CONTROL = "/__emulator__"
STUBS = f"{CONTROL}/stubs"
BASKET = "/s/RefArch/dw/shop/v23_2/baskets/b1"
STUB = {"method": "GET", "path": "/s/{site}/dw/shop/{version}/baskets/{id}"}
SEQUENCE = [{"status": 503}, {"status": 502}, {"body": {"id": "{{path.id}}"}}]


def declare(pair: "Pair", **declared: Any) -> str:
    shown = pair.told("POST", STUBS, json={**STUB, **declared})
    return str(shown[0]["id"])


def statuses(pair: "Pair", times: int) -> list[int]:
    return [pair.ask("GET", BASKET).status_code for _ in range(times)]


def test_a_sequence_is_answered_by_both_in_turn(pair: "Pair") -> None:
    declare(pair, answer=SEQUENCE)
    assert statuses(pair, 4) == [503, 502, 200, 200]
    assert pair.ask("GET", BASKET).json == {"id": "b1"}
    assert [(s["seen"], s["applied"]) for s in pair.told("GET", STUBS)] == [(5, 5)]


def test_a_sequence_begins_again_and_ends_after_its_times(pair: "Pair") -> None:
    declare(pair, answer=SEQUENCE, repeat=True, times=5)
    assert statuses(pair, 7) == [503, 502, 200, 503, 502, 404, 404]


def test_of_requests_at_the_same_time_each_gets_one_step(pair: "Pair") -> None:
    declare(pair, answer=[{"status": 200 + step} for step in range(40)], times=40)
    with ThreadPoolExecutor(8) as pool:
        asked = pool.map(lambda n: pair.ask_one(n % 2, "GET", BASKET).status_code, range(44))
        assert sorted(asked) == [*(s for s in range(200, 240)), 404, 404, 404, 404]


def test_a_token_is_checked_before_a_step_is_taken(pair: "Pair") -> None:
    declare(pair, answer=SEQUENCE, access="token")
    refused = pair.ask("GET", BASKET, headers={"Authorization": "Bearer wrong"})
    assert refused.status_code == 401
    assert statuses(pair, 3) == [503, 502, 200]


def test_stubs_and_failpoints_have_their_own_ids_and_counts(pair: "Pair") -> None:
    pair.told("POST", f"{CONTROL}/failpoints", json={"action": {"status": 418}, "times": 1})
    assert declare(pair, answer={}) == "1"
    assert statuses(pair, 2) == [418, 200]
    assert pair.ask("DELETE", f"{CONTROL}/failpoints").status_code == 204
    assert [s["applied"] for s in pair.told("GET", STUBS)] == [1]
    [exchange] = pair.told("GET", f"{CONTROL}/journal?stub=*&limit=1")["exchanges"][-1:]
    assert exchange["stub"] in ("", "1")
    assert pair.told("GET", f"{CONTROL}/journal/count?stub=1")["count"] == 1


def test_a_stub_removed_at_one_is_gone_at_the_other(pair: "Pair") -> None:
    first = declare(pair, answer={})
    assert pair.ask("DELETE", f"{STUBS}/{first}").status_code == 204
    assert pair.ask("DELETE", f"{STUBS}/{first}").status_code == 404
    assert statuses(pair, 2) == [404, 404]


def test_stubs_of_a_folder_are_there_from_the_start_and_after_a_reset(
    make_pair: "Callable[..., Pair]", tmp_path: "Path"
) -> None:
    (tmp_path / "a.json").write_bytes(orjson.dumps([{**STUB, "answer": {}, "times": 1}]))
    failpoints = tmp_path / "failpoints.txt"
    failpoints.write_text('[{"action": {"status": 418}, "times": 1}]')
    pair = make_pair(stubs=str(tmp_path), failpoints=str(failpoints))
    assert statuses(pair, 3) == [418, 200, 404]
    pair.told("POST", f"{CONTROL}/reset")
    assert statuses(pair, 3) == [418, 200, 404]


def test_a_declaration_is_read_by_a_process_that_serves_the_path(
    pair: "Pair", empty_redis: str
) -> None:
    declare(pair, answer={})
    other = Emulator(fixtures="samples", store=empty_redis)
    other.app.add_url_rule("/s/<site>/dw/shop/<version>/baskets/<id>", view_func=lambda **_: "own")
    assert [stub.id for stub in other.workspace.stubs] == ["1"]


def test_a_workspace_that_is_gone_has_none(pair: "Pair") -> None:
    gone = pair.emulators[0].workspaces.get("gone")
    gone.stubs.add(StubDeclaration(lambda *_: "").read({**STUB, "answer": {}}))
    assert not gone.stubs.is_empty
    pair.emulators[1].workspaces.delete("gone")
    gone.refresh()
    assert gone.stubs.is_empty
