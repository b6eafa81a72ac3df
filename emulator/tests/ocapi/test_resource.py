"""Resources: what a declaration must say, and what it says of methods, records and fixtures."""

import json
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from werkzeug.test import Client

from emulator import Emulator
from emulator.fixture import data_set
from emulator.fixture.data_set import FixtureError
from emulator.ocapi.resource import Verb, fault_of, list_methods
from emulator.ocapi.resources import RESOURCES
from emulator.ocapi.resources.inventory.inventory_lists import INVENTORY_LISTS
from emulator.ocapi.schema.document import Collection, Document
from emulator.ocapi.schema.faults import FaultType
from emulator.ocapi.schema.fields import Array, Embedded, String
from emulator.store import MemoryStore, Record
from emulator.tests.ocapi.things import (
    ALL,
    MISSING,
    PART,
    SECTION,
    THING,
    THREE_LEVELS,
    SmallThing,
    declare,
)
from emulator.tests.table import table

NOW = "2024-02-19T10:18:31.000Z"
THEN = "2023-01-16T08:00:00.000Z"


class Dateless(Document):
    id = String()
    creation_date = String()


NO_ARGUMENT = FaultType(404, "NoArgument", "None.")
TWO_ARGUMENTS = FaultType(404, "TwoArguments", "Two.", ("thingId", "other"))


def test_a_declaration_needs_neither_aliases_nor_references_nor_computed_properties() -> None:
    resource = declare("read")
    assert resource.aliases == resource.computed == ()
    assert resource.references == {}


@table("key", ["nothing", "count", "link", "c_custom", ""])
def test_the_key_is_a_string_of_the_document(key: str) -> None:
    with pytest.raises(
        ValueError, match=f"things: the key '{key}' is not a string of the document"
    ):
        declare("read", key=key)


@pytest.mark.parametrize("role", ["not_found", "duplicate"])
def test_faults_have_no_more_arguments_than_the_path_has_ids(role: str) -> None:
    told = "things: TwoArgumentsException has 2 arguments, but takes the id"
    with pytest.raises(ValueError, match=told):
        declare("read", **{role: TWO_ARGUMENTS})
    assert NO_ARGUMENT in declare("read", **{role: NO_ARGUMENT}).faults


def test_a_new_key_and_the_verb_that_needs_it_belong_together() -> None:
    told = "things: the verb 'add' and 'new_key' belong together"
    with pytest.raises(ValueError, match=told):
        declare("add")
    with pytest.raises(ValueError, match=told):
        declare("read", new_key=lambda _: "a")


def test_each_parent_needs_a_key_of_its_own() -> None:
    below: dict[str, Any] = {"path": "parts"}
    told = "parts: each parent needs a 'parent_key' of its own"
    with pytest.raises(ValueError, match=told):
        declare("read", **below, parent=declare("read"))
    with pytest.raises(ValueError, match=told):
        declare("read", **below, parent_key="thing_id")
    with pytest.raises(ValueError, match=told):
        declare("read", **below, parent=declare("read"), parent_key="id")


def test_a_resource_may_be_several_levels_below_others() -> None:
    above = ("things", "{thing_id}", "sections", "{section_id}")
    assert PART.keys == ("thing_id", "section_id", "id")
    assert PART.document_template == (*above, "parts", "{id}")
    assert PART.search_template == (*above, "part_search")
    assert PART.ancestors == (THING, SECTION)


def test_ids_of_parents_need_not_be_properties() -> None:
    part = declare("read", path="parts", name="thing_parts", parent=declare("read"), parent_key="t")
    fixtures = part.fixtures()
    assert (fixtures.name, fixtures.file) == ("thing_parts", "thing_parts.json")
    record = fixtures.decode({"t": "above", "id": "x", "count": 2})
    assert (record.key, dict(record.properties)) == (
        ("above", "x"),
        {"id": "x", "count": 2, "good": False},
    )
    store = MemoryStore()
    store.replace({"thing_parts": [record]})
    assert list(fixtures.encode(store, "thing_parts")) == [{"t": "above", **record.properties}]
    assert dict(part.record(("above", "x"), {"count": 2}).properties) == {"id": "x", "count": 2}
    for entry, reason in (({"t": 1, "id": "x"}, "t: is not a string"), ({"id": "x"}, "has no 't'")):
        with pytest.raises(ValueError, match=reason):
            fixtures.decode(entry)


