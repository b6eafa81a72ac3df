"""A model of one client's inventory lists and product inventory records."""

import re
from collections.abc import Mapping
from dataclasses import replace
from random import Random
from typing import Any

import orjson

from benchmarks.soak.collection import API_PATH, Collection, Document, Resource
from benchmarks.soak.connection import Answer, Request
from benchmarks.soak.matcher import INSTANT, TEXT, Matcher, find_difference
from benchmarks.soak.session import Session
from benchmarks.soak.step import Mismatch, Step, fault

MAX_LISTS, MAX_RECORDS = 5, 5
BOUNDARY = "b"


def make_list(rng: Random) -> Document:
    """Return random properties of an inventory list."""
    body: Document = {
        "description": rng.choice((None, f"stock {rng.randrange(10**6)}", "Größe & Maß <1>")),
        "default_in_stock": rng.choice((True, False, None)),
        "use_bundle_inventory_only": rng.random() < 0.5,  # noqa: PLR2004 - heads or tails
        "c_floor_space": rng.choice((None, rng.randrange(1000))),
        "c_carriers": rng.choice((None, ["dhl"], ["dhl", "ups", f"n{rng.randrange(99)}"])),
        "c_pickup": rng.choice((True, False)),
    }
    return _choose_some(rng, body)


def make_record(rng: Random) -> Document:
    """Return random properties of a product inventory record."""
    body: Document = {
        "allocation": {"amount": rng.randrange(1000)},
        "inventory_turnover": rng.randrange(100),
        "perpetual_flag": rng.random() < 0.5,  # noqa: PLR2004 - heads or tails
        "pre_order_back_order_allocation": rng.choice((None, rng.randrange(50))),
        "pre_order_back_order_handling": rng.choice(("none", "preorder", "backorder", None)),
        "product_name": rng.choice((None, f"product {rng.randrange(10**6)}")),
        "quantity_on_order": rng.randrange(50),
    }
    return _choose_some(rng, body)


def _choose_some(rng: Random, body: Document) -> Document:
    """Return some of the properties, in random order."""
    return {name: body[name] for name in rng.sample(sorted(body), rng.randrange(len(body) + 1))}


def derive_record(after: Document, sent: Mapping[str, Any]) -> Document:
    """Return a record with its computed properties (INV-9)."""
    if "amount" in (sent.get("allocation") or {}):
        kind = {"_type": "product_inventory_record_allocation"}
        counted = {**kind, **after["allocation"], "reset_date": INSTANT}
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
    missing=("ProductInventoryRecordNotFound", "productId", "inventorylistId"),
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


