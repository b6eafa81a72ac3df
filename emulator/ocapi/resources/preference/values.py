"""The values of custom preferences: by object type, preference, instance type and site (PRF-1).

The preferences of sites are attributes of the system type ``SitePreferences``, the global ones of
``OrganizationPreferences``. The attribute groups of these types are the preference groups.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from marshmallow import ValidationError

from emulator.fixture.data_set import Collection as FixtureCollection
from emulator.ocapi.call import Call
from emulator.ocapi.resources.object_type import system_object_definitions
from emulator.ocapi.resources.object_type.rules import PREFERENCE_VALUES, list_members
from emulator.ocapi.schema import faults
from emulator.ocapi.schema.attribute import make_property
from emulator.ocapi.schema.document import Document
from emulator.ocapi.schema.faults import FaultType
from emulator.ocapi.schema.fields import Custom, Enumeration, String
from emulator.ocapi.wire.url import ORGANIZATION
from emulator.store import Change, Delete, Presence, Put, Record, Require

SITE_PREFERENCES, GLOBAL_PREFERENCES = "SitePreferences", "OrganizationPreferences"
INSTANCE_TYPES = ("staging", "development", "sandbox", "production")
CURRENT, OWN_INSTANCE_TYPE = "current", "sandbox"
FALLBACKS = {"sandbox": "development"}
MASK, MASK_PASSWORDS = "************", "mask_passwords"
GROUP_NOT_FOUND = FaultType(
    404,
    "CustomPreferenceGroupNotFound",
    "No preference group with ID '{preferenceGroupId}' could be found.",
    ("preferenceGroupId",),
)


@dataclass(frozen=True)
class PreferenceGroup:
    """The preferences of a group, for an instance type.

    Attributes:
        object_type: ``SitePreferences`` or ``OrganizationPreferences``.
        group_id: The id of the group.
        instance_type: The instance type, never ``current``.
        definitions: The attribute definitions of the preferences, by id.
    """

    object_type: str
    group_id: str
    instance_type: str
    definitions: Mapping[str, Record]

    def values(self, call: Call, site: str) -> dict[str, Any]:
        """Return the values of a site, or of ``-`` for the organization, by property (PRF-2)."""
        read = {f"c_{name}": self.value(call, name, site) for name in self.definitions}
        return {name: value for name, value in read.items() if value is not None}

    def value(self, call: Call, name: str, site: str) -> Any:
        """Return the value of a preference, masked if the call wants so; None for no value."""
        for instance_type in (self.instance_type, FALLBACKS.get(self.instance_type)):
            found = instance_type and self.find(call, name, instance_type, site)
            if found:
                masked = self.is_password(name) and wants_masks(call)
                return MASK if masked else found.properties["value"]
        return None

    def find(self, call: Call, name: str, instance_type: str, site: str) -> Record | None:
        """Return the record of a value."""
        return call.store.get(PREFERENCE_VALUES, (self.object_type, name, instance_type, site))

    def is_password(self, name: str) -> bool:
        """Return whether the values of a preference are passwords."""
        return bool(self.definitions[name].get("value_type") == "password")

    def change(self, call: Call, document: Document, site: str) -> Iterator[Change]:
        """Yield the changes of a PATCH (PRF-3).

        Raises:
            Fault: UNKNOWN_PROPERTY: the group has no such preference. INVALID_CUSTOM_PROPERTY: the
                value has another type. PROPERTY_CONSTRAINT_VIOLATION: the value is the mask.
        """
        for name, value in call.changes.items():
            preference = name.removeprefix("c_")
            if preference not in self.definitions:
                raise faults.UNKNOWN_PROPERTY(name, document.type_name)
            if value == MASK and self.is_password(preference):
                raise faults.PROPERTY_CONSTRAINT_VIOLATION(document.type_name, f"$.{name}")
            key = (self.object_type, preference, self.instance_type, site)
            before = call.store.get(PREFERENCE_VALUES, key)
            expected = Presence.ABSENT if before is None else before.state
            if value is not None:
                checked = self._check(preference, value)
                definition = (self.object_type, preference)
                yield Require(system_object_definitions.DEFINITIONS, definition, Presence.PRESENT)
                yield Put(PREFERENCE_VALUES, Record(key, {"value": checked}), expected)
            elif before is not None:
                yield Delete(PREFERENCE_VALUES, key, expected)

    def _check(self, preference: str, value: Any) -> Any:
        try:
            return make_property(self.definitions[preference].properties).deserialize(value)
        except ValidationError as error:
            raise faults.INVALID_CUSTOM_PROPERTY() from error


def find_group(
    call: Call, object_type: str, group_id: str, instance_type: str, *, allows_current: bool
) -> PreferenceGroup:
    """Return the preference group of a path.

    Raises:
        Fault: ILLEGAL_ENUMERATION_VALUE, or CustomPreferenceGroupNotFound.
    """
    if instance_type == CURRENT and allows_current:
        instance_type = OWN_INSTANCE_TYPE
    if instance_type not in INSTANCE_TYPES:
        raise faults.ILLEGAL_ENUMERATION_VALUE(instance_type, "InstanceType")
    group = read_group(call, object_type, group_id, instance_type)
    if group is None:
        raise GROUP_NOT_FOUND(group_id)
    return group


def read_group(
    call: Call, object_type: str, group_id: str, instance_type: str
) -> PreferenceGroup | None:
    """Return a preference group with the definitions of its custom preferences, or None."""
    group = call.store.get(system_object_definitions.GROUPS, (object_type, group_id))
    if group is None:
        return None
    definitions = {}
    for name in list_members(group.properties):
        definition = call.store.get(system_object_definitions.DEFINITIONS, (object_type, name))
        if definition is not None and not definition.get("system"):
            definitions[name] = definition
    return PreferenceGroup(object_type, group_id, instance_type, definitions)


def wants_masks(call: Call) -> bool:
    """Return the parameter ``mask_passwords``.

    Raises:
        Fault: MALFORMED_PARAMETER: the value is not a boolean.
    """
    text = call.request.parameters.get(MASK_PASSWORDS, "false")
    if text not in ("true", "false"):
        raise faults.MALFORMED_PARAMETER(MASK_PASSWORDS, text)
    return text == "true"


class PreferenceFixture(Document):
    """A value of a preference in a data set."""

    id = String(required=True, allow_none=False)
    instance_type = Enumeration(*INSTANCE_TYPES, required=True, allow_none=False)
    object_type = Enumeration(SITE_PREFERENCES, GLOBAL_PREFERENCES, required=True, allow_none=False)
    site_id = String(allow_none=False)
    value = Custom(required=True, allow_none=False)


FIXTURE = PreferenceFixture()


def read_fixture(entry: Any) -> Record:
    """Return the record of a value in a data set.

    Raises:
        ValueError: The entry is not a value; the message has the reason.
    """
    read = FIXTURE.decode_stored(entry)
    is_global = read["object_type"] == GLOBAL_PREFERENCES
    if is_global == ("site_id" in read):
        raise ValueError(f"{read['object_type']}: {'has a' if is_global else 'has no'} 'site_id'")
    site = read.get("site_id", ORGANIZATION)
    key = (read["object_type"], read["id"], read["instance_type"], site)
    return Record(key, {"value": read["value"]})


def encode_fixtures(store: Any, _: str) -> Iterator[dict[str, Any]]:
    """Yield the values of a store as entries of a data set."""
    records = store.scan(PREFERENCE_VALUES, 0, store.count(PREFERENCE_VALUES)).records
    for record in records:
        object_type, name, instance_type, site = record.key
        head = {"object_type": object_type, "id": name, "instance_type": instance_type}
        sites = {} if site == ORGANIZATION else {"site_id": site}
        yield {**head, **sites, "value": record.properties["value"]}


COLLECTION = FixtureCollection(
    PREFERENCE_VALUES,
    f"{PREFERENCE_VALUES}.json",
    read_fixture,
    encode=encode_fixtures,
)
