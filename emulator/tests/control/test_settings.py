"""Settings over HTTP: shown, loaded, taken away, and written from what was recorded."""

import json
from pathlib import Path
from typing import Any

import pytest
from werkzeug.test import TestResponse

from emulator import Emulator
from emulator.tests.control_client import DATA, ask
from emulator.tests.table import table

DEMO = "a" * 30
SETTINGS = "/__emulator__/settings"
NEEDED = f"{SETTINGS}/from-journal"
LISTS = f"{DATA}/inventory_lists"
LIST = f"{LISTS}/my-inventorylist1"
NOTHING = {"_v": "23.2", "clients": []}
READING = {
    "_v": "23.2",
    "clients": [
        {
            "client_id": DEMO,
            "resources": [
                {"resource_id": "/**", "methods": ["get"], "read_attributes": "(id)"},
            ],
        }
    ],
}


def show(emulator: Emulator, workspace: str = "default") -> Any:
    response = ask(emulator, "GET", SETTINGS, workspace)
    assert response.status_code == 200
    return response.json


def permits(emulator: Emulator, workspace: str = "default") -> bool:
    return ask(emulator, "GET", LIST, workspace).status_code == 200


def load(emulator: Emulator, document: Any, workspace: str = "default") -> TestResponse:
    return ask(emulator, "POST", SETTINGS, workspace, json=document)


def needed(emulator: Emulator, workspace: str = "default") -> Any:
    response = ask(emulator, "GET", NEEDED, workspace)
    assert response.status_code == 200
    return response.json


def test_without_a_document_null_is_shown_and_everything_allowed(emulator: Emulator) -> None:
    assert show(emulator) is None
    assert permits(emulator)


def test_what_is_loaded_is_shown_as_it_was_written_and_decides(emulator: Emulator) -> None:
    response = load(emulator, READING)
    assert (response.status_code, response.json) == (200, READING)
    assert show(emulator) == READING
    document = ask(emulator, "GET", LIST).json
    assert document == {"_v": "23.2", "_type": "inventory_list", "id": "my-inventorylist1"}
    assert ask(emulator, "DELETE", LIST).status_code == 403


def test_another_document_takes_the_place_of_the_first(emulator: Emulator) -> None:
    load(emulator, READING)
    load(emulator, NOTHING)
    assert show(emulator) == NOTHING
    assert not permits(emulator)


def test_delete_allows_everything_again(emulator: Emulator) -> None:
    load(emulator, NOTHING)
    for _ in range(2):
        response = ask(emulator, "DELETE", SETTINGS)
        assert (response.status_code, response.data) == (204, b"")
        assert show(emulator) is None
        assert permits(emulator)


def test_settings_belong_to_their_workspace(emulator: Emulator) -> None:
    load(emulator, NOTHING, "ci-7")
    assert (permits(emulator, "ci-7"), permits(emulator), permits(emulator, "ci-8")) == (
        False,
        True,
        True,
    )
    assert (show(emulator, "ci-7"), show(emulator)) == (NOTHING, None)
    ask(emulator, "DELETE", SETTINGS)
    assert not permits(emulator, "ci-7")


@pytest.mark.parametrize("to", ["fixtures", "empty"])
def test_a_reset_brings_the_first_document_back(tmp_path: Path, to: str) -> None:
    file = tmp_path / "settings.json"
    file.write_text(json.dumps(READING))
    emulator = Emulator(fixtures="samples", settings=str(file))
    for workspace in ("default", "ci-7"):
        assert show(emulator, workspace) == READING
        load(emulator, NOTHING, workspace)
        ask(emulator, "POST", f"/__emulator__/reset?to={to}", workspace)
        assert show(emulator, workspace) == READING
        ask(emulator, "DELETE", SETTINGS, workspace)
        assert show(emulator, workspace) is None
        ask(emulator, "POST", f"/__emulator__/reset?to={to}", workspace)
        assert show(emulator, workspace) == READING


def test_a_reset_takes_away_what_was_not_there_at_first(emulator: Emulator) -> None:
    load(emulator, NOTHING)
    ask(emulator, "POST", "/__emulator__/reset?only=journal")
    assert show(emulator) == NOTHING
    ask(emulator, "POST", "/__emulator__/reset")
    assert show(emulator) is None
    assert permits(emulator)


@table(
    ("document", "path", "reason"),
    [
        ([], "$", "is not an object"),
        ({"_v": "23.2"}, "$.clients", "is missing"),
        ({"clients": {}}, "$.clients", "is not an array"),
        ({"_v": 23, "clients": []}, "$._v", "is not a string"),
        ({"clients": [], "client": []}, "$.client", "is unknown here; did you mean 'clients'?"),
        ({"clients": [{}]}, "$.clients[0].client_id", "is missing"),
        (
            {"clients": [{"client_id": "a", "allowed_origins": [3]}]},
            "$.clients[0].allowed_origins[0]",
            "is not a string",
        ),
        (
            {"clients": [{"client_id": "a", "resources": [{"resource_id": "/x"}]}]},
            "$.clients[0].resources[0].methods",
            "is missing",
        ),
    ],
)
def test_a_mistake_is_told_with_its_json_path_and_changes_nothing(
    emulator: Emulator, document: Any, path: str, reason: str
) -> None:
    load(emulator, READING)
    response = load(emulator, document)
    assert (response.status_code, response.content_type) == (400, "application/problem+json")
    assert response.json is not None
    [error] = response.json["errors"]
    assert error["pointer"] == path
    assert reason in error["detail"]
    assert f"{path}: {error['detail']}" in response.json["detail"]
    assert show(emulator) == READING


