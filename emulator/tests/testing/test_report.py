"""Failed assertions of the fixture ``ocapi``: lines that say what differs."""

import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import requests

from emulator.testing.ocapi import Ocapi, RefusedError, Server

TESTING = (Path(__file__).parents[3] / "docs" / "testing.md").read_text()
LISTS = "/s/-/dw/data/v23_2/inventory_lists"


def message(act: Callable[..., Any], *given: Any, **named: Any) -> list[str]:
    """Return the lines of a failed assertion."""
    with pytest.raises(RefusedError) as caught:
        act(*given, **named)
    return str(caught.value).splitlines()


@pytest.fixture
def busy(ocapi: Ocapi) -> Ocapi:
    """A workspace with three exchanges."""
    ocapi.session.get(f"{ocapi.data_url}/inventory_lists?count=1")
    change = {"description": "x", "default_in_stock": True}
    ocapi.session.put(f"{ocapi.data_url}/inventory_lists/new", json=change)
    ocapi.session.get(f"{ocapi.data_url}/inventory_lists/nowhere")
    return ocapi


def test_the_nearest_exchanges_are_shown_with_their_differences(busy: Ocapi) -> None:
    match = {"method": "PATCH", "path": f"{LISTS}/new", "status": 200}
    assert message(busy.verify, match, times=1) == [
        "0 of 3 exchanges match; expected exactly 1.",
        "  expected: method 'PATCH'",
        f"  expected: path '{LISTS}/new'",
        "  expected: status 200",
        f"  nearest: 2 PUT {LISTS}/new 201",
        "    method: expected 'PATCH', recorded 'PUT'",
        "    status: expected '200', recorded 201",
        f"  nearest: 1 GET {LISTS}?count=1 200",
        "    method: expected 'PATCH', recorded 'GET'",
        f"    path: expected '{LISTS}/new', recorded '{LISTS}'",
        f"  nearest: 3 GET {LISTS}/nowhere 404 InventoryListNotFoundException",
        "    method: expected 'PATCH', recorded 'GET'",
        f"    path: expected '{LISTS}/new', recorded '{LISTS}/nowhere'",
        "    status: expected '200', recorded 404",
    ]


def test_the_recorded_exchanges_are_shown_if_there_are_too_many(busy: Ocapi) -> None:
    assert message(busy.verify, {"method": "GET"}, times=1) == [
        "2 of 3 exchanges match; expected exactly 1.",
        "  expected: method 'GET'",
        f"  recorded: 1 GET {LISTS}?count=1 200",
        f"  recorded: 3 GET {LISTS}/nowhere 404 InventoryListNotFoundException",
    ]


def test_an_empty_journal_has_nothing_near(ocapi: Ocapi) -> None:
    assert message(ocapi.verify, {}) == ["0 of 0 exchanges match; expected at least 1."]


def test_differing_members_of_a_body_are_named(busy: Ocapi) -> None:
    body = {"description": "y", "default_in_stock": 1, "c_a": {"b": 1}}
    lines = message(busy.verify, {"method": "PUT", "body": body})
    assert lines[4:7] == [
        "    body.description: expected 'y', recorded 'x'",
        "    body.default_in_stock: expected 1, recorded True",
        "    body.c_a: expected {'b': 1}, recorded nothing",
    ]


def test_the_guide_shows_the_lines(ocapi: Ocapi) -> None:
    [block] = re.findall(r"```\n(>       ocapi\.verify.*?)```", TESTING, re.DOTALL)
    code, *shown = block.splitlines()
    eu = f"{ocapi.data_url}/inventory_lists/inventory_eu"
    state = ocapi.session.get(eu).json()["_resource_state"]
    change = {"_resource_state": state, "description": "Venlo, closed on Mondays"}
    ocapi.session.patch(eu, json=change)
    with pytest.raises(RefusedError) as caught:
        exec(code[1:].strip(), {"ocapi": ocapi})  # noqa: S102 - our own guide
    told = f"emulator.testing.ocapi.RefusedError: {caught.value}".splitlines()
    assert [f"E       {line}" for line in told] == shown


def test_differing_members_inside_members_are_named(ocapi: Ocapi) -> None:
    ocapi.session.post(f"{ocapi.data_url}/site_search", json={"query": {"a": {"b": 1, "c": 2}}})
    lines = message(ocapi.verify, {"body": {"query": {"a": {"b": 1, "c": 3}}}})
    assert lines[-1] == "    body.query.a.c: expected 3, recorded 2"


def test_a_missing_header_was_not_recorded(busy: Ocapi) -> None:
    lines = message(busy.verify, {"method": "PUT", "header": {"if-match": "*"}})
    assert lines[4] == "    header.if-match: expected '*', recorded nothing"


def test_an_unknown_condition_is_named_with_the_nearest_one(busy: Ocapi) -> None:
    url = f"{busy.url}/__emulator__/journal/verify"
    first, second = message(busy.verify, {"metod": "PATCH"})
    assert first == f"POST {url} is not valid:"
    assert second.startswith("  /match/metod: Unknown field: did you mean method? known are body, ")


def test_an_unknown_number_is_named_with_the_nearest_one(busy: Ocapi) -> None:
    [_, line] = message(busy.verify, {}, time=1)
    known = "known are at_least, at_most, match, times."
    assert line == f"  /time: Unknown field: did you mean times? {known}"


def test_an_unknown_fault_is_named_with_the_nearest_ones(ocapi: Ocapi) -> None:
    [_, line] = message(ocapi.fail, "SiteOfline")
    assert line == "  /action/fault: There is no fault 'SiteOfline': did you mean SiteOffline?"


def test_an_unknown_argument_is_named_with_the_known_ones(ocapi: Ocapi) -> None:
    [_, line] = message(ocapi.fail, {"fault": "SiteOffline", "arguments": {"site": "A"}})
    told = "There is no argument 'site': the arguments of SiteOffline are siteId."
    assert line == f"  /action/arguments: {told}"


def test_a_refusal_without_places_is_a_line(ocapi: Ocapi) -> None:
    [line] = message(ocapi.control, "POST", "/snapshots/none/restore")
    told = "There is no snapshot 'none' in this workspace."
    assert line == f"POST {ocapi.url}/__emulator__/snapshots/none/restore: {told}"


def test_fail_takes_the_name_of_a_fault(ocapi: Ocapi) -> None:
    ocapi.fail("SiteOffline", times=1)
    answers = [ocapi.session.get(f"{ocapi.data_url}/sites") for _ in range(2)]
    assert [answer.status_code for answer in answers] == [403, 200]
    assert answers[0].json()["fault"]["arguments"] == {"siteId": "RefArch"}


def test_a_sequence_may_have_names_of_faults(ocapi: Ocapi) -> None:
    ocapi.allow_server_errors = True
    ocapi.fail(["SiteOffline", {"status": 503}, "UnknownSite"])
    answers = [ocapi.session.get(f"{ocapi.data_url}/sites") for _ in range(3)]
    assert [answer.status_code for answer in answers] == [403, 503, 404]


def test_the_headers_of_a_workspace_send_any_client_there(ocapi: Ocapi) -> None:
    assert ocapi.workspace_headers == {}
    other = Ocapi(Server(ocapi.url, ocapi.emulator), "ci-7")
    assert other.workspace_headers == {"x-emulator-workspace": "ci-7"}
    requests.get(f"{ocapi.url}/items", headers=other.workspace_headers, timeout=10)
    other.verify({"path": "/items"}, times=1)
    ocapi.verify({"path": "/items"}, times=0)
