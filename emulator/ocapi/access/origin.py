"""Requests of web pages: allowed origins and CORS headers (SET-4)."""

from collections.abc import Iterator

from emulator.ocapi.access.permission import Permissions
from emulator.ocapi.access.web_origin import read_origin
from emulator.ocapi.schema import faults

EXPOSED_HEADERS = (
    "authorization, etag, location, x-dw-version-status, x-dw-resource-state, x-dw-request-base-id"
)
ALLOWED_HEADERS = (
    "authorization, content-type, if-match, if-none-match, x-dw-client-id, "
    "x-dw-content-id, x-dw-http-method, x-dw-http-method-override, x-dw-resource-path, "
    "x-dw-resource-path-extension, x-dw-resource-state, x-emulator-workspace"
)
PREFLIGHT_CACHE_SECONDS = "600"


def check(origin: str, own: str, client: str, permissions: Permissions | None) -> None:
    """Check the origin of a page; pages of the server itself are always allowed.

    Args:
        origin: The ``Origin`` header of the request.
        own: Scheme and host of the request, the origin of the server itself.
        client: The id of the calling client.
        permissions: The permissions of the workspace, None without a settings document.

    Raises:
        Fault: UNAUTHORIZED_ORIGIN, the client does not list the origin.
    """
    if permissions is None or permissions.allows_origin(client, origin):
        return
    normal = read_origin(origin)
    if normal is None or normal != read_origin(own):
        raise faults.UNAUTHORIZED_ORIGIN(origin)


def allow(origin: str) -> Iterator[tuple[str, str]]:
    """Yield the headers of an answer for a page of another origin."""
    yield "Access-Control-Allow-Origin", origin
    yield "Access-Control-Allow-Credentials", "true"
    yield "Access-Control-Expose-Headers", EXPOSED_HEADERS
    yield "Vary", "Origin"


def allow_preflight(methods: str) -> Iterator[tuple[str, str]]:
    """Yield the additional headers of an answer to a preflight."""
    yield "Access-Control-Allow-Methods", methods
    yield "Access-Control-Allow-Headers", ALLOWED_HEADERS
    yield "Access-Control-Max-Age", PREFLIGHT_CACHE_SECONDS
