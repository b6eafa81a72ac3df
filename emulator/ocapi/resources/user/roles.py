"""Access roles: the users of a role, and the permissions of a role."""

from collections.abc import Iterator
from typing import Any
from weakref import WeakKeyDictionary

from emulator.ocapi.answer import Answer, answer_page
from emulator.ocapi.call import Call
from emulator.ocapi.resource import Operation, Properties, Resource
from emulator.ocapi.resources.user import permissions, role_permissions, users
from emulator.ocapi.resources.user.documents import USER, USER_RESULT, USERS_PAGE
from emulator.ocapi.resources.user.role_documents import (
    NAME_BY_TYPE,
    ROLE,
    Roles,
    RoleSearchRequest,
    RoleSearchResult,
    complete,
)
from emulator.ocapi.resources.user.role_lookup import (
    ADMINISTRATOR,
    INVALID_ROLE,
    NAME,
    NOT_FOUND,
    require,
)
from emulator.ocapi.resources.user.users import OPERATION_NOT_ALLOWED, USERS
from emulator.ocapi.schema.faults import FaultType
from emulator.ocapi.search.answer import answer_search, read_expansions
from emulator.ocapi.search.language import SearchField
from emulator.ocapi.search.query import MALFORMED_SEARCH_PARAMETER, SearchRequest
from emulator.ocapi.wire import envelope
from emulator.ocapi.wire.select import Documents
from emulator.store import Change, Presence, Put, Record, Require, retry_on_conflict

EXPANSIONS = ("users", "permissions")
RESULT = RoleSearchResult()
SEARCH_FIELDS = {"id": SearchField("string"), "description": SearchField("text")}

ALREADY_EXISTS = FaultType(
    409, "RoleAlreadyExists", "The access role with ID '{roleId}' already exists.", ("roleId",)
)
ROLE_OPERATION_NOT_ALLOWED = FaultType(
    403,
    "RoleOperationNotAllowed",
    "The operation on the access role with ID '{roleId}' isn't allowed.",
    ("roleId",),
)
INVALID_USER_LOGIN = FaultType(
    400, "InvalidUserLogin", "The user login '{login}' is invalid.", ("login",)
)
INVALID_SEARCH_QUERY = FaultType(
    400, "InvalidSearchQuery", "The search query is invalid. {message}", ("message",)
)

Members = dict[str, list[Record]]
_members: WeakKeyDictionary[Call, Members] = WeakKeyDictionary()


def _list_members(call: Call) -> Members:
    """Return the users by role, in the order of logins; read once in a call."""
    found = _members.get(call)
    if found is None:
        found = _members[call] = {}
        for user in call.store.scan(USERS.name, 0, call.store.count(USERS.name)).records:
            for role in user.get("roles") or ():
                found.setdefault(role, []).append(user)
    return found


def view(call: Call, record: Record) -> dict[str, Any]:
    """Return the users of a role, counted or expanded, and the expanded permissions."""
    members = _list_members(call).get(record.key[0], [])
    shown: dict[str, Any] = {"permissions": None, "user_count": len(members)}
    if "permissions" in call.expansions:
        shown["permissions"] = complete(record.get("permissions"))
    if "users" in call.expansions:
        shown["users"] = [
            {"_resource_state": user.state, **users.show(call, user)} for user in members
        ]
    return shown


def may_do(call: Call, login: str, permission: str) -> bool:
    """Return True for a user with a functional permission of the organization, or without roles."""
    user = call.store.get(USERS.name, (login,))
    names = (user.get("roles") if user else None) or ()
    if not names or ADMINISTRATOR in names:
        return True
    roles = filter(None, (call.store.get(NAME, (name,)) for name in names))
    granted = (complete(role.get("permissions"))["functional"]["organization"] for role in roles)
    return any(one["name"] == permission for given in granted for one in given)


def _effects(call: Call, before: Properties | None, after: Properties | None) -> Iterator[Change]:
    """Take a deleted role away from all users."""
    [role] = call.key
    if before is None or after is not None:
        return
    if role == ADMINISTRATOR:
        raise ROLE_OPERATION_NOT_ALLOWED(role)
    # Nobody gets the role in the same moment: other users stay as they are.
    for user in call.store.scan(USERS.name, 0, call.store.count(USERS.name)).records:
        names = user.get("roles") or ()
        if role in names:
            yield _assign(user, [name for name in names if name != role])
        else:
            yield Require(USERS.name, user.key, user.state)


def _assign(user: Record, roles: list[str]) -> Put:
    """Return the change for other roles of a user."""
    return Put(USERS.name, user.amend({"roles": sorted(roles)}), user.state)


def list_users(call: Call) -> Answer:
    """Show a page of the users of a role."""
    require(call)
    page, members = call.page, _list_members(call).get(call.key[0], [])
    whole = call.selector is not None and call.selector.reaches_into("data")
    shown = members[page.start : page.start + page.count]
    items = Documents(
        envelope.wrap_item(
            USER, call.version, user.state, users.show(call, user, whole=whole), call.dialect
        )
        for user in shown
    )
    return answer_page(call, USERS_PAGE, items, len(members))


def search_users(call: Call) -> Answer:
    """Search the users of a role."""
    read_expansions(call)
    require(call)
    members = _list_members(call).get(call.key[0], [])

    def show(user: Record, whole: bool) -> Properties:  # noqa: FBT001 - see Show
        return users.show(call, user, whole=whole)

    return answer_search(call, USER_RESULT, users.SEARCH_FIELDS, members, show)


