"""``ocapi-emulator verify``."""

import sys
from collections.abc import Sequence

import click

from emulator.cli.option import DEMO, config_option, examples, text_option
from emulator.config import variable


@click.command(
    epilog=examples(
        "verify --target https://host --client-id ID --client-secret SECRET",
        "verify --target http://127.0.0.1:8080 --rule RST-1,RST-2",
    )
)
@config_option
@text_option("--target", "Base URL of the server to test, such as https://host.", "URL")
@text_option("--client-id", "API client; that of the bundled data sets if empty.", "ID")
@text_option("--client-secret", "Secret of the API client.", "SECRET")
@text_option(
    "--dialect", "Expected answers where dialects differ.", "documented|observed", "documented"
)
@text_option("--token-url", "URL to get tokens from, if not the target.", "URL")
@text_option("--ca-file", "CA certificate to verify the target with.", "FILE")
@text_option("--sites", "Two sites for documents of the tests; the first two if empty.", "A,B")
@text_option("--catalogs", "Two catalogs, likewise.", "A,B")
@text_option("--library", "Library, likewise; that of the first site if empty.", "LIBRARY")
@text_option("--customer-list", "Customer list, likewise.", "LIST")
@text_option("--junit", "File to write the results to, as JUnit XML.", "FILE")
@click.option(
    "--rule",
    envvar=variable("rule"),
    multiple=True,
    metavar="RST-1,RST-2",
    help="Rules to test; all if empty. May be repeated.",
    show_envvar=True,
)
def verify(rule: Sequence[str], client_id: str, client_secret: str, **options: str) -> None:
    """Test a server against the contract. The exit code is 1 if a rule differs."""
    from emulator.cli import verification  # noqa: PLC0415 - other commands start faster

    names = (name.strip() for name in ",".join(rule).split(","))
    rules = tuple(name for name in names if name)
    client = {"client_id": client_id or DEMO, "client_secret": client_secret or DEMO}
    sys.exit(
        verification.verify(verification.Options(**options, **client, rules=rules), click.echo)
    )
