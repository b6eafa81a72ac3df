"""Stores of a site, and the store search (STO)."""

from collections.abc import Mapping
from typing import Any

from emulator.ocapi.call import Call
from emulator.ocapi.resource import Resource, Search
from emulator.ocapi.resources.product.media import (
    MEDIA_PATH,
    MediaFile,
    localized_markup,
    render_markup,
)
from emulator.ocapi.resources.site.sites import SITES
from emulator.ocapi.schema.document import Collection, Document
from emulator.ocapi.schema.faults import FaultType
from emulator.ocapi.schema.fields import (
    Array,
    Boolean,
    DateTime,
    Embedded,
    Enumeration,
    Number,
    String,
)
from emulator.ocapi.search.language import SearchField
from emulator.ocapi.search.query import SearchResult
from emulator.store import Record

MARKUP = ("store_events", "store_hours")
LIBRARY = "{}-Library"
"""The name of a site's library, whose folder has the images of the stores."""


def text() -> String:
    """Return a property with a text of up to 256 characters."""
    return String(max_length=256)


class Store(Document):
    """A store: a place where customers of a site buy."""

    custom = True

    address1 = text()
    address2 = text()
    city = text()
    country_code = Enumeration("CA", "DE", "US", metadata={"maxLength": 2})
    creation_date = DateTime(read_only=True)
    email = text()
    fax = text()
    id = String(max_length=256, allow_none=False)
    image = Embedded(MediaFile())
    inventory_id = text()
    last_modified = DateTime(read_only=True)
    latitude = Number(minimum=-90, maximum=90)
    link = String(read_only=True)
    longitude = Number(minimum=-180, maximum=180)
    name = String()
    phone = text()
    pos_enabled = Boolean(load_default=False)
    postal_code = String(max_length=10)
    state_code = text()
    store_events = localized_markup()
    store_hours = localized_markup()
    store_locator_enabled = Boolean(load_default=False)


class Stores(Collection):
    """A page of stores."""

    data = Array(Embedded(Store()))


class StoreSearchResult(SearchResult):
    """A page of the stores found by a search."""

    hits = Array(Embedded(Store()))


def show(call: Call, store: Record) -> dict[str, Any]:
    """Return the computed properties of a store: markup, and the URL of the image.

    The image lies in the library of the site (CHOSEN).
    """
    shown: dict[str, Any] = {
        name: render_markup(store.get(name)) for name in MARKUP if store.get(name)
    }
    image = store.get("image") or {}
    if image.get("path"):
        folder = MEDIA_PATH.format(LIBRARY.format(store.key[0]))
        shown["image"] = {**image, "abs_url": f"{call.root_url}/{folder}/{image['path']}"}
    return shown


def _sources_of(name: str) -> SearchField:
    """Return the search field of a localized markup: the sources in all languages."""

    def list_sources(texts: Mapping[str, Any] | None) -> list[str]:
        return [t["source"] for t in (texts or {}).values() if "source" in t]

    return SearchField("text", list_sources, sources=(name,))


SEARCHED_TEXTS = (
    *("address1", "address2", "city", "country_code", "email", "fax", "id", "inventory_id"),
    *("name", "phone", "postal_code", "state_code"),
)

STORES = Resource(
    path="stores",
    parent=SITES,
    parent_key="site_id",
    document=Store(),
    collection=Stores(),
    key="id",
    verbs=frozenset({"list", "read", "create", "update", "delete"}),
    not_found=FaultType(
        404,
        "StoreNotFound",
        "No store with ID '{storeId}' for site '{siteId}' could be found.",
        ("storeId", "siteId"),
    ),
    created_status=200,
    deletes_missing=False,
    view=show,
    # A search looks at no property of the view.
    viewed=lambda _call, _stores: (),
    search=Search(
        path="store_search",
        result=StoreSearchResult(),
        fields={
            **dict.fromkeys(SEARCHED_TEXTS, SearchField("text")),
            "id": SearchField("string"),
            "latitude": SearchField("number"),
            "longitude": SearchField("number"),
            **{name: _sources_of(name) for name in MARKUP},
        },
    ),
)
