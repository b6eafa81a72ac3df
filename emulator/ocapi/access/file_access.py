"""Access to the files of WebDAV: the header Authorization (DAV-6)."""

from emulator.ocapi.access.client import find_client, is_client, is_user, read_basic, spellings
from emulator.ocapi.access.token import TokenError, Tokens
from emulator.workspace.workspace import Workspace


def may_use_files(workspace: Workspace, authorization: str | None) -> bool:
    """Return whether a header Authorization gives access to the files of a workspace.

    The header has the token of an API client, or login and password of a Business Manager user,
    or id and secret of an API client.
    """
    scheme, _, token = (authorization or "").strip().partition(" ")
    if scheme.lower() == "bearer":
        tokens = Tokens(workspace.secret, workspace.clock, workspace.name)
        try:
            client_id = tokens.verify(token.strip())
        except TokenError:
            return False
        return find_client(workspace.store, client_id) is not None
    pair = read_basic(authorization)
    return pair is not None and any(
        is_user(workspace.store, *spelled) or is_client(workspace.store, *spelled)
        for spelled in spellings(*pair)
    )
