"""An application under test: requests without a socket, and the rules of every answer."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from traceback import format_exception
from typing import TYPE_CHECKING, Any
from xml.etree import ElementTree as ET

import orjson

from emulator import create_app
from emulator.app import workspaces_of
from emulator.family import PAUSE
from emulator.http.answer import Answer
from emulator.http.body import Body
from emulator.http.request import END_OF_HEAD, MAX_HEAD_BYTES, Refusal, read_head
from emulator.http.wsgi import Gateway
from emulator.ocapi.access.direct_token import issue_token
from emulator.workspace.failpoint import ConnectionDropped
from fuzz.bounds import Finding
from fuzz.message import Message

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIEnvironment

MAX_BODY_BYTES = 5 * 1024 * 1024
DOCUMENTED_STATUSES = frozenset({501, 502, 503, 508})
"""Answers beyond 500 with a meaning: unknown coding, another host, no store, a loop."""
CASES_BETWEEN_RESETS = 200
ALIVE = Message(b"GET", b"/__emulator__/health")

Change = Callable[[bytes, int], bool]


class Exchange:
    """An answer, read from bytes."""

    def __init__(self, data: bytes) -> None:
        head, _, self.body = data.partition(b"\r\n\r\n")
        first, *lines = head.decode("latin-1").split("\r\n")
        self.status = int(first.split()[1])
        self.fields = {n.lower(): v.strip() for n, _, v in (line.partition(":") for line in lines)}


class Served:
    """An application, called in the way of the server.

    Args:
        may_change: Returns whether a refused request may change the data, by target and status.
        resets: Whether each case begins with a reset of the whole workspace, not only of the data.
        **knobs: The configuration of the emulator.
    """

    def __init__(
        self,
        *,
        may_change: Change = lambda _target, _status: False,
        resets: bool = False,
        **knobs: Any,
    ) -> None:
        self.app = create_app(**{"fixtures": "samples", "journal": 20, **knobs})
        self.workspaces = workspaces_of(self.app)
        self.workspace = self.workspaces.default
        self.token = issue_token(self.workspace, "").access_token
        self._may_change = may_change
        self._resets = resets
        self._cases = 0
        self._gateway = Gateway(self._serve, "http", "localhost", 80)

    def _serve(self, environ: "WSGIEnvironment", start_response: "StartResponse") -> Any:
        environ[PAUSE] = lambda _seconds: None
        return self.app(environ, start_response)

    def check(self, message: Message) -> None:
        """Check a request from a fresh state.

        Raises:
            Finding: The answer, the state or the server breaks a rule.
        """
        self._cases += 1
        if self._resets or not self._cases % CASES_BETWEEN_RESETS:
            self.workspace.reset()
            self._forget_workspaces()
        before = self.workspace.store.snapshot()
        answer = self.ask(message)
        if answer is None:
            return
        self._check_answer(message, answer)
        changed = self.workspace.store.snapshot() is not before and not self._is_same(before)
        refused = answer.status >= 400  # noqa: PLR2004 - RFC 9110
        if changed and refused and not self._may_change(message.target, answer.status):
            raise Finding(f"a refused request ({answer.status}) has changed the data")
        if changed:
            self.workspace.work.finish()
            self.workspace.store.restore(before)

    def ask(self, message: Message) -> Exchange | None:
        """Return the answer to a request; None for a refused head or a dropped connection.

        Raises:
            Finding: The application fails.
        """
        data = message.render_head()
        if len(data) > MAX_HEAD_BYTES:
            return None
        sent: list[bytes] = []
        try:
            head = read_head(data, data.index(END_OF_HEAD))
        except Refusal:
            return None
        body = (
            Body(len(message.body), MAX_BODY_BYTES)
            if message.body and not head.is_chunked
            else None
        )
        if body is not None:
            body.feed(message.body)
        answer = Answer(sent.append, head)
        with suppress(ConnectionDropped):
            self._gateway.run(head, body, ("127.0.0.1", 40_000), answer)
            return Exchange(b"".join(sent))
        return None

    def check_alive(self) -> None:
        """Raise a Finding if the server does not answer a simple request."""
        answer = self.ask(ALIVE)
        if answer is None or answer.status != 200:  # noqa: PLR2004 - RFC 9110
            raise Finding("the server does not answer any more")

    def _check_answer(self, message: Message, answer: Exchange) -> None:
        for workspace in self.workspaces:
            for crash in workspace.crashes:
                text = "".join(format_exception(crash)[-3:])
                workspace.crashes.clear()
                raise Finding(f"internal error: {text}")
        if answer.status >= 500 and answer.status not in DOCUMENTED_STATUSES:  # noqa: PLR2004
            raise Finding(f"the answer is {answer.status}")
        if "transfer-encoding" in answer.fields or message.method == b"HEAD":
            return
        kind = answer.fields.get("content-type", "").partition(";")[0]
        try:
            if kind.endswith("json") and answer.body:
                orjson.loads(answer.body)
            elif kind.endswith("/xml") and answer.body and b"webdav" not in message.target.lower():
                ET.fromstring(answer.body)  # noqa: S314 - the emulator's own answer
        except (ValueError, ET.ParseError) as error:
            raise Finding(f"the answer is not {kind}: {error}") from error

    def _is_same(self, before: Any) -> bool:
        now = self.workspace.store.snapshot()
        names = before.keys() | now.keys()
        return all(_list(before.get(name)) == _list(now.get(name)) for name in names)

    def _forget_workspaces(self) -> None:
        for name in [workspace.name for workspace in self.workspaces]:
            if name != self.workspace.name:
                self.workspaces.delete(name)


def _list(tree: Any) -> list[Any]:
    return [] if tree is None else list(tree.values(0, len(tree)))


@contextmanager
def opened(served: Served) -> Iterator[Callable[[Message], None]]:
    """Return the check of requests; at the end the server has to answer."""
    yield served.check
    served.check_alive()
