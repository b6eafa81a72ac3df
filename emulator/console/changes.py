"""Changes: the differences from the fixtures or from a snapshot."""

from collections.abc import Iterator, Mapping, Sequence
from difflib import unified_diff
from itertools import chain, islice, takewhile
from typing import Any, NamedTuple

import orjson
from werkzeug.exceptions import NotFound

from emulator.console.setup import Setup
from emulator.recording.secret import redact
from emulator.store import Key, Record, Store, thaw
from emulator.store.difference import list_differences
from emulator.workspace.workspace import Workspace

MAX_CHANGES = 500
MAX_COMPARED_LINES = 1000
"""The bound of a comparison, whose time may be quadratic; more lines are shown as replaced."""
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
    begin = _count_equal(old, new)
    end = _count_equal(old[begin:][::-1], new[begin:][::-1])
    # The lines before and behind the differences are the same, except a few lines of context.
    begin, end = max(0, begin - CONTEXT_LINES), max(0, end - CONTEXT_LINES)
    lines = _compare(old[begin : len(old) - end], new[begin : len(new) - end])
    return _name_kind(before, after), lines


def _compare(old: Sequence[str], new: Sequence[str]) -> list[Line]:
    """Return the different lines of two texts; of long texts, the beginning of each."""
    if max(len(old), len(new)) <= MAX_COMPARED_LINES:
        diff = islice(unified_diff(old, new, n=CONTEXT_LINES, lineterm=""), 2, None)
        return [Line(line[:1], line[1:]) for line in diff]
    texts = (("-", old), ("+", new))
    lines = [Line(sign, line) for sign, text in texts for line in text[:MAX_COMPARED_LINES]]
    return [*lines, Line("@", "")]


def _count_equal(first: Sequence[str], second: Sequence[str]) -> int:
    """Return the number of equal lines at the beginning of two texts."""
    pairs = zip(first, second, strict=False)
    return sum(1 for _ in takewhile(lambda pair: pair[0] == pair[1], pairs))


def show_stored(record: Record) -> str:
    """Return the stored properties of a record as JSON with indents, without secrets."""
    properties: Mapping[str, Any] = thaw(record.properties)
    return redact(orjson.dumps(properties, option=orjson.OPT_INDENT_2).decode())
