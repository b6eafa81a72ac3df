"""The tokens of pages: signed, of one collection, good for 24 hours."""

from datetime import UTC, datetime, timedelta

import pytest
from werkzeug.datastructures import MultiDict

from emulator.inventory_service.paging import Bookmark, NextTokens, page_size
from emulator.inventory_service.problem import Problem
from emulator.tests.table import table

NOON = datetime(2024, 7, 17, 12, tzinfo=UTC)
BOOKMARK = Bookmark("items", "0000000000000007")


@pytest.fixture
def tokens() -> NextTokens:
    return NextTokens(b"secret")


def test_a_token_brings_its_bookmark_back(tokens: NextTokens) -> None:
    assert tokens.read(tokens.issue(BOOKMARK, NOON), "items", NOON) == BOOKMARK


def test_a_token_is_good_for_24_hours_to_the_second(tokens: NextTokens) -> None:
    token = tokens.issue(BOOKMARK, NOON)
    assert tokens.read(token, "items", NOON + timedelta(hours=24)) == BOOKMARK
    with pytest.raises(Problem, match="older than 24 hours") as raised:
        tokens.read(token, "items", NOON + timedelta(hours=24, seconds=1))
    assert (raised.value.kind.status, raised.value.kind.code) == (400, "INVALID_NEXT_TOKEN")


def test_a_token_of_another_collection_is_refused(tokens: NextTokens) -> None:
    with pytest.raises(Problem, match="another collection"):
        tokens.read(tokens.issue(BOOKMARK, NOON), "inventories", NOON)


@table("text", ["x", ".", "eyJ9.x", "\0", "ü", "a.b.c"])
def test_any_other_text_is_refused(tokens: NextTokens, text: str) -> None:
    with pytest.raises(Problem, match="This server did not issue the token"):
        tokens.read(text, "items", NOON)


def test_a_token_written_otherwise_is_refused(tokens: NextTokens) -> None:
    token = tokens.issue(BOOKMARK, NOON)
    last = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"
    # The last character of unpadded Base64 has bits that do not count.
    others = [token[:-1] + character for character in last if character != token[-1]]
    for other in others:
        with pytest.raises(Problem, match="cannot be used"):
            tokens.read(other, "items", NOON)


def test_a_token_of_another_key_is_refused(tokens: NextTokens) -> None:
    with pytest.raises(Problem, match="This server did not issue the token"):
        tokens.read(NextTokens(b"other").issue(BOOKMARK, NOON), "items", NOON)


@table(
    ("text", "size"), [("", None), ("0", 50), ("1", 1), ("200", 200), ("201", 200), ("9" * 18, 200)]
)
def test_the_size_of_a_page(text: str, size: int | None) -> None:
    parameters = MultiDict({"pageSize": text})
    if size is None:
        with pytest.raises(Problem):
            page_size(parameters)
    else:
        assert page_size(parameters) == size
