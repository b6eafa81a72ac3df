"""The users of a role (ROLE-2)."""

from typing import Any
from weakref import WeakKeyDictionary

from emulator.ocapi.answer import Answer, answer_page
from emulator.ocapi.call import Call
from emulator.ocapi.resource import Properties
from emulator.ocapi.resources.user.documents import USER, USER_RESULT, USERS_PAGE
from emulator.ocapi.resources.user.role_documents import complete
from emulator.ocapi.resources.user.role_lookup import ADMINISTRATOR, INVALID_ROLE, NAME, require
from emulator.ocapi.resources.user.user_checks import require_other_administrator
from emulator.ocapi.resources.user.user_view import USER_SEARCH_FIELDS, answer_user, show_user
from emulator.ocapi.resources.user.users import USERS
from emulator.ocapi.schema.faults import FaultType
from emulator.ocapi.search.answer import answer_search
from emulator.ocapi.wire import envelope
from emulator.ocapi.wire.select import Documents
from emulator.store import Change, Presence, Put, Record, Require

INVALID_USER_LOGIN = FaultType(
    400, "InvalidUserLogin", "The user login '{login}' is invalid.", ("login",)
)
Members = dict[str, list[Record]]
_members_by_call: WeakKeyDictionary[Call, Members] = WeakKeyDictionary()


def _list_members(call: Call) -> Members:
    """Return the users by role, in the order of logins; read once in a call."""
    found = _members_by_call.get(call)
    if found is None:
        found = _members_by_call[call] = {}
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
        shown["users"] = [envelope.embed(user.state, show_user(call, user)) for user in members]
    return shown


def assign(user: Record, roles: list[str]) -> Put:
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
            USER, call.version, user.state, show_user(call, user, whole=whole), call.dialect
        )
        for user in shown
    )
    return answer_page(call, USERS_PAGE, items, len(members))


def search_users(call: Call) -> Answer:
    """Search the users of a role."""
    require(call)
    members = _list_members(call).get(call.key[0], [])

    def show(user: Record, whole: bool) -> Properties:  # noqa: FBT001 - see Show
        return show_user(call, user, whole=whole)

    return answer_search(call, USER_RESULT, USER_SEARCH_FIELDS, members, show)


def add_user(call: Call) -> Answer:
    """Give a role to a user."""
    role, login = call.key
    if call.store.get(NAME, (role,)) is None:
        raise INVALID_ROLE(role)
    user = call.store.get(USERS.name, (login,))
    if user is None:
        raise INVALID_USER_LOGIN(login)
    call.check_state(user)
    roles = user.get("roles") or []
    if role not in roles:
        change = assign(user, [*roles, role])
        call.store.apply(Require(NAME, (role,), Presence.PRESENT), change)
        user = change.record
    return answer_user(call, user)


def remove_user(call: Call) -> Answer:
    """Take a role away from a user."""
    role, login = call.key
    require(call)
    user = USERS.find(call.store, (login,))
    call.check_state(user)
    roles = user.get("roles") or []
    if role in roles:
        changes: list[Change] = [assign(user, [name for name in roles if name != role])]
        if role == ADMINISTRATOR:
            changes.append(require_other_administrator(call, login))
        call.store.apply(*changes)
    return Answer(204)
