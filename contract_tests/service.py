"""A client of the Inventory Service API, and the check of problem documents."""

import uuid
from collections.abc import Mapping
from typing import Any

import requests

from contract_tests.api import open_session

TIMEOUT = 60.0
PROBLEM = "application/problem+json"
VERSION = "2024-07-17"


class Service:
    """The Inventory Service API of a server.

    Args:
        url: The server's base URL.
        ca_file: Further CA certificates, PEM.
    """

    def __init__(self, url: str, ca_file: str | None = None) -> None:
        self.url = url
        self.session = open_session(ca_file)
        self.made: list[str] = []

    def call(self, method: str, path: str, **options: Any) -> requests.Response:
        """Send a request and check the version header of the answer (VERSION-1)."""
        answer = self.session.request(method, self.url + path, timeout=TIMEOUT, **options)
        assert answer.headers.get("api-version") == VERSION
        return answer

    def get(self, path: str, **options: Any) -> requests.Response:
        """GET a path of the API."""
        return self.call("GET", path, **options)

    def post(self, path: str, **options: Any) -> requests.Response:
        """POST to a path of the API; ``clear`` deletes the created resource."""
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
        """Create an item and return the item's path."""
        body = {"sku": f"sku-{uuid.uuid4().hex}", "productVariant": {"variantId": "v"}, **members}
        answer = self.post("/items", json=body)
        assert answer.status_code == 201, answer.text
        return f"/items/{answer.json()['itemId']}"

    def make_inventory(self, item: str = "", **members: Any) -> str:
        """Create an inventory, by default of a new item, and return the inventory's path."""
        identifier = (item or self.make_item()).removeprefix("/items/")
        body = {"itemId": identifier, "location": {"locationId": "here"}, "onHandQuantity": 10}
        answer = self.post("/inventories", json=body | members)
        assert answer.status_code == 201, answer.text
        return f"/inventories/{answer.json()['inventoryId']}"

    def clear(self) -> None:
        """Delete the created resources, the latest first."""
        while self.made:
            self.delete(self.made.pop())


def assert_problem(
    answer: requests.Response, status: int, code: str, errors: Mapping[str, str] | None = None
) -> None:
    """Assert that an answer is a problem document, with these errors by pointer (ERR-1)."""
    assert answer.headers.get("Content-Type") == PROBLEM, answer.text
    problem = answer.json()
    found = {error["pointer"]: error["detail"] for error in problem.pop("errors", [])}
    assert (answer.status_code, problem["status"], problem["code"]) == (status, status, code)
    assert set(problem) == {"type", "title", "status", "detail", "instance", "code"}
    assert problem["type"] == "urn:inventory-service:problem:" + code.lower().replace("_", "-")
    assert problem["title"]
    assert problem["detail"]
    assert problem["instance"].startswith("/")
    if errors is not None:
        assert found == errors
