"""What is measured: an emulator with all its checks on, and beside it a bare Flask route.

The emulator demands tokens and the key of the Inventory Service API, permits by a settings document
what is asked and nothing else, checks states, and keeps a journal. ``python -m benchmarks.subject``
serves the bare route.
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

CLIENT, KEY = "a" * 30, "key of the inventory service"
API = "/s/-/dw/data/v23_2"
LISTS = f"{API}/inventory_lists"
SEARCH = f"{API}/inventory_list_search"
PAGE_SIZE = 25
ITEMS = 100
OK, UNAUTHORIZED, FORBIDDEN, CONFLICT = 200, 401, 403, 409
TEXT = "Distribution center %d, which serves all sites of the region and takes returns"


class Emulator(NamedTuple):
    """An emulator that runs.

    Attributes:
        server: Its process and URL.
        size: How many lists it has.
        authorization: The header of a client.
        started: Seconds from its start to its first answer, which was the token.
    """

    server: Server
    size: int
    authorization: str
    started: float


def name(number: int) -> str:
    """Return the id of a list."""
    return f"list-{number:06}"


def make_list(number: int) -> dict[str, Any]:
    """Return a list as data sets have it."""
    return {
        "id": name(number),
        "assigned_sites": ["bench"],
        "description": TEXT % number,
        "default_in_stock": False,
        "on_order_inventory_enabled": True,
        "use_bundle_inventory_only": False,
        "creation_date": "2023-01-16T08:00:00.000Z",
        "last_modified": "2023-02-20T14:05:31.000Z",
    }


def make_answer(number: int) -> dict[str, Any]:
    """Return a list about as the emulator answers it, for servers that hold it beside it."""
    envelope = {"_v": "23.2", "_type": "inventory_list", "_resource_state": "0" * 64}
    link = {"link": f"http://{HOST}:65535{LISTS}/{name(number)}"}
    return envelope | make_list(number) | link


# Servers


@contextmanager
def serving(folder: Path, size: int, core: int | None) -> Iterator[Emulator]:
    """Run an emulator of so many inventory lists, with all checks on."""
    data_set = folder / f"lists-{size}"
    if not data_set.exists():
        write_data_set(data_set, size)
    settings = folder / "settings.json"
    settings.write_text(json.dumps(_permit()))
    options = {"fixtures": data_set, "settings": settings, "inventory-api-key": KEY}
    flags = [text for option, value in options.items() for text in (f"--{option}", str(value))]
    with running(serve_command(*flags), core) as server:
        token = authorize(server.url)
        yield Emulator(server, size, token, time.perf_counter() - server.began)


def serve_command(*arguments: str) -> list[str]:
    """Return the command that serves on any free port."""
    program = Path(sys.executable).with_name("ocapi-emulator")
    return [str(program), "serve", "--port", "0", *arguments]


def write_data_set(folder: Path, size: int) -> None:
    """Write a data set of so many lists into a new folder."""
    folder.mkdir(parents=True)
    client = {"client_id": CLIENT, "client_secret": CLIENT}
    contents: dict[str, Any] = {
        "sites": [{"id": "bench"}],
        "clients": [client],
        "items": [_make_item(number) for number in range(ITEMS)],
    }
    for collection, content in contents.items():
        (folder / f"{collection}.json").write_text(json.dumps(content))
    with (folder / "inventory_lists.json").open("w") as file:
        # Not as one text: a million lists are 300 MB, and this process serves nobody.
        for number in range(size):
            file.write(f"{',' if number else '['}{json.dumps(make_list(number))}\n")
        file.write("]")


def _make_item(number: int) -> dict[str, Any]:
    variant = {"variantId": f"variant-{number:03}", "productId": "product", "name": "Size M"}
    sku, text = f"sku-{number:03}", TEXT % number
    return {"itemId": f"item-{number:03}", "sku": sku, "name": text, "productVariant": variant}


def _permit() -> dict[str, Any]:
    """Return the settings document."""
    everything = {"read_attributes": "(**)", "write_attributes": "(**)"}
    paths = {
        "/inventory_lists": ["get"],
        "/inventory_lists/*": ["get", "patch"],
        "/inventory_list_search": ["post"],
    }
    resources = [{"resource_id": p, "methods": m, **everything} for p, m in paths.items()]
    return {"_v": "23.2", "clients": [{"client_id": CLIENT, "resources": resources}]}


def authorize(url: str) -> str:
    """Return the Authorization header of a token of an emulator."""
    grant = {"grant_type": "client_credentials", "client_id": CLIENT, "client_secret": CLIENT}
    form = {"Content-Type": "application/x-www-form-urlencoded"}
    answer = ask(url, "POST", "/dwsso/oauth2/access_token", urlencode(grant), form)
    return f"Bearer {json.loads(answer.body)['access_token']}"


@contextmanager
def serving_bare_route(core: int | None) -> Iterator[Server]:
    """Run a Flask route with a constant of a list's size, on the emulator's listener."""
    with running([sys.executable, "-m", "benchmarks.subject"], core) as server:
        yield server


def serve_bare_route() -> None:
    """Serve it in this process, until that is ended."""
    from flask import Flask, Response  # noqa: PLC0415 - others who import this module need no Flask

    from emulator.http.listener import Listener  # noqa: PLC0415 - the same

    app = Flask("bare", static_folder=None)
    body = json.dumps(make_answer(0)).encode()

    @app.get("/")
    def answer() -> Response:
        return Response(body, content_type="application/json;charset=UTF-8")

    listener = Listener(app, HOST, 0)
    listener.start()
    sys.stdout.write(f"bare route listening on {listener.url}\n")
    sys.stdout.flush()
    Event().wait()


# Requests


BARE = Request("GET", "/")


def read_one(emulator: Emulator, number: int | None = None, **headers: str) -> Request:
    """Return GET of one list, the one in the middle unless another is named."""
    path = f"{LISTS}/{name(emulator.size // 2 if number is None else number)}"
    return Request("GET", path, {"Authorization": emulator.authorization} | headers)


def read_one_anew(emulator: Emulator) -> Request:
    """Return GET of one list that no answer fits that was given before."""
    return read_one(emulator, None, **NEVER_ASKED)


def read_page(emulator: Emulator, start: int = 0) -> Request:
    """Return GET of 25 lists with all their properties."""
    path = f"{LISTS}?select=(**)&count={PAGE_SIZE}&start={start}"
    return Request("GET", path, {"Authorization": emulator.authorization})


def read_page_anew(emulator: Emulator, start: int) -> Request:
    """Return GET of 25 lists that no answer fits that was given before."""
    page = read_page(emulator, start)
    return Request("GET", page.path, {**page.headers, **NEVER_ASKED})


NEVER_ASKED = {"If-None-Match": '"$unique"'}
"""A question of its own in each request: has the client the newest state? It never has."""


def change_one(emulator: Emulator) -> Request:
    """Return PATCH of a list that the connection has to itself, with the state it saw last."""
    headers = {"Content-Type": "application/json", "x-dw-resource-state": "$state"}
    return Request(
        "PATCH",
        f"{LISTS}/list-$connection",
        {"Authorization": emulator.authorization} | headers,
        '{"description":"changed by $unique"}',
    )


def search_one(emulator: Emulator) -> Request:
    """Return a search for a list by its id."""
    term = {"fields": ["id"], "operator": "is", "values": [name(emulator.size // 2)]}
    body = json.dumps({"query": {"term_query": term}, "select": "(**)"})
    headers = {"Authorization": emulator.authorization, "Content-Type": "application/json"}
    return Request("POST", SEARCH, headers, body)


def read_service(path: str) -> Request:
    """Return GET of the Inventory Service API."""
    return Request("GET", path, {"Authorization": f"Bearer {KEY}"})


# That all checks are on


def prove_checks(emulator: Emulator) -> None:
    """See that the emulator checks token, permissions, state and key, and keeps a journal.

    Raises:
        BenchmarkError: It does not.
    """
    one, change = read_one(emulator), f"{LISTS}/{name(0)}"
    granted = {"Authorization": emulator.authorization, "Content-Type": "application/json"}
    stale = {**granted, "x-dw-resource-state": "0" * 64}
    _expect(emulator, Request("GET", one.path, {"Authorization": "Bearer no"}), UNAUTHORIZED)
    _expect(emulator, Request("DELETE", one.path, granted), FORBIDDEN)
    _expect(emulator, Request("PATCH", change, stale, "{}"), CONFLICT)
    _expect(emulator, Request("GET", "/items"), UNAUTHORIZED)
    _expect(emulator, one, OK)
    journal = _expect(emulator, Request("GET", "/__emulator__/journal"), OK)
    if one.path.encode() not in journal:
        raise BenchmarkError("the emulator keeps no journal")


def _expect(emulator: Emulator, request: Request, status: int) -> bytes:
    answer = ask(emulator.server.url, request.method, request.path, request.body, request.headers)
    if answer.status != status:
        told = f"{answer.status} instead of {status}: {answer.body!r}"
        raise BenchmarkError(f"{request.method} {request.path} was answered {told}")
    return answer.body


def time_start(core: int | None) -> tuple[float, float]:
    """Return the seconds from the start of the default emulator to its first answer, and document.

    The first answer is that about its health; a document takes a token besides.
    """
    with running(serve_command(), core) as server:
        ask(server.url, "GET", "/__emulator__/health")
        first = time.perf_counter() - server.began
        token = authorize(server.url)
        ask(server.url, "GET", LISTS, headers={"Authorization": token})
        return first, time.perf_counter() - server.began


if __name__ == "__main__":
    serve_bare_route()
