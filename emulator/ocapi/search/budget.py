"""The bounds of the work of a search (CHOSEN, SRC-4).

A search of 5 MB could name millions of clauses, and each clause is compared with every document.
Two bounds keep a search within about a second of processor time, whatever its form:

* ``MAX_REQUEST_VALUES`` bounds the JSON values of the request: clauses, fields, values and sorts
  together. The values are counted before anything else is read.
* ``MAX_STEPS`` bounds the steps of the search. A step is one clause compared with one document, or
  with one entry of an array, or one word looked for in ``CHARACTERS_OF_STEP`` characters.

The parts of a batch request share one budget of ``MAX_STEPS``, for searches and for the rest of
their work (BAT-4).
"""

from typing import TYPE_CHECKING, Any

from emulator.ocapi.schema import faults

if TYPE_CHECKING:
    from _typeshed.wsgi import WSGIEnvironment

MAX_REQUEST_VALUES = 20_000
MAX_STEPS = 1_000_000
CHARACTERS_OF_STEP = 200
STEPS_OF_SORT = 4  # sorting one document by one clause takes as long as four comparisons
STEPS_OF_HIT = 40  # in a batch: for each hit of a page, and again for each expansion of the hit
SHARED_BUDGET = "emulator.budget"
"""The WSGI environment key of the budget that the parts of a batch request share."""


class Budget:
    """The remaining steps of a search.

    Attributes:
        excess: The message of the fault, with the number of steps in braces.
    """

    excess = (
        "a search takes at most {steps} steps; send fewer clauses or sorts, "
        "or narrow the query by IDs"
    )

    def __init__(self) -> None:
        self._left = MAX_STEPS

    def spend(self, steps: int) -> None:
        """Take steps from the budget.

        Raises:
            Fault: QUOTA_EXCEEDED: fewer steps are left.
        """
        self._left -= steps
        if self._left < 0:
            raise faults.QUOTA_EXCEEDED(self.excess.format(steps=MAX_STEPS))


class SharedBudget(Budget):
    """The remaining steps of a batch request."""

    excess = (
        "the parts of a batch request take at most {steps} steps together; "
        "send fewer or smaller parts"
    )

    def note(self, steps: int) -> None:
        """Take steps of work that is done; the next ``spend`` fails if too few steps are left."""
        self._left -= steps


def find_shared_budget(environ: "WSGIEnvironment") -> Budget | None:
    """Return the budget of the batch request of a part; None for a request of its own."""
    return environ.get(SHARED_BUDGET)


def check_size(request: Any) -> None:
    """Check the number of JSON values of a search request.

    Raises:
        Fault: QUOTA_EXCEEDED: the request holds more than ``MAX_REQUEST_VALUES``.
    """
    count, level = 0, [request]
    while level:
        count += len(level)
        if count > MAX_REQUEST_VALUES:
            raise faults.QUOTA_EXCEEDED(
                f"a search request holds at most {MAX_REQUEST_VALUES} values"
            )
        level = [inner for outer in level for inner in _inner_values(outer)]


def _inner_values(value: Any) -> Any:
    if isinstance(value, dict):
        return value.values()
    return value if isinstance(value, list) else ()
