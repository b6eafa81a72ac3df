"""Sites: the storefronts of the organization."""

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from emulator.fixture.reference import Records, Reference
from emulator.ocapi.resource import Resource, Search
from emulator.ocapi.resources.site.cartridge_path import (
    check_change,
    leave_out_empty_path,
    list_mistakes,
)
from emulator.ocapi.schema.document import Collection, Document
from emulator.ocapi.schema.faults import ENUM_CONSTRAINT_VIOLATION, FaultType
from emulator.ocapi.schema.fields import (
    Array,
    Boolean,
    DateTime,
    Embedded,
    Enumeration,
    Localized,
    String,
)
from emulator.ocapi.search.language import SearchField
from emulator.ocapi.search.query import SearchResult
from emulator.ocapi.wire.url import ORGANIZATION
from emulator.store import Record

if TYPE_CHECKING:
    from emulator.ocapi.call import Call


class CustomerListLink(Document):
    """A link to a customer list."""

    customer_list_id = String()
    link = String()
    title = Localized()


class Site(Document):
    """A site."""

    cartridges = String()
    creation_date = DateTime(read_only=True)
    customer_list_link = Embedded(CustomerListLink())
    description = Localized()
    display_name = Localized()
    id = String(min_length=1, excluded=(ORGANIZATION,), allow_none=False, required=True)
    in_deletion = Boolean(load_default=False)
    last_modified = DateTime(read_only=True)
    link = String(read_only=True)
    storefront_status = Enumeration("online", "maintenance", "to_be_deleted", "protected")


class Sites(Collection):
    """A page of sites."""

    data = Array(Embedded(Site()))


class SiteSearchResult(SearchResult):
    """A page of the sites found by a search."""

    hits = Array(Embedded(Site()))


def _texts_of(name: str) -> SearchField:
    """Return the search field of a localized property: a search looks at all languages."""
    return SearchField("text", lambda site: list(site.get(name, {}).values()))


def find_list_id(site: Record) -> str:
    """Return the id of the site's customer list: by default the id of the site (CUS-1)."""
    link = site.get("customer_list_link") or {}
    return str(link.get("customer_list_id") or site.key[-1])


def show(call: "Call", site: Record) -> dict[str, Any]:
    """Return the link to the customer list with the URL of the list, unless a data set has one."""
    linked, list_id = site.get("customer_list_link") or {}, find_list_id(site)
    if "customer_list_id" not in linked and call.store.get("customer_lists", (list_id,)) is None:
        return {}
    url = call.link_to("customer_lists", list_id)
    return {"customer_list_link": {"customer_list_id": list_id, "link": url, **linked}}


def list_customer_list(site: Record, _: Records) -> Iterator[Reference]:
    """Yield the reference of a site to the customer list; most sites name none."""
    list_id = (site.get("customer_list_link") or {}).get("customer_list_id")
    if list_id is not None:
        yield Reference("customer_lists", (list_id,))


SITES = Resource(
    path="sites",
    document=Site(),
    collection=Sites(),
    key="id",
    parameter="site_id",
    verbs=frozenset({"list", "read"}),
    derive=lambda _, after, __, ___: leave_out_empty_path(after),
    not_found=FaultType(
        404, "SiteNotFound", "No site with ID '{siteId}' could be found.", ("siteId",)
    ),
    search=Search(
        path="site_search",
        result=SiteSearchResult(),
        fields={
            "id": SearchField("string"),
            "display_name": _texts_of("display_name"),
            "description": _texts_of("description"),
            "in_deletion": SearchField("boolean"),
        },
        faults=(ENUM_CONSTRAINT_VIOLATION,),
    ),
    view=show,
    effects=check_change,
    references={"cartridges": list_mistakes, "customer_list_link": list_customer_list},
    required=True,
    survives_empty_reset=True,
)
