"""Idempotency keys: a request that is sent again gets the answer it had (WRITE-5).

What is remembered is an answer of success: a request that was refused has had no effect, and
may be tried again.
"""

import re
from datetime import datetime
from hashlib import sha256
from typing import Any

import orjson
from werkzeug.datastructures import Headers

from emulator.inventory_service.answer import Answer
from emulator.inventory_service.problem import IDEMPOTENCY_KEY_REUSED, INVALID_HEADER
from emulator.store import Presence, Put, Record, Store

HEADER = "Idempotency-Key"
LIFETIME = 24 * 60 * 60  # seconds
# A string of RFC 9651, 3.3.3, or the same without its quotes.
QUOTED = re.compile(r'"((?:[\x20\x21\x23-\x5b\x5d-\x7e]|\\["\\]){1,255})"')
BARE = re.compile(r"[\x21\x23-\x7e]{1,255}")
PATTERN = f"^(?:{QUOTED.pattern}|{BARE.pattern})$"


def read_key(headers: Headers) -> str | None:
    """Return the request's key without quotes, or None.

    Raises:
        Problem: INVALID_HEADER.
    """
    text = headers.get(HEADER)
    if text is None:
        return None
    if quoted := QUOTED.fullmatch(text):
        return re.sub(r"\\(.)", r"\1", quoted[1])
    if not BARE.fullmatch(text):
        raise INVALID_HEADER(f"{HEADER} is no string of 1 to 255 characters.")
    return text


def fingerprint(value: Any) -> str:
    """Return what tells two bodies apart, whatever their spacing and the order of members."""
    return sha256(orjson.dumps(value, option=orjson.OPT_SORT_KEYS)).hexdigest()


class Memory:
    """The answers remembered for the requests of one collection."""

    def __init__(self, store: Store, name: str, now: datetime) -> None:
        self._store = store
        self._name = f"{name}.idempotency"
        self._now = now.timestamp()

    def recall(self, key: str, body: str) -> Answer | None:
        """Return the answer that a request with this key and body had, or None.

        Raises:
            Problem: IDEMPOTENCY_KEY_REUSED, the body was another.
        """
        record = self._store.get(self._name, (key,))
        if record is None or self._is_old(record):
            return None
        if record.properties["fingerprint"] != body:
            raise IDEMPOTENCY_KEY_REUSED(f"{HEADER} '{key}' came with another body before.")
        answer = record.properties["answer"]
        return Answer(answer["status"], answer["content"], answer["headers"])

    def remember(self, key: str, body: str, answer: Answer) -> Put:
        """Return the change that remembers an answer; it meets none of the same key."""
        told = {"status": answer.status, "content": answer.content, "headers": answer.headers}
        content = {"fingerprint": body, "answer": told, "at": self._now}
        before = self._store.get(self._name, (key,))
        expected = before.state if before and self._is_old(before) else Presence.ABSENT
        return Put(self._name, Record.of((key,), content), expected)

    def _is_old(self, record: Record) -> bool:
        return bool(self._now - record.properties["at"] > LIFETIME)
