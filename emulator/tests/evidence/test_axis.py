"""The kinds of evidence of an operation: entries, what is missing, and the order of gaps."""

from emulator.evidence.axis import AXES, rank
from emulator.evidence.operation import (
    DATA_API,
    INVENTORY_SERVICE,
    Evidence,
    Operation,
    read,
    write,
)
from emulator.tests.table import table

PROVEN = Operation(
    DATA_API,
    "patchSitesByID",
    "PATCH",
    "/sites/{site_id}",
    facts=[3, 1, 0],
    programs=4,
    tests=2,
    clients=["dw-cli", "sfcc-ci"],
    recorded={"LIVE": 2, "SEED": 1},
    faults=["A", "B"],
    takes_state=True,
    conditions=["right", "stale"],
    concurrent=["tests"],
    rules=["SITE-1"],
)
BARE = Operation(DATA_API, "getX", "GET", "/x")
WITHOUT_COUNTERPART = Operation(INVENTORY_SERVICE, "listItems", "GET", "/items")


def test_an_operation_has_an_entry_of_each_kind() -> None:
    assert {axis.name: axis.entry(PROVEN) for axis in AXES} == {
        "served": "yes",
        "described": "3 / 1 / 0",
        "tests": "2",
        "clients": "dw-cli, sfcc-ci",
        "recorded": "LIVE 2, SEED 1",
        "faults": "2",
        "conditional": "right, stale",
        "concurrent": "tests",
    }
    assert [axis.entry(WITHOUT_COUNTERPART) for axis in AXES] == [
        *("yes", "-", "", "-", "-", "", "-", ""),
    ]


@table(
    ("operation", "lacks"),
    [
        (PROVEN, []),
        (PROVEN._replace(facts=[3, 1, 1]), ["described"]),
        (PROVEN._replace(conditions=["right"]), ["conditional"]),
        (BARE, ["described", "tests", "clients", "recorded", "faults", "concurrent"]),
        (WITHOUT_COUNTERPART, ["tests", "faults", "concurrent"]),
    ],
)
def test_evidence_is_missing_where_it_is_possible(operation: Operation, lacks: list[str]) -> None:
    assert [axis.name for axis in AXES if axis.lacks(operation)] == lacks


def test_a_kind_of_evidence_is_counted_where_it_is_possible() -> None:
    counts = {axis.name: axis.count([PROVEN, BARE, WITHOUT_COUNTERPART]) for axis in AXES}
    assert counts["tests"] == (1, 3)
    assert counts["recorded"] == (1, 2)
    assert counts["conditional"] == (1, 1)


def test_operations_of_most_programs_come_first_then_those_with_the_least_evidence() -> None:
    tested = BARE._replace(name="tested", tests=1)
    wanted = BARE._replace(name="wanted", programs=1, tests=1)
    assert rank([PROVEN, tested, BARE, wanted]) == [PROVEN, wanted, BARE, tested]


def test_the_evidence_is_read_as_it_was_written() -> None:
    evidence = Evidence([PROVEN, BARE], {"operations": [1, 2, 0, 3, 3]}, frozenset({"A-1"}))
    text = write(evidence)
    assert read(text) == evidence
    assert text.splitlines()[-2] == (
        '{"api": "Data API", "name": "getX", "method": "GET", "path": "/x"}'
    )
