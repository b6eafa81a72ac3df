"""Tells the program that runs the tests how they go: a plugin, ``-p contract_tests.report``.

Each message is a line of its standard output, a JSON object behind ``RECORD``. One comes first,
with ``total`` and all ``rules`` there are; one for each test, with ``test``, ``rules``, ``outcome``
(``passed``, ``failed``, ``skipped``) and ``lines`` that say why; one with ``error`` where the run
cannot be made. Secrets and tokens are masked, here and in pytest's own reports.
"""

import json
import re
from collections.abc import Generator, Iterable, Sequence
from functools import cache
from typing import Any

import pytest

from contract_tests.api import LAST, SECRETS

RECORD = "\x1e"
MASK = "***"
LONGEST = 200
JWT = re.compile(r"eyJ[\w-]{8,}(\.[\w-]*){1,2}")
COMPARED = ("expected: ", "came:     ")


def pytest_addoption(parser: pytest.Parser) -> None:
    """Add the option that picks rules."""
    parser.addoption("--rules", default="", help="ids of the rules to test, joined by commas")


def pytest_configure(config: pytest.Config) -> None:
    """Begin to report."""
    rules = {rule for rule in config.getoption("--rules").split(",") if rule}
    config.pluginmanager.register(Reporter(rules), "contract-reporter")


def tell(**message: Any) -> None:
    """Write one message."""
    print(RECORD + json.dumps(message), flush=True)  # noqa: T201 - this is how it is told


def mask(text: str) -> str:
    """Return a text without the secrets and tokens of this run."""
    for secret in sorted(SECRETS, key=len, reverse=True):
        text = _however_escaped(secret).sub(MASK, text)
    return JWT.sub(MASK, text)


@cache
def _however_escaped(secret: str) -> re.Pattern[str]:
    """Return what finds a secret, also as part of a string that is quoted, or quoted twice."""
    parts = (r"\\+" if sign == "\\" else rf"\\*{re.escape(sign)}" for sign in secret)
    return re.compile("".join(parts))


def shorten(text: str) -> str:
    """Return a text in one line that can be read."""
    line = " ".join(mask(text).split())
    return line if len(line) <= LONGEST else line[:LONGEST] + "..."


class Masked:
    """What pytest tells of a failure, masked.

    Args:
        shown: What pytest would tell.
    """

    def __init__(self, shown: Any) -> None:
        self.text = mask(str(shown))
        crash = getattr(shown, "reprcrash", None)
        self.reprcrash = crash
        if crash is not None:
            crash.message = mask(crash.message)

    def __str__(self) -> str:
        return self.text


class Reporter:
    """The hooks of one run.

    Args:
        wanted: The rules to test; none stands for all.
    """

    def __init__(self, wanted: set[str]) -> None:
        self.wanted = wanted
        self.rules: list[str] = []
        self.outcome = "passed"
        self.lines: list[str] = []

    @pytest.hookimpl(trylast=True)
    def pytest_collection_modifyitems(self, items: list[pytest.Item]) -> None:
        """Keep the tests of the rules that are wanted."""
        found = [(item, rules_of(item)) for item in items]
        items[:] = [item for item, rules in found if self._wants(rules)]
        for item, rules in found:
            item.user_properties.extend(("rule", rule) for rule in rules)
        known = sorted({rule for _, rules in found for rule in rules})
        tell(total=len(items), rules=known)

    def _wants(self, rules: Iterable[str]) -> bool:
        return bool(self.wanted.intersection(rules) if self.wanted else rules)

    def pytest_collectreport(self, report: pytest.CollectReport) -> None:
        """Tell of a module that cannot be imported."""
        if report.failed:
            tell(error=f"{report.nodeid} cannot be read: {mask(report.longreprtext)}")

    def pytest_keyboard_interrupt(self, excinfo: pytest.ExceptionInfo[BaseException]) -> None:
        """Tell why the run ends before its time."""
        if isinstance(excinfo.value, pytest.exit.Exception):
            tell(error=shorten(str(excinfo.value.msg)))

    def pytest_runtest_logstart(self) -> None:
        """Forget the test before."""
        self.outcome, self.lines = "passed", []
        LAST.clear()

    @pytest.hookimpl(wrapper=True)
    def pytest_runtest_makereport(
        self, item: pytest.Item, call: pytest.CallInfo[None]
    ) -> Generator[None, pytest.TestReport, pytest.TestReport]:
        """Note how a phase of a test went, and mask what pytest tells of it."""
        report = yield
        self.rules = rules_of(item)
        if report.failed:
            report.longrepr = Masked(report.longrepr)  # type: ignore[assignment]
            self.outcome = "failed"
            self.lines += explain(call.excinfo.value) if call.excinfo else []
        elif report.skipped and isinstance(report.longrepr, tuple):
            self.outcome = "skipped"
            self.lines = [shorten(report.longrepr[2].removeprefix("Skipped: "))]
        report.sections = [(name, mask(content)) for name, content in report.sections]
        return report

    def pytest_runtest_logfinish(self, nodeid: str) -> None:
        """Tell how a test went."""
        name = nodeid.rpartition("contract_tests/")[2]
        tell(test=mask(name), rules=self.rules, outcome=self.outcome, lines=self.lines)

    def pytest_assertrepr_compare(self, op: str, left: object, right: object) -> list[str] | None:
        """Tell what was expected and what came; tests compare what came with a literal."""
        if op != "==":
            return None
        came, expected = narrow(left, right)
        values = shorten(repr(expected)), shorten(repr(came))
        told = [name + value for name, value in zip(COMPARED, values, strict=True)]
        return ["came == expected", *told]


def rules_of(item: pytest.Item) -> list[str]:
    """Return the rules that a test is marked with."""
    return [rule for mark in item.iter_markers("rule") for rule in mark.args]


def narrow(came: Any, expected: Any) -> tuple[Any, Any]:
    """Return two values without the members of objects in which they agree."""
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
    """Return in a few lines why a test failed, and what the server answered last."""
    told = [line.strip() for line in str(error).splitlines() if line.strip()]
    lines = [line for line in told if line.startswith(COMPARED)]
    if lines and not told[0].startswith("assert "):
        lines.insert(0, told[0])
    elif not lines:
        kind = "" if isinstance(error, AssertionError) else f"{type(error).__name__}: "
        lines = [kind + line for line in told[:1]] + told[1:3] or [type(error).__name__]
    return [*map(shorten, lines), *last_answer()]


def last_answer() -> Sequence[str]:
    """Return a line about the answer that came last in the present test, if any."""
    if not LAST:
        return []
    answer = LAST[-1]
    asked = shorten(f"{answer.request.method} {answer.request.path_url}")
    return [f"answered: {asked} -> {answer.status_code} {shorten(answer.text)}".strip()]
