"""Memory, threads and open files of a server: samples during the load, and a check for growth."""

import asyncio
import re
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from statistics import median
from typing import NamedTuple

from benchmarks.process import HAS_PROC, HOST, PROC, find_family

SAMPLE_SECONDS = 1.0
MIN_SAMPLES = 8  # fewer samples show no growth
NOISE_FACTOR = 1.1
MIB = 1024 * 1024


class Measure(NamedTuple):
    """A measured quantity.

    Attributes:
        name: The name in the report.
        unit: The unit in the report.
        size: The size of the unit.
        slack: Growth that counts as noise.
        slack_each: Further growth for each connection that counts as noise.
    """

    name: str
    unit: str
    size: int
    slack: int
    slack_each: int = 0


MEASURES = {
    "resident": Measure("resident memory", "MiB", MIB, 8 * MIB),
    "threads": Measure("threads", "", 1, 8, 1),
    "files": Measure("open files", "", 1, 8, 1),
    "redis": Measure("memory of Redis", "MiB", MIB, 8 * MIB),
}


@dataclass
class ResourceMonitor:
    """Samples of a server's processes, and of the server's Redis.

    Attributes:
        connections: The number of connections to the server.
        process: The id of the first process; None for a server on another machine.
        redis: The port of the Redis; None without Redis.
        samples: The samples, by measure.
    """

    connections: int
    process: int | None = None
    redis: int | None = None
    samples: dict[str, list[int]] = field(default_factory=dict)

    async def run(self) -> None:
        """Take samples until the task is cancelled."""
        while True:
            await self.sample()
            await asyncio.sleep(SAMPLE_SECONDS)

    async def sample(self) -> None:
        """Take one sample of each measure."""
        values = read_resources(self.process) if self.process and HAS_PROC else {}
        if self.redis:
            values["redis"] = await read_redis_memory(self.redis)
        for name, value in values.items():
            self.samples.setdefault(name, []).append(value)

    def find_growth(self) -> list[str]:
        """Return a sentence for each measure with growth."""
        found = (find_growth(name, v, self.connections) for name, v in self.samples.items())
        return [sentence for sentence in found if sentence]


def quarters(values: Sequence[int]) -> list[float]:
    """Return the medians of the four quarters of a run."""
    length = len(values) / 4
    parts = [values[round(n * length) : round((n + 1) * length)] for n in range(4)]
    return [median(part) for part in parts if part]


def find_growth(name: str, values: Sequence[int], connections: int) -> str:
    """Return a sentence about growth; empty for no growth.

    The first quarter is a warm-up: journals fill, threads start. The last quarter may be a tenth
    above the second quarter, plus a fixed slack for small servers. A thread for each connection may
    start late: the first time that all connections are busy at once.
    """
    if len(values) < MIN_SAMPLES:
        return ""
    measure, (_, second, _, last) = MEASURES[name], quarters(values)
    if last <= NOISE_FACTOR * second + measure.slack + measure.slack_each * connections:
        return ""
    before, after = (f"{value / measure.size:,.0f}" for value in (second, last))
    return f"{measure.name} grew from {before} to {after} {measure.unit}".rstrip()


def read_resources(process: int) -> dict[str, int]:
    """Return resident memory in bytes, threads and open files of a process tree."""
    total = {"resident": 0, "threads": 0, "files": 0}
    for member in find_family(process):
        with suppress(OSError):  # a process may end between the search and the reading
            status = (PROC / str(member) / "status").read_text()
            total["resident"] += _read(r"VmRSS:\s+(\d+) kB", status) * 1024
            total["threads"] += _read(r"Threads:\s+(\d+)", status)
            total["files"] += sum(1 for _ in (PROC / str(member) / "fd").iterdir())
    return total


def _read(pattern: str, text: str) -> int:
    found = re.search(pattern, text)
    return int(found[1]) if found else 0


async def read_redis_memory(port: int) -> int:
    """Return the bytes of memory of a Redis on this machine."""
    reader, writer = await asyncio.open_connection(HOST, port)
    try:
        writer.write(b"INFO memory\r\n")
        length = int((await reader.readline()).strip()[1:])
        return _read(r"used_memory:(\d+)", (await reader.readexactly(length)).decode())
    finally:
        writer.close()
