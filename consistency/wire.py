"""A connection of a client: each request is sent at most once, and a lost answer is reported."""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from http.client import HTTPConnection, HTTPException
from time import monotonic_ns
from typing import Any
from urllib.parse import urlsplit

ANSWER_TIMEOUT_SECONDS = 20.0
"""More than the time until a server without Redis answers 503."""
LOST = 0
"""The status of a request without a whole answer; the request may have an effect, even later."""
UNSENT = -1
"""The status of a request that no server has received."""


@dataclass(frozen=True, slots=True)
class Request:
    """A request with a JSON body; None for no body."""

    method: str
    path: str
    body: Any = None
    headers: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Answer:
    """An answer: status, headers with names in lower case, JSON, and the times in nanoseconds."""

    status: int
    headers: Mapping[str, str] = field(default_factory=dict)
    json: Any = None
    invoked: int = 0
    completed: int = 0


class Connection:
    """A persistent connection to a server.

    Args:
        url: The base URL.
        headers: The headers of all requests.
    """

    def __init__(self, url: str, headers: Mapping[str, str]) -> None:
        self.headers = dict(headers)
        self._http = HTTPConnection(urlsplit(url).netloc, timeout=ANSWER_TIMEOUT_SECONDS)

    def ask(self, request: Request) -> Answer:
        """Send a request once, and return the answer; the status may be ``LOST`` or ``UNSENT``."""
        invoked = monotonic_ns()
        try:
            if self._http.sock is None:
                self._http.connect()
        except OSError:
            self._http.close()
            return Answer(UNSENT, invoked=invoked, completed=monotonic_ns())
        try:
            status, headers, body = self._exchange(request)
        except (OSError, HTTPException):
            self._http.close()
            return Answer(LOST, invoked=invoked, completed=monotonic_ns())
        completed = monotonic_ns()
        content = json.loads(body) if "json" in headers.get("content-type", "") and body else None
        return Answer(status, headers, content, invoked, completed)

    def close(self) -> None:
        """Close the connection."""
        self._http.close()

    def _exchange(self, request: Request) -> tuple[int, dict[str, str], bytes]:
        headers = {**self.headers, **request.headers}
        body = request.body
        if body is not None and not isinstance(body, str):
            headers.setdefault("Content-Type", "application/json")
            body = json.dumps(body)
        self._http.request(request.method, request.path, body, headers)
        response = self._http.getresponse()
        named = {name.lower(): value for name, value in response.getheaders()}
        return response.status, named, response.read()
