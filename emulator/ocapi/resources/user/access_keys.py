"""Access keys: passwords with a scope, for users of a central sign-on (USER-5)."""

from datetime import timedelta

from emulator.clock import render_instant
from emulator.ocapi.access.access_key import COLLECTION, SCOPES
from emulator.ocapi.answer import Answer, answer_document
from emulator.ocapi.call import Call
from emulator.ocapi.resource import Operation, Resource
from emulator.ocapi.resources.user.documents import (
    USERS_PAGE,
    AccessKeyDetails,
    AccessKeyUpdateRequest,
    EmptyBody,
    StoredAccessKey,
)
from emulator.ocapi.resources.user.roles import may_do
from emulator.ocapi.resources.user.users import NOT_FOUND, USERS
from emulator.ocapi.schema import faults
from emulator.ocapi.schema.faults import FaultType
from emulator.store import Delete, Presence, Put, Record, Require

LIFETIME = timedelta(days=365)
PERMISSION = "Manage_Users_Access_Keys"
DETAILS = AccessKeyDetails()
PATH = "users/{login}/access_key/{scope}"

KEY_NOT_FOUND = FaultType(
    404,
    "AccessKeyNotFound",
    "No access key for user '{login}' and scope '{scope}' could be found.",
    ("scope", "login"),
)
KEY_IS_EXPIRED = FaultType(
    400, "AccessKeyIsExpired", "The access key for scope '{scope}' is expired.", ("scope",)
)
SCOPE_NOT_FOUND = FaultType(
    404,
    "AuthenticationScopeNotFound",
    "No authentication scope '{scope}' could be found.",
    ("scope",),
)
NOT_EXTERNALLY_MANAGED = FaultType(
    403,
    "UserNotExternallyManaged",
    "The user with login '{login}' isn't externally managed.",
    ("login",),
)
FAULTS = (
    NOT_EXTERNALLY_MANAGED,
    faults.USER_ACCESS_FORBIDDEN,
    SCOPE_NOT_FOUND,
    NOT_FOUND,
)


def read(call: Call) -> Answer:
    """Show one access key, without the key."""
    _check(call)
    return _show(call, _find(call))


def create(call: Call) -> Answer:
    """Create an access key; the key replaces the user's earlier key of the scope."""
    _check(call)
    clock = call.workspace.clock
    key = f"{clock.identifier()}{clock.identifier()}"[:40]
    expiration = render_instant(clock.now() + LIFETIME)
    properties = {
        "access_key": key,
        "enabled": True,
        "expiration_date": expiration,
        "scope": call.key[1],
    }
    record = Record(call.key, properties)
    user = Require(USERS.name, call.key[:1], Presence.PRESENT)
    call.store.apply(user, Put(COLLECTION, record))
    return _show(call, record, access_key=key)


def update(call: Call) -> Answer:
    """Enable or disable an access key."""
    _check(call)
    record = _find(call)
    changed = record.amend(call.changes)
    call.store.apply(Put(COLLECTION, changed, record.state))
    return _show(call, changed)


def delete(call: Call) -> Answer:
    """Delete an access key."""
    _check(call)
    record = _find(call)
    call.store.apply(Delete(COLLECTION, call.key, record.state))
    return Answer(204)


def _check(call: Call) -> None:
    """Check user, scope and the right of the token's user.

    Raises:
        Fault: One of FAULTS.
    """
    login, scope = call.key
    user = call.store.get(USERS.name, (login,))
    if user is None:
        raise NOT_FOUND(login)
    if scope not in SCOPES:
        raise SCOPE_NOT_FOUND(scope)
    if not user.get("external_id"):
        raise NOT_EXTERNALLY_MANAGED(login)
    if call.user not in ("", login) and not may_do(call, call.user, PERMISSION):
        path = call.request.path.removeprefix(f"{call.address.prefix}/dw")
        raise faults.USER_ACCESS_FORBIDDEN(call.method, path)


def _find(call: Call) -> Record:
    """Return the access key of the path.

    Raises:
        Fault: KEY_NOT_FOUND.
    """
    record = call.store.get(COLLECTION, call.key)
    if record is None:
        raise KEY_NOT_FOUND(*call.key[::-1])
    return record


def _show(call: Call, record: Record, **new: str) -> Answer:
    shown = {name: record.get(name) for name in ("enabled", "expiration_date")}
    return answer_document(call, DETAILS, {**new, **shown})


ACCESS_KEYS = Resource(
    path=COLLECTION,
    document=StoredAccessKey(),
    collection=USERS_PAGE,
    key="scope",
    verbs=frozenset(),
    not_found=KEY_NOT_FOUND,
    parent=USERS,
    parent_key="login",
    operations=(
        Operation(
            method="GET", path=PATH, answer=read, shows=DETAILS, faults=(*FAULTS, KEY_NOT_FOUND)
        ),
        Operation(
            method="PUT",
            path=PATH,
            answer=create,
            shows=DETAILS,
            body=EmptyBody(),
            needs_body=False,
            faults=(*FAULTS, KEY_IS_EXPIRED),
        ),
        Operation(
            method="PATCH",
            path=PATH,
            answer=update,
            shows=DETAILS,
            body=AccessKeyUpdateRequest(),
            needs_body=False,
            faults=(*FAULTS, KEY_NOT_FOUND),
        ),
        Operation(method="DELETE", path=PATH, answer=delete, faults=(*FAULTS, KEY_NOT_FOUND)),
    ),
)
