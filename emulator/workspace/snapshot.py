"""Named snapshots of the data of a workspace."""

from dataclasses import dataclass
from datetime import datetime
from http import HTTPStatus
from threading import Lock
from typing import Any

from emulator.workspace.error import WorkspaceError
from emulator.workspace.files import NO_FILES

MAX_SNAPSHOTS = 100
"""The bound of snapshots in a workspace: each snapshot holds data in memory."""
MAX_SNAPSHOT_NAME_CHARACTERS = 64


def check_name(name: str) -> None:
    """Check the name of a new snapshot.

    Raises:
        WorkspaceError: The name is empty, too long, or not printable.
    """
    if not (name and len(name) <= MAX_SNAPSHOT_NAME_CHARACTERS and name.isprintable()):
        rule = f"use up to {MAX_SNAPSHOT_NAME_CHARACTERS} printable characters"
        raise WorkspaceError(f"{name[:80]!r} is not a valid snapshot name: {rule}")


def too_many_snapshots() -> WorkspaceError:
    """Return the error of a snapshot beyond ``MAX_SNAPSHOTS``."""
    message = f"there are {MAX_SNAPSHOTS} snapshots already: delete one"
    return WorkspaceError(message, HTTPStatus.CONFLICT)


@dataclass(frozen=True, slots=True)
class Snapshot:
    """The data of an instant.

    Attributes:
        name: The name.
        at: The instant, by the clock of the workspace.
        content: The snapshot of the store (see ``Store.snapshot``).
        files: The copy of the files (see ``Files.copy``).
    """

    name: str
    at: datetime
    content: Any
    files: str = NO_FILES


class Snapshots:
    """The snapshots of a workspace, up to ``MAX_SNAPSHOTS``."""

    def __init__(self) -> None:
        self._snapshots: dict[str, Snapshot] = {}
        self._lock = Lock()

    def save(self, snapshot: Snapshot) -> Snapshot | None:
        """Store a snapshot; return the replaced snapshot with the same name, if any.

        Raises:
            WorkspaceError: There are too many snapshots.
        """
        with self._lock:
            replaced = self._snapshots.get(snapshot.name)
            if replaced is None and len(self._snapshots) >= MAX_SNAPSHOTS:
                raise too_many_snapshots()
            self._snapshots = {**self._snapshots, snapshot.name: snapshot}
            return replaced

    def find(self, name: str) -> Snapshot | None:
        """Return the snapshot with a name, if any."""
        return self._snapshots.get(name)

    def list(self) -> list[Snapshot]:
        """Return all snapshots in the order of the names."""
        return sorted(self._snapshots.values(), key=lambda snapshot: snapshot.name)

    def delete(self, name: str) -> Snapshot | None:
        """Delete a snapshot; return the deleted snapshot, None for an unknown name."""
        with self._lock:
            others = dict(self._snapshots)
            found = others.pop(name, None)
            self._snapshots = others
            return found
