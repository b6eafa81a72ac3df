"""The guard of the control plane: checks the sender of each request.

A program on the server's machine is admitted, and a program with the control token. A page in a
browser is refused, except a page of the emulator itself: a browser runs the scripts of every page
on the user's machine, so the address of the machine proves nothing.
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
"""Host names without public name servers (RFC 6761): safe against DNS rebinding."""
PUBLIC_PATH = "/__emulator__/health"
TOKEN_HEADER = "x-emulator-control-token"  # noqa: S105 - a name, not a secret
READING_METHODS = ("GET", "HEAD")
OWN_SITES = ("same-origin", "none")  # none: the user has typed the address


def check(request: Request, config: Config) -> None:
    """Check the right of a request to use the control plane.

    Args:
        request: The request to the control plane.
        config: The host, the names of the certificate and the control token of the server.

    Raises:
        Unauthorized: The token is missing or wrong.
        Forbidden: A page of another origin sent the request. Or the request has no token, and the
            host name is foreign (DNS rebinding) or the sender is another machine.
    """
    _check_page(request)
    if config.control_token and _has_token(request, config.control_token):
        return
    _check_host(request, (config.host, *config.tls_names))
    if request.path == PUBLIC_PATH and request.method in READING_METHODS:
        return
    if config.control_token:
        rule = f"The control plane needs the control token in the header {TOKEN_HEADER}."
        raise Unauthorized(rule, www_authenticate=WWWAuthenticate("emulator-control-token"))
    if not _is_loopback(request.remote_addr or ""):
        rule = "Without --control-token, the control plane takes requests of this machine only."
        raise Forbidden(rule)


def _check_page(request: Request) -> None:
    origin = request.headers.get("Origin")
    if origin is not None and origin.partition("://")[2] != request.host:
        raise Forbidden(f"The control plane takes no requests from pages of '{origin}'.")
    # Browsers send no Origin with GET, but they tell the site (Fetch Metadata, W3C).
    if request.headers.get("Sec-Fetch-Site", "none") not in OWN_SITES:
        raise Forbidden("The control plane takes no requests from pages of other origins.")


def _check_host(request: Request, own_names: tuple[str, ...]) -> None:
    name = urlsplit(f"//{request.host}").hostname or ""
    is_own = any(name == own.lower() for own in own_names)
    if not (is_own or LOCAL_NAME.fullmatch(name) or _is_address(name)):
        refused = f"The control plane does not answer to the host name '{name}'"
        raise Forbidden(f"{refused}: use localhost, an address or the server's own name.")


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
