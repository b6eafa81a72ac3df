"""What a client does in a workspace of its own: snapshots, forks, resets, clocks, journals.

Each episode begins with a reset and ends with one, so nothing is left of it.
"""

from random import Random
from typing import Any

from benchmarks.soak.collection import BASE, Collection
from benchmarks.soak.expectation import ANYTHING, INSTANT
from benchmarks.soak.holdings import LIST
from benchmarks.soak.session import LIFETIME, Session
from benchmarks.soak.step import Step, fault
from benchmarks.soak.wire import Answer, Request

LISTS = f"{BASE}/inventory_lists"
NOON, LATER, AFTER = (f"2027-05-01T12:0{minute}:00.000Z" for minute in range(3))
MINUTE = 60
RESET = {"status": "ok", "reset": "fixtures"}


class Yard:
    """One client in its workspace.

    Args:
        session: The client there.
        dice: What decides.
    """

    def __init__(self, session: Session, dice: Random) -> None:
        self.session = session
        self.dice = dice
        self.lists = Collection(LIST, session.url, "/inventory_lists")

    async def visit(self) -> None:
        """Live through one episode.

        Raises:
            Mismatch: Something else came of it.
        """
        episodes = (self._keep, self._tell_time, self._look_back, self._put_back)
        episode = self.dice.choice(episodes)
        await self._reset()
        await self.session.authorize()
        await self.session.do(self.lists.put(self.dice, "a"))
        await episode()
        await self._reset()
        await self.session.do(self.lists.miss(self.dice, "a"))

    async def _reset(self) -> None:
        await self.session.control("POST", "/reset", content=RESET)
        self.lists.entries.clear()

    async def _keep(self) -> None:
        """Keep the data under a name, change them, bring them back, and into another workspace."""
        ask, kept = self.session.control, dict(self.lists.entries["a"].shown)
        shown = {"name": "s", "at": INSTANT}
        await ask("PUT", "/snapshots/s", status=201, content=shown)
        await self.session.do(self._patch("another"))
        await self.session.do(self.lists.put(self.dice, "b"))
        if self.dice.random() < 0.5:  # noqa: PLR2004 - heads or tails
            await self._empty()
        await ask("POST", "/snapshots/s/restore", content=shown)
        await self._find(self.session, kept)
        await self._fork(kept)
        await ask("GET", "/snapshots", content=[shown])
        await ask("DELETE", "/snapshots/s", status=204, content=None)

    async def _empty(self) -> None:
        """Take all data away."""
        self.lists.entries.clear()
        await self.session.control("POST", "/reset?to=empty", content={**RESET, "reset": "empty"})
        content = {"_v": "23.2", "_type": "inventory_lists", "count": 0, "data": [], "start": 0}
        step = Step("GET page of no lists", Request("GET", LISTS), 200, {**content, "total": 0})
        await self.session.do(step)

    async def _find(self, session: Session, kept: dict[str, Any]) -> None:
        """Find one list as it was, and the other one gone."""
        path = f"{LISTS}/a"
        await session.do(Step("GET what was kept", Request("GET", path), 200, kept))
        gone = fault("InventoryListNotFound", inventorylistId="b")
        await session.do(Step("GET what was not kept", Request("GET", f"{LISTS}/b"), 404, gone))

    async def _fork(self, kept: dict[str, Any]) -> None:
        ask, name = self.session.control, f"{self.session.workspace}-fork"
        body = {"workspace": name}
        made = {"workspace": name, "snapshot": "s"}
        await ask("POST", "/snapshots/s/fork", body, status=201, content=made)
        fork = self.session.at(name)
        await fork.authorize()
        await self._find(fork, kept)
        await ask("DELETE", f"/workspaces/{name}", status=204, content=None)
        await ask("GET", f"/workspaces/{name}", status=404, content=ANYTHING)

    async def _tell_time(self) -> None:
        """Stop the clock and move it: dates and tokens go by it."""
        ask, stands = self.session.control, {"frozen": True}
        await ask("POST", "/clock/freeze", {"at": NOON}, content={"now": NOON, **stands})
        await self.session.authorize()
        await self.session.do(self._patch("at noon", last_modified=NOON))
        await ask("POST", "/clock/advance", {"seconds": MINUTE}, content={"now": LATER, **stands})
        await self.session.do(self._patch("later", last_modified=LATER))
        moved = {"now": ANYTHING, **stands}
        await ask("POST", "/clock/advance", {"seconds": LIFETIME - MINUTE}, content=moved)
        expired = fault("InvalidAccessToken", accessToken=self.session.token)
        await self.session.do(Step("GET by an expired token", Request("GET", LISTS), 401, expired))
        await ask("POST", "/clock/reset", content={"now": INSTANT, "frozen": False})
        await self.session.authorize()

    async def _look_back(self) -> None:
        """Read the journal, which holds the requests of this client alone."""
        ask = self.session.control
        await self.session.do(self._patch("for the journal"))
        await ask("GET", "/journal/count?method=PATCH&status=200", content={"count": 1})
        expected = {"match": {"operation": "putInventoryListsByID", "path": "/**/a"}, "times": 1}
        await ask("POST", "/journal/verify", expected, content={"status": "ok", "count": 1})
        missed = {"match": {"method": "DELETE"}, "times": 1}
        await ask("POST", "/journal/verify", missed, status=409, content=ANYTHING)
        await ask("GET", "/journal?limit=2", content={"count": 3, "exchanges": [ANYTHING] * 2})
        await ask("POST", "/reset?only=journal", content={**RESET, "reset": "journal"})
        await ask("GET", "/journal/count", content={"count": 0})

    async def _put_back(self) -> None:
        """Take all data out, change them, put them back; few, as they are slow to validate."""
        await self._empty()
        await self.session.do(self.lists.put(self.dice, "a"))
        kept = dict(self.lists.entries["a"].shown)
        state = await self.session.control("GET", "/state", content=ANYTHING)
        await self.session.do(self.lists.put(self.dice, "b"))
        await self.session.do(self._patch("another"))
        await self.session.control("PUT", "/state", state, content=ANYTHING)
        await self._find(self.session, kept)
        await self.session.control("GET", "/state", content=state)

    def _patch(self, description: str, **stamps: str) -> Step:
        """Return the change of a description, after which the list shows these stamps."""
        entry = self.lists.entries["a"]
        shown = {**entry.shown, "description": description, "last_modified": INSTANT, **stamps}
        shown["_resource_state"] = ANYTHING
        request = Request("PATCH", f"{LISTS}/a", {"description": description})

        def learn(answer: Answer | None) -> None:
            if answer:
                entry.show(answer.json)

        return Step("PATCH in a yard", request, 200, shown, learn=learn)
