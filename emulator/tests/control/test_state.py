"""All data over HTTP: what is taken out can be put back, anywhere, and is the same again."""

from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from threading import Event
from typing import Any
from urllib.parse import quote

import orjson
import pytest
from click.testing import CliRunner
from werkzeug.test import Client

from emulator import Emulator
from emulator.cli.main import commands
from emulator.family import TOO_LARGE
from emulator.store import Delete, Put, Record
from emulator.tests.control_client import LOCAL, ask
from emulator.tests.table import table

STATE = "/__emulator__/state"
LISTS = "/s/-/dw/data/v23_2/inventory_lists"
CLIENTS = {"clients": [{"client_id": "c", "client_secret": "s"}], "users": []}
CUSTOM = [
    {"document": "inventory_list", "name": "c_zone", "type": "string", "localized": True},
    {"document": "inventory_list", "name": "c_list", "type": "number", "multiple": True},
]
FILES = {"sites.json": [{"id": "A"}], "clients.json": CLIENTS}


def dump(emulator: Emulator, workspace: str = "default") -> bytes:
    data: bytes = ask(emulator, "GET", STATE, workspace).data
    return data


def show(emulator: Emulator, workspace: str = "default") -> dict[str, Any]:
    """Return what the collections answer, by path."""
    paths = (LISTS, "/items", "/inventories")
    return {path: ask(emulator, "GET", path, workspace).json for path in paths}


def tags(emulator: Emulator, workspace: str = "default") -> dict[str, str]:
    """Return the ETags of all documents by path."""
    pages = show(emulator, workspace)
    paths = [f"{LISTS}/{quote(row['id'], safe='')}" for row in pages[LISTS]["data"]]
    paths += [f"/items/{row['itemId']}" for row in pages["/items"]["items"]]
    rows = pages["/inventories"]["inventories"]
    paths += [f"/inventories/{row['inventoryId']}" for row in rows]
    return {path: ask(emulator, "GET", path, workspace).headers["ETag"] for path in paths}


def change_much(emulator: Emulator) -> None:
    """Create, change and delete documents of all kinds."""
    state = orjson.loads(dump(emulator))
    state["files"]["custom_properties.json"] = {"custom_properties": CUSTOM}
    assert ask(emulator, "PUT", STATE, json=state).status_code == 200
    text = {"description": "\xfc\u2028\U0001f600", "c_zone": {"de": "x"}, "c_list": [1, 2.5]}
    assert ask(emulator, "PUT", f"{LISTS}/\xfc%2Fx", json=text).status_code == 201
    assert ask(emulator, "PUT", f"{LISTS}/empty", json={}).status_code == 201
    assert ask(emulator, "DELETE", f"{LISTS}/my-inventorylist2").status_code == 204
    item = {"sku": "new", "productVariant": {"variantId": "v"}}
    made = ask(emulator, "POST", "/items", json=item, headers={"Idempotency-Key": "k"}).json
    assert made is not None
    inventory = {"itemId": made["itemId"], "location": {"locationId": "l"}, "onHandQuantity": 5}
    assert ask(emulator, "POST", "/inventories", json=inventory).status_code == 201
    for path in ("/inventories/inventory-1", "/inventories/inventory-2", "/items/item-1"):
        assert ask(emulator, "DELETE", path).status_code == 204


def test_files_hold_what_a_data_set_would(emulator: Emulator) -> None:
    told = ask(emulator, "GET", STATE).json
    assert told is not None
    assert (told.keys(), told["format"]) == ({"format", "files"}, 1)
    files = told["files"]
    assert files.keys() >= {
        "sites.json",
        "clients.json",
        "inventory_lists.json",
        "items.json",
        "inventories.json",
    }
    assert [site["id"] for site in files["sites.json"]] == ["MyOtherSite", "SiteGenesis"]
    assert files["clients.json"]["users"] == [{"login": "admin", "password": "Secret:123"}]
    assert files["inventory_lists.json"][1] == {
        "assigned_sites": ["MyOtherSite"],
        "default_in_stock": False,
        "description": "description for inventorylist2",
        "id": "my-inventorylist2",
        "on_order_inventory_enabled": True,
        "use_bundle_inventory_only": False,
    }
    assert [item["itemId"] for item in files["items.json"]] == ["item-1", "item-2"]


@pytest.mark.parametrize("workspace", ["default", "ci-7"])
@pytest.mark.parametrize("changed", [False, True], ids=["fixtures", "changed"])
def test_what_is_put_back_is_the_same_again(
    emulator: Emulator, workspace: str, *, changed: bool
) -> None:
    if changed:
        change_much(emulator)
    first = dump(emulator)
    assert ask(emulator, "PUT", STATE, workspace, data=first).status_code == 200
    assert dump(emulator, workspace) == first


