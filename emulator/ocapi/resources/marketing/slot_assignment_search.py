"""The search of the slot configurations in campaigns (MKT-18)."""

from collections.abc import Iterator
from typing import Any

from emulator.ocapi.answer import Answer
from emulator.ocapi.call import Call
from emulator.ocapi.resource import Operation, Properties
from emulator.ocapi.resources.marketing.campaigns import CAMPAIGNS
from emulator.ocapi.resources.marketing.names import CAMPAIGNS_NAME
from emulator.ocapi.resources.marketing.pages import show_record
from emulator.ocapi.resources.site.sites import SITES
from emulator.ocapi.resources.slot.campaign_assignments import ASSIGNMENTS_NAME, show_assignment
from emulator.ocapi.resources.slot.configuration_view import show as show_computed
from emulator.ocapi.resources.slot.context import CONFIGURATIONS_NAME
from emulator.ocapi.resources.slot.documents import ASSIGNMENT
from emulator.ocapi.resources.slot.stored import list_of_site
from emulator.ocapi.schema.fields import Array, Embedded
from emulator.ocapi.search.answer import answer_search
from emulator.ocapi.search.language import SearchField
from emulator.ocapi.search.query import SEARCH_FAULTS, SearchRequest, SearchResult
from emulator.ocapi.wire.envelope import embed
from emulator.store import Record

CAMPAIGN, CONFIGURATION = "campaign", "slotConfiguration"
SHORT = ("campaign_id", "slot_id", "context", "slot_context_id", "slot_configuration_id", "link")


class SlotConfigurationCampaignAssignmentSearchResult(SearchResult):
    """A page of the assignments of slot configurations found by a search."""

    hits = Array(Embedded(ASSIGNMENT))


def search(call: Call) -> Answer:
    """Search the assignments of slot configurations to campaigns."""

    def show(record: Record, whole: bool) -> Properties:  # noqa: FBT001 - see Show
        shown = show_assignment(call, record)
        if not whole:
            return {name: shown[name] for name in SHORT if name in shown}
        return shown | dict(_complete(call, record))

    return answer_search(call, RESULT, SEARCH_FIELDS, list_of_site(call, ASSIGNMENTS_NAME), show)


def _complete(call: Call, assignment: Record) -> Iterator[tuple[str, Any]]:
    """Yield the UUID of the configuration, and the expanded documents."""
    site_id, campaign_id, *own = assignment.key
    configuration = call.store.get(CONFIGURATIONS_NAME, (site_id, *own))
    campaign = call.store.get(CAMPAIGNS_NAME, (site_id, campaign_id))
    if configuration is not None:
        yield "slot_configuration_uuid", configuration.get("uuid")
        if CONFIGURATION in call.expansions:
            shown = {**configuration.properties, **show_computed(call, configuration)}
            yield "slot_configuration", embed(configuration.state, shown)
    if campaign is not None and CAMPAIGN in call.expansions:
        yield "campaign", embed(campaign.state, show_record(call, CAMPAIGNS, campaign))


RESULT = SlotConfigurationCampaignAssignmentSearchResult()
SEARCH_FIELDS = {
    "rank": SearchField("number"),
    "start_date": SearchField("date", path="schedule.start_date"),
    "end_date": SearchField("date", path="schedule.end_date"),
    "campaign_id": SearchField("string"),
    "enabled": SearchField("boolean"),
    "slot_configuration_id": SearchField("string"),
    "description": SearchField("text"),
}
SEARCH = Operation(
    method="POST",
    path="sites/{site_id}/slot_configuration_campaign_assignment_search",
    answer=search,
    shows=RESULT,
    body=SearchRequest(),
    expansions=(CAMPAIGN, CONFIGURATION),
    faults=(SITES.not_found, *SEARCH_FAULTS),
)
