"""``ocapi-emulator replay``."""

import sys
from collections.abc import Iterator, Mapping, Sequence
from contextlib import closing, contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import click
import orjson
from click.core import ParameterSource

from emulator.cli.failure import FAILED, fail, warn
from emulator.cli.option import DEMO, config_option, examples, json_option, text_option
from emulator.cli.table import print_table
from emulator.config import DIALECTS, ConfigError
from emulator.recording.glob import compile_text

if TYPE_CHECKING:
    from emulator.corpus.accepted import Accepted
    from emulator.corpus.exchange import Recording
    from emulator.corpus.replay import Played

OPTIONS_OF_A_TARGET = ("client_id", "client_secret", "token_url", "ca_file", "writes")


@click.command(
    epilog=examples(
        "replay corpus",
        "replay corpus/lists.jsonl --dialect observed",
        "replay corpus --target https://host --client-id ID --client-secret SECRET",
    )
)
@config_option
@click.argument("places", metavar="FILE|DIR...", nargs=-1, required=True)
@text_option("--target", "Base URL of a server to send the requests to.", "URL")
@text_option("--client-id", "API client of the target; that of the data sets if empty.", "ID")
@text_option("--client-secret", "Secret of the API client.", "SECRET")
@text_option("--token-url", "URL to get tokens from, if not the target.", "URL")
@text_option("--ca-file", "CA certificate to verify the target with.", "FILE")
@text_option("--dialect", "Dialect of the emulator for all recordings.", "|".join(DIALECTS))
@text_option("--accepted", "File of known differences; accepted.toml beside recordings.", "FILE")
@text_option("--junit", "File to write the results to, as JUnit XML.", "FILE")
@click.option("--writes", is_flag=True, help="Send requests that change documents to the target.")
@click.option("--only", metavar="NAME", multiple=True, help="Play these recordings only.")
@click.option("--verbose", is_flag=True, help="Show known differences, too.")
@json_option
def replay(
    places: Sequence[str],
    only: Sequence[str],
    *,
    writes: bool,
    verbose: bool,
    as_json: bool,
    **options: str,
) -> None:
    """Send the requests of recordings again, and grade the answers.

    Each recording is played against a new emulator with the data set of the recording; or against
    a server (--target). A server gets requests that may change documents with --writes only. The
    exit code is 1 if an answer differs or a known difference is gone, and 2 if a recording can't be
    played.
    """
    from emulator.corpus import report  # noqa: PLC0415 - help texts appear faster

    if not options["target"]:
        _refuse_options_of_a_target(click.get_current_context())
    folders = [Path(place) for place in places]
    with _errors():
        recordings = _read(folders, only)
        known = _read_accepted(folders, options["accepted"], is_local=not options["target"])
        played = _play(recordings, known, options, writes=writes)
        if options["junit"]:
            report.write_junit(Path(options["junit"]), played)
    is_whole = not only and any(place.is_dir() for place in folders)
    unused = report.list_unused(known, played, is_whole=is_whole)
    if as_json:
        click.echo(orjson.dumps(report.to_json(played, unused)))
    else:
        _print(played, unused, verbose=verbose)
    sys.exit(FAILED if unused or any(one.is_wrong for one in played) else 0)


def _refuse_options_of_a_target(context: click.Context) -> None:
    """End the command if the command line has an option that needs ``--target``."""
    for name in OPTIONS_OF_A_TARGET:
        if context.get_parameter_source(name) is ParameterSource.COMMANDLINE:
            fail(f"--{name.replace('_', '-')} needs --target")


@contextmanager
def _errors() -> Iterator[None]:
    """End the command with an error message if the recordings can't be played."""
    from emulator.corpus.exchange import CorpusError  # noqa: PLC0415 - as above
    from emulator.corpus.server import UnansweredError  # noqa: PLC0415 - as above
    from emulator.fixture.data_set import FixtureError  # noqa: PLC0415 - as above

    try:
        yield
    except (ConfigError, CorpusError, FixtureError, UnansweredError) as error:
        fail(str(error))
    except OSError as error:
        fail(f"{error.filename}: {error.strerror}")


def _read(places: Sequence[Path], only: Sequence[str]) -> list["Recording"]:
    """Return the chosen recordings.

    Raises:
        CorpusError: A recording is wrong, or no recording has a chosen name.
    """
    from emulator.corpus.exchange import (  # noqa: PLC0415 - as above
        CorpusError,
        find_recordings,
        read,
    )

    recordings = [read(file) for file in find_recordings(places)]
    names = [recording.name for recording in recordings]
    for pattern in only:
        if not any(map(compile_text(pattern).fullmatch, names)):
            raise CorpusError(f"no recording is named '{pattern}'; known: {', '.join(names)}")
    patterns = [compile_text(pattern) for pattern in only or ("*",)]
    return [one for one in recordings if any(pattern.fullmatch(one.name) for pattern in patterns)]


def _read_accepted(places: Sequence[Path], file: str, *, is_local: bool) -> list["Accepted"]:
    """Return the known differences of a file; by default those beside the recordings.

    The file beside the recordings is about the emulator, and not about another server.
    """
    from emulator.corpus.accepted import FILE_NAME, read_accepted  # noqa: PLC0415 - as above

    if file:
        return read_accepted(Path(file))
    folders = dict.fromkeys(place if place.is_dir() else place.parent for place in places)
    beside = [folder / FILE_NAME for folder in folders] if is_local else []
    return [entry for found in beside if found.is_file() for entry in read_accepted(found)]


def _play(
    recordings: Sequence["Recording"],
    known: Sequence["Accepted"],
    options: Mapping[str, str],
    *,
    writes: bool,
) -> list["Played"]:
    from emulator.corpus.replay import Emulators, replay_all  # noqa: PLC0415 - as above
    from emulator.corpus.server import ApiClient, Target  # noqa: PLC0415 - as above

    if not options["target"]:
        with closing(Emulators(options["dialect"])) as emulators:
            return replay_all(recordings, emulators.start, known)
    client = ApiClient(options["client_id"] or DEMO, options["client_secret"] or DEMO)
    target = Target(options["target"], client, options["token_url"], options["ca_file"])
    with closing(target):
        target.token()  # a refused client ends the replay before any request
        return replay_all(recordings, lambda _: target, known, may_change=writes)


def _print(played: Sequence["Played"], unused: Sequence["Accepted"], *, verbose: bool) -> None:
    from emulator.corpus import report  # noqa: PLC0415 - as above

    for one in played:
        for line in report.list_lines(one, verbose=verbose):
            click.echo(line)
    click.echo("exchanges right/accepted/wrong:")
    print_table(report.HEADING, map(report.make_row, played))
    click.echo(report.summarize(played))
    for entry in unused:
        warn(f"no longer needed: {entry.line}")
