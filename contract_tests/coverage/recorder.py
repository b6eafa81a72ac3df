"""The evidence of a run: requests of the contract tests by operation."""

import json
import re
import threading
from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import pytest
import requests

from contract_tests.coverage.file import Run, write_files
from contract_tests.coverage.operations import WRITING_METHODS, find

MAX_RULES = 6
MAX_OPERATIONS_OF_TEST = 100
"""A test with more operations, such as a random walk, says nothing about each."""
LEAST_SHARE = 0.2
"""The least share of a rule's tests that send an operation of the rule."""
FIXTURES_OF_EMULATORS = {"start", "service"}
"""The fixtures without which a test can run against another server."""
PROPERTY = "operations"

FAULT = re.compile(
    r'"type" ?: ?"(\w+)Exception"|<type>(\w+)Exception</type>|"code" ?: ?"([A-Z_]+)"'
)
STATE = re.compile(rb'"_resource_state"\s*:\s*"([^"]+)"')
STATE_HEADERS = ("If-Match", "x-dw-resource-state")
STATES_OF_NO_DOCUMENT = {"*", "not_exists"}
STALE_FAULTS = {"ResourceStateConflict", "InvalidIfMatch", "PRECONDITION_FAILED"}
RIGHT, STALE, CONCURRENT, SUCCESS = "right", "stale", "concurrent", "success"

Shown = dict[str, set[str]]
"""For each operation the types of faults, and ``success``, ``right``, ``stale``, ``concurrent``."""


def show(response: requests.Response) -> set[str]:
    """Return the evidence of an answer: success, faults, states, concurrency."""
    shown = set()
    condition = response.request.method in WRITING_METHODS and has_state(response.request)
    if response.ok:
        shown |= {SUCCESS} | ({RIGHT} if condition else set())
    else:
        faults = {next(filter(None, found)) for found in FAULT.findall(response.text)}
        shown |= faults | ({STALE} if condition and faults & STALE_FAULTS else set())
    if response.ok and threading.current_thread() is not threading.main_thread():
        shown.add(CONCURRENT)
    return shown


def has_state(request: requests.PreparedRequest) -> bool:
    """Return True if a request names the state of a document."""
    body = request.body if isinstance(request.body, bytes) else b""
    found = [state.decode() for state in STATE.findall(body)]
    found += [request.headers[name] for name in STATE_HEADERS if name in request.headers]
    return bool(set(found) - STATES_OF_NO_DOCUMENT)


@dataclass
class Noted:
    """The evidence of the tests so far.

    Attributes:
        counts: For each operation the number of tests that show something.
        by_rule: For each rule the number of its tests that send an operation.
        tests: The number of tests of each rule.
        verifiable: The rules with a test that can run against another server.
    """

    counts: dict[str, Counter[str]] = field(default_factory=lambda: defaultdict(Counter))
    by_rule: Counter[tuple[str, str]] = field(default_factory=Counter)
    tests: Counter[str] = field(default_factory=Counter)
    verifiable: set[str] = field(default_factory=set)

    def add(
        self, shown: Mapping[str, Sequence[str]], rules: Sequence[str], *, verifiable: bool
    ) -> None:
        """Add the evidence and the rules of a test."""
        if verifiable:
            self.verifiable.update(rules)
        if len(shown) > MAX_OPERATIONS_OF_TEST:
            return
        for operation, marks in shown.items():
            self.counts[operation].update(marks)
        self.by_rule.update((rule, operation) for rule in rules for operation in shown)
        self.tests.update(rules)

    def conclude(self) -> Run:
        """Return the evidence for the file."""
        operations = {
            operation: self._conclude(operation, counts)
            for operation, counts in self.counts.items()
        }
        return Run(operations, frozenset(self.verifiable))

    def _conclude(self, operation: str, counts: Counter[str]) -> dict[str, Any]:
        return {
            "tests": counts[SUCCESS],
            "faults": sorted(set(counts) - {SUCCESS, RIGHT, STALE, CONCURRENT}),
            "conditions": [state for state in (RIGHT, STALE) if counts[state]],
            "concurrent": ["tests"] if counts[CONCURRENT] else [],
            "rules": self.rules_of(operation),
        }

    def rules_of(self, operation: str) -> list[str]:
        """Return the rules of an operation."""
        shares = {rule: self.by_rule[rule, operation] / n for rule, n in self.tests.items()}
        own = [rule for rule, share in shares.items() if share >= LEAST_SHARE]
        return sorted(own, key=lambda rule: (-shares[rule], rule))[:MAX_RULES]


class Recorder:
    """Notes the evidence of each test, also of tests in the processes of xdist."""

    def __init__(self) -> None:
        self.noted = Noted()
        self.changed: list[str] = []
        self._shown: Shown = defaultdict(set)

    def note(self, response: requests.Response) -> None:
        """Note an answered request."""
        request = response.request
        if operation := find(str(request.method), str(request.url)):
            self._shown[operation] |= show(response)

    @pytest.hookimpl(wrapper=True)
    def pytest_runtest_teardown(self, item: pytest.Item) -> Iterator[None]:
        """Attach evidence and rules to the report of a test; the clean-up does not count."""
        shown = {operation: sorted(marks) for operation, marks in self._shown.items()}
        yield
        self._shown.clear()
        rules = sorted({rule for mark in item.iter_markers("rule") for rule in mark.args})
        bound = FIXTURES_OF_EMULATORS.intersection(getattr(item, "fixturenames", ()))
        verifiable = not bound and item.get_closest_marker("needs") is None
        item.user_properties.append((PROPERTY, json.dumps([shown, rules, verifiable])))

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        """Collect operations and rules from the report of a test."""
        properties = dict(report.user_properties)
        if report.when == "teardown" and PROPERTY in properties:
            shown, rules, verifiable = json.loads(str(properties[PROPERTY]))
            self.noted.add(shown, rules, verifiable=verifiable)

    def pytest_sessionfinish(self, session: pytest.Session, exitstatus: int) -> None:
        """Write the files after a run without failures."""
        if not hasattr(session.config, "workerinput") and exitstatus == pytest.ExitCode.OK:
            self.changed = write_files(self.noted.conclude())

    def pytest_terminal_summary(self, terminalreporter: pytest.TerminalReporter) -> None:
        """Print the operations with other evidence than before the run."""
        for label in self.changed:
            terminalreporter.write_line(f"other evidence: {label}")
