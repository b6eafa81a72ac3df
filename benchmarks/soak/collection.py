"""A model of one client's documents in a collection of the Data API.

The model has each document in the form of an answer. The values that only the server knows (states,
dates) come from the first answer with them.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from random import Random
from typing import Any
from xml.etree.ElementTree import Element, ParseError

from defusedxml.ElementTree import fromstring

from benchmarks.soak.connection import Answer, Request
from benchmarks.soak.matcher import INSTANT, STATE, Matcher, like, other_than
from benchmarks.soak.step import Mismatch, Step, fault

API_PATH = "/s/-/dw/data/v23_2"
XML_NAMESPACE = "{http://www.demandware.com/ocapi/data/23.2}"
ALLOWED_METHODS = "GET, HEAD, PUT, PATCH, DELETE, OPTIONS"
STATE_HEADER = "x-dw-resource-state"
UNKNOWN_STATE = "0" * 64
WRONG_TOKEN = "Bearer wrong"  # noqa: S105 - no password
JSON: Mapping[str, str | None] = {"Content-Type": "application/json"}
STATE_TAG = like("a state as an entity tag", '"[0-9a-f]{64}"')
TAG_HEADER = {"etag": STATE_TAG}
ENVELOPE = ("_v", "_type", "_resource_state")

Document = dict[str, Any]


@dataclass(frozen=True)
class Resource:
    """The properties of a resource that the model needs.

    Attributes:
        name: The ``_type`` of a document; with an s, of a page.
        key: The name of the id property.
        missing: The fault for an unknown id, and the names of the arguments.
        duplicate: The fault for PUT of an existing document; empty if PUT replaces.
        deletes_missing: Whether DELETE of an unknown id succeeds.
        defaults: The default properties.
        derive: Adds computed properties; gets the properties after a write, and the sent ones.
        make: Returns random properties for a write.
    """

    name: str
    key: str
    missing: tuple[str, ...]
    duplicate: str
    deletes_missing: bool
    defaults: Mapping[str, Any]
    derive: Callable[[Document, Mapping[str, Any]], Document]
    make: Callable[[Random], Document]


@dataclass
class Entry:
    """The expected document, and its previous state."""

    shown: Document
    before: str = UNKNOWN_STATE

    @property
    def state(self) -> str | None:
        """The state; None before the server's first answer."""
        state = self.shown["_resource_state"]
        return state if isinstance(state, str) else None

    def show(self, document: Document) -> None:
        """Set the expected document."""
        if self.state and self.state != document["_resource_state"]:
            self.before = self.state
        self.shown = document


