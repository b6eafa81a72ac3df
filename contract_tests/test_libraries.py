"""Content, folders and folder assignments of libraries (LIB)."""

from typing import Any

import pytest

from contract_tests.api import Api, assert_fault
from contract_tests.place import here
from contract_tests.shop import STATE

HERE = here()
LIBRARY = f"/libraries/{HERE.library}"
NEW = f"{LIBRARY}/content/contract-page"
IMPRINT = f"{LIBRARY}/content/contract-imprint"
SERVICE = f"{LIBRARY}/folders/contract-service"
FOLDER = f"{LIBRARY}/folders/contract-folder"
ASSIGNMENTS = f"{LIBRARY}/folder_assignments"


TIMES = f"{LIBRARY}/content/contract-delivery-times"
LABEL = f"{LIBRARY}/content/contract-return-label"
BUILT: dict[str, dict[str, Any]] = {
    SERVICE: {"name": {"default": "Service"}, "online": True, "template": "content/service"},
    f"{LIBRARY}/folders/contract-delivery": {"parent_folder_id": "contract-service"},
    f"{LIBRARY}/folders/contract-returns": {"parent_folder_id": "contract-service"},
    IMPRINT: {"name": {"default": "Imprint"}, "online": {"default": True}},
    TIMES: {"name": {"default": "Delivery times"}},
    LABEL: {},
    f"{ASSIGNMENTS}/contract-imprint/contract-service": {"default": True, "position": 1},
    f"{ASSIGNMENTS}/contract-delivery-times/contract-delivery": {"default": True},
    f"{ASSIGNMENTS}/contract-delivery-times/contract-service": {"position": 2},
    f"{ASSIGNMENTS}/contract-return-label/contract-returns": {"default": True},
}
"""Folders, content and assignments of the tests."""


@pytest.fixture
def shop(shop: Api) -> Api:
    """A server with ``BUILT`` in the library."""
    for path, body in BUILT.items():
        answer = shop.put(path, json=body)
        assert answer.status_code == 200, answer.text
    return shop


def list_own(shop: Api, path: str) -> list[str]:
    """Return the ids of the documents of a test on a page."""
    return [name for name in list_ids(shop, f"{path}?count=200") if name.startswith("contract")]


def show(shop: Api, path: str) -> Any:
    """Return the document of a path."""
    answer = shop.get(path)
    assert answer.status_code == 200, answer.text
    return answer.json()


def list_ids(shop: Api, path: str) -> list[str]:
    """Return the ids of the documents on a page."""
    return [hit["id"] for hit in show(shop, path)["hits"]]


def put(shop: Api, path: str, **body: Any) -> Any:
    """Return the document that a PUT answers."""
    answer = shop.put(path, json=body)
    assert answer.status_code == 200, answer.text
    return answer.json()


@pytest.mark.rule("LIB-1")
def test_a_missing_library_has_a_fault_in_every_operation(shop: Api) -> None:
    message = "No library with ID 'none' could be found."
    for path in (
        "content/contract-imprint",
        "content/contract-imprint/folders",
        "folders/contract-service",
        "folders/contract-service/content",
        "folders/contract-service/sub_folders",
        "folder_assignments/contract-imprint/contract-service",
    ):
        answer = shop.get(f"/libraries/none/{path}")
        assert_fault(answer, 404, "LibraryNotFound", {"libraryId": "none"}, message)
    for path in ("content/a", "folders/a", "folder_assignments/contract-imprint/contract-service"):
        for answer in (
            shop.put(f"/libraries/none/{path}", json={}),
            shop.patch(f"/libraries/none/{path}", json={}),
            shop.delete(f"/libraries/none/{path}"),
        ):
            assert_fault(answer, 404, "LibraryNotFound", {"libraryId": "none"}, message)


@pytest.mark.rule("LIB-1")
@pytest.mark.needs("a library of the site and a shared one")
def test_a_site_has_a_library_of_its_own(shop: Api) -> None:
    path = f"/libraries/{HERE.site}/content/spring-banner"
    assert show(shop, path)["name"] == {"default": "Spring banner"}
    assert shop.get(f"{LIBRARY}/content/spring-banner").status_code == 404


