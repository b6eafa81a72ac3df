"""Writing: creation, merge patch, deletion, conditions, idempotency (WRITE-1 to WRITE-5)."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest

from contract_tests.api import Api
from contract_tests.service import Service, assert_problem

Start = Callable[..., Api]
UNKNOWN = {"/itemId": "None of the items has the id 'nobody'."}
MERGE_PATCH = {"Content-Type": "application/merge-patch+json"}


@pytest.mark.rule("WRITE-1")
def test_creation_answers_location_tag_and_document(service: Service) -> None:
    body = {"sku": "write-1", "productVariant": {"variantId": "v"}}
    answer = service.post("/items", json=body)
    assert answer.status_code == 201
    assert answer.headers["Location"] == f"/items/{answer.json()['itemId']}"
    read = service.get(answer.headers["Location"])
    assert (read.headers["ETag"], read.json()) == (answer.headers["ETag"], answer.json())


@pytest.mark.rule("WRITE-1")
def test_what_is_unique_cannot_be_created_twice(service: Service) -> None:
    item = service.make_item(sku="write-unique")
    again = service.post(
        "/items", json={"sku": "write-unique", "productVariant": {"variantId": "w"}}
    )
    told = "One of the items has this already."
    assert_problem(again, 409, "DUPLICATE", {"/sku": told})
    inventory = service.make_inventory(item)
    identifier = item.removeprefix("/items/")
    body = {"itemId": identifier, "location": {"locationId": "here"}, "onHandQuantity": 1}
    told = "One of the inventories has this already."
    pointers = {"/itemId": told, "/location/locationId": told}
    assert_problem(service.post("/inventories", json=body), 409, "DUPLICATE", pointers)
    assert service.delete(inventory).status_code == 204
    assert service.post("/inventories", json=body).status_code == 201


@pytest.mark.rule("WRITE-1")
def test_an_inventory_is_of_a_known_item(service: Service) -> None:
    body = {"itemId": "nobody", "location": {"locationId": "x"}, "onHandQuantity": 1}
    assert_problem(service.post("/inventories", json=body), 422, "UNKNOWN_ITEM", UNKNOWN)


@pytest.mark.rule("WRITE-1")
def test_of_simultaneous_creations_of_one_sku_one_succeeds(service: Service) -> None:
    body = {"sku": "write-race", "productVariant": {"variantId": "v"}}

    def create(_: int) -> int:
        return service.post("/items", json=body).status_code

    with ThreadPoolExecutor(16) as pool:
        assert sorted(pool.map(create, range(16))) == [201] + [409] * 15


@pytest.mark.rule("WRITE-1")
def test_of_simultaneous_creations_at_one_location_one_succeeds(service: Service) -> None:
    item = service.make_item().removeprefix("/items/")
    body = {"itemId": item, "location": {"locationId": "x"}, "onHandQuantity": 1}

    def create(_: int) -> int:
        return service.post("/inventories", json=body).status_code

    with ThreadPoolExecutor(16) as pool:
        assert sorted(pool.map(create, range(16))) == [201] + [409] * 15


# The cases of RFC 7396, appendix A, that fit a map of strings: what stands in metadata, the
# patch, and what stands there then.
MERGES: list[tuple[dict[str, str], dict[str, Any], dict[str, str]]] = [
    ({"a": "b"}, {"a": "c"}, {"a": "c"}),
    ({"a": "b"}, {"b": "c"}, {"a": "b", "b": "c"}),
    ({"a": "b"}, {"a": None}, {}),
    ({"a": "b", "b": "c"}, {"a": None}, {"b": "c"}),
    ({"e": "f"}, {"e": None, "a": None}, {}),
    ({}, {"a": None}, {}),
]


@pytest.mark.rule("WRITE-2")
@pytest.mark.parametrize(("before", "patch", "after"), MERGES)
@pytest.mark.parametrize("headers", [MERGE_PATCH, {"Content-Type": "application/json"}])
def test_a_patch_merges(
    service: Service,
    before: dict[str, str],
    patch: dict[str, Any],
    after: dict[str, str],
    headers: dict[str, str],
) -> None:
    path = service.make_item(metadata=before, name="x")
    answer = service.patch(path, json={"metadata": patch}, headers=headers)
    assert (answer.status_code, answer.json()["metadata"]) == (200, after)
    assert service.get(path).json() == answer.json()
    assert answer.json()["name"] == "x"


@pytest.mark.rule("WRITE-2")
def test_null_removes_what_may_be_absent_and_brings_defaults_back(service: Service) -> None:
    path = service.make_item(name="x", status="INACTIVE", metadata={"a": "b"})
    patch = {"name": None, "metadata": None, "status": None, "description": None}
    item = service.patch(path, json=patch).json()
    assert not {"name", "metadata", "description"} & set(item)
    assert item["status"] == "ACTIVE"


@pytest.mark.rule("WRITE-2", "ERR-1")
def test_null_does_not_remove_what_is_required(service: Service) -> None:
    path = service.make_item()
    patch = {"sku": None, "productVariant": {"variantId": None}}
    answer = service.patch(path, json=patch)
    told = "Missing data for required field."
    assert_problem(answer, 422, "INVALID_BODY", {"/sku": told, "/productVariant/variantId": told})


@pytest.mark.rule("WRITE-2")
def test_a_patch_of_another_type_is_refused_with_those_that_are_read(service: Service) -> None:
    answer = service.patch(service.make_item(), data=b"{}", headers={"Content-Type": "text/plain"})
    assert_problem(answer, 415, "UNSUPPORTED_MEDIA_TYPE")
    assert answer.headers["Accept-Patch"] == "application/merge-patch+json, application/json"


@pytest.mark.rule("WRITE-2")
def test_what_is_set_at_creation_stays(service: Service) -> None:
    path = service.make_inventory()
    before = service.get(path).json()
    same = {"itemId": before["itemId"], "location": {"locationId": "here", "name": "Hall"}}
    assert service.patch(path, json=same).json()["location"]["name"] == "Hall"
    for patch, pointer in (
        ({"itemId": "other"}, "/itemId"),
        ({"location": {"locationId": "there"}}, "/location/locationId"),
    ):
        answer = service.patch(path, json=patch)
        told = {pointer: "Cannot be changed after creation."}
        assert_problem(answer, 409, "IMMUTABLE", told)


@pytest.mark.rule("WRITE-2")
def test_what_the_service_sets_is_ignored_when_equal_and_else_refused(service: Service) -> None:
    path = service.make_inventory()
    before = service.get(path)
    assert service.patch(path, json=before.json()).json() == before.json()
    assert service.get(path).headers["ETag"] == before.headers["ETag"]
    answer = service.patch(path, json={"inventoryId": "x", "availableQuantity": 99})
    told = "Set by the service."
    assert_problem(answer, 422, "INVALID_BODY", {"/inventoryId": told, "/availableQuantity": told})


@pytest.mark.rule("WRITE-2")
@pytest.mark.parametrize("body", ["[]", "null", '"x"', "1"])
def test_a_patch_that_is_no_object_is_refused(service: Service, body: str) -> None:
    path = service.make_item()
    assert_problem(service.patch(path, data=body, headers=MERGE_PATCH), 422, "INVALID_BODY")


@pytest.mark.rule("WRITE-2")
def test_a_sku_can_change_and_stays_unique(service: Service) -> None:
    first, second = service.make_item(sku="change-a"), service.make_item(sku="change-b")
    assert_problem(service.patch(first, json={"sku": "change-b"}), 409, "DUPLICATE")
    assert service.patch(first, json={"sku": "change-c"}).status_code == 200
    assert service.patch(second, json={"sku": "change-a"}).status_code == 200


@pytest.mark.rule("WRITE-2")
def test_simultaneous_patches_lose_nothing_of_each_other(service: Service) -> None:
    path = service.make_item()

    def write(number: int) -> int:
        return service.patch(path, json={"metadata": {f"k{number}": "v"}}).status_code

    with ThreadPoolExecutor(16) as pool:
        assert set(pool.map(write, range(32))) == {200}
    assert service.get(path).json()["metadata"] == {f"k{n}": "v" for n in range(32)}


@pytest.mark.rule("WRITE-2")
def test_a_change_has_the_time_of_the_change(start: Start) -> None:
    api = start()
    service = Service(api.url)
    api.call("POST", "/__emulator__/clock/freeze", json={"at": "2024-02-19T12:00:00Z"})
    path = service.make_item()
    api.call("POST", "/__emulator__/clock/advance", json={"seconds": 5})
    for body, expected in (({}, "00"), ({"name": "n"}, "05")):
        shown = service.patch(path, json=body).json()
        assert shown["createdAt"] == "2024-02-19T12:00:00.000Z"
        assert shown["updatedAt"] == f"2024-02-19T12:00:{expected}.000Z"


@pytest.mark.rule("WRITE-3")
def test_what_is_deleted_is_not_found_again(service: Service) -> None:
    path = service.make_inventory()
    assert service.delete(path).status_code == 204
    assert_problem(service.delete(path), 404, "NOT_FOUND")


@pytest.mark.rule("WRITE-3")
def test_an_item_with_inventories_stays(service: Service) -> None:
    item = service.make_item()
    inventory = service.make_inventory(item)
    assert_problem(service.delete(item), 409, "IN_USE")
    assert service.delete(inventory).status_code == 204
    assert service.delete(item).status_code == 204


@pytest.mark.rule("WRITE-3")
def test_an_item_never_goes_while_an_inventory_of_it_comes(service: Service) -> None:
    def race(_: int) -> None:
        item = service.make_item()
        body = {"location": {"locationId": "x"}, "onHandQuantity": 1}
        with ThreadPoolExecutor(2) as pair:
            made = pair.submit(
                service.post, "/inventories", json={"itemId": item.removeprefix("/items/"), **body}
            )
            gone = pair.submit(service.delete, item)
            statuses = made.result().status_code, gone.result().status_code
        assert statuses in {(201, 409), (422, 204)}

    for number in range(10):
        race(number)


@pytest.mark.rule("WRITE-4")
@pytest.mark.parametrize(
    ("method", "header", "value", "status"),
    [
        ("GET", "If-None-Match", "TAG", 304),
        ("GET", "If-None-Match", 'W/TAG, "x"', 304),
        ("GET", "If-None-Match", '"x"', 200),
        ("GET", "If-Match", '"x"', 412),
        ("PATCH", "If-Match", "TAG", 200),
        ("PATCH", "If-Match", "*", 200),
        ("PATCH", "If-Match", '"x", TAG', 200),
        ("PATCH", "If-Match", "W/TAG", 412),
        ("PATCH", "If-Match", '"x"', 412),
        ("PATCH", "If-None-Match", "*", 412),
        ("DELETE", "If-Match", "TAG", 204),
        ("DELETE", "If-Match", '"x"', 412),
    ],
)
def test_conditions_hold_as_rfc_9110_says(
    service: Service, method: str, header: str, value: str, status: int
) -> None:
    documents = {
        service.make_item(): {"name": "x"},
        service.make_inventory(): {"onHandQuantity": 5},
    }
    for path, change in documents.items():
        tag = service.get(path).headers["ETag"]
        body = {"json": change} if method == "PATCH" else {}
        answer = service.call(method, path, headers={header: value.replace("TAG", tag)}, **body)
        assert answer.status_code == status
        if status == 412:
            assert_problem(answer, 412, "PRECONDITION_FAILED")
            assert service.get(path).headers["ETag"] == tag
        if status == 304:
            assert (answer.content, answer.headers["ETag"]) == (b"", tag)


@pytest.mark.rule("WRITE-4")
def test_of_simultaneous_writers_with_one_tag_one_wins(service: Service) -> None:
    path = service.make_item()
    headers = {"If-Match": service.get(path).headers["ETag"]}

    def write(number: int) -> int:
        return service.patch(path, json={"name": f"n{number}"}, headers=headers).status_code

    with ThreadPoolExecutor(16) as pool:
        assert sorted(pool.map(write, range(16))) == [200] + [412] * 15


@pytest.mark.rule("WRITE-5")
@pytest.mark.parametrize("keys", [("abc", "abc"), ('"abc"', '"abc"'), ('"abc"', "abc")])
def test_a_repeated_request_gets_the_answer_it_had(start: Start, keys: tuple[str, str]) -> None:
    service = Service(start().url)
    body = '{"sku": "again", "productVariant": {"variantId": "v"}}'
    spaced = '{"productVariant":{"variantId":"v"},"sku":"again"}'
    first, second = (
        service.post(
            "/items",
            data=text,
            headers={"Content-Type": "application/json", "Idempotency-Key": key},
        )
        for text, key in zip((body, spaced), keys, strict=True)
    )
    assert (first.status_code, second.status_code) == (201, 201)
    assert second.json() == first.json()
    for name in ("Location", "ETag"):
        assert second.headers[name] == first.headers[name]


@pytest.mark.rule("WRITE-5")
def test_a_key_belongs_to_one_body(start: Start) -> None:
    service = Service(start().url)
    headers = {"Idempotency-Key": "k"}
    variant = {"productVariant": {"variantId": "v"}}
    assert service.post("/items", json={"sku": "a", **variant}, headers=headers).status_code == 201
    other = service.post("/items", json={"sku": "b", **variant}, headers=headers)
    assert_problem(other, 422, "IDEMPOTENCY_KEY_REUSED")


@pytest.mark.rule("WRITE-5")
def test_a_refused_request_may_be_tried_again_with_its_key(start: Start) -> None:
    service = Service(start().url)
    headers = {"Idempotency-Key": "k"}
    body = {"sku": "sku-1", "productVariant": {"variantId": "v"}}
    assert service.post("/items", json=body, headers=headers).status_code == 409
    assert service.patch("/items/item-1", json={"sku": "moved"}).status_code == 200
    assert service.post("/items", json=body, headers=headers).status_code == 201


@pytest.mark.rule("WRITE-5")
def test_simultaneous_requests_with_one_key_create_once(start: Start) -> None:
    service = Service(start().url)
    body = {"sku": "once", "productVariant": {"variantId": "v"}}

    def create(_: int) -> tuple[int, str]:
        answer = service.post("/items", json=body, headers={"Idempotency-Key": "k"})
        return answer.status_code, answer.json().get("itemId", "")

    with ThreadPoolExecutor(16) as pool:
        answers = set(pool.map(create, range(16)))
    assert len(answers) == 1
    assert {status for status, _ in answers} == {201}


@pytest.mark.rule("WRITE-5")
@pytest.mark.parametrize("key", ["", "x" * 256, '"open', "a b", "ü"])
def test_a_key_that_is_no_string_is_refused(service: Service, key: str) -> None:
    headers = {"Idempotency-Key": key.encode().decode("latin-1")}
    body = {"sku": "never", "productVariant": {"variantId": "v"}}
    answer = service.post("/items", json=body, headers=headers)
    assert_problem(answer, 400, "INVALID_HEADER")


@pytest.mark.rule("WRITE-5")
def test_a_key_is_valid_for_24_hours_in_one_collection(start: Start) -> None:
    api = start()
    service, headers = Service(api.url), {"Idempotency-Key": "k"}
    api.call("POST", "/__emulator__/clock/freeze", json={"at": "2024-02-19T12:00:00Z"})
    body = {"sku": "a", "productVariant": {"variantId": "v"}}
    item = service.post("/items", json=body, headers=headers).json()
    stock = {"itemId": item["itemId"], "location": {"locationId": "l"}, "onHandQuantity": 1}
    assert service.post("/inventories", json=stock, headers=headers).status_code == 201
    api.call("POST", "/__emulator__/clock/advance", json={"seconds": 24 * 3600})
    again = service.post("/items", json=body, headers=headers)
    assert (again.status_code, again.json()) == (201, item)
    api.call("POST", "/__emulator__/clock/advance", json={"seconds": 1})
    assert_problem(service.post("/items", json=body, headers=headers), 409, "DUPLICATE")
