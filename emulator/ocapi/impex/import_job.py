"""The job ``sfcc-site-archive-import`` (IMP-4 to IMP-7)."""

from collections import Counter
from collections.abc import Mapping, Sequence
from contextlib import closing
from itertools import groupby
from operator import attrgetter

from emulator.fixture.impex.archive import (
    BUSINESS_MANAGER,
    BUSINESS_MANAGER_SITE,
    CARTRIDGES,
    SITE_CATALOG,
    SITE_CUSTOMERS,
    SITE_LISTS,
    Archive,
    read_archive,
    split_lists,
)
from emulator.fixture.impex.client_permissions import CLIENTS, PATH, PERMISSIONS
from emulator.fixture.impex.error import ImpexError
from emulator.fixture.impex.reader import Item
from emulator.fixture.impex.source import ZipSource
from emulator.fixture.impex.tables import PREFERENCES
from emulator.ocapi.access.client import read_client
from emulator.ocapi.call import Call
from emulator.ocapi.impex.log import Log
from emulator.ocapi.impex.merge import Described, Draft, Merge
from emulator.ocapi.resources.catalog.catalogs import ASSIGNED_SITES, assign_sites
from emulator.ocapi.resources.customer.memberships import remove_memberships
from emulator.ocapi.resources.job.actions import Outcome
from emulator.ocapi.resources.site.cartridge_path import leave_out_empty_path, read_path
from emulator.ocapi.resources.site.sites import find_list_id
from emulator.ocapi.schema.faults import Fault
from emulator.store import Record, retry_on_conflict, thaw

FOLDER = "Impex/src/instance"
SITES = "sites"
CUSTOMER_LISTS = "customer_lists"
LISTS, ASSIGNED = "inventory_lists", "assigned_sites"
CATALOGS = "catalogs"
MAX_PASSES = 50  # over the refused objects of an archive, which may refer to later objects
MAX_IMPORT_BYTES = 256 * 1024 * 1024  # of all files, expanded


def import_archive(call: Call, parameters: Mapping[str, str]) -> Outcome:
    """Merge an uploaded archive into the data of the workspace, in one step.

    Args:
        call: The call that has started the job.
        parameters: The parameters of the execution: ``ImportFile`` and ``ImportMode``.
    """
    name, mode = parameters.get("ImportFile", ""), parameters.get("ImportMode", "merge")
    if mode.lower() != "merge":
        return Outcome(failure=f"The import mode '{mode}' isn't supported.")
    api = call.service.api
    known = [*(one.name for one in api.resources), *(one.name for one in api.described)]
    try:
        archive = _read(call, name, known)
    except ImpexError as error:
        return Outcome((f"ERROR {error}",), f"The archive can't be read: {error}")
    if archive.errors:
        lines = tuple(f"ERROR {error}" for error in archive.errors)
        return Outcome(lines, f"The archive can't be read: {archive.errors[0]}")
    described = Described(api.resources, api.described)
    return Outcome(retry_on_conflict(lambda: _merge(call, name, archive, described)))


def _read(call: Call, name: str, collections: list[str]) -> Archive:
    """Return the content of an uploaded archive.

    Raises:
        ImpexError: The archive cannot be read.
    """
    try:
        path = call.workspace.files.locate(f"{FOLDER}/{name}")
    except ValueError as error:
        raise ImpexError(name, 0, "is not the name of a file") from error
    with closing(ZipSource(path, name, MAX_IMPORT_BYTES)) as source:
        return read_archive(source, collections)


def _merge(call: Call, name: str, archive: Archive, described: Described) -> tuple[str, ...]:
    """Merge an archive; return the lines of the log.

    Raises:
        StateConflict: Another request has changed a document of the archive meanwhile.
    """
    log = Log()
    log.inform(f"ImportFile:  {name}")
    log.inform("ImportMode:  MERGE")
    with call.store.frozen() as frozen:
        merging = Merge(described, draft := Draft(described.copy(frozen)), log, call)
        _merge_files(archive, merging, log)
        merging.relate()
        _assign_catalogs(archive, merging, log)
        _assign_sites(archive, merging, log)
        _permit_clients(archive, merging.draft, log)
        changes = list(draft.list_changes())
    call.store.apply(*changes)
    for note in archive.notes:
        log.add_problem(note)
    return log.list_lines()


def _merge_files(archive: Archive, merging: Merge, log: Log) -> None:
    """Merge all files: an object may refer to a later object, also of another file."""
    taken: dict[str, Counter[str]] = {}
    for file, items in groupby(archive.items, attrgetter("file")):
        taken[file] = Counter()
        log.turn_to(file)
        log.inform(f"Starting Import of '{next(items).kind.path[0]}' from: {file}")
    left = archive.items
    for given_up in range(1 + max((len(one.kind.unresolved) for one in left), default=0)):
        merging.given_up = given_up
        left = _take_all(archive, left, merging, log, taken)
    _take(archive, left, merging, log, taken, is_last=True)
    for file, elements in taken.items():
        log.turn_to(file)
        for element, number in elements.items():
            log.inform(f"Processed {number} {element} elements successfully")
        log.inform(f"Processed {archive.counts[file]} total elements")
    log.turn_to("relations")


def _take_all(
    archive: Archive,
    items: list[Item],
    merging: Merge,
    log: Log,
    taken: Mapping[str, Counter[str]],
) -> list[Item]:
    """Merge objects in any order, as long as one has an effect; return the refused ones."""
    left = items
    for _ in range(MAX_PASSES):
        tried = left
        left = _take(archive, tried, merging, log, taken)
        if len(left) == len(tried):
            break
    return left


