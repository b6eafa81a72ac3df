"""The changes of other documents when categories are deleted (CAT-5)."""

from collections.abc import Iterator

from emulator.ocapi.resources.catalog.category_tree import child_key, list_below
from emulator.ocapi.resources.catalog.names import (
    ASSIGNMENTS,
    CAMPAIGNS_BY_CATEGORY,
    CATEGORIES_NAME,
    CHILDREN_BY_PARENT,
    CLASSIFIED_PRODUCTS,
    LINKS,
    LINKS_BY_TARGET,
    POSITIONED_PRODUCTS,
    SORTING_ASSIGNMENTS,
)
from emulator.ocapi.resources.experiences import release_category
from emulator.ocapi.schema.faults import QUOTA_EXCEEDED
from emulator.store import Change, Clear, Delete, Key, Put, Record, Store

PRODUCTS = "products"
PRIMARY, CLASSIFICATION = "primary_category_id", "classification_category"
MAX_CHANGED_DOCUMENTS = 10_000  # of a deletion: categories, links and classified products


def remove_category(store: Store, category: Record, root: str) -> Iterator[Change]:
    """Yield the changes for the removal of a category with all below.

    Products stay. Their entries in ``CATEGORIES_OF_PRODUCTS`` stay, too: a category may have many.

    Raises:
        Fault: QUOTA_EXCEEDED: the removal changes too many documents.
    """
    left = MAX_CHANGED_DOCUMENTS
    for one in list_below(store, category, root, MAX_CHANGED_DOCUMENTS + 1):
        changes = [Delete(CATEGORIES_NAME, one.key), *_remove_references(store, one.key)]
        left -= sum(not isinstance(change, Clear) for change in changes)
        if left < 0:
            raise QUOTA_EXCEEDED(f"a deletion changes at most {MAX_CHANGED_DOCUMENTS} documents")
        yield from changes
    yield Delete(CHILDREN_BY_PARENT, child_key(category))


def list_keys(store: Store, name: str, parent: Key) -> list[Key]:
    """Return the keys of a collection below a key."""
    return [record.key for record in store.scan(name, 0, store.count(name, parent), parent).records]


def _remove_references(store: Store, category: Key) -> Iterator[Change]:
    """Yield the changes of children, links, assignments and products for a removed category."""
    held = [
        n
        for n in (CHILDREN_BY_PARENT, ASSIGNMENTS, POSITIONED_PRODUCTS)
        if store.count(n, category)
    ]
    for name in held:
        yield Clear(name, category)
    for name, other in ((LINKS, LINKS_BY_TARGET), (LINKS_BY_TARGET, LINKS)):
        for key in list_keys(store, name, category):
            yield Delete(name, key)
            yield Delete(other, turn_link(key))
    for key in list_keys(store, CAMPAIGNS_BY_CATEGORY, category):
        yield Delete(CAMPAIGNS_BY_CATEGORY, key)
        yield Delete(SORTING_ASSIGNMENTS, (*key[2:], category[1]))
    yield from release_category(store, category)
    for key in list_keys(store, CLASSIFIED_PRODUCTS, category):
        yield Delete(CLASSIFIED_PRODUCTS, key)
        product = store.get(PRODUCTS, key[2:])
        if product is not None:
            kept = {n: v for n, v in product.properties.items() if n != CLASSIFICATION}
            yield Put(PRODUCTS, Record(product.key, kept), product.state)


def turn_link(key: Key) -> Key:
    """Return the key of a link with source and target exchanged."""
    return (*key[2:4], *key[:2], key[4])
