"""Short scenarios in a client's own workspace: snapshots, forks, resets, clocks, journals.

Each scenario starts and ends with a reset, so the next one is independent.
"""

from random import Random
from typing import Any

from benchmarks.soak.collection import API_PATH, Collection
from benchmarks.soak.connection import Answer, Request
from benchmarks.soak.lists import LIST
from benchmarks.soak.matcher import ANYTHING, INSTANT
from benchmarks.soak.session import TOKEN_SECONDS, Session
from benchmarks.soak.step import Step, fault

LISTS_PATH = f"{API_PATH}/inventory_lists"
CLOCK_START, CLOCK_LATER, CLOCK_END = (f"2027-05-01T12:0{minute}:00.000Z" for minute in range(3))
MINUTE_SECONDS = 60
RESET_ANSWER = {"status": "ok", "reset": "fixtures"}


class Episodes:
    """The scenarios of one client.

    Args:
        session: The session in the client's own workspace.
        rng: Chooses scenarios and values.
    """

    def __init__(self, session: Session, rng: Random) -> None:
        self.session = session
        self.rng = rng
        self.lists = Collection(LIST, session.url, "/inventory_lists")

    async def run(self) -> None:
        """Run one scenario.

        Raises:
            Mismatch: An answer differs from the model.
        """
        episodes = (self._snapshot, self._move_clock, self._read_journal, self._replace_state)
        episode = self.rng.choice(episodes)
        await self._reset()
        await self.session.authorize()
        await self.session.do(self.lists.put(self.rng, "a"))
        await episode()
        await self._reset()
        await self.session.do(self.lists.miss(self.rng, "a"))

    async def _reset(self) -> None:
        await self.session.control("POST", "/reset", content=RESET_ANSWER)
        self.lists.entries.clear()

    async def _snapshot(self) -> None:
        """Make a snapshot, change the data, restore the snapshot, fork a workspace."""
        ask, kept = self.session.control, dict(self.lists.entries["a"].shown)
        shown = {"name": "s", "at": INSTANT}
        await ask("PUT", "/snapshots/s", status=201, content=shown)
        await self.session.do(self._patch("another"))
        await self.session.do(self.lists.put(self.rng, "b"))
        if self.rng.random() < 0.5:  # noqa: PLR2004 - heads or tails
            await self._empty()
        await ask("POST", "/snapshots/s/restore", content=shown)
        await self._find(self.session, kept)
        await self._fork(kept)
        await ask("GET", "/snapshots", content=[shown])
        await ask("DELETE", "/snapshots/s", status=204, content=None)

    async def _empty(self) -> None:
        """Remove all data."""
        self.lists.entries.clear()
        await self.session.control(
            "POST", "/reset?to=empty", content={**RESET_ANSWER, "reset": "empty"}
        )
        content = {"_v": "23.2", "_type": "inventory_lists", "count": 0, "data": [], "start": 0}
        step = Step(
            "GET page of no lists", Request("GET", LISTS_PATH), 200, {**content, "total": 0}
        )
        await self.session.do(step)

    async def _find(self, session: Session, kept: dict[str, Any]) -> None:
        """Check the list of the snapshot, and the absence of the other list."""
        path = f"{LISTS_PATH}/a"
        await session.do(Step("GET what was kept", Request("GET", path), 200, kept))
        gone = fault("InventoryListNotFound", inventorylistId="b")
        await session.do(
            Step("GET what was not kept", Request("GET", f"{LISTS_PATH}/b"), 404, gone)
        )

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

    async def _move_clock(self) -> None:
        """Freeze and advance the clock, and check dates and tokens."""
        ask, stands = self.session.control, {"frozen": True}
        await ask(
            "POST", "/clock/freeze", {"at": CLOCK_START}, content={"now": CLOCK_START, **stands}
        )
        await self.session.authorize()
        await self.session.do(self._patch("at noon", last_modified=CLOCK_START))
        await ask(
            "POST",
            "/clock/advance",
            {"seconds": MINUTE_SECONDS},
            content={"now": CLOCK_LATER, **stands},
        )
        await self.session.do(self._patch("later", last_modified=CLOCK_LATER))
        moved = {"now": ANYTHING, **stands}
        await ask(
            "POST", "/clock/advance", {"seconds": TOKEN_SECONDS - MINUTE_SECONDS}, content=moved
        )
        expired = fault("InvalidAccessToken", accessToken=self.session.token)
        await self.session.do(
            Step("GET by an expired token", Request("GET", LISTS_PATH), 401, expired)
        )
        await ask("POST", "/clock/reset", content={"now": INSTANT, "frozen": False})
        await self.session.authorize()

    async def _read_journal(self) -> None:
        """Check the journal of this client."""
        ask = self.session.control
        await self.session.do(self._patch("for the journal"))
        await ask("GET", "/journal/count?method=PATCH&status=200", content={"count": 1})
        expected = {"match": {"operation": "putInventoryListsByID", "path": "/**/a"}, "times": 1}
        await ask("POST", "/journal/verify", expected, content={"status": "ok", "count": 1})
        missed = {"match": {"method": "DELETE"}, "times": 1}
        await ask("POST", "/journal/verify", missed, status=409, content=ANYTHING)
        latest = {"count": 3, "last": 3, "exchanges": [ANYTHING] * 2}
        await ask("GET", "/journal?limit=2", content=latest)
        await ask("POST", "/reset?only=journal", content={**RESET_ANSWER, "reset": "journal"})
        await ask("GET", "/journal/count", content={"count": 0})

    async def _replace_state(self) -> None:
        """Export, change and import the state, with few records, because validation is slow."""
        await self._empty()
        await self.session.do(self.lists.put(self.rng, "a"))
        kept = dict(self.lists.entries["a"].shown)
        state = await self.session.control("GET", "/state", content=ANYTHING)
        await self.session.do(self.lists.put(self.rng, "b"))
        await self.session.do(self._patch("another"))
        await self.session.control("PUT", "/state", state, content=ANYTHING)
        await self._find(self.session, kept)
        await self.session.control("GET", "/state", content=state)

    def _patch(self, description: str, **stamps: str) -> Step:
        """Return a change of a description, with the expected stamps."""
        entry = self.lists.entries["a"]
        shown = {**entry.shown, "description": description, "last_modified": INSTANT, **stamps}
        shown["_resource_state"] = ANYTHING
        request = Request("PATCH", f"{LISTS_PATH}/a", {"description": description})

        def learn(answer: Answer | None) -> None:
            if answer:
                entry.show(answer.json)

        return Step("PATCH in a episodes", request, 200, shown, learn=learn)