@pytest.mark.rule("LIB-2")
def test_content_is_created_changed_and_deleted(shop: Api) -> None:
    document = put(shop, NEW)
    assert len(document.pop("_resource_state")) == 64
    assert document.pop("creation_date") == document.pop("last_modified")
    assert document == {
        "_v": "23.2",
        "_type": "content_asset",
        "id": "contract-page",
        "link": f"{shop.url}/s/-/dw/data/v23_2{NEW}",
        "online": {"default": False},
        "searchable": {"default": True},
    }
    changes = {
        "description": {"default": "d"},
        "name": {"default": "Page", "de": "Seite"},
        "online": {"default": True, HERE.site: False},
        "page_description": {"default": "pd"},
        "page_keywords": {"default": "pk"},
        "page_title": {"default": "pt"},
        "page_url": {"default": "pu"},
        "searchable": {"default": False},
        "site_map_change_frequency": {"default": "weekly"},
        "site_map_included": {HERE.site: 1},
        "site_map_priority": {"default": 0.25},
        "template": "content/page",
    }
    answer = shop.patch(NEW, json=changes)
    assert answer.status_code == 200
    assert {name: answer.json()[name] for name in changes} == changes
    assert show(shop, f"{NEW}?locale=de")["name"] == {"de": "Seite"}
    assert "template" not in put(shop, NEW, name={"default": "Other"})
    assert shop.delete(NEW).status_code == 204
    message = f"No content with ID 'contract-page' in library '{HERE.library}' could be found."
    arguments = {"contentId": "contract-page", "libraryId": HERE.library}
    folders = shop.get(f"{NEW}/folders")
    for answer in (shop.get(NEW), shop.patch(NEW, json={}), shop.delete(NEW), folders):
        assert_fault(answer, 404, "ContentNotFound", arguments, message)


@pytest.mark.rule("LIB-2")
@pytest.mark.parametrize(
    ("name", "value", "kind"),
    [
        ("online", {"default": "yes"}, "TypeDecoding"),
        ("site_map_included", {"default": 2}, "PropertyConstraintViolation"),
        ("site_map_included", {"default": 0.5}, "TypeDecoding"),
        ("site_map_priority", {"default": 1.5}, "PropertyConstraintViolation"),
        ("site_map_change_frequency", {"default": "often"}, "EnumConstraintViolation"),
        ("id", None, "PropertyConstraintViolation"),
    ],
)
def test_content_with_a_wrong_value_is_refused(shop: Api, name: str, value: Any, kind: str) -> None:
    answer = shop.put(NEW, json={name: value})
    assert answer.status_code == 400
    assert answer.json()["fault"]["type"] == f"{kind}Exception"
    assert shop.get(NEW).status_code == 404


@pytest.mark.rule("LIB-2")
def test_content_has_ids_of_the_url_and_can_be_renamed(shop: Api) -> None:
    answer = shop.put(NEW, json={"id": "other"})
    assert_fault(answer, 400, "IdConflict", {"bodyID": "other", "urlID": "contract-page"})
    answer = shop.patch(IMPRINT, json={"id": "contract-delivery-times"})
    message = "The content ID 'contract-delivery-times' is already in use."
    arguments = {"contentId": "contract-delivery-times"}
    assert_fault(answer, 400, "ContentIdAlreadyInUse", arguments, message)
    renamed = shop.patch(IMPRINT, json={"id": "contract-page"})
    assert (renamed.status_code, renamed.json()["id"]) == (200, "contract-page")
    assert shop.get(IMPRINT).status_code == 404
    assert show(shop, NEW)["classification_folder_id"] == "contract-service"
    assert list_ids(shop, f"{NEW}/folders") == ["contract-service"]
    assert list_ids(shop, f"{SERVICE}/content") == ["contract-delivery-times", "contract-page"]
    assignment = show(shop, f"{ASSIGNMENTS}/contract-page/contract-service")
    assert assignment["content_id"] == "contract-page"


