"""The permissions of an instance: for functions, modules, locales and WebDAV folders."""

import json
from collections.abc import Iterable, Iterator, Mapping
from functools import cache
from pathlib import Path
from typing import Any

from emulator.ocapi.resources.user.role_documents import SCOPES_BY_TYPE
from emulator.store import Store

LOCALES = "locales"
DEFAULT_LOCALE = "default"
VALUES = ("ACCESS", "READONLY")
APPLICATIONS = ("bm", "csc")
TYPES_BY_APPLICATION = {"bm": tuple(SCOPES_BY_TYPE), "csc": ("module",)}


@cache
def _read() -> Mapping[str, Any]:
    """Return the permissions of the platform."""
    text = Path(__file__).with_name("permissions.json").read_text()
    found: Mapping[str, Any] = json.loads(text)
    return found


def list_locales(store: Store) -> list[str]:
    """Return the ids of the locales of an instance; the default locale is always there."""
    records = store.scan(LOCALES, 0, store.count(LOCALES)).records
    return list(dict.fromkeys([DEFAULT_LOCALE, *(record.key[0] for record in records)]))


def list_names(store: Store, kind: str, scope: str, application: str = "bm") -> list[str]:
    """Return the names of the permissions of a type and scope."""
    if kind == "locale":
        return list_locales(store)
    if kind == "webdav":
        return [*_read()["webdav"]]
    if kind == "functional":
        return [name for name, _ in _read()["functional"][scope]]
    items = _read()["module"].get(application, {}).get(scope, {})
    return [name for actions in items.values() for name in actions]


def describe(kind: str, store: Store, application: str = "bm") -> dict[str, Any]:
    """Return the document of all permissions of a type, by scope."""
    scopes = SCOPES_BY_TYPE[kind]
    return {
        "scopes": [*scopes],
        **{scope: [*_describe_scope(kind, scope, store, application)] for scope in scopes},
    }


def _describe_scope(
    kind: str, scope: str, store: Store, application: str
) -> Iterable[dict[str, Any]]:
    """Return the permissions of a type and scope."""
    if kind == "locale":
        return (
            {"display_name": {"default": name}, "locale_id": name, **_grant(kind)}
            for name in list_locales(store)
        )
    if kind == "webdav":
        folders = _read()["webdav"].items()
        return ({**_describe_one("folder", name, text), **_grant(kind)} for name, text in folders)
    if kind == "functional":
        functions = _read()["functional"][scope]
        return (
            {**_describe_one("name", name, text), **_grant(kind), "display_name": _title(name)}
            for name, text in functions
        )
    return _describe_modules(scope, application)


def _describe_modules(scope: str, application: str) -> Iterator[dict[str, Any]]:
    """Yield the menu items of an application with all actions."""
    module_type = "BM" if application == "bm" else "CC"
    for item, actions in _read()["module"][application][scope].items():
        shown = [
            {
                **_describe_one("name", name, text),
                **_grant("module"),
                "display_name": _title(name),
                "module_type": module_type,
                "system": True,
            }
            for name, text in actions.items()
        ]
        yield {
            "display_name": _title(item),
            "menu_actions": shown,
            "module_type": module_type,
            "name": item,
            "type": "module",
        }


def _describe_one(key: str, name: str, text: str) -> dict[str, Any]:
    return {key: name, "description": {"default": text}}


def _title(name: str) -> dict[str, str]:
    """Return the display name of a permission."""
    return {"default": name.replace("_", " ").capitalize()}


def _grant(kind: str) -> dict[str, Any]:
    """Return type and possible values of a permission."""
    return {"type": kind, "values": [*VALUES]}
