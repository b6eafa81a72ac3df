"""The engine: runs the cases of a target, until a number, a time, or a finding.

The cases come from ``random``, not from hypothesis: seventy times as many in the same time. What
hypothesis would add is a smallest case for each finding; ``shrink`` of a corpus makes a small one.
"""

from collections.abc import Callable
from contextlib import AbstractContextManager
from dataclasses import dataclass
from random import Random
from time import monotonic
from typing import Any, Protocol

from fuzz.bounds import Check, Finding, Meter

WARM_UP_CASES = 100
"""The cases that fill caches. The growth counts from there, so a shorter run measures none."""
MAX_SHOWN_CHARACTERS = 2000
MAX_SHRINK_SECONDS = 60.0


class Cases(Protocol):
    """The cases of a target."""

    def draw(self, source: Random) -> Any:
        """Return a case."""

    def shrink(self, case: Any, fails: Callable[[Any], bool]) -> Any:
        """Return a smaller failing case."""


@dataclass(frozen=True)
class Target:
    """A reader under test.

    Attributes:
        name: The name, in lower case with hyphens.
        cases: The cases.
        open: Opens what the cases need, and returns the check of a case.
        weight: The share of the cases of a run.
    """

    name: str
    cases: Cases
    open: Callable[[], AbstractContextManager[Check]]
    weight: int = 1


@dataclass(frozen=True)
class Report:
    """The result of a target.

    Attributes:
        name: The name of the target.
        meter: The figures.
        seconds: The whole time.
        growth: The growth of the process, in bytes.
        finding: The finding with a small case, empty for none.
        case: The case of the finding.
    """

    name: str
    meter: Meter
    seconds: float
    growth: int = 0
    finding: str = ""
    case: Any = None


def run(target: Target, cases: int, seconds: float, seed: int) -> Report:
    """Run the cases of a target; end with the first finding.

    Args:
        target: The target.
        cases: The number of cases.
        seconds: The greatest time.
        seed: The same seed makes the same cases.
    """
    meter, began = Meter(), monotonic()
    case, growth = None, 0
    with target.open() as check:
        try:
            while meter.cases < cases and monotonic() - began < seconds:
                case = target.cases.draw(Random(f"{seed}/{target.name}/{meter.cases}"))
                meter.check(check, case)
                if meter.cases == WARM_UP_CASES:
                    meter.begin_growth()
            case = None
            growth = meter.measure_growth() if meter.cases > WARM_UP_CASES else 0
        except Exception as error:  # noqa: BLE001 - any error of the reader is a finding
            case = _shrink(target, check, case, error)
            finding = _describe(error, case)
            return Report(target.name, meter, monotonic() - began, growth, finding, case)
    return Report(target.name, meter, monotonic() - began, growth)


def _shrink(target: Target, check: Check, case: Any, error: Exception) -> Any:
    """Return a smaller case with an error of the same kind."""
    until = monotonic() + MAX_SHRINK_SECONDS

    def fails(smaller: Any) -> bool:
        if monotonic() > until:
            return False
        try:
            Meter().check(check, smaller)
        except Exception as other:  # noqa: BLE001 - see ``run``
            return _name(other) == _name(error)
        return False

    return case if case is None else target.cases.shrink(case, fails)


def _name(error: Exception) -> str:
    """Return kind and beginning of an error, without the text of the case."""
    return f"{type(error).__name__} {str(error)[:12]}"


def _describe(error: Exception, case: Any) -> str:
    kind = "" if isinstance(error, Finding) else f"{type(error).__name__}: "
    return f"{kind}{error}\n  with {case!r:.{MAX_SHOWN_CHARACTERS}}"