def test_an_id_may_consist_of_several_properties() -> None:
    names = ("thing_id", "count_of", "id")
    whole = declare("read", parent=THING, parent_key="thing_id", key_names=names).fixtures()
    entry = {"thing_id": "a", "count_of": "b", "id": "c"}
    assert whole.decode(entry).key == ("a", "b", "c")
    with pytest.raises(ValueError, match="has no 'count_of'"):
        whole.decode({"thing_id": "a", "id": "c"})
    assert whole.parent == ""
    some = declare("read", key_names=names, key_defaults={"count_of": "-"}).fixtures()
    assert some.decode({"thing_id": "a", "id": "c"}).key == ("a", "-", "c")


def test_data_sets_have_the_documents_above_their_documents(tmp_path: Path) -> None:
    contents = {"things": [{"id": "a"}], "sections": [{"thing_id": "a", "id": "s"}]}
    parts = [{"thing_id": "a", "section_id": "s", "id": "x"}]
    parts.append({"thing_id": "b", "section_id": "s", "id": "y"})
    for name, entries in {**contents, "thing_parts": parts}.items():
        (tmp_path / f"{name}.json").write_text(json.dumps(entries))
    with pytest.raises(FixtureError) as raised:
        data_set.load(str(tmp_path), tuple(r.fixtures() for r in THREE_LEVELS))
    place = "thing_parts.json: thing_parts entry 2 ('b/s/y')"
    assert raised.value.problems == [f"{place}: there is no 'b/s' in sections"]


@pytest.mark.parametrize("option", [{"references": {"sites": "sites"}}, {"computed": ("sites",)}])
def test_options_name_properties_of_the_document(option: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match="things: the document has no property 'sites'"):
        declare("read", **option)


@pytest.mark.parametrize(
    ("kind", "arguments"),
    [(MISSING, {"thingId": "x"}), (TWO_ARGUMENTS, {"thingId": "x", "other": "parent"})],
)
def test_arguments_of_a_fault_are_ids_from_the_innermost(
    kind: FaultType, arguments: dict[str, str]
) -> None:
    assert fault_of(kind, ("parent", "x")).arguments == arguments


@table(
    ("verbs", "of_collection", "of_document"),
    [
        (
            ALL,
            {"GET": "list"},
            {"GET": "read", "PUT": "create", "PATCH": "update", "DELETE": "delete"},
        ),
        (("list",), {"GET": "list"}, {}),
        (("read", "update"), {}, {"GET": "read", "PATCH": "update"}),
        (("create", "delete"), {}, {"PUT": "create", "DELETE": "delete"}),
        ((), {}, {}),
    ],
)
def test_verbs_are_methods_of_the_collection_or_of_one_document(
    verbs: tuple[Verb, ...], of_collection: dict[str, str], of_document: dict[str, str]
) -> None:
    resource = declare(*verbs)
    assert resource.methods(of_collection=True) == of_collection
    assert resource.methods(of_collection=False) == of_document


def test_a_record_has_the_last_of_its_key_for_its_id() -> None:
    record = declare("read").record(("parent", "x"), {"good": True, "id": "y"})
    assert record.key == ("parent", "x")
    assert dict(record.properties) == {"good": True, "id": "x"}


def test_a_created_record_has_both_dates() -> None:
    record = declare("create").record(("x",), {}, NOW, created=True)
    assert record == Record.of(("x",), {"id": "x", "creation_date": NOW, "last_modified": NOW})


