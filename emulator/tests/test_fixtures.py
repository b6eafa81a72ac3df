"""Data sets: the bundled ones load, and a broken one is refused with everything that is wrong."""

import gc
import re
from collections.abc import Callable, Iterable, Mapping
from contextlib import suppress
from functools import partial
from pathlib import Path
from typing import Any

import orjson
import pytest
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, rsa
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from emulator import fixtures
from emulator.fixtures import Collection, FixtureError
from emulator.server import COLLECTIONS
from emulator.store import Key, MemoryStore, Record

CLIENT = {"client_id": "c", "client_secret": "s"}
SOUND = {
    "sites.json": [{"id": "A"}, {"id": "B"}],
    "clients.json": {"clients": [CLIENT], "users": [{"login": "u", "password": "p"}]},
    "inventory_lists.json": [{"id": "main", "assigned_sites": ["A", "B"]}],
}
ENTRY = "inventory_lists.json: inventory_lists entry"
CLIENT_ENTRY = "clients.json: clients entry"
UNKNOWN_ALGORITHM = """-----BEGIN PUBLIC KEY-----
MAowBAYCKgMDAgAB
-----END PUBLIC KEY-----"""


def write(folder: Path, files: Mapping[str, Any]) -> Path:
    for name, content in files.items():
        data = content if isinstance(content, bytes) else orjson.dumps(content)
        (folder / name).write_bytes(data)
    return folder


def load(folder: Path | str) -> MemoryStore:
    return fixtures.load(str(folder), COLLECTIONS)


def problems(folder: Path | str) -> list[str]:
    with pytest.raises(FixtureError) as error:
        load(folder)
    return error.value.problems


def ids(store: MemoryStore, collection: str) -> list[str]:
    return [record.key[-1] for record in store.scan(collection, 0, 99).records]


def properties(store: MemoryStore, collection: str, name: str) -> Mapping[str, Any]:
    record = store.get(collection, (name,))
    assert record is not None
    return record.properties


def pem(key: Any) -> str:
    text: bytes = key.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)
    return text.decode()


def with_certificate(certificate: Any) -> dict[str, Any]:
    return {"clients": [CLIENT, {**CLIENT, "client_id": "k", "certificate": certificate}]}


@pytest.mark.parametrize(
    ("name", "sites", "lists"),
    [
        ("samples", ["MyOtherSite", "SiteGenesis"], ["my-inventorylist1", "my-inventorylist2"]),
        (
            "storefront",
            ["RefArch", "RefArchGlobal"],
            [
                "inventory_digital",
                "inventory_eu",
                "inventory_gift_bundles",
                "inventory_m",
                "inventory_store_berlin",
                "inventory_store_sf",
                "inventory_us_east",
                "inventory_us_west",
            ],
        ),
    ],
    ids=["samples", "storefront"],
)
def test_a_bundled_set_loads(name: str, sites: list[str], lists: list[str]) -> None:
    store = load(name)
    assert ids(store, "sites") == sites
    assert ids(store, "inventory_lists") == lists
    assert ids(store, "clients") == ["aaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"]
    assert ids(store, "users") == ["admin"]


def test_an_entry_is_stored_with_its_read_only_properties_and_defaults(tmp_path: Path) -> None:
    entry = {
        "id": "x",
        "link": "http://elsewhere/x",
        "creation_date": "2023-01-16T09:00:00+01:00",
        "description": None,
        "c_zone": {"de": "Nord"},
        "_type": "inventory_list",
    }
    store = load(write(tmp_path, SOUND | {"inventory_lists.json": [entry]}))
    assert properties(store, "inventory_lists", "x") == {
        "id": "x",
        "creation_date": "2023-01-16T08:00:00.000Z",
        "c_zone": {"de": "Nord"},
        "default_in_stock": False,
        "on_order_inventory_enabled": False,
        "use_bundle_inventory_only": False,
    }


def test_a_computed_property_is_stored_apart_from_its_document(tmp_path: Path) -> None:
    lists = [{"id": "x", "assigned_sites": ["B", "A"]}, {"id": "y"}]
    store = load(write(tmp_path, SOUND | {"inventory_lists.json": lists}))
    assert "assigned_sites" not in properties(store, "inventory_lists", "x")
    apart = "inventory_lists.assigned_sites"
    assert properties(store, apart, "x") == {"assigned_sites": ("B", "A")}
    assert store.count(apart) == 1


