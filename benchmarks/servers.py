"""The measured servers: an emulator with all its checks on, and a bare Flask route.

The emulator requires access tokens and the key of the Inventory Service API. A settings document
permits only the measured requests. Resource states are checked, and the journal is on.
``python -m benchmarks.servers`` serves the bare route.
"""

import json
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from threading import Event
from typing import Any, NamedTuple
from urllib.parse import urlencode

from benchmarks.load import Request
from benchmarks.process import HOST, BenchmarkError, Server, ask, running

CLIENT_ID, SERVICE_KEY = "a" * 30, "key of the inventory service"
API_PATH = "/s/-/dw/data/v23_2"
LISTS_PATH = f"{API_PATH}/inventory_lists"
SEARCH_PATH = f"{API_PATH}/inventory_list_search"
PAGE_SIZE = 25
ITEM_COUNT = 100
OK, UNAUTHORIZED, FORBIDDEN, CONFLICT = 200, 401, 403, 409
DESCRIPTION = "Distribution center %d, which serves all sites of the region and takes returns"


class Emulator(NamedTuple):
    """A running emulator.

    Attributes:
        server: The process and its URL.
        size: The number of lists.
        authorization: The Authorization header of a client.
        started: Seconds from the start of the process to the first answer, an access token.
    """

    server: Server
    size: int
    authorization: str
    started: float


def name(number: int) -> str:
    """Return the id of a list."""
    return f"list-{number:06}"


def make_list(number: int) -> dict[str, Any]:
    """Return a list in the form of a data set."""
    return {
        "id": name(number),
        "assigned_sites": ["bench"],
        "description": DESCRIPTION % number,
        "default_in_stock": False,
        "on_order_inventory_enabled": True,
        "use_bundle_inventory_only": False,
        "creation_date": "2023-01-16T08:00:00.000Z",
        "last_modified": "2023-02-20T14:05:31.000Z",
    }


def make_document(number: int) -> dict[str, Any]:
    """Return a document as long as the emulator's, for the other servers."""
    envelope = {"_v": "23.2", "_type": "inventory_list", "_resource_state": "0" * 64}
    link = {"link": f"http://{HOST}:65535{LISTS_PATH}/{name(number)}"}
    return envelope | make_list(number) | link


# Servers


@contextmanager
def run_emulator(folder: Path, size: int, core: int | None) -> Iterator[Emulator]:
    """Run an emulator with a number of inventory lists, with all checks on, and without a log."""
    data_set = folder / f"lists-{size}"
    if not data_set.exists():
        write_data_set(data_set, size)
    settings = folder / "settings.json"
    settings.write_text(json.dumps(_make_settings()))
    options = {"fixtures": data_set, "settings": settings, "inventory-api-key": SERVICE_KEY}
    options |= {"log": "none"}  # as the bare route has none
    flags = [text for option, value in options.items() for text in (f"--{option}", str(value))]
    with running(serve_command(*flags), core) as server:
        token = authorize(server.url)
        yield Emulator(server, size, token, time.perf_counter() - server.began)


def serve_command(*arguments: str) -> list[str]:
    """Return the command to serve on a free port."""
    program = Path(sys.executable).with_name("ocapi-emulator")
    return [str(program), "serve", "--port", "0", *arguments]


def write_data_set(folder: Path, size: int) -> None:
    """Write a data set with a number of lists into a new folder."""
    folder.mkdir(parents=True)
    client = {"client_id": CLIENT_ID, "client_secret": CLIENT_ID}
    contents: dict[str, Any] = {
        "sites": [{"id": "bench"}],
        "clients": [client],
        "items": [_make_item(number) for number in range(ITEM_COUNT)],
        "inventory_lists": [make_list(number) for number in range(size)],
    }
    for collection, content in contents.items():
        (folder / f"{collection}.json").write_text(json.dumps(content))


def _make_item(number: int) -> dict[str, Any]:
    variant = {"variantId": f"variant-{number:03}", "productId": "product", "name": "Size M"}
    sku, text = f"sku-{number:03}", DESCRIPTION % number
    return {"itemId": f"item-{number:03}", "sku": sku, "name": text, "productVariant": variant}


def _make_settings() -> dict[str, Any]:
    """Return a settings document with the permissions of the measured requests."""
    everything = {"read_attributes": "(**)", "write_attributes": "(**)"}
    paths = {
        "/inventory_lists": ["get"],
        "/inventory_lists/*": ["get", "patch"],
        "/inventory_list_search": ["post"],
    }
    resources = [{"resource_id": p, "methods": m, **everything} for p, m in paths.items()]
    return {"_v": "23.2", "clients": [{"client_id": CLIENT_ID, "resources": resources}]}


def authorize(url: str) -> str:
    """Return the Authorization header with a new access token of an emulator."""
    grant = {"grant_type": "client_credentials", "client_id": CLIENT_ID, "client_secret": CLIENT_ID}
    form = {"Content-Type": "application/x-www-form-urlencoded"}
    answer = ask(url, "POST", "/dwsso/oauth2/access_token", urlencode(grant), form)
    return f"Bearer {json.loads(answer.body)['access_token']}"


