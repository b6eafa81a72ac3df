"""``ocapi-emulator dump``."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import click
import orjson

from emulator.cli.failure import fail, remote_errors
from emulator.cli.option import control_headers, control_options
from emulator.cli.remote import Remote


@click.command()
@control_options
@click.argument("folder", metavar="DIR", type=click.Path(path_type=Path))
def dump(url: str, ca_file: str, workspace: str, control_token: str, folder: Path) -> None:
    """Write the data of a running server to a folder. Then 'serve --fixtures DIR' can load it."""
    with remote_errors(url):
        remote = Remote(url, ca_file, control_headers(workspace, control_token))
        files = remote.ask("/__emulator__/state")["files"]
        try:
            _write(folder, files)
        except OSError as error:
            fail(f"can't write to {folder}: {error.strerror}")
        click.echo(f"{folder}: {', '.join(files)}")


def _write(folder: Path, files: Mapping[str, Any]) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    for name, content in files.items():
        data = orjson.dumps(content, option=orjson.OPT_INDENT_2 | orjson.OPT_APPEND_NEWLINE)
        # Only the last part of a name: a foreign server must not choose another folder.
        (folder / Path(name).name).write_bytes(data)
