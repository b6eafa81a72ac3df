"""``ocapi-emulator record``."""

import os
import signal
import ssl
from collections.abc import Iterable, Iterator, Mapping
from contextlib import suppress
from dataclasses import replace
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from emulator.cli.failure import FAILED, fail, warn
from emulator.cli.journal import make_printable
from emulator.cli.option import config_option, examples, text_option
from emulator.cli.table import print_table
from emulator.config import is_base_url

if TYPE_CHECKING:
    from emulator.corpus.exchange import Exchange, Head, Recording
    from emulator.corpus.recorder import Recorder, Redacted
    from emulator.corpus.sensitive import Names
    from emulator.http.listener import Listener

END_SIGNALS = (signal.SIGINT, signal.SIGTERM)
MAX_EXCHANGES = 10_000
MAX_SHOWN_FINDINGS = 20
MANY_EXCHANGES = 1000
"""The number of exchanges from which the search for secrets takes a while."""
SOURCES = {
    "LIVE": "a live instance",
    "CLIENT": "a client with an emulator",
    "EMULATOR": "an emulator",
}
ADVICE = (
    "no file was written, and the exchanges are gone. Record again with --leave-out for a recording"
    " without these exchanges, with --hide NAME for a member with secrets, or with --keep NAME for"
    " a member whose values only look like secrets"
)


@click.command(
    epilog=examples(
        "record --upstream https://zzxx-001.dx.commercecloud.salesforce.com --out sandbox.jsonl",
        "record --upstream https://host --out o.jsonl --account-manager "
        "https://account.demandware.com",
        "record --upstream https://host --out o.jsonl --hide c_nickname --keep c_checksum",
    )
)
@config_option
@text_option("--upstream", "Base URL of the instance to record.", "URL")
@click.option("--out", metavar="FILE", required=True, help="File for the recording (*.jsonl).")
@click.option(
    "--account-manager",
    default="",
    metavar="URL",
    help="Base URL for /dwsso/; the instance if empty.",
)
@click.option(
    "--host",
    default="127.0.0.1",
    show_default=True,
    metavar="ADDRESS",
    help="Address to listen on.",
)
@click.option(
    "--port",
    type=click.IntRange(0, 65535),
    default=8090,
    show_default=True,
    help="Port to listen on; 0 takes a free port.",
)
@text_option("--ca-file", "CA certificate to verify the instance with.", "FILE")
@click.option("--force", is_flag=True, help="Replace the file if it exists.")
@click.option("--hide", multiple=True, metavar="NAME", help="Hide the values of this member, too.")
@click.option("--keep", multiple=True, metavar="NAME", help="Keep the values of this member.")
@click.option("--hide-ids", is_flag=True, help="Hide the ids of all documents.")
@click.option(
    "--test-data",
    is_flag=True,
    help="Hide credentials and the instance only: all documents are test data.",
)
@click.option("--leave-out", is_flag=True, help="Leave out exchanges with a remaining secret.")
@click.option("--source", default="", metavar="TEXT", help="What answers, in words without host.")
@click.option(
    "--evidence",
    type=click.Choice(tuple(SOURCES)),
    default="LIVE",
    show_default=True,
    help="What answers.",
)
@click.option("--dialect", type=click.Choice(("documented", "observed")), help="Dialect, if known.")
@click.option("--data-set", default="", metavar="NAME|DIR", help="Data set of the server.")
@click.option(
    "--limit",
    type=click.IntRange(1, MAX_EXCHANGES),
    default=MAX_EXCHANGES,
    show_default=True,
    help="Number of exchanges to record.",
)
@click.option("--quiet", is_flag=True, help="Print no line for each exchange.")
def record(**options: Any) -> None:
    """Record the exchanges of clients with a real instance until Ctrl-C.

    The command listens on this machine, passes each request on to the instance, and answers what
    the instance answers. At the end it writes the exchanges to a file. Secrets and personal data
    are replaced by pseudonyms: tokens, passwords, cookies, e-mail addresses, names, postal
    addresses, phone numbers, hosts, and ids of customers and users.

    A second, independent search looks for secrets in the finished text. If it finds one, no file
    is written, and the exit code is 1.
    """
    # From here on a signal stays pending until sigwait takes it: no signal is lost in between.
    signal.pthread_sigmask(signal.SIG_BLOCK, END_SIGNALS)
    file = _check_file(options["out"], force=options["force"])
    _check_names(options["hide"], options["keep"])
    _check_data_set(options["data_set"], file.parent)
    if options["test_data"] and options["evidence"] == "LIVE":
        fail("--test-data needs --evidence EMULATOR or CLIENT: a live instance has other data")
    listener, recorder = _open(options)
    clock = datetime.now(UTC)
    listener.start()
    click.echo(f"ocapi-emulator records {options['upstream']} on {listener.url}")
    signal.sigwait(END_SIGNALS)
    listener.stop()
    _finish(recorder, file, clock, options)


