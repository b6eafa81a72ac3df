"""Alerts of the Business Manager: descriptors, alerts and the settings of users (ALERT-1)."""

from collections.abc import Iterator, Sequence
from typing import Any

from emulator.fixture.reference import KeyOf, Records, Reference
from emulator.ocapi.access.client import USERS
from emulator.ocapi.answer import Answer, answer_document
from emulator.ocapi.call import Call
from emulator.ocapi.resource import Operation, Properties
from emulator.ocapi.resources.system.locales import RESULT
from emulator.ocapi.resources.system.stored import StoredResource
from emulator.ocapi.resources.user.users import ALERT_SETTINGS as SETTINGS
from emulator.ocapi.schema import faults
from emulator.ocapi.schema.document import Document
from emulator.ocapi.schema.faults import FaultType
from emulator.ocapi.schema.fields import Array, Boolean, Embedded, Enumeration, String
from emulator.store import Delete, Presence, Put, Record, Require, StateConflict, retry_on_conflict

DESCRIPTORS, ITEMS = "alert_descriptors", "alert_items"
PATH = "alerts"
CONTEXT = "context_object_id"
NO_CONTEXT = "-"
"""The last segment of the path of an alert without a context object."""
PRIORITIES = ("not_allowed", "hidden", "informational", "warning", "action_required")

DESCRIPTOR_NOT_FOUND = FaultType(
    404,
    "AlertDescriptorNotFound",
    "No alert descriptor with message ID '{messageId}' could be found.",
    ("messageId", "applicationContextPath", "applicationId"),
)
ITEM_NOT_FOUND = FaultType(
    404,
    "AlertItemNotFound",
    "No alert with message ID '{messageId}' could be found.",
    ("messageId",),
)
CONTEXT_REQUIRED = FaultType(
    400,
    "ContextObjectIdRequired",
    "The alert descriptor '{messageId}' needs the ID of a context object.",
    ("messageId",),
)


def _text(*, required: bool = False) -> String:
    """Return a text, never empty."""
    return String(min_length=1, required=required, allow_none=not required)


class AlertDescriptor(Document):
    """A kind of alert."""

    application_context_path = _text()
    application_id = _text()
    context_object_type = String()
    default_priority = Enumeration(*PRIORITIES)
    link = String(min_length=1, read_only=True)
    message_id = _text()


class StoredAlertDescriptor(AlertDescriptor):
    """A kind of alert in data sets."""

    application_context_path = _text(required=True)
    application_id = _text(required=True)
    message_id = _text(required=True)


class AlertDescriptors(Document):
    """Kinds of alerts."""

    data = Array(Embedded(AlertDescriptor()))


class AlertItem(Document):
    """An alert."""

    application_context_path = _text()
    application_id = _text()
    context_object_id = String()
    description = _text()
    display_message = _text()
    link = String(min_length=1, read_only=True)
    message_id = _text()
    remediation_action = _text()
    user_priority = Enumeration(*PRIORITIES)


class StoredAlertItem(AlertItem):
    """An alert in data sets."""

    application_context_path = _text(required=True)
    application_id = _text(required=True)
    message_id = _text(required=True)


class AlertItems(Document):
    """Alerts."""

    data = Array(Embedded(AlertItem()))


class AlertDescriptorSettings(Document):
    """The settings of a user for the alerts of a kind."""

    application_context_path = _text(required=True)
    application_id = _text(required=True)
    is_user_override = Boolean(required=True, allow_none=False)
    message_id = _text(required=True)
    priority = Enumeration(*PRIORITIES[1:], required=True, allow_none=False)
    show_in_header = Boolean(required=True, allow_none=False)
    show_on_banner = Boolean()
    show_on_homepage = Boolean(required=True, allow_none=False)


class AlertSettings(Document):
    """The settings of a user for all alerts."""

    settings = Array(Embedded(AlertDescriptorSettings(), allow_none=False))


class AlertDescriptorsRevalidationRequest(Document):
    """The context of the alerts to validate again."""

    context_object_id = String()


class StoredAlertSettings(AlertSettings):
    """The settings of a user in data sets."""

    login = _text(required=True)


DESCRIPTOR, ITEM, USER_SETTINGS = AlertDescriptor(), AlertItem(), AlertSettings()
KEY_NAMES = ("application_id", "application_context_path", "message_id")


def list_descriptors(call: Call) -> Answer:
    """Show the descriptors of alerts, of all applications or of a single application."""
    shown = [_show_descriptor(call, record) for record in _scan(call, DESCRIPTORS)]
    return answer_document(call, AlertDescriptors(), {"data": _filter(call, shown)})


def read_descriptor(call: Call) -> Answer:
    """Show the descriptor of an alert."""
    return answer_document(call, DESCRIPTOR, _show_descriptor(call, _find_descriptor(call)))


def revalidate(call: Call) -> Answer:
    """Ask for the validation of alerts. No rule is emulated, so no alert comes or goes."""
    record = _find_descriptor(call)
    if record.get("context_object_type") and not call.changes.get(CONTEXT):
        raise CONTEXT_REQUIRED(call.key[-1])
    return Answer(204)


def list_items(call: Call) -> Answer:
    """Show alerts, of all applications or of a single application."""
    shown = [_show_item(call, record) for record in _scan(call, ITEMS)]
    found = _filter(call, shown)
    context = call.request.parameters.get(CONTEXT) if call.key else None
    if context is not None:
        found = [item for item in found if item.get(CONTEXT) == context]
    return answer_document(call, AlertItems(), {"data": found})


