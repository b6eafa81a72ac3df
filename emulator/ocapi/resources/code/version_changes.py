"""The changes of code versions: create, rename, activate, delete (COD-2 to COD-4)."""

from contextlib import suppress

from emulator.ocapi.answer import Answer
from emulator.ocapi.call import Call
from emulator.ocapi.resources.code import folders
from emulator.ocapi.resources.code.documents import MAX_ID_BYTES, is_folder_name
from emulator.ocapi.resources.code.version_view import NOT_FOUND, find, show
from emulator.ocapi.schema import faults
from emulator.ocapi.schema.faults import FaultType
from emulator.store import (
    Change,
    Delete,
    Key,
    Presence,
    Put,
    Record,
    retry_on_conflict,
)

ALREADY_EXISTS = FaultType(
    409,
    "CodeVersionIdAlreadyExists",
    "The code version ID '{codeVersionId}' already exists.",
    ("codeVersionId",),
)
MODIFICATION = FaultType(
    400,
    "CodeVersionModification",
    "The code version '{codeVersionId}' is active and can't be changed.",
    ("codeVersionId",),
)


def create(call: Call) -> Answer:
    """Create an inactive code version with an empty folder."""
    folders.synchronize(call.workspace)
    [version] = call.key
    if not is_folder_name(version):
        expected = f"the name of a folder, up to {MAX_ID_BYTES} bytes"
        raise faults.STRING_CONSTRAINT_VIOLATION("code_version_id", expected)
    existing = folders.scan(call.store)
    if version in existing or folders.locate(call.workspace.files, version).exists():
        raise ALREADY_EXISTS(version)
    record = Record((version,), folders.begin(version, existing, call.now))
    call.store.apply(Put(folders.VERSION_COLLECTION, record, Presence.ABSENT))
    folders.synchronize(call.workspace)
    return show(call, record)


def update(call: Call) -> Answer:
    """Rename or activate an inactive code version."""
    folders.synchronize(call.workspace)
    record = _find_inactive(call)
    name = call.changes.get("id", record.key[0])
    if name != record.key[0]:
        record = _rename(call, record, name)
    if call.changes.get("active"):
        renamed = record
        record = retry_on_conflict(lambda: _activate(call, renamed.key))
    return show(call, record)


def delete(call: Call) -> Answer:
    """Delete an inactive code version and the folder."""
    folders.synchronize(call.workspace)
    record = _find_inactive(call)
    with suppress(FileNotFoundError):
        call.workspace.files.remove(folders.locate(call.workspace.files, record.key[0]))
    call.store.apply(
        Delete(folders.VERSION_COLLECTION, record.key),
        Delete(folders.FOLDER_COLLECTION, record.key),
    )
    return Answer(204)


def _rename(call: Call, before: Record, name: str) -> Record:
    """Rename a code version and the folder, the folder first: records follow folders.

    Raises:
        Fault: ALREADY_EXISTS, also for a file of the name; NOT_FOUND for a removed folder.
    """
    files = call.workspace.files
    source, target = (folders.locate(files, version) for version in (before.key[0], name))
    if name in folders.scan(call.store) or target.exists():
        raise ALREADY_EXISTS(name)
    try:
        source.rename(target)
    except FileNotFoundError as error:  # another request has removed the folder
        raise NOT_FOUND(before.key[0]) from error
    except OSError as error:  # another request has made the target
        raise ALREADY_EXISTS(name) from error
    renamed = {**before.properties, "id": name, "last_modification_time": call.now}
    after = Record((name,), renamed)
    call.store.apply(
        Delete(folders.VERSION_COLLECTION, before.key),
        Delete(folders.FOLDER_COLLECTION, before.key),
        Put(folders.VERSION_COLLECTION, after),
        folders.mark(name),
    )
    return after


def _activate(call: Call, key: Key) -> Record:
    """Activate a code version; the version active before becomes the rollback version."""
    records = folders.scan(call.store)
    active = {"active": True, "activation_time": call.now, "rollback": False}
    changes: list[Change] = []
    for version, record in records.items():
        was_active = bool(record.get("active"))
        if version == key[0]:
            changes.append(Put(folders.VERSION_COLLECTION, record.amend(active), record.state))
        elif was_active or record.get("rollback"):
            inactive = {"active": False, "rollback": was_active}
            changes.append(Put(folders.VERSION_COLLECTION, record.amend(inactive), record.state))
    call.store.apply(*changes)
    return records[key[0]].amend(active)


def _find_inactive(call: Call) -> Record:
    """Return the requested record for a write.

    Raises:
        Fault: NOT_FOUND, MODIFICATION for the active version, or a conflict of states.
    """
    record = find(call)
    call.check_state(record)
    if record.get("active"):
        raise MODIFICATION(record.key[0])
    return record
