"""Failpoints over HTTP: declared, listed, removed; and what becomes of requests on real sockets."""

import http.client
from typing import Any

import pytest
import requests

from emulator import Emulator
from emulator.app import families_of

TIMEOUT = 10
FAILPOINTS = "/__emulator__/failpoints"
LISTS = "/s/-/dw/data/v23_2/inventory_lists"
NEW = f"{LISTS}/new"
TOKEN = "/dwsso/oauth2/access_token"
UNAVAILABLE = {"action": {"status": 503}}


def ask(
    emulator: Emulator, method: str, path: str, workspace: str = "default", **options: Any
) -> requests.Response:
    headers = {"x-emulator-workspace": workspace, **options.pop("headers", {})}
    url = emulator.url + path
    return requests.request(method, url, headers=headers, timeout=TIMEOUT, **options)


def bearer(emulator: Emulator) -> dict[str, str]:
    return {"Authorization": f"Bearer {emulator.token()}"}


def fail(emulator: Emulator, action: dict[str, Any], **others: Any) -> Any:
    response = ask(emulator, "POST", FAILPOINTS, json={"action": action, **others})
    assert response.status_code == 201
    return response.json()


def statuses(emulator: Emulator, count: int, path: str = "/items") -> list[int]:
    return [ask(emulator, "GET", path).status_code for _ in range(count)]


def replace_pause(emulator: Emulator) -> list[float]:
    """Return the list of all pauses, which take no time from here on."""
    pauses: list[float] = []
    emulator._pause = pauses.append  # type: ignore[method-assign,assignment]  # noqa: SLF001
    return pauses


def test_there_are_none_at_first(emulator: Emulator) -> None:
    assert ask(emulator, "GET", FAILPOINTS).json() == []


def test_one_that_is_added_is_shown_as_declared_with_its_id_and_counts(emulator: Emulator) -> None:
    declared = {
        "match": {"path": "/items", "nth": 2},
        "times": 3,
        "probability": 1,
        "seed": 7,
        "action": {"status": 429, "headers": {"Retry-After": "1"}, "body": {"a": [1]}},
    }
    response = ask(emulator, "POST", FAILPOINTS, json=declared)
    shown = [{"id": "1", **declared, "seen": 0, "applied": 0}]
    assert (response.status_code, response.json()) == (201, shown)
    assert statuses(emulator, 3) == [200, 429, 200]
    assert ask(emulator, "GET", FAILPOINTS).json() == [{**shown[0], "seen": 3, "applied": 1}]


def test_several_are_added_behind_those_that_are_there(emulator: Emulator) -> None:
    fail(emulator, {"status": 500})
    response = ask(emulator, "POST", FAILPOINTS, json=[UNAVAILABLE, UNAVAILABLE])
    assert [shown["id"] for shown in response.json()] == ["2", "3"]
    assert [shown["id"] for shown in ask(emulator, "GET", FAILPOINTS).json()] == ["1", "2", "3"]
    assert statuses(emulator, 1) == [500]


def test_put_replaces_all(emulator: Emulator) -> None:
    fail(emulator, {"status": 500})
    response = ask(emulator, "PUT", FAILPOINTS, json=UNAVAILABLE)
    assert (response.status_code, [shown["id"] for shown in response.json()]) == (201, ["2"])
    assert statuses(emulator, 1) == [503]
    assert ask(emulator, "PUT", FAILPOINTS, json=[]).json() == []
    assert statuses(emulator, 1) == [200]


def test_delete_removes_one_or_all(emulator: Emulator) -> None:
    ask(emulator, "POST", FAILPOINTS, json=[UNAVAILABLE, {"action": {"status": 500}}, UNAVAILABLE])
    assert ask(emulator, "DELETE", f"{FAILPOINTS}/1").status_code == 204
    assert statuses(emulator, 1) == [500]
    assert ask(emulator, "DELETE", FAILPOINTS).status_code == 204
    assert ask(emulator, "GET", FAILPOINTS).json() == []
    gone = ask(emulator, "DELETE", f"{FAILPOINTS}/1")
    assert gone.status_code == 404
    assert gone.json()["detail"] == "There is no failpoint '1'."


