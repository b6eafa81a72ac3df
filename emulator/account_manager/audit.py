"""Audit logs: a record for each change of a user or an API client (ACC-6)."""

from emulator.account_manager.context import Answer, Context
from emulator.account_manager.page import answer_list
from emulator.store import Presence, Put, Record
from emulator.workspace.credential import ACCOUNTS, LOGINS

AUDIT_RECORDS = "account_audit"
MAX_SHOWN_RECORDS = 1000


def note(context: Context, kind: str, identifier: str, event: str, message: str) -> Put:
    """Return the change with a new audit record.

    Args:
        context: The request.
        kind: The path of the changed document, such as ``users``.
        identifier: The id of the changed document.
        event: The type of the event.
        message: The description of the event.
    """
    number = context.store.count(AUDIT_RECORDS, (kind, identifier))
    index = context.store.get(LOGINS, (context.caller.user,))
    author = context.store.get(ACCOUNTS, (index.get("id"),)) if index else None
    name = author.get("displayName") if author else context.caller.user or context.caller.client
    values = {
        "timestamp": context.now(),
        "authorDisplayName": name,
        "authorEmail": author.get("mail") if author else None,
        "eventType": event,
        "eventMessage": message,
    }
    key = (kind, identifier, f"{number:012d}")
    return Put(AUDIT_RECORDS, Record.of(key, values), Presence.ABSENT)


def answer_log(context: Context, kind: str, identifier: str) -> Answer:
    """Return the answer with the latest audit records of a document, the newest first."""
    parent = (kind, identifier)
    first = max(0, context.store.count(AUDIT_RECORDS, parent) - MAX_SHOWN_RECORDS)
    records = context.store.scan(AUDIT_RECORDS, first, MAX_SHOWN_RECORDS, parent).records
    return answer_list(record.properties for record in reversed(records))
