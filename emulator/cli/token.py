"""``ocapi-emulator token``."""

from typing import Any
from urllib.parse import urlencode

import click

from emulator.cli.failure import remote_errors
from emulator.cli.option import control_headers, control_options, examples, text_option
from emulator.cli.remote import Remote, RemoteError

TOKEN_PATH = "/dwsso/oauth2/access_token?grant_type=client_credentials"  # noqa: S105 - a path
BUNDLED_CLIENT = {"client_id": "a" * 30, "client_secret": "a" * 30}
CONTROL_REFUSALS = (401, 403)


@click.command(
    epilog=examples(
        "token", "token --client-id ID --client-secret SECRET", "token --workspace ci-7"
    )
)
@control_options
@text_option("--client-id", "API client; the first in alphabetical order if empty.", "ID")
@text_option("--client-secret", "Secret of the API client, to use the OAuth endpoint.", "SECRET")
def token(url: str, ca_file: str, workspace: str, control_token: str, **client: str) -> None:
    """Print an access token of a running server."""
    with remote_errors(url):
        remote = Remote(url, ca_file, control_headers(workspace, control_token))
        click.echo(_issue(remote, client)["access_token"])


def _issue(remote: Remote, client: dict[str, str]) -> Any:
    """Ask the OAuth endpoint if there is a secret, else the control plane; return the answer."""
    given = {name: value for name, value in client.items() if value}
    if "client_secret" in given:
        return remote.ask(TOKEN_PATH, BUNDLED_CLIENT | given)
    try:
        return remote.ask(f"/__emulator__/token?{urlencode(given)}", {})
    except RemoteError as error:
        if error.status not in CONTROL_REFUSALS:
            raise
    try:
        # The control plane of a container is closed, but the bundled data sets have one client.
        return remote.ask(TOKEN_PATH, BUNDLED_CLIENT | given)
    except RemoteError as error:
        hint = "give --client-id and --client-secret, or --control-token"
        raise RemoteError(f"{error} ({hint})") from error
