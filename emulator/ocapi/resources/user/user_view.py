"""The shown properties of users (USER-1)."""

from typing import Any

from emulator.ocapi.access.client import USERS as NAME
from emulator.ocapi.answer import Answer, answer_document
from emulator.ocapi.call import Call
from emulator.ocapi.resource import Properties
from emulator.ocapi.resources.user.documents import USER, cut_milliseconds
from emulator.ocapi.search.language import SearchField
from emulator.store import Record

DEFAULT_LOCALE = "default"
LOCALES = ("preferred_data_locale", "preferred_ui_locale")
DEFAULTS = {"disabled": False, "locked": False, **dict.fromkeys(LOCALES, DEFAULT_LOCALE)}
USER_SEARCH_FIELDS = {
    "login": SearchField("string"),
    "email": SearchField("string"),
    "first_name": SearchField("text"),
    "last_name": SearchField("text"),
    "external_id": SearchField("string"),
    "last_login_date": SearchField("date"),
    "is_locked": SearchField("boolean", lambda user: user.get("locked", False), sortable=False),
    "is_disabled": SearchField("boolean", lambda user: user.get("disabled", False), sortable=False),
}


def leave_out_defaults(user: Properties) -> dict[str, Any]:
    """Return a user without the values that answers show for missing ones; roles are sorted."""
    kept = {n: v for n, v in user.items() if n not in DEFAULTS or v != DEFAULTS[n]}
    return {**kept, "roles": sorted({*kept["roles"]})} if "roles" in kept else kept


def view(_: Call, record: Record) -> dict[str, Any]:
    """Return the properties with other values than stored; the password is never shown."""
    stored = record.properties
    missing = {name: value for name, value in DEFAULTS.items() if name not in stored}
    roles = {} if stored.get("roles") else {"roles": None}
    return {**missing, **cut_milliseconds(stored), **roles, "password": None}


def show_user(call: Call, record: Record, *, whole: bool = True) -> dict[str, Any]:
    """Return the answered properties of a user: all, or login and link."""
    link = call.link_to(NAME, record.key[0])
    if not whole:
        return {"login": record.key[0], "link": link}
    merged = {**record.properties, "link": link, **view(call, record)}
    return {name: value for name, value in merged.items() if value is not None}


def answer_user(call: Call, record: Record) -> Answer:
    """Answer one user."""
    return answer_document(call, USER, show_user(call, record), record.state)
