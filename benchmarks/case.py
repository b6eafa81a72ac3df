"""Cases: the load of one server, with the figures of each round.

Each round sends the loads of all cases in turn. A disturbance of the machine therefore has the
same effect on all servers of a round, and ratios within a round are more exact than figures.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import NamedTuple

from benchmarks.load import Generator, Load, Outcome, send
from benchmarks.process import Cores, Server, log, on_core, wait_until_idle
from benchmarks.table import Goal, Row, divide

WARM_UP_REQUESTS = 500  # fewer, if 500 take longer than a round


class Plan(NamedTuple):
    """The generator of the load, the cores, the seconds of a round, and the number of rounds."""

    generate: Generator
    cores: Cores
    seconds: float
    rounds: int


@dataclass(frozen=True)
class Case:
    """The load of one server, and the outcome of each round.

    Attributes:
        name: The row in the table.
        server: The server.
        load: The requests.
        comparison: The base of the ratio; None for no ratio.
        outcomes: One for each round.
    """

    name: str
    server: Server
    load: Load
    comparison: "Comparison | None" = None
    outcomes: list[Outcome] = field(default_factory=list)

    @property
    def rates(self) -> list[float]:
        """Requests a second of each round."""
        return [outcome.rate for outcome in self.outcomes]

    def row(self) -> Row:
        """Return the row of the table."""
        if self.comparison is None:
            return Row(self.name, "requests/s", self.rates)
        base, base_name, goal = self.comparison
        return Row(
            self.name, "requests/s", self.rates, divide(self.rates, base.rates), base_name, goal
        )


class Comparison(NamedTuple):
    """The case at the base of a ratio, a name for that case, and a goal for the ratio."""

    base: Case
    base_name: str
    goal: Goal | None = None


def run_rounds(cases: Sequence[Case], plan: Plan, topic: str) -> None:
    """Warm up all servers, then send the loads of all cases in each round.

    Raises:
        BenchmarkError: An answer is missing, or its status is not one of success.
    """
    with on_core(plan.cores.client):
        log(f"{topic}: warming up")
        for case in cases:
            send(case.load, WARM_UP_REQUESTS, plan.seconds)
        for server in {case.server for case in cases}:
            wait_until_idle(server.process)
        for number in range(1, plan.rounds + 1):
            log(f"{topic}: round {number} of {plan.rounds}")
            for case in cases:
                case.outcomes.append(plan.generate(case.load, plan.seconds))
                wait_until_idle(case.server.process)
