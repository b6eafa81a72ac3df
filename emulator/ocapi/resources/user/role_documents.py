"""The documents of roles, with all permissions."""

from collections.abc import Mapping
from typing import Any

from emulator.ocapi.resources.user.documents import User
from emulator.ocapi.schema.document import Collection, Document
from emulator.ocapi.schema.fields import (
    Array,
    Boolean,
    DateTime,
    Embedded,
    Integer,
    String,
    TextMap,
)
from emulator.ocapi.search.query import SearchRequest, SearchResult


def _text() -> String:
    """Return a required text, never empty."""
    return String(min_length=1, required=True, allow_none=False)


class RoleFunctionalPermission(Document):
    """A functional permission of a role."""

    name = _text()
    type = _text()
    value = String()
    values = TextMap()


class RoleFunctionalPermissions(Document):
    """The functional permissions of a role."""

    organization = Array(Embedded(RoleFunctionalPermission(), allow_none=False))
    site = Array(Embedded(RoleFunctionalPermission(), allow_none=False))


class RoleLocalePermission(Document):
    """A locale permission of a role."""

    locale_id = _text()
    type = _text()
    value = String()
    values = TextMap()


class RoleLocalePermissions(Document):
    """The locale permissions of a role."""

    unscoped = Array(Embedded(RoleLocalePermission(), allow_none=False))


class RoleModulePermission(Document):
    """A module permission of a role."""

    application = _text()
    name = _text()
    system = Boolean()
    type = _text()
    value = String()
    values = TextMap()


class RoleModulePermissions(Document):
    """The module permissions of a role."""

    organization = Array(Embedded(RoleModulePermission(), allow_none=False))
    site = Array(Embedded(RoleModulePermission(), allow_none=False))


class RoleWebdavPermission(Document):
    """A WebDAV permission of a role."""

    folder = _text()
    type = _text()
    value = String()
    values = TextMap()


class RoleWebdavPermissions(Document):
    """The WebDAV permissions of a role."""

    unscoped = Array(Embedded(RoleWebdavPermission(), allow_none=False))


class RolePermissions(Document):
    """All permissions of a role, by type and scope."""

    functional = Embedded(RoleFunctionalPermissions())
    locale = Embedded(RoleLocalePermissions())
    module = Embedded(RoleModulePermissions())
    webdav = Embedded(RoleWebdavPermissions())


class Role(Document):
    """An access role."""

    creation_date = DateTime(read_only=True)
    description = String()
    id = String(allow_none=False)
    last_modified = DateTime(read_only=True)
    link = String(read_only=True)
    permissions = Embedded(RolePermissions(), read_only=True)
    user_count = Integer(read_only=True)
    user_manager = Boolean(load_default=False)
    users = Array(Embedded(User()), read_only=True)


class Roles(Collection):
    """A page of roles."""

    data = Array(Embedded(Role()))


class RoleSearchRequest(SearchRequest):
    """A search of roles: of a user, with a permission, or all."""

    permissions = Embedded(RolePermissions())
    user_id = String()


class RoleSearchResult(SearchResult):
    """A page of the roles found by a search."""

    hits = Array(Embedded(Role()))


ROLE, PERMISSIONS = Role(), RolePermissions()
SCOPES_BY_TYPE = {
    "functional": ("organization", "site"),
    "locale": ("unscoped",),
    "module": ("organization", "site"),
    "webdav": ("unscoped",),
}
NAME_BY_TYPE = {"functional": "name", "locale": "locale_id", "module": "name", "webdav": "folder"}
"""The property with the name of a permission."""


def complete(permissions: Mapping[str, Any] | None) -> dict[str, Any]:
    """Return the permissions of a role with all types and scopes, also the empty ones."""
    given = permissions or {}
    return {
        kind: {scope: (given.get(kind) or {}).get(scope) or [] for scope in scopes}
        for kind, scopes in SCOPES_BY_TYPE.items()
    }
