"""The log of requests: a line for each exchange, as text or JSON, without secrets.

::

    12:00:00.123 default aaaaaa GET /s/-/dw/data/v23_2/sites/a 404 SiteNotFoundException 1.2 ms

Everything in a line but the times depends on a few texts, and is cached.
"""

import logging
import os
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from functools import lru_cache
from time import gmtime, localtime, strftime, time
from typing import Any, NamedTuple, Protocol, TextIO

import orjson

from emulator.recording.exchange import Exchange
from emulator.recording.redaction import Redactor
from emulator.recording.writer import BatchWriter, open_standard_error

MAX_SHOWN_CHARACTERS = 1000
"""The longest path, client or workspace in a line."""
MAX_CACHED_LINES = 1024
MAX_CACHED_CHARACTERS = 4096
"""The longest path and client of a line to cache."""
BEARER = "Bearer "
NO_TOKEN = Redactor("")
NO_TOKEN_LENGTH = sys.maxsize
MILLISECONDS = [f".{number:03d}" for number in range(1000)]
"""The digits of milliseconds; a table takes a quarter of the time of a format."""


NOTE_BYTES = 512
"""Memory of a note without the text."""
Entry = tuple[Exchange, str, float]
"""An exchange, the name of the workspace, and the time in seconds since the epoch."""


MARKS = ("failpoint", "stub", "upstream")
"""The attributes of an exchange that say who answered in place of an API."""
NO_MARKS: Mapping[str, str] = dict.fromkeys(MARKS, "")


class Facts(NamedTuple):
    """Everything in a line but the times, without secrets.

    Attributes:
        marks: The values of ``MARKS``, empty if nothing answered in place of an API.
    """

    workspace: str
    client: str
    method: str
    path: str
    status: int
    fault: str
    marks: Mapping[str, str]


class Format(Protocol):
    """The form of the lines."""

    def describe(self, facts: Facts) -> str:
        """Return the part of a line that depends on the facts."""

    def show_second(self, second: int) -> str:
        """Return the time of a second since the epoch."""

    def render(self, moment: str, described: str, exchange: Exchange) -> str:
        """Return the line of an exchange, and further lines if the format is verbose."""

    def note(self, moment: str, level: str, text: str) -> str:
        """Return the line or the lines of a message beside the lines of requests."""


class Colors(NamedTuple):
    """Codes of a terminal; ``outcomes`` by the first digit of the status, 0 for no answer."""

    dim: str = ""
    bold: str = ""
    reset: str = ""
    outcomes: Sequence[str] = ("",) * 10


RED, GREEN, YELLOW = (f"\x1b[{code}m" for code in (31, 32, 33))
NO_COLORS = Colors()
COLORS = Colors(
    "\x1b[2m", "\x1b[1m", "\x1b[0m", (RED, GREEN, GREEN, GREEN, YELLOW, RED, RED, RED, RED, RED)
)


class TextFormat:
    """Lines for people, in local time.

    Args:
        verbose: Whether headers and bodies follow each line.
        colored: Whether the lines have colours of a terminal.
    """

    def __init__(self, *, verbose: bool = False, colored: bool = False) -> None:
        self._verbose = verbose
        self._colors = COLORS if colored else NO_COLORS
        self._end = f" ms{self._colors.reset}\n"

    def describe(self, facts: Facts) -> str:
        """See ``Format.describe``."""
        dim, bold, reset, outcomes = self._colors
        request = " ".join(map(_show_word, facts[:4]))
        fault = f" {_show_word(facts.fault)}" if facts.fault else ""
        outcome = f"{outcomes[facts.status // 100]}{facts.status or 'dropped'}{fault}{reset}"
        shown = [f" [{mark} {_show_word(who)}]" for mark, who in facts.marks.items() if who]
        marks = f"{bold}{''.join(shown)}{reset}" if shown else ""
        return f"{reset} {request} {outcome}{marks} {dim}"

    def show_second(self, second: int) -> str:
        """See ``Format.show_second``."""
        return f"{self._colors.dim}{strftime('%H:%M:%S', localtime(second))}"

    def render(self, moment: str, described: str, exchange: Exchange) -> str:
        """See ``Format.render``."""
        line = f"{moment}{described}{exchange.seconds * 1000:.1f}{self._end}"
        return line + "".join(_quote_messages(exchange)) if self._verbose else line

    def note(self, _: str, __: str, text: str) -> str:
        """See ``Format.note``."""
        return "".join(f"{_make_printable(line)}\n" for line in text.expandtabs().split("\n"))


