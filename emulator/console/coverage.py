"""The coverage of the Data API: its operations with tests, rules and evidence."""

import re
from collections.abc import Sequence
from functools import cache
from pathlib import Path
from typing import NamedTuple

PACKAGE_FOLDER = Path(__file__).parent.parent
FILES = (
    PACKAGE_FOLDER / "ledger" / "coverage.md",
    PACKAGE_FOLDER.parent / "docs" / "coverage.md",
)
"""The page of an installation, and the page of a checkout."""
ROW = re.compile(
    r"\| `(?P<method>[A-Z]+) (?P<path>/[^`]*)` \| (?P<implemented>\w+) \| (?P<tests>\d+) "
    r"\| (?P<rules>[^|]*) \| (?P<evidence>[^|]*) \|"
)


class Operation(NamedTuple):
    """An operation of the Data API.

    Attributes:
        method: The HTTP method.
        path: The path below the version.
        is_implemented: Whether the emulator serves the operation.
        tests: The number of contract tests in which the operation succeeds.
        rules: The ids of rules whose tests use the operation.
        evidence: The tags of the evidence of these rules.
    """

    method: str
    path: str
    is_implemented: bool
    tests: int
    rules: Sequence[str]
    evidence: Sequence[str]

    @property
    def text(self) -> str:
        """All words of the operation in lower case, for a search."""
        return " ".join((self.method, self.path, *self.rules, *self.evidence)).lower()


@cache
def list_operations() -> Sequence[Operation]:
    """Return the operations in the order of the page ``docs/coverage.md``."""
    file = next((file for file in FILES if file.is_file()), None)
    text = file.read_text(encoding="utf-8") if file else ""
    return [
        Operation(
            row["method"],
            row["path"],
            row["implemented"] == "yes",
            int(row["tests"]),
            _split(row["rules"]),
            _split(row["evidence"]),
        )
        for row in ROW.finditer(text)
    ]


def _split(cell: str) -> Sequence[str]:
    return [part.strip() for part in cell.split(",") if part.strip()]