@pytest.mark.parametrize(
    ("declared", "errors"),
    [
        (None, {"": "Invalid input type."}),
        ({}, {"/action": "Missing data for required field."}),
        ({"action": {"status": 99}}, {"/action/status": "Must be greater than or equal to 200"}),
        ({"action": {"status": 503, "drop": "before"}}, {"/action/drop": "Only one of"}),
        ({"action": {"fault": "Nothing"}}, {"/action/fault": "There is no fault 'Nothing'"}),
        (
            {"action": {"fault": "InvalidVersion", "arguments": {"version": 1}}},
            {"/action/arguments": "There is no argument 'version': the arguments of"},
        ),
        (
            {"action": {"fault": "InventoryListNotFoun"}},
            {"/action/fault": "There is no fault 'InventoryListNotFoun': did you mean Inventory"},
        ),
        (
            {"match": {"operation": "getInventoryList"}, "action": {"status": 503}},
            {"/match/operation": "Matches no operation: did you mean getInventoryLists or "},
        ),
        (
            [UNAVAILABLE, {"match": {"colour": "red"}, "action": {"delay": -1}}],
            {
                "/1/match/colour": "Unknown field: known are client, family",
                "/1/action/delay": "Use seconds from 0 to 300",
            },
        ),
        ([UNAVAILABLE, 3], {"/1": "Invalid input type."}),
        (
            {"action": {"status": 503, "headers": {"Connection": "x", "A B": "x", "C": "\u20ac"}}},
            {
                "/action/headers/Connection": "is set by the server itself",
                "/action/headers/A B": "is not a valid header name",
                "/action/headers/C": "has a value that no header can carry",
            },
        ),
        ({"action": {"status": 204, "body": "x"}}, {"/action/body": "An answer of 204 has no"}),
        (
            {"match": {"family": "token"}, "action": {"fault": "InvalidVersion"}},
            {"/match/family": "The fault InvalidVersion is of the family 'data'."},
        ),
    ],
    ids=str,
)
@pytest.mark.parametrize("method", ["POST", "PUT"])
def test_a_wrong_declaration_is_refused_with_the_places_and_changes_nothing(
    emulator: Emulator, method: str, declared: Any, errors: dict[str, str]
) -> None:
    fail(emulator, {"status": 500})
    response = ask(emulator, method, FAILPOINTS, json=declared)
    assert response.status_code == 400
    told = {error["pointer"]: error["detail"] for error in response.json()["errors"]}
    assert {place: why[: len(errors.get(place, ""))] for place, why in told.items()} == errors
    assert [shown["id"] for shown in ask(emulator, "GET", FAILPOINTS).json()] == ["1"]


def test_a_fault_of_the_data_api_is_answered_in_json(emulator: Emulator) -> None:
    fail(emulator, {"fault": "InvalidHostHeader", "arguments": {"host": "<x>"}})
    response = ask(emulator, "GET", LISTS)
    assert response.status_code == 400
    assert response.headers["Content-Type"] == "application/json;charset=UTF-8"
    assert response.json() == {
        "_v": "23.2",
        "_type": "fault",
        "fault": {
            "arguments": {"host": "<x>"},
            "type": "InvalidHostHeaderException",
            "message": "The Host header '<x>' is invalid.",
        },
    }


def test_a_fault_of_the_data_api_is_answered_in_xml(emulator: Emulator) -> None:
    fail(emulator, {"fault": "InvalidHostHeaderException", "arguments": {"host": "<x>"}})
    response = ask(emulator, "GET", f"{LISTS}?format=xml")
    assert response.status_code == 400
    assert response.headers["Content-Type"] == "application/xml;charset=UTF-8"
    assert '<arguments><entry key="host">&lt;x&gt;</entry></arguments>' in response.text
    assert "<type>InvalidHostHeaderException</type>" in response.text


def test_a_fault_of_a_resource_can_be_named(emulator: Emulator) -> None:
    named = {"fault": "InventoryListNotFound"}
    fail(emulator, {**named, "arguments": {"inventorylistId": "x"}})
    response = ask(emulator, "GET", f"{LISTS}/my-inventorylist1", headers=bearer(emulator))
    assert response.status_code == 404
    assert response.json()["fault"]["type"] == "InventoryListNotFoundException"


def test_a_fault_without_arguments_has_samples(emulator: Emulator) -> None:
    fail(emulator, {"fault": "ProductInventoryRecordNotFound", "arguments": {"productId": "p1"}})
    fault = ask(emulator, "GET", LISTS, headers=bearer(emulator)).json()["fault"]
    assert fault["arguments"] == {"productId": "p1", "inventorylistId": "inventory_m"}
    [shown] = ask(emulator, "GET", FAILPOINTS).json()
    assert shown["action"]["arguments"] == {"productId": "p1"}


