"""Changes: the differences from the fixtures or from a snapshot."""

from collections.abc import Iterator, Mapping
from difflib import unified_diff
from itertools import chain, islice
from typing import Any, NamedTuple

import orjson
from werkzeug.exceptions import NotFound

from emulator.console.setup import Setup
from emulator.recording.secret import redact
from emulator.store import Key, Record, Store, thaw
from emulator.store.difference import list_differences
from emulator.workspace.workspace import Workspace

MAX_CHANGES = 500
MAX_DIFF_LINES = 2000
CONTEXT_LINES = 3


class Change(NamedTuple):
    """A difference: the document is ``added``, ``changed`` or ``removed``."""

    collection: str
    key: Key
    kind: str


class Line(NamedTuple):
    """A line of a difference: ``+``, ``-``, ``@`` for a place, or a blank."""

    sign: str
    text: str


def open_reference(workspace: Workspace, snapshot: str) -> Store:
    """Return the content to compare with.

    Args:
        workspace: The workspace.
        snapshot: The name of a snapshot; empty for the fixtures.

    Raises:
        NotFound: There is no such snapshot.
    """
    if not snapshot:
        return workspace.store.open_snapshot(workspace.origin)
    found = workspace.snapshots.find(snapshot)
    if found is None:
        raise NotFound(f"There is no snapshot '{snapshot[:80]}' in this workspace.")
    return workspace.store.open_snapshot(found.content)


def list_changes(setup: Setup, workspace: Workspace, snapshot: str) -> list[Change]:
    """Return the changed documents, up to ``MAX_CHANGES`` and another document."""
    before = open_reference(workspace, snapshot)
    names = [collection.name for collection in setup.collections]
    found = chain.from_iterable(_list(before, workspace.store, name) for name in names)
    return list(islice(found, MAX_CHANGES + 1))


def _list(before: Store, after: Store, collection: str) -> Iterator[Change]:
    for key, was, is_ in list_differences(before, after, collection):
        yield Change(collection, key, _name_kind(was, is_))


def _name_kind(before: Record | None, after: Record | None) -> str:
    if before is None:
        return "added"
    return "changed" if after is not None else "removed"


def compare(before: Record | None, after: Record | None) -> tuple[str, list[Line]]:
    """Return the kind of a document's change, empty without a change, and the different lines."""
    if before == after:
        return "", []
    old, new = (show_stored(one).splitlines() if one else [] for one in (before, after))
    diff = islice(unified_diff(old, new, n=CONTEXT_LINES, lineterm=""), 2, MAX_DIFF_LINES)
    return _name_kind(before, after), [Line(line[:1], line[1:]) for line in diff]


def show_stored(record: Record) -> str:
    """Return the stored properties of a record as JSON with indents, without secrets."""
    properties: Mapping[str, Any] = thaw(record.properties)
    return redact(orjson.dumps(properties, option=orjson.OPT_INDENT_2).decode())
