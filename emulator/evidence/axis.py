"""The kinds of evidence: the same columns for the page, the console and the command line."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

from emulator.evidence.operation import Operation

NOT_APPLICABLE, NOTHING = "-", ""
REFUSED = " refused"
"""The end of the tag of recorded requests that the server refused."""


@dataclass(frozen=True)
class Axis:
    """A kind of evidence.

    Attributes:
        name: The heading of the column.
        meaning: What an entry says, in a sentence or two.
        show: Returns the entry of an operation, empty without evidence.
        applies: Whether the kind makes sense for an operation.
        holds: Whether an entry is whole; by default every entry is.
    """

    name: str
    meaning: str
    show: Callable[[Operation], str]
    applies: Callable[[Operation], bool] = lambda _: True
    holds: Callable[[Operation], bool] | None = None

    def has(self, operation: Operation) -> bool:
        """Return whether an operation has this evidence."""
        return self.holds(operation) if self.holds else bool(self.show(operation))

    def lacks(self, operation: Operation) -> bool:
        """Return whether the evidence is missing, and possible."""
        return self.applies(operation) and not self.has(operation)

    def entry(self, operation: Operation) -> str:
        """Return the text of the cell."""
        return self.show(operation) if self.applies(operation) else NOT_APPLICABLE

    def count(self, operations: Iterable[Operation]) -> tuple[int, int]:
        """Return the number of operations with this evidence, and of those it applies to."""
        possible = [one for one in operations if self.applies(one)]
        return sum(map(self.has, possible)), len(possible)


def _has_counterpart(operation: Operation) -> bool:
    return operation.has_counterpart


def _number(count: int) -> str:
    return str(count or NOTHING)


AXES = (
    Axis(
        "served",
        "The emulator answers the operation.",
        lambda one: "yes" if one.implemented else NOTHING,
    ),
    Axis(
        "described",
        "The facts of the operation in the emulator's description beside the facts of the Data "
        "API: right / different on purpose, by a rule / wrong. The facts are parameters, bodies, "
        "answers and faults. "
        "The operation has this evidence if no fact is wrong.",
        lambda one: " / ".join(map(str, one.facts)),
        _has_counterpart,
        lambda one: bool(one.facts) and not one.facts[2],
    ),
    Axis(
        "tests",
        "The number of contract tests in which the operation succeeds.",
        lambda one: _number(one.tests),
    ),
    Axis(
        "clients",
        "The unmodified public clients that send the operation with success in a recording of "
        "`make clients`.",
        lambda one: ", ".join(one.clients),
        _has_counterpart,
    ),
    Axis(
        "recorded",
        "The number of recorded exchanges by their source: LIVE, an answer of a live instance; "
        "FIXTURE, test data of a public client; SEED, a sample of the documentation. Refused "
        "requests are counted apart, and the operation has this evidence with an answer alone.",
        lambda one: ", ".join(f"{tag} {count}" for tag, count in one.recorded.items()),
        _has_counterpart,
        lambda one: any(not tag.endswith(REFUSED) for tag in one.recorded),
    ),
    Axis(
        "faults",
        "The number of different faults that contract tests provoke. The described faults that no "
        "test provokes are listed by `ocapi-emulator coverage --gaps`.",
        lambda one: _number(len(one.faults)),
    ),
    Axis(
        "conditional",
        "The contract tests send a write with the present resource state or `If-Match` (right), "
        "and with an old one (stale). The operation has this evidence with both.",
        lambda one: ", ".join(one.conditions),
        lambda one: one.takes_state,
        lambda one: {"right", "stale"} <= set(one.conditions),
    ),
    Axis(
        "concurrent",
        "A contract test sends the operation with success from threads beside the main thread, or "
        "the run of `make consistency` sends the operation.",
        lambda one: ", ".join(one.concurrent),
    ),
)


def rank(operations: Iterable[Operation]) -> Sequence[Operation]:
    """Return operations in the order of their need of evidence.

    The operations of most public clients come first. Of equal ones those with the fewest kinds of
    evidence come first.
    """
    return sorted(operations, key=lambda one: (-one.programs, sum(a.has(one) for a in AXES)))
