"""``ocapi-emulator token``."""

import click

from emulator.cli.failure import remote_errors
from emulator.cli.option import control_headers, control_options, text_option
from emulator.cli.remote import Remote

DEMO = "a" * 30


@click.command()
@control_options
@text_option("--client-id", "API client; that of the bundled data sets if empty.", "ID")
@text_option("--client-secret", "Secret of the API client.", "SECRET")
def token(url: str, ca_file: str, workspace: str, control_token: str, **client: str) -> None:
    """Print an access token of a running server."""
    form = {name: value or DEMO for name, value in client.items()}
    path = "/dwsso/oauth2/access_token?grant_type=client_credentials"
    with remote_errors(url):
        remote = Remote(url, ca_file, control_headers(workspace, control_token))
        click.echo(remote.ask(path, form)["access_token"])
