"""The ledger: every rule names tests that pin it, every test names rules that exist."""

import ast
import re
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
LEDGER = ROOT / "docs" / "contract.md"
ROW = re.compile(
    r"^\| ([A-Z]+-\d+)(?: \*\*\[D\]\*\*)? \| ([^|]+) \| (.+) \| ([^|]+) \|$", re.MULTILINE
)
NAMED = re.compile(r"`([\w/]+\.py)(?:::(\w+))?`")
EVIDENCE = {"SEED", "DOC", "LIVE", "FIXTURE", "CLAIM", "CHOSEN"}
# The rules of the Data API and of the Inventory Service API that are kept.
RULES = {
    *(f"URL-{n}" for n in range(1, 8)),
    *(f"MET-{n}" for n in range(1, 4)),
    *(f"FMT-{n}" for n in range(1, 8)),
    *(f"ENV-{n}" for n in range(1, 9)),
    *(f"RST-{n}" for n in range(1, 6)),
    *(f"FLT-{n}" for n in range(1, 6)),
    "ORD-1",
    *(f"AUT-{n}" for n in range(1, 7)),
    *(f"SET-{n}" for n in range(1, 6)),
    *(f"SEL-{n}" for n in range(1, 3)),
    *(f"PAG-{n}" for n in range(1, 3)),
    *(f"DEC-{n}" for n in range(1, 6)),
    *(f"INV-{n}" for n in range(1, 11)),
    *(f"SRC-{n}" for n in range(1, 5)),
    "SITE-1",
    *(f"BAT-{n}" for n in range(1, 11)),
    *(f"META-{n}" for n in range(1, 3)),
    "LOC-1",
    "EXP-1",
    "SMP-1",
    "OPS-1",
    *(f"ITEM-{n}" for n in range(1, 3)),
    *(f"STOCK-{n}" for n in range(1, 3)),
    *(f"PAGE-{n}" for n in range(1, 4)),
    *(f"WRITE-{n}" for n in range(1, 6)),
    "ERR-1",
    "AUTH-1",
    "VERSION-1",
    "DOC-1",
}


@cache
def rows() -> dict[str, tuple[set[str], str]]:
    """Return evidence and test column of each rule of the ledger."""
    found = ROW.findall(LEDGER.read_text())
    return {rule: (set(evidence.split(", ")), tests) for rule, evidence, _, tests in found}


@cache
def marked() -> dict[str, set[str]]:
    """Return the rules that each contract test is marked with, by ``module.py::test``."""
    files = Path(__file__).parent.glob("test_*.py")
    return {name: rules for file in files for name, rules in _marked_in(file)}


def _marked_in(file: Path) -> Iterator[tuple[str, set[str]]]:
    for node in ast.parse(file.read_text()).body:
        if isinstance(node, ast.FunctionDef) and node.name.startswith("test_"):
            yield f"{file.name}::{node.name}", set(_rules(node))


def _rules(function: ast.FunctionDef) -> Iterator[str]:
    for decorator in function.decorator_list:
        if isinstance(decorator, ast.Call) and ast.unparse(decorator.func) == "pytest.mark.rule":
            yield from (ast.literal_eval(argument) for argument in decorator.args)


def test_the_ledger_has_every_rule_with_its_evidence() -> None:
    found = rows()
    assert set(found) == RULES
    assert all(evidence and evidence <= EVIDENCE for evidence, _ in found.values())


@pytest.mark.parametrize("rule", sorted(RULES))
def test_every_rule_names_tests_that_are_there_and_name_it(rule: str) -> None:
    tests = marked()
    named = NAMED.findall(rows()[rule][1])
    speaking_http = [f"{file}::{test}" for file, test in named if test]
    assert speaking_http, "a rule has a test that speaks HTTP"
    for test in speaking_http:
        assert rule in tests[test], f"{test} is not marked with {rule}"
    for file, test in named:
        assert test or (ROOT / file).is_file(), file


def test_every_contract_test_names_rules_of_the_ledger() -> None:
    for test, rules in marked().items():
        module = test.partition("::")[0]
        if module not in {"test_ledger.py", "test_readme.py"}:
            assert rules, f"{test} names no rule"
            assert rules <= RULES, test