@pytest.mark.rule("LIB-2")
@pytest.mark.needs("locked content: no request locks it")
def test_locked_content_is_not_written(shop: Api) -> None:
    path = f"{LIBRARY}/content/return-label"
    before = show(shop, path)
    assert "locked" not in before
    message = "The content with ID 'return-label' is locked."
    for answer in (
        shop.put(path, json={}),
        shop.patch(path, json={"template": "x"}),
        shop.delete(path),
    ):
        arguments = {"contentId": "return-label"}
        assert_fault(answer, 412, "ResourceLocked", arguments, message)
    assert show(shop, path) == before


@pytest.mark.rule("LIB-2", "LIB-3")
@pytest.mark.parametrize(
    ("object_type", "path"), [("Content", NEW), ("Folder", FOLDER)], ids=["content", "folder"]
)
def test_custom_properties_are_those_of_the_object_type(
    shop: Api, object_type: str, path: str
) -> None:
    definition = f"/system_object_definitions/{object_type}/attribute_definitions/contractText"
    value = {"default": {"source": "<p>Hi</p>"}}
    answer = shop.put(path, json={"c_contractText": value})
    assert_fault(answer, 400, "InvalidCustomProperty", {})
    attribute = {"value_type": "html", "localizable": True}
    assert shop.put(definition, json=attribute).status_code in (200, 201)
    markup = {"_type": "markup_text", "markup": "<p>Hi</p>", "source": "<p>Hi</p>"}
    assert put(shop, path, c_contractText=value)["c_contractText"] == {"default": markup}


@pytest.mark.rule("LIB-3")
def test_a_folder_is_created_changed_and_deleted(shop: Api) -> None:
    document = put(shop, FOLDER, id="ignored", parent_folder_id="contract-service")
    assert len(document.pop("_resource_state")) == 64
    assert document.pop("creation_date") == document.pop("last_modified")
    base = f"{shop.url}/s/-/dw/data/v23_2"
    assert document == {
        "_v": "23.2",
        "_type": "content_folder",
        "id": "contract-folder",
        "link": f"{base}{FOLDER}",
        "online": False,
        "parent_folder_id": "contract-service",
        "parent_link": f"{base}{SERVICE}",
        "sub_folders_link": f"{base}{FOLDER}/sub_folders",
    }
    changes = {
        "description": {"default": "d"},
        "name": {"default": "Folder", "de": "Ordner"},
        "online": True,
        "page_description": {"default": "pd"},
        "page_keywords": {"default": "pk"},
        "page_title": {"default": "pt"},
        "page_url": {"default": "pu"},
        "parent_folder_id": "root",
        "template": "content/folder",
    }
    answer = shop.patch(FOLDER, json=changes)
    assert {name: answer.json()[name] for name in changes} == changes
    assert list_ids(shop, f"{SERVICE}/sub_folders") == ["contract-delivery", "contract-returns"]
    assert list_own(shop, f"{LIBRARY}/folders/root/sub_folders") == [
        "contract-folder",
        "contract-service",
    ]
    assert [shop.delete(FOLDER).status_code for _ in range(2)] == [204, 204]
    message = f"No folder with ID 'contract-folder' in library '{HERE.library}' could be found."
    arguments = {"folderId": "contract-folder", "libraryId": HERE.library}
    for answer in (
        shop.get(FOLDER),
        shop.patch(FOLDER, json={}),
        shop.get(f"{FOLDER}/content"),
        shop.get(f"{FOLDER}/sub_folders"),
    ):
        assert_fault(answer, 404, "FolderNotFound", arguments, message)


@pytest.mark.rule("LIB-3")
def test_a_folder_without_a_parent_is_below_the_root(shop: Api) -> None:
    assert put(shop, FOLDER)["parent_folder_id"] == "root"
    root = show(shop, f"{LIBRARY}/folders/root")
    assert "parent_folder_id" not in root
    assert "parent_link" not in root
    changed = shop.patch(FOLDER, json={"parent_folder_id": "contract-service"}).json()
    assert changed["parent_folder_id"] == "contract-service"
    changed = shop.patch(FOLDER, json={"parent_folder_id": None}).json()
    assert changed["parent_folder_id"] == "root"


