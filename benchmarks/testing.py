"""Measure what testing costs: resets, workspaces, the journal, the pytest plugin."""

import gc
import json
import re
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory
from typing import Any

from werkzeug.test import Client

from emulator import Emulator
from emulator.fixture.data_set import BUNDLED
from emulator.store import MemoryStore, Record
from emulator.workspace.workspace import Workspace

LISTS = "/s/-/dw/data/v23_2/inventory_lists"
SIZES = (10, 10_000, 1_000_000)
RESETS = 1_000
WORKSPACES = 1_000
RECORDS = 10_000
ROUNDS, REQUESTS = 21, 300
TESTS = 1_000


def main() -> None:
    """Print one table of all figures."""
    print("| measured | figure |\n| --- | --- |")
    for row in (*weigh_resets(), weigh_workspaces(), compare_journal(), *time_plugin()):
        print("| {} | {} |".format(*row), flush=True)


def weigh_resets() -> Iterator[tuple[str, str]]:
    """Yield the time of a reset of a workspace with a changed record, by the size of its data."""
    for size in SIZES:
        times = sorted(_time_resets(size))
        middle, most = times[RESETS // 2] * 1e6, times[-RESETS // 100] * 1e6
        figure = f"median {middle:.0f} µs, 99 % within {most:.0f} µs"
        yield f"change and reset, {size:,} records", figure


def _time_resets(size: int) -> Iterator[float]:
    store = MemoryStore()
    store.load("things", (Record.of((f"{n:07}",), {"n": n}) for n in range(size)))
    workspace = Workspace(store)
    for _ in range(RESETS):
        yield _time(lambda: _change_and_reset(workspace))


def _change_and_reset(workspace: Workspace) -> None:
    workspace.store.put("things", Record.of(("0000005",), {"n": "changed"}))
    workspace.reset()


def _time(work: Callable[[], object]) -> float:
    started = time.perf_counter()
    work()
    return time.perf_counter() - started


def weigh_workspaces() -> tuple[str, str]:
    """Return what workspaces weigh, each of which has read one record and changed another."""
    with TemporaryDirectory() as folder:
        emulator = Emulator(fixtures=_write_lists(Path(folder), RECORDS), workspaces=WORKSPACES + 1)
    client = Client(emulator.application)
    _use(emulator, client, "warm")
    gc.collect()
    before = _resident()
    for number in range(WORKSPACES):
        _use(emulator, client, f"ci-{number}")
    gc.collect()
    grown = (_resident() - before) / 1024
    return f"{WORKSPACES:,} workspaces over {RECORDS:,} records", f"{grown:.0f} MiB more"


def _use(emulator: Emulator, client: Client, workspace: str) -> None:
    headers = {
        "x-emulator-workspace": workspace,
        "Authorization": f"Bearer {emulator.token(workspace=workspace)}",
    }
    read = client.get(f"{LISTS}/list-000000", headers=headers)
    changed = client.patch(f"{LISTS}/list-000001", headers=headers, json={"description": "x"})
    assert (read.status_code, changed.status_code) == (200, 200)  # noqa: S101


def _write_lists(folder: Path, size: int) -> str:
    for name in ("sites.json", "clients.json"):
        (folder / name).write_bytes((BUNDLED / "storefront" / name).read_bytes())
    lists = [{"id": f"list-{number:06}", "description": "stock"} for number in range(size)]
    (folder / "inventory_lists.json").write_text(json.dumps(lists))
    return str(folder)


def _resident() -> int:
    """Return the resident memory of this process in KiB."""
    found = re.search(r"VmRSS:\s+(\d+) kB", Path("/proc/self/status").read_text())
    return int(found[1]) if found else 0


def compare_journal() -> tuple[str, str]:
    """Return what the journal adds to GET one, without a socket, in rounds that alternate."""
    asks = [_prepare(journal) for journal in (0, 1000)]
    rounds = [[_time(ask) for ask in asks] for _ in range(ROUNDS)]
    without, recorded = (median(times) / REQUESTS * 1e6 for times in zip(*rounds, strict=True))
    added = (recorded / without - 1) * 100
    return (
        "GET one, journal on",
        f"{recorded:.0f} µs beside {without:.0f} µs without: {added:+.0f} %",
    )


def _prepare(journal: int) -> Callable[[], None]:
    emulator = Emulator(fixtures="samples", journal=journal)
    client = Client(emulator.application)
    headers = {"Authorization": f"Bearer {emulator.token()}"}

    def ask() -> None:
        for _ in range(REQUESTS):
            client.get(f"{LISTS}/my-inventorylist1", headers=headers)

    return ask


def time_plugin() -> Iterator[tuple[str, str]]:
    """Yield what the fixture adds to a test, without and with a request."""
    empty = _time_tests("")
    for name, fixture, body in (
        ("fixture ocapi, per test", "ocapi", "pass"),
        (
            "fixture ocapi and one request, per test",
            "ocapi",
            f'ocapi.session.get(ocapi.url + "{LISTS}")',
        ),
    ):
        added = (_time_tests(fixture, body) - empty) / TESTS * 1000
        yield name, f"{added:.1f} ms"


def _time_tests(fixture: str, body: str = "pass") -> float:
    """Return the seconds of a run of tests with a fixture, of which the first is left out."""
    with TemporaryDirectory() as folder:
        file = Path(folder) / "test_empty.py"
        arguments = ", ".join(filter(None, (fixture, "number")))
        header = f'@pytest.mark.parametrize("number", range({TESTS}))'
        file.write_text(f"import pytest\n{header}\ndef test_it({arguments}):\n    {body}\n")
        command = [
            sys.executable,
            "-m",
            "pytest",
            "-q",
            "-p",
            "no:randomly",
            "-p",
            "no:xdist",
            str(file),
        ]
        return min(_time(lambda: _run(command)) for _ in range(3))


def _run(command: list[str]) -> Any:
    return subprocess.run(command, check=True, capture_output=True)


if __name__ == "__main__":
    main()
