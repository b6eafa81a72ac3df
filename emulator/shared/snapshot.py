"""Named snapshots in Redis, the same for all processes."""

from datetime import datetime

import orjson

from emulator.shared import script
from emulator.shared.link import Keyspace
from emulator.store.redis import RedisStore
from emulator.workspace.snapshot import MAX_SNAPSHOTS, Snapshot, Snapshots, too_many_snapshots


class SharedSnapshots(Snapshots):
    """See ``Snapshots``. The content of a deleted snapshot is dropped from the store.

    Args:
        keys: The keys of the workspace.
        store: The store of the workspace.
    """

    def __init__(self, keys: Keyspace, store: RedisStore) -> None:
        self._keys = keys
        self._store = store

    def save(self, snapshot: Snapshot) -> Snapshot | None:
        """See ``Snapshots.save``."""
        stored = orjson.dumps(
            [snapshot.name, snapshot.at.isoformat(), snapshot.content, snapshot.files]
        )
        outcome, replaced = self._keys.run(
            script.SAVE_SNAPSHOT, snapshot.name, stored, MAX_SNAPSHOTS
        )
        if outcome != b"saved":
            self._store.drop_snapshot(snapshot.content)
        if outcome == b"full":
            raise too_many_snapshots()
        return self._drop_content(replaced)

    def find(self, name: str) -> Snapshot | None:
        """See ``Snapshots.find``."""
        found = self._keys.ask("HGET", "snapshots", name)
        return None if found is None else decode(found)

    def list(self) -> list[Snapshot]:
        """See ``Snapshots.list``."""
        found = map(decode, self._keys.ask("HVALS", "snapshots"))
        return sorted(found, key=lambda snapshot: snapshot.name)

    def delete(self, name: str) -> Snapshot | None:
        """See ``Snapshots.delete``."""
        return self._drop_content(self._keys.run(script.DELETE_SNAPSHOT, name))

    def _drop_content(self, stored: bytes | None) -> Snapshot | None:
        """Drop the content of a stored snapshot, if any; return the snapshot."""
        if not stored:
            return None
        snapshot = decode(stored)
        self._store.drop_snapshot(snapshot.content)
        return snapshot


def decode(stored: bytes) -> Snapshot:
    """Return a snapshot from JSON in Redis."""
    name, at, content, files = orjson.loads(stored)
    return Snapshot(name, datetime.fromisoformat(at), content, files)
