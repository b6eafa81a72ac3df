"""The documents of alerts: descriptors, alerts and the settings of users (ALERT-1)."""

from emulator.ocapi.schema.document import Document
from emulator.ocapi.schema.faults import FaultType
from emulator.ocapi.schema.fields import Array, Boolean, Embedded, Enumeration, String

DESCRIPTORS, ITEMS = "alert_descriptors", "alert_items"
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
