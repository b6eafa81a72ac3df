"""The folders of code versions: ``Cartridges/<id>/<cartridge>`` in WebDAV (COD-3).

The records of the store follow the folders, because clients deploy code through WebDAV. A folder
makes a code version. The removal of a folder removes an inactive code version.
"""

import os
from collections.abc import Iterator, Mapping
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from emulator.clock import render_instant
from emulator.ocapi.resources.code.documents import VERSION_FILE
from emulator.store import Change, Delete, Presence, Put, Record, Store, retry_on_conflict
from emulator.workspace.files import Files
from emulator.workspace.workspace import Workspace

VERSION_COLLECTION = "code_versions"
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
FOLDER_COLLECTION = "code_versions.folders"
"""The store's collection of the versions with a folder; until then, data sets give cartridges."""


def synchronize(workspace: Workspace) -> None:
    """Make the code versions of the store equal to the folders."""
    now = render_instant(workspace.clock.now())
    retry_on_conflict(lambda: _synchronize(workspace.store, workspace.files, now))


def locate(files: Files, version: str) -> Path:
    """Return the folder of a code version."""
    return files.locate(f"Cartridges/{version}")


def mark(version: str) -> Put:
    """Return a change of the store: the version has a folder."""
    return Put(FOLDER_COLLECTION, Record((version,), {}))


def scan(store: Store) -> dict[str, Record]:
    """Return all code versions by id."""
    return {
        record.key[0]: record
        for record in store.scan(VERSION_COLLECTION, 0, store.count(VERSION_COLLECTION)).records
    }


def measure(folder: Path) -> int:
    """Return the size of all files in a folder, in bytes."""
    size = 0
    for above, _, names in os.walk(folder):
        for name in names:
            with suppress(FileNotFoundError):  # another request removes the file
                size += (Path(above) / name).stat().st_size
    return size


def _synchronize(store: Store, files: Files, now: str) -> None:
    records = scan(store)
    _make_missing(store, files, records)
    found_folders = (path for path in files.locate("Cartridges").iterdir() if path.is_dir())
    folders = {path.name: path for path in found_folders if path.name != VERSION_FILE}
    changes: list[Change] = []
    for version in sorted({*records, *folders}):
        record = records.get(version)
        found = _list_cartridges(folders[version]) if version in folders else []
        if record is None:
            changes += [
                Put(VERSION_COLLECTION, _make(version, found, records, now), Presence.ABSENT)
            ]
            changes += [mark(version)]
        elif version not in folders and not record.get("active"):
            changes += [
                Delete(VERSION_COLLECTION, (version,), record.state),
                Delete(FOLDER_COLLECTION, (version,)),
            ]
        elif list(record.get("cartridges", ())) != found:
            changed = {"cartridges": found, "last_modification_time": now}
            changes += [Put(VERSION_COLLECTION, record.amend(changed), record.state)]
    if changes:
        store.apply(*changes)


def prepare(workspace: Workspace) -> None:
    """Synchronize versions and folders, and write the list of versions (COD-5)."""
    synchronize(workspace)
    files = workspace.files
    content = "\n".join(_list_versions(scan(workspace.store))).encode()
    target = files.locate(f"Cartridges/{VERSION_FILE}")
    if target.is_dir():
        files.remove(target)
    if not target.exists() or target.read_bytes() != content:
        files.write(f"Cartridges/{VERSION_FILE}", content, workspace.clock.now())


def _list_versions(records: Mapping[str, Record]) -> Iterator[str]:
    """Yield the lines of the file; each version with the times in milliseconds, 0 for never."""
    yield from ("# The code versions, the active version first.", "fileVersion=1", "maxVersions=0")
    for record in sorted(records.values(), key=lambda record: not record.get("active")):
        names = ("activation_time", "last_modification_time")
        times = [datetime.fromisoformat(text) if (text := record.get(n)) else None for n in names]
        yield "/".join([record.key[0], *(str(_count_milliseconds(time)) for time in times)])
    yield "# end of file marker\n"


def _count_milliseconds(time: datetime | None) -> int:
    return 0 if time is None else (time - EPOCH) // timedelta(milliseconds=1)


def _make_missing(store: Store, files: Files, records: dict[str, Record]) -> None:
    for version, record in records.items():
        if store.get(FOLDER_COLLECTION, (version,)) is None:
            folder = locate(files, version)
            for name in ("", *record.get("cartridges", ())):
                with suppress(FileExistsError):  # another request has put a file there
                    (folder / name).mkdir(parents=True, exist_ok=True)
            store.apply(mark(version))


def _list_cartridges(folder: Path) -> list[str]:
    with suppress(FileNotFoundError):  # another request removes the folder
        return sorted(path.name for path in folder.iterdir() if path.is_dir())
    return []


def _make(version: str, cartridges: list[str], records: dict[str, Record], now: str) -> Record:
    return Record((version,), {**begin(version, records, now), "cartridges": cartridges})


def begin(version: str, records: dict[str, Record], now: str) -> dict[str, Any]:
    """Return the properties of a new code version; the active version gives the mode."""
    modes = dict(_list_modes(records))
    return {
        "id": version,
        "active": False,
        "rollback": False,
        "last_modification_time": now,
        **modes,
    }


def _list_modes(records: dict[str, Record]) -> Iterator[tuple[str, str]]:
    for record in records.values():
        if record.get("active") and "compatibility_mode" in record.names:
            yield "compatibility_mode", record.get("compatibility_mode")
