"""Code versions (COD-1 to COD-4)."""

from collections.abc import Callable
from typing import Any

import pytest

from contract_tests.api import Api, assert_fault
from contract_tests.shop import CLOCK, DATA_SET

Start = Callable[..., Api]
NEW = "/code_versions/contract-version"
WEBDAV = "/on/demandware.servlet/webdav/Sites/Cartridges"
ACTIVE = "code versions to activate and to lose"
MODIFICATION = "The code version '{}' is active and can't be changed."


@pytest.fixture
def storefront(start: Start) -> Api:
    """A server with the data set ``storefront`` and a clock that stands at 2026-01-01."""
    return start(fixtures="storefront", seed="code")


def states(api: Api) -> dict[str, tuple[bool, bool]]:
    """Return whether each version is active, and whether it is the one to roll back to."""
    items = api.get("/code_versions").json()["data"]
    return {item["id"]: (item["active"], item["rollback"]) for item in items}


@pytest.mark.rule("COD-1")
@pytest.mark.needs(DATA_SET)
def test_the_collection_shows_whole_code_versions_without_select(storefront: Api) -> None:
    page = storefront.get("/code_versions").json()
    assert {name: page[name] for name in page if name != "data"} == {
        "_v": "23.2",
        "_type": "code_version_result",
        "count": 2,
        "total": 2,
    }
    first, _ = page["data"]
    first.pop("_v", None)
    assert first == {
        "_type": "code_version",
        "activation_time": "2023-01-16T09:00:00Z",
        "active": False,
        "cartridges": ["app_custom_storefront", "app_storefront_base", "modules"],
        "compatibility_mode": "22.7",
        "id": "version1",
        "last_modification_time": "2023-01-16T08:55:12Z",
        "rollback": True,
        "web_dav_url": f"{storefront.url}{WEBDAV}/version1",
    }


@pytest.mark.rule("COD-1")
@pytest.mark.needs(DATA_SET)
def test_the_collection_has_no_pages(storefront: Api) -> None:
    for number in range(30):
        assert storefront.put(f"/code_versions/v{number}").status_code == 200
    page = storefront.get("/code_versions?count=1&start=1").json()
    assert (page["count"], page["total"], len(page["data"])) == (32, 32, 32)
    assert not {"start", "next"} & set(page)
    selected = storefront.get("/code_versions?select=(data.(id,active))").json()["data"]
    assert set(selected[0]) - {"_v"} == {"_type", "id", "active"}


@pytest.mark.rule("COD-1")
@pytest.mark.needs(DATA_SET)
def test_one_code_version_shows_its_state_and_its_size_on_request(storefront: Api) -> None:
    document = storefront.get("/code_versions/version2").json()
    assert list(document)[:3] == ["_v", "_type", "_resource_state"]
    assert document["active"] is True
    assert "total_size" not in document
    assert storefront.get("/code_versions/version2?expand=size").json()["total_size"] == 0
    known = {"If-None-Match": f'"{document["_resource_state"]}"'}
    assert storefront.get("/code_versions/version2", headers=known).status_code == 304
    answer = storefront.get("/code_versions/unknown")
    message = "The code version with ID 'unknown' couldn't be found."
    assert_fault(answer, 404, "CodeVersionIdNotFound", {"codeVersionId": "unknown"}, message)


