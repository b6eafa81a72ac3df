"""``ocapi-emulator replay``: recordings against emulators and other servers, and the exit codes."""

import json
import shutil
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from xml.etree.ElementTree import fromstring

import pytest
import requests
import trustme
from click.testing import CliRunner, Result

from contract_tests.server import Pool
from emulator import Emulator
from emulator.cli.main import commands
from emulator.config import ConfigError
from emulator.corpus.exchange import Answer, Body, Exchange, Head, Recording, Request, write
from emulator.corpus.operation import is_change, name_operation
from emulator.corpus.server import ApiClient, Connection, Target, UnansweredError
from emulator.tests.table import table

SAMPLES = Path(__file__).parents[3] / "fixtures" / "samples"
LISTS = "/s/-/dw/data/v23_2/inventory_lists"
HEAD = Head("a server", "EMULATOR", "2026-06-01", "2026-06-01T12:00:00Z", data_set="samples")
BEARER = (("Authorization", "Bearer token-1"),)
TYPE = (("Content-Type", "application/json;charset=UTF-8"),)
MISSING_LIST = {
    "_v": "23.2",
    "_type": "fault",
    "fault": {
        "arguments": {"inventorylistId": "none"},
        "type": "InventoryListNotFoundException",
        "message": "No inventory list with ID 'none' was found.",
    },
}
RIGHT = Exchange(
    Request("GET", f"{LISTS}/none", BEARER),
    Answer(404, TYPE, Body("json", MISSING_LIST)),
    name="missing",
    at_least=True,
)
CREATED = Exchange(
    Request("PUT", f"{LISTS}/mine", BEARER, Body("json", {"default_in_stock": True})),
    Answer(201, (), Body("json", {"id": "mine", "creation_date": "2026-06-01T12:00:05.000Z"})),
    at=5,
    at_least=True,
)
WRONG = replace(RIGHT, name="wrong", answer=Answer(200, TYPE, Body("json", {"id": "none"})))
COLOUR = replace(
    CREATED,
    name="colour",
    at=9,
    request=replace(CREATED.request, method="PATCH"),
    answer=Answer(200, (), Body("json", {"id": "mine", "colour": "red"})),
)
ENTRY = """[[difference]]
recording = "{}"
grade = "members"
pointer = "/colour"
reason = "The emulator has no colours."
date = 2026-11-29
"""
TABLE = """exchanges right/accepted/wrong:
recording  exchanges  status  fault  members  types  values  headers
{}
"""


def save(folder: Path, name: str, *exchanges: Exchange, head: Head = HEAD) -> Path:
    file = folder / f"{name}.jsonl"
    write(file, Recording(head, exchanges))
    return file


def replay(*arguments: str | Path) -> Result:
    return CliRunner().invoke(commands, ["replay", *map(str, arguments)])


@pytest.fixture
def target(pool: Pool) -> Iterator[Emulator]:
    with pool.serve(fixtures="samples") as emulator:
        yield emulator


def test_right_answers_are_counted(tmp_path: Path) -> None:
    save(tmp_path, "shop", CREATED, RIGHT)
    result = replay(tmp_path)
    rows = "shop       2          2/0/0   2/0/0  2/0/0    2/0/0  2/0/0   2/0/0"
    summary = "1 recordings, 2 exchanges: 2 right, 0 accepted, 0 wrong\n"
    assert (result.exit_code, result.output) == (0, TABLE.format(rows) + summary)


def test_each_recording_begins_with_the_data_set(tmp_path: Path) -> None:
    save(tmp_path, "a", CREATED)
    save(tmp_path, "b", CREATED)
    assert "2 right, 0 accepted, 0 wrong" in replay(tmp_path).output


def test_differences_are_printed(tmp_path: Path) -> None:
    save(tmp_path, "shop", RIGHT, WRONG)
    result = replay(tmp_path)
    assert result.exit_code == 1
    assert result.output.startswith(
        """shop, exchange 2 (wrong): GET /inventory_lists/{id}
    answer (status)
        recorded  200
        answered  404
    /fault/type (fault)
        recorded  nothing
        answered  "InventoryListNotFoundException"
"""
    )
    assert "\nshop       2          1/0/1   1/0/1  2/0/0    2/0/0  2/0/0   2/0/0\n" in result.output
    assert result.output.endswith("2 exchanges: 1 right, 0 accepted, 1 wrong\n")


