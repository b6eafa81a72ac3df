"""Code versions: sets of cartridges; at most a single version is active (COD-1 to COD-5)."""

from collections.abc import Callable
from contextlib import suppress
from typing import Any

from emulator.ocapi.answer import Answer, answer_document, name_state, select
from emulator.ocapi.call import Call
from emulator.ocapi.resource import Operation, Resource
from emulator.ocapi.resources.code import folders
from emulator.ocapi.resources.code.documents import (
    MAX_ID_BYTES,
    CodeVersion,
    CodeVersionResult,
    is_folder_name,
)
from emulator.ocapi.schema import faults
from emulator.ocapi.schema.faults import FaultType
from emulator.ocapi.wire import envelope, state
from emulator.ocapi.wire.select import Documents
from emulator.ocapi.wire.url import encode_segment
from emulator.store import (
    Change,
    Delete,
    Key,
    Presence,
    Put,
    Record,
    StateConflict,
    retry_on_conflict,
)

VERSION_DOCUMENT = CodeVersion()
VERSION_LIST = CodeVersionResult()
TIME_PROPERTIES = ("activation_time", "last_modification_time")
WEBDAV_PATH = "/on/demandware.servlet/webdav/Sites/Cartridges"

NOT_FOUND = FaultType(
    404,
    "CodeVersionIdNotFound",
    "The code version with ID '{codeVersionId}' couldn't be found.",
    ("codeVersionId",),
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


def list_(call: Call) -> Answer:
    """Show all code versions."""
    _look(call)
    items = Documents(
        envelope.wrap_item(
            VERSION_DOCUMENT, call.version, record.state, _view(call, record), call.dialect
        )
        for record in folders.scan(call.store).values()
    )
    members: dict[str, Any] = {"count": len(items), "data": items, "total": len(items)}
    if call.selector:
        members["select"] = envelope.echo(call.selector, call.dialect)
    content = envelope.wrap_page(VERSION_LIST.type_name, call.version, members)
    return Answer(200, select(call, content, call.selector), VERSION_LIST)


def read(call: Call) -> Answer:
    """Show a code version; ``expand=size`` brings the size."""
    _look(call)
    record = _find(call)
    try:
        state.check_read(record.state, call.request.headers)
    except state.NotModified:
        if not call.expansions:  # files may change the size, and leave the state
            return Answer(304, headers=name_state(record.state))
    return _show(call, record)


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
    try:
        call.store.put(folders.VERSION_COLLECTION, record, Presence.ABSENT)
    except StateConflict as error:
        raise ALREADY_EXISTS(version) from error
    folders.synchronize(call.workspace)
    return _show(call, record)


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
    return _show(call, record)


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


def _look(call: Call) -> None:
    """Bring the records up to date; no answer is cached, because WebDAV changes folders alone."""
    folders.synchronize(call.workspace)
    call.prevent_caching()


def _find(call: Call) -> Record:
    """Return the requested record.

    Raises:
        Fault: NOT_FOUND.
    """
    record = call.store.get(folders.VERSION_COLLECTION, call.key)
    if record is None:
        raise NOT_FOUND(call.key[-1])
    return record


def _find_inactive(call: Call) -> Record:
    """Return the requested record for a write.

    Raises:
        Fault: NOT_FOUND, MODIFICATION for the active version, or a conflict of states.
    """
    record = _find(call)
    sent = (call.content or {}).get("_resource_state")
    state.check_write(record.state, call.request.headers, sent)
    if record.get("active"):
        raise MODIFICATION(record.key[0])
    return record


def _view(call: Call, record: Record) -> dict[str, Any]:
    """Return the properties of a code version: times to the second, and the URL of the folder."""
    properties = {name: v for name, v in record.properties.items() if name != "total_size"}
    for name in TIME_PROPERTIES:
        if name in properties:
            properties[name] = properties[name].partition(".")[0] + "Z"
    if not properties.get("cartridges"):
        properties.pop("cartridges", None)
    url = f"{call.root_url}{WEBDAV_PATH}/{encode_segment(record.key[0])}"
    if "size" in call.expansions:
        folder = folders.locate(call.workspace.files, record.key[0])
        properties["total_size"] = folders.measure(folder)
    return {**properties, "web_dav_url": url}


def _show(call: Call, record: Record) -> Answer:
    return answer_document(call, VERSION_DOCUMENT, _view(call, record), record.state)


def _operate(method: str, answer: Callable[[Call], Answer], *kinds: FaultType) -> Operation:
    return Operation(
        method=method,
        path="code_versions/{code_version_id}",
        answer=answer,
        shows=None if method == "DELETE" else VERSION_DOCUMENT,
        body=VERSION_DOCUMENT if method == "PATCH" else None,
        expansions=("size",) if method == "GET" else (),
        faults=kinds,
    )


def find_role(version: Record) -> Key | None:
    """Return the role of a single version in a data set: active, rollback, or none."""
    return next(((name,) for name in ("active", "rollback") if version.get(name)), None)


CODE_VERSIONS = Resource(
    path="code_versions",
    document=VERSION_DOCUMENT,
    collection=VERSION_LIST,
    key="id",
    parameter="code_version_id",
    verbs=frozenset(),
    not_found=NOT_FOUND,
    unique=find_role,
    operations=(
        Operation(method="GET", path="code_versions", answer=list_, shows=VERSION_LIST),
        _operate("GET", read, NOT_FOUND),
        _operate("PUT", create, ALREADY_EXISTS),
        _operate("PATCH", update, MODIFICATION, NOT_FOUND, ALREADY_EXISTS),
        _operate("DELETE", delete, MODIFICATION, NOT_FOUND),
    ),
)
