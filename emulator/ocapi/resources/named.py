"""The check of ids in lists: a written document may name existing documents only (MKT-2)."""

from collections.abc import Iterator

from emulator.ocapi.resources.id_lists import lists_of
from emulator.ocapi.schema.faults import PROPERTY_CONSTRAINT_VIOLATION
from emulator.store import Change, Presence, Record, Require, Store


def require_named(
    store: Store, holder: str, document: str, record: Record, before: Record | None
) -> Iterator[Change]:
    """Yield the expectation that the newly named documents exist.

    Args:
        store: The documents.
        holder: The collection of the written document.
        document: The name of the written document in the fault.
        record: The document after the write.
        before: The document before the write, None for a new document.

    Raises:
        Fault: PROPERTY_CONSTRAINT_VIOLATION, for the first missing document.
    """
    for one in lists_of(holder):
        known = (before.get(one.name) if before else None) or ()
        for index, name in enumerate(record.get(one.name) or ()):
            key = (record.key[0], name)
            if name in known:
                continue
            if store.get(one.referenced, key) is None:
                raise PROPERTY_CONSTRAINT_VIOLATION(document, f"$.{one.name}.[{index}]")
            yield Require(one.referenced, key, Presence.PRESENT)
