"""Holds the description of a server against a reference: what agrees, what differs, and why.

Both are Swagger 2.0 or OpenAPI 3.0. They are read into facts, which are compared one by one:
operations, parameters, documents, properties and faults of all paths that the server has. What
differs on purpose stands in ``RULES`` with the rule of the contract that wants it so; anything
else is wrong, and the program ends with 1.

    python -m contract_tests.conformance reference.json [--url https://host] > conformance.md
"""

import argparse
import json
import os
import re
import sys
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from fnmatch import fnmatchcase
from pathlib import Path
from typing import Any

from contract_tests.api import Api

META_PATH = "/s/-/dw/meta/v1/rest/data/v23_2"
DEMO = "a" * 30
SECRET = "OCAPI_EMULATOR_CLIENT_SECRET"
METHODS = ("get", "put", "post", "patch", "delete")
# With their plurals.
KINDS = {
    "operation": "operations",
    "parameter": "parameters",
    "document": "documents",
    "property": "properties",
    "fault": "faults",
}
STATED = (
    "format",
    "minLength",
    "maxLength",
    "minimum",
    "maximum",
    "minItems",
    "maxItems",
    "pattern",
    "enum",
    "readOnly",
)
# What is said to a reader of the reference rather than to a program.
NOTES = ("x-note", "x-not-in-23.2-docs")
FAULT = re.compile(r"`(\w+Exception)`")
PARAMETER = re.compile(r"\{[^}]*\}")
PRESENT, ABSENT = "stated", ""
MOST_EXAMPLES = 3

Tree = Mapping[str, Any]
Facets = dict[str, str]
Subject = tuple[str, str]


@dataclass(frozen=True)
class Fact:
    """What a description says of a subject.

    Attributes:
        facets: What is stated of it, such as ``type`` and ``maxLength``; values as text.
        note: A remark that it need not be there; empty for none.
    """

    facets: Mapping[str, str]
    note: str = ""


Facts = dict[Subject, Fact]
"""Facts by kind and name of what they are about."""


@dataclass(frozen=True)
class Deviation:
    """One thing that the two descriptions state differently.

    Attributes:
        kind: One of KINDS.
        name: What it is about, such as ``GET /inventory_lists`` or ``inventory_list.id``.
        facet: What of it differs; empty if one of the two does not have it at all.
        served: What the server states, ABSENT if nothing.
        reference: What the reference states, likewise.
        reason: The rule that wants it so; empty if none does.
    """

    kind: str
    name: str
    facet: str
    served: str
    reference: str
    reason: str = ""


@dataclass(frozen=True)
class Rule:
    """A deviation on purpose; ``*`` in a pattern stands for anything.

    Attributes:
        identifier: The rule of the contract.
        why: What it says, in few words.
        kind: One of KINDS.
        name: A pattern of the names it is about.
        facet: A pattern of what differs; empty for the whole subject.
        served: A pattern of what the server states; ABSENT where it states nothing.
    """

    identifier: str
    why: str
    kind: str
    name: str
    facet: str = ""
    served: str = PRESENT

    def explains(self, deviation: Deviation) -> bool:
        """Return whether the deviation is this one."""
        patterns = ((self.name, deviation.name), (self.facet, deviation.facet))
        named = all(fnmatchcase(text, pattern) for pattern, text in patterns)
        return named and self.kind == deviation.kind and fnmatchcase(deviation.served, self.served)

    @property
    def reason(self) -> str:
        """The rule in one line."""
        return f"{self.identifier}: {self.why}"


