"""The soak: it finds nothing wrong with this server, and whatever is wrong with a worse one."""

import asyncio
import json
import os
import re
import shutil
import signal
import subprocess
import sys
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from benchmarks.soak.__main__ import main
from benchmarks.soak.client import Client
from benchmarks.soak.contest import Accepted, Fight
from benchmarks.soak.expectation import ANYTHING, INSTANT, STATE, another, find_difference
from benchmarks.soak.gauge import MIB, ask_redis, find_tree, judge, quarters
from benchmarks.soak.server import ServerError, running_emulator, running_redis, serving
from benchmarks.soak.session import Session, Tally
from benchmarks.soak.shop import Shop
from benchmarks.soak.step import Mismatch, Step
from benchmarks.soak.wire import Answer, Connection, Request
from emulator import Emulator
from emulator.config import KNOBS

KNOWN = [knob.name for knob in KNOBS]
LISTS = "/s/-/dw/data/v23_2/inventory_lists"
PATIENCE = 20.0
SHORT = ("--seconds", "0.5", "--connections", "8", "--seed", "1")


@contextmanager
def worse(folder: Path, *failpoints: dict[str, Any]) -> Iterator[str]:
    """Serve with trouble from the start in every workspace, of which the soak knows nothing."""
    file = folder / "failpoints.json"
    file.write_text(json.dumps(failpoints))
    with Emulator(failpoints=str(file)) as emulator:
        yield emulator.url


def run(url: str, *options: str) -> int:
    return main([*SHORT, *options, "--url", url])


def is_there(process: int) -> bool:
    try:
        os.kill(process, 0)
    except ProcessLookupError:
        return False
    return True


