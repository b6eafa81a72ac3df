"""Idempotency keys (WRITE-5): the same request again gets the stored answer.

Only answers of success are stored. A refused request had no effect, so that the client may try the
same key again.
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
ANSWER_LIFETIME_SECONDS = 24 * 60 * 60
# A string of RFC 9651, 3.3.3, or the same string without quotes.
QUOTED_KEY = re.compile(r'"((?:[\x20\x21\x23-\x5b\x5d-\x7e]|\\["\\]){1,255})"')
BARE_KEY = re.compile(r"[\x21\x23-\x7e]{1,255}")
KEY_PATTERN = f"^(?:{QUOTED_KEY.pattern}|{BARE_KEY.pattern})$"


def read_key(headers: Headers) -> str | None:
    """Return the key of a request without quotes, or None.

    Raises:
        Problem: INVALID_HEADER.
    """
    text = headers.get(HEADER)
    if text is None:
        return None
    if quoted := QUOTED_KEY.fullmatch(text):
        return re.sub(r"\\(.)", r"\1", quoted[1])
    if not BARE_KEY.fullmatch(text):
        raise INVALID_HEADER(f"{HEADER} is not a string of 1 to 255 ASCII characters.")
    return text


def fingerprint(value: Any) -> str:
    """Return the hash of a JSON value, independent of spacing and of the order of members."""
    return sha256(orjson.dumps(value, option=orjson.OPT_SORT_KEYS)).hexdigest()


class StoredAnswers:
    """The stored answers to the requests of a collection."""

    def __init__(self, store: Store, name: str, now: datetime) -> None:
        self._store = store
        self._name = f"{name}.idempotency"
        self._now = now.timestamp()

    def find(self, key: str, body: str) -> Answer | None:
        """Return the stored answer to a request, or None.

        Args:
            key: The key of the request.
            body: The fingerprint of the body.

        Raises:
            Problem: IDEMPOTENCY_KEY_REUSED: the key came with another body before.
        """
        record = self._store.get(self._name, (key,))
        if record is None or self._is_old(record):
            return None
        if record.properties["fingerprint"] != body:
            raise IDEMPOTENCY_KEY_REUSED(f"{HEADER} '{key}' came with another body before.")
        answer = record.properties["answer"]
        return Answer(answer["status"], answer["content"], answer["headers"])

    def put(self, key: str, body: str, answer: Answer) -> Put:
        """Return the change to store an answer, valid if the key has no other answer."""
        stored_answer = {
            "status": answer.status,
            "content": answer.content,
            "headers": answer.headers,
        }
        content = {"fingerprint": body, "answer": stored_answer, "at": self._now}
        before = self._store.get(self._name, (key,))
        expected = before.state if before and self._is_old(before) else Presence.ABSENT
        return Put(self._name, Record.of((key,), content), expected)

    def _is_old(self, record: Record) -> bool:
        return bool(self._now - record.properties["at"] > ANSWER_LIFETIME_SECONDS)
