"""``ocapi-emulator reset``."""

import click

from emulator.cli.connection import connected
from emulator.cli.option import control_options, examples


@click.command(
    epilog=examples(
        "reset", "reset --to empty", "reset --only-journal", "reset --workspace ci-7 --url URL"
    )
)
@control_options
@click.option(
    "--to",
    type=click.Choice(["fixtures", "empty"]),
    default="fixtures",
    show_default=True,
    help="The data set, or no data but sites, clients, users, roles and definitions.",
)
@click.option("--only-journal", is_flag=True, help="Empty the journal only.")
def reset(to: str, *, only_journal: bool, **server: str) -> None:
    """Restore the data and everything else of a workspace of a running server."""
    with connected(server) as control:
        query = "only=journal" if only_journal else f"to={to}"
        click.echo(f"{control.url}: reset {control.send('POST', f'/reset?{query}')['reset']}")
