"""Tokens, settings and the login, used in the browser."""

import json
import re

import pytest
from playwright.sync_api import expect

from contract_tests.server import Pool
from emulator import Emulator
from emulator.tests.browser.conftest import Open, wait_for_scripts
from emulator.tests.control_client import DATA, ask

pytestmark = pytest.mark.browser

DEMO = "a" * 30
TOKEN = "open sesame"


def test_a_token_is_minted_expired_and_accepted_again(open_page: Open) -> None:
    page = open_page("/access")
    page.get_by_role("button", name="Mint a token").click()
    status = page.get_by_role("status")
    expect(status).to_contain_text("accepts the token until")
    expect(page.locator("#claims")).to_contain_text(f'"client_id": "{DEMO}"')
    wait_for_scripts(page)
    page.get_by_role("button", name="Expire it: advance the clock").click()
    expect(status).to_contain_text("refuses the token: expired")
    wait_for_scripts(page)
    page.get_by_role("button", name="Reset the clock").click()
    expect(status).to_contain_text("accepts the token until")


def test_settings_are_loaded_and_removed(open_page: Open, emulator: Emulator) -> None:
    ask(emulator, "GET", f"{DATA}/inventory_lists")
    page = open_page("/access/settings")
    page.get_by_role("button", name="Load these settings").click()
    expect(page.get_by_label("Settings, JSON")).to_have_value(re.compile("/inventory_lists"))
    assert ask(emulator, "GET", f"{DATA}/inventory_lists").status_code == 200
    assert ask(emulator, "GET", f"{DATA}/sites").status_code == 403
    wait_for_scripts(page)
    page.get_by_role("button", name="Remove the settings").click()
    expect(page.get_by_text("No settings are loaded")).to_be_visible()
    assert ask(emulator, "GET", f"{DATA}/sites").status_code == 200


def test_mistakes_in_settings_are_told(open_page: Open) -> None:
    page = open_page("/access/settings")
    field = page.get_by_label("Settings, JSON")
    field.fill('{"clients": [{}]}')
    page.get_by_role("button", name="Load", exact=True).click()
    expect(page.get_by_role("status")).to_contain_text("client_id")
    field.fill("{")
    page.get_by_role("button", name="Load", exact=True).click()
    expect(page.get_by_role("status")).to_contain_text("SyntaxError")
    resource = {"resource_id": "/no_such_path", "methods": ["get"], "read_attributes": "(**)"}
    field.fill(
        json.dumps({"_v": "23.2", "clients": [{"client_id": DEMO, "resources": [resource]}]})
    )
    page.get_by_role("button", name="Load", exact=True).click()
    expect(page.get_by_text("No settings are loaded")).to_have_count(0)


def test_the_control_token_opens_the_console(open_page: Open, pool: Pool) -> None:
    with pool.serve(fixtures="samples", control_token=TOKEN) as locked:
        page = open_page("/data/snapshots", base=locked.url)
        page.get_by_label("Control token").fill("wrong")
        page.get_by_role("button", name="Sign in").click()
        expect(page.get_by_role("alert")).to_have_text("This is not the control token.")
        page.get_by_label("Control token").fill(TOKEN)
        page.get_by_role("button", name="Sign in").click()
        expect(page.get_by_role("heading", name="Snapshots", exact=True)).to_be_visible()
        wait_for_scripts(page)
        page.get_by_label("Name", exact=True).fill("signed in")
        page.get_by_role("button", name="Save").click()
        expect(page.get_by_role("row").filter(has_text="signed in")).to_be_visible()
        assert page.evaluate("document.cookie") == ""
        page.get_by_role("button", name="Sign out").click()
        expect(page.get_by_role("heading", name="Sign in")).to_be_visible()
        page.context.close()  # before the server: the page may still load its scripts


def test_uploaded_page_cannot_use_the_control_plane(open_page: Open, emulator: Emulator) -> None:
    script = """<title>waits</title><script>
    fetch("/__emulator__/reset", {method: "POST"}).then(
        answer => { document.title = `answer ${answer.status}` },
        error => { document.title = "no answer" })
    </script>"""
    emulator.create("inventory_list", id="kept")
    path = "/on/demandware.servlet/webdav/Sites/Temp/page.html"
    ask(emulator, "PUT", path, headers={"Authorization": f"Bearer {emulator.token()}"}, data=script)
    token = {"Authorization": f"Bearer {emulator.token()}"}
    page = open_page("/health", is_watched=False, extra_http_headers=token)
    page.goto(f"{emulator.url}{path}")
    expect(page).to_have_title("no answer")
    assert ask(emulator, "GET", f"{DATA}/inventory_lists/kept").status_code == 200
