"""Random documents for requests, after their schemas; valid ones most times."""

from collections.abc import Mapping
from copy import deepcopy
from random import Random
from typing import Any

from contract_tests.walk.description import Description, Ids, Template
from contract_tests.walk.knowledge import NEW_IDS, Knowledge

KEYS_BY_FORMAT = {"localized": ("default", "de", "en-US"), "site-specific": ("default", "RefArch")}
TEXTS = (*NEW_IDS, "Text", "ünï", "nope")
WRONG_VALUES: tuple[Any, ...] = (7, "7", True, [], {}, None)
COMMON_PARAMETERS = {"select", "expand", "count", "start"}
SHARE_OF_PARAMETERS = 0.4
MAX_DEPTH, MAX_ITEMS, MAX_CHARACTERS = 4, 2, 4000

Schema = Mapping[str, Any]


class Inventor:
    """Makes documents at random.

    Args:
        random: Chooses.
        description: Has the schemas.
        known: Has documents and values to take.
    """

    def __init__(self, random: Random, description: Description, known: Knowledge) -> None:
        self.random, self.description, self.known = random, description, known

    def body(self, template: Template, method: str, ids: Ids) -> Any:
        """Return the document of a request; None without one."""
        schema = template.body(method)
        if not schema:
            return None
        body = self.value(schema)
        kind, content = self.description.resolve(schema)
        if not isinstance(body, dict) or not ids or not template.is_of_document:
            return body
        for own in sorted(self.known.own_names[kind] | {template.names[-1]} & set(body)):
            chance = self.random.random()
            if method == "PATCH" and chance < 0.1:
                body[own] = self.random.choice((*NEW_IDS, *self.known.refer(template.names[-1])))
            elif own in content.get("required", ()):
                body[own] = ids[-1] if chance < 0.6 else body.get(own)
            elif chance < 0.95:
                body.pop(own, None)
        return body

    def query(self, template: Template, method: str) -> dict[str, str]:
        """Return some parameters of an operation's own, such as the site."""
        query = {}
        for parameter in template.operations[method]["parameters"]:
            if parameter["in"] == "query" and parameter["name"] not in COMMON_PARAMETERS:
                found = parameter.get("enum") or self.known.refer(parameter["name"])
                if found and self.random.random() < SHARE_OF_PARAMETERS:
                    query[parameter["name"]] = self.random.choice(found)
        return query

    def value(self, schema: Schema, depth: int = 0, name: str = "") -> Any:
        """Return a value for a schema."""
        kind, content = self.description.resolve(schema)
        chance = self.random.random()
        if schema.get("x-nullable") and chance < 0.03:
            return None
        if chance > 0.997:
            return deepcopy(self.random.choice(WRONG_VALUES))
        if "enum" in content:
            return self.random.choice(content["enum"])
        if content.get("type") == "object":
            return self._object(kind, content, depth, name)
        if content.get("type") == "array":
            least = content.get("minItems", 0)
            count = (
                self.random.randint(least, max(MAX_ITEMS, least)) if depth <= MAX_DEPTH else least
            )
            return [self.value(content["items"], depth + 1, name) for _ in range(count)]
        return self._scalar(content, name)

    def _object(self, kind: str, content: Schema, depth: int, name: str) -> dict[str, Any]:
        keys = KEYS_BY_FORMAT.get(content.get("format", ""))
        if keys and isinstance(inner := content.get("additionalProperties"), dict):
            chosen = self.random.sample(keys, self.random.randint(0, 2))
            return {key: self.value(inner, depth + 1, name) for key in chosen}
        body: dict[str, Any] = {}
        if self.known.documents[kind] and self.random.random() < 0.7:
            body = strip(self.random.choice(self.known.documents[kind]))
        properties = content.get("properties", {})
        names = [n for n in properties if n[0] != "_" and not properties[n].get("readOnly")]
        missing = set(content.get("required", ())) - set(body)
        share = self.random.choice((0.0, 0.1, 0.3, 0.9)) / (depth + 1) if depth <= MAX_DEPTH else 0
        for each in names:
            if each in missing or self.random.random() < share:
                body[each] = self.value(properties[each], depth + 1, each)
        return body

    def _scalar(self, content: Schema, name: str) -> Any:
        kind = content.get("type")
        if kind == "boolean":
            return self.random.random() < 0.5
        if kind in {"integer", "number"}:
            low = int(content.get("minimum", 0))
            return self.random.randint(low, min(low + 5, int(content.get("maximum", low + 5))))
        if kind != "string":
            return self.random.choice((1, "text", True, ["text"]))
        if content.get("format") == "date-time":
            return f"20{self.random.randint(20, 30)}-0{self.random.randint(1, 9)}-01T00:00:00.000Z"
        found = self.known.refer(name)
        text = self.random.choice(found if found and self.random.random() < 0.85 else TEXTS)
        return text[: content.get("maxLength", MAX_CHARACTERS)]


def strip(content: Any) -> Any:
    """Return a copy of a document without envelopes and links."""
    if isinstance(content, list):
        return [strip(each) for each in content]
    if not isinstance(content, dict):
        return content
    return {n: strip(each) for n, each in content.items() if n[:1] != "_" and n != "link"}
