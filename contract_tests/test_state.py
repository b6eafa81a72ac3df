"""Resource states and conditional requests (RST-1 to RST-5)."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest

from contract_tests.api import Api, assert_fault

Make = Callable[..., str]
Start = Callable[..., Api]
OTHER = "0" * 64
HEADER = "x-dw-resource-state"


def state_of(api: Api, name: str) -> str:
    """Return the present state of an inventory list."""
    state: str = api.get(f"/inventory_lists/{name}").json()["_resource_state"]
    return state


@pytest.mark.rule("RST-1")
@pytest.mark.parametrize(
    "change",
    [{"description": "b"}, {"default_in_stock": True}, {"c_x": 1}, {"description": None}],
)
def test_a_change_gives_another_state(api: Api, make: Make, change: dict[str, Any]) -> None:
    made = make(description="a")
    before = state_of(api, made)
    changed = api.patch(f"/inventory_lists/{made}", json=change).json()
    assert changed["_resource_state"] == state_of(api, made) != before


@pytest.mark.rule("RST-1")
@pytest.mark.parametrize("change", [{}, {"description": "a"}, {"c_none": None}, {"link": "x"}])
def test_a_patch_that_changes_nothing_keeps_the_document(
    api: Api, make: Make, change: dict[str, Any]
) -> None:
    path = f"/inventory_lists/{make(description='a')}"
    before = api.get(path).json()
    assert api.patch(path, json=change).json() == before
    assert api.get(path).json() == before


@pytest.mark.rule("RST-1")
def test_the_same_content_under_another_id_has_another_state(api: Api, make: Make) -> None:
    assert state_of(api, make()) != state_of(api, make())


@pytest.mark.rule("RST-2")
@pytest.mark.parametrize("where", ["body", "header"])
def test_the_state_that_holds_lets_a_patch_through(api: Api, make: Make, where: str) -> None:
    made = make()
    state = state_of(api, made)
    body = {"description": "b"} | ({"_resource_state": state} if where == "body" else {})
    headers = {HEADER: state} if where == "header" else {}
    answer = api.patch(f"/inventory_lists/{made}", json=body, headers=headers)
    assert (answer.status_code, answer.json()["description"]) == (200, "b")


@pytest.mark.rule("RST-2", "INV-3")
@pytest.mark.parametrize("where", ["body", "header"])
@pytest.mark.parametrize("method", ["PATCH", "PUT", "DELETE"])
def test_another_state_is_a_conflict_and_changes_nothing(
    api: Api, make: Make, where: str, method: str
) -> None:
    made = make(description="a")
    before = api.get(f"/inventory_lists/{made}").json()
    body = {"description": "b"} | ({"_resource_state": OTHER} if where == "body" else {})
    headers = {HEADER: OTHER} if where == "header" else {}
    path = f"/s/-/dw/data/v23_2/inventory_lists/{made}"
    answer = api.call(method, path, json=body, headers=headers)
    arguments = {"client": OTHER, "server": before["_resource_state"]}
    assert_fault(answer, 409, "ResourceStateConflict", arguments)
    assert api.get(f"/inventory_lists/{made}").json() == before


@pytest.mark.rule("RST-2")
def test_the_state_in_the_body_wins_over_the_header(api: Api, make: Make) -> None:
    made = make()
    path, state = f"/inventory_lists/{made}", state_of(api, made)
    wrong = api.patch(path, json={"_resource_state": OTHER}, headers={HEADER: state})
    assert wrong.status_code == 409
    right = api.patch(path, json={"_resource_state": state}, headers={HEADER: OTHER})
    assert right.status_code == 200


@pytest.mark.rule("RST-2", "INV-6")
def test_a_delete_takes_the_state_in_body_or_header(api: Api, make: Make) -> None:
    first, second = make(), make()
    path = f"/inventory_lists/{first}"
    assert api.delete(path, json={"_resource_state": state_of(api, first)}).status_code == 204
    headers = {HEADER: state_of(api, second)}
    assert api.delete(f"/inventory_lists/{second}", headers=headers).status_code == 204
    assert {api.get(f"/inventory_lists/{n}").status_code for n in (first, second)} == {404}


@pytest.mark.rule("RST-2")
def test_a_state_that_is_no_string_is_refused(api: Api, make: Make) -> None:
    answer = api.patch(f"/inventory_lists/{make()}", json={"_resource_state": 1})
    told = {
        "path": "$._resource_state",
        "expectedTypes": "VALUE_STRING",
        "actualType": "VALUE_NUMBER_INT",
    }
    assert_fault(answer, 400, "TypeDecoding", told)


@pytest.mark.rule("RST-2")
def test_a_put_with_a_state_expects_the_list_to_exist(api: Api, unused: str) -> None:
    answer = api.put(f"/inventory_lists/{unused}", json={"_resource_state": OTHER})
    told = {"client": OTHER, "server": "not_exists"}
    assert_fault(answer, 409, "ResourceStateConflict", told)
    assert api.get(f"/inventory_lists/{unused}").status_code == 404


@pytest.mark.rule("RST-3")
@pytest.mark.parametrize("where", ["body", "header"])
def test_not_exists_creates_once(api: Api, unused: str, where: str) -> None:
    body = {"_resource_state": "not_exists"} if where == "body" else {}
    headers = {HEADER: "not_exists"} if where == "header" else {}
    path = f"/inventory_lists/{unused}"
    assert api.put(path, json=body, headers=headers).status_code == 201
    again = api.put(path, json=body, headers=headers)
    assert_fault(again, 409, "ResourceAlreadyExists", {})


@pytest.mark.rule("RST-4")
def test_the_state_is_the_entity_tag_too(api: Api, unused: str) -> None:
    path = f"/inventory_lists/{unused}"
    answers = (
        api.put(path, json={}),
        api.get(path),
        api.patch(path, json={"description": "b"}),
        api.call("HEAD", f"/s/-/dw/data/v23_2{path}"),
    )
    for answer in answers:
        state = answer.headers[HEADER]
        assert answer.headers["ETag"] == f'"{state}"'
        if answer.content:
            assert answer.json()["_resource_state"] == state


# What a precondition answers: by method, whether the list is there, header, and its value, in
# which S stands for the state. 201, 200 and 204 are the method's own success; 404 on PUT is the
# documented fault of an id that exists; in the observed dialect it is 200 (INV-5).
CONDITIONS: list[tuple[str, bool, str, str, int]] = [
    ("GET", True, "If-Match", '"S"', 200),
    ("GET", True, "If-Match", "*", 200),
    ("GET", True, "If-Match", '"x", "S"', 200),
    ("GET", True, "If-Match", 'W/"S"', 412),
    ("GET", True, "If-Match", '"x"', 412),
    ("GET", True, "If-Match", "S", 412),
    ("GET", True, "If-None-Match", '"S"', 304),
    ("GET", True, "If-None-Match", 'W/"S"', 304),
    ("GET", True, "If-None-Match", '"x","S"', 304),
    ("GET", True, "If-None-Match", "*", 304),
    ("GET", True, "If-None-Match", '"x"', 200),
    ("GET", True, "If-None-Match", "S", 200),
    ("GET", False, "If-Match", '"S"', 404),
    ("GET", False, "If-Match", "*", 404),
    ("GET", False, "If-None-Match", "*", 404),
    ("GET", False, "If-None-Match", '"S"', 404),
    ("HEAD", True, "If-Match", '"S"', 204),
    ("HEAD", True, "If-Match", "*", 204),
    ("HEAD", True, "If-Match", '"x"', 412),
    ("HEAD", True, "If-Match", 'W/"S"', 412),
    ("HEAD", True, "If-None-Match", '"S"', 304),
    ("HEAD", True, "If-None-Match", 'W/"S"', 304),
    ("HEAD", True, "If-None-Match", '"x", "y"', 204),
    ("HEAD", False, "If-Match", "*", 404),
    ("PATCH", True, "If-Match", '"S"', 200),
    ("PATCH", True, "If-Match", "*", 200),
    ("PATCH", True, "If-Match", '"x", "S"', 200),
    ("PATCH", True, "If-Match", '"x", W/"S"', 412),
    ("PATCH", True, "If-Match", 'W/"S"', 412),
    ("PATCH", True, "If-Match", '"x"', 412),
    ("PATCH", True, "If-Match", "S", 412),
    ("PATCH", True, "If-None-Match", "*", 412),
    ("PATCH", True, "If-None-Match", '"S"', 412),
    ("PATCH", True, "If-None-Match", 'W/"S"', 412),
    ("PATCH", True, "If-None-Match", '"x"', 200),
    ("PATCH", False, "If-Match", "*", 404),
    ("PATCH", False, "If-Match", '"S"', 404),
    ("PATCH", False, "If-None-Match", "*", 404),
    ("PUT", True, "If-Match", '"S"', 404),
    ("PUT", True, "If-Match", "*", 404),
    ("PUT", True, "If-Match", '"x"', 412),
    ("PUT", True, "If-Match", 'W/"S"', 412),
    ("PUT", True, "If-None-Match", "*", 412),
    ("PUT", True, "If-None-Match", '"S"', 412),
    ("PUT", True, "If-None-Match", '"x"', 404),
    ("PUT", False, "If-Match", "*", 412),
    ("PUT", False, "If-Match", '"S"', 412),
    ("PUT", False, "If-None-Match", "*", 201),
    ("PUT", False, "If-None-Match", '"S"', 201),
    ("DELETE", True, "If-Match", '"S"', 204),
    ("DELETE", True, "If-Match", "*", 204),
    ("DELETE", True, "If-Match", '"x","S"', 204),
    ("DELETE", True, "If-Match", 'W/"S"', 412),
    ("DELETE", True, "If-Match", '"x"', 412),
    ("DELETE", True, "If-None-Match", "*", 412),
    ("DELETE", True, "If-None-Match", '"x"', 204),
    ("DELETE", False, "If-Match", "*", 204),
    ("DELETE", False, "If-Match", '"x"', 204),
    ("DELETE", False, "If-None-Match", "*", 204),
]


@pytest.mark.rule("RST-4")
@pytest.mark.parametrize(("method", "present", "header", "value", "status"), CONDITIONS)
def test_preconditions_hold_as_rfc_9110_says(
    api: Api,
    make: Make,
    unused: str,
    method: str,
    present: bool,
    header: str,
    value: str,
    status: int,
) -> None:
    name = make(description="a") if present else unused
    state = state_of(api, name) if present else OTHER
    sent = value.replace("S", state)
    body = {"json": {"description": "b"}} if method in {"PATCH", "PUT"} else {}
    path = f"/s/-/dw/data/v23_2/inventory_lists/{name}"
    answer = api.call(method, path, headers={header: sent}, **body)
    if (method, status, api.dialect) == ("PUT", 404, "observed"):
        status = 200
    assert answer.status_code == status
    if status == 412 and method != "HEAD":
        assert_fault(answer, 412, "InvalidIfMatch", {"ifMatch": sent})
    if status == 304:
        assert (answer.content, answer.headers["ETag"]) == (b"", f'"{state}"')
    if present and status > 300:
        assert state_of(api, name) == state, "a refused request changes nothing"


@pytest.mark.rule("RST-4")
def test_a_collection_has_no_state_to_compare(api: Api) -> None:
    for header in ("If-Match", "If-None-Match"):
        answer = api.get("/inventory_lists", headers={header: '"x"'})
        assert answer.status_code == 200
        assert "ETag" not in answer.headers


@pytest.mark.rule("RST-5")
@pytest.mark.parametrize("method", ["PATCH", "DELETE"])
def test_of_many_writers_with_the_same_state_one_wins(api: Api, make: Make, method: str) -> None:
    made = make()
    path, state = f"/s/-/dw/data/v23_2/inventory_lists/{made}", state_of(api, made)
    headers = {HEADER: state}

    def write(number: int) -> int:
        body = {"description": str(number)} if method == "PATCH" else None
        return api.call(method, path, json=body, headers=headers).status_code

    with ThreadPoolExecutor(16) as pool:
        statuses = sorted(pool.map(write, range(16)))
    # Who comes after a successful DELETE finds nothing to delete, which is no fault (INV-6).
    expected = [200] + [409] * 15 if method == "PATCH" else [204] * 16
    assert statuses == expected


@pytest.mark.rule("RST-5")
def test_of_many_creators_one_creates(api: Api, unused: str) -> None:
    def create(_: int) -> int:
        body = {"_resource_state": "not_exists"}
        return api.put(f"/inventory_lists/{unused}", json=body).status_code

    with ThreadPoolExecutor(16) as pool:
        statuses = sorted(pool.map(create, range(16)))
    assert statuses == [201] + [409] * 15


@pytest.mark.rule("RST-5")
def test_writers_without_a_state_lose_no_change_of_each_other(api: Api, make: Make) -> None:
    path = f"/inventory_lists/{make()}"

    def write(number: int) -> int:
        return api.patch(path, json={f"c_{number}": number}).status_code

    with ThreadPoolExecutor(16) as pool:
        assert set(pool.map(write, range(32))) == {200}
    document = api.get(path).json()
    assert {f"c_{n}": document.get(f"c_{n}") for n in range(32)} == {f"c_{n}": n for n in range(32)}


@pytest.mark.rule("RST-5")
@pytest.mark.parametrize("expects_state", [True, False])
def test_a_write_meets_the_write_of_another_request(start: Start, expects_state: bool) -> None:
    path, others = "/inventory_lists/contract-a", [{"default_in_stock": True}]

    def write_first(_: Any) -> None:
        while others:
            assert api.patch(path, json=others.pop()).status_code == 200

    # The hook runs right before the write, when all checks have passed.
    api = start(hooks={"dw.ocapi.data.inventory_list.afterPATCH": write_first})
    state = api.put(path, json={"description": "a"}).json()["_resource_state"]
    expected = {"_resource_state": state} if expects_state else {}
    answer = api.patch(path, json={"description": "b", **expected})
    shown = api.get(path).json()
    assert shown["default_in_stock"] is True
    if not expects_state:
        assert (answer.status_code, shown["description"]) == (200, "b")
        return
    arguments = {"client": state, "server": shown["_resource_state"]}
    assert_fault(answer, 409, "ResourceStateConflict", arguments)
    assert shown["description"] == "a"


@pytest.mark.rule("RST-6")
def test_a_new_document_meets_the_deletion_of_the_document_above(start: Start) -> None:
    path, others = "/inventory_lists/contract-a", ["delete"]
    record = f"{path}/product_inventory_records/contract-p"

    def delete_first(_: Any) -> None:
        while others:
            others.pop()
            assert api.delete(path).status_code == 204

    point = "dw.ocapi.data.inventory_list.product_inventory_record.afterPUT"
    api = start(hooks={point: delete_first})
    assert api.put(path, json={}).status_code == 201
    answer = api.put(record, json={"allocation": {"amount": 1}})
    assert_fault(answer, 404, "InventoryListNotFound", {"inventorylistId": "contract-a"})
    assert api.put(path, json={}).status_code == 201
    assert api.get(f"{path}/product_inventory_records").json()["total"] == 0
