"""``ocapi-emulator record``: a proxy in front of an emulator, which stands for a real instance."""

import os
import signal
import subprocess
import sys
from base64 import b64decode
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
import requests
from click.testing import CliRunner

from benchmarks.process import reserving_port
from contract_tests.server import Pool
from emulator import Emulator
from emulator.cli.main import commands
from emulator.corpus.exchange import Exchange, Recording, find_header, read
from emulator.corpus.proxy import Proxy, make_upstream
from emulator.corpus.recorder import Recorder
from emulator.corpus.sensitive import Names
from emulator.http.listener import Listener
from emulator.tests.corpus.messages import base64

TIMEOUT = 30
CLIENT = "a" * 30
DATA = "/s/-/dw/data/v23_2"
TOKEN_PATH = "/dwsso/oauth2/access_token"
CREDENTIALS = {"grant_type": "client_credentials"}
WEBDAV = "/on/demandware.servlet/webdav/Sites/Impex/src/instance"
PICTURE = b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR"


class Desk:
    """A proxy with its recorder and the lines about exchanges.

    Args:
        url: The base URL of the instance.
        manager: The base URL of the Account Manager, empty for the instance.
        limit: The most exchanges to keep.
    """

    def __init__(self, url: str, manager: str = "", limit: int = 100) -> None:
        self.notes: list[str] = []
        self.recorder = Recorder(Names(), [url], limit)
        managers = [make_upstream(manager)] if manager else []
        proxy = Proxy(make_upstream(url), self.recorder, self.notes.append, *managers)
        self.listener = Listener(proxy, "127.0.0.1", 0)

    def ask(self, method: str, path: str, **options: Any) -> requests.Response:
        url = f"{self.listener.url}{path}"
        return requests.request(method, url, timeout=TIMEOUT, **options)

    def exchanges(self) -> tuple[Exchange, ...]:
        return self.recorder.finish().exchanges


@contextmanager
def recording(*args: Any, **options: Any) -> Iterator[Desk]:
    desk = Desk(*args, **options)
    desk.listener.start()
    try:
        yield desk
    finally:
        desk.listener.stop()


@pytest.fixture
def emulator(pool: Pool) -> Iterator[Emulator]:
    with pool.serve(fixtures="samples") as emulator:
        yield emulator


@pytest.fixture
def desk(emulator: Emulator) -> Iterator[Desk]:
    with recording(emulator.url) as desk:
        yield desk


def get_token(desk: Desk) -> str:
    answer = desk.ask("POST", TOKEN_PATH, data=CREDENTIALS, auth=(CLIENT, CLIENT))
    return str(answer.json()["access_token"])


def value(exchange: Exchange, *, of_request: bool = False) -> Any:
    body = (exchange.request if of_request else exchange.answer).body
    assert body is not None
    return body.value


def test_a_token_is_requested_used_and_hidden(desk: Desk) -> None:
    token = get_token(desk)
    answer = desk.ask("GET", f"{DATA}/sites", headers={"Authorization": f"Bearer {token}"})
    assert answer.status_code == 200
    assert answer.json()["_type"] == "sites"
    granted, used = desk.exchanges()
    basic = find_header(granted.request.headers, "Authorization")
    assert b64decode(basic.removeprefix("Basic ")) == b"client-1:secret-1"
    assert value(granted, of_request=True) == "grant_type=client_credentials"
    assert value(granted)["access_token"] == "token-1"
    assert find_header(used.request.headers, "Authorization") == "Bearer token-1"
    assert value(used) == answer.json() | {
        "data": [
            one | {"link": one["link"].replace(desk_host(answer), "instance-1.example.com")}
            for one in answer.json()["data"]
        ]
    }
    assert used.at > granted.at == 0.0
    assert desk.notes == [f"POST {TOKEN_PATH}: 200", f"GET {DATA}/sites: 200"]


def desk_host(answer: requests.Response) -> str:
    """Return the host in the links of an answer, which is that of the instance."""
    return str(answer.json()["data"][0]["link"].split("/")[2])


