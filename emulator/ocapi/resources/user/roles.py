"""Access roles: the users of a role, and the permissions of a role."""

from collections.abc import Iterator

from emulator.ocapi.call import Call
from emulator.ocapi.resource import Operation, Properties, Resource
from emulator.ocapi.resources.user import permissions, role_permissions
from emulator.ocapi.resources.user.catalogue import VALUES
from emulator.ocapi.resources.user.documents import USER, USER_RESULT, USERS_PAGE
from emulator.ocapi.resources.user.role_documents import ROLE, Roles, RoleSearchRequest, complete
from emulator.ocapi.resources.user.role_lookup import ADMINISTRATOR, INVALID_ROLE, NAME, NOT_FOUND
from emulator.ocapi.resources.user.role_search import (
    EXPANSIONS,
    INVALID_SEARCH_QUERY,
    RESULT,
    search_roles,
)
from emulator.ocapi.resources.user.role_users import (
    INVALID_USER_LOGIN,
    add_user,
    assign,
    list_users,
    remove_user,
    search_users,
    view,
)
from emulator.ocapi.resources.user.user_checks import OPERATION_NOT_ALLOWED
from emulator.ocapi.resources.user.users import USERS
from emulator.ocapi.schema.faults import FaultType
from emulator.ocapi.search.query import MALFORMED_SEARCH_PARAMETER, SearchRequest
from emulator.store import Change, Require

ALREADY_EXISTS = FaultType(
    409, "RoleAlreadyExists", "The access role with ID '{roleId}' already exists.", ("roleId",)
)
ROLE_OPERATION_NOT_ALLOWED = FaultType(
    403,
    "RoleOperationNotAllowed",
    "The operation on the access role with ID '{roleId}' isn't allowed.",
    ("roleId",),
)


def may_do(call: Call, login: str, permission: str, site_id: str = "") -> bool:
    """Return True for a user with a functional permission, or without roles.

    Args:
        call: The call.
        login: The login of the user.
        permission: The name of the permission.
        site_id: The site of a permission of sites; empty for one of the organization.
    """
    user = call.store.get(USERS.name, (login,))
    names = (user.get("roles") if user else None) or ()
    if not names or ADMINISTRATOR in names:
        return True
    roles = filter(None, (call.store.get(NAME, (name,)) for name in names))
    granted = (complete(role.get("permissions"))["functional"] for role in roles)
    if not site_id:
        return any(one["name"] == permission for given in granted for one in given["organization"])
    return any(
        one["name"] == permission and (one.get("values") or {}).get(site_id) in VALUES
        for given in granted
        for one in given["site"]
    )


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
            yield assign(user, [name for name in names if name != role])
        else:
            yield Require(USERS.name, user.key, user.state)


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
            answer=search_roles,
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