def _take(  # noqa: PLR0913 - the parts of an import
    archive: Archive,
    items: Sequence[Item],
    merging: Merge,
    log: Log,
    taken: Mapping[str, Counter[str]],
    *,
    is_last: bool = False,
) -> list[Item]:
    """Merge objects; return the refused ones.

    Args:
        archive: The archive.
        items: The objects.
        merging: The import.
        log: The log of the import.
        taken: Counts the merged objects by file and element.
        is_last: Whether the log tells why objects are refused.
    """
    refused = []
    for item in items:
        log.turn_to(item.file)
        count = archive.counts[item.file]
        if item.kind.collection == PREFERENCES:
            _set_preference(item, count, merging, log)
        elif merging.take(item, count, is_last=is_last):
            taken[item.file][item.kind.path[-1]] += 1
        else:
            refused.append(item)
    return refused


def _set_preference(item: Item, count: int, merging: Merge, log: Log) -> None:
    """Set the customer list of a site, or the cartridge path of Business Manager.

    The members of the site's groups are customers of the older list, and leave the groups.
    """
    if not item.key[0] and item.key[-1] == CARTRIDGES:
        _set_cartridges(item, count, merging, log)
        return
    site = merging.draft.store.get(SITES, item.key[:1])
    list_id = item.properties.get("value")
    if item.key[-1] != SITE_CUSTOMERS or site is None or not list_id:
        return
    if merging.draft.store.get(CUSTOMER_LISTS, (list_id,)) is None:
        log.report("DATAWARNING", item, count, f"there is no customer list '{list_id}'")
        return
    if find_list_id(site) != list_id:
        for change in remove_memberships(merging.draft.store, site.key[0]):
            merging.draft.make(change)
        changed = site.amend({"customer_list_link": {"customer_list_id": list_id}})
        merging.draft.put(SITES, changed)


def _set_cartridges(item: Item, count: int, merging: Merge, log: Log) -> None:
    path = item.properties.get("value", "")
    try:
        read_path(path)
    except Fault as fault:
        log.report("DATAERROR", item, count, str(fault))
        return
    key, collection = (BUSINESS_MANAGER_SITE,), merging.find(BUSINESS_MANAGER).fixtures()
    stored = merging.draft.store.get(BUSINESS_MANAGER, key)
    site = stored or collection.decode({"id": BUSINESS_MANAGER_SITE})
    properties = leave_out_empty_path({**site.properties, "cartridges": path})
    merging.draft.put(BUSINESS_MANAGER, Record.of(key, properties))


def _permit_clients(archive: Archive, draft: Draft, log: Log) -> None:
    """Set the WebDAV permissions of the named API clients; other clients keep theirs."""
    for number, (name, permissions) in enumerate(archive.client_permissions.items(), 1):
        place = f"[{number}/{len(archive.client_permissions)}] {name}"
        client = draft.store.get(CLIENTS, (name,))
        if client is None:
            log.add_problem(f"[DATAWARNING] {place}: there is no such API client ({PATH})")
            continue
        try:
            draft.put(CLIENTS, read_client({**thaw(client.properties), PERMISSIONS: permissions}))
        except ValueError as error:
            log.add_problem(f"[DATAERROR] {place}: {error} ({PATH})")


def _assign_catalogs(archive: Archive, merging: Merge, log: Log) -> None:
    """Assign catalogs to sites; a site leaves all other catalogs."""
    draft = merging.draft
    for item in archive.take(PREFERENCES):
        site, catalog_id = item.key[0], item.properties.get("value")
        if not site or item.key[-1] != SITE_CATALOG or item.problem:
            continue
        if draft.store.get(CATALOGS, (catalog_id or "",)) is None:
            problem = f"there is no catalog '{catalog_id}'"
            log.report("DATAWARNING", item, archive.counts[item.file], problem)
            continue
        for catalog in draft.store.scan(CATALOGS, 0, draft.store.count(CATALOGS)).records:
            before = {one["id"] for one in catalog.get(ASSIGNED_SITES) or ()}
            after = before | {site} if catalog.key[0] == catalog_id else before - {site}
            if after != before:
                draft.put(CATALOGS, assign_sites(catalog, after))


def _assign_sites(archive: Archive, merging: Merge, log: Log) -> None:
    """Assign inventory lists to sites; a site leaves all other lists."""
    draft, resource = merging.draft, merging.find(LISTS)
    collection = resource.computed_collections[ASSIGNED]
    for item in archive.take(PREFERENCES):
        if not item.key[0] or item.key[-1] != SITE_LISTS or item.problem:
            continue
        site, text = item.key[0], item.properties.get("value", "")

        def exists(id_: str) -> bool:
            return draft.store.get(LISTS, (id_,)) is not None

        wanted = split_lists(text, exists)
        missing = [id_ for id_ in wanted if not exists(id_)]
        for id_ in missing:
            problem = f"there is no inventory list '{id_}'"
            log.report("DATAWARNING", item, archive.counts[item.file], problem)
        if not missing:
            _assign(draft, collection, site, set(wanted))


def _assign(draft: Draft, collection: str, site: str, wanted: set[str]) -> None:
    store = draft.store
    known = {
        record.key[0]: list(record.get(ASSIGNED, ()))
        for record in store.scan(collection, 0, store.count(collection)).records
    }
    for id_ in {*known, *wanted}:
        before = known.get(id_, [])
        others = [other for other in before if other != site]
        after = sorted([*others, site]) if id_ in wanted else others
        if (site in before) == (id_ in wanted):
            continue
        if after:
            draft.put(collection, Record.of((id_,), {ASSIGNED: after}))
        else:
            draft.delete(collection, (id_,))
