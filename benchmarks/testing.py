"""Measure the costs of testing: resets, workspaces, the journal, the pytest plugin."""

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
from emulator.fixture.data_set import BUNDLED_FOLDER
from emulator.store import MemoryStore, Record
from emulator.workspace.workspace import Workspace

LISTS = "/s/-/dw/data/v23_2/inventory_lists"
RECORD_COUNTS = (10, 10_000, 100_000)
RESETS = 1_000
WORKSPACES = 1_000
RECORDS = 10_000
ROUNDS, REQUESTS_A_ROUND = 21, 300
TESTS = 1_000


def main() -> None:
    """Print one table of all figures."""
    print("| measured | figure |\n| --- | --- |")
    for row in (*measure_resets(), measure_workspaces(), measure_journal(), *measure_plugin()):
        print("| {} | {} |".format(*row), flush=True)


def measure_resets() -> Iterator[tuple[str, str]]:
    """Yield the time to change a record and reset the workspace, by number of records."""
    for size in RECORD_COUNTS:
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


def measure_workspaces() -> tuple[str, str]:
    """Return the memory of workspaces; each has read a record and changed another record."""
    with TemporaryDirectory() as folder:
        data_set = _write_lists(Path(folder), RECORDS)
        # The default workspace and the one to warm up count, too.
        emulator = Emulator(fixtures=data_set, workspaces=WORKSPACES + 2)
    client = Client(emulator.app)
    _use(emulator, client, "warm")
    gc.collect()
    before = _resident_kib()
    for number in range(WORKSPACES):
        _use(emulator, client, f"ci-{number}")
    gc.collect()
    grown = (_resident_kib() - before) / 1024
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
    for name in ("sites.json", "clients.json", "roles.json"):
        (folder / name).write_bytes((BUNDLED_FOLDER / "storefront" / name).read_bytes())
    lists = [{"id": f"list-{number:06}", "description": "stock"} for number in range(size)]
    (folder / "inventory_lists.json").write_text(json.dumps(lists))
    return str(folder)


def _resident_kib() -> int:
    """Return the resident memory of this process in KiB."""
    found = re.search(r"VmRSS:\s+(\d+) kB", Path("/proc/self/status").read_text())
    return int(found[1]) if found else 0


def measure_journal() -> tuple[str, str]:
    """Return the time of GET one with and without the journal, in process, in alternate rounds."""
    senders = [_prepare(journal) for journal in (0, 1000)]
    rounds = [[_time(send) for send in senders] for _ in range(ROUNDS)]
    without, recorded = (
        median(times) / REQUESTS_A_ROUND * 1e6 for times in zip(*rounds, strict=True)
    )
    added = (recorded / without - 1) * 100
    return (
        "GET one, journal on",
        f"{recorded:.0f} µs beside {without:.0f} µs without: {added:+.0f} %",
    )


def _prepare(journal: int) -> Callable[[], None]:
    emulator = Emulator(fixtures="samples", journal=journal)
    client = Client(emulator.app)
    headers = {"Authorization": f"Bearer {emulator.token()}"}

    def send() -> None:
        for _ in range(REQUESTS_A_ROUND):
            client.get(f"{LISTS}/my-inventorylist1", headers=headers)

    return send


def measure_plugin() -> Iterator[tuple[str, str]]:
    """Yield the time of the fixture in each test, without and with a request."""
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
    """Return the seconds of the fastest of three runs of many tests with a fixture."""
    with TemporaryDirectory() as folder:
        file = Path(folder) / "test_empty.py"
        arguments = ", ".join(filter(None, (fixture, "number")))
        header = f'@pytest.mark.parametrize("number", range({TESTS}))'
        file.write_text(f"import pytest\n{header}\ndef test_it({arguments}):\n    {body}\n")
        plugins = ("-p", "no:randomly", "-p", "no:xdist")
        command = [sys.executable, "-m", "pytest", "-q", *plugins, str(file)]
        return min(_time(lambda: _run(command)) for _ in range(3))


def _run(command: list[str]) -> Any:
    return subprocess.run(command, check=True, capture_output=True)


if __name__ == "__main__":
    main()