def test_every_load_is_a_store_of_its_own() -> None:
    first, second = load("samples"), load("samples")
    first.delete("inventory_lists", ("my-inventorylist1",))
    assert second.count("inventory_lists") == 2


def test_an_object_may_hold_the_one_collection_of_its_file(tmp_path: Path) -> None:
    store = load(write(tmp_path, SOUND | {"sites.json": {"sites": [{"id": "A"}, {"id": "B"}]}}))
    assert ids(store, "sites") == ["A", "B"]


def test_an_array_is_the_collection_that_its_file_is_named_after(tmp_path: Path) -> None:
    store = load(write(tmp_path, SOUND | {"clients.json": [CLIENT]}))
    assert (ids(store, "clients"), ids(store, "users")) == (["c"], [])


def test_collections_that_are_not_required_may_be_missing(tmp_path: Path) -> None:
    files = {"sites.json": SOUND["sites.json"], "clients.json": {"clients": [CLIENT]}}
    store = load(write(tmp_path, files))
    assert (store.count("inventory_lists"), store.count("users")) == (0, 0)


def test_files_that_are_no_json_by_name_are_left_alone(tmp_path: Path) -> None:
    store = load(write(tmp_path, SOUND | {"README.md": b"# about", "notes.json.bak": b"{"}))
    assert ids(store, "inventory_lists") == ["main"]


@pytest.mark.parametrize(
    ("file", "content", "start", "reason"),
    [
        pytest.param("sites.json.json", [], "sites.json.json: ", "'sites.json'", id="unknown file"),
        pytest.param("stock.json", [], "stock.json: ", "unknown collection 'stock'", id="unknown"),
        pytest.param(
            "inventory_lists.json",
            {"sites": []},
            "inventory_lists.json: ",
            "unknown collection 'sites'",
            id="collection of another file",
        ),
        pytest.param("users.json", [], "users.json: ", "'users'", id="array of another file"),
        pytest.param(
            "inventory_lists.json", b"[{]", "inventory_lists.json: is no JSON file: ", "", id="json"
        ),
        pytest.param(
            "inventory_lists.json", b"", "inventory_lists.json: is no JSON file: ", "", id="empty"
        ),
        pytest.param(
            "inventory_lists.json",
            b'["\xff"]',
            "inventory_lists.json: is no JSON file: ",
            "",
            id="encoding",
        ),
        pytest.param("inventory_lists.json", 3, "inventory_lists.json: ", "no array", id="number"),
        pytest.param("inventory_lists.json", None, "inventory_lists.json: ", "no array", id="null"),
        pytest.param(
            "inventory_lists.json",
            {"inventory_lists": {"id": "x"}},
            "inventory_lists.json: 'inventory_lists' ",
            "no array",
            id="object in place of the array",
        ),
        pytest.param(
            "clients.json",
            {"clients": [CLIENT], "users": "root"},
            "clients.json: 'users' ",
            "no array",
            id="string in place of the array",
        ),
    ],
)
def test_a_broken_file_is_refused_with_the_reason(
    tmp_path: Path, file: str, content: Any, start: str, reason: str
) -> None:
    [problem] = problems(write(tmp_path, SOUND | {file: content}))
    assert problem.startswith(start)
    assert reason in problem