def test_a_changed_record_has_the_later_date() -> None:
    stored = {"id": "x", "creation_date": THEN, "last_modified": THEN}
    changed = declare("update").record(("x",), stored, NOW)
    assert changed == Record.of(("x",), {**stored, "last_modified": NOW})


@pytest.mark.parametrize("created", [True, False])
def test_a_record_of_a_document_without_dates_has_none(*, created: bool) -> None:
    resource = declare("create", document=Dateless())
    assert resource.record(("x",), {}, NOW, created=created) == Record.of(("x",), {"id": "x"})


def test_fixtures_are_read_from_the_file_of_the_path() -> None:
    resource = declare("read", references={"parents": "things"}, computed=("parents",))
    collection = resource.fixtures()
    assert (collection.name, collection.file) == ("things", "things.json")
    assert collection.references == {"parents": "things"}
    assert collection.arrange is not None
    assert collection.required is False


def test_computed_properties_come_from_collections_of_their_own() -> None:
    store = MemoryStore()
    store.load("things.parents", [Record.of(("x",), {"parents": ["a", "b"]})])
    resource = declare("read", computed=("parents", "count"))
    assert resource.compute(store, ("x",)) == {"parents": ("a", "b")}
    assert resource.compute(store, ("y",)) == {}
    assert declare("read").compute(store, ("x",)) == {}


def test_fixtures_with_computed_properties_are_arranged_into_collections_of_their_own() -> None:
    plain = Record.of(("x",), {"id": "x", "good": True})
    full = Record.of(("y",), {"id": "y", "parents": ["a"]})
    arrange = declare("read", computed=("parents",)).fixtures().arrange
    assert arrange is not None
    assert arrange([plain, full]) == {
        "things": [plain, Record.of(("y",), {"id": "y"})],
        "things.parents": [Record.of(("y",), {"parents": ["a"]})],
    }


def test_fixtures_without_computed_properties_are_one_collection() -> None:
    record = Record.of(("x",), {"id": "x", "parents": ["a"]})
    arrange = declare("read").fixtures().arrange
    assert arrange is not None
    assert arrange([record]) == {"things": [record]}


@pytest.fixture
def decode() -> Callable[[Any], Any]:
    return declare("read").fixtures().decode


def test_an_entry_of_a_fixture_becomes_a_record(decode: Callable[[Any], Any]) -> None:
    record = decode({"id": "x", "creation_date": THEN, "link": "http://h/x", "c_size": 3})
    assert record.key == ("x",)
    assert dict(record.properties) == {
        "c_size": 3,
        "creation_date": THEN,
        "good": False,
        "id": "x",
    }


@pytest.mark.parametrize(
    ("entry", "reason"),
    [
        ({}, "has no 'id'"),
        ({"good": True}, "has no 'id'"),
        ({"id": ""}, r"value constraint violation of property '\$\.id'"),
        ({"id": None}, r"value constraint violation of property '\$\.id'"),
        ({"id": 5}, r"'\$\.id' failed because the expected type is 'VALUE_STRING'"),
        ({"id": "x", "good": "no"}, r"'\$\.good' failed because the expected type is 'VALUE_TRUE"),
        ({"id": "x", "nope": 1}, "unknown property 'nope' in document 'small_thing'"),
        ({"id": "x", "creation_date": "soon"}, r"property '\$\.creation_date'"),
        ([], "is not an object"),
        ("x", "is not an object"),
        (None, "is not an object"),
    ],
)
def test_what_is_no_entry_of_a_fixture_is_refused_with_the_reason(
    decode: Callable[[Any], Any], entry: Any, reason: str
) -> None:
    with pytest.raises(ValueError, match=reason):
        decode(entry)


@table(
    ("methods", "listed"),
    [
        ([], ""),
        (["OPTIONS", "GET", "HEAD"], "GET, HEAD, OPTIONS"),
        (
            {"DELETE", "OPTIONS", "PATCH", "HEAD", "PUT", "GET", "POST"},
            "GET, HEAD, POST, PUT, PATCH, DELETE, OPTIONS",
        ),
    ],
)
def test_methods_are_listed_in_one_order(methods: Any, listed: str) -> None:
    assert list_methods(methods) == listed