@pytest.mark.parametrize(
    ("given", "arguments"),
    [
        ({}, {"variationAttributeId": "variationAttributeId", "productId": "merino-crew"}),
        ({"productId": "p1"}, {"variationAttributeId": "variationAttributeId", "productId": "p1"}),
        ({"catalogId": "c1"}, {"variationAttributeId": "variationAttributeId", "catalogId": "c1"}),
    ],
)
def test_a_fault_of_two_resources_has_the_form_with_the_given_arguments(
    emulator: Emulator, given: dict[str, str], arguments: dict[str, str]
) -> None:
    fail(emulator, {"fault": "VariationAttributeNotFound", "arguments": given})
    answer = ask(emulator, "GET", LISTS, headers=bearer(emulator))
    assert answer.status_code == 404
    assert answer.json()["fault"]["arguments"] == arguments


@pytest.mark.parametrize("name", ["AccessDenied", "AccessDeniedException"])
def test_a_fault_of_account_manager_is_answered_as_it_would(emulator: Emulator, name: str) -> None:
    fail(emulator, {"fault": name})
    response = ask(emulator, "GET", "/dw/rest/v1/users")
    assert response.status_code == 403
    [error] = response.json()["errors"]
    told = (error["code"], error["message"])
    assert told == ("AccessDeniedException", "Injected by a failpoint.")


def test_every_fault_of_the_data_api_can_be_injected_by_its_name(emulator: Emulator) -> None:
    [data] = [family for family in families_of(emulator.app) if family.name == "data"]
    for name, forms in data.faults.items():
        emulator.reset()
        fail(emulator, {"fault": name})
        answer = ask(emulator, "GET", LISTS, headers=bearer(emulator))
        fault = answer.json()["fault"]
        assert fault["type"] == f"{name}Exception"
        assert fault.get("arguments", {}).keys() == set(forms[0])
        assert answer.status_code >= 400


def test_a_fault_of_the_token_endpoints_is_answered_as_they_would(emulator: Emulator) -> None:
    fail(emulator, {"fault": "temporarily_unavailable", "arguments": {"description": "later"}})
    response = ask(emulator, "POST", TOKEN)
    assert response.status_code == 503
    assert response.json() == {"error_description": "later", "error": "temporarily_unavailable"}


def test_a_fault_of_the_inventory_service_api_is_a_problem(emulator: Emulator) -> None:
    fail(emulator, {"fault": "DUPLICATE", "arguments": {"detail": "by a failpoint"}})
    response = ask(emulator, "GET", "/items")
    assert response.status_code == 409
    assert response.headers["Content-Type"] == "application/problem+json"
    problem = response.json()
    assert (problem["code"], problem["detail"]) == ("DUPLICATE", "by a failpoint")


def test_a_fault_is_for_requests_of_its_family_alone(emulator: Emulator) -> None:
    fail(emulator, {"fault": "InvalidVersion"}, times=1)
    assert statuses(emulator, 1, "/items") == [200]
    assert statuses(emulator, 2, LISTS) == [400, 400]
    shown = ask(emulator, "GET", FAILPOINTS).json()[0]
    assert (shown["seen"], shown["applied"]) == (2, 1)


@pytest.mark.parametrize(
    ("action", "content_type", "body"),
    [
        ({"body": {"a": 1}}, "application/json", b'{"a":1}'),
        ({"body": "late\xfc"}, "text/plain; charset=utf-8", b"late\xc3\xbc"),
        ({"body": [None, True]}, "application/json", b"[null,true]"),
        ({"body": 0}, "application/json", b"0"),
        ({"body": None}, None, b""),
        ({}, None, b""),
        ({"body": "<a/>", "headers": {"content-type": "text/xml"}}, "text/xml", b"<a/>"),
    ],
    ids=str,
)
def test_a_status_is_answered_in_the_place_of_the_api(
    emulator: Emulator, action: dict[str, Any], content_type: str | None, body: bytes
) -> None:
    fail(emulator, {"status": 503, **action}, match={"path": NEW})
    response = ask(emulator, "PUT", NEW, headers=bearer(emulator), json={})
    assert (response.status_code, response.content) == (503, body)
    assert response.headers.get("Content-Type") == content_type
    assert response.headers["Content-Length"] == str(len(body))
    assert emulator.workspace.store.get("inventory_lists", ("new",)) is None


