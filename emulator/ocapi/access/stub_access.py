"""The access of clients to stubs: the faults of the Data API (AUT-1, SET-1)."""

from typing import TYPE_CHECKING

from emulator.family import Injected
from emulator.ocapi.access import auth
from emulator.ocapi.access.permission import Permissions
from emulator.ocapi.schema import faults
from emulator.ocapi.schema.faults import Fault
from emulator.ocapi.wire import url, versions
from emulator.request import Request
from emulator.workspace.workspace import Workspace

if TYPE_CHECKING:
    from _typeshed.wsgi import WSGIEnvironment

OPEN = "none"
SETTINGS = "settings"


def check(
    environ: "WSGIEnvironment", workspace: Workspace, access: str, path: str
) -> Injected | None:
    """Return the fault of a client without access, None for access.

    Args:
        environ: The request.
        workspace: The workspace of the request.
        access: ``none``, ``token``, or ``settings`` for a token and a permission.
        path: The canonical path.

    Raises:
        StoreUnavailable: The shared store cannot be reached.
    """
    if access == OPEN:
        return None
    request = Request(environ, populate_request=False)
    try:
        caller = auth.identify(request.headers, request.parameters, workspace)
        if access == SETTINGS and workspace.permissions is not None:
            _check_permission(workspace.permissions, caller.client, request.method, path)
    except Fault as fault:
        return Injected(fault.kind.name, fault.arguments, fault.hint)
    return None


def _check_permission(permissions: Permissions, client: str, method: str, path: str) -> None:
    """Check the permission of a client.

    Raises:
        Fault: CLIENT_ACCESS_FORBIDDEN.
    """
    address = url.parse(path)
    below = path.removeprefix(address.base) if address.version else path
    is_known = versions.is_version(address.version)
    version = versions.number(address.version) if is_known else versions.CURRENT
    if permissions.find(client, method, below, version) is None:
        fault = faults.CLIENT_ACCESS_FORBIDDEN(method, path.removeprefix(f"{address.prefix}/dw"))
        fault.hint = f"missing settings entry: {permissions.explain(client, method, below)}"
        raise fault
