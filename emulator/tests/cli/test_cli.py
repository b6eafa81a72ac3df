"""All commands: output, errors in one line, exit codes."""

import json
import os
import shutil
import signal
import socket
import subprocess
import sys
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import fields
from importlib.metadata import entry_points
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

import click
import pytest
import requests
from click.testing import CliRunner, Result

from benchmarks.process import reserving_port
from contract_tests.server import Pool
from emulator import Config, Emulator
from emulator.cli.main import commands, main
from emulator.config import unknown_variables
from emulator.http.listener import Listener
from emulator.tests.knob import DEFAULTS

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIApplication, WSGIEnvironment

DEMO = "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"
LISTS = "/s/-/dw/data/v23_2/inventory_lists"
SECRET = "hunter2-hunter2"
SAMPLES = Path(__file__).parents[3] / "fixtures" / "samples"
TIMEOUT = 30


class Knob(NamedTuple):
    """A knob with its flag, its environment variable, a text to give, and what this becomes."""

    name: str
    flag: str
    variable: str
    given: str
    value: Any


KNOBS = (
    Knob("host", "--host", "OCAPI_EMULATOR_HOST", "localhost", "localhost"),
    Knob("port", "--port", "OCAPI_EMULATOR_PORT", "0", 0),
    Knob("fixtures", "--fixtures", "OCAPI_EMULATOR_FIXTURES", "samples", "samples"),
    Knob("dialect", "--dialect", "OCAPI_EMULATOR_DIALECT", "observed", "observed"),
    Knob(
        "accept_versions",
        "--accept-versions",
        "OCAPI_EMULATOR_ACCEPT_VERSIONS",
        "v19_5,v20_3",
        "v19_5,v20_3",
    ),
    Knob("store", "--store", "OCAPI_EMULATOR_STORE", "redis://h/1", "redis://h/1"),
    Knob("token_key", "--token-key", "OCAPI_EMULATOR_TOKEN_KEY", SECRET, SECRET),
    Knob(
        "inventory_api_key",
        "--inventory-api-key",
        "OCAPI_EMULATOR_INVENTORY_API_KEY",
        "open sesame",
        "open sesame",
    ),
    Knob(
        "trust_forwarded_proto",
        "--trust-forwarded-proto",
        "OCAPI_EMULATOR_TRUST_FORWARDED_PROTO",
        "1",
        True,
    ),
    Knob("control_token", "--control-token", "OCAPI_EMULATOR_CONTROL_TOKEN", SECRET, SECRET),
    Knob("workspaces", "--workspaces", "OCAPI_EMULATOR_WORKSPACES", "5", 5),
    Knob("workspace_age", "--workspace-age", "OCAPI_EMULATOR_WORKSPACE_AGE", "60", 60),
    Knob("journal", "--journal", "OCAPI_EMULATOR_JOURNAL", "7", 7),
    Knob("journal_body", "--journal-body", "OCAPI_EMULATOR_JOURNAL_BODY", "99", 99),
    Knob("failpoints", "--failpoints", "OCAPI_EMULATOR_FAILPOINTS", "a.json", "a.json"),
    Knob("stubs", "--stubs", "OCAPI_EMULATOR_STUBS", "stubs", "stubs"),
    Knob("upstream", "--upstream", "OCAPI_EMULATOR_UPSTREAM", "http://a.test", "http://a.test"),
    Knob("settings", "--settings", "OCAPI_EMULATOR_SETTINGS", "s.json", "s.json"),
    Knob("seed", "--seed", "OCAPI_EMULATOR_SEED", "seven", "seven"),
    Knob("log", "--log", "OCAPI_EMULATOR_LOG", "json", "json"),
    Knob("verbose", "--verbose", "OCAPI_EMULATOR_VERBOSE", "1", True),
    Knob("without", "--without", "OCAPI_EMULATOR_WITHOUT", "webdav", "webdav"),
    Knob("tls", "--tls", "OCAPI_EMULATOR_TLS", "1", True),
    Knob("tls_name", "--tls-name", "OCAPI_EMULATOR_TLS_NAME", "shop.test", "shop.test"),
    Knob("tls_cert", "--tls-cert", "OCAPI_EMULATOR_TLS_CERT", "cert.pem", "cert.pem"),
    Knob("tls_key", "--tls-key", "OCAPI_EMULATOR_TLS_KEY", "key.pem", "key.pem"),
    Knob("resources", "--resources", "OCAPI_EMULATOR_RESOURCES", "mine.py", "mine.py"),
    Knob("hooks", "--hooks", "OCAPI_EMULATOR_HOOKS", "hooks.json", "hooks.json"),
)


