"""``ocapi-emulator check``."""

import sys
from pathlib import Path

import click

from emulator.cli.failure import FAILED, fail
from emulator.cli.option import config_option, examples, text_option
from emulator.config import ConfigError


@click.command(epilog=examples("check storefront", "check data/shop", "check site_import.zip"))
@config_option
@text_option("--resources", "Python file with resources of your own.", "FILE.py")
@click.argument("data_set", metavar="NAME|DIR|ARCHIVE")
def check(data_set: str, resources: str) -> None:
    """Check a data set, and print all errors.

    The exit code is 1 if there are errors, and 2 if there is no such data set.
    """
    # Help texts appear faster without the server.
    from emulator.app import list_collections, make_api  # noqa: PLC0415
    from emulator.cli.progress import showing_progress  # noqa: PLC0415
    from emulator.extending.source import read_extensions  # noqa: PLC0415
    from emulator.fixture.data_set import (  # noqa: PLC0415
        FixtureError,
        UnknownDataSetError,
        load,
    )

    try:
        collections = list_collections(make_api(read_extensions(resources).resources))
    except ConfigError as error:
        fail(str(error))
    notes: list[str] = []
    try:
        with showing_progress(data_set):
            store = load(data_set, collections, notes.append)
    except UnknownDataSetError as error:
        fail(str(error))
    except FixtureError as error:
        click.echo(str(error), err=True)
        sys.exit(FAILED)
    counts = ((store.count(c.name), c.name) for c in collections if not c.single)
    listed = ", ".join(f"{count} {name}" for count, name in counts if count)
    click.echo(f"{Path(data_set)}: {listed}")
    for note in notes:
        click.echo(note)
