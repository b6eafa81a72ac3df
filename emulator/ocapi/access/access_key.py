"""Access keys: they stand in for the password of a user who has none (USER-5)."""

from datetime import datetime
from hmac import compare_digest

from emulator.ocapi.access.client import may_sign_in
from emulator.workspace.workspace import Workspace

COLLECTION = "access_keys"
WEBDAV = "WEBDAV_AND_STUDIO"
OCAPI = "AGENT_USER_AND_OCAPI"
SCOPES = (WEBDAV, OCAPI, "STOREFRONT")


def opens(workspace: Workspace, login: str, given: str, scope: str) -> bool:
    """Return whether a user has this access key, enabled and not expired."""
    record = workspace.store.get(COLLECTION, (login, scope))
    expected = record.get("access_key") if record else ""
    if not compare_digest(expected.encode(), given.encode()) or record is None or not given:
        return False
    if not may_sign_in(workspace.store, login):
        return False
    expires = datetime.fromisoformat(record.get("expiration_date"))
    return bool(record.get("enabled")) and workspace.clock.now() < expires
