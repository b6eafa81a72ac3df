"""Reports the progress of the tests to the calling program: a plugin, ``-p contract_tests.report``.

Each message is a line of standard output: ``RECORD`` and a JSON object. The first message has
``total`` and all known ``rules``. Each test has a message with ``test``, ``rules``, ``outcome``
(``passed``, ``failed``, ``skipped``) and ``lines`` with the reason. A message with ``error``
reports a failed run. Secrets and tokens are redacted, in messages and in pytest's own reports.
"""

import json
import re
from collections.abc import Generator, Iterable, Sequence
from functools import cache
from typing import Any

import pytest

from contract_tests.api import LAST_ANSWER, SECRETS

RECORD = "\x1e"
REDACTED = "***"
MAX_LINE_CHARACTERS = 200
JWT = re.compile(r"eyJ[\w-]{8,}(\.[\w-]*){1,2}")
COMPARISON_PREFIXES = ("expected: ", "came:     ")


def pytest_addoption(parser: pytest.Parser) -> None:
    """Add the option ``--rules``."""
    parser.addoption("--rules", default="", help="ids of the rules to test, joined by commas")


def pytest_configure(config: pytest.Config) -> None:
    """Register the reporter."""
    rules = {rule for rule in config.getoption("--rules").split(",") if rule}
    config.pluginmanager.register(Reporter(rules), "contract-reporter")


def write_message(**message: Any) -> None:
    """Write one message."""
    print(RECORD + json.dumps(message), flush=True)  # noqa: T201 - the calling program reads standard output


def redact(text: str) -> str:
    """Return a text without the secrets and tokens of this run."""
    for secret in sorted(SECRETS, key=len, reverse=True):
        text = _however_escaped(secret).sub(REDACTED, text)
    return JWT.sub(REDACTED, text)


@cache
def _however_escaped(secret: str) -> re.Pattern[str]:
    """Return a pattern of a secret, also inside a string literal in one or two levels of quotes."""
    parts = (r"\\+" if sign == "\\" else rf"\\*{re.escape(sign)}" for sign in secret)
    return re.compile("".join(parts))


def shorten(text: str) -> str:
    """Return a redacted text in one line of bounded length."""
    line = " ".join(redact(text).split())
    return line if len(line) <= MAX_LINE_CHARACTERS else line[:MAX_LINE_CHARACTERS] + "..."


class RedactedFailure:
    """Pytest's description of a failure, redacted.

    Args:
        failure: The description of pytest.
    """

    def __init__(self, failure: Any) -> None:
        self.text = redact(str(failure))
        crash = getattr(failure, "reprcrash", None)
        self.reprcrash = crash
        if crash is not None:
            crash.message = redact(crash.message)

    def __str__(self) -> str:
        return self.text