def test_the_answer_is_that_of_the_instance(desk: Desk, emulator: Emulator) -> None:
    headers = {"Authorization": f"Bearer {emulator.token()}"}
    for method, path in (("GET", "/sites"), ("HEAD", "/sites"), ("GET", "/nowhere")):
        passed = desk.ask(method, f"{DATA}{path}", headers=headers)
        direct = requests.request(
            method, f"{emulator.url}{DATA}{path}", headers=headers, timeout=TIMEOUT
        )
        assert (passed.status_code, passed.content) == (direct.status_code, direct.content)
        varying = {"Date", "x-dw-request-base-id"}
        assert {n: v for n, v in passed.headers.items() if n not in varying} == {
            n: v for n, v in direct.headers.items() if n not in varying
        }


def test_xml_is_recorded_as_text(desk: Desk, emulator: Emulator) -> None:
    headers = {"Authorization": f"Bearer {emulator.token()}"}
    answer = desk.ask("GET", f"{DATA}/sites?format=xml", headers=headers)
    assert answer.status_code == 200
    [exchange] = desk.exchanges()
    assert exchange.answer.body is not None
    assert exchange.answer.body.form == "text"
    assert value(exchange).startswith("<?xml")
    assert emulator.url.removeprefix("http://") in answer.text
    assert emulator.url.removeprefix("http://") not in value(exchange)


def test_a_batch_is_recorded_with_its_parts(desk: Desk, emulator: Emulator) -> None:
    token = emulator.token()
    body = (
        "--f81d4fae7dec11d0\nx-dw-http-method: PUT\n"
        "x-dw-resource-path-extension: inventory_lists/list-of-zack\n\n"
        '{"description": "zack@acme.de"}\n--f81d4fae7dec11d0--\n'
    )
    headers = {
        "Authorization": f"Bearer {token}",
        "Content-Type": "multipart/mixed; boundary=f81d4fae7dec11d0",
        "x-dw-http-method": "GET",
        "x-dw-resource-path": f"{DATA}/",
    }
    answer = desk.ask("POST", "/s/-/dw/batch", data=body, headers=headers)
    assert answer.status_code == 200
    assert "zack@acme.de" in answer.text
    [exchange] = desk.exchanges()
    told = "multipart/mixed; boundary=boundary-1"
    assert find_header(exchange.request.headers, "Content-Type") == told
    assert value(exchange, of_request=True) == body.replace(
        "f81d4fae7dec11d0", "boundary-1"
    ).replace("zack@acme.de", "person-1@example.com")
    assert find_header(exchange.answer.headers, "Content-Type") == told
    assert value(exchange).startswith("--boundary-1\n")
    assert "zack" not in value(exchange).replace("list-of-zack", "")
    assert "person-1@example.com" in value(exchange)


def test_an_upload_of_a_file_comes_back(desk: Desk, emulator: Emulator) -> None:
    headers = {"Authorization": f"Bearer {emulator.token()}"}
    path = f"{WEBDAV}/picture.png"
    assert desk.ask("PUT", path, data=PICTURE, headers=headers).status_code == 201
    assert desk.ask("GET", path, headers=headers).content == PICTURE
    put, got = desk.exchanges()
    assert value(put, of_request=True) == value(got) == "file-1"


def test_a_file_is_moved_on_the_instance(desk: Desk, emulator: Emulator) -> None:
    headers = {"Authorization": f"Bearer {emulator.token()}"}
    path = f"{WEBDAV}/before.txt"
    desk.ask("PUT", path, data="text", headers=headers)
    destination = f"{desk.listener.url}{WEBDAV}/after.txt"
    moved = desk.ask("MOVE", path, headers=headers | {"Destination": destination})
    assert moved.status_code == 201
    recorded = desk.exchanges()[1].request.headers
    told = f"http://instance-1.example.com{WEBDAV}/after.txt"
    assert find_header(recorded, "Destination") == told


def test_an_account_manager_answers_token_requests(emulator: Emulator, pool: Pool) -> None:
    with (
        pool.serve(fixtures="samples", dialect="observed") as manager,
        recording(emulator.url, manager.url) as desk,
    ):
        token = get_token(desk)
        headers = {"Authorization": f"Bearer {token}"}
        assert requests.get(f"{manager.url}{DATA}/sites", headers=headers, timeout=TIMEOUT).ok
        assert desk.ask("GET", f"{DATA}/sites", headers=headers).status_code == 401