@pytest.mark.parametrize(
    ("entry", "reason"),
    [
        pytest.param({"id": "x", "colour": "red"}, "colour", id="unknown property"),
        pytest.param({"id": "x", "_etag": "1"}, "_etag", id="unknown member of the envelope"),
        pytest.param({"id": "x", "description": 3}, "description", id="number for string"),
        pytest.param(
            {"id": "x", "default_in_stock": "true"}, "default_in_stock", id="string for boolean"
        ),
        pytest.param({"id": "x", "assigned_sites": "A"}, "assigned_sites", id="string for array"),
        pytest.param({"id": "x", "assigned_sites": ["A", 3]}, "assigned_sites[1]", id="in array"),
        pytest.param({"id": "x", "c_zone": [1, "a"]}, "c_zone[1]", id="custom property"),
        pytest.param({"id": "x", "creation_date": "yesterday"}, "creation_date", id="no date"),
        pytest.param(
            {"id": "x", "creation_date": "0001-01-01T00:00:00+05:00"},
            "creation_date",
            id="date before the first",
        ),
        pytest.param({"id": 3}, "id", id="number as id"),
        pytest.param({"id": ""}, "id", id="empty id"),
        pytest.param({"id": "x" * 257}, "id", id="long id"),
        pytest.param({"description": "nameless"}, "id", id="no id"),
        pytest.param("x", "object", id="string"),
        pytest.param(None, "object", id="null"),
    ],
)
def test_a_broken_entry_is_refused_with_its_place_and_the_reason(
    tmp_path: Path, entry: Any, reason: str
) -> None:
    lists = [{"id": "main"}, entry]
    [problem] = problems(write(tmp_path, SOUND | {"inventory_lists.json": lists}))
    assert problem.startswith(f"{ENTRY} 2: ")
    assert reason in problem.removeprefix(ENTRY)


@pytest.mark.parametrize(
    ("entry", "reason"),
    [
        pytest.param({}, "id", id="no id"),
        pytest.param({"id": "-"}, "$.id", id="organization"),
        pytest.param({"id": "x", "name": "X"}, "name", id="unknown property"),
        pytest.param([], "object", id="array"),
    ],
)
def test_a_broken_site_is_refused_with_its_place_and_the_reason(
    tmp_path: Path, entry: Any, reason: str
) -> None:
    sites = [{"id": "A"}, {"id": "B"}, entry]
    [problem] = problems(write(tmp_path, SOUND | {"sites.json": sites}))
    assert problem.startswith("sites.json: sites entry 3: ")
    assert reason in problem.removeprefix("sites.json: sites entry")


@pytest.mark.parametrize(
    ("array", "entry", "reason"),
    [
        ("clients", {"client_id": "x"}, "client_secret: "),
        ("clients", {"client_id": "", "client_secret": "s"}, "client_id: "),
        ("clients", {"client_id": "x", "client_secret": 3}, "client_secret: "),
        ("clients", {"client_id": "x", "client_secret": "s", "role": "admin"}, "role: "),
        ("clients", "x", "is no object"),
        ("users", {"login": "x"}, "password: "),
        ("users", {"login": "x", "password": ""}, "password: "),
        ("users", {"login": "x", "password": "p", "name": "X"}, "name: "),
        ("users", None, "is no object"),
    ],
    ids=str,
)
def test_a_broken_client_or_user_is_refused_with_its_place_and_the_reason(
    tmp_path: Path, array: str, entry: Any, reason: str
) -> None:
    content = {"clients": [CLIENT], "users": [{"login": "u", "password": "p"}]}
    content[array] = [*content[array], entry]
    [problem] = problems(write(tmp_path, SOUND | {"clients.json": content}))
    assert problem.startswith(f"clients.json: {array} entry 2: ")
    assert reason in problem


def test_an_entry_with_several_faults_of_its_own_tells_each(tmp_path: Path) -> None:
    content = {"clients": [CLIENT, {"client_secret": "", "role": "admin"}]}
    [problem] = problems(write(tmp_path, SOUND | {"clients.json": content}))
    assert all(name in problem for name in ("client_id: ", "client_secret: ", "role: "))


@pytest.mark.parametrize(
    "certificate",
    [
        "none",
        "",
        "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----",
        "-----BEGIN PUBLIC KEY-----\nAAAA\n-----END PUBLIC KEY-----",
        UNKNOWN_ALGORITHM,
        3,
        None,
    ],
    ids=["text", "empty", "certificate", "key", "unknown algorithm", "number", "null"],
)
def test_a_bad_certificate_is_refused(tmp_path: Path, certificate: Any) -> None:
    files = SOUND | {"clients.json": with_certificate(certificate)}
    [problem] = problems(write(tmp_path, files))
    assert problem.startswith(f"{CLIENT_ENTRY} 2: certificate: ")


def test_a_public_key_of_another_kind_is_refused(tmp_path: Path) -> None:
    key = pem(ed25519.Ed25519PrivateKey.generate())
    [problem] = problems(write(tmp_path, SOUND | {"clients.json": with_certificate(key)}))
    assert problem.startswith(f"{CLIENT_ENTRY} 2: certificate: ")


