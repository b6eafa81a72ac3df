"""``ocapi-emulator settings``."""

import click
import orjson

from emulator.cli.failure import remote_errors
from emulator.cli.option import control_headers, control_options, examples
from emulator.cli.remote import Remote


@click.command(epilog=examples("settings", "settings --from-journal > settings.json"))
@control_options
@click.option(
    "--from-journal",
    is_flag=True,
    help="Print the smallest settings that allow the recorded requests.",
)
def settings(
    url: str, ca_file: str, workspace: str, control_token: str, *, from_journal: bool
) -> None:
    """Print the OCAPI settings of a running server as JSON."""
    path = "/__emulator__/settings" + ("/from-journal" if from_journal else "")
    with remote_errors(url):
        document = Remote(url, ca_file, control_headers(workspace, control_token)).ask(path)
    click.echo(orjson.dumps(document, option=orjson.OPT_INDENT_2).decode())