@pytest.mark.rule("LIB-3")
def test_a_parent_exists_and_is_not_below_the_folder(shop: Api) -> None:
    put(shop, FOLDER, parent_folder_id="contract-delivery")
    for path, parent in (
        (FOLDER, "none"),
        (FOLDER, "contract-folder"),
        (SERVICE, "contract-folder"),
    ):
        before = show(shop, path)
        arguments = {"folderId": parent, "libraryId": HERE.library}
        answer = shop.put(path, json={"parent_folder_id": parent})
        assert_fault(answer, 404, "ParentFolderNotFound", arguments)
        answer = shop.patch(path, json={"parent_folder_id": parent})
        assert_fault(answer, 404, "FolderNotFound", arguments)
        assert show(shop, path) == before


@pytest.mark.rule("LIB-3")
def test_put_of_a_folder_keeps_what_is_below(shop: Api) -> None:
    document = put(shop, SERVICE, name={"default": "Help"})
    assert document["name"] == {"default": "Help"}
    assert "template" not in document
    assert list_ids(shop, f"{SERVICE}/sub_folders") == ["contract-delivery", "contract-returns"]
    assert list_ids(shop, f"{SERVICE}/content") == ["contract-delivery-times", "contract-imprint"]


@pytest.mark.rule("LIB-3")
def test_a_renamed_folder_keeps_what_is_below(shop: Api) -> None:
    answer = shop.patch(SERVICE, json={"id": "contract-delivery"})
    message = "The folder ID 'contract-delivery' is already in use."
    arguments = {"folderId": "contract-delivery"}
    assert_fault(answer, 400, "ContentFolderIdAlreadyInUse", arguments, message)
    assert shop.patch(SERVICE, json={"id": "contract-folder"}).status_code == 200
    assert shop.get(SERVICE).status_code == 404
    assert list_own(shop, f"{LIBRARY}/folders/root/sub_folders") == ["contract-folder"]
    assert list_ids(shop, f"{FOLDER}/sub_folders") == ["contract-delivery", "contract-returns"]
    below = show(shop, f"{LIBRARY}/folders/contract-delivery")
    assert below["parent_folder_id"] == "contract-folder"
    assert list_ids(shop, f"{FOLDER}/content") == ["contract-delivery-times", "contract-imprint"]
    assert show(shop, IMPRINT)["classification_folder_id"] == "contract-folder"
    assert show(shop, f"{ASSIGNMENTS}/contract-imprint/contract-folder")["position"] == 1


@pytest.mark.rule("LIB-3")
def test_a_deleted_folder_takes_folders_below_and_assignments_along(shop: Api) -> None:
    assert shop.delete(SERVICE).status_code == 204
    for name in ("contract-service", "contract-delivery", "contract-returns"):
        assert shop.get(f"{LIBRARY}/folders/{name}").status_code == 404
    assert list_own(shop, f"{LIBRARY}/folders/root/sub_folders") == []
    for name in ("contract-imprint", "contract-delivery-times", "contract-return-label"):
        document = show(shop, f"{LIBRARY}/content/{name}")
        assert "classification_folder_id" not in document
        assert list_ids(shop, f"{LIBRARY}/content/{name}/folders") == []
    put(shop, SERVICE)
    assert list_ids(shop, f"{SERVICE}/content") == []
    assert shop.get(f"{ASSIGNMENTS}/contract-imprint/contract-service").status_code == 404


@pytest.mark.rule("LIB-3")
@pytest.mark.needs("a library to lose: another server may delete the root")
def test_the_root_folder_stays(shop: Api) -> None:
    root = f"{LIBRARY}/folders/root"
    assert shop.delete(root).status_code == 204
    assert list_own(shop, f"{root}/sub_folders") == ["contract-service"]
    assert_fault(
        shop.patch(root, json={"id": "top"}), 400, "IdConflict", {"bodyID": "top", "urlID": "root"}
    )
    assert put(shop, root, name={"default": "Top"})["name"] == {"default": "Top"}
    assert list_own(shop, f"{root}/sub_folders") == ["contract-service"]


