"""Who may use the control plane: programs on this machine, and no web page in a browser."""

import re
from ipaddress import ip_address
from urllib.parse import urlsplit

from werkzeug.exceptions import Forbidden
from werkzeug.wrappers import Request

LOCAL_NAME = re.compile(r"localhost|[a-z0-9.-]+\.localhost", re.ASCII)


def check(request: Request, host: str) -> None:
    """Refuse what a foreign page or another machine could have sent.

    Args:
        request: The request to the control plane.
        host: The host name or address that the server was told to listen on.

    Raises:
        Forbidden: It comes from a page of another origin, it names a host that is not ours
            (DNS rebinding), or it would change something and comes from another machine.
    """
    origin = request.headers.get("Origin")
    if origin is not None and origin.partition("://")[2] != request.host:
        raise Forbidden(f"The control plane takes no requests from pages of '{origin}'.")
    name = urlsplit(f"//{request.host}").hostname or ""
    if not (name == host.lower() or LOCAL_NAME.fullmatch(name) or _is_address(name)):
        raise Forbidden(f"The control plane is not reached by the host name '{name}'.")
    if request.method not in ("GET", "HEAD", "OPTIONS") and not _is_loopback(
        request.remote_addr or ""
    ):
        raise Forbidden("The control plane is changed from the server's own machine only.")


def _is_address(name: str) -> bool:
    try:
        ip_address(name)
    except ValueError:
        return False
    return True


def _is_loopback(address: str) -> bool:
    return _is_address(address) and ip_address(address).is_loopback
