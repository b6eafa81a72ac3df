"""Idempotency keys: how they are read, and how long an answer is remembered."""

from datetime import UTC, datetime, timedelta

import pytest
from werkzeug.datastructures import Headers

from emulator.inventory_service.answer import Answer
from emulator.inventory_service.idempotency import StoredAnswers, fingerprint, read_key
from emulator.inventory_service.problem import Problem
from emulator.store import MemoryStore, StateConflict
from emulator.tests.table import table

NOON = datetime(2024, 7, 17, 12, tzinfo=UTC)
ANSWER = Answer(201, {"itemId": "x"}, {"Location": "/items/x"})
DAY = timedelta(hours=24)


@table(
    ("header", "key"),
    [("abc", "abc"), ('"abc"', "abc"), ('"a b"', "a b"), (r'"a\"b\\"', 'a"b\\'), ("a\\b", "a\\b")],
)
def test_a_key_is_quoted_or_bare(header: str, key: str) -> None:
    assert read_key(Headers({"Idempotency-Key": header})) == key


@table("header", ["", '"', '""', 'a"b', "a b", "é", r'"a\n"', "x" * 256])
def test_what_is_no_key_is_refused(header: str) -> None:
    with pytest.raises(Problem) as raised:
        read_key(Headers({"Idempotency-Key": header}))
    assert raised.value.kind.code == "INVALID_HEADER"


def test_no_header_is_no_key() -> None:
    assert read_key(Headers()) is None


def test_a_fingerprint_is_of_the_value_and_not_of_its_spelling() -> None:
    assert fingerprint({"a": 1, "b": [2]}) == fingerprint({"b": [2], "a": 1})
    assert fingerprint({"a": 1}) != fingerprint({"a": "1"})


def test_an_answer_is_remembered_for_24_hours() -> None:
    store = MemoryStore()
    store.apply(StoredAnswers(store, "items", NOON).put("k", "mark", ANSWER))
    assert StoredAnswers(store, "items", NOON + DAY).find("k", "mark") == ANSWER
    later = NOON + DAY + timedelta(seconds=1)
    assert StoredAnswers(store, "items", later).find("k", "mark") is None
    assert StoredAnswers(store, "inventories", NOON).find("k", "mark") is None


def test_an_old_answer_gives_way_and_a_fresh_one_does_not() -> None:
    store = MemoryStore()
    store.apply(StoredAnswers(store, "items", NOON).put("k", "mark", ANSWER))
    with pytest.raises(StateConflict):
        store.apply(StoredAnswers(store, "items", NOON + DAY).put("k", "other", ANSWER))
    later = StoredAnswers(store, "items", NOON + DAY + timedelta(seconds=1))
    store.apply(later.put("k", "other", ANSWER))
    assert later.find("k", "other") == ANSWER
    with pytest.raises(Problem, match="another body"):
        later.find("k", "mark")
