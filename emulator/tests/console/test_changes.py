"""The comparison of two states of a document."""

from typing import Any

from emulator.console.changes import MAX_COMPARED_LINES, compare
from emulator.store import Record
from emulator.tests.bound import bounded


def show(before: dict[str, Any] | None, after: dict[str, Any] | None) -> tuple[str, list[str]]:
    records = [one if one is None else Record.of(("a",), one) for one in (before, after)]
    kind, lines = compare(*records)
    return kind, [f"{line.sign}{line.text.strip()}" for line in lines if line.sign != "@"]


def test_a_changed_line_is_shown_with_its_neighbours() -> None:
    before = {f"p{number}": number for number in range(9)}
    kind, lines = show(before, {**before, "p4": "x"})
    assert kind == "changed"
    assert lines == [
        *(' "p1": 1,', ' "p2": 2,', ' "p3": 3,', '-"p4": 4,', '+"p4": "x",'),
        *(' "p5": 5,', ' "p6": 6,', ' "p7": 7,'),
    ]


def test_added_and_removed_documents_are_shown_whole() -> None:
    assert show(None, {"a": 1}) == ("added", ["+{", '+"a": 1', "+}"])
    assert show({"a": 1}, None) == ("removed", ["-{", '-"a": 1', "-}"])
    assert show({"a": 1}, {"a": 1}) == ("", [])
    assert show(None, None) == ("", [])


def test_secrets_are_not_shown() -> None:
    _, lines = show({"client_secret": "first"}, {"client_secret": "second", "x": 1})
    assert '+"client_secret": "***",' in lines
    assert not [line for line in lines if "first" in line or "second" in line]


def test_large_documents_are_compared_in_little_time() -> None:
    for count, shown in ((100_000, 2 * MAX_COMPARED_LINES), (MAX_COMPARED_LINES - 10, None)):
        before = {"values": [number % 7 for number in range(count)]}
        after = {"values": [number % 11 for number in range(count)]}
        with bounded():
            kind, lines = show(before, after)
        assert (kind, len(lines)) == ("changed", shown or len(lines))
    one = {"values": [*before["values"], 5]}
    assert "+5" in show(before, one)[1]
    assert len(show(before, one)[1]) < 12
