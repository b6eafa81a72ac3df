"""Tests of the benchmarks: complete tables, correct load, clean ends; the figures do not count."""

import errno
import json
import os
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
from argparse import Namespace
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread
from urllib.parse import urlsplit

import pytest

from benchmarks import bench, peers, servers, testing
from benchmarks.case import Plan
from benchmarks.installation import InstallationError, install
from benchmarks.load import (
    Generator,
    Load,
    Outcome,
    Request,
    read_wrk,
    run_own,
    run_wrk,
    send,
    summarize,
    write_lua,
)
from benchmarks.peer import OPERATIONS, PEERS
from benchmarks.peers import Contender, Running, start_emulator
from benchmarks.process import (
    BenchmarkError,
    Cores,
    ask,
    reserving_port,
    resident_bytes,
    running,
    wait_until_idle,
)
from benchmarks.table import Goal, Row, divide, list_figures, render
from emulator import Emulator

ROOT = Path(__file__).parents[3]
TIMEOUT = 120
REQUEST = Request("GET", "/")
GOALS = {
    "≥ 1.4 x bare Flask",
    "≥ 1.3 x bare Flask",
    "≥ 0.4 x bare Flask",
    "≥ 0.35 x bare Flask",
    "p99 ≤ 4 x p50",
    "≤ 0.30 s",
    "≤ 80 MB",
    "≤ 1.05 x",
    "≤ 3 s",
    "≤ 1,000 bytes",
    "≥ 0.9 x 100 lists",
    "≥ 0.5 x first page",
}
SMALLEST = (
    *("--generator", "own", "--rounds", "1", "--seconds", "0.01", "--connections", "2"),
    *("--records", "5000", "--requests", "100", "--starts", "1"),
)
WRK = """Running 1s test @ http://127.0.0.1:8080
  1 threads and 16 connections
  Thread Stats   Avg      Stdev     Max   +/- Stdev
    Latency     3.90ms    1.32ms  21.40ms   87.10%
    Req/Sec     4.14k   371.12     4.61k    70.00%
  Latency Distribution
     50%  {p50}
     75%    4.20ms
     90%    5.00ms
     99%  {p99}
  4128 requests in 1.01s, 2.41MB read
{error}Requests/sec:   {rate}
Transfer/sec:      2.38MB
"""


def write_wrk_output(
    p50: str = " 3.61ms", p99: str = "10.11ms", rate: str = "4071.07", error: str = ""
) -> str:
    return WRK.format(p50=p50, p99=p99, rate=rate, error=error)


def command(*arguments: str) -> list[str]:
    return [sys.executable, "-m", "benchmarks.bench", *arguments]


@contextmanager
def start_bare_route(_: Path, core: int | None) -> Iterator[Running]:
    """Run the bare route, a server with a fast start, as a contender."""
    with servers.run_bare_route(core) as server:
        yield Running(server, 0.1, dict.fromkeys(OPERATIONS, servers.BARE_REQUEST))


@pytest.mark.long
def test_smallest_run_has_a_figure_in_every_row_and_every_goal(tmp_path: Path) -> None:
    file = tmp_path / "new" / "bench.json"
    finished = subprocess.run(  # noqa: S603 - a program of ours
        command(*SMALLEST, "--json", str(file)),
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=TIMEOUT,
        check=True,
    )
    tables = json.loads(file.read_text())["tables"]
    rows = [row for table in tables.values() for row in table]
    assert len(rows) == 26
    assert all(figure > 0 for row in rows for figure in row["figures"] + row["ratios"])
    assert all(row["figures"] for row in rows)
    assert {row["goal"] for row in rows} - {None} == GOALS
    assert all(goal in finished.stdout for goal in GOALS)
    assert all(f"| {row['name']} |" in finished.stdout for row in rows)


