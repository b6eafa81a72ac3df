"""Documents, snapshots and workspaces, changed in the browser."""

import re

import pytest
from playwright.sync_api import Page, expect

from emulator import Emulator
from emulator.tests.browser.conftest import Open, wait_for_scripts
from emulator.tests.control_client import DATA, ask

pytestmark = pytest.mark.browser

LISTS = "/data/collections/inventory_lists"
DOCUMENT = f"{LISTS}/document?key=inventory_m"
SCRIPT = "<script>document.title = 'run'</script><img src=x onerror=alert(1)>"


def describe(emulator: Emulator, key: str = "inventory_m") -> str:
    found = ask(emulator, "GET", f"{DATA}/inventory_lists/{key}").json or {}
    return str(found.get("description"))


def edit(page: Page, before: str, after: str) -> None:
    body = page.get_by_label("Body, JSON")
    body.fill(body.input_value().replace(before, after))


def accept_dialogs(page: Page) -> None:
    page.on("dialog", lambda dialog: dialog.accept())


def test_a_document_is_changed_through_the_api(open_page: Open, emulator: Emulator) -> None:
    page = open_page(f"{DOCUMENT}&view=edit")
    edit(page, "Central warehouse", "Warehouse of the sale")
    page.get_by_role("button", name="Save changes (PATCH)").click()
    result = page.locator("[data-result]")
    expect(result).to_contain_text("200 The server has taken the request.")
    assert describe(emulator) == "Warehouse of the sale, all sites"
    recorded = emulator.workspace.journal.find_errors()
    assert recorded == []
    page.get_by_role("link", name="Show the document").click()
    expect(page.locator("#document-text")).to_contain_text("Warehouse of the sale")
    page.get_by_role("link", name="Changes changed").click()
    expect(page.locator("ins")).to_contain_text(["Warehouse of the sale", "last_modified"])


def test_a_fault_is_shown_with_its_reason(open_page: Open, emulator: Emulator) -> None:
    page = open_page(f"{DOCUMENT}&view=edit")
    edit(page, '"default_in_stock": false', '"default_in_stock": "perhaps"')
    page.get_by_role("button", name="Save changes (PATCH)").click()
    result = page.locator("[data-result]")
    expect(result).to_contain_text("400 TypeDecodingException")
    expect(result.locator("pre")).to_contain_text('"fault": {')
    before = describe(emulator)
    edit(page, '"perhaps"', "true")
    page.get_by_role("button", name="Save changes (PATCH)").click()
    expect(result).to_contain_text("200 The server has taken the request.")
    assert describe(emulator) == before


def test_a_state_conflict_offers_the_newest_version(open_page: Open, emulator: Emulator) -> None:
    page = open_page(f"{DOCUMENT}&view=edit")
    path = f"{DATA}/inventory_lists/inventory_m"
    ask(emulator, "PATCH", path, json={"description": "of another client"})
    page.get_by_role("button", name="Save changes (PATCH)").click()
    result = page.locator("[data-result]")
    expect(result).to_contain_text("409 ResourceStateConflictException")
    expect(result).to_contain_text("The document was changed since this page was made.")
    page.get_by_role("button", name="Load the newest version").click()
    expect(page.get_by_label("Body, JSON")).to_have_value(re.compile("of another client"))
    wait_for_scripts(page)
    page.get_by_role("button", name="Save changes (PATCH)").click()
    expect(page.locator("[data-result]")).to_contain_text("200")


