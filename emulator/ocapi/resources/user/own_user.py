"""The user of the token: the document, and the change of the password (USER-4)."""

from hmac import compare_digest

from emulator.ocapi.access.client import USERS as NAME
from emulator.ocapi.answer import Answer
from emulator.ocapi.call import Call
from emulator.ocapi.resources.user import password
from emulator.ocapi.resources.user.user_view import answer_user
from emulator.ocapi.schema.faults import FaultType
from emulator.store import Put, Record

LOCKED = FaultType(401, "UserIsLocked", "The user is locked.")
NOT_AVAILABLE = FaultType(401, "UserNotAvailable", "No user was provided with the OAuth token.")


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
    record = find_own(call)
    call.check_state(record)
    present, new = call.changes["current_password"], call.changes["password"]
    stored = "" if record.get("external_id") else record.get("password") or ""
    if not stored or not compare_digest(stored.encode(), present.encode()):
        raise password.INVALID_PASSWORD()
    if compare_digest(stored.encode(), new.encode()):
        raise password.NOT_VALID_FOR_REUSE()
    password.check_policy(new)
    properties = {**record.properties, "password": new, **password.date_password(call.now)}
    changed = Record(record.key, {**properties, "last_modified": call.now})
    call.store.apply(Put(NAME, changed, record.state))
    return answer_user(call, changed)
