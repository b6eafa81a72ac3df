"""The commands for running servers: reset, journal, fail, stub, workspaces, snapshot, open."""

import json
import shlex
import subprocess
import sys
from collections.abc import Callable, Iterator, Sequence
from functools import partial
from pathlib import Path

import click
import pytest
import requests
from click.testing import CliRunner, Result

from contract_tests.server import Pool
from emulator import Emulator
from emulator.cli.main import commands
from emulator.tests.table import table

DATA = "/s/-/dw/data/v23_2"
BASKET = "/s/RefArch/dw/shop/v23_2/baskets/b1"
SECRET = "hunter2-hunter2"


@pytest.fixture
def emulator(pool: Pool) -> Iterator[Emulator]:
    with pool.serve(fixtures="samples") as emulator:
        yield emulator


def invoke(emulator: Emulator, *arguments: str) -> Result:
    return CliRunner().invoke(commands, [*arguments, "--url", emulator.url])


def succeed(emulator: Emulator, *arguments: str) -> str:
    """Run a command that has to succeed without an error message; return the output."""
    result = invoke(emulator, *arguments)
    assert (result.exit_code, result.stderr) == (0, "")
    return result.stdout


def get(emulator: Emulator, path: str, **headers: str) -> requests.Response:
    token = emulator.token(workspace=headers.get("x-emulator-workspace", "default"))
    sent = {"Authorization": f"Bearer {token}", **headers}
    return requests.get(f"{emulator.url}{path}", headers=sent, timeout=30)


def leaves() -> Iterator[tuple[list[str], click.Command]]:
    """Yield all commands but groups, with their names."""
    for name, command in commands.commands.items():
        if isinstance(command, click.Group):
            yield from (([name, below], leaf) for below, leaf in command.commands.items())
        else:
            yield [name], command


# Reset


def test_reset_brings_the_data_back(emulator: Emulator) -> None:
    emulator.create("inventory_list", id="new")
    assert succeed(emulator, "reset") == f"{emulator.url}: reset fixtures\n"
    assert get(emulator, f"{DATA}/inventory_lists/new").status_code == 404


def test_reset_to_empty_removes_the_data(emulator: Emulator) -> None:
    assert succeed(emulator, "reset", "--to", "empty") == f"{emulator.url}: reset empty\n"
    assert get(emulator, f"{DATA}/inventory_lists").json()["total"] == 0


def test_reset_of_the_journal_keeps_the_data(emulator: Emulator) -> None:
    emulator.create("inventory_list", id="new")
    assert get(emulator, f"{DATA}/inventory_lists/new").status_code == 200
    assert succeed(emulator, "reset", "--only-journal") == f"{emulator.url}: reset journal\n"
    assert succeed(emulator, "journal") == ""
    assert get(emulator, f"{DATA}/inventory_lists/new").status_code == 200


def test_a_command_is_for_the_named_workspace(emulator: Emulator) -> None:
    for name in ("one", "two"):
        emulator.create("inventory_list", name, id="new")
    succeed(emulator, "reset", "--workspace", "one")
    found = [
        get(emulator, f"{DATA}/inventory_lists/new", **{"x-emulator-workspace": name})
        for name in ("one", "two")
    ]
    assert [answer.status_code for answer in found] == [404, 200]


# Journal


def test_journal_prints_a_line_for_each_exchange(emulator: Emulator) -> None:
    get(emulator, f"{DATA}/sites?count=1")
    get(emulator, f"{DATA}/sites/nowhere")
    first, second = succeed(emulator, "journal").splitlines()
    client = "a" * 30
    assert f" {client} GET {DATA}/sites?count=1 200 " in first
    assert f" {client} GET {DATA}/sites/nowhere 404 SiteNotFoundException " in second
    assert second.endswith(" ms")
    assert second.split()[0] == "2"


