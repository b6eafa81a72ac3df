"""The guard of the control plane: checks the sender of each request.

A program on the server's machine is admitted, and a program with the control token. A page in a
browser is refused, except a page of the emulator itself: a browser runs the scripts of every page
on the user's machine, so the address of the machine proves nothing. The pages of the console send
a session cookie in place of the token.
"""

import re
from hashlib import sha256
from hmac import compare_digest, digest
from ipaddress import ip_address
from urllib.parse import urlsplit

from werkzeug.datastructures import WWWAuthenticate
from werkzeug.exceptions import Forbidden, Unauthorized
from werkzeug.wrappers import Request

from emulator.config import Config
from emulator.request import HOST

LOCAL_NAME = re.compile(r"localhost|[a-z0-9._-]+\.(?:localhost|test)", re.ASCII)
"""Host names without public name servers (RFC 6761): safe against DNS rebinding."""
PUBLIC_PATH = "/__emulator__/health"
TOKEN_HEADER = "x-emulator-control-token"  # noqa: S105 - a name, not a secret
READING_METHODS = ("GET", "HEAD")
SESSION_PREFIX = "emulator-console-"
"""The beginning of the names of session cookies."""
SESSION_PURPOSE = b"emulator console"
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
    check_page(request)
    if config.control_token and _is_known(request, config.control_token):
        return
    _check_host(request, (*config.hosts, *config.tls_names))
    if request.path == PUBLIC_PATH and request.method in READING_METHODS:
        return
    if config.control_token:
        rule = f"The control plane needs the control token in the header {TOKEN_HEADER}."
        raise Unauthorized(rule, www_authenticate=WWWAuthenticate("emulator-control-token"))
    if not _is_loopback(request.remote_addr or ""):
        rule = "Without --control-token, the control plane takes requests of this machine only."
        raise Forbidden(rule)


def check_page(request: Request) -> None:
    """Check the origin of the page that sent a request, if a page did.

    Raises:
        Forbidden: The page has another origin.
    """
    origin = request.headers.get("Origin")
    if origin is not None and origin.partition("://")[2] != request.host:
        raise Forbidden(f"The control plane takes no requests from pages of '{origin}'.")
    # Browsers send no Origin with GET, but they tell the site (Fetch Metadata, W3C).
    if request.headers.get("Sec-Fetch-Site", "none") not in OWN_SITES:
        raise Forbidden("The control plane takes no requests from pages of other origins.")


def _check_host(request: Request, own_names: tuple[str, ...]) -> None:
    # A final dot marks a complete name, the same host as without the dot (RFC 1034, 3.1).
    host = request.host if HOST.fullmatch(request.host) else ""
    name = (urlsplit(f"//{host}").hostname or "").removesuffix(".")
    is_own = any(name == own.lower().removesuffix(".") for own in own_names)
    if not (is_own or LOCAL_NAME.fullmatch(name) or _is_address(name)):
        refused = f"The control plane does not answer to the host name '{name}'"
        raise Forbidden(f"{refused}: use localhost, an address or the server's own name.")


def is_token(given: str, token: str) -> bool:
    """Return True for the control token; the time is the same for any answer."""
    return compare_digest(given.encode(), token.encode())


def name_session(token: str) -> str:
    """Return the name of the session cookie.

    Browsers send a cookie to all ports of a host. So the servers of a host, each with a token of
    its own, need different names.
    """
    return f"{SESSION_PREFIX}{sha256(token.encode()).hexdigest()[:8]}"


def make_session(token: str) -> str:
    """Return the value of the session cookie: proof of the token, without the token."""
    return digest(token.encode(), SESSION_PURPOSE, "sha256").hex()


def _is_known(request: Request, token: str) -> bool:
    """Return whether a request has the token, or the session cookie of a page of this server."""
    if is_token(request.headers.get(TOKEN_HEADER, ""), token):
        return True
    cookie = request.cookies.get(name_session(token), "")
    if not is_token(cookie, make_session(token)):
        return False
    # Browsers send the cookie by themselves, so a write has to prove that a page of ours sent it.
    is_own = "Origin" in request.headers or request.headers.get("Sec-Fetch-Site") == OWN_SITES[0]
    return is_own or request.method in READING_METHODS


def _is_address(name: str) -> bool:
    try:
        ip_address(name)
    except ValueError:
        return False
    return True


def _is_loopback(address: str) -> bool:
    return _is_address(address) and ip_address(address).is_loopback
