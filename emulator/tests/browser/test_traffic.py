"""Traffic, trouble and the contract in the browser."""

import re

import pytest
from playwright.sync_api import expect

from emulator import Emulator
from emulator.tests.browser.conftest import Open, wait_for_scripts
from emulator.tests.control_client import DATA, ask

pytestmark = pytest.mark.browser

LIST = f"{DATA}/inventory_lists/inventory_m"
SCRIPT = "<script>document.title='run'</script>"


def refuse(emulator: Emulator, description: str = "newer") -> int:
    """Send a PATCH with an old state; return the number of the exchange."""
    sent = {"_resource_state": "0" * 64, "description": description}
    assert ask(emulator, "PATCH", LIST, json=sent).status_code == 409
    return emulator.workspace.journal.last_number


def test_new_exchanges_appear_by_themselves(open_page: Open, emulator: Emulator) -> None:
    page = open_page("/traffic")
    expect(page.get_by_text("No request yet.")).to_be_visible()
    ask(emulator, "GET", f"{DATA}/inventory_lists/none?q={SCRIPT}")
    row = page.locator("tbody tr")
    expect(row).to_contain_text("InventoryListNotFoundException")
    expect(row.locator("script")).to_have_count(0)
    expect(page.locator("[data-chart] rect.faults")).to_have_count(1)
    page.get_by_role("link", name="1", exact=True).click()
    expect(page.get_by_role("heading", level=2).first).to_contain_text("Why 404")
    assert "run" not in page.title()


HIDE = """(state) => {
    Object.defineProperty(document, "visibilityState", {value: state, configurable: true});
    document.dispatchEvent(new Event("visibilitychange"));
}"""


def test_a_page_in_the_background_takes_no_connection(open_page: Open, emulator: Emulator) -> None:
    page = open_page("/traffic")
    expect(page.get_by_text("No request yet.")).to_be_visible()
    page.evaluate(HIDE, "hidden")
    ask(emulator, "GET", f"{DATA}/sites")
    page.wait_for_timeout(600)  # two turns of a stream
    expect(page.locator("tbody tr")).to_have_count(0)
    page.evaluate(HIDE, "visible")
    expect(page.locator("tbody tr")).to_have_count(1)


def test_a_cleared_journal_empties_the_list(open_page: Open, emulator: Emulator) -> None:
    ask(emulator, "GET", f"{DATA}/sites")
    page = open_page("/traffic")
    expect(page.locator("tbody tr")).to_contain_text(f"{DATA}/sites")
    emulator.workspace.journal.clear()
    ask(emulator, "GET", f"{DATA}/jobs")
    expect(page.locator("tbody tr")).to_have_count(1)
    expect(page.locator("tbody tr")).to_contain_text(f"{DATA}/jobs")


def test_the_list_is_filtered_while_one_types(open_page: Open, emulator: Emulator) -> None:
    refuse(emulator)
    ask(emulator, "GET", f"{DATA}/sites")
    page = open_page("/traffic")
    expect(page.locator("tbody tr:visible")).to_have_count(2)
    page.get_by_label("Status").fill("4xx")
    expect(page.locator("tbody tr:visible")).to_have_count(1)
    ask(emulator, "GET", f"{DATA}/sites")
    refuse(emulator)
    expect(page.locator("tbody tr:visible")).to_have_count(2)
    page.get_by_role("button", name="Filter").click()
    expect(page.locator("tbody tr")).to_have_count(2)
    assert "status=4xx" in page.url


def test_a_flood_of_exchanges_keeps_the_page_small(open_page: Open, emulator: Emulator) -> None:
    page = open_page("/traffic")
    for _ in range(450):
        ask(emulator, "GET", f"{DATA}/sites")
    last = emulator.workspace.journal.last_number
    expect(page.locator("tbody tr").first).to_contain_text(str(last))
    assert page.locator("tbody tr").count() <= 200


def test_a_refused_request_is_sent_right(open_page: Open, emulator: Emulator) -> None:
    number = refuse(emulator, SCRIPT)
    page = open_page(f"/traffic/{number}")
    expect(page.get_by_text("The document was changed after")).to_be_visible()
    page.get_by_role("button", name="Send the corrected request").click()
    result = page.locator("[data-result]")
    expect(result).to_contain_text("200 The server has taken the request.")
    expect(result.get_by_role("link", name="Show the traffic")).to_have_attribute(
        "href", "/__emulator__/traffic"
    )
    assert (ask(emulator, "GET", LIST).json or {})["description"] == SCRIPT
    page.get_by_role("link", name="RST-2").click()
    expect(page.locator("#RST-2")).to_be_in_viewport()


def test_a_failpoint_is_added_and_removed(open_page: Open, emulator: Emulator) -> None:
    page = open_page("/trouble")
    page.get_by_label("Method").select_option("GET")
    page.get_by_label("Path").fill("/**/sites")
    page.get_by_label("Fault", exact=True).fill("SiteOffline")
    page.get_by_label("siteId").fill("RefArch")
    page.get_by_label("At most, times").fill("1")
    page.get_by_role("button", name="Add the failpoint").click()
    expect(page.get_by_role("cell", name="0 of 1")).to_be_visible()
    assert ask(emulator, "GET", f"{DATA}/sites").status_code == 403
    page.reload()
    expect(page.get_by_role("cell", name="1 of 1")).to_be_visible()
    page.get_by_role("button", name=re.compile("^Remove failpoint 1")).first.click()
    expect(page.get_by_text("No failpoint")).to_be_visible()


def test_a_wrong_failpoint_says_why(open_page: Open) -> None:
    page = open_page("/trouble")
    page.get_by_label("Fault", exact=True).fill("NoSuchFault")
    page.get_by_role("button", name="Add the failpoint").click()
    expect(page.get_by_role("status")).to_contain_text("/action/fault")


def test_the_clock_is_moved(open_page: Open, emulator: Emulator) -> None:
    page = open_page("/trouble")
    page.get_by_role("button", name="Freeze").click()
    expect(page.get_by_text("frozen")).to_be_visible()
    wait_for_scripts(page)
    before = emulator.workspace.clock.now()
    page.get_by_role("button", name="Advance").click()
    shown = page.locator("time").first
    expect(shown).not_to_contain_text(before.isoformat()[:19])
    assert (emulator.workspace.clock.now() - before).total_seconds() == 1800


@pytest.mark.parametrize("name", ["data", "inventory-service"])
def test_the_viewer_shows_and_sends(open_page: Open, name: str) -> None:
    page = open_page(f"/contract/api/{name}")
    expect(page.locator(".opblock-tag").first).to_be_visible()
    page.locator(".opblock-tag").first.click()
    block = page.locator(".opblock-get").first
    block.locator(".opblock-summary-control").click()
    expect(block.get_by_role("button", name="Execute")).to_be_visible()
    block.get_by_role("button", name="Execute").click()
    expect(block.locator(".live-responses-table tbody .response-col_status")).to_contain_text("200")
