"""Bounds: the time, the memory and the descriptors that clients may take from each other."""

import json
import subprocess
import sys
import time
from collections.abc import Iterable
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, suppress
from threading import Event
from typing import TYPE_CHECKING, Any

import pytest

from emulator.http.body import BodyMemory
from emulator.http.listener import Listener
from emulator.tests.http.serving import GET, application, connected, serving
from emulator.tests.wire import TIMEOUT, ask, receive, send

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIEnvironment

FEW_DESCRIPTORS = """
import resource, sys
from emulator.tests.http.serving import application, serving

resource.setrlimit(resource.RLIMIT_NOFILE, (64, 64))
with serving(application) as listener:
    print(listener.port, flush=True)
    sys.stdin.readline()
"""


def test_pipelined_requests_let_other_connections_go_first() -> None:
    order: list[str] = []

    def app(environ: "WSGIEnvironment", start_response: "StartResponse") -> Iterable[bytes]:
        if order == ["/404"]:
            send(modest, GET.replace(b"/200", b"/304"))  # while the first of many is answered
        order.append(environ["REQUEST_URI"])
        end = time.perf_counter() + 0.0005
        while time.perf_counter() < end:
            pass
        return application(environ, start_response)

    with (
        serving(app) as listener,
        connected(listener.port) as greedy,
        connected(listener.port) as modest,
    ):
        assert ask(modest, GET.replace(b"/200", b"/404")).status == 404
        send(greedy, GET * 200)
        assert receive(modest).status == 304
        assert [receive(greedy).status for _ in range(200)] == [200] * 200
    assert order.index("/304") < 20
    assert len(order) == 202


def test_pipelined_requests_are_all_answered_before_a_stop() -> None:
    listener = Listener(application, "127.0.0.1", 0)
    listener.start()
    with connected(listener.port) as stream:
        send(stream, GET * 1000)
        assert receive(stream).status == 200
        listener.stop()
        assert stream.read().count(b"HTTP/1.1 200 ") == 999


def put(size: int) -> bytes:
    return b"PUT /200 HTTP/1.1\r\nHost: localhost\r\nContent-Length: %d\r\n\r\n" % size


def tell_size(environ: "WSGIEnvironment", start_response: "StartResponse") -> Iterable[bytes]:
    size = len(environ["wsgi.input"].read())
    told = json.dumps([size, environ.get("emulator.body_too_large", False)]).encode()
    start_response("200 OK", [("Content-Length", str(len(told)))])
    return [told]


def test_body_beyond_the_bound_is_answered_unread() -> None:
    with serving(tell_size) as listener, connected(listener.port) as stream:
        send(stream, put(41_943_041))
        answer = receive(stream)
        assert json.loads(answer.body) == [0, True]
        assert answer.headers["Connection"] == "close"
        # The client may send all of the body, and still find the answer and a clean end.
        for _ in range(42):
            send(stream, bytes(1_000_000))
        assert stream.read() == b""


def test_bodies_of_all_connections_have_a_bound(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("emulator.http.listener.MAX_BODIES_BYTES", 1_000_000)
    sizes, is_full = [0], Event()

    def note(memory: BodyMemory, size: int) -> None:
        add(memory, size)
        sizes.append(sizes[-1] + size)
        if memory.is_full:
            is_full.set()

    add = BodyMemory.add
    monkeypatch.setattr(BodyMemory, "add", note)

    def talk(_: int) -> Any:
        """Hold the last byte of a body back until the memory is full."""
        with connected(listener.port) as stream:
            send(stream, put(200_000) + bytes(199_999))
            assert is_full.wait(TIMEOUT)
            return json.loads(ask(stream, b"x").body)

    with serving(tell_size) as listener, ThreadPoolExecutor(40) as pool:
        assert list(pool.map(talk, range(40))) == [[200_000, False]] * 40
    # Besides the bound: the first piece of each body, and the one body that may always go on.
    assert 1_000_000 <= max(sizes) <= 1_000_000 + 40 * 65_536 + 200_000
    assert sizes[-1] == 0


def test_stalled_body_gives_way_to_those_that_wait_for_its_memory(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("emulator.http.listener.MAX_BODIES_BYTES", 100_000)
    monkeypatch.setattr("emulator.http.loop.STALL_SECONDS", 0.05)
    monkeypatch.setattr("emulator.http.loop.SELECT_SECONDS", 0.01)
    with (
        serving(tell_size) as listener,
        connected(listener.port) as stalled,
        connected(listener.port) as other,
    ):
        send(stalled, put(200_000) + bytes(150_000))
        while not listener._memory.is_full:  # noqa: SLF001
            time.sleep(0.001)
        assert json.loads(ask(other, put(200_000) + bytes(200_000)).body) == [200_000, False]
        with suppress(ConnectionResetError):
            assert stalled.read() == b""


def test_small_body_does_not_wait_for_the_memory_of_large_bodies(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("emulator.http.listener.MAX_BODIES_BYTES", 100_000)
    with (
        serving(tell_size) as listener,
        connected(listener.port) as stalled,
        connected(listener.port) as other,
    ):
        send(stalled, put(200_000) + bytes(150_000))
        while not listener._memory.is_full:  # noqa: SLF001
            time.sleep(0.001)
        send(other, put(100))  # the body comes in a piece of its own, so that it could wait
        assert json.loads(ask(other, bytes(100)).body) == [100, False]


def test_descriptors_of_idle_connections_go_to_new_clients() -> None:
    pipes = dict.fromkeys(("stdin", "stdout", "stderr"), subprocess.PIPE)
    command = [sys.executable, "-c", FEW_DESCRIPTORS]
    with (
        subprocess.Popen(command, text=True, **pipes) as server,  # type: ignore[call-overload] # noqa: S603
        ExitStack() as stack,
    ):
        assert server.stdout
        port = int(server.stdout.readline())
        streams = [stack.enter_context(connected(port)) for _ in range(100)]
        assert [ask(stream, GET).status for stream in streams[-20:]] == [200] * 20
        assert streams[0].read() == b""
        _, told = server.communicate("end\n", TIMEOUT)
    assert server.returncode == 0
    assert told.count("cannot accept a connection: [Errno 24] Too many open files") == 1
