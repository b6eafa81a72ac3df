"""docs/coverage.md against the description of the server and the ledger."""

import json
import re

import pytest

from contract_tests import ledger
from contract_tests.conformance import compare, count_facts, make
from contract_tests.coverage import PAGE, Sent, Templates
from contract_tests.digest import DIGEST

ROW = re.compile(r"\| `(\w+) (/\S+)` \| (yes|no) \| (\d*) \| ([^|]*) \| ([^|]*) \|")
LISTS = ("GET", "/inventory_lists")


@pytest.fixture(scope="module")
def rows() -> list[tuple[str, ...]]:
    return [tuple(found.groups()) for found in ROW.finditer(PAGE.read_text())]


def test_the_page_names_every_operation_of_the_data_api(rows: list[tuple[str, ...]]) -> None:
    assert [(method, path) for method, path, *_ in rows] == Templates().operations
    assert len(rows) == 332


def test_the_page_knows_the_served_operations(rows: list[tuple[str, ...]]) -> None:
    paths = make()["paths"]
    served = {(m, p) for m, p in Templates().operations if m.lower() in paths.get(p, ())}
    assert {(method, path) for method, path, implemented, *_ in rows if implemented == "yes"} == (
        served
    )
    assert f"{len(served)} of 332 operations are implemented." in PAGE.read_text()


def test_every_served_operation_succeeds_in_a_contract_test(rows: list[tuple[str, ...]]) -> None:
    untested = [row[:2] for row in rows if row[2] == "yes" and not int(row[3])]
    assert untested == []


def test_the_page_states_the_numbers_of_the_comparison() -> None:
    assert count_facts(compare(make(), json.loads(DIGEST.read_bytes()))) in PAGE.read_text()


def test_the_evidence_is_that_of_the_rules(rows: list[tuple[str, ...]]) -> None:
    evidence = {rule.id: rule.evidence for rule in ledger.rules()}
    for _, _, _, _, rules, tags in rows:
        named = [rule for rule in rules.split(", ") if rule]
        assert sorted({tag for rule in named for tag in evidence[rule]}) == (
            tags.split(", ") if tags else []
        )


@pytest.mark.parametrize(
    ("method", "url", "path"),
    [
        ("GET", "https://h/s/-/dw/data/v23_2/inventory_lists?count=1", "/inventory_lists"),
        ("GET", "https://h/dw/data/v19_5/sites/a%2Fb", "/sites/{site_id}"),
        ("GET", "https://h/s/-/dw/data/v23_2/users/this", "/users/this"),
        ("PATCH", "https://h/s/-/dw/data/v23_2/inventory_lists", None),
        ("GET", "https://h/s/-/dw/shop/v23_2/inventory_lists", None),
        ("GET", "https://h/s/-/dw/data/v23_2", None),
        ("GET", "https://h/", None),
    ],
)
def test_a_request_is_sent_to_an_operation(method: str, url: str, path: str | None) -> None:
    assert Templates().find(method, url) == (None if path is None else (method, path))


def test_a_rule_belongs_to_the_operations_of_its_tests() -> None:
    sent = Sent()
    sent.add({LISTS: True}, ["A-1", "A-2"])
    sent.add({}, ["A-2", "A-3"])
    sent.add({LISTS: False}, ["A-1", "A-3"])
    for _ in range(4):
        sent.add({}, ["A-3"])
    assert sent.rules_of(LISTS) == ["A-1", "A-2"]
    assert sent.successes[LISTS] == 1