RULES = (
    Rule(
        "SITE-1",
        "a missing site is told by its own fault",
        "fault",
        "GET /sites/{} 404 SiteNotFoundException",
    ),
    Rule(
        "SRC-1",
        "a selector may be malformed in every search",
        "fault",
        "POST /site_search 400 MalformedSelectorException",
    ),
    Rule("MET-1", "a PUT that creates answers 201", "operation", "PUT *", "201", "*"),
    Rule(
        "INV-5",
        "PUT of an id that exists is refused, never answered 200",
        "operation",
        "PUT /inventory_lists/{}",
        "200",
        ABSENT,
    ),
    Rule(
        "INV-5",
        "PUT of an id that exists is refused",
        "fault",
        "PUT /inventory_lists/{} 404 InventoryListDuplicateException",
    ),
    Rule(
        "INV-3",
        "another id in the body is refused by every write",
        "fault",
        "P* 400 IdConflictException",
    ),
    Rule("SEL-2", "every document can be selected from", "parameter", "* query select"),
    Rule("PAG-1", "start is not below 0", "parameter", "GET * query start", "minimum", "0"),
    Rule("PAG-1", "count is not below 0", "parameter", "GET * query count", "minimum", "0"),
    Rule("URL-7", "a segment is never empty", "parameter", "* path *", "minLength", "1"),
    Rule("INV-4", "a new id has up to 256 signs", "parameter", "PUT * path *", "maxLength", "256"),
    Rule("INV-4", "an id has 1 to 256 signs", "property", "inventory_list.id", "minLength", "1"),
    Rule("INV-4", "an id has 1 to 256 signs", "property", "inventory_list.id", "maxLength", "256"),
    Rule("ENV-1", "documents have an envelope", "property", "*._v"),
    Rule("ENV-1", "documents have an envelope", "property", "*._type"),
    Rule("ENV-1", "documents have an envelope", "property", "*._resource_state"),
    Rule("DEC-3", "link is computed", "property", "*.link", "readOnly", "true"),
    Rule("DEC-3", "writes set the dates", "property", "*.creation_date", "readOnly", "true"),
    Rule("DEC-3", "writes set the dates", "property", "*.last_modified", "readOnly", "true"),
    Rule(
        "DEC-3",
        "the sites hold the assignment",
        "property",
        "inventory_list.assigned_sites",
        "readOnly",
        "true",
    ),
    Rule(
        "DEC-3",
        "follows from allocation and turnover",
        "property",
        "product_inventory_record.ats",
        "readOnly",
        "true",
    ),
    Rule(
        "DEC-3",
        "follows from allocation and turnover",
        "property",
        "product_inventory_record.stock_level",
        "readOnly",
        "true",
    ),
    Rule(
        "FLT-1",
        "arguments hold plain values",
        "property",
        "fault.fault.arguments",
        "values.type",
        ABSENT,
    ),
    Rule("SRC-2", "a query is one of its kinds", "property", "query.*_query"),
    Rule("SRC-2", "a filter is one of its kinds", "property", "filter.*_filter"),
    Rule("SRC-2", "a value is a scalar", "property", "term_*.values", "items.type", "anything"),
    Rule("SRC-2", "a bound is a scalar", "property", "range*_filter.*", "type", "anything"),
    Rule("SRC-3", "a result has hits alone", "property", "*_search_result.data", "", ABSENT),
    Rule(
        "SRC-4",
        "the work of a search has a bound",
        "fault",
        "POST *_search 400 QuotaExceededException",
    ),
    Rule(
        "SRC-4",
        "an unknown operator has a fault of its own",
        "property",
        "*.operator",
        "enum",
        ABSENT,
    ),
)


