"""A model of one client's items and inventories in the Inventory Service API."""

from collections.abc import Callable
from dataclasses import dataclass, field
from random import Random
from typing import Any

from benchmarks.soak.connection import Answer, Request
from benchmarks.soak.matcher import INSTANT, TAG, TEXT, Matcher, find_difference, other_than
from benchmarks.soak.session import Session
from benchmarks.soak.step import Mismatch, Step, problem

MAX_SKUS, MAX_LOCATIONS, MAX_KEYS = 6, 3, 5
PAGE_PROPERTIES = {
    "items": ("itemId", "sku", "name", "status", "updatedAt"),
    "inventories": (
        "inventoryId",
        "itemId",
        "onHandQuantity",
        "reservedQuantity",
        "availableQuantity",
        "updatedAt",
    ),
}
IDS = {"items": "itemId", "inventories": "inventoryId"}
STALE_TAG = '"of-yesterday"'

Document = dict[str, Any]


@dataclass
class Row:
    """The expected document, and the entity tag or a matcher for it."""

    shown: Document
    tag: Any = TAG


@dataclass
class ItemModel:
    """All items and inventories of one client.

    Attributes:
        name: The client's name; all skus begin with it.
        rng: Chooses requests and values.
        rows: The documents in the order of creation, by collection and id.
        keyed: The sent requests with an idempotency key, by key.
    """

    name: str
    rng: Random
    rows: dict[str, dict[str, Row]] = field(
        default_factory=lambda: {"items": {}, "inventories": {}}
    )
    keyed: dict[str, Step] = field(default_factory=dict)

    def step(self) -> Step:
        """Return a random request for one document."""
        collection = self.rng.choice(("items", "inventories"))
        rows = self.rows[collection]
        if not rows or self.rng.random() < 0.3:  # noqa: PLR2004 - some
            create = {"items": self._create_item, "inventories": self._create_inventory}
            return create[collection]()
        identifier = self.rng.choice(sorted(rows))
        choices = (self._read, self._read_unless_known, self._change, self._change, self._refuse)
        return self.rng.choice((*choices, self._remove))(collection, identifier)

    # Creation

    def _create_item(self) -> Step:
        if self.rng.random() < 0.3:  # noqa: PLR2004 - some
            return self._repeat()
        body = self._item(f"{self.name}-{self.rng.randrange(MAX_SKUS)}")
        if any(row.shown["sku"] == body["sku"] for row in self.rows["items"].values()):
            told = problem(409, "DUPLICATE", "/items", "/sku")
            return Step("POST item that exists", Request("POST", "/items", body), 409, told)
        return self._creates("items", Request("POST", "/items", body), self._new_item(body))

    def _create_inventory(self) -> Step:
        items = sorted(self.rows["items"])
        item, place = self.rng.choice([*items, "none"]), f"here-{self.rng.randrange(MAX_LOCATIONS)}"
        body = {"itemId": item, "location": {"locationId": place}, **self._quantities()}
        request, kind = Request("POST", "/inventories", body), "POST inventory"
        if "reservedQuantity" in body and body["reservedQuantity"] > body["onHandQuantity"]:
            told = problem(422, "INVALID_BODY", "/inventories", "/reservedQuantity")
            return Step(f"{kind} that is refused", request, 422, told)
        if item not in self.rows["items"]:
            told = problem(422, "UNKNOWN_ITEM", "/inventories", "/itemId")
            return Step(f"{kind} of no item", request, 422, told)
        if (item, place) in map(_place, self.rows["inventories"].values()):
            told = problem(409, "DUPLICATE", "/inventories", "/itemId", "/location/locationId")
            return Step(f"{kind} that exists", request, 409, told)
        return self._creates("inventories", request, _new_inventory(body))

    def _repeat(self) -> Step:
        """Return a POST with a new or an old idempotency key (WRITE-5)."""
        key = f"{self.name}-key-{self.rng.randrange(MAX_KEYS)}"
        if key not in self.keyed:
            body = self._item(key)
            request = Request("POST", "/items", body, {"Idempotency-Key": key})
            created = self._creates("items", request, self._new_item(body))
            return self._remembers(key, created)
        if self.rng.random() < 0.2:  # noqa: PLR2004 - few
            told = problem(422, "IDEMPOTENCY_KEY_REUSED", "/items")
            request = Request("POST", "/items", self._item("other"), {"Idempotency-Key": key})
            return Step("POST item by the key of another", request, 422, told)
        return self.keyed[key]

    def _remembers(self, key: str, created: Step) -> Step:
        """Return a creation; the model then expects the same answer to the same request."""

        def learn(answer: Answer | None) -> None:
            created.learn(answer)
            if answer:
                kind, request = "POST item again by its key", created.request
                same = {name: answer.headers[name] for name in ("etag", "location")}
                self.keyed[key] = Step(kind, request, 201, answer.json, same)

        return Step(
            "POST item by a key",
            created.request,
            201,
            created.content,
            created.headers,
            learn,
            losable=False,
        )

    def _creates(self, collection: str, request: Request, shown: Document) -> Step:
        def learn(answer: Answer | None) -> None:
            if answer:
                identifier = answer.json[IDS[collection]]
                if answer.headers["location"] != f"/{collection}/{identifier}":
                    raise Mismatch("the Location is not that of the document")
                self.rows[collection][identifier] = Row(answer.json, answer.headers["etag"])

        headers = {"etag": TAG, "location": TEXT, "api-version": "2024-07-17"}
        return Step(f"POST {collection}", request, 201, shown, headers, learn, losable=False)

    def _item(self, sku: str) -> Document:
        return {
            "sku": sku,
            "productVariant": {"variantId": f"v{self.rng.randrange(9)}"},
            "name": f"item {self.rng.randrange(10**6)}",
        }

    def _new_item(self, body: Document) -> Document:
        defaults = {"unitOfMeasure": "EA", "tracked": True, "requiresShipping": True}
        made = {"itemId": TEXT, "createdAt": INSTANT, "updatedAt": INSTANT}
        return {**defaults, "status": "ACTIVE", **body, **made}

    def _quantities(self) -> Document:
        """Return random quantities; the reserved quantity is sometimes too large."""
        on_hand = self.rng.randrange(100)
        return {"onHandQuantity": on_hand, "reservedQuantity": self.rng.randrange(on_hand + 10)}

    # One document

    def _read(self, collection: str, identifier: str) -> Step:
        row, request = (
            self.rows[collection][identifier],
            Request("GET", f"/{collection}/{identifier}"),
        )
        return Step(
            f"GET {collection}",
            request,
            200,
            row.shown,
            {"etag": row.tag},
            self._shows(collection, identifier, row.shown),
        )

    def _read_unless_known(self, collection: str, identifier: str) -> Step:
        row = self.rows[collection][identifier]
        if isinstance(row.tag, Matcher):
            return self._read(collection, identifier)
        request = Request("GET", f"/{collection}/{identifier}", headers={"If-None-Match": row.tag})
        return Step(f"GET {collection} unless known", request, 304, headers={"etag": row.tag})

    def _change(self, collection: str, identifier: str) -> Step:
        """Return a merge patch, sometimes with an entity tag."""
        row, patch = self.rows[collection][identifier], self._patch(collection)
        path, kind = f"/{collection}/{identifier}", f"PATCH {collection}"
        request, stale = self._present(Request("PATCH", path, patch), row)
        if stale:
            told = problem(412, "PRECONDITION_FAILED", path)
            return Step(f"{kind} of a stale tag", request, 412, told)
        after = _merge(collection, row.shown, patch)
        if collection == "inventories" and after["availableQuantity"] < 0:
            told = problem(422, "INVALID_BODY", path, "/reservedQuantity")
            return Step(f"{kind} that is refused", request, 422, told)
        same = after == row.shown
        shown = row.shown if same else {**after, "updatedAt": INSTANT}
        tag = row.tag if same else other_than(TAG, row.tag)
        learn = self._shows(collection, identifier, shown, tag)
        return Step(kind, request, 200, shown, {"etag": tag}, learn)

    def _patch(self, collection: str) -> Document:
        if collection == "inventories":
            return self._quantities()
        patch: Document = {
            "name": self.rng.choice((None, f"item {self.rng.randrange(10**6)}")),
            "status": self.rng.choice(("ACTIVE", "INACTIVE", None)),
            "metadata": {"note": self.rng.choice((None, str(self.rng.randrange(99))))},
        }
        return {n: patch[n] for n in self.rng.sample(sorted(patch), self.rng.randrange(4))}

    def _remove(self, collection: str, identifier: str) -> Step:
        path, kind = f"/{collection}/{identifier}", f"DELETE {collection}"
        request, stale = self._present(Request("DELETE", path), self.rows[collection][identifier])
        if stale:
            told = problem(412, "PRECONDITION_FAILED", path)
            return Step(f"{kind} of a stale tag", request, 412, told)
        below = (row.shown["itemId"] for row in self.rows["inventories"].values())
        if collection == "items" and identifier in below:
            return Step(f"{kind} in use", request, 409, problem(409, "IN_USE", path))

        def learn(_: Answer | None) -> None:
            del self.rows[collection][identifier]

        return Step(kind, request, 204, learn=learn)

    def _refuse(self, collection: str, identifier: str) -> Step:
        """Return an invalid request: an unknown member, invalid JSON, or an unknown id."""
        path, kind = f"/{collection}/{identifier}", f"refused {collection}"
        merge_patch = {"Content-Type": "application/merge-patch+json"}
        unknown = problem(422, "INVALID_BODY", path, "/colour")
        unread = problem(400, "MALFORMED_JSON", path)
        nowhere = f"/{collection}/none"
        request, status, told = self.rng.choice(
            (
                (Request("PATCH", path, {"colour": "red"}), 422, unknown),
                (Request("PATCH", path, b"{", merge_patch), 400, unread),
                (Request("GET", nowhere), 404, problem(404, "NOT_FOUND", nowhere)),
                (Request("DELETE", nowhere), 404, problem(404, "NOT_FOUND", nowhere)),
            )
        )
        return Step(kind, request, status, told)

    def _present(self, request: Request, row: Row) -> tuple[Request, bool]:
        """Return a request, sometimes with an entity tag, and whether the tag is stale."""
        way = self.rng.randrange(6)
        if way == 0:
            return request.having(if_match=STALE_TAG), True
        if way == 1 and not isinstance(row.tag, Matcher):
            return request.having(if_match=row.tag), False
        return request, False

    def _shows(
        self, collection: str, identifier: str, shown: Document, tag: Any = TAG
    ) -> Callable[[Answer | None], None]:
        """Return a function that updates the model from an answer."""

        def learn(answer: Answer | None) -> None:
            row = Row(answer.json, answer.headers["etag"]) if answer else Row(shown, tag)
            self.rows[collection][identifier] = row

        return learn

    # Pages

    async def walk(self, session: Session) -> None:
        """Read all pages of a collection; each document of the client is there once (PAGE-3)."""
        collection, size = self.rng.choice(("items", "inventories")), self.rng.randrange(20, 100)
        content = {collection: Matcher("rows", lambda v: isinstance(v, list) and len(v) <= size)}
        path, met = f"/{collection}?pageSize={size}", list[Document]()
        while path:
            step = Step(f"GET page of {collection}", Request("GET", path), 200, content, read=_page)
            page = (await session.do(step)).json
            met += page[collection]
            token = page.get("nextToken")
            path = f"/{collection}?pageSize={size}&nextToken={token}" if token else ""
        self.check_rows(collection, met)

    def check_rows(self, collection: str, met: list[Document]) -> None:
        """Compare the rows of all pages with the documents of this client.

        Raises:
            Mismatch: A document is missing, repeated, different or in another order.
        """
        ids = [row[IDS[collection]] for row in met]
        if len(set(ids)) < len(ids):
            raise Mismatch(f"the pages of {collection} repeat an id: {ids}")
        ours = self.rows[collection]
        expected = [_summarize(collection, row.shown) for row in ours.values()]
        came = [row for row in met if row[IDS[collection]] in ours or self._claims(row)]
        if difference := find_difference(expected, came, collection):
            raise Mismatch(f"the pages of {self.name}: {difference}")

    def _claims(self, row: Document) -> bool:
        """Return whether a row belongs to this client, even if the model does not know it."""
        return row.get("sku", "").startswith(f"{self.name}-") or row["itemId"] in self.rows["items"]


