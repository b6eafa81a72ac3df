"""Each page of the console: no errors, accessible, in light and dark, narrow and wide."""

import json
import re
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from emulator import Emulator
from emulator.tests.browser.conftest import HEIGHT, WIDTH, Open
from emulator.tests.control_client import DATA, ask

axe = pytest.importorskip("axe_playwright_python.sync_playwright")

pytestmark = pytest.mark.browser

DOCUMENT = "/data/collections/inventory_lists/document?key=inventory_m"
PAGES = {
    "overview": "",
    "data": "/data",
    "collection": "/data/collections/products",
    "document": DOCUMENT,
    "edit": f"{DOCUMENT}&view=edit",
    "changes-of-a-document": f"{DOCUMENT}&view=changes",
    "new": "/data/collections/promotions/new",
    "changes": "/data/changes",
    "snapshots": "/data/snapshots",
    "workspaces": "/data/workspaces",
    "traffic": "/traffic",
    "exchange": "/traffic/3",
    "trouble": "/trouble",
    "access": "/access",
    "settings": "/access/settings",
    "contract": "/contract?q=RST",
    "coverage": "/contract/coverage?q=inventory",
    "api": "/contract/api/inventory-service",
    "error": "/no-such-page",
}
SERIOUS = ("serious", "critical")
SHOWN = (
    *("overview", "data", "collection", "document", "changes-of-a-document", "changes"),
    *("snapshots", "workspaces", "traffic", "exchange", "trouble", "access", "settings"),
    *("contract", "coverage", "api"),
)
"""The pages of the screenshots, besides a refused change."""
HEIGHTS = {"exchange": 960, "trouble": 1440}
"""The heights of the windows with more than a screen, in pixels."""
PORT = 8080
"""The port of the server in the screenshots, so that they are the same in each run."""


def send_traffic(emulator: Emulator) -> None:
    """Send a few requests, with changes and faults."""
    path = f"{DATA}/inventory_lists/inventory_m"
    ask(emulator, "PUT", "/__emulator__/snapshots/before-the-sale")
    ask(emulator, "PATCH", path, json={"description": "Central warehouse, sale"})
    ask(emulator, "PUT", f"{DATA}/inventory_lists/inventory_sale", json={})
    stale = {"_resource_state": "0" * 64, "description": "too late"}
    ask(emulator, "PATCH", path, json=stale)
    ask(emulator, "GET", f"{DATA}/inventory_lists/unknown")
    shop = "/s/{site}/dw/shop/v23_2"
    answers = [{"status": 503}, {"status": 503}, {"body": {"basket_id": "{basketId}"}}]
    stubs = [
        {"method": "GET", "path": f"{shop}/baskets/{{basketId}}", "answer": answers},
        {"method": "POST", "path": f"{shop}/orders", "answer": {"status": 201}, "access": "token"},
    ]
    ask(emulator, "POST", "/__emulator__/stubs", json=stubs)
    ask(emulator, "GET", "/s/RefArch/dw/shop/v23_2/baskets/b1")
    failpoints = [
        {"match": {"path": "/**/coupons/*"}, "action": {"fault": "IfMatchRequired"}, "times": 2},
        {"match": {"method": "DELETE"}, "action": {"delay": 2}},
    ]
    ask(emulator, "POST", "/__emulator__/failpoints", json=failpoints)


@pytest.fixture
def busy(emulator: Emulator) -> Emulator:
    """An emulator with some traffic, changes and a snapshot."""
    send_traffic(emulator)
    return emulator


def find_serious(page: Page) -> list[str]:
    """Return the serious findings of axe-core on a page, each with the first element."""
    found = axe.Axe().run(page).response["violations"]
    serious = [one for one in found if one["impact"] in SERIOUS]
    return [f"{one['id']}: {one['nodes'][0]['html']}" for one in serious]


def show(page: Page, path: str) -> None:
    """Show another page of the console."""
    page.goto(page.url.partition("/__emulator__")[0] + "/__emulator__" + path)


