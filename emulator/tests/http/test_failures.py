"""Failures: whatever raises inside the server costs a connection, and the server goes on."""

import socket
import time
from collections.abc import Callable, Iterable
from contextlib import suppress
from threading import Event
from typing import TYPE_CHECKING, Any

import pytest

from emulator.http.connection import Connection
from emulator.http.leader import Leader
from emulator.http.listener import Listener
from emulator.http.loop import Loop
from emulator.tests.http.serving import GET, application, connected, exchange, serving
from emulator.tests.wire import TIMEOUT, ask, receive, send

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIEnvironment

LAST_GET = GET.replace(b"\r\n\r\n", b"\r\nConnection: close\r\n\r\n")
CALLBACKS = [
    (Connection, "receive"),
    (Connection, "proceed"),
    (Connection, "close"),
    (Connection, "_answer"),
    (Loop, "_settle"),
    (Loop, "_accept"),
    (Listener, "_connect"),
    (Loop, "_set_state"),
    (Loop, "_discard"),
    (Loop, "_tidy"),
    (Loop, "_proceed_ready"),
]


class OnceError(Exception):
    """Raised by a callback, once."""


def failing(original: Callable[..., Any], error: BaseException) -> Callable[..., Any]:
    """Return a function that raises at its first call."""
    errors = [error]

    def fail(*args: Any, **kwargs: Any) -> Any:
        if errors:
            raise errors.pop()
        return original(*args, **kwargs)

    return fail


@pytest.mark.parametrize(("owner", "name"), CALLBACKS)
def test_failing_callback_does_not_end_the_server(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture, owner: type, name: str
) -> None:
    monkeypatch.setattr("emulator.http.loop.SELECT_SECONDS", 0.01)
    monkeypatch.setattr("emulator.http.loop.RETRY_SECONDS", 0.01)
    monkeypatch.setattr(owner, name, failing(getattr(owner, name), OnceError("on purpose")))
    with serving(application) as listener:
        with connected(listener.port) as stream, suppress(ConnectionError):
            send(stream, LAST_GET)
            stream.read()
        assert exchange(listener.port, GET).status == 200
        while "OnceError: on purpose" not in caplog.text:
            time.sleep(0.001)


@pytest.mark.parametrize("error", [SystemExit(1), KeyboardInterrupt(), GeneratorExit()])
def test_application_cannot_end_the_server(
    caplog: pytest.LogCaptureFixture, error: BaseException
) -> None:
    def app(environ: "WSGIEnvironment", start_response: "StartResponse") -> Iterable[bytes]:
        if environ["PATH_INFO"] == "/exit":
            raise error
        return application(environ, start_response)

    with serving(app) as listener:
        assert exchange(listener.port, GET.replace(b"/200", b"/exit")).status == 500
        assert exchange(listener.port, GET).status == 200
    assert type(error).__name__ in caplog.text


class Unfit(socket.socket):
    """A socket whose client has left, as some systems show it."""

    def setsockopt(self, *_: Any) -> None:
        raise OSError(22, "Invalid argument")


def test_socket_that_cannot_be_set_up_is_closed(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def spoil(loop: Loop, client: socket.socket, address: tuple[Any, ...]) -> None:
        monkeypatch.undo()
        unfit = Unfit(client.family, client.type, client.proto, client.detach())
        loop._welcome(unfit, address)  # noqa: SLF001

    with serving(application) as listener:
        monkeypatch.setattr(Loop, "_welcome", spoil)
        with connected(listener.port) as stream:
            assert stream.read() == b""
        assert exchange(listener.port, GET).status == 200
    assert [record.levelname for record in caplog.records] == ["WARNING"]
    assert "cannot set up a connection: [Errno 22] Invalid argument" in caplog.text


@pytest.mark.parametrize("error", [OSError(24, "Too many open files"), OSError(100, "down")])
def test_failing_accept_is_logged_once_and_tried_again(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture, error: OSError
) -> None:
    monkeypatch.setattr("emulator.http.loop.RETRY_SECONDS", 0.01)
    attempts = 0

    class Listening(socket.socket):
        def accept(self) -> tuple[socket.socket, Any]:
            nonlocal attempts
            attempts += 1
            if attempts < 5:
                raise error
            return super().accept()

    listening = Listening()
    listening.bind(("127.0.0.1", 0))
    listening.listen()
    listener = Listener(application, "127.0.0.1", 0, bound=[listening])
    listener.start()
    assert exchange(listener.port, GET).status == 200
    listener.stop()
    assert attempts == 5
    assert [record.message for record in caplog.records] == [f"cannot accept a connection: {error}"]


def test_failed_loop_starts_again(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    with serving(application) as listener, connected(listener.port) as stream:
        assert ask(stream, GET).status == 200
        selector = listener._loop._selector  # noqa: SLF001
        monkeypatch.setattr(selector, "select", failing(selector.select, OnceError("on purpose")))
        with connected(listener.port) as other, suppress(ConnectionError):
            send(other, LAST_GET)
            other.read()
        assert stream.read() == b""
        assert exchange(listener.port, GET).status == 200
    assert [record.levelname for record in caplog.records] == ["CRITICAL"]
    assert "OnceError: on purpose" in caplog.text


def test_loop_that_fails_again_and_again_ends_loudly(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def fail(*_: Any) -> None:
        raise OnceError("on purpose")

    has_failed = Event()
    listener = Listener(application, "127.0.0.1", 0, on_failure=has_failed.set)
    # Of this listener alone: servers of other tests run in the same process.
    monkeypatch.setattr(listener._loop, "_run_once", fail)  # noqa: SLF001
    listener.start()
    assert has_failed.wait(TIMEOUT)
    assert isinstance(listener.failure, OnceError)
    with pytest.raises(ConnectionRefusedError):
        exchange(listener.port, GET)
    listener.stop()
    assert [record.levelname for record in caplog.records] == ["CRITICAL"] * 6
    assert "the HTTP server ends" in caplog.text


def test_failing_promotion_lets_others_wait(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    may_end, has_failed = Event(), Event()

    def app(environ: "WSGIEnvironment", start_response: "StartResponse") -> Iterable[bytes]:
        assert environ["PATH_INFO"] != "/404" or may_end.wait(TIMEOUT)
        return application(environ, start_response)

    def fail(_: Loop, __: Leader) -> None:
        has_failed.set()
        raise OnceError("on purpose")

    with serving(app) as listener, connected(listener.port) as stream:
        with monkeypatch.context() as patch:
            patch.setattr(Loop, "_start_leader", fail)
            send(stream, GET.replace(b"/200", b"/404"))
            assert has_failed.wait(TIMEOUT)
            may_end.set()
            assert receive(stream).status == 404
        assert exchange(listener.port, GET).status == 200
    assert caplog.text.count("OnceError: on purpose") == 1