@table(
    ("options", "numbers"),
    [
        (("--status", "4xx"), [2, 3]),
        (("--fault", "Site*"), [2]),
        (("--path", "/**/sites"), [1]),
        (("--limit", "1"), [3]),
        (("--header", "x-a:b*"), [3]),
        (("--query", "count:1"), [1]),
        (("--operation", "getSites*", "--status", "404"), [2]),
        (("--method", "PATCH"), []),
    ],
)
def test_journal_selects_exchanges(
    emulator: Emulator, options: tuple[str, ...], numbers: list[int]
) -> None:
    emulator.reset()
    get(emulator, f"{DATA}/sites?count=1")
    get(emulator, f"{DATA}/sites/nowhere")
    get(emulator, f"{DATA}/inventory_lists/nowhere", **{"x-a": "bc"})
    lines = succeed(emulator, "journal", "--json", *options).splitlines()
    assert [json.loads(line)["number"] for line in lines] == numbers


def test_journal_marks_answers_of_failpoints_and_stubs(emulator: Emulator) -> None:
    succeed(emulator, "fail", "--status", "503", "--path", "/**/sites")
    succeed(emulator, "stub", "add", "GET", BASKET)
    get(emulator, f"{DATA}/sites")
    get(emulator, BASKET)
    first, second = succeed(emulator, "journal").splitlines()
    assert first.endswith(" ms [failpoint 1]")
    assert second.endswith(" ms [stub 1]")


def test_journal_prints_no_command_of_a_terminal(emulator: Emulator) -> None:
    get(emulator, f"{DATA}/sites?a=%1b[31m&b=\x1b[31m")
    assert "\x1b" not in succeed(emulator, "journal")


def follow(
    monkeypatch: pytest.MonkeyPatch,
    emulator: Emulator,
    *acts: Callable[[], object],
    options: Sequence[str] = (),
) -> list[str]:
    """Run ``journal --follow`` with an act before each look; return the paths of the lines."""
    left = list(acts)

    def pause(_: float) -> None:
        if not left:
            raise KeyboardInterrupt
        left.pop(0)()

    monkeypatch.setattr("emulator.cli.journal.sleep", pause)
    result = invoke(emulator, "journal", "--follow", *options)
    return [line.split()[4] for line in result.stdout.splitlines()]


def test_journal_follows_across_a_reset(
    monkeypatch: pytest.MonkeyPatch, emulator: Emulator
) -> None:
    get(emulator, f"{DATA}/sites/1")
    get(emulator, f"{DATA}/sites/2")
    shown = follow(
        monkeypatch,
        emulator,
        lambda: get(emulator, f"{DATA}/sites/3"),
        emulator.reset,
        lambda: get(emulator, f"{DATA}/sites/4"),
        lambda: None,
        lambda: get(emulator, f"{DATA}/sites/5"),
    )
    assert shown == [f"{DATA}/sites/{number}" for number in (1, 2, 3, 4, 5)]


@table("options", [("--limit", "0"), ("--status", "404", "--path", "/**/sites/new")])
def test_following_begins_with_the_next_exchange(
    monkeypatch: pytest.MonkeyPatch, emulator: Emulator, options: tuple[str, ...]
) -> None:
    emulator.reset()
    get(emulator, f"{DATA}/sites/old")
    act = partial(get, emulator, f"{DATA}/sites/new")
    shown = follow(monkeypatch, emulator, act, lambda: None, options=options)
    assert shown == [f"{DATA}/sites/new"]


def test_following_ends_with_the_server() -> None:
    with Emulator(fixtures="samples") as emulator:
        url = emulator.url
        program = [sys.executable, "-m", "emulator", "journal", "--follow", "--url", url]
        pipe = subprocess.PIPE
        process = subprocess.Popen(program, stdout=pipe, stderr=pipe, text=True)  # noqa: S603 - our own
        get(emulator, f"{DATA}/sites")
        assert process.stdout is not None
        assert process.stdout.readline()
    _, errors = process.communicate(timeout=30)
    assert process.returncode == 1
    assert errors.startswith(f"ocapi-emulator: no answer from {url}: ")


# Failpoints


