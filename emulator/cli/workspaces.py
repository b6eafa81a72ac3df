"""``ocapi-emulator workspaces``."""

from collections.abc import Iterable, Mapping
from typing import Any
from urllib.parse import quote

import click
import orjson

from emulator.cli.connection import connected
from emulator.cli.option import examples, guarded_options, json_option
from emulator.cli.table import print_table

COUNTS = ("exchanges", "failpoints", "stubs", "snapshots", "crashes")


@click.command(epilog=examples("workspaces", "workspaces --json", "workspaces --delete ci-7"))
@guarded_options
@click.option("--delete", metavar="NAME", help="Delete a workspace with all its data.")
@json_option
def workspaces(delete: str | None, *, as_json: bool, **server: str) -> None:
    """Print the workspaces of a running server."""
    with connected(server) as control:
        if delete is not None:
            control.send("DELETE", f"/workspaces/{quote(delete, safe='')}")
            click.echo(f"{control.url}: workspace {delete} deleted")
            return
        found = control.ask("/workspaces")
        if as_json:
            click.echo(orjson.dumps(found, option=orjson.OPT_INDENT_2).decode())
        else:
            print_table(("workspace", "unused", *COUNTS, "clients"), _describe(found))


def _describe(workspaces_: Iterable[Mapping[str, Any]]) -> Iterable[tuple[str, ...]]:
    for one in workspaces_:
        counts = (str(one[name]) for name in COUNTS)
        yield one["name"], f"{one['idle']:.0f} s", *counts, ",".join(one["clients"]) or "-"
