"""Users: list, search, create, change, disable, reset, purge (ACC-2)."""

from collections.abc import Callable, Iterator, Mapping
from functools import partial
from typing import Any

from emulator.account_manager.audit import answer_log, note
from emulator.account_manager.context import Answer, Context
from emulator.account_manager.directory import check_references, find_all
from emulator.account_manager.documents import User, UserChange, UserEntry, split_filter
from emulator.account_manager.error import invalid, not_found, precondition_failed
from emulator.account_manager.fixture import ORGANIZATIONS, ROLES
from emulator.account_manager.page import answer_list, answer_page, read_page, scan_all
from emulator.store import Change, Delete, Presence, Put, Record, retry_on_conflict
from emulator.workspace.credential import ACCOUNTS, LOGINS, USERS

USERS_PATH = "users"
NEW_USER, USER_CHANGE, USER_ENTRY = User(), UserChange(), UserEntry()


def list_users(context: Context) -> Answer:
    """Return a page of users."""
    return answer_page(context, read_page(context), ACCOUNTS, partial(_show, context))


def find_by_login(context: Context) -> Answer:
    """Return the user of a login."""
    return _answer_login(context, context.parameter("login"))


def read_current(context: Context) -> Answer:
    """Return the user of the token."""
    return _answer_login(context, context.caller.user)


def find_by_organization(context: Context) -> Answer:
    """Return the users of an organization."""
    organization = context.parameter("organization")
    return _answer_search(context, lambda user: organization in user.get("organizations"))


def find_by_role(context: Context) -> Answer:
    """Return the users with a role."""
    role = context.parameter("role")
    return _answer_search(context, lambda user: role in user.get("roles"))


def find_by_organization_and_role(context: Context) -> Answer:
    """Return the users of an organization with a role."""
    organization, role = context.parameter("organization"), context.parameter("role")
    return _answer_search(
        context,
        lambda user: organization in user.get("organizations") and role in user.get("roles"),
    )


def read_user(context: Context, identifier: str) -> Answer:
    """Return a user; ``expand`` puts organizations and roles in place of the ids."""
    user = _show(context, _find(context, identifier))
    expansions = context.parameter("expand").split(",")
    for name, collection in (("organizations", ORGANIZATIONS), ("roles", ROLES)):
        if name in expansions:
            user[name] = find_all(context, collection, user[name])
    return Answer(200, user)


def read_user_log(context: Context, identifier: str) -> Answer:
    """Return the audit log of a user."""
    _find(context, identifier)
    return answer_log(context, USERS_PATH, identifier)


def create_user(context: Context) -> Answer:
    """Create a user; without a password the user is not active yet."""
    values = context.read("User", NEW_USER)
    password = values.pop("password", None)
    check_references(context, "User", values)
    now, state = context.now(), "ENABLED" if password else "INITIAL"
    made = {"id": context.new_id(), "userState": state, "createdAt": now, "lastModified": now}
    defaults = {"displayName": f"{values['firstName']} {values['lastName']}"}
    user = USER_ENTRY.load(defaults | values | made)
    if not password:
        user["activationCodeCreationTimestamp"] = context.milliseconds()

    def write() -> Record:
        return _write(context, None, user, "created", password)

    shown = _show(context, retry_on_conflict(write))
    return Answer(201, shown, {"Location": context.link_to(USERS_PATH, shown["id"])})


def change_user(context: Context, identifier: str) -> Answer:
    """Change the given members of a user."""
    changes = context.read("User", USER_CHANGE, partial=True)
    password = changes.pop("password", None)

    def write() -> Record:
        before = _find(context, identifier)
        after = {**before.properties, **changes}
        check_references(context, "User", after)
        if after["userState"] != before.get("userState"):
            after["deleteTimestamp"] = _stamp_deletion(context, after)
        return _write(context, before, after, "changed", password)

    return Answer(200, _show(context, retry_on_conflict(write)))


def disable_user(context: Context, identifier: str) -> Answer:
    """Put a user into the state DELETED."""
    return _change_state(context, identifier, "DELETED", "disabled")


def reset_user(context: Context, identifier: str) -> Answer:
    """Put a user into the state INITIAL; the user cannot sign in any more."""
    return _change_state(context, identifier, "INITIAL", "reset")