@pytest.mark.parametrize(
    "generate",
    [
        partial(ec.generate_private_key, ec.SECP256R1()),
        partial(rsa.generate_private_key, 65537, 2048),
    ],
    ids=["EC", "RSA"],
)
def test_a_public_key_of_rsa_or_ec_is_taken(tmp_path: Path, generate: Callable[[], Any]) -> None:
    files = SOUND | {"clients.json": with_certificate(pem(generate()))}
    assert ids(load(write(tmp_path, files)), "clients") == ["c", "k"]


@pytest.mark.parametrize(
    ("file", "entries", "expected"),
    [
        (
            "inventory_lists.json",
            [{"id": "x"}, {"id": "y"}, {"id": "x", "description": "again"}],
            f"{ENTRY} 3 ('x'): has the same id as {ENTRY} 1 ('x')",
        ),
        (
            "sites.json",
            [{"id": "A"}, {"id": "B"}, {"id": "B"}],
            "sites.json: sites entry 3 ('B'): has the same id as sites.json: sites entry 2 ('B')",
        ),
        (
            "clients.json",
            [CLIENT, {**CLIENT, "client_secret": "other"}],
            f"{CLIENT_ENTRY} 2 ('c'): has the same id as {CLIENT_ENTRY} 1 ('c')",
        ),
    ],
    ids=["lists", "sites", "clients"],
)
def test_a_second_entry_of_an_id_is_refused(
    tmp_path: Path, file: str, entries: Any, expected: str
) -> None:
    assert problems(write(tmp_path, SOUND | {file: entries})) == [expected]


def test_every_unknown_site_that_a_list_names_is_told(tmp_path: Path) -> None:
    lists = [{"id": "x", "assigned_sites": ["A", "C", "D"]}, {"id": "y", "assigned_sites": ["a"]}]
    assert problems(write(tmp_path, SOUND | {"inventory_lists.json": lists})) == [
        f"{ENTRY} 1 ('x'): assigned_sites: 'C' is none of the sites",
        f"{ENTRY} 1 ('x'): assigned_sites: 'D' is none of the sites",
        f"{ENTRY} 2 ('y'): assigned_sites: 'a' is none of the sites",
    ]


@pytest.mark.parametrize(
    ("files", "expected"),
    [
        (
            {},
            [
                "sites.json: has no sites, or is missing",
                "clients.json: has no clients, or is missing",
            ],
        ),
        ({"sites.json": [{"id": "A"}]}, ["clients.json: has no clients, or is missing"]),
        ({"clients.json": [CLIENT]}, ["sites.json: has no sites, or is missing"]),
        (
            {"clients.json": {"users": []}, "sites.json": []},
            [
                "sites.json: has no sites, or is missing",
                "clients.json: has no clients, or is missing",
            ],
        ),
    ],
    ids=["nothing", "no clients", "no sites", "empty"],
)
def test_sites_and_clients_are_required(
    tmp_path: Path, files: dict[str, Any], expected: list[str]
) -> None:
    assert problems(write(tmp_path, files)) == expected


def test_an_empty_object_is_refused_whatever_the_file(tmp_path: Path) -> None:
    [problem] = problems(write(tmp_path, SOUND | {"stock.json": {}}))
    assert problem == "stock.json: holds nothing; an object has the arrays of collections"


def test_a_file_of_an_unknown_name_is_refused_though_it_holds_nothing(tmp_path: Path) -> None:
    [problem] = problems(write(tmp_path, SOUND | {"stock.json": []}))
    assert problem.startswith("stock.json: holds an unknown collection '")
    assert "; known: " in problem
    assert " clients.json (clients), clients.json (users), " in problem


def test_what_cannot_be_read_as_a_file_is_refused(tmp_path: Path) -> None:
    write(tmp_path, SOUND)
    (tmp_path / "folder.json").mkdir()
    [problem] = problems(tmp_path)
    assert problem.startswith("folder.json: is no JSON file: ")


