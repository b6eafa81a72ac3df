"""The record of a round: operations, and observations that contradict each other at once."""

from collections import Counter, defaultdict
from collections.abc import Mapping
from dataclasses import replace
from threading import Lock

from consistency.history import OWNER_END, History, Operation


class Recorder:
    """The record of all clients of a workspace.

    Args:
        first: The first text of each document; None for no document.

    Attributes:
        first: See above.
        contradictions: Sentences about answers that are wrong in any order of the operations.
        counts: The number of operations by outcome.
        ambiguous: The documents that cannot be judged: a creation with a lost answer may have made
            one of several items.
    """

    def __init__(self, first: Mapping[str, str | None]) -> None:
        self.first = dict(first)
        self.contradictions: list[str] = []
        self.counts: Counter[str] = Counter()
        self.ambiguous: set[str] = set()
        self._operations: list[tuple[Operation, str]] = []
        self._texts: dict[tuple[str, str], str] = {}
        self._states: dict[tuple[str, str], str] = {}
        self._ids: dict[str, set[str]] = defaultdict(set)
        self._lock = Lock()

    def add(self, operation: Operation, seen_state: str = "") -> None:
        """Add an operation.

        Args:
            operation: The operation.
            seen_state: The resource state in a refusal; the text is looked up in the end.
        """
        with self._lock:
            self._operations.append((operation, seen_state))
            self.counts[operation.outcome] += 1

    def note_state(self, key: str, text: str, state: str) -> None:
        """Note that an answer shows a text with a resource state; both belong together."""
        with self._lock:
            other_text = self._texts.setdefault((key, state), text)
            other_state = self._states.setdefault((key, text), state)
            if other_text != text:
                self.contradict(f"{key}: '{text}' and '{other_text}' have the same state")
            if other_state != state:
                self.contradict(f"{key}: '{text}' has the states {other_state} and {state}")

    def note_id(self, text: str, identifier: str) -> str:
        """Note the id of an item with a text; return both as the text of a history."""
        with self._lock:
            self._ids[text].add(identifier)
        return f"{identifier}{OWNER_END}{text}"

    def contradict(self, sentence: str) -> None:
        """Add a sentence about a wrong answer."""
        self.contradictions.append(sentence)

    def history(self) -> History:
        """Return all operations, with the texts of the states in refusals."""
        with self._lock:
            rows = [
                replace(one, seen=self._texts.get((one.key, state))) if state else one
                for one, state in self._operations
            ]
            named = [self._name_owner(one) for one in rows]
        return History(self.first, sorted(named, key=lambda one: one.invoked))

    def _name_owner(self, operation: Operation) -> Operation:
        """Return a creation with a lost answer with the id that other answers show."""
        text = operation.value or ""
        ids = self._ids.get(text)
        if ids is None or operation.action != "create" or operation.outcome != "unknown":
            return operation
        if len(ids) > 1:
            self.ambiguous.add(operation.key)
        return replace(operation, value=f"{min(ids)}{OWNER_END}{text}")
