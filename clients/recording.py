"""Recordings of the clients: a proxy keeps the exchanges of a client with the emulator."""

import re
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime

from clients.instance import ACCOUNT_MANAGER, HOST_NAME, Instance
from emulator.corpus.exchange import Answer, Body, Exchange, Head, Recording, Request
from emulator.corpus.form import Headers
from emulator.corpus.message import LEFT_OUT, Raw
from emulator.corpus.proxy import Proxy, make_upstream
from emulator.corpus.recorder import Recorder
from emulator.corpus.sensitive import Names
from emulator.http import certificate
from emulator.http.listener import Listener

Show = Callable[[str], str]
"""Returns a text as the recording shows the text."""

DATA_SET = "storefront"
SHOWN_HOST = "instance-1.example.com"
MAX_BODY_BYTES = 16 * 1024
"""A longer body is left out of the recording: such as a description of all operations."""
GRADES_WITHOUT_BODY = ("status", "headers")
TOKEN = re.compile(r"eyJ[\w-]+\.[\w-]+\.[\w-]+", re.ASCII)
ACCESS_TOKEN = re.compile(rb'"access_token":"([^"]+)"')
EXECUTION_STATUS = re.compile(rb'"execution_status":"(\w+)","id"')
CONTENT_TYPE = "content-type"


class Tape(Recorder):
    """The exchanges of a client, with the time of the emulator.

    Args:
        instance: The emulator.
    """

    def __init__(self, instance: Instance) -> None:
        super().__init__(Names(), [instance.url])
        self._instance = instance
        self._raws_in_time: list[Raw] = []
        self.clock = self._read_clock()

    def add(self, raw: Raw) -> bool:
        """Keep an exchange; return True."""
        passed = self._read_clock() - self.clock
        self._raws_in_time.append(raw._replace(at=round(passed.total_seconds(), 3)))
        return True

    def make_recording(self, source: str) -> Recording:
        """Return the recording; secrets are tokens only, because the data set is public."""
        tokens: dict[str, str] = {}
        hosts = re.compile(rf"{re.escape(HOST_NAME)}|localhost:\d+|127\.0\.0\.1:\d+")

        def show(text: str) -> str:
            named = TOKEN.sub(lambda found: _name(tokens, found[0]), text)
            return hosts.sub(SHOWN_HOST, named)

        exchanges = tuple(_convert(raw, show) for raw in _leave_out_polls(self._raws_in_time))
        head = Head(
            source=source,
            evidence="CLIENT",
            recorded=f"{self.clock:%Y-%m-%d}",
            clock=self.clock.isoformat(timespec="milliseconds"),
            dialect="documented",
            data_set=DATA_SET,
            hidden={"token": len(tokens)},
        )
        return Recording(head, exchanges)

    def _read_clock(self) -> datetime:
        now: str = self._instance.control("GET", "/clock")["now"]
        return datetime.fromisoformat(now).astimezone(UTC)


def _leave_out_polls(raws: Iterable[Raw]) -> list[Raw]:
    """Return the exchanges without repeated reads of an execution in the same status."""
    kept: list[Raw] = []
    statuses: dict[str, str] = {}
    for raw in raws:
        found = EXECUTION_STATUS.search(raw.answer_content) if raw.method == "GET" else None
        status = found[1].decode() if found else ""
        if status and statuses.get(raw.target) == status:
            if kept and _get_token(kept[-1]) in dict(raw.headers).get("Authorization", ""):
                kept.pop()  # some clients get a token for each request
            continue
        statuses[raw.target] = status
        kept.append(raw)
    return kept


def _get_token(raw: Raw) -> str:
    """Return the access token in an answer; without a token, a text that no header has."""
    found = ACCESS_TOKEN.search(raw.answer_content)
    return found[1].decode() if found else "\n"


def _name(tokens: dict[str, str], token: str) -> str:
    """Return the pseudonym of a token."""
    return tokens.setdefault(token, f"token-{len(tokens) + 1}")


def _convert(raw: Raw, show: Show) -> Exchange:
    sent, answered = _choose(raw.headers, show), _choose(raw.answer_headers, show)
    body, is_whole = _read(raw.content, sent, show)
    answer_body, is_answer_whole = _read(raw.answer_content, answered, show)
    if not is_whole:
        raise ValueError(f"{raw.method} {raw.target}: the request is too large for a recording")
    request = Request(raw.method, show(raw.target), sent, body)
    grades = () if is_answer_whole else GRADES_WITHOUT_BODY
    return Exchange(request, Answer(raw.status, answered, answer_body), raw.at, grades=grades)


def _choose(headers: Headers, show: Show) -> Headers:
    return tuple(
        (name, show(value)) for name, value in headers if not LEFT_OUT.fullmatch(name.lower())
    )


def _read(content: bytes, headers: Headers, show: Show) -> tuple[Body | None, bool]:
    """Return a body, and whether it is whole; a long body is left out."""
    if len(content) > MAX_BODY_BYTES:
        return None, False
    media_type = next((value for name, value in headers if name.lower() == CONTENT_TYPE), "")
    try:
        return Body.of(show(content.decode()).encode(), media_type), True
    except UnicodeDecodeError:
        return Body.of(content, media_type), True


@contextmanager
def record(instance: Instance) -> Iterator[tuple[Instance, Tape]]:
    """Serve a proxy with the names of the emulator; yield the proxy and the tape."""
    tape = Tape(instance)
    proxy = Proxy(make_upstream(instance.url, str(instance.ca_file)), tape, lambda _: None)
    context = certificate.issue((HOST_NAME, ACCOUNT_MANAGER))
    listener = Listener(proxy, "localhost", 0, context)
    listener.start()
    try:
        yield Instance(listener.url, instance.ca_file), tape
    finally:
        listener.stop()