@pytest.mark.parametrize(
    ("method", "action"),
    [
        ("HEAD", {"status": 503, "body": {"a": 1}}),
        ("HEAD", {"truncate": 3}),
        ("HEAD", {"slow_body": 0}),
        ("GET", {"status": 204}),
        ("GET", {"status": 304}),
        ("GET", {"status": 503}),
        ("POST", {"status": 503, "body": "x"}),
    ],
    ids=str,
)
def test_the_connection_can_be_used_after_an_answer(
    emulator: Emulator, method: str, action: dict[str, Any]
) -> None:
    fail(emulator, action)
    connection = http.client.HTTPConnection(emulator.url.removeprefix("http://"), timeout=TIMEOUT)
    connection.connect()
    first = connection.sock
    connection.request(method, "/inventories", b"{}")
    connection.getresponse().read()
    connection.request("GET", "/__emulator__/health")
    assert connection.getresponse().read().startswith(b'{"status":"ok"')
    assert connection.sock is first
    connection.close()


def test_headers_of_an_answer_are_sent_as_declared(emulator: Emulator) -> None:
    fail(emulator, {"status": 429, "headers": {"Retry-After": "7", "X-Trouble": "a, b"}})
    headers = ask(emulator, "GET", "/items").headers
    assert (headers["Retry-After"], headers["X-Trouble"]) == ("7", "a, b")


def test_a_delay_comes_before_the_answer(emulator: Emulator) -> None:
    pauses = replace_pause(emulator)
    fail(emulator, {"delay": 2.5})
    assert statuses(emulator, 1) == [200]
    assert pauses == [2.5]


def test_a_delay_may_be_of_chance_and_the_same_each_time(emulator: Emulator) -> None:
    pauses = replace_pause(emulator)
    for _ in range(2):
        ask(
            emulator,
            "PUT",
            FAILPOINTS,
            json={"seed": 1, "action": {"delay": [1, 2], "status": 500}},
        )
        assert statuses(emulator, 2) == [500, 500]
    assert pauses[:2] == pauses[2:]
    assert pauses[0] != pauses[1]
    assert all(1 <= pause <= 2 for pause in pauses)


def test_a_slow_body_comes_in_parts_that_take_the_time_together(emulator: Emulator) -> None:
    pauses = replace_pause(emulator)
    whole = ask(emulator, "GET", "/items").content
    fail(emulator, {"slow_body": 5})
    assert ask(emulator, "GET", "/items").content == whole
    assert pauses == [0.5] * 10


@pytest.mark.parametrize(
    ("body", "expected"), [("", []), ("abc", [1.0, 1.0, 1.0]), ("x" * 11, [0.5] * 6)]
)
def test_a_slow_body_has_ten_parts_at_most(
    emulator: Emulator, body: str, expected: list[float]
) -> None:
    pauses = replace_pause(emulator)
    fail(emulator, {"status": 200, "body": body, "slow_body": 3})
    assert ask(emulator, "GET", "/items").text == body
    assert pauses == expected


def test_a_stop_ends_a_delay() -> None:
    with Emulator(fixtures="samples") as emulator:
        fail(emulator, {"delay": 300})
        emulator._stopping.set()  # noqa: SLF001 - what stop does first
        assert statuses(emulator, 1) == [200]


def test_a_truncated_body_ends_before_its_length(emulator: Emulator) -> None:
    fail(emulator, {"truncate": 7})
    connection = http.client.HTTPConnection(emulator.url.removeprefix("http://"), timeout=TIMEOUT)
    connection.request("GET", "/items")
    response = connection.getresponse()
    assert response.status == 200
    assert int(response.headers["Content-Length"]) > 7
    with pytest.raises(http.client.IncompleteRead) as caught:
        response.read()
    assert caught.value.partial == b'{"items'
    connection.close()


def test_a_body_that_fits_is_not_truncated(emulator: Emulator) -> None:
    fail(emulator, {"status": 200, "body": "1234567", "truncate": 7})
    assert ask(emulator, "GET", "/items").text == "1234567"


def test_a_connection_dropped_before_means_nothing_was_done(emulator: Emulator) -> None:
    fail(emulator, {"drop": "before"}, match={"path": NEW})
    headers = bearer(emulator)
    with pytest.raises(requests.ConnectionError):
        ask(emulator, "PUT", NEW, headers=headers, json={})
    assert emulator.workspace.store.get("inventory_lists", ("new",)) is None


def test_a_connection_dropped_after_means_the_write_took_place(emulator: Emulator) -> None:
    fail(emulator, {"drop": "after"}, match={"path": NEW})
    headers = bearer(emulator)
    with pytest.raises(requests.ConnectionError):
        ask(emulator, "PUT", NEW, headers=headers, json={})
    assert emulator.workspace.store.get("inventory_lists", ("new",)) is not None


