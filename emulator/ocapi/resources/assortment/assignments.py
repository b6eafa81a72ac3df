"""Assignments of products to categories (CAT-8)."""

from collections.abc import Iterator, Mapping
from typing import Any

from emulator.ocapi.call import Call
from emulator.ocapi.resource import Resource, make_index
from emulator.ocapi.resources.assortment.assignment import (
    ASSIGNMENT,
    EXPANSIONS_OF_ASSIGNMENT,
    CategoryProductAssignments,
    show_assignment,
)
from emulator.ocapi.resources.assortment.assignment_search import ASSIGNMENT_SEARCH
from emulator.ocapi.resources.assortment.positions import POSITION, take_position
from emulator.ocapi.resources.catalog.catalogs import CATALOGS
from emulator.ocapi.resources.catalog.categories import CATEGORIES, check_category
from emulator.ocapi.resources.catalog.category import CATEGORY_NOT_FOUND
from emulator.ocapi.resources.catalog.names import (
    ASSIGNMENTS,
    CATEGORIES_OF_PRODUCTS,
    POSITIONED_PRODUCTS,
)
from emulator.ocapi.resources.product.availability import SITE_PARAMETER
from emulator.ocapi.resources.product.faults import PRODUCT_NOT_FOUND
from emulator.ocapi.resources.product.relations import PRODUCTS_NAME, find_product
from emulator.ocapi.resources.relation import Relation
from emulator.ocapi.resources.relation_operations import declare_operations
from emulator.ocapi.schema.faults import ID_CONFLICT, QUOTA_EXCEEDED, FaultType
from emulator.store import Change, Delete, Key, Presence, Put, Record, Require

Properties = Mapping[str, Any]

ABOVE = (CATALOGS.not_found, CATEGORY_NOT_FOUND)
NOT_FOUND = FaultType(
    404,
    "CategoryProductAssignmentNotFound",
    "No assignment of the product with ID '{productId}' to the category with ID '{categoryId}' "
    "for catalog '{catalogId}' could be found.",
    ("productId", "categoryId", "catalogId"),
)


def check(call: Call) -> None:
    """Check category and product of the path; DELETE looks at the category alone.

    Raises:
        Fault: CATALOGS.not_found, CATEGORY_NOT_FOUND, PRODUCT_NOT_FOUND.
    """
    check_category(call)
    if call.method != "DELETE" and find_product(call.store, call.key[-1]) is None:
        raise PRODUCT_NOT_FOUND(call.key[-1])


def index(assignment: Record) -> Iterator[tuple[str, Key]]:
    """Yield the entries of an assignment in the opposite direction and by position."""
    catalog_id, category_id, product_id = assignment.key
    yield CATEGORIES_OF_PRODUCTS, (product_id, catalog_id, category_id)
    if assignment.get(POSITION) is not None:
        yield POSITIONED_PRODUCTS, assignment.key


def place(
    call: Call, before: Properties | None, properties: dict[str, Any]
) -> tuple[dict[str, Any], tuple[Change, ...]]:
    """Return an assignment with a normalized position, and the changes of other assignments."""
    key, wanted = call.key, properties.pop(POSITION, None)
    position, more = take_position(call.store, key, before, wanted)
    if position is not None:
        properties[POSITION] = position
    if before is not None:
        return properties, more
    catalog_id, category_id, product_id = key
    return properties, (
        Require(CATEGORIES.name, key[:2], Presence.PRESENT),
        Require(PRODUCTS_NAME, key[2:], Presence.PRESENT),
        Put(CATEGORIES_OF_PRODUCTS, Record((product_id, catalog_id, category_id), {})),
        *more,
    )


def remove(_: Call, assignment: Record) -> Iterator[Change]:
    """Yield the changes for a deleted assignment; the other positions stay."""
    for name, key in index(assignment):
        yield Delete(name, key)


CATEGORY_PRODUCT_ASSIGNMENTS = Resource(
    path=PRODUCTS_NAME,
    name=ASSIGNMENTS,
    parent=CATEGORIES,
    parent_key="category_id",
    document=ASSIGNMENT,
    collection=CategoryProductAssignments(),
    key="product_id",
    verbs=frozenset(),
    not_found=NOT_FOUND,
    index=make_index(index, CATEGORIES_OF_PRODUCTS, POSITIONED_PRODUCTS),
    references={"product_id": PRODUCTS_NAME},
    operations=(
        *declare_operations(
            Relation(
                name=ASSIGNMENTS,
                path="catalogs/{catalog_id}/categories/{category_id}/products/{product_id}",
                ids=("catalog_id", "category_id", "product_id"),
                document=ASSIGNMENT,
                check=check,
                place=place,
                remove=remove,
                show=show_assignment,
                faults={
                    "GET": (*ABOVE, PRODUCT_NOT_FOUND, NOT_FOUND),
                    "PATCH": (*ABOVE, PRODUCT_NOT_FOUND, NOT_FOUND, ID_CONFLICT, QUOTA_EXCEEDED),
                    "PUT": (*ABOVE, PRODUCT_NOT_FOUND, ID_CONFLICT, QUOTA_EXCEEDED),
                    "DELETE": ABOVE,
                },
                not_found=NOT_FOUND,
                needs_body=False,
                deletes_missing=True,
                expansions=EXPANSIONS_OF_ASSIGNMENT,
                parameters=SITE_PARAMETER,
            )
        ),
        ASSIGNMENT_SEARCH,
    ),
)
