"""Write ``docs/coverage.md``: each operation of the Data API with its tests, rules and evidence.

The module is a plugin of pytest for a run of the contract tests. It notes the operations in the
requests of each test, and writes the page at the end. As a program it writes the page again from
the description of the server and the ledger, and keeps the tests and rules of the last run:

    pytest -p contract_tests.coverage -n auto -m "not long" contract_tests
    python -m contract_tests.coverage
"""

import json
import re
from collections import Counter, defaultdict
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlsplit

import pytest
import requests

from contract_tests import ledger
from contract_tests.conformance import compare, count_facts, make, make_table
from contract_tests.digest import DIGEST, HTTP_METHODS

PAGE = ledger.DOCS / "coverage.md"
INTRODUCTION = """# Coverage of the Data API 23.2

`make coverage-page` writes this page from the description of the server, [the ledger](contract.md)
and a run of the contract tests.

## Conformance

The facts of the description beside the facts of the Data API, at the paths that are served. A
difference on purpose has a rule in `contract_tests/conformance.py`.

Each fact counts once, as right, by rule or wrong, even if only one side states it. So a row can add
up to more than the facts served: some facts of the reference are left out by rule. The server has
one operation more than the reference: `GET /sites/Sites-Site` (CART-2). It has one document less:
`string`, which is a plain type.
"""
OPERATIONS = """
## Operations

The column "tests" counts the contract tests in which the operation succeeds. A rule stands at an
operation if at least a fifth of its tests send the operation; up to six rules are named, those
with the greatest share first. Tests of more than 100 operations count for no rule. The evidence is
that of these rules.
"""
MAX_RULES = 6
MAX_OPERATIONS_OF_RULE = 100
"""A test with more operations says nothing about the rules of each."""
LEAST_SHARE = 0.2
"""The least share of a rule's tests that send an operation of the rule."""
DATA_PATH = "/dw/data/"
PROPERTY = "operations"

ROW = re.compile(r"\| `(\w+) (/\S+)` \| (?:yes|no) \| (\d*) \| ([^|]*) \|")

Operation = tuple[str, str]
"""Method and path, with ids in braces."""
Noted = Mapping[Operation, tuple[str, str]]
"""For each operation of a run the number of tests with a success, and the rules; as text."""


class Templates:
    """The operations of the Data API, to find by method and path."""

    def __init__(self) -> None:
        paths = json.loads(DIGEST.read_bytes())["paths"]
        self.operations: list[Operation] = [
            (method.upper(), path)
            for path, item in paths.items()
            for method in HTTP_METHODS
            if method in item
        ]
        self._by_length: dict[tuple[str, int], list[str]] = defaultdict(list)
        for method, path in self.operations:
            self._by_length[method, path.count("/")].append(path)

    def find(self, method: str, url: str) -> Operation | None:
        """Return the operation of a request; a literal segment goes before an id."""
        _, data, below = urlsplit(url).path.partition(DATA_PATH)
        path = below[below.find("/") :] if data and "/" in below else ""
        known = self._by_length[method, path.count("/")]
        found = [template for template in known if _fits(template, path)]
        return (method, min(found, key=lambda t: t.count("{"))) if found else None


def _fits(template: str, path: str) -> bool:
    pairs = zip(template.split("/"), path.split("/"), strict=True)
    return all(known.startswith("{") or known == sent for known, sent in pairs)


@dataclass
class Sent:
    """The operations in the requests of the tests.

    Attributes:
        successes: The number of tests in which an operation succeeds.
        by_rule: For each rule the number of its tests that send an operation.
        tests: The number of tests of each rule.
    """

    successes: Counter[Operation] = field(default_factory=Counter)
    by_rule: Counter[tuple[str, Operation]] = field(default_factory=Counter)
    tests: Counter[str] = field(default_factory=Counter)

    def add(self, operations: dict[Operation, bool], rules: list[str]) -> None:
        """Add a test: its operations, each with its success, and its rules."""
        self.successes.update(operation for operation, succeeded in operations.items() if succeeded)
        if len(operations) > MAX_OPERATIONS_OF_RULE:
            return
        self.by_rule.update((rule, operation) for rule in rules for operation in operations)
        self.tests.update(rules)

    def note(self) -> Noted:
        """Return what the page shows of the run."""
        seen = {operation for _, operation in self.by_rule} | set(self.successes)
        return {
            operation: (str(self.successes[operation]), ", ".join(self.rules_of(operation)))
            for operation in seen
        }

    def rules_of(self, operation: Operation) -> list[str]:
        """Return the rules of an operation."""
        shares = {rule: self.by_rule[rule, operation] / n for rule, n in self.tests.items()}
        own = [rule for rule, share in shares.items() if share >= LEAST_SHARE]
        return sorted(own, key=lambda rule: (-shares[rule], rule))[:MAX_RULES]


