"""JSON arrays, read block by block: a long one is in memory as text, but never as a whole.

A block ends where an object does that a comma follows. That may be within an entry; then what was
cut off is no JSON, for an array or object in it is left open, and another such place is tried. If
it is JSON, the cut is between two entries: the parser has read the same bytes as it would have in
the whole array, and has come to the end of an entry.
"""

import re
from collections.abc import Iterator
from contextlib import suppress
from itertools import islice
from typing import Any

import orjson

BLOCK = 256 * 1024  # bytes
PLACES = 2048  # that are looked at to end a block
TRIES = 4  # of these that are tried though brackets speak against them
BEGINNING = re.compile(rb"[ \t\r\n]*+\[")
CUT = re.compile(rb"\}[ \t\r\n]*+,")


def read(data: bytes) -> Any:
    """Return a JSON value, an array as an iterator over its entries.

    Raises:
        orjson.JSONDecodeError: It is none; or, if it is an array, the iterator raises that.
    """
    found = BEGINNING.match(data)
    return _read_entries(data, found.end()) if found else _parse(data)


def _read_entries(data: bytes, start: int) -> Iterator[Any]:
    while start:
        block, start = _read_block(data, start)
        block.reverse()
        while block:  # what is an entry's memory serves for what becomes of it
            yield block.pop()


def _read_block(data: bytes, start: int) -> tuple[list[Any], int]:
    """Return the entries from a place on, and the place of the next one, 0 for none."""
    for end, after in _list_places(data, start):
        with suppress(orjson.JSONDecodeError):
            return orjson.loads(b"[%b]" % data[start:end]), after
    try:
        rest = orjson.loads(b"[%b" % data[start:])
    except orjson.JSONDecodeError:
        rest = []
    if not rest:  # it is broken, or a comma was the last, or there is nothing in it
        _parse(data)  # which says so, and where
    return rest, 0


def _list_places(data: bytes, start: int) -> Iterator[tuple[int, int]]:
    """Yield where a block may end and the next one begin: at first any place, then likely ones.

    Likely is where as many brackets were closed as opened; there may be single ones in texts.
    """
    open_, before = 0, start
    for number, cut in enumerate(islice(CUT.finditer(data, start + BLOCK), PLACES)):
        end = cut.start() + 1
        open_ += sum(data.count(bracket, before, end) for bracket in (b"{", b"["))
        open_ -= sum(data.count(bracket, before, end) for bracket in (b"}", b"]"))
        before = end
        if number < TRIES or not open_:
            yield end, cut.end()


def _parse(data: bytes) -> Any:
    """Return a JSON value; the parser itself does not tell where bytes are no UTF-8."""
    try:
        return orjson.loads(data)
    except orjson.JSONDecodeError:
        try:
            data.decode()
        except UnicodeDecodeError as error:
            sound = data[: error.start].decode()
            raise orjson.JSONDecodeError("it is not UTF-8", sound, len(sound)) from error
        raise
