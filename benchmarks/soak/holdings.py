"""Inventory lists and product inventory records of one client, and the model of both."""

import re
from collections.abc import Mapping
from dataclasses import replace
from random import Random
from typing import Any

import orjson

from benchmarks.soak.collection import BASE, Collection, Document, Resource
from benchmarks.soak.expectation import INSTANT, TEXT, Kind, find_difference
from benchmarks.soak.session import Session
from benchmarks.soak.step import Mismatch, Step, fault
from benchmarks.soak.wire import Answer, Request

LISTS_AT_MOST, RECORDS_AT_MOST = 5, 5
BOUNDARY = "b"


def make_list(dice: Random) -> Document:
    """Return what a write of an inventory list may send."""
    body: Document = {
        "description": dice.choice((None, f"stock {dice.randrange(10**6)}", "Größe & Maß <1>")),
        "default_in_stock": dice.choice((True, False, None)),
        "use_bundle_inventory_only": dice.random() < 0.5,  # noqa: PLR2004 - heads or tails
        "c_floor_space": dice.choice((None, dice.randrange(1000))),
        "c_carriers": dice.choice((None, ["dhl"], ["dhl", "ups", f"n{dice.randrange(99)}"])),
        "c_pickup": dice.choice((True, False)),
    }
    return _choose_some(dice, body)


def make_record(dice: Random) -> Document:
    """Return what a write of a product inventory record may send."""
    body: Document = {
        "allocation": {"amount": dice.randrange(1000)},
        "inventory_turnover": dice.randrange(100),
        "perpetual_flag": dice.random() < 0.5,  # noqa: PLR2004 - heads or tails
        "pre_order_back_order_allocation": dice.choice((None, dice.randrange(50))),
        "pre_order_back_order_handling": dice.choice(("none", "preorder", "backorder", None)),
        "product_name": dice.choice((None, f"product {dice.randrange(10**6)}")),
        "quantity_on_order": dice.randrange(50),
    }
    return _choose_some(dice, body)


def _choose_some(dice: Random, body: Document) -> Document:
    """Return some of the properties, in any order."""
    return {name: body[name] for name in dice.sample(sorted(body), dice.randrange(len(body) + 1))}


def derive_record(after: Document, sent: Mapping[str, Any]) -> Document:
    """Return a record with what follows from its quantities (INV-9)."""
    if "amount" in (sent.get("allocation") or {}):
        counted = {**after["allocation"], "reset_date": INSTANT}
        after = {**after, "allocation": counted, "inventory_turnover": 0}
    stock = after.get("allocation", {}).get("amount", 0) - after["inventory_turnover"]
    available = stock + after["pre_order_back_order_allocation"]
    return {**after, "stock_level": stock, "ats": available}


LIST = Resource(
    name="inventory_list",
    key="id",
    missing=("InventoryListNotFound", "inventorylistId"),
    duplicate="InventoryListDuplicate",
    deletes_missing=True,
    defaults=dict.fromkeys(
        ("default_in_stock", "on_order_inventory_enabled", "use_bundle_inventory_only"), False
    ),
    derive=lambda after, _: after,
    make=make_list,
)
RECORD = Resource(
    name="product_inventory_record",
    key="product_id",
    missing=("ProductInventoryRecordNotFound", "productId"),
    duplicate="",
    deletes_missing=False,
    defaults={
        "inventory_turnover": 0,
        "perpetual_flag": False,
        "pre_order_back_order_allocation": 0,
        "pre_order_back_order_handling": "none",
        "quantity_on_order": 0,
    },
    derive=derive_record,
    make=make_record,
)


