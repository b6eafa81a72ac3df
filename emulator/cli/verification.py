"""Run the contract tests against a server, and print the results by rule.

The tests lie beside the package in a checkout, and inside the package in a wheel. A separate
Python process runs them: neither settings nor plugins of the caller's pytest may change the
results. The process reports by lines of JSON (``contract_tests/report.py``).
"""

import json
import os
import signal
import subprocess
import sys
from collections import Counter
from collections.abc import Callable, Generator, Iterator, Sequence
from contextlib import closing, contextmanager
from dataclasses import dataclass, field, replace
from importlib.util import find_spec
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import IO, Any, TextIO

from emulator.cli.option import DEMO
from emulator.config import is_url
from emulator.http.certificate import find_authority

PACKAGE = Path(__file__).parent.parent
SUITE_FOLDERS = (
    PACKAGE / "verification_suite" / "contract_tests",
    PACKAGE.parent / "contract_tests",
)
CHECKOUT_TESTS = ("test_ledger.py",)  # tests of this project, not of a server
SECRET_VARIABLE = "OCAPI_EMULATOR_CLIENT_SECRET"  # noqa: S105 - the name of a variable
PACKAGES = ("pytest", "requests", "cryptography")
DIALECTS = ("documented", "observed")
RECORD_SEPARATOR = "\x1e"  # before each line of JSON, RFC 7464
ALL_HOLD, SOME_DIFFER, NOT_RUN = 0, 1, 2
PYTEST_RAN = {0, 1}  # exit codes of pytest: all tests passed, some failed
PROGRESS_TESTS = 100  # between two lines of progress, without a terminal
CLEANUP_SECONDS = 30.0  # for an interrupted run, to delete its documents
# Families in the order of the contract ledger.
RULE_FAMILIES = (
    *("URL", "MET", "FMT", "ENV", "RST", "FLT", "ORD", "AUT", "SET", "SEL", "PAG", "DEC", "INV"),
    *("SMP", "SRC", "BAT", "META", "LOC", "EXP", "SITE"),
    *("OPS", "ITEM", "STOCK", "PAGE", "WRITE", "ERR", "AUTH", "VERSION", "DOC"),
    *("DAV", "VER", "OBJ", "IMP", "COD", "JOB", "CART", "CUS", "ACC", "COB", "PRF", "USER", "ROLE"),
    *(
        "PERM",
        "SYS",
        "ALERT",
        "CONF",
        "PRD",
        "CAT",
        "MKT",
        "ORDER",
        "STO",
        "GC",
        "SLOT",
        "ABT",
        "LIB",
        "HOOK",
    ),
)
PYTEST_INI = """[pytest]
addopts = -s -p no:terminal -p no:cacheprovider -p contract_tests.report --import-mode=importlib
junit_family = xunit1
verbosity_assertions = 2
"""


class VerificationError(Exception):
    """The tests can't run; the message has the reason and a remedy."""


@dataclass(frozen=True)
class Options:
    """The server to verify, and the rules.

    Attributes:
        target: Base URL of the server.
        client_id: An API client that may read, create, change and delete inventory lists.
        client_secret: Its secret.
        dialect: ``documented`` or ``observed``: the expected answers where dialects differ.
        token_url: The token endpoint; empty for ``/dwsso/oauth2/access_token`` of the target.
        ca_file: Further CA certificates to verify the target with (PEM); empty for none.
        junit: A file for the results as JUnit XML; empty for none.
        rules: The rules to test, such as ``URL-1``; empty for all.
        sites: Two sites, joined by a comma; empty for the first two of the server.
        catalogs: Two catalogs, likewise.
        library: A library; empty for the library of the first site.
        customer_list: A customer list; empty for the list of the first site.
    """

    target: str
    client_id: str = DEMO
    client_secret: str = field(default=DEMO, repr=False)
    dialect: str = "documented"
    token_url: str = ""
    ca_file: str = ""
    junit: str = ""
    rules: tuple[str, ...] = ()
    sites: str = ""
    catalogs: str = ""
    library: str = ""
    customer_list: str = ""


