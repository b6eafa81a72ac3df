"""The operations of both APIs with their evidence, as ``coverage.json`` has them."""

import json
from collections.abc import Mapping, Sequence
from fnmatch import fnmatchcase
from functools import cache
from pathlib import Path
from typing import NamedTuple

FILE = Path(__file__).with_name("coverage.json")
DATA_API, INVENTORY_SERVICE = "Data API", "Inventory Service API"


class Operation(NamedTuple):
    """An operation with its evidence.

    Attributes:
        api: The title of the API.
        name: The name of the operation in the description, such as ``getSites``.
        method: The HTTP method.
        path: The path below the version, with ids in braces.
        implemented: Whether the emulator serves the operation.
        facts: The numbers of facts in the description: right, by rule, wrong. Empty for an API
            without a reference.
        programs: The number of public clients with the path in their sources.
        tests: The number of contract tests in which the operation succeeds.
        clients: The unmodified clients with a successful request.
        recorded: The number of recorded exchanges of other servers, by the tag of the evidence.
        faults: The types of the faults that contract tests provoke.
        unprovoked: The described types of faults that no contract test provokes.
        takes_state: Whether a write may name the state of the document.
        conditions: ``right`` and ``stale``: which states the tests send with a write.
        concurrent: ``tests`` and ``consistency``: who sends the operation from several threads at
            the same time.
        rules: The ids of rules whose tests send the operation.
    """

    api: str
    name: str
    method: str
    path: str
    implemented: bool = True
    facts: Sequence[int] = ()
    programs: int = 0
    tests: int = 0
    clients: Sequence[str] = ()
    recorded: Mapping[str, int] = {}
    faults: Sequence[str] = ()
    unprovoked: Sequence[str] = ()
    takes_state: bool = False
    conditions: Sequence[str] = ()
    concurrent: Sequence[str] = ()
    rules: Sequence[str] = ()

    @property
    def label(self) -> str:
        """Method and path."""
        return f"{self.method} {self.path}"

    @property
    def text(self) -> str:
        """All words of the operation in lower case, for a search."""
        listed = (*self.clients, *self.recorded, *self.faults, *self.rules)
        return " ".join((self.label, self.name, self.api, *listed)).lower()

    @property
    def has_counterpart(self) -> bool:
        """Whether there is a public description, and perhaps a live instance and a client."""
        return self.api == DATA_API


class Evidence(NamedTuple):
    """The content of the file.

    Attributes:
        operations: The operations in the order of the descriptions.
        conformance: For each kind of facts the numbers: right, by rule, wrong, served, and in the
            reference.
        verifiable: The ids of rules that ``ocapi-emulator verify`` can test on another server.
    """

    operations: Sequence[Operation]
    conformance: Mapping[str, Sequence[int]]
    verifiable: frozenset[str]


def read(text: str) -> Evidence:
    """Return the evidence in the text of a file."""
    content = json.loads(text)
    operations = [Operation(**row) for row in content["operations"]]
    return Evidence(operations, content["conformance"], frozenset(content["verifiable"]))


def write(evidence: Evidence) -> str:
    """Return the text of a file: a line for each operation, without empty values."""
    shown = (
        {name: value for name, value in row._asdict().items() if _is_told(name, value)}
        for row in evidence.operations
    )
    rows = ",\n".join(json.dumps(row) for row in shown)
    conformance = json.dumps(evidence.conformance)
    verifiable = json.dumps(sorted(evidence.verifiable))
    return (
        f'{{"conformance": {conformance},\n"verifiable": {verifiable},\n'
        f'"operations": [\n{rows}\n]}}\n'
    )


def _is_told(name: str, value: object) -> bool:
    return name not in Operation._field_defaults or value != Operation._field_defaults[name]


def search(words: str) -> list[Operation]:
    """Return the operations with all words, in their order; ``*`` stands for any characters."""
    patterns = [f"*{word}*" for word in words.lower().split()]
    return [
        one
        for one in load().operations
        if all(fnmatchcase(one.text, pattern) for pattern in patterns)
    ]


@cache
def load() -> Evidence:
    """Return the evidence of this version of the emulator."""
    return read(FILE.read_text(encoding="utf-8"))
