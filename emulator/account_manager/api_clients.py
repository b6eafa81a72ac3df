"""API clients: list, create, change, change of the secret, delete (ACC-3).

The entry of ``clients.json`` is the client of the token endpoints. The record of ``API_CLIENTS``
holds the other members; without such a record they have default values.
"""

from collections.abc import Mapping
from datetime import timedelta
from functools import partial
from hmac import compare_digest
from typing import Any

from marshmallow import ValidationError

from emulator.account_manager.audit import answer_log, note
from emulator.account_manager.context import Answer, Context
from emulator.account_manager.directory import check_references
from emulator.account_manager.documents import (
    ApiClient,
    ApiClientEntry,
    SecretChange,
    split_filter,
)
from emulator.account_manager.error import invalid, not_found, precondition_failed
from emulator.account_manager.fixture import ORGANIZATIONS
from emulator.account_manager.page import answer_page, read_page
from emulator.store import Delete, Presence, Put, Record, retry_on_conflict
from emulator.workspace.credential import API_CLIENTS, CLIENTS

CLIENTS_PATH = "apiclients"
NEW_CLIENT, CLIENT_ENTRY, SECRET_CHANGE = ApiClient(), ApiClientEntry(), SecretChange()
MIN_DISABLED_MILLISECONDS = int(timedelta(days=7).total_seconds() * 1000)


def list_clients(context: Context) -> Answer:
    """Return a page of API clients."""
    return answer_page(context, read_page(context), CLIENTS, partial(_show, context))


def read_client(context: Context, identifier: str) -> Answer:
    """Return an API client."""
    return Answer(200, _show(context, _find(context, identifier)))


def read_client_log(context: Context, identifier: str) -> Answer:
    """Return the audit log of an API client."""
    _find(context, identifier)
    return answer_log(context, CLIENTS_PATH, identifier)


def create_client(context: Context) -> Answer:
    """Create an API client."""
    values = context.read("ApiClient", NEW_CLIENT)
    _check(context, values)
    secret = values.pop("password", None)
    values |= {"id": context.new_id(), "createdAt": context.now()}

    def write() -> Record:
        return _write(context, None, values, "created", secret)

    shown = _show(context, retry_on_conflict(write))
    return Answer(201, shown, {"Location": context.link_to(CLIENTS_PATH, shown["id"])})


def change_client(context: Context, identifier: str) -> Answer:
    """Change the given members of an API client, but not the secret."""
    changes = context.read("ApiClient", NEW_CLIENT, partial=True)
    changes.pop("password", None)

    def write() -> Record:
        before = _find(context, identifier)
        after = {**_describe(context, before), **changes}
        _check(context, after)
        return _write(context, before, after, "changed")

    return Answer(200, _show(context, retry_on_conflict(write)))


def change_secret(context: Context, identifier: str) -> Answer:
    """Replace the secret of an API client.

    Raises:
        AccountError: The client does not exist (404), or the old secret is wrong (400).
    """
    values = context.read("PasswordChange", SECRET_CHANGE)

    def write() -> None:
        before = _find(context, identifier)
        old = before.get("client_secret")
        given = values["old"].encode()
        if not compare_digest((old or "").encode(), given) or old is None:
            raise invalid("PasswordChange", {"old": ["is not the present password"]}, values)
        _write(context, before, _describe(context, before), "changed", values["new"])

    retry_on_conflict(write)
    return Answer(204)


def delete_client(context: Context, identifier: str) -> Answer:
    """Delete an API client after seven days without use.

    Raises:
        AccountError: The client does not exist (404), or is not disabled for so long (412).
    """

    def write() -> None:
        client = _find(context, identifier)
        disabled = _describe(context, client)["disabledTimestamp"]
        if disabled is None or context.milliseconds() - disabled < MIN_DISABLED_MILLISECONDS:
            raise precondition_failed("The API client must be disabled for at least 7 days")
        context.store.apply(
            Delete(CLIENTS, client.key, client.state),
            Delete(API_CLIENTS, client.key),
            note(context, CLIENTS_PATH, identifier, "API client deleted", f"{identifier} deleted"),
        )

    retry_on_conflict(write)
    return Answer(204)