@dataclass
class Rule:
    """The results for a rule."""

    name: str
    counts: Counter[str] = field(default_factory=Counter)
    failures: dict[str, list[str]] = field(default_factory=dict)
    reasons: dict[str, None] = field(default_factory=dict)

    def note(self, test: str, outcome: str, lines: list[str]) -> None:
        """Add the outcome of a test: ``passed``, ``failed`` or ``skipped``."""
        self.counts[outcome] += 1
        if outcome == "failed":
            self.failures[test] = lines
        if outcome == "skipped":
            self.reasons.update(dict.fromkeys(lines))

    @property
    def verdict(self) -> str:
        """``differs``, ``holds``, or ``not applicable`` if no test ran."""
        if self.counts["failed"]:
            return "differs"
        return "holds" if self.counts["passed"] else "not applicable"


class Progress:
    """The number of tests so far: a changing line on a terminal, some lines elsewhere.

    Args:
        stream: The terminal or file for the lines.
    """

    def __init__(self, stream: TextIO) -> None:
        self._stream = stream
        self._live = stream.isatty()
        self._drawn = False
        self.counts = Counter[str]()

    def count(self, outcome: str, total: int) -> None:
        """Count a test."""
        self.counts[outcome] += 1
        done = self.counts.total()
        line = f"{done} of {total} tests, {self.counts['failed']} failed"
        if self._live:
            self._draw(f"\r{line}")
        elif done % PROGRESS_TESTS == 0 or done == total:
            self._draw(f"{line}\n")

    def end(self) -> None:
        """End the changing line."""
        if self._live and self._drawn:
            self._draw("\n")
            self._drawn = False

    def _draw(self, text: str) -> None:
        self._drawn = True
        self._stream.write(text)
        self._stream.flush()


def verify(options: Options, say: Callable[[str], None], aside: TextIO | None = None) -> int:
    """Test a server, print the results, and return the exit code.

    Args:
        options: The server and the rules.
        say: Prints a line of the results.
        aside: The stream for progress and for an error; standard error by default.

    Returns:
        0 if all rules hold or do not apply, 1 if a rule differs, 2 if the tests can't run.

    Raises:
        KeyboardInterrupt: The user ended the run; the tests have deleted their documents.
    """
    stream = aside or sys.stderr
    progress = Progress(stream)
    try:
        _check_packages()
        rules = _test(_checked(options), progress)
    except VerificationError as error:
        progress.end()
        stream.write(f"ocapi-emulator: {error}\n")
        return NOT_RUN
    finally:
        progress.end()
    for line in table(rules, options.target):
        say(line)
    say(_summary(rules, progress.counts))
    return SOME_DIFFER if any(rule.counts["failed"] for rule in rules) else ALL_HOLD


def _check_packages() -> None:
    """Raise VerificationError if a package of the tests is missing."""
    missing = [name for name in PACKAGES if find_spec(name) is None]
    if missing:
        packages = f"verify needs the package {missing[0]}"
        raise VerificationError(f"{packages}: pip install 'ocapi-emulator[verify]'")


def _checked(options: Options) -> Options:
    """Return the options with absolute paths; raise VerificationError for a wrong value."""
    for name, url in (("target", options.target), ("token-url", options.token_url)):
        if (name == "target" or url) and not is_url(url):
            raise VerificationError(f"--{name} '{url}' is not an http or https URL")
    if options.dialect not in DIALECTS:
        names = " nor ".join(DIALECTS)
        raise VerificationError(f"--dialect '{options.dialect}' is neither {names}")
    rules = tuple(rule.strip().upper() for rule in options.rules)
    junit, ca_file = _writable(options.junit), _readable(options.ca_file) or _find_ca_file(options)
    return replace(options, rules=rules, junit=junit, ca_file=ca_file)