def purge_user(context: Context, identifier: str) -> Answer:
    """Delete a user of the state DELETED.

    Raises:
        AccountError: The user does not exist (404), or has another state (412).
    """

    def write() -> None:
        user = _find(context, identifier)
        if user.get("userState") != "DELETED":
            raise precondition_failed("User must be in status DELETED to be purged")
        mail = user.get("mail")
        context.store.apply(
            Delete(ACCOUNTS, user.key, user.state),
            Delete(LOGINS, (mail,)),
            Delete(USERS, (mail,)),
            note(context, USERS_PATH, identifier, "User purged", f"User {mail} purged"),
        )

    retry_on_conflict(write)
    return Answer(204)


def _change_state(context: Context, identifier: str, state: str, event: str) -> Answer:
    def write() -> Record:
        before = _find(context, identifier)
        after = {**before.properties, "userState": state}
        after["deleteTimestamp"] = _stamp_deletion(context, after)
        if state == "INITIAL":
            after["activationCodeCreationTimestamp"] = context.milliseconds()
        return _write(context, before, after, event)

    retry_on_conflict(write)
    return Answer(204)


def _stamp_deletion(context: Context, user: Mapping[str, Any]) -> int | None:
    return context.milliseconds() if user["userState"] == "DELETED" else None


def _write(
    context: Context,
    before: Record | None,
    after: dict[str, Any],
    event: str,
    password: str | None = None,
) -> Record:
    """Write a user with login and password; return the record.

    Raises:
        AccountError: Another user has the mail.
        StateConflict: Another request was faster.
    """
    mail, identifier = after["mail"], after["id"]
    other = context.store.get(LOGINS, (mail,))
    if other is not None and other.get("id") != identifier:
        raise invalid("User", {"mail": [f"User '{mail}' exists already"]}, after)
    after["lastModified"] = context.now()
    after["roles"] = list(dict.fromkeys(after["roles"]))
    after["organizations"] = list(dict.fromkeys(after["organizations"]))
    after["roleTenantFilter"] = after["roleTenantFilter"] or ""
    if password:
        after["passwordModificationTimestamp"] = context.milliseconds()
    record = Record.of((identifier,), after)
    login = Record.of((mail,), {"id": identifier})
    context.store.apply(
        Put(ACCOUNTS, record, before.state if before else Presence.ABSENT),
        Put(LOGINS, login, other.state if other else Presence.ABSENT),
        *_change_credentials(context, before, after, password),
        note(context, USERS_PATH, identifier, f"User {event}", f"User {mail} {event}"),
    )
    return record


def _change_credentials(
    context: Context, before: Record | None, after: Mapping[str, Any], password: str | None
) -> Iterator[Change]:
    """Yield the changes of login and password: only an enabled user may sign in."""
    old, new = before.get("mail") if before else after["mail"], after["mail"]
    if old != new:
        yield Delete(LOGINS, (old,))
    known = context.store.get(USERS, (old,))
    if known is None and not password:
        return
    values = {**(known.properties if known else _describe(after)), "login": new}
    if password:
        values["password"] = password
    if before is None or before.get("userState") != after["userState"]:
        values["disabled"] = after["userState"] != "ENABLED"
    if known and old != new:
        yield Delete(USERS, (old,), known.state)
    expected = known.state if known and old == new else Presence.ABSENT
    yield Put(USERS, Record.of((new,), values), expected)


def _describe(user: Mapping[str, Any]) -> dict[str, Any]:
    """Return the properties of a new Business Manager user, besides login and password."""
    names = {"email": "mail", "first_name": "firstName", "last_name": "lastName"}
    return {"disabled": user["userState"] != "ENABLED", **{n: user[m] for n, m in names.items()}}


def _answer_login(context: Context, login: str) -> Answer:
    index = context.store.get(LOGINS, (login,))
    if index is None:
        raise not_found("User", login)
    return Answer(200, _show(context, _find(context, index.get("id"))))


def _answer_search(context: Context, matches: Callable[[Record], bool]) -> Answer:
    return answer_list(_show(context, u) for u in scan_all(context, ACCOUNTS) if matches(u))


def _find(context: Context, identifier: str) -> Record:
    record = context.store.get(ACCOUNTS, (identifier,))
    if record is None:
        raise not_found("User", identifier)
    return record


def _show(context: Context, record: Record) -> dict[str, Any]:
    link = {"rel": "self", "href": context.link_to(USERS_PATH, record.key[0])}
    filters = split_filter(record.get("roleTenantFilter"))
    return {**record.properties, "roleTenantFilterMap": filters, "links": [link]}
