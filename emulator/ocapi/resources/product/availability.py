"""Stock and online time of products in a site."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

from emulator.clock import render_instant
from emulator.ocapi.call import SITES, Call
from emulator.ocapi.resources.inventory.inventory_lists import INVENTORY_LISTS, LISTS_BY_SITE
from emulator.ocapi.resources.inventory.product_inventory_records import PRODUCT_INVENTORY_RECORDS
from emulator.ocapi.resources.product.relations import list_variants
from emulator.ocapi.schema import faults
from emulator.ocapi.schema.fields import String
from emulator.store import Record, Store

Properties = Mapping[str, Any]
SITE = "site_id"
SITE_PARAMETER = {SITE: String()}
DEFAULT = "default"


def read_site(call: Call) -> str | None:
    """Return the site of the parameter ``site_id``, else of the path; None for no site.

    Raises:
        Fault: UNKNOWN_SITE.
    """
    site = call.request.parameters.get(SITE)
    if site is None:
        return call.address.site if call.address.site not in ("", "-") else None
    if call.store.get(SITES, (site,)) is None:
        raise faults.UNKNOWN_SITE(site)
    return str(site)


def of_site(values: Mapping[Any, Any] | None, site: str | None) -> Any:
    """Return the value of a site-specific property for a site, else the default value."""
    return values.get(site, values.get(DEFAULT)) if values else None


def make_reader(site: str | None) -> Callable[[Mapping[Any, Any] | None], Any]:
    """Return a faster ``of_site`` for one site, to be called for many values."""
    return lambda values: values.get(site, values.get(DEFAULT)) if values else None


def read_clock(call: Call) -> str:
    """Return the time of the workspace's clock; the answer of the call is not cached."""
    call.prevent_caching()
    return render_instant(call.workspace.clock.now())


def is_online(product: Properties | Record, site: str | None, now: str) -> bool:
    """Check flag and period of validity of a product in a site at a time."""
    if not of_site(product.get("online_flag"), site):
        return False
    begin, end = (of_site(product.get(name), site) for name in ("valid_from", "valid_to"))
    return is_within(begin, end, now)


def is_within(begin: str | None, end: str | None, now: str) -> bool:
    """Check a time against a period; an end without a value is open."""
    return (begin is None or begin <= now) and (end is None or now < end)


def list_inventories(store: Store, site: str | None) -> list[Record]:
    """Return the inventory lists of a site."""
    if site is None:
        return []
    count = store.count(LISTS_BY_SITE, (site,))
    entries = store.scan(LISTS_BY_SITE, 0, count, (site,)).records
    found = (store.get(INVENTORY_LISTS.name, entry.key[1:]) for entry in entries)
    return [inventory_list for inventory_list in found if inventory_list is not None]


def find_stock(store: Store, lists: Sequence[Record], product_id: str) -> tuple[float, bool]:
    """Return the quantity available to sell of a product, and whether the product is in stock.

    The lists of a site count together. A product without a record has the default of the lists.
    """
    found = (store.get(PRODUCT_INVENTORY_RECORDS.name, (*one.key, product_id)) for one in lists)
    records = [record for record in found if record is not None]
    if not records:
        return 0, any(one.get("default_in_stock") for one in lists)
    ats = sum(max(record.get("ats", 0), 0) for record in records)
    return ats, ats > 0 or any(record.get("perpetual_flag") for record in records)


def show_availability(call: Call, product: Record, site: str | None) -> Iterator[tuple[str, Any]]:
    """Yield ``online``, and with an inventory list of the site ``ats`` and ``in_stock``.

    A master or a variation group has the stock of the variants.
    """
    yield "online", is_online(product, site, read_clock(call))
    lists = list_inventories(call.store, site)
    if not lists:
        return
    ids = list_variants(call.store, product) or [product.key[-1]]
    stocks = [find_stock(call.store, lists, name) for name in ids]
    yield "ats", sum(ats for ats, _ in stocks)
    yield "in_stock", any(in_stock for _, in_stock in stocks)