def _writable(name: str) -> str:
    file = Path(name).absolute()
    if name and (file.is_dir() or not os.access(file if file.exists() else file.parent, os.W_OK)):
        raise VerificationError(f"--junit '{name}' can't be written")
    return str(file) if name else ""


def _readable(name: str) -> str:
    if name and not Path(name).is_file():
        raise VerificationError(f"--ca-file '{name}' is not a file")
    return str(Path(name).absolute()) if name else ""


def _find_ca_file(options: Options) -> str:
    """Return the certificate of the local authority of ``--tls``, empty for http."""
    urls = (options.target, options.token_url)
    file = find_authority() if any(url.startswith("https://") for url in urls) else None
    return str(file) if file else ""


def _suite() -> Path:
    for folder in SUITE_FOLDERS:
        if folder.is_dir():
            return folder
    raise VerificationError(f"the contract tests are missing: no folder {SUITE_FOLDERS[0]}")


def _test(options: Options, progress: Progress) -> list[Rule]:
    """Run the tests; return the results in the order of the ledger."""
    rules: dict[str, Rule] = {}
    total = 0
    with closing(_messages(options)) as messages:
        for message in messages:
            if "total" in message:
                total = message["total"]
                rules = {name: Rule(name) for name in _chosen(options.rules, message["rules"])}
            else:
                progress.count(message["outcome"], total)
                for name in set(message["rules"]) & set(rules):
                    rules[name].note(message["test"], message["outcome"], message["lines"])
    return list(rules.values())


def _chosen(wanted: tuple[str, ...], known: list[str]) -> list[str]:
    unknown = [rule for rule in wanted if rule not in known]
    ordered = sorted(known, key=_place)
    if unknown:
        raise VerificationError(f"no such rule: {', '.join(unknown)}; known: {', '.join(ordered)}")
    return [rule for rule in ordered if not wanted or rule in wanted]


def _place(rule: str) -> tuple[int, str, int]:
    """Return the sort key of a rule: the protocol first, then other families by name."""
    family, _, number = rule.partition("-")
    known = family in RULE_FAMILIES
    return RULE_FAMILIES.index(family) if known else len(RULE_FAMILIES), family, int(number)


def _messages(options: Options) -> Generator[dict[str, Any], None, None]:
    """Yield the messages of the run; raise VerificationError if the run fails."""
    with TemporaryDirectory(prefix="ocapi-emulator-") as folder, _run(options, folder) as run:
        process, complaints = run
        for line in process.stdout or ():
            if line.startswith(RECORD_SEPARATOR):
                yield _check_message(json.loads(line.removeprefix(RECORD_SEPARATOR)))
        if process.wait() not in PYTEST_RAN:
            complaints.seek(0)
            lines = complaints.read().strip().splitlines()[-3:] or [f"exit {process.returncode}"]
            raise VerificationError(f"the tests can't run: {' / '.join(lines)}")


def _check_message(message: dict[str, Any]) -> dict[str, Any]:
    if "error" in message:
        raise VerificationError(message["error"])
    return message


@contextmanager
def _run(options: Options, folder: str) -> Iterator[tuple[subprocess.Popen[str], IO[str]]]:
    """Run pytest in a folder; pytest has ended when the context ends.

    Ctrl-C in the terminal doesn't reach pytest, which runs in a session of its own. So pytest
    gets exactly one signal, and its tests can delete their documents.
    """
    with (
        (Path(folder) / "complaints").open("w+", encoding="utf-8", errors="replace") as complaints,
        subprocess.Popen(  # noqa: S603 - our own tests
            command(options, folder),
            cwd=folder,
            env=_environment(options),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=complaints,
            encoding="utf-8",
            start_new_session=True,
        ) as process,
    ):
        try:
            yield process, complaints
        finally:
            _end(process)


def _end(process: subprocess.Popen[str]) -> None:
    if process.poll() is None:
        process.send_signal(signal.SIGINT)
    try:
        process.communicate(timeout=CLEANUP_SECONDS)
    except (subprocess.TimeoutExpired, KeyboardInterrupt):
        process.kill()


