"""The page ``docs/coverage.md``: the evidence for people."""

from collections.abc import Iterator, Sequence

from contract_tests import ledger
from contract_tests.conformance import NUMBERS, make_table
from emulator.evidence.axis import AXES
from emulator.evidence.operation import DATA_API, INVENTORY_SERVICE, Evidence, Operation

PAGE = ledger.DOCS / "coverage.md"
INTRODUCTION = """# Coverage of the APIs

This page shows the evidence for each operation of the Data API 23.2 and of the Inventory Service
API. There are eight kinds of evidence, side by side. No kind replaces another, and there is no
score.

`make coverage-page` writes this page, and the file that the console and `ocapi-emulator coverage`
read. The sources are the descriptions, [the ledger](contract.md), the recordings in `corpus/` and a
run of the contract tests. `ocapi-emulator coverage --gaps`
[lists what to prove next](cli.md#find-what-to-prove-next).

## Kinds of evidence
"""
APPLIES = """
The second column has the number of operations with the evidence, and the number of operations for
which the evidence is possible. "-" in the tables below means: not possible. The Inventory Service
API has no public description, no public client and no public instance. A state is possible where
GET of the same path shows a document with a state.

A test of more than 100 operations, such as a random walk, counts for no operation. The requests
that clean up after a test count for nothing.
"""
CONFORMANCE = """
## Conformance

The facts of the emulator's description beside the facts of the Data API, at the paths that are
served. A difference on purpose has a rule in `contract_tests/conformance.py`.

Each fact counts once, as right, by rule or wrong, even if only one side states it. So a row can add
up to more than the facts served: some facts of the reference are left out by rule. The server has
one operation more than the reference: `GET /sites/Sites-Site` (CART-2). It has one document less:
`string`, which is a plain type.
"""
OPERATIONS = """
## Operations of the {api}

{served} of {total} operations are implemented.
"""
RULES = """
A rule is listed for an operation if at least a fifth of the rule's tests send the operation. At
most six rules are listed, those with the greatest share first, with the tags of their sources.
"""
HEADINGS = ("operation", *(axis.name for axis in AXES), "rules")


def render(evidence: Evidence) -> str:
    """Return the page."""
    facts = [[kind, *map(str, row)] for kind, row in evidence.conformance.items()]
    parts = [
        INTRODUCTION,
        make_table(("kind", "operations", "meaning"), _count(evidence.operations)),
        APPLIES.rstrip("\n"),
        CONFORMANCE,
        make_table(NUMBERS, facts),
        *(_list(api, evidence.operations) for api in (DATA_API, INVENTORY_SERVICE)),
    ]
    return "\n".join(parts) + "\n"


def _count(operations: Sequence[Operation]) -> Iterator[list[str]]:
    for axis in AXES:
        having, possible = axis.count(operations)
        yield [axis.name, f"{having} of {possible}", axis.meaning]


def _list(api: str, operations: Sequence[Operation]) -> str:
    """Return the section of an API."""
    own = [one for one in operations if one.api == api]
    served = sum(one.implemented for one in own)
    head = OPERATIONS.format(api=api, served=served, total=len(own))
    rules = RULES if api == DATA_API else ""
    return "\n".join([head + rules, make_table(HEADINGS, map(_row, own))])


def _row(operation: Operation) -> list[str]:
    cells = [axis.entry(operation) for axis in AXES]
    return [f"`{operation.label}`", *cells, _show_rules(operation.rules)]


def _show_rules(names: Sequence[str]) -> str:
    """Return rules with the tags of their evidence."""
    tags = {tag for rule in ledger.rules() if rule.id in names for tag in rule.evidence}
    return f"{', '.join(names)} ({', '.join(sorted(tags))})" if tags else ", ".join(names)
