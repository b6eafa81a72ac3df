"""The products in a role below a master: variants, variation groups (PRD-7)."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from emulator.ocapi.answer import Answer, answer_document, answer_page
from emulator.ocapi.call import Call
from emulator.ocapi.resources.product import faults
from emulator.ocapi.resources.product.availability import read_site
from emulator.ocapi.resources.product.relations import (
    PRODUCTS_NAME,
    find_master_id,
    find_product,
    has_kind,
)
from emulator.ocapi.schema.document import Collection, Document
from emulator.ocapi.schema.faults import FaultType
from emulator.ocapi.wire import envelope
from emulator.ocapi.wire.select import Documents
from emulator.store import Record

Show = Callable[[Call, Record, Record], dict[str, Any]]
VALUES = "variation_values"


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
    return answer_member(call, role, *find_member(call, role))


def answer_member(call: Call, role: Role, master: Record, product: Record) -> Answer:
    """Answer one product in the role."""
    shown = role.show(call, master, product)
    return answer_document(call, role.document, shown, product.state)
