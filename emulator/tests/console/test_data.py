"""The pages of the data: collections, documents, changes, snapshots, workspaces."""

import re
from html import unescape

from werkzeug.test import Client

from contract_tests.server import Pool
from emulator import Emulator
from emulator.app import list_collections, make_api
from emulator.store import Record
from emulator.tests.bound import bounded
from emulator.tests.console.conftest import BROWSER, LOCAL, Get
from emulator.tests.control_client import DATA, ask
from emulator.tests.table import table

COLLECTIONS = list_collections(make_api(()))

LISTS = "/data/collections/inventory_lists"
LIST = "my-inventorylist1"
SCRIPT = "<script>alert('description')</script>"


def find_rows(page: str) -> list[str]:
    """Return the linked documents or collections in the tables of a page."""
    body = "".join(re.findall(r"<tbody.*?</tbody>", page, re.DOTALL))
    return [unescape(text) for text in re.findall(r"<a href=[^>]*>([^<]*)</a>", body)]


def fill(emulator: Emulator, count: int) -> None:
    records = [
        Record.of((f"list{number:06}",), {"id": f"list{number:06}", "description": f"No {number}"})
        for number in range(count)
    ]
    emulator.workspace.store.replace({"inventory_lists": records})


def test_all_collections_of_data_sets_are_listed(get: Get) -> None:
    page = get("/data").text
    assert sorted(find_rows(page)) == sorted(collection.name for collection in COLLECTIONS)
    assert "inventory_lists/{inventory_list_id}/product_inventory_records/{product_id}" in page


def test_a_collection_has_pages(emulator: Emulator, get: Get) -> None:
    fill(emulator, 60)
    first = get(LISTS).text
    assert find_rows(first) == [f"list{number:06}" for number in range(25)]
    assert "1 to 25 of 60" in first
    assert 'rel="prev"' not in first
    [following] = set(re.findall(r'rel="next" href="/__emulator__([^"]*)"', first))
    second = get(unescape(following)).text
    assert find_rows(second)[0] == "list000025"
    last = get(f"{LISTS}?start=50&count=25").text
    assert "51 to 60 of 60" in last
    assert 'rel="next"' not in last


@table("query", ["start=-1", "start=x", "start=9999999999999999999", "count=0", "count=x"])
def test_other_numbers_show_the_first_page(emulator: Emulator, get: Get, query: str) -> None:
    fill(emulator, 60)
    assert "1 to 25 of 60" in get(f"{LISTS}?{query}").text


def test_a_page_has_up_to_100_documents(emulator: Emulator, get: Get) -> None:
    fill(emulator, 200)
    assert len(find_rows(get(f"{LISTS}?count=100000").text)) == 100
    assert "There are no further documents." in get(f"{LISTS}?start=1000").text


def test_the_search_finds_ids_and_texts_in_any_case(emulator: Emulator, get: Get) -> None:
    fill(emulator, 60)
    assert find_rows(get(f"{LISTS}?q=LIST000007").text) == ["list000007"]
    assert find_rows(get(f"{LISTS}?q=no+59").text) == ["list000059"]
    nothing = get(f"{LISTS}?q=<b>nothing</b>").text
    assert "No document has “&lt;b&gt;nothing&lt;/b&gt;”" in nothing
    many = get(f"{LISTS}?q=no").text
    assert find_rows(many)[-1] == "list000024"
    assert "q=no" in re.findall(r'rel="next" href="([^"]*)"', many)[0]


def test_the_first_pages_of_10_000_documents_take_less_than_100_ms(
    emulator: Emulator, get: Get
) -> None:
    fill(emulator, 10_000)
    key = "list005000"
    for path in ("", "/data", LISTS, f"{LISTS}?start=9900", f"{LISTS}/document?key={key}"):
        get(path)  # templates are compiled once
        with bounded(0.1):
            assert get(path).status_code == 200


def test_an_unknown_collection_or_document_is_not_found(get: Get) -> None:
    assert "There is no collection &#39;nothing&#39;." in get("/data/collections/nothing").text
    for path in ("/data/collections/nothing", f"{LISTS}/document?key=none", f"{LISTS}/document"):
        assert get(path).status_code == 404


def test_a_document_is_shown_as_the_api_answers_it(emulator: Emulator, get: Get) -> None:
    answer = ask(emulator, "GET", f"{DATA}/inventory_lists/{LIST}").json or {}
    page = unescape(get(f"{LISTS}/document?key={LIST}").text)
    assert f'"_resource_state": "{answer["_resource_state"]}"' in page
    assert f"<code>{answer['link']}</code>" in page
    assert f"http://localhost{DATA}/inventory_lists/{LIST}</pre>" in page
    xml = unescape(get(f"{LISTS}/document?key={LIST}&view=xml").text)
    assert "<inventory_list " in xml
    stored = unescape(get(f"{LISTS}/document?key={LIST}&view=stored").text)
    assert '"_type"' not in stored.split("data-request")[0]


def test_a_key_may_have_any_characters(emulator: Emulator, get: Get) -> None:
    key = "a/b ?&%<c>"
    record = Record.of((key,), {"id": key, "description": "odd"})
    emulator.workspace.store.put("inventory_lists", record)
    page = get(f"{LISTS}?q=odd").text
    [url] = re.findall(r'href="/__emulator__([^"]*document[^"]*)"', page)
    shown = get(unescape(url))
    assert shown.status_code == 200
    assert f'"id": "{key}"' in unescape(shown.text)