def test_what_is_put_back_shows_the_same_to_clients(emulator: Emulator) -> None:
    change_much(emulator)
    shown = show(emulator)
    assert [row["sku"] for row in shown["/items"]["items"]] == ["sku-2", "new"]
    ask(emulator, "PUT", STATE, "ci-7", data=dump(emulator))
    assert show(emulator, "ci-7") == shown
    ask(emulator, "PUT", STATE, data=dump(emulator, "ci-7"))
    assert show(emulator) == shown


@pytest.mark.parametrize("changed", [False, True], ids=["fixtures", "changed"])
def test_tags_are_the_same_in_another_workspace_and_server(
    emulator: Emulator, *, changed: bool
) -> None:
    if changed:
        change_much(emulator)
    first = tags(emulator)
    assert len(first) == 6
    assert len(set(first.values())) == len(first)
    state, other = dump(emulator), Emulator(fixtures="storefront")
    for server, workspace in ((emulator, "default"), (emulator, "ci-7"), (other, "default")):
        ask(server, "PUT", STATE, workspace, data=state)
        assert tags(server, workspace) == first


@pytest.mark.parametrize("path", [f"{LISTS}/empty", "/items/item-2"])
def test_a_tag_of_before_is_good_for_a_conditional_write(emulator: Emulator, path: str) -> None:
    change_much(emulator)
    tag = tags(emulator)[path]
    ask(emulator, "PUT", STATE, "ci-7", data=dump(emulator))
    headers = {"If-Match": tag}
    changes = {"description": "x"} if path.startswith(LISTS) else {"name": "x"}
    assert ask(emulator, "PATCH", path, "ci-7", json=changes, headers=headers).status_code == 200
    assert ask(emulator, "PATCH", path, "ci-7", json=changes, headers=headers).status_code == 412


def test_what_is_put_back_can_be_written_to(emulator: Emulator) -> None:
    change_much(emulator)
    ask(emulator, "PUT", STATE, "ci-7", data=dump(emulator))
    item = {"sku": "newest", "productVariant": {"variantId": "v"}}
    assert ask(emulator, "POST", "/items", "ci-7", json=item).status_code == 201
    taken = ask(emulator, "POST", "/items", "ci-7", json={**item, "sku": "sku-2"})
    assert taken.status_code == 409
    page = ask(emulator, "GET", "/items", "ci-7").json
    assert page is not None
    assert [row["sku"] for row in page["items"]] == ["sku-2", "new", "newest"]
    listed = ask(emulator, "GET", LISTS, "ci-7").json
    assert listed is not None
    assert [row["id"] for row in listed["data"]] == ["empty", "my-inventorylist1", "\xfc/x"]


def test_an_item_that_was_put_back_is_held_by_its_inventories(emulator: Emulator) -> None:
    change_much(emulator)
    ask(emulator, "PUT", STATE, "ci-7", data=dump(emulator))
    page = ask(emulator, "GET", "/inventories", "ci-7").json
    assert page is not None
    [row] = [row for row in page["inventories"] if row["locationId"] == "l"]
    assert ask(emulator, "DELETE", f"/items/{row['itemId']}", "ci-7").status_code == 409
    path = f"/inventories/{row['inventoryId']}"
    assert ask(emulator, "DELETE", path, "ci-7").status_code == 204
    assert ask(emulator, "DELETE", f"/items/{row['itemId']}", "ci-7").status_code == 204


def test_an_emulator_without_data_is_put_back_too(emulator: Emulator) -> None:
    ask(emulator, "POST", "/__emulator__/reset?to=empty")
    first = dump(emulator)
    assert ask(emulator, "PUT", STATE, data=first).status_code == 200
    assert dump(emulator) == first


def test_it_is_told_how_many_records_each_collection_got(emulator: Emulator) -> None:
    told = ask(emulator, "PUT", STATE, "ci-7", data=dump(emulator)).json
    assert told is not None
    counts = {"sites": 2, "clients": 1, "users": 1, "inventory_lists": 2, "items": 2}
    assert {name: told[name] for name in counts} == counts
    told = ask(emulator, "PUT", STATE, "ci-7", json={"format": 1, "files": FILES}).json
    assert told is not None
    assert {name: count for name, count in told.items() if count} == {"sites": 1, "clients": 1}
    assert told.keys() >= {*counts, "inventories"}


