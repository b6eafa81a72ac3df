"""Fixtures of Account Manager: the arrays of ``account_manager.json``."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any

from marshmallow import Schema, ValidationError

from emulator.account_manager.documents import ApiClientEntry, Organization, Role, UserEntry
from emulator.fixture.data_set import Collection
from emulator.store import Record
from emulator.workspace.credential import ACCOUNTS, API_CLIENTS, LOGINS

DATA_SET_FILE = "account_manager.json"
ORGANIZATIONS = "organizations"
ROLES = "account_roles"


def _reader(schema: Schema) -> Callable[[Any], Record]:
    """Return a function from an entry to a record; a wrong entry is a ValueError."""

    def read(entry: Any) -> Record:
        try:
            values: dict[str, Any] = schema.load(entry)
        except ValidationError as error:
            problems = (f"{name}: {why}" for name, why in error.messages_dict.items())
            raise ValueError("; ".join(problems)) from error
        return Record.of((values["id"],), values)

    return read


def index_logins(records: Iterable[Record]) -> Mapping[str, Sequence[Record]]:
    """Return users, and the index from login to id."""
    accounts = list(records)
    logins = [Record.of((user.get("mail"),), {"id": user.key[0]}) for user in accounts]
    return {ACCOUNTS: accounts, LOGINS: logins}


COLLECTIONS = (
    Collection(ORGANIZATIONS, DATA_SET_FILE, _reader(Organization()), survives_empty_reset=True),
    Collection(ROLES, DATA_SET_FILE, _reader(Role()), survives_empty_reset=True),
    Collection(
        ACCOUNTS,
        DATA_SET_FILE,
        _reader(UserEntry()),
        {"organizations": ORGANIZATIONS, "primaryOrganization": ORGANIZATIONS, "roles": ROLES},
        unique=lambda record: (record.get("mail"),),
        arrange=index_logins,
        survives_empty_reset=True,
    ),
    Collection(
        API_CLIENTS,
        DATA_SET_FILE,
        _reader(ApiClientEntry()),
        {"organizations": ORGANIZATIONS, "roles": ROLES},
        survives_empty_reset=True,
    ),
)
