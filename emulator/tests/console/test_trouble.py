"""The page of the trouble: failpoints and the clock."""

import json
import re
from html import unescape

from emulator import Emulator
from emulator.tests.console.conftest import Get
from emulator.tests.control_client import ask


def test_failpoints_are_listed_with_their_counts(emulator: Emulator, get: Get) -> None:
    action = {"fault": "SiteOffline", "arguments": {"siteId": "<b>"}}
    plan = {"action": action, "match": {"path": "/items"}, "times": 2}
    assert ask(emulator, "POST", "/__emulator__/failpoints", json=plan).status_code == 201
    page = get("/trouble").text
    cells = [unescape(text) for text in re.findall(r"<code>(\{.*?\})</code>", page)]
    assert json.loads(cells[0]) == {"path": "/items"}
    assert json.loads(cells[1]) == action
    assert "0 of 2" in page
    assert "<b>" not in page


def test_stubs_are_listed_with_their_counts(emulator: Emulator, get: Get) -> None:
    assert "No stub" in get("/trouble").text
    answers = [{"status": 503}, {"status": 503}, {"body": {"text": "x" * 100_000}}]
    stub = {
        "method": "get",
        "path": "/s/{site}/dw/shop/v23_2/baskets",
        "answer": answers,
        "match": {"query": {"a": "'<b>'"}},
        "access": "token",
    }
    assert ask(emulator, "POST", "/__emulator__/stubs", json=stub).status_code == 201
    token = {"Authorization": f"Bearer {emulator.token()}"}
    path = "/s/-/dw/shop/v23_2/baskets?a='<b>'"
    assert ask(emulator, "GET", path, headers=token).status_code == 503
    page = get("/trouble").text
    assert "GET /s/{site}/dw/shop/v23_2/baskets" in page
    [conditions] = re.findall(r'<code class="muted">(.*?)</code>', page)
    assert json.loads(unescape(conditions)) == {"query": {"a": "'<b>'"}}
    assert "503, 503, 200" in page
    assert "needs a token" in page
    assert re.findall(r'data-label="Applied">(.*?)<', page) == ["1"]
    assert len(page) < 100_000
    assert "<b>" not in page


def test_the_form_knows_all_faults_with_their_arguments(get: Get) -> None:
    page = get("/trouble").text
    [attribute] = re.findall(r'data-faults="([^"]*)"', page)
    faults = json.loads(unescape(attribute))
    assert faults["ResourceStateConflict"] == {"client": "0" * 64, "server": "1" * 64}
    assert faults["InventoryListNotFound"] == {"inventorylistId": "inventory_m"}
    assert '<option value="SiteOffline">' in page


def test_the_clock_is_shown(emulator: Emulator, get: Get) -> None:
    at = {"at": "2030-01-02T03:04:05Z"}
    ask(emulator, "POST", "/__emulator__/clock/freeze", json=at)
    page = get("/trouble").text
    assert "2030-01-02T03:04:05.000Z" in page
    assert "frozen" in page