def test_nothing_is_found_where_nothing_is_wrong(
    capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    with Emulator() as emulator:
        assert run(emulator.url, "--json", str(tmp_path / "figures")) == 0, capsys.readouterr().err
    figures = json.loads((tmp_path / "figures").read_text())
    assert figures["requests"] == sum(kind["requests"] for kind in figures["kinds"].values())
    assert figures["requests"] > 50
    assert (figures["seed"], figures["connections"], figures["grown"]) == (1, 8, [])
    told = capsys.readouterr()
    assert f"{figures['requests']:,} requests" in told.out
    assert "seed 1" in told.err


@pytest.mark.long
def test_a_server_of_its_own_is_measured_and_ended(
    capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    assert main([*SHORT, "--json", str(tmp_path / "figures")]) == 0, capsys.readouterr().err
    samples = json.loads((tmp_path / "figures").read_text())["samples"]
    if Path("/proc").is_dir():
        assert samples["resident"][0] > 10 * MIB
        assert samples["threads"][0] > 1
        assert samples["files"][0] > 3


@pytest.mark.long
@pytest.mark.skipif(shutil.which("redis-server") is None, reason="needs redis-server")
@pytest.mark.skipif("store" not in KNOWN, reason="the server has no other store")
def test_a_server_over_redis_is_measured_with_it(
    capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    options = ("--store", "redis", "--connections", "4", "--json", str(tmp_path / "figures"))
    assert main([*SHORT, *options]) == 0, capsys.readouterr().err
    figures = json.loads((tmp_path / "figures").read_text())
    assert figures["store"] == "redis"
    assert figures["samples"]["redis"][-1] > MIB


@pytest.mark.parametrize(
    ("failpoint", "message"),
    [
        pytest.param(
            {"match": {"method": "PATCH", "nth": 5}, "action": {"status": 500}},
            "the status is 500 instead of",
            id="an error",
        ),
        pytest.param(
            {"match": {"path": "/items", "nth": 5}, "action": {"drop": "before"}},
            "connection ended",
            id="a drop",
        ),
        pytest.param(
            {
                "match": {"path": "/**/inventory_list_search"},
                "action": {"status": 200, "body": {}},
            },
            "search: body/_type is missing, expected 'inventory_list_search_result'",
            id="another answer",
            marks=pytest.mark.long,
        ),
        pytest.param(
            {"match": {"path": "/inventories", "nth": 3}, "action": {"truncate": 9}},
            "the connection ended",
            id="a cut",
            marks=pytest.mark.long,
        ),
        pytest.param(
            {"match": {"operation": "deleteInventoryListsByID"}, "action": {"status": 204}},
            "inventory_list",
            id="a deletion undone",
            marks=pytest.mark.long,
        ),
        pytest.param(
            {"match": {"operation": "updateItem"}, "action": {"status": 304}},
            "the status is 304 instead of",
            id="another status",
            marks=pytest.mark.long,
        ),
    ],
)
def test_a_wrong_answer_is_reported_with_the_seed(
    failpoint: dict[str, Any], message: str, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    with worse(tmp_path, failpoint) as url:
        assert run(url, "--seconds", "10") == 1
    report = capsys.readouterr().err
    assert message in report
    assert re.search(
        r"asked: +[A-Z]+ /.*\n +came: .*\n +expected: .*\n +seed: +1$", report, re.DOTALL
    )


def in_shop(work: Callable[[Shop, Client], Awaitable[None]]) -> None:
    """Do something with a workspace in which one client has been at work."""

    async def begin(url: str) -> None:
        connection = Connection(url)
        try:
            session = Session(connection, "soak", Tally())
            shop = await Shop.open(session)
            client = Client("c000x", session, shop.contest, seed=1)
            shop.clients.append(client)
            await client.session.do(client.holdings.lists.put(client.dice, "c000x0"))
            for _ in range(3):
                await client.contest.join(session, client.dice, client.name)
            await work(shop, client)
        finally:
            await connection.close()

    with Emulator() as emulator:
        asyncio.run(begin(emulator.url))


def test_the_state_at_the_end_is_that_of_the_model() -> None:
    async def check(shop: Shop, _: Client) -> None:
        await shop.check()

    in_shop(check)


@pytest.mark.parametrize(
    ("method", "path", "body", "status"),
    [
        ("PUT", f"{LISTS}/nobodys", {}, 201),
        ("PATCH", f"{LISTS}/inventory_eu", {"description": "changed by nobody"}, 200),
        ("DELETE", f"{LISTS}/c000x0", None, 204),
        ("PUT", f"{LISTS}/c000x0/product_inventory_records/p", {}, 201),
        ("DELETE", "/inventories/store-berlin-003", None, 204),
    ],
)
def test_another_state_at_the_end_is_a_mismatch(
    method: str, path: str, body: Any, status: int
) -> None:
    async def check(shop: Shop, client: Client) -> None:
        await client.session.do(
            Step("nobody's", Request(method, path, body), status, ANYTHING, read=lambda _: None)
        )
        with pytest.raises(Mismatch, match=r"not that of the model: /[^ ]+ (is|has)"):
            await shop.check()

    in_shop(check)


def test_an_internal_error_is_a_mismatch_at_the_end(caplog: pytest.LogCaptureFixture) -> None:
    async def check(url: str, emulator: Emulator) -> None:
        connection = Connection(url)
        shop = await Shop.open(Session(connection, "soak", Tally()))
        emulator.workspaces.get("soak").crashes.record("GET", "/", RuntimeError("broken"))
        with pytest.raises(Mismatch, match="control crashes"):
            await shop.check()
        await connection.close()

    with Emulator() as emulator:
        asyncio.run(check(emulator.url, emulator))
    assert "internal error" in caplog.text


@pytest.mark.parametrize(
    ("accepted", "told"),
    [
        ({"first": Accepted("a", "one"), "b": Accepted("c", "two")}, "no state of the chain"),
        ({"first": Accepted("a", "one")}, "etag"),
    ],
    ids=["a gap", "another end"],
)
def test_a_chain_that_breaks_is_a_mismatch(accepted: dict[str, Accepted], told: str) -> None:
    async def check(shop: Shop, _: Client) -> None:
        fight = Fight(f"{LISTS}/fought0", "description", "first", accepted)
        with pytest.raises(Mismatch, match=told):
            await fight.check(shop.session)

    in_shop(check)


def test_a_lost_member_of_what_is_shared_is_a_mismatch() -> None:
    async def check(shop: Shop, client: Client) -> None:
        shop.contest.written["somebody"] = "lost"
        with pytest.raises(Mismatch, match="/metadata/somebody is missing"):
            await client.contest.check(client.session)

    in_shop(check)


def test_an_answer_that_does_not_come_is_a_mismatch(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("benchmarks.soak.wire.PATIENCE", 0.1)

    async def check(url: str) -> None:
        connection = Connection(url)
        session = Session(connection, "soak", Tally())
        declared = {"match": {"path": "/items"}, "action": {"delay": 0.5}}
        await session.control("POST", "/failpoints", declared, status=201, content=ANYTHING)
        with pytest.raises(Mismatch, match=r"no answer within 0.1 s\n +asked: +GET /items"):
            await session.do(Step("late", Request("GET", "/items"), 200))
        await connection.close()

    with Emulator() as emulator:
        asyncio.run(check(emulator.url))


@pytest.mark.parametrize(
    ("expected", "actual", "told"),
    [
        ({"a": 1}, {"a": 1}, ""),
        ({"a": 1}, {"a": 2}, "/a is 2 instead of 1"),
        ({"a": 1}, {"a": True}, "/a is True instead of 1"),
        ({"a": 1}, {"a": 1.0}, "/a is 1.0 instead of 1"),
        ({"a": 1}, {}, "/a is missing, expected 1"),
        ({}, {"a": 1}, "/a is 1, though nothing was expected there"),
        ([1, {"b": 2}], [1, {"b": 3}], "/1/b is 3 instead of 2"),
        ([1], [1, 2], "/ is [1, 2] instead of [1]"),
        (INSTANT, "2026-01-01T00:00:00.000Z", ""),
        (INSTANT, "yesterday", "/ is 'yesterday' instead of <an instant>"),
        (another(STATE, "0" * 64), "1" * 64, ""),
        (another(STATE, "0" * 64), "0" * 64, f"/ is '{'0' * 64}' instead of"),
        (another(STATE, STATE), "0" * 64, ""),
    ],
)
def test_the_first_difference_is_told(expected: Any, actual: Any, told: str) -> None:
    found = find_difference(expected, actual)
    assert found == told if not told.endswith("of") else found.startswith(told)


def test_an_answer_that_is_no_json_is_a_mismatch() -> None:
    step = Step("a question", Request("GET", "/"), 200, {})
    with pytest.raises(Mismatch, match="the body cannot be read"):
        step.check(Answer(200, {}, b"<html>"))


def test_a_header_that_is_missing_is_a_mismatch() -> None:
    step = Step("a question", Request("GET", "/"), 200, headers={"etag": ANYTHING, "allow": "GET"})
    with pytest.raises(Mismatch, match="headers/allow is None instead of 'GET'"):
        step.check(Answer(200, {"etag": "x"}, b""))


@pytest.mark.parametrize(
    ("name", "values", "told"),
    [
        ("resident", [60 * MIB] * 20, ""),
        ("resident", [n * 10 * MIB for n in range(1, 7)] + [60 * MIB] * 24, ""),
        ("resident", [n * MIB for n in range(60, 100)], "resident memory grew from 74 to 94 MiB"),
        ("resident", [0, 10**9], ""),
        ("redis", [n * 10**6 for n in range(40)], "memory of Redis grew from 14 to 33 MiB"),
        ("threads", [8] * 10 + [40] * 30, ""),
        ("threads", list(range(200)), "threads grew from 74 to 174"),
        ("files", [70] * 20 + list(range(70, 170, 5)), "open files grew from 70 to 142"),
    ],
    ids=["level", "warm", "growing", "too short", "Redis", "a thread each", "threads", "files"],
)
def test_growth_is_told_and_noise_is_not(name: str, values: list[int], told: str) -> None:
    assert judge(name, values, connections=64 if name == "threads" else 8) == told


def test_quarters_are_told_by_their_medians() -> None:
    assert quarters([1, 1, 9, 2, 2, 9, 3, 3, 9, 4, 4, 9]) == [1, 2, 3, 4]


def test_a_server_that_does_not_start_says_why() -> None:
    with (
        pytest.raises(ServerError, match=r"does not start: .* nowhere: is neither"),
        running_emulator("--fixtures", "nowhere"),
    ):
        pass


def test_a_redis_that_is_not_installed_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("shutil.which", lambda _: None)
    with pytest.raises(ServerError, match="no redis-server"), serving("redis", 2):
        pass


@pytest.mark.skipif(shutil.which("redis-server") is None, reason="needs redis-server")
def test_the_memory_of_a_redis_is_told() -> None:
    with running_redis() as port:
        assert asyncio.run(ask_redis(port)) > 10**5


def test_a_server_is_gone_when_it_is_not_needed() -> None:
    with serving("memory", 1) as server:
        assert server.process
        assert is_there(server.process)
    assert not is_there(server.process)


@pytest.mark.parametrize(
    "ending", [signal.SIGINT, pytest.param(signal.SIGTERM, marks=pytest.mark.long)]
)
@pytest.mark.skipif(not Path("/proc").is_dir(), reason="who descends from whom is told by /proc")
def test_a_soak_that_is_interrupted_ends_its_server(ending: signal.Signals) -> None:
    command = [sys.executable, "-m", "benchmarks.soak", "--seconds", "60", "--connections", "2"]
    folder = Path(__file__).parents[3]
    with subprocess.Popen(command, stderr=subprocess.PIPE, cwd=folder) as soak:  # noqa: S603 - ours
        assert soak.stderr
        assert b"soak: 60 s of http://" in soak.stderr.readline()
        members = list(find_tree(soak.pid))
        soak.send_signal(ending)
        soak.communicate(timeout=PATIENCE)
    assert soak.returncode == 130
    assert len(members) == 2
    assert not any(map(is_there, members))
