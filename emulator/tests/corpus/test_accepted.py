"""The file of known differences: which difference an entry fits, and what a wrong file says."""

from datetime import date
from pathlib import Path

import pytest

from emulator.corpus.accepted import Accepted, read_accepted
from emulator.corpus.exchange import CorpusError
from emulator.corpus.grade import Difference
from emulator.tests.table import table

ENTRY = """[[difference]]
recording = "shop*"
operation = "GET /inventory_lists*"
exchange = "second *"
grade = "members"
pointer = "/data/*/_v"
reason = "Another version of the server."
date = 2026-11-29
"""
NAMES = ("second page", "2")
ONE = Difference("members", "/data/0/_v", 1, 2)


def test_an_entry_is_read(tmp_path: Path) -> None:
    file = tmp_path / "accepted.toml"
    file.write_text(ENTRY)
    [entry] = read_accepted(file)
    day = date(2026, 11, 29)
    reason = "Another version of the server."
    assert entry == Accepted(
        *(1, "members", "/data/*/_v", reason, day),
        *("shop*", "GET /inventory_lists*", "second *"),
    )
    assert entry.line == ("entry 1: members /data/*/_v (shop*, GET /inventory_lists*, second *)")
    file.write_text("")
    assert read_accepted(file) == []


@table(
    ("recording", "operation", "names", "one", "fits"),
    [
        ("shop-1", "GET /inventory_lists/{id}", NAMES, ONE, True),
        ("other", "GET /inventory_lists", NAMES, ONE, False),
        ("shop", "PUT /inventory_lists", NAMES, ONE, False),
        ("shop", "GET /inventory_lists", ("first page", "2"), ONE, False),
        ("shop", "GET /inventory_lists", NAMES, Difference("values", "/data/0/_v", 1, 2), False),
        ("shop", "GET /inventory_lists", NAMES, Difference("members", "/data/0/x", 1, 2), False),
        ("shop", "GET /inventory_lists", NAMES, Difference("members", "/a/data/0/_v", 1, 2), False),
    ],
)
def test_an_entry_fits_by_all_members(
    recording: str, operation: str, names: tuple[str, str], one: Difference, *, fits: bool
) -> None:
    entry = Accepted(
        *(1, "members", "/data/*/_v", "x", date(2026, 1, 1)),
        *("shop*", "GET /inventory_lists*", "second *"),
    )
    assert entry.fits(recording, operation, names, one) is fits


def test_an_entry_fits_everywhere_by_default() -> None:
    entry = Accepted(2, "headers", "**", "x", date(2026, 1, 1))
    assert entry.fits("any", "GET /x", ("", "1"), Difference("headers", "etag", "a", "b"))
    assert entry.line == "entry 2: headers ** (everywhere)"


@table(
    ("text", "message"),
    [
        ("[", "Invalid initial character for a key part (at end of document)"),
        ("x = 1", "/x: Unknown field."),
        (ENTRY.replace("reason", "why"), "/difference/0/reason: Missing data for required field."),
        (
            ENTRY.replace("Another version of the server.", ""),
            ("/difference/0/reason: Shorter than minimum length 1."),
        ),
        (
            ENTRY.replace("date = 2026-11-29", ""),
            ("/difference/0/date: Missing data for required field."),
        ),
        (
            ENTRY.replace("2026-11-29", '"2026-11-29"'),
            ("/difference/0/date: Not a date such as 2026-11-29, without quotes."),
        ),
        (
            ENTRY.replace('"members"', '"colour"'),
            "/difference/0/grade: Must be one of: status, fault, members, types, values, headers.",
        ),
    ],
)
def test_a_wrong_file_is_an_error(text: str, message: str, tmp_path: Path) -> None:
    file = tmp_path / "accepted.toml"
    file.write_text(text)
    with pytest.raises(CorpusError) as caught:
        read_accepted(file)
    assert str(caught.value) == f"{file}: {message}"


def test_a_missing_file_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(CorpusError, match=r"accepted\.toml: No such file or directory$"):
        read_accepted(tmp_path / "accepted.toml")
