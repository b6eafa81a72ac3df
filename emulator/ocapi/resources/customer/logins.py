"""The logins of customers, each used once in a customer list (CUS-3)."""

from collections.abc import Iterator, Mapping, Sequence

from emulator.ocapi.call import Call
from emulator.ocapi.resource import Properties
from emulator.ocapi.schema.faults import FaultType
from emulator.store import Change, Delete, Key, Presence, Put, Record

LOGINS = "customers.login"  # the logins in the store, below the customer list
CREDENTIALS_MISSING = FaultType(
    400, "CredentialsMissing", "The credentials of the customer are missing."
)
LOGIN_MISSING = FaultType(400, "LoginMissing", "The login of the customer is missing.")
INVALID_LOGIN = FaultType(400, "InvalidLogin", "The login '{login}' is invalid.", ("login",))
LOGIN_ALREADY_IN_USE = FaultType(400, "LoginAlreadyInUse", "The login is already in use.")


def check_credentials(call: Call, before: Properties, after: Properties) -> None:
    """Check the credentials of a written customer.

    Raises:
        Fault: CREDENTIALS_MISSING, LOGIN_MISSING, INVALID_LOGIN.
    """
    credentials = after.get("credentials")
    login = (credentials or {}).get("login")
    if call.method == "PATCH":
        if credentials == before.get("credentials"):  # a data set may hold no login
            return
    elif credentials is None:
        raise CREDENTIALS_MISSING()
    elif login is None:
        raise LOGIN_MISSING()
    if login is None or not login.strip():
        raise INVALID_LOGIN(login or "")


def change_login(
    call: Call, before: Properties | None, after: Properties | None
) -> Iterator[Change]:
    """Yield the changes of the logins of the list (CUS-3).

    Raises:
        Fault: LOGIN_ALREADY_IN_USE.
    """
    old, new = (find_login(Record(call.key, found or {})) for found in (before, after))
    if old is not None and old != new:
        yield Delete(LOGINS, old)
    if new is not None and new != old:
        if call.store.get(LOGINS, new) is not None:
            raise LOGIN_ALREADY_IN_USE()
        yield Put(LOGINS, Record(new, {}), Presence.ABSENT)


def find_login(customer: Record) -> Key | None:
    """Return the list and the login of a customer; None without a login."""
    login = (customer.get("credentials") or {}).get("login")
    return (customer.key[0], login) if login is not None else None


def index_logins(customers: Sequence[Record]) -> Mapping[str, Sequence[Record]]:
    """Return the records of the logins."""
    return {LOGINS: [Record(key, {}) for key in map(find_login, customers) if key is not None]}
