"""The ledger: every rule names tests that pin it, every test names rules that exist."""

import ast
from collections import defaultdict
from collections.abc import Iterator
from functools import cache
from pathlib import Path

from contract_tests.ledger import PAGE, README, render, render_readme, rules, sections

ROOT = Path(__file__).parent.parent
EVIDENCE = {"SEED", "DOC", "LIVE", "FIXTURE", "CLAIM", "CHOSEN"}
MAX_TEXT_CHARACTERS = 200
WITHOUT_RULES = {"test_ledger.py"}


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


def test_the_page_is_what_make_ledger_writes() -> None:
    assert PAGE.read_text(encoding="utf-8") == render()


def test_the_figures_of_the_readme_are_what_make_ledger_writes() -> None:
    assert README.read_text(encoding="utf-8") == render_readme()


def test_sections_are_numbered_from_1() -> None:
    assert [section.number for section in sections()] == list(range(1, len(sections()) + 1))


def test_no_rule_is_missing_or_twice() -> None:
    families = defaultdict(list)
    for rule in rules():
        family, _, number = rule.id.partition("-")
        families[family].append(int(number))
    gaps = {
        family: numbers
        for family, numbers in families.items()
        if sorted(numbers) != list(range(1, len(numbers) + 1))
    }
    assert not gaps
    assert len(families) > 25


def test_every_rule_has_evidence() -> None:
    for rule in rules():
        assert rule.evidence, f"{rule.id} has no evidence"
        assert set(rule.evidence) <= EVIDENCE, rule.id


def test_every_statement_and_detail_is_short() -> None:
    texts = {text: rule.id for rule in rules() for text in (rule.statement, *rule.details)}
    assert [rule for text, rule in texts.items() if not 0 < len(text) <= MAX_TEXT_CHARACTERS] == []


def test_every_rule_names_tests_that_exist_and_name_the_rule() -> None:
    for rule in rules():
        speaking_http = [test for test in rule.tests if "::" in test]
        assert speaking_http, f"{rule.id} has no test that speaks HTTP"
        for test in speaking_http:
            assert rule.id in marked().get(test, set()), f"{test} is not marked with {rule.id}"
        for file in set(rule.tests) - set(speaking_http):
            assert (ROOT / file).is_file(), f"{rule.id}: {file} does not exist"


def test_every_contract_test_names_rules_of_the_ledger() -> None:
    known = {rule.id for rule in rules()}
    for test, named in marked().items():
        if test.partition("::")[0] not in WITHOUT_RULES:
            assert named, f"{test} names no rule"
            assert named <= known, f"{test} names {sorted(named - known)}, which do not exist"
