"""The expansions of products (PRD-3)."""

from collections.abc import Callable, Container, Iterator, Mapping, Sequence
from typing import Any

from emulator.ocapi.call import Call
from emulator.ocapi.resources.catalog.catalogs import CATALOGS
from emulator.ocapi.resources.catalog.category_removal import CLASSIFICATION, PRIMARY, list_keys
from emulator.ocapi.resources.catalog.names import ASSIGNMENTS, CATEGORIES_OF_PRODUCTS
from emulator.ocapi.resources.product.availability import read_site, show_availability
from emulator.ocapi.resources.product.media import complete_media, render_markup
from emulator.ocapi.resources.product.options import (
    PRODUCT_FAMILY,
    list_below,
    show_product_option,
)
from emulator.ocapi.resources.product.relations import (
    BUNDLES,
    PRODUCTS_NAME,
    SETS,
    find_product,
    list_entries,
)
from emulator.ocapi.resources.product.roles import show_variations
from emulator.ocapi.wire.envelope import embed
from emulator.store import Record

Shown = Iterator[tuple[str, Any]]

ALL = "all"
HIDDEN = (
    "bundled_products",
    CLASSIFICATION,
    "image",
    "image_groups",
    "master",
    "price",
    "price_currency",
    "price_per_unit",
    PRIMARY,
    "set_products",
    "variation_values",
)
"""The stored properties that only an expansion shows."""
MARKUP = ("long_description", "short_description")


def show_base(call: Call, product: Record) -> dict[str, Any]:
    """Return the properties of a product without any expansion."""
    shown = {n: v for n, v in product.properties.items() if n not in HIDDEN}
    shown["link"] = call.link_to(PRODUCTS_NAME, product.key[-1])
    catalog = call.store.get(CATALOGS.name, (product.get("owning_catalog_id"),))
    if catalog is not None and catalog.get("name"):
        shown["owning_catalog_name"] = catalog.get("name")
    for name in MARKUP:
        if name in shown:
            shown[name] = render_markup(product.get(name))
    kinds = dict(product.get("type") or {})
    for collection, kind in ((SETS, "part_of_product_set"), (BUNDLES, "bundled")):
        if call.store.count(collection, product.key):
            kinds[kind] = True
    if call.store.count(PRODUCT_FAMILY.members, product.key):
        kinds["option"] = True
    shown["type"] = kinds
    return shown


def expand(call: Call, product: Record) -> dict[str, Any]:
    """Return the properties of all requested expansions.

    Raises:
        Fault: UNKNOWN_SITE.
    """
    return expand_by(call, product, EXPANSIONS if ALL in call.expansions else call.expansions)


def expand_by(call: Call, product: Record, wanted: Container[str]) -> dict[str, Any]:
    """Return the properties of expansions by name.

    Raises:
        Fault: UNKNOWN_SITE.
    """
    shown: dict[str, Any] = {}
    for name, show in EXPANSIONS.items():
        if name in wanted:
            shown.update(show(call, product))
    return shown


def show_availability_of_site(call: Call, product: Record) -> Shown:
    """Yield the stock and the online state of a product in the call's site."""
    return show_availability(call, product, read_site(call))


def show_images(call: Call, product: Record, *, of_variations: bool = False) -> Shown:
    """Yield the image and the image groups; image groups of variations only on request."""
    if product.get("image"):
        yield "image", complete_media(call.root_url, product, product.get("image"))
    groups = [
        {**group, "images": [complete_media(call.root_url, product, one) for one in _images(group)]}
        for group in product.get("image_groups") or ()
        if of_variations or not group.get("variation_attributes")
    ]
    if groups:
        yield "image_groups", groups


def _images(group: Mapping[str, Any]) -> Sequence[Mapping[str, Any]]:
    return group.get("images") or ()


def show_all_images(call: Call, product: Record) -> Shown:
    """Yield the image and all image groups."""
    return show_images(call, product, of_variations=True)


def show_categories(call: Call, product: Record) -> Shown:
    """Yield the categories of a product; the primary category is an assigned one."""
    assigned = [
        {"catalog_id": catalog_id, "category_id": category_id}
        for name, catalog_id, category_id in list_keys(
            call.store, CATEGORIES_OF_PRODUCTS, product.key
        )
        if call.store.get(ASSIGNMENTS, (catalog_id, category_id, name)) is not None
    ]
    primary = [one for one in assigned if one["category_id"] == product.get(PRIMARY)]
    if assigned:
        yield "assigned_categories", assigned
    if primary:
        yield "primary_categories", primary
        yield PRIMARY, product.get(PRIMARY)
    yield from _pick(product, CLASSIFICATION)


def show_options(call: Call, product: Record) -> Shown:
    """Yield the options of a product with all values."""
    found = list_below(call.store, PRODUCT_FAMILY.members, product.key)
    if found:
        yield "product_options", [embed(one.state, _show_option(call, one)) for one in found]


def _show_option(call: Call, option: Record) -> Mapping[str, Any]:
    return {**option.properties, **show_product_option(call, option)}


def show_prices(_: Call, product: Record) -> Shown:
    """Yield the price, the currency and the price per unit."""
    return _pick(product, "price", "price_currency", "price_per_unit")


def show_sets(call: Call, product: Record) -> Shown:
    """Yield the members of a set, and the sets with the product."""
    yield from _show_members(call, product, "set_products")
    yield from _show_owners(call, product, "product_sets", SETS)


def show_bundles(call: Call, product: Record) -> Shown:
    """Yield the members of a bundle, and the bundles with the product."""
    yield from _show_members(call, product, "bundled_products")
    yield from _show_owners(call, product, "product_bundles", BUNDLES)


def _pick(product: Record, *names: str) -> Shown:
    for name in names:
        if name in product.names:
            yield name, product.get(name)


def _show_members(call: Call, product: Record, member: str) -> Shown:
    ids = (other["id"] for other in product.get(member) or ())
    yield from _show_products(call, member, ids)


def _show_owners(call: Call, product: Record, name: str, collection: str) -> Shown:
    yield from _show_products(call, name, list_entries(call.store, collection, product.key[-1]))


def _show_products(call: Call, name: str, ids: Iterator[str]) -> Shown:
    found = (find_product(call.store, one) for one in ids)
    shown = [embed(one.state, show_base(call, one)) for one in found if one is not None]
    if shown:
        yield name, shown


EXPANSIONS: dict[str, Callable[[Call, Record], Shown]] = {
    "availability": show_availability_of_site,
    "images": show_images,
    "all_images": show_all_images,
    "categories": show_categories,
    "options": show_options,
    "prices": show_prices,
    "variations": show_variations,
    "sets": show_sets,
    "bundles": show_bundles,
}
"""The expansions of a product by name; ``all`` stands for all of them."""
