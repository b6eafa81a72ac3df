"""``ocapi-emulator health``."""

import click

from emulator.cli.failure import remote_errors
from emulator.cli.option import examples, server_options
from emulator.cli.remote import Remote
from emulator.config import variable


@click.command(epilog=examples("health", "health --wait 30"))
@server_options
@click.option(
    "--wait",
    envvar=variable("wait"),
    type=click.FloatRange(0),
    default=0.0,
    show_envvar=True,
    metavar="SECONDS",
    help="Longest time to wait until the server has started.",
)
def health(url: str, ca_file: str, wait: float) -> None:
    """Print the health of a running server. The exit code is 1 if there is no answer."""
    with remote_errors(url):
        members = Remote(url, ca_file).wait("/__emulator__/health", wait).items()
        click.echo(f"{url}: {', '.join(f'{name} {value}' for name, value in members)}")
