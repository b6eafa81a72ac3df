"""Documents with simultaneous changes from all clients of a workspace.

The clients change contended documents by conditional writes, often at once and with the same state.
The model does not know which write succeeds. But each accepted write has the state of the accepted
write before, so the accepted writes are a chain from the first state to the last one. In the
shared document each client changes a member of its own, without a condition.
"""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass, field
from random import Random
from typing import Any, NamedTuple

from benchmarks.soak.collection import API_PATH, STATE_HEADER
from benchmarks.soak.connection import Answer, Request
from benchmarks.soak.matcher import ANYTHING, TAG, find_difference
from benchmarks.soak.session import Session
from benchmarks.soak.step import Mismatch, Step, fault, problem

LIST_IDS = ("contended0", "contended1")
STATE_TAG = {"etag": TAG}
GATHER_SECONDS = 0.2
STALE_WRITE = "PATCH contended document, stale"


class Accepted(NamedTuple):
    """An accepted write: the new state, and the new text."""

    state: str
    text: str


@dataclass
class ContendedDocument:
    """A contended document.

    Attributes:
        path: The path.
        member: The name of the changed member.
        first: The state before the first write.
        accepted: The accepted writes, by the state in the request.
    """

    path: str
    member: str
    first: str
    accepted: dict[str, Accepted] = field(default_factory=dict)

    async def read_state(self, session: Session) -> str:
        """Return the present state."""
        seen = await session.do(
            Step("GET contended document", Request("GET", self.path), 200, ANYTHING, STATE_TAG)
        )
        return seen.headers["etag"].strip('"')

    async def write(self, session: Session, rng: Random, state: str, text: str) -> None:
        """Send a write with a state; the write may succeed or be stale."""
        request, refusal = self._write(rng, state, text)
        step = Step("PATCH contended document", request, 200, ANYTHING, STATE_TAG)
        answer = await session.send(step)
        if answer.status == refusal.status:
            refusal.check(answer)
            return
        step.check(answer)
        accepted = Accepted(answer.headers["etag"].strip('"'), text)
        before = self.accepted.setdefault(state, accepted)
        if before is not accepted:
            difference = f"a write with the state {state} was accepted before: '{before.text}'"
            raise Mismatch(step.describe(answer, difference))

    def _write(self, rng: Random, state: str, text: str) -> tuple[Request, Step]:
        """Return a write with a state, and the expected answer if the state is stale."""
        body, tag = {self.member: text}, f'"{state}"'
        tagged = Request("PATCH", self.path, body, {"If-Match": tag})
        if not self.path.startswith(API_PATH):
            return tagged, Step(
                STALE_WRITE, tagged, 412, problem(412, "PRECONDITION_FAILED", self.path)
            )
        way = rng.randrange(3)
        if way == 0:
            return tagged, Step(STALE_WRITE, tagged, 412, fault("InvalidIfMatch", ifMatch=tag))
        request = Request("PATCH", self.path, body, {STATE_HEADER: state})
        if way == 1:
            request = Request("PATCH", self.path, {**body, "_resource_state": state})
        conflict = fault("ResourceStateConflict", client=state, server=ANYTHING)
        return request, Step(STALE_WRITE, request, 409, conflict)

    async def check(self, session: Session) -> int:
        """Check the chain of the accepted writes; return the length of the chain.

        Raises:
            Mismatch: The chain has a gap, or another end.
        """
        state, text, left = self.first, "first", dict(self.accepted)
        while state in left:
            state, text = left.pop(state)
        if left:
            told = f"{len(left)} accepted writes have no state of the chain: {left}"
            raise Mismatch(f"{self.path} in {session.workspace}: {told}")
        headers, request = {"etag": f'"{state}"'}, Request("GET", self.path)
        step = Step("GET the last of a chain", request, 200, ANYTHING, headers)
        came = (await session.do(step)).json[self.member]
        if came != text:
            told = f"is '{came}', the last accepted write was '{text}'"
            raise Mismatch(f"{self.path} in {session.workspace}: {self.member} {told}")
        return len(self.accepted)


