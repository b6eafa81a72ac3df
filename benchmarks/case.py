"""Cases: what is asked of one server, round by round, each round of all servers in turn.

So what disturbs the machine disturbs all of them alike, and the ratio of two figures of the same
round tells more than the figures do.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import NamedTuple

from benchmarks.load import Generator, Load, Outcome, send
from benchmarks.process import Cores, Server, on_core, settle, tell
from benchmarks.table import Goal, Row, divide

WARMING = 500  # requests, unless they take longer than a round


class Plan(NamedTuple):
    """How loads are sent: by what, from where, for how many seconds, how many times."""

    generate: Generator
    cores: Cores
    seconds: float
    rounds: int


@dataclass(frozen=True)
class Case:
    """What is asked of one server, and what came of it in each round.

    Attributes:
        name: What is asked.
        server: Who is asked.
        load: The requests.
        comparison: What its rate is compared with, if anything.
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
        """Return its rate as a row of a table."""
        if self.comparison is None:
            return Row(self.name, "requests/s", self.rates)
        base, called, goal = self.comparison
        return Row(
            self.name, "requests/s", self.rates, divide(self.rates, base.rates), called, goal
        )


class Comparison(NamedTuple):
    """Another case, how it is called beside the ratio to its rate, and what is to be reached."""

    base: Case
    called: str
    goal: Goal | None = None


def run_rounds(cases: Sequence[Case], plan: Plan, topic: str) -> None:
    """Send the loads of all cases in turn, round by round, after some requests that warm up.

    Raises:
        BenchmarkError: A request was refused or not answered.
    """
    with on_core(plan.cores.client):
        tell(f"{topic}: warming up")
        for case in cases:
            send(case.load, WARMING, plan.seconds)
        for server in {case.server for case in cases}:
            settle(server.process)
        for number in range(1, plan.rounds + 1):
            tell(f"{topic}: round {number} of {plan.rounds}")
            for case in cases:
                case.outcomes.append(plan.generate(case.load, plan.seconds))
                settle(case.server.process)
