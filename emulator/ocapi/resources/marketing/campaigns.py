"""Campaigns of a site, and the campaign search (MKT-1, MKT-2)."""

from collections.abc import Iterator
from typing import Any

from emulator.ocapi.call import Call
from emulator.ocapi.resource import Properties, Resource, Search, make_index
from emulator.ocapi.resources.id_lists import (
    QUALIFIERS,
    arrange,
    entries_of,
    lists_of,
    move_entries,
    move_entries_below,
    references_of,
)
from emulator.ocapi.resources.marketing.documents import Campaign, Campaigns, CampaignSearchResult
from emulator.ocapi.resources.marketing.faults import CAMPAIGN_DUPLICATE, CAMPAIGN_NOT_FOUND
from emulator.ocapi.resources.marketing.names import CAMPAIGNS_NAME
from emulator.ocapi.resources.marketing.schedule import check_dates, list_early_ends
from emulator.ocapi.resources.named import require_named
from emulator.ocapi.resources.site.sites import SITES
from emulator.ocapi.search.language import SearchField
from emulator.store import Change, Key, Record


def derive(
    _before: Properties | None, after: dict[str, Any], _changes: Properties, _now: str
) -> dict[str, Any]:
    """Return a campaign with each coupon and group once, without empty lists."""
    return arrange(after)


def change(call: Call, before: Properties | None, after: Properties | None) -> Iterator[Change]:
    """Check the named documents and the new id of a campaign; keep the opposite direction.

    Raises:
        Fault: CAMPAIGN_DUPLICATE, PROPERTY_CONSTRAINT_VIOLATION, QUOTA_EXCEEDED, START_AFTER_END.
    """
    old = None if before is None else Record(call.key, before)
    new = None if after is None else Record((call.key[0], after["campaign_id"]), after)
    if old and new and new.key != old.key and call.store.get(CAMPAIGNS_NAME, new.key):
        raise CAMPAIGN_DUPLICATE(*new.key[::-1])
    if new:
        check_dates("campaign", new)
        yield from require_named(call.store, CAMPAIGNS_NAME, "campaign", new, old)
    yield from move_entries(_entries(old), _entries(new))
    if old and (new is None or new.key != old.key):
        yield from move_entries_below(call, new.key if new else None)


def _entries(campaign: Record | None) -> Iterator[tuple[str, Key]]:
    return entries_of(campaign, CAMPAIGNS_NAME) if campaign else iter(())


CAMPAIGNS = Resource(
    path=CAMPAIGNS_NAME,
    parent=SITES,
    parent_key="site_id",
    document=Campaign(),
    collection=Campaigns(),
    key="campaign_id",
    verbs=frozenset({"read", "create", "update", "delete"}),
    not_found=CAMPAIGN_NOT_FOUND,
    created_status=200,
    renames=True,
    derive=derive,
    effects=change,
    refusals={"update": (CAMPAIGN_DUPLICATE,)},
    references={**references_of(CAMPAIGNS_NAME), "end_date": list_early_ends},
    index=make_index(_entries, *(one.index for one in lists_of(CAMPAIGNS_NAME))),
    search=Search(
        path="campaign_search",
        result=CampaignSearchResult(),
        fields={
            "campaign_id": SearchField("string"),
            "description": SearchField("text"),
            "enabled": SearchField("boolean"),
            **{
                field: SearchField("string", path=name, sortable=False)
                for field, name in zip(
                    ("coupon_id", "customer_group", "source_code"), QUALIFIERS, strict=True
                )
            },
            **{
                name: SearchField("date", sortable=False)
                for name in ("start_date", "end_date", "last_modified")
            },
        },
    ),
)
