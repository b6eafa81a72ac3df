"""The two dialects, with a switch for each difference (rules marked D)."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Dialect:
    """The answers of the server to questions of contradictory evidence.

    Attributes:
        echoes_parentheses: ENV-2, a collection echoes ``(**)`` rather than ``**``.
        marks_items_with_version: ENV-3, items of a collection carry ``_v``.
        marks_faults_with_type: FLT-1, a fault document carries ``_type`` at its root.
        replaces_existing: INV-5, PUT on an existing id replaces rather than refuses.
    """

    echoes_parentheses: bool
    marks_items_with_version: bool
    marks_faults_with_type: bool
    replaces_existing: bool


DIALECTS = {
    "documented": Dialect(
        echoes_parentheses=False,
        marks_items_with_version=True,
        marks_faults_with_type=True,
        replaces_existing=False,
    ),
    "observed": Dialect(
        echoes_parentheses=True,
        marks_items_with_version=False,
        marks_faults_with_type=False,
        replaces_existing=True,
    ),
}
