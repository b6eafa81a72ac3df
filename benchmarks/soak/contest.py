"""Documents that all clients of a workspace write to at once.

Over some they fight by conditional writes, often at the same instant and from the same state.
Nobody can foretell who wins, but each write that was accepted presented the state that the one
before it had made: together they are a chain from the first state to the last one. To another each
client writes a member of its own without a condition, and finds it as it left it.
"""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass, field
from random import Random
from typing import Any, NamedTuple

from benchmarks.soak.collection import BASE, STATE_HEADER
from benchmarks.soak.expectation import ANYTHING, TAG, find_difference
from benchmarks.soak.session import Session
from benchmarks.soak.step import Mismatch, Step, fault, problem
from benchmarks.soak.wire import Answer, Request

LISTS = ("fought0", "fought1")
TAGGED = {"etag": TAG}
GATHERING = 0.2  # seconds
LATE = "PATCH what is fought over, too late"


class Accepted(NamedTuple):
    """A write that was accepted: the state that it made, and its text."""

    state: str
    text: str


@dataclass
class Fight:
    """One document that is fought over.

    Attributes:
        path: Its path.
        member: The member that is written.
        first: Its state before the first write.
        accepted: The writes that were accepted, by the state that they presented.
    """

    path: str
    member: str
    first: str
    accepted: dict[str, Accepted] = field(default_factory=dict)

    async def look(self, session: Session) -> str:
        """Return the state that it has now."""
        seen = await session.do(
            Step("GET what is fought over", Request("GET", self.path), 200, ANYTHING, TAGGED)
        )
        return seen.headers["etag"].strip('"')

    async def attack(self, session: Session, dice: Random, state: str, text: str) -> None:
        """Write to the document, presenting a state, unless somebody was faster."""
        request, refusal = self._write(dice, state, text)
        step = Step("PATCH what is fought over", request, 200, ANYTHING, TAGGED)
        answer = await session.send(step)
        if answer.status == refusal.status:
            refusal.check(answer)
            return
        step.check(answer)
        accepted = Accepted(answer.headers["etag"].strip('"'), text)
        before = self.accepted.setdefault(state, accepted)
        if before is not accepted:
            told = f"the state {state} was taken from two writers, '{before.text}' was one"
            raise Mismatch(step.tell(answer, told))

    def _write(self, dice: Random, state: str, text: str) -> tuple[Request, Step]:
        """Return a write that presents a state, and what comes if it is stale by then."""
        body, tag = {self.member: text}, f'"{state}"'
        tagged = Request("PATCH", self.path, body, {"If-Match": tag})
        if not self.path.startswith(BASE):
            return tagged, Step(LATE, tagged, 412, problem(412, "PRECONDITION_FAILED", self.path))
        way = dice.randrange(3)
        if way == 0:
            return tagged, Step(LATE, tagged, 412, fault("InvalidIfMatch", ifMatch=tag))
        request = Request("PATCH", self.path, body, {STATE_HEADER: state})
        if way == 1:
            request = Request("PATCH", self.path, {**body, "_resource_state": state})
        conflict = fault("ResourceStateConflict", client=state, server=ANYTHING)
        return request, Step(LATE, request, 409, conflict)

    async def check(self, session: Session) -> int:
        """Follow the chain of all writes that were accepted to what there is; return its length.

        Raises:
            Mismatch: It breaks, or does not lead there.
        """
        state, text, left = self.first, "first", dict(self.accepted)
        while state in left:
            state, text = left.pop(state)
        if left:
            told = f"{len(left)} writes were accepted that presented no state of the chain: {left}"
            raise Mismatch(f"{self.path} in {session.workspace}: {told}")
        headers, request = {"etag": f'"{state}"'}, Request("GET", self.path)
        step = Step("GET the last of a chain", request, 200, ANYTHING, headers)
        came = (await session.do(step)).json[self.member]
        if came != text:
            told = f"is '{came}', the last write that was accepted said '{text}'"
            raise Mismatch(f"{self.path} in {session.workspace}: {self.member} {told}")
        return len(self.accepted)


