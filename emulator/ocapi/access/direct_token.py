"""Access tokens without a token request, for tests and for the control plane."""

from typing import NamedTuple

from emulator.ocapi.access.auth import find_client
from emulator.ocapi.access.client import CLIENTS
from emulator.ocapi.access.scope import choose
from emulator.ocapi.access.token import Tokens
from emulator.ocapi.access.token_grant import CLIENT_LIFETIME_SECONDS
from emulator.workspace.workspace import Workspace


class DirectToken(NamedTuple):
    """An access token, and the credentials of the API client.

    Attributes:
        client_id: The client's id.
        client_secret: The client's secret, empty for a public client.
        access_token: The token.
        expires_in: Seconds of the workspace's clock until the token expires.
    """

    client_id: str
    client_secret: str
    access_token: str
    expires_in: int


def issue_token(workspace: Workspace, client_id: str = "") -> DirectToken:
    """Return a fresh access token for a workspace.

    Args:
        workspace: The workspace.
        client_id: The client; empty for the first client of the workspace.

    Raises:
        LookupError: The workspace does not have the client, or has no client at all.
    """
    store = workspace.store
    first = store.scan(CLIENTS, 0, 1).records
    key = (client_id,) if client_id else first[0].key if first else ("",)
    client = find_client(store, key[0])
    if client is None:
        raise LookupError(f"workspace '{workspace.name}' has no client '{key[0]}'")
    tokens = Tokens(workspace.secret, workspace.clock, workspace.name)
    scopes = choose("", client).split()
    token = tokens.issue(key[0], CLIENT_LIFETIME_SECONDS, scope=scopes)
    secret = client.get("client_secret", "")
    return DirectToken(key[0], secret, token, CLIENT_LIFETIME_SECONDS)