def test_headers_for_an_emulator_are_passed_on(desk: Desk) -> None:
    answer = desk.ask("GET", f"{DATA}/sites", headers={"x-emulator-workspace": "not valid!"})
    assert answer.status_code == 400


def test_a_killed_instance_is_answered_and_not_recorded() -> None:
    with reserving_port() as port, recording(f"http://127.0.0.1:{port}") as desk:
        answer = desk.ask("GET", f"{DATA}/sites")
        assert answer.status_code == 502
        assert answer.headers["Content-Type"] == "application/problem+json"
        assert desk.exchanges() == ()
        assert desk.notes == ["not recorded: no answer: Connection refused"]


def test_a_limit_ends_the_recording_and_not_the_service(emulator: Emulator) -> None:
    with recording(emulator.url, limit=1) as desk:
        for _ in range(3):
            assert desk.ask("GET", f"{DATA}/sites").status_code in (400, 401, 403)
        assert len(desk.exchanges()) == 1
        reason = "the limit of 1 exchanges is reached"
        assert desk.recorder.full == reason
        assert desk.notes[1:] == [f"{reason}: further exchanges are passed on, not recorded"]


# The command


def command(emulator: Emulator, file: Path, *options: str) -> list[str]:
    fixed = ("record", "--upstream", emulator.url, "--port", "0", "--out", str(file))
    return [sys.executable, "-m", "emulator", *fixed, *options]


@contextmanager
def running(emulator: Emulator, file: Path, *options: str) -> Iterator[tuple[Any, str]]:
    """Run the command; give the process and the URL of the proxy."""
    process = subprocess.Popen(  # noqa: S603 - our own program
        command(emulator, file, *options),
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
    )
    try:
        assert process.stdout is not None
        yield process, process.stdout.readline().split()[-1]
    finally:
        if process.poll() is None:
            os.killpg(process.pid, signal.SIGKILL)
        process.communicate()


def finish(process: "subprocess.Popen[str]", how: signal.Signals) -> tuple[int, str, str]:
    process.send_signal(how)
    out, err = process.communicate(timeout=TIMEOUT * 2)
    return process.returncode, out, err


def test_ctrl_c_writes_the_recording_and_says_what_was_hidden(
    emulator: Emulator, tmp_path: Path
) -> None:
    file = tmp_path / "a.jsonl"
    options = ("--evidence", "EMULATOR", "--data-set", "samples", "--dialect", "documented")
    with running(emulator, file, *options) as (process, url):
        token = emulator.token()
        headers = {"Authorization": f"Bearer {token}"}
        requests.get(f"{url}{DATA}/users/zack@acme.de", headers=headers, timeout=TIMEOUT)
        code, out, err = finish(process, signal.SIGINT)
    assert code == 0
    assert err == f"GET {DATA}/users/person-1@example.com: 404\n"
    assert out.splitlines()[0] == f"1 exchanges in {file}"
    assert out.splitlines()[1].split() == ["hidden", "values", "occurrences"]
    assert ["token", "1", "1"] in [line.split() for line in out.splitlines()]
    recorded: Recording = read(file)
    assert token not in file.read_text()
    assert recorded.head.evidence == "EMULATOR"
    assert (recorded.head.data_set, recorded.head.dialect) == ("samples", "documented")
    assert recorded.head.hidden["token"] == 1
    assert recorded.exchanges[0].request.target == f"{DATA}/users/person-1@example.com"


