"""Failpoints: how they are declared, which requests they meet, and what becomes of those."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from errno import ECONNRESET
from pathlib import Path
from typing import Any

import orjson
import pytest

from emulator.family import INJECTED, Family, Injected
from emulator.recording.exchange import Exchange, Reply, begin
from emulator.tests.table import table
from emulator.workspace.error import WorkspaceError
from emulator.workspace.failpoint import (
    ConnectionDropped,
    Declaration,
    Failpoint,
    FailpointError,
    Failpoints,
    Plan,
)

DATA = Family(
    "data",
    lambda _, __: [],
    faults={"NotFound": (("id", "site"), ("id", "catalog")), "Unavailable": ((),)},
    samples={"site": "A"},
)
TOKEN = Family("token", lambda _, __: [], faults={"invalid_client": (("description",),)})
DECLARATION = Declaration([DATA, TOKEN])
TYPE = ("Content-Type", "application/json")
SECONDS = "Use seconds from 0 to 300, or [minimum, maximum]."
LATE = {"action": {"delay": 1}}
MEMBERS = "known are action, match, probability, repeat, seed, times."
ACTION_MEMBERS = (
    "known are arguments, body, delay, drop, fault, headers, slow_body, status, truncate."
)
CONDITIONS = "known are client, family, header, method, nth, operation, path, query."


def read(value: Any) -> list[Plan]:
    return DECLARATION.read(value)


def make(action: dict[str, Any], **others: Any) -> Failpoint:
    return Failpoint("1", read({"action": action, **others})[0])


def meet(path: str = "/a", family: Family = DATA) -> Exchange:
    environ = {"REQUEST_METHOD": "GET", "PATH_INFO": path}
    return begin(environ, family, lambda: datetime(2026, 1, 1, tzinfo=UTC))


def problems(value: Any) -> dict[str, str]:
    with pytest.raises(FailpointError) as caught:
        read(value)
    return dict(caught.value.problems)


class Server:
    """Answers 25 bytes, and remembers what happened, in order."""

    def __init__(self) -> None:
        self.events: list[Any] = []

    def serve(self, environ: dict[str, Any]) -> Reply:
        self.events.append(environ.get(INJECTED, "served"))
        return Reply("200 OK", [TYPE, ("Content-Length", "25")], [b"abcde" * 2, b"", b"fghij" * 3])

    def answer(self, action: dict[str, Any], **others: Any) -> Reply:
        return make(action, **others).serve(self.serve, {}, self.events.append)


def taken(failpoint: Failpoint, times: int) -> list[bool]:
    return [failpoint.take(meet()) for _ in range(times)]


@table(
    ("value", "told"),
    [
        (None, {"": "Invalid input type."}),
        (5, {"": "Invalid input type."}),
        ("x", {"": "Invalid input type."}),
        ([[]], {"/0": "Invalid input type."}),
        ({}, {"/action": "Missing data for required field."}),
        ({"action": None}, {"/action": "Field may not be null."}),
        ({"action": []}, {"/action": "A sequence has from 1 to 100 entries."}),
        (
            {**LATE, "id": "1"},
            {"/id": f"Unknown field: {MEMBERS}"},
        ),
        (
            {**LATE, "a/b~": 1},
            {"/a~1b~0": f"Unknown field: {MEMBERS}"},
        ),
        ({**LATE, "times": 0}, {"/times": "Must be greater than or equal to 1."}),
        ({**LATE, "times": True}, {"/times": "Not a valid integer."}),
        ({**LATE, "times": 1.5}, {"/times": "Not a valid integer."}),
        ({**LATE, "times": "1"}, {"/times": "Not a valid integer."}),
        ({**LATE, "times": None}, {"/times": "Field may not be null."}),
        ({**LATE, "seed": "x"}, {"/seed": "Not a valid integer."}),
        ({**LATE, "seed": 0.5}, {"/seed": "Not a valid integer."}),
        ({**LATE, "probability": True}, {"/probability": "Not a valid number."}),
        ({**LATE, "probability": "often"}, {"/probability": "Not a valid number."}),
        ({**LATE, "match": None}, {"/match": "Field may not be null."}),
        ({**LATE, "match": []}, {"/match": "Invalid input type."}),
        (
            {**LATE, "match": {"status": 500}},
            {"/match/status": f"Unknown field: {CONDITIONS}"},
        ),
        ({**LATE, "match": {"nth": 0}}, {"/match/nth": "Must be greater than or equal to 1."}),
        ({**LATE, "match": {"nth": [1]}}, {"/match/nth": "Not a valid integer."}),
        ({**LATE, "match": {"method": 1}}, {"/match/method": "Not a valid string."}),
        ({**LATE, "match": {"header": []}}, {"/match/header": "Not a valid mapping type."}),
        (
            {**LATE, "match": {"path": "sites"}},
            {"/match/path": "A pattern of a path begins with / or *, such as /**/sites/*."},
        ),
    ],
)
def test_what_is_declared_wrongly_is_told_with_its_place(value: Any, told: dict[str, str]) -> None:
    assert problems(value) == told


@table("probability", [-0.1, 1.1, 2])
def test_a_probability_is_between_0_and_1(probability: float) -> None:
    told = "Must be greater than or equal to 0 and less than or equal to 1."
    assert problems({**LATE, "probability": probability}) == {"/probability": told}


@table(
    ("action", "place", "told"),
    [
        ({}, "", "Has none of delay, fault, status, drop, truncate and slow_body."),
        (
            {"explode": 1},
            "/explode",
            f"Unknown field: {ACTION_MEMBERS}",
        ),
        (
            {"delai": 1},
            "/delai",
            f"Unknown field: did you mean delay? {ACTION_MEMBERS}",
        ),
        ({"delay": None}, "/delay", "Field may not be null."),
        ({"status": "500"}, "/status", "Not a valid integer."),
        ({"status": 500.0}, "/status", "Not a valid integer."),
        ({"status": True}, "/status", "Not a valid integer."),
        ({"truncate": -1}, "/truncate", "Must be greater than or equal to 0."),
        ({"truncate": 1.0}, "/truncate", "Not a valid integer."),
        ({"slow_body": True}, "/slow_body", "Not a valid number."),
        ({"drop": "middle"}, "/drop", "Must be one of: before, after."),
        ({"drop": True}, "/drop", "Not a valid string."),
        ({"drop": []}, "/drop", "Not a valid string."),
        ({"fault": 1}, "/fault", "Not a valid string."),
        (
            {"fault": "Gone"},
            "/fault",
            "There is no fault 'Gone': known are NotFound, Unavailable, invalid_client.",
        ),
        (
            {"fault": ""},
            "/fault",
            "There is no fault '': known are NotFound, Unavailable, invalid_client.",
        ),
        (
            {"fault": "NotFoundException", "arguments": {"ID": 1}},
            "/arguments",
            "There is no argument 'ID': the arguments of NotFound are id, site or id, catalog.",
        ),
        (
            {"fault": "NotFound", "arguments": {"site": 1, "catalog": 1}},
            "/arguments",
            (
                "The arguments catalog, site exclude each other: "
                "the arguments of NotFound are id, site or id, catalog."
            ),
        ),
        (
            {"fault": "Unavailable", "arguments": {"id": 1}},
            "/arguments",
            "There is no argument 'id': the arguments of Unavailable are none.",
        ),
        ({"fault": "Unavailable", "arguments": []}, "/arguments", "Not a valid mapping type."),
        ({"fault": "Unavailable", "status": 500}, "/status", "Only one of fault, status."),
        ({"fault": "Unavailable", "drop": "after"}, "/drop", "Only one of fault, drop."),
        ({"status": 500, "drop": "after"}, "/drop", "Only one of status, drop."),
        ({"delay": 1, "arguments": {}}, "/arguments", "Needs fault."),
        ({"status": 200, "arguments": {}}, "/arguments", "Needs fault."),
        ({"delay": 1, "headers": {}}, "/headers", "Needs status."),
        ({"fault": "Unavailable", "headers": {}}, "/headers", "Needs status."),
        ({"drop": "before", "body": None}, "/body", "Needs status."),
        ({"status": 200, "headers": ["a"]}, "/headers", "Not a valid mapping type."),
    ],
)
def test_an_action_that_cannot_be_is_told_with_its_place(
    action: dict[str, Any], place: str, told: str
) -> None:
    assert problems({"action": action}) == {f"/action{place}": told}


@table("status", [-1, 0, 100, 199, 600])
def test_a_status_that_is_answered_is_a_final_one(status: int) -> None:
    told = "Must be greater than or equal to 200 and less than or equal to 599."
    assert problems({"action": {"status": status}}) == {"/action/status": told}


@pytest.mark.parametrize("seconds", [-0.1, 300.1])
def test_a_slow_body_takes_five_minutes_at_most(seconds: float) -> None:
    told = "Must be greater than or equal to 0 and less than or equal to 300.0."
    assert problems({"action": {"slow_body": seconds}}) == {"/action/slow_body": told}


@table(
    "delay",
    [
        True,
        "1",
        -1,
        300.5,
        [],
        [1],
        [1, 2, 3],
        [2, 1],
        [-1, 1],
        [0, 301],
        [0, "1"],
        {},
        float("nan"),
    ],
)
def test_a_delay_is_a_number_of_seconds_or_two(delay: Any) -> None:
    assert problems({"action": {"delay": delay}}) == {"/action/delay": SECONDS}


def test_all_that_is_wrong_is_told_at_once() -> None:
    wrong = {"match": {"nth": 0}, "times": 0, "action": {"delay": -1, "drop": "x"}}
    told = problems([LATE, wrong, {"action": {"fault": "Gone"}}])
    assert sorted(told) == [
        "/1/action/delay",
        "/1/action/drop",
        "/1/match/nth",
        "/1/times",
        "/2/action/fault",
    ]


def test_the_message_of_an_error_has_a_line_for_each_problem() -> None:
    error = FailpointError({"": "Bad.", "/a": "Worse."})
    assert str(error) == "/: Bad.\n/a: Worse."


def test_one_failpoint_or_an_array_of_them_is_read() -> None:
    assert [len(read(value)) for value in (LATE, [], [LATE], [LATE, LATE])] == [1, 0, 1, 2]


def test_a_declaration_is_not_changed_by_reading_it() -> None:
    declared = {"action": {"fault": "NotFoundException", "arguments": {"id": 1, "site": None}}}
    (plan,) = read(declared)
    assert plan.steps[0]["fault"] == "NotFound"
    assert declared["action"]["fault"] == "NotFoundException"


def test_a_file_is_read(tmp_path: Path) -> None:
    file = tmp_path / "failpoints.json"
    file.write_bytes(orjson.dumps([LATE, LATE]))
    assert [plan.declared for plan in DECLARATION.read_file(str(file))] == [LATE, LATE]


@pytest.mark.parametrize("content", [b"", b"{", b"\xff", b"[NaN]"])
def test_a_file_that_is_no_json_is_told(tmp_path: Path, content: bytes) -> None:
    file = tmp_path / "failpoints.json"
    file.write_bytes(content)
    with pytest.raises(FailpointError) as caught:
        DECLARATION.read_file(str(file))
    assert list(caught.value.problems) == [str(file)]
    assert caught.value.problems[str(file)].startswith("is not a JSON file: ")


@pytest.mark.parametrize("name", ["", "none.json"])
def test_a_file_that_cannot_be_read_is_told(tmp_path: Path, name: str) -> None:
    with pytest.raises(FailpointError, match=r": is not a JSON file: \[Errno \d+\]"):
        DECLARATION.read_file(str(tmp_path / name))


def test_problems_of_a_file_are_told_with_its_name(tmp_path: Path) -> None:
    file = tmp_path / "failpoints.json"
    for content, place in ((b"5", "/"), (b"[5]", "/0")):
        file.write_bytes(content)
        with pytest.raises(FailpointError) as caught:
            DECLARATION.read_file(str(file))
        assert caught.value.problems == {f"{file}: {place}": "Invalid input type."}


def test_failpoint_without_conditions_is_for_every_request() -> None:
    failpoint = make({"delay": 1})
    assert taken(failpoint, 3) == [True, True, True]
    assert failpoint.take(meet("/b"))
    assert (failpoint.seen, failpoint.applied) == (4, 4)


def test_a_request_that_is_not_meant_is_not_counted() -> None:
    failpoint = make({"delay": 1}, match={"path": "/a"})
    assert [failpoint.take(meet(path)) for path in ("/b", "/a", "/a/b")] == [False, True, False]
    assert (failpoint.seen, failpoint.applied) == (1, 1)


def test_the_nth_request_is_counted_among_those_that_are_meant() -> None:
    failpoint = make({"delay": 1}, match={"path": "/a", "nth": 2})
    paths = ("/b", "/a", "/b", "/a", "/a", "/a")
    assert [failpoint.take(meet(path)) for path in paths] == [False] * 3 + [True, False, False]
    assert (failpoint.seen, failpoint.applied) == (4, 1)


def test_a_failpoint_is_applied_as_often_as_it_says() -> None:
    failpoint = make({"delay": 1}, times=2)
    assert taken(failpoint, 4) == [True, True, False, False]
    assert (failpoint.seen, failpoint.applied) == (4, 2)


def test_times_count_what_chance_has_let_through() -> None:
    failpoint = make({"delay": 1}, times=3, probability=0.5, seed=1)
    assert sum(taken(failpoint, 100)) == 3
    assert (failpoint.seen, failpoint.applied) == (100, 3)


@table(("probability", "least", "most"), [(0, 0, 0), (1, 500, 500), (0.5, 200, 300)])
def test_chance_is_as_likely_as_it_says(probability: float, least: int, most: int) -> None:
    assert least <= sum(taken(make({"delay": 1}, probability=probability, seed=7), 500)) <= most


@table("seed", [0, 1, -1, 2**63])
def test_chance_with_a_seed_is_the_same_each_time(seed: int) -> None:
    (plan,) = read({"probability": 0.5, "seed": seed, "action": {"delay": 1}})
    first = taken(Failpoint("1", plan), 64)
    assert taken(Failpoint("2", plan), 64) == first
    assert {True, False} == set(first)


def test_another_seed_and_no_seed_are_another_chance() -> None:
    fallen = {
        tuple(taken(make({"delay": 1}, probability=0.5, **seed), 64))
        for seed in ({"seed": 1}, {"seed": 2}, {}, {})
    }
    assert len(fallen) == 4


@table(
    ("action", "of_data", "of_token"),
    [
        ({"fault": "Unavailable"}, True, False),
        ({"fault": "UnavailableException", "delay": 1}, True, False),
        ({"fault": "invalid_client", "arguments": {"description": ""}}, False, True),
        ({"status": 500}, True, False),
    ],
)
def test_a_fault_is_for_its_own_family_alone(
    action: dict[str, Any], *, of_data: bool, of_token: bool
) -> None:
    failpoint = make(action)
    assert [failpoint.take(meet("/a", family)) for family in (DATA, TOKEN)] == [of_data, of_token]
    assert failpoint.seen == of_data + of_token


def test_a_failpoint_is_shown_as_it_was_declared() -> None:
    failpoint = make({"status": 500, "body": None}, match={"path": "/a", "nth": 2}, seed=1)
    taken(failpoint, 3)
    assert failpoint.show() == {
        "id": "1",
        "match": {"path": "/a", "nth": 2},
        "seed": 1,
        "action": {"status": 500, "body": None},
        "seen": 3,
        "applied": 1,
    }


def test_a_fault_is_handed_to_the_family() -> None:
    server = Server()
    arguments = {"id": [1], "site": None}
    reply = server.answer({"fault": "NotFoundException", "arguments": arguments})
    assert server.events == [Injected("NotFound", arguments)]
    assert reply.status == "200 OK"
    assert Server().answer({"fault": "Unavailable"}).status == "200 OK"


@table(
    ("action", "headers", "body"),
    [
        ({}, [("Content-Length", "0")], b""),
        ({"body": None}, [("Content-Length", "0")], b""),
        ({"body": ""}, [("Content-Length", "0")], b""),
        ({"body": {"a": [1]}}, [TYPE, ("Content-Length", "9")], b'{"a":[1]}'),
        ({"body": 0}, [TYPE, ("Content-Length", "1")], b"0"),
        ({"body": False}, [TYPE, ("Content-Length", "5")], b"false"),
        (
            {"body": "é"},
            [("Content-Type", "text/plain; charset=utf-8"), ("Content-Length", "2")],
            b"\xc3\xa9",
        ),
        (
            {"body": "<a/>", "headers": {"content-type": "text/xml", "Retry-After": "1"}},
            [("content-type", "text/xml"), ("Retry-After", "1"), ("Content-Length", "4")],
            b"<a/>",
        ),
        (
            {"headers": {"Content-Encoding": "br"}},
            [("Content-Encoding", "br"), ("Content-Length", "0")],
            b"",
        ),
    ],
)
def test_a_status_is_answered_in_the_place_of_the_api(
    action: dict[str, Any], headers: list[tuple[str, str]], body: bytes
) -> None:
    server = Server()
    assert server.answer({"status": 503, **action}) == Reply(
        "503 Service Unavailable", headers, [body]
    )
    assert server.events == []


@table(
    ("status", "line"),
    [
        (200, "200 OK"),
        (418, "418 I'm a Teapot"),
        (429, "429 Too Many Requests"),
        (599, "599 Unknown"),
    ],
)
def test_status_has_its_standard_phrase(status: int, line: str) -> None:
    assert Server().answer({"status": status}).status.upper() == line.upper()


def test_each_answer_has_headers_of_its_own() -> None:
    failpoint, server = make({"status": 503}), Server()
    first, second = (failpoint.serve(server.serve, {}, print) for _ in range(2))
    first.headers.append(("X", "1"))
    assert second.headers == [("Content-Length", "0")]
    assert failpoint.serve(server.serve, {}, print).headers == [("Content-Length", "0")]


@table(
    ("size", "left"),
    [(0, b""), (1, b"a"), (12, b"abcdeabcdefg"), (25, b"abcde" * 2 + b"fghij" * 3)],
)
def test_a_body_is_cut_while_its_length_stays(size: int, left: bytes) -> None:
    reply = Server().answer({"truncate": size})
    assert b"".join(reply.parts) == left
    assert reply.headers == [TYPE, ("Content-Length", "25")]
    assert Server().answer({"truncate": 99}).parts == [b"abcde" * 2 + b"fghij" * 3]


def test_a_slow_body_comes_in_up_to_ten_parts_over_its_time() -> None:
    server = Server()
    reply = server.answer({"slow_body": 18})
    assert [len(part) for part in reply.parts] == [3] * 8 + [1]
    assert b"".join(reply.parts) == b"abcde" * 2 + b"fghij" * 3
    assert (reply.pause, server.events) == (2.0, ["served"])


@table(
    ("body", "parts", "pause"),
    [
        (None, [], 10.0),
        ("a", [b"a"], 10.0),
        ("abcd", [b"a", b"b", b"c", b"d"], 2.5),
        ("0123456789", [b"%d" % digit for digit in range(10)], 1.0),
    ],
)
def test_a_short_body_is_slow_in_fewer_parts(
    body: str | None, parts: list[bytes], pause: float
) -> None:
    reply = Server().answer({"status": 200, "body": body, "slow_body": 10})
    assert (reply.parts, reply.pause) == (parts, pause)


@pytest.mark.parametrize(("drop", "events"), [("before", []), ("after", ["served"])])
def test_a_connection_is_dropped_before_or_after_the_request_is_served(
    drop: str, events: list[str]
) -> None:
    server = Server()
    with pytest.raises(ConnectionDropped):
        server.answer({"drop": drop})
    assert server.events == events


@table("delay", [0, 2, 0.5, 300])
def test_a_delay_comes_before_the_request_is_served(delay: float) -> None:
    server = Server()
    server.answer({"delay": delay})
    assert server.events == [delay, "served"]


def test_a_delay_comes_before_anything_else() -> None:
    server = Server()
    with pytest.raises(ConnectionDropped):
        server.answer({"delay": 2, "drop": "after", "truncate": 1, "slow_body": 1})
    assert server.events == [2, "served"]
    server.answer({"delay": 3, "fault": "Unavailable"})
    assert server.events[2:] == [3, Injected("Unavailable", {})]


def test_a_body_is_cut_before_it_is_slow() -> None:
    reply = Server().answer({"truncate": 2, "slow_body": 4, "status": 200, "body": "abc"})
    assert (reply.parts, reply.pause) == ([b"a", b"b"], 2.0)


def delays(failpoint: Failpoint) -> list[float]:
    server = Server()
    for _ in range(20):
        failpoint.serve(server.serve, {}, server.events.append)
    return [event for event in server.events if event != "served"]


def test_a_delay_between_two_is_by_chance_which_a_seed_makes_the_same() -> None:
    first, second = (delays(make({"delay": [1, 3]}, seed=5)) for _ in range(2))
    assert first == second
    assert len(set(first)) == 20
    assert all(1 <= seconds <= 3 for seconds in first)
    assert delays(make({"delay": [1, 3]}, seed=6)) != first


def test_the_first_failpoint_that_applies_is_taken() -> None:
    failpoints = Failpoints()
    other, once, always = failpoints.add(
        read([{**LATE, "match": {"path": "/b"}}, {**LATE, "times": 1}, LATE])
    )
    assert [failpoints.take(meet()) for _ in range(3)] == [once, always, always]
    assert [(f.seen, f.applied) for f in (other, once, always)] == [(0, 0), (3, 1), (2, 2)]


def test_a_request_that_one_has_taken_is_not_counted_by_those_behind() -> None:
    failpoints = Failpoints()
    first, second = failpoints.add(read([{**LATE, "times": 1}, {**LATE, "match": {"nth": 1}}]))
    assert [failpoints.take(meet()) for _ in range(3)] == [first, second, None]


def test_nothing_is_taken_where_there_is_nothing() -> None:
    assert Failpoints().take(meet()) is None


def test_failpoints_are_numbered_and_kept_in_their_order() -> None:
    failpoints = Failpoints(read([LATE, LATE]))
    added = failpoints.add(read(LATE))
    assert [failpoint.id for failpoint in added] == ["3"]
    assert [failpoint.id for failpoint in failpoints] == ["1", "2", "3"]


def test_one_is_removed_by_its_id_which_no_other_gets() -> None:
    failpoints = Failpoints(read([LATE, LATE]))
    assert (failpoints.delete("2"), failpoints.delete("2"), failpoints.delete("x")) == (
        True,
        False,
        False,
    )
    failpoints.add(read(LATE))
    assert [failpoint.id for failpoint in failpoints] == ["1", "3"]


def test_all_are_removed_and_their_ids_are_not_used_again() -> None:
    failpoints = Failpoints(read(LATE))
    failpoints.clear()
    assert (list(failpoints), failpoints.take(meet())) == ([], None)
    assert [failpoint.id for failpoint in failpoints.add(read(LATE))] == ["2"]


def test_a_reset_brings_the_initial_ones_back_uncounted() -> None:
    failpoints = Failpoints(read({**LATE, "times": 1}))
    failpoints.add(read(LATE))
    failpoints.take(meet())
    failpoints.reset()
    assert [(f.id, f.seen, f.applied) for f in failpoints] == [("1", 0, 0)]
    assert failpoints.take(meet()) is next(iter(failpoints))


def test_a_reset_lets_the_dice_fall_as_at_the_start() -> None:
    failpoints = Failpoints(read({**LATE, "probability": 0.5, "seed": 3}))
    runs: list[list[bool]] = []
    for _ in range(2):
        runs.append([failpoints.take(meet()) is not None for _ in range(64)])
        failpoints.reset()
    assert runs[0] == runs[1]


def test_two_workspaces_count_the_same_plan_down_each_by_itself() -> None:
    plans = read({**LATE, "times": 1})
    first, second = Failpoints(plans), Failpoints(plans)
    assert [first.take(meet()) is None for _ in range(2)] == [False, True]
    assert [second.take(meet()) is None for _ in range(2)] == [False, True]


def at_once(work: Callable[[int], Any]) -> list[Any]:
    with ThreadPoolExecutor(8) as pool:
        return list(pool.map(work, range(800)))


def test_requests_that_come_at_once_are_counted_each_once() -> None:
    failpoints = Failpoints()
    nth, some = failpoints.add(read([{**LATE, "match": {"nth": 400}}, {**LATE, "times": 100}]))
    met = at_once(lambda _: failpoints.take(meet()))
    assert (met.count(nth), met.count(some), met.count(None)) == (1, 100, 699)
    assert (nth.seen, some.seen, some.applied) == (800, 799, 100)


def test_failpoints_added_at_once_have_ids_of_their_own() -> None:
    failpoints, plans = Failpoints(), read(LATE)
    with ThreadPoolExecutor(8) as pool:
        list(pool.map(lambda _: failpoints.add(plans), range(200)))
    assert sorted(int(failpoint.id) for failpoint in failpoints) == list(range(1, 201))


def test_replacing_is_one_step() -> None:
    failpoints, plans = Failpoints(read(LATE)), read(LATE)
    with ThreadPoolExecutor(8) as pool:
        replaced = pool.submit(lambda: [failpoints.replace(plans) for _ in range(400)])
        while not replaced.done():
            assert failpoints.take(meet()) is not None
        assert [one.id for [one] in replaced.result()] == [str(n) for n in range(2, 402)]


def test_number_of_failpoints_is_bounded() -> None:
    failpoints = Failpoints(read([LATE] * 199))
    told = r"^a workspace has no more than 200 failpoints with 8388608 bytes of JSON: "
    with pytest.raises(WorkspaceError, match=told) as caught:
        failpoints.add(read([LATE, LATE]))
    assert caught.value.status == 409
    assert len(list(failpoints)) == 199
    failpoints.add(read(LATE))
    assert len(failpoints.replace(read([LATE] * 200))) == 200
    assert problems([LATE] * 201) == {"": "Has more than 200 failpoints."}


def test_bytes_of_failpoints_are_bounded() -> None:
    failpoints, large = Failpoints(), read({"action": {"status": 200, "body": "x" * 3_000_000}})
    failpoints.add([*large, *large])
    with pytest.raises(WorkspaceError):
        failpoints.add(large)
    with pytest.raises(WorkspaceError):
        failpoints.replace([*large, *large, *large])
    assert [failpoint.id for failpoint in failpoints] == ["1", "2"]
    assert [failpoint.id for failpoint in failpoints.replace(large)] == ["3"]


@pytest.mark.parametrize(
    "declared",
    [
        {"action": {"fault": "NotFound", "arguments": {"id": "x" * 17_000, "site": ""}}},
        {"action": {"status": 200, "headers": {f"X-{n}": "" for n in range(2_000)}}},
        {"action": {"delay": 1}, "match": {"header": {f"X-{n}": "" for n in range(2_000)}}},
        {"action": {"delay": 1}, **{f"x{n}": 1 for n in range(2_000)}},
    ],
    ids=["argument", "headers", "conditions", "unknown members"],
)
def test_size_of_a_failpoint_is_bounded(declared: dict[str, Any]) -> None:
    told = "Has more than 16384 bytes beside the body of the answer."
    assert problems([declared]) == {"/0": told}


def test_no_more_than_a_hundred_problems_are_looked_for() -> None:
    assert len(problems([{"action": {"delay": 1, "x": 1, "y": 1}}] * 150)) == 100


@table("match", [{}, {"nth": 1}, {"header": {}}])
def test_failpoint_without_conditions_leaves_token_requests_alone(match: dict[str, Any]) -> None:
    failpoint = make({"delay": 1}, match=match)
    assert not failpoint.take(meet("/a", TOKEN))
    assert failpoint.seen == 0
    assert failpoint.take(meet("/a"))


@table("match", [{"family": "token"}, {"family": "*"}, {"path": "/a"}])
def test_failpoint_with_a_condition_is_for_token_requests_too(match: dict[str, Any]) -> None:
    assert make({"delay": 1}, match=match).take(meet("/a", TOKEN))


def test_dropped_connection_looks_like_one_that_was_reset() -> None:
    with pytest.raises(ConnectionResetError) as caught:
        Server().answer({"drop": "before"})
    assert caught.value.errno == ECONNRESET


@table(
    ("action", "place"),
    [
        ({"status": 503, "headers": {"Content-Length": "3"}}, "/action/headers/Content-Length"),
        ({"status": 503, "headers": {"connection": "close"}}, "/action/headers/connection"),
        ({"status": 503, "headers": {"X Y": "1"}}, "/action/headers/X Y"),
        ({"status": 503, "headers": {"X": "a\r\nb: c"}}, "/action/headers/X"),
        ({"status": 503, "headers": {"X": "€"}}, "/action/headers/X"),
        ({"status": 503, "headers": {"X": 1}}, "/action/headers/X"),
        ({"status": 204, "body": "x"}, "/action/body"),
        ({"slow_body": "1"}, "/action/slow_body"),
    ],
)
def test_an_answer_that_no_server_can_send_is_refused(action: Any, place: str) -> None:
    with pytest.raises(FailpointError) as caught:
        Declaration([]).read({"action": action})
    assert list(caught.value.problems) == [place]


@table(
    ("declared", "place"),
    [
        ({"match": {"header": {"x": 1}}}, "/match/header/x"),
        ({"match": {"query": {"x": None}}}, "/match/query/x"),
        ({"match": {"header": []}}, "/match/header"),
        ({"probability": "0.5"}, "/probability"),
        ({"probability": True}, "/probability"),
    ],
)
def test_a_wrong_member_is_told_where_it_stands(declared: Any, place: str) -> None:
    with pytest.raises(FailpointError) as caught:
        Declaration([]).read({**declared, "action": {"status": 503}})
    assert list(caught.value.problems) == [place]


def sequence(*actions: dict[str, Any], **others: Any) -> Failpoints:
    return Failpoints(read({"action": list(actions), **others}))


def serve_all(failpoints: Failpoints, times: int) -> list[str]:
    """Return the statuses of requests, one after the other; empty without an applied failpoint."""
    server = Server()
    found = [failpoints.take(meet()) for _ in range(times)]
    replies = [one.serve(server.serve, {}, lambda _: None) if one else None for one in found]
    return [reply.status[:3] if reply else "" for reply in replies]


@table(
    ("others", "statuses"),
    [
        ({}, ["503", "200", "429", "429", "429"]),
        ({"repeat": True}, ["503", "200", "429", "503", "200"]),
        ({"times": 2}, ["503", "200", "", "", ""]),
        ({"times": 4, "repeat": True}, ["503", "200", "429", "503", ""]),
    ],
)
def test_a_sequence_applies_one_action_after_the_other(others: Any, statuses: list[str]) -> None:
    failpoints = sequence({"status": 503}, {"delay": 1}, {"status": 429}, **others)
    assert serve_all(failpoints, 5) == statuses


def test_each_of_requests_at_once_gets_its_own_action() -> None:
    failpoints = sequence(*({"status": 200 + number} for number in range(60)))
    with ThreadPoolExecutor(8) as pool:
        found = list(pool.map(lambda _: serve_all(failpoints, 1)[0], range(60)))
    assert sorted(found) == [str(number) for number in range(200, 260)]


def test_the_random_delays_of_a_sequence_are_the_same_in_each_run() -> None:
    pauses: list[list[float]] = [[], []]
    for run in pauses:
        failpoints = sequence({"delay": [0, 1]}, {"status": 503}, repeat=True, seed=7)
        for _ in range(6):
            found = failpoints.take(meet())
            assert found is not None
            found.serve(Server().serve, {}, run.append)
    assert pauses[0] == pauses[1]
    assert len(set(pauses[0])) == 3


@table(
    ("declared", "told"),
    [
        ({"action": [{"status": 503}, {"status": 1}]}, "/action/1/status"),
        ({"action": [{"fault": "Nothing"}]}, "/action/0/fault"),
        (
            {"action": [{"delay": 1}, {"fault": "Unavailable", "arguments": {"a": 1}}]},
            "/action/1/arguments",
        ),
        ({"action": [{"fault": "Unavailable"}, {"fault": "invalid_client"}]}, "/action"),
        ({"action": [{"delay": 1}] * 101}, "/action"),
        ({"action": {"delay": 1}, "repeat": True}, "/repeat"),
        ({"action": [{"delay": 1}], "repeat": "yes"}, "/repeat"),
        ({"action": [{"delay": 1}, {"delay": 2}], "match": {"nth": 2}}, "/match/nth"),
        (
            {"action": [{"fault": "Unavailable"}], "match": {"family": "token"}},
            "/match/family",
        ),
    ],
)
def test_a_wrong_sequence_is_refused_with_the_place(declared: Any, told: str) -> None:
    assert list(problems(declared)) == [told]


def test_the_faults_of_a_sequence_are_of_one_family() -> None:
    arguments = {"fault": "invalid_client", "arguments": {"description": "x"}}
    assert problems({"action": [{"fault": "Unavailable"}, arguments]}) == {
        "/action": "The faults are of several families: data, token."
    }
