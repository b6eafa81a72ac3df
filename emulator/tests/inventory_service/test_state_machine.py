"""Random requests to the Inventory Service, each compared with a model in plain dictionaries.

The model knows items and inventories in the order of their creation, entity tags, and the answers
to idempotency keys. Expected answers are literals.
"""

from dataclasses import dataclass, field
from typing import Any

import pytest
from hypothesis import strategies as st
from hypothesis.stateful import initialize, invariant, precondition, rule

from emulator import Emulator
from emulator.tests.machine import CONTROL, LONG, SHORT, Machine, make_emulator, run

MERGE_PATCH = "application/merge-patch+json"
SKUS, LOCATIONS = st.sampled_from(("s1", "s2", "s3")), st.sampled_from(("l1", "l2"))
PLACES = st.integers(0, 3)
TEXTS = st.sampled_from(("x", "y"))
KEYS = st.sampled_from(("", "", "k1", "k2"))
TAGS = st.sampled_from(("none", "none", "current", "older", "wrong", "any", "unknown to client"))
WRONG_TAG = '"wrong"'

Members = dict[str, Any]


@dataclass
class Entry:
    """A document: the members, the entity tag, and the tag before."""

    members: Members
    tag: str
    before: str = WRONG_TAG


@dataclass
class World:
    """The documents by id in the order of creation, and the answers to idempotency keys."""

    items: dict[str, Entry] = field(default_factory=dict)
    inventories: dict[str, Entry] = field(default_factory=dict)
    answers: dict[tuple[str, str], tuple[Members, Members]] = field(default_factory=dict)


@pytest.fixture(scope="module")
def emulator(tmp_path_factory: pytest.TempPathFactory) -> Emulator:
    return make_emulator(tmp_path_factory.mktemp("data"))


