"""The changes of other documents when categories are deleted (CAT-5)."""

from collections import Counter
from collections.abc import Iterable, Iterator

from emulator.ocapi.resources.catalog.category_tree import child_key
from emulator.ocapi.resources.catalog.names import (
    ASSIGNED_PRODUCTS,
    ASSIGNMENTS,
    CATEGORIES_NAME,
    CATEGORIES_OF_PRODUCTS,
    CHILDREN,
    CLASSIFIED_PRODUCTS,
    LINKS,
    LINKS_BY_TARGET,
    POSITIONED,
)
from emulator.store import Change, Clear, Delete, Key, Put, Record, Store

PRODUCTS = "products"
PRIMARY, CLASSIFICATION = "primary_category_id", "classification_category"


def remove_categories(store: Store, categories: Iterable[Record]) -> Iterator[Change]:
    """Yield the changes for the removal of categories of a catalog, with all references."""
    removed: set[Key] = set()
    for category in categories:
        removed.add(category.key)
        yield Delete(CATEGORIES_NAME, category.key)
        yield Delete(CHILDREN, child_key(category))
        yield from _remove_links(store, category.key)
    yield from _remove_assignments(store, removed)


def list_keys(store: Store, name: str, parent: Key) -> list[Key]:
    """Return the keys of a collection below a key."""
    return [record.key for record in store.scan(name, 0, store.count(name, parent), parent).records]


def _remove_links(store: Store, category: Key) -> Iterator[Change]:
    """Yield the changes for the removal of the links from and to a category."""
    for key in list_keys(store, LINKS, category):
        yield Delete(LINKS_BY_TARGET, (*key[2:4], *key[:2], key[4]))
    yield Clear(LINKS, category)
    for key in list_keys(store, LINKS_BY_TARGET, category):
        yield Delete(LINKS, (*key[2:4], *key[:2], key[4]))
    yield Clear(LINKS_BY_TARGET, category)


def _remove_assignments(store: Store, removed: set[Key]) -> Iterator[Change]:
    """Yield the changes of products without categories; products stay."""
    classified: dict[str, None] = {}
    assigned: Counter[tuple[str, str]] = Counter()
    for category in sorted(removed):
        for key in list_keys(store, CLASSIFIED_PRODUCTS, category):
            classified[key[2]] = None
        for key in list_keys(store, ASSIGNMENTS, category):
            assigned[key[2], key[0]] += 1
            yield Delete(CATEGORIES_OF_PRODUCTS, (key[2], *category))
        for name in (CLASSIFIED_PRODUCTS, ASSIGNMENTS, POSITIONED):
            yield Clear(name, category)
    for key, count in assigned.items():
        if store.count(CATEGORIES_OF_PRODUCTS, key) == count:
            yield Delete(ASSIGNED_PRODUCTS, key[::-1])
    for product_id in dict.fromkeys([*classified, *(product for product, _ in assigned)]):
        product = store.get(PRODUCTS, (product_id,))
        if product is not None:
            yield from forget_categories(store, product, removed)


def forget_categories(
    store: Store, product: Record, removed: set[Key], *, are_deleted: bool = True
) -> Iterator[Change]:
    """Yield the change of a product without references to categories.

    Args:
        store: The store.
        product: The product.
        removed: The categories without the product.
        are_deleted: Whether the categories are deleted, so that no product is classified by them.
    """
    lost = set()
    primary, classified = product.get(PRIMARY), product.get(CLASSIFICATION) or {}
    if are_deleted and (classified.get("catalog_id"), classified.get("category_id")) in removed:
        lost.add(CLASSIFICATION)
    if primary is not None and any(key[1] == primary for key in removed):
        kept = list_keys(store, CATEGORIES_OF_PRODUCTS, product.key)
        if not any(key[2] == primary and key[1:] not in removed for key in kept):
            lost.add(PRIMARY)
    if lost:
        left = {name: value for name, value in product.properties.items() if name not in lost}
        yield Put(PRODUCTS, Record(product.key, left), product.state)
