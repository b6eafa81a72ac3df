"""``ocapi-emulator snapshot``."""

from urllib.parse import quote

import click
import orjson

from emulator.cli.connection import connected
from emulator.cli.option import control_options, examples, json_option
from emulator.cli.table import print_table


@click.group(
    epilog=examples(
        "snapshot save before-import",
        "snapshot list",
        "snapshot restore before-import",
        "snapshot delete before-import",
    )
)
def snapshot() -> None:
    """Save and restore the data of a workspace of a running server."""


@snapshot.command(epilog=examples("snapshot save before-import --workspace ci-7"))
@control_options
@click.argument("name")
def save(name: str, **server: str) -> None:
    """Save the data under a name, or replace the snapshot of this name."""
    with connected(server) as control:
        saved = control.send("PUT", f"/snapshots/{quote(name, safe='')}")
        click.echo(f"{control.url}: snapshot {saved['name']} saved at {saved['at']}")


@snapshot.command(epilog=examples("snapshot restore before-import"))
@control_options
@click.argument("name")
def restore(name: str, **server: str) -> None:
    """Replace the data by a snapshot."""
    with connected(server) as control:
        restored = control.send("POST", f"/snapshots/{quote(name, safe='')}/restore")
        click.echo(f"{control.url}: snapshot {restored['name']} of {restored['at']} restored")


@snapshot.command("list", epilog=examples("snapshot list", "snapshot list --json"))
@control_options
@json_option
def list_snapshots(*, as_json: bool, **server: str) -> None:
    """Print the snapshots of a workspace."""
    with connected(server) as control:
        found = control.ask("/snapshots")
        if as_json:
            click.echo(orjson.dumps(found, option=orjson.OPT_INDENT_2).decode())
        else:
            print_table(("snapshot", "time"), [(one["name"], one["at"]) for one in found])


@snapshot.command(epilog=examples("snapshot delete before-import"))
@control_options
@click.argument("name")
def delete(name: str, **server: str) -> None:
    """Delete a snapshot."""
    with connected(server) as control:
        control.send("DELETE", f"/snapshots/{quote(name, safe='')}")
        click.echo(f"{control.url}: snapshot {name} deleted")
