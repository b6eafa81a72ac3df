"""The operations of the Inventory Service API where two requests meet between two looks."""

from typing import Any

import pytest
import requests

from emulator import Emulator
from emulator.store import Key, MemoryStore, Record

TIMEOUT = 10.0
BODY = {"sku": "met", "productVariant": {"variantId": "v"}}
KEY = {"Idempotency-Key": "k"}


class MeetingStore(MemoryStore):
    """Lets another request run just after the first look at a collection."""

    meeting: Any = None
    place = "items.idempotency"

    def get(self, collection: str, key: Key) -> Record | None:
        found = super().get(collection, key)
        if collection == self.place and self.meeting:
            meeting, self.meeting = self.meeting, None
            meeting()
        return found


@pytest.mark.parametrize("headers", [KEY, {}])
def test_the_same_request_served_in_between_gives_its_answer(headers: dict[str, str]) -> None:
    with Emulator(fixtures="samples") as emulator:
        store = MeetingStore()
        store.restore(emulator.workspace.store.snapshot())
        emulator.workspace.store = store
        met: list[requests.Response] = []

        def create(with_headers: dict[str, str]) -> requests.Response:
            url = f"{emulator.url}/items"
            return requests.post(url, json=BODY, headers=with_headers, timeout=TIMEOUT)

        store.meeting = lambda: met.append(create(headers))
        late = create(KEY)
    assert met[0].status_code == 201
    if headers:
        assert (late.status_code, late.json()) == (201, met[0].json())
    else:
        assert (late.status_code, late.json()["code"]) == (409, "DUPLICATE")


@pytest.mark.parametrize("method", ["GET", "PATCH", "DELETE"])
def test_document_at_the_place_of_another_one_is_not_taken_for_it(method: str) -> None:
    with Emulator(fixtures="samples") as emulator:
        store = MeetingStore()
        store.restore(emulator.workspace.store.snapshot())
        store.place = "items.ids"
        emulator.workspace.store = store

        def ask(method: str, path: str, **options: Any) -> requests.Response:
            return requests.request(method, emulator.url + path, timeout=TIMEOUT, **options)

        made: list[str] = []

        def replace() -> None:
            emulator.workspace.reset()
            made.append(ask("POST", "/items", json={**BODY, "name": "other"}).headers["Location"])

        gone = ask("POST", "/items", json=BODY).headers["Location"]
        store.meeting = replace
        options = {"json": {"name": "lost"}} if method == "PATCH" else {}
        assert ask(method, gone, **options).status_code == 404
        assert ask("GET", made[0]).json()["name"] == "other"