@table(
    ("state", "pointers"),
    [
        (None, ["/format", "/files"]),
        ({}, ["/format", "/files"]),
        ([], [""]),
        ({"files": FILES}, ["/format"]),
        ({"format": "1", "files": FILES}, ["/format"]),
        ({"format": True, "files": FILES}, ["/format"]),
        ({"format": 2, "files": FILES}, ["/format"]),
        ({"format": 1}, ["/files"]),
        ({"format": 1, "files": []}, ["/files"]),
        ({"format": 1, "files": None}, ["/files"]),
        ({"format": 1, "collections": {}}, ["/files", "/collections"]),
        ({"format": 1, "files": FILES, "more": 1}, ["/more"]),
    ],
)
def test_what_is_no_state_is_refused_with_the_place(
    emulator: Emulator, state: Any, pointers: list[str]
) -> None:
    first = dump(emulator)
    response = ask(emulator, "PUT", STATE, json=state)
    assert (response.status_code, response.content_type) == (400, "application/problem+json")
    assert response.json is not None
    assert [error["pointer"] for error in response.json["errors"]] == pointers
    assert dump(emulator) == first


@table("data", [b"{", b"<files/>", b'{"format": NaN}', b"\xff"])
def test_what_is_no_json_is_refused(emulator: Emulator, data: bytes) -> None:
    first = dump(emulator)
    response = ask(emulator, "PUT", STATE, data=data)
    assert response.status_code == 400
    assert response.json is not None
    assert response.json["detail"].startswith("The body is not JSON: ")
    assert dump(emulator) == first


@pytest.mark.parametrize(
    ("files", "problem"),
    [
        ({"sites.json": []}, "sites.json: is missing, or has no sites"),
        ({"sites.json": 3}, "sites.json: 'sites' must be an array of entries"),
        ({"clients.json": []}, "clients.json: is missing, or has no clients"),
        ({"sites.json": [{"id": "-"}]}, "sites.json: sites entry 1: "),
        ({"stock.json": []}, "stock.json: has an unknown collection 'stock'; known are "),
        ({"stock.json": {}}, "stock.json: is empty"),
        ({"items.json": None}, "items.json: 'items' must be an array of entries"),
        (
            {"inventory_lists.json": [{"id": "x", "assigned_sites": ["B"]}]},
            "inventory_lists.json: inventory_lists entry 1 ('x'): assigned_sites: there is no 'B'",
        ),
        ({"items.json": [{"itemId": "x"}]}, "items.json: items entry 1: "),
    ],
    ids=[
        "no site",
        "number",
        "no client",
        "entry",
        "unknown file",
        "nothing unknown",
        "null",
        "reference",
        "item",
    ],
)
def test_broken_files_are_refused_with_what_is_wrong(
    emulator: Emulator, files: dict[str, Any], problem: str
) -> None:
    first = dump(emulator)
    state = {"format": 1, "files": FILES | files}
    response = ask(emulator, "PUT", STATE, json=state)
    assert response.status_code == 400
    assert response.json is not None
    assert response.json["detail"].startswith(f"files: {problem}")
    [error] = response.json["errors"]
    assert error.keys() == {"pointer", "detail"}
    assert (error["pointer"], error["detail"][: len(problem)]) == ("/files", problem)
    assert dump(emulator) == first


def test_all_that_is_wrong_with_files_is_told_at_once(emulator: Emulator) -> None:
    response = ask(emulator, "PUT", STATE, json={"format": 1, "files": {}})
    assert response.json is not None
    assert response.json["errors"] == [
        {"pointer": "/files", "detail": "sites.json: is missing, or has no sites"},
        {"pointer": "/files", "detail": "clients.json: is missing, or has no clients"},
    ]


def test_a_refusal_tells_what_check_tells(emulator: Emulator, tmp_path: Path) -> None:
    lists = [{"id": "a", "colour": "red"}, {"id": ""}, {"id": "b", "assigned_sites": ["B"]}]
    files = {**FILES, "inventory_lists.json": lists, "items.json": [3]}
    for name, content in files.items():
        (tmp_path / name).write_bytes(orjson.dumps(content))
    checked = CliRunner().invoke(commands, ["check", str(tmp_path)])
    response = ask(emulator, "PUT", STATE, json={"format": 1, "files": files})
    assert response.json is not None
    refused = {f"{tmp_path}: {error['detail']}" for error in response.json["errors"]}
    assert (checked.exit_code, len(refused)) == (1, 4)
    assert refused == set(checked.stderr.splitlines())


def test_files_of_another_data_set_take_the_place_of_all_data(emulator: Emulator) -> None:
    assert ask(emulator, "PUT", STATE, json={"format": 1, "files": FILES}).status_code == 200
    told = ask(emulator, "GET", STATE).json
    assert told is not None
    files = told["files"]
    assert files["clients.json"] == CLIENTS
    assert [site["id"] for site in files["sites.json"]] == ["A"]
    for name in ("inventory_lists.json", "items.json", "inventories.json"):
        assert files[name] == []
    with pytest.raises(LookupError, match="has no client 'aaaa"):
        emulator.token("aaaa")
    assert emulator.token("c")


