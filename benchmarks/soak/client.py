"""The load of one connection: random requests until the time is over."""

from random import Random
from time import monotonic

from benchmarks.soak import failpoint
from benchmarks.soak.contention import Contention
from benchmarks.soak.episode import Episodes
from benchmarks.soak.items import ItemModel
from benchmarks.soak.lists import ListModel
from benchmarks.soak.matcher import INSTANT
from benchmarks.soak.session import Session


class Client:
    """A client with its own documents in a shared workspace, and with its own workspace.

    Args:
        name: The name of the client; the ids of its documents begin with it.
        session: The session in the shared workspace.
        contention: The documents of all clients of the workspace.
        seed: The seed of the random choices, together with the name.
    """

    def __init__(self, name: str, session: Session, contention: Contention, seed: int) -> None:
        self.name = name
        self.session = session
        self.contention = contention
        self.rng = Random(f"{seed} {name}")  # noqa: S311 - choices that a seed repeats
        self.list_model = ListModel(name, session.url, self.rng)
        self.item_model = ItemModel(name, self.rng)
        self.episodes = Episodes(session.at(f"{session.workspace}-{name}"), self.rng)
        self._failpoints = 0
        self._weights = {
            self._send_list_request: 45,
            self._send_item_request: 25,
            self._contend: 5,
            self._read_records: 3,
            self._search: 3,
            self._read_page: 3,
            self._send_batch: 3,
            self._inject_failpoint: 4,
            self._read_items: 1,
            self._check_control_plane: 1,
            self.session.authorize: 1,
            self.episodes.run: 1,
        }

    async def run(self, deadline: float) -> None:
        """Send requests until an instant of the monotonic clock.

        Raises:
            Mismatch: An answer differs from the model.
        """
        await self.session.authorize()
        await self.episodes.run()  # the memory of the workspace is there from the beginning
        while monotonic() < deadline:
            if self.contention.burst:
                burst = self.contention.burst
                await self.contention.follow(self.session, self.rng, self.name, burst)
                continue
            (action,) = self.rng.choices(tuple(self._weights), tuple(self._weights.values()))
            await action()

    async def _send_list_request(self) -> None:
        await self.list_model.do(self.session)

    async def _send_item_request(self) -> None:
        await self.session.do(self.item_model.step())

    async def _contend(self) -> None:
        await self.contention.join(self.session, self.rng, self.name)

    async def _read_records(self) -> None:
        await self.list_model.walk_records(self.session)

    async def _search(self) -> None:
        await self.list_model.search(self.session)

    async def _read_page(self) -> None:
        await self.list_model.page(self.session)

    async def _read_items(self) -> None:
        await self.item_model.walk(self.session)

    async def _send_batch(self) -> None:
        await self.list_model.batch(self.session)

    async def _inject_failpoint(self) -> None:
        step = self.rng.choice((self.list_model.step, self.item_model.step))()
        self._failpoints += 1
        await failpoint.inject(self.session, step, self.rng, f"{self.name}-{self._failpoints}")
        self.list_model.remove_orphans()

    async def _check_control_plane(self) -> None:
        """Read the clock, unchanged in the shared workspace, and the internal errors."""
        await self.session.control("GET", "/clock", content={"now": INSTANT, "frozen": False})
        await self.session.control("GET", "/crashes", content=[])
