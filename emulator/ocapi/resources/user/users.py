"""Business Manager users: the same users sign in at the token endpoints and at WebDAV."""

from collections.abc import Iterator
from hmac import compare_digest
from typing import Any

from emulator.fixture.data_set import Collection as FixtureCollection
from emulator.ocapi.access.client import USERS as NAME
from emulator.ocapi.answer import Answer, answer_document
from emulator.ocapi.call import Call
from emulator.ocapi.resource import Operation, Properties, Resource, Search
from emulator.ocapi.resources.user import password
from emulator.ocapi.resources.user.documents import (
    STORED_USER,
    USER,
    USER_RESULT,
    USERS_PAGE,
    PasswordChangeRequest,
    cut_milliseconds,
)
from emulator.ocapi.resources.user.role_lookup import ADMINISTRATOR, INVALID_ROLE
from emulator.ocapi.resources.user.role_lookup import NAME as ROLES
from emulator.ocapi.schema import faults
from emulator.ocapi.schema.faults import FaultType
from emulator.ocapi.schema.fields import LOCALE
from emulator.ocapi.search.language import SearchField
from emulator.store import Change, Delete, Presence, Put, Record, Require, retry_on_conflict

DEFAULT_LOCALE = "default"
ALERT_SETTINGS = "alert_settings"
"""The store's collection of the alert settings of users."""
OWN_PATH = "this"
"""The path of the token's user stands where a login stands, so no user has this login."""
LOCALES = ("preferred_data_locale", "preferred_ui_locale")

NOT_FOUND = FaultType(
    404, "UserNotFound", "No user with login '{login}' could be found.", ("login",)
)
INVALID_CREDENTIALS = FaultType(
    400, "InvalidCredentials", "The credentials of user '{login}' are invalid.", ("login",)
)
LOCAL_USER_CREATION = FaultType(
    400, "LocalUserCreation", "The local user '{login}' can't be created.", ("login",)
)
EXTERNAL_ID_EXISTS = FaultType(
    400,
    "ExternalIdAlreadyExists",
    "The external ID '{externalId}' already exists.",
    ("externalId",),
)
EXTERNAL_ID_NULL = FaultType(
    400, "ExternalIdNull", "The external ID of user '{login}' can't be removed.", ("login",)
)
OPERATION_NOT_ALLOWED = FaultType(
    403,
    "UserOperationNotAllowed",
    "The operation on the user with login '{login}' isn't allowed.",
    ("login",),
)
LOCKED = FaultType(401, "UserIsLocked", "The user is locked.")
NOT_AVAILABLE = FaultType(401, "UserNotAvailable", "No user was provided with the OAuth token.")

SEARCH_FIELDS = {
    "login": SearchField("string"),
    "email": SearchField("string"),
    "first_name": SearchField("text"),
    "last_name": SearchField("text"),
    "external_id": SearchField("string"),
    "last_login_date": SearchField("date"),
    "is_locked": SearchField("boolean", lambda user: user.get("locked", False), sortable=False),
    "is_disabled": SearchField("boolean", lambda user: user.get("disabled", False), sortable=False),
}


def view(_: Call, record: Record) -> dict[str, Any]:
    """Return the properties with other values than stored; the password is never shown."""
    stored = record.properties
    shown = {"disabled": False, "locked": False, **dict.fromkeys(LOCALES, DEFAULT_LOCALE)}
    missing = {name: value for name, value in shown.items() if name not in stored}
    roles = {} if stored.get("roles") else {"roles": None}
    return {**missing, **cut_milliseconds(stored), **roles, "password": None}


def show(call: Call, record: Record, *, whole: bool = True) -> dict[str, Any]:
    """Return the answered properties of a user: all, or login and link."""
    link = call.link_to(NAME, record.key[0])
    if not whole:
        return {"login": record.key[0], "link": link}
    merged = {**record.properties, "link": link, **view(call, record)}
    return {name: value for name, value in merged.items() if value is not None}


def answer_user(call: Call, record: Record) -> Answer:
    """Answer one user."""
    return answer_document(call, USER, show(call, record), record.state)


def _derive(
    before: Properties | None, properties: dict[str, Any], changes: Properties, now: str
) -> dict[str, Any]:
    """Return the properties of a written user: a PUT without password keeps the password."""
    if properties.get("roles"):
        properties = {**properties, "roles": sorted({*properties["roles"]})}
    if changes.get("password") and now:
        return {**properties, **password.date_password(now)}
    if before and "password" in before and not properties.get("external_id"):
        return {**properties, "password": before["password"]}
    return properties


def _effects(call: Call, before: Properties | None, after: Properties | None) -> Iterator[Change]:
    """Refuse the write of a wrong user; the last administrator stays one.

    The alert settings of a deleted user go with the user.
    """
    if after is None:
        yield Delete(ALERT_SETTINGS, call.key)
    else:
        _check_credentials(call, before, after)
        for name in LOCALES:
            locale = call.changes.get(name) or DEFAULT_LOCALE
            if not LOCALE.fullmatch(locale):
                raise faults.UNKNOWN_LOCALE(locale)
        [login] = call.key
        if login == OWN_PATH or (after.get("disabled") and call.user == login):
            raise OPERATION_NOT_ALLOWED(login)
        yield from _check_roles(call, before, after)


