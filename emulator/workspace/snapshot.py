"""Named snapshots: data of a workspace, kept to come back to."""

from dataclasses import dataclass
from datetime import datetime
from threading import Lock
from typing import Any

MOST = 100


class SnapshotError(ValueError):
    """There is no room for another snapshot."""


@dataclass(frozen=True, slots=True)
class Snapshot:
    """Data as they were.

    Attributes:
        name: What it is called.
        at: When it was taken, by the clock of the workspace.
        content: What the store gave.
    """

    name: str
    at: datetime
    content: Any


class Snapshots:
    """The snapshots of one workspace; a hundred at most, since each keeps data alive."""

    def __init__(self) -> None:
        self._snapshots: dict[str, Snapshot] = {}
        self._lock = Lock()

    def save(self, snapshot: Snapshot) -> bool:
        """Keep a snapshot in the place of one of the same name; return whether there was none.

        Raises:
            SnapshotError: There are too many.
        """
        with self._lock:
            is_new = snapshot.name not in self._snapshots
            if is_new and len(self._snapshots) >= MOST:
                raise SnapshotError(f"there are {MOST} snapshots already; delete one")
            self._snapshots = {**self._snapshots, snapshot.name: snapshot}
            return is_new

    def find(self, name: str) -> Snapshot | None:
        """Return the snapshot of a name, or None."""
        return self._snapshots.get(name)

    def list(self) -> list[Snapshot]:
        """Return all, by name."""
        return sorted(self._snapshots.values(), key=lambda snapshot: snapshot.name)

    def delete(self, name: str) -> bool:
        """Forget a snapshot; return whether there was one."""
        with self._lock:
            kept = {other: found for other, found in self._snapshots.items() if other != name}
            was_there = len(kept) < len(self._snapshots)
            self._snapshots = kept
            return was_there
