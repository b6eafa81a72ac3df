"""Measure searches and large writes over 100,000 documents of a kind, in one process.

Run ``python -m benchmarks.search --help`` for the options.
"""

import gc
import json
import time
from argparse import ArgumentParser
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, NamedTuple

from werkzeug.test import Client, TestResponse

from benchmarks.process import BenchmarkError
from benchmarks.servers import CLIENT_ID
from emulator import Emulator

OK, NO_CONTENT = 200, 204
DATA = "/s/-/dw/data/v23_2"
CATALOG, CATEGORY, SITE = "catalog", "all", "bench"
COLORS = ("red", "green", "blue", "black", "white")
EVEN, ODD = "2023-01-16T08:00:00.000Z", "2023-02-20T14:05:31.000Z"
CATEGORY_PATH = f"catalogs/{CATALOG}/categories/{CATEGORY}"
DEFINITION_PATH = "system_object_definitions/Store/attribute_definitions/note"


class Search(NamedTuple):
    """A search: the name of the row, the path, the query, and the number of hits of 1,000."""

    name: str
    path: str
    query: dict[str, Any]
    hits: float
    sorts: tuple[str, ...] = ()


def term(field: str, value: Any, operator: str = "is") -> dict[str, Any]:
    """Return a query for the value of a field."""
    return {"term_query": {"fields": [field], "operator": operator, "values": [value]}}


def text(phrase: str, *fields: str) -> dict[str, Any]:
    """Return a query for words of fields."""
    return {"text_query": {"fields": fields, "search_phrase": phrase}}


EVERYTHING: dict[str, Any] = {"match_all_query": {}}
ASSIGNMENTS = f"{CATEGORY_PATH}/category_product_assignment_search"
SOURCE_CODES = f"sites/{SITE}/source_code_group_search"
STORES = f"sites/{SITE}/store_search"
SEARCHES = (
    Search("products, `id`", "product_search", term("id", "product-000007"), 0),
    Search("products, `online`", "product_search", term("online", True), 1000),
    Search("products, `searchable`", "product_search", term("searchable", False), 500),
    Search("products, `name`", "product_search", term("name", "Blue Hat 7"), 0),
    Search("products, `type`", "product_search", term("type", "item"), 1000),
    Search("products, `catalog_id`", "product_search", term("catalog_id", CATALOG), 1000),
    Search("products, `category_id`", "product_search", term("category_id", CATEGORY), 1000),
    Search("products, a small category", "product_search", term("category_id", "few"), 1),
    Search("products, dates", "product_search", term("creation_date", ODD, "less"), 500),
    Search("products, text of two fields", "product_search", text("blue", "id", "name"), 200),
    Search("products, all, by name", "product_search", EVERYTHING, 1000, ("name",)),
    Search("assignments, `product_id`", ASSIGNMENTS, term("product_id", "product-000007"), 0),
    Search("assignments, `online_flag`", ASSIGNMENTS, term("online_flag", True), 1000),
    Search("assignments, `valid_from`", ASSIGNMENTS, term("valid_from", ODD, "less"), 500),
    Search("assignments, `product_name`", ASSIGNMENTS, text("blue", "product_name"), 200),
    Search("source codes, `active`", SOURCE_CODES, term("active", True), 500),
    Search("source codes, `source_code`", SOURCE_CODES, term("source_code", "code7"), 0),
    Search("stores, `city`", STORES, term("city", "Mock Springs"), 200),
    Search("stores, latitude", STORES, term("latitude", 30, "less"), 1000 / 3),
    Search("stores, text of `store_hours`", STORES, text("closed", "store_hours"), 200),
    Search("stores, text of two fields", STORES, text("springs", "name", "city"), 200),
)


def main() -> None:
    """Measure, and print a table."""
    parser = ArgumentParser("search", description="Measure searches over many documents.")
    parser.add_argument("--records", type=int, default=100_000, help="(default: %(default)s)")
    parser.add_argument("--rounds", type=int, default=7, help="(default: %(default)s)")
    options = parser.parse_args()
    with TemporaryDirectory() as folder:
        write_data_set(Path(folder), options.records)
        emulator = Emulator(fixtures=folder)
        gc.collect()
        gc.freeze()  # as ``serve`` does
        print(f"| {options.records:,} documents | processor time |\n| --- | ---: |")
        for name, milliseconds in measure(emulator, options.records, options.rounds):
            print(f"| {name} | {milliseconds:.0f} ms |", flush=True)


