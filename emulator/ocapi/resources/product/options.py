"""Product options and values: the rules for products and for catalogs (PRD-9)."""

from collections.abc import Iterator, Mapping, Sequence
from functools import partial
from typing import Any

from emulator.ocapi.call import Call
from emulator.ocapi.resource import Resource
from emulator.ocapi.resources.product.family import Family
from emulator.ocapi.resources.product.product_option import (
    ProductOption,
    ProductOptions,
    ProductOptionValue,
    ProductOptionValues,
)
from emulator.ocapi.resources.product.relations import find_product
from emulator.ocapi.schema.faults import QUOTA_EXCEEDED, FaultType
from emulator.ocapi.schema.fields import String
from emulator.ocapi.wire.envelope import embed
from emulator.store import Change, Clear, Key, Put, Record, Store

Properties = Mapping[str, Any]

SHARED = "shared"
DEFAULT = "default_product_option_value"
VALUES_BY_PRICE = "byoptionprice"
MAX_VALUES = 10_000  # of one document; a value is a record of its own

PRODUCT_FAMILY = Family(
    path="product_options",
    owners="products",
    members="product_options",
    values="product_option_values",
)
CATALOG_FAMILY = Family(
    path="shared_product_options",
    owners="catalogs",
    members="shared_product_options",
    values="shared_product_option_values",
    shared=True,
)


def read_values(call: Call) -> Sequence[Properties]:
    """Return the values in the document of an option or of a variation attribute.

    Raises:
        Fault: QUOTA_EXCEEDED.
    """
    values: Sequence[Properties] = call.changes.get("values") or ()
    if len(values) > MAX_VALUES:
        raise QUOTA_EXCEEDED(f"a document brings at most {MAX_VALUES} values")
    return values


def list_below(store: Store, name: str, parent: Key) -> list[Record]:
    """Return the records of a collection below a key."""
    return list(store.scan(name, 0, store.count(name, parent), parent).records)


def show_option(call: Call, option: Record, family: Family) -> dict[str, Any]:
    """Return the properties of an option from values and path."""
    name = option.key[-1]
    values = sort_values(call, list_below(call.store, family.values, option.key), option)
    default = option.get(DEFAULT)
    known = default if any(value.key[-1] == default for value in values) else None
    shown = [
        embed(one.state, {**one.properties, **show_value(call, one, family)}) for one in values
    ]
    return {
        DEFAULT: known,
        "link": call.link_to(family.owners, *option.key[:-1], family.path, name),
        "name": name,
        "selected_option_value": known,
        "shared": family.shared,
        "values": shown or None,
    }


def find_shared(call: Call, product_id: str, option_id: str) -> Record | None:
    """Return the shared option of a product's catalog, None for none."""
    product = find_product(call.store, product_id)
    if product is None:
        return None
    return call.store.get(CATALOG_FAMILY.members, (product.get("owning_catalog_id"), option_id))


def show_product_option(call: Call, option: Record) -> dict[str, Any]:
    """Return the shown properties of an option; a bound option shows the shared option."""
    shared = find_shared(call, *option.key) if option.get(SHARED) else None
    if shared is None:
        return show_option(call, option, PRODUCT_FAMILY)
    shown = {**shared.properties, **show_option(call, shared, CATALOG_FAMILY)}
    own = show_option(call, option, PRODUCT_FAMILY)
    return {**shown, "link": own["link"]}


def show_value(call: Call, value: Record, family: Family) -> dict[str, Any]:
    """Return the properties of a value from option and path."""
    *owner, option_id, name = value.key
    option = call.store.get(family.members, value.key[:-1])
    default = option.get(DEFAULT) if option else None
    path = (family.owners, *owner, family.path, option_id, "values", name)
    return {DEFAULT: default == name, "link": call.link_to(*path)}


def sort_values(call: Call, values: list[Record], option: Record) -> list[Record]:
    """Return values by id, or by price where the option says so."""
    if option.get("sorting_mode") != VALUES_BY_PRICE:
        return values
    currency = call.request.parameters.get("currency")

    def price(value: Record) -> tuple[bool, float]:
        prices = [
            money.get("value", 0)
            for money in value.get("option_prices") or ()
            if currency in (None, money.get("currency_mnemonic"))
        ]
        return (False, prices[0]) if prices else (True, 0)

    return sorted(values, key=price)


def drop_values(
    _before: Properties | None, after: dict[str, Any], _changes: Properties, _now: str
) -> dict[str, Any]:
    """Return an option without the values: a value is a record below the option."""
    return {name: value for name, value in after.items() if name != "values"}


def drop_flag(
    _before: Properties | None, after: dict[str, Any], _changes: Properties, _now: str
) -> dict[str, Any]:
    """Return a value without the flag of the default: the option names the default."""
    return {name: value for name, value in after.items() if name != DEFAULT}


def change_values(
    call: Call, _before: Properties | None, after: Properties | None, *, family: Family
) -> Iterator[Change]:
    """Yield the changes of the values for the sent document of an option."""
    if after is None or not (call.method == "PUT" or "values" in call.changes):
        return
    yield Clear(family.values, call.key)
    if after.get(SHARED):
        return
    for value in read_values(call):
        if value.get("id"):
            kept = {name: member for name, member in value.items() if name != DEFAULT}
            yield Put(family.values, Record((*call.key, value["id"]), kept))


def change_default(
    call: Call, _before: Properties | None, after: Properties | None, *, family: Family
) -> Iterator[Change]:
    """Yield the change of an option with a new default value."""
    option = call.store.get(family.members, call.key[:-1])
    if option is None:
        return
    name, default = call.key[-1], option.get(DEFAULT)
    wanted = after is not None and call.changes.get(DEFAULT, default == name)
    if wanted == (default == name):
        return
    properties = {n: v for n, v in option.properties.items() if n != DEFAULT}
    properties |= {DEFAULT: name} if wanted else {}
    yield Put(family.members, Record(option.key, properties), option.state)


def declare_options(family: Family, parent: Resource, parent_key: str, **more: Any) -> Resource:
    """Return the resource of options below an owner.

    Args:
        family: Where the options are.
        parent: The resource of the owners.
        parent_key: The name of the path parameter with the owner's id.
        **more: Further fields of the resource, such as ``not_found``.
    """
    declared = {
        "derive": drop_values,
        "effects": partial(change_values, family=family),
        "view": partial(show_option, family=family),
        **more,
    }
    return Resource(
        name=family.members,
        path=family.path,
        parent=parent,
        parent_key=parent_key,
        document=ProductOption(),
        collection=ProductOptions(),
        key="id",
        verbs=frozenset({"list", "read", "create", "update", "delete"}),
        deletes_missing=False,
        created_status=200,
        parameters={"currency": String()},
        **declared,
    )


def declare_values(
    family: Family, options: Resource, not_found: FaultType, **more: Any
) -> Resource:
    """Return the resource of the values of options."""

    def list_values(call: Call) -> list[Record]:
        option = call.store.get(family.members, call.parents) or Record(call.parents, {})
        return sort_values(call, list_below(call.store, family.values, call.parents), option)

    return Resource(
        name=family.values,
        path="values",
        parent=options,
        parent_key="option_id",
        document=ProductOptionValue(),
        collection=ProductOptionValues(),
        key="id",
        verbs=frozenset({"list", "read", "create", "update", "delete"}),
        not_found=not_found,
        deletes_missing=False,
        created_status=200,
        derive=drop_flag,
        view=partial(show_value, family=family),
        effects=partial(change_default, family=family),
        records=list_values,
        **more,
    )
