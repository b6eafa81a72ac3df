"""A model of one collection of the Data API, all of whose documents belong to one client.

It holds each document as the server shows it, so every answer can be foretold; what only the
server can know (states, dates) is learned from the first answer that shows it.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from random import Random
from typing import Any
from xml.etree.ElementTree import Element, ParseError

from defusedxml.ElementTree import fromstring

from benchmarks.soak.expectation import INSTANT, STATE, Kind, another, like
from benchmarks.soak.step import Mismatch, Step, fault
from benchmarks.soak.wire import Answer, Request

BASE = "/s/-/dw/data/v23_2"
NAMESPACE = "{http://www.demandware.com/ocapi/data/23.2}"
METHODS = "GET, HEAD, PUT, PATCH, DELETE, OPTIONS"
STATE_HEADER = "x-dw-resource-state"
UNHELD = "0" * 64
FALSE = "Bearer wrong"
JSON: Mapping[str, str | None] = {"Content-Type": "application/json"}
TAGGED = like("a state as an entity tag", '"[0-9a-f]{64}"')
TAG_HEADER = {"etag": TAGGED}
ENVELOPE = ("_v", "_type", "_resource_state")

Document = dict[str, Any]


@dataclass(frozen=True)
class Resource:
    """What is to be known of the documents of a collection.

    Attributes:
        name: The ``_type`` of one; with an s, of a page.
        key: The property that is the id.
        missing: The fault where there is none of an id, and the name of its argument.
        duplicate: The fault where a PUT finds one, with the same argument; empty if it replaces.
        deletes_missing: Whether the deletion of what is not there is done.
        defaults: What a document has unless told otherwise.
        derive: Adds what follows, from the properties after a write and what it sent.
        make: Returns the properties that a write may send, at random.
    """

    name: str
    key: str
    missing: tuple[str, str]
    duplicate: str
    deletes_missing: bool
    defaults: Mapping[str, Any]
    derive: Callable[[Document, Mapping[str, Any]], Document]
    make: Callable[[Random], Document]


@dataclass
class Entry:
    """One document: as it is shown, and the state that it had before."""

    shown: Document
    before: str = UNHELD

    @property
    def state(self) -> str | None:
        """Its state, None while that is not known."""
        state = self.shown["_resource_state"]
        return state if isinstance(state, str) else None

    def show(self, document: Document) -> None:
        """Be shown so from now on."""
        if self.state and self.state != document["_resource_state"]:
            self.before = self.state
        self.shown = document


@dataclass
class Collection:
    """The documents of one client.

    Attributes:
        resource: What they are.
        url: The base URL of the server, as links have it.
        path: The path of the collection, below that of the Data API.
        fixed: Properties that all documents have from the path.
        entries: The documents, by id.
    """

    resource: Resource
    url: str
    path: str
    fixed: Mapping[str, Any] = field(default_factory=dict)
    entries: dict[str, Entry] = field(default_factory=dict)

    def step(self, dice: Random, name: str) -> Step:
        """Return some request about a document, there or not."""
        if name in self.entries:
            choices = (self.read, self.change, self.change, self.put, self.look, self.refuse)
            chosen = dice.choice((*choices, self.change, self.remove))
        else:
            chosen = dice.choice((self.put, self.put, self.put, self.miss))
        return chosen(dice, name)

    def place(self, name: str) -> str:
        """Return the path of a document."""
        return f"{BASE}{self.path}/{name}"

    def page(self) -> list[Document]:
        """Return all documents in their order."""
        return [self.entries[name].shown for name in sorted(self.entries)]

    def learn_page(self, documents: list[Document]) -> None:
        """Learn from all documents, in their order."""
        for document in documents:
            self.entries[document[self.resource.key]].show(document)

    # Requests

    def read(self, dice: Random, name: str) -> Step:
        """Return a GET of a document: as JSON, as XML, some of it, or unless it is known."""
        entry, request = self.entries[name], Request("GET", self.place(name))
        kind = f"GET {self.resource.name}"
        form = dice.randrange(4)
        if form == 0:
            asked = request.having(accept="application/xml")
            return Step(f"{kind} as XML", asked, 200, _in_xml(entry.shown), read=_read_xml)
        if form == 1:
            names = ("_v", "_type", self.resource.key, "last_modified", "default_in_stock")
            shown = {n: v for n, v in entry.shown.items() if n in names}
            chosen = Request("GET", f"{request.path}?select=({','.join(names[2:])})")
            return Step(f"{kind} selected", chosen, 200, shown)
        if form == 2 and entry.state:  # noqa: PLR2004 - one of four
            asked = request.having(if_none_match=f'"{entry.state}"')
            return Step(f"{kind} unless known", asked, 304)
        return Step(kind, request, 200, entry.shown, learn=self._shows(name))

    def look(self, dice: Random, name: str) -> Step:
        """Return a HEAD or an OPTIONS."""
        if dice.random() < 0.5:  # noqa: PLR2004 - heads or tails
            request = Request("OPTIONS", self.place(name), headers={"Authorization": None})
            return Step(f"OPTIONS {self.resource.name}", request, 204, headers={"allow": METHODS})
        state = self.entries[name].shown["_resource_state"]
        request = Request("HEAD", self.place(name))
        return Step(f"HEAD {self.resource.name}", request, 204, headers={STATE_HEADER: state})

    def put(self, dice: Random, name: str) -> Step:
        """Return a PUT of a document, which may be there."""
        body = self.resource.make(dice)
        sent = {n: v for n, v in body.items() if v is not None}
        request, kind = Request("PUT", self.place(name), sent), f"PUT {self.resource.name}"
        entry = self.entries.get(name)
        if entry is None:
            if dice.random() < 0.3:  # noqa: PLR2004 - some
                request = request.having(x_dw_resource_state="not_exists")
            shown = self._new(name, sent)
            located = {"location": shown["link"], "etag": TAGGED}
            return Step(kind, request, 201, shown, located, self._shows(name, shown))
        if self.resource.duplicate:
            told = fault(self.resource.duplicate, **{self.resource.missing[1]: name})
            return Step(f"{kind} that exists", request, 404, told)
        kept = {n: entry.shown[n] for n in (*ENVELOPE, "creation_date", "last_modified", "link")}
        return self._write(dice, name, request, {**kept, **self._fill(name, sent)})

    def change(self, dice: Random, name: str) -> Step:
        """Return a PATCH of a document that is there."""
        body = self.resource.make(dice)
        request = Request("PATCH", self.place(name), body)
        return self._write(dice, name, request, self._merge(self.entries[name].shown, body))

    def remove(self, dice: Random, name: str) -> Step:
        """Return a DELETE of a document that is there."""
        request, refused = self._present(dice, name, Request("DELETE", self.place(name)))
        if refused:
            return refused
        return Step(f"DELETE {self.resource.name}", request, 204, learn=self._forgets(name))

    def miss(self, dice: Random, name: str) -> Step:
        """Return a request about a document that is not there."""
        method = dice.choice(("GET", "PATCH", "DELETE", "PUT"))
        kind = f"{method} {self.resource.name} that is missing"
        if method == "PUT":
            request = Request(method, self.place(name), {"_resource_state": UNHELD})
            told = fault("ResourceStateConflict", client=UNHELD, server="not_exists")
            return Step(kind, request, 409, told)
        request = Request(method, self.place(name), {} if method == "PATCH" else None)
        if method == "DELETE" and self.resource.deletes_missing:
            return Step(kind, request, 204)
        missing, argument = self.resource.missing
        return Step(kind, request, 404, fault(missing, **{argument: name}))

    def refuse(self, dice: Random, name: str) -> Step:
        """Return a request that is refused before anybody looks at the document."""
        path, kind = self.place(name), f"refused {self.resource.name}"
        unknown = fault("UnknownProperty", property="colour", document=self.resource.name)
        unread, nowhere = fault("BodyDecoding", body="{"), f"{path}/nothing"
        lost, unauthorized = fault("ResourcePathNotFound", path=nowhere), {"Authorization": FALSE}
        denied = fault("InvalidAccessToken", accessToken=FALSE.split()[1])
        barred = fault("MethodNotAllowed", method="POST")
        request, status, told = dice.choice(
            (
                (Request("PATCH", path, {"colour": "red"}), 400, unknown),
                (Request("PATCH", path, b"{", JSON), 400, unread),
                (Request("GET", path, headers=unauthorized), 401, denied),
                (Request("GET", nowhere), 404, lost),
                (Request("POST", path, {}), 405, barred),
            )
        )
        return Step(kind, request, status, told)

    # What comes of them

    def _write(self, dice: Random, name: str, request: Request, after: Document) -> Step:
        """Return the write of a document that is there, which some state may forbid."""
        request, refused = self._present(dice, name, request)
        shown = self._stamp(self.entries[name].shown, after)
        kind = f"{request.method} {self.resource.name}"
        return refused or Step(kind, request, 200, shown, TAG_HEADER, self._shows(name, shown))

    def _present(self, dice: Random, name: str, request: Request) -> tuple[Request, Step | None]:
        """Return a request that presents a state, maybe, and what comes of one that is stale."""
        entry, way = self.entries[name], dice.randrange(8)
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
        """Return what takes over a document from an answer that shows it."""

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
        """Return the properties of a document of which this was sent."""
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
        """Return a document with another state and date, unless nothing has changed."""
        if after == before:
            return before
        state = another(STATE, before["_resource_state"])
        return {**after, "_resource_state": state, "last_modified": INSTANT}


def _claim(request: Request, way: str, state: str) -> Request:
    """Return a request that presents a state in one of the ways there are."""
    if way == "if-match":
        return request.having(if_match=f'"{state}"')
    if way == "body" and isinstance(request.body, dict):
        body = {**request.body, "_resource_state": state}
        return Request(request.method, request.path, body, request.headers)
    return request.having(x_dw_resource_state=state)


def _in_xml(document: Document) -> list[Any]:
    """Return the texts of a document's elements, those of documents inside it as lists."""
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
        if isinstance(value, Kind)
        else str(value)
    )


def _read_xml(answer: Answer) -> list[Any]:
    try:
        return _content(fromstring(answer.body))
    except ParseError as error:
        raise ValueError(str(error)) from error


def _content(element: Element) -> list[Any]:
    children = ([c.tag.removeprefix(NAMESPACE), _content(c) if len(c) else c.text] for c in element)
    return sorted(children, key=lambda child: str(child[0]))
