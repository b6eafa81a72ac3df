"""Tests of the soak test: no mismatch with the emulator, and a report for each wrong answer."""

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

from benchmarks.process import BenchmarkError, find_family
from benchmarks.soak.__main__ import main
from benchmarks.soak.client import Client
from benchmarks.soak.connection import Answer, Connection, Request
from benchmarks.soak.contention import Accepted, ContendedDocument
from benchmarks.soak.matcher import ANYTHING, INSTANT, STATE, find_difference, other_than
from benchmarks.soak.resources import MIB, find_growth, quarters, read_redis_memory
from benchmarks.soak.server import running_redis, serving
from benchmarks.soak.session import Session, Tally
from benchmarks.soak.step import Mismatch, Step
from benchmarks.soak.workspace import SharedWorkspace
from emulator import Emulator

LISTS = "/s/-/dw/data/v23_2/inventory_lists"
END_SECONDS = 60.0
SHORT = ("--seconds", "0.5", "--connections", "8", "--seed", "1")


@contextmanager
def serve_wrong_answers(folder: Path, *failpoints: dict[str, Any]) -> Iterator[str]:
    """Serve with failpoints in every workspace, unknown to the soak test."""
    file = folder / "failpoints.json"
    file.write_text(json.dumps(failpoints))
    with Emulator(failpoints=str(file)) as emulator:
        yield emulator.url


def run(url: str, *options: str) -> int:
    return main([*SHORT, *options, "--url", url])


def is_alive(process: int) -> bool:
    try:
        os.kill(process, 0)
    except ProcessLookupError:
        return False
    return True


