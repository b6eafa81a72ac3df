"""One connection's worth of load: what it sends, at random, until its time is up."""

from random import Random
from time import monotonic

from benchmarks.soak import trouble
from benchmarks.soak.contest import Contest
from benchmarks.soak.expectation import INSTANT
from benchmarks.soak.holdings import Holdings
from benchmarks.soak.session import Session
from benchmarks.soak.stock import Stock
from benchmarks.soak.yard import Yard

WEIGHTS = {
    "lists": 45,
    "stock": 25,
    "contest": 5,
    "records": 3,
    "search": 3,
    "page": 3,
    "walk": 1,
    "batch": 3,
    "trouble": 4,
    "look": 1,
    "token": 1,
    "yard": 1,
}


class Client:
    """A client with documents of its own, in a workspace that it shares.

    Args:
        name: Its name, in all ids of what it makes.
        session: How it talks to the server.
        contest: What it shares with the others of its workspace.
        seed: What decides, together with the name.
    """

    def __init__(self, name: str, session: Session, contest: Contest, seed: int) -> None:
        self.name = name
        self.session = session
        self.contest = contest
        self.dice = Random(f"{seed} {name}")  # noqa: S311 - chance that can be repeated
        self.holdings = Holdings(name, session.url, self.dice)
        self.stock = Stock(name, self.dice)
        self.yard = Yard(session.at(f"{session.workspace}-{name}"), self.dice)
        self._marks = 0

    async def run(self, deadline: float) -> None:
        """Send one thing after the other until an instant of the monotonic clock.

        Raises:
            Mismatch: Something was answered that the model had not foretold.
        """
        await self.session.authorize()
        await self.yard.visit()  # so that what workspaces cost is there from the beginning
        while monotonic() < deadline:
            if self.contest.rush:
                await self.contest.follow(self.session, self.dice, self.name, self.contest.rush)
                continue
            (chosen,) = self.dice.choices(tuple(WEIGHTS), tuple(WEIGHTS.values()))
            await getattr(self, f"_do_{chosen}")()

    async def _do_lists(self) -> None:
        await self.holdings.do(self.session)

    async def _do_stock(self) -> None:
        await self.session.do(self.stock.step())

    async def _do_contest(self) -> None:
        await self.contest.join(self.session, self.dice, self.name)

    async def _do_records(self) -> None:
        await self.holdings.walk_records(self.session)

    async def _do_search(self) -> None:
        await self.holdings.search(self.session)

    async def _do_page(self) -> None:
        await self.holdings.page(self.session)

    async def _do_walk(self) -> None:
        await self.stock.walk(self.session)

    async def _do_batch(self) -> None:
        await self.holdings.batch(self.session)

    async def _do_trouble(self) -> None:
        step = self.dice.choice((self.holdings.step, self.stock.step))()
        self._marks += 1
        await trouble.meet(self.session, step, self.dice, f"{self.name}-{self._marks}")
        self.holdings.settle()

    async def _do_look(self) -> None:
        """Look at the clock, which nobody moves in this workspace, and at internal errors."""
        await self.session.control("GET", "/clock", content={"now": INSTANT, "frozen": False})
        await self.session.control("GET", "/crashes", content=[])

    async def _do_token(self) -> None:
        await self.session.authorize()

    async def _do_yard(self) -> None:
        await self.yard.visit()