@dataclass
class Rush:
    """Some clients that write to one document at the same instant, all from the same state.

    Attributes:
        fight: The document.
        state: What all of them present.
        begun: When they do.
    """

    fight: Fight
    state: str
    begun: asyncio.Event = field(default_factory=asyncio.Event)


@dataclass
class Contest:
    """All documents that the clients of one workspace share.

    Attributes:
        rush: The rush that others may join, None if there is none.
        fights: Those that they fight over.
        shared: The path of the one in which each has a member.
        written: What each has written there.
    """

    fights: Sequence[Fight]
    shared: str
    written: dict[str, str] = field(default_factory=dict)
    rush: Rush | None = None

    @classmethod
    async def open(cls, session: Session) -> "Contest":
        """Make the documents."""
        made = [await _make_list(session, name) for name in LISTS]
        item, shared = await _make_item(session, "fought"), await _make_item(session, "shared")
        return cls((*made, item), shared.path)

    async def join(self, session: Session, dice: Random, name: str) -> None:
        """Take part once, as the client of a name."""
        if dice.random() < 0.3:  # noqa: PLR2004 - some
            await self._share(session, name, f"{name} {dice.randrange(10**9)}")
            return
        fight = dice.choice(self.fights)
        state = await fight.look(session)
        if self.rush is None:
            await self._call(Rush(fight, state))
        await fight.attack(session, dice, state, f"{name} {dice.randrange(10**9)}")

    async def follow(self, session: Session, dice: Random, name: str, rush: Rush) -> None:
        """Take part in a rush that somebody has called, as the client of a name."""
        await rush.begun.wait()
        text = f"{name} {dice.randrange(10**9)}"
        await rush.fight.attack(session, dice, rush.state, text)

    async def _call(self, rush: Rush) -> None:
        """Give the others a moment to join a rush, then let it begin."""
        self.rush = rush
        await asyncio.sleep(GATHERING)
        self.rush = None
        rush.begun.set()

    async def _share(self, session: Session, name: str, text: str) -> None:
        patch = Request("PATCH", self.shared, {"metadata": {name: text}})

        def check(answer: Answer | None) -> None:
            came = answer.json["metadata"] if answer else {}
            if difference := find_difference(text, came.get(name), f"/metadata/{name}"):
                raise Mismatch(difference)

        for request in (patch, Request("GET", self.shared)):
            kind = f"{request.method} what is shared"
            await session.do(Step(kind, request, 200, ANYTHING, learn=check))
        self.written[name] = text

    async def check(self, session: Session) -> int:
        """Check all of them; return how many writes were accepted where there was a fight.

        Raises:
            Mismatch: A write was lost, or should not have been accepted.
        """
        answer = await session.do(
            Step("GET what is shared", Request("GET", self.shared), 200, ANYTHING, TAGGED)
        )
        if difference := find_difference(
            self.written, answer.json.get("metadata", {}), "/metadata"
        ):
            raise Mismatch(f"{self.shared} in {session.workspace}: {difference}")
        return sum([await fight.check(session) for fight in self.fights])


async def _make_list(session: Session, name: str) -> Fight:
    path = f"{BASE}/inventory_lists/{name}"
    request = Request("PUT", path, {"description": "first"})
    return _begin(
        path,
        "description",
        await session.do(Step("PUT what is shared", request, 201, ANYTHING, TAGGED)),
    )


async def _make_item(session: Session, name: str) -> Fight:
    body: dict[str, Any] = {"sku": name, "productVariant": {"variantId": "v"}, "name": "first"}
    answer = await session.do(
        Step("POST what is shared", Request("POST", "/items", body), 201, ANYTHING, TAGGED)
    )
    return _begin(answer.headers["location"], "name", answer)


def _begin(path: str, member: str, answer: Answer) -> Fight:
    return Fight(path, member, answer.headers["etag"].strip('"'))