def add_user(call: Call) -> Answer:
    """Give a role to a user."""
    return retry_on_conflict(lambda: _add_user(call))


def _add_user(call: Call) -> Answer:
    role, login = call.key
    if call.store.get(NAME, (role,)) is None:
        raise INVALID_ROLE(role)
    user = call.store.get(USERS.name, (login,))
    if user is None:
        raise INVALID_USER_LOGIN(login)
    roles = user.get("roles") or []
    if role not in roles:
        change = _assign(user, [*roles, role])
        call.store.apply(Require(NAME, (role,), Presence.PRESENT), change)
        user = change.record
    return users.answer_user(call, user)


def remove_user(call: Call) -> Answer:
    """Take a role away from a user."""
    return retry_on_conflict(lambda: _remove_user(call))


def _remove_user(call: Call) -> Answer:
    role, login = call.key
    require(call)
    user = call.store.get(USERS.name, (login,))
    if user is None:
        raise USERS.not_found(login)
    roles = user.get("roles") or []
    if role in roles:
        changes: list[Change] = [_assign(user, [name for name in roles if name != role])]
        if role == ADMINISTRATOR:
            changes.append(users.require_other_administrator(call, login))
        call.store.apply(*changes)
    return Answer(204)


def search(call: Call) -> Answer:
    """Search roles: all, the roles of a user, or the roles with a permission."""
    read_expansions(call)
    found = call.store.scan(NAME, 0, call.store.count(NAME)).records
    login = call.changes.get("user_id")
    wanted = _read_permission(call.changes.get("permissions"))
    if login is not None and wanted is not None:
        raise INVALID_SEARCH_QUERY("Give a user or a permission, not both.")
    if login is not None:
        user = call.store.get(USERS.name, (login,))
        names = (user.get("roles") if user else None) or ()
        found = [role for role in found if role.key[0] in names]
    if wanted is not None:
        found = [role for role in found if _has_permission(role, *wanted)]

    def show(role: Record, whole: bool) -> Properties:  # noqa: FBT001 - see Show
        link = {"link": call.link_to(NAME, role.key[0])}
        if not whole:
            return {"id": role.key[0], **link}
        merged = {**role.properties, **link, **view(call, role)}
        return {name: value for name, value in merged.items() if value is not None}

    return answer_search(call, RESULT, SEARCH_FIELDS, found, show)


def _read_permission(sent: Properties | None) -> tuple[str, str, Properties] | None:
    """Return type, scope and permission of a search; None for a search without a permission.

    Raises:
        Fault: INVALID_SEARCH_QUERY: there are several permissions, or several sites.
    """
    if sent is None:
        return None
    given = [
        (kind, scope, permission)
        for kind, scopes in complete(sent).items()
        for scope, permissions in scopes.items()
        for permission in permissions
    ]
    if len(given) != 1:
        raise INVALID_SEARCH_QUERY("Give exactly one permission.")
    if len(given[0][2].get("values") or {}) > 1:
        raise INVALID_SEARCH_QUERY("Give one site at most.")
    return given[0]


def _has_permission(role: Record, kind: str, scope: str, wanted: Properties) -> bool:
    """Return True if a role has a permission; missing members mean any value."""
    name = NAME_BY_TYPE[kind]
    for permission in complete(role.get("permissions"))[kind][scope]:
        plain = all(
            permission.get(member) == wanted[member]
            for member in (name, "type", "application", "system", "value")
            if member in wanted
        )
        domains = permission.get("values") or {}
        if plain and (wanted.get("values") or {}).items() <= domains.items():
            return True
    return False


ROLES = Resource(
    path=NAME,
    document=ROLE,
    collection=Roles(),
    key="id",
    verbs=frozenset({"list", "read", "create", "delete"}),
    not_found=NOT_FOUND,
    duplicate=ALREADY_EXISTS,
    refuses_existing=True,
    deletes_missing=False,
    view=view,
    effects=_effects,
    refusals={"create": (ROLE_OPERATION_NOT_ALLOWED,), "delete": (ROLE_OPERATION_NOT_ALLOWED,)},
    expansions=EXPANSIONS,
    survives_empty_reset=True,
    operations=(
        Operation(
            method="POST",
            path="role_search",
            answer=search,
            shows=RESULT,
            body=RoleSearchRequest(),
            expansions=EXPANSIONS,
            faults=(INVALID_SEARCH_QUERY, MALFORMED_SEARCH_PARAMETER),
        ),
        Operation(
            method="GET",
            path="roles/{id}/users",
            answer=list_users,
            shows=USERS_PAGE,
            faults=(NOT_FOUND,),
        ),
        Operation(
            method="POST",
            path="roles/{id}/user_search",
            answer=search_users,
            shows=USER_RESULT,
            body=SearchRequest(),
            faults=(MALFORMED_SEARCH_PARAMETER, NOT_FOUND),
        ),
        Operation(
            method="PUT",
            path="roles/{id}/users/{login}",
            answer=add_user,
            shows=USER,
            faults=(INVALID_ROLE, INVALID_USER_LOGIN, OPERATION_NOT_ALLOWED),
        ),
        Operation(
            method="DELETE",
            path="roles/{id}/users/{login}",
            answer=remove_user,
            faults=(OPERATION_NOT_ALLOWED, NOT_FOUND, USERS.not_found),
        ),
        *role_permissions.OPERATIONS,
        *permissions.OPERATIONS,
    ),
)
