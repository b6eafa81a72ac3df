"""What a server takes of its machine: sampled while it serves, judged at the end."""

import asyncio
import re
from collections.abc import Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from statistics import median
from typing import NamedTuple

PROC = Path("/proc")
PROC_IS_THERE = PROC.is_dir()
EVERY = 1.0  # seconds from one sample to the next
FEWEST = 8  # samples of which something can be said
FACTOR = 1.1  # noise, as part of the whole
MIB = 1024 * 1024


class Measure(NamedTuple):
    """What is measured: its name, its unit, how much that is, what more of it may be noise."""

    name: str
    unit: str
    size: int
    slack: int
    slack_each: int = 0  # for each connection


MEASURES = {
    "resident": Measure("resident memory", "MiB", MIB, 8 * MIB),
    "threads": Measure("threads", "", 1, 8, 1),
    "files": Measure("open files", "", 1, 8, 1),
    "redis": Measure("memory of Redis", "MiB", MIB, 8 * MIB),
}


@dataclass
class Gauge:
    """Samples of a server's process tree, and of its Redis.

    Attributes:
        connections: How many connections the server has to serve.
        process: The id of the first process; None for a server that runs elsewhere.
        redis: The port of its Redis; None without one.
        samples: What was measured, by measure.
    """

    connections: int
    process: int | None = None
    redis: int | None = None
    samples: dict[str, list[int]] = field(default_factory=dict)

    async def run(self) -> None:
        """Sample until it is cancelled."""
        while True:
            await self.sample()
            await asyncio.sleep(EVERY)

    async def sample(self) -> None:
        """Take one sample of all that can be measured here."""
        taken = weigh(self.process) if self.process and PROC_IS_THERE else {}
        if self.redis:
            taken["redis"] = await ask_redis(self.redis)
        for name, value in taken.items():
            self.samples.setdefault(name, []).append(value)

    def judge(self) -> list[str]:
        """Return what has grown."""
        judged = (judge(name, v, self.connections) for name, v in self.samples.items())
        return [told for told in judged if told]


def quarters(values: Sequence[int]) -> list[float]:
    """Return the medians of the four quarters of a run."""
    length = len(values) / 4
    parts = [values[round(n * length) : round((n + 1) * length)] for n in range(4)]
    return [median(part) for part in parts if part]


def judge(name: str, values: Sequence[int], connections: int) -> str:
    """Return what is to be said of growth, empty if there was none.

    The first quarter warms up: journals fill, threads start. From the second to the last one may
    differ by a tenth, and by a fixed amount that noise of small servers stays within: a thread for
    each connection may begin as late as all of them happen to be busy at once.
    """
    if len(values) < FEWEST:
        return ""
    measure, (_, second, _, last) = MEASURES[name], quarters(values)
    if last <= FACTOR * second + measure.slack + measure.slack_each * connections:
        return ""
    before, after = (f"{value / measure.size:,.0f}" for value in (second, last))
    return f"{measure.name} grew from {before} to {after} {measure.unit}".rstrip()


def weigh(process: int) -> dict[str, int]:
    """Return the resident memory in bytes, the threads and open files of a process tree."""
    total = {"resident": 0, "threads": 0, "files": 0}
    for member in find_tree(process):
        with suppress(OSError):  # it has ended since we found it
            status = (PROC / str(member) / "status").read_text()
            total["resident"] += _read(r"VmRSS:\s+(\d+) kB", status) * 1024
            total["threads"] += _read(r"Threads:\s+(\d+)", status)
            total["files"] += sum(1 for _ in (PROC / str(member) / "fd").iterdir())
    return total


def find_tree(process: int) -> Iterator[int]:
    """Yield the ids of a process and of all that descend from it."""
    yield process
    for children in (PROC / str(process) / "task").glob("*/children"):
        with suppress(OSError):
            for child in children.read_text().split():
                yield from find_tree(int(child))


def _read(pattern: str, text: str) -> int:
    found = re.search(pattern, text)
    return int(found[1]) if found else 0


async def ask_redis(port: int) -> int:
    """Return the bytes of memory that a Redis on this machine uses."""
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    try:
        writer.write(b"INFO memory\r\n")
        length = int((await reader.readline()).strip()[1:])
        return _read(r"used_memory:(\d+)", (await reader.readexactly(length)).decode())
    finally:
        writer.close()