def test_a_reset_leads_to_the_fixtures_and_not_to_what_was_put_in(emulator: Emulator) -> None:
    first = dump(emulator)
    ask(emulator, "PUT", STATE, json={"format": 1, "files": FILES})
    ask(emulator, "POST", "/__emulator__/reset")
    assert dump(emulator) == first


def test_data_belong_to_their_workspace(emulator: Emulator) -> None:
    first = dump(emulator)
    ask(emulator, "PUT", STATE, "ci-7", json={"format": 1, "files": FILES})
    assert dump(emulator) == first
    assert dump(emulator, "ci-7") != first


@pytest.mark.parametrize("workspace", ["default", "ci-7"])
def test_an_answer_that_is_remembered_is_not_put_back(emulator: Emulator, workspace: str) -> None:
    item = {"sku": "new", "productVariant": {"variantId": "v"}}
    headers = {"Idempotency-Key": "k"}
    made = ask(emulator, "POST", "/items", json=item, headers=headers)
    again = ask(emulator, "POST", "/items", json=item, headers=headers)
    assert (made.status_code, again.data) == (201, made.data)
    ask(emulator, "PUT", STATE, workspace, data=dump(emulator))
    asked_anew = ask(emulator, "POST", "/items", workspace, json=item, headers=headers)
    assert asked_anew.status_code == 409


def test_data_that_the_server_did_not_read_are_refused_and_change_nothing(
    emulator: Emulator,
) -> None:
    first = dump(emulator)
    client = Client(emulator.app)
    environ = {**LOCAL, TOO_LARGE: True}
    response = client.put(STATE, environ_overrides=environ)
    assert (response.status_code, response.content_type) == (413, "application/problem+json")
    assert response.json is not None
    assert response.json["detail"] == "The body is larger than the server reads."
    assert dump(emulator) == first


@pytest.mark.parametrize("kind", ["memory", "redis"])
def test_dump_during_writes_is_of_one_instant(request: pytest.FixtureRequest, kind: str) -> None:
    store = "memory" if kind == "memory" else request.getfixturevalue("empty_redis")
    emulator = Emulator(fixtures="samples", store=store)
    has_ended = Event()

    def write(name: str) -> None:
        kept, key = emulator.workspace.store, (name,)
        entry = Record.of(key, {"id": name})
        while not has_ended.is_set():  # each site comes and goes together with a list
            kept.apply(Put("sites", entry), Put("inventory_lists", entry))
            kept.apply(Delete("sites", key), Delete("inventory_lists", key))

    with ThreadPoolExecutor(4) as pool:
        writers = [pool.submit(write, f"new{number}") for number in range(4)]
        try:
            dumps = [orjson.loads(dump(emulator))["files"] for _ in range(10)]
        finally:
            has_ended.set()
        assert [writer.result() for writer in writers] == [None] * 4
    for files in dumps:
        new = [
            {entry["id"] for entry in files[file]} - {"SiteGenesis", "MyOtherSite"}
            for file in ("sites.json", "inventory_lists.json")
        ]
        assert new[0] == new[1] - {"my-inventorylist1", "my-inventorylist2"}


@pytest.mark.parametrize(
    "files",
    [
        {f"{number}.json": [] for number in range(3000)},
        {"inventory_lists.json": {f"name{number}": [] for number in range(3000)}},
        {"inventory_lists.json": [1] * 3000},
        {"inventory_lists.json": [{"id": "a"}] * 3000},
    ],
    ids=["files", "collections", "entries", "ids"],
)
def test_the_first_100_errors_of_a_state_are_reported(
    emulator: Emulator, files: dict[str, Any]
) -> None:
    response = ask(emulator, "PUT", STATE, json={"format": 1, "files": FILES | files})
    assert response.status_code == 400
    errors = [error["detail"] for error in (response.json or {})["errors"]]
    assert len(errors) == 100
    assert (response.json or {})["detail"] == "\n".join(f"files: {error}" for error in errors)


def test_an_entry_with_many_wrong_properties_has_a_short_message(emulator: Emulator) -> None:
    entry = {"id": "a", **{f"x{number}": 1 for number in range(3000)}}
    files = FILES | {"inventory_lists.json": [entry]}
    response = ask(emulator, "PUT", STATE, json={"format": 1, "files": files})
    (error,) = (response.json or {})["errors"]
    assert error["detail"].count("There's an unknown property 'x") == 20
