"""``ocapi-emulator dump``."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import click
import orjson

from emulator.cli.failure import fail, remote_errors, warn
from emulator.cli.option import control_headers, control_options, examples
from emulator.cli.remote import Remote


@click.command(epilog=examples("dump data/copy", "dump copy.zip --format archive"))
@control_options
@click.option(
    "--format",
    "form",
    type=click.Choice(["json", "archive"]),
    default="json",
    show_default=True,
    help="JSON files, or a site archive: a zip if DIR ends with .zip, else an empty folder.",
)
@click.argument("folder", metavar="DIR", type=click.Path(path_type=Path))
def dump(  # noqa: PLR0913, PLR0917 - the options of the command
    url: str, ca_file: str, workspace: str, control_token: str, form: str, folder: Path
) -> None:
    """Write the data of a running server to a folder. Then 'serve --fixtures DIR' can load it."""
    with remote_errors(url):
        remote = Remote(url, ca_file, control_headers(workspace, control_token))
        files = remote.ask("/__emulator__/state")["files"]
        try:
            if form == "archive":
                files = _write_archive(folder, files)
            else:
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


def _write_archive(target: Path, files: Mapping[str, Any]) -> Mapping[str, Any]:
    """Write a site archive; return the contents by path.

    Collections without a format stay JSON files of the top folder, such as ``clients.json``.
    """
    # Help texts appear faster without the reader and the writer.
    from emulator.fixture.impex.writer import list_written, make_zip, write_archive  # noqa: PLC0415

    written = list_written(whole=True)
    collections = {Path(n).stem: c for n, c in files.items() if Path(n).stem in written}
    rest = {Path(n).name: c for n, c in files.items() if Path(n).stem not in written}
    contents = write_archive(collections, report=warn)
    contents |= {name: orjson.dumps(c, option=orjson.OPT_INDENT_2) for name, c in rest.items()}
    if target.suffix.lower() == ".zip":
        target.write_bytes(make_zip(contents, target.stem))
        return contents
    if target.is_dir() and any(target.iterdir()):
        # Files of an earlier archive would stay, and bring deleted documents back.
        fail(f"{target} is not empty: a site archive needs an empty folder")
    for path, content in contents.items():
        (target / path).parent.mkdir(parents=True, exist_ok=True)
        (target / path).write_bytes(content)
    return contents