@dataclass
class Collection:
    """The documents of one client.

    Attributes:
        resource: The resource.
        url: The base URL in links.
        path: The path of the collection, below the path of the Data API.
        fixed: Properties from the path, the same in all documents.
        entries: The documents, by id.
    """

    resource: Resource
    url: str
    path: str
    fixed: Mapping[str, Any] = field(default_factory=dict)
    entries: dict[str, Entry] = field(default_factory=dict)

    def step(self, rng: Random, name: str) -> Step:
        """Return a random request for a document; the document may be missing."""
        if name in self.entries:
            choices = (self.read, self.change, self.change, self.put, self.look, self.refuse)
            chosen = rng.choice((*choices, self.change, self.remove))
        else:
            chosen = rng.choice((self.put, self.put, self.put, self.miss))
        return chosen(rng, name)

    def place(self, name: str) -> str:
        """Return the path of a document."""
        return f"{API_PATH}{self.path}/{name}"

    def page(self) -> list[Document]:
        """Return all documents, sorted by id."""
        return [self.entries[name].shown for name in sorted(self.entries)]

    def learn_page(self, documents: list[Document]) -> None:
        """Update the model from the documents of a page."""
        for document in documents:
            self.entries[document[self.resource.key]].show(document)

    # Requests

    def read(self, rng: Random, name: str) -> Step:
        """Return a GET of a document: as JSON, as XML, with select, or with If-None-Match."""
        entry, request = self.entries[name], Request("GET", self.place(name))
        kind = f"GET {self.resource.name}"
        form = rng.randrange(4)
        if form == 0:
            asked = request.having(accept="application/xml")
            return Step(f"{kind} as XML", asked, 200, _in_xml(entry.shown), read=_read_xml)
        if form == 1:
            names = (self.resource.key, "last_modified", "default_in_stock")
            unasked = ("_v", "_type", "_resource_state")  # SEL-1
            shown = {n: v for n, v in entry.shown.items() if n in (*unasked, *names)}
            chosen = Request("GET", f"{request.path}?select=({','.join(names)})")
            return Step(f"{kind} selected", chosen, 200, shown)
        if form == 2 and entry.state:  # noqa: PLR2004 - one of four
            asked = request.having(if_none_match=f'"{entry.state}"')
            return Step(f"{kind} unless known", asked, 304)
        return Step(kind, request, 200, entry.shown, learn=self._shows(name))

    def look(self, rng: Random, name: str) -> Step:
        """Return a HEAD or an OPTIONS."""
        if rng.random() < 0.5:  # noqa: PLR2004 - heads or tails
            request = Request("OPTIONS", self.place(name), headers={"Authorization": None})
            return Step(
                f"OPTIONS {self.resource.name}", request, 204, headers={"allow": ALLOWED_METHODS}
            )
        state = self.entries[name].shown["_resource_state"]
        request = Request("HEAD", self.place(name))
        return Step(f"HEAD {self.resource.name}", request, 204, headers={STATE_HEADER: state})

    def put(self, rng: Random, name: str) -> Step:
        """Return a PUT of a new or an existing document."""
        body = self.resource.make(rng)
        sent = {n: v for n, v in body.items() if v is not None}
        request, kind = Request("PUT", self.place(name), sent), f"PUT {self.resource.name}"
        entry = self.entries.get(name)
        if entry is None:
            if rng.random() < 0.3:  # noqa: PLR2004 - some
                request = request.having(x_dw_resource_state="not_exists")
            shown = self._new(name, sent)
            located = {"location": shown["link"], "etag": STATE_TAG}
            return Step(kind, request, 201, shown, located, self._shows(name, shown))
        if self.resource.duplicate:
            told = fault(self.resource.duplicate, **{self.resource.missing[1]: name})
            return Step(f"{kind} that exists", request, 404, told)
        kept = {n: entry.shown[n] for n in (*ENVELOPE, "creation_date", "last_modified", "link")}
        return self._write(rng, name, request, {**kept, **self._fill(name, sent)})

    def change(self, rng: Random, name: str) -> Step:
        """Return a PATCH of an existing document."""
        body = self.resource.make(rng)
        request = Request("PATCH", self.place(name), body)
        return self._write(rng, name, request, self._merge(self.entries[name].shown, body))

    def remove(self, rng: Random, name: str) -> Step:
        """Return a DELETE of an existing document."""
        request, refused = self._present(rng, name, Request("DELETE", self.place(name)))
        if refused:
            return refused
        return Step(f"DELETE {self.resource.name}", request, 204, learn=self._forgets(name))

    def miss(self, rng: Random, name: str) -> Step:
        """Return a request for a missing document."""
        method = rng.choice(("GET", "PATCH", "DELETE", "PUT"))
        kind = f"{method} {self.resource.name} that is missing"
        if method == "PUT":
            request = Request(method, self.place(name), {"_resource_state": UNKNOWN_STATE})
            told = fault("ResourceStateConflict", client=UNKNOWN_STATE, server="not_exists")
            return Step(kind, request, 409, told)
        request = Request(method, self.place(name), {} if method == "PATCH" else None)
        if method == "DELETE" and self.resource.deletes_missing:
            return Step(kind, request, 204)
        missing, *arguments = self.resource.missing
        ids = (name, *self.fixed.values())
        return Step(kind, request, 404, fault(missing, **dict(zip(arguments, ids, strict=True))))

    def refuse(self, rng: Random, name: str) -> Step:
        """Return an invalid request for an existing document."""
        path, kind = self.place(name), f"refused {self.resource.name}"
        unknown = fault("UnknownProperty", property="colour", document=self.resource.name)
        unread, nowhere = fault("BodyDecoding", body="{"), f"{path}/nothing"
        lost, unauthorized = (
            fault("ResourcePathNotFound", path=nowhere),
            {"Authorization": WRONG_TOKEN},
        )
        denied = fault("InvalidAccessToken", accessToken=WRONG_TOKEN.split()[1])
        barred = fault("MethodNotAllowed", method="POST")
        request, status, told = rng.choice(
            (
                (Request("PATCH", path, {"colour": "red"}), 400, unknown),
                (Request("PATCH", path, b"{", JSON), 400, unread),
                (Request("GET", path, headers=unauthorized), 401, denied),
                (Request("GET", nowhere), 404, lost),
                (Request("POST", path, {}), 405, barred),
            )
        )
        return Step(kind, request, status, told)

    # Expected answers

    def _write(self, rng: Random, name: str, request: Request, after: Document) -> Step:
        """Return a write of an existing document, sometimes with a stale state."""
        request, refused = self._present(rng, name, request)
        shown = self._stamp(self.entries[name].shown, after)
        kind = f"{request.method} {self.resource.name}"
        return refused or Step(kind, request, 200, shown, TAG_HEADER, self._shows(name, shown))

    def _present(self, rng: Random, name: str, request: Request) -> tuple[Request, Step | None]:
        """Return a request, sometimes with a state, and the refusal if the state is stale."""
        entry, way = self.entries[name], rng.randrange(8)
        ways = ("body", "header", "if-match", "body", "header", "if-match")
        if way >= len(ways) or entry.state is None:
            return request, None
        stale = way >= len(ways) // 2
        claimed = entry.before if stale else entry.state
        presented = _claim(request, ways[way], claimed)
        told = fault("ResourceStateConflict", client=claimed, server=entry.state)
        if ways[way] == "if-match":
            told = fault("InvalidIfMatch", ifMatch=f'"{claimed}"')
        status = 412 if ways[way] == "if-match" else 409
        kind = f"{request.method} {self.resource.name} of a stale state"
        return presented, Step(kind, presented, status, told) if stale else None

    def _shows(self, name: str, shown: Document | None = None) -> Callable[[Answer | None], None]:
        """Return a function that updates the model from an answer."""

        def learn(answer: Answer | None) -> None:
            document = answer.json if answer else shown
            if document is not None:
                self.entries.setdefault(name, Entry(document)).show(document)
            if (
                answer
                and answer.headers
                and answer.headers.get("etag") != (f'"{answer.json["_resource_state"]}"')
            ):
                raise Mismatch("the ETag is not the state")

        return learn

    def _forgets(self, name: str) -> Callable[[Answer | None], None]:
        def learn(_: Answer | None) -> None:
            del self.entries[name]

        return learn

    def _new(self, name: str, sent: Document) -> Document:
        stamps = {"_resource_state": STATE, "creation_date": INSTANT, "last_modified": INSTANT}
        link = f"{self.url}{self.place(name)}"
        known = {"_v": "23.2", "_type": self.resource.name, "link": link}
        return {**known, **stamps, **self._fill(name, sent)}

    def _fill(self, name: str, sent: Document) -> Document:
        """Return the properties of a new document."""
        ids = {**self.fixed, self.resource.key: name}
        return self.resource.derive({**self.resource.defaults, **sent, **ids}, sent)

    def _merge(self, before: Document, sent: Document) -> Document:
        after = dict(before)
        for name, value in sent.items():
            if value is None and name not in self.resource.defaults:
                after.pop(name, None)
            elif isinstance(value, dict):
                after[name] = {**after.get(name, {}), **value}
            else:
                after[name] = self.resource.defaults[name] if value is None else value
        return self.resource.derive(after, sent)

    def _stamp(self, before: Document, after: Document) -> Document:
        """Return a changed document with a new state and date."""
        if after == before:
            return before
        state = other_than(STATE, before["_resource_state"])
        return {**after, "_resource_state": state, "last_modified": INSTANT}