def test_a_document_is_created_copied_and_deleted(open_page: Open, emulator: Emulator) -> None:
    page = open_page(LISTS)
    page.get_by_role("link", name="New document").click()
    page.get_by_label("id", exact=True).fill("spare parts/1")
    page.get_by_label("Body, JSON").fill('{"description": "Spare parts"}')
    page.get_by_text("The request as a line for curl").click()
    curl = page.locator("#request-curl")
    expect(curl).to_contain_text("inventory_lists/spare%20parts%2F1'")
    expect(curl).to_contain_text("""--data-raw '{"description": "Spare parts"}'""")
    page.get_by_role("button", name="Create (PUT)").click()
    expect(page.locator("[data-result]")).to_contain_text("201")
    assert describe(emulator, "spare%20parts%2F1") == "Spare parts"
    page.get_by_role("link", name="Show the collection").click()
    page.get_by_role("link", name="spare parts/1").click()
    page.get_by_role("link", name="Copy as new").click()
    expect(page.get_by_label("Body, JSON")).to_have_value(re.compile("Spare parts"))
    page.go_back()
    page.get_by_role("link", name="Edit").click()
    accept_dialogs(page)
    expect(page.get_by_role("button", name="Delete")).to_be_visible()
    wait_for_scripts(page)
    page.get_by_role("button", name="Delete").click()
    expect(page.locator("[data-result]")).to_contain_text("204")
    assert ask(emulator, "GET", f"{DATA}/inventory_lists/spare%20parts%2F1").status_code == 404


def test_a_script_in_a_document_stays_text(open_page: Open, emulator: Emulator) -> None:
    ask(emulator, "PATCH", f"{DATA}/inventory_lists/inventory_m", json={"description": SCRIPT})
    page = open_page(DOCUMENT)
    page.on("dialog", lambda _: pytest.fail("a script of the document was run"))
    views = (f"{DOCUMENT}&view={view}" for view in ("json", "xml", "edit", "stored", "changes"))
    for path in (*views, LISTS, f"{LISTS}?q=script"):
        page.goto(f"{emulator.url}/__emulator__{path}")
        assert page.title() != "run"
        assert page.locator("main img").count() == 0
    page.goto(f"{emulator.url}/__emulator__{DOCUMENT}&view=edit")
    page.get_by_role("button", name="Save changes (PATCH)").click()
    expect(page.locator("[data-result] pre")).to_contain_text("onerror=alert(1)")
    assert page.locator("main img").count() == 0


def test_collections_are_filtered_and_searched(open_page: Open) -> None:
    page = open_page("/data")
    rows = page.locator("#served-rows > tr:visible")
    page.get_by_label("Filter the collections").fill("catalogs/{catalog_id}/shared")
    expect(rows).to_have_count(4)
    page.get_by_label("Filter the collections").fill("access_keys")
    expect(rows).to_have_count(1)
    page.get_by_label("Hide empty collections").check()
    expect(rows).to_have_count(0)
    page.get_by_label("Filter the collections").fill("products")
    page.get_by_role("link", name="products", exact=True).click()
    page.get_by_label("Search in ids and documents").fill("OXFORD shirt, black, l")
    page.keyboard.press("Enter")
    expect(page.locator("tbody tr")).to_have_count(1)
    page.get_by_role("link", name="Show all").click()
    page.get_by_role("link", name="Next").first.click()
    expect(page.get_by_text("26 to 50 of 414").first).to_be_visible()


def test_snapshots_are_saved_restored_and_forked(open_page: Open, emulator: Emulator) -> None:
    page = open_page("/data/snapshots")
    accept_dialogs(page)
    page.get_by_label("Name", exact=True).fill("before")
    page.get_by_role("button", name="Save").click()
    row = page.get_by_role("row").filter(has_text="before")
    expect(row).to_be_visible()
    before = describe(emulator)
    path = f"{DATA}/inventory_lists/inventory_m"
    ask(emulator, "PATCH", path, json={"description": "changed"})
    row.get_by_role("link", name="Changes since").click()
    page.get_by_role("link", name="inventory_m").click()
    expect(page.locator("ins")).to_contain_text(["changed", "last_modified"])
    expect(page.get_by_label("Compare with")).to_have_value("before")
    wait_for_scripts(page)
    page.get_by_label("Compare with").select_option("the fixtures")
    expect(page).to_have_url(re.compile("against=&|against=$"))
    expect(page.locator("ins")).to_contain_text(["changed", "last_modified"])
    page.goto(f"{emulator.url}/__emulator__/data/snapshots")
    with page.expect_navigation():  # the page is loaded again after the answer
        row.get_by_role("button", name="Restore").click()
    page.goto(f"{emulator.url}/__emulator__/data/changes")
    expect(page.get_by_text("No document differs.")).to_be_visible()
    assert describe(emulator) == before
    page.goto(f"{emulator.url}/__emulator__/data/snapshots")
    page.get_by_label("Workspace for the copy of before").fill("shop")
    row.get_by_role("button", name="Fork").click()
    expect(page.get_by_role("link", name="shop", exact=True)).to_be_visible()
    page.goto(f"{emulator.url}/__emulator__/data/snapshots")
    row.get_by_role("button", name="Delete").click()
    expect(page.get_by_text("There are no snapshots.")).to_be_visible()


