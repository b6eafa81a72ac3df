"""The contract tests run against any server, and what they found, rule by rule.

The tests lie beside the package in a checkout and inside it in a wheel. They run in a Python of
their own, so that neither settings nor plugins of the caller's pytest reach them; what they tell
comes as lines of JSON (``contract_tests/report.py``).
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
from urllib.parse import urlsplit

HERE = Path(__file__).parent.parent
PLACES = HERE / "verification_suite" / "contract_tests", HERE.parent / "contract_tests"
ABOUT_US = ("test_ledger.py", "test_readme.py")  # what a checkout tests of itself
SECRET = "OCAPI_EMULATOR_CLIENT_SECRET"  # noqa: S105 - the name of a variable
DEMO = "a" * 30
PACKAGES = ("pytest", "requests", "cryptography")
DIALECTS = ("documented", "observed")
RECORD = "\x1e"
ALL_HOLD, SOME_DIFFER, NOT_RUN = 0, 1, 2
RAN = {0, 1}  # exit codes of a pytest that ran its tests
STEP = 100  # tests between two lines of progress where no terminal shows it
GRACE = 30.0  # seconds that an interrupted run has to delete what it made
# Families in the order of the contract ledger.
FAMILIES = (
    *("URL", "MET", "FMT", "ENV", "RST", "FLT", "ORD", "AUT", "SET", "SEL", "PAG", "DEC", "INV"),
    *("SMP", "SRC", "BAT", "META", "LOC", "EXP", "SITE"),
    *("OPS", "ITEM", "STOCK", "PAGE", "WRITE", "ERR", "AUTH", "VERSION", "DOC"),
)
SETTINGS = """[pytest]
addopts = -s -p no:terminal -p no:cacheprovider -p contract_tests.report --import-mode=importlib
junit_family = xunit1
verbosity_assertions = 2
"""


class VerificationError(Exception):
    """The tests cannot be run; the message says why and what to do."""


@dataclass(frozen=True)
class Options:
    """What is verified, and how it is reached.

    Attributes:
        target: Base URL of the server.
        client_id: An API client that may read, create, change and delete inventory lists.
        client_secret: Its secret.
        dialect: ``documented`` or ``observed``, how the server answers where these differ.
        token_url: Where tokens are granted; empty for ``/dwsso/oauth2/access_token`` of the target.
        ca_file: Certificates of authorities to trust beside the public ones, PEM; empty for none.
        junit: The JUnit XML file to write; empty for none.
        rules: The rules to test, such as ``URL-1``; empty for all.
    """

    target: str
    client_id: str = DEMO
    client_secret: str = field(default=DEMO, repr=False)
    dialect: str = "documented"
    token_url: str = ""
    ca_file: str = ""
    junit: str = ""
    rules: tuple[str, ...] = ()


@dataclass
class Rule:
    """What was found of one rule."""

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
        """``differs``, ``holds``, or ``not applicable`` where no test was made."""
        if self.counts["failed"]:
            return "differs"
        return "holds" if self.counts["passed"] else "not applicable"


class Progress:
    """A line that counts on a terminal, some lines elsewhere.

    Args:
        stream: Where it is shown.
    """

    def __init__(self, stream: TextIO) -> None:
        self._stream = stream
        self._live = stream.isatty()
        self._drawn = False
        self.counts = Counter[str]()

    def count(self, outcome: str, total: int) -> None:
        """Count one more test."""
        self.counts[outcome] += 1
        done = self.counts.total()
        line = f"{done} of {total} tests, {self.counts['failed']} failed"
        if self._live:
            self._draw(f"\r{line}")
        elif done % STEP == 0 or done == total:
            self._draw(f"{line}\n")

    def end(self) -> None:
        """Leave the line that counts."""
        if self._live and self._drawn:
            self._draw("\n")
            self._drawn = False

    def _draw(self, text: str) -> None:
        self._drawn = True
        self._stream.write(text)
        self._stream.flush()


def verify(options: Options, say: Callable[[str], None], aside: TextIO | None = None) -> int:
    """Test a server, tell what was found, and return the exit code that says it.

    Args:
        options: Which server, and what of it.
        say: Takes the lines of the table.
        aside: Takes progress, and the one line that says why nothing could be tested; the
            standard error unless given.

    Returns:
        0 if all rules hold that apply, 1 if some differ, 2 if the tests could not be run.

    Raises:
        KeyboardInterrupt: The user ends it; what the tests made is deleted by then.
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
    """Return the options with absolute paths; raise if one cannot be used."""
    for name, url in (("target", options.target), ("token-url", options.token_url)):
        if (name == "target" or url) and not _is_url(url):
            raise VerificationError(f"--{name} '{url}' is no http or https URL")
    if options.dialect not in DIALECTS:
        told = " nor ".join(DIALECTS)
        raise VerificationError(f"--dialect '{options.dialect}' is neither {told}")
    rules = tuple(rule.strip().upper() for rule in options.rules)
    junit, ca_file = _writable(options.junit), _readable(options.ca_file)
    return replace(options, rules=rules, junit=junit, ca_file=ca_file)


