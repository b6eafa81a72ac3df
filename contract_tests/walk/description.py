"""The description of the Data API as a guide for requests: paths, operations, schemas."""

import json
import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote, unquote

from jsonschema_rs import Draft4Validator

from contract_tests.api import Api

META_PATH = "/s/-/dw/meta/v1/rest/data/v23_2"
REFERENCE = "#/definitions/"
FREE_FORMATS: dict[str, Callable[..., bool]] = {
    "email": bool
}  # the form of an email is not checked (CUS-1)

FIRST_STATUS_OF_FAULTS = 400
FAULT_TYPE = re.compile(r"`(\w+Exception)`")
# Some operations describe these, but every operation may meet a value outside an enumeration.
FAULTS_OF_THE_PROTOCOL = {
    "EnumConstraintViolationException",
    "IllegalEnumerationValueException",
}
PAGE_ITEMS = 30

Ids = tuple[str, ...]
Tree = Mapping[str, Any]


@dataclass(frozen=True)
class Template:
    """A path of the description.

    Attributes:
        path: The path below the version, with names in braces.
        operations: The operations by method, in upper case.
    """

    path: str
    operations: Mapping[str, Tree]

    @property
    def segments(self) -> tuple[str, ...]:
        """The segments, ``{}`` for each id: the names of ids differ from path to path."""
        return tuple(re.sub(r"\{\w+\}", "{}", self.path).strip("/").split("/"))

    @property
    def names(self) -> tuple[str, ...]:
        """The names of the ids."""
        return tuple(re.findall(r"\{(\w+)\}", self.path))

    @property
    def is_of_document(self) -> bool:
        """Whether the path ends with an id."""
        return self.path.endswith("}")

    @property
    def writes(self) -> tuple[str, ...]:
        """The methods that write."""
        reads = {"GET", "POST"} if "_search" in self.path else {"GET"}
        return tuple(sorted(set(self.operations) - reads))

    @property
    def reading_method(self) -> str:
        """The method that reads the path: GET, or POST of a search. Empty for none."""
        return min(set(self.operations) - set(self.writes), default="")

    @property
    def reading_query(self) -> str:
        """The query for whole documents with all expansions."""
        found = {each["name"]: each for each in self.operations[self.reading_method]["parameters"]}
        query = {"select": "(**)", "count": PAGE_ITEMS} if self.reading_method == "GET" else {}
        sent = [f"{name}={value}" for name, value in query.items() if name in found]
        if "expand" in found:
            *_, expansions = found["expand"]["description"].strip(".").partition(": ")
            sent.append(f"expand={expansions.replace(' ', '')}")
        return f"?{'&'.join(sent)}"

    def fill(self, ids: Ids) -> str:
        """Return the path of a document."""
        given = iter(ids)
        return re.sub(r"\{\w+\}", lambda _: quote(next(given), safe=""), self.path)

    def body(self, method: str) -> Tree:
        """Return the schema of the request's document; empty for a request without a document."""
        parameters = self.operations[method].get("parameters", ())
        found: Tree = next((each["schema"] for each in parameters if each["in"] == "body"), {})
        return found


class Description:
    """The description of a server.

    Args:
        api: A client of the server.
    """

    def __init__(self, api: Api) -> None:
        tree = api.call("GET", META_PATH).json()
        self.definitions: Mapping[str, Tree] = tree["definitions"]
        # A request must have the required properties. A list may show id and link alone (ENV-4).
        self._shown = {
            name: {key: value for key, value in schema.items() if key != "required"}
            for name, schema in self.definitions.items()
        }
        self.templates = [
            Template(path, {method.upper(): each for method, each in operations.items()})
            for path, operations in tree["paths"].items()
        ]
        self._patterns = [
            (template, re.compile(re.sub(r"\{\w+\}", "([^/]+)", template.path)))
            # A name goes before an id: /users/this before /users/{login}.
            for template in sorted(self.templates, key=lambda each: each.segments)
        ]
        described = set(FAULT_TYPE.findall(json.dumps(tree["paths"])))
        self._own_faults = described - FAULTS_OF_THE_PROTOCOL
        self._validators: dict[str, Draft4Validator] = {}

    def match(self, path: str) -> tuple[Template, Ids] | None:
        """Return the template of a path below the version, and the ids in the path."""
        for template, pattern in self._patterns:
            if found := pattern.fullmatch(path):
                return template, tuple(map(unquote, found.groups()))
        return None

    def resolve(self, schema: Tree) -> tuple[str, Tree]:
        """Return name and content of a definition; the name is empty for another schema."""
        name = schema.get("$ref", "").removeprefix(REFERENCE)
        return name, self.definitions[name] if name else schema

    def find_faults(self, template: Template, method: str, status: int, content: Any) -> list[str]:
        """Return how an answer differs from the schema of its operation and status."""
        answers = template.operations[method]["responses"]
        if status >= FIRST_STATUS_OF_FAULTS:
            kind = content["fault"]["type"]
            named = FAULT_TYPE.findall(answers.get(str(status), {}).get("description", ""))
            is_described = kind in named or kind not in self._own_faults
            return [] if is_described else [f"{kind} is described for other operations only"]
        if str(status) not in answers:
            return [f"the description of {method} {template.path} has no status {status}"]
        schema = answers[str(status)].get("schema")
        if schema is None:
            return [f"{status} has no document in the description"] if content is not None else []
        return [*self._validate(schema, content)]

    def _validate(self, schema: Tree, content: Any) -> Iterator[str]:
        key = repr(schema)
        if key not in self._validators:
            whole = {**schema, "definitions": self._find_definitions(schema)}
            self._validators[key] = Draft4Validator(
                whole, validate_formats=True, formats=FREE_FORMATS
            )
        for error in self._validators[key].iter_errors(content):
            place = "/".join(map(str, error.instance_path))
            yield f"{place}: {error.message[:300]}"

    def _find_definitions(self, schema: Tree) -> dict[str, Tree]:
        """Return the definitions that a schema refers to, themselves or by others."""
        found: dict[str, Tree] = {}
        waiting = [schema]
        while waiting:
            for name in set(re.findall(f"{REFERENCE}(\\w+)", json.dumps(waiting.pop()))) - set(
                found
            ):
                found[name] = self._shown[name]
                waiting.append(found[name])
        return found
