"""``ocapi-emulator open``."""

from urllib.parse import urlencode

import click

from emulator.cli.connection import connected
from emulator.cli.failure import warn
from emulator.cli.option import control_options, examples
from emulator.cli.remote import CONTROL_PATH


@click.command("open", epilog=examples("open", "open --workspace ci-7", "open --only-print"))
@control_options
@click.option("--only-print", is_flag=True, help="Print the URL, and open no browser.")
def open_console(*, only_print: bool, **server: str) -> None:
    """Open the console of a running server in the browser, and print the URL."""
    with connected(server) as control:
        _ = control.ask("/health")["fixtures"]  # another server has no console
        workspace = server["workspace"]
        query = f"?{urlencode({'workspace': workspace})}" if workspace else ""
        url = f"{control.url}{CONTROL_PATH}/{query}"
    click.echo(url)
    if only_print:
        return
    import webbrowser  # noqa: PLC0415 - other commands start faster without the module

    if not webbrowser.open(url):
        warn("there is no browser: open the URL yourself")
