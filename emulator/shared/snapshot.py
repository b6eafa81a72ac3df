"""Snapshots under names that all processes know."""

from datetime import datetime

import orjson

from emulator.shared import script
from emulator.shared.link import Place
from emulator.store.redis import RedisStore
from emulator.workspace.snapshot import MOST, Snapshot, SnapshotError, Snapshots


class SharedSnapshots(Snapshots):
    """See ``Snapshots``; what is not kept any more is let go of in the store.

    Args:
        place: That of their workspace.
        store: Where their content comes from.
    """

    def __init__(self, place: Place, store: RedisStore) -> None:
        self._place = place
        self._store = store

    def save(self, snapshot: Snapshot) -> bool:
        """See ``Snapshots.save``."""
        stored = orjson.dumps([snapshot.name, snapshot.at.isoformat(), snapshot.content])
        before = self._place.run(script.SAVE_SNAPSHOT, snapshot.name, stored, MOST)
        if before == 0:
            self._store.drop_snapshot(snapshot.content)
            raise SnapshotError(f"there are {MOST} snapshots already; delete one")
        self._let_go(before)
        return bool(before == 1)

    def find(self, name: str) -> Snapshot | None:
        """See ``Snapshots.find``."""
        found = self._place.ask("HGET", "snapshots", name)
        return None if found is None else decode(found)

    def list(self) -> list[Snapshot]:
        """See ``Snapshots.list``."""
        found = map(decode, self._place.ask("HVALS", "snapshots"))
        return sorted(found, key=lambda snapshot: snapshot.name)

    def delete(self, name: str) -> bool:
        """See ``Snapshots.delete``."""
        found = self._place.run(script.DELETE_SNAPSHOT, name)
        self._let_go(found)
        return found is not None

    def _let_go(self, stored: bytes | int | None) -> None:
        if isinstance(stored, bytes):
            self._store.drop_snapshot(decode(stored).content)


def decode(stored: bytes) -> Snapshot:
    """Return the snapshot that was stored."""
    name, at, content = orjson.loads(stored)
    return Snapshot(name, datetime.fromisoformat(at), content)
