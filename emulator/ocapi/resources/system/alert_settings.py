"""The settings of users for alerts (ALERT-1)."""

from collections.abc import Iterator
from typing import Any

from emulator.fixture.reference import Records, Reference
from emulator.ocapi.access.client import USERS
from emulator.ocapi.answer import Answer, answer_document
from emulator.ocapi.call import Call
from emulator.ocapi.resource import Operation, Properties, Resource
from emulator.ocapi.resources.system.alert_documents import (
    DESCRIPTOR_NOT_FOUND,
    DESCRIPTORS,
    ITEM_NOT_FOUND,
    KEY_NAMES,
    PRIORITIES,
    USER_SETTINGS,
    StoredAlertSettings,
)
from emulator.ocapi.resources.system.alerts import list_records
from emulator.ocapi.resources.system.locales import RESULT
from emulator.ocapi.resources.user.user_checks import ALERT_SETTINGS as SETTINGS
from emulator.ocapi.schema import faults
from emulator.store import Presence, Put, Record, Require


def read_settings(call: Call) -> Answer:
    """Show how the user of the token sees alerts."""
    return answer_document(call, USER_SETTINGS, {"settings": _list_settings(call, _require(call))})


def update_settings(call: Call) -> Answer:
    """Change how the user of the token sees alerts."""
    login = _require(call)
    record = call.store.get(SETTINGS, (login,))
    own = {_key_of(one): one for one in (record.get("settings") if record else None) or ()}
    known = {descriptor.key for descriptor in list_records(call, DESCRIPTORS)}
    for sent in call.changes.get("settings") or ():
        key = _key_of(sent)
        if key not in known:
            raise DESCRIPTOR_NOT_FOUND(*key[::-1])
        own.pop(key, None)
        if sent["is_user_override"]:
            own[key] = sent
    properties = {"login": login, "settings": [*own.values()]}
    expected = record.state if record else Presence.ABSENT
    user = Require(USERS, (login,), Presence.PRESENT)
    call.store.apply(user, Put(SETTINGS, Record((login,), properties), expected))
    return read_settings(call)


def _list_settings(call: Call, login: str) -> list[Properties]:
    """Return the settings for each descriptor: from the user, else the defaults."""
    record = call.store.get(SETTINGS, (login,))
    own = {_key_of(one): one for one in (record.get("settings") if record else None) or ()}
    descriptors = list_records(call, DESCRIPTORS)
    return [{**_make_settings(one), **own.get(one.key, {})} for one in descriptors]


def _make_settings(descriptor: Record) -> dict[str, Any]:
    """Return the settings of a user who has not changed any."""
    priority = descriptor.get("default_priority") or PRIORITIES[2]
    is_shown = priority not in PRIORITIES[:2]
    return {
        **dict(zip(KEY_NAMES, descriptor.key, strict=True)),
        "is_user_override": False,
        "priority": priority if priority in PRIORITIES[1:] else PRIORITIES[1],
        "show_in_header": is_shown,
        "show_on_banner": False,
        "show_on_homepage": is_shown,
    }


def _require(call: Call) -> str:
    """Return the login of the token's user.

    Raises:
        Fault: ACCESS_WITHOUT_USER_FORBIDDEN: the token has no user, or the user is deleted.
    """
    if not call.user or call.store.get(USERS, (call.user,)) is None:
        raise faults.ACCESS_WITHOUT_USER_FORBIDDEN()
    return call.user


def _key_of(properties: Properties) -> tuple[str, ...]:
    return tuple([properties[name] for name in KEY_NAMES])


def list_set_descriptors(settings: Record, _: Records) -> Iterator[Reference]:
    """Yield the references of a user's settings to descriptors."""
    for one in settings.get("settings") or ():
        yield Reference(DESCRIPTORS, _key_of(one))


ALERT_SETTINGS = Resource(
    path=SETTINGS,
    document=StoredAlertSettings(),
    collection=RESULT,
    key="login",
    key_names=("login",),
    references={"login": USERS, "settings": list_set_descriptors},
    verbs=frozenset(),
    not_found=ITEM_NOT_FOUND,
    operations=(
        Operation(
            method="GET",
            path="alerts/usersettings",
            answer=read_settings,
            shows=USER_SETTINGS,
            faults=(faults.ACCESS_WITHOUT_USER_FORBIDDEN,),
        ),
        Operation(
            method="PATCH",
            path="alerts/usersettings",
            answer=update_settings,
            shows=USER_SETTINGS,
            body=USER_SETTINGS,
            needs_body=False,
            faults=(faults.ACCESS_WITHOUT_USER_FORBIDDEN, DESCRIPTOR_NOT_FOUND),
        ),
    ),
)
