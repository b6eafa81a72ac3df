"""Failpoints in Redis, counted by all processes together."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from threading import Lock
from typing import Any

import orjson

from emulator.recording.exchange import Exchange
from emulator.shared import script
from emulator.shared.link import Keyspace
from emulator.store import StoreUnavailable
from emulator.workspace.failpoint import (
    MAX_DECLARED_BYTES,
    MAX_FAILPOINTS,
    Failpoint,
    Failpoints,
    Plan,
    too_many_failpoints,
)

Read = Callable[[Any], Sequence[Plan]]
UNCOUNTED_DRAWS = -1
"""The number of draws of a failpoint without a seed: there is no common sequence to follow."""


@dataclass(eq=False)
class SharedFailpoint(Failpoint):
    """See ``Failpoint``.

    Attributes:
        drawn: The number of random numbers drawn by all processes.
    """

    drawn: int = UNCOUNTED_DRAWS

    def __post_init__(self) -> None:
        super().__post_init__()
        for _ in range(self.drawn):
            self._random.random()

    def to_arguments(self) -> tuple[str | int, ...]:
        """Draw a random number; return the arguments of the script ``TAKE_FAILPOINT``."""
        plan = self.plan
        applies = int(self._random.random() < plan.probability)
        delay_draws = int("delay" in plan.action)
        return self.id, plan.nth or 0, plan.times or 0, self.drawn, applies, delay_draws


MAX_TAKE_TRIES = 100


class SharedFailpoints(Failpoints):
    """See ``Failpoints``. New declarations are fetched at once, counts on demand.

    Args:
        keys: The keys of the workspace.
        initial: The failpoints after a reset.
        read: Returns the plans of declarations.
        refresh: Fetches the declarations after a change.
    """

    def __init__(
        self,
        keys: Keyspace,
        initial: Sequence[Plan],
        read: Read,
        refresh: Callable[[], None],
    ) -> None:
        self._keys = keys
        self._initial = initial
        self._read = read
        self._refresh = refresh
        self._lock = Lock()
        self._declared: tuple[bytes, dict[str, Plan]] = b"", {}

    def become(self, epoch: bytes, declared: Sequence[bytes]) -> None:
        """Take over fetched declarations.

        Args:
            epoch: The version of the declarations.
            declared: The declarations: id, newline and JSON.
        """
        before, plans = self._declared
        if epoch != before:
            pairs = (text.decode().split("\n", 1) for text in declared)
            plans = {identifier: self._plan(text) for identifier, text in pairs}
            self._declared = epoch, plans

    def __iter__(self) -> Iterator[Failpoint]:
        _, plans = self._declared
        found = self._keys.ask("HGETALL", "counts") if plans else {}
        counts = {name.decode(): int(number) for name, number in found.items()}
        for name, plan in plans.items():
            yield Failpoint(
                name, plan, counts.get(f"{name}:seen", 0), counts.get(f"{name}:applied", 0)
            )

    def reset(self) -> None:
        """See ``Failpoints.reset``."""
        self._keys.run(script.RESET_FAILPOINTS, *encode(self._initial))
        self._refresh()

    def add(self, plans: Iterable[Plan]) -> list[Failpoint]:
        """See ``Failpoints.add``."""
        return self._declare(script.ADD_FAILPOINTS, list(plans))

    def replace(self, plans: Iterable[Plan]) -> list[Failpoint]:
        """See ``Failpoints.replace``."""
        return self._declare(script.REPLACE_FAILPOINTS, list(plans))

    def clear(self) -> None:
        """See ``Failpoints.clear``."""
        self._keys.run(script.CLEAR_FAILPOINTS)
        self._refresh()

    def delete(self, identifier: str) -> bool:
        """See ``Failpoints.delete``."""
        found = self._keys.run(script.DELETE_FAILPOINT, identifier)
        self._refresh()
        return bool(found)

    def take(self, exchange: Exchange) -> Failpoint | None:
        """See ``Failpoints.take``; a round trip if conditions hold, and another with a seed.

        Each process draws the random numbers itself, and Redis only counts the draws. If the count
        differs, other processes have drawn numbers: skip as many, and try again.

        Raises:
            StoreUnavailable: Redis cannot be used; nothing was counted.
        """
        drawn: dict[str, int] = {}
        for _ in range(MAX_TAKE_TRIES):
            epoch, plans = self._declared
            fitting = {name: plan for name, plan in plans.items() if plan.fits(exchange)}
            if not fitting:
                return None
            drawings = [_draw(name, plan, drawn.get(name, 0)) for name, plan in fitting.items()]
            arguments = [value for failpoint in drawings for value in failpoint.to_arguments()]
            outcome, *rest = self._keys.run(script.TAKE_FAILPOINT, epoch, *arguments)
            if outcome == b"drawn":
                drawn = dict(zip(fitting, rest, strict=True))
            elif outcome == b"stale":  # another process has changed the failpoints
                self._refresh()
            else:
                return next((found for found in drawings if [found.id.encode()] == rest[:1]), None)
        raise StoreUnavailable("failpoints change too fast to be counted")

    def _declare(self, declare: str, plans: Sequence[Plan]) -> list[Failpoint]:
        numbers = self._keys.run(declare, MAX_FAILPOINTS, MAX_DECLARED_BYTES, *encode(plans))
        if numbers is None:
            raise too_many_failpoints()
        self._refresh()
        # A deleted workspace has no numbers.
        return [Failpoint(str(number), plan) for number, plan in zip(numbers, plans, strict=False)]

    def _plan(self, text: str) -> Plan:
        return self._read(orjson.loads(text))[0]


def _draw(name: str, plan: Plan, drawn: int) -> SharedFailpoint:
    """Return a failpoint with the same next random number as in all processes."""
    return SharedFailpoint(name, plan, drawn=UNCOUNTED_DRAWS if plan.seed is None else drawn)


def encode(plans: Iterable[Plan]) -> list[bytes]:
    """Return declarations as JSON."""
    return [orjson.dumps(dict(plan.declared)) for plan in plans]
