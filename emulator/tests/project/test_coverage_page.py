"""docs/coverage.md and its data, against the descriptions, the ledger, recordings and clients."""

import json

from contract_tests import ledger
from contract_tests.coverage import sources
from contract_tests.coverage.file import keep_run, make_evidence
from contract_tests.coverage.operations import find
from contract_tests.coverage.page import PAGE, render
from contract_tests.coverage.recorder import Noted
from emulator.corpus.exchange import Recording, parse
from emulator.evidence.operation import FILE, load, read, write
from emulator.tests.table import table

HEAD = {
    "format": "ocapi-emulator corpus 1",
    "recorded": "2026-11-29",
    "source": "a server",
    "evidence": "LIVE",
    "clock": "2026-11-29T18:00:00Z",
}
SITES = "/s/-/dw/data/v23_2/sites"


def test_the_data_is_up_to_date() -> None:
    assert FILE.read_text() == write(make_evidence(keep_run()))


def test_the_page_is_made_from_the_data() -> None:
    assert PAGE.read_text() == render(read(FILE.read_text()))


def test_the_page_has_every_operation_of_both_apis() -> None:
    text = PAGE.read_text()
    assert "332 of 332 operations are implemented." in text
    assert "10 of 10 operations are implemented." in text
    assert text.count("\n| `") == 342


def test_every_served_operation_succeeds_in_a_contract_test() -> None:
    assert [one.label for one in load().operations if one.implemented and not one.tests] == []


def test_the_rules_are_those_of_the_ledger() -> None:
    known = {rule.id for rule in ledger.rules()}
    named = {rule for one in load().operations for rule in one.rules}
    assert named <= known
    assert load().verifiable <= known


@table(
    ("method", "url", "operation"),
    [
        ("GET", "https://h/s/-/dw/data/v23_2/inventory_lists?count=1", "getInventoryLists"),
        ("GET", "https://h/dw/data/v19_5/sites/a%2Fb", "getSitesByID"),
        ("GET", "https://h/s/-/dw/data/v23_2/users/this", "getUsersThis"),
        ("PATCH", "https://h/s/-/dw/data/v23_2/inventory_lists", ""),
        ("GET", "https://h/s/-/dw/shop/v23_2/inventory_lists", ""),
        ("GET", "https://h/s/-/dw/data/v23_2", ""),
        ("GET", "https://h/", ""),
        ("DELETE", "http://h:1/items/1?x=/", "deleteItem"),
    ],
)
def test_a_request_is_sent_to_an_operation(method: str, url: str, operation: str) -> None:
    assert find(method, url) == operation


def test_a_rule_belongs_to_the_operations_of_its_tests() -> None:
    noted = Noted()
    noted.add({"getSites": ["success"]}, ["A-1", "A-2"], verifiable=True)
    noted.add({}, ["A-2", "A-3"], verifiable=False)
    noted.add({"getSites": ["InvalidIfMatch", "stale"]}, ["A-1", "A-3"], verifiable=False)
    for _ in range(4):
        noted.add({}, ["A-3"], verifiable=False)
    run = noted.conclude()
    assert run.verifiable == {"A-1", "A-2"}
    assert run.operations == {
        "getSites": {
            "tests": 1,
            "faults": ["InvalidIfMatch"],
            "conditions": ["stale"],
            "concurrent": [],
            "rules": ["A-1", "A-2"],
        }
    }


def test_a_test_of_all_operations_tells_nothing_of_each() -> None:
    noted = Noted()
    noted.add({str(number): ["success"] for number in range(101)}, ["A-1"], verifiable=True)
    assert noted.conclude().operations == {}


def record(name: str, *rows: tuple[str, int, dict[str, str]]) -> Recording:
    lines = [HEAD] + [
        {"request": {"method": "GET", "target": target}, "answer": {"status": status}, **more}
        for target, status, more in rows
    ]
    recording = parse("\n".join(map(json.dumps, lines)).encode())
    return Recording(recording.head, recording.exchanges, name)


def test_recordings_count_by_evidence() -> None:
    recording = record(
        "live",
        (SITES, 200, {}),
        (f"{SITES}/a", 404, {}),
        (f"{SITES}/b", 200, {"evidence": "SEED"}),
        (f"{SITES}/b", 200, {"evidence": "EMULATOR"}),
        (SITES, 200, {"evidence": "CLIENT"}),
        ("/elsewhere", 200, {}),
    )
    assert sources.count_recorded([recording]) == {
        "getSites": {"LIVE": 1},
        "getSitesByID": {"SEED": 1, "LIVE refused": 1},
    }


def test_clients_are_those_of_recordings() -> None:
    client = {"evidence": "CLIENT"}
    sfcc_ci = record("client-sfcc-ci", (SITES, 200, client), (f"{SITES}/a", 404, client))
    other = record("client-postman", (SITES, 200, client), (f"{SITES}/a", 200, {}))
    assert sources.list_clients([sfcc_ci, other]) == {"getSites": ["postman", "sfcc-ci"]}


@table(
    ("path", "programs"),
    [
        ("/sites", 4),
        ("/sites/{site_id}", 4),
        ("/sites/{site_id}/campaigns", 0),
        ("/sites/{site_id}/cartridges/{cartridge_name}", 3),
        ("/site_search", 0),
        ("/catalogs/{catalog_id}/categories/{category_id}", 3),
        ("/catalogs/{catalog_id}/shared_product_options", 2),
    ],
)
def test_public_programs_count_by_path(path: str, programs: int) -> None:
    assert sources.count_programs(path) == programs