def _is_url(text: str) -> bool:
    try:
        parts = urlsplit(text)
        return parts.scheme in {"http", "https"} and bool(parts.hostname) and parts.port != 0
    except ValueError:
        return False


def _writable(name: str) -> str:
    file = Path(name).absolute()
    if name and (file.is_dir() or not os.access(file if file.exists() else file.parent, os.W_OK)):
        raise VerificationError(f"--junit '{name}' cannot be written")
    return str(file) if name else ""


def _readable(name: str) -> str:
    if name and not Path(name).is_file():
        raise VerificationError(f"--ca-file '{name}' is no file")
    return str(Path(name).absolute()) if name else ""


def _suite() -> Path:
    for place in PLACES:
        if place.is_dir():
            return place
    raise VerificationError(f"the contract tests are missing: no folder {PLACES[0]}")


def _test(options: Options, progress: Progress) -> list[Rule]:
    """Run the tests and return what they found, in the order of the ledger."""
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


def _place(rule: str) -> tuple[int, int]:
    family, _, number = rule.partition("-")
    return FAMILIES.index(family) if family in FAMILIES else len(FAMILIES), int(number)


def _messages(options: Options) -> Generator[dict[str, Any], None, None]:
    """Yield what the run tells; raise if it tells of an error, or ends as no run of tests does."""
    with TemporaryDirectory(prefix="ocapi-emulator-") as folder, _run(options, folder) as run:
        process, complaints = run
        for line in process.stdout or ():
            if line.startswith(RECORD):
                yield _told(json.loads(line.removeprefix(RECORD)))
        if process.wait() not in RAN:
            complaints.seek(0)
            said = complaints.read().strip().splitlines()[-3:] or [f"exit {process.returncode}"]
            raise VerificationError(f"the tests could not be run: {' / '.join(said)}")


def _told(message: dict[str, Any]) -> dict[str, Any]:
    if "error" in message:
        raise VerificationError(message["error"])
    return message


@contextmanager
def _run(options: Options, folder: str) -> Iterator[tuple[subprocess.Popen[str], IO[str]]]:
    """Run pytest in a folder; whatever happens, it has ended when this ends.

    Signals of the terminal do not reach it: it is told once, and deletes what its tests made.
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
        process.communicate(timeout=GRACE)
    except (subprocess.TimeoutExpired, KeyboardInterrupt):
        process.kill()


def command(options: Options, folder: str) -> list[str]:
    """Return the command of a run in a folder, without the secret: everybody can read it."""
    settings = Path(folder) / "pytest.ini"
    settings.write_text(SETTINGS, encoding="utf-8")
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
    }
    given = [f"{name}={value}" for name, value in places.items() if value and name != "-c"]
    program = [sys.executable, "-P", "-m", "pytest", "-c", str(settings)]
    return [*program, *given, *map(str, _choose_modules(suite, options.rules))]


def _choose_modules(suite: Path, rules: Sequence[str]) -> list[Path]:
    """Return the modules that name one of the rules; all where one is named nowhere, or none."""
    modules = [file for file in sorted(suite.glob("test_*.py")) if file.name not in ABOUT_US]
    texts = {file: file.read_text(encoding="utf-8") for file in modules}
    quoted = [f'"{rule}"' for rule in rules]
    if not all(any(rule in text for text in texts.values()) for rule in quoted):
        return modules
    naming = [file for file, text in texts.items() if any(rule in text for rule in quoted)]
    return naming or modules


def _environment(options: Options) -> dict[str, str]:
    """Return the variables of the run: ours, without those that steer a pytest."""
    kept = {n: v for n, v in os.environ.items() if not n.startswith(("PYTEST_", "PYTHONWARNINGS"))}
    paths = [str(_suite().parent), *(path or str(Path.cwd()) for path in sys.path)]
    return kept | {
        "PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1",
        "PYTHONDONTWRITEBYTECODE": "1",
        "PYTHONPATH": os.pathsep.join(paths),
        "PYTHONUTF8": "1",
        SECRET: options.client_secret,
    }


def table(rules: list[Rule], target: str) -> Iterator[str]:
    """Yield the lines that tell of each rule, of each failing test, and why rules do not apply."""
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
