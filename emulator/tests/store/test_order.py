"""Keys as bytes: they come back, lie in the same order, and between those they lie below."""

from hypothesis import example, given
from hypothesis import strategies as st

from emulator.store import Key
from emulator.store.order import AFTER_KEYS_BELOW, decode, encode
from emulator.tests.table import table

PARTS = st.text("\0\1a\uffff\U0010ffff", max_size=3) | st.text(st.characters(), max_size=3)
KEYS = st.lists(PARTS, max_size=3).map(tuple)


@table(
    ("key", "encoded"),
    [
        ((), b""),
        (("",), b"\0"),
        (("a",), b"a\0"),
        (("a", "b"), b"a\0b\0"),
        (("\0",), b"\0\xff\0"),
        (("é", ""), b"\xc3\xa9\0\0"),
        (("\ud800",), b"\xed\xa0\x80\0"),
    ],
)
def test_an_id_is_its_utf_8_closed_by_a_nul(key: Key, encoded: bytes) -> None:
    assert encode(key) == encoded
    assert decode(encoded) == key


@given(KEYS)
def test_a_key_comes_back(key: Key) -> None:
    assert decode(encode(key)) == key


@given(KEYS, KEYS)
@example(("a",), ("a", ""))
@example(("a", ""), ("a\0",))
@example(("a", "\U0010ffff"), ("a\0",))
@example(("\ud800",), ("\ue000",))
def test_bytes_lie_in_the_order_of_keys(one: Key, other: Key) -> None:
    assert (encode(one) < encode(other)) == (one < other)


@given(KEYS, KEYS | st.just(()), KEYS)
def test_what_lies_below_a_key_lies_between_its_bytes_and_those_beyond(
    parent: Key, more: Key, other: Key
) -> None:
    low, high = encode(parent), encode(parent) + AFTER_KEYS_BELOW
    for key in ((*parent, *more), other):
        is_below = key[: len(parent)] == parent
        assert (low <= encode(key) < high) == is_below
