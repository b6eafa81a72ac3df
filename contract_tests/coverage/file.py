"""The files: the evidence as data in the package, and the page."""

from collections.abc import Mapping
from typing import Any, NamedTuple

from contract_tests.conformance import count
from contract_tests.coverage.page import PAGE, render
from contract_tests.coverage.sources import (
    compare_descriptions,
    list_concurrent,
    list_operations,
    read_recordings,
)
from emulator.evidence.operation import FILE, Evidence, Operation, read, write

CONSISTENCY = "consistency"
RUN = ("tests", "faults", "conditions", "concurrent", "rules")
"""The members of an operation that a run of the tests gives."""


class Run(NamedTuple):
    """The results of a run of the contract tests.

    Attributes:
        operations: The members ``RUN`` of the operations, by name.
        verifiable: The rules with a test that can run against another server.
    """

    operations: Mapping[str, Mapping[str, Any]]
    verifiable: frozenset[str]


def write_files(run: Run) -> list[str]:
    """Write the file of the package, and the page; return the operations with other evidence."""
    evidence = make_evidence(run)
    earlier = read(FILE.read_text(encoding="utf-8")).operations
    FILE.write_text(write(evidence), encoding="utf-8")
    PAGE.write_text(render(evidence), encoding="utf-8")
    return [one.label for one in evidence.operations if one not in earlier]


def keep_run() -> Run:
    """Return the results of the last run, from the file."""
    evidence = read(FILE.read_text(encoding="utf-8"))
    operations = {one.name: _keep(one) for one in evidence.operations}
    return Run(operations, evidence.verifiable)


def _keep(operation: Operation) -> dict[str, Any]:
    kept = {member: getattr(operation, member) for member in RUN}
    return kept | {"concurrent": [one for one in operation.concurrent if one != CONSISTENCY]}


def make_evidence(run: Run) -> Evidence:
    """Return the evidence of today, with the results of a run."""
    concurrent = list_concurrent()
    return Evidence(
        [_add_run(one, run, concurrent) for one in list_operations(read_recordings())],
        {kind: list(row) for kind, row in count(compare_descriptions()).items()},
        run.verifiable,
    )


def _add_run(operation: Operation, run: Run, concurrent: frozenset[str]) -> Operation:
    shown = operation._replace(**run.operations.get(operation.name, {}))
    if operation.name in concurrent:
        shown = shown._replace(concurrent=[*shown.concurrent, CONSISTENCY])
    return shown._replace(unprovoked=sorted(set(shown.unprovoked) - set(shown.faults)))
