"""The judgement of a round, and the smallest history with a violation."""

from collections.abc import Collection, Iterator
from dataclasses import dataclass
from time import monotonic

from consistency.checker import Bounds, Result, Verdict, check
from consistency.history import History
from consistency.recorder import Recorder

WHOLE = ""
"""The name of the check of all documents together."""
WHOLE_BOUNDS = Bounds(configurations=20_000, seconds=5.0)
SHRINK_BOUNDS = Bounds(configurations=20_000, seconds=1.0)
MAX_SHRINK_SECONDS = 4.0


@dataclass(frozen=True, slots=True)
class Violation:
    """A violation.

    Attributes:
        key: The document; empty for all documents together.
        history: The smallest history that was found, with the wrong answer at the end.
        result: The result of the check of the history.
    """

    key: str
    history: History
    result: Result


@dataclass(frozen=True, slots=True)
class Judgement:
    """The judgement of a round.

    Attributes:
        checked: The number of checked documents.
        undecided: The checks beyond the bounds: documents, or ``WHOLE``.
        contradictions: Sentences about answers that are wrong in any order.
        violation: The violation with the fewest operations; None for none.
    """

    checked: int
    undecided: tuple[str, ...] = ()
    contradictions: tuple[str, ...] = ()
    violation: Violation | None = None

    @property
    def is_clean(self) -> bool:
        """Whether no wrong answer was found."""
        return not self.contradictions and self.violation is None


def judge(history: History, recorder: Recorder | None = None) -> Judgement:
    """Check each document, and then all documents of the workspace together."""
    ambiguous = recorder.ambiguous if recorder else set[str]()
    results = dict(_check_all(history, ambiguous))
    violated = [key for key, result in results.items() if result.verdict is Verdict.VIOLATED]
    undecided = tuple(key for key, one in results.items() if one.verdict is Verdict.UNDECIDED)
    found = [shrink(key, _select(history, key)) for key in violated]
    smallest = min(found, key=lambda one: len(one.history.operations), default=None)
    contradictions = tuple(recorder.contradictions) if recorder else ()
    return Judgement(len(history.first), (*undecided, *ambiguous), contradictions, smallest)


def _check_all(history: History, ambiguous: Collection[str]) -> Iterator[tuple[str, Result]]:
    """Yield the results of documents, and of all documents if each one is linearizable."""
    is_violated = bool(ambiguous)
    for key in history.first.keys() - {*ambiguous}:
        result = check(history.of_key(key))
        is_violated |= result.verdict is Verdict.VIOLATED
        yield key, result
    if not is_violated and len(history.first) > 1 and history.is_shared:
        yield WHOLE, check(history, WHOLE_BOUNDS)


def _select(history: History, key: str) -> History:
    return history.of_key(key) if key else history


def shrink(key: str, history: History) -> Violation:
    """Return the violation with fewer operations.

    The history ends at the first answer that makes it a violation. Then reads and refusals are left
    out, as long as the rest is a violation: they have no effect on the others.
    """
    ends = sorted(one.completed for one in history.operations if one.completed is not None)
    low, high = 0, len(ends) - 1
    while low < high:
        middle = (low + high) // 2
        if _is_violated(history.cut_at(ends[middle])):
            high = middle
        else:
            low = middle + 1
    history = history.cut_at(ends[low])
    until = monotonic() + MAX_SHRINK_SECONDS
    for operation in [one for one in history.operations if one.is_observation]:
        if monotonic() > until:
            break
        others = [one for one in history.operations if one is not operation]
        if _is_violated(smaller := History(history.first, others)):
            history = smaller
    return Violation(key, history, check(history))


def _is_violated(history: History) -> bool:
    return check(history, SHRINK_BOUNDS).verdict is Verdict.VIOLATED
