"""The job ``sfcc-site-archive-export`` (IMP-8)."""

from collections.abc import Container, Iterator, Mapping
from pathlib import PurePosixPath
from typing import Any

import orjson

from emulator.fixture.data_set import list_entries
from emulator.fixture.impex.archive import BUSINESS_MANAGER
from emulator.fixture.impex.client_permissions import CLIENTS, PATH, UNIT, write_permissions
from emulator.fixture.impex.format import Format
from emulator.fixture.impex.tables import FORMATS
from emulator.fixture.impex.writer import list_written, make_zip, write_archive
from emulator.ocapi.call import Call
from emulator.ocapi.impex.import_job import FOLDER
from emulator.ocapi.impex.log import Log
from emulator.ocapi.resources.job.actions import Outcome
from emulator.store import Store

ALL = "all"
SITES, GLOBAL = "sites", "global_data"
ID_UNITS = tuple(form.units[0] for form in FORMATS if form.by_id)
"""The units with ids; each has the name of a collection."""
SITE_UNITS = {ALL, *(n for form in FORMATS if form.by_site for n in form.units)}
GLOBAL_UNITS = {ALL, UNIT, *(n for f in FORMATS if not (f.by_site or f.by_id) for n in f.units)}
VERSION = b"###########################################\n# Generated file, do not edit.\n"
VERSION += b"###########################################\n23.2\n"


class Units:
    """The data units of an export.

    Args:
        text: A JSON object.

    Raises:
        ValueError: The text is not such an object.
    """

    def __init__(self, text: str) -> None:
        units = orjson.loads(text)
        if not isinstance(units, dict):
            raise ValueError("is not an object")  # noqa: TRY004 - of a request
        self._units: dict[str, Any] = units

    def wants(self, form: Format, id_: str) -> bool:
        """Return whether the export has the file of a format and an id."""
        if form.by_site:
            chosen = [self._find(SITES, id_), self._find(SITES, ALL)]
            return any(self._has(units, name) for units in chosen for name in (*form.units, ALL))
        if form.by_id:
            named = self._units.get(form.units[0])
            return self._has(named, id_) or self._has(named, ALL)
        return any(self._has(self._units.get(GLOBAL), name) for name in (*form.units, ALL))

    def wants_permissions(self) -> bool:
        """Return whether the export has the WebDAV permissions of API clients."""
        return any(self._has(self._units.get(GLOBAL), name) for name in (UNIT, ALL))

    def list_unknown(self) -> Iterator[str]:
        """Yield the names of the wanted units without a format, each at the place of the unit."""
        sites = self._units.get(SITES)
        for units in sites.values() if isinstance(sites, dict) else ():
            yield from self._list_others(units, SITE_UNITS)
        yield from self._list_others(self._units.get(GLOBAL), GLOBAL_UNITS)
        for name, named in self._units.items():
            if name not in {SITES, GLOBAL, *ID_UNITS} and named:
                yield name

    def list_missing(self, store: Store) -> Iterator[tuple[str, str]]:
        """Yield the wanted ids without a document, each with the name of the collection."""
        for collection in (SITES, *ID_UNITS):
            named = self._units.get(collection)
            for id_, wanted in named.items() if isinstance(named, dict) else ():
                if wanted and id_ != ALL and store.get(collection, (id_,)) is None:
                    yield collection, id_

    def _list_others(self, units: Any, known: Container[str]) -> Iterator[str]:
        for name in units if isinstance(units, dict) else ():
            if units[name] is True and name not in known:
                yield name

    def _find(self, name: str, id_: str) -> Any:
        units = self._units.get(name)
        return units.get(id_) if isinstance(units, dict) else None

    def _has(self, units: Any, name: str) -> bool:
        return isinstance(units, dict) and units.get(name) is True


def export_archive(call: Call, parameters: Mapping[str, str]) -> Outcome:
    """Write an archive with the wanted data units.

    Args:
        call: The call that has started the job.
        parameters: The parameters of the execution: ``ExportFile``, ``DataUnits`` (JSON) and
            ``OverwriteExportFile``.
    """
    name = parameters.get("ExportFile", "")
    overwrites = parameters.get("OverwriteExportFile", "").lower() == "true"
    try:
        target = call.workspace.files.locate(f"{FOLDER}/{name}")
    except ValueError:
        return Outcome(failure=f"'{name}' isn't the name of a file.")
    try:
        units = Units(parameters.get("DataUnits", "{}"))
    except ValueError:
        return Outcome(failure="The parameter 'DataUnits' isn't a JSON object.")
    if target.exists() and (not overwrites or target.is_dir()):
        return Outcome(failure=f"The file '{name}' already exists.")
    log = Log()
    log.inform(f"ExportFile:  {name}")
    files = _write(call, units, log)
    content = make_zip({"version.txt": VERSION, **files}, PurePosixPath(name).stem)
    call.workspace.files.write(f"{FOLDER}/{name}", content, call.workspace.clock.now())
    for unknown in dict.fromkeys(units.list_unknown()):
        log.add_problem(f"data unit {unknown}: the data unit is not emulated")
    for collection, id_ in units.list_missing(call.store):
        log.add_problem(f"data unit {collection}: there is no document '{id_}'")
    for path in files:
        log.inform(f"Exported {path}")
    return Outcome(log.list_lines())


def _write(call: Call, units: Units, log: Log) -> dict[str, bytes]:
    written = {*list_written(), BUSINESS_MANAGER}
    api = call.service.api
    collections = (*api.described_resources, *api.described)
    with call.store.frozen() as store:
        entries = {
            collection.name: list(collection.encode(store, collection.name))
            for collection in collections
            if collection.name in written
        }
        clients = list(list_entries(store, CLIENTS))
    files = write_archive(entries, units.wants, log.add_problem)
    if units.wants_permissions():
        files[PATH] = write_permissions(clients)
    return files
