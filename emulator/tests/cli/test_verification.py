"""The command verify: against emulators, and against servers with wrong answers."""

import io
import json
import re
import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any
from xml.etree import ElementTree as ET

import pytest
import requests
import trustme
from click.testing import CliRunner
from werkzeug.test import run_wsgi_app

from contract_tests import ledger
from emulator import Emulator
from emulator.cli import verification
from emulator.cli.main import commands
from emulator.cli.verification import Options, command, verify
from emulator.fixture.data_set import locate
from emulator.http.listener import Listener
from emulator.tests.process import serving as serving_process

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIApplication, WSGIEnvironment

LISTS = "/s/-/dw/data/v23_2/inventory_lists"
# What a dialect decides, and what shows its documents; the whole suite runs in the other one.
OF_THE_DIALECT = ("ENV-1", "ENV-2", "ENV-3", "FLT-1", "INV-4", "INV-5", "SMP-1", "DEC-4")
# Rules of the protocol that need a server of another configuration, besides those of resources.
OF_OUR_OWN = {"AUT-3", "AUT-6", "AUT-7", "SET-1", "SET-2", "SET-3", "SET-4", "SET-5", "ITEM-2"}
OF_OUR_OWN |= {"STOCK-2", "PAGE-3"}
OF_RESOURCES = {"OBJ", "IMP", "COD", "JOB", "CART", "CUS", "ACC", "COB", "PRF", "USER", "ROLE"}
OF_RESOURCES |= {"PERM", "SYS", "ALERT", "CONF", "PRD", "CAT", "MKT", "ORDER", "STO", "GC"}
OF_RESOURCES |= {"SLOT", "ABT", "LIB", "HOOK"}
OWN_CONFIGURATION = ": needs a server of its own configuration"


@dataclass
class Outcome:
    """What one verification returned and told."""

    code: int
    lines: list[str]
    aside: str

    def line(self, rule: str) -> str:
        """Return the words that tell of a rule."""
        [line] = [line for line in self.lines if line.startswith(f"{rule} ")]
        return " ".join(line.split())

    def below(self, rule: str) -> list[str]:
        """Return what stands below a rule."""
        start = next(n for n, line in enumerate(self.lines) if line.startswith(f"{rule} "))
        told = []
        for line in self.lines[start + 1 :]:
            if not line.startswith("    "):
                break
            told.append(line.strip())
        return told


class Terminal(io.StringIO):
    """A stream that passes for a terminal."""

    def isatty(self) -> bool:
        return True


def run(target: str, *rules: str, aside: Any = None, **options: Any) -> Outcome:
    stream, lines = aside or io.StringIO(), list[str]()
    code = verify(Options(target, rules=rules, **options), lines.append, stream)
    return Outcome(code, lines, stream.getvalue())


@dataclass
class Answer:
    """An answer on its way, to be changed."""

    status: str
    headers: dict[str, str]
    body: bytes


Change = Callable[["WSGIEnvironment", Answer], None]


@contextmanager
def serving(application: "WSGIApplication", change: Change) -> Iterator[str]:
    """Serve what an application answers, changed."""

    def changed(environ: "WSGIEnvironment", start_response: "StartResponse") -> list[bytes]:
        body, status, headers = run_wsgi_app(application, environ, buffered=True)
        answer = Answer(status, dict(headers), b"".join(body))
        change(environ, answer)
        if "Content-Length" in answer.headers and answer.body:
            answer.headers["Content-Length"] = str(len(answer.body))
        start_response(answer.status, list(answer.headers.items()))
        return [answer.body]

    listener = Listener(changed, "127.0.0.1", 0)
    listener.start()
    try:
        yield listener.url
    finally:
        listener.stop()


def read(url: str, path: str) -> Any:
    """Return a document of the Data API."""
    form = {"grant_type": "client_credentials"}
    granted = requests.post(
        f"{url}/dwsso/oauth2/access_token", form, auth=("a" * 30, "a" * 30), timeout=10
    )
    headers = {"Authorization": f"Bearer {granted.json()['access_token']}"}
    return requests.get(url + path, headers=headers, timeout=10).json()


