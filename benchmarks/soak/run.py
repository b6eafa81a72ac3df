"""The whole of a soak: opens the connections, lets them go, looks at what is left."""

import asyncio
from contextlib import suppress
from dataclasses import dataclass
from time import monotonic, perf_counter

from benchmarks.soak.client import Client
from benchmarks.soak.gauge import Gauge
from benchmarks.soak.server import Server
from benchmarks.soak.session import Session, Tally
from benchmarks.soak.shop import Shop
from benchmarks.soak.step import Mismatch
from benchmarks.soak.wire import Connection

IN_ONE = 8  # clients that share a workspace


@dataclass(frozen=True)
class Plan:
    """How much load there is to be.

    Attributes:
        seconds: How long.
        connections: How many at once.
        seed: What chance is made from.
    """

    seconds: float
    connections: int
    seed: int


@dataclass(frozen=True)
class Outcome:
    """What came of it.

    Attributes:
        tally: What was sent.
        gauge: What was measured.
        seconds: How long the load lasted.
        accepted: How many writes were accepted where clients fought over documents.
        grown: What has grown, in sentences.
    """

    tally: Tally
    gauge: Gauge
    seconds: float
    accepted: int
    grown: list[str]


async def soak(server: Server, plan: Plan) -> Outcome:
    """Put a server under load, and check all that it answers.

    Raises:
        Mismatch: It answered something else than the contract says; the first such finding.
    """
    tally, gauge = Tally(), Gauge(plan.connections, server.process, server.redis)
    connections = [Connection(server.url) for _ in range(plan.connections)]
    try:
        shops = await _open(connections, tally, plan)
        began = perf_counter()
        await _load(shops, gauge, plan.seconds)
        seconds = perf_counter() - began
        accepted = sum([await shop.check(server.journal) for shop in shops])
    finally:
        for connection in connections:
            await connection.close()
    return Outcome(tally, gauge, seconds, accepted, gauge.judge())


async def _open(connections: list[Connection], tally: Tally, plan: Plan) -> list[Shop]:
    """Return the workspaces, with their clients in them."""
    shops = []
    for first in range(0, len(connections), IN_ONE):
        ours = connections[first : first + IN_ONE]
        name = f"soak-{first // IN_ONE}"
        shop = await Shop.open(Session(ours[0], name, tally))
        for number, connection in enumerate(ours, start=first):
            session = Session(connection, name, tally)
            shop.clients.append(Client(f"c{number:03}x", session, shop.contest, plan.seed))
        shops.append(shop)
    return shops


async def _load(shops: list[Shop], gauge: Gauge, seconds: float) -> None:
    """Let all clients go at once, and measure meanwhile; the first finding ends it."""
    deadline = monotonic() + seconds
    clients = [client for shop in shops for client in shop.clients]
    measuring = asyncio.create_task(gauge.run())
    try:
        async with asyncio.TaskGroup() as group:
            for client in clients:
                group.create_task(client.run(deadline))
    except* Mismatch as found:
        raise _first(found) from None
    finally:
        measuring.cancel()
        with suppress(asyncio.CancelledError):
            await measuring


def _first(found: BaseExceptionGroup[Mismatch]) -> Mismatch:
    """Return the first of several findings, which may lie in groups of their own."""
    first = found.exceptions[0]
    return _first(first) if isinstance(first, BaseExceptionGroup) else first