@pytest.mark.rule("LIB-4")
def test_content_is_assigned_to_folders(shop: Api) -> None:
    put(shop, NEW)
    path = f"{ASSIGNMENTS}/contract-page/contract-returns"
    answer = shop.put(path)
    assert answer.status_code == 200
    base = f"{shop.url}/s/-/dw/data/v23_2{LIBRARY}"
    document = answer.json()
    assert document == show(shop, path)
    assert len(document.pop("_resource_state")) == 64
    assert document == {
        "_v": "23.2",
        "_type": "content_folder_assignment",
        "content_id": "contract-page",
        "content_link": f"{base}/content/contract-page",
        "default": False,
        "folder_id": "contract-returns",
        "folder_link": f"{base}/folders/contract-returns",
    }
    changed = shop.patch(path, json={"position": 1.5}).json()
    assert (changed["position"], changed["default"]) == (1.5, False)
    assert "position" not in put(shop, path)
    assert list_ids(shop, f"{NEW}/folders") == ["contract-returns"]
    assert list_ids(shop, f"{LIBRARY}/folders/contract-returns/content") == [
        "contract-page",
        "contract-return-label",
    ]
    assert shop.delete(path).status_code == 204
    assert list_ids(shop, f"{NEW}/folders") == []
    arguments = {
        "contentId": "contract-page",
        "folderId": "contract-returns",
        "libraryId": HERE.library,
    }
    message = (
        "No assignment of content 'contract-page' to folder 'contract-returns' could be found."
    )
    for answer in (shop.get(path), shop.patch(path, json={}), shop.delete(path)):
        assert_fault(answer, 404, "AssignmentNotFound", arguments, message)


@pytest.mark.rule("LIB-4")
def test_the_default_assignment_gives_the_classification_folder(shop: Api) -> None:
    document = show(shop, IMPRINT)
    link = f"{shop.url}/s/-/dw/data/v23_2{SERVICE}"
    assert document["classification_folder_id"] == "contract-service"
    assert document["classification_folder_link"] == link
    other = f"{ASSIGNMENTS}/contract-imprint/contract-returns"
    assert put(shop, other, default=True)["default"] is True
    assert show(shop, IMPRINT)["classification_folder_id"] == "contract-returns"
    assert show(shop, f"{ASSIGNMENTS}/contract-imprint/contract-service")["default"] is False
    assert shop.patch(other, json={"default": False}).status_code == 200
    assert "classification_folder_id" not in show(shop, IMPRINT)
    assert shop.patch(other, json={"default": True}).status_code == 200
    ignored = {"classification_folder_id": "contract-service"}
    assert put(shop, IMPRINT, **ignored)["classification_folder_id"] == "contract-returns"
    assert list_ids(shop, f"{IMPRINT}/folders") == ["contract-returns", "contract-service"]
    assert shop.delete(other).status_code == 204
    assert "classification_folder_id" not in show(shop, IMPRINT)


@pytest.mark.rule("LIB-4")
def test_deleted_content_leaves_no_assignment(shop: Api) -> None:
    assert shop.delete(IMPRINT).status_code == 204
    assert list_ids(shop, f"{SERVICE}/content") == ["contract-delivery-times"]
    assert "classification_folder_id" not in put(shop, IMPRINT)
    assert list_ids(shop, f"{IMPRINT}/folders") == []


@pytest.mark.rule("LIB-4")
def test_an_assignment_has_existing_ends(shop: Api) -> None:
    library = {"libraryId": HERE.library}
    path, arguments = f"{ASSIGNMENTS}/none/contract-service", {"contentId": "none", **library}
    for answer in (shop.get(path), shop.put(path), shop.patch(path, json={}), shop.delete(path)):
        assert_fault(answer, 404, "ContentNotFound", arguments)
    path, arguments = f"{ASSIGNMENTS}/contract-imprint/none", {"folderId": "none", **library}
    for answer in (shop.get(path), shop.put(path), shop.delete(path)):
        assert_fault(answer, 404, "ParentFolderNotFound", arguments)
    assert_fault(shop.patch(path, json={}), 404, "FolderNotFound", arguments)
    path = f"{ASSIGNMENTS}/contract-imprint/contract-service"
    for body, sent, url in (
        ({"content_id": "x"}, "x", "contract-imprint"),
        ({"folder_id": "y"}, "y", "contract-service"),
    ):
        for answer in (shop.put(path, json=body), shop.patch(path, json=body)):
            assert_fault(answer, 400, "IdConflict", {"bodyID": sent, "urlID": url})
    answer = shop.put(path, json={"position": -1})
    arguments = {"document": "content_folder_assignment", "path": "$.position"}
    assert_fault(answer, 400, "PropertyConstraintViolation", arguments)


