"""The documents which no request can create: sites, catalogs, a library, a customer list.

The bundled data set ``storefront`` has them. ``find`` finds those of another server.
"""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from contract_tests.api import Api


@dataclass(frozen=True)
class Place:
    """The ids of these documents.

    Attributes:
        site: A site.
        other_site: Another site.
        catalog: A catalog with a root category.
        root: The root category of the catalog.
        other_catalog: Another catalog with a root category.
        library: A library.
        customer_list: A customer list.
        slots: The context types of the slots of the site, by id. None if the tests make slots.
        missing: What the server does not have, and how it answers; empty if it has all.
    """

    site: str = "RefArch"
    other_site: str = "RefArchGlobal"
    catalog: str = "storefront-catalog"
    root: str = "root"
    other_catalog: str = "storefront-catalog-global"
    library: str = "SharedLibrary"
    customer_list: str = "RefArch"
    slots: Mapping[str, set[str]] | None = None
    missing: str = ""


_places = [Place()]


def here() -> Place:
    """Return the place of the server under test. Before the first test it does not change."""
    return _places[-1]


def use(place: Place) -> None:
    """Set the place of the server under test, before the modules of the tests are read."""
    _places.append(place)


def find(
    api: Api, sites: Sequence[str], catalogs: Sequence[str], library: str, customer_list: str
) -> Place:
    """Return the place of a server; an empty argument is found, a library by the id of the site.

    Args:
        api: A client of the server.
        sites: Two sites.
        catalogs: Two catalogs.
        library: A library.
        customer_list: A customer list.
    """
    first, second = [*(sites or _list(api, "/sites", "id")), "", ""][:2]
    found = [*(catalogs or _list(api, "/catalogs", "root_category")), "", ""][:2]
    root = api.get(f"/catalogs/{found[0]}").json().get("root_category", "root")
    lists = (library or first, customer_list or first)
    named = Place(first, second, found[0], root, found[1], *lists, _list_slots(api, first))
    paths = (
        *(f"/sites/{name}" for name in (first, second)),
        *(f"/catalogs/{name}" for name in found),
        f"/libraries/{named.library}/folders/root",
        f"/customer_lists/{named.customer_list}",
    )
    answers = [(path, api.get(path).status_code) for path in paths]
    missing = [f"GET {path} answers {status}" for path, status in answers if status != 200]
    return replace(Place(), missing=missing[0]) if missing else named


def _list_slots(api: Api, site: str) -> Mapping[str, set[str]]:
    """Return the context types of the slots of a site."""
    slots = defaultdict[str, set[str]](set)
    answer = api.get(f"/sites/{site}/slots?select=(**)&count=200")
    for slot in answer.json().get("data", ()) if answer.status_code == 200 else ():
        slots[slot["slot_id"]].add(slot["context_type"])
    return slots


def _list(api: Api, path: str, required: str) -> list[str]:
    """Return the ids of all documents of a collection with a property."""
    answer = api.get(f"{path}?select=(**)&count=200")
    documents = answer.json().get("data", ()) if answer.status_code == 200 else ()
    return [document["id"] for document in documents if required in document]
