"""Operations on documents of the Data API: inventory lists, records, and custom objects."""

from collections.abc import Callable, Mapping
from dataclasses import replace
from random import Random
from typing import Any, NamedTuple

from consistency.data_set import COPY, LIST, OBJECT_TYPE, TEXT
from consistency.history import Operation
from consistency.recorder import Recorder
from consistency.session import Outcomes, Session
from consistency.wire import Answer, Request

API_PATH = "/s/-/dw/data/v23_2/"
STATE_HEADER, NOT_EXISTS = "x-dw-resource-state", "not_exists"
LISTS, RECORDS = "inventory_lists/", f"inventory_lists/{LIST}/product_inventory_records/"
OBJECTS = f"custom_objects/{OBJECT_TYPE}/"
DOCUMENT_KINDS = (LISTS, RECORDS, OBJECTS)
"""The beginnings of keys; the key of a document is the end of its path."""
PAGED_KINDS = (LISTS, RECORDS)
REPLACED_KINDS = (RECORDS, OBJECTS)
"""The kinds of which PUT replaces an existing document."""
PAGE_QUERY = "?select=(**)&count=200"

READ_OUTCOMES: Outcomes = {200: "ok", 304: "ok", 404: "absent"}
WRITTEN_OUTCOMES: Outcomes = {200: "ok", 404: "absent", 409: "conflict", 412: "conflict"}
CREATED_OUTCOMES: Outcomes = {201: "ok", 404: "present", 409: "present"}
PUT_OUTCOMES: Outcomes = {201: "created", 200: "ok"}
DELETED_OUTCOMES: Outcomes = {204: "ok", 404: "absent", 409: "conflict", 412: "conflict"}
NOT_MODIFIED = 304
CONDITIONAL_READS, CONDITIONAL_DELETIONS, PLAIN_CREATIONS = 0.3, 0.7, 0.5


class Known(NamedTuple):
    """The text and the resource state of a document in the last answer."""

    text: str
    state: str