def held(url: str) -> tuple[int, int, int]:
    """Return how many inventory lists, items and inventories there are."""
    items, inventories = (
        requests.get(f"{url}/{name}?pageSize=200", timeout=10).json()[name]
        for name in ("items", "inventories")
    )
    return read(url, f"{LISTS}?count=0")["total"], len(items), len(inventories)


@pytest.fixture(scope="module")
def data_set(tmp_path_factory: pytest.TempPathFactory) -> str:
    """The data of the samples, which take any custom property."""
    folder = tmp_path_factory.mktemp("fixtures") / "samples"
    shutil.copytree(Path(__file__).parents[3] / "fixtures" / "samples", folder)
    (folder / "custom_properties.json").write_text('{"allow_undeclared": true}')
    return str(folder)


@pytest.fixture
def emulator(data_set: str) -> Iterator[Emulator]:
    with Emulator(fixtures=data_set) as emulator:
        yield emulator


def assert_kept(outcome: Outcome, summary: str, left_out: list[str]) -> None:
    """Assert that nothing differs, and what is told at the end."""
    assert "\n".join(line for line in outcome.lines if "differs" in line) == ""
    assert outcome.code == 0
    assert outcome.lines[-1].startswith(summary)
    assert outcome.lines[-3 - len(left_out) : -1] == ["not applicable:", *left_out, ""]


# This runs the whole suite, which the contract tests themselves run against an emulator in memory.
@pytest.mark.long
def test_a_server_over_redis_keeps_the_contract(data_set: str, empty_redis: str) -> None:
    # The bundled server: what gunicorn cannot do would count as a difference of the target.
    options = ("--fixtures", data_set, "--store", empty_redis)
    with serving_process(*options) as (_, url):
        outcome = run(url)
        assert held(url) == (2, 2, 2)
    left_out = outcome.lines[outcome.lines.index("not applicable:") + 1 : -2]
    assert any(line.endswith(OWN_CONFIGURATION) for line in left_out)
    own = {rule for line in left_out for rule in line.partition(":")[0].strip().split(", ")}
    assert {rule for rule in own if rule.partition("-")[0] not in OF_RESOURCES} >= OF_OUR_OWN
    rules = len(ledger.rules())
    summary = f"{rules} rules: {rules - len(own)} hold, 0 differ, {len(own)} not applicable ("
    assert_kept(outcome, summary, left_out)
    assert_counted(outcome)
    assert_ordered(outcome)


def assert_counted(outcome: Outcome) -> None:
    found = re.search(r"\((\d+) tests passed, 0 failed, (\d+) skipped\)$", outcome.lines[-1])
    assert found
    total = int(found[1]) + int(found[2])
    assert total > 1000
    told = outcome.aside.splitlines()
    assert told[0] == f"100 of {total} tests, 0 failed"
    assert told[-1] == f"{total} of {total} tests, 0 failed"


def assert_ordered(outcome: Outcome) -> None:
    """Assert that the rules stand in the order of the ledger."""
    rules = [rule.id for rule in ledger.rules()]
    told = [line.split()[0] for line in outcome.lines if re.match(r"[A-Z]+-\d+ ", line)]
    later = {f"INV-{number}" for number in (8, 9, 10)}  # which have a section of their own
    assert [rule for rule in told if rule not in later] == [r for r in rules if r not in later]
    assert later <= set(told)


@pytest.mark.long
def test_an_emulator_keeps_the_contract_as_observed(data_set: str) -> None:
    with Emulator(fixtures=data_set, dialect="observed") as emulator:
        outcome = run(emulator.url, *OF_THE_DIALECT, dialect="observed")
        assert held(emulator.url) == (2, 2, 2)
    left_out = ["    SMP-1: the target does not speak the documented dialect"]
    assert_kept(outcome, "8 rules: 7 hold, 0 differ, 1 not applicable (", left_out)


@pytest.mark.long
def test_a_server_that_declares_its_custom_properties_keeps_the_contract() -> None:
    with Emulator(fixtures="storefront") as emulator:
        outcome = run(emulator.url)
    assert [line for line in outcome.lines if "differs" in line] == []
    assert outcome.code == 0


