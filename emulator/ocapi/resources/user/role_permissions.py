"""The permissions of a role: shown, and replaced as a whole (PERM-2)."""

from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from functools import cache
from typing import Any

from emulator.ocapi.answer import Answer, answer_document
from emulator.ocapi.call import SITES, Call
from emulator.ocapi.resource import Operation, Properties
from emulator.ocapi.resources.user.catalogue import DEFAULT_LOCALE, VALUES, list_names
from emulator.ocapi.resources.user.role_documents import (
    NAME_BY_TYPE,
    PERMISSIONS,
    SCOPES_BY_TYPE,
    complete,
)
from emulator.ocapi.resources.user.role_lookup import ADMINISTRATOR, NAME, NOT_FOUND, require
from emulator.ocapi.schema import faults
from emulator.ocapi.schema.faults import FaultType
from emulator.store import Put, Record

PATH = "roles/{id}/permissions"

DEFAULT_LOCALE_MISSING = FaultType(
    400,
    "DefaultLocalePermissionMissing",
    "The permissions for locales have none for the locale 'default'.",
)
DUPLICATE = FaultType(
    400, "DuplicatePermission", "The permission '{name}' is listed more than once.", ("name",)
)
INVALID_TYPE = FaultType(
    400,
    "InvalidPermissionType",
    "The type '{type}' of the permission '{name}' is invalid.",
    ("name", "type"),
)
INVALID_VALUE = FaultType(
    400,
    "InvalidPermissionValue",
    "The value '{value}' of the permission '{name}' is invalid.",
    ("name", "value"),
)
INVALID_SCOPE = FaultType(
    400,
    "InvalidPermissionValueScope",
    "The scope '{scope}' of the permission '{name}' takes no such value.",
    ("name", "scope"),
)
SYSTEM_FLAG_MISSING = FaultType(
    400, "SystemFlagMissing", "The permission '{name}' has no flag 'system'.", ("name",)
)
UNKNOWN = FaultType(400, "UnknownPermission", "The permission '{name}' is unknown.", ("name",))
Given = tuple[str, str, Properties]


def read(call: Call) -> Answer:
    """Show the permissions of a role."""
    return _show(call, require(call))


def replace(call: Call) -> Answer:
    """Replace the permissions of a role."""
    record = require(call)
    call.check_state(record)
    sent = complete(call.changes)
    is_administrator = call.key[0] == ADMINISTRATOR
    if is_administrator:
        sent = _keep_all_but_custom_modules(complete(record.get("permissions")), sent)
    _check(call, sent)
    properties = {**record.properties, "permissions": sent}
    changed = call.route.resource.record(record.key, properties, call.now)
    call.store.apply(Put(NAME, changed, record.state))
    return _show(call, changed)


def _show(call: Call, record: Record) -> Answer:
    shown = complete(record.get("permissions"))
    return answer_document(call, PERMISSIONS, shown, record.state)


def _keep_all_but_custom_modules(
    stored: Mapping[str, Any], sent: Mapping[str, Any]
) -> dict[str, Any]:
    """Return the stored permissions with the sent permissions for custom modules."""

    def is_custom(permission: Properties) -> bool:
        return permission.get("system") is False

    modules = {
        scope: [
            *(one for one in stored["module"][scope] if not is_custom(one)),
            *filter(is_custom, sent["module"][scope]),
        ]
        for scope in SCOPES_BY_TYPE["module"]
    }
    return {**stored, "module": modules}


def _list(permissions: Mapping[str, Any]) -> Iterator[Given]:
    """Yield type, scope and document of each permission."""
    for kind, scopes in SCOPES_BY_TYPE.items():
        for scope in scopes:
            for permission in permissions[kind][scope]:
                yield kind, scope, permission


def _check(call: Call, permissions: Mapping[str, Any]) -> None:
    """Check the permissions of a role, in the order of types and scopes.

    Raises:
        Fault: The first violation.
    """
    given = [*_list(permissions)]
    find_names = cache(lambda *of: frozenset(list_names(call.store, *of)))
    sites = call.store.scan(SITES, 0, call.store.count(SITES)).records
    known = {site.key[0] for site in sites}
    for kind, scope, permission in given:
        name = permission[NAME_BY_TYPE[kind]]
        _check_name(find_names, kind, scope, permission)
        _check_values(scope, name, permission)
        for site in permission.get("values") or {}:
            if site not in known:
                raise faults.UNKNOWN_SITE_ID(site)
    counts = Counter(
        (kind, scope, one.get("application"), one[NAME_BY_TYPE[kind]]) for kind, scope, one in given
    )
    for (*_, name), count in counts.items():
        if count > 1:
            raise DUPLICATE(name)
    locales = permissions["locale"]["unscoped"]
    if locales and all(one["locale_id"] != DEFAULT_LOCALE for one in locales):
        raise DEFAULT_LOCALE_MISSING()


def _check_name(
    find_names: Callable[..., frozenset[str]], kind: str, scope: str, permission: Properties
) -> None:
    """Check type and name of a permission; custom modules may have any name."""
    name = permission[NAME_BY_TYPE[kind]]
    if permission["type"] != kind:
        raise INVALID_TYPE(name, permission["type"])
    if kind == "module" and permission.get("system") is None:
        raise SYSTEM_FLAG_MISSING(name)
    application = permission.get("application", "bm")
    is_custom = kind == "module" and not permission["system"]
    if not is_custom and name not in find_names(kind, scope, application):
        raise UNKNOWN(name)


def _check_values(scope: str, name: str, permission: Properties) -> None:
    """Check value and values: a value for the organization, a map for sites, else either."""
    value, values = permission.get("value"), permission.get("values")
    allowed = {"organization": (True, False), "site": (False, True)}
    sent = (value is not None, values is not None)
    if sent[0] == sent[1] or sent != allowed.get(scope, sent):
        raise INVALID_SCOPE(name, scope)
    for one in [value] if values is None else values.values():
        if one not in VALUES:
            raise INVALID_VALUE(name, one)


def _operation(
    method: str, answer: Callable[[Call], Answer], *more: FaultType, **options: Any
) -> Operation:
    faults_ = (*more, NOT_FOUND)
    return Operation(
        method=method, path=PATH, answer=answer, shows=PERMISSIONS, faults=faults_, **options
    )


OPERATIONS = (
    _operation("GET", read),
    _operation(
        "PUT",
        replace,
        DEFAULT_LOCALE_MISSING,
        DUPLICATE,
        INVALID_TYPE,
        INVALID_VALUE,
        INVALID_SCOPE,
        SYSTEM_FLAG_MISSING,
        UNKNOWN,
        faults.UNKNOWN_SITE_ID,
        faults.RESOURCE_STATE_CONFLICT,
        body=PERMISSIONS,
    ),
)
