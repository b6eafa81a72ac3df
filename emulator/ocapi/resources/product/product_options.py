"""Options of products: local options, and shared options of the product's catalog (PRD-9)."""

from collections.abc import Iterator, Mapping
from typing import Any

from emulator.ocapi.call import Call
from emulator.ocapi.resource import fault_of, make_index
from emulator.ocapi.resources.product import faults, options
from emulator.ocapi.resources.product.options import (
    PRODUCT_FAMILY,
    SHARED,
    find_shared,
    show_product_option,
)
from emulator.ocapi.resources.product.products import PRODUCTS
from emulator.ocapi.resources.product.relations import BOUND_OPTIONS, find_product, has_kind
from emulator.store import Change, Delete, Key, Put, Record

Properties = Mapping[str, Any]


def derive(
    _before: Properties | None, after: dict[str, Any], changes: Properties, _now: str
) -> dict[str, Any]:
    """Return the stored properties of an option: of a bound option the id alone."""
    if after.get(SHARED):
        return {"id": after["id"], SHARED: True} if "id" in after else {SHARED: True}
    return options.drop_values(None, after, changes, "")


def bind(option: Record) -> Iterator[tuple[str, Key]]:
    """Yield the entry of a bound option in the opposite direction."""
    if option.get(SHARED):
        yield BOUND_OPTIONS, option.key[::-1]


def change(call: Call, before: Properties | None, after: Properties | None) -> Iterator[Change]:
    """Create a local option, or bind the shared option with the id.

    Raises:
        Fault: OPTION_CREATE: the product is a variation group, or there is no shared option.
            OPTION_UPDATE: the option is shared.
    """
    product_id, option_id = call.key
    entry = (option_id, product_id)
    was_bound, is_bound = ((found or {}).get(SHARED, False) for found in (before, after))
    if after is not None and call.method == "PUT":
        product = find_product(call.store, product_id)
        is_group = product is not None and has_kind(product, "variation_group")
        if is_group or (is_bound and find_shared(call, *call.key) is None):
            raise faults.OPTION_CREATE(*entry)
    elif after is not None and was_bound:
        raise faults.OPTION_UPDATE(*entry)
    if was_bound and not is_bound:
        yield Delete(BOUND_OPTIONS, entry)
    if is_bound and not was_bound:
        yield Put(BOUND_OPTIONS, Record(entry, {}))
    yield from options.change_values(call, before, after, family=PRODUCT_FAMILY)


def check_local(call: Call) -> None:
    """Refuse the values of a bound option: the catalog has the values.

    Raises:
        Fault: OPTION_NOT_FOUND.
    """
    option = call.store.get(PRODUCT_FAMILY.members, call.parents)
    if option is not None and option.get(SHARED):
        raise fault_of(faults.OPTION_NOT_FOUND, call.parents)


PRODUCT_OPTIONS = options.declare_options(
    PRODUCT_FAMILY,
    PRODUCTS,
    "product_id",
    not_found=faults.OPTION_NOT_FOUND,
    derive=derive,
    view=show_product_option,
    effects=change,
    index=make_index(bind, BOUND_OPTIONS),
    ignored={"update": frozenset({SHARED})},
    refusals={"create": (faults.OPTION_CREATE,), "update": (faults.OPTION_UPDATE,)},
)
PRODUCT_OPTION_VALUES = options.declare_values(
    PRODUCT_FAMILY, PRODUCT_OPTIONS, faults.OPTION_VALUE_NOT_FOUND, check=check_local
)
