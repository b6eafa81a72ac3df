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


def test_the_form_knows_all_faults_with_their_arguments(get: Get) -> None:
    page = get("/trouble").text
    [attribute] = re.findall(r'data-faults="([^"]*)"', page)
    faults = json.loads(unescape(attribute))
    assert faults["ResourceStateConflict"] == ["client", "server"]
    assert faults["InventoryListNotFound"] == ["inventorylistId"]
    assert '<option value="SiteOffline">' in page


def test_the_clock_is_shown(emulator: Emulator, get: Get) -> None:
    at = {"at": "2030-01-02T03:04:05Z"}
    ask(emulator, "POST", "/__emulator__/clock/freeze", json=at)
    page = get("/trouble").text
    assert "2030-01-02T03:04:05.000Z" in page
    assert "frozen" in page