def test_the_workspace_is_reset(open_page: Open, emulator: Emulator) -> None:
    path = f"{DATA}/inventory_lists/inventory_m"
    ask(emulator, "PATCH", path, json={"description": "changed"})
    page = open_page("/data/changes")
    accept_dialogs(page)
    expect(page.get_by_role("link", name="inventory_m")).to_be_visible()
    page.get_by_role("button", name="Reset to the fixtures").click()
    expect(page.get_by_text("No document differs.")).to_be_visible()
    assert describe(emulator) == "Central warehouse, all sites"


def test_a_refused_dialog_changes_nothing(open_page: Open, emulator: Emulator) -> None:
    path = f"{DATA}/inventory_lists/inventory_m"
    ask(emulator, "PATCH", path, json={"description": "changed"})
    page = open_page("/data/changes")
    page.on("dialog", lambda dialog: dialog.dismiss())
    page.get_by_role("button", name="Reset to the fixtures").click()
    page.goto(f"{emulator.url}/__emulator__{DOCUMENT}&view=edit")
    page.get_by_role("button", name="Delete").click()
    assert describe(emulator) == "changed"


def test_a_workspace_is_made_used_and_deleted(open_page: Open, emulator: Emulator) -> None:
    page = open_page("/data/workspaces")
    accept_dialogs(page)
    page.get_by_label("Name", exact=True).fill("shop")
    page.get_by_role("button", name="Make").click()
    page.get_by_role("link", name="shop", exact=True).click()
    expect(page.get_by_label("Workspace")).to_have_value("shop")
    page.goto(f"{emulator.url}/__emulator__{DOCUMENT}&view=edit&workspace=shop")
    edit(page, "Central warehouse", "Warehouse of the shop")
    page.get_by_role("button", name="Save changes (PATCH)").click()
    expect(page.locator("[data-result]")).to_contain_text("200")
    assert describe(emulator) == "Central warehouse, all sites"
    page.get_by_label("Workspace").select_option("default")
    expect(page).to_have_url(re.compile("workspace=default"))
    page.goto(f"{emulator.url}/__emulator__/data/workspaces?workspace=shop")
    page.get_by_role("button", name="Delete").click()
    expect(page.get_by_role("link", name="shop", exact=True)).to_have_count(0)
    assert [one.name for one in emulator.workspaces] == ["default"]


def test_an_error_of_the_server_is_told(open_page: Open) -> None:
    page = open_page("/data/workspaces")
    name = page.get_by_label("Name", exact=True)
    name.fill("x")
    name.evaluate("(field) => { field.removeAttribute('pattern'); field.value = '-x'; }")
    page.get_by_role("button", name="Make").click()
    expect(page.get_by_role("status")).to_contain_text("'-x' is not a valid workspace name")


def test_a_path_that_a_browser_would_change_is_not_sent(
    open_page: Open, emulator: Emulator
) -> None:
    assert ask(emulator, "PUT", f"{DATA}/inventory_lists/%2E%2E", json={}).status_code == 201
    page = open_page("/data/collections/inventory_lists/document?key=..&view=edit")
    page.once("dialog", lambda dialog: dialog.accept())
    page.get_by_role("button", name="Delete").click()
    expect(page.locator("[data-result]")).to_contain_text("A browser cannot send this path.")
    page.get_by_text("The request as a line for curl").click()
    expect(page.locator("#request-curl")).to_contain_text("--path-as-is")
