"""Entity tags: which headers list a tag, by strong and by weak comparison (RFC 9110)."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from emulator import entity_tag
from emulator.tests.table import table

# Whether the header lists the tag "v1": by strong comparison, by weak comparison.
HEADERS = {
    "any": ("*", True, True),
    "any, spaced": (" *\t", True, True),
    "strong": ('"v1"', True, True),
    "weak": ('W/"v1"', False, True),
    "another": ('"v2"', False, False),
    "another, weak": ('W/"v2"', False, False),
    "its beginning": ('"v"', False, False),
    "more than it": ('"v11"', False, False),
    "another case": ('"V1"', False, False),
    "first of a list": ('"v1","v2"', True, True),
    "last of a list": ('"v2", "v3", "v1"', True, True),
    "weak in a list": ('"v2", W/"v1"', False, True),
    "weak and strong": ('W/"v1", "v1"', True, True),
    "none of a list": ('"v2", W/"v3", ""', False, False),
    "empty elements": (', ,"v2",,\t"v1" ,', True, True),
    "blanks around": (' \t"v1"  ', True, True),
    "comma in another tag": ('"v2,", "v1"', True, True),
    "comma in one tag": ('"v2,v1"', False, False),
    "nothing": ("", False, False),
    "blanks": ("  \t", False, False),
    "commas": (",,", False, False),
    "unquoted": ("v1", False, False),
    "unquoted, weak": ("W/v1", False, False),
    "not closed": ('"v1', False, False),
    "not opened": ('v1"', False, False),
    "single quotes": ("'v1'", False, False),
    "weak in lower case": ('w/"v1"', False, False),
    "weak, spaced": ('W/ "v1"', False, False),
    "weak twice": ('W/W/"v1"', False, False),
    "blank in the tag": ('"v1 "', False, False),
    "any in a list": ('"v2", *', False, False),
    "any before it": ('*, "v1"', False, False),
    "any, quoted": ('"*"', False, False),
    "any, twice": ("**", False, False),
    "followed by a word": ('"v1", x', False, False),
    "followed by a tag without comma": ('"v1" "v2"', False, False),
    "followed by a tag at once": ('"v1""v2"', False, False),
    "semicolon": ('"v1"; "v2"', False, False),
}
by_header = table(("header", "strong", "weak"), HEADERS.values(), ids=HEADERS)


@by_header
def test_a_strong_comparison(header: str, *, strong: bool, weak: bool) -> None:
    del weak
    assert entity_tag.lists(header, "v1", weak=False) is strong


@by_header
def test_a_weak_comparison(header: str, *, strong: bool, weak: bool) -> None:
    del strong
    assert entity_tag.lists(header, "v1", weak=True) is weak


@table("tag", ["!", "#", "~", "\x80", "\xff", "W/", ",", "'", "\\", "*", ""])
def test_a_tag_is_of_any_visible_characters_but_quotes(tag: str) -> None:
    assert entity_tag.lists(f'"v2", "{tag}"', tag, weak=False)
    assert entity_tag.lists(f'W/"{tag}"', tag, weak=True)


@table("character", ["\0", "\t", "\n", " ", '"', "\x7f", "\u0100", "€"])
def test_no_tag_holds_another_character(character: str) -> None:
    assert not entity_tag.lists(f'"a{character}b"', f"a{character}b", weak=True)


# Read by trying one way after another these would not end in any time that a client waits.
@table("weak", [False, True], ids=["strong", "weak"])
@table(
    ("header", "listed"),
    [
        pytest.param('"a" ' * 50_000, False, id="tags and blanks"),
        pytest.param('"a"' + " " * 199_997, False, id="a tag and blanks"),
        pytest.param('"v1"' + " " * 199_996, True, id="the tag and blanks"),
        pytest.param(" " * 199_999 + "x", False, id="blanks and a word"),
        pytest.param(" ," * 99_999 + " x", False, id="blanks, commas and a word"),
        pytest.param('"a" , ' * 33_333 + "xx", False, id="a list and a word"),
        pytest.param('"a" , ' * 33_332 + '    "v1"', True, id="a list with the tag at its end"),
    ],
)
def test_a_header_of_200_000_characters_is_decided(
    header: str, *, listed: bool, weak: bool
) -> None:
    assert len(header) == 200_000
    assert entity_tag.lists(header, "v1", weak=weak) is listed


@given(st.text(st.sampled_from('W/", *ab\t') | st.characters(max_codepoint=255), max_size=12))
def test_a_header_that_does_not_hold_the_tag_never_lists_it(header: str) -> None:
    expected = header.strip() == "*"
    assert entity_tag.lists(header, "not in it, too long", weak=True) is expected
