"""The import of archives: races with other writers, shared stores, and bounds."""

import io
import zipfile
from collections.abc import Iterator
from typing import cast

import pytest
from werkzeug.test import Client

from emulator import Emulator
from emulator.ocapi.impex import log
from emulator.ocapi.impex.merge import Described, Draft
from emulator.ocapi.resources import COLLECTIONS, RESOURCES
from emulator.store import Change, Store

SCOPE = "/s/-/dw/data/v23_2"
RECORDS = f"{SCOPE}/inventory_lists/inventory_m/product_inventory_records"
NAMESPACE = "http://www.demandware.com/xml/impex/inventory/2007-05-31"


class Session:
    """A client with a token."""

    def __init__(self, emulator: Emulator) -> None:
        self.emulator = emulator
        self.client = Client(emulator.app)
        self.headers = {"Authorization": f"Bearer {emulator.token()}"}

    def import_(self, records: str) -> str:
        """Import records of a list; return the log."""
        content = io.BytesIO()
        header = '<inventory-list><header list-id="inventory_m"/>'
        with zipfile.ZipFile(content, "w") as archive:
            archive.writestr(
                "a/inventory-lists/m.xml",
                f'<inventory xmlns="{NAMESPACE}">{header}<records>{records}</records>'
                "</inventory-list></inventory>",
            )
        files = self.emulator.workspace.files
        files.write("Impex/src/instance/a.zip", content.getvalue())
        path = f"{SCOPE}/jobs/sfcc-site-archive-import/executions"
        started = self.client.post(path, json={"file_name": "a.zip"}, headers=self.headers)
        assert started.json is not None, started.status_code
        self.emulator.workspace.clock.advance(1)
        shown = self.client.get(f"{path}/{started.json['id']}", headers=self.headers)
        assert shown.json is not None
        assert shown.json["status"] == "OK"
        name = shown.json["log_file_path"].rpartition("/")[2]
        return files.locate(f"Impex/log/{name}").read_text()

    def read(self, product: str) -> dict[str, object]:
        answer = self.client.get(f"{RECORDS}/{product}", headers=self.headers)
        assert answer.json is not None
        document: dict[str, object] = answer.json
        return document


def test_import_starts_again_if_another_writer_was_faster(monkeypatch: pytest.MonkeyPatch) -> None:
    emulator = Emulator(fixtures="storefront")
    session = Session(emulator)
    path, calls = f"{RECORDS}/oxford-shirt-navy-m", list[int]()
    list_changes = Draft.list_changes

    def write_in_between(draft: Draft) -> Iterator[Change]:
        if not calls:
            body = {"c_bin": "Z-9"}
            changed = session.client.patch(path, json=body, headers=session.headers)
            assert changed.status_code == 200
        calls.append(1)
        return list_changes(draft)

    monkeypatch.setattr(Draft, "list_changes", write_in_between)
    session.import_('<record product-id="oxford-shirt-navy-m"><perpetual>true</perpetual></record>')
    found = session.read("oxford-shirt-navy-m")
    assert (found["perpetual_flag"], found["c_bin"], len(calls)) == (True, "Z-9", 2)
    emulator.check()


def test_import_into_a_shared_store(empty_redis: str) -> None:
    emulator = Emulator(fixtures="storefront", store=empty_redis)
    session = Session(emulator)
    session.import_('<record product-id="new"><allocation>7</allocation></record>')
    assert session.read("new")["ats"] == 7
    emulator.check()


def test_problems_in_the_log_are_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(log, "MAX_LOGGED_PROBLEMS", 2)
    monkeypatch.setattr(log, "MAX_PROBLEM_CHARACTERS", 30)
    session = Session(Emulator(fixtures="storefront"))
    bad = "".join(f'<record product-id="p{n}"><perpetual>x</perpetual></record>' for n in range(5))
    lines = session.import_(bad).splitlines()
    found = [line.partition("WARN ")[2] for line in lines if "WARN" in line]
    assert found == [
        "[DATAERROR] [2/6] record 'p0':",
        "[DATAERROR] [3/6] record 'p1':",
        "3 further problems",
    ]


class Shared:
    """A store that is no store in memory."""

    def __init__(self, store: Store) -> None:
        self.scan, self.count, self.get = store.scan, store.count, store.get


def test_the_copy_of_a_shared_store_has_the_further_directions_of_documents() -> None:
    store = Emulator(fixtures="storefront").workspace.store
    shared = cast("Store", Shared(store))
    copy = Described(RESOURCES, COLLECTIONS).copy(shared)
    for resource in RESOURCES:
        records = store.scan(resource.name, 0, store.count(resource.name)).records
        for name in (resource.name, *(resource.index(records) if resource.index else ())):
            assert copy.count(name) == store.count(name), name