@table(
    ("options", "status", "text"),
    [
        (("SiteOffline", "--argument", "siteId=A"), 403, "The site with ID 'A' is offline."),
        (("--status", "503", "--answer-body", "[1]"), 503, "[1]"),
        (("--status", "418", "--answer-body", "tea"), 418, "tea"),
        (("--delay", "0.01"), 200, "sites"),
    ],
)
def test_fail_changes_the_answer(
    emulator: Emulator, options: tuple[str, ...], status: int, text: str
) -> None:
    emulator.reset()
    assert succeed(emulator, "fail", *options, "--times", "1").startswith('1: {"')
    answer = get(emulator, f"{DATA}/sites")
    assert answer.status_code == status
    assert text in answer.text
    assert get(emulator, f"{DATA}/sites").status_code == 200


def test_fail_drops_the_connection(emulator: Emulator) -> None:
    succeed(emulator, "fail", "--drop", "before", "--times", "1")
    with pytest.raises(requests.ConnectionError):
        get(emulator, f"{DATA}/sites")


def test_fail_applies_to_requests_that_meet_the_conditions(emulator: Emulator) -> None:
    options = ("--answer-header", "retry-after:2", "--path", "/**/sites", "--query", "count:1")
    succeed(emulator, "fail", "--status", "503", "--nth", "2", *options)
    paths = ("/sites", "/sites?count=1", "/inventory_lists?count=1", "/sites?count=1")
    answers = [get(emulator, DATA + path) for path in paths]
    assert [answer.status_code for answer in answers] == [200, 200, 200, 503]
    assert answers[-1].headers["retry-after"] == "2"


def test_failpoints_are_listed_and_removed(emulator: Emulator) -> None:
    succeed(emulator, "fail", "--status", "503")
    succeed(emulator, "fail", "--delay", "0.1-0.2", "--method", "PATCH")
    first, second = succeed(emulator, "fail", "--list").splitlines()
    assert first == '1: {"match":{},"action":{"status":503}} (seen 0, applied 0)'
    assert '"match":{"method":"PATCH"},"action":{"delay":[0.1,0.2]}' in second
    assert succeed(emulator, "fail", "--remove", "1") == f"{emulator.url}: failpoint 1 removed\n"
    assert json.loads(succeed(emulator, "fail", "--list", "--json"))["id"] == "2"
    assert succeed(emulator, "fail", "--clear") == f"{emulator.url}: no failpoints any more\n"
    assert succeed(emulator, "fail", "--list") == ""


@table(
    ("arguments", "code", "excerpt"),
    [
        (("fail",), 2, "give a fault, --status"),
        (("fail", "--list", "--clear"), 2, "give a fault, --status"),
        (("fail", "SiteOfline"), 1, "SiteOfline"),
        (("fail", "--remove", "7"), 1, "404 There is no failpoint '7'."),
        (("fail", "--delay", "soon"), 2, "'soon' is neither seconds nor a range such as 0.1-0.5"),
        (("fail", "SiteOffline", "--argument", "A"), 2, "'A' is not of the form NAME=VALUE"),
        (("fail", "--status", "503", "--answer-body", "@/nowhere"), 2, "/nowhere: No such file"),
        (("journal", "--header", "a"), 2, "'a' is not of the form NAME:PATTERN"),
        (("journal", "--status", "9xx"), 1, "refused: 400 /status: A status is a number"),
        (("stub", "add", "GET", f"{DATA}/sites"), 1, "is served by the emulator (getSites)"),
        (("stub", "remove"), 2, "give ids of stubs, or --all"),
        (("stub", "remove", "1", "--all"), 2, "give ids of stubs, or --all"),
        (("stub", "remove", "7"), 1, "There is no stub '7'."),
        (("snapshot", "restore", "x"), 1, "There is no snapshot 'x' in this workspace."),
        (("workspaces", "--delete", "x"), 1, "There is no workspace 'x'"),
        (("workspaces", "--delete", "default"), 1, "default"),
    ],
)
def test_a_wrong_use_is_an_error(
    emulator: Emulator, arguments: tuple[str, ...], code: int, excerpt: str
) -> None:
    result = invoke(emulator, *arguments)
    assert (result.exit_code, result.stdout) == (code, "")
    assert excerpt in result.stderr