def test_a_long_value_is_cut(tmp_path: Path) -> None:
    answer = Answer(201, (), Body("json", {"long": "x" * 1000}))
    save(tmp_path, "shop", replace(CREATED, answer=answer))
    assert f'        recorded  "{"x" * 199}...\n' in replay(tmp_path).output


def test_known_differences_beside_the_recordings_are_accepted(tmp_path: Path) -> None:
    file = save(tmp_path, "shop", CREATED, COLOUR)
    (tmp_path / "accepted.toml").write_text(ENTRY.format("*"))
    for place in (tmp_path, file):
        result = replay(place)
        assert (result.exit_code, result.stderr) == (0, "")
        assert result.output.startswith("exchanges right/accepted/wrong:")
        assert "1/1/0" in result.output
        assert "1 right, 1 accepted, 0 wrong" in result.output
    shown = replay(tmp_path, "--verbose").output
    assert "    /colour (members, accepted: The emulator has no colours.)\n" in shown


def test_a_known_difference_that_is_gone_is_an_error(tmp_path: Path) -> None:
    file = save(tmp_path, "shop", CREATED)
    save(tmp_path, "other", CREATED)
    accepted = tmp_path / "accepted.toml"
    for recording, places, exit_code in (
        ("*", (tmp_path,), 1),
        ("shop", (file,), 1),
        ("*", (file,), 0),
        ("other", (file,), 0),
        ("*", (tmp_path, "--only", "shop"), 0),
    ):
        accepted.write_text(ENTRY.format(recording))
        assert replay(*places).exit_code == exit_code
    accepted.write_text(ENTRY.format("shop"))
    complaint = "ocapi-emulator: no longer needed: entry 1: members /colour (shop)\n"
    assert replay(tmp_path).stderr == complaint


def test_a_file_of_known_differences_may_be_given(tmp_path: Path) -> None:
    save(tmp_path, "shop", CREATED, COLOUR)
    given = tmp_path / "known.toml"
    given.write_text(ENTRY.format("shop"))
    assert replay(tmp_path).exit_code == 1
    assert replay(tmp_path, "--accepted", given).exit_code == 0


def test_results_are_json(tmp_path: Path) -> None:
    save(tmp_path, "shop", CREATED, COLOUR, WRONG)
    (tmp_path / "accepted.toml").write_text(ENTRY.format("*") + ENTRY.format("gone"))
    result = replay(tmp_path, "--json")
    assert result.exit_code == 1
    known = {"grade": "members", "pointer": "/colour", "recorded": "red"}
    status = {"grade": "status", "pointer": "", "recorded": 200, "answered": 404}
    fault = {"grade": "fault", "pointer": "/fault/type"}
    assert json.loads(result.stdout) == {
        "recordings": [
            {
                "name": "shop",
                "exchanges": [
                    {
                        "number": 1,
                        "name": "",
                        "operation": "PUT /inventory_lists/{id}",
                        "sent": True,
                        "wrong": [],
                        "accepted": [],
                    },
                    {
                        "number": 2,
                        "name": "colour",
                        "operation": "PATCH /inventory_lists/{id}",
                        "sent": True,
                        "wrong": [],
                        "accepted": [{**known, "reason": "The emulator has no colours."}],
                    },
                    {
                        "number": 3,
                        "name": "wrong",
                        "operation": "GET /inventory_lists/{id}",
                        "sent": True,
                        "wrong": [status, {**fault, "answered": "InventoryListNotFoundException"}],
                        "accepted": [],
                    },
                ],
            }
        ],
        "unused": ["entry 2: members /colour (gone)"],
    }


def test_results_are_junit(tmp_path: Path) -> None:
    save(tmp_path, "shop", RIGHT, WRONG)
    junit = tmp_path / "results.xml"
    replay(tmp_path, "--junit", junit)
    [suite] = fromstring(junit.read_bytes())  # noqa: S314 - our own file
    assert suite.attrib == {"name": "shop", "tests": "2", "failures": "1"}
    assert [case.get("name") for case in suite] == [
        "exchange 1 (missing): GET /inventory_lists/{id}",
        "exchange 2 (wrong): GET /inventory_lists/{id}",
    ]
    [failure] = suite.iter("failure")
    assert failure.get("message") == "2 differences"
    assert "recorded  200" in str(failure.text)


