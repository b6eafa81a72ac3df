"""A client of the Inventory Service API, and the one place that knows the shape of a problem."""

import uuid
from collections.abc import Mapping
from typing import Any

import requests

from contract_tests.api import open_session

TIMEOUT = 10.0
PROBLEM = "application/problem+json"
VERSION = "2024-07-17"


class Service:
    """The Inventory Service API of one server.

    Args:
        url: The server's base URL.
        ca_file: Certificates of further authorities, PEM.
    """

    def __init__(self, url: str, ca_file: str | None = None) -> None:
        self.url = url
        self.session = open_session(ca_file)
        self.made: list[str] = []

    def call(self, method: str, path: str, **options: Any) -> requests.Response:
        """Send a request and assert what holds of every answer (VERSION-1)."""
        answer = self.session.request(method, self.url + path, timeout=TIMEOUT, **options)
        assert answer.headers.get("api-version") == VERSION
        return answer

    def get(self, path: str, **options: Any) -> requests.Response:
        """GET a path of the API."""
        return self.call("GET", path, **options)

    def post(self, path: str, **options: Any) -> requests.Response:
        """POST to a path of the API; what is created is remembered for ``clear``."""
        answer = self.call("POST", path, **options)
        if answer.status_code == 201:
            self.made.append(answer.headers["Location"].removeprefix(self.url))
        return answer

    def patch(self, path: str, **options: Any) -> requests.Response:
        """PATCH a path of the API."""
        return self.call("PATCH", path, **options)

    def delete(self, path: str, **options: Any) -> requests.Response:
        """DELETE a path of the API."""
        return self.call("DELETE", path, **options)

    def make_item(self, **members: Any) -> str:
        """Create an item and return its path."""
        body = {"sku": f"sku-{uuid.uuid4().hex}", "productVariant": {"variantId": "v"}, **members}
        answer = self.post("/items", json=body)
        assert answer.status_code == 201, answer.text
        return f"/items/{answer.json()['itemId']}"

    def make_inventory(self, item: str = "", **members: Any) -> str:
        """Create an inventory, of an item of its own unless told which, and return its path."""
        identifier = (item or self.make_item()).removeprefix("/items/")
        body = {"itemId": identifier, "location": {"locationId": "here"}, "onHandQuantity": 10}
        answer = self.post("/inventories", json=body | members)
        assert answer.status_code == 201, answer.text
        return f"/inventories/{answer.json()['inventoryId']}"

    def clear(self) -> None:
        """Delete what was made, the latest first."""
        while self.made:
            self.delete(self.made.pop())


def assert_problem(
    answer: requests.Response, status: int, code: str, errors: Mapping[str, str] | None = None
) -> None:
    """Assert that an answer is a problem document with these violations by pointer (ERR-1)."""
    assert answer.headers.get("Content-Type") == PROBLEM, answer.text
    told = answer.json()
    found = {error["pointer"]: error["detail"] for error in told.pop("errors", [])}
    assert (answer.status_code, told["status"], told["code"]) == (status, status, code)
    assert set(told) == {"type", "title", "status", "detail", "instance", "code"}
    assert told["type"] == "urn:inventory-service:problem:" + code.lower().replace("_", "-")
    assert told["title"]
    assert told["detail"]
    assert told["instance"].startswith("/")
    if errors is not None:
        assert found == errors
