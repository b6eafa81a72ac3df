"""Identification of the calling client (AUT-1)."""

from collections.abc import Mapping

from werkzeug.datastructures import Headers

from emulator.ocapi.access.client import CLIENTS
from emulator.ocapi.access.token import TokenError, Tokens
from emulator.ocapi.schema import faults
from emulator.store import Store

CLIENT_ID_HEADER = "x-dw-client-id"


def identify(headers: Headers, parameters: Mapping[str, str], tokens: Tokens, store: Store) -> str:
    """Return the id of the calling client, from the access token of the request.

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
        client_id = tokens.verify(token.strip())
    except TokenError as error:
        raise faults.INVALID_ACCESS_TOKEN(token) from error
    if store.get(CLIENTS, (client_id,)) is None:
        raise faults.UNKNOWN_CLIENT_ID(client_id)
    return client_id