class JsonFormat:
    """Lines for programs: a JSON object in each line; the names are those of the journal.

    Args:
        verbose: Whether the objects have headers and bodies.
    """

    def __init__(self, *, verbose: bool = False) -> None:
        self._verbose = verbose

    def describe(self, facts: Facts) -> str:
        """See ``Format.describe``."""
        members = facts._asdict()
        marks = members.pop("marks")
        return orjson.dumps(members | marks).decode()[1:-1]

    def show_second(self, second: int) -> str:
        """See ``Format.show_second``."""
        return strftime("%Y-%m-%dT%H:%M:%S", gmtime(second))

    def render(self, moment: str, described: str, exchange: Exchange) -> str:
        """See ``Format.render``."""
        more = ""
        if self._verbose:
            shown = exchange.show()
            members = {name: shown[name] for name in ("query", "request", "answer")}
            more = f",{orjson.dumps(members).decode()[1:-1]}"
        number, milliseconds = exchange.number, exchange.seconds * 1000
        return (
            f'{{"time":"{moment}Z","number":{number},{described},"ms":{milliseconds:.3f}{more}}}\n'
        )

    def note(self, moment: str, level: str, text: str) -> str:
        """See ``Format.note``."""
        members = {"time": f"{moment}Z", "level": level, "message": text}
        return orjson.dumps(members, option=orjson.OPT_APPEND_NEWLINE).decode()


class RequestLog:
    """The log of an application.

    Args:
        form: The form of the lines.
        write: Writes a text; by default to standard error.
    """

    def __init__(self, form: Format, write: Callable[[str], object] | None = None) -> None:
        self._format = form
        self._writer = BatchWriter(self._render_all, write or open_standard_error())
        self._describe_cached = lru_cache(maxsize=MAX_CACHED_LINES)(self._describe)
        self._clock = (0, "")
        self._token = ("", NO_TOKEN_LENGTH)

    def add(self, exchange: Exchange, workspace: str) -> None:
        """Log an exchange of a workspace, soon."""
        self._writer.add((exchange, workspace, time()), exchange.size)

    def note(self, level: str, text: str) -> None:
        """Log a message beside the lines of requests, soon."""
        line = self._format.note(self._show_time(time()), level, text)
        self._writer.add(line, NOTE_BYTES + len(line))

    def close(self) -> None:
        """Write all lines; the log can still be used."""
        self._writer.close()

    @contextmanager
    def taking_records(self) -> Iterator[None]:
        """Log the warnings and errors of ``logging`` as well, in this context.

        Otherwise such a record waits for a slow reader of standard error, and the request waits
        with the record. At the end all lines are written.
        """
        handler = _Handler(self)
        root = logging.getLogger()
        root.addHandler(handler)
        try:
            yield
        finally:
            root.removeHandler(handler)
            self.close()

    def _show_time(self, at: float) -> str:
        """Return a time to the millisecond."""
        second, text = self._clock
        if second != int(at):
            second = int(at)
            text = self._format.show_second(second)
            self._clock = second, text
        return text + MILLISECONDS[int((at - second) * 1000)]

    def _describe(  # noqa: PLR0913, PLR0917 - the members of Facts
        self,
        workspace: str,
        client: str,
        method: str,
        path: str,
        status: int,
        fault: str,
        marks: Mapping[str, str] = NO_MARKS,
        redactor: Redactor = NO_TOKEN,
    ) -> str:
        texts = [workspace, client, method, path]
        if redactor.may_find_secret("\n".join(texts)):
            texts = [redactor.text(text) for text in texts]
        workspace, client, method, path = (text[:MAX_SHOWN_CHARACTERS] for text in texts)
        facts = Facts(workspace, client, method, path, status, fault, marks)
        return self._format.describe(facts)

    def _render_all(self, entries: Sequence[Entry | str], left_out: int) -> str:
        lines = [e if isinstance(e, str) else self._render(*e) for e in entries]
        if left_out:
            text = f"{left_out} lines of the log are left out: nobody read them in time"
            lines.append(self._format.note(self._show_time(time()), "warning", text))
        return "".join(lines)

    def _render(self, exchange: Exchange, workspace: str, at: float) -> str:
        client, method, path = exchange.client, exchange.method, exchange.path
        authorization = exchange.environ.get("HTTP_AUTHORIZATION", "")
        # Requests of a client often have the same header, the very same text.
        known, shortest = self._token
        if authorization is not known:
            shortest = _measure_token(authorization)
            self._token = authorization, shortest
        length = len(workspace) + len(client) + len(method) + len(path)
        facts = workspace, client, method, path, exchange.status, exchange.fault
        if (
            length >= shortest
            or any(map(exchange.__dict__.get, MARKS))
            or exchange.concealed
            or length > MAX_CACHED_CHARACTERS
        ):
            redactor = exchange.redactor
            marks = {mark: redactor.text(getattr(exchange, mark)) for mark in MARKS}
            described = self._describe(*facts, marks, redactor)
        else:
            described = self._describe_cached(*facts)
        return self._format.render(self._show_time(at), described, exchange)


