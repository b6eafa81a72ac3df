"""The search of the promotions in campaigns (MKT-8)."""

from collections.abc import Iterator
from typing import Any

from emulator.ocapi.answer import Answer
from emulator.ocapi.call import Call
from emulator.ocapi.resource import Operation, Properties
from emulator.ocapi.resources.marketing.assignment_information import show_assignment
from emulator.ocapi.resources.marketing.campaigns import CAMPAIGNS
from emulator.ocapi.resources.marketing.documents import PromotionCampaignAssignmentSearchResult
from emulator.ocapi.resources.marketing.names import ASSIGNMENTS
from emulator.ocapi.resources.marketing.pages import show_record
from emulator.ocapi.resources.marketing.promotions import PROMOTIONS
from emulator.ocapi.resources.site.sites import SITES
from emulator.ocapi.resources.slot.stored import list_of_site
from emulator.ocapi.search.answer import answer_search
from emulator.ocapi.search.language import SearchField
from emulator.ocapi.search.query import SEARCH_FAULTS, SearchRequest
from emulator.ocapi.wire.envelope import embed
from emulator.store import Record

SHORT = ("campaign_id", "promotion_id", "link")


def search(call: Call) -> Answer:
    """Search the assignments of promotions to campaigns."""

    def show(record: Record, whole: bool) -> Properties:  # noqa: FBT001 - see Show
        shown = show_assignment(call, record)
        if not whole:
            return {name: shown[name] for name in SHORT}
        return shown | dict(_expand(call, record))

    return answer_search(call, RESULT, SEARCH_FIELDS, list_of_site(call, ASSIGNMENTS), show)


def _expand(call: Call, assignment: Record) -> Iterator[tuple[str, dict[str, Any]]]:
    """Yield the campaign and the promotion of an assignment, if expanded."""
    site_id, campaign_id, promotion_id = assignment.key
    expanded = {"campaign": (CAMPAIGNS, campaign_id), "promotion": (PROMOTIONS, promotion_id)}
    for name in call.expansions:
        resource, one = expanded[name]
        found = call.store.get(resource.name, (site_id, one))
        if found is not None:
            yield name, embed(found.state, show_record(call, resource, found))


RESULT = PromotionCampaignAssignmentSearchResult()
SEARCH_FIELDS = {
    "rank": SearchField("number"),
    "start_date": SearchField("date", path="schedule.start_date"),
    "end_date": SearchField("date", path="schedule.end_date"),
    "campaign_id": SearchField("string"),
    "promotion_id": SearchField("string"),
    "description": SearchField("text"),
    "enabled": SearchField("boolean"),
    "coupon_id": SearchField("string", path="coupons"),
}
SEARCH = Operation(
    method="POST",
    path="sites/{site_id}/promotion_campaign_assignment_search",
    answer=search,
    shows=RESULT,
    body=SearchRequest(),
    expansions=("campaign", "promotion"),
    faults=(SITES.not_found, *SEARCH_FAULTS),
)
