"""Failpoints for single requests: check the client's view and the server's state."""

from dataclasses import replace
from random import Random
from typing import Any

from benchmarks.soak.connection import Answer
from benchmarks.soak.matcher import ANYTHING
from benchmarks.soak.session import Session
from benchmarks.soak.step import Mismatch, Step, fault, problem

MARK_HEADER = "x-soak"
DELAY_SECONDS = 0.05
MIN_DELAY_SHARE = 0.9  # timers round to milliseconds
TRUNCATED_BYTES = 5
DELAYS = ("delay", "slow_body")
UNSERVED = ("fault", "status", "drop before")
LOST_ANSWERS = ("drop after", "truncate")
INJECTED_BODY = {"soak": "injected"}
BODILESS_STATUSES = (204, 304)


async def inject(session: Session, step: Step, rng: Random, mark: str) -> None:
    """Add a failpoint for one request, send the request, check answer and failpoint.

    Args:
        session: The client.
        step: The request.
        rng: Chooses the failpoint.
        mark: The value of a header that only this request has.

    Raises:
        Mismatch: The answer or the failpoint differs from the model.
    """
    sort = rng.choice(_choose(step))
    action = _declare(sort, step)
    declared = {"match": {"header": {MARK_HEADER: mark}}, "times": 1, "action": action}
    made = {**declared, "id": ANYTHING, "seen": 0, "applied": 0}
    shown = await session.control("POST", "/failpoints", declared, status=201, content=[made])
    await _send_with_failpoint(session, step.having(x_soak=mark), sort)
    await _remove(session, shown[0])
    session.tally.injected[sort] += 1


def _choose(step: Step) -> tuple[str, ...]:
    """Return the possible failpoints of a step; some steps need their answers."""
    losses = [sort for sort in LOST_ANSWERS if step.losable]
    if step.status in BODILESS_STATUSES or step.request.method == "HEAD":
        losses = [sort for sort in losses if sort != "truncate"]
    return (*DELAYS, *UNSERVED, *losses)


def _declare(sort: str, step: Step) -> dict[str, Any]:
    """Return the action of a failpoint."""
    if sort == "fault":
        if step.request.path.startswith("/s/"):
            return {"fault": "SiteOffline", "arguments": {"siteId": "soak"}}
        return {"fault": "IN_USE", "arguments": {"detail": "soak"}}
    actions: dict[str, dict[str, Any]] = {
        "delay": {"delay": DELAY_SECONDS},
        "slow_body": {"slow_body": DELAY_SECONDS},
        "status": {"status": 503, "headers": {"Retry-After": "1"}, "body": INJECTED_BODY},
        "drop before": {"drop": "before"},
        "drop after": {"drop": "after"},
        "truncate": {"truncate": TRUNCATED_BYTES},
    }
    return actions[sort]


async def _send_with_failpoint(session: Session, step: Step, sort: str) -> None:
    if sort in DELAYS:
        answer = await session.do(step)
        if (sort == "delay" or answer.body) and answer.seconds < DELAY_SECONDS * MIN_DELAY_SHARE:
            raise Mismatch(
                step.describe(answer, f"the answer took {answer.seconds} s, less than the {sort}")
            )
    elif sort in LOST_ANSWERS or sort == "drop before":
        answer = await session.send(step)
        _check_loss(step, sort, answer)
        if sort in LOST_ANSWERS:
            step.learn(None)
    else:
        await session.do(_injected(step, sort))


def _injected(step: Step, sort: str) -> Step:
    """Return a step with the answer of the failpoint."""
    path = step.request.path.partition("?")[0]
    bare = step.request.method == "HEAD"
    refused = replace(step, kind=f"injected {sort}", headers={}, learn=lambda _: None)
    if sort == "status":
        told = None if bare else INJECTED_BODY
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
    """Check where the connection ended."""
    wanted = TRUNCATED_BYTES if sort == "truncate" else 0
    status = step.status if sort == "truncate" else 0
    came = (answer.whole, answer.status, len(answer.body))
    if came != (False, status, wanted):
        told = f"{sort} should have ended the connection after {wanted} bytes of the body"
        raise Mismatch(step.describe(answer, told))


async def _remove(session: Session, shown: dict[str, Any]) -> None:
    """Check the counters of a failpoint, and remove the failpoint."""
    path = f"/failpoints/{shown['id']}"
    listed = await session.control("GET", "/failpoints", content=ANYTHING)
    found = [failpoint for failpoint in listed if failpoint["id"] == shown["id"]]
    if found != [{**shown, "seen": 1, "applied": 1}]:
        raise Mismatch(f"the failpoint {shown} was applied once, but is listed as {found}")
    await session.control("DELETE", path, status=204, content=None)