def measure(emulator: Emulator, records: int, rounds: int) -> Iterator[tuple[str, float]]:
    """Yield the name and the milliseconds of each request."""
    client, headers = Client(emulator.app), {"Authorization": f"Bearer {emulator.token()}"}

    def send(method: str, path: str, body: dict[str, Any]) -> TestResponse:
        answer = client.open(f"{DATA}/{path}", method=method, headers=headers, json=body)
        if answer.status_code not in (OK, NO_CONTENT):
            raise BenchmarkError(f"{method} {path}: {answer.text}")
        return answer

    for search in SEARCHES:
        sorts = [{"field": name, "sort_order": "asc"} for name in search.sorts]
        body = {"query": search.query, "sorts": sorts}
        expected = max(1, search.hits * records / 1000)
        found = send("POST", search.path, body).json
        if not found or abs(found["total"] - expected) > 1:
            raise BenchmarkError(f"{search.name}: {expected} hits are expected: {found}")
        # Another count in each request, so that no cached answer matches.
        times = [
            time_of(partial(send, "POST", search.path, {**body, "count": count}))
            for count in range(1, rounds + 1)
        ]
        yield search.name, min(times)
    yield "end of an attribute of all stores", time_of(lambda: send("DELETE", DEFINITION_PATH, {}))


def time_of(work: Callable[[], object]) -> float:
    """Return the milliseconds of processor time of a call."""
    started = time.process_time()
    work()
    return (time.process_time() - started) * 1000


def write_data_set(folder: Path, size: int) -> None:
    """Write a data set with a number of documents of each kind into a folder."""
    numbers = range(size)
    category = {"catalog_id": CATALOG, "id": CATEGORY, "parent_category_id": "root"}
    attribute = {"object_type": "Store", "id": "note", "value_type": "string"}
    contents = {
        "sites": [{"id": SITE}],
        "clients": [{"client_id": CLIENT_ID, "client_secret": CLIENT_ID}],
        "catalogs": [{"id": CATALOG, "root_category": "root"}],
        "categories": [{"catalog_id": CATALOG, "id": "root"}, category, {**category, "id": "few"}],
        "system_object_definitions": [{"object_type": "Store"}],
        "system_attribute_definitions": [attribute],
        "products": [make_product(n) for n in numbers],
        "category_product_assignments": [
            *(make_assignment(n) for n in numbers),
            *({**make_assignment(n), "category_id": "few"} for n in range(0, size, 1000)),
        ],
        "source_code_groups": [make_source_codes(n) for n in numbers],
        "stores": [make_store(n) for n in numbers],
    }
    for collection, content in contents.items():
        (folder / f"{collection}.json").write_text(json.dumps(content))


def make_product(number: int) -> dict[str, Any]:
    """Return a product in the form of a data set."""
    color = COLORS[number % len(COLORS)]
    return {
        "id": f"product-{number:06}",
        "owning_catalog_id": CATALOG,
        "name": {"default": f"{color.title()} Hat {number}", "de": f"Hut {number}"},
        "online_flag": {"default": True},
        "searchable": {"default": number % 2 == 0},
        "valid_from": {"default": (EVEN, ODD)[number % 2]},
        "creation_date": (EVEN, ODD)[number % 2],
        "last_modified": ODD,
    }


def make_assignment(number: int) -> dict[str, Any]:
    """Return the assignment of a product to the category."""
    product = {"product_id": f"product-{number:06}"}
    return {"catalog_id": CATALOG, "category_id": CATEGORY, **product, "creation_date": EVEN}


def make_source_codes(number: int) -> dict[str, Any]:
    """Return a source code group; the even ones are enabled."""
    return {
        "site_id": SITE,
        "id": f"group-{number:06}",
        "enabled": number % 2 == 0,
        "start_time": EVEN,
        "specifications": [{"expression": f"code{number}"}, {"expression": f"more{number}*"}],
    }


def make_store(number: int) -> dict[str, Any]:
    """Return a store with a custom property and hours in two languages."""
    city = ("Mock Springs", "Testville", "Sampleton", "Fakeborough", "Dummyfield")[number % 5]
    hours = {"default": {"source": f"<p>{10 + number % 3} to 19</p>"}}
    if number % 5 == 0:
        hours["de"] = {"source": "<p>Sunday: Closed</p>"}
    return {
        "site_id": SITE,
        "id": f"store-{number:06}",
        "name": f"Shop {number}",
        "city": city,
        "latitude": 29.5 + number % 3,
        "longitude": -97.7,
        "store_hours": hours,
        "c_note": f"note {number}",
    }


if __name__ == "__main__":
    main()
