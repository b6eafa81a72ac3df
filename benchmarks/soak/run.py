"""A whole soak test: open connections, send the load, check the final state."""

import asyncio
from contextlib import suppress
from dataclasses import dataclass
from time import monotonic, perf_counter

from benchmarks.soak.client import Client
from benchmarks.soak.connection import Connection
from benchmarks.soak.resources import ResourceMonitor
from benchmarks.soak.server import Server
from benchmarks.soak.session import Session, Tally
from benchmarks.soak.step import Mismatch
from benchmarks.soak.workspace import SharedWorkspace

CLIENTS_A_WORKSPACE = 8


@dataclass(frozen=True)
class Plan:
    """The plan of the load.

    Attributes:
        seconds: The duration.
        connections: The number of simultaneous connections.
        seed: The seed of all random choices.
    """

    seconds: float
    connections: int
    seed: int


@dataclass(frozen=True)
class Outcome:
    """The figures of a run.

    Attributes:
        tally: The requests.
        monitor: The resources of the server.
        seconds: The duration of the load.
        accepted: The number of accepted writes to contended documents.
        grown: A sentence for each resource with growth.
    """

    tally: Tally
    monitor: ResourceMonitor
    seconds: float
    accepted: int
    grown: list[str]


async def soak(server: Server, plan: Plan) -> Outcome:
    """Put a server under load, and check all answers.

    Raises:
        Mismatch: An answer or the final state is wrong; the first such mismatch.
    """
    tally, monitor = Tally(), ResourceMonitor(plan.connections, server.process, server.redis)
    connections = [Connection(server.url) for _ in range(plan.connections)]
    try:
        workspaces = await _open(connections, tally, plan)
        began = perf_counter()
        await _load(workspaces, monitor, plan.seconds)
        seconds = perf_counter() - began
        accepted = sum([await workspace.check(server.journal) for workspace in workspaces])
    finally:
        for connection in connections:
            await connection.close()
    return Outcome(tally, monitor, seconds, accepted, monitor.find_growth())


async def _open(connections: list[Connection], tally: Tally, plan: Plan) -> list[SharedWorkspace]:
    """Return the workspaces with their clients."""
    workspaces = []
    for first in range(0, len(connections), CLIENTS_A_WORKSPACE):
        ours = connections[first : first + CLIENTS_A_WORKSPACE]
        name = f"soak-{first // CLIENTS_A_WORKSPACE}"
        workspace = await SharedWorkspace.open(Session(ours[0], name, tally))
        for number, connection in enumerate(ours, start=first):
            session = Session(connection, name, tally)
            workspace.clients.append(
                Client(f"c{number:03}x", session, workspace.contention, plan.seed)
            )
        workspaces.append(workspace)
    return workspaces


async def _load(
    workspaces: list[SharedWorkspace], monitor: ResourceMonitor, seconds: float
) -> None:
    """Run all clients at once, and take samples; the first mismatch ends the load."""
    deadline = monotonic() + seconds
    clients = [client for workspace in workspaces for client in workspace.clients]
    measuring = asyncio.create_task(monitor.run())
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
    """Return the first mismatch in nested exception groups."""
    first = found.exceptions[0]
    return _first(first) if isinstance(first, BaseExceptionGroup) else first
