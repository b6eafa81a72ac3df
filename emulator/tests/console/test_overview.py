"""The overview of the console."""

import re

from emulator import Emulator
from emulator.tests.console.conftest import Get
from emulator.tests.control_client import DATA, ask


def read_figures(page: str) -> dict[str, str]:
    """Return the figures of the page by label."""
    figures = re.findall(r"<dt>(.+?)</dt><dd>(.+?)</dd>", page)
    linked = re.findall(r'class="label">(.+?)</span><span class="value">(.+?)<', page)
    return dict([*figures, *linked])


def test_the_overview_tells_what_is_served(get: Get) -> None:
    figures = read_figures(get().text)
    assert figures["Data set"] == "samples"
    assert figures["Dialect"] == "documented"
    assert figures["Store"] == "memory"
    assert figures["inventory lists"] == "2"
    assert "sites" in figures


def test_the_overview_counts_requests_and_faults(emulator: Emulator, get: Get) -> None:
    before = read_figures(get().text)
    assert (before["requests so far"], before["answered by a fault"]) == ("0", "0")
    ask(emulator, "GET", f"{DATA}/inventory_lists")
    ask(emulator, "GET", f"{DATA}/inventory_lists/<none>")
    page = get().text
    after = read_figures(page)
    assert (after["requests so far"], after["answered by a fault"]) == ("2", "1")
    fault = f"GET {DATA}/inventory_lists/%3Cnone%3E: 404 InventoryListNotFoundException"
    assert f'<a href="/__emulator__/traffic/2"><code>{fault}</code></a>' in page


def test_the_first_steps_name_the_workspace(emulator: Emulator, get: Get) -> None:
    assert "TOKEN=$(ocapi-emulator token --url http://localhost)" in get().text
    emulator.workspaces.get("shop")
    page = get("?workspace=shop").text
    assert "token --url http://localhost --workspace shop)" in page
    assert "-H &#39;x-emulator-workspace: shop&#39;" in page


def test_pages_are_not_recorded(emulator: Emulator, get: Get) -> None:
    for path in ("", "/data", "/data/collections/inventory_lists", "/access", "/access/settings"):
        assert get(path).status_code == 200
    assert len(emulator.workspace.journal) == 0