def command(options: Options, folder: str) -> list[str]:
    """Return the command of a run in a folder. All users can read it, so it has no secret."""
    settings = Path(folder) / "pytest.ini"
    settings.write_text(PYTEST_INI, encoding="utf-8")
    suite = _suite()
    places = {
        "-c": settings,
        "--rootdir": suite,
        "--confcutdir": suite,
        "--basetemp": Path(folder) / "made",
        "--target": options.target,
        "--target-dialect": options.dialect,
        "--client-id": options.client_id,
        "--token-url": options.token_url,
        "--ca-file": options.ca_file,
        "--junit-xml": options.junit,
        "--rules": ",".join(options.rules),
        "--sites": options.sites,
        "--catalogs": options.catalogs,
        "--library": options.library,
        "--customer-list": options.customer_list,
    }
    given = [f"{name}={value}" for name, value in places.items() if value and name != "-c"]
    program = [sys.executable, "-P", "-m", "pytest", "-c", str(settings)]
    return [*program, *given, *map(str, _choose_modules(suite, options.rules))]


def _choose_modules(suite: Path, rules: Sequence[str]) -> list[Path]:
    """Return the modules with tests of the rules; all modules for an unknown rule or none."""
    modules = [file for file in sorted(suite.glob("test_*.py")) if file.name not in CHECKOUT_TESTS]
    texts = {file: file.read_text(encoding="utf-8") for file in modules}
    quoted = [f'"{rule}"' for rule in rules]
    if not all(any(rule in text for text in texts.values()) for rule in quoted):
        return modules
    naming = [file for file, text in texts.items() if any(rule in text for rule in quoted)]
    return naming or modules


def _environment(options: Options) -> dict[str, str]:
    """Return the environment of the run, without variables for pytest."""
    kept = {n: v for n, v in os.environ.items() if not n.startswith(("PYTEST_", "PYTHONWARNINGS"))}
    paths = [str(_suite().parent), *(path or str(Path.cwd()) for path in sys.path)]
    return kept | {
        "PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1",
        "PYTHONDONTWRITEBYTECODE": "1",
        "PYTHONPATH": os.pathsep.join(paths),
        "PYTHONUTF8": "1",
        SECRET_VARIABLE: options.client_secret,
    }


def table(rules: list[Rule], target: str) -> Iterator[str]:
    """Yield a line for each rule and each failing test, and the reasons for skipped rules."""
    yield f"{target} and the contract:"
    yield ""
    yield f"{'rule':<12}{'verdict':<16}{'passed':>6}{'failed':>8}{'skipped':>9}"
    for rule in rules:
        passed, failed, skipped = (rule.counts[n] for n in ("passed", "failed", "skipped"))
        yield f"{rule.name:<12}{rule.verdict:<16}{passed:>6}{failed:>8}{skipped:>9}"
        for test, lines in rule.failures.items():
            yield f"    {test}"
            yield from (f"        {line}" for line in lines)
    yield ""
    yield from _reasons(rules)


def _reasons(rules: list[Rule]) -> Iterator[str]:
    reasons: dict[str, list[str]] = {}
    for rule in rules:
        if rule.verdict == "not applicable":
            for reason in rule.reasons:
                reasons.setdefault(reason, []).append(rule.name)
    if reasons:
        yield "not applicable:"
        yield from (f"    {', '.join(names)}: {reason}" for reason, names in reasons.items())
        yield ""


def _summary(rules: list[Rule], tests: Counter[str]) -> str:
    verdicts = Counter(rule.verdict for rule in rules)
    return (
        f"{len(rules)} rules: {verdicts['holds']} hold, {verdicts['differs']} differ, "
        f"{verdicts['not applicable']} not applicable ({tests['passed']} tests passed, "
        f"{tests['failed']} failed, {tests['skipped']} skipped)"
    )