@pytest.mark.parametrize(("scheme", "width"), [("light", 1920), ("dark", 1280), ("light", 360)])
@pytest.mark.usefixtures("busy")
def test_pages_are_accessible_and_fit_into_the_window(
    open_page: Open, scheme: str, width: int
) -> None:
    page = open_page(color_scheme=scheme, width=width)
    findings, widths = {}, {}
    for name, path in PAGES.items():
        show(page, path)
        if name == "api":
            page.locator(".opblock-tag").first.wait_for()
        findings[name] = find_serious(page)
        widths[name] = page.evaluate("document.documentElement.scrollWidth")
    assert {name: found for name, found in findings.items() if found} == {}
    assert {name: found for name, found in widths.items() if found > width} == {}


def test_pages_can_be_read_without_scripts(open_page: Open) -> None:
    page = open_page(DOCUMENT, java_script_enabled=False)
    assert '"id": "inventory_m"' in page.inner_text("#document-text")
    assert page.get_by_role("button", name="Copy").count() == 0
    page.get_by_label("Workspace").focus()
    page.get_by_role("button", name="Show").click()
    expect(page).to_have_url(re.compile("workspace=default$"))


def test_the_theme_can_be_chosen_and_is_kept(open_page: Open) -> None:
    page = open_page(color_scheme="light")
    colour = "getComputedStyle(document.body).backgroundColor"
    light = page.evaluate(colour)
    switch = page.get_by_role("button", name="Theme")
    names = []
    for _ in range(3):
        switch.click()
        names.append((switch.get_attribute("aria-label"), page.evaluate(colour) == light))
    assert names == [
        ("Theme: light", True),
        ("Theme: dark", False),
        ("Theme: as the system", True),
    ]
    switch.click()
    switch.click()
    page.reload()
    assert page.evaluate(colour) != light


def test_the_keyboard_reaches_the_content(open_page: Open) -> None:
    page = open_page("/data")
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.textContent") == "Skip to the content"
    page.keyboard.press("Enter")
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.textContent") == "Collections"
    outline = page.evaluate("getComputedStyle(document.activeElement).outlineStyle")
    assert outline == "solid"


def test_the_root_leads_to_the_console(open_page: Open, emulator: Emulator) -> None:
    page = open_page()
    page.goto(emulator.url)
    assert find_serious(page) == []
    page.get_by_role("link", name="Open the console").click()
    expect(page.locator("h1")).to_have_text("Overview")


def test_screenshots(open_page: Open, screenshots: Path | None) -> None:
    if screenshots is None:
        pytest.skip("no screenshots are wanted: SCREENSHOTS=folder")
    screenshots.mkdir(parents=True, exist_ok=True)
    with Emulator(fixtures="storefront", seed="screenshots", port=PORT) as emulator:
        send_traffic(emulator)
        for scheme in ("light", "dark"):
            page = open_page(base=emulator.url, color_scheme=scheme)
            for name in SHOWN:
                show(page, PAGES[name])
                page.set_viewport_size({"width": WIDTH, "height": HEIGHTS.get(name, HEIGHT)})
                if name == "api":
                    page.locator(".opblock-tag").first.wait_for()
                page.screenshot(path=screenshots / f"{name}-{scheme}.png")
            page.set_viewport_size({"width": WIDTH, "height": HEIGHT})
            show(page, PAGES["edit"])
            body = page.get_by_label("Body, JSON")
            body.fill(body.input_value().replace('in_stock": false', 'in_stock": "no"'))
            page.get_by_role("button", name="Save changes (PATCH)").click()
            page.locator("[data-result] .notice").scroll_into_view_if_needed()
            page.screenshot(path=screenshots / f"fault-{scheme}.png")
            page.context.close()  # before the server
        narrow = open_page(PAGES["collection"], base=emulator.url, width=360, height=640)
        narrow.screenshot(path=screenshots / "narrow-light.png")
        narrow.context.close()


def test_the_policy_of_the_content_is_kept(open_page: Open) -> None:
    page = open_page(is_watched=False)
    blocked = page.evaluate(
        """() => new Promise((resolve) => {
            const note = (event) => resolve(event.effectiveDirective);
            document.addEventListener("securitypolicyviolation", note);
            const script = document.createElement("script");
            script.textContent = "document.title = 'run'";
            document.head.append(script);
        })"""
    )
    assert blocked == "script-src-elem"
    assert "run" not in json.dumps(page.title())
