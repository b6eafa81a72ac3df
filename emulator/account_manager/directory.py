"""Organizations and roles: read only (ACC-4, ACC-5)."""

from collections.abc import Iterable, Mapping
from functools import partial
from typing import Any

from emulator.account_manager.audit import answer_log
from emulator.account_manager.context import Answer, Context
from emulator.account_manager.error import invalid, not_found
from emulator.account_manager.fixture import ORGANIZATIONS, ROLES
from emulator.account_manager.page import (
    DEFAULT_ORGANIZATION_PAGE_SIZE,
    MAX_ORGANIZATION_PAGE_SIZE,
    answer_list,
    answer_page,
    read_page,
    scan_all,
)
from emulator.store import Record


def check_references(context: Context, kind: str, values: Mapping[str, Any]) -> None:
    """Check the organizations and roles of a document.

    Raises:
        AccountError: An organization or a role does not exist, or the primary organization is not
            in the organizations.
    """
    messages: dict[str, list[str]] = {}
    for name, collection in (("organizations", ORGANIZATIONS), ("roles", ROLES)):
        missing = [i for i in values[name] if context.store.get(collection, (i,)) is None]
        if missing:
            messages[name] = [f"'{missing[0]}' does not exist"]
    primary = values.get("primaryOrganization")
    if primary is not None and primary not in values["organizations"]:
        messages["primaryOrganization"] = [f"'{primary}' is not one of the organizations"]
    if not values["organizations"]:
        messages["organizations"] = ["must not be empty"]
    if messages:
        raise invalid(kind, messages, values)


def find_all(context: Context, collection: str, ids: Iterable[str]) -> list[Mapping[str, Any]]:
    """Return the documents of ids; an id without a document is left out."""
    records = (context.store.get(collection, (identifier,)) for identifier in ids)
    return [record.properties for record in records if record is not None]


def list_organizations(context: Context) -> Answer:
    """Return a page of organizations."""
    page = read_page(context, DEFAULT_ORGANIZATION_PAGE_SIZE, MAX_ORGANIZATION_PAGE_SIZE)
    return answer_page(context, page, ORGANIZATIONS, partial(_show, "organizations", context))


def find_organizations(context: Context) -> Answer:
    """Return the organizations by the beginning of the name."""
    start, fold = context.parameter("startsWith"), context.parameter("ignoreCase") == "true"
    found = (
        _show("organizations", context, record)
        for record in scan_all(context, ORGANIZATIONS)
        if _starts_with(record.get("name"), start, fold=fold)
    )
    return answer_list(found)


def _starts_with(name: str, start: str, *, fold: bool) -> bool:
    return name.casefold().startswith(start.casefold()) if fold else name.startswith(start)


def read_organization(context: Context, identifier: str) -> Answer:
    """Return an organization."""
    return Answer(200, _show("organizations", context, _find(context, ORGANIZATIONS, identifier)))


def read_organization_log(context: Context, identifier: str) -> Answer:
    """Return the audit log of an organization."""
    _find(context, ORGANIZATIONS, identifier)
    return answer_log(context, "organizations", identifier)


def list_roles(context: Context) -> Answer:
    """Return a page of roles; ``roleTargetType`` asks for the roles of users or of API clients."""
    page = read_page(context)
    target = context.parameter("roleTargetType")
    found = [
        _show("roles", context, record)
        for record in scan_all(context, ROLES)
        if not target or record.get("targetType") in (None, target)
    ]
    return page.answer(found[page.start : page.start + page.size], len(found))


def read_role(context: Context, identifier: str) -> Answer:
    """Return a role."""
    return Answer(200, _show("roles", context, _find(context, ROLES, identifier)))


def _find(context: Context, collection: str, identifier: str) -> Record:
    record = context.store.get(collection, (identifier,))
    if record is None:
        kind = "Organization" if collection == ORGANIZATIONS else "Role"
        raise not_found(kind, identifier)
    return record


def _show(path: str, context: Context, record: Record) -> dict[str, Any]:
    link = {"rel": "self", "href": context.link_to(path, record.key[0])}
    return {**record.properties, "links": [link]}
