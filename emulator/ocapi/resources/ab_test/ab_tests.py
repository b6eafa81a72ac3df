"""A/B tests of a site, and the A/B test search (ABT-1 to ABT-3, ABT-7)."""

from emulator.ocapi.resource import Resource, Search
from emulator.ocapi.resources.ab_test.ab_test_rules import derive, find_effects, index, show
from emulator.ocapi.resources.ab_test.documents import (
    EXPIRATION_TYPES,
    AbTest,
    AbTests,
    AbTestSearchResult,
)
from emulator.ocapi.resources.ab_test.faults import (
    AB_TEST_NOT_FOUND,
    TEST_DUPLICATE,
    WRITE_FAULTS,
)
from emulator.ocapi.resources.ab_test.segment_view import (
    EXPANSIONS,
)
from emulator.ocapi.resources.experiences import (
    AB_TESTS_NAME,
)
from emulator.ocapi.resources.id_lists import (
    references_of,
)
from emulator.ocapi.resources.marketing.schedule import list_early_ends
from emulator.ocapi.resources.site.sites import SITES
from emulator.ocapi.search.language import SearchField

AB_TESTS = Resource(
    path=AB_TESTS_NAME,
    parent=SITES,
    parent_key="site_id",
    document=AbTest(),
    collection=AbTests(),
    key="id",
    verbs=frozenset({"list", "read", "create", "update", "delete"}),
    not_found=AB_TEST_NOT_FOUND,
    duplicate_if_validated=TEST_DUPLICATE,
    deletes_missing=False,
    created_status=200,
    renames=True,
    expansions=EXPANSIONS,
    derive=derive,
    view=show,
    viewed=lambda _call, _records: (),
    effects=find_effects,
    references={**references_of(AB_TESTS_NAME), "end_date": list_early_ends},
    index=index,
    refusals={"create": WRITE_FAULTS, "update": (*WRITE_FAULTS, TEST_DUPLICATE)},
    search=Search(
        path="ab_test_search",
        result=AbTestSearchResult(),
        fields={
            "id": SearchField("string"),
            "description": SearchField("text"),
            "enabled": SearchField("boolean"),
            "paused": SearchField("boolean"),
            "key_metric_id": SearchField("string"),
            "email_addresses": SearchField("string", sortable=False),
            "tags": SearchField("string", sortable=False),
            "expiration_type": SearchField("enum", values=EXPIRATION_TYPES, sortable=False),
            "start_date": SearchField("date", sortable=False),
            "end_date": SearchField("date", sortable=False),
        },
    ),
)
