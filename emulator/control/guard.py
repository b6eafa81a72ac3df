"""The guard of the control plane: which requests may use the control plane.

A program on the server's machine may, and a program with the control token. A web page may not,
unless the emulator itself served the page: a browser runs the scripts of every page on the user's
machine, so the address of the machine proves nothing.
"""

import re
from hmac import compare_digest
from ipaddress import ip_address
from urllib.parse import urlsplit

from werkzeug.datastructures import WWWAuthenticate
from werkzeug.exceptions import Forbidden, Unauthorized
from werkzeug.wrappers import Request

from emulator.config import Config

LOCAL_NAME = re.compile(r"localhost|[a-z0-9._-]+\.(?:localhost|test)", re.ASCII)
"""Host names without public name servers (RFC 6761)."""
PUBLIC_PATH = "/__emulator__/health"
TOKEN_HEADER = "x-emulator-control-token"  # noqa: S105 - a name, not a secret
READING_METHODS = ("GET", "HEAD")
OWN_SITES = ("same-origin", "none")  # none: the user has typed the address


def check(request: Request, config: Config) -> None:
    """Check that a request may use the control plane.

    Args:
        request: The request to the control plane.
        config: The host and the control token of the server.

    Raises:
        Unauthorized: The token is missing or wrong.
        Forbidden: A page of another origin sent the request. Or the request has no token, and its
            host name is foreign (DNS rebinding) or it comes from another machine.
    """
    _check_page(request)
    if config.control_token and _has_token(request, config.control_token):
        return
    _check_host(request, config.host)
    if request.path == PUBLIC_PATH and request.method in READING_METHODS:
        return
    if config.control_token:
        told = f"The control plane needs its token in the header {TOKEN_HEADER}."
        raise Unauthorized(told, www_authenticate=WWWAuthenticate("emulator-control-token"))
    if not _is_loopback(request.remote_addr or ""):
        told = "The control plane serves the server's own machine only, unless you set a token"
        raise Forbidden(f"{told} with --control-token.")


def _check_page(request: Request) -> None:
    origin = request.headers.get("Origin")
    if origin is not None and origin.partition("://")[2] != request.host:
        raise Forbidden(f"The control plane takes no requests from pages of '{origin}'.")
    # Browsers send no Origin with GET, but they tell the site (Fetch Metadata, W3C).
    if request.headers.get("Sec-Fetch-Site", "none") not in OWN_SITES:
        raise Forbidden("The control plane takes no requests from pages of other origins.")


def _check_host(request: Request, host: str) -> None:
    name = urlsplit(f"//{request.host}").hostname or ""
    if not (name == host.lower() or LOCAL_NAME.fullmatch(name) or _is_address(name)):
        told = f"The control plane has not the host name '{name}'"
        raise Forbidden(f"{told}: use localhost, an address or the name that the server has.")


def _has_token(request: Request, token: str) -> bool:
    return compare_digest(request.headers.get(TOKEN_HEADER, "").encode(), token.encode())


def _is_address(name: str) -> bool:
    try:
        ip_address(name)
    except ValueError:
        return False
    return True


def _is_loopback(address: str) -> bool:
    return _is_address(address) and ip_address(address).is_loopback