@contextmanager
def run_bare_route(core: int | None) -> Iterator[Server]:
    """Run a Flask route with a constant answer as long as a list, on the bundled HTTP server."""
    with running([sys.executable, "-m", "benchmarks.servers"], core) as server:
        yield server


def serve_bare_route() -> None:
    """Serve the bare route in this process until the process ends."""
    # The benchmark itself, which imports this module too, needs neither.
    from flask import Flask, Response  # noqa: PLC0415

    from emulator.http.listener import Listener  # noqa: PLC0415

    app = Flask("bare", static_folder=None)
    body = json.dumps(make_document(0)).encode()

    @app.get("/")
    def answer() -> Response:
        return Response(body, content_type="application/json;charset=UTF-8")

    listener = Listener(app, HOST, 0)
    listener.start()
    sys.stdout.write(f"bare route listening on {listener.url}\n")
    sys.stdout.flush()
    Event().wait()


# Requests


BARE_REQUEST = Request("GET", "/")
UNIQUE_QUERY = "unused=$unique"
"""A parameter without meaning. Each request has another value, so no cached answer matches."""


def read_one(emulator: Emulator, **headers: str) -> Request:
    """Return GET of the list in the middle."""
    path = f"{LISTS_PATH}/{name(emulator.size // 2)}"
    return Request("GET", path, {"Authorization": emulator.authorization} | headers)


def read_one_uncached(emulator: Emulator) -> Request:
    """Return GET of one list, with another query in each request."""
    one = read_one(emulator)
    return Request("GET", f"{one.path}?{UNIQUE_QUERY}", one.headers)


def read_page(emulator: Emulator, start: int = 0) -> Request:
    """Return GET of 25 lists with all their properties."""
    path = f"{LISTS_PATH}?select=(**)&count={PAGE_SIZE}&start={start}"
    return Request("GET", path, {"Authorization": emulator.authorization})


def read_page_uncached(emulator: Emulator, start: int) -> Request:
    """Return GET of 25 lists, with another query in each request."""
    page = read_page(emulator, start)
    return Request("GET", f"{page.path}&{UNIQUE_QUERY}", page.headers)


def change_one(emulator: Emulator) -> Request:
    """Return PATCH of the connection's own list, with the last state from the server."""
    headers = {"Content-Type": "application/json", "x-dw-resource-state": "$state"}
    return Request(
        "PATCH",
        f"{LISTS_PATH}/list-$connection",
        {"Authorization": emulator.authorization} | headers,
        '{"description":"changed by $unique"}',
    )


def search_one(emulator: Emulator) -> Request:
    """Return a search for a list by its id."""
    term = {"fields": ["id"], "operator": "is", "values": [name(emulator.size // 2)]}
    body = json.dumps({"query": {"term_query": term}, "select": "(**)"})
    headers = {"Authorization": emulator.authorization, "Content-Type": "application/json"}
    return Request("POST", SEARCH_PATH, headers, body)


def read_service(path: str) -> Request:
    """Return GET of the Inventory Service API."""
    return Request("GET", path, {"Authorization": f"Bearer {SERVICE_KEY}"})


# Checks


def verify_checks(emulator: Emulator) -> None:
    """Verify the checks of token, permissions, state and key, and the journal.

    Raises:
        BenchmarkError: The emulator accepts a wrong request, or the journal is empty.
    """
    one, change = read_one(emulator), f"{LISTS_PATH}/{name(0)}"
    granted = {"Authorization": emulator.authorization, "Content-Type": "application/json"}
    stale = {**granted, "x-dw-resource-state": "0" * 64}
    _expect(emulator, Request("GET", one.path, {"Authorization": "Bearer no"}), UNAUTHORIZED)
    _expect(emulator, Request("DELETE", one.path, granted), FORBIDDEN)
    _expect(emulator, Request("PATCH", change, stale, "{}"), CONFLICT)
    _expect(emulator, Request("GET", "/items"), UNAUTHORIZED)
    _expect(emulator, one, OK)
    journal = _expect(emulator, Request("GET", "/__emulator__/journal"), OK)
    if one.path.encode() not in journal:
        raise BenchmarkError("the journal of the emulator is empty")


def _expect(emulator: Emulator, request: Request, status: int) -> bytes:
    answer = ask(emulator.server.url, request.method, request.path, request.body, request.headers)
    if answer.status != status:
        difference = f"{answer.status} instead of {status}: {answer.body!r}"
        raise BenchmarkError(f"{request.method} {request.path}: the status is {difference}")
    return answer.body


def time_start(core: int | None) -> tuple[float, float]:
    """Return the seconds from the default emulator's start to its first answers.

    The first answer is the health, the second a page of lists, after an access token.
    """
    with running(serve_command(), core) as server:
        ask(server.url, "GET", "/__emulator__/health")
        health = time.perf_counter() - server.began
        token = authorize(server.url)
        ask(server.url, "GET", LISTS_PATH, headers={"Authorization": token})
        return health, time.perf_counter() - server.began


if __name__ == "__main__":
    serve_bare_route()
