"""Who may use the control plane: programs on this machine or with its token, no web page."""

import re
from hmac import compare_digest
from ipaddress import ip_address
from urllib.parse import urlsplit

from werkzeug.datastructures import WWWAuthenticate
from werkzeug.exceptions import Forbidden, Unauthorized
from werkzeug.wrappers import Request

from emulator.config import Config

LOCAL_NAME = re.compile(r"localhost|[a-z0-9._-]+\.(?:localhost|test)", re.ASCII)
"""Names that no public name server answers for (RFC 6761)."""
PUBLIC = "/__emulator__/health"
HEADER = "x-emulator-control-token"
READS = ("GET", "HEAD")


def check(request: Request, config: Config) -> None:
    """Refuse what a foreign page or another machine could have sent.

    Args:
        request: The request to the control plane.
        config: How the server is set up: its host, and the token that is demanded, if any.

    Raises:
        Unauthorized: The token is missing or wrong.
        Forbidden: The request comes from a page of another origin; or it has no token, and
            names a host that is not ours (DNS rebinding) or comes from another machine.
    """
    _check_origin(request)
    if config.control_token and _has_token(request, config.control_token):
        return
    _check_host(request, config.host)
    if request.path == PUBLIC and request.method in READS:
        return
    if config.control_token:
        told = f"The control plane demands its token in the header {HEADER}."
        raise Unauthorized(told, www_authenticate=WWWAuthenticate("emulator-control-token"))
    if not _is_loopback(request.remote_addr or ""):
        told = "The control plane serves the server's own machine only; --control-token opens it."
        raise Forbidden(told)


def _check_origin(request: Request) -> None:
    origin = request.headers.get("Origin")
    if origin is not None and origin.partition("://")[2] != request.host:
        raise Forbidden(f"The control plane takes no requests from pages of '{origin}'.")


def _check_host(request: Request, host: str) -> None:
    name = urlsplit(f"//{request.host}").hostname or ""
    if not (name == host.lower() or LOCAL_NAME.fullmatch(name) or _is_address(name)):
        raise Forbidden(f"The control plane is not reached by the host name '{name}'.")


def _has_token(request: Request, token: str) -> bool:
    return compare_digest(request.headers.get(HEADER, "").encode(), token.encode())


def _is_address(name: str) -> bool:
    try:
        ip_address(name)
    except ValueError:
        return False
    return True


def _is_loopback(address: str) -> bool:
    return _is_address(address) and ip_address(address).is_loopback
