"""Business Manager users: the same users sign in at the token endpoints and at WebDAV."""

from typing import Any

from emulator.fixture.data_set import Collection as FixtureCollection
from emulator.ocapi.access.client import USERS as NAME
from emulator.ocapi.resource import Operation, Properties, Resource, Search
from emulator.ocapi.resources.user import password
from emulator.ocapi.resources.user.documents import (
    STORED_USER,
    USER,
    USER_RESULT,
    USERS_PAGE,
    PasswordChangeRequest,
)
from emulator.ocapi.resources.user.own_user import LOCKED, NOT_AVAILABLE, change_password, read_own
from emulator.ocapi.resources.user.role_lookup import INVALID_ROLE
from emulator.ocapi.resources.user.role_lookup import NAME as ROLES
from emulator.ocapi.resources.user.user_checks import (
    EXTERNAL_ID_EXISTS,
    EXTERNAL_ID_NULL,
    INVALID_CREDENTIALS,
    OPERATION_NOT_ALLOWED,
    find_effects,
)
from emulator.ocapi.resources.user.user_view import USER_SEARCH_FIELDS, leave_out_defaults, view
from emulator.ocapi.schema import faults
from emulator.ocapi.schema.faults import FaultType
from emulator.store import Record

NOT_FOUND = FaultType(
    404, "UserNotFound", "No user with login '{login}' could be found.", ("login",)
)
LOCAL_USER_CREATION = FaultType(
    400, "LocalUserCreation", "The local user '{login}' can't be created.", ("login",)
)


def _derive(
    before: Properties | None, properties: dict[str, Any], changes: Properties, now: str
) -> dict[str, Any]:
    """Return the properties of a written user: a PUT without password keeps the password."""
    properties = leave_out_defaults(properties)
    if changes.get("password") and now:
        return {**properties, **password.date_password(now)}
    if before and "password" in before and not properties.get("external_id"):
        return {**properties, "password": before["password"]}
    return properties


def _read_stored(entry: Any) -> Record:
    """Return the record of a user in ``clients.json``.

    Raises:
        ValueError: The entry is not valid.
    """
    if not isinstance(entry, dict):
        raise ValueError("is not an object")  # noqa: TRY004 - the data set is wrong, not the caller
    properties = leave_out_defaults(STORED_USER.decode_stored(entry))
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
    effects=find_effects,
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
    search=Search(path="user_search", result=USER_RESULT, fields=USER_SEARCH_FIELDS),
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
