"""Failpoints and stubs in Redis, counted by all processes together."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from threading import Lock
from typing import Any

import orjson

from emulator.shared import script
from emulator.shared.link import Keyspace
from emulator.store import StoreUnavailable
from emulator.workspace.failpoint import Failpoint, Failpoints
from emulator.workspace.rule import MAX_DECLARED_BYTES, MAX_RULES, AnyCounted, Rule, Rules
from emulator.workspace.stub import Stub, Stubs

Read = Callable[[Any], Sequence[Rule]]
UNCOUNTED_DRAWS = -1
"""The number of draws of a rule without a seed: there is no common sequence to follow."""
MAX_TAKE_TRIES = 100


class SharedRules(Rules[AnyCounted]):
    """See ``Rules``. New declarations are fetched at once, counts on demand.

    Args:
        keys: The keys of the workspace.
        initial: The rules after a reset.
        read: Returns the rules of declarations.
        refresh: Fetches the declarations after a change.
    """

    def __init__(
        self,
        keys: Keyspace,
        initial: Sequence[Rule],
        read: Read,
        refresh: Callable[[], None],
    ) -> None:
        self._keys = keys
        self._initial = initial
        self._read = read
        self._refresh = refresh
        self._lock = Lock()
        self._declared: tuple[bytes, dict[str, Rule]] = b"", {}

    def become(self, epoch: bytes, declared: Sequence[bytes]) -> None:
        """Take over fetched declarations.

        Args:
            epoch: The version of the declarations.
            declared: The declarations: id, newline and JSON.
        """
        before, rules = self._declared
        if epoch != before:
            pairs = (text.decode().split("\n", 1) for text in declared)
            rules = {identifier: self._parse(text) for identifier, text in pairs}
            self._declared = epoch, rules

    def __iter__(self) -> Iterator[AnyCounted]:
        return self._count(self._declared[1])

    @property
    def is_empty(self) -> bool:
        """See ``Rules.is_empty``."""
        return not self._declared[1]

    def reset(self) -> None:
        """See ``Rules.reset``."""
        self._keys.run(script.RESET_RULES, self.KIND, *encode(self._initial))
        self._refresh()

    def add(self, rules: Iterable[Rule]) -> list[AnyCounted]:
        """See ``Rules.add``."""
        return self._declare(script.ADD_RULES, list(rules))

    def replace(self, rules: Iterable[Rule]) -> list[AnyCounted]:
        """See ``Rules.replace``."""
        return self._declare(script.REPLACE_RULES, list(rules))

    def clear(self) -> None:
        """See ``Rules.clear``."""
        self._keys.run(script.CLEAR_RULES, self.KIND)
        self._refresh()

    def delete(self, identifier: str) -> bool:
        """See ``Rules.delete``."""
        found = self._keys.run(script.DELETE_RULE, self.KIND, identifier)
        self._refresh()
        return bool(found)

    def find(self, request: Any) -> AnyCounted | None:
        """See ``Rules.find``; a round trip if conditions hold.

        Raises:
            StoreUnavailable: Redis cannot be used.
        """
        fitting = {name: rule for name, rule in self._declared[1].items() if rule.fits(request)}
        return next((counted for counted in self._count(fitting) if counted.remains), None)

    def take(self, request: Any) -> AnyCounted | None:
        """See ``Rules.take``; a round trip if conditions hold, and another with a seed.

        Each process draws the random numbers itself, and Redis only counts the draws. If the count
        differs, other processes have drawn numbers: skip as many, and try again.

        Raises:
            StoreUnavailable: Redis cannot be used; nothing was counted.
        """
        drawn: dict[str, int] = {}
        for _ in range(MAX_TAKE_TRIES):
            epoch, rules = self._declared
            fitting = {name: self.make(name, r) for name, r in rules.items() if r.fits(request)}
            if not fitting:
                return None
            arguments = [a for name, c in fitting.items() for a in _draw(c, drawn.get(name, 0))]
            outcome, *rest = self._keys.run(script.TAKE_RULE, self.KIND, epoch, *arguments)
            if outcome == b"drawn":
                drawn = dict(zip(fitting, rest, strict=True))
            elif outcome == b"stale":  # another process has changed the rules
                self._refresh()
            elif outcome == b"applied":
                found = fitting[rest[0].decode()]
                found.applied = int(rest[1])
                return found
            else:
                return None
        raise StoreUnavailable(f"{self.KIND} change too fast to be counted")

    def _count(self, rules: dict[str, Rule]) -> Iterator[AnyCounted]:
        """Yield rules with counts."""
        found = self._keys.ask("HGETALL", f"{self.KIND}:counts") if rules else {}
        counts = {name.decode(): int(number) for name, number in found.items()}
        for name, rule in rules.items():
            seen, applied = counts.get(f"{name}:seen", 0), counts.get(f"{name}:applied", 0)
            yield self.make(name, rule, seen, applied)

    def _declare(self, declare: str, rules: Sequence[Rule]) -> list[AnyCounted]:
        bounds = MAX_RULES, MAX_DECLARED_BYTES
        numbers = self._keys.run(declare, self.KIND, *bounds, *encode(rules))
        if numbers is None:
            raise self.too_many()
        self._refresh()
        # A deleted workspace has no numbers.
        return [self.make(str(number), rule) for number, rule in zip(numbers, rules, strict=False)]

    def _parse(self, text: str) -> Rule:
        return self._read(orjson.loads(text))[0]


class SharedFailpoints(SharedRules[Failpoint], Failpoints):
    """See ``Failpoints``."""


class SharedStubs(SharedRules[Stub], Stubs):
    """See ``Stubs``."""


def _draw(counted: Any, drawn: int) -> tuple[str | int, ...]:
    """Draw the next random number of a rule; return the arguments of the script ``TAKE_RULE``.

    Args:
        counted: The rule.
        drawn: The number of random numbers drawn by all processes so far.
    """
    rule: Rule = counted.rule
    if rule.seed is None:
        drawn = UNCOUNTED_DRAWS
    counted.skip(drawn)
    applies, delay_draws = int(counted.draw()), int(rule.has_delay)
    return counted.id, rule.nth or 0, rule.times or 0, drawn, applies, delay_draws


def encode(rules: Iterable[Rule]) -> list[bytes]:
    """Return declarations as JSON."""
    return [orjson.dumps(dict(rule.declared)) for rule in rules]