def test_soak_of_the_emulator_succeeds(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    with Emulator() as emulator:
        assert run(emulator.url, "--json", str(tmp_path / "figures")) == 0, capsys.readouterr().err
    figures = json.loads((tmp_path / "figures").read_text())
    assert figures["requests"] == sum(kind["requests"] for kind in figures["kinds"].values())
    assert figures["requests"] > 50
    assert (figures["seed"], figures["connections"], figures["grown"]) == (1, 8, [])
    message = capsys.readouterr()
    assert f"{figures['requests']:,} requests" in message.out
    assert "seed 1" in message.err


@pytest.mark.long
def test_resources_of_a_new_server_are_measured(
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
def test_memory_of_redis_is_measured(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
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
def test_wrong_answer_is_reported_with_seed(
    failpoint: dict[str, Any], message: str, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    with serve_wrong_answers(tmp_path, failpoint) as url:
        assert run(url, "--seconds", "10") == 1
    report = capsys.readouterr().err
    assert message in report
    assert re.search(
        r"request: +[A-Z]+ /.*\n +answer: .*\n +expected: .*\n +seed: +1$", report, re.DOTALL
    )


def in_workspace(work: Callable[[SharedWorkspace, Client], Awaitable[None]]) -> None:
    """Run a check in a workspace after some requests of one client."""

    async def begin(url: str) -> None:
        connection = Connection(url)
        try:
            session = Session(connection, "soak", Tally())
            workspace = await SharedWorkspace.open(session)
            client = Client("c000x", session, workspace.contention, seed=1)
            workspace.clients.append(client)
            await client.session.do(client.list_model.lists.put(client.rng, "c000x0"))
            for _ in range(3):
                await client.contention.join(session, client.rng, client.name)
            await work(workspace, client)
        finally:
            await connection.close()

    with Emulator() as emulator:
        asyncio.run(begin(emulator.url))


def test_final_state_equal_to_model_is_accepted() -> None:
    async def check(workspace: SharedWorkspace, _: Client) -> None:
        await workspace.check()

    in_workspace(check)


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
def test_final_state_different_from_model_is_a_mismatch(
    method: str, path: str, body: Any, status: int
) -> None:
    async def check(workspace: SharedWorkspace, client: Client) -> None:
        await client.session.do(
            Step("nobody's", Request(method, path, body), status, ANYTHING, read=lambda _: None)
        )
        with pytest.raises(Mismatch, match=r"differs from the model: /[^ ]+ (is|has)"):
            await workspace.check()

    in_workspace(check)


def test_internal_error_is_a_mismatch(caplog: pytest.LogCaptureFixture) -> None:
    async def check(url: str, emulator: Emulator) -> None:
        connection = Connection(url)
        workspace = await SharedWorkspace.open(Session(connection, "soak", Tally()))
        emulator.workspaces.get("soak").crashes.record("GET", "/", RuntimeError("broken"))
        with pytest.raises(Mismatch, match="control crashes"):
            await workspace.check()
        await connection.close()

    with Emulator() as emulator:
        asyncio.run(check(emulator.url, emulator))
    assert "internal error" in caplog.text


@pytest.mark.parametrize(
    ("accepted", "message"),
    [
        ({"first": Accepted("a", "one"), "b": Accepted("c", "two")}, "no state of the chain"),
        ({"first": Accepted("a", "one")}, "etag"),
    ],
    ids=["a gap", "another end"],
)
def test_broken_chain_of_writes_is_a_mismatch(accepted: dict[str, Accepted], message: str) -> None:
    async def check(workspace: SharedWorkspace, _: Client) -> None:
        document = ContendedDocument(f"{LISTS}/contended0", "description", "first", accepted)
        with pytest.raises(Mismatch, match=message):
            await document.check(workspace.session)

    in_workspace(check)


def test_lost_write_to_shared_document_is_a_mismatch() -> None:
    async def check(workspace: SharedWorkspace, client: Client) -> None:
        workspace.contention.written["somebody"] = "lost"
        with pytest.raises(Mismatch, match="/metadata/somebody is missing"):
            await client.contention.check(client.session)

    in_workspace(check)


def test_late_answer_is_a_mismatch(monkeypatch: pytest.MonkeyPatch) -> None:
    async def check(url: str) -> None:
        connection = Connection(url)
        session = Session(connection, "soak", Tally())
        declared = {"match": {"path": "/items"}, "action": {"delay": 0.5}}
        await session.control("POST", "/failpoints", declared, status=201, content=ANYTHING)
        monkeypatch.setattr("benchmarks.soak.connection.ANSWER_TIMEOUT_SECONDS", 0.1)
        with pytest.raises(Mismatch, match=r"no answer within 0.1 s\n +request: +GET /items"):
            await session.do(Step("late", Request("GET", "/items"), 200))
        await connection.close()

    with Emulator() as emulator:
        asyncio.run(check(emulator.url))


@pytest.mark.parametrize(
    ("expected", "actual", "message"),
    [
        ({"a": 1}, {"a": 1}, ""),
        ({"a": 1}, {"a": 2}, "/a is 2 instead of 1"),
        ({"a": 1}, {"a": True}, "/a is True instead of 1"),
        ({"a": 1}, {"a": 1.0}, "/a is 1.0 instead of 1"),
        ({"a": 1}, {}, "/a is missing, expected 1"),
        ({}, {"a": 1}, "/a is 1, expected no member"),
        ([1, {"b": 2}], [1, {"b": 3}], "/1/b is 3 instead of 2"),
        ([1], [1, 2], "/ is [1, 2] instead of [1]"),
        (INSTANT, "2026-01-01T00:00:00.000Z", ""),
        (INSTANT, "yesterday", "/ is 'yesterday' instead of <an instant>"),
        (other_than(STATE, "0" * 64), "1" * 64, ""),
        (other_than(STATE, "0" * 64), "0" * 64, f"/ is '{'0' * 64}' instead of"),
        (other_than(STATE, STATE), "0" * 64, ""),
    ],
)
def test_first_difference_is_described(expected: Any, actual: Any, message: str) -> None:
    found = find_difference(expected, actual)
    assert found == message if not message.endswith("of") else found.startswith(message)


def test_invalid_json_is_a_mismatch() -> None:
    step = Step("a question", Request("GET", "/"), 200, {})
    with pytest.raises(Mismatch, match="the body cannot be read"):
        step.check(Answer(200, {}, b"<html>"))


def test_missing_header_is_a_mismatch() -> None:
    step = Step("a question", Request("GET", "/"), 200, headers={"etag": ANYTHING, "allow": "GET"})
    with pytest.raises(Mismatch, match="headers/allow is None instead of 'GET'"):
        step.check(Answer(200, {"etag": "x"}, b""))


@pytest.mark.parametrize(
    ("name", "values", "message"),
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
def test_growth_is_reported_and_noise_is_not(name: str, values: list[int], message: str) -> None:
    assert find_growth(name, values, connections=64 if name == "threads" else 8) == message


def test_quarters_are_medians() -> None:
    assert quarters([1, 1, 9, 2, 2, 9, 3, 3, 9, 4, 4, 9]) == [1, 2, 3, 4]


def test_failed_start_of_server_is_reported(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("benchmarks.soak.server.JOURNAL_EXCHANGES", "many")
    with (
        pytest.raises(BenchmarkError, match=r"did not start: .*many"),
        serving("memory", 1),
    ):
        pass


def test_missing_redis_is_reported(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("shutil.which", lambda _: None)
    with pytest.raises(BenchmarkError, match="redis-server is not installed"), serving("redis", 2):
        pass


@pytest.mark.skipif(shutil.which("redis-server") is None, reason="needs redis-server")
def test_memory_of_redis_is_read() -> None:
    with running_redis() as port:
        assert asyncio.run(read_redis_memory(port)) > 10**5


def test_server_is_ended() -> None:
    with serving("memory", 1) as server:
        assert server.process
        assert is_alive(server.process)
    assert not is_alive(server.process)


@pytest.mark.parametrize(
    "ending", [signal.SIGINT, pytest.param(signal.SIGTERM, marks=pytest.mark.long)]
)
@pytest.mark.skipif(not Path("/proc").is_dir(), reason="needs /proc")
def test_interruption_ends_the_server(ending: signal.Signals) -> None:
    command = [sys.executable, "-m", "benchmarks.soak", "--seconds", "60", "--connections", "2"]
    folder = Path(__file__).parents[3]
    with subprocess.Popen(command, stderr=subprocess.PIPE, cwd=folder) as soak:  # noqa: S603 - ours
        assert soak.stderr
        assert b"soak: 60 s of http://" in soak.stderr.readline()
        members = list(find_family(soak.pid))
        soak.send_signal(ending)
        soak.communicate(timeout=END_SECONDS)
    assert soak.returncode == 130
    assert len(members) == 2
    assert not any(map(is_alive, members))
