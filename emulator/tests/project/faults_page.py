"""Write ``docs/faults.md``: the names of faults and operations, for failpoints and the journal.

Run ``make faults-page`` after a change; ``test_faults_page.py`` compares the page.
"""

import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import orjson

from emulator import Emulator
from emulator.account_manager import error as account_error
from emulator.app import api_of, families_of
from emulator.family import Family
from emulator.inventory_service.problem import PROBLEMS
from emulator.ocapi.access import oauth_error
from emulator.ocapi.batch.api import FAULTS_BY_NAME

PAGE = Path(__file__).parents[3] / "docs" / "faults.md"
INTRODUCTION = """# Look up faults and operations

`make faults-page` writes this page.

A [failpoint](testing.md#inject-errors-with-failpoints) answers a fault by its name:
`ocapi.fail("SiteOffline")` in pytest, `ocapi-emulator fail SiteOffline` on the command line,
`{"action": {"fault": "SiteOffline"}}` over HTTP. The name may end with `Exception`.
An argument that you leave out has the value in the table. To set an argument, add
`"arguments": {"siteId": "RefArchGlobal"}` to the action. A few faults have two forms: the arguments
that you give choose the form, else the first form is answered.

[Failpoints and the journal](testing.md#check-the-requests-of-your-code) take the name of an
operation as the condition `operation`, with `*` for any characters:
`{"operation": "getInventoryLists*"}`. Paths of the Data API stand without host, site and version.
"""
TITLES = {
    "data": "the Data API",
    "token": "the token endpoints",
    "batch": "batch requests",
    "meta": "the Meta API",
    "inventory_service": "the Inventory Service API",
    "webdav": "WebDAV",
    "account_manager": "Account Manager",
}
SCOPE = re.compile(r"^(?:/s/<[^>]*>)?/dw/(data)/<[^>]*>")
VARIABLE = re.compile(r"<(?:\w+:)?_?(\w+)>")


def render() -> str:
    """Return the page."""
    emulator = Emulator(fixtures="samples")
    families = [f for f in families_of(emulator.app) if f.faults or f.operations]
    statuses: dict[str, Mapping[str, int]] = {
        "data": {name: kind.status for name, kind in api_of(emulator.app).faults.items()},
        "token": oauth_error.STATUSES,
        "batch": {name: kind.status for name, kind in FAULTS_BY_NAME.items()},
        "inventory_service": {code: kind.status for code, kind in PROBLEMS.items()},
        "account_manager": account_error.STATUSES,
    }
    lines = [INTRODUCTION]
    for family in families:
        if family.faults:
            lines += _head(f"Faults of {TITLES[family.name]}", "fault", "status", "arguments")
            lines += [*_list_faults(family, statuses[family.name]), ""]
    for family in families:
        lines += _head(f"Operations of {TITLES[family.name]}", "operation", "method", "path")
        lines += [*_list_operations(family), ""]
    return "\n".join(lines).rstrip() + "\n"


def _head(title: str, *columns: str) -> list[str]:
    """Return a heading and the head of a table."""
    return [f"## {title}", "", f"| {' | '.join(columns)} |", f"|{' --- |' * len(columns)}"]


def _list_faults(family: Family, statuses: Mapping[str, int]) -> Iterator[str]:
    for name in sorted(family.faults, key=str.lower):
        shown = (
            ", ".join(f"`{n}`: `{_show(family.samples.get(n, n))}`" for n in form) or "none"
            for form in family.faults[name]
        )
        yield f"| `{name}` | {statuses[name]} | {' **or** '.join(shown)} |"


def _show(value: Any) -> str:
    return value if isinstance(value, str) else orjson.dumps(value).decode()


def _list_operations(family: Family) -> Iterator[str]:
    paths: dict[str, str] = {}
    for rule in family.routes.iter_rules():
        known = paths.get(rule.endpoint)
        if known is None or len(rule.rule) < len(known):
            paths[rule.endpoint] = rule.rule
    named = ((name, method, paths[end]) for (end, method), name in family.operations.items())
    for name, method, path in sorted(named, key=lambda row: (row[0].lower(), row[2])):
        shown = VARIABLE.sub(r"{\1}", SCOPE.sub("", path))
        yield f"| `{name}` | {method} | `{shown}` |"


if __name__ == "__main__":
    PAGE.write_text(render())
