"""Variants and variation groups of a master (PRD-7): products with variation values."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from functools import partial
from typing import Any

from emulator.ocapi.answer import Answer, answer_document, answer_page, name_state
from emulator.ocapi.call import Call
from emulator.ocapi.resource import Operation
from emulator.ocapi.resources.catalog.names import OWNED_PRODUCTS
from emulator.ocapi.resources.product import faults
from emulator.ocapi.resources.product.availability import SITE_PARAMETER, read_site
from emulator.ocapi.resources.product.product import (
    PRODUCT,
    Variant,
    Variants,
    VariationGroup,
    VariationGroups,
)
from emulator.ocapi.resources.product.relations import (
    ATTRIBUTE_VALUES,
    ATTRIBUTES,
    GROUPS,
    PRODUCTS_NAME,
    VARIATIONS,
    find_master_id,
    find_product,
    forget_default,
    has_kind,
)
from emulator.ocapi.resources.product.roles import show_group, show_variant
from emulator.ocapi.schema.document import Collection, Document
from emulator.ocapi.schema.faults import ID_CONFLICT, FaultType
from emulator.ocapi.wire import envelope, state
from emulator.ocapi.wire.select import Documents
from emulator.store import Change, Delete, Presence, Put, Record, Require, retry_on_conflict

Show = Callable[[Call, Record, Record], dict[str, Any]]
VALUES = "variation_values"
PATH = "products/{{master_product_id}}/{}"


@dataclass(frozen=True, kw_only=True)
class Role:
    """The role of a product below a master.

    Attributes:
        kind: The flag of the product type.
        path: The path below the master.
        entries: The store's collection of the entries of master and product.
        document: The schema of a product in the role.
        collection: The schema of a page.
        show: Returns the properties from call, master and product.
        is_not: The fault of a product in another role.
        not_found: The fault of a product of another master.
        expansions: The expansions of a page and of a single document.
    """

    kind: str
    path: str
    entries: str
    document: Document
    collection: Collection
    show: Show
    is_not: FaultType
    not_found: FaultType
    expansions: tuple[tuple[str, ...], tuple[str, ...]]


def find_master(call: Call) -> Record:
    """Return the master of the path.

    Raises:
        Fault: PRODUCT_NOT_FOUND, NOT_MASTER.
    """
    master_id = call.key[0]
    master = find_product(call.store, master_id)
    if master is None:
        raise faults.PRODUCT_NOT_FOUND(master_id)
    if not has_kind(master, "master"):
        raise faults.NOT_MASTER(master_id)
    return master


def find_member(call: Call, role: Role) -> tuple[Record, Record]:
    """Return the master of the path, and the product in the role.

    Raises:
        Fault: PRODUCT_NOT_FOUND, NOT_MASTER, or the role's own faults.
    """
    master, (master_id, name) = find_master(call), call.key
    product = find_product(call.store, name)
    if product is None:
        raise faults.PRODUCT_NOT_FOUND(name)
    if not has_kind(product, role.kind):
        raise role.is_not(name)
    if find_master_id(product) != master_id:
        raise role.not_found(name, master_id)
    return master, product


def list_members(call: Call, *, role: Role) -> Answer:
    """Show a page of the products in the role."""
    master, page, selector = find_master(call), call.page, call.selector
    read_site(call)
    scan = call.store.scan(role.entries, page.start, page.count, master.key)
    whole = selector is not None and selector.reaches_into("data")

    def show(product: Record) -> dict[str, Any]:
        link = call.link_to(PRODUCTS_NAME, product.key[-1])
        short = {"product_id": product.key[-1], "link": link}
        shown = role.show(call, master, product) if whole else short
        if call.locale is not None:
            shown = role.document.localize(shown, call.locale)
        return envelope.wrap_item(role.document, call.version, product.state, shown, call.dialect)

    products = (find_product(call.store, entry.key[-1]) for entry in scan.records)
    items = Documents(show(product) for product in products if product is not None)
    return answer_page(call, role.collection, items, scan.total)


def read_member(call: Call, *, role: Role) -> Answer:
    """Show one product in the role."""
    master, product = find_member(call, role)
    try:
        state.check_read(product.state, call.request.headers)
    except state.NotModified:
        return Answer(304, headers=name_state(product.state))
    return answer_member(call, role, master, product)


def answer_member(call: Call, role: Role, master: Record, product: Record) -> Answer:
    """Answer one product in the role."""
    shown = role.show(call, master, product)
    return answer_document(call, role.document, shown, product.state)


def put_member(call: Call, *, role: Role) -> Answer:
    """Put a product into the role; a missing product is created."""
    return retry_on_conflict(lambda: _put_member(call, role))


def _put_member(call: Call, role: Role) -> Answer:
    master, product = find_master(call), find_product(call.store, call.key[-1])
    check_request(call, product)
    values = dict(call.changes.get(VALUES) or {})
    expected_values = check_values(call, values, unknown_value=faults.VALUE_NOT_FOUND)
    if product is not None and has_kind(product, "master", "set", "bundle"):
        raise role.is_not(call.key[-1])
    properties = dict(product.properties) if product else new_product(call, master)
    known = properties.get("master", {}).get("master_id")
    if known != call.key[0] or not has_kind(product or master, role.kind):
        properties["type"] = {role.kind: True}
    changed = {
        **properties,
        "type": properties["type"],
        "master": {"master_id": call.key[0]},
        VALUES: values,
        "last_modified": call.now,
    }
    record = Record(call.key[1:], changed)
    expected = product.state if product else Presence.ABSENT
    call.store.apply(
        Require(PRODUCTS_NAME, master.key, Presence.PRESENT),
        *expected_values,
        *leave_master(call, product),
        Put(PRODUCTS_NAME, record, expected),
        Put(OWNED_PRODUCTS, Record((record.get("owning_catalog_id"), *record.key), {})),
        Put(role.entries, Record(call.key, {})),
    )
    return answer_member(call, role, master, record)


def new_product(call: Call, master: Record) -> dict[str, Any]:
    """Return the properties of a new product below a master."""
    return {
        **PRODUCT.defaults(),
        "id": call.key[-1],
        "creation_date": call.now,
        "owning_catalog_id": master.get("owning_catalog_id"),
    }


def leave_master(call: Call, product: Record | None) -> Iterator[Change]:
    """Yield the changes of a product without the present role."""
    master_id = find_master_id(product) if product else None
    if product is None or master_id is None:
        return
    entries = GROUPS if has_kind(product, "variation_group") else VARIATIONS
    yield Delete(entries, (master_id, *product.key))
    if master_id != call.key[0] or call.method == "DELETE":
        yield from forget_default(call.store, master_id, product.key[-1])


def patch_member(call: Call, *, role: Role) -> Answer:
    """Change the sent values of a product in the role."""
    return retry_on_conflict(lambda: _patch_member(call, role))


def _patch_member(call: Call, role: Role) -> Answer:
    master, product = find_member(call, role)
    check_request(call, product)
    sent = call.changes.get(VALUES)
    values = {**(product.get(VALUES) or {}), **(sent or {})}
    invalid = faults.VARIATION_VALUE_NOT_VALID
    expected_values = check_values(call, dict(sent or {}), unknown_value=invalid)
    if VALUES not in call.changes or values == dict(product.get(VALUES) or {}):
        return answer_member(call, role, master, product)
    record = product.amend({VALUES: values, "last_modified": call.now})
    call.store.apply(*expected_values, Put(PRODUCTS_NAME, record, product.state))
    return answer_member(call, role, master, record)


def delete_member(call: Call, *, role: Role) -> Answer:
    """Take a product out of the role; the product stays."""
    return retry_on_conflict(lambda: _delete_member(call, role))


def _delete_member(call: Call, role: Role) -> Answer:
    _, product = find_member(call, role)
    check_request(call, product)
    kept = {n: v for n, v in product.properties.items() if n not in ("master", VALUES)}
    record = Record(product.key, {**kept, "type": {"item": True}, "last_modified": call.now})
    put = Put(PRODUCTS_NAME, record, product.state)
    call.store.apply(put, *leave_master(call, product))
    return Answer(204)


def check_request(call: Call, product: Record | None) -> None:
    """Check the expected state of a product, and the id in the body.

    Raises:
        Fault: Any of a conditional request (RST-2 to RST-4), ID_CONFLICT.
    """
    body_state = call.content.get("_resource_state")
    state.check_write(product.state if product else None, call.request.headers, body_state)
    sent = call.changes.get("product_id", call.key[-1])
    if sent != call.key[-1]:
        raise ID_CONFLICT(sent, call.key[-1])


def check_values(call: Call, values: Mapping[str, Any], unknown_value: FaultType) -> list[Require]:
    """Check the values of a product against the attributes of the master.

    Returns:
        The expectations that the values still exist when the product is written.

    Raises:
        Fault: VARIATION_VALUE_NOT_VALID, or the given fault of an unknown value.
    """
    expected, master_id = [], call.key[0]
    for attribute, value in values.items():
        key = (master_id, attribute)
        if call.store.get(ATTRIBUTES, key) is None:
            raise faults.VARIATION_VALUE_NOT_VALID(attribute, value)
        if call.store.get(ATTRIBUTE_VALUES, (*key, value)) is None:
            if unknown_value is faults.VARIATION_VALUE_NOT_VALID:
                raise unknown_value(attribute, value)
            raise unknown_value(value, attribute, master_id)
        expected.append(Require(ATTRIBUTE_VALUES, (*key, value), Presence.PRESENT))
    return expected


VARIANT = Role(
    kind="variant",
    path="variations",
    entries=VARIATIONS,
    document=Variant(),
    collection=Variants(),
    show=show_variant,
    is_not=faults.NOT_VARIATION,
    not_found=faults.VARIATION_NOT_FOUND,
    expansions=(
        ("price", "availability"),
        ("variation", "attributes", "availability", "prices"),
    ),
)
VARIATION_GROUP = Role(
    kind="variation_group",
    path="variation_groups",
    entries=GROUPS,
    document=VariationGroup(),
    collection=VariationGroups(),
    show=show_group,
    is_not=faults.NOT_VARIATION_GROUP,
    not_found=faults.VARIATION_GROUP_NOT_FOUND,
    expansions=(("price", "availability"), ("price", "availability")),
)


def _answer(act: Callable[..., Answer], role: Role) -> Callable[[Call], Answer]:
    answer = partial(act, role=role)
    answer.__doc__ = act.__doc__
    return answer


def declare_operations(role: Role) -> Iterator[Operation]:
    """Yield the operations on the products in a role."""
    above = (faults.PRODUCT_NOT_FOUND, faults.NOT_MASTER)
    found = (*above, role.is_not, role.not_found)
    valid = faults.VARIATION_VALUE_NOT_VALID
    path = PATH.format(role.path)
    yield Operation(
        method="GET",
        path=path,
        answer=_answer(list_members, role),
        shows=role.collection,
        expansions=role.expansions[0],
        parameters=SITE_PARAMETER,
        faults=above,
    )
    yield Operation(
        method="GET",
        path=f"{path}/{{id}}",
        answer=_answer(read_member, role),
        shows=role.document,
        expansions=role.expansions[1],
        parameters=SITE_PARAMETER,
        faults=found,
    )
    for method, act, refused in (
        ("PUT", put_member, (*above, valid, faults.VALUE_NOT_FOUND)),
        ("PATCH", patch_member, (*found, valid)),
    ):
        yield Operation(
            method=method,
            path=f"{path}/{{id}}",
            answer=_answer(act, role),
            shows=role.document,
            body=role.document,
            faults=refused,
        )
    yield Operation(
        method="DELETE",
        path=f"{path}/{{id}}",
        answer=_answer(delete_member, role),
        faults=found,
    )