def test_a_secret_that_remains_keeps_the_file_from_being_written(
    emulator: Emulator, tmp_path: Path
) -> None:
    file = tmp_path / "a.jsonl"
    remaining = "kJ8s7Hd92kLm-Qz01XcVbNmAsDf_9sdfKJH23"
    with running(emulator, file, "--quiet") as (process, url):
        requests.get(f"{url}{DATA}/sites?x={remaining}", timeout=TIMEOUT)
        code, out, err = finish(process, signal.SIGTERM)
    assert (code, out) == (1, "")
    assert not file.exists()
    lines = err.splitlines()
    assert lines[0] == "ocapi-emulator: secret in exchange 1: /request/target: random text"
    assert lines[-1] == (
        "ocapi-emulator: 1 places with a secret: no file was written, and the exchanges are gone. "
        "Record again with --leave-out for a recording without these exchanges, with --hide NAME "
        "for a member with secrets, or with --keep NAME for a member whose values only look like "
        "secrets"
    )
    assert remaining not in err


def test_an_exchange_with_a_secret_can_be_left_out(emulator: Emulator, tmp_path: Path) -> None:
    file = tmp_path / "a.jsonl"
    with running(emulator, file, "--leave-out", "--quiet") as (process, url):
        requests.get(f"{url}{DATA}/sites", timeout=TIMEOUT)
        requests.get(f"{url}{DATA}/sites?x={base64('no')}9f86d081884c7d659a2feaa", timeout=TIMEOUT)
        code, _, err = finish(process, signal.SIGINT)
    assert code == 0
    assert err == "ocapi-emulator: left out 1 exchanges with a secret\n"
    assert len(read(file).exchanges) == 1


def test_without_a_remaining_exchange_no_file_is_written(
    emulator: Emulator, tmp_path: Path
) -> None:
    file = tmp_path / "a.jsonl"
    with running(emulator, file, "--leave-out", "--quiet") as (process, url):
        requests.get(f"{url}{DATA}/sites?x={base64('no')}9f86d081884c7d659a2feaa", timeout=TIMEOUT)
        code, _, err = finish(process, signal.SIGINT)
    assert code == 1
    assert err.endswith("ocapi-emulator: no exchange remains: no file was written\n")
    assert not file.exists()


def test_without_an_exchange_no_file_is_written(emulator: Emulator, tmp_path: Path) -> None:
    file = tmp_path / "a.jsonl"
    with running(emulator, file) as (process, _):
        code, _, err = finish(process, signal.SIGINT)
    assert code == 1
    assert err == "ocapi-emulator: nothing was recorded: no file was written\n"
    assert not file.exists()


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("--out", "there.jsonl"), "'there.jsonl' exists (--force replaces it)"),
        (("--out", "no/a.jsonl"), "'no/a.jsonl' can't be written: there is no such folder"),
        (("--out", "."), "'.' can't be written: it is a folder"),
        (("--out", f"{'a' * 245}.jsonl"), ".jsonl' can't be written: File name too long"),
        (("--out", "a.json"), "'a.json' is not the name of a recording: use a.jsonl"),
        (
            ("--hide", "a,c_Key", "--keep", "CKEY"),
            "--hide and --keep exclude each other for 'c_Key'",
        ),
        (
            ("--data-set", "shop", "--upstream", "x"),
            "the data set 'shop' is neither bundled (samples, storefront) nor a folder beside",
        ),
        (("--upstream", "ftp://x"), "--upstream needs the base URL of an instance"),
        (("--upstream", "https://a:b@x"), "--upstream needs the base URL of an instance"),
        (("--upstream", "http://127.0.0.1:8090"), "--upstream is the address of the recorder"),
        (("--account-manager", "x"), "--account-manager needs the base URL of an instance"),
        (("--ca-file", "there.jsonl"), "'there.jsonl' holds no certificates"),
        (("--test-data",), "--test-data needs --evidence EMULATOR or CLIENT"),
        (("--host", "192.0.2.1"), "can't listen on 192.0.2.1 port 8090"),
    ],
)
def test_a_wrong_option_is_explained(
    arguments: tuple[str, ...],
    message: str,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("emulator.cli.record.signal.pthread_sigmask", lambda *_: None)
    monkeypatch.chdir(tmp_path)
    (tmp_path / "there.jsonl").touch()
    given = ["record", "--upstream", "https://host", "--out", "a.jsonl", *arguments]
    result = CliRunner().invoke(commands, given)
    assert result.exit_code == 2
    assert message in result.stderr