def write_shop(folder: Path) -> None:
    """Write a data set with the system documents of an instance, and the ids of another shop."""
    shutil.copy(locate("samples") / "account_manager.json", folder)
    shutil.copy(locate("samples") / "clients.json", folder)
    for name in ("object_definitions", "attribute_definitions", "attribute_groups"):
        shutil.copy(locate("storefront") / f"system_{name}.json", folder)
    groups, contexts = ("Everyone", "Registered", "Unregistered"), ("category", "folder", "global")
    slots = [("all", context) for context in contexts] + [("one", "global"), ("two", "category")]
    jobs = json.loads((locate("storefront") / "jobs.json").read_text(encoding="utf-8"))
    sites: list[dict[str, Any]] = [{"id": "North"}, {"id": "South"}]
    documents: dict[str, list[dict[str, Any]]] = {
        "catalogs": [{"id": f"goods-{number}", "root_category": "root"} for number in (1, 2)],
        "customer_groups": [
            {"id": name, "site_id": site["id"], "type": "system"}
            for site in sites
            for name in groups
        ],
        "customer_lists": sites,
        "inventory_lists": [],
        "jobs": [job for job in jobs if job["id"].startswith("sfcc-")],
        "libraries": sites,
        "sites": sites,
        "slots": [{"site_id": "North", "slot_id": name, "context_type": c} for name, c in slots],
    }
    for name, entries in documents.items():
        (folder / f"{name}.json").write_text(json.dumps(entries))


@pytest.mark.long
def test_a_shop_of_other_ids_keeps_the_contract(tmp_path: Path) -> None:
    write_shop(tmp_path)
    with Emulator(fixtures=str(tmp_path)) as emulator:
        before = requests.get(f"{emulator.url}/__emulator__/state", timeout=10).json()
        outcome = run(emulator.url)
        after = requests.get(f"{emulator.url}/__emulator__/state", timeout=10).json()
    assert "\n".join(line for line in outcome.lines if "differs" in line) == ""
    held = {line.partition("-")[0] for line in outcome.lines if " holds " in line}
    assert {"ABT", "CAT", "COD", "CUS", "LIB", "MKT", "OBJ", "PRD", "PRF", "ROLE", "SLOT"} <= held
    assert {"ALERT", "COB", "CONF", "GC", "JOB", "ORDER", "PERM", "STO", "SYS", "USER"} <= held
    assert after == before


def differ(environ: "WSGIEnvironment", answer: Answer) -> None:
    answer.headers.pop("Expires", None)
    answer.body = answer.body.replace(b'"_type":"inventory_list"', b'"_type":"list"')
    if b"InventoryListNotFound" in answer.body and environ["REQUEST_METHOD"] == "PATCH":
        answer.status = "410 Gone"


@pytest.fixture(scope="module")
def different(
    data_set: str, tmp_path_factory: pytest.TempPathFactory
) -> tuple[Outcome, ET.Element]:
    junit = tmp_path_factory.mktemp("junit") / "verify.xml"
    with Emulator(fixtures=data_set) as emulator, serving(emulator.app, differ) as url:
        outcome = run(url, "env-1", "ENV-8", "INV-2", "URL-7", junit=str(junit))
        assert held(emulator.url) == (2, 2, 2)
    return outcome, ET.parse(junit).getroot()  # noqa: S314 - written by the run


def test_differences_are_listed_by_rule_and_test(different: tuple[Outcome, ET.Element]) -> None:
    outcome, _ = different
    assert outcome.code == 1
    assert outcome.line("URL-7") == "URL-7 holds 3 0 0"
    assert outcome.line("ENV-8") == "ENV-8 differs 7 4 0"
    assert outcome.line("INV-2") == "INV-2 differs 4 3 1"
    assert outcome.lines[-1].startswith("4 rules: 1 hold, 3 differ, 0 not applicable (")
    assert outcome.aside.endswith(" failed\n")


def test_a_difference_shows_expected_and_actual_values(
    different: tuple[Outcome, ET.Element],
) -> None:
    outcome, _ = different
    name, expected, came, answered = outcome.below("INV-2")[:4]
    assert name == "test_inventory_lists.py::test_a_missing_list_is_not_found[PATCH]"
    assert expected.startswith("expected: (404, {'type': 'InventoryListNotFoundException', ")
    assert came.startswith("came: (410, {'arguments': {'inventorylistId': 'contract-")
    assert answered.startswith(f"answered: PATCH {LISTS}/contract-")
    assert ' -> 410 {"_v":"23.2","_type":"fault"' in answered


