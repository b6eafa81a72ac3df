"""A small client of the Data API, as a shop's stock service might have it."""

from collections.abc import Iterator, Mapping
from typing import Any

import requests

RETRIES = 3
TIMEOUT = 5.0  # seconds
CONFLICT, UNAVAILABLE, NOT_FOUND, UNAUTHORIZED = 409, 503, 404, 401


class Stock:
    """The inventory lists of one organization."""

    def __init__(self, url: str, token: str, headers: Mapping[str, str] | None = None) -> None:
        self.url = f"{url}/s/-/dw/data/v23_2/inventory_lists"
        self.session = requests.Session()
        self.session.headers.update({"Authorization": f"Bearer {token}", **(headers or {})})

    def ask(self, method: str, path: str = "", **options: Any) -> requests.Response:
        """Send a request; once more, up to three times, where the server is busy or gone."""
        for _ in range(RETRIES - 1):
            try:
                response = self.session.request(method, self.url + path, timeout=TIMEOUT, **options)
            except requests.ConnectionError:
                continue
            if response.status_code != UNAVAILABLE:
                return response
        return self.session.request(method, self.url + path, timeout=TIMEOUT, **options)

    def names(self, page: int = 3) -> Iterator[str]:
        """Yield the ids of all lists, page by page."""
        start: int | None = 0
        while start is not None:
            found = self.ask("GET", params={"start": start, "count": page}).json()
            yield from (entry["id"] for entry in found["data"])
            start = start + page if "next" in found else None

    def get(self, name: str) -> dict[str, Any] | None:
        """Return a list, or None if there is none."""
        response = self.ask("GET", f"/{name}")
        return None if response.status_code == NOT_FOUND else _read(response)

    def create(self, name: str, **properties: Any) -> dict[str, Any]:
        """Create a list."""
        return _read(self.ask("PUT", f"/{name}", json=properties))

    def describe(self, name: str, description: str) -> dict[str, Any]:
        """Change a description, again where somebody else was faster."""
        for _ in range(RETRIES):
            state = (self.get(name) or {})["_resource_state"]
            change = {"_resource_state": state, "description": description}
            response = self.ask("PATCH", f"/{name}", json=change)
            if response.status_code != CONFLICT:
                return _read(response)
        raise TimeoutError(f"{name} changes all the time")

    def delete(self, name: str) -> None:
        """Delete a list."""
        self.ask("DELETE", f"/{name}").raise_for_status()


def _read(response: requests.Response) -> dict[str, Any]:
    if not response.ok:
        raise ValueError(response.json()["fault"]["message"])
    document: dict[str, Any] = response.json()
    return document