@pytest.mark.rule("COD-1", "COD-2", "COD-3")
def test_a_code_version_is_created_listed_renamed_and_deleted(shop: Api) -> None:
    created = shop.put(NEW)
    assert created.status_code == 200
    document = created.json()
    assert shop.get(NEW).json() == document
    assert list(document)[:3] == ["_v", "_type", "_resource_state"]
    assert (document["_type"], document["id"]) == ("code_version", "contract-version")
    assert (document["active"], document["rollback"]) == (False, False)
    assert document["web_dav_url"] == f"{shop.url}{WEBDAV}/contract-version"
    assert "total_size" not in document
    assert shop.get(f"{NEW}?expand=size").json()["total_size"] == 0
    known = {"If-None-Match": f'"{document["_resource_state"]}"'}
    assert shop.get(NEW, headers=known).status_code == 304
    page = shop.get("/code_versions?count=1&start=1").json()
    assert (page["_type"], page["count"]) == ("code_version_result", page["total"])
    assert not {"start", "next"} & set(page)
    assert "contract-version" in [item["id"] for item in page["data"]]
    same = shop.patch(NEW, json={"active": False, "compatibility_mode": "18.10"})
    assert (same.status_code, same.json()) == (200, document)
    taken = shop.put(NEW)
    message = "The code version ID 'contract-version' already exists."
    arguments = {"codeVersionId": "contract-version"}
    assert_fault(taken, 409, "CodeVersionIdAlreadyExists", arguments, message)
    renamed = shop.patch(NEW, json={"id": "contract release"}).json()
    assert renamed["web_dav_url"] == f"{shop.url}{WEBDAV}/contract release"
    other = "/code_versions/contract%20release"
    assert shop.get(other).json() == renamed
    assert shop.put(NEW).status_code == 200
    taken = shop.patch(other, json={"id": "contract-version"})
    assert_fault(taken, 409, "CodeVersionIdAlreadyExists", arguments, message)
    assert shop.delete(other).status_code == 204
    assert shop.delete(NEW).status_code == 204
    message = "The code version with ID 'contract-version' couldn't be found."
    for answer in (shop.get(NEW), shop.delete(NEW)):
        assert_fault(answer, 404, "CodeVersionIdNotFound", arguments, message)


@pytest.mark.rule("COD-4")
def test_a_code_version_is_a_folder_of_webdav(shop: Api) -> None:
    folder = f"{WEBDAV}/contract-version"
    for path in ("", "/app_new", "/app_new/cartridge"):
        assert shop.call("MKCOL", f"{folder}{path}").status_code == 201
    script = f"{folder}/app_new/cartridge/a.js"
    assert shop.call("PUT", script, data=b"x" * 1000).status_code == 201
    created = shop.get(f"{NEW}?expand=size").json()
    assert (created["active"], created["cartridges"]) == (False, ["app_new"])
    assert created["total_size"] == 1000
    assert shop.call("DELETE", folder).status_code == 204
    assert shop.get(NEW).status_code == 404
    assert shop.put(NEW).status_code == 200
    assert shop.call("PROPFIND", folder, headers={"Depth": "1"}).status_code == 207


@pytest.mark.rule("COD-5")
def test_a_file_names_a_new_code_version(shop: Api) -> None:
    assert shop.put(NEW).status_code == 200
    lines = shop.call("GET", f"{WEBDAV}/.version").text.splitlines()
    assert "fileVersion=1" in lines
    assert [line.split("/")[:2] for line in lines if line.startswith("contract")] == [
        ["contract-version", "0"]
    ]
    assert lines[-1] == "# end of file marker"
    assert shop.put("/code_versions/.version").status_code == 400


@pytest.mark.rule("COD-2")
@pytest.mark.needs(ACTIVE)
def test_activation_moves_the_version_to_roll_back_to(storefront: Api) -> None:
    assert states(storefront) == {"version1": (False, True), "version2": (True, False)}
    answer = storefront.patch("/code_versions/version1", json={"active": True})
    assert answer.status_code == 200
    document = answer.json()
    assert (document["active"], document["rollback"]) == (True, False)
    assert document["activation_time"] == "2026-01-01T00:00:00Z"
    assert states(storefront) == {"version1": (True, False), "version2": (False, True)}
    storefront.put("/code_versions/version3")
    storefront.patch("/code_versions/version3", json={"active": True})
    assert states(storefront) == {
        "version1": (False, True),
        "version2": (False, False),
        "version3": (True, False),
    }