def _check_file(name: str, *, force: bool) -> Path:
    """Return the file to write; end the process if the file can't be written."""
    # Help texts appear faster without these.
    from emulator.corpus.exchange import CorpusError, check_writable  # noqa: PLC0415

    file = Path(name)
    if file.is_dir() or not file.parent.is_dir():
        reason = "it is a folder" if file.is_dir() else "there is no such folder"
        fail(f"'{file}' can't be written: {reason}")
    if file.suffix != ".jsonl":
        fail(f"'{file}' is not the name of a recording: use {file.stem}.jsonl")
    if file.exists() and not force:
        fail(f"'{file}' exists (--force replaces it)")
    try:
        check_writable(file)
    except CorpusError as error:
        fail(str(error))
    return file


def _check_names(hide: Iterable[str], keep: Iterable[str]) -> None:
    """End the process if a member is to be hidden and to be kept."""
    from emulator.corpus.sensitive import Names  # noqa: PLC0415 - help texts appear faster

    kept = Names(keep=_split(keep)).kept
    for name in _split(hide):
        if Names(keep=[name]).kept & kept:
            fail(f"--hide and --keep exclude each other for '{name}'")


def _check_data_set(name: str, folder: Path) -> None:
    """Warn of a data set that a replay can't find."""
    from emulator.fixture.data_set import list_bundled  # noqa: PLC0415 - help texts appear faster

    bundled = sorted(list_bundled()) if name else []
    is_beside = name == Path(name).name and (folder / name).is_dir()
    if name and name not in bundled and not is_beside:
        known = ", ".join(bundled)
        warn(f"the data set '{name}' is neither bundled ({known}) nor a folder beside the file")


def _open(options: Mapping[str, Any]) -> "tuple[Listener, Recorder]":
    """Return the listening proxy and the recorder; end the process on an error."""
    # Help texts appear faster without the server.
    from emulator.cli.serve import explain  # noqa: PLC0415
    from emulator.corpus.proxy import Proxy, make_upstream  # noqa: PLC0415
    from emulator.corpus.recorder import Recorder  # noqa: PLC0415
    from emulator.corpus.sensitive import KINDS, TEST_DATA_KINDS, Names  # noqa: PLC0415
    from emulator.http.listener import Listener, bind  # noqa: PLC0415

    given = [("--upstream", options["upstream"])]
    given += [("--account-manager", url) for url in (options["account_manager"],) if url]
    for option, url in given:
        _check_url(option, url, options["host"], options["port"])
    upstream, *managers = (make_upstream(url, options["ca_file"]) for _, url in given)
    try:
        _check_certificates(options["ca_file"])
        listening = bind((options["host"],), options["port"])
    except OSError as error:
        fail(explain(error, options["host"], options["port"]))
    names = Names(
        _split(options["hide"]),
        _split(options["keep"]),
        hide_ids=options["hide_ids"],
        kinds=TEST_DATA_KINDS if options["test_data"] else KINDS,
    )
    own = f"http://{options['host']}:{listening[0].getsockname()[1]}"
    recorder = Recorder(names, [*(url for _, url in given), own], options["limit"])
    note = _ignore if options["quiet"] else _note
    proxy = Proxy(upstream, recorder, note, *managers)
    end = partial(os.kill, os.getpid(), signal.SIGTERM)
    return Listener(proxy, options["host"], 0, bound=listening, on_failure=end), recorder


def _check_url(option: str, url: str, host: str, port: int) -> None:
    """End the process if a base URL is not valid, or is the address of the proxy itself."""
    from emulator.fallback.upstream import leads_to  # noqa: PLC0415 - help texts appear faster

    if not is_base_url(url):
        fail(f"{option} needs the base URL of an instance, such as https://host")
    if leads_to(url, host, port):
        fail(f"{option} is the address of the recorder itself: choose another --port")