@pytest.mark.parametrize("when", ["before", "after"])
def test_a_dropped_request_is_in_the_journal_with_status_0(emulator: Emulator, when: str) -> None:
    fail(emulator, {"drop": when}, match={"path": "/items"})
    with pytest.raises(requests.ConnectionError):
        ask(emulator, "POST", "/items", json={})
    [shown] = ask(emulator, "GET", "/__emulator__/journal").json()["exchanges"]
    assert (shown["status"], shown["failpoint"], shown["path"]) == (0, "1", "/items")
    assert shown["request"]["body"]["text"] == "{}"
    assert shown["answer"]["headers"] == {}


def test_a_delay_and_an_end_go_together(emulator: Emulator) -> None:
    pauses = replace_pause(emulator)
    fail(emulator, {"delay": 1, "drop": "before"})
    with pytest.raises(requests.ConnectionError):
        ask(emulator, "GET", "/items")
    assert pauses == [1]


@pytest.mark.parametrize(
    ("limits", "expected"),
    [
        ({}, [503, 503, 503, 503]),
        ({"times": 2}, [503, 503, 200, 200]),
        ({"match": {"nth": 3}}, [200, 200, 503, 200]),
        ({"probability": 0}, [200, 200, 200, 200]),
        ({"probability": 1, "times": 1}, [503, 200, 200, 200]),
    ],
    ids=str,
)
def test_it_applies_as_often_as_declared(
    emulator: Emulator, limits: dict[str, Any], expected: list[int]
) -> None:
    fail(emulator, {"status": 503}, **limits)
    assert statuses(emulator, 4) == expected


def test_token_request_does_not_spend_a_failpoint_without_match(emulator: Emulator) -> None:
    fail(emulator, {"status": 503}, times=1)
    form = {"grant_type": "client_credentials", "client_id": "a" * 30, "client_secret": "a" * 30}
    assert ask(emulator, "POST", TOKEN, data=form).status_code == 200
    answer = ask(emulator, "GET", LISTS)
    assert (answer.status_code, answer.reason) == (503, "Service Unavailable")


def test_too_many_are_refused(emulator: Emulator) -> None:
    ask(emulator, "POST", FAILPOINTS, json=[UNAVAILABLE] * 200)
    refused = ask(emulator, "POST", FAILPOINTS, json=UNAVAILABLE)
    assert refused.status_code == 409
    assert refused.json()["detail"].startswith("a workspace has no more than 200 failpoints ")
    assert len(ask(emulator, "GET", FAILPOINTS).json()) == 200


@pytest.mark.parametrize(
    "match",
    [
        {"family": "inventory_service"},
        {"method": "get"},
        {"path": "/it*"},
        {"operation": "list*"},
        {"client": "me"},
        {"header": {"X-DW-Client-Id": "m*"}},
        {"query": {"pageSize": "1"}},
    ],
    ids=str,
)
def test_it_is_for_requests_that_match(emulator: Emulator, match: dict[str, Any]) -> None:
    fail(emulator, {"status": 503}, match=match)
    met = ask(emulator, "GET", "/items?pageSize=1", headers={"x-dw-client-id": "me"})
    missed = ask(emulator, "POST", TOKEN, data={"client_id": "you"})
    assert (met.status_code, missed.status_code) == (503, 400)


def test_a_method_that_travels_in_a_post_is_the_one_that_matches(emulator: Emulator) -> None:
    fail(emulator, {"status": 503}, match={"method": "DELETE"})
    headers = {"x-dw-http-method-override": "DELETE"}
    assert ask(emulator, "POST", f"{LISTS}/x", headers=headers).status_code == 503


def test_the_first_that_applies_is_taken(emulator: Emulator) -> None:
    fail(emulator, {"status": 500}, times=1)
    fail(emulator, {"status": 503}, times=1)
    assert statuses(emulator, 3) == [500, 503, 200]


def test_no_failpoint_touches_the_control_plane(emulator: Emulator) -> None:
    fail(emulator, {"drop": "before"})
    assert ask(emulator, "GET", "/__emulator__/health").status_code == 200
    assert ask(emulator, "GET", FAILPOINTS).json()[0]["seen"] == 0


def test_failpoints_belong_to_their_workspace(emulator: Emulator) -> None:
    ask(emulator, "POST", FAILPOINTS, "ci-7", json=UNAVAILABLE)
    assert statuses(emulator, 1) == [200]
    assert ask(emulator, "GET", FAILPOINTS).json() == []
    assert ask(emulator, "GET", "/items", "ci-7").status_code == 503


def test_a_reset_removes_them_and_begins_their_ids_anew(emulator: Emulator) -> None:
    fail(emulator, {"status": 503})
    ask(emulator, "POST", "/__emulator__/reset")
    assert statuses(emulator, 1) == [200]
    assert fail(emulator, {"status": 503})[0]["id"] == "1"
