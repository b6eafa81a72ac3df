"""A Redis for the tests that want one, started once in a process."""

import os
import shutil
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from time import monotonic, sleep
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    import redis

LONGEST = 30.0  # seconds that a server may take to answer


class Server:
    """A ``redis-server`` that keeps nothing on disk, on a socket in a folder."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.url = f"unix://{folder}/redis.sock"
        self.process: subprocess.Popen[bytes] | None = None

    def start(self, *options: str) -> None:
        """Start it, and wait until it answers."""
        place = ("--port", "0", "--unixsocket", f"{self.folder}/redis.sock")
        kept = ("--save", "", "--appendonly", "no", "--dir", str(self.folder))
        quiet = ("--logfile", f"{self.folder}/redis.log")
        command = ("redis-server", *place, *kept, *quiet, *options)
        self.process = subprocess.Popen(command)  # noqa: S603 - of our own making
        self._await_answer(self.process)

    def stop(self) -> None:
        """Kill it, as a crash would; return when it is gone."""
        if self.process is not None:
            self.process.kill()
            self.process.wait()
            self.process = None

    def _await_answer(self, process: "subprocess.Popen[bytes]") -> None:
        from emulator.store import StoreUnavailable  # noqa: PLC0415 - as below
        from emulator.store.redis import connect, reaching  # noqa: PLC0415 - only where wanted

        with connect(self.url) as client:
            until = monotonic() + LONGEST
            while True:
                try:
                    with reaching():
                        client.ping()
                        return
                except StoreUnavailable:
                    if process.poll() is not None or monotonic() > until:
                        raise
                sleep(0.005)


@contextmanager
def _serving() -> Iterator[Server]:
    if shutil.which("redis-server") is None and not os.environ.get("CI"):
        pytest.skip("there is no redis-server on the PATH")
    with TemporaryDirectory(prefix="redis-") as folder:  # short, as paths of sockets have to be
        server = Server(Path(folder))
        try:
            server.start()
            yield server
        finally:
            server.stop()


@pytest.fixture(scope="session")
def redis_server() -> Iterator[Server]:
    """A server that all tests of a process share, each below a prefix of its own."""
    with _serving() as server:
        yield server


@pytest.fixture
def own_redis_server() -> Iterator[Server]:
    """A server that a test may kill and start again."""
    with _serving() as server:
        yield server


@pytest.fixture(scope="session")
def redis_client(redis_server: Server) -> Iterator["redis.Redis"]:
    """A client of the shared server."""
    from emulator.store.redis import connect  # noqa: PLC0415 - only where it is wanted

    with connect(redis_server.url) as client:
        yield client
