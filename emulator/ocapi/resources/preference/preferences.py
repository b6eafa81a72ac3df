"""Custom preferences of sites and of the organization (PRF-1 to PRF-4)."""

from emulator.ocapi.resource import Operation, Resource
from emulator.ocapi.resources.object_type import object_type_definition
from emulator.ocapi.resources.object_type.rules import PREFERENCE_VALUES
from emulator.ocapi.resources.preference import group, site_values
from emulator.ocapi.resources.preference.documents import (
    GLOBAL_DOCUMENT,
    GROUP_NOT_FOUND,
    PREFERENCE_NOT_FOUND,
    PREFERENCE_VALUE,
    SEARCH_RESULT,
    SITE_DOCUMENT,
)
from emulator.ocapi.resources.preference.values import MASK_PASSWORDS
from emulator.ocapi.resources.site.sites import SITES
from emulator.ocapi.schema.document import Collection
from emulator.ocapi.schema.fields import Boolean
from emulator.ocapi.search.query import MALFORMED_SEARCH_PARAMETER, SearchRequest

_GROUP = "preference_groups/{group_id}/{instance_type}"
_OF_SITE = f"sites/{{site_id}}/site_preferences/{_GROUP}"
_OF_ALL = f"global_preferences/{_GROUP}"
_OF_SITES = f"site_preferences/{_GROUP}"
_MISSING, _PARAMETERS = (GROUP_NOT_FOUND,), {MASK_PASSWORDS: Boolean()}
OPERATIONS = (
    Operation(
        method="GET",
        path=_OF_SITE,
        answer=group.read_of_site,
        shows=SITE_DOCUMENT,
        parameters=_PARAMETERS,
        faults=(SITES.not_found, *_MISSING),
    ),
    Operation(
        method="PATCH",
        path=_OF_SITE,
        answer=group.update_of_site,
        shows=SITE_DOCUMENT,
        body=SITE_DOCUMENT,
        parameters=_PARAMETERS,
        faults=(SITES.not_found, *_MISSING, object_type_definition.NOT_FOUND),
    ),
    Operation(
        method="GET",
        path=_OF_ALL,
        answer=group.read_global,
        shows=GLOBAL_DOCUMENT,
        expansions=("sites",),
        parameters=_PARAMETERS,
        faults=_MISSING,
    ),
    Operation(
        method="PATCH",
        path=_OF_ALL,
        answer=group.update_global,
        shows=GLOBAL_DOCUMENT,
        body=GLOBAL_DOCUMENT,
        parameters=_PARAMETERS,
        faults=_MISSING,
    ),
    Operation(
        method="GET",
        path=f"{_OF_SITES}/preferences/{{preference_id}}",
        answer=site_values.read_preference,
        shows=PREFERENCE_VALUE,
        parameters=_PARAMETERS,
        faults=(*_MISSING, PREFERENCE_NOT_FOUND),
    ),
    Operation(
        method="POST",
        path=f"{_OF_SITES}/preference_search",
        answer=site_values.search,
        shows=SEARCH_RESULT,
        body=SearchRequest(),
        expansions=("value",),
        parameters=_PARAMETERS,
        faults=(MALFORMED_SEARCH_PARAMETER, *_MISSING),
    ),
)
RESOURCE = Resource(
    name=PREFERENCE_VALUES,
    path="preferences",
    document=PREFERENCE_VALUE,
    collection=Collection(),
    key="id",
    verbs=frozenset(),
    not_found=PREFERENCE_NOT_FOUND,
    operations=OPERATIONS,
)