class Reporter:
    """The pytest hooks of a run.

    Args:
        wanted: The rules to test; an empty set means all rules.
    """

    def __init__(self, wanted: set[str]) -> None:
        self.wanted = wanted
        self.rules: list[str] = []
        self.outcome = "passed"
        self.lines: list[str] = []

    @pytest.hookimpl(trylast=True)
    def pytest_collection_modifyitems(self, items: list[pytest.Item]) -> None:
        """Keep the tests of the wanted rules."""
        found = [(item, rules_of(item)) for item in items]
        items[:] = [item for item, rules in found if self._wants(rules)]
        for item, rules in found:
            item.user_properties.extend(("rule", rule) for rule in rules)
        known = sorted({rule for _, rules in found for rule in rules})
        write_message(total=len(items), rules=known)

    def _wants(self, rules: Iterable[str]) -> bool:
        return bool(self.wanted.intersection(rules) if self.wanted else rules)

    def pytest_collectreport(self, report: pytest.CollectReport) -> None:
        """Report a module with an import error."""
        if report.failed:
            write_message(error=f"{report.nodeid} cannot be read: {redact(report.longreprtext)}")

    def pytest_keyboard_interrupt(self, excinfo: pytest.ExceptionInfo[BaseException]) -> None:
        """Report the reason of an early end."""
        if isinstance(excinfo.value, pytest.exit.Exception):
            write_message(error=shorten(str(excinfo.value.msg)))

    def pytest_runtest_logstart(self) -> None:
        """Clear the result of the previous test."""
        self.outcome, self.lines = "passed", []
        LAST_ANSWER.clear()

    @pytest.hookimpl(wrapper=True)
    def pytest_runtest_makereport(
        self, item: pytest.Item, call: pytest.CallInfo[None]
    ) -> Generator[None, pytest.TestReport, pytest.TestReport]:
        """Store the outcome of a phase, and redact pytest's report."""
        report = yield
        self.rules = rules_of(item)
        if report.failed:
            report.longrepr = RedactedFailure(report.longrepr)  # type: ignore[assignment]
            self.outcome = "failed"
            self.lines += explain(call.excinfo.value) if call.excinfo else []
        elif report.skipped and isinstance(report.longrepr, tuple):
            self.outcome = "skipped"
            self.lines = [shorten(report.longrepr[2].removeprefix("Skipped: "))]
        report.sections = [(name, redact(content)) for name, content in report.sections]
        return report

    def pytest_runtest_logfinish(self, nodeid: str) -> None:
        """Report the outcome of a test."""
        name = nodeid.rpartition("contract_tests/")[2]
        write_message(test=redact(name), rules=self.rules, outcome=self.outcome, lines=self.lines)

    def pytest_assertrepr_compare(self, op: str, left: object, right: object) -> list[str] | None:
        """Explain a comparison; the right operand is the expected literal."""
        if op != "==":
            return None
        came, expected = narrow(left, right)
        values = shorten(repr(expected)), shorten(repr(came))
        shown = [name + value for name, value in zip(COMPARISON_PREFIXES, values, strict=True)]
        return ["came == expected", *shown]


def rules_of(item: pytest.Item) -> list[str]:
    """Return the rules of a test's marks."""
    return [rule for mark in item.iter_markers("rule") for rule in mark.args]


def narrow(came: Any, expected: Any) -> tuple[Any, Any]:
    """Return two values without the equal members of objects."""
    if isinstance(came, dict) and isinstance(expected, dict):
        names = [n for n in {**expected, **came} if _member(came, n) != _member(expected, n)]
        pairs = {n: narrow(_member(came, n), _member(expected, n)) for n in names}
        return (
            {n: pair[0] for n, pair in pairs.items() if n in came},
            {n: pair[1] for n, pair in pairs.items() if n in expected},
        )
    if isinstance(came, tuple) and isinstance(expected, tuple) and len(came) == len(expected):
        both = [narrow(c, e) if c != e else (c, e) for c, e in zip(came, expected, strict=True)]
        return tuple(c for c, _ in both), tuple(e for _, e in both)
    return came, expected


def _member(document: dict[Any, Any], name: Any) -> Any:
    return document.get(name, _ABSENT)


_ABSENT = object()


def explain(error: BaseException) -> list[str]:
    """Return a few lines with the reason of a failure and the server's last answer."""
    reasons = [line.strip() for line in str(error).splitlines() if line.strip()]
    lines = [line for line in reasons if line.startswith(COMPARISON_PREFIXES)]
    if lines and not reasons[0].startswith("assert "):
        lines.insert(0, reasons[0])
    elif not lines:
        kind = "" if isinstance(error, AssertionError) else f"{type(error).__name__}: "
        lines = [kind + line for line in reasons[:1]] + reasons[1:3] or [type(error).__name__]
    return [*map(shorten, lines), *last_answer()]


def last_answer() -> Sequence[str]:
    """Return a line about the last answer of the present test, if any."""
    if not LAST_ANSWER:
        return []
    answer = LAST_ANSWER[-1]
    asked = shorten(f"{answer.request.method} {answer.request.path_url}")
    return [f"answered: {asked} -> {answer.status_code} {shorten(answer.text)}".strip()]
