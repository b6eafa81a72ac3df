"""A failed exchange: the request as it was sent, and the fault of the answer."""

from collections.abc import Mapping
from typing import Any, NamedTuple, Self

import orjson

from emulator.recording.exchange import Exchange
from emulator.recording.secret import REDACTED

JSON = "application/json"
DROPPED_HEADERS = frozenset(
    {"accept-encoding", "authorization", "connection", "content-length", "host", "user-agent"}
)
"""Headers that a client adds by itself."""


class Sent(NamedTuple):
    """A request to send: the method, the path with the query, the headers, and the body."""

    method: str
    target: str
    headers: Mapping[str, str]
    body: str

    @property
    def content(self) -> dict[str, Any] | None:
        """The JSON object of the body; None for any other body."""
        try:
            content = orjson.loads(self.body)
        except orjson.JSONDecodeError:
            return None
        return content if isinstance(content, dict) else None

    @property
    def path(self) -> str:
        """The path without the query."""
        return self.target.partition("?")[0]

    def change(self, members: Mapping[str, Any], *removed: str) -> Self:
        """Return the request with other members of the body, and without some members."""
        content = {**(self.content or {}), **members}
        kept = {name: value for name, value in content.items() if name not in removed}
        body = orjson.dumps(kept, option=orjson.OPT_INDENT_2).decode()
        return self._replace(body=body, headers={**self.headers, "content-type": JSON})

    def with_header(self, name: str, value: str) -> Self:
        """Return the request with a header; an empty value removes the header."""
        headers = {other: text for other, text in self.headers.items() if other != name}
        return self._replace(headers={**headers, name: value} if value else headers)

    def with_path(self, path: str) -> Self:
        """Return the request with another path and the same query."""
        query = self.target.removeprefix(self.path)
        return self._replace(target=path + query)


class Failure(NamedTuple):
    """A failed request.

    Attributes:
        sent: The request without secrets.
        fault: The type of the fault without ``Exception``.
        message: The message of the fault; empty if the journal does not have the whole fault.
        arguments: The arguments of the fault.
        answer_headers: The headers of the answer, by names in lower case.
        is_whole: Whether the journal has the whole body without a hidden secret.
    """

    sent: Sent
    fault: str
    message: str
    arguments: Mapping[str, Any]
    answer_headers: Mapping[str, str]
    is_whole: bool


def read_sent(exchange: Exchange) -> Sent:
    """Return the request of an exchange; headers that every client adds are left out."""
    redactor = exchange.redactor
    query = redactor.query(exchange.query)
    target = redactor.text(exchange.path) + (f"?{query}" if query else "")
    headers = {n: text for n, text in exchange.headers.items() if n not in DROPPED_HEADERS}
    if headers.get("accept") == "*/*":
        del headers["accept"]
    return Sent(redactor.text(exchange.method), target, headers, exchange.body)


def read_failure(exchange: Exchange) -> Failure:
    """Return the failure of an exchange with a fault."""
    sent, answer = read_sent(exchange), exchange.show()["answer"]
    try:
        fault = orjson.loads(answer["body"]["text"])["fault"]
        message, arguments = fault["message"], fault.get("arguments", {})
    except (orjson.JSONDecodeError, KeyError, TypeError, AttributeError):
        message, arguments = "", {}  # XML, a fault of another API, or a cut body
    is_whole = not exchange.request_body.is_cut and REDACTED not in sent.body
    name = exchange.fault.removesuffix("Exception")
    return Failure(sent, name, message, arguments, answer["headers"], is_whole)