class Description:
    """A description as facts.

    Args:
        tree: Swagger 2.0 or OpenAPI 3.0, decoded.
    """

    def __init__(self, tree: Tree) -> None:
        self.tree = tree
        components = tree.get("components", {})
        self.documents: Tree = tree.get("definitions", components.get("schemas", {}))

    @property
    def paths(self) -> set[str]:
        """All paths; the names of parameters in them are left out."""
        return {_unname(path) for path in self.tree["paths"]}

    def facts(self, paths: set[str], documents: Iterable[str]) -> Facts:
        """Return the facts about these paths, and about these documents where there are such."""
        told = {
            subject: fact
            for name, operation in self._operations(paths)
            for subject, fact in self._read_operation(name, operation)
        }
        for name in documents:
            if name in self.documents:
                told["document", name] = Fact({})
                told |= _read_properties(name, self.documents[name])
        return told

    def reach(self, paths: set[str]) -> set[str]:
        """Return the documents that the operations of these paths have, and those in them."""
        reached = set[str]()
        waiting = {
            name for _, operation in self._operations(paths) for name in self._mentioned(operation)
        }
        while waiting:
            reached |= waiting
            inside = (self._mentioned(self.documents.get(name, {})) for name in waiting)
            waiting = {name for names in inside for name in names} - reached
        return reached

    def _operations(self, paths: set[str]) -> Iterator[tuple[str, Tree]]:
        for path, item in self.tree["paths"].items():
            if _unname(path) in paths:
                shared = item.get("parameters", [])
                for method in METHODS:
                    if method in item:
                        parameters = [*shared, *item[method].get("parameters", [])]
                        name = f"{method.upper()} {_unname(path)}"
                        yield name, {**item[method], "parameters": parameters}

    def _mentioned(self, part: Any) -> Iterator[str]:
        """Yield the names of the documents that a part of the description refers to."""
        if isinstance(part, Mapping):
            if "$ref" in part:
                yield from self._follow(part["$ref"])
            part = list(part.values())
        if isinstance(part, list):
            for inner in part:
                yield from self._mentioned(inner)

    def _follow(self, reference: Any) -> Iterator[str]:
        place, _, name = str(reference).rpartition("/")
        if place == "#/components/requestBodies":
            yield from self._mentioned(self._resolve({"$ref": reference}))
        else:
            yield name

    def _resolve(self, part: Tree) -> Tree:
        """Return what a reference to something other than a document stands for."""
        found: Any = self.tree
        if "$ref" not in part:
            return part
        for segment in part["$ref"].removeprefix("#/").split("/"):
            found = found[segment]
        return dict(found)

    def _read_operation(self, name: str, operation: Tree) -> Iterator[tuple[Subject, Fact]]:
        facets = {"operationId": operation.get("operationId", ""), **self._read_request(operation)}
        for status, told in operation["responses"].items():
            response = self._resolve(told)
            for fault in FAULT.findall(response.get("description", "")):
                yield ("fault", f"{name} {status} {fault}"), Fact({}, _note(response))
            if status == "default" or status.startswith("2"):
                facets[status] = _read_content(response)
        yield ("operation", name), Fact(facets)
        for parameter in map(self._resolve, operation["parameters"]):
            if parameter["in"] != "body":
                yield _read_parameter(name, parameter)

    def _read_request(self, operation: Tree) -> Facets:
        bodies = [p for p in map(self._resolve, operation["parameters"]) if p["in"] == "body"]
        if "requestBody" in operation:
            bodies.append(self._resolve(operation["requestBody"]))
        return {
            key: value
            for body in bodies
            for key, value in (
                ("request", _read_content(body)),
                ("request.required", _text(body.get("required", False))),
            )
        }


def _unname(path: str) -> str:
    return PARAMETER.sub("{}", path)


def _read_content(part: Tree) -> str:
    """Return the type of a body, of a response or a request."""
    schemas = [media.get("schema", {}) for media in part.get("content", {}).values()]
    schema = part.get("schema", schemas[0] if schemas else None)
    return "nothing" if schema is None else _read_schema(schema)["type"]


def _read_parameter(operation: str, parameter: Tree) -> tuple[Subject, Fact]:
    required = {"required": _text(parameter.get("required", False))}
    facets = required | _read_schema(parameter.get("schema", parameter))
    return ("parameter", f"{operation} {parameter['in']} {parameter['name']}"), Fact(facets)


