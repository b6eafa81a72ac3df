"""Failpoints that all processes count down together."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from threading import Lock
from typing import Any

import orjson

from emulator.recording.exchange import Exchange
from emulator.shared import script
from emulator.shared.link import Place
from emulator.store import StoreUnavailable
from emulator.workspace.failpoint import (
    MAX_DECLARED_BYTES,
    MAX_FAILPOINTS,
    Failpoint,
    Failpoints,
    Plan,
    Sleep,
    too_many_failpoints,
)

Read = Callable[[Any], Sequence[Plan]]
UNCOUNTED = -1
"""Stands for how many numbers were drawn of dice without a seed: nobody counts them."""


@dataclass(eq=False)
class SharedFailpoint(Failpoint):
    """See ``Failpoint``.

    Attributes:
        drawn: How many numbers of its dice were drawn by all processes.
    """

    drawn: int = UNCOUNTED

    def __post_init__(self) -> None:
        super().__post_init__()
        for _ in range(self.drawn):
            self._random.random()

    def tell(self) -> tuple[str | int, ...]:
        """Return what the script has to know to count it; draws a number."""
        plan = self.plan
        applies = int(self._random.random() < plan.probability)
        more = int("delay" in plan.action)
        return self.id, plan.nth or 0, plan.times or 0, self.drawn, applies, more


MOST_TRIES = 100


class SharedFailpoints(Failpoints):
    """See ``Failpoints``. What is declared was fetched; what was counted is asked for.

    Args:
        place: That of their workspace.
        initial: Those that are there after a reset.
        pause: What lets time pass, in seconds.
        read: Returns the plans of declarations.
        refresh: Fetches what is declared, after that was changed.
    """

    def __init__(
        self,
        place: Place,
        initial: Sequence[Plan],
        pause: Sleep,
        read: Read,
        refresh: Callable[[], None],
    ) -> None:
        self.pause = pause
        self._place = place
        self._initial = initial
        self._read = read
        self._refresh = refresh
        self._lock = Lock()
        self._declared: tuple[bytes, dict[str, Plan]] = b"", {}

    def become(self, epoch: bytes, declared: Sequence[bytes]) -> None:
        """Take over what was fetched: its version, and declarations behind their ids."""
        before, plans = self._declared
        if epoch != before:
            pairs = (text.decode().split("\n", 1) for text in declared)
            plans = {identifier: self._plan(text) for identifier, text in pairs}
            self._declared = epoch, plans

    def __iter__(self) -> Iterator[Failpoint]:
        _, plans = self._declared
        told = self._place.ask("HGETALL", "counts") if plans else {}
        counts = {name.decode(): int(number) for name, number in told.items()}
        for name, plan in plans.items():
            yield Failpoint(name, plan, counts.get(f"{name}:seen", 0), counts.get(f"{name}:met", 0))

    def reset(self) -> None:
        """See ``Failpoints.reset``."""
        self._place.run(script.RESET_FAILPOINTS, *encode(self._initial))
        self._refresh()

    def add(self, plans: Iterable[Plan]) -> list[Failpoint]:
        """See ``Failpoints.add``."""
        return self._declare(script.DECLARE, list(plans))

    def replace(self, plans: Iterable[Plan]) -> list[Failpoint]:
        """See ``Failpoints.replace``."""
        return self._declare(script.REPLACE_FAILPOINTS, list(plans))

    def clear(self) -> None:
        """See ``Failpoints.clear``."""
        self._place.run(script.CLEAR_FAILPOINTS)
        self._refresh()

    def delete(self, identifier: str) -> bool:
        """See ``Failpoints.delete``."""
        found = self._place.run(script.DELETE_FAILPOINT, identifier)
        self._refresh()
        return bool(found)

    def take(self, exchange: Exchange) -> Failpoint | None:
        """See ``Failpoints.take``; a round trip where one fits, another one for seeded dice.

        Raises:
            StoreUnavailable: Redis cannot be used; nothing was counted.
        """
        drawn: dict[str, int] = {}
        for _ in range(MOST_TRIES):
            epoch, plans = self._declared
            fitting = {name: plan for name, plan in plans.items() if plan.fits(exchange)}
            if not fitting:
                return None
            dice = [_throw(name, plan, drawn.get(name, 0)) for name, plan in fitting.items()]
            told = [part for failpoint in dice for part in failpoint.tell()]
            outcome, *rest = self._place.run(script.TAKE, epoch, *told)
            if outcome == b"drawn":  # by others, or before
                drawn = dict(zip(fitting, rest, strict=True))
            elif outcome == b"stale":
                self._refresh()
            else:
                return next((one for one in dice if [one.id.encode()] == rest[:1]), None)
        raise StoreUnavailable("failpoints change too fast to be counted")

    def _declare(self, declare: str, plans: Sequence[Plan]) -> list[Failpoint]:
        numbers = self._place.run(declare, MAX_FAILPOINTS, MAX_DECLARED_BYTES, *encode(plans))
        if numbers is None:
            raise too_many_failpoints()
        self._refresh()
        # There are no numbers where the workspace is gone.
        return [Failpoint(str(number), plan) for number, plan in zip(numbers, plans, strict=False)]

    def _plan(self, text: str) -> Plan:
        return self._read(orjson.loads(text))[0]


def _throw(name: str, plan: Plan, drawn: int) -> SharedFailpoint:
    """Return a failpoint whose dice are where those of all processes are."""
    return SharedFailpoint(name, plan, drawn=UNCOUNTED if plan.seed is None else drawn)


def encode(plans: Iterable[Plan]) -> list[bytes]:
    """Return failpoints as they are stored."""
    return [orjson.dumps(dict(plan.declared)) for plan in plans]