def test_recordings_are_chosen_by_name(tmp_path: Path) -> None:
    save(tmp_path, "right-1", RIGHT)
    save(tmp_path, "right-2", RIGHT)
    save(tmp_path, "wrong", WRONG)
    assert "2 recordings" in replay(tmp_path, "--only", "right-*").output
    assert replay(tmp_path, "--only", "right-1", "--only", "wrong").exit_code == 1
    result = replay(tmp_path, "--only", "none")
    assert result.exit_code == 2
    assert result.stderr == (
        "ocapi-emulator: no recording is named 'none'; known: right-1, right-2, wrong\n"
    )


def test_a_data_set_may_lie_beside_the_recording(tmp_path: Path) -> None:
    shutil.copytree(SAMPLES, tmp_path / "mine")
    (tmp_path / "mine" / "inventory_lists.json").write_text("[]")
    answer = Answer(200, (), Body("json", {"total": 0}))
    empty = replace(RIGHT, request=Request("GET", LISTS, BEARER), answer=answer)
    save(tmp_path, "shop", empty, head=replace(HEAD, data_set="mine"))
    assert replay(tmp_path).exit_code == 0


@table(
    ("data_set", "reason"),
    [
        ("none", "the data set 'none' is neither bundled (samples, storefront) nor a folder"),
        ("../samples", "the data set '../samples' is neither bundled"),
        ("broken", "broken"),
    ],
)
def test_a_wrong_data_set_ends_the_replay(data_set: str, reason: str, tmp_path: Path) -> None:
    (tmp_path / "broken").mkdir(exist_ok=True)
    save(tmp_path, "shop", RIGHT, head=replace(HEAD, data_set=data_set))
    result = replay(tmp_path)
    assert (result.exit_code, result.stdout) == (2, "")
    assert reason in result.stderr