def _check_certificates(file: str) -> None:
    """End the process if a file holds no certificates."""
    try:
        if file:
            ssl.create_default_context(cafile=file)
    except (OSError, ValueError) as error:
        fail(f"'{file}' holds no certificates: {error}")


def _split(given: Iterable[str]) -> list[str]:
    return [name.strip() for names in given for name in names.split(",") if name.strip()]


def _note(line: str) -> None:
    with suppress(OSError):  # nobody reads standard error
        click.echo(make_printable(line), err=True)


def _ignore(_: str) -> None:
    """Print no line."""


def _finish(recorder: "Recorder", file: Path, clock: datetime, options: Mapping[str, Any]) -> None:
    """Write the recording and the table of hidden values; end the process without a file."""
    from emulator.corpus.exchange import CorpusError, Head, Recording, write  # noqa: PLC0415

    if not len(recorder):
        fail("nothing was recorded: no file was written", FAILED)
    if len(recorder) >= MANY_EXCHANGES:
        warn(f"looks for secrets in {len(recorder):,} exchanges, which takes a minute")
    redacted = recorder.finish()
    head = Head(
        source=options["source"] or SOURCES[options["evidence"]],
        evidence=options["evidence"],
        recorded=f"{clock:%Y-%m-%d}",
        clock=f"{recorder.begun or clock:%Y-%m-%dT%H:%M:%SZ}",
        dialect=options["dialect"] or "",
        data_set=options["data_set"],
        hidden={kind: occurrences for kind, (_, occurrences) in redacted.counts.items()},
    )
    recording = Recording(head, tuple(_keep_valid(head, redacted.exchanges)))
    try:
        recording = _inspect(recording, redacted, recorder.names, options)
        write(file, recording)
    except CorpusError as error:
        fail(str(error), FAILED)
    _summarize(len(recording.exchanges), recorder, redacted, file)


def _keep_valid(head: "Head", exchanges: "Iterable[Exchange]") -> "Iterator[Exchange]":
    """Yield the exchanges that a recording can hold; a target, for example, may be too long."""
    from emulator.corpus.exchange import CorpusError, Recording, render  # noqa: PLC0415

    for number, exchange in enumerate(exchanges, 1):
        try:
            render(Recording(head, (exchange,)))
        except CorpusError:
            warn(f"left out exchange {number}: a recording can't hold it")
        else:
            yield exchange


def _inspect(
    recording: "Recording", redacted: "Redacted", names: "Names", options: Mapping[str, Any]
) -> "Recording":
    """Return a recording without remaining secrets; end the process if there are any.

    Raises:
        CorpusError: The recording has a wrong value.
    """
    from emulator.corpus.exchange import render  # noqa: PLC0415 - help texts appear faster
    from emulator.corpus.inspection import Hidden, Inspector, describe  # noqa: PLC0415

    sought = redacted.known.list_sought()
    hidden = {value: Hidden(kind.value, is_word) for value, kind, is_word in sought}
    is_test_data = options["test_data"]
    inspector = Inspector(hidden, redacted.issued, names.kept, is_test_data=is_test_data)
    findings = inspector.inspect(render(recording))
    if findings and options["leave_out"]:
        unsafe = {finding.exchange for finding in findings}
        kept = [one for n, one in enumerate(recording.exchanges, 1) if n not in unsafe]
        warn(f"left out {len(recording.exchanges) - len(kept):,} exchanges with a secret")
        recording = replace(recording, exchanges=tuple(kept))
        findings = inspector.inspect(render(recording))
        if not kept:
            fail("no exchange remains: no file was written", FAILED)
    for line in describe(findings[:MAX_SHOWN_FINDINGS]):
        warn(f"secret in {line}")
    if findings:
        fail(f"{len(findings)} places with a secret: {ADVICE}", FAILED)
    return recording


def _summarize(size: int, recorder: "Recorder", redacted: "Redacted", file: Path) -> None:
    """Print what was recorded and hidden, without values."""
    click.echo(f"{size:,} exchanges in {file}")
    if recorder.full:
        warn(f"{recorder.full}: later exchanges are missing")
    if recorder.too_large:
        warn(f"{recorder.too_large:,} exchanges were too large to be recorded")
    rows = ((kind, f"{n:,}", f"{every:,}") for kind, (n, every) in redacted.counts.items())
    print_table(("hidden", "values", "occurrences"), rows)