def test_all_problems_are_told_at_once(tmp_path: Path) -> None:
    files = {
        "broken.json": b"[",
        "clients.json": {"clients": [{"client_id": "c"}, CLIENT], "users": 3},
        "inventory_lists.json": [
            {"id": "x", "colour": "red"},
            {"id": "y", "description": 3},
            {"id": "z", "assigned_sites": ["C"]},
            {"id": "z"},
        ],
        "sites.json": [{"id": "A"}, {"id": "A"}],
        "stock.json": [],
    }
    starts = [
        "broken.json: ",
        f"{CLIENT_ENTRY} 1: ",
        "clients.json: 'users' ",
        f"{ENTRY} 1: ",
        f"{ENTRY} 2: ",
        f"{ENTRY} 4 ('z'): ",
        "sites.json: sites entry 2 ('A'): ",
        "stock.json: ",
        f"{ENTRY} 3 ('z'): assigned_sites: ",
    ]
    found = problems(write(tmp_path, files))
    assert len(found) == len(starts)
    assert all(problem.startswith(start) for problem, start in zip(found, starts, strict=True))


def test_the_error_has_a_line_for_each_problem_that_begins_with_the_folder(tmp_path: Path) -> None:
    with pytest.raises(FixtureError) as error:
        load(tmp_path)
    assert str(error.value).splitlines() == [
        f"{tmp_path}: sites.json: has no sites, or is missing",
        f"{tmp_path}: clients.json: has no clients, or is missing",
    ]


@pytest.mark.parametrize("name", ["nowhere", "", "samples/none", "/nowhere/at/all"])
def test_what_is_neither_bundled_nor_a_folder_is_refused(name: str) -> None:
    assert problems(name) == ["is neither a folder nor a bundled data set (samples, storefront)"]


def test_a_file_is_no_data_set(tmp_path: Path) -> None:
    file = write(tmp_path, SOUND) / "sites.json"
    assert problems(file) == ["is neither a folder nor a bundled data set (samples, storefront)"]


def test_a_bundled_name_wins_over_a_folder_of_that_name(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "samples").mkdir()
    monkeypatch.chdir(tmp_path)
    assert ids(load("samples"), "sites") == ["MyOtherSite", "SiteGenesis"]