@table(
    ("arguments", "message"),
    [
        (("none.jsonl",), "'none.jsonl' is neither a file nor a folder"),
        (("shop.jsonl", "--dialect", "x"), "dialect 'x' is neither documented nor observed"),
        (("shop.jsonl", "--accepted", "none.toml"), "none.toml: No such file or directory"),
        (("shop.jsonl", "--junit", "no/a.xml"), "no/a.xml: No such file or directory"),
        (("wrong.jsonl",), "wrong.jsonl, line 1: /format: Missing data for required field."),
        (("shop.jsonl", "--client-id", "a"), "--client-id needs --target"),
        (("shop.jsonl", "--client-secret", "a"), "--client-secret needs --target"),
        (("shop.jsonl", "--writes"), "--writes needs --target"),
        (("shop.jsonl", "--target", "x"), "'x' is not an http or https URL"),
        (
            ("shop.jsonl", "--target", "http://127.0.0.1:1"),
            "http://127.0.0.1:1 gives no answer: Connection refused",
        ),
        (
            ("shop.jsonl", "--target", "http://127.0.0.1:1", "--ca-file", "wrong.jsonl"),
            "'wrong.jsonl' holds no certificates:",
        ),
    ],
)
def test_an_error_ends_the_replay(
    arguments: tuple[str, ...], message: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    save(tmp_path, "shop", RIGHT)
    (tmp_path / "wrong.jsonl").write_text("{}")
    result = replay(*arguments)
    assert (result.exit_code, result.stdout) == (2, "")
    assert result.stderr.startswith(f"ocapi-emulator: {message}")


def test_variables_of_a_target_do_not_hinder_a_replay_without_a_target(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    save(tmp_path, "shop", RIGHT)
    monkeypatch.setenv("OCAPI_EMULATOR_CLIENT_ID", "mine")
    assert replay(tmp_path).exit_code == 0


def test_another_server_is_replayed(tmp_path: Path, target: Emulator) -> None:
    save(tmp_path, "shop", CREATED, RIGHT, WRONG)
    result = replay(tmp_path, "--target", target.url, "--writes")
    assert (result.exit_code, result.stderr) == (1, "")
    assert "3 exchanges: 2 right, 0 accepted, 1 wrong" in result.output
    assert target.workspace.store.count("inventory_lists") > 0


def test_changes_are_not_sent_to_a_target_by_default(tmp_path: Path, target: Emulator) -> None:
    removed = replace(CREATED, request=Request("DELETE", f"{LISTS}/my-inventorylist1", BEARER))
    save(tmp_path, "shop", CREATED, RIGHT, removed, COLOUR)
    before = target.workspace.store.count("inventory_lists")
    junit = tmp_path / "results.xml"
    result = replay(tmp_path, "--target", target.url, "--junit", junit)
    assert (result.exit_code, result.stderr) == (0, "")
    assert "\nshop       4          1/0/0 " in result.stdout
    assert result.stdout.endswith(
        "4 exchanges: 1 right, 0 accepted, 0 wrong, 3 not sent (--writes sends changes)\n"
    )
    [suite] = fromstring(junit.read_bytes())  # noqa: S314 - our own file
    assert (suite.get("skipped"), len(list(suite.iter("skipped")))) == ("3", 3)
    assert target.workspace.store.count("inventory_lists") == before


BATCH = Body("text", "--b\r\nx-dw-http-method: GET\r\n\r\n--b--")
FORM = Body("text", "method=DELETE")


@table(
    ("request_", "expected"),
    [
        (Request("GET", f"{LISTS}/a"), False),
        (Request("DELETE", f"{LISTS}/a"), True),
        (Request("PUT", f"{LISTS}/a"), True),
        (Request("MKCOL", "/on/demandware.servlet/webdav/Sites/Impex/a"), True),
        (Request("PROPFIND", "/on/demandware.servlet/webdav/Sites/Impex"), False),
        (Request("POST", "/dwsso/oauth2/access_token?x=y"), False),
        (Request("POST", "/s/-/dw/data/v23_2/customer_lists/a/customer_search"), False),
        (Request("POST", "/s/-/dw/data/v23_2/campaign_search?method=DELETE"), True),
        (Request("POST", "/s/-/dw/data/v23_2/campaign_search", (), FORM), True),
        (Request("POST", f"{LISTS}/a_search"), True),
        (Request("POST", f"{LISTS}/a", (("x-dw-http-method-override", "patch"),)), True),
        (Request("POST", "/s/-/dw/data/v23_2/jobs/a/executions"), True),
        (Request("POST", "/s/-/dw/batch", (), BATCH), False),
        (Request("POST", "/s/-/dw/batch", (("x-dw-http-method", "delete"),), BATCH), True),
        (Request("POST", "/s/-/dw/batch", (), replace(BATCH, value="PATCH")), True),
    ],
)
def test_a_change_is_told_from_a_reading_request(request_: Request, *, expected: bool) -> None:
    assert is_change(request_) is expected


def test_the_known_differences_of_the_emulator_are_not_those_of_a_target(
    tmp_path: Path, target: Emulator
) -> None:
    save(tmp_path, "shop", CREATED, COLOUR)
    (tmp_path / "accepted.toml").write_text(ENTRY.format("*"))
    arguments = (tmp_path, "--target", target.url, "--writes")
    assert replay(*arguments).exit_code == 1
    target.reset()
    assert replay(*arguments, "--accepted", tmp_path / "accepted.toml").exit_code == 0


def test_a_refused_client_ends_the_replay_before_the_first_request(
    tmp_path: Path, target: Emulator
) -> None:
    save(tmp_path, "shop", replace(CREATED, request=replace(CREATED.request, headers=())))
    given = ("--client-id", "mine", "--client-secret", "sesame")
    result = replay(tmp_path, "--target", target.url, *given)
    url = f"{target.url}/dwsso/oauth2/access_token"
    assert (result.exit_code, result.output) == (
        2,
        f"ocapi-emulator: {url} refuses the API client 'mine': 401\n",
    )
    assert [one.path for one in target.workspace.journal.find_after(0)] == [
        "/dwsso/oauth2/access_token"
    ]
    save(tmp_path, "shop", RIGHT)
    given = ("--token-url", url, "--target", target.url)
    assert replay(tmp_path, *given).exit_code == 0


def test_a_server_that_stops_answering_differs(tmp_path: Path, target: Emulator) -> None:
    change = replace(
        COLOUR, request=replace(COLOUR.request, target=f"{LISTS}/none"), answer=RIGHT.answer
    )
    save(tmp_path, "shop", change, replace(change, name="dropped"), change)
    rule = {"match": {"nth": 2, "method": "PATCH"}, "action": {"drop": "before"}}
    url = f"{target.url}/__emulator__/failpoints"
    assert requests.post(url, json=rule, timeout=10).status_code == 201
    result = replay(tmp_path, "--target", target.url, "--writes")
    assert (
        "shop, exchange 2 (dropped): PATCH /inventory_lists/{id}\n    answer (status)"
        in result.output
    )
    assert f'answered  "{target.url} gives no answer: ' in result.output
    assert "2 right, 0 accepted, 1 wrong" in result.output


def test_a_target_renews_its_token(target: Emulator) -> None:
    with_client = Target(target.url, ApiClient("a" * 30, "a" * 30))
    assert with_client.token() == with_client.token()
    with pytest.raises(UnansweredError, match=r"refuses the API client 'a+': 401"):
        Target(target.url, ApiClient("a" * 30, "b")).token()
    with pytest.raises(ConfigError, match="holds no certificates"):
        Target(target.url, ApiClient("a", "a"), ca_file=__file__)


@table("lifetime", [None, "soon", 1e300, {}])
def test_a_token_with_a_wrong_lifetime_is_an_error(lifetime: object) -> None:
    granted = Answer(200, TYPE, Body("json", {"access_token": "a", "expires_in": lifetime}))
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(Connection, "send", lambda *_: granted)
        with pytest.raises(UnansweredError, match=r"a token without a lifetime in seconds$"):
            Target("http://127.0.0.1:1", ApiClient("a", "a")).token()


def test_a_target_of_https_is_trusted_by_its_authority(tmp_path: Path) -> None:
    authority = trustme.CA()
    certificate, ca_file = tmp_path / "server.pem", tmp_path / "ca.pem"
    authority.issue_cert("127.0.0.1").private_key_and_cert_chain_pem.write_to_path(certificate)
    authority.cert_pem.write_to_path(ca_file)
    file, pem = save(tmp_path, "shop", RIGHT), str(certificate)
    with Emulator(fixtures="samples", tls_cert=pem, tls_key=pem) as emulator:
        distrusted = replay(file, "--target", emulator.url)
        trusted = replay(file, "--target", emulator.url, "--ca-file", ca_file)
    assert (distrusted.exit_code, trusted.exit_code) == (2, 0)
    assert "certificate verify failed" in distrusted.stderr


def test_the_end_of_a_job_execution_is_awaited(tmp_path: Path) -> None:
    jobs = "/s/-/dw/data/v23_2/jobs/sfcc-site-archive-export/executions"
    started = Answer(202, (), Body("json", {"id": "10001", "execution_status": "pending"}))
    ended = Answer(200, (), Body("json", {"id": "10001", "execution_status": "finished"}))
    units = {"export_file": "all.zip", "data_units": {"sites": {"RefArch": {"all": True}}}}
    start = Exchange(Request("POST", jobs, BEARER, Body("json", units)), started, at_least=True)
    look = replace(start, request=Request("GET", f"{jobs}/10001", BEARER))
    unfinished = replace(look, answer=replace(started, status=200))
    steps = (start, unfinished, replace(look, answer=ended))
    save(tmp_path, "jobs", *steps, head=replace(HEAD, data_set="storefront"))
    assert "3 right, 0 accepted, 0 wrong" in replay(tmp_path).output


@table(
    ("method", "target", "headers", "operation"),
    [
        ("GET", f"{LISTS}?count=1", (), "GET /inventory_lists"),
        ("GET", f"{LISTS}/a%2Fb/", (), "GET /inventory_lists/{id}"),
        (
            "POST",
            f"{LISTS}/a",
            (("X-DW-HTTP-Method-Override", "patch"),),
            "PATCH /inventory_lists/{id}",
        ),
        (
            "PUT",
            f"{LISTS}/a",
            (("x-dw-http-method-override", "patch"),),
            "PUT /inventory_lists/{id}",
        ),
        ("GET", "/s/RefArch/dw/data/v19_5/sites/RefArch", (), "GET /sites/{site_id}"),
        ("GET", "/dw/data/v23_2/nowhere", (), "GET /dw/data/v23_2/nowhere"),
        ("GET", "/dw/data/v23_2", (), "GET /dw/data/v23_2"),
        ("POST", "/s/-/dw/batch", (), "POST /s/-/dw/batch"),
        ("POST", "/dwsso/oauth2/access_token?a=b", (), "POST /dwsso/oauth2/access_token"),
    ],
)
def test_an_operation_is_named(
    method: str, target: str, headers: tuple[tuple[str, str], ...], operation: str
) -> None:
    assert name_operation(Request(method, target, headers)) == operation
