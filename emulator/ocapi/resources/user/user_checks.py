"""The checks of written users: credentials and roles (USER-2 to USER-4)."""

from collections.abc import Iterator

from emulator.ocapi.access.client import USERS as NAME
from emulator.ocapi.call import Call
from emulator.ocapi.resource import Properties
from emulator.ocapi.resources.user import password
from emulator.ocapi.resources.user.role_lookup import ADMINISTRATOR, INVALID_ROLE
from emulator.ocapi.resources.user.role_lookup import NAME as ROLES
from emulator.ocapi.resources.user.user_view import DEFAULT_LOCALE, LOCALES
from emulator.ocapi.schema import faults
from emulator.ocapi.schema.faults import FaultType
from emulator.ocapi.schema.fields import LOCALE
from emulator.store import Change, Delete, Presence, Record, Require

ALERT_SETTINGS = "alert_settings"
"""The store's collection of the alert settings of users."""
OWN_PATH = "this"
"""The path of the token's user stands where a login stands, so no user has this login."""
INVALID_CREDENTIALS = FaultType(
    400, "InvalidCredentials", "The credentials of user '{login}' are invalid.", ("login",)
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


def find_effects(
    call: Call, before: Properties | None, after: Properties | None
) -> Iterator[Change]:
    """Refuse the write of a wrong user, and of a user without whom no administrator is left.

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
    """Check that all roles exist, and that at least one administrator is left."""
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
