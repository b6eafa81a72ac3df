"""Texts without escapes, and the way back to the places in the escaped text.

A sensitive value may stand in a text percent-encoded, with the escapes of JSON, with references of
XML, or with several of these. A search in the decoded text finds the value in every spelling.
"""

import re
from bisect import bisect_right
from collections import deque
from collections.abc import Callable, Iterable
from html import unescape
from typing import NamedTuple
from urllib.parse import quote, unquote

MAX_DEPTH = 4  # encodings inside each other
ESCAPE = re.compile(
    r"(?P<percent>(?:%[0-9a-fA-F]{2})+)"
    r"|(?P<unicode>(?:\\+u[0-9a-fA-F]{4})+)"
    r"|\\(?P<character>[\"'\\/bfnrt])"
    r"|&(?:\#\d{1,7}|\#[xX][0-9a-fA-F]{1,6}|[a-zA-Z]{2,8});"
)
PERCENT = re.compile("%[0-9a-fA-F]{2}")
CODE = re.compile(r"\\+u([0-9a-fA-F]{4})")
CONTROL = {"b": "\b", "f": "\f", "n": "\n", "r": "\r", "t": "\t"}

Span = tuple[int, int]
Hit = tuple[int, int, str]  # begin, end, and the text in the place


class Decoded(NamedTuple):
    """A text after the removal of a layer of escapes.

    Attributes:
        text: The text.
        places: Where pieces begin in the text, in order.
        origins: Where each piece begins and ends in the escaped text. A piece is a decoded
            character, or a run of characters without escapes.
    """

    text: str
    places: list[int]
    origins: list[Span]

    def locate(self, begin: int, end: int) -> Span:
        """Return the place in the escaped text, for a place in the text that is not empty."""
        first, last = (bisect_right(self.places, place) - 1 for place in (begin, end - 1))
        start, stop = self.origins[first][0], self.origins[last][1]
        if self._is_run(first):
            start += begin - self.places[first]
        if self._is_run(last):
            stop = self.origins[last][0] + end - self.places[last]
        return start, stop

    def _is_run(self, number: int) -> bool:
        begin, end = self.origins[number]
        place = self.places[number]
        after = self.places[number + 1] if number + 1 < len(self.places) else len(self.text)
        return after - place == end - begin


def has_escapes(text: str) -> bool:
    """Return whether a text may have escapes."""
    return "%" in text or "\\" in text or "&" in text


def decode(text: str) -> Decoded | None:
    """Return a text without the outer layer of escapes; None for a text without escapes."""
    pieces: list[str] = []
    places: list[int] = []
    origins: list[Span] = []
    at = size = 0
    for found in ESCAPE.finditer(text):
        characters = _decode(found)
        for piece, begin, end in ((text[at : found.start()], at, found.start()), *characters):
            if piece:
                pieces.append(piece)
                places.append(size)
                origins.append((begin, end))
                size += len(piece)
        at = found.end()
    if not at:
        return None
    if at < len(text):
        pieces.append(text[at:])
        places.append(size)
        origins.append((at, len(text)))
    return Decoded("".join(pieces), places, origins)


def decode_wholly(text: str) -> str:
    """Return a text without escapes."""
    for _ in range(MAX_DEPTH):
        decoded = decode(text) if has_escapes(text) else None
        if decoded is None or decoded.text == text:
            break
        text = decoded.text
    return text


def substitute(text: str, find: Callable[[str], Iterable[Hit]]) -> str:
    """Return a text with other values, found in the text and below each layer of escapes.

    Args:
        text: The text.
        find: Yields the hits in a text, in order and without overlaps. The deepest layer is the
            first: there a value is whole whose beginning is another value.
    """
    for depth in range(MAX_DEPTH if has_escapes(text) else 0, -1, -1):
        layers: list[Decoded] = []
        shown = text
        while len(layers) < depth and (decoded := decode(shown)) and decoded.text != shown:
            layers.append(decoded)
            shown = decoded.text
        if len(layers) == depth:
            text = _splice(text, layers, find(shown))
    return text


def encode_once(text: str, like: str) -> str:
    """Return a text, percent-encoded if another text is percent-encoded."""
    return quote(text, safe="@" if "@" in like else "") if PERCENT.search(like) else text


def encode_wholly(text: str, like: str) -> str:
    """Return a text, percent-encoded as many times as another text."""
    likes = [like]
    while len(likes) < MAX_DEPTH and PERCENT.search(likes[-1]):
        likes.append(unquote(likes[-1]))
    for one in reversed(likes):
        text = encode_once(text, one)
    return text


def _splice(text: str, layers: list[Decoded], hits: Iterable[Hit]) -> str:
    pieces, at = [], 0
    escaped = [text, *(layer.text for layer in layers)]
    for *place, replacement in hits:
        begin, end = place
        encoded = replacement
        for layer, source in zip(reversed(layers), escaped[-2::-1], strict=True):
            begin, end = layer.locate(begin, end)
            encoded = encode_once(encoded, source[begin:end])
        if begin >= at:
            pieces += [text[at:begin], encoded]
            at = end
    return "".join((*pieces, text[at:])) if pieces else text


def _decode(found: "re.Match[str]") -> list[tuple[str, int, int]]:
    """Return the characters of an escape, with begin and end in the escaped text."""
    start, end = found.span()
    if run := found["percent"]:
        return _decode_percent(bytes.fromhex(run.replace("%", "")), start)
    if found["unicode"]:
        return _decode_units(found[0], start)
    if character := found["character"]:
        return [(CONTROL.get(character, character), start, end)]
    return [(unescape(found[0]), start, end)]


def _decode_percent(data: bytes, start: int) -> list[tuple[str, int, int]]:
    try:
        text, width = data.decode(), 0
    except UnicodeDecodeError:
        text, width = data.decode("latin-1"), 1
    characters = []
    for character in text:
        length = 3 * (width or len(character.encode()))
        characters.append((character, start, start + length))
        start += length
    return characters


def _decode_units(run: str, start: int) -> list[tuple[str, int, int]]:
    """Return the characters of UTF-16 code units, as JSON writes them."""
    units = deque((int(unit[1], 16), *unit.span()) for unit in CODE.finditer(run))
    characters = []
    while units:
        code, begin, end = units.popleft()
        if 0xD800 <= code < 0xDC00 and units and 0xDC00 <= units[0][0] < 0xE000:  # noqa: PLR2004 - surrogates
            low, _, end = units.popleft()
            code = 0x10000 + ((code - 0xD800) << 10) + low - 0xDC00
        characters.append((chr(code), start + begin, start + end))
    return characters