@pytest.fixture(autouse=True)
def _no_variables_of_the_machine(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in [name for name in os.environ if name.startswith("OCAPI_EMULATOR_")]:
        monkeypatch.delenv(name)


def command_line(*arguments: str) -> list[str]:
    return [sys.executable, "-m", "emulator", *arguments]


def run(*arguments: str, **variables: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(  # noqa: S603 - our own program
        command_line(*arguments),
        env=os.environ | variables,
        capture_output=True,
        text=True,
        timeout=TIMEOUT,
        check=False,
    )


def invoke(*arguments: str) -> Result:
    return CliRunner().invoke(commands, arguments)


@contextmanager
def serving(*arguments: str, **variables: str) -> Iterator[tuple[subprocess.Popen[str], str]]:
    """Run ``serve``; give the process and its URL once the listening line is there."""
    process = subprocess.Popen(  # noqa: S603 - our own program
        command_line("serve", *arguments),
        env=os.environ | {"OCAPI_EMULATOR_PORT": "0"} | variables,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    try:
        assert process.stdout is not None
        yield process, process.stdout.readline().removeprefix("ocapi-emulator listening on ")[:-1]
    finally:
        process.kill()
        process.communicate()


def end(process: subprocess.Popen[str], number: int) -> tuple[str, str, int]:
    """Send a signal; return what was still written, and the exit code."""
    process.send_signal(number)
    output, errors = process.communicate(timeout=TIMEOUT)
    return output, errors, process.returncode


def get(url: str, **options: Any) -> requests.Response:
    return requests.get(url, timeout=TIMEOUT, **options)


def assert_one_line(text: str, excerpt: str) -> None:
    assert text.startswith("ocapi-emulator: ")
    assert text.count("\n") == 1
    assert excerpt in text


def broken_data_set(folder: Path) -> str:
    """Make a copy of the samples with three things wrong in it."""
    shutil.copytree(SAMPLES, folder, dirs_exist_ok=True)
    (folder / "sites.json").write_text("[{]")
    (folder / "inventory_lists.json").write_text('[{"id": ""}, {"id": "a", "colour": "red"}]')
    return str(folder)


@pytest.fixture
def emulator(pool: Pool) -> Iterator[Emulator]:
    with pool.serve(fixtures="samples") as emulator:
        yield emulator


@pytest.fixture
def unused_url() -> Iterator[str]:
    """A URL on which nobody listens."""
    with reserving_port() as port:
        yield f"http://127.0.0.1:{port}"


HEALTH = b"GET /__emulator__/health HTTP/1.1\r\nHost: localhost\r\n\r\n"


def test_serve_lists_missing_operations_at_the_end() -> None:
    with serving("--fixtures", "samples") as (process, url):
        for path in ("/s/-/dw/shop/v23_2/categories", "/s/-/dw/shop/v23_2/baskets/1") * 2:
            assert requests.get(f"{url}{path}", timeout=TIMEOUT).status_code == 404
        assert requests.get(f"{url}/dw/shop/v1", timeout=TIMEOUT).status_code == 404
        process.send_signal(signal.SIGTERM)
        errors = process.communicate(timeout=TIMEOUT)[1]
    assert process.returncode == 0
    summary = errors[errors.index("ocapi-emulator: not emulated, but asked for:") :]
    assert summary.splitlines() == [
        "ocapi-emulator: not emulated, but asked for:",
        "  GET /dw/shop/v1 (1 request)",
        "  GET /s/-/dw/shop/v23_2/baskets/1 (2 requests)",
        "  GET /s/-/dw/shop/v23_2/categories (2 requests)",
    ]


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM], ids=["SIGINT", "SIGTERM"])
def test_serve_answers_many_clients_and_ends_silently_on_a_signal(number: int) -> None:
    with (
        serving("--log", "none", "--fixtures", "samples", OCAPI_EMULATOR_TOKEN_KEY=SECRET) as (
            process,
            url,
        ),
        requests.Session() as session,
    ):
        # Clients that ask at once, a client with a secret, and a client with an open connection.
        address = ("127.0.0.1", int(url.rpartition(":")[2]))
        clients = [socket.create_connection(address, TIMEOUT) for _ in range(40)]
        for client in clients:
            client.sendall(HEALTH)
        for client in clients:
            with client, client.makefile("rb") as stream:
                assert stream.readline() == b"HTTP/1.1 200 OK\r\n"
        get(f"{url}{LISTS}?client_secret={SECRET}", headers={"Authorization": f"Bearer {SECRET}"})
        health = session.get(f"{url}/__emulator__/health", timeout=TIMEOUT).json()
        assert (health["status"], health["fixtures"]) == ("ok", "samples")
        assert end(process, number) == ("", "", 0)
        with pytest.raises(requests.ConnectionError):
            get(f"{url}/__emulator__/health")


BAD_KNOBS = [
    (["--dialect", "spoken"], {}, "dialect 'spoken'"),
    (["--port", "65536"], {}, "port 65536"),
    (["--accept-versions", "23.2"], {}, "version '23.2'"),
    ([], {"OCAPI_EMULATOR_DIALECT": "spoken"}, "dialect 'spoken'"),
    (["--fixtures", "nowhere"], {}, "nowhere: is neither"),
    (["--host", "256.1.1.1", "--port", "0"], {}, "can't listen on 256.1.1.1 port 0: "),
    (["--host", "a..b", "--port", "0"], {}, "can't listen on a..b port 0: "),
    (["--host", "a" * 64, "--port", "0"], {}, f"can't listen on {'a' * 64} port 0: "),
    ([], {"OCAPI_EMULATOR_SEED": "\udcff"}, "seed is not a text in UTF-8"),
    (["--failpoints", "/nowhere"], {}, "/nowhere"),
    (["--settings", "/nowhere"], {}, "/nowhere"),
    (["--stubs", "/nowhere"], {}, "/nowhere: is not a folder"),
    (["--upstream", "instance"], {}, "upstream is not a URL without user and query"),
    (["--upstream", "http://localhost:8080"], {}, "--upstream is the address of this server"),
    (["--store", "unix:///nowhere"], {}, "can't use the store: "),
    (["--tls-cert", "/nowhere", "--tls-key", "/nowhere"], {}, "/nowhere"),
]


@pytest.mark.usefixtures("own_process")
@pytest.mark.parametrize(("arguments", "variables", "excerpt"), BAD_KNOBS)
def test_serve_reports_a_bad_knob_in_one_line(
    monkeypatch: pytest.MonkeyPatch, arguments: list[str], variables: dict[str, str], excerpt: str
) -> None:
    for name, value in variables.items():
        monkeypatch.setenv(name, value)
    result = invoke("serve", *arguments)
    assert (result.exit_code, result.stdout) == (2, "")
    assert_one_line(result.stderr, excerpt)


@pytest.mark.usefixtures("own_process")
def test_serve_reports_a_taken_port_in_one_line() -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        result = invoke("serve", "--fixtures", "samples", "--port", str(port))
    assert (result.exit_code, result.stdout) == (2, "")
    message = (
        f"can't listen on 127.0.0.1 port {port}: Address already in use (--port 0 takes any free"
    )
    assert_one_line(result.stderr, message)


@pytest.mark.usefixtures("own_process")
def test_serve_reports_a_file_that_cannot_be_read_in_one_line(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def refuse(*_: object) -> None:
        raise PermissionError(13, "Permission denied", "data/a.json")

    monkeypatch.setattr("emulator.fixture.data_set.load", refuse)
    result = invoke("serve", "--fixtures", "data")
    assert (result.exit_code, result.stdout) == (2, "")
    assert_one_line(result.stderr, "can't read data/a.json: Permission denied")


@pytest.mark.usefixtures("own_process")
def test_serve_reports_all_errors_of_a_data_set(tmp_path: Path) -> None:
    result = invoke("serve", "--fixtures", broken_data_set(tmp_path))
    assert (result.exit_code, result.stdout) == (2, "")
    assert "Traceback" not in result.stderr
    for excerpt in ("sites.json", "inventory_lists entry 1", "inventory_lists entry 2"):
        assert excerpt in result.stderr


def test_serve_reports_a_misspelt_variable_in_one_line(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OCAPI_EMULATOR_FIXTURE", "samples")
    line, _ = invoke("serve", "--port", "65536").stderr.splitlines()
    assert line == (
        "ocapi-emulator: unknown environment variable OCAPI_EMULATOR_FIXTURE: "
        "did you mean OCAPI_EMULATOR_FIXTURES?"
    )


@pytest.mark.usefixtures("own_process")
@pytest.mark.parametrize("accepted", ["v99_9", "v23_2,v99_9", "any,v99_9"])
def test_serve_warns_of_versions_that_were_never_published(accepted: str) -> None:
    result = invoke("serve", "--accept-versions", accepted, "--fixtures", "nowhere")
    first, _ = result.stderr.splitlines()
    assert first == "ocapi-emulator: accepts versions that were never published: v99_9"


def test_the_variable_of_every_option_is_known() -> None:
    groups = [c for c in commands.commands.values() if isinstance(c, click.Group)]
    below = [command for group in groups for command in group.commands.values()]
    options = [p for c in (*commands.commands.values(), *below) for p in c.params if p.envvar]
    assert list(unknown_variables({str(option.envvar): "" for option in options})) == []


def test_every_knob_is_listed_here() -> None:
    assert [field.name for field in fields(Config)] == [knob.name for knob in KNOBS]
    assert {field.name: field.default for field in fields(Config)} == DEFAULTS


def serve_parameters(arguments: Iterable[str]) -> Mapping[str, Any]:
    command = commands.commands["serve"]
    with command.make_context("serve", list(arguments)) as context:
        return dict(context.params)


def test_every_knob_has_its_flag_and_its_variable_in_the_help() -> None:
    shown = CliRunner().invoke(commands, ["serve", "--help"], terminal_width=200).output
    assert [knob.flag for knob in KNOBS if f"  {knob.flag} " not in shown] == []
    assert [knob.variable for knob in KNOBS if f"env var: {knob.variable}" not in shown] == []


def test_every_knob_is_set_by_its_flag() -> None:
    for knob in KNOBS:
        arguments = [knob.flag] if knob.value is True else [knob.flag, knob.given]
        assert serve_parameters(arguments) == {**DEFAULTS, knob.name: knob.value}


def test_every_knob_is_set_by_its_variable(monkeypatch: pytest.MonkeyPatch) -> None:
    for knob in KNOBS:
        with monkeypatch.context() as patch:
            patch.setenv(knob.variable, knob.given)
            assert serve_parameters([]) == {**DEFAULTS, knob.name: knob.value}


def test_several_hosts_are_flags_or_a_list(monkeypatch: pytest.MonkeyPatch) -> None:
    hosts = "127.0.0.1,::1"
    assert serve_parameters(["--host", "127.0.0.1", "--host", "::1"])["host"] == hosts
    assert serve_parameters(["--host", hosts])["host"] == hosts
    monkeypatch.setenv("OCAPI_EMULATOR_HOST", hosts)
    assert serve_parameters([])["host"] == hosts
    assert Config(host=hosts).hosts == ("127.0.0.1", "::1")


def test_serve_listens_on_several_hosts() -> None:
    with serving("--host", "127.0.0.1", "--host", "127.0.0.2") as (process, url):
        assert process.stdout is not None
        other = process.stdout.readline().removeprefix("ocapi-emulator listening on ")[:-1]
        assert other == url.replace("127.0.0.1", "127.0.0.2")
        for base in (url, other):
            assert get(f"{base}/__emulator__/health").json()["status"] == "ok"


def test_serve_names_the_host_that_it_cannot_use() -> None:
    result = run("serve", "--host", "127.0.0.1", "--host", "192.0.2.1", "--port", "0")
    assert (result.returncode, result.stdout) == (2, "")
    assert_one_line(result.stderr, "can't listen on 192.0.2.1 port 0: ")
    assert "--port 0 takes" not in result.stderr


def test_a_flag_beats_its_variable(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OCAPI_EMULATOR_PORT", "1111")
    assert serve_parameters(["--port", "2222"])["port"] == 2222


def test_serve_ends_with_1_after_a_fatal_error_of_the_server() -> None:
    program = """
from emulator.http.loop import Loop
def fail(*_): raise RuntimeError("on purpose")
Loop._run_once = fail
from emulator.cli.main import main
main()
"""
    outcome = subprocess.run(  # noqa: S603 - our own program
        [sys.executable, "-c", program, "serve", "--port", "0", "--fixtures", "samples"],
        capture_output=True,
        text=True,
        timeout=30,
        check=False,
    )
    assert outcome.returncode == 1
    told = "ocapi-emulator: the server ends after an internal error: RuntimeError('on purpose')"
    assert outcome.stderr.splitlines()[-1] == told


def test_ctrl_c_after_the_end_of_a_command_changes_nothing() -> None:
    program = """
import atexit, os, signal
from emulator.cli.main import main
def clean_up():
    os.kill(os.getpid(), signal.SIGINT)
    print("cleaned up")
atexit.register(clean_up)
main()
"""
    outcome = subprocess.run(  # noqa: S603 - our own program
        [sys.executable, "-c", program, "check", "samples"],
        capture_output=True,
        text=True,
        timeout=30,
        check=False,
    )
    assert (outcome.returncode, outcome.stderr) == (0, "")
    assert outcome.stdout.endswith("cleaned up\n")


def test_ctrl_c_between_a_command_and_its_end_is_an_interruption() -> None:
    program = """
from emulator.cli import main
def interrupt(*_, **__): raise KeyboardInterrupt
main.commands.main = interrupt
main.main()
"""
    outcome = subprocess.run(  # noqa: S603 - our own program
        [sys.executable, "-c", program],
        capture_output=True,
        text=True,
        timeout=30,
        check=False,
    )
    assert (outcome.returncode, outcome.stderr) == (130, "ocapi-emulator: interrupted\n")


def test_the_variables_reach_the_server(tmp_path: Path) -> None:
    failpoints = tmp_path / "failpoints.json"
    failpoints.write_text('{"match": {"path": "/items"}, "action": {"status": 418}}')
    given = {knob.name: knob.given for knob in KNOBS if not knob.name.startswith("tls")}
    given |= {"failpoints": str(failpoints), "control_token": "", "settings": "", "stubs": ""}
    given |= {"store": "memory", "without": "webdav", "resources": "", "hooks": ""}
    variables = {f"OCAPI_EMULATOR_{name.upper()}": value for name, value in given.items()}
    with serving(**variables) as (_, url), Emulator(token_key=SECRET) as other:
        assert url.startswith("http://localhost:")
        token = invoke("token", "--url", other.url).stdout.strip()
        headers = {"Authorization": f"Bearer {token}", "X-Forwarded-Proto": "https"}
        page = get(url + LISTS.replace("v23_2", "v19_5"), headers=headers).json()
        assert page["_v"] == "19.5"
        assert [entry["id"] for entry in page["data"]] == ["my-inventorylist1", "my-inventorylist2"]
        assert all(entry["link"].startswith("https://localhost:") for entry in page["data"])
        assert get(f"{url}/__emulator__/health").json()["dialect"] == "observed"
        assert get(f"{url}/items").status_code == 418
        assert get(f"{url}/__emulator__/clock").json()["now"] == "2026-01-01T00:00:00.000Z"


def test_check_counts_what_a_data_set_holds() -> None:
    result = invoke("check", "samples")
    assert result.exit_code == 0
    assert result.stdout.startswith(
        "samples: 2 sites, 2 inventory_lists, 1 users, 1 clients, 2 items"
    )
    assert result.stderr == ""


def test_check_takes_a_folder(tmp_path: Path) -> None:
    folder = tmp_path / "mine"
    shutil.copytree(SAMPLES, folder)
    (folder / "inventory_lists.json").write_text(json.dumps([{"id": str(n)} for n in range(5)]))
    result = invoke("check", str(folder))
    assert result.exit_code == 0
    assert result.stdout.startswith(f"{folder}: 2 sites, 5 inventory_lists, 1 users, 1 clients")


@pytest.mark.parametrize(("name", "below"), [(".", ""), ("..", "below")])
def test_check_takes_a_relative_folder(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str, below: str
) -> None:
    shutil.copytree(SAMPLES, tmp_path, dirs_exist_ok=True)
    (tmp_path / below).mkdir(exist_ok=True)
    monkeypatch.chdir(tmp_path / below)
    result = invoke("check", name)
    assert (result.exit_code, result.stderr) == (0, "")
    assert "2 inventory_lists" in result.stdout


def test_check_prints_all_errors_with_exit_code_1(tmp_path: Path) -> None:
    result = invoke("check", broken_data_set(tmp_path))
    assert (result.exit_code, result.stdout) == (1, "")
    for excerpt in ("sites.json", "inventory_lists entry 1", "inventory_lists entry 2"):
        assert excerpt in result.stderr


@pytest.mark.parametrize("name", ["nosuch", "nosuch.zip", "folder/nosuch.json"])
def test_check_of_no_data_set_ends_with_exit_code_2(name: str) -> None:
    result = invoke("check", name)
    assert (result.exit_code, result.stdout) == (2, "")
    assert_one_line(result.stderr, f"{name}: is neither a folder nor a bundled data set (")


def test_check_prints_no_secret(tmp_path: Path) -> None:
    folder = broken_data_set(tmp_path)
    clients = {"clients": [{"client_id": "x", "client_secret": SECRET, "colour": "red"}]}
    Path(folder, "clients.json").write_text(json.dumps(clients))
    result = invoke("check", folder)
    assert "colour" in result.stderr
    assert SECRET not in result.output


def test_token_prints_a_token_that_works(emulator: Emulator) -> None:
    result = invoke("token", "--url", emulator.url)
    assert (result.exit_code, result.stderr) == (0, "")
    assert result.stdout.count("\n") == 1
    headers = {"Authorization": f"Bearer {result.stdout.strip()}"}
    assert get(emulator.url + LISTS, headers=headers).status_code == 200


def test_token_takes_a_url_that_ends_in_a_slash(emulator: Emulator) -> None:
    assert invoke("token", "--url", f"{emulator.url}/").exit_code == 0


def test_token_takes_its_options_from_variables(
    emulator: Emulator, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("OCAPI_EMULATOR_URL", emulator.url)
    monkeypatch.setenv("OCAPI_EMULATOR_CLIENT_ID", DEMO)
    assert invoke("token").exit_code == 0
    monkeypatch.setenv("OCAPI_EMULATOR_CLIENT_SECRET", "another")
    assert invoke("token").exit_code == 1


def test_token_is_of_the_first_client_of_the_data_set(tmp_path: Path) -> None:
    shutil.copytree(SAMPLES, tmp_path, dirs_exist_ok=True)
    clients = [{"client_id": name, "client_secret": SECRET} for name in ("admin", "buyer")]
    (tmp_path / "clients.json").write_text(json.dumps({"clients": clients}))
    arguments: list[list[str]] = [[], ["--client-id", "buyer"]]
    arguments.append(["--client-id", "buyer", "--client-secret", SECRET])
    with Emulator(fixtures=str(tmp_path)) as emulator:
        for given in arguments:
            token = invoke("token", "--url", emulator.url, *given).stdout.strip()
            assert get(emulator.url + LISTS, headers={"Authorization": f"Bearer {token}"}).ok
        unknown = invoke("token", "--url", emulator.url, "--client-id", "nobody")
    assert_one_line(unknown.stderr, "has no client 'nobody'")


def test_token_of_a_closed_control_plane_is_of_the_bundled_client(tmp_path: Path) -> None:
    with Emulator(fixtures="samples", control_token=SECRET) as emulator:
        for given in ([], ["--control-token", SECRET]):
            result = invoke("token", "--url", emulator.url, *given)
            assert (result.exit_code, result.stderr) == (0, "")
    shutil.copytree(SAMPLES, tmp_path, dirs_exist_ok=True)
    clients = [{"client_id": "buyer", "client_secret": SECRET}]
    (tmp_path / "clients.json").write_text(json.dumps({"clients": clients}))
    with Emulator(fixtures=str(tmp_path), control_token=SECRET) as emulator:
        result = invoke("token", "--url", emulator.url)
    assert (result.exit_code, result.stdout) == (1, "")
    assert_one_line(result.stderr, "(give --client-id and --client-secret, or --control-token)")


def test_token_runs_as_a_process(emulator: Emulator) -> None:
    result = run("token", "--url", emulator.url)
    assert (result.returncode, result.stderr) == (0, "")
    assert result.stdout.count(".") == 2


def test_token_reports_a_refusal_without_the_secret(emulator: Emulator) -> None:
    result = invoke("token", "--url", emulator.url, "--client-secret", SECRET)
    assert (result.exit_code, result.stdout) == (1, "")
    assert_one_line(result.stderr, "refused: 401")
    assert SECRET not in result.stderr


def test_token_without_a_server_has_exit_code_1(unused_url: str) -> None:
    result = invoke("token", "--url", unused_url)
    assert (result.exit_code, result.stdout) == (1, "")
    assert_one_line(result.stderr, f"no answer from {unused_url}: ")


def test_token_refuses_a_url_of_another_scheme() -> None:
    result = invoke("token", "--url", "ftp://localhost")
    assert (result.exit_code, result.stdout) == (2, "")
    assert_one_line(result.stderr, "'ftp://localhost'")


def test_token_is_valid_in_the_named_workspace_only(emulator: Emulator) -> None:
    result = invoke("token", "--url", emulator.url, "--workspace", "ci-7")
    headers = {"Authorization": f"Bearer {result.stdout.strip()}"}
    within = {**headers, "x-emulator-workspace": "ci-7"}
    assert get(emulator.url + LISTS, headers=headers).status_code == 401
    assert get(emulator.url + LISTS, headers=within).status_code == 200


@pytest.mark.parametrize("url", ["", "localhost", "http://", "http://a b", "http://x:99999"])
@pytest.mark.parametrize("command", ["token", "dump"])
def test_a_malformed_url_is_reported_in_one_line(tmp_path: Path, command: str, url: str) -> None:
    arguments = [str(tmp_path / "new")] if command == "dump" else []
    result = invoke(command, "--url", url, *arguments)
    assert (result.exit_code, result.stdout) == (2, "")
    assert_one_line(result.stderr, "http")
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("name", ["copy", "copy.zip"])
def test_dump_writes_an_archive_that_check_reads(
    tmp_path: Path, emulator: Emulator, name: str
) -> None:
    target = str(tmp_path / name)
    dumped = invoke("dump", "--url", emulator.url, "--format", "archive", target)
    assert (dumped.exit_code, dumped.stderr) == (0, "")
    assert "sites/MyOtherSite/site.xml" in dumped.stdout
    checked = invoke("check", target)
    assert (checked.exit_code, checked.stderr) == (0, "")
    assert checked.stdout.startswith(f"{target}: 2 sites, ")
    assert "1 users, 1 clients" in checked.stdout


def test_an_archive_is_not_written_among_other_files(tmp_path: Path, emulator: Emulator) -> None:
    (tmp_path / "old.xml").write_text("<x/>")
    dumped = invoke("dump", "--url", emulator.url, "--format", "archive", str(tmp_path))
    assert (dumped.exit_code, dumped.stdout) == (2, "")
    assert_one_line(dumped.stderr, "is not empty: a site archive needs an empty folder")
    assert [file.name for file in tmp_path.iterdir()] == ["old.xml"]


def test_check_names_what_is_not_emulated(tmp_path: Path) -> None:
    (tmp_path / "a.xml").write_text("<tax/>")
    result = invoke("check", str(tmp_path))
    assert (result.exit_code, result.stderr) == (0, "")
    note = "a.xml: the file is not emulated: the root element tax belongs to no known format"
    assert f"{tmp_path}: {note}\n" in result.stdout


@pytest.mark.parametrize("command", ["token", "dump"])
def test_a_file_without_certificates_is_reported_in_one_line(
    tmp_path: Path, emulator: Emulator, command: str
) -> None:
    file = tmp_path / "ca.pem"
    file.write_text("nothing")
    arguments = [str(tmp_path / "new")] if command == "dump" else []
    result = invoke(command, "--url", emulator.url, "--ca-file", str(file), *arguments)
    assert (result.exit_code, result.stdout) == (2, "")
    assert_one_line(result.stderr, f"'{file}' holds no certificates: ")


def test_an_invalid_workspace_is_reported_in_one_line(
    emulator: Emulator,
) -> None:
    result = invoke("token", "--url", emulator.url, "--workspace", "\N{SNOWMAN}")
    assert (result.exit_code, result.stdout) == (2, "")
    assert_one_line(result.stderr, "characters that no header can have")


def test_health_prints_the_members_of_the_servers_health(emulator: Emulator) -> None:
    result = invoke("health", "--url", emulator.url)
    assert (result.exit_code, result.stderr) == (0, "")
    assert result.stdout.startswith(f"{emulator.url}: status ok, version ")
    assert result.stdout.endswith(", fixtures samples, dialect documented, store memory\n")


def test_health_without_a_server_has_exit_code_1(unused_url: str) -> None:
    result = invoke("health", "--url", unused_url)
    assert (result.exit_code, result.stdout) == (1, "")
    assert_one_line(result.stderr, f"no answer from {unused_url}: ")


@pytest.mark.parametrize("seconds", ["-1", "soon"])
def test_health_refuses_a_wait_without_a_positive_number(
    monkeypatch: pytest.MonkeyPatch, seconds: str
) -> None:
    monkeypatch.setenv("OCAPI_EMULATOR_WAIT", seconds)
    assert invoke("health").exit_code == 2


def test_dump_writes_a_data_set_with_the_same_state_and_etags(
    tmp_path: Path, emulator: Emulator
) -> None:
    item = {"sku": "new", "productVariant": {"variantId": "v"}}
    for path in ("/inventories/inventory-1", "/inventories/inventory-2", "/items/item-1"):
        assert requests.delete(emulator.url + path, timeout=TIMEOUT).status_code == 204
    assert requests.post(f"{emulator.url}/items", json=item, timeout=TIMEOUT).ok
    folder = tmp_path / "below" / "mine"
    result = invoke("dump", "--url", emulator.url, str(folder))
    assert (result.exit_code, result.stderr) == (0, "")
    assert result.stdout.startswith(f"{folder}: sites.json, ")
    assert invoke("check", str(folder)).exit_code == 0
    state = get(f"{emulator.url}/__emulator__/state").json()
    with Emulator(fixtures=str(folder)) as other:
        assert get(f"{other.url}/__emulator__/state").json() == state
        asked = [get(f"{url}/items/item-2").headers["ETag"] for url in (emulator.url, other.url)]
        assert asked[0] == asked[1]


def test_dump_takes_the_data_of_a_workspace(tmp_path: Path, emulator: Emulator) -> None:
    requests.post(
        f"{emulator.url}/__emulator__/reset?to=empty",
        headers={"x-emulator-workspace": "ci-7"},
        timeout=TIMEOUT,
    )
    for workspace, items in (("", 2), ("ci-7", 0)):
        invoke("dump", "--url", emulator.url, "--workspace", workspace, str(tmp_path))
        assert len(json.loads((tmp_path / "items.json").read_bytes())) == items


def test_dump_sends_the_control_token(tmp_path: Path) -> None:
    folder = tmp_path / "mine"
    with Emulator(fixtures="samples", control_token=SECRET) as emulator:
        refused = invoke("dump", "--url", emulator.url, str(folder))
        assert (refused.exit_code, refused.stdout, folder.exists()) == (1, "", False)
        assert_one_line(refused.stderr, "refused: 401")
        told = invoke("dump", "--url", emulator.url, "--control-token", SECRET, str(folder))
        assert (told.exit_code, told.stderr) == (0, "")
    sites = json.loads((folder / "sites.json").read_bytes())
    assert [site["id"] for site in sites] == ["MyOtherSite", "SiteGenesis"]


def test_dump_reports_a_folder_without_write_permission_in_one_line(
    tmp_path: Path, emulator: Emulator
) -> None:
    file = tmp_path / "file"
    file.touch()
    result = invoke("dump", "--url", emulator.url, str(file))
    assert (result.exit_code, result.stdout) == (2, "")
    assert_one_line(result.stderr, f"can't write to {file}: File exists")


def test_ca_prints_the_path_of_the_certificate_and_how_to_trust_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("emulator.http.certificate.user_cache_path", lambda name: tmp_path / name)
    result = invoke("ca")
    assert (result.exit_code, result.stderr) == (0, "")
    path, blank, *lines = result.stdout.splitlines()
    assert Path(path).is_relative_to(tmp_path)
    assert Path(path).read_bytes().startswith(b"-----BEGIN CERTIFICATE-----")
    assert blank == ""
    assert any(path in line and "curl" in line.lower() for line in lines)
    assert invoke("ca").stdout == result.stdout


def test_ca_reports_a_folder_without_write_permission_in_one_line(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "file").touch()
    place = tmp_path / "file" / "below"
    monkeypatch.setattr("emulator.http.certificate.user_cache_path", lambda name: place / name)
    result = invoke("ca")
    assert (result.exit_code, result.stdout) == (2, "")
    assert_one_line(result.stderr, str(place))


def page(_: "WSGIEnvironment", start_response: "StartResponse") -> Iterable[bytes]:
    start_response("200 OK", [("Content-Type", "text/html")])
    return [b"<p>Welcome</p>"]


def no_token(_: "WSGIEnvironment", start_response: "StartResponse") -> Iterable[bytes]:
    start_response("200 OK", [("Content-Type", "application/json")])
    return [b"{}"]


@pytest.mark.parametrize("application", [page, no_token])
@pytest.mark.parametrize("command", ["token", "dump"])
def test_a_server_of_another_kind_is_reported_in_one_line(
    tmp_path: Path, application: "WSGIApplication", command: str
) -> None:
    listener = Listener(application, "127.0.0.1", 0)
    listener.start()
    arguments = [str(tmp_path / "new")] if command == "dump" else []
    try:
        result = invoke(command, "--url", listener.url, *arguments)
    finally:
        listener.stop()
    assert (result.exit_code, result.stdout) == (1, "")
    assert_one_line(result.stderr, listener.url)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    ("arguments", "excerpt"),
    [
        (["sevre"], "'sevre'"),
        (["serve", "--colour", "red"], "'--colour'"),
        (["serve", "--port", "http"], "'http'"),
        (["check"], "NAME|DIR"),
        (["--loud"], "'--loud'"),
        (["check", "a" * 300], "the name of a file is too long: aaa"),
    ],
    ids=["command", "flag", "value", "argument", "global flag", "long name"],
)
def test_a_usage_error_is_reported_in_one_line_with_exit_code_2(
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    arguments: list[str],
    excerpt: str,
) -> None:
    monkeypatch.setattr(sys, "argv", ["ocapi-emulator", *arguments])
    with pytest.raises(SystemExit) as ended:
        main()
    assert ended.value.code == 2
    output, errors = capsys.readouterr()
    assert output == ""
    assert_one_line(errors, excerpt)


def test_no_command_shows_the_help_with_exit_code_2(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(sys, "argv", ["ocapi-emulator"])
    with pytest.raises(SystemExit) as ended:
        main()
    assert ended.value.code == 2
    assert "Usage: ocapi-emulator" in capsys.readouterr().err


def test_an_interrupted_command_has_exit_code_130(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def interrupt(*_: Any, **__: Any) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(sys, "argv", ["ocapi-emulator", "token"])
    monkeypatch.setattr("emulator.cli.token.Remote", interrupt)
    with pytest.raises(SystemExit) as ended:
        main()
    assert ended.value.code == 130
    assert capsys.readouterr().err.splitlines()[-1] == "ocapi-emulator: interrupted"


@pytest.mark.parametrize("flag", ["-h", "--help"])
def test_the_help_names_all_commands(flag: str) -> None:
    result = invoke(flag)
    assert result.exit_code == 0
    for name in ("serve", "token", "check"):
        assert f"\n  {name} " in result.stdout
    for code in (0, 1, 2, 130):
        assert f"\n    {code} " in result.stdout


def test_the_version_is_shown(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(sys, "argv", ["ocapi-emulator", "--version"])
    main()
    output, errors = capsys.readouterr()
    assert errors == ""
    assert output.startswith("ocapi-emulator 0.")


def test_the_help_appears_without_the_server() -> None:
    program = (
        "import sys; from emulator.cli.main import commands;"
        "commands(['--help'], standalone_mode=False);"
        "found = {'flask', 'werkzeug', 'marshmallow', 'pytest', 'requests'} & set(sys.modules);"
        "assert not found, found"
    )
    subprocess.run([sys.executable, "-c", program], check=True, timeout=TIMEOUT)  # noqa: S603


def test_the_program_is_installed_under_its_name() -> None:
    [script] = entry_points(group="console_scripts", name="ocapi-emulator")
    assert script.load() is main