def _check(context: Context, values: Mapping[str, Any]) -> None:
    """Check the references and the key of a client; raise AccountError for the first problem."""
    check_references(context, "ApiClient", values)
    try:
        if values["jwtPublicKey"]:
            context.access.check_key(_write_pem(values["jwtPublicKey"]))
    except ValidationError as error:
        raise invalid("ApiClient", {"jwtPublicKey": error.messages}, values) from error


def _write_pem(key: str) -> str:
    """Return a public key in PEM; the lines around the key may be missing."""
    if "-----BEGIN" in key:
        return key
    return f"-----BEGIN PUBLIC KEY-----\n{key}\n-----END PUBLIC KEY-----\n"


def _write(
    context: Context,
    before: Record | None,
    after: dict[str, Any],
    event: str,
    secret: str | None = None,
) -> Record:
    """Write both records of a client; return the record of the token endpoints."""
    identifier = after["id"]
    if after["active"]:
        after["disabledTimestamp"] = None
    elif after.get("disabledTimestamp") is None:
        after["disabledTimestamp"] = context.milliseconds()
    if secret:
        after["passwordModificationTimestamp"] = context.milliseconds()
    after["roleTenantFilter"] = after["roleTenantFilter"] or ""
    entry = {name: value for name, value in after.items() if name in CLIENT_ENTRY.fields}
    credentials = _make_credentials(before, after, secret)
    client = Record.of((identifier,), credentials)
    context.store.apply(
        Put(CLIENTS, client, before.state if before else Presence.ABSENT),
        Put(API_CLIENTS, Record.of((identifier,), CLIENT_ENTRY.load(entry))),
        note(context, CLIENTS_PATH, identifier, f"API client {event}", f"{after['name']} {event}"),
    )
    return client


def _make_credentials(
    before: Record | None, after: Mapping[str, Any], secret: str | None
) -> dict[str, Any]:
    """Return the entry of the token endpoints: written members without a value are left out."""
    kept = before.properties if before else {}
    key = after["jwtPublicKey"]
    written = {
        "client_id": after["id"],
        "client_secret": secret or kept.get("client_secret"),
        "certificate": _write_pem(key) if key else None,
        "redirect_uris": after["redirectUrls"],
        "scopes": after["scopes"],
        "default_scopes": after["defaultScopes"],
    }
    entry = {name: value for name, value in kept.items() if name not in (*written, "active")}
    entry |= {name: value for name, value in written.items() if value}
    return entry if after["active"] else {**entry, "active": False}


def _find(context: Context, identifier: str) -> Record:
    record = context.store.get(CLIENTS, (identifier,))
    if record is None:
        raise not_found("ApiClient", identifier)
    return record


def _describe(context: Context, client: Record) -> dict[str, Any]:
    """Return all members of a client but links."""
    identifier = client.key[0]
    described = context.store.get(API_CLIENTS, client.key)
    if described is None:
        first = context.store.scan(ORGANIZATIONS, 0, 1).records
        organizations = [record.key[0] for record in first]
        entry = {"id": identifier, "name": identifier[:200], "organizations": organizations}
        values = CLIENT_ENTRY.load(entry)
    else:
        values = dict(described.properties)
    return {
        **values,
        "jwtPublicKey": client.get("certificate"),
        "redirectUrls": list(client.get("redirect_uris", ())),
        "scopes": list(client.get("scopes", ())),
        "defaultScopes": list(client.get("default_scopes", ())),
        "active": client.get("active", True),
    }


def _show(context: Context, client: Record) -> dict[str, Any]:
    shown = _describe(context, client)
    needs_secret = shown["tokenEndpointAuthMethod"].startswith("client_secret")
    link = {"rel": "self", "href": context.link_to(CLIENTS_PATH, client.key[0])}
    return {
        **shown,
        "roleTenantFilterMap": split_filter(shown["roleTenantFilter"]),
        "publicClient": shown["tokenEndpointAuthMethod"] == "none",
        "needsInitialPassword": needs_secret and "client_secret" not in client.names,
        "links": [link],
    }
