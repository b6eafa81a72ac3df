"""Hooks over HTTP: a callback to a URL of the configuration (HOOK-8)."""

import re
from collections.abc import Mapping
from contextlib import closing
from dataclasses import asdict
from http.client import HTTPConnection, HTTPException
from ssl import create_default_context
from threading import Semaphore
from typing import Any
from urllib.parse import urlsplit

import orjson

from emulator.extending.error import ExtensionError
from emulator.http.deadline import connect
from emulator.ocapi.hook.point import HookCall, Status

CALLBACK_SECONDS = 5.0
MAX_WAITING_CALLS = 100
"""The bound of calls without an answer: a callback may send the request that it is called for."""
MAX_ANSWER_BYTES = 5 * 1024 * 1024
CHUNK_BYTES = 65_536
MAX_SHOWN_CHARACTERS = 200
OK_CLASS = 2  # 2xx, RFC 9110, 15.3
JSON = {"Content-Type": "application/json", "Accept": "application/json"}
STATUS_TYPES: Mapping[str, type] = {"ok": bool, "code": str, "message": str, "details": dict}
PRINTABLE = re.compile(r"[!-~]+")
MEMBERS = {"document", "status"}


class CallbackError(Exception):
    """A callback does not answer, or not as a hook does; the message says the URL and why."""


class Callback:
    """A hook behind a URL.

    The request is a POST of all attributes of the ``HookCall`` as JSON. The answer is empty, or
    JSON: ``document`` replaces the document, ``status`` is the status.

    Args:
        url: The URL, http or https.

    Raises:
        ExtensionError: The URL is not valid.
    """

    def __init__(self, url: str) -> None:
        self.url = url
        try:
            parts = urlsplit(url)
            self._address = parts.hostname or "", parts.port
        except ValueError as error:
            raise ExtensionError(f"hook {url}: {error}") from error
        if parts.username is not None or parts.password is not None:
            raise ExtensionError(f"hook at {parts.hostname}: the URL has a user or a password")
        if not parts.hostname:
            raise ExtensionError(f"hook {url}: the URL has no host")
        if not PRINTABLE.fullmatch(url):
            raise ExtensionError(f"hook {url!r}: the URL has characters to be percent-encoded")
        self._free_calls = Semaphore(MAX_WAITING_CALLS)
        self._is_secure = parts.scheme == "https"
        self._target = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")

    def __repr__(self) -> str:
        return f"Callback({self.url!r})"

    def __call__(self, call: HookCall) -> Status | None:
        """Ask the URL; change the document, and return the status of the answer.

        Raises:
            CallbackError: There is no answer in time, or the answer is not valid.
        """
        if not self._free_calls.acquire(blocking=False):
            raise self._fail(f"{MAX_WAITING_CALLS} calls wait: does the callback call itself?")
        try:
            answer = self._read(self._ask(orjson.dumps(asdict(call), default=dict)))
        finally:
            self._free_calls.release()
        if "document" in answer:
            call.document.clear()
            call.document.update(answer["document"])
        return Status(**answer["status"]) if "status" in answer else None

    def _ask(self, body: bytes) -> bytes:
        """Return the body of the answer.

        Raises:
            CallbackError: There is no answer of success in time.
        """
        try:
            with closing(self._connect()) as connection:
                connection.request("POST", self._target, body, JSON)
                response = connection.getresponse()
                content = bytearray()
                while chunk := response.read1(CHUNK_BYTES):
                    content += chunk
                    if len(content) > MAX_ANSWER_BYTES:
                        raise self._fail(f"the answer has more than {MAX_ANSWER_BYTES} bytes")
        except TimeoutError as error:
            raise self._fail(f"no answer in {CALLBACK_SECONDS:g} seconds") from error
        except (OSError, HTTPException) as error:
            raise self._fail(f"no answer: {error}") from error
        if response.status // 100 != OK_CLASS:
            shown = content.decode(errors="replace")[:MAX_SHOWN_CHARACTERS]
            raise self._fail(f"answers {response.status}: {shown}")
        return bytes(content)

    def _connect(self) -> HTTPConnection:
        host, port = self._address
        tls = create_default_context() if self._is_secure else None
        return connect(host, port, tls=tls, timeout=CALLBACK_SECONDS, whole=CALLBACK_SECONDS)

    def _read(self, content: bytes) -> dict[str, Any]:
        """Return the members of an answer; none for an empty answer.

        Raises:
            CallbackError: The answer is not valid.
        """
        try:
            answer: Any = orjson.loads(content) if content else {}
        except orjson.JSONDecodeError as error:
            raise self._fail("the answer is not JSON") from error
        if not isinstance(answer, dict) or not answer.keys() <= MEMBERS:
            raise self._fail("the answer has members other than 'document' and 'status'")
        if not isinstance(answer.get("document", {}), dict):
            raise self._fail("'document' is not an object")
        status = answer.get("status", {})
        if not isinstance(status, dict):
            raise self._fail("'status' is not an object")
        for name, value in status.items():
            if name not in STATUS_TYPES or type(value) is not STATUS_TYPES[name]:
                raise self._fail(f"'status' has a wrong member '{name}'")
        return answer

    def _fail(self, reason: str) -> CallbackError:
        return CallbackError(f"callback {self.url}: {reason}")
