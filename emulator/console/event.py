"""Server-sent events of the journal: batches of new exchanges for a live page.

A stream asks the journal several times a second, so the journal knows no streams, and a request
costs the same with and without a page. A stream ends after ``STREAM_SECONDS``; the browser opens
the next one with the header Last-Event-ID (WHATWG HTML, 9.2). A stream holds a thread, and only the
bundled server has threads to spare. On other servers a stream is a single answer, and the browser
asks again after a second.
"""

from collections.abc import Callable, Iterator
from http import HTTPStatus
from threading import BoundedSemaphore
from time import monotonic
from typing import Any
from zlib import crc32

import orjson
from flask import Response, request
from werkzeug.exceptions import ServiceUnavailable

from emulator.clock import render_instant
from emulator.console.page import workspace
from emulator.family import PAUSE
from emulator.recording.exchange import Exchange
from emulator.recording.journal import Journal

STREAM_SECONDS = 20.0
TURN_SECONDS = 0.25
RETRY_MILLISECONDS = 250
POLL_MILLISECONDS = 1000
MAX_STREAMS = 16  # of a process: each stream holds a thread
MAX_BATCH_EXCHANGES = 100
MAX_NUMBER_DIGITS = 15
OPEN_STREAMS = BoundedSemaphore(MAX_STREAMS)


def show_line(exchange: Exchange) -> dict[str, Any]:
    """Return the facts of an exchange for a line of a list, without secrets."""
    text = exchange.redactor.text
    query = exchange.redactor.query(exchange.query)
    return {
        "number": exchange.number,
        "at": render_instant(exchange.at),
        "client": text(exchange.client),
        "method": text(exchange.method),
        "path": text(exchange.path) + (f"?{query}" if query else ""),
        "status": exchange.status,
        "fault": exchange.fault,
        "failpoint": exchange.failpoint,
        "stub": exchange.stub,
        "upstream": bool(exchange.upstream),
        "milliseconds": round(exchange.seconds * 1000, 1),
    }


def mark(exchange: Exchange | None) -> str:
    """Return the number and a check sum of an exchange; empty for none.

    After a clear the numbers begin again: the check sum tells two exchanges with a number apart.
    """
    if exchange is None:
        return ""
    facts = f"{exchange.at.isoformat()} {exchange.seconds}"
    return f"{exchange.number}-{crc32(facts.encode()):x}"


def _read_number(text: str) -> int:
    """Return the number of a mark; 0 for an empty text, and for any other text."""
    number = text.partition("-")[0]
    is_number = number.isascii() and number.isdecimal() and len(number) <= MAX_NUMBER_DIGITS
    return int(number) if is_number else 0


def stream() -> Response:
    """Answer the new exchanges of the workspace as server-sent events.

    Raises:
        ServiceUnavailable: As many pages as ``MAX_STREAMS`` are open.
    """
    journal, pause = workspace().journal, request.environ.get(PAUSE)
    last = request.headers.get("Last-Event-ID") or request.args.get("after")
    if not OPEN_STREAMS.acquire(blocking=False):
        raise ServiceUnavailable(f"{MAX_STREAMS} pages show the traffic already.")
    events = _follow(journal, mark(journal.last) if last is None else last, pause)
    response = Response(events, HTTPStatus.OK, mimetype="text/event-stream")
    response.call_on_close(OPEN_STREAMS.release)
    response.headers["Cache-Control"] = "no-store"
    return response


def _follow(journal: Journal, last: str, pause: Callable[[float], Any] | None) -> Iterator[bytes]:
    """Yield an event for the new exchanges of each turn, and a comment where there are none.

    Args:
        journal: The journal.
        last: The mark of the last exchange that the page has.
        pause: Waits for some seconds; None to yield one turn only.
    """
    yield f"retry: {RETRY_MILLISECONDS if pause else POLL_MILLISECONDS}\n\n".encode()
    end = monotonic() + STREAM_SECONDS
    while True:
        newest = journal.last
        # A comment tells that the browser has gone: the write fails.
        yield b"".join(_show_changes(journal, last, newest)) or b":\n\n"
        last, before = mark(newest), monotonic()
        if pause is None or before >= end:
            return
        pause(TURN_SECONDS)
        if monotonic() - before < TURN_SECONDS / 2:  # the server ends
            return


def _show_changes(journal: Journal, last: str, newest: Exchange | None) -> Iterator[bytes]:
    """Yield the event of a clear, if any, and the event of the new exchanges, if any."""
    if mark(newest) == last:
        return
    number = _read_number(last)
    if number and _is_cleared(journal, last, newest):
        number = 0
        yield b"id: 0\nevent: clear\ndata: {}\n\n"
    if newest:
        yield _show_event(journal, number, newest)


def _is_cleared(journal: Journal, last: str, newest: Exchange | None) -> bool:
    """Return True if the journal was cleared after the exchange of a mark."""
    number = _read_number(last)
    if newest is None or newest.number < number:
        return True
    found = journal.get(number)  # None if the journal was full
    return found is not None and "-" in last and mark(found) != last


def _show_event(journal: Journal, last: int, newest: Exchange) -> bytes:
    shown = journal.find_after(max(last, newest.number - MAX_BATCH_EXCHANGES))
    lines = [show_line(exchange) for exchange in shown if exchange.number <= newest.number]
    data = {
        "count": newest.number - last,
        "faults": sum(bool(line["fault"]) for line in lines),
        "exchanges": lines,
    }
    return b"id: %b\ndata: %b\n\n" % (mark(newest).encode(), orjson.dumps(data))
