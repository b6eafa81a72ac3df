"""A failed exchange: the request as it was sent, and the fault of the answer."""

from collections.abc import Mapping
from typing import Any, NamedTuple, Self
from xml.etree.ElementTree import ParseError

import orjson
from defusedxml import DefusedXmlException
from defusedxml.ElementTree import fromstring

from emulator.recording.exchange import Exchange
from emulator.recording.secret import REDACTED

JSON = "application/json"
DROPPED_HEADERS = frozenset(
    {
        *("accept-encoding", "authorization", "connection", "content-length", "host", "user-agent"),
        "x-emulator-workspace",
    }
)
"""Headers that a client adds by itself, and the workspace: a page or a test has its own."""


class Sent(NamedTuple):
    """A request to send.

    Attributes:
        method: The method.
        target: The path with the query.
        headers: The headers, without the headers that every client adds.
        body: The body; empty for no body, and for a body that is no text.
        scheme: The scheme of the authorization, such as ``Bearer``; empty for no authorization.
    """

    method: str
    target: str
    headers: Mapping[str, str]
    body: str
    scheme: str = ""

    @property
    def content(self) -> dict[str, Any] | None:
        """The JSON object of the body, read anew at each access; None for any other body."""
        try:
            content = orjson.loads(self.body)
            orjson.dumps(content)  # the parser reads more levels than anybody writes
        except (orjson.JSONDecodeError, orjson.JSONEncodeError):
            return None
        return content if isinstance(content, dict) else None

    @property
    def path(self) -> str:
        """The path without the query."""
        return self.target.partition("?")[0]

    @property
    def head(self) -> str:
        """The request line and the headers."""
        lines = [f"{name}: {text}" for name, text in self.headers.items()]
        return "\n".join([f"{self.method} {self.target}", *lines])

    def change(self, members: Mapping[str, Any], *removed: str) -> Self | None:
        """Return the request with other members of the body, and without some members.

        None if the body is not a JSON object. A request without a body stays without a body,
        unless a member is added.
        """
        content = self.content if self.body else {}
        if content is None:
            return None
        changed = {**content, **members}
        for name in removed:
            changed.pop(name, None)
        return self.with_content(changed) if changed != content else self

    def with_content(self, content: Mapping[str, Any]) -> Self:
        """Return the request with a JSON object as the body."""
        body = orjson.dumps(content, option=orjson.OPT_INDENT_2).decode()
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
        is_whole: Whether the journal has the whole request, without a hidden secret.
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
    scheme = exchange.headers.get("authorization", "").partition(" ")[0]
    return Sent(redactor.text(exchange.method), target, headers, exchange.body, scheme)


def is_whole(exchange: Exchange, sent: Sent) -> bool:
    """Return True for a request without cuts and hidden secrets."""
    body = exchange.request_body
    has_body = bool(sent.body) == bool(body.size)
    return has_body and not body.is_cut and REDACTED not in sent.target + sent.body


def read_failure(exchange: Exchange) -> Failure:
    """Return the failure of an exchange with a fault."""
    sent, answer = read_sent(exchange), exchange.show()["answer"]
    message, arguments = _read_fault(answer["body"].get("text", ""))
    name = exchange.fault.removesuffix("Exception")
    whole = is_whole(exchange, sent)
    return Failure(sent, name, message, arguments, answer["headers"], whole)


def _read_fault(text: str) -> tuple[str, Mapping[str, Any]]:
    """Return the message and the arguments of a fault document, JSON or XML."""
    if text.startswith("<"):
        return _read_xml_fault(text)
    try:
        fault = orjson.loads(text)["fault"]
        message, arguments = fault["message"], fault.get("arguments", {})
    except (orjson.JSONDecodeError, KeyError, TypeError, AttributeError):
        return "", {}  # a fault of another API, or a cut body
    return str(message), arguments if isinstance(arguments, dict) else {}


def _read_xml_fault(text: str) -> tuple[str, Mapping[str, Any]]:
    try:
        root = fromstring(text)
    except (ParseError, DefusedXmlException, ValueError):
        return "", {}
    entries = root.iterfind("{*}fault/{*}arguments/{*}entry")
    arguments = {entry.get("key", ""): entry.text or "" for entry in entries}
    return root.findtext("{*}fault/{*}message", ""), arguments
