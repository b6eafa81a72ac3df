"""Links between categories (CAT-7)."""

from collections.abc import Iterator, Mapping
from typing import Any

from emulator.fixture.reference import KeyOf
from emulator.ocapi.answer import Answer, answer_page
from emulator.ocapi.call import Call
from emulator.ocapi.resource import Operation, Resource, make_index
from emulator.ocapi.resources.catalog.catalogs import CATALOGS
from emulator.ocapi.resources.catalog.categories import check_category
from emulator.ocapi.resources.catalog.category import CATEGORY_NOT_FOUND
from emulator.ocapi.resources.catalog.category_link import (
    CATEGORY_LINK,
    LINK_TYPES,
    NOT_FOUND,
    SOURCE_NAMES,
    TARGET_NAMES,
    CategoryLinks,
)
from emulator.ocapi.resources.catalog.category_removal import turn_link
from emulator.ocapi.resources.catalog.category_tree import find_category
from emulator.ocapi.resources.catalog.names import (
    CATALOGS_NAME,
    CATEGORIES_NAME,
    LINKS,
    LINKS_BY_TARGET,
)
from emulator.ocapi.resources.relation import Relation
from emulator.ocapi.resources.relation_operations import declare_operations
from emulator.ocapi.schema.faults import ID_CONFLICT, ILLEGAL_ENUMERATION_VALUE
from emulator.ocapi.wire import envelope
from emulator.ocapi.wire.select import Documents
from emulator.store import Change, Delete, Key, Presence, Put, Record, Require

Properties = Mapping[str, Any]

PATH = "catalogs/{catalog_id}/categories/{category_id}/category_links"
ABOVE = (CATALOGS.not_found, CATEGORY_NOT_FOUND)


def check(call: Call) -> None:
    """Check source and target of the path, and the type of a new link.

    Raises:
        Fault: CATALOGS.not_found, CATEGORY_NOT_FOUND, ILLEGAL_ENUMERATION_VALUE.
    """
    for key in (call.key[:2], call.key[2:4]):
        check_category(call, key)
    if call.method == "PUT" and call.key[4] not in LINK_TYPES:
        raise ILLEGAL_ENUMERATION_VALUE(call.key[4], "CategoryLinkType")


def list_links(call: Call) -> Answer:
    """Show a page of the links from a category, by position."""
    check_category(call)
    found = call.store.scan(LINKS, 0, call.store.count(LINKS, call.key), call.key).records
    ordered = sorted(found, key=lambda link: link.get("position", float("inf")))
    page, selector = call.page, call.selector
    whole = selector is not None and selector.reaches_into("data")

    def show_item(link: Record) -> dict[str, Any]:
        shown = show(call, link)
        if not whole:
            shown = {name: shown[name] for name in ("link", *SOURCE_NAMES, *TARGET_NAMES, "type")}
        if call.locale is not None:
            shown = CATEGORY_LINK.localize(shown, call.locale)
        return envelope.wrap_item(CATEGORY_LINK, call.version, link.state, shown, call.dialect)

    shown = ordered[page.start : page.start + page.count]
    items = Documents(show_item(link) for link in shown)
    return answer_page(call, CategoryLinks(), items, len(ordered))


def show(call: Call, link: Record) -> dict[str, Any]:
    """Return all properties of a link, with the names of catalogs and categories."""
    source, target = link.key[:2], link.key[2:4]
    path = (CATALOGS_NAME, source[0], CATEGORIES_NAME, source[1], LINKS, *link.key[2:])
    shown = {**link.properties, "link": call.link_to(*path)}
    for end, key in (("source", source), ("target", target)):
        catalog = call.store.get(CATALOGS_NAME, key[:1])
        for kind, record in (("catalog", catalog), ("category", find_category(call.store, *key))):
            if record is not None and record.get("name"):
                shown[f"{end}_{kind}_name"] = record.get("name")
    return shown


def place(
    call: Call, before: Properties | None, properties: dict[str, Any]
) -> tuple[dict[str, Any], tuple[Change, ...]]:
    """Return a link, and the changes of the store for a new link."""
    if before is not None:
        return properties, ()
    return properties, (
        Require(CATEGORIES_NAME, call.key[:2], Presence.PRESENT),
        Require(CATEGORIES_NAME, call.key[2:4], Presence.PRESENT),
        Put(LINKS_BY_TARGET, Record(turn_link(call.key), {})),
    )


def remove(_: Call, link: Record) -> Iterator[Change]:
    """Yield the change for a deleted link."""
    yield Delete(LINKS_BY_TARGET, turn_link(link.key))


def index(link: Record) -> Iterator[tuple[str, Key]]:
    """Yield the entry of a link by target."""
    yield LINKS_BY_TARGET, turn_link(link.key)


CATEGORY_LINKS = Resource(
    path=LINKS,
    document=CATEGORY_LINK,
    collection=CategoryLinks(),
    key="type",
    key_names=(*SOURCE_NAMES, *TARGET_NAMES, "type"),
    verbs=frozenset(),
    not_found=NOT_FOUND,
    index=make_index(index, LINKS_BY_TARGET),
    references={
        SOURCE_NAMES[1]: KeyOf(CATEGORIES_NAME, SOURCE_NAMES),
        TARGET_NAMES[1]: KeyOf(CATEGORIES_NAME, TARGET_NAMES),
    },
    operations=(
        Operation(
            method="GET",
            path=PATH,
            answer=list_links,
            shows=CategoryLinks(),
            faults=ABOVE,
        ),
        *declare_operations(
            Relation(
                name=LINKS,
                path=f"{PATH}/{{target_catalog_id}}/{{target_category_id}}/{{type}}",
                ids=(*SOURCE_NAMES, *TARGET_NAMES, "type"),
                document=CATEGORY_LINK,
                check=check,
                place=place,
                remove=remove,
                show=show,
                faults={
                    **dict.fromkeys(("GET", "DELETE"), (*ABOVE, NOT_FOUND)),
                    "PATCH": (*ABOVE, NOT_FOUND, ID_CONFLICT),
                    "PUT": (*ABOVE, ILLEGAL_ENUMERATION_VALUE, ID_CONFLICT),
                },
                not_found=NOT_FOUND,
            )
        ),
    ),
)
