"""The command ``coverage``: evidence for operations, and what to prove next."""

import json

import pytest
from click.testing import CliRunner

from emulator.cli import coverage
from emulator.cli.main import commands
from emulator.console import ledger
from emulator.console.ledger import Rule
from emulator.evidence import operation
from emulator.evidence.operation import DATA_API, Evidence, Operation

SITES = Operation(
    DATA_API,
    "getSites",
    "GET",
    "/sites",
    facts=[2, 0, 0],
    programs=4,
    tests=3,
    clients=["sfcc-ci"],
    recorded={"LIVE": 1},
    faults=["A"],
    concurrent=["tests"],
)
SITE = Operation(
    DATA_API,
    "getSitesByID",
    "GET",
    "/sites/{site_id}",
    facts=[3, 1, 0],
    tests=1,
    unprovoked=["SiteNotFound"],
    rules=["A-1", "A-2"],
)
RULES = [
    Rule("A-1", "A", "An answer is chosen.", evidence=["CHOSEN"]),
    Rule("A-2", "A", "An answer is known.", evidence=["DOC", "CHOSEN"]),
    Rule("A-3", "A", "An emulator alone shows it.", evidence=["CHOSEN"]),
    Rule("A-4", "A", "No operation shows it.", evidence=["CHOSEN"]),
]


@pytest.fixture(autouse=True)
def evidence(monkeypatch: pytest.MonkeyPatch) -> None:
    shown = Evidence([SITE, SITES], {}, frozenset({"A-1", "A-2", "A-4"}))
    for module in (operation, coverage):
        monkeypatch.setattr(module, "load", lambda: shown)
    monkeypatch.setattr(ledger, "list_rules", lambda: RULES)


def run(*arguments: str) -> str:
    result = CliRunner().invoke(commands, ["coverage", *arguments])
    assert (result.exit_code, result.stderr) == (0, "")
    return result.stdout


def test_coverage_prints_the_evidence_side_by_side() -> None:
    assert run("LIVE", "/sit*s") == (
        "operation   served  described  tests  clients  recorded  faults  conditional  concurrent\n"
        "GET /sites  yes     2 / 0 / 0  3      sfcc-ci  LIVE 1    1       -            tests\n"
        "\n"
        "served: 1 of 1\n"
        "described: 1 of 1\n"
        "tests: 1 of 1\n"
        "clients: 1 of 1\n"
        "recorded: 1 of 1\n"
        "faults: 1 of 1\n"
        "conditional: 0 of 0\n"
        "concurrent: 1 of 1\n"
    )


def test_gaps_are_operations_without_evidence_and_rules_without_a_source() -> None:
    verify = (
        "  ocapi-emulator verify --target https://INSTANCE --client-id ID --client-secret SECRET"
    )
    assert run("--gaps") == (
        "GET /sites/{site_id}: no clients, recorded, faults, concurrent\n"
        "  described, and never provoked: SiteNotFound\n"
        "\n"
        "A-1: An answer is chosen.\n"
        "  operations: GET /sites/{site_id}\n"
        f"{verify} --rule A-1\n"
        "\n"
        "A-4: No operation shows it.\n"
        f"{verify} --rule A-4\n"
    )


def test_gaps_of_some_operations_have_the_rules_of_these() -> None:
    assert run("--gaps", "getSitesByID").count("--rule") == 1
    assert run("--gaps", "LIVE") == ""


def test_json_has_all_members() -> None:
    first, second = map(json.loads, run("--json").splitlines())
    assert first["operation"] == "GET /sites/{site_id}"
    assert second["recorded"] == {"LIVE": 1}
    gap, *rules = map(json.loads, run("--gaps", "--json").splitlines())
    assert gap == {
        "operation": "GET /sites/{site_id}",
        "programs": 0,
        "lacks": ["clients", "recorded", "faults", "concurrent"],
        "unprovoked": ["SiteNotFound"],
    }
    assert [rule["rule"] for rule in rules] == ["A-1", "A-4"]


def test_unknown_words_find_nothing() -> None:
    result = CliRunner().invoke(commands, ["coverage", "zzz"])
    assert (result.exit_code, result.output) == (
        2,
        "ocapi-emulator: no operation has the words 'zzz'\n",
    )
