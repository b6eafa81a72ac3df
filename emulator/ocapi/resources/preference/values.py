"""The values of custom preferences: by object type, preference, instance type and site (PRF-1).

The preferences of sites are attributes of the system type ``SitePreferences``, the global ones of
``OrganizationPreferences``. The attribute groups of these types are the preference groups.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from marshmallow import ValidationError

from emulator.family import CONCEALED_MEMBERS
from emulator.ocapi.call import Call
from emulator.ocapi.resources.object_type import system_object_definitions
from emulator.ocapi.resources.object_type.rules import PREFERENCE_VALUES, list_members
from emulator.ocapi.resources.preference.documents import GROUP_NOT_FOUND
from emulator.ocapi.resources.site.sites import SITES
from emulator.ocapi.schema import faults
from emulator.ocapi.schema.attribute import make_property
from emulator.ocapi.schema.document import Document
from emulator.store import Change, Delete, Presence, Put, Record, Require

SITE_PREFERENCES, GLOBAL_PREFERENCES = "SitePreferences", "OrganizationPreferences"
INSTANCE_TYPES = ("staging", "development", "sandbox", "production")
CURRENT_INSTANCE, OWN_INSTANCE_TYPE = "current", "sandbox"
FALLBACK_INSTANCES = {"sandbox": "development"}
PASSWORD_MASK, MASK_PASSWORDS = "************", "mask_passwords"


@dataclass(frozen=True)
class PreferenceGroup:
    """The preferences of a group, for an instance type.

    Attributes:
        object_type: ``SitePreferences`` or ``OrganizationPreferences``.
        group_id: The id of the group.
        instance_type: The instance type, never ``current``.
        definitions: The attribute definitions of the preferences, by id.
        masks_passwords: Whether answers have a mask in place of a password.
    """

    object_type: str
    group_id: str
    instance_type: str
    definitions: Mapping[str, Record]
    masks_passwords: bool

    def values(self, call: Call, site: str) -> dict[str, Any]:
        """Return the values of a site, or of ``-`` for the organization, by property (PRF-2)."""
        read = {f"c_{name}": self.value(call, name, site) for name in self.definitions}
        return {name: value for name, value in read.items() if value is not None}

    def value(self, call: Call, name: str, site: str) -> Any:
        """Return the value of a preference, masked if the call wants so; None for no value."""
        for instance_type in (self.instance_type, FALLBACK_INSTANCES.get(self.instance_type)):
            found = instance_type and self.find(call, name, instance_type, site)
            if found:
                masked = self.masks_passwords and self.is_password(name)
                return PASSWORD_MASK if masked else found.properties["value"]
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
            if value == PASSWORD_MASK and self.is_password(preference):
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
        Fault: MALFORMED_PARAMETER, ILLEGAL_ENUMERATION_VALUE, or CustomPreferenceGroupNotFound.
    """
    masked = call.request.parameters.get(MASK_PASSWORDS, "false")
    if masked not in ("true", "false"):
        raise faults.MALFORMED_PARAMETER(MASK_PASSWORDS, masked)
    if instance_type == CURRENT_INSTANCE and allows_current:
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
    """Return a group with the definitions of the custom preferences; None without a group."""
    group = call.store.get(system_object_definitions.GROUPS, (object_type, group_id))
    if group is None:
        return None
    definitions = {}
    for name in list_members(group.properties):
        definition = call.store.get(system_object_definitions.DEFINITIONS, (object_type, name))
        if definition is not None and not definition.get("system"):
            definitions[name] = definition
    _name_secrets(call, definitions)
    masks_passwords = call.request.parameters.get(MASK_PASSWORDS) == "true"
    return PreferenceGroup(object_type, group_id, instance_type, definitions, masks_passwords)


def _name_secrets(call: Call, definitions: Mapping[str, Record]) -> None:
    """Name the passwords of a group for the journal; a cached answer would not name these."""
    passwords = [n for n, one in definitions.items() if one.get("value_type") == "password"]
    if passwords:
        names = {"site_values", *(f"c_{name}" for name in passwords)}
        call.request.environ.setdefault(CONCEALED_MEMBERS, set()).update(names)
        call.prevent_caching()


def list_sites(call: Call) -> list[str]:
    """Return the ids of all sites."""
    name = SITES.name
    return [record.key[0] for record in call.store.scan(name, 0, call.store.count(name)).records]
