"""The pages of the contract: rules of the ledger, and the viewer of descriptions."""

import re
from html import unescape

from contract_tests.ledger import rules
from emulator.console import ledger
from emulator.console.contract import APIS
from emulator.ocapi.schema.faults import TABLE
from emulator.tests.console.conftest import Get
from emulator.tests.table import table


def test_every_rule_is_shown_with_its_evidence(get: Get) -> None:
    page = get("/contract").text
    shown = re.findall(r'<article class="rule" id="([^"]+)"', page)
    assert shown == [rule.id for rule in rules()]
    [article] = re.findall(r'<article class="rule" id="RST-2".*?</article>', page, re.DOTALL)
    text = unescape(article)
    assert "409 ResourceStateConflict" in text
    assert '<span class="badge good">DOC</span>' in article
    assert "<code>x-dw-resource-state</code>" in article
    assert "test_state.py::" in article


@table(
    ("words", "first"),
    [
        ("ResourceStateConflict", "RST-2"),
        ("rst-4", "RST-4"),
        ("RST", "RST-1"),
        ("etag STATE", "RST-4"),
        ("zzz", None),
    ],
)
def test_rules_are_searched_by_words(get: Get, words: str, first: str | None) -> None:
    page = get(f"/contract?q={words}").text
    shown = re.findall(r'<article class="rule" id="([^"]+)"', page)
    assert (shown[0] if shown else None) == first
    assert f'value="{words}"' in page


def test_a_fault_leads_to_the_rules_that_name_it() -> None:
    assert ledger.find_rules("InvalidIfMatchException")[0].id == "RST-4"
    assert ledger.find_rules("CatalogNotFound")[0].id == "CAT-1"
    assert ledger.find_rules("NoSuchFault") == []
    assert all(len(ledger.find_rules(name)) <= 3 for name in TABLE)


@table("name", list(APIS))
def test_the_viewer_has_a_description_that_is_served(get: Get, name: str) -> None:
    page = get(f"/contract/api/{name}").text
    [path] = re.findall(r'data-viewer="([^"]+)"', page)
    assert path == APIS[name][1]
    files = re.findall(r'(?:src|href)="(/__emulator__/static/[^"]+)"', page)
    assert [get(file.removeprefix("/__emulator__")).status_code for file in files] == [200] * len(
        files
    )


def test_operations_are_searched_and_lead_to_their_rules(get: Get) -> None:
    page = get("/contract/coverage").text
    assert "342 of 342 operations" in page
    for axis in ("Served", "Described", "Tests", "Clients", "Recorded", "Faults", "Conditional"):
        assert f'<th scope="col">{axis}</th>' in page
    page = get("/contract/coverage?q=patch+/inventory_lists/{id}").text
    assert '<td data-label="Conditional">right, stale</td>' in page
    [path] = re.findall(r'data-label="Path"><code>(.*?)</code>', page)
    assert path.replace("<wbr>", "") == "/inventory_lists/{id}"
    assert 'href="/__emulator__/contract#FLT-5"' in page
    assert "No operation" in get("/contract/coverage?q=zzz").text


def test_an_unknown_api_has_no_viewer(get: Get) -> None:
    assert get("/contract/api/shop").status_code == 404


def test_links_to_other_pages_are_names_of_pages(get: Get) -> None:
    page = get("/contract").text
    assert "](" not in page
    assert "<code>docs/versions.md</code>" in page
