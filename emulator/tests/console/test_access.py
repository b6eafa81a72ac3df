"""The pages of the access: clients, tokens, settings."""

import re
from html import unescape

import jwt

from emulator import Emulator
from emulator.store import Record
from emulator.tests.console.conftest import Get
from emulator.tests.control_client import DATA, ask
from emulator.tests.table import table

DEMO = "a" * 30
OTHER_KEY = "the key of somebody else, long enough"


def read(get: Get, token: str) -> str:
    return unescape(get("/access/token", "POST", data={"token": token}).text)


def test_clients_tell_how_they_authenticate(emulator: Emulator, get: Get) -> None:
    store = emulator.workspace.store
    store.put("clients", Record.of(("<b>",), {"client_id": "<b>", "active": False}))
    several = {"client_id": "c", "client_secret": "s", "certificates": ["x", "y"]}
    store.put("clients", Record.of(("c",), several))
    page = get("/access").text
    ways = re.findall(r'data-label="Authentication">(.*?)<', page)
    assert ways == ["public: a user signs in", "secret", "secret, 2 certificates"]
    assert "<code>&lt;b&gt;</code> <span" in page
    assert "not active" in page


def test_a_minted_token_is_accepted(emulator: Emulator, get: Get) -> None:
    page = unescape(get("/access/token", "POST", data={"client_id": DEMO}).text)
    assert "The workspace <strong>default</strong> accepts the token until" in page
    [token] = re.findall(r'id="token-text"[^>]*>([^<]*)<', page)
    headers = {"Authorization": f"Bearer {token}"}
    assert ask(emulator, "GET", f"{DATA}/sites", headers=headers).status_code == 200
    assert get("/access/token", "POST", data={"client_id": "nobody"}).status_code == 404
    assert get("/access/token").status_code == 405


def test_an_old_token_is_refused(emulator: Emulator, get: Get) -> None:
    token = emulator.token()
    assert "accepts the token" in read(get, token)
    emulator.workspace.clock.advance(3600)
    assert "refuses the token: expired" in read(get, token)


def test_a_token_of_another_workspace_or_client_is_refused(emulator: Emulator, get: Get) -> None:
    token = emulator.token(workspace="shop")
    assert "refuses the token: Signature verification failed" in read(get, token)
    page = get("/access/token?workspace=shop", "POST", data={"token": token}).text
    assert "accepts the token" in page
    token = emulator.token()
    emulator.workspace.store.delete("clients", (DEMO,))
    assert f"refuses the token: the client '{DEMO}' is unknown or not active" in read(get, token)


@table(
    "claims",
    [
        {"exp": 1e300, "sub": "<b>"},
        {"exp": "soon", "sub": "<b>"},
        {"exp": True, "sub": "<b>", "iat": -1e18},
        {"exp": 10**40, "sub": "<b>", "x": "\ud800"},
        {"exp": float("inf"), "iat": float("nan"), "sub": "<b>"},
        {"sub": "<b>", "deep": [[[[[[]]]]]]},
    ],
)
def test_a_token_of_anybody_is_read(get: Get, claims: dict[str, object]) -> None:
    answer = get("/access/token", "POST", data={"token": jwt.encode(claims, OTHER_KEY)})
    assert answer.status_code == 200
    assert "refuses the token" in answer.text
    assert "&#34;sub&#34;: &#34;&lt;b&gt;&#34;" in answer.text


@table("text", ["", "no token", "a.b.c", "eyJhbGciOiJIUzI1NiJ9.W10.x", "ä.ö.ü", "x" * 20_000])
def test_another_text_is_no_token(get: Get, text: str) -> None:
    assert "The text is not a JSON Web Token." in read(get, text)


def test_settings_are_shown_with_their_warnings(emulator: Emulator, get: Get) -> None:
    assert "No settings are loaded" in get("/access/settings").text
    entry = {"resource_id": "/nothing", "methods": ["get"], "read_attributes": "(**)"}
    settings = {"_v": "23.2", "clients": [{"client_id": DEMO, "resources": [entry]}]}
    assert ask(emulator, "POST", "/__emulator__/settings", json=settings).status_code == 200
    page = unescape(get("/access/settings").text)
    assert '"resource_id": "/nothing"' in page
    assert "No settings are loaded" not in page


def test_the_smallest_settings_permit_the_traffic(emulator: Emulator, get: Get) -> None:
    assert "The journal has no requests of a client." in get("/access/settings").text
    ask(emulator, "GET", f"{DATA}/inventory_lists")
    page = unescape(get("/access/settings").text)
    assert "These settings permit the 1 requests of the journal" in page
    assert '"resource_id": "/inventory_lists"' in page