# Stubs


@table(
    ("options", "place"),
    [
        (("--answer-body", "{broken"), "line 1 column 2 (char 1)"),
        (("--answer-body", ' ["a"'), "line 1 column 6 (char 5)"),
        (
            ("--answer-body", "tea", "--answer-header", "Content-Type:application/json"),
            "line 1 column 1 (char 0)",
        ),
        (("--answer-body", "tea"), ""),
        (("--answer-body", "{{path.id}} is here"), ""),
        (("--answer-body", "[1]"), ""),
    ],
)
def test_a_broken_json_body_brings_a_warning(
    emulator: Emulator, options: tuple[str, ...], place: str
) -> None:
    emulator.reset()
    result = invoke(emulator, "stub", "add", "GET", "/s/-/custom/{id}", *options)
    told = "ocapi-emulator: the body is not JSON, and is sent as it is: " if place else ""
    assert result.exit_code == 0
    assert result.stderr.startswith(told)
    assert result.stderr.endswith(f"{place}\n" if place else "")
    assert bool(result.stderr) is bool(place)
    answer = requests.get(f"{emulator.url}/s/-/custom/x", timeout=30)
    assert answer.text == options[1].replace("{{path.id}}", "x")


def test_a_stub_answers_and_is_removed(emulator: Emulator) -> None:
    body = '{"id": "{{path.id}}"}'
    path = "/s/{site}/dw/shop/{version}/baskets/{id}"
    added = succeed(emulator, "stub", "add", "GET", path, "--answer-body", body, "--status", "201")
    assert added.startswith('1: {"method":"GET","path":"/s/{site}/dw/shop/')
    answer = get(emulator, BASKET)
    assert (answer.status_code, answer.json()) == (201, {"id": "b1"})
    assert succeed(emulator, "stub", "list").endswith(" (seen 1, applied 1)\n")
    succeed(emulator, "stub", "add", "POST", path)
    removed = succeed(emulator, "stub", "remove", "1", "2")
    assert removed.splitlines() == [f"{emulator.url}: stub {n} removed" for n in (1, 2)]
    assert get(emulator, BASKET).status_code == 404
    assert succeed(emulator, "stub", "remove", "--all") == f"{emulator.url}: no stubs any more\n"


def test_a_stub_has_conditions_and_limits(emulator: Emulator) -> None:
    options = ("--query", "site:A", "--times", "1", "--access", "token", "--answer-header", "x-a:b")
    succeed(emulator, "stub", "add", "GET", BASKET, *options)
    answers = [get(emulator, path) for path in (BASKET, f"{BASKET}?site=A", f"{BASKET}?site=A")]
    assert [answer.status_code for answer in answers] == [404, 200, 404]
    assert answers[1].headers["x-a"] == "b"
    [shown] = [json.loads(succeed(emulator, "stub", "list", "--json"))]
    assert shown["match"] == {"query": {"site": "A"}}
    assert shown["access"] == "token"


def test_the_body_of_a_stub_comes_from_a_file(emulator: Emulator, tmp_path: Path) -> None:
    file = tmp_path / "stock.json"
    file.write_text('{"stock": 7}')
    succeed(emulator, "stub", "add", "GET", "/s/-/custom/stock", "--answer-body", f"@{file}")
    assert get(emulator, "/s/-/custom/stock").json() == {"stock": 7}


# Workspaces and snapshots


def test_workspaces_are_listed_and_deleted(emulator: Emulator) -> None:
    get(emulator, f"{DATA}/sites")
    emulator.workspaces.get("ci-7")
    heading, first, second = succeed(emulator, "workspaces").splitlines()
    assert heading.split()[:3] == ["workspace", "unused", "exchanges"]
    assert {line.split()[0] for line in (first, second)} == {"default", "ci-7"}
    listed = json.loads(succeed(emulator, "workspaces", "--json"))
    assert {one["name"]: one["exchanges"] for one in listed} == {"default": 1, "ci-7": 0}
    deleted = succeed(emulator, "workspaces", "--delete", "ci-7")
    assert deleted == f"{emulator.url}: workspace ci-7 deleted\n"
    assert emulator.workspaces.find("ci-7") is None


