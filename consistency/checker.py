"""The checker: is a history linearizable?

The search is that of Wing and Gong, with the memory of Lowe: an operation may be next if no other
operation was answered before its request, and no pair of done operations and state is visited
twice. A next observation that fits is done at once, since each order that fits has another one with
the observation in this place. An operation with an unknown outcome may be done or not.

Deciding is NP-complete. The number of visited pairs and the time are bounded; a search beyond the
bounds is undecided, and never a verdict.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from enum import Enum
from math import inf
from time import monotonic
from typing import NamedTuple

from consistency.history import History, Operation
from consistency.model import State, Workspace

MAX_CONFIGURATIONS = 100_000
MAX_CHECK_SECONDS = 5.0


class Verdict(Enum):
    """The results of a check."""

    LINEARIZABLE = "linearizable"
    VIOLATED = "violated"
    UNDECIDED = "undecided"


@dataclass(frozen=True, slots=True)
class Bounds:
    """The bounds of a search: visited configurations, and seconds."""

    configurations: int = MAX_CONFIGURATIONS
    seconds: float = MAX_CHECK_SECONDS


DEFAULT_BOUNDS = Bounds()


class Configuration(NamedTuple):
    """A position of the search.

    Attributes:
        done: The done operations with a known outcome, a bit for each.
        maybe: The done operations with an unknown outcome, a bit for each.
        state: The state of the model.
    """

    done: int
    maybe: int
    state: State


@dataclass(frozen=True, slots=True)
class Result:
    """The result of a check.

    Attributes:
        verdict: The verdict.
        configurations: The number of visited configurations.
        state: The state of the model after the most operations that fit.
        blocked: The operations of which none fits this state; empty for a linearizable history.
    """

    verdict: Verdict
    configurations: int
    state: State
    blocked: tuple[Operation, ...] = ()


def check(history: History, bounds: Bounds = DEFAULT_BOUNDS) -> Result:
    """Search for an order of the operations that fits the model and the times."""
    return _Search(history).run(bounds)


class _Search:
    def __init__(self, history: History) -> None:
        self.model = Workspace(history.first)
        ordered = sorted(history.operations, key=lambda one: one.invoked)
        self.known = [one for one in ordered if one.completed is not None]
        self.unknown = [one for one in ordered if one.completed is None]
        self.everything = (1 << len(self.known)) - 1

    def run(self, bounds: Bounds) -> Result:
        best = self._settle(Configuration(0, 0, self.model.begin()))
        stack, visited = [best], {best}
        deadline = monotonic() + bounds.seconds
        while stack:
            current = stack.pop()
            if current.done.bit_count() > best.done.bit_count():
                best = current
            if current.done == self.everything:
                return Result(Verdict.LINEARIZABLE, len(visited), current.state)
            following = [one for one in self._follow(current) if one not in visited]
            visited.update(following)
            stack.extend(following)
            if len(visited) > bounds.configurations or monotonic() > deadline:
                return self._report(Verdict.UNDECIDED, len(visited), best)
        return self._report(Verdict.VIOLATED, len(visited), best)

    def _report(self, verdict: Verdict, visited: int, best: Configuration) -> Result:
        _, candidates = self._list_next(best.done)
        blocked = tuple(self.known[index] for index in candidates)
        return Result(verdict, visited, best.state, blocked)

    def _follow(self, current: Configuration) -> Iterator[Configuration]:
        """Yield the next configurations; the most promising is last."""
        done, maybe, state = current
        answered, candidates = self._list_next(done)
        for index, operation in enumerate(self.unknown):
            if operation.invoked > answered:
                break
            if not maybe >> index & 1:
                after = self.model.step(state, operation)
                if after is not None and after != state:
                    yield self._settle(Configuration(done, maybe | 1 << index, after))
        for index in sorted(candidates, key=self._read_answer_time, reverse=True):
            after = self.model.step(state, self.known[index])
            if after is not None:
                yield self._settle(Configuration(done | 1 << index, maybe, after))

    def _settle(self, current: Configuration) -> Configuration:
        """Do all next observations that fit the state."""
        done, maybe, state = current
        while True:
            _, candidates = self._list_next(done)
            idle = [i for i in candidates if self._observes(state, self.known[i])]
            if not idle:
                return Configuration(done, maybe, state)
            for index in idle:
                done |= 1 << index

    def _observes(self, state: State, operation: Operation) -> bool:
        return operation.is_observation and self.model.step(state, operation) is not None

    def _list_next(self, done: int) -> tuple[float, list[int]]:
        """Return the time of the first answer that is not done, and the operations before."""
        answered, found = inf, []
        for index in range(_count_low_ones(done), len(self.known)):
            operation = self.known[index]
            if operation.invoked > answered:
                break
            if not done >> index & 1:
                found.append(index)
                answered = min(answered, self._read_answer_time(index))
        return answered, [i for i in found if self.known[i].invoked <= answered]

    def _read_answer_time(self, index: int) -> int:
        return self.known[index].completed or 0


def _count_low_ones(bits: int) -> int:
    """Return the number of set bits below the lowest unset one."""
    return (~bits & (bits + 1)).bit_length() - 1
