"""The model of a workspace: registers with compare-and-set, and a snapshot.

The model is sequential: one operation at a time, each with its whole effect. A history is
linearizable if one order of its operations fits both the model and the times of the operations.
"""

from collections.abc import Callable, Mapping
from typing import NamedTuple

from consistency.history import Operation, owner_of


class Register(NamedTuple):
    """A document.

    Attributes:
        value: The text; None for no document.
        answers: The idempotency keys of successful creations, each with the created text.
    """

    value: str | None = None
    answers: frozenset[tuple[str, str]] = frozenset()


class State(NamedTuple):
    """The documents of a workspace in the order of keys, and the documents of the snapshot."""

    registers: tuple[Register, ...]
    saved: tuple[Register, ...] | None = None


class Workspace:
    """A workspace with some documents.

    Args:
        first: The first text of each document; None for no document.
    """

    def __init__(self, first: Mapping[str, str | None]) -> None:
        self._places = {key: place for place, key in enumerate(first)}
        self._first = tuple(Register(value) for value in first.values())

    def begin(self) -> State:
        """Return the first state."""
        return State(self._first)

    def step(self, state: State, operation: Operation) -> State | None:
        """Return the state after an operation; None if the outcome does not fit the state.

        An operation with an unknown outcome fits each state.
        """
        if not operation.key:
            return self._step_all(state, operation)
        place = self._places[operation.key]
        before = state.registers[place]
        after = STEPS[operation.action](before, operation)
        if after is None or after is before:
            return None if after is None else state
        registers = (*state.registers[:place], after, *state.registers[place + 1 :])
        return State(registers, state.saved)

    def _step_all(self, state: State, operation: Operation) -> State | None:
        is_refused = operation.outcome == "absent"
        match operation.action:
            case "page":
                seen = operation.page.items()
                fits = all(state.registers[self._places[key]].value == text for key, text in seen)
                return state if fits else None
            case "reset":
                return State(self._first, state.saved)
            case "save":
                return State(state.registers, state.registers)
            case "load" if state.saved is None:
                return state if is_refused or operation.outcome == "unknown" else None
            case "load":
                return None if is_refused else State(state.saved or (), state.saved)
            case _:
                return State(self._first)  # the storage has lost all


def _read(register: Register, operation: Operation) -> Register | None:
    """Read a document; with an owner, only the document of the owner."""
    text, owner = register.value, operation.owner
    if owner is not None and (text is None or owner_of(text) != owner):
        return register if operation.outcome == "absent" else None
    return register if text == operation.seen else None


def _create(register: Register, operation: Operation) -> Register | None:
    """Create a document under a free key; a repeated idempotency key gets the first answer."""
    answered = dict(register.answers).get(operation.idempotency)
    if answered is not None:
        is_repeated = operation.outcome == "ok" and operation.value == answered
        return register if is_repeated or operation.outcome == "unknown" else None
    if register.value is not None:
        return register if operation.outcome in ("present", "unknown") else None
    if operation.outcome not in ("ok", "unknown"):
        return None
    text = operation.value or ""
    new = {(operation.idempotency, text)} if operation.idempotency else ()
    return Register(text, register.answers.union(new))


def _put(register: Register, operation: Operation) -> Register | None:
    """Create or replace a document."""
    needed = "created" if register.value is None else "ok"
    if operation.outcome not in (needed, "unknown"):
        return None
    return register._replace(value=operation.value)


def _write(register: Register, operation: Operation) -> Register | None:
    return _change(register, operation, operation.value)


def _delete(register: Register, operation: Operation) -> Register | None:
    if register.value is None and operation.lenient:
        return register if operation.outcome in ("ok", "unknown") else None
    return _change(register, operation, None)


def _change(register: Register, operation: Operation, value: str | None) -> Register | None:
    """Change a document, if the document has the expected owner and text."""
    text, expected = register.value, operation.expected
    if text is None or operation.owner not in (None, owner_of(text)):
        return register if operation.outcome in ("absent", "unknown") else None
    if expected is not None and expected != text:
        is_seen = operation.seen in (None, text)
        is_refused = operation.outcome == "conflict" and is_seen
        return register if is_refused or operation.outcome == "unknown" else None
    if operation.outcome not in ("ok", "unknown"):
        return None
    return register._replace(value=value)


STEPS: Mapping[str, Callable[[Register, Operation], Register | None]] = {
    "read": _read,
    "create": _create,
    "put": _put,
    "write": _write,
    "delete": _delete,
}