def test_all_mistakes_are_told_at_once(emulator: Emulator) -> None:
    response = load(emulator, {"_v": "x", "clients": [{"client_id": ""}, 3]})
    assert response.json is not None
    paths = [error["pointer"] for error in response.json["errors"]]
    assert sorted(paths) == ["$._v", "$.clients[0].client_id", "$.clients[1]"]
    assert show(emulator) is None


@table("data", [b"", b"null", b"{", b"\xff", b"<clients/>"])
def test_what_is_no_document_is_refused(emulator: Emulator, data: bytes) -> None:
    load(emulator, READING)
    response = ask(emulator, "POST", SETTINGS, data=data)
    assert (response.status_code, response.content_type) == (400, "application/problem+json")
    assert show(emulator) == READING


@pytest.mark.parametrize("method", ["PUT", "PATCH"])
def test_other_methods_are_refused_with_those_there_are(emulator: Emulator, method: str) -> None:
    response = ask(emulator, method, SETTINGS, json=NOTHING)
    assert response.status_code == 405
    assert {"GET", "POST", "DELETE"} <= set(response.headers["Allow"].split(", "))


def test_settings_do_not_touch_the_control_plane_and_other_apis(emulator: Emulator) -> None:
    load(emulator, NOTHING)
    for path in ("/__emulator__/journal", "/items", SETTINGS):
        assert ask(emulator, "GET", path).status_code == 200


def test_nothing_recorded_needs_nothing(emulator: Emulator) -> None:
    assert needed(emulator) == NOTHING


def test_what_was_recorded_is_allowed_and_nothing_else(emulator: Emulator) -> None:
    ask(emulator, "GET", LISTS)
    ask(emulator, "GET", LIST)
    ask(emulator, "HEAD", f"{LISTS}/other")
    ask(emulator, "OPTIONS", f"{DATA}/sites")
    ask(emulator, "PATCH", LIST, json={"description": "x", "_v": "23.2"})
    assert needed(emulator) == {
        "_v": "23.2",
        "clients": [
            {
                "client_id": DEMO,
                "resources": [
                    {
                        "resource_id": "/inventory_lists",
                        "methods": ["get"],
                        "read_attributes": "(**)",
                    },
                    {
                        "resource_id": "/inventory_lists/*",
                        "methods": ["get", "patch"],
                        "read_attributes": "(**)",
                        "write_attributes": "(description)",
                    },
                ],
            }
        ],
    }


def test_what_was_recorded_belongs_to_its_workspace(emulator: Emulator) -> None:
    ask(emulator, "GET", LIST, "ci-7")
    assert needed(emulator) == NOTHING
    assert needed(emulator, "ci-7")["clients"][0]["client_id"] == DEMO


def test_requests_of_nobody_and_of_other_apis_need_nothing(emulator: Emulator) -> None:
    ask(emulator, "GET", LIST, headers={"Authorization": "Bearer x"})
    ask(emulator, "GET", f"{DATA}/nope")
    ask(emulator, "GET", "/items")
    ask(emulator, "GET", "/dw/meta/v1/rest", headers=authorization(emulator))
    assert needed(emulator) == NOTHING


def authorization(emulator: Emulator) -> dict[str, str]:
    return {"Authorization": f"Bearer {emulator.token()}"}


XML = '<inventory_list xmlns="http://www.demandware.com/ocapi/data/23.2"/>'
REQUESTS: dict[str, tuple[str, str, dict[str, Any]]] = {
    "list": ("GET", LISTS, {}),
    "alias": ("GET", f"{DATA}/inventorylists", {}),
    "site": ("GET", "/s/SiteGenesis/dw/data/v23_2/sites", {"headers": None}),
    "read": ("GET", f"{LISTS}/a%2Fb", {}),
    "head": ("HEAD", LIST, {}),
    "create": ("PUT", f"{LISTS}/new", {"json": {"description": "x"}}),
    "empty": ("PUT", f"{LISTS}/empty", {"json": {}}),
    "update": ("PATCH", LIST, {"json": {"c_a b": 1}}),
    "override": ("POST", f"{LIST}?method=PATCH", {"json": {"default_in_stock": True}}),
    "xml": ("PATCH", LIST, {"data": XML, "headers": {"Content-Type": "application/xml"}}),
    "nested": (
        "PUT",
        f"{LIST}/product_inventory_records/p",
        {"json": {"allocation": {"amount": 3}}},
    ),
    "search": (
        "POST",
        f"{DATA}/inventory_list_search",
        {"json": {"query": {"match_all_query": {}}}},
    ),
    "delete": ("DELETE", f"{LISTS}/my-inventorylist2", {}),
}


@pytest.mark.parametrize("name", REQUESTS)
def test_what_is_written_from_the_journal_lets_the_same_requests_through(
    emulator: Emulator, name: str
) -> None:
    method, path, options = REQUESTS[name]
    headers = {**authorization(emulator), **(options.get("headers") or {})}
    sent = {**options, "headers": headers}
    first = ask(emulator, method, path, **dict(sent))
    document = needed(emulator)
    assert document["clients"]
    ask(emulator, "POST", "/__emulator__/reset")
    load(emulator, NOTHING)
    assert ask(emulator, method, path, **dict(sent)).status_code == 403
    load(emulator, document)
    again = ask(emulator, method, path, **dict(sent))
    assert again.status_code == first.status_code
