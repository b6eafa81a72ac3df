"""Access to the files of WebDAV: the header Authorization (DAV-6, DAV-15)."""

from collections.abc import Sequence

from emulator.ocapi.access import access_key
from emulator.ocapi.access.auth import find_client, identify_bearer
from emulator.ocapi.access.client import is_client, is_user, read_basic, spellings
from emulator.workspace.files import ALL_FILES, FilePermission
from emulator.workspace.workspace import Workspace


def find_permissions(workspace: Workspace, authorization: str | None) -> Sequence[FilePermission]:
    """Return the permissions that a header Authorization gives for the files of a workspace.

    The header has the token of an API client, or login and password of a Business Manager user,
    or login and access key of a user who signs in elsewhere, or id and secret of an API client.
    """
    if caller := identify_bearer(workspace, authorization):
        return _list_permissions(workspace, caller.client)
    for name, secret in spellings(*(read_basic(authorization) or ("", ""))):
        if is_user(workspace.store, name, secret) or access_key.opens(
            workspace, name, secret, access_key.WEBDAV
        ):
            return ALL_FILES
        if is_client(workspace.store, name, secret):
            return _list_permissions(workspace, name)
    return ()


def _list_permissions(workspace: Workspace, client_id: str) -> Sequence[FilePermission]:
    """Return the permissions of a client: for all files without ``webdav_permissions``."""
    client = find_client(workspace.store, client_id)
    if client is None or "webdav_permissions" not in client:
        return () if client is None else ALL_FILES
    return [_read_permission(**entry) for entry in client["webdav_permissions"]]


def _read_permission(path: str, operations: Sequence[str]) -> FilePermission:
    return FilePermission(tuple(filter(None, path.split("/"))), "read_write" in operations)
