"""The shown properties of variants, variation groups and masters."""

from collections.abc import Iterator
from typing import Any

from emulator.ocapi.call import Call
from emulator.ocapi.resources.product.attributes import PRODUCT_FAMILY, show_whole_attribute
from emulator.ocapi.resources.product.availability import (
    find_stock,
    is_online,
    list_inventories,
    read_clock,
    read_site,
)
from emulator.ocapi.resources.product.media import complete_media
from emulator.ocapi.resources.product.options import list_below
from emulator.ocapi.resources.product.relations import (
    GROUPS,
    PRODUCTS_NAME,
    VARIATIONS,
    find_product,
    has_kind,
    list_entries,
    list_variants,
)
from emulator.ocapi.wire.envelope import embed
from emulator.store import Record

Shown = Iterator[tuple[str, Any]]

PRICES = ("price", "price_currency", "price_per_unit")
VALUES = "variation_values"
IS_DEFAULT = "default_product_variation"


def show_variant(call: Call, master: Record, product: Record) -> dict[str, Any]:
    """Return the shown properties of a variant."""
    name, wanted, site = product.key[-1], set(call.expansions), read_site(call)
    shown: dict[str, Any] = {
        IS_DEFAULT: master.get("default_variant_id") == name,
        "link": call.link_to(PRODUCTS_NAME, name),
        "product_id": name,
        VALUES: product.get(VALUES) or {},
    }
    if wanted & {"price", "prices", "all"}:
        shown |= {n: product.get(n) for n in PRICES if n in product.names}
    if "all" in wanted and product.get("image"):
        shown["image"] = complete_media(call.root_url, product, product.get("image"))
    if "attributes" in wanted:
        shown["variation_attributes"] = list_attributes(call, master.key[-1])
    if "availability" in wanted:
        shown["searchable"] = product.get("searchable") or {}
        shown |= _show_availability(call, [name], site)
        if site is not None:
            shown["online"] = is_online(product, site, read_clock(call))
    return shown


def show_group(call: Call, _master: Record, product: Record) -> dict[str, Any]:
    """Return the shown properties of a variation group."""
    name, wanted, site = product.key[-1], set(call.expansions), read_site(call)
    shown: dict[str, Any] = {
        "link": call.link_to(PRODUCTS_NAME, name),
        "product_id": name,
        VALUES: product.get(VALUES) or {},
    }
    if "price" in wanted:
        shown |= {n: product.get(n) for n in ("price", "price_per_unit") if n in product.names}
    if "availability" in wanted:
        stock = _show_availability(call, list_variants(call.store, product), site)
        shown |= {n: value for n, value in stock.items() if n == "orderable"}
    return shown


def _show_availability(call: Call, ids: list[str], site: str | None) -> dict[str, Any]:
    """Return the stock of products in a site; nothing without inventory lists of the site."""
    lists = list_inventories(call.store, site)
    if not lists:
        return {}
    stocks = [find_stock(call.store, lists, name) for name in ids]
    in_stock = any(found for _, found in stocks)
    return {"ats": sum(ats for ats, _ in stocks), "in_stock": in_stock, "orderable": in_stock}


def list_attributes(call: Call, master_id: str) -> list[dict[str, Any]]:
    """Return the variation attributes of a master with all values."""
    found = list_below(call.store, PRODUCT_FAMILY.members, (master_id,))
    return [show_whole_attribute(call, attribute, PRODUCT_FAMILY) for attribute in found]


def show_master(call: Call, master_id: str) -> dict[str, Any]:
    """Return the master of a variant or a variation group: id, link and prices."""
    variants = (
        find_product(call.store, n) for n in list_entries(call.store, VARIATIONS, master_id)
    )
    prices = [v.get("price") for v in variants if v is not None and v.get("price") is not None]
    bounds = {"price": min(prices), "price_max": max(prices)} if prices else {}
    link = call.link_to(PRODUCTS_NAME, master_id)
    return {"link": link, "master_id": master_id, **bounds}


def show_variations(call: Call, product: Record) -> Shown:
    """Yield the properties of masters, variants and variation groups."""
    if has_kind(product, "master", "variation_group"):
        ids = list_variants(call.store, product)
        found = [one for one in (find_product(call.store, name) for name in ids) if one]
        yield "variants", [_show_role(call, product, one) for one in found if one.get(VALUES)]
    if has_kind(product, "master"):
        groups = (
            find_product(call.store, n) for n in list_entries(call.store, GROUPS, product.key[-1])
        )
        shown = [_show_role(call, product, one) for one in groups if one is not None]
        yield "variation_groups", [{n: v for n, v in s.items() if n != IS_DEFAULT} for s in shown]
    master_id = (product.get("master") or {}).get("master_id")
    if master_id is not None:
        yield "master", show_master(call, master_id)
        yield VALUES, product.get(VALUES) or {}
    attributes = list_attributes(call, master_id or product.key[-1])
    if attributes:
        yield "variation_attributes", attributes


def _show_role(call: Call, master: Record, product: Record) -> dict[str, Any]:
    name = product.key[-1]
    shown = {
        IS_DEFAULT: master.get("default_variant_id") == name,
        "link": call.link_to(PRODUCTS_NAME, name),
        "product_id": name,
        VALUES: product.get(VALUES) or {},
    }
    return embed(product.state, shown)
