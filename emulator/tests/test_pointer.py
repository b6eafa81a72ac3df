"""What a schema finds wrong is told by JSON Pointer."""

from typing import Any

from emulator.json_pointer import escape, point
from emulator.tests.table import table


@table(
    ("name", "escaped"),
    [
        ("", ""),
        ("a", "a"),
        ("a/b", "a~1b"),
        ("a~b", "a~0b"),
        ("~1", "~01"),
        ("~/~", "~0~1~0"),
        ("ä b%", "ä b%"),
    ],
)
def test_tildes_and_slashes_of_a_name_are_escaped(name: str, escaped: str) -> None:
    assert escape(name) == escaped


@table(
    ("place", "messages", "told"),
    [
        ("", ["Wrong."], {"": "Wrong."}),
        ("/0", ["Wrong.", "Twice."], {"/0": "Wrong. Twice."}),
        ("", {"a": ["Wrong."]}, {"/a": "Wrong."}),
        ("/0", {"a": {"b": ["Wrong."]}, "c": ["Bad."]}, {"/0/a/b": "Wrong.", "/0/c": "Bad."}),
        ("", {"a": {1: ["Wrong."]}}, {"/a/1": "Wrong."}),
        ("", {"a/b": {"~": ["Wrong."]}}, {"/a~1b/~0": "Wrong."}),
        ("", {"": ["Wrong."]}, {"/": "Wrong."}),
        ("", {"_schema": ["Wrong."]}, {"": "Wrong."}),
        ("/2", {"a": {"_schema": ["Wrong."]}}, {"/2/a": "Wrong."}),
        ("", {}, {}),
        ("/a", [], {"/a": ""}),
    ],
)
def test_messages_are_told_with_their_place(
    place: str, messages: Any, told: dict[str, str]
) -> None:
    assert dict(point(place, messages)) == told
