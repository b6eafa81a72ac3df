"""The five operations of a collection, the same for items and inventories."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal

from flask import Request

from emulator import entity_tag
from emulator.clock import render_instant
from emulator.inventory_service import body, idempotency, paging
from emulator.inventory_service.answer import Answer
from emulator.inventory_service.collection import Collection
from emulator.inventory_service.documents import read_only
from emulator.inventory_service.idempotency import StoredAnswers
from emulator.inventory_service.merge import merge
from emulator.inventory_service.paging import Bookmark, NextTokens
from emulator.inventory_service.problem import (
    DUPLICATE,
    IN_USE,
    NOT_FOUND,
    PRECONDITION_FAILED,
    UNKNOWN_ITEM,
    Problem,
    Violation,
)
from emulator.store import Record, Store, retry_on_conflict
from emulator.workspace.workspace import Workspace

Verb = Literal["list", "create", "read", "update", "delete"]
CREATED, UPDATED = "createdAt", "updatedAt"


@dataclass(frozen=True, slots=True)
class Operations:
    """The operations of a collection.

    Attributes:
        collection: The collection.
        workspace: The workspace of the request, with the rows.
        tokens: The issuer of page tokens.
    """

    collection: Collection
    workspace: Workspace
    tokens: NextTokens

    @property
    def store(self) -> Store:
        """The store of the workspace."""
        return self.workspace.store

    def list(self, request: Request) -> Answer:
        """Answer a page of summaries (PAGE-1 to PAGE-3)."""
        name, now = self.collection.name, self.workspace.clock.now()
        parameters = paging.read_parameters(request.query_string)
        size = paging.page_size(parameters)
        token = paging.single(parameters, "nextToken")
        scope = f"{self.workspace.name}/{name}"
        after = (self.tokens.read(token, scope, now).position,) if token else None
        rows = self.store.scan(name, 0, size + 1, after=after).records
        content: dict[str, Any] = {name: [self._summarize(row) for row in rows[:size]]}
        if len(rows) > size:
            content["nextToken"] = self.tokens.issue(Bookmark(scope, rows[size - 1].key[0]), now)
        return Answer(200, content)

    def create(self, request: Request) -> Answer:
        """Create a document, or answer a repeated request from the stored answers (WRITE-1, -5)."""
        value = body.read(request, (body.JSON,), "Accept")
        key = idempotency.read_key(request.headers)
        mark = idempotency.fingerprint(value)
        return retry_on_conflict(lambda: self._create(value, key, mark))

    def read(self, request: Request, identifier: str) -> Answer:
        """Answer a document, or 304 to a client with the current state (WRITE-4)."""
        row = self._find(identifier)
        _check_if_match(request, row)
        known = request.headers.get("If-None-Match")
        if known is not None and entity_tag.lists(known, row.state, weak=True):
            return Answer(304, headers=_tag(row))
        return Answer(200, row.properties, _tag(row))

    def update(self, request: Request, identifier: str) -> Answer:
        """Merge a patch into a document (WRITE-2)."""
        patch = body.read(request, (body.MERGE_PATCH, body.JSON), "Accept-Patch")
        return retry_on_conflict(lambda: self._update(request, identifier, patch))

    def delete(self, request: Request, identifier: str) -> Answer:
        """Remove a document without references to the document (WRITE-3)."""
        return retry_on_conflict(lambda: self._delete(request, identifier))

    def _create(self, value: Any, key: str | None, mark: str) -> Answer:
        now = self.workspace.clock.now()
        answers = StoredAnswers(self.store, self.collection.name, now)
        if key and (before := answers.find(key, mark)):
            return before
        try:
            members = self._new(value, render_instant(now))
        except Problem:
            # The same request may have been served since the first look, and cause the problem.
            if key and (before := answers.find(key, mark)):
                return before
            raise
        row, changes = self.collection.insert(self.store, members)
        location = f"/{self.collection.name}/{members[self.collection.key]}"
        answer = Answer(201, row.properties, _tag(row) | {"Location": location})
        stored = (answers.put(key, mark, answer),) if key else ()
        self.store.apply(*changes, *stored)
        return answer

    def _update(self, request: Request, identifier: str, patch: Any) -> Answer:
        row = self._find(identifier)
        _check_write(request, row)
        members = self._merge(row.properties, patch)
        if members != row.properties:
            members[UPDATED] = render_instant(self.workspace.clock.now())
            if self.collection.unique(members) != self.collection.unique(row.properties):
                self._check_unique(members)
            row, changes = self.collection.replace(row, members)
            self.store.apply(*changes)
        return Answer(200, row.properties, _tag(row))

    def _delete(self, request: Request, identifier: str) -> Answer:
        row = self._find(identifier)
        _check_write(request, row)
        for below in self.collection.forbids(row.properties):
            if self.store.count(below.collection, below.parent):
                raise IN_USE(f"Inventories refer to '{identifier}'.")
        self.store.apply(*self.collection.remove(row))
        return Answer(204)

    def _new(self, value: Any, now: str) -> dict[str, Any]:
        """Return all members of a new document, after all checks."""
        members = body.validate(self.collection.schema, value)
        self._check_required(members)
        self._check_unique(members)
        identifier = self.workspace.clock.identifier()
        made = {self.collection.key: identifier, CREATED: now, UPDATED: now}
        return self.collection.complete({**members, **made})

    def _merge(self, before: Mapping[str, Any], patch: Any) -> dict[str, Any]:
        """Return all members of a document after a patch, after all checks."""
        schema = self.collection.schema
        after = merge(before, patch)
        if not isinstance(after, Mapping):
            return body.validate(schema, after)
        kept = {name: before[name] for name in read_only(schema)}
        written = {name: value for name, value in after.items() if name not in kept}
        changes = body.read_only_changes(schema, before, after)
        members = {**kept, **body.validate(schema, written, changes)}
        body.check_create_only(schema, before, members)
        return self.collection.complete(members)

    def _find(self, identifier: str) -> Record:
        row = self.collection.find(self.store, identifier)
        if row is None:
            raise NOT_FOUND(f"None of the {self.collection.name} has the id '{identifier}'.")
        return row

    def _check_required(self, members: Mapping[str, Any]) -> None:
        for needed in self.collection.requires(members):
            if self.store.get(needed.collection, needed.key) is None:
                message = f"None of the items has the id '{needed.key[-1]}'."
                raise UNKNOWN_ITEM(message, [Violation("/itemId", message)])

    def _check_unique(self, members: Mapping[str, Any]) -> None:
        if self.store.get(self.collection.uniques, self.collection.unique(members)) is not None:
            message = f"One of the {self.collection.name} has this already."
            places = self.collection.unique_pointers
            raise DUPLICATE(message, [Violation(place, message) for place in places])

    def _summarize(self, row: Record) -> dict[str, Any]:
        return self.collection.summarize(row.properties)


def _tag(row: Record) -> dict[str, str]:
    return {"ETag": f'"{row.state}"'}


def _check_if_match(request: Request, row: Record) -> None:
    wanted = request.headers.get("If-Match")
    if wanted is not None and not entity_tag.lists(wanted, row.state, weak=False):
        raise PRECONDITION_FAILED(f"If-Match is '{wanted}', the ETag is '\"{row.state}\"'.")


def _check_write(request: Request, row: Record) -> None:
    _check_if_match(request, row)
    unwanted = request.headers.get("If-None-Match")
    if unwanted is not None and entity_tag.lists(unwanted, row.state, weak=True):
        raise PRECONDITION_FAILED(f"If-None-Match is '{unwanted}', which the document has.")