def test_a_difference_shows_only_the_differing_members(
    different: tuple[Outcome, ET.Element],
) -> None:
    outcome, _ = different
    told = outcome.below("ENV-1")
    assert "expected: ('23.2', 'inventory_list')" in told
    assert "came: ('23.2', 'list')" in told


def test_the_junit_file_has_the_failures_and_the_rules(
    different: tuple[Outcome, ET.Element],
) -> None:
    _, junit = different
    cases = {case.attrib["name"]: case for case in junit.iter("testcase")}
    failed = cases["test_a_missing_list_is_not_found[PATCH]"]
    rules = [p.attrib["value"] for p in failed.iter("property") if p.attrib["name"] == "rule"]
    assert rules == ["INV-2", "FLT-3"]
    [failure] = failed.iter("failure")
    assert "came:     (410, " in failure.attrib["message"]
    assert not list(cases["test_a_missing_list_is_not_found[GET]"].iter("failure"))


def forbid(environ: "WSGIEnvironment", answer: Answer) -> None:
    if environ["REQUEST_METHOD"] == "PUT":
        answer.status, answer.body = "403 Forbidden", b'{"fault":"may not write"}'
    if environ["PATH_INFO"] == "/items":
        answer.status, answer.body = "404 Not Found", b"no such page"


@pytest.mark.long
def test_a_target_that_refuses_or_lacks_something(emulator: Emulator) -> None:
    with serving(emulator.app, forbid) as url:
        outcome = run(url, "INV-1", "OPS-1", "AUTH-1")
    assert outcome.code == 1
    assert outcome.line("INV-1") == "INV-1 differs 0 2 1"
    assert '{"fault":"may not write"}' in outcome.below("INV-1")[1]
    assert "expected: 201" in outcome.below("INV-1")
    assert outcome.line("OPS-1") == "OPS-1 not applicable 0 0 3"
    missing = "the target does not serve the Inventory Service API: GET /items?pageSize=1"
    assert f"    OPS-1, AUTH-1: {missing} answers 404" in outcome.lines


def echo(environ: "WSGIEnvironment", answer: Answer) -> None:
    """Answer reads with the credentials of all requests before."""
    told = environ.get("HTTP_AUTHORIZATION", "")
    heard = HEARD.setdefault("told", [])
    heard.append(told)
    if environ["PATH_INFO"].endswith("inventory_lists"):
        answer.body = json.dumps([*heard[:3], SECRET, told, repr(SECRET)]).encode()


HEARD: dict[str, list[str]] = {}
SECRET = "s3same/op'en \\ now"


@pytest.mark.long
def test_results_have_no_secret_and_no_token(tmp_path: Path) -> None:
    fixtures, junit = tmp_path / "samples", tmp_path / "verify.xml"
    shutil.copytree(locate("samples"), fixtures)
    known = {"clients": [{"client_id": "me", "client_secret": SECRET}]}
    (fixtures / "clients.json").write_text(json.dumps(known))
    with (
        Emulator(fixtures=str(fixtures)) as emulator,
        serving(emulator.app, echo) as url,
    ):
        known_as = {"client_id": "me", "client_secret": SECRET}
        outcome = run(url, "URL-7", "ENV-2", "AUT-2", "PAG-1", junit=str(junit), **known_as)
    told = "\n".join([*outcome.lines, outcome.aside, junit.read_text()])
    assert outcome.code == 1
    assert outcome.line("AUT-2").startswith("AUT-2 holds 4 0 ")
    assert "Bearer ***" in told
    assert "Basic ***" in told
    for secret in ("s3same", "op'en", *(word.split()[-1] for word in HEARD["told"] if word)):
        assert secret not in told


def test_the_secret_is_not_in_the_command(tmp_path: Path) -> None:
    options = Options("http://127.0.0.1:1", client_id="me", client_secret="sesame")
    assert "--client-id=me" in command(options, str(tmp_path))
    assert "sesame" not in "\n".join(command(options, str(tmp_path))) + repr(options)


