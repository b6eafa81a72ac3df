"""Random requests to the Data API, each compared with a model in plain dictionaries.

The model knows inventory lists with their records, and custom objects: who exists, which properties
a document has, and the resource state of the last answer. Expected answers are literals.
"""

from dataclasses import dataclass, field
from typing import Any

import pytest
from hypothesis import strategies as st
from hypothesis.stateful import invariant, precondition, rule
from werkzeug.test import TestResponse

from consistency import data_set
from emulator import Emulator
from emulator.tests.machine import CONTROL, LONG, SHORT, Machine, make_emulator, run

API = "/s/-/dw/data/v23_2"
WRONG_STATE = "f" * 64
NAMES = st.sampled_from(("a", "b", "old"))
LISTS, PARENTS = st.sampled_from(("stock", "a", "old")), st.sampled_from(("stock", "a"))
TEXTS = st.sampled_from(("", "x", "y")) | st.none()
EXPECTATIONS = st.sampled_from(
    ("none", "none", "current", "older", "wrong", "not_exists", "body", "tag", "wrong tag")
)

Properties = dict[str, Any]


@dataclass
class Entry:
    """A document: the properties, the state of the last answer, and the state before."""

    properties: Properties
    state: str | None = None
    before: str = WRONG_STATE


@dataclass
class World:
    """All documents of the model by kind and id."""

    lists: dict[str, Entry] = field(default_factory=dict)
    records: dict[tuple[str, str], Entry] = field(default_factory=dict)
    objects: dict[str, Entry] = field(default_factory=dict)


LIST_DEFAULTS = {
    "default_in_stock": False,
    "on_order_inventory_enabled": False,
    "use_bundle_inventory_only": False,
}


@pytest.fixture(scope="module")
def emulator(tmp_path_factory: pytest.TempPathFactory) -> Emulator:
    return make_emulator(tmp_path_factory.mktemp("data"))


