"""The operations of both APIs, to find by the method and the URL of a request."""

import json
from collections import defaultdict
from collections.abc import Iterable, Mapping
from functools import cache
from typing import Any
from urllib.parse import urlsplit

from contract_tests.digest import DIGEST, HTTP_METHODS
from emulator.evidence.operation import DATA_API, INVENTORY_SERVICE, Operation

DATA_PATH = "/dw/data/"
WRITING_METHODS = frozenset({"PUT", "PATCH", "DELETE"})
"""The methods of requests with a resource state or ``If-Match``."""


class Templates:
    """Operations of an API.

    Args:
        operations: The operations.
    """

    def __init__(self, operations: Iterable[Operation]) -> None:
        self._by_length: dict[tuple[str, int], list[Operation]] = defaultdict(list)
        for operation in operations:
            self._by_length[operation.method, operation.path.count("/")].append(operation)

    def find(self, method: str, path: str) -> str:
        """Return the name of an operation, or nothing; a literal segment goes before an id."""
        known = self._by_length[method, path.count("/")]
        found = [operation for operation in known if _fits(operation.path, path)]
        return min(found, key=lambda one: one.path.count("{")).name if found else ""


def _fits(template: str, path: str) -> bool:
    pairs = zip(template.split("/"), path.split("/"), strict=True)
    return all(known.startswith("{") or known == sent for known, sent in pairs)


@cache
def list_data_operations() -> list[Operation]:
    """Return the operations of the Data API 23.2, in the order of the digest."""
    return _list(DATA_API, json.loads(DIGEST.read_bytes()))


@cache
def list_service_operations() -> list[Operation]:
    """Return the operations of the Inventory Service API."""
    from emulator import Emulator  # noqa: PLC0415 - the plugin starts no emulator

    client = Emulator(fixtures="samples").app.test_client()
    return _list(INVENTORY_SERVICE, client.get("/openapi.json").json)


def _list(api: str, description: Any) -> list[Operation]:
    return [
        Operation(api, item[method]["operationId"], method.upper(), path)
        for path, item in description["paths"].items()
        for method in HTTP_METHODS
        if method in item
    ]


@cache
def _templates() -> Mapping[str, Templates]:
    lists = {"data": list_data_operations(), "service": list_service_operations()}
    return {name: Templates(operations) for name, operations in lists.items()}


def find(method: str, url: str) -> str:
    """Return the name of the operation of a request, or nothing."""
    path = urlsplit(url).path
    _, data, below = path.partition(DATA_PATH)
    if data:
        _, slash, rest = below.partition("/")
        return _templates()["data"].find(method, f"{slash}{rest}")
    return _templates()["service"].find(method, path)
