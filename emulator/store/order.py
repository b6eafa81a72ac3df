"""Keys as bytes in the order of the keys, for engines with sorted bytes.

Each id of a key is UTF-8, closed by a NUL. A NUL inside an id is followed by the byte FF, because
UTF-8 has no such byte. So the keys below a key, and no others, lie between the bytes of the key and
the same bytes with ``AFTER_KEYS_BELOW`` appended. FoundationDB encodes tuples in the same way.
"""

import re

from emulator.store.record import Key

ID_END = re.compile(rb"\0(?!\xff)")
AFTER_KEYS_BELOW = b"\xff"
"""Appended to a key: greater than all keys below the key, less than all later keys."""


def encode(key: Key) -> bytes:
    """Return the bytes of a key."""
    return b"".join(map(_encode, key))


def decode(encoded: bytes) -> Key:
    """Return the key of encoded bytes."""
    return tuple(map(_decode, ID_END.split(encoded)[:-1]))


def _encode(identifier: str) -> bytes:
    # No record has a lone surrogate, but a request may ask for one.
    return identifier.encode(errors="surrogatepass").replace(b"\0", b"\0\xff") + b"\0"


def _decode(encoded: bytes) -> str:
    return encoded.replace(b"\0\xff", b"\0").decode(errors="surrogatepass")
