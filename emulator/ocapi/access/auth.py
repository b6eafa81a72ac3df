"""Identification of the calling client (AUT-1)."""

from collections.abc import Mapping
from typing import Any, NamedTuple

from werkzeug.datastructures import Headers

from emulator.ocapi.access.client import CLIENTS, PUBLIC_CLIENTS
from emulator.ocapi.access.token import ACCESS_TOKEN, TokenError, Tokens, read_login
from emulator.ocapi.schema import faults
from emulator.store import Store
from emulator.workspace.workspace import Workspace

CLIENT_ID_HEADER = "x-dw-client-id"


class Caller(NamedTuple):
    """The client of a token, and the login of the token's user; empty for a client's own token."""

    client: str
    user: str


def find_client(store: Store, client_id: str) -> Mapping[str, Any] | None:
    """Return the entry of a client, None for a client that is unknown or not active."""
    record = store.get(CLIENTS, (client_id,))
    if record is None:
        return PUBLIC_CLIENTS.get(client_id)
    return record.properties if record.get("active", True) else None


def identify(headers: Headers, parameters: Mapping[str, str], workspace: Workspace) -> Caller:
    """Return the caller, from the access token of the request.

    Raises:
        Fault: MISSING_CLIENT_ID, AUTHORIZATION_HEADER_MISSING, INVALID_AUTHORIZATION_HEADER,
            INVALID_ACCESS_TOKEN or UNKNOWN_CLIENT_ID.
    """
    authorization = headers.get("Authorization")
    if authorization is None:
        claimed = parameters.get("client_id") or headers.get(CLIENT_ID_HEADER)
        raise faults.AUTHORIZATION_HEADER_MISSING() if claimed else faults.MISSING_CLIENT_ID()
    scheme, _, token = authorization.strip().partition(" ")
    if scheme.lower() != "bearer" or not token:
        raise faults.INVALID_AUTHORIZATION_HEADER()
    try:
        tokens = Tokens(workspace.secret, workspace.clock, workspace.name)
        claims = tokens.read(token.strip(), ACCESS_TOKEN)
    except TokenError as error:
        raise faults.INVALID_ACCESS_TOKEN(token) from error
    client_id = claims["client_id"]
    if find_client(workspace.store, client_id) is None:
        raise faults.UNKNOWN_CLIENT_ID(client_id)
    return Caller(client_id, read_login(claims))


def identify_bearer(workspace: Workspace, authorization: str | None) -> Caller | None:
    """Return the caller of a header Authorization, None without a valid token of a known client."""
    scheme, _, token = (authorization or "").strip().partition(" ")
    if scheme.lower() != "bearer":
        return None
    tokens = Tokens(workspace.secret, workspace.clock, workspace.name)
    try:
        claims = tokens.read(token.strip(), ACCESS_TOKEN)
    except TokenError:
        return None
    client_id = claims["client_id"]
    if find_client(workspace.store, client_id) is None:
        return None
    return Caller(client_id, read_login(claims))
