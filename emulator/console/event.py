"""Server-sent events of the journal: new exchanges in batches, for a page that shows them live.

A stream asks the journal several times a second, so the journal knows no streams, and a request
costs the same with and without a page. A stream ends after ``STREAM_SECONDS``; the browser opens
the next one with the header Last-Event-ID (WHATWG HTML, 9.2).
"""

from collections.abc import Callable, Iterator
from http import HTTPStatus
from threading import BoundedSemaphore
from time import monotonic, sleep
from typing import Any

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
        "milliseconds": round(exchange.seconds * 1000, 1),
    }


def stream() -> Response:
    """Answer the new exchanges of the workspace as server-sent events.

    Raises:
        ServiceUnavailable: As many pages as ``MAX_STREAMS`` are open.
    """
    journal, pause = workspace().journal, request.environ.get(PAUSE, sleep)
    last = request.headers.get("Last-Event-ID") or request.args.get("after", "")
    is_number = last.isascii() and last.isdecimal() and len(last) <= MAX_NUMBER_DIGITS
    if not OPEN_STREAMS.acquire(blocking=False):
        raise ServiceUnavailable(f"{MAX_STREAMS} pages show the traffic already.")
    events = _follow(journal, int(last) if is_number else journal.last_number, pause)
    response = Response(events, HTTPStatus.OK, mimetype="text/event-stream")
    response.call_on_close(OPEN_STREAMS.release)
    response.headers["Cache-Control"] = "no-store"
    return response


def _follow(journal: Journal, last: int, pause: Callable[[float], Any]) -> Iterator[bytes]:
    """Yield an event for the new exchanges of each turn, and a comment where there are none."""
    yield f"retry: {RETRY_MILLISECONDS}\n\n".encode()
    end = monotonic() + STREAM_SECONDS
    while monotonic() < end:
        newest = journal.last_number
        if newest < last:  # the journal was cleared
            last = 0
            yield b"event: clear\ndata: {}\n\n"
        # A comment tells that the browser has gone: the write fails.
        yield _show_event(journal, last, newest) if newest > last else b":\n\n"
        last, before = newest, monotonic()
        pause(TURN_SECONDS)
        if monotonic() - before < TURN_SECONDS / 2:  # the server ends
            return


def _show_event(journal: Journal, last: int, newest: int) -> bytes:
    shown = journal.find_after(max(last, newest - MAX_BATCH_EXCHANGES))
    lines = [show_line(exchange) for exchange in shown if exchange.number <= newest]
    data = {
        "count": newest - last,
        "faults": sum(bool(line["fault"]) for line in lines),
        "exchanges": lines,
    }
    return b"id: %d\ndata: %s\n\n" % (newest, orjson.dumps(data))
