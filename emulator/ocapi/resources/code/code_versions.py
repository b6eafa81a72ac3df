"""Code versions: sets of cartridges; at most a single version is active (COD-1 to COD-5)."""

from collections.abc import Callable

from emulator.ocapi.answer import Answer
from emulator.ocapi.call import Call
from emulator.ocapi.resource import Operation, Resource
from emulator.ocapi.resources.code.version_changes import (
    ALREADY_EXISTS,
    MODIFICATION,
    create,
    delete,
    update,
)
from emulator.ocapi.resources.code.version_view import (
    NOT_FOUND,
    VERSION_DOCUMENT,
    VERSION_LIST,
    list_versions,
    read,
)
from emulator.ocapi.schema.faults import FaultType
from emulator.store import Key, Record


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
        Operation(method="GET", path="code_versions", answer=list_versions, shows=VERSION_LIST),
        _operate("GET", read, NOT_FOUND),
        _operate("PUT", create, ALREADY_EXISTS),
        _operate("PATCH", update, MODIFICATION, NOT_FOUND, ALREADY_EXISTS),
        _operate("DELETE", delete, MODIFICATION, NOT_FOUND),
    ),
)
