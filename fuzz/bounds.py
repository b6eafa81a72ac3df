"""The bounds of a case: processor time, memory at the peak, and growth of the process."""

import gc
import signal
import tracemalloc
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from time import process_time
from types import FrameType
from typing import Any

MAX_CASE_SECONDS = 1.0
"""The processor time of a case, on an idle core and on a busy one."""
MAX_HANG_SECONDS = 20.0
"""The processor time of a case, beyond which the case is ended."""
MAX_CASE_BYTES = 100 * 1024 * 1024
"""The memory of a case at the peak."""
MAX_GROWTH_BYTES = 64 * 1024 * 1024
"""The growth of the process by all cases of a target."""
TRACED_CASES = 200
"""One of so many cases is measured in memory: tracing takes several times as long."""
TRACED_SECONDS = 0.05
"""A case of so much processor time is measured in memory, too."""
MIB = 1024 * 1024

Check = Callable[[Any], object]


class Finding(AssertionError):  # noqa: N818 - the result of a run, not an error of the fuzzer
    """A case shows an error."""


class HangError(Finding):
    """A case takes no end."""


@dataclass
class Meter:
    """The figures of the cases of a target.

    Attributes:
        cases: The number of cases.
        seconds: The greatest processor time of a case.
        peak: The greatest memory of a measured case, in bytes.
    """

    cases: int = 0
    seconds: float = 0.0
    peak: int = 0
    _began: int = 0

    def check(self, check: Check, case: Any) -> None:
        """Check a case.

        Raises:
            Finding: The case shows an error, or exceeds a bound.
        """
        self.cases += 1
        seconds = _time(check, case)
        if seconds > MAX_CASE_SECONDS:  # once more, since the machine may have been busy
            seconds = _time(check, case)
        self.seconds = max(self.seconds, seconds)
        if seconds > MAX_CASE_SECONDS:
            raise Finding(f"the case takes {seconds:.1f} s of processor time")
        if seconds > TRACED_SECONDS or not self.cases % TRACED_CASES:
            peak = _trace(check, case)
            self.peak = max(self.peak, peak)
            if peak > MAX_CASE_BYTES:
                raise Finding(f"the case takes {peak // MIB} MB of memory")

    def begin_growth(self) -> None:
        """Measure the growth from now on: the first cases fill caches."""
        self._began = read_resident_bytes()

    def measure_growth(self) -> int:
        """Return the growth of the process, in bytes.

        Raises:
            Finding: The process has grown too much.
        """
        grown = read_resident_bytes() - self._began
        if grown > MAX_GROWTH_BYTES:
            raise Finding(f"the process has grown by {grown // MIB} MB")
        return max(grown, 0)


def read_resident_bytes() -> int:
    """Return the resident memory of this process after a collection of garbage; 0 if unknown."""
    gc.collect()
    status = Path("/proc/self/status")
    if not status.exists():
        return 0
    line = next(line for line in status.read_text().splitlines() if line.startswith("VmRSS"))
    return int(line.split()[1]) * 1024


def _time(check: Check, case: Any) -> float:
    began = process_time()
    with _no_hang():
        check(case)
    return process_time() - began


def _trace(check: Check, case: Any) -> int:
    """Return the memory of a case at the peak."""
    tracemalloc.start()
    try:
        before = tracemalloc.get_traced_memory()[0]
        check(case)
        return tracemalloc.get_traced_memory()[1] - before
    finally:
        tracemalloc.stop()


@contextmanager
def _no_hang() -> Iterator[None]:
    """End a block after too much processor time; only in the main thread.

    Raises:
        HangError: The block has taken ``MAX_HANG_SECONDS``.
    """

    def end(_signal: int, _frame: FrameType | None) -> None:
        raise HangError(f"the case takes more than {MAX_HANG_SECONDS:.0f} s")

    before = signal.signal(signal.SIGVTALRM, end)
    signal.setitimer(signal.ITIMER_VIRTUAL, MAX_HANG_SECONDS)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_VIRTUAL, 0)
        signal.signal(signal.SIGVTALRM, before)