@pytest.mark.parametrize("name", ["here", "./here", "here/", "here/../here"])
def test_a_relative_path_starts_at_the_working_folder(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    (tmp_path / "here").mkdir()
    write(tmp_path / "here", SOUND)
    monkeypatch.chdir(tmp_path)
    assert ids(load(name), "inventory_lists") == ["main"]


@pytest.mark.parametrize(("name", "within"), [(".", "."), ("..", "inner")])
def test_the_working_folder_and_the_one_above_are_paths(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str, within: str
) -> None:
    write(tmp_path, SOUND)
    (tmp_path / "inner").mkdir()
    monkeypatch.chdir(tmp_path / within)
    assert ids(load(name), "inventory_lists") == ["main"]


@pytest.mark.parametrize(
    ("name", "items", "inventories"), [("samples", 2, 2), ("storefront", 120, 360)]
)
def test_a_bundled_set_holds_items_and_inventories(name: str, items: int, inventories: int) -> None:
    store = load(name)
    assert (store.count("items"), store.count("inventories")) == (items, inventories)


def read_part(entry: dict[str, Any]) -> Record:
    return Record.of((entry["id"],), entry)


def shelf_and_slot(record: Record) -> Key | None:
    place = record.properties
    return (place["shelf"], place["slot"]) if {"shelf", "slot"} <= set(place) else None


def by_shelf(records: Iterable[Record]) -> dict[str, list[Record]]:
    drawers = list(records)
    apart = [Record.of((r.properties["shelf"], *r.key), {}) for r in drawers]
    return {"drawers": drawers, "shelves": apart}


def load_parts(folder: Path, parts: Any, **options: Any) -> MemoryStore:
    write(folder, {"parts.json": parts})
    return fixtures.load(str(folder), (Collection("parts", "parts.json", read_part, **options),))


def test_what_two_entries_may_not_share_is_told_of_both(tmp_path: Path) -> None:
    parts = [
        {"id": "a", "shelf": "s", "slot": "1"},
        {"id": "b", "shelf": "s", "slot": "2"},
        {"id": "c", "shelf": "s", "slot": "1"},
        {"id": "d", "shelf": "s", "slot": "1"},
    ]
    with pytest.raises(FixtureError) as error:
        load_parts(tmp_path, parts, unique=shelf_and_slot)
    first = "parts.json: parts entry 1 ('a')"
    assert error.value.problems == [
        f"parts.json: parts entry 3 ('c'): shares 's/1' with {first}",
        f"parts.json: parts entry 4 ('d'): shares 's/1' with {first}",
    ]


def test_what_is_unique_may_be_absent_from_several_entries(tmp_path: Path) -> None:
    parts = [{"id": "a"}, {"id": "b", "shelf": "s"}, {"id": "c", "shelf": "s", "slot": "1"}]
    store = load_parts(tmp_path, parts, unique=shelf_and_slot)
    assert ids(store, "parts") == ["a", "b", "c"]


def test_entries_may_share_what_nobody_called_unique(tmp_path: Path) -> None:
    parts = [{"id": "a", "slot": "1"}, {"id": "b", "slot": "1"}]
    assert ids(load_parts(tmp_path, parts), "parts") == ["a", "b"]


def test_what_is_unique_is_so_within_its_collection(tmp_path: Path) -> None:
    entry = {"id": "a", "shelf": "s", "slot": "1"}
    write(tmp_path, {"parts.json": [entry], "tools.json": [entry]})
    names = ("parts", "tools")
    collections = (
        Collection(name, f"{name}.json", read_part, unique=shelf_and_slot) for name in names
    )
    store = fixtures.load(str(tmp_path), tuple(collections))
    assert (ids(store, "parts"), ids(store, "tools")) == (["a"], ["a"])


def test_records_lie_in_the_store_as_they_are_arranged(tmp_path: Path) -> None:
    parts = [{"id": "b", "shelf": "s"}, {"id": "a", "shelf": "t"}]
    store = load_parts(tmp_path, parts, arrange=by_shelf)
    assert [record.key for record in store.scan("shelves", 0, 9).records] == [
        ("s", "b"),
        ("t", "a"),
    ]
    assert properties(store, "drawers", "b") == {"id": "b", "shelf": "s"}
    assert (store.count("drawers"), store.count("parts")) == (2, 0)


@pytest.mark.parametrize(
    ("within", "told"),
    [
        pytest.param("b", [], id="a string, known"),
        pytest.param("boxes", ["boxes"], id="a string, unknown"),
        pytest.param("", [""], id="an empty string"),
        pytest.param(["a", "b"], [], id="an array, known"),
        pytest.param(["a", "x", "y"], ["x", "y"], id="an array, unknown"),
        pytest.param([], [], id="an empty array"),
    ],
)
def test_a_reference_is_one_id_or_an_array_of_ids(
    tmp_path: Path, within: Any, told: list[str]
) -> None:
    parts = [{"id": "a", "within": within}, {"id": "b"}]
    found: list[str] = []
    try:
        load_parts(tmp_path, parts, references={"within": "parts"})
    except FixtureError as error:
        found = error.problems
    place = "parts.json: parts entry 1 ('a'): within: "
    assert found == [f"{place}'{name}' is none of the parts" for name in told]


def read_tool(entry: dict[str, Any]) -> Record:
    return Record.of((entry["id"],), entry)


def test_what_was_decoded_is_encoded_as_it_was() -> None:
    store = MemoryStore()
    store.replace(fixtures.decode(SOUND, COLLECTIONS, "here"))
    files = fixtures.encode(store, COLLECTIONS)
    assert files["clients.json"] == SOUND["clients.json"]
    assert [site["id"] for site in files["sites.json"]] == ["A", "B"]
    [entry] = files["inventory_lists.json"]
    assert entry["id"] == "main"
    assert entry["assigned_sites"] == ("A", "B")
    assert (files["items.json"], files["inventories.json"]) == ([], [])


@pytest.mark.parametrize("name", ["samples", "storefront"])
def test_a_bundled_set_is_the_same_after_encoding_and_decoding(name: str) -> None:
    first = load(name)
    files = orjson.loads(orjson.dumps(fixtures.encode(first, COLLECTIONS), default=dict))
    second = MemoryStore()
    second.replace(fixtures.decode(files, COLLECTIONS, "here"))
    trees, others = first.snapshot(), second.snapshot()
    assert trees.keys() == others.keys() >= {"sites", "clients", "inventory_lists", "items.ids"}
    for collection in trees:
        assert second.scan(collection, 0, 999) == first.scan(collection, 0, 999)


def test_an_empty_store_is_encoded_as_files_without_entries() -> None:
    files = fixtures.encode(MemoryStore(), COLLECTIONS)
    assert files.pop("clients.json") == {"clients": [], "users": []}
    assert files.keys() >= {"sites.json", "inventory_lists.json", "items.json", "inventories.json"}
    arrays = [a for f in files.values() for a in (f.values() if isinstance(f, dict) else [f])]
    assert all(entries == [] for entries in arrays)


def test_a_file_is_an_array_only_if_it_holds_the_collection_of_its_name_alone() -> None:
    def collection(name: str, file: str) -> Collection:
        return Collection(name, file, read_tool)

    store = MemoryStore()
    store.put("hammers", Record.of(("h",), {"id": "h"}))
    named_alike = collection("tools", "tools.json"), collection("hammers", "tools.json")
    assert fixtures.encode(store, named_alike) == {
        "tools.json": {"tools": [], "hammers": [{"id": "h"}]}
    }
    assert fixtures.encode(store, (collection("hammers", "tools.json"),)) == {
        "tools.json": {"hammers": [{"id": "h"}]}
    }
    assert fixtures.encode(store, (collection("hammers", "hammers.json"),)) == {
        "hammers.json": [{"id": "h"}]
    }


def test_what_a_collection_yields_is_what_is_encoded() -> None:
    def names(store: MemoryStore, name: str) -> list[dict[str, Any]]:
        return [{"name": record.key[0]} for record in store.scan(name, 0, 9).records]

    tools = Collection("tools", "tools.json", read_tool, encode=names)  # type: ignore[arg-type]
    store = MemoryStore()
    store.put("tools", Record.of(("h",), {"id": "h"}))
    assert fixtures.encode(store, (tools,)) == {"tools.json": [{"name": "h"}]}


def test_what_is_decoded_wrongly_is_told_with_its_source() -> None:
    files: dict[str, Any] = {**SOUND, "sites.json": [{"id": ""}], "inventory_lists.json": None}
    with pytest.raises(FixtureError) as caught:
        fixtures.decode(files, COLLECTIONS, "files")
    assert [problem[:31] for problem in caught.value.problems] == [
        "sites.json: sites entry 1: Ther",
        "inventory_lists.json: 'inventor",
    ]
    assert all(line.startswith("files: ") for line in str(caught.value).splitlines())


def test_decoding_reads_a_reference_across_files() -> None:
    lists = [{"id": "main", "assigned_sites": ["C"]}]
    with pytest.raises(FixtureError) as caught:
        fixtures.decode(SOUND | {"inventory_lists.json": lists}, COLLECTIONS, "files")
    assert caught.value.problems == [
        f"{ENTRY} 1 ('main'): assigned_sites: 'C' is none of the sites"
    ]


def test_a_data_set_that_was_read_before_is_not_decoded_again_and_shares_nothing_that_changes(
    tmp_path: Path,
) -> None:
    read: list[Any] = []

    def read_part(entry: Any) -> Record:
        read.append(entry)
        return Record.of((entry["id"],), entry)

    collections = (Collection("parts", "parts.json", read_part),)
    file = tmp_path / "parts.json"
    file.write_text('[{"id": "a"}]')
    first = fixtures.load(str(tmp_path), collections)
    first.put("parts", Record.of(("b",), {"id": "b"}))
    second = fixtures.load(str(tmp_path), collections)
    assert (first.count("parts"), second.count("parts")) == (2, 1)
    assert len(read) == 1
    file.write_text('[{"id": "c"}]')
    third = fixtures.load(str(tmp_path), collections)
    assert third.get("parts", ("c",)) is not None
    assert len(read) == 2


def test_what_is_broken_and_what_is_shared_is_told_in_the_order_of_the_entries(
    tmp_path: Path,
) -> None:
    lists = [{"id": "x"}, {"id": "y", "colour": "red"}, {"id": "x"}, {"id": 3}, {"id": "x"}]
    found = problems(write(tmp_path, SOUND | {"inventory_lists.json": lists}))
    first = f"has the same id as {ENTRY} 1 ('x')"
    assert [found[1], found[3]] == [f"{ENTRY} 3 ('x'): {first}", f"{ENTRY} 5 ('x'): {first}"]
    assert [problem.partition(":")[2].split()[2] for problem in found] == ["2:", "3", "4:", "5"]


def test_references_are_told_entry_by_entry(tmp_path: Path) -> None:
    parts = [{"id": "a", "within": "x", "near": "y"}, {"id": "b", "within": "z"}]
    with pytest.raises(FixtureError) as error:
        load_parts(tmp_path, parts, references={"within": "parts", "near": "parts"})
    assert error.value.problems == [
        "parts.json: parts entry 1 ('a'): within: 'x' is none of the parts",
        "parts.json: parts entry 1 ('a'): near: 'y' is none of the parts",
        "parts.json: parts entry 2 ('b'): within: 'z' is none of the parts",
    ]


def test_decoding_leaves_the_contents_it_is_given_as_they_are() -> None:
    files = {"parts.json": [{"id": "b", "of": ["x"]}, {"id": "a"}]}
    fixtures.decode(files, (Collection("parts", "parts.json", read_part),), "here")
    assert files == {"parts.json": [{"id": "b", "of": ["x"]}, {"id": "a"}]}


@pytest.mark.parametrize("enabled", [False, True])
@pytest.mark.parametrize("parts", [[{"id": "a"}], 3], ids=["sound", "broken"])
def test_the_garbage_collector_runs_after_a_load_if_it_ran_before(
    tmp_path: Path, parts: Any, *, enabled: bool
) -> None:
    seen: list[bool] = []

    def read(entry: Any) -> Record:
        seen.append(gc.isenabled())
        return read_part(entry)

    write(tmp_path, {"parts.json": parts})
    (gc.enable if enabled else gc.disable)()
    try:
        with suppress(FixtureError):
            fixtures.load(str(tmp_path), (Collection("parts", "parts.json", read),))
        assert gc.isenabled() is enabled
    finally:
        gc.enable()
    assert not any(seen)


def test_a_load_leaves_frozen_objects_frozen_and_young_ones_young(tmp_path: Path) -> None:
    # Else garbage of requests grows old by each data set that a client sends, and stays.
    write(tmp_path, {"parts.json": [{"id": "a"}]})
    frozen = [object]
    gc.disable()
    gc.freeze()
    try:
        young = [object]
        fixtures.load(str(tmp_path), (Collection("parts", "parts.json", read_part),))
        assert not any(one is frozen for one in gc.get_objects())  # which leaves out what is frozen
        assert any(one is young for one in gc.get_objects(generation=0))
    finally:
        gc.unfreeze()
        gc.enable()


def test_of_a_long_file_that_breaks_off_this_is_told_alone(tmp_path: Path) -> None:
    entries = [{"id": f"{number:04}", "of": ["x" * 400]} for number in range(2000)]
    broken = orjson.dumps([{"id": 5}, *entries])[:-9]
    (tmp_path / "parts.json").write_bytes(broken)
    with pytest.raises(FixtureError) as error:
        fixtures.load(str(tmp_path), (Collection("parts", "parts.json", read_part),))
    (told,) = error.value.problems
    assert re.fullmatch(r"parts\.json: is no JSON file: .* line 1 column \d{6}.*", told)


@pytest.mark.parametrize(
    "sites",
    [
        pytest.param(b'[{"id": "A"}, {"id": "B"}', id="broken off"),
        pytest.param(b'{"sites": 3}', id="no array"),
        pytest.param(b'[{"id": "A"}, {"id": "B", "position": "1"}]', id="a wrong entry"),
    ],
)
def test_what_refers_to_entries_that_were_not_read_is_not_held_against_them(
    tmp_path: Path, sites: bytes
) -> None:
    folder = write(tmp_path, SOUND)
    (folder / "sites.json").write_bytes(sites)
    (told,) = problems(folder)
    assert told.startswith("sites.json: ")


def test_the_id_that_a_wrong_entry_lacks_is_told_as_well(tmp_path: Path) -> None:
    lists = [{"default_in_stock": 3}, {"nonsense": 1}]
    lacking, wrong = problems(write(tmp_path, SOUND | {"inventory_lists.json": lists}))
    told = "Property '$.default_in_stock' should be of type 'boolean', but is 'number'."
    assert lacking == f"{ENTRY} 1: has no 'id'; {told}"
    assert wrong.startswith(f"{ENTRY} 2: has no 'id'; There's an unknown property 'nonsense'")