class Holdings:
    """All lists and records of one client, whose ids begin with its name.

    Args:
        name: The client's name; no other's begins with it.
        url: The base URL of the server.
        dice: What decides.
    """

    def __init__(self, name: str, url: str, dice: Random) -> None:
        self.name = name
        self.dice = dice
        self.lists = Collection(LIST, url, "/inventory_lists")
        self._records: dict[str, Collection] = {}

    def records(self, name: str) -> Collection:
        """Return the records of a list, none of which outlives it (INV-10)."""
        if name not in self._records:
            path = f"/inventory_lists/{name}/product_inventory_records"
            fixed = {"inventory_list_id": name}
            self._records[name] = Collection(RECORD, self.lists.url, path, fixed)
        return self._records[name]

    def settle(self) -> None:
        """Forget the records of lists that are gone; to be called after each request."""
        self._records = {n: c for n, c in self._records.items() if n in self.lists.entries}

    def all_records(self) -> list[Document]:
        """Return all records of all lists."""
        return [shown for collection in self._records.values() for shown in collection.page()]

    def step(self) -> Step:
        """Return some request about one document."""
        name = f"{self.name}{self.dice.randrange(LISTS_AT_MOST)}"
        if self.dice.random() < 0.5:  # noqa: PLR2004 - heads or tails
            return self.lists.step(self.dice, name)
        product = f"p{self.dice.randrange(RECORDS_AT_MOST)}"
        if name in self.lists.entries:
            return self.records(name).step(self.dice, product)
        told = fault("InventoryListNotFound", inventorylistId=name)
        request = Request("GET", self.records(name).place(product))
        return Step("GET record of a missing list", request, 404, told)

    async def do(self, session: Session) -> None:
        """Send some request about one document."""
        await session.do(self.step())
        self.settle()

    async def walk_records(self, session: Session) -> None:
        """Follow the pages of the records of one list to the end (ENV-2, PAG-1)."""
        name = self.dice.choice(sorted(self.lists.entries) or [""])
        if not name:
            return
        size, collection = self.dice.randrange(1, 4), self.records(name)
        path = f"{BASE}{collection.path}?select=(**)&count={size}"
        shown, start = collection.page(), 0
        while path:
            content = _page("product_inventory_records", shown, start, size)
            step = Step("GET page of records", Request("GET", path), 200, content)
            came = (await session.do(step)).json
            collection.learn_page(came["data"])
            path, start = came.get("next", "").removeprefix(session.url), start + size

    async def search(self, session: Session) -> None:
        """Search the lists of this client, by a word that all of their ids hold (SRC-2)."""
        query: Document = {"text_query": {"fields": ["id"], "search_phrase": self.name}}
        wanted = self.dice.choice((None, True, False))
        if wanted is not None:
            term = {"fields": ["default_in_stock"], "operator": "is", "values": [wanted]}
            query = {"bool_query": {"must": [query, {"term_query": term}]}}
        found = [d for d in self.lists.page() if wanted in (None, d["default_in_stock"])]
        body = {"query": query, "select": "(total,count,hits.(**))"}
        content: Document = {"_v": "23.2", "_type": "inventory_list_search_result"}
        content |= {"count": len(found), "hits": found, "total": len(found)}
        request = Request("POST", f"{BASE}/inventory_list_search", body)
        answer = await session.do(Step("search", request, 200, content))
        self.lists.learn_page(answer.json.get("hits", []))

    async def page(self, session: Session) -> None:
        """Read a page of all lists: those of others are not known, those of this client are."""
        start, count = self.dice.randrange(40), self.dice.randrange(1, 30)
        path = f"{BASE}/inventory_lists?start={start}&count={count}&select=(**)"
        content = {"_v": "23.2", "_type": "inventory_lists", "count": _NUMBER, "data": _ARRAY}
        content |= {"select": "**", "start": start, "total": _NUMBER}
        step = Step("GET page of lists", Request("GET", path), 200, learn=self._check_page)
        await session.do(replace(step, content=content, read=_without_links))

    def _check_page(self, answer: Answer | None) -> None:
        """Find all lists of this client that lie between the first and the last of a page."""
        data = answer.json["data"] if answer else []
        ids = [document["id"] for document in data]
        if ids != sorted(set(ids)):
            raise Mismatch(f"the ids {ids} are not in order, or not unique")
        expected = [d for d in self.lists.page() if ids and ids[0] <= d["id"] <= ids[-1]]
        came = [document for document in data if document["id"].startswith(self.name)]
        if difference := find_difference(expected, came, "own lists"):
            raise Mismatch(difference)
        self.lists.learn_page(came)

    async def batch(self, session: Session) -> None:
        """Send several requests about different lists as one (BAT-9, BAT-10)."""
        names = [f"{self.name}{number}" for number in range(LISTS_AT_MOST)]
        chosen = self.dice.sample(names, self.dice.randrange(2, 5))
        steps = [self._part(name) for name in chosen]
        body = "".join(map(_encode_part, steps)) + f"--{BOUNDARY}--"
        media_type = {"Content-Type": f"multipart/mixed; boundary={BOUNDARY}"}
        request = Request("POST", "/s/-/dw/batch", body.encode(), media_type)
        answer = await session.do(Step("batch", request, 200, read=lambda _: None))
        parts = _read_parts(answer.body)
        if len(parts) != len(steps):
            raise Mismatch(f"batch: {len(parts)} parts instead of {len(steps)}: {answer}")
        for step, part in zip(steps, parts, strict=True):
            step.check(part, part=True)
        self.settle()

    def _part(self, name: str) -> Step:
        """Return a request that can be part of a batch: no HEAD, no OPTIONS, a token inherited."""
        if name not in self.lists.entries:
            return self.lists.put(self.dice, name)
        chosen = self.dice.choice((self.lists.read, self.lists.change, self.lists.remove))
        return chosen(self.dice, name)


_NUMBER = Kind("a number", lambda value: type(value) is int)
_ARRAY = Kind("an array", lambda value: isinstance(value, list))


def _page(name: str, shown: list[Document], start: int, size: int) -> Document:
    """Return a page of a collection."""
    data = shown[start : start + size]
    content = {"_v": "23.2", "_type": name, "count": len(data), "data": data}
    content |= {"select": "**", "start": start, "total": len(shown)}
    links = {"next": start + size < len(shown), "previous": start > 0}
    return content | {link: TEXT for link, is_there in links.items() if is_there}


def _without_links(answer: Answer) -> Document:
    return {n: v for n, v in answer.json.items() if n not in {"next", "previous"}}


def _encode_part(step: Step) -> str:
    request = step.request
    path = f"x-dw-http-method: {request.method}\nx-dw-resource-path: {request.path}\n"
    lines = "".join(f"{name}: {value}\n" for name, value in request.headers.items())
    body = "" if request.body is None else orjson.dumps(request.body).decode() + "\n"
    kind = "Content-Type: application/json\n" if body else ""
    return f"--{BOUNDARY}\n{path}{kind}{lines}\n{body}"


def _read_parts(body: bytes) -> list[Answer]:
    """Return the parts of an answer to a batch."""
    pieces = re.split(rb"(?:\A|\n)--b(?:--)?\n", body)
    return [_read_part(piece) for piece in pieces[1:-1]]


def _read_part(piece: bytes) -> Answer:
    head, _, body = piece.partition(b"\n\n")
    lines = (line.partition(": ") for line in head.decode().split("\n"))
    headers = {name.lower(): value for name, _, value in lines}
    return Answer(int(headers["x-dw-status-code"]), {}, body)
