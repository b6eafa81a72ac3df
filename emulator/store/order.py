"""Keys as bytes whose order is that of the keys, for engines that sort bytes.

Each id is its UTF-8, closed by a NUL; a NUL inside is followed by the byte FF, which UTF-8 never
has. So what lies below a key, and nothing else, lies between the bytes of that key and the same
with ``BEYOND`` appended. The scheme is that of FoundationDB's tuples.
"""

import re

from emulator.store.record import Key

END = re.compile(rb"\0(?!\xff)")
BEYOND = b"\xff"
"""Behind the bytes of a key: greater than those of all that lies below it, less than others."""


def encode(key: Key) -> bytes:
    """Return the bytes of a key."""
    return b"".join(_encode(part) for part in key)


def decode(encoded: bytes) -> Key:
    """Return the key that has these bytes."""
    return tuple(_decode(part) for part in END.split(encoded)[:-1])


def _encode(part: str) -> bytes:
    # Lone surrogates are in no record, but may be asked for.
    return part.encode(errors="surrogatepass").replace(b"\0", b"\0\xff") + b"\0"


def _decode(part: bytes) -> str:
    return part.replace(b"\0\xff", b"\0").decode(errors="surrogatepass")