@pytest.mark.rule("COD-2")
@pytest.mark.parametrize("body", [{"active": True}, {"active": False}, {"id": "other"}])
@pytest.mark.needs(ACTIVE)
def test_the_active_version_cannot_be_changed(storefront: Api, body: Any) -> None:
    answer = storefront.patch("/code_versions/version2", json=body)
    arguments = {"codeVersionId": "version2"}
    message = MODIFICATION.format("version2")
    assert_fault(answer, 400, "CodeVersionModification", arguments, message)
    assert_fault(
        storefront.delete("/code_versions/version2"), 400, "CodeVersionModification", arguments
    )
    assert states(storefront) == {"version1": (False, True), "version2": (True, False)}


@pytest.mark.rule("COD-2")
@pytest.mark.needs(DATA_SET)
def test_a_version_that_is_not_active_stays_so_on_request(storefront: Api) -> None:
    before = storefront.get("/code_versions/version1").json()
    answer = storefront.patch(
        "/code_versions/version1", json={"active": False, "compatibility_mode": "18.10"}
    )
    assert (answer.status_code, answer.json()) == (200, before)


@pytest.mark.rule("COD-2")
@pytest.mark.needs(DATA_SET)
def test_a_version_is_renamed(storefront: Api) -> None:
    answer = storefront.patch("/code_versions/version1", json={"id": "release 1"})
    assert answer.status_code == 200
    document = answer.json()
    assert document["web_dav_url"] == f"{storefront.url}{WEBDAV}/release 1"
    assert document["cartridges"] == ["app_custom_storefront", "app_storefront_base", "modules"]
    assert storefront.get("/code_versions/version1").status_code == 404
    assert storefront.get("/code_versions/release%201").json() == document
    taken = storefront.patch("/code_versions/release%201", json={"id": "version2"})
    message = "The code version ID 'version2' already exists."
    assert_fault(taken, 409, "CodeVersionIdAlreadyExists", {"codeVersionId": "version2"}, message)


@pytest.mark.rule("COD-3")
@pytest.mark.needs(CLOCK)
def test_put_creates_an_empty_version_that_is_not_active(storefront: Api) -> None:
    answer = storefront.put("/code_versions/version3")
    assert answer.status_code == 200
    document = answer.json()
    del document["_resource_state"]
    assert document == {
        "_v": "23.2",
        "_type": "code_version",
        "active": False,
        "compatibility_mode": "22.7",
        "id": "version3",
        "last_modification_time": "2026-01-01T00:00:00Z",
        "rollback": False,
        "web_dav_url": f"{storefront.url}{WEBDAV}/version3",
    }
    again = storefront.put("/code_versions/version3")
    message = "The code version ID 'version3' already exists."
    assert_fault(again, 409, "CodeVersionIdAlreadyExists", {"codeVersionId": "version3"}, message)


@pytest.mark.rule("COD-3")
@pytest.mark.parametrize("name", ["a%2Fb", "%2E%2E", "x" * 256])
def test_the_id_of_a_version_is_the_name_of_a_folder(shop: Api, name: str) -> None:
    answer = shop.put(f"/code_versions/{name}")
    assert answer.status_code == 400
    assert answer.json()["fault"]["type"] in {
        "StringConstraintViolationException",
        "ResourcePathException",
    }


@pytest.mark.rule("COD-3")
@pytest.mark.needs(DATA_SET)
def test_a_version_that_is_not_active_is_deleted(storefront: Api) -> None:
    assert storefront.delete("/code_versions/version1").status_code == 204
    arguments = {"codeVersionId": "version1"}
    answer = storefront.delete("/code_versions/version1")
    assert_fault(answer, 404, "CodeVersionIdNotFound", arguments)
    assert states(storefront) == {"version2": (True, False)}


