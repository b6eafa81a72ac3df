"""Recorded exchanges for tests."""

from base64 import b64encode
from collections.abc import Sequence
from io import BytesIO
from typing import Any
from zipfile import ZIP_DEFLATED, ZipFile

import orjson

from emulator.corpus.exchange import Head, Recording, render
from emulator.corpus.inspection import Hidden, Inspector, describe
from emulator.corpus.known import Known
from emulator.corpus.message import Raw
from emulator.corpus.recorder import Redacted, add_instance, redact_all
from emulator.corpus.sensitive import Names

INSTANCE = "zzab-001.dx.commercecloud.salesforce.com"
JSON = {"Content-Type": "application/json;charset=UTF-8"}
FORM = {"Content-Type": "application/x-www-form-urlencoded"}
TEXT = {"Content-Type": "text/plain"}
XML = {"Content-Type": "application/xml"}
HEAD = Head("a test", "LIVE", "2026-11-29", "2026-11-29T18:00:00Z")


def encode(content: Any) -> bytes:
    if isinstance(content, bytes):
        return content
    return content.encode() if isinstance(content, str) else orjson.dumps(content)


def ask(
    target: str = "/s/-/dw/data/v23_2/sites",
    content: Any = b"",
    headers: dict[str, str] | None = None,
    method: str = "GET",
) -> Raw:
    """Return an exchange whose request tells something."""
    sent = tuple((headers or {}).items())
    return Raw(method, target, sent, encode(content), 204, (), b"")


def tell(content: Any, headers: dict[str, str] | None = None, status: int = 200) -> Raw:
    """Return an exchange whose answer tells something."""
    sent = tuple((JSON if headers is None else headers).items())
    return Raw("GET", "/s/-/dw/data/v23_2/sites", (), b"", status, sent, encode(content))


def base64(text: str) -> str:
    return b64encode(text.encode()).decode()


def pack(**files: str | bytes) -> bytes:
    """Return a ZIP archive with some files."""
    packed = BytesIO()
    with ZipFile(packed, "w", ZIP_DEFLATED) as archive:
        for name, content in files.items():
            archive.writestr(name, content)
    return packed.getvalue()


DAMAGED = pack(ä="x").replace("ä".encode(), b"\xff\xff")
"""A ZIP archive with a name that claims to be UTF-8, and is not."""


def redact(raws: Sequence[Raw], **choices: Any) -> Redacted:
    instances = Known()
    add_instance(instances, f"https://{INSTANCE}")
    return redact_all(raws, Names(**choices), instances)


def write(redacted: Redacted) -> bytes:
    """Return the text of a recording."""
    return render(Recording(HEAD, redacted.exchanges))


def inspect(redacted: Redacted, kept: Sequence[str] = ()) -> list[str]:
    """Return the findings of the second pass."""
    sought = redacted.known.list_sought()
    hidden = {value: Hidden(kind.value, is_word) for value, kind, is_word in sought}
    return describe(Inspector(hidden, redacted.issued, kept).inspect(write(redacted)))