@dataclass
class Burst:
    """Simultaneous writes of several clients to one document, with the same state.

    Attributes:
        document: The document.
        state: The state in all writes.
        begun: Set when the clients may send.
    """

    document: ContendedDocument
    state: str
    begun: asyncio.Event = field(default_factory=asyncio.Event)


@dataclass
class Contention:
    """The common documents of all clients of a workspace.

    Attributes:
        documents: The contended documents.
        shared: The path of the shared document.
        written: The texts in the shared document, by client.
        burst: The burst that other clients may join; None for none.
    """

    documents: Sequence[ContendedDocument]
    shared: str
    written: dict[str, str] = field(default_factory=dict)
    burst: Burst | None = None

    @classmethod
    async def open(cls, session: Session) -> "Contention":
        """Create the documents."""
        made = [await _make_list(session, name) for name in LIST_IDS]
        item, shared = await _make_item(session, "contended"), await _make_item(session, "shared")
        return cls((*made, item), shared.path)

    async def join(self, session: Session, rng: Random, name: str) -> None:
        """Send the write of one client, sometimes as the start of a burst."""
        if rng.random() < 0.3:  # noqa: PLR2004 - some
            await self._share(session, name, f"{name} {rng.randrange(10**9)}")
            return
        document = rng.choice(self.documents)
        state = await document.read_state(session)
        if self.burst is None:
            await self._call(Burst(document, state))
        await document.write(session, rng, state, f"{name} {rng.randrange(10**9)}")

    async def follow(self, session: Session, rng: Random, name: str, burst: Burst) -> None:
        """Send the write of one client in a burst."""
        await burst.begun.wait()
        text = f"{name} {rng.randrange(10**9)}"
        await burst.document.write(session, rng, burst.state, text)

    async def _call(self, burst: Burst) -> None:
        """Give other clients time to join a burst, then start the burst."""
        self.burst = burst
        await asyncio.sleep(GATHER_SECONDS)
        self.burst = None
        burst.begun.set()

    async def _share(self, session: Session, name: str, text: str) -> None:
        patch = Request("PATCH", self.shared, {"metadata": {name: text}})

        def check(answer: Answer | None) -> None:
            came = answer.json["metadata"] if answer else {}
            if difference := find_difference(text, came.get(name), f"/metadata/{name}"):
                raise Mismatch(difference)

        for request in (patch, Request("GET", self.shared)):
            kind = f"{request.method} shared document"
            await session.do(Step(kind, request, 200, ANYTHING, learn=check))
        self.written[name] = text

    async def check(self, session: Session) -> int:
        """Check all documents; return the number of accepted contended writes.

        Raises:
            Mismatch: A write was lost, or was accepted by mistake.
        """
        answer = await session.do(
            Step("GET shared document", Request("GET", self.shared), 200, ANYTHING, STATE_TAG)
        )
        if difference := find_difference(
            self.written, answer.json.get("metadata", {}), "/metadata"
        ):
            raise Mismatch(f"{self.shared} in {session.workspace}: {difference}")
        return sum([await document.check(session) for document in self.documents])


async def _make_list(session: Session, name: str) -> ContendedDocument:
    path = f"{API_PATH}/inventory_lists/{name}"
    request = Request("PUT", path, {"description": "first"})
    return _begin(
        path,
        "description",
        await session.do(Step("PUT shared document", request, 201, ANYTHING, STATE_TAG)),
    )


async def _make_item(session: Session, name: str) -> ContendedDocument:
    body: dict[str, Any] = {"sku": name, "productVariant": {"variantId": "v"}, "name": "first"}
    answer = await session.do(
        Step("POST shared document", Request("POST", "/items", body), 201, ANYTHING, STATE_TAG)
    )
    return _begin(answer.headers["location"], "name", answer)


def _begin(path: str, member: str, answer: Answer) -> ContendedDocument:
    return ContendedDocument(path, member, answer.headers["etag"].strip('"'))