class _Handler(logging.Handler):
    """Hands records of ``logging`` to a request log."""

    def __init__(self, log: RequestLog) -> None:
        super().__init__(logging.WARNING)
        self._log = log

    def emit(self, record: logging.LogRecord) -> None:
        """Log a record with its traceback."""
        self._log.note(record.levelname.lower(), self.format(record))


def open_log(form: str, *, verbose: bool) -> RequestLog | None:
    """Return the log of a configuration, on standard error; None for no log.

    Args:
        form: ``text``, ``json``, or ``none`` or nothing for no log.
        verbose: Whether headers and bodies are logged.
    """
    if form == "json":
        return RequestLog(JsonFormat(verbose=verbose))
    if form == "text":
        return RequestLog(TextFormat(verbose=verbose, colored=wants_color(sys.stderr)))
    return None


def wants_color(stream: TextIO | None, environ: Mapping[str, str] = os.environ) -> bool:
    """Return whether texts for a stream have colours (https://no-color.org)."""
    is_plain = environ.get("NO_COLOR") or environ.get("TERM") == "dumb"
    return bool(stream and stream.isatty() and not is_plain)


def _measure_token(authorization: str) -> int:
    """Return the length of the shortest text in which the token of a header may be.

    No spelling of a bearer token in ASCII is shorter than the token.
    """
    if not authorization:
        return NO_TOKEN_LENGTH
    token = authorization.removeprefix(BEARER)
    is_bare = token != authorization and token.isascii() and token == token.strip()
    return len(token) if is_bare else 0


def _show_word(text: str) -> str:
    """Return a text as one word of a line: without spaces and control characters."""
    return _make_printable(text).replace(" ", "\\x20") or "-"


def _make_printable(text: str) -> str:
    return text if text.isprintable() else text.encode("unicode_escape").decode()


def _quote_messages(exchange: Exchange) -> Iterator[str]:
    """Yield the lines of headers and bodies, in the form of curl."""
    shown = exchange.show()
    target = f"{shown['path']}?{shown['query']}" if shown["query"] else shown["path"]
    yield from _quote(">", f"{shown['method']} {target}", shown["request"])
    yield from _quote("<", str(shown["status"] or "dropped"), shown["answer"])


def _quote(sign: str, first: str, message: Mapping[str, Any]) -> Iterator[str]:
    yield f"  {sign} {_make_printable(first)}\n"
    for name, value in message["headers"].items():
        yield f"  {sign} {_make_printable(name)}: {_make_printable(value)}\n"
    body = message["body"]
    if text := body.get("text", ""):
        yield f"  {sign}\n"
        for line in text.expandtabs().replace("\r\n", "\n").rstrip("\n").split("\n"):
            yield f"  {sign} {_make_printable(line)}\n"
    if body["truncated"] or "base64" in body:
        yield f"  {sign} ({body['size']:,} bytes)\n"
