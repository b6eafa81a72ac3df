"""Sessions of requests, and the recording of a session with an emulator."""

from datetime import UTC, datetime
from typing import Any

import requests

from emulator.corpus.exchange import Answer, Body, Exchange, Head, Recording, Request
from emulator.server import Emulator

CONNECTION_HEADERS = {"Accept-Encoding", "Connection", "Content-Length", "User-Agent"}
NOON = datetime(2026, 6, 1, 12, tzinfo=UTC)


class Session(requests.Session):
    """A session with a server; a path without a slash at the begin is of the Data API.

    Args:
        url: The base URL.

    Attributes:
        names: The names of the requests so far.
    """

    def __init__(self, url: str) -> None:
        super().__init__()
        self.trust_env = False
        self.headers["Accept"] = "application/json"
        self.names: list[str] = []
        self._url = url

    def call(self, name: str, method: str, path: str, **options: Any) -> requests.Response:
        """Send a request without following redirects."""
        self.names.append(name)
        below = path if path.startswith("/") else f"/s/-/dw/data/v23_2/{path}"
        url = f"{self._url}{below}"
        return self.request(method, url, allow_redirects=False, timeout=10, **options)


class Recorder(Session):
    """A session with an emulator whose exchanges are recorded, one each second.

    Args:
        emulator: The emulator.
        data_set: The data set of the emulator.
        dialect: The dialect of the emulator.
    """

    def __init__(
        self, emulator: Emulator, data_set: str = "storefront", dialect: str = "documented"
    ) -> None:
        super().__init__(emulator.url)
        self.hooks["response"].append(self._note)
        self._clock = emulator.workspace.clock
        self._clock.freeze(NOON)
        self._start = self._clock.now()
        clock = self._start.isoformat()
        self._head = Head("a session", "EMULATOR", "2026-06-01", clock, "", dialect, data_set)
        self._exchanges: list[Exchange] = []

    def call(self, name: str, method: str, path: str, **options: Any) -> requests.Response:
        """Send a request, a second after the last one."""
        self._clock.advance(1)
        return super().call(name, method, path, **options)

    def recording(self, name: str = "session") -> Recording:
        """Return the recording."""
        return Recording(self._head, tuple(self._exchanges), name)

    def _note(self, response: requests.Response, *_: Any, **__: Any) -> None:
        sent = response.request
        kept = tuple(
            (name, str(value))
            for name, value in sent.headers.items()
            if name not in CONNECTION_HEADERS
        )
        content = sent.body.encode() if isinstance(sent.body, str) else sent.body or b""
        body = Body.of(content, str(sent.headers.get("Content-Type", "")))
        request = Request(str(sent.method), sent.path_url, kept, body)
        answered = tuple(response.headers.items())
        answer_body = Body.of(response.content, response.headers.get("Content-Type", ""))
        at = (self._clock.now() - self._start).total_seconds()
        answer = Answer(response.status_code, answered, answer_body)
        self._exchanges.append(Exchange(request, answer, at, self.names[-1]))