def _read_properties(owner: str, schema: Tree) -> Facts:
    """Return the facts about properties, and about those of objects that have no name."""
    told: Facts = {}
    for name, inner in schema.get("properties", {}).items():
        required = {"required": _text(name in schema.get("required", ()))}
        told["property", f"{owner}.{name}"] = Fact(required | _read_schema(inner), _note(inner))
        told |= _read_properties(f"{owner}.{name}", inner)
    return told


def _read_schema(schema: Tree) -> Facets:
    """Return what a schema states; of entries behind ``items.``, of a map's behind ``values.``."""
    if "$ref" in schema:
        return {"type": schema["$ref"].rpartition("/")[2]}
    stated = {key: _text(schema[key]) for key in STATED if schema.get(key, False) is not False}
    told = {"type": schema.get("type", "anything"), **stated}
    for key, prefix in (("items", "items"), ("additionalProperties", "values")):
        if isinstance(schema.get(key), Mapping):
            told |= {f"{prefix}.{k}": v for k, v in _read_schema(schema[key]).items()}
    return told


def _text(value: Any) -> str:
    if isinstance(value, list):
        return ", ".join(sorted(map(_text, value)))
    return value if isinstance(value, str) else json.dumps(value)


def _note(part: Tree) -> str:
    found = (part[name] for name in NOTES if name in part)
    return next(
        (v if isinstance(v, str) else "not in the documentation of 23.2" for v in found), ""
    )


@dataclass(frozen=True)
class Comparison:
    """What comes of comparing.

    Attributes:
        served: The facts about the server.
        reference: The facts of the reference about the same paths.
        whole: All facts of the reference.
        deviations: Where these differ, in the order of kinds and names.
    """

    served: Facts
    reference: Facts
    whole: Facts
    deviations: Sequence[Deviation]

    @property
    def wrong(self) -> list[Deviation]:
        """The deviations that nothing explains."""
        return [deviation for deviation in self.deviations if not deviation.reason]


def compare(served: Tree, reference: Tree, rules: Iterable[Rule] = RULES) -> Comparison:
    """Compare two descriptions as to the paths that the first has.

    Documents are those of the first, and those that the reference has on these paths.
    """
    ours, theirs, rules = Description(served), Description(reference), tuple(rules)
    documents = ours.reach(ours.paths)
    here = ours.facts(ours.paths, documents)
    there = theirs.facts(ours.paths, documents | theirs.reach(ours.paths))
    whole = theirs.facts(theirs.paths, theirs.documents)
    found = (explain(deviation, rules) for deviation in deviate(here, there))
    order = tuple(KINDS)
    deviations = sorted(found, key=lambda d: (order.index(d.kind), d.name, d.facet))
    return Comparison(here, there, whole, deviations)


def deviate(served: Facts, reference: Facts) -> Iterator[Deviation]:
    """Yield where the facts differ; what the reference notes as doubtful is explained by that."""
    for kind, name in served.keys() | reference.keys():
        here, there = served.get((kind, name)), reference.get((kind, name))
        if here is None or there is None:
            told = (PRESENT, ABSENT) if there is None else (ABSENT, PRESENT)
            note = f"reference: {there.note}" if there and there.note else ""
            yield Deviation(kind, name, "", *told, note)
        else:
            for facet in here.facets.keys() | there.facets.keys():
                values = here.facets.get(facet, ABSENT), there.facets.get(facet, ABSENT)
                if values[0] != values[1]:
                    yield Deviation(kind, name, facet, *values)


def explain(deviation: Deviation, rules: Iterable[Rule]) -> Deviation:
    """Return the deviation with the first rule that wants it."""
    found = (rule.reason for rule in rules if rule.explains(deviation))
    return replace(deviation, reason=deviation.reason or next(found, ""))


