"""Failpoints on the way of one request: what the client sees of them, and the server does."""

from dataclasses import replace
from random import Random
from typing import Any

from benchmarks.soak.expectation import ANYTHING
from benchmarks.soak.session import Session
from benchmarks.soak.step import Mismatch, Step, fault, problem
from benchmarks.soak.wire import Answer

HEADER = "x-soak"
DELAY = 0.05  # seconds
ROUNDED = 0.9  # of which so much may be there: timers go by the millisecond
CUT = 5  # bytes
HARMLESS = ("delay", "slow_body")
WITHOUT_EFFECT = ("fault", "status", "drop before")
LOSSES = ("drop after", "truncate")
TOLD = {"soak": "injected"}
BODILESS = (204, 304)


async def meet(session: Session, step: Step, dice: Random, mark: str) -> None:
    """Send a step past a failpoint that is for it alone, and see both do what they should.

    Args:
        session: The client.
        step: The request.
        dice: What decides which trouble it is.
        mark: What no other request has in its header.

    Raises:
        Mismatch: Something else came of it.
    """
    sort = dice.choice(_choose(step))
    action = _declare(sort, step)
    declared = {"match": {"header": {HEADER: mark}}, "times": 1, "action": action}
    made = {**declared, "id": ANYTHING, "seen": 0, "met": 0}
    shown = await session.control("POST", "/failpoints", declared, status=201, content=[made])
    await _suffer(session, step.having(x_soak=mark), sort)
    await _withdraw(session, shown[0])
    session.tally.injected[sort] += 1


def _choose(step: Step) -> tuple[str, ...]:
    """Return the trouble that a step can meet; not every one can do without its answer."""
    losses = [sort for sort in LOSSES if step.losable]
    if step.status in BODILESS or step.request.method == "HEAD":
        losses = [sort for sort in losses if sort != "truncate"]
    return (*HARMLESS, *WITHOUT_EFFECT, *losses)


def _declare(sort: str, step: Step) -> dict[str, Any]:
    """Return the action of some trouble."""
    if sort == "fault":
        if step.request.path.startswith("/s/"):
            return {"fault": "SiteOffline", "arguments": {"siteId": "soak"}}
        return {"fault": "IN_USE", "arguments": {"detail": "soak"}}
    actions: dict[str, dict[str, Any]] = {
        "delay": {"delay": DELAY},
        "slow_body": {"slow_body": DELAY},
        "status": {"status": 503, "headers": {"Retry-After": "1"}, "body": TOLD},
        "drop before": {"drop": "before"},
        "drop after": {"drop": "after"},
        "truncate": {"truncate": CUT},
    }
    return actions[sort]


async def _suffer(session: Session, step: Step, sort: str) -> None:
    if sort in HARMLESS:
        answer = await session.do(step)
        if (sort == "delay" or answer.body) and answer.seconds < DELAY * ROUNDED:
            raise Mismatch(step.tell(answer, f"it came in {answer.seconds} s, in spite of {sort}"))
    elif sort in LOSSES or sort == "drop before":
        answer = await session.send(step)
        _check_loss(step, sort, answer)
        if sort in LOSSES:
            step.learn(None)
    else:
        await session.do(_injected(step, sort))


def _injected(step: Step, sort: str) -> Step:
    """Return a step that is answered by a failpoint, in the place of the API."""
    path = step.request.path.partition("?")[0]
    bare = step.request.method == "HEAD"
    refused = replace(step, kind=f"injected {sort}", headers={}, learn=lambda _: None)
    if sort == "status":
        told = None if bare else TOLD
        wanted = {"retry-after": "1"}
        return replace(refused, status=503, content=told, headers=wanted, read=_read_json)
    if not step.request.path.startswith("/s/"):
        return replace(refused, status=409, content=problem(409, "IN_USE", path), read=_read_json)
    told = None if bare else fault("SiteOffline", siteId="soak")
    in_xml = step.request.headers.get("accept") == "application/xml"
    if in_xml:
        return replace(refused, status=403, content=None, read=lambda _: None)
    return replace(refused, status=403, content=told, read=_read_json)


def _read_json(answer: Answer) -> Any:
    return answer.json


def _check_loss(step: Step, sort: str, answer: Answer) -> None:
    """Find the connection ended just where it was to be."""
    wanted = CUT if sort == "truncate" else 0
    status = step.status if sort == "truncate" else 0
    came = (answer.whole, answer.status, len(answer.body))
    if came != (False, status, wanted):
        told = f"{sort} should have ended the connection after {wanted} bytes of the body"
        raise Mismatch(step.tell(answer, told))


async def _withdraw(session: Session, shown: dict[str, Any]) -> None:
    """Remove a failpoint, which one request has met."""
    path = f"/failpoints/{shown['id']}"
    listed = await session.control("GET", "/failpoints", content=ANYTHING)
    found = [failpoint for failpoint in listed if failpoint["id"] == shown["id"]]
    if found != [{**shown, "seen": 1, "met": 1}]:
        raise Mismatch(f"the failpoint {shown} was met once, it is listed as {found}")
    await session.control("DELETE", path, status=204, content=None)