@pytest.mark.rule("LIB-4", "RST-2")
def test_an_assignment_has_a_state(shop: Api) -> None:
    path = f"{ASSIGNMENTS}/contract-imprint/contract-service"
    stale = {"_resource_state": "0" * 64, "position": 9}
    for answer in (shop.patch(path, json=stale), shop.put(path, json=stale)):
        assert answer.status_code == 409
        assert answer.json()["fault"]["type"] == "ResourceStateConflictException"
    known = show(shop, path)["_resource_state"]
    answer = shop.patch(path, json={"_resource_state": known, "position": 9})
    assert (answer.status_code, answer.json()["position"]) == (200, 9)
    headers = {"x-dw-resource-state": known}
    assert shop.delete(path, headers=headers).status_code == 409


@pytest.mark.rule("LIB-4", "PAG-1")
@pytest.mark.parametrize(
    ("path", "kind", "hit", "ids"),
    [
        (
            "folders/contract-service/content",
            "content_asset",
            "content_asset",
            ["contract-delivery-times", "contract-imprint"],
        ),
        (
            "content/contract-delivery-times/folders",
            "content_folder",
            "content_folder",
            ["contract-delivery", "contract-service"],
        ),
        (
            "folders/contract-service/sub_folders",
            "content_sub_folder",
            "content_folder",
            ["contract-delivery", "contract-returns"],
        ),
    ],
)
def test_pages_have_whole_documents(
    shop: Api, path: str, kind: str, hit: str, ids: list[str]
) -> None:
    page = show(shop, f"{LIBRARY}/{path}")
    assert page["_type"] == f"{kind}_result"
    assert (page["count"], page["start"], page["total"]) == (2, 0, 2)
    assert [(one["_type"], one["id"]) for one in page["hits"]] == [(hit, name) for name in ids]
    folder = "content" if hit == "content_asset" else "folders"
    assert page["hits"][0] == show(shop, f"{LIBRARY}/{folder}/{ids[0]}")
    second = show(shop, f"{LIBRARY}/{path}?start=1&count=1")
    assert ([one["id"] for one in second["hits"]], second["count"]) == (ids[1:], 1)
    assert "previous" in second
    assert "next" in show(shop, f"{LIBRARY}/{path}?count=1")
    arguments = {"parameter": "count", "expected": "a number from 1 to 200"}
    for count in ("0", "-1", "201"):
        answer = shop.get(f"{LIBRARY}/{path}?count={count}")
        assert_fault(answer, 400, "ValueConstraintViolation", arguments)


@pytest.mark.rule("LIB-3", "LIB-4")
@pytest.mark.needs(STATE)
def test_a_state_without_the_other_end_is_refused(shop: Api) -> None:
    state = shop.call("GET", "/__emulator__/state").json()
    content = ("clients", "sites", "libraries", "content", "content_folders", "folder_assignments")
    state["files"] = {f"{name}.json": state["files"][f"{name}.json"] for name in content}
    problems = []
    for file, entry, problem in (
        ("content", {"id": "a", "library_id": "none"}, "there is no 'none' in libraries"),
        (
            "content_folders",
            {"id": "a", "library_id": HERE.library, "parent_folder_id": "none"},
            f"parent_folder_id: there is no '{HERE.library}/none' in content_folders",
        ),
        (
            "content_folders",
            {"id": "b", "library_id": HERE.library, "parent_folder_id": "b"},
            f"parent_folder_id: there is no '{HERE.library}/b' in content_folders",
        ),
        (
            "folder_assignments",
            {"content_id": "none", "folder_id": "root", "library_id": HERE.library},
            f"there is no '{HERE.library}/none' in content",
        ),
        (
            "folder_assignments",
            {"content_id": "contract-imprint", "folder_id": "none", "library_id": HERE.library},
            f"folder_id: there is no '{HERE.library}/none' in content_folders",
        ),
    ):
        state["files"][f"{file}.json"].append(entry)
        problems.append(problem)
    answer = shop.call("PUT", "/__emulator__/state", json=state)
    assert answer.status_code == 400, answer.text
    assert [problem for problem in problems if problem not in answer.text] == []