@pytest.mark.rule("COD-4")
@pytest.mark.needs(ACTIVE)
def test_code_versions_follow_the_folders_of_webdav(storefront: Api) -> None:
    folder = storefront.call("PROPFIND", f"{WEBDAV}/version1", headers={"Depth": "1"})
    assert (folder.status_code, b"app_storefront_base" in folder.content) == (207, True)
    for path in ("version3", "version3/app_new", "version3/app_new/cartridge"):
        assert storefront.call("MKCOL", f"{WEBDAV}/{path}").status_code == 201
    file = f"{WEBDAV}/version3/app_new/cartridge/a.js"
    assert storefront.call("PUT", file, data=b"x" * 1000).status_code == 201
    assert storefront.call("PUT", f"{WEBDAV}/version3.zip", data=b"PK").status_code == 201
    created = storefront.get("/code_versions/version3?expand=size").json()
    assert (created["active"], created["cartridges"]) == (False, ["app_new"])
    assert created["total_size"] == 1000
    assert set(states(storefront)) == {"version1", "version2", "version3"}
    for version in ("version2", "version3"):
        assert storefront.call("DELETE", f"{WEBDAV}/{version}").status_code == 204
    assert states(storefront) == {"version1": (False, True), "version2": (True, False)}
    assert "cartridges" not in storefront.get("/code_versions/version2").json()


@pytest.mark.rule("COD-4")
@pytest.mark.needs("a reset")
def test_a_reset_brings_back_versions_and_folders(storefront: Api) -> None:
    assert storefront.delete("/code_versions/version1").status_code == 204
    storefront.put("/code_versions/version3")
    assert set(states(storefront)) == {"version2", "version3"}
    assert storefront.call("POST", "/__emulator__/reset", json={}).status_code < 300
    folder = storefront.call("PROPFIND", WEBDAV, headers={"Depth": "1"}).text
    assert ("version1" in folder, "version3" in folder) == (True, False)
    assert states(storefront) == {"version1": (False, True), "version2": (True, False)}


@pytest.mark.rule("COD-5")
@pytest.mark.needs(CLOCK)
def test_a_file_lists_the_code_versions(storefront: Api) -> None:
    assert storefront.put("/code_versions/version3").status_code == 200
    answer = storefront.call("GET", f"{WEBDAV}/version1/../.version")
    assert answer.status_code == 200
    assert [line for line in answer.text.splitlines() if not line.startswith("#")] == [
        "fileVersion=1",
        "maxVersions=0",
        "version2/1676901600000/1676901106000",
        "version1/1673859600000/1673859312000",
        "version3/0/1767225600000",
    ]
    assert answer.text.endswith("\n# end of file marker\n")


@pytest.mark.rule("COD-5")
@pytest.mark.needs(ACTIVE)
def test_the_file_with_the_versions_is_always_there(storefront: Api) -> None:
    path = f"{WEBDAV}/.version"
    listed = storefront.call("GET", path).text
    assert "<displayname>.version</displayname>" in storefront.call("PROPFIND", WEBDAV).text
    assert storefront.call("PUT", path, data=b"other").status_code == 204
    assert storefront.call("GET", path).text == listed
    assert storefront.call("DELETE", path).status_code == 204
    moved = {"Destination": path, "Overwrite": "T"}
    assert storefront.call("MOVE", f"{WEBDAV}/version1", headers=moved).status_code == 204
    assert "version2/" in storefront.call("GET", path).text
    assert set(states(storefront)) == {"version2"}
    assert storefront.put("/code_versions/.version").status_code == 400


@pytest.mark.rule("COD-3")
@pytest.mark.needs(DATA_SET)
def test_the_name_of_a_file_is_taken(storefront: Api) -> None:
    assert storefront.call("PUT", f"{WEBDAV}/version3", data=b"x").status_code == 201
    arguments = {"codeVersionId": "version3"}
    created = storefront.put("/code_versions/version3")
    assert_fault(created, 409, "CodeVersionIdAlreadyExists", arguments)
    renamed = storefront.patch("/code_versions/version1", json={"id": "version3"})
    assert_fault(renamed, 409, "CodeVersionIdAlreadyExists", arguments)
    assert set(states(storefront)) == {"version1", "version2"}