def test_every_resource_has_a_path_of_its_own() -> None:
    templates = [resource.template for resource in RESOURCES]
    paths = ["/".join(template) for template in templates]
    paths += [alias for resource in RESOURCES for alias in resource.aliases]
    assert len(paths) == len(set(paths))
    assert "inventory_lists" in paths


class CodeVersionResult(Collection):
    data = Array(Embedded(SmallThing()))


def test_the_class_of_a_collection_states_an_irregular_name() -> None:
    assert (
        declare("list", collection=CodeVersionResult()).collection.type_name
        == "code_version_result"
    )


def test_items_can_be_whole_and_without_a_state(monkeypatch: pytest.MonkeyPatch) -> None:
    document = type(INVENTORY_LISTS.document)
    monkeypatch.setattr(document, "items_are_whole", True)
    monkeypatch.setattr(document, "items_have_state", False)
    emulator = Emulator(fixtures="samples")
    headers = {"Authorization": f"Bearer {emulator.token()}"}
    path = "/s/-/dw/data/v23_2/inventory_lists"
    answer = Client(emulator.app).get(f"{path}?count=1", headers=headers).json
    assert answer is not None
    [item] = answer["data"]
    assert {"_v", "_type", "id", "link", "default_in_stock"} <= item.keys()
    assert "_resource_state" not in item
    emulator.check()


ENVELOPE = ("_v", "_type", "_resource_state")
SERVE_THREE_LEVELS = """
from emulator.tests.ocapi.things import THREE_LEVELS
from emulator import Emulator
emulator = Emulator(fixtures="samples", resources=THREE_LEVELS)
client = emulator.app.test_client()
headers = {"Authorization": f"Bearer {emulator.token()}"}
def ask(method, path, value=None):
    answer = client.open(f"/s/-/dw/data/v23_2/{path}", method=method, json=value, headers=headers)
    return answer.status_code, answer.json
for path in ("things/a", "things/a/sections/s", "things/a/sections/s/parts/x"):
    print(ask("PUT", path, {"count": 1})[0], end=" ")
print(ask("PUT", "things/b", {})[0], ask("PUT", "things/b/sections/s", {})[0], end=" ")
print(ask("PUT", "things/b/sections/s/parts/x", {"count": 2})[0])
part = ask("GET", "things/a/sections/s/parts/x")[1]
print(sorted(part))
query = {"query": {"term_query": {"fields": ["id"], "operator": "is", "values": ["x"]}}}
counting = {"query": {"term_query": {"fields": ["count"], "operator": "is", "values": [2]}}}
for thing in "ab":
    path = f"things/{thing}/sections/s/part_search"
    print(ask("POST", path, query)[1]["total"], ask("POST", path, counting)[1]["total"], end=" ")
print(ask("POST", "things/c/sections/s/part_search", query)[1]["fault"]["type"])
print(ask("GET", "things/a/sections/t/parts")[1]["fault"]["arguments"])
print(ask("DELETE", "things/a")[0], ask("PUT", "things/a", {})[0])
print(ask("PUT", "things/a/sections/s", {})[0], ask("GET", "things/a/sections/s/parts")[1]["total"])
print(ask("GET", "things/b/sections/s/parts")[1]["total"])
emulator.check()
"""


def test_three_levels_of_resources_are_served() -> None:
    program = [sys.executable, "-c", SERVE_THREE_LEVELS]
    done = subprocess.run(  # noqa: S603 - the program of this test
        program, capture_output=True, text=True, timeout=60, check=False
    )
    assert done.stdout.splitlines() == [
        "201 201 201 201 201 201",
        str(sorted((*ENVELOPE, "count", "creation_date", "good", "id", "last_modified"))),
        "1 0 1 1 ThingMissingException",
        "{'sectionId': 't'}",
        "204 201",
        "201 0",
        "1",
    ], done.stderr
