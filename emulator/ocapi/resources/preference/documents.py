"""The documents and the faults of preferences (PRF-1 to PRF-4)."""

from emulator.ocapi.resources.object_type.attribute_definition import (
    VALUE_TYPES,
    ObjectAttributeDefinition,
)
from emulator.ocapi.resources.site.sites import Site
from emulator.ocapi.schema.document import Document
from emulator.ocapi.schema.faults import FaultType
from emulator.ocapi.schema.fields import Array, Embedded, Enumeration, Localized, Map, String
from emulator.ocapi.search.query import SearchResult

GROUP_NOT_FOUND = FaultType(
    404,
    "CustomPreferenceGroupNotFound",
    "No preference group with ID '{preferenceGroupId}' could be found.",
    ("preferenceGroupId",),
)
PREFERENCE_NOT_FOUND = FaultType(
    404,
    "PreferenceNotFound",
    "No preference with ID '{preferenceId}' could be found.",
    ("preferenceId",),
)


class SitePreferences(Document):
    """The preferences of a group, of one site."""

    custom = True

    link = String(read_only=True)
    site = Embedded(Site(), read_only=True)


class OrganizationPreferences(Document):
    """The global preferences of a group."""

    custom = True

    link = String(read_only=True)
    site_preferences = Array(Embedded(SitePreferences()), read_only=True)


class PreferenceValue(Document):
    """The values of a preference in all sites."""

    items_have_state = False

    attribute_definition = Embedded(ObjectAttributeDefinition())
    description = Localized()
    display_name = Localized()
    id = String()
    site_values = Map()
    value_type = Enumeration(*VALUE_TYPES)


class PreferenceValueSearchResult(SearchResult):
    """A page of the preferences found by a search."""

    hits = Array(Embedded(PreferenceValue()))


SITE_DOCUMENT, GLOBAL_DOCUMENT = SitePreferences(), OrganizationPreferences()
PREFERENCE_VALUE, SEARCH_RESULT = PreferenceValue(), PreferenceValueSearchResult()