class ListModel:
    """All lists and records of one client.

    Args:
        name: The client's name; all ids begin with it.
        url: The base URL of the server.
        rng: Chooses requests and values.
    """

    def __init__(self, name: str, url: str, rng: Random) -> None:
        self.name = name
        self.rng = rng
        self.lists = Collection(LIST, url, "/inventory_lists")
        self._records: dict[str, Collection] = {}

    def records(self, name: str) -> Collection:
        """Return the records of a list, deleted with the list (INV-10)."""
        if name not in self._records:
            path = f"/inventory_lists/{name}/product_inventory_records"
            fixed = {"inventory_list_id": name}
            self._records[name] = Collection(RECORD, self.lists.url, path, fixed)
        return self._records[name]

    def remove_orphans(self) -> None:
        """Remove the records of deleted lists; to be called after each request."""
        self._records = {n: c for n, c in self._records.items() if n in self.lists.entries}

    def all_records(self) -> list[Document]:
        """Return all records of all lists."""
        return [shown for collection in self._records.values() for shown in collection.page()]

    def step(self) -> Step:
        """Return a random request for one document."""
        name = f"{self.name}{self.rng.randrange(MAX_LISTS)}"
        if self.rng.random() < 0.5:  # noqa: PLR2004 - heads or tails
            return self.lists.step(self.rng, name)
        product = f"p{self.rng.randrange(MAX_RECORDS)}"
        if name in self.lists.entries:
            return self.records(name).step(self.rng, product)
        told = fault("InventoryListNotFound", inventorylistId=name)
        request = Request("GET", self.records(name).place(product))
        return Step("GET record of a missing list", request, 404, told)

    async def do(self, session: Session) -> None:
        """Send a random request for one document."""
        await session.do(self.step())
        self.remove_orphans()

    async def walk_records(self, session: Session) -> None:
        """Read all pages of one list's records (ENV-2, PAG-1)."""
        name = self.rng.choice(sorted(self.lists.entries) or [""])
        if not name:
            return
        size, collection = self.rng.randrange(1, 4), self.records(name)
        path = f"{API_PATH}{collection.path}?select=(**)&count={size}"
        shown, start = collection.page(), 0
        while path:
            content = _page("product_inventory_records", shown, start, size)
            step = Step("GET page of records", Request("GET", path), 200, content)
            came = (await session.do(step)).json
            collection.learn_page(came["data"])
            path, start = came.get("next", "").removeprefix(session.url), start + size

    async def search(self, session: Session) -> None:
        """Search the client's lists by the common beginning of the ids (SRC-2)."""
        query: Document = {"text_query": {"fields": ["id"], "search_phrase": self.name}}
        wanted = self.rng.choice((None, True, False))
        if wanted is not None:
            term = {"fields": ["default_in_stock"], "operator": "is", "values": [wanted]}
            query = {"bool_query": {"must": [query, {"term_query": term}]}}
        found = [d for d in self.lists.page() if wanted in (None, d["default_in_stock"])]
        body = {"query": query, "select": "(total,count,hits.(**))"}
        content: Document = {"_v": "23.2", "_type": "inventory_list_search_result"}
        content |= {"count": len(found), "hits": found, "total": len(found)}
        request = Request("POST", f"{API_PATH}/inventory_list_search", body)
        answer = await session.do(Step("search", request, 200, content))
        self.lists.learn_page(answer.json.get("hits", []))

    async def page(self, session: Session) -> None:
        """Read a page of all clients' lists; the model knows this client's lists only."""
        start, count = self.rng.randrange(40), self.rng.randrange(1, 30)
        path = f"{API_PATH}/inventory_lists?start={start}&count={count}&select=(**)"
        content = {"_v": "23.2", "_type": "inventory_lists", "count": _NUMBER, "data": _ARRAY}
        content |= {"select": "**", "start": start, "total": _NUMBER}
        step = Step("GET page of lists", Request("GET", path), 200, learn=self._check_page)
        await session.do(replace(step, content=content, read=_without_links))

    def _check_page(self, answer: Answer | None) -> None:
        """Check the order of a page, and the lists of this client on it."""
        data = answer.json["data"] if answer else []
        ids = [document["id"] for document in data]
        if ids != sorted(set(ids)):
            raise Mismatch(f"the ids {ids} are unsorted, or not unique")
        expected = [d for d in self.lists.page() if ids and ids[0] <= d["id"] <= ids[-1]]
        came = [document for document in data if document["id"].startswith(self.name)]
        if difference := find_difference(expected, came, "own lists"):
            raise Mismatch(difference)
        self.lists.learn_page(came)

    async def batch(self, session: Session) -> None:
        """Send several requests for different lists in a batch (BAT-9, BAT-10)."""
        names = [f"{self.name}{number}" for number in range(MAX_LISTS)]
        chosen = self.rng.sample(names, self.rng.randrange(2, 5))
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
        self.remove_orphans()

    def _part(self, name: str) -> Step:
        """Return a request for a batch: neither HEAD nor OPTIONS, and without a token."""
        if name not in self.lists.entries:
            return self.lists.put(self.rng, name)
        chosen = self.rng.choice((self.lists.read, self.lists.change, self.lists.remove))
        return chosen(self.rng, name)


_NUMBER = Matcher("a number", lambda value: type(value) is int)
_ARRAY = Matcher("an array", lambda value: isinstance(value, list))


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
