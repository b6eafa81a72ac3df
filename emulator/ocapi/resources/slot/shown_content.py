"""The content assets of slot configurations, and the opposite direction (SLOT-9)."""

from collections.abc import Iterator

from emulator.fixture.reference import Records
from emulator.ocapi.resources.id_lists import entries_of, lists_of
from emulator.ocapi.resources.slot.context import CONFIGURATIONS_NAME
from emulator.store import Change, Delete, Key, Put, Record, Size, Store

LIBRARIES, CONTENT = "libraries", "content"
BY_CONTENT = f"{CONFIGURATIONS_NAME}.by_content"  # content asset, and the key of a configuration
INDEXES = (BY_CONTENT, *(one.index for one in lists_of(CONFIGURATIONS_NAME)))


def list_content(configuration: Record | None) -> tuple[str, ...]:
    """Return the ids of the content assets in a slot configuration."""
    content = configuration.get("slot_content") if configuration else {}
    return tuple(content.get("content_asset_ids") or ())


def list_entries(configuration: Record | None) -> Iterator[tuple[str, Key]]:
    """Yield collection and key of each entry of a configuration: customer groups and content."""
    if configuration is None:
        return
    yield from entries_of(configuration, CONFIGURATIONS_NAME)
    for content_id in list_content(configuration):
        yield BY_CONTENT, (content_id, *configuration.key)


def find_content(store: Store, content_id: str, without: Key = ()) -> Key | None:
    """Return the key of a content asset in a library; the asset of ``without`` does not count."""
    libraries = store.scan(LIBRARIES, 0, store.count(LIBRARIES)).records
    keys = ((*one.key, content_id) for one in libraries)
    found = (key for key in keys if key != without and store.get(CONTENT, key) is not None)
    return next(found, None)


def list_missing_content(configuration: Record, records: Records) -> Iterator[str]:
    """Yield the problem of each content asset of a data set that no library has (SLOT-2)."""
    libraries = [*records.list_keys(LIBRARIES, ())]
    for content_id in list_content(configuration):
        if not any(records.has(CONTENT, (*one, content_id)) for one in libraries):
            yield f"there is no '{content_id}' in {CONTENT}"


def release_content(store: Store, content: Key, new_id: str | None) -> Iterator[Change]:
    """Yield the changes of configurations when a content asset is deleted, or gets another id.

    The configurations stay if another library has an asset with the id.
    """
    content_id = content[-1]
    if find_content(store, content_id, content) is not None:
        return
    count = store.count(BY_CONTENT, (content_id,))
    yield Size(BY_CONTENT, (content_id,), count)
    for entry in store.scan(BY_CONTENT, 0, count, (content_id,)).records:
        yield Delete(BY_CONTENT, entry.key)
        configuration = store.get(CONFIGURATIONS_NAME, entry.key[1:])
        if configuration is not None:
            yield Put(CONFIGURATIONS_NAME, _rename(configuration, content_id, new_id))
            if new_id is not None:
                yield Put(BY_CONTENT, Record((new_id, *configuration.key), {}))


def _rename(configuration: Record, content_id: str, new_id: str | None) -> Record:
    """Return a configuration with another id of a content asset, or without the asset."""
    renamed = [new_id if one == content_id else one for one in list_content(configuration)]
    kept = [one for one in renamed if one is not None]
    content = {**configuration.get("slot_content"), "content_asset_ids": kept}
    return configuration.amend({"slot_content": content})