class Documents:
    """The operations of one client on documents of the Data API.

    Args:
        session: The session of the client.
        random: The source of random choices.
        name_text: Returns a new text.
        known: The last seen documents by key; clients with common knowledge often meet.
    """

    def __init__(
        self,
        session: Session,
        random: Random,
        name_text: Callable[[], str],
        known: dict[str, Known],
    ) -> None:
        self.session = session
        self.random = random
        self.name_text = name_text
        self._known = known
        self._weights = {
            self._read: 30,
            self._write: 12,
            self._write_expected: 30,
            self._create: 12,
            self._delete: 6,
            self._read_page: 10,
        }

    def act(self, key: str) -> None:
        """Do a random operation on a document."""
        (action,) = self.random.choices(tuple(self._weights), tuple(self._weights.values()))
        action(key)

    def _read(self, key: str) -> None:
        known, headers = self._known.get(key), {}
        if known and self.random.random() < CONDITIONAL_READS:
            headers["If-None-Match"] = f'"{known.state}"'
        operation = Operation(client="", action="read", key=key)
        done = self.session.perform(
            operation, Request("GET", API_PATH + key, None, headers), READ_OUTCOMES
        )
        if done:
            shown = known if done[1].status == NOT_MODIFIED else self._learn(key, done[1])
            seen = shown.text if shown else None
            self.session.recorder.add(replace(done[0], seen=seen))

    def _write(self, key: str, known: Known | None = None) -> None:
        """Change a document with PATCH, perhaps only in a known state."""
        text = self.name_text()
        expected = known.text if known else None
        operation = Operation(client="", action="write", key=key, value=text, expected=expected)
        headers, body = self._expect(known)
        body |= {TEXT: text, COPY: text}
        self._change(operation, Request("PATCH", API_PATH + key, body, headers), WRITTEN_OUTCOMES)

    def _write_expected(self, key: str) -> None:
        if known := self._known.get(key):
            self._write(key, known)
        else:
            self._read(key)

    def _create(self, key: str) -> None:
        """Create a document with PUT; PUT of some kinds also replaces a document."""
        text, headers = self.name_text(), {}
        if self.random.random() > PLAIN_CREATIONS:
            headers[STATE_HEADER] = NOT_EXISTS
        request = Request("PUT", API_PATH + key, {TEXT: text, COPY: text}, headers)
        if key.startswith(REPLACED_KINDS) and not headers:
            operation = Operation(client="", action="put", key=key, value=text)
            self._change(operation, request, PUT_OUTCOMES)
        else:
            operation = Operation(client="", action="create", key=key, value=text)
            self._change(operation, request, CREATED_OUTCOMES)

    def _delete(self, key: str) -> None:
        known = self._known.get(key) if self.random.random() < CONDITIONAL_DELETIONS else None
        headers = {STATE_HEADER: known.state} if known else {}
        expected = known.text if known else None
        operation = Operation(
            client="",
            action="delete",
            key=key,
            expected=expected,
            lenient=not key.startswith(RECORDS),
        )
        self._change(operation, Request("DELETE", API_PATH + key, None, headers), DELETED_OUTCOMES)

    def _read_page(self, key: str) -> None:
        """Read all documents of a kind in one request."""
        kind = key[: key.rindex("/") + 1]
        if kind not in PAGED_KINDS:
            self._read(key)
            return
        operation = Operation(client="", action="page")
        path = f"{API_PATH}{kind.removesuffix('/')}{PAGE_QUERY}"
        if done := self.session.perform(operation, Request("GET", path), {200: "ok"}):
            recorder, name = self.session.recorder, "id" if kind == LISTS else "product_id"
            found = {
                kind + one[name]: show(recorder, kind + one[name], one)
                for one in done[1].json.get("data", ())
                if TEXT in one
            }
            self._known.update(found)
            page = {
                one: found[one].text if one in found else None
                for one in recorder.first
                if one[: one.rindex("/") + 1] == kind
            }
            recorder.add(replace(done[0], page=page))

    def _expect(self, known: Known | None) -> tuple[dict[str, str], dict[str, str]]:
        """Return headers and members of the body that expect a state: one of the three ways."""
        if known is None:
            return {}, {}
        ways: list[tuple[dict[str, str], dict[str, str]]] = [
            ({STATE_HEADER: known.state}, {}),
            ({"If-Match": f'"{known.state}"'}, {}),
            ({}, {"_resource_state": known.state}),
        ]
        return self.random.choice(ways)

    def _change(self, operation: Operation, request: Request, outcomes: Outcomes) -> None:
        if done := self.session.perform(operation, request, outcomes):
            changed, answer = done
            shown = self._learn(operation.key, answer)
            if shown and shown.text != operation.value:
                self.session.recorder.contradict(
                    f"{operation.key}: '{operation.value}' was written, '{shown.text}' is answered"
                )
            self.session.recorder.add(changed, _read_conflict(answer))

    def _learn(self, key: str, answer: Answer) -> Known | None:
        """Remember the document of an answer; None for no document."""
        document = answer.json
        if not document or "fault" in document:
            self._known.pop(key, None)
            return None
        known = self._known[key] = show(self.session.recorder, key, document)
        return known


def show(recorder: Recorder, key: str, document: Mapping[str, Any]) -> Known:
    """Return text and state of a document; note that they belong together."""
    text, copy, state = document.get(TEXT), document.get(COPY), document["_resource_state"]
    if text != copy:
        recorder.contradict(f"{key} is half written: '{text}' and '{copy}'")
    recorder.note_state(key, str(text), state)
    return Known(str(text), state)


def _read_conflict(answer: Answer) -> str:
    """Return the state of the server in the fault of a refused write; empty for none."""
    fault = (answer.json or {}).get("fault", {})
    return str(fault.get("arguments", {}).get("server", ""))
