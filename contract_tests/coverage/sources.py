"""The evidence without a run of the tests: descriptions, recordings, clients, programs."""

import json
import re
import tomllib
from collections import Counter, defaultdict
from collections.abc import Collection, Iterator, Mapping, Sequence
from functools import cache
from pathlib import Path

from contract_tests.conformance import Comparison, compare, judge_operations, make, unname
from contract_tests.coverage.operations import (
    WRITING_METHODS,
    find,
    list_data_operations,
    list_service_operations,
)
from contract_tests.digest import DIGEST, Tree
from emulator.corpus.exchange import Exchange, Recording, find_recordings, read
from emulator.evidence.axis import REFUSED
from emulator.evidence.operation import Operation

ROOT = Path(__file__).parents[2]
CORPUS = ROOT / "corpus"
PROGRAMS = Path(__file__).with_name("programs.toml")
CONSISTENCY = ROOT / "consistency" / "operations.json"
"""The operations of the consistency run."""
CLIENT, STATE = "CLIENT", "_resource_state"
CLIENT_PREFIX = "client-"
"""The beginning of the name of a client's recording; the name of the client follows."""
STATELESS = ("/alerts/", "/ocapi_configs/", "/settings/", "/users/{login}/access_key/")
"""The paths of documents without a resource state."""
SOURCES = ("LIVE", "FIXTURE", "SEED")
"""The evidence of recordings whose answers are not of this emulator, strongest first."""
MAX_OK_STATUS = 399


@cache
def _describe() -> Tree:
    """Return the description of the server."""
    return make()


@cache
def compare_descriptions() -> Comparison:
    """Return the description of the server beside the facts of the Data API."""
    return compare(_describe(), json.loads(DIGEST.read_bytes()))


@cache
def list_stateful() -> frozenset[str]:
    """Return the writes of documents with a resource state.

    The description of a document always has the state. The answers of ``STATELESS`` have none.
    """
    definitions = _describe()["definitions"]
    found = set()
    for path, item in _describe()["paths"].items():
        if path.startswith(STATELESS):
            continue
        shown = item.get("get", {}).get("responses", {}).get("200", {}).get("schema", {})
        document = definitions.get(shown.get("$ref", "").rpartition("/")[2], {})
        if STATE in document.get("properties", {}):
            found |= {key(method, path) for method in WRITING_METHODS if method.lower() in item}
    return frozenset(found)


@cache
def judge_facts() -> Mapping[str, tuple[int, int, int]]:
    """Return for each operation the numbers of facts: right, by rule, wrong."""
    return judge_operations(compare_descriptions())


@cache
def list_described_faults() -> Mapping[str, Collection[str]]:
    """Return the types of faults in the server's description, for each operation."""
    found = defaultdict[str, set[str]](set)
    for kind, name in compare_descriptions().served:
        if kind == "fault":
            method, path, _, fault = name.split(" ")
            found[f"{method} {path}"].add(fault.removesuffix("Exception"))
    return found


def read_recordings(folder: Path = CORPUS) -> list[Recording]:
    """Return the recordings of the project."""
    return [read(file) for file in find_recordings([folder])] if folder.is_dir() else []


def _list_exchanges(
    recordings: Sequence[Recording],
) -> Iterator[tuple[str, str, Recording, Exchange]]:
    """Yield operation, evidence, recording and exchange."""
    for recording in recordings:
        for exchange in recording.exchanges:
            if operation := find(exchange.request.method, exchange.request.target):
                evidence = exchange.evidence or recording.head.evidence
                yield operation, evidence, recording, exchange


def count_recorded(recordings: Sequence[Recording]) -> Mapping[str, Mapping[str, int]]:
    """Return for each operation the numbers of exchanges by evidence, the strongest first.

    Refused requests have tags of their own.
    """
    counts = defaultdict[str, Counter[str]](Counter)
    for operation, evidence, _, exchange in _list_exchanges(recordings):
        is_answered = exchange.answer.status <= MAX_OK_STATUS
        counts[operation][evidence if is_answered else f"{evidence}{REFUSED}"] += 1
    tags = [*SOURCES, *(f"{tag}{REFUSED}" for tag in SOURCES)]
    return {
        operation: {tag: found[tag] for tag in tags if found[tag]}
        for operation, found in counts.items()
    }


def list_clients(recordings: Sequence[Recording]) -> Mapping[str, list[str]]:
    """Return for each operation the unmodified clients with a success, by their recordings."""
    found = defaultdict[str, set[str]](set)
    for operation, evidence, recording, exchange in _list_exchanges(recordings):
        if evidence == CLIENT and exchange.answer.status <= MAX_OK_STATUS:
            found[operation].add(recording.name.removeprefix(CLIENT_PREFIX))
    return {operation: sorted(clients) for operation, clients in found.items()}


def list_concurrent(file: Path = CONSISTENCY) -> frozenset[str]:
    """Return the operations of the consistency run."""
    return frozenset(json.loads(file.read_bytes()) if file.is_file() else ())


@cache
def _programs() -> Sequence[tuple[re.Pattern[str], int]]:
    """Return patterns of paths with numbers of clients, the longest first."""
    table: dict[str, int] = tomllib.loads(PROGRAMS.read_text(encoding="utf-8"))
    rows = sorted(table.items(), key=lambda row: -len(row[0]))
    return [(re.compile(path.replace("*", "[^/]+") + r"(?![^/])"), n) for path, n in rows]


def count_programs(path: str) -> int:
    """Return the number of public clients with a path in their sources."""
    return next((n for pattern, n in _programs() if pattern.match(path)), 0)


def key(method: str, path: str) -> str:
    """Return the name of an operation in the comparison."""
    return f"{method} {unname(path)}"


def list_operations(recordings: Sequence[Recording]) -> Iterator[Operation]:
    """Yield the operations of both APIs with all evidence but the results of a run."""
    recorded, clients = count_recorded(recordings), list_clients(recordings)
    for one in list_data_operations():
        name = key(one.method, one.path)
        yield one._replace(
            implemented=("operation", name) in compare_descriptions().served,
            facts=list(judge_facts()[name]),
            programs=count_programs(one.path),
            clients=clients.get(one.name, []),
            recorded=recorded.get(one.name, {}),
            unprovoked=sorted(list_described_faults().get(name, ())),
            takes_state=name in list_stateful(),
        )
    for one in list_service_operations():
        yield one._replace(takes_state=one.method in WRITING_METHODS)
