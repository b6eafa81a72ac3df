"""The search of roles (ROLE-3)."""

from emulator.ocapi.answer import Answer
from emulator.ocapi.call import Call
from emulator.ocapi.resource import Properties
from emulator.ocapi.resources.user.role_documents import NAME_BY_TYPE, RoleSearchResult, complete
from emulator.ocapi.resources.user.role_lookup import NAME
from emulator.ocapi.resources.user.role_users import view
from emulator.ocapi.resources.user.users import USERS
from emulator.ocapi.schema.faults import FaultType
from emulator.ocapi.search.answer import answer_search
from emulator.ocapi.search.language import SearchField
from emulator.store import Record

EXPANSIONS = ("users", "permissions")
RESULT = RoleSearchResult()
SEARCH_FIELDS = {"id": SearchField("string"), "description": SearchField("text")}
INVALID_SEARCH_QUERY = FaultType(
    400, "InvalidSearchQuery", "The search query is invalid. {message}", ("message",)
)


def search_roles(call: Call) -> Answer:
    """Search roles: all, the roles of a user, or the roles with a permission."""
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