def test_a_script_in_a_description_stays_text(emulator: Emulator, get: Get) -> None:
    path = f"{DATA}/inventory_lists/{LIST}"
    assert ask(emulator, "PATCH", path, json={"description": SCRIPT}).status_code == 200
    pages = [LISTS, f"{LISTS}?q=script", f"{LISTS}/new?copy={LIST}"]
    views = ("json", "xml", "edit", "stored", "changes")
    pages += [f"{LISTS}/document?key={LIST}&view={view}" for view in views]
    for path in pages:
        page = get(path).text
        assert "<script>alert" not in page
        assert "alert(" in page


def test_a_document_without_a_path_is_shown_as_stored(get: Get) -> None:
    page = unescape(get("/data/collections/clients/document?key=" + "a" * 30).text)
    assert "The Data API has no path for this document." in page
    assert f'"client_id": "{"a" * 30}"' in page
    assert '"client_secret": "***"' in page


def test_a_refused_document_is_shown_as_stored(emulator: Emulator, get: Get) -> None:
    settings = {"_v": "23.2", "clients": []}
    assert ask(emulator, "POST", "/__emulator__/settings", json=settings).status_code == 200
    page = unescape(get(f"{LISTS}/document?key={LIST}").text)
    assert "The Data API answers 403 to a GET of this document" in page
    assert f'"id": "{LIST}"' in page


def test_a_new_document_begins_with_the_required_properties(get: Get) -> None:
    page = unescape(get("/data/collections/system_attribute_definitions/new").text)
    path = f"{DATA}/system_object_definitions/{{object_type}}/attribute_definitions/{{id}}"
    assert f'data-path="{path}"' in page
    assert '"value_type": "string"' in page
    assert get("/data/collections/sites/new").status_code == 404


def test_a_copy_begins_with_the_properties_of_the_document(get: Get) -> None:
    page = get(f"{LISTS}/new?copy={LIST}").text
    body = re.findall(r"<textarea[^>]*>(.*?)</textarea>", page, re.DOTALL)[0]
    assert "default_in_stock" in body
    assert LIST not in body
    assert "_resource_state" not in body
    assert get(f"{LISTS}/new?copy=none").status_code == 404


def list_changes(page: str) -> list[tuple[str, str]]:
    badges = re.findall(r'class="badge [a-z]+">(added|changed|removed)<', page)
    return list(zip(find_rows(page), badges, strict=True))


def test_changes_are_listed_and_shown(emulator: Emulator, get: Get) -> None:
    assert "No document differs." in get("/data/changes").text
    store = emulator.workspace.store
    [removed] = store.scan("inventory_lists", 1, 1).records[0].key
    ask(emulator, "PUT", f"{DATA}/inventory_lists/zz-added", json={})
    ask(emulator, "PATCH", f"{DATA}/inventory_lists/{LIST}", json={"description": "<i>new</i>"})
    store.delete("inventory_lists", (removed,))
    page = get("/data/changes").text
    expected = [(LIST, "changed"), (removed, "removed"), ("zz-added", "added")]
    assert list_changes(page) == expected
    diff = get(f"{LISTS}/document?key={LIST}&view=changes").text
    assert re.search(r"<ins>\+ .*description.*&lt;i&gt;new&lt;/i&gt;", diff)
    gone = get(f"{LISTS}/document?key={removed}").text
    assert "<del>" in gone
    assert "data-request" not in gone


def test_changes_since_a_snapshot_are_listed(emulator: Emulator, get: Get) -> None:
    ask(emulator, "PUT", f"{DATA}/inventory_lists/zz-first", json={})
    ask(emulator, "PUT", "/__emulator__/snapshots/before")
    ask(emulator, "PUT", f"{DATA}/inventory_lists/zz-second", json={})
    page = get("/data/changes?against=before").text
    assert list_changes(page) == [("zz-second", "added")]
    assert "against=before" in page
    document = get(f"{LISTS}/document?key={LIST}&view=changes&against=before").text
    assert '<option value="before" selected>snapshot before</option>' in document
    for path in ("/data/changes", f"{LISTS}/document"):
        assert get(f"{path}?key={LIST}&against=none").status_code == 404


def test_many_changes_are_cut(emulator: Emulator, get: Get) -> None:
    fill(emulator, 600)
    page = get("/data/changes").text
    assert "These are the first 500 documents; there are more." in page


def test_snapshots_and_workspaces_are_listed(emulator: Emulator, get: Get) -> None:
    ask(emulator, "PUT", "/__emulator__/snapshots/<b>")
    ask(emulator, "PUT", "/__emulator__/workspaces/shop", json={"clients": ["<i>"]})
    snapshots = get("/data/snapshots").text
    assert '<td data-label="Name">&lt;b&gt;</td>' in snapshots
    workspaces = get("/data/workspaces").text
    assert find_rows(workspaces) == ["default", "shop"]
    assert "&lt;i&gt;" in workspaces


def test_a_document_with_more_ids_than_the_path_is_shown_as_stored(pool: Pool) -> None:
    with pool.serve(fixtures="storefront") as emulator:
        page = "/__emulator__/data/collections/custom_objects/document"
        query = {"key": "Newsletter/-/ann%40example.com"}
        answer = Client(emulator.app).get(
            page, query_string=query, headers=BROWSER, environ_overrides=LOCAL
        )
        assert answer.status_code == 200
        assert "The Data API answers" not in answer.text
        assert "has no GET for this document alone" in answer.text