def read_item(call: Call) -> Answer:
    """Show one alert."""
    record = _find_item(call)
    return answer_document(call, ITEM, _show_item(call, record))


def delete_item(call: Call) -> Answer:
    """Delete one alert."""
    record = _find_item(call)
    try:
        call.store.apply(Delete(ITEMS, record.key, record.state))
    except StateConflict as error:
        raise ITEM_NOT_FOUND(call.key[2]) from error
    return Answer(204)


def read_settings(call: Call) -> Answer:
    """Show how the user of the token sees alerts."""
    return answer_document(call, USER_SETTINGS, {"settings": _list_settings(call, _require(call))})


def update_settings(call: Call) -> Answer:
    """Change how the user of the token sees alerts."""
    return retry_on_conflict(lambda: _update_settings(call))


def _update_settings(call: Call) -> Answer:
    login = _require(call)
    record = call.store.get(SETTINGS, (login,))
    own = {_key_of(one): one for one in (record.get("settings") if record else None) or ()}
    known = {descriptor.key for descriptor in _scan(call, DESCRIPTORS)}
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
    return [own.get(one.key) or _make_settings(one) for one in _scan(call, DESCRIPTORS)]


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


def _scan(call: Call, collection: str) -> Sequence[Record]:
    return call.store.scan(collection, 0, call.store.count(collection)).records


def _filter(call: Call, shown: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Return the documents of the application in the path and of the context path, if any."""
    if not call.key:
        return shown
    path = call.request.parameters.get("application_context_path")
    return [
        one
        for one in shown
        if one["application_id"] == call.key[0] and path in (None, one["application_context_path"])
    ]


def _find_descriptor(call: Call) -> Record:
    """Return the descriptor of the path.

    Raises:
        Fault: DESCRIPTOR_NOT_FOUND.
    """
    record = call.store.get(DESCRIPTORS, call.key)
    if record is None:
        raise DESCRIPTOR_NOT_FOUND(*call.key[::-1])
    return record


def _find_item(call: Call) -> Record:
    """Return the alert of the path.

    Raises:
        Fault: ITEM_NOT_FOUND.
    """
    record = call.store.get(ITEMS, call.key)
    if record is None:
        raise ITEM_NOT_FOUND(call.key[2])
    return record


def _show_descriptor(call: Call, record: Record) -> dict[str, Any]:
    return {**record.properties, "link": call.link_to(PATH, "descriptors", *record.key)}


def _show_item(call: Call, record: Record) -> dict[str, Any]:
    stored = {n: v for n, v in record.properties.items() if (n, v) != (CONTEXT, NO_CONTEXT)}
    return {**stored, "link": call.link_to(PATH, "items", *record.key)}


def list_set_descriptors(settings: Record, _: Records) -> Iterator[Reference]:
    """Yield the references of a user's settings to descriptors."""
    for one in settings.get("settings") or ():
        yield Reference(DESCRIPTORS, _key_of(one))


DESCRIPTOR_PATH = "alerts/descriptors/{application_id}/{application_context_path}/{message_id}"
ITEM_PATH = (
    "alerts/items/{application_id}/{application_context_path}/{message_id}/{context_object_id}"
)
ALERT_DESCRIPTORS = StoredResource(
    path=DESCRIPTORS,
    document=StoredAlertDescriptor(),
    collection=RESULT,
    key="message_id",
    key_names=KEY_NAMES,
    verbs=frozenset(),
    not_found=ITEM_NOT_FOUND,
    operations=(
        Operation(
            method="GET",
            path="alerts/descriptors",
            answer=list_descriptors,
            shows=AlertDescriptors(),
        ),
        Operation(
            method="GET",
            path="alerts/descriptors/{application_id}",
            answer=list_descriptors,
            shows=AlertDescriptors(),
            parameters={"application_context_path": String()},
        ),
        Operation(
            method="GET",
            path=DESCRIPTOR_PATH,
            answer=read_descriptor,
            shows=DESCRIPTOR,
            faults=(DESCRIPTOR_NOT_FOUND,),
        ),
        Operation(
            method="PATCH",
            path=f"{DESCRIPTOR_PATH}/revalidate",
            answer=revalidate,
            body=AlertDescriptorsRevalidationRequest(),
            needs_body=False,
            faults=(CONTEXT_REQUIRED, DESCRIPTOR_NOT_FOUND),
        ),
    ),
)
ALERT_ITEMS = StoredResource(
    path=ITEMS,
    document=StoredAlertItem(),
    collection=RESULT,
    key=CONTEXT,
    key_names=(*KEY_NAMES, CONTEXT),
    missing_key=NO_CONTEXT,
    references={"message_id": KeyOf(DESCRIPTORS, KEY_NAMES)},
    verbs=frozenset(),
    not_found=ITEM_NOT_FOUND,
    operations=(
        Operation(method="GET", path="alerts/items", answer=list_items, shows=AlertItems()),
        Operation(
            method="GET",
            path="alerts/items/{application_id}",
            answer=list_items,
            shows=AlertItems(),
            parameters={"application_context_path": String(), CONTEXT: String()},
        ),
        Operation(
            method="GET", path=ITEM_PATH, answer=read_item, shows=ITEM, faults=(ITEM_NOT_FOUND,)
        ),
        Operation(method="DELETE", path=ITEM_PATH, answer=delete_item, faults=(ITEM_NOT_FOUND,)),
    ),
)
ALERT_SETTINGS = StoredResource(
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