@pytest.mark.skipif(not Path("/proc/self").exists(), reason="there is no /proc to look into")
def test_interruption_ends_all_processes_in_one_line() -> None:
    with subprocess.Popen(  # noqa: S603 - a program of ours
        command(*SMALLEST), cwd=ROOT, stderr=subprocess.PIPE
    ) as process:
        assert process.stderr
        assert b"warming up" in process.stderr.readline()
        children = Path(f"/proc/{process.pid}/task/{process.pid}/children").read_text().split()
        process.send_signal(signal.SIGINT)
        message = process.stderr.read().splitlines()
    assert process.returncode == 130
    assert message[-1] == b"bench: interrupted"
    assert not any(b"Traceback" in line for line in message)
    assert len(children) == 2
    assert not any(Path(f"/proc/{child}").exists() for child in children)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("--seconds", "0"), "--seconds must be more than 0"),
        (("--rounds", "0"), "--rounds and --connections must be at least 1"),
        (("--records", "100"), "--records must be more than 100"),
        (("--connections", "101"), "--connections must be at most 100"),
        (("--requests", "1"), "--requests must be at least 10"),
    ],
)
def test_options_out_of_range_are_refused_in_one_line(
    arguments: list[str],
    message: str,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.setattr(sys, "argv", ["bench", *arguments])
    with pytest.raises(SystemExit, match="2"):
        bench.main()
    assert message in capsys.readouterr().err.splitlines()[-1]


# Tables


@pytest.mark.parametrize(
    ("goal", "met"),
    [
        (Goal("ratio", "at least", 2.0, ""), True),
        (Goal("ratio", "at least", 2.1, ""), False),
        (Goal("ratio", "at most", 2.0, ""), True),
        (Goal("ratio", "at most", 1.9, ""), False),
        (Goal("figure", "at most", 20, ""), True),
        (Goal("figure", "at least", 21, ""), False),
        (None, None),
    ],
)
def test_median_decides_whether_a_goal_is_met(goal: Goal | None, met: bool | None) -> None:  # noqa: FBT001
    assert Row("x", "ms", [10, 20, 90], [1, 2, 9], "y", goal).met is met


def test_ratios_are_those_of_each_round() -> None:
    assert divide([10, 30], [5, 10]) == [2, 3]


def test_table_has_median_range_ratio_and_goal() -> None:
    goal = Goal("ratio", "at least", 1.5, "≥ 1.5 x bare")
    rows = [
        Row("bare", "requests/s", [1000, 4000, 1200]),
        Row("one", "requests/s", [2000, 4000, 1440], [2, 1, 1.2], "bare", goal),
        Row("start", "s", [0.25]),
    ]
    assert render("Rates", rows).splitlines() == [
        "Rates:",
        "",
        "| measured | median | lowest to highest | ratio | goal | met |",
        "| --- | ---: | ---: | ---: | --- | --- |",
        "| bare | 1,200 requests/s | 1,000 to 4,000 |  |  |  |",
        "| one | 2,000 requests/s | 1,440 to 4,000 | 1.20 x bare | ≥ 1.5 x bare | no |",
        "| start | 0.25 s |  |  |  |  |",
    ]


def test_json_has_the_figures_of_all_rounds() -> None:
    [row] = list_figures([Row("one", "ms", [1, 3, 2], [4, 6, 5], "two")])
    assert row == {
        "name": "one",
        "unit": "ms",
        "median": 2,
        "figures": [1, 3, 2],
        "ratio": 5,
        "ratios": [4, 6, 5],
        "base": "two",
        "goal": None,
        "met": None,
    }


# Load


def test_output_of_wrk_is_parsed() -> None:
    assert read_wrk(write_wrk_output(), REQUEST) == Outcome(4071.07, 0.00361, 0.01011)


@pytest.mark.parametrize(
    ("p50", "p99", "seconds"),
    [("512.00us", "1.02ms", (0.000512, 0.00102)), ("900.00ms", "1.25s", (0.9, 1.25))],
)
def test_latency_of_wrk_is_parsed_in_all_units(
    p50: str, p99: str, seconds: tuple[float, float]
) -> None:
    outcome = read_wrk(write_wrk_output(p50, p99), REQUEST)
    assert (outcome.p50, outcome.p99) == pytest.approx(seconds)


@pytest.mark.parametrize(
    ("output", "message"),
    [
        (write_wrk_output(error="  Non-2xx or 3xx responses: 12\n"), "GET /: Non-2xx or 3xx .* 12"),
        (
            write_wrk_output(error="  Socket errors: connect 0, read 3, write 0, timeout 0\n"),
            "GET /: Socket errors: connect 0, read 3",
        ),
        (write_wrk_output(rate="0.00"), "GET /: no answer; use more --seconds"),
        ("unable to connect to 127.0.0.1:1 Connection refused", "GET /: unable to connect"),
    ],
)
def test_error_of_wrk_is_reported(output: str, message: str) -> None:
    with pytest.raises(BenchmarkError, match=message):
        read_wrk(output, REQUEST)


def test_script_of_wrk_quotes_bytes_as_numbers() -> None:
    request = Request("PATCH", "/a", {"x": "$unique"}, '"ä\n')
    script = write_lua(Load("http://127.0.0.1", (request,), 1))
    assert r'body = "\034\195\164\010"' in script
    assert r'headers = {["x"] = "\036unique", }' in script
    assert "changing = true" in script


def test_percentiles_of_latencies() -> None:
    outcome = summarize([n / 1000 for n in range(1, 101)], 2)
    assert outcome == pytest.approx(Outcome(50, 0.0505, 0.09901))


@pytest.fixture
def emulator(tmp_path: Path) -> Iterator[Emulator]:
    servers.write_data_set(tmp_path / "set", 30)
    with Emulator(fixtures=str(tmp_path / "set")) as running_one:
        yield running_one


def send_some(load: Load, _: float) -> Outcome:
    """Send requests by the generator of our own until all have answers, however long that takes."""
    return send(load, 300)


@pytest.mark.parametrize("generate", [send_some, run_wrk])
def test_connections_change_lists_of_their_own_with_the_newest_state(
    emulator: Emulator, generate: Generator
) -> None:
    if generate is run_wrk and not shutil.which("wrk"):
        pytest.skip("wrk is not installed")
    headers = {"x-dw-resource-state": "$state", "Content-Type": "application/json"}
    change = Request(
        "PATCH",
        f"{servers.LISTS_PATH}/list-$connection",
        {"Authorization": f"Bearer {emulator.token()}", **headers},
        '{"description":"changed by $unique"}',
    )
    generate(Load(emulator.url, (change,), 3), 1)
    exchanges = json.loads(ask(emulator.url, "GET", "/__emulator__/journal").body)["exchanges"]
    changes = [exchange for exchange in exchanges if exchange["method"] == "PATCH"]
    states = [exchange["request"]["headers"]["x-dw-resource-state"] for exchange in changes]
    assert {exchange["status"] for exchange in exchanges} == {200}
    # The journal is bounded: it may have lost the changes of the connection that ended first.
    stored = emulator.workspace.store.scan("inventory_lists", 0, 4).records
    changed = [record.properties["description"].startswith("changed by") for record in stored]
    assert changed == [True, True, True, False]
    assert len(set(states)) == len(states) > 3


class Closing(BaseHTTPRequestHandler):
    """Answers in HTTP/1.0 and closes the connection; answers 404 to /no."""

    def do_GET(self) -> None:
        self.send_response(404 if self.path == "/no" else 200)
        self.end_headers()
        self.wfile.write(b"as long as the connection is open")

    def log_message(self, *_: object) -> None:
        pass


class Chunking(Closing):
    """Answers in chunks and keeps the connection open."""

    protocol_version = "HTTP/1.1"

    def do_GET(self) -> None:
        self.send_response(200)
        self.send_header("Transfer-Encoding", "chunked")
        self.end_headers()
        self.wfile.write(b"3\r\nabc\r\n0\r\n\r\n")


@contextmanager
def answering_by(handler: type[BaseHTTPRequestHandler]) -> Iterator[str]:
    with ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        thread = Thread(target=server.serve_forever, args=(0.01,))
        thread.start()
        yield f"http://127.0.0.1:{server.server_port}"
        server.shutdown()
        thread.join()


@pytest.mark.parametrize("handler", [Closing, Chunking])
def test_generator_reads_closed_and_chunked_answers(handler: type[BaseHTTPRequestHandler]) -> None:
    with answering_by(handler) as url:
        outcome = send(Load(url, (REQUEST,), 2), 10)
    assert outcome.rate > 0
    assert 0 < outcome.p50 <= outcome.p99


def test_generator_reports_an_error_status() -> None:
    with answering_by(Closing) as url, pytest.raises(BenchmarkError, match="/no: the answer is"):
        send(Load(url, (Request("GET", "/no"),), 1), 1)


def test_generator_sends_exact_number_of_requests(emulator: Emulator) -> None:
    request = Request("GET", servers.LISTS_PATH, {"Authorization": f"Bearer {emulator.token()}"})
    send(Load(emulator.url, (request,), 4), 50)
    counted = json.loads(ask(emulator.url, "GET", "/__emulator__/journal").body)["count"]
    assert counted == 50


# Processes


def test_child_processes_are_measured_and_ended() -> None:
    child = (
        "import socket, time; server = socket.create_server(('127.0.0.1', 0));"
        "print(f'listening on http://127.0.0.1:{server.getsockname()[1]}', flush=True);"
        "time.sleep(600)"
    )
    program = f"import subprocess, sys; subprocess.run([sys.executable, '-c', {child!r}])"
    with running([sys.executable, "-c", program], None) as server:
        wait_until_idle(server.process)
        resident = resident_bytes(server.process)
    address = urlsplit(server.url)
    assert not is_listening(address.hostname, address.port)
    assert resident > 14_000_000
    assert server.process.returncode == -signal.SIGKILL


def test_temporary_files_of_a_killed_server_are_removed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    program = (
        "import os, tempfile, time; print(tempfile.mkstemp()[1]);"
        "print('listening on http://127.0.0.1:1', flush=True); time.sleep(600)"
    )
    with running([sys.executable, "-c", program], None) as server:
        server.output.seek(0)
        written = Path(server.output.readline().decode().strip())
        assert written.exists()
        assert tmp_path in written.parents
    assert list(tmp_path.iterdir()) == []


def test_a_reserved_port_is_for_the_server_that_asks_for_it() -> None:
    with reserving_port() as port:
        assert not is_listening("127.0.0.1", port)
        if sys.platform == "linux":
            with socket.socket() as other, pytest.raises(OSError, match="in use"):
                other.bind(("127.0.0.1", port))
        for _ in range(2):  # the server may start again
            with socket.create_server(("127.0.0.1", port)):
                assert is_listening("127.0.0.1", port)


def is_listening(host: str | None, port: int | None) -> bool:
    with socket.socket() as client:
        # A process that ends before it accepts the connection resets the connection.
        return client.connect_ex((host, port)) != errno.ECONNREFUSED


def test_costs_of_testing_are_measured(monkeypatch: pytest.MonkeyPatch) -> None:
    few = {"RECORD_COUNTS": (10,), "RESETS": 100, "WORKSPACES": 2, "RECORDS": 10}
    for name, value in {**few, "ROUNDS": 1, "REQUESTS_A_ROUND": 2}.items():
        monkeypatch.setattr(testing, name, value)
    rows = [*testing.measure_resets(), testing.measure_workspaces(), testing.measure_journal()]
    assert [name for name, _ in rows] == [
        "change and reset, 10 records",
        "2 workspaces over 10 records",
        "GET one, journal on",
    ]


def test_failed_start_is_reported_with_last_line_of_output() -> None:
    with (
        pytest.raises(BenchmarkError, match=r"did not start: no port is free$"),
        running([sys.executable, "-c", "import sys; sys.exit('one\\nno port is free')"], None),
    ):
        pass


# Peers


NOT_INSTALLED = {
    "json-server": "node is not installed",
    "Prism": "node is not installed",
    "Mockoon": "node is not installed",
    "WireMock": "java is not installed; on Debian: apt-get install default-jre-headless",
    "commercetools-mock": "node is not installed",
}
PLAN = Plan(run_own, Cores(None, None), 0.01, 1)


def test_peer_that_cannot_be_installed_is_left_out_by_name(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.setattr(peers, "PEERS", [one for one in PEERS if one.package.source == "npm"])
    monkeypatch.setattr(os, "geteuid", lambda: 1000)
    contenders, left_out = peers.gather(tmp_path / "cache", tmp_path, PLAN)
    assert [contender.name for contender in contenders] == ["emulator"]
    assert left_out == NOT_INSTALLED
    assert "bench: Mockoon is left out: node is not installed\n" in capsys.readouterr().err


def test_failed_installation_is_reported_in_one_line(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    for name, script in (("node", ""), ("npm", "echo one >&2\necho npm error two >&2\nexit 1")):
        (tmp_path / name).write_text(f"#!/bin/sh\n{script}\n")
        (tmp_path / name).chmod(0o755)
    monkeypatch.setenv("PATH", f"{tmp_path}{os.pathsep}{os.environ['PATH']}")
    with pytest.raises(InstallationError, match=r"^npm error two$"):
        install(PEERS[0].package, tmp_path / "cache")


def test_installed_package_is_not_installed_again(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    for name, script in (("node", ""), ("npm", f"echo run >> {tmp_path}/runs")):
        (tmp_path / name).write_text(f"#!/bin/sh\n{script}\n")
        (tmp_path / name).chmod(0o755)
    monkeypatch.setenv("PATH", f"{tmp_path}{os.pathsep}{os.environ['PATH']}")
    folders = {install(PEERS[0].package, tmp_path / "cache") for _ in range(3)}
    assert len(folders) == 1
    assert (tmp_path / "runs").read_text() == "run\n"
    assert capsys.readouterr().err.count("installing json-server@1.0.0-beta.15 from npm") == 1


@pytest.mark.long
def test_peers_are_compared_with_emulator_and_bare_route(tmp_path: Path) -> None:
    asked = dict(zip(OPERATIONS, peers.EMULATOR_REQUESTS, strict=True))
    contenders = [
        Contender("emulator", "", start_emulator, asked),
        Contender("json-server", "2", start_bare_route, asked),
    ]
    tables = peers.measure(contenders, Namespace(starts=1, connections=2), tmp_path, PLAN)
    rates, beside, costs = tables.values()
    assert [len(rates), len(beside), len(costs)] == [1 + 2 * 3, 3, 2 * 3]
    assert all(figure > 0 for rows in tables.values() for row in rows for figure in row.figures)
    assert [row.base for row in rates[1:]] == ["bare Flask"] * 6
    assert beside[0].ratios == divide(rates[1].figures, rates[2].figures)
    assert [row.goal and row.goal.text for row in beside] == ["≥ 1 x"] * 3


def test_documents_of_peers_are_as_long_as_those_of_the_emulator(emulator: Emulator) -> None:
    authorization = {"Authorization": f"Bearer {emulator.token()}"}
    answer = ask(
        emulator.url, "GET", f"{servers.LISTS_PATH}/{servers.name(7)}", headers=authorization
    )
    answered, sample = json.loads(answer.body), servers.make_document(7)
    assert answered.keys() == sample.keys()
    assert abs(len(answer.body) - len(json.dumps(sample, separators=(",", ":")))) < 10
