"""The changes of products in a role below a master (PRD-7)."""

from collections.abc import Iterator, Mapping
from typing import Any

from emulator.ocapi.answer import Answer
from emulator.ocapi.call import Call
from emulator.ocapi.resource import check_ids
from emulator.ocapi.resources.catalog.names import OWNED_PRODUCTS
from emulator.ocapi.resources.product import faults
from emulator.ocapi.resources.product.product import PRODUCT
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
from emulator.ocapi.resources.product.variation_members import (
    VALUES,
    Role,
    answer_member,
    find_master,
    find_member,
)
from emulator.ocapi.schema.faults import FaultType
from emulator.store import Change, Delete, Presence, Put, Record, Require


def put_member(call: Call, *, role: Role) -> Answer:
    """Put a product into the role; a missing product is created."""
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
    }
    written = Record(call.key[1:], {**changed, "last_modified": call.now})
    record = call.revise(written)
    if record is written and product == Record(call.key[1:], changed):
        return answer_member(call, role, master, product)
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
    call.check_state(product)
    check_ids(call.changes, [("product_id", call.key[-1])])


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
