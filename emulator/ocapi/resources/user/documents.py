"""The documents of users and access keys."""

from collections.abc import Mapping
from typing import Any

from emulator.ocapi.access.access_key import SCOPES
from emulator.ocapi.schema.document import Collection, Document
from emulator.ocapi.schema.fields import (
    Array,
    Boolean,
    Date,
    DateTime,
    Embedded,
    Enumeration,
    String,
)
from emulator.ocapi.search.query import SearchResult

MAX_TEXT_LENGTH = 256
NOT_PATCHED = ("locked", "password")


class User(Document):
    """A Business Manager user."""

    creation_date = DateTime(read_only=True)
    disabled = Boolean(load_default=False)
    email = String(max_length=MAX_TEXT_LENGTH, required=True, allow_none=False)
    external_id = String(max_length=MAX_TEXT_LENGTH)
    first_name = String(max_length=MAX_TEXT_LENGTH)
    last_login_date = Date(read_only=True)
    last_modified = DateTime(read_only=True)
    last_name = String(max_length=MAX_TEXT_LENGTH, required=True, allow_none=False)
    link = String(read_only=True)
    locked = Boolean(load_default=False)
    login = String(max_length=MAX_TEXT_LENGTH, allow_none=False)
    password = String()
    password_expiration_date = DateTime(read_only=True)
    password_modification_date = DateTime(read_only=True)
    preferred_data_locale = String()
    preferred_ui_locale = String()
    roles = Array(String(allow_none=False))

    def decode(self, body: Any, *, partial: bool, **options: Any) -> dict[str, Any]:
        """See ``Document.decode``. PATCH changes neither password nor lock."""
        changes = super().decode(body, partial=partial, **options)
        if not partial:
            return changes
        return {name: value for name, value in changes.items() if name not in NOT_PATCHED}


class StoredUser(User):
    """A user of a data set: login and password are enough."""

    disabled = Boolean()
    email = String(max_length=MAX_TEXT_LENGTH)
    last_name = String(max_length=MAX_TEXT_LENGTH)
    locked = Boolean()
    login = String(min_length=1, max_length=MAX_TEXT_LENGTH, required=True, allow_none=False)
    password = String(min_length=1)


class Users(Collection):
    """A page of users."""

    data = Array(Embedded(User()))


class UserSearchResult(SearchResult):
    """A page of the users found by a search."""

    hits = Array(Embedded(User()))


class PasswordChangeRequest(Document):
    """The present and the new password of a user."""

    current_password = String(min_length=1, required=True, allow_none=False)
    password = String(min_length=1, required=True, allow_none=False)

    def decode(self, body: Any, *, partial: bool, **options: Any) -> dict[str, Any]:  # noqa: ARG002
        """See ``Document.decode``. The PATCH needs both passwords."""
        return super().decode(body, partial=False, **options)


class EmptyBody(Document):
    """A document without properties."""


class AccessKeyUpdateRequest(Document):
    """The flag of an access key: enabled or not."""

    enabled = Boolean(allow_none=False)


class AccessKeyDetails(Document):
    """An access key of a user; only the answer to a creation has the key."""

    access_key = String()
    enabled = Boolean()
    expiration_date = DateTime()


class StoredAccessKey(Document):
    """An access key in the store and in data sets, by the scope of the user."""

    access_key = String(min_length=1, required=True, allow_none=False)
    enabled = Boolean(load_default=True)
    expiration_date = DateTime(required=True, allow_none=False)
    scope = Enumeration(*SCOPES, required=True, allow_none=False)


USER, USERS_PAGE, USER_RESULT = User(), Users(), UserSearchResult()
STORED_USER = StoredUser()


def cut_milliseconds(properties: Mapping[str, Any]) -> dict[str, str]:
    """Return the times of a user without a fraction of a second (USER-1)."""
    return {
        name: f"{value[:-5]}Z"
        for name, value in properties.items()
        if isinstance(USER.fields.get(name), DateTime) and value.endswith("Z") and "." in value
    }