@pytest.mark.long
def test_a_token_may_come_from_elsewhere(data_set: str) -> None:
    def lack(environ: "WSGIEnvironment", answer: Answer) -> None:
        if environ["PATH_INFO"].startswith("/dwsso"):
            answer.status, answer.body = "404 Not Found", b"nothing here"

    with (
        Emulator(fixtures=data_set, token_key="k" * 32) as emulator,
        serving(emulator.app, lack) as target,
    ):
        elsewhere = f"{emulator.url}/dwsso/oauth2/access_token"
        assert run(target, "AUT-2").code == 2
        outcome = run(f"{target}/", "AUT-2", "AUT-4", token_url=elsewhere)
    assert (outcome.code, outcome.lines[-1][:22]) == (0, "2 rules: 2 hold, 0 dif")


@pytest.mark.long
def test_neither_settings_nor_plugins_of_the_caller_count(
    emulator: Emulator, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "pytest.ini").write_text("[pytest]\naddopts = --no-such-option\n")
    (tmp_path / "conftest.py").write_text("raise RuntimeError\n")
    (tmp_path / "json.py").write_text("raise RuntimeError\n")
    monkeypatch.chdir(tmp_path)
    for name in ("PYTEST_ADDOPTS", "PYTEST_PLUGINS"):
        monkeypatch.setenv(name, "no_such_thing")
    monkeypatch.setenv("PYTHONWARNINGS", "error")
    monkeypatch.setenv("HTTP_PROXY", "http://127.0.0.1:1")
    stream = Terminal()
    outcome = run(emulator.url, "URL-7", aside=stream, junit="verify.xml")
    assert outcome.code == 0, outcome.aside
    assert outcome.aside == "".join(f"\r{n} of 3 tests, 0 failed" for n in (1, 2, 3)) + "\n"
    assert sorted(file.name for file in tmp_path.iterdir()) == [
        "conftest.py",
        "json.py",
        "pytest.ini",
        "verify.xml",
    ]


@pytest.mark.long
def test_a_target_of_https_is_trusted_by_its_authority(data_set: str, tmp_path: Path) -> None:
    authority = trustme.CA()
    certificate, ca_file = tmp_path / "server.pem", tmp_path / "ca.pem"
    authority.issue_cert("127.0.0.1").private_key_and_cert_chain_pem.write_to_path(certificate)
    authority.cert_pem.write_to_path(ca_file)
    pem = str(certificate)
    with Emulator(fixtures=data_set, tls_cert=pem, tls_key=pem) as emulator:
        distrusted = run(emulator.url, "URL-5")
        outcome = run(emulator.url, "URL-5", "OPS-1", ca_file=str(ca_file))
    assert distrusted.code == 2
    assert "certificate verify failed" in distrusted.aside
    assert outcome.code == 0, "\n".join(outcome.lines)
    assert outcome.line("URL-5") == "URL-5 holds 9 0 1"


