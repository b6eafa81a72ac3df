"""Emulators for several tests, and a Redis with emulators that share the Redis."""

import gc
import os
import shutil
import signal
import subprocess
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from time import monotonic, sleep
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import settings
from werkzeug.test import Client, TestResponse

from contract_tests.server import Pool

if TYPE_CHECKING:
    import redis

# Each run draws other examples, so few of them are enough. No deadline: a busy machine makes single
# examples slow.
settings.register_profile("few examples", deadline=None, max_examples=25)
settings.register_profile("many examples", deadline=None, max_examples=300)
settings.load_profile("few examples")

# Many tests make an emulator of their own, and an emulator is garbage in cycles. By default the
# collector looks at all objects of all tests after a few emulators, a fifth of the whole time.
gc.set_threshold(10_000, 10, 10)

# A shell starts commands in the background with SIGINT ignored, and their children inherit that.
# Tests interrupt processes that they start.
if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
    signal.signal(signal.SIGINT, signal.default_int_handler)


def pytest_collection_finish() -> None:
    """Leave the modules and the collected tests out of each collection of garbage.

    A collection would look at half a million objects, for 0.5 s.
    """
    gc.collect()
    gc.freeze()


HEADER = "x-emulator-workspace"
LOCAL = {"REMOTE_ADDR": "127.0.0.1"}
MAX_ANSWER_SECONDS = 30.0


@pytest.fixture(scope="session")
def pool() -> Iterator[Pool]:
    """The emulators that tests share: one for each configuration, clean for each test."""
    with closing(Pool()) as pool:
        yield pool


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
            until = monotonic() + MAX_ANSWER_SECONDS
            while True:
                try:
                    with reaching():
                        client.ping()
                        return
                except StoreUnavailable:
                    if process.poll() is not None or monotonic() > until:
                        raise
                sleep(0.005)


@pytest.fixture
def own_process(monkeypatch: pytest.MonkeyPatch) -> None:
    """Keep 'serve' from what it does to its process, so that it can fail in this one."""
    monkeypatch.setattr("emulator.cli.serve.signal.pthread_sigmask", lambda *_: None)
    monkeypatch.setattr("emulator.cli.serve.gc.disable", lambda: None)
    monkeypatch.setattr("emulator.cli.serve.gc.freeze", lambda: None)
    # The processor time of other tests' servers and of the collector would count as a long load.
    monkeypatch.setattr("emulator.cli.progress.LOOK_SECONDS", MAX_ANSWER_SECONDS)


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


class Pair:
    """Two emulators, asked in turn."""

    def __init__(self, url: str, **knobs: Any) -> None:
        from emulator import Emulator  # noqa: PLC0415 - as above

        self.emulators = [Emulator(fixtures="samples", store=url, **knobs) for _ in range(2)]
        self.token = self.emulators[0].token()
        self._turn = 0

    def ask(self, method: str, path: str, workspace: str = "", **options: Any) -> TestResponse:
        """Ask the one that was not asked last."""
        self._turn += 1
        return self.ask_one(self._turn % 2, method, path, workspace, **options)

    def ask_one(
        self, which: int, method: str, path: str, workspace: str = "", **options: Any
    ) -> TestResponse:
        headers = {"Authorization": f"Bearer {self.token}", **options.pop("headers", {})}
        headers |= {HEADER: workspace} if workspace else {}
        client = Client(self.emulators[which].app)
        return client.open(path, method=method, headers=headers, environ_overrides=LOCAL, **options)

    def told(self, method: str, path: str, workspace: str = "", **options: Any) -> Any:
        """Return the JSON that the other one answers."""
        answer = self.ask(method, path, workspace, **options)
        assert answer.status_code < 300, answer.text
        return answer.json

    def check(self) -> None:
        for emulator in self.emulators:
            emulator.check()


@pytest.fixture
def empty_redis(redis_server: Server, redis_client: "redis.Redis") -> Iterator[str]:
    """A Redis without keys of an emulator."""
    yield redis_server.url
    keys = list(redis_client.scan_iter("ocapi-emulator:*", 1000))
    if keys:
        redis_client.delete(*keys)


@pytest.fixture
def make_pair(empty_redis: str) -> Iterator[Callable[..., Pair]]:
    """What makes pairs of emulators with knobs, whose internal errors fail the test."""
    pairs: list[Pair] = []

    def make(**knobs: Any) -> Pair:
        pairs.append(Pair(empty_redis, **knobs))
        return pairs[-1]

    yield make
    for pair in pairs:
        pair.check()


@pytest.fixture
def pair(make_pair: Callable[..., Pair]) -> Pair:
    """Two emulators without knobs."""
    return make_pair()