def _page(answer: Answer) -> Document:
    return {name: value for name, value in answer.json.items() if name != "nextToken"}


def _place(row: Row) -> tuple[str, str]:
    return row.shown["itemId"], row.shown["location"]["locationId"]


def _new_inventory(body: Document) -> Document:
    made = {"inventoryId": TEXT, "createdAt": INSTANT, "updatedAt": INSTANT}
    defaults = {"reservedQuantity": 0, "incomingQuantity": 0, "backorderable": False}
    return _complete({**defaults, **body, **made})


def _complete(inventory: Document) -> Document:
    available = inventory["onHandQuantity"] - inventory["reservedQuantity"]
    return {**inventory, "availableQuantity": available}


def _merge(collection: str, before: Document, patch: Document) -> Document:
    """Return a document after a merge patch; null removes a member or restores its default."""
    after = _merge_members(before, patch)
    return _complete(after) if collection == "inventories" else {"status": "ACTIVE", **after}


def _merge_members(before: Document, patch: Document) -> Document:
    after = dict(before)
    for name, value in patch.items():
        if value is None:
            after.pop(name, None)
        elif isinstance(value, dict):
            after[name] = _merge_members(after.get(name, {}), value)
        else:
            after[name] = value
    return after


def _summarize(collection: str, shown: Document) -> Document:
    """Return the row of a document on a page (ITEM-2, STOCK-2)."""
    row = {name: shown[name] for name in PAGE_PROPERTIES[collection] if name in shown}
    if collection == "items":
        return {**row, "variantId": shown["productVariant"]["variantId"]}
    return {**row, "locationId": shown["location"]["locationId"]}