@pytest.mark.long
def test_tests_with_a_missing_package_are_skipped(
    emulator: Emulator, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("openapi_spec_validator", "hypothesis", "schemathesis"):
        (tmp_path / f"{name}.py").write_text(
            f"raise ModuleNotFoundError('no {name}', name=__name__)"
        )
    monkeypatch.syspath_prepend(tmp_path)
    outcome = run(emulator.url, "DOC-1", "PAGE-1")
    assert outcome.code == 0
    assert outcome.line("DOC-1") == "DOC-1 holds 1 0 4"
    assert outcome.line("PAGE-1") == "PAGE-1 holds 10 0 7"


@pytest.mark.long
def test_a_replaced_list_of_the_target_is_restored(data_set: str) -> None:
    with Emulator(fixtures=data_set, dialect="observed") as emulator:
        outcome = run(emulator.url, "SMP-1")
        kept = read(emulator.url, f"{LISTS}/my-inventorylist1")
    assert outcome.code == 1
    assert "test_samples.py::test_create_inventory_list_that_exists" in outcome.below("SMP-1")
    assert kept["description"] == "description for inventorylist1"


class Impatient(Terminal):
    """A terminal whose user presses Ctrl-C when the first test is counted."""

    def write(self, text: str) -> int:
        super().write(text)
        if text.startswith("\r"):
            raise KeyboardInterrupt
        return len(text)


@pytest.mark.long
def test_an_interrupted_run_deletes_its_documents(emulator: Emulator) -> None:
    stream, lines = Impatient(), list[str]()
    with pytest.raises(KeyboardInterrupt):
        verify(Options(emulator.url, rules=("RST-4",)), lines.append, stream)
    assert (lines, stream.getvalue()) == ([], "\r1 of 74 tests, 0 failed\n")
    assert held(emulator.url) == (2, 2, 2)


UNUSABLE = [
    ({"target": "shop.example.com"}, "--target 'shop.example.com' is not an http or https URL"),
    ({"target": "http://[x"}, "--target 'http://[x' is not an http or https URL"),
    ({"target": ""}, "--target '' is not an http or https URL"),
    ({"token_url": "x"}, "--token-url 'x' is not an http or https URL"),
    ({"dialect": "spoken"}, "--dialect 'spoken' is neither documented nor observed"),
    ({"ca_file": "/no/such.pem"}, "--ca-file '/no/such.pem' is not a file"),
    ({"junit": "/no/such/verify.xml"}, "--junit '/no/such/verify.xml' can't be written"),
    ({"junit": "/"}, "--junit '/' can't be written"),
]


@pytest.mark.parametrize(("changes", "told"), UNUSABLE)
def test_an_invalid_option_is_reported_in_one_line(changes: dict[str, Any], told: str) -> None:
    stream, lines = io.StringIO(), list[str]()
    options = replace(Options("http://127.0.0.1:1"), **changes)
    assert verify(options, lines.append, stream) == 2
    assert (stream.getvalue(), lines) == (f"ocapi-emulator: {told}\n", [])


@pytest.mark.long
def test_an_unreachable_target_is_reported_in_one_line() -> None:
    outcome = run("http://127.0.0.1:1", "URL-7")
    assert (outcome.code, outcome.lines) == (2, [])
    asked = "http://127.0.0.1:1/dwsso/oauth2/access_token"
    assert outcome.aside.startswith(f"ocapi-emulator: no answer from {asked}: ")
    assert outcome.aside.endswith("Connection refused\n")
    assert outcome.aside.count("\n") == 1


def test_a_refused_token_is_reported_in_one_line(emulator: Emulator) -> None:
    outcome = run(emulator.url, "URL-7", client_id="me", client_secret="sesame")
    assert (outcome.code, outcome.lines) == (2, [])
    assert outcome.aside == (
        f"ocapi-emulator: {emulator.url}/dwsso/oauth2/access_token grants no token to the client "
        '\'me\': it answers 401 {"error_description":"Client authentication failed",'
        '"error":"invalid_client"}\n'
    )


@pytest.mark.long
def test_an_unknown_rule_is_reported_with_the_known_rules(emulator: Emulator) -> None:
    outcome = run(emulator.url, "URL-1", "X-1")
    assert (outcome.code, outcome.lines) == (2, [])
    assert outcome.aside.startswith("ocapi-emulator: no such rule: X-1; known: URL-1, URL-2, ")
    webdav = ", ".join(f"DAV-{number}" for number in range(1, 15))
    assert ", VERSION-1, DOC-1, " in outcome.aside
    assert f", {webdav}, " in outcome.aside


@pytest.mark.parametrize(
    ("arguments", "variable"),
    [
        (["--rule", "URL-1", "--rule", "INV-2, FLT-3"], ""),
        (["--rule", "URL-1,INV-2,FLT-3"], "RST-1"),
        ([], "URL-1, INV-2,FLT-3"),
    ],
)
def test_rules_are_given_together_or_apart(
    arguments: list[str], variable: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    given: list[Options] = []

    def note(options: Options, _: object) -> int:
        given.append(options)
        return 0

    monkeypatch.setattr(verification, "verify", note)
    monkeypatch.setenv("OCAPI_EMULATOR_RULE", variable)
    assert CliRunner().invoke(commands, ["verify", *arguments]).exit_code == 0
    assert [one.rules for one in given] == [("URL-1", "INV-2", "FLT-3")]