def _claim(request: Request, way: str, state: str) -> Request:
    """Return a request with a state, in the body or in a header."""
    if way == "if-match":
        return request.having(if_match=f'"{state}"')
    if way == "body" and isinstance(request.body, dict):
        body = {**request.body, "_resource_state": state}
        return Request(request.method, request.path, body, request.headers)
    return request.having(x_dw_resource_state=state)


def _in_xml(document: Document) -> list[Any]:
    """Return names and texts of a document's XML elements; embedded documents as lists."""
    return sorted(_elements(document), key=lambda element: str(element[0]))


def _elements(document: Mapping[str, Any]) -> Any:
    for name, value in document.items():
        for one in value if isinstance(value, list) else (value,):
            yield [name, _in_xml(one) if isinstance(one, dict) else _text(one)]


def _text(value: Any) -> Any:
    return (
        str(value).lower()
        if isinstance(value, bool)
        else value
        if isinstance(value, Matcher)
        else str(value)
    )


def _read_xml(answer: Answer) -> list[Any]:
    try:
        return _content(fromstring(answer.body))
    except ParseError as error:
        raise ValueError(str(error)) from error


def _content(element: Element) -> list[Any]:
    children = (
        [c.tag.removeprefix(XML_NAMESPACE), _content(c) if len(c) else c.text] for c in element
    )
    return sorted(children, key=lambda child: str(child[0]))