class Recorder:
    """Notes the operations of each test; collects them also from the processes of xdist."""

    def __init__(self) -> None:
        self.templates = Templates()
        self.sent = Sent()
        self._seen: dict[Operation, bool] = {}

    def note(self, response: requests.Response) -> None:
        """Note an answered request."""
        request = response.request
        found = self.templates.find(str(request.method), str(request.url))
        if found is not None:
            self._seen[found] = self._seen.get(found, False) or response.ok

    @pytest.hookimpl(wrapper=True)
    def pytest_runtest_teardown(self, item: pytest.Item) -> Iterator[None]:
        """Attach operations and rules to the report of a test."""
        yield
        rules = sorted({rule for mark in item.iter_markers("rule") for rule in mark.args})
        noted = json.dumps([[*operation, ok] for operation, ok in self._seen.items()])
        item.user_properties += [(PROPERTY, noted), ("rules", json.dumps(rules))]
        self._seen.clear()

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        """Collect operations and rules from the report of a test."""
        properties = dict(report.user_properties)
        if report.when == "teardown" and PROPERTY in properties:
            rows = json.loads(str(properties[PROPERTY]))
            operations = {(method, path): ok for method, path, ok in rows}
            self.sent.add(operations, json.loads(str(properties["rules"])))

    def pytest_sessionfinish(self, session: pytest.Session, exitstatus: int) -> None:
        """Write the page after a run without failures."""
        if not hasattr(session.config, "workerinput") and exitstatus == pytest.ExitCode.OK:
            write_page(self.sent.note())


def pytest_configure(config: pytest.Config) -> None:
    """Register the recorder, and let it see every answer."""
    recorder = Recorder()
    config.pluginmanager.register(recorder, "operation-recorder")
    send: Callable[..., requests.Response] = requests.Session.send

    def observe(session: requests.Session, *given: Any, **options: Any) -> requests.Response:
        response = send(session, *given, **options)
        recorder.note(response)
        return response

    requests.Session.send = observe  # type: ignore[assignment]


def write_page(noted: Noted) -> None:
    """Write the page."""
    PAGE.write_text(render(noted), encoding="utf-8")


def read_page() -> Noted:
    """Return what the page shows of the last run."""
    rows = ROW.findall(PAGE.read_text(encoding="utf-8"))
    return {(method, path): (tests, rules) for method, path, tests, rules in rows}


def render(noted: Noted) -> str:
    """Return the page."""
    description, operations = make(), Templates().operations
    served = {
        (method, path) for method, path in operations if _is_served(description, method, path)
    }
    head = ["operation", "implemented", "tests", "rules", "evidence"]
    rows = [
        _row(operation, operation in served, *noted.get(operation, ("0", "")))
        for operation in operations
    ]
    counts = count_facts(compare(description, json.loads(DIGEST.read_bytes())))
    summary = f"{len(served)} of {len(operations)} operations are implemented."
    parts = [INTRODUCTION, counts, OPERATIONS, f"{summary}\n", make_table(head, rows)]
    return "\n".join(parts) + "\n"


def _is_served(description: Any, method: str, path: str) -> bool:
    return method.lower() in description["paths"].get(path, {})


def _row(operation: Operation, served: bool, tests: str, rules: str) -> list[str]:
    name = f"`{' '.join(operation)}`"
    if not served:
        return [name, "no", "", "", ""]
    known = [rule for rule in ledger.rules() if rule.id in rules.split(", ")]
    tags = {tag for rule in known for tag in rule.evidence}
    return [name, "yes", tests or "0", rules, ", ".join(sorted(tags))]


if __name__ == "__main__":
    write_page(read_page())