class DataApi(Machine):
    """The rules of the API."""

    world: World

    def __init__(self) -> None:
        super().__init__()
        form = {
            "grant_type": "client_credentials",
            "client_id": data_set.CLIENT_ID,
            "client_secret": data_set.CLIENT_ID,
        }
        token = self.send("POST", "/dwsso/oauth2/access_token", data=form).json
        assert token
        self.headers["Authorization"] = f"Bearer {token['access_token']}"

    def make_world(self) -> World:
        """Return the documents of the data set."""
        first = {"c_text": "first:0", "c_copy": "first:0"}
        return World(
            lists={"stock": Entry({}), "old": Entry(dict(first))},
            records={("stock", "old"): Entry(dict(first))},
            objects={"old": Entry(dict(first))},
        )

    # Expectations

    def expect(self, entry: Entry | None, way: str) -> tuple[dict[str, str], Properties, int]:
        """Return headers and members that expect a state, and the status of a refusal, or 0."""
        header, older = "x-dw-resource-state", entry.before if entry else WRONG_STATE
        refused: dict[str, tuple[dict[str, str], Properties, int]] = {
            "none": ({}, {}, 0),
            "not_exists": ({header: "not_exists"}, {}, 409 if entry else 0),
            "wrong": ({header: WRONG_STATE}, {}, 409),
            "older": ({header: older}, {}, 409),
            "wrong tag": ({"If-Match": f'"{WRONG_STATE}"'}, {}, 412),
        }
        state = entry.state if entry else None
        if state is None or way in refused:
            return refused.get(way, refused["none"])
        fitting: dict[str, tuple[dict[str, str], Properties, int]] = {
            "current": ({header: state}, {}, 0),
            # The state in the body wins.
            "body": ({header: WRONG_STATE}, {"_resource_state": state}, 0),
            "tag": ({"If-Match": f'"{state}"'}, {}, 0),
        }
        return fitting[way]

    def check_shown(self, answer: TestResponse, entry: Entry, fixed: Properties) -> None:
        """Check the document in an answer, and remember a new state."""
        shown = dict(answer.json or {})
        state = shown.pop("_resource_state")
        assert answer.headers["ETag"] == f'"{state}"'
        kept = {n: v for n, v in shown.items() if n in fixed or n[:2] == "c_" or n == "description"}
        assert kept == {**fixed, **entry.properties}
        if entry.state is None:
            entry.state = state
        assert entry.state == state

    def change(self, entry: Entry, properties: Properties) -> None:
        """Change the model: the state is new if the document is another one."""
        after = {n: v for n, v in properties.items() if v is not None}
        if after != entry.properties:
            entry.before = entry.state or entry.before
            entry.state = None
        entry.properties = after

    # Inventory lists

    @rule(name=LISTS, text=TEXTS, way=EXPECTATIONS)
    def put_list(self, name: str, text: str | None, way: str) -> None:
        entry = self.world.lists.get(name)
        headers, members, refused = self.expect(entry, way)
        body = {"description": text, "c_text": text, **members}
        answer = self.send("PUT", f"{API}/inventory_lists/{name}", json=body, headers=headers)
        if refused:
            assert answer.status_code == refused
        elif entry:
            assert answer.status_code == 404
            assert (answer.json or {})["fault"]["type"] == "InventoryListDuplicateException"
        else:
            assert answer.status_code == 201
            properties = {} if text is None else {"description": text, "c_text": text}
            entry = self.world.lists[name] = Entry(properties)
            self.check_shown(answer, entry, {"id": name, **LIST_DEFAULTS})

    @rule(name=LISTS, text=TEXTS, copy=TEXTS, way=EXPECTATIONS)
    def patch_list(self, name: str, text: str | None, copy: str | None, way: str) -> None:
        self.patch(
            f"/inventory_lists/{name}",
            self.world.lists.get(name),
            {"description": text, "c_copy": copy},
            way,
            {"id": name, **LIST_DEFAULTS},
        )

    @rule(name=LISTS, way=EXPECTATIONS)
    def delete_list(self, name: str, way: str) -> None:
        if self.delete(f"/inventory_lists/{name}", self.world.lists.get(name), way, 204):
            self.world.lists.pop(name, None)
            records = self.world.records
            self.world.records = {key: one for key, one in records.items() if key[0] != name}

    @rule(name=PARENTS)
    def replace_list(self, name: str) -> None:
        """Delete a list and create another one: the records do not come back."""
        self.delete_list(name, "none")
        self.put_list(name, "x", "not_exists")

    # Product inventory records

    @rule(list_=PARENTS, name=NAMES, text=TEXTS, way=EXPECTATIONS)
    def put_record(self, list_: str, name: str, text: str | None, way: str) -> None:
        key = list_, name
        entry = self.world.records.get(key)
        headers, members, refused = self.expect(entry, way)
        path = f"{API}/inventory_lists/{list_}/product_inventory_records/{name}"
        answer = self.send("PUT", path, json={"c_text": text, **members}, headers=headers)
        if list_ not in self.world.lists:
            assert answer.status_code == 404
            assert (answer.json or {})["fault"]["type"] == "InventoryListNotFoundException"
        elif refused:
            assert answer.status_code == refused
        else:
            assert answer.status_code == (200 if entry else 201)
            properties = {} if text is None else {"c_text": text}
            if entry:
                self.change(entry, properties)
            else:
                entry = self.world.records[key] = Entry(properties)
            self.check_shown(answer, entry, {"product_id": name, "inventory_list_id": list_})

    @rule(list_=PARENTS, name=NAMES, text=TEXTS, way=EXPECTATIONS)
    def patch_record(self, list_: str, name: str, text: str | None, way: str) -> None:
        self.patch(
            f"/inventory_lists/{list_}/product_inventory_records/{name}",
            self.world.records.get((list_, name)),
            {"c_copy": text},
            way,
            {"product_id": name, "inventory_list_id": list_},
        )

    @rule(list_=PARENTS, name=NAMES, way=EXPECTATIONS)
    def delete_record(self, list_: str, name: str, way: str) -> None:
        path = f"/inventory_lists/{list_}/product_inventory_records/{name}"
        if self.delete(path, self.world.records.get((list_, name)), way, 404):
            self.world.records.pop((list_, name), None)

    # Custom objects

    @rule(name=NAMES, text=TEXTS, way=EXPECTATIONS)
    def put_object(self, name: str, text: str | None, way: str) -> None:
        entry = self.world.objects.get(name)
        headers, members, refused = self.expect(entry, way)
        path = f"{API}/custom_objects/Register/{name}"
        answer = self.send("PUT", path, json={"c_text": text, **members}, headers=headers)
        if refused:
            assert answer.status_code == refused
            return
        assert answer.status_code == (200 if entry else 201)
        properties = {} if text is None else {"c_text": text}
        if entry:
            self.change(entry, properties)
        else:
            entry = self.world.objects[name] = Entry(properties)
        self.check_shown(answer, entry, {"key_value_string": name})

    @rule(name=NAMES, text=TEXTS, copy=TEXTS, way=EXPECTATIONS)
    def patch_object(self, name: str, text: str | None, copy: str | None, way: str) -> None:
        self.patch(
            f"/custom_objects/Register/{name}",
            self.world.objects.get(name),
            {"c_text": text, "c_copy": copy},
            way,
            {"key_value_string": name},
        )

    @rule(name=NAMES, way=EXPECTATIONS)
    def delete_object(self, name: str, way: str) -> None:
        path = f"/custom_objects/Register/{name}"
        if self.delete(path, self.world.objects.get(name), way, 204):
            self.world.objects.pop(name, None)

    # What the kinds have in common

    def patch(
        self, path: str, entry: Entry | None, changes: Properties, way: str, fixed: Properties
    ) -> None:
        headers, members, refused = self.expect(entry, way)
        answer = self.send("PATCH", API + path, json={**changes, **members}, headers=headers)
        if entry is None:
            assert answer.status_code == 404
        elif refused:
            assert answer.status_code == refused
        else:
            assert answer.status_code == 200
            self.change(entry, {**entry.properties, **changes})
            self.check_shown(answer, entry, fixed)

    def delete(self, path: str, entry: Entry | None, way: str, missing: int) -> bool:
        """Send a DELETE, and check the status; return whether the document is gone."""
        headers, members, refused = self.expect(entry, way)
        if members:
            headers = {"x-dw-resource-state": members["_resource_state"]}
        answer = self.send("DELETE", API + path, headers=headers)
        if entry is None:
            parent = path.split("/")[2]
            is_orphan = "records" in path and parent not in self.world.lists
            assert answer.status_code == (404 if is_orphan else missing)
            return False
        assert answer.status_code == (refused or 204)
        return not refused

    # Reads

    @rule(start=st.integers(0, 3), count=st.integers(1, 3))
    def read_lists(self, start: int, count: int) -> None:
        query = f"?select=(**)&start={start}&count={count}"
        page = self.send("GET", f"{API}/inventory_lists{query}").json or {}
        names = sorted(self.world.lists)
        assert page["total"] == len(names)
        assert [one["id"] for one in page.get("data", [])] == names[start : start + count]
        for one in page.get("data", []):
            entry = self.world.lists[one["id"]]
            assert entry.state in (None, one["_resource_state"])
            assert one.get("description") == entry.properties.get("description")

    @rule(text=st.sampled_from(("x", "y", "first:0")))
    def search_objects(self, text: str) -> None:
        query = {"text_query": {"fields": ["c_text"], "search_phrase": text}}
        path = f"{API}/custom_objects_search/Register"
        found = self.send("POST", path, json={"query": query, "select": "(**)"}).json or {}
        expected = {
            n for n, one in self.world.objects.items() if one.properties.get("c_text") == text
        }
        assert {one["key_value_string"] for one in found.get("hits", [])} == expected

    # The control plane

    @precondition(lambda self: self.world.lists)
    @rule(method=st.sampled_from(("PUT", "PATCH", "DELETE")), name=NAMES)
    def fail(self, method: str, name: str) -> None:
        """Send a write that a failpoint answers: nothing changes."""
        failpoint = {"times": 1, "action": {"fault": "SiteOffline", "arguments": {"siteId": "x"}}}
        assert self.send("POST", f"{CONTROL}/failpoints", json=failpoint).status_code == 201
        answer = self.send(method, f"{API}/inventory_lists/{name}", json={"description": "lost"})
        assert (answer.json or {})["fault"]["type"] == "SiteOfflineException"
        self.send("PUT", f"{CONTROL}/failpoints", json=[])

    @invariant()
    def documents_are_as_in_the_model(self) -> None:
        for name in ("a", "old", "stock"):
            self.check(f"/inventory_lists/{name}", self.world.lists.get(name))
        for name in ("a", "b", "old"):
            self.check(f"/custom_objects/Register/{name}", self.world.objects.get(name))
            for parent in ("stock", "a"):
                path = f"/inventory_lists/{parent}/product_inventory_records/{name}"
                self.check(path, self.world.records.get((parent, name)))

    def check(self, path: str, entry: Entry | None) -> None:
        answer = self.send("GET", API + path)
        assert answer.status_code == (200 if entry else 404)
        if entry:
            shown = answer.json or {}
            assert entry.state in (None, shown["_resource_state"])
            entry.state = shown["_resource_state"]
            mine = {n: v for n, v in shown.items() if n[:2] == "c_" or n == "description"}
            assert mine == entry.properties


def test_short_runs_agree_with_the_model(emulator: Emulator) -> None:
    run(DataApi, emulator, SHORT)


@pytest.mark.long
def test_long_runs_agree_with_the_model(emulator: Emulator) -> None:
    run(DataApi, emulator, LONG)
