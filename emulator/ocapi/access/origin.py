"""Requests of web pages (SET-4): which origins may ask, and what they may see."""

from collections.abc import Iterator

from emulator.ocapi.access.permission import Permissions
from emulator.ocapi.access.web_origin import read_origin
from emulator.ocapi.schema import faults

EXPOSED = (
    "authorization, etag, location, x-dw-version-status, x-dw-resource-state, x-dw-request-base-id"
)
ALLOWED = (
    "authorization, content-type, if-match, if-none-match, x-dw-client-id, "
    "x-dw-content-id, x-dw-http-method, x-dw-http-method-override, x-dw-resource-path, "
    "x-dw-resource-path-extension, x-dw-resource-state, x-emulator-workspace"
)
MAX_AGE = "600"  # seconds that a browser need not ask again


def check(origin: str, own: str, client: str, permissions: Permissions | None) -> None:
    """Refuse a page whose origin the client does not list; pages of our own are none of these.

    Args:
        origin: As the page's browser tells it.
        own: Scheme and host of the request.
        client: The id of the client that the page calls as.
        permissions: Who may do what, None where everybody may do everything.

    Raises:
        Fault: UNAUTHORIZED_ORIGIN.
    """
    if permissions is None or permissions.allows_origin(client, origin):
        return
    told = read_origin(origin)
    if told is None or told != read_origin(own):
        raise faults.UNAUTHORIZED_ORIGIN(origin)


def allow(origin: str) -> Iterator[tuple[str, str]]:
    """Yield the headers of an answer that a page may read."""
    yield "Access-Control-Allow-Origin", origin
    yield "Access-Control-Allow-Credentials", "true"
    yield "Access-Control-Expose-Headers", EXPOSED
    yield "Vary", "Origin"


def allow_preflight(methods: str) -> Iterator[tuple[str, str]]:
    """Yield what the answer to a preflight has besides."""
    yield "Access-Control-Allow-Methods", methods
    yield "Access-Control-Allow-Headers", ALLOWED
    yield "Access-Control-Max-Age", MAX_AGE
