"""A run: rounds over servers with faults, until the time is over or a violation is found."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from random import Random
from threading import Event, Lock
from time import monotonic

from consistency.fault import Faults
from consistency.history import History
from consistency.judgement import Judgement, judge
from consistency.report import Figures
from consistency.round import Outcome, Plan, run
from consistency.server import Target

LANES = 2
"""The number of simultaneous rounds."""
LOG_SECONDS = 5.0


@dataclass(frozen=True, slots=True)
class Finding:
    """A round with wrong answers."""

    workspace: str
    history: History
    judgement: Judgement


class Run:
    """A run.

    Args:
        target: The servers.
        seed: The seed of all random choices.
        seconds: The duration.
        log: Prints a line about the progress.

    Attributes:
        figures: The figures so far.
        finding: The first round with wrong answers; None for none.
    """

    def __init__(
        self, target: Target, seed: int, seconds: float, log: Callable[[str], None]
    ) -> None:
        self.figures = Figures()
        self.finding: Finding | None = None
        self._target = target
        self._seed = seed
        self._seconds = seconds
        self._log = log
        self._faults = Faults(target, Random(seed))  # noqa: S311 - choices that a seed repeats
        self._begin = self._logged = monotonic()
        self._started = 0
        self._lock = Lock()
        self._stopped = Event()

    def run(self) -> None:
        """Run rounds until the time is over, or a round has wrong answers.

        Raises:
            SessionError: The servers do not work.
        """
        pool = ThreadPoolExecutor(LANES + 1)
        faults = pool.submit(self._faults.run)
        try:
            for lane in [pool.submit(self._run_lane) for _ in range(LANES)]:
                lane.result()
        finally:
            self._stopped.set()
            self._faults.finished.set()
            faults.result()  # else the faults might start another Redis after the end
            pool.shutdown(wait=False)
        self.figures.faults.update(self._faults.counts)
        self.figures.seconds = monotonic() - self._begin

    def _run_lane(self) -> None:
        until = self._begin + self._seconds
        while not (self.finding or self._stopped.is_set()) and monotonic() < until:
            with self._lock:
                self._started += 1
                number = self._started
            plan = Plan(
                self._target.url,
                f"round-{number}",
                f"{self._seed} {number}",
                loses_data=self._faults.list_losses,
                stopped=self._stopped,
            )
            outcome = run(plan)
            if not self._stopped.is_set():
                self._add(outcome)

    def _add(self, outcome: Outcome) -> None:
        judgement = judge(outcome.history, outcome.recorder)
        with self._lock:
            self.figures.add(outcome, judgement)
            if not judgement.is_clean and self.finding is None:
                self.finding = Finding(outcome.workspace, outcome.history, judgement)
            now = monotonic()
            if now > self._logged + LOG_SECONDS:
                self._logged = now
                self.figures.seconds = now - self._begin
                self._log(self.figures.describe())
