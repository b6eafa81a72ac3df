"""Operations on items of the Inventory Service: If-Match and idempotency keys.

The key of an item is its SKU, since the service chooses the id. In a history the text of an item
begins with the id: so a request by id is a request for an owner.
"""

from collections.abc import Callable
from dataclasses import replace
from random import Random
from typing import Any, NamedTuple

from consistency.history import OWNER_END, Operation
from consistency.session import Outcomes, Session
from consistency.wire import Answer, Request

KIND = "items/"
IDEMPOTENCY_HEADER = "Idempotency-Key"
CREATED_OUTCOMES: Outcomes = {201: "ok", 409: "present"}
READ_OUTCOMES: Outcomes = {200: "ok", 304: "ok", 404: "absent"}
WRITTEN_OUTCOMES: Outcomes = {200: "ok", 404: "absent", 412: "conflict"}
DELETED_OUTCOMES: Outcomes = {204: "ok", 404: "absent", 412: "conflict"}
NOT_MODIFIED = 304
REPEATED_CREATIONS, CHOSEN_CONDITIONS = 0.5, 0.7
MERGE_PATCH = "application/merge-patch+json"


class Known(NamedTuple):
    """The id of an item, the text with the id, and the entity tag if an answer had one."""

    identifier: str
    text: str
    tag: str = ""

    @property
    def path(self) -> str:
        """The path of the item."""
        return f"/items/{self.identifier}"


class Items:
    """The operations of one client on items.

    Args:
        session: The session of the client.
        random: The source of random choices.
        name_text: Returns a new text without an owner.
    """

    def __init__(self, session: Session, random: Random, name_text: Callable[[], str]) -> None:
        self.session = session
        self.random = random
        self.name_text = name_text
        self._known: dict[str, Known] = {}
        self._created: dict[str, str] = {}
        self._weights = {
            self._create: 25,
            self._read_page: 20,
            self._read: 20,
            self._write: 25,
            self._delete: 10,
        }

    def act(self, key: str) -> None:
        """Do a random operation on an item."""
        (action,) = self.random.choices(tuple(self._weights), tuple(self._weights.values()))
        action(key)

    def _create(self, key: str) -> None:
        """Create an item, or repeat the last creation with an idempotency key."""
        text = self._created.get(key, "")
        if not text or self.random.random() > REPEATED_CREATIONS:
            text = self.name_text()
        is_idempotent = text == self._created.get(key) or self._chooses()
        if is_idempotent:
            self._created[key] = text
        headers = {IDEMPOTENCY_HEADER: text} if is_idempotent else {}
        sku, variant = key.removeprefix(KIND), {"variantId": "v"}
        body = {"sku": sku, "productVariant": variant, **_write_text(text)}
        operation = Operation(
            client="", action="create", key=key, value=text, idempotency="".join(headers.values())
        )
        request = Request("POST", "/items", body, headers)
        if done := self.session.perform(operation, request, CREATED_OUTCOMES):
            known = self._learn(key, done[1])
            self.session.recorder.add(replace(done[0], value=known.text) if known else done[0])

    def _read_page(self, key: str) -> None:
        """Read all items in one request."""
        self._known.pop(key, None)
        done = self.session.perform(
            Operation(client="", action="page"), Request("GET", "/items"), {200: "ok"}
        )
        if done:
            recorder = self.session.recorder
            page: dict[str, str | None] = {}
            page |= {name: None for name in recorder.first if name.startswith(KIND)}
            for item in done[1].json["items"]:
                name, identifier = KIND + item["sku"], item["itemId"]
                page[name] = text = recorder.note_id(item["name"], identifier)
                self._known[name] = Known(identifier, text)
            recorder.add(replace(done[0], page=page))

    def _read(self, key: str) -> None:
        known = self._known.get(key)
        if not known:
            self._read_page(key)
            return
        headers = {"If-None-Match": known.tag} if known.tag and self._chooses() else {}
        operation = Operation(client="", action="read", key=key, owner=known.identifier)
        request = Request("GET", known.path, None, headers)
        if done := self.session.perform(operation, request, READ_OUTCOMES):
            shown = known if done[1].status == NOT_MODIFIED else self._learn(key, done[1])
            seen = shown.text if shown else None
            self.session.recorder.add(replace(done[0], seen=seen))

    def _write(self, key: str) -> None:
        known = self._known.get(key)
        if not known:
            self._read_page(key)
            return
        text, owner = self.name_text(), known.identifier
        value = f"{owner}{OWNER_END}{text}"
        operation = Operation(client="", action="write", key=key, value=value, owner=owner)
        headers = {"Content-Type": MERGE_PATCH}
        request = Request("PATCH", known.path, _write_text(text), headers)
        self._change(operation, request, WRITTEN_OUTCOMES, known)

    def _delete(self, key: str) -> None:
        if known := self._known.get(key):
            operation = Operation(client="", action="delete", key=key, owner=known.identifier)
            self._change(operation, Request("DELETE", known.path), DELETED_OUTCOMES, known)

    def _change(
        self, operation: Operation, request: Request, outcomes: Outcomes, known: Known
    ) -> None:
        """Send a change, perhaps only of the item with a known entity tag."""
        if known.tag and self._chooses():
            request = replace(request, headers={**request.headers, "If-Match": known.tag})
            operation = replace(operation, expected=known.text)
        if done := self.session.perform(operation, request, outcomes):
            shown = self._learn(operation.key, done[1])
            if shown and shown.text != operation.value:
                self.session.recorder.contradict(
                    f"{operation.key}: '{operation.value}' was written, '{shown.text}' is answered"
                )
            self.session.recorder.add(done[0])

    def _chooses(self) -> bool:
        return self.random.random() < CHOSEN_CONDITIONS

    def _learn(self, key: str, answer: Answer) -> Known | None:
        """Remember the item of an answer; None for no item."""
        item, recorder = answer.json, self.session.recorder
        if not item or "itemId" not in item:
            self._known.pop(key, None)
            return None
        if item["name"] != item["description"]:
            recorder.contradict(
                f"{key} is half written: '{item['name']}' and '{item['description']}'"
            )
        identifier, tag = item["itemId"], answer.headers["etag"]
        text = recorder.note_id(item["name"], identifier)
        recorder.note_state(key, text, tag)
        known = self._known[key] = Known(identifier, text, tag)
        return known


def _write_text(text: str) -> dict[str, Any]:
    return {"name": text, "description": text}