def _check_credentials(call: Call, before: Properties | None, after: Properties) -> None:
    """Check password and external id: a user cannot have both."""
    [login] = call.key
    external = after.get("external_id")
    if call.method == "PATCH" and before and before.get("external_id") and not external:
        raise EXTERNAL_ID_NULL(login)
    sent = call.changes.get("password")
    if sent == "" or (sent and external):
        raise INVALID_CREDENTIALS(login)
    if sent:
        password.check_policy(sent)
    if external and external != (before or {}).get("external_id"):
        count = call.store.count(NAME)
        users = call.store.scan(NAME, 0, count).records
        if any(user.get("external_id") == external and user.key != call.key for user in users):
            raise EXTERNAL_ID_EXISTS(external)


def _check_roles(call: Call, before: Properties | None, after: Properties) -> Iterator[Change]:
    """Check that all roles exist, and that the last administrator keeps the role."""
    for role in call.changes.get("roles") or ():
        if call.store.get(ROLES, (role,)) is None:
            raise INVALID_ROLE(role)
        yield Require(ROLES, (role,), Presence.PRESENT)
    if _is_administrator(before or {}) and not _is_administrator(after):
        yield require_other_administrator(call, call.key[0])


def _is_administrator(user: Properties | Record) -> bool:
    return ADMINISTRATOR in (user.get("roles") or ())


def require_other_administrator(call: Call, login: str) -> Require:
    """Return the expectation that another user stays an administrator.

    Raises:
        Fault: OPERATION_NOT_ALLOWED: there is no other administrator.
    """
    for user in call.store.scan(NAME, 0, call.store.count(NAME)).records:
        if user.key[0] != login and _is_administrator(user):
            return Require(NAME, user.key, user.state)
    raise OPERATION_NOT_ALLOWED(login)


def find_own(call: Call) -> Record:
    """Return the user of the token.

    Raises:
        Fault: NOT_AVAILABLE: the token has no user. LOCKED: the user cannot sign in.
    """
    record = call.store.get(NAME, (call.user,)) if call.user else None
    if record is None:
        raise NOT_AVAILABLE()
    if record.get("locked") or record.get("disabled"):
        raise LOCKED()
    return record


def read_own(call: Call) -> Answer:
    """Show the user of the token."""
    return answer_user(call, find_own(call))


def change_password(call: Call) -> Answer:
    """Change the password of the user of the token."""
    return retry_on_conflict(lambda: _change_password(call))


def _change_password(call: Call) -> Answer:
    record = find_own(call)
    present, new = call.changes["current_password"], call.changes["password"]
    stored = "" if record.get("external_id") else record.get("password") or ""
    if not stored or not compare_digest(stored.encode(), present.encode()):
        raise password.INVALID_PASSWORD()
    if compare_digest(stored.encode(), new.encode()):
        raise password.NOT_VALID_FOR_REUSE()
    password.check_policy(new)
    properties = {**record.properties, "password": new, **password.date_password(call.now)}
    changed = USERS.record(record.key, properties, call.now)
    call.store.apply(Put(NAME, changed, record.state))
    return answer_user(call, changed)


def _read_stored(entry: Any) -> Record:
    """Return the record of a user in ``clients.json``.

    Raises:
        ValueError: The entry is not valid.
    """
    if not isinstance(entry, dict):
        raise ValueError("is not an object")  # noqa: TRY004 - the data set is wrong, not the caller
    properties = STORED_USER.decode_stored(entry)
    return Record((properties["login"],), properties)


class _UserResource(Resource):
    """The resource of users, in the file of the API clients."""

    def fixtures(self) -> FixtureCollection:
        """See ``Resource.fixtures``."""
        return FixtureCollection(
            NAME, "clients.json", _read_stored, self.references, survives_empty_reset=True
        )


USERS = _UserResource(
    path=NAME,
    document=USER,
    collection=USERS_PAGE,
    key="login",
    needed=("password",),
    references={"roles": ROLES},
    verbs=frozenset({"list", "read", "create", "update", "delete"}),
    not_found=NOT_FOUND,
    deletes_missing=False,
    derive=_derive,
    view=view,
    effects=_effects,
    refusals={
        "create": (
            EXTERNAL_ID_EXISTS,
            INVALID_CREDENTIALS,
            LOCAL_USER_CREATION,
            password.POLICY_VIOLATION,
            faults.UNKNOWN_LOCALE,
            INVALID_ROLE,
            OPERATION_NOT_ALLOWED,
        ),
        "update": (
            EXTERNAL_ID_EXISTS,
            EXTERNAL_ID_NULL,
            faults.UNKNOWN_LOCALE,
            INVALID_ROLE,
            OPERATION_NOT_ALLOWED,
        ),
    },
    search=Search(path="user_search", result=USER_RESULT, fields=SEARCH_FIELDS),
    operations=(
        Operation(
            method="GET",
            path="users/this",
            answer=read_own,
            shows=USER,
            faults=(LOCKED, NOT_AVAILABLE),
        ),
        Operation(
            method="PATCH",
            path="users/this/password",
            answer=change_password,
            shows=USER,
            body=PasswordChangeRequest(),
            faults=(
                password.INVALID_PASSWORD,
                password.NOT_VALID_FOR_REUSE,
                password.POLICY_VIOLATION,
                LOCKED,
                NOT_AVAILABLE,
            ),
        ),
    ),
)
