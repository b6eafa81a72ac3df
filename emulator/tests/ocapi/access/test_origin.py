"""Origins: which page may ask as which client, and what its browser is told."""

from collections.abc import Sequence
from typing import Any

from emulator.ocapi.access import origin, permission
from emulator.ocapi.access.permission import Permissions
from emulator.ocapi.schema.faults import Fault
from emulator.tests.table import table

OWN = "http://127.0.0.1:8080"
SHOP = "https://shop.example"


def trusting(**origins: Sequence[str]) -> Permissions:
    """Return permissions that list origins by client; ``everybody`` stands for all clients."""
    clients: list[dict[str, Any]] = [
        {"client_id": "*" if name == "everybody" else name, "allowed_origins": list(listed)}
        for name, listed in origins.items()
    ]
    return permission.read({"_v": "23.2", "clients": clients})


def is_allowed(
    asking: str, permissions: Permissions | None, *, client: str = "a", own: str = OWN
) -> bool:
    try:
        origin.check(asking, own, client, permissions)
    except Fault as fault:
        told = (fault.kind.type, fault.arguments)
        return told != ("UnauthorizedOriginException", {"origin": asking})
    return True


@table("asking", [SHOP, "null", "", "no origin at all"])
def test_without_permissions_everybody_may_ask(asking: str) -> None:
    assert is_allowed(asking, None)


@table(
    ("asking", "allowed"),
    [
        (SHOP, True),
        ("https://SHOP.example:443", True),
        ("https://shop.example:0443", True),
        ("https://shop.example:444", False),
        ("http://shop.example", False),
        ("https://shop.example/", False),
        ("https://shop.example.evil.example", False),
        ("https://user@shop.example", False),
        ("null", False),
        ("", False),
        ("*", False),
        ("https://shop.example\u212a", False),
    ],
)
def test_an_origin_is_that_of_the_list_in_any_spelling(asking: str, *, allowed: bool) -> None:
    assert is_allowed(asking, trusting(a=[SHOP])) is allowed


def test_a_client_has_its_own_origins_and_those_of_all_clients() -> None:
    permissions = trusting(a=[SHOP], b=[], everybody=["https://all.example"])
    assert is_allowed(SHOP, permissions)
    assert not is_allowed(SHOP, permissions, client="b")
    for client in ("a", "b", "unknown", ""):
        assert is_allowed("https://all.example", permissions, client=client)


@table(
    ("asking", "own", "allowed"),
    [
        (OWN, OWN, True),
        ("http://shop.example", "http://Shop.Example:80", True),
        ("https://shop.example:443", "https://shop.example", True),
        ("http://127.0.0.1", OWN, False),
        ("https://127.0.0.1:8080", OWN, False),
        ("http://[::1]:8080", "http://[::1]:8080", True),
        ("null", "null", False),
        ("", "", False),
    ],
)
def test_a_page_of_our_own_may_ask(asking: str, own: str, *, allowed: bool) -> None:
    assert is_allowed(asking, trusting(a=[]), own=own) is allowed


def test_an_allowed_page_is_named_and_may_see_our_headers() -> None:
    assert dict(origin.allow(SHOP)) == {
        "Access-Control-Allow-Origin": SHOP,
        "Access-Control-Allow-Credentials": "true",
        "Access-Control-Expose-Headers": (
            "authorization, etag, location, "
            "x-dw-version-status, x-dw-resource-state, x-dw-request-base-id"
        ),
        "Vary": "Origin",
    }


def test_a_preflight_is_told_methods_and_headers_for_ten_minutes() -> None:
    assert dict(origin.allow_preflight("GET, OPTIONS")) == {
        "Access-Control-Allow-Methods": "GET, OPTIONS",
        "Access-Control-Allow-Headers": (
            "authorization, content-type, if-match, if-none-match, x-dw-client-id, "
            "x-dw-content-id, x-dw-http-method, x-dw-http-method-override, x-dw-resource-path, "
            "x-dw-resource-path-extension, x-dw-resource-state, x-emulator-workspace"
        ),
        "Access-Control-Max-Age": "600",
    }
