"""``ocapi-emulator ca``."""

import click

from emulator.cli.failure import fail
from emulator.cli.option import examples
from emulator.config import ConfigError


@click.command(epilog=examples("ca"))
def ca() -> None:
    """Print the path of the CA certificate of --tls. Then print how to make programs trust it."""
    # Other commands start faster without certificates.
    from emulator.http import certificate  # noqa: PLC0415

    try:
        path = certificate.authority()
    except (ConfigError, certificate.CertificateError) as error:
        fail(str(error))
    click.echo(f"{path}\n\n{certificate.trust(path)}")