def test_a_snapshot_is_saved_restored_and_deleted(emulator: Emulator) -> None:
    name = "before import/1"
    saved = succeed(emulator, "snapshot", "save", name)
    assert saved.startswith(f"{emulator.url}: snapshot {name} saved at 20")
    emulator.create("inventory_list", id="new")
    assert f" snapshot {name} of 20" in succeed(emulator, "snapshot", "restore", name)
    assert get(emulator, f"{DATA}/inventory_lists/new").status_code == 404
    heading, row = succeed(emulator, "snapshot", "list").splitlines()
    assert heading.split() == ["snapshot", "time"]
    assert row.startswith(name)
    assert json.loads(succeed(emulator, "snapshot", "list", "--json"))[0]["name"] == name
    deleted = succeed(emulator, "snapshot", "delete", name)
    assert deleted == f"{emulator.url}: snapshot {name} deleted\n"
    assert json.loads(succeed(emulator, "snapshot", "list", "--json")) == []


# Console


@table(("options", "query"), [((), ""), (("--workspace", "ci-7"), "?workspace=ci-7")])
def test_open_prints_the_console_and_opens_a_browser(
    monkeypatch: pytest.MonkeyPatch, emulator: Emulator, options: tuple[str, ...], query: str
) -> None:
    opened: list[str] = []

    def show(url: str) -> bool:
        opened.append(url)
        return True

    monkeypatch.setattr("webbrowser.open", show)
    url = f"{emulator.url}/__emulator__/{query}"
    assert succeed(emulator, "open", *options) == f"{url}\n"
    assert opened == [url]
    assert succeed(emulator, "open", "--only-print", *options) == f"{url}\n"
    assert opened == [url]


def test_open_says_that_there_is_no_browser(
    monkeypatch: pytest.MonkeyPatch, emulator: Emulator
) -> None:
    monkeypatch.setattr("webbrowser.open", lambda _: False)
    result = invoke(emulator, "open")
    assert (result.exit_code, result.stdout) == (0, f"{emulator.url}/__emulator__/\n")
    assert result.stderr == "ocapi-emulator: there is no browser: open the URL yourself\n"


# All commands

REMOTE = ("reset", "journal", "fail --list", "stub list", "workspaces", "snapshot list", "open")


@pytest.mark.parametrize("command", REMOTE)
def test_a_missing_server_is_reported_with_the_way_to_start_one(command: str) -> None:
    url = "http://127.0.0.1:1"
    result = CliRunner().invoke(commands, [*command.split(), "--url", url])
    assert (result.exit_code, result.stdout) == (1, "")
    hint = "start a server with 'ocapi-emulator serve', or give --url"
    assert result.stderr == f"ocapi-emulator: no answer from {url}: Connection refused ({hint})\n"


def test_a_missing_control_token_is_reported_with_its_option(pool: Pool) -> None:
    with pool.serve(fixtures="samples", control_token=SECRET) as emulator:
        result = invoke(emulator, "reset")
        assert (result.exit_code, result.stdout) == (1, "")
        assert result.stderr.startswith(f"ocapi-emulator: {emulator.url} refused: 401 ")
        assert result.stderr.endswith(" (give it with --control-token)\n")
        wrong = invoke(emulator, "reset", "--control-token", "wrong").stderr
        assert wrong.endswith(" (the secret of --control-token is wrong)\n")
        succeed(emulator, "reset", "--control-token", SECRET)


def test_the_help_of_every_command_has_examples_that_are_understood() -> None:
    for names, command in leaves():
        shown = CliRunner().invoke(commands, [*names, "--help"], terminal_width=200).output
        found = shown.partition("Examples:\n")[2].strip().splitlines()
        assert found, names
        for example in found:
            program, *arguments = shlex.split(example.partition(" > ")[0])
            assert (program, arguments[: len(names)]) == ("ocapi-emulator", names)
            command.make_context(names[-1], arguments[len(names) :])
