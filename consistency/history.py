"""Histories: the operations of concurrent clients with the times of request and answer.

A history is stored as JSON lines: a line with the format and the keys, then a line for each
operation.
"""

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass, field, fields, replace
from pathlib import Path
from typing import Any, Literal, get_args

FORMAT = "ocapi-emulator history 1"
Action = Literal[
    "read", "page", "create", "put", "write", "delete", "reset", "save", "load", "lose"
]
Outcome = Literal["ok", "created", "absent", "present", "conflict", "unknown"]
COMMON_ACTIONS = frozenset({"page", "reset", "save", "load", "lose"})
"""The actions on all keys of a workspace."""
OBSERVATIONS = frozenset({"read", "page"})
REFUSALS = frozenset({"absent", "present", "conflict"})
OWNER_END = ":"


class HistoryError(Exception):
    """A file is not a history; the message has the reason."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Operation:
    """An operation of a client.

    Attributes:
        client: The client.
        action: The kind of operation.
        key: The document; empty for an operation on all documents of the workspace.
        outcome: The result. ``created`` is a ``put`` without a document before; ``unknown`` is a
            lost answer: the operation has an effect once at any later time, or never.
        value: The written text, different in each write.
        expected: The text that the document must have for the write; None for any.
        owner: The owner of the text that the document must have, else it counts as absent; None for
            any. The owner is the beginning of the text up to ``OWNER_END``.
        idempotency: The idempotency key; empty for none.
        lenient: Whether the deletion of an absent document succeeds.
        seen: The text of the document in the answer; None for no document, or not in the answer.
        page: The texts of several documents in the answer, by key.
        invoked: The time of the request, in nanoseconds of the monotonic clock.
        completed: The time of the answer; None for ``unknown``.
    """

    client: str
    action: Action
    key: str = ""
    outcome: Outcome = "ok"
    value: str | None = None
    expected: str | None = None
    owner: str | None = None
    idempotency: str = ""
    lenient: bool = False
    seen: str | None = None
    page: Mapping[str, str | None] = field(default_factory=dict)
    invoked: int = 0
    completed: int | None = 0

    @property
    def is_observation(self) -> bool:
        """Whether the operation has no effect in any state."""
        return self.action in OBSERVATIONS or self.outcome in REFUSALS

    def lose_answer(self) -> "Operation":
        """Return the same operation with an unknown outcome."""
        return replace(self, outcome="unknown", seen=None, page={}, completed=None)


@dataclass(frozen=True, slots=True)
class History:
    """The operations in a workspace, and the first text of each document, None for no document."""

    first: Mapping[str, str | None]
    operations: Sequence[Operation]

    @property
    def is_shared(self) -> bool:
        """Whether an operation touches several documents."""
        return any(operation.action in COMMON_ACTIONS for operation in self.operations)

    def of_key(self, key: str) -> "History":
        """Return the history of one document, with the operations on all documents."""
        return History({key: self.first[key]}, [*_select(self.operations, key)])

    def cut_at(self, end: int) -> "History":
        """Return the operations up to a time; outcomes after the time are unknown."""
        begun = (one for one in self.operations if one.invoked <= end)
        kept = [
            one if one.completed is None or one.completed <= end else one.lose_answer()
            for one in begun
        ]
        unseen = [
            one for one in kept if not (one.outcome == "unknown" and one.action in OBSERVATIONS)
        ]
        return History(self.first, unseen)


def owner_of(text: str) -> str:
    """Return the beginning of a text up to ``OWNER_END``."""
    return text.partition(OWNER_END)[0]


def write(path: Path, history: History) -> None:
    """Store a history.

    Raises:
        OSError: The file cannot be written.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    head = {"format": FORMAT, "first": dict(history.first)}
    rows = (_encode(operation) for operation in history.operations)
    path.write_text("".join(f"{json.dumps(row)}\n" for row in (head, *rows)))


def read(path: Path) -> History:
    """Read a stored history.

    Raises:
        HistoryError: The file is not a history.
        OSError: The file cannot be read.
    """
    try:
        head, *rows = [json.loads(line) for line in path.read_text().splitlines()]
        if head["format"] != FORMAT:
            raise HistoryError(f"{path} has the format '{head['format']}', not '{FORMAT}'")
        operations = [_decode(row) for row in rows]
        return History(head["first"], operations)
    except (ValueError, KeyError, TypeError) as error:
        raise HistoryError(f"{path} is not a history: {error}") from error


def _select(operations: Iterable[Operation], key: str) -> Iterable[Operation]:
    for operation in operations:
        if operation.action == "page":
            if key in operation.page:
                seen = operation.page[key]
                outcome: Outcome = "absent" if seen is None else "ok"
                yield replace(
                    operation, action="read", key=key, outcome=outcome, seen=seen, page={}
                )
        elif operation.key in (key, ""):
            yield operation


def _encode(operation: Operation) -> dict[str, Any]:
    """Return the members with another value than the default."""
    defaults = asdict(Operation(client="", action="read"))
    row = {name: value for name, value in asdict(operation).items() if value != defaults[name]}
    return {"client": operation.client, "action": operation.action, **row}


def _decode(row: Any) -> Operation:
    names = {one.name for one in fields(Operation)}
    if unknown := row.keys() - names:
        raise ValueError(f"an operation has the unknown member '{min(unknown)}'")
    operation = Operation(**row)
    if operation.action not in get_args(Action) or operation.outcome not in get_args(Outcome):
        raise ValueError(f"'{operation.action}' or '{operation.outcome}' is unknown")
    return operation