def render(comparison: Comparison) -> str:
    """Return a comparison as Markdown: the numbers, what is wrong, what rules explain."""
    rows = [_count(comparison, kind) for kind in KINDS]
    wrong = [
        [d.kind, d.name, d.facet or "all of it", d.served or "-", d.reference or "-"]
        for d in comparison.wrong
    ]
    parts = [
        "# Conformance",
        _table(["", "right", "by rule", "wrong", "served", "in the reference"], rows),
        "## Wrong",
        _table(["kind", "name", "what", "served", "reference"], wrong) if wrong else "Nothing.",
        "## By rule",
        _table(["rule", "deviations", "such as"], list(_group(comparison.deviations))),
    ]
    return "\n\n".join(parts) + "\n"


def _count(comparison: Comparison, kind: str) -> list[str]:
    """Return the row of a kind; what the server has and the reference has not counts as well."""
    wrong = {d.name for d in comparison.wrong if d.kind == kind}
    by_rule = {d.name for d in comparison.deviations if d.kind == kind} - wrong
    names = {n for k, n in comparison.served.keys() | comparison.reference.keys() if k == kind}
    served = sum(k == kind for k, _ in comparison.served)
    whole = sum(k == kind for k, _ in comparison.whole)
    right = len(names - wrong - by_rule)
    return [KINDS[kind], *map(str, (right, len(by_rule), len(wrong), served, whole))]


def _group(deviations: Iterable[Deviation]) -> Iterator[list[str]]:
    groups: dict[str, list[str]] = {}
    for deviation in deviations:
        if deviation.reason:
            told = f"{deviation.name} {deviation.facet}".strip()
            groups.setdefault(deviation.reason, []).append(f"`{told}`")
    for reason in sorted(groups):
        named = groups[reason]
        more = ["..."] if len(named) > MOST_EXAMPLES else []
        yield [reason, str(len(named)), ", ".join(named[:MOST_EXAMPLES] + more)]


def _table(head: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    lines = [head, ["---"] * len(head), *rows]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)


def fetch(url: str, client_id: str, client_secret: str) -> Tree:
    """Return the description that a running server gives.

    Raises:
        TargetError: The server is not reached, or grants no token.
        SystemExit: It has no description.
    """
    api = Api(url.rstrip("/"), client_id, client_secret, "documented")
    with api.session:
        answer = api.call("GET", META_PATH)
    if answer.status_code != 200:
        sys.exit(f"{url}{META_PATH} answers {answer.status_code}: {answer.text[:300]}")
    description: Tree = answer.json()
    return description


def make() -> Tree:
    """Return the description of this emulator."""
    # Another server is compared without it.
    from emulator.ocapi.meta.description import describe  # noqa: PLC0415
    from emulator.ocapi.resources import RESOURCES  # noqa: PLC0415

    return describe(RESOURCES, "/s/-/dw/data/v23_2", "localhost:8080", "http")


def main(arguments: Sequence[str] | None = None) -> int:
    """Print the comparison; return 1 if anything is wrong, else 0."""
    parser = argparse.ArgumentParser(prog="conformance", description="Compare descriptions.")
    reference = os.environ.get("REFERENCE", "")
    told = "the description to compare with, JSON; else the variable REFERENCE names it"
    parser.add_argument("reference", nargs="?", default=reference, help=told)
    parser.add_argument("--url", help="base URL of a running server; else the emulator's own")
    parser.add_argument("--client-id", default=DEMO, help="API client of that server")
    # Never shown: a default would stand in the help.
    parser.add_argument("--client-secret", help=f"its secret, if not in the variable {SECRET}")
    given = parser.parse_args(arguments)
    file = Path(given.reference)
    if not file.is_file():
        parser.error(f"'{given.reference}' is no file. Name the reference: REFERENCE=path")
    secret = given.client_secret or os.environ.get(SECRET) or DEMO
    served = fetch(given.url, given.client_id, secret) if given.url else make()
    comparison = compare(served, json.loads(file.read_bytes()))
    sys.stdout.write(render(comparison))
    return 1 if comparison.wrong else 0


if __name__ == "__main__":
    sys.exit(main())