class InventoryService(Machine):
    """The rules of the service."""

    world: World

    def make_world(self) -> World:
        return World()

    def find(self, entries: dict[str, Entry], place: int) -> tuple[str, Entry | None]:
        """Return the id and the document at a place; an unknown id beyond the last place."""
        names = list(entries)
        return (names[place], entries[names[place]]) if place < len(names) else ("unknown", None)

    @initialize(text=TEXTS)
    def begin(self, text: str) -> None:
        """Begin with two items and an inventory, so that most requests find a document."""
        for sku in ("s1", "s2"):
            self.create_item(sku, text, "")
        self.create_inventory(0, "l1", 1, "")

    # Creation

    @rule(sku=SKUS, text=TEXTS, key=KEYS)
    def create_item(self, sku: str, text: str, key: str) -> None:
        body = {"sku": sku, "name": text, "productVariant": {"variantId": "v"}}
        taken = any(one.members["sku"] == sku for one in self.world.items.values())
        self.create("items", body, key, (409, "DUPLICATE") if taken else None)

    @rule(place=PLACES, location=LOCATIONS, quantity=st.integers(0, 2), key=KEYS)
    def create_inventory(self, place: int, location: str, quantity: int, key: str) -> None:
        item, entry = self.find(self.world.items, place)
        body = {"itemId": item, "location": {"locationId": location}, "onHandQuantity": quantity}
        pairs = [
            (one.members["itemId"], one.members["location"]["locationId"])
            for one in self.world.inventories.values()
        ]
        refusal = None if entry else (422, "UNKNOWN_ITEM")
        if entry and (item, location) in pairs:
            refusal = 409, "DUPLICATE"
        self.create("inventories", body, key, refusal)

    def create(self, kind: str, body: Members, key: str, refusal: tuple[int, str] | None) -> None:
        headers = {"Idempotency-Key": key} if key else {}
        answer = self.send("POST", f"/{kind}", json=body, headers=headers)
        shown = answer.json or {}
        if key and (kind, key) in self.world.answers:
            sent, before = self.world.answers[kind, key]
            if sent == body:
                assert (answer.status_code, shown) == (201, before)
            else:
                assert (answer.status_code, shown["code"]) == (422, "IDEMPOTENCY_KEY_REUSED")
        elif refusal:
            assert (answer.status_code, shown["code"]) == refusal
        else:
            assert answer.status_code == 201
            name = shown["itemId" if kind == "items" else "inventoryId"]
            assert answer.headers["Location"] == f"/{kind}/{name}"
            assert {member: shown[member] for member in body} == body
            entries = getattr(self.world, kind)
            assert name not in entries
            entries[name] = Entry(shown, answer.headers["ETag"])
            if key:
                self.world.answers[kind, key] = body, shown

    @precondition(lambda self: self.world.answers)
    @rule(place=PLACES)
    def repeat_creation(self, place: int) -> None:
        """Repeat a creation with its idempotency key, perhaps after the document was deleted."""
        pairs = list(self.world.answers)
        kind, key = pairs[place % len(pairs)]
        self.create(kind, self.world.answers[kind, key][0], key, None)

    # Changes

    def expect(self, entry: Entry | None, way: str) -> tuple[dict[str, str], bool]:
        """Return headers that expect a tag, and whether the document has another one."""
        current, older = (entry.tag, entry.before) if entry else (WRONG_TAG, WRONG_TAG)
        ways: dict[str, tuple[dict[str, str], bool]] = {
            "none": ({}, False),
            "current": ({"If-Match": f'"x", {current}'}, False),
            "older": ({"If-Match": older}, True),
            "wrong": ({"If-Match": WRONG_TAG}, True),
            "any": ({"If-Match": "*"}, False),
            "unknown to client": ({"If-None-Match": f"W/{current}"}, True),
        }
        return ways[way]

    @rule(place=PLACES, text=TEXTS | st.none(), sku=SKUS | st.none(), way=TAGS)
    def patch_item(self, place: int, text: str | None, sku: str | None, way: str) -> None:
        name, entry = self.find(self.world.items, place)
        patch = {"name": text, **({"sku": sku} if sku else {})}
        others = [one for other, one in self.world.items.items() if other != name]
        taken = any(one.members["sku"] == sku for one in others)
        self.patch(f"/items/{name}", entry, patch, way, (409, "DUPLICATE") if taken else None)

    @rule(place=PLACES, quantity=st.integers(-1, 3), way=TAGS)
    def patch_inventory(self, place: int, quantity: int, way: str) -> None:
        name, entry = self.find(self.world.inventories, place)
        refusal = (422, "INVALID_BODY") if quantity < 0 else None
        self.patch(f"/inventories/{name}", entry, {"onHandQuantity": quantity}, way, refusal)

    def patch(
        self,
        path: str,
        entry: Entry | None,
        patch: Members,
        way: str,
        refusal: tuple[int, str] | None,
    ) -> None:
        headers, refused = self.expect(entry, way)
        options = {"json": patch, "headers": {**headers, "Content-Type": MERGE_PATCH}}
        answer = self.send("PATCH", path, **options)
        if entry is None:
            assert answer.status_code == 404
        elif refused:
            assert answer.status_code == 412
        elif refusal:
            assert (answer.status_code, (answer.json or {})["code"]) == refusal
        else:
            assert answer.status_code == 200
            shown, tag = answer.json or {}, answer.headers["ETag"]
            changed = {**entry.members, **patch}
            if "onHandQuantity" in patch:
                changed["availableQuantity"] = patch["onHandQuantity"]
            changed = {n: v for n, v in changed.items() if v is not None}
            is_same = changed == entry.members
            assert is_same == (tag == entry.tag)
            assert shown == {**changed, "updatedAt": shown["updatedAt"]}
            entry.before = entry.before if is_same else entry.tag
            entry.members, entry.tag = shown, tag

    @rule(place=PLACES, way=TAGS)
    def delete_item(self, place: int, way: str) -> None:
        name, entry = self.find(self.world.items, place)
        used = any(one.members["itemId"] == name for one in self.world.inventories.values())
        if self.delete(f"/items/{name}", entry, way, used=used):
            del self.world.items[name]

    @rule(place=PLACES, way=TAGS)
    def delete_inventory(self, place: int, way: str) -> None:
        name, entry = self.find(self.world.inventories, place)
        if self.delete(f"/inventories/{name}", entry, way, used=False):
            del self.world.inventories[name]

    def delete(self, path: str, entry: Entry | None, way: str, *, used: bool) -> bool:
        """Send a DELETE, and check the status; return whether the document was deleted."""
        headers, refused = self.expect(entry, way)
        status = self.send("DELETE", path, headers=headers).status_code
        expected = 404 if entry is None else 412 if refused else 409 if used else 204
        assert status == expected
        return status == 204

    # Reads

    @rule(kind=st.sampled_from(("items", "inventories")), size=st.integers(1, 3))
    def walk_pages(self, kind: str, size: int) -> None:
        """Read all pages: each document once, in the order of creation."""
        seen: list[str] = []
        query = f"?pageSize={size}"
        while query:
            page = self.send("GET", f"/{kind}{query}").json or {}
            seen.extend(one["itemId" if kind == "items" else "inventoryId"] for one in page[kind])
            assert len(page[kind]) <= size
            token = page.get("nextToken")
            query = f"?pageSize={size}&nextToken={token}" if token else ""
        assert seen == list(getattr(self.world, kind))

    @rule(place=PLACES)
    def read_unless_known(self, place: int) -> None:
        name, entry = self.find(self.world.items, place)
        tag = entry.tag if entry else WRONG_TAG
        answer = self.send("GET", f"/items/{name}", headers={"If-None-Match": f"W/{tag}"})
        assert answer.status_code == (304 if entry else 404)

    # The control plane

    @rule(method=st.sampled_from(("POST", "PATCH", "DELETE")), place=PLACES, key=KEYS)
    def fail(self, method: str, place: int, key: str) -> None:
        """Send a write that a failpoint answers: nothing changes."""
        action = {"fault": "IN_USE", "arguments": {"detail": "x"}}
        failpoint = {"times": 1, "action": action}
        assert self.send("POST", f"{CONTROL}/failpoints", json=failpoint).status_code == 201
        name, _ = self.find(self.world.items, place)
        path = "/items" if method == "POST" else f"/items/{name}"
        body = {"sku": "lost", "name": "lost", "productVariant": {"variantId": "v"}}
        headers = {"Idempotency-Key": key} if key else {}
        assert self.send(method, path, json=body, headers=headers).status_code == 409
        self.send("PUT", f"{CONTROL}/failpoints", json=[])

    @invariant()
    def documents_are_as_in_the_model(self) -> None:
        for kind in ("items", "inventories"):
            for name, entry in getattr(self.world, kind).items():
                answer = self.send("GET", f"/{kind}/{name}")
                assert answer.status_code == 200
                assert answer.headers["ETag"] == entry.tag
                assert answer.json == entry.members


def test_short_runs_agree_with_the_model(emulator: Emulator) -> None:
    run(InventoryService, emulator, SHORT)


@pytest.mark.long
def test_long_runs_agree_with_the_model(emulator: Emulator) -> None:
    run(InventoryService, emulator, LONG)
