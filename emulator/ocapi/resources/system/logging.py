"""The settings of custom logs (SYS-2)."""

import re
from typing import Any

from emulator.ocapi.answer import Answer, answer_document
from emulator.ocapi.call import Call
from emulator.ocapi.resource import Operation, Resource
from emulator.ocapi.resources.system.locales import RESULT
from emulator.ocapi.schema.document import Document
from emulator.ocapi.schema.faults import FaultType
from emulator.ocapi.schema.fields import Array, Boolean, Embedded, String
from emulator.store import Presence, Put, Record

COLLECTION = "log_settings"
KEY = ("custom",)
PATH = "settings/logging/custom"
MAX_ADDRESSES_LENGTH = 1000
LEVELS = ("DEBUG", "INFO", "WARN", "ERROR", "FATAL", "OFF")
CATEGORY_NAME = re.compile(r"[A-Za-z0-9_-]+(\.[A-Za-z0-9_-]+)*", re.ASCII)
ADDRESS = re.compile(r"[^@\s,;]+@[^@\s,;]+\.[^@\s,;.]+")

INVALID_CATEGORY = FaultType(
    400,
    "InvalidCustomLogCategory",
    "The custom log category '{category}' is invalid.",
    ("category",),
)
INVALID_LEVEL = FaultType(400, "InvalidLogLevel", "The log level '{level}' is invalid.", ("level",))
INVALID_EMAIL = FaultType(
    400,
    "InvalidRecipientEmail",
    "Invalid recipient email ID provided.",
    ("recipientEmail",),
)
NOT_FOUND = FaultType(
    404, "LogSettingsNotFound", "No log settings with ID '{id}' could be found.", ("id",)
)


class LogCategory(Document):
    """The settings of a log category."""

    enabled = Boolean(load_default=False)
    level = String()
    name = String()


class CustomLogSettings(Document):
    """The settings of all custom logs."""

    debug_permitted = Boolean(read_only=True, load_default=True)
    debug_to_file = Boolean(load_default=False)
    email_to = String(max_length=MAX_ADDRESSES_LENGTH)
    error_to_file = Boolean(load_default=True)
    fatal_to_file = Boolean(load_default=True)
    info_to_file = Boolean(load_default=False)
    log_categories = Array(Embedded(LogCategory(), allow_none=False))
    root_level = String(load_default="WARN")
    warn_to_file = Boolean(load_default=True)


class StoredLogSettings(CustomLogSettings):
    """The settings in data sets."""

    id = String(required=True, allow_none=False)


SETTINGS = CustomLogSettings()


def read(call: Call) -> Answer:
    """Show the settings of custom logs."""
    return _show(call, call.store.get(COLLECTION, KEY) or _make_default())


def update(call: Call) -> Answer:
    """Change the settings of custom logs."""
    stored = call.store.get(COLLECTION, KEY)
    record = stored or _make_default()
    call.check_state(record)
    _check(call.changes)
    changed = Record(KEY, SETTINGS.merge(record.properties, call.changes))
    call.store.apply(Put(COLLECTION, changed, stored.state if stored else Presence.ABSENT))
    return _show(call, changed)


def _make_default() -> Record:
    """Return the settings of a workspace without a change of the settings."""
    return Record(KEY, {**SETTINGS.defaults(), "id": KEY[0]})


def _show(call: Call, record: Record) -> Answer:
    shown = {name: value for name, value in record.properties.items() if name != "id"}
    return answer_document(call, SETTINGS, shown, record.state)


def _check(changes: Any) -> None:
    """Check levels, names of categories and addresses.

    Raises:
        Fault: INVALID_CATEGORY, INVALID_LEVEL or INVALID_EMAIL.
    """
    categories = changes.get("log_categories") or ()
    for category in categories:
        name = category.get("name") or ""
        if not CATEGORY_NAME.fullmatch(name):
            raise INVALID_CATEGORY(name)
    levels = [changes.get("root_level"), *(category.get("level") for category in categories)]
    for level in levels:
        if level is not None and level not in LEVELS:
            raise INVALID_LEVEL(level)
    for address in filter(None, re.split(r"[,;\s]+", changes.get("email_to") or "")):
        if not ADDRESS.fullmatch(address):
            raise INVALID_EMAIL(address)


LOG_SETTINGS = Resource(
    path=COLLECTION,
    document=StoredLogSettings(),
    collection=RESULT,
    key="id",
    verbs=frozenset(),
    not_found=NOT_FOUND,
    operations=(
        Operation(method="GET", path=PATH, answer=read, shows=SETTINGS),
        Operation(
            method="PATCH",
            path=PATH,
            answer=update,
            shows=SETTINGS,
            body=SETTINGS,
            faults=(INVALID_CATEGORY, INVALID_LEVEL, INVALID_EMAIL),
        ),
    ),
)
