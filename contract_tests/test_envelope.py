"""The envelope of documents and collections, and the headers (ENV-1 to ENV-10)."""

import re
from collections.abc import Callable

import pytest

from contract_tests.api import Api, assert_fault
from contract_tests.shop import DATA_SET

Make = Callable[..., str]
Start = Callable[..., Api]
STATE = re.compile(r"[0-9a-f]{64}")
INSTANT = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z")


@pytest.mark.rule("ENV-1")
def test_a_document_begins_with_its_envelope_and_goes_on_in_order(api: Api, make: Make) -> None:
    made = make(description="x", c_zebra=1, c_ant=2)
    document = api.get(f"/inventory_lists/{made}").json()
    assert list(document) == [
        "_v",
        "_type",
        "_resource_state",
        "c_ant",
        "c_zebra",
        "creation_date",
        "default_in_stock",
        "description",
        "id",
        "last_modified",
        "link",
        "on_order_inventory_enabled",
        "use_bundle_inventory_only",
    ]
    assert (document["_v"], document["_type"]) == ("23.2", "inventory_list")
    assert STATE.fullmatch(document["_resource_state"])


@pytest.mark.rule("ENV-2", "SEL-2")
def test_a_collection_tells_count_start_total_and_the_selector(documented: Api, make: Make) -> None:
    for _ in range(3):
        make()
    page = documented.get("/inventory_lists?select=(**)&start=1&count=1").json()
    assert list(page) == [
        "_v",
        "_type",
        "count",
        "data",
        "next",
        "previous",
        "select",
        "start",
        "total",
    ]
    assert (page["_v"], page["_type"]) == ("23.2", "inventory_lists")
    assert (page["count"], len(page["data"]), page["start"], page["select"]) == (1, 1, 1, "**")
    assert page["total"] >= 3


@pytest.mark.rule("ENV-2")
def test_a_collection_echoes_no_selector_where_none_was_given(api: Api) -> None:
    assert "select" not in api.get("/inventory_lists").json()


@pytest.mark.rule("ENV-2", "EXP-1")
@pytest.mark.parametrize(
    ("path", "names"),
    [
        ("/catalogs?expand=stats", ["stats"]),
        ("/roles?expand=users,%20permissions,", ["users", "permissions"]),
        ("/products/merino-crew/variation_groups?expand=price&count=1", ["price"]),
        ("/sites/RefArch/coupons?expand=stats&select=(**)", ["stats"]),
        ("/catalogs?expand=", None),
        ("/catalogs", None),
    ],
)
@pytest.mark.needs(DATA_SET)
def test_a_collection_echoes_the_expansions(shop: Api, path: str, names: list[str] | None) -> None:
    page = shop.get(path).json()
    assert page.get("expand") == names
    assert list(page)[2:] == sorted(list(page)[2:])


@pytest.mark.rule("ENV-2")
def test_the_observed_dialect_echoes_the_selector_with_parentheses(observed: Api) -> None:
    assert observed.get("/inventory_lists?select=(**)").json()["select"] == "(**)"


@pytest.mark.rule("ENV-2")
def test_next_and_previous_keep_the_other_parameters(api: Api, make: Make) -> None:
    for _ in range(3):
        make()
    path = "/s/-/dw/data/v23_2/inventory_lists"
    page = api.call("GET", f"{path}?select=(**)&count=1&note=a%26b&start=1").json()
    kept = f"{api.url}{path}?select=(**)&note=a%26b"
    assert page["next"] == f"{kept}&start=2&count=1"
    assert page["previous"] == f"{kept}&start=0&count=1"
    page = api.call("GET", f"{path}?note=&count=1&start=1").json()
    assert page["next"] == f"{api.url}{path}?note=&start=2&count=1"
    assert page["previous"] == f"{api.url}{path}?note=&start=0&count=1"


@pytest.mark.rule("ENV-2")
def test_next_and_previous_are_absent_where_there_is_no_such_page(api: Api, make: Make) -> None:
    make()
    page = api.get("/inventory_lists?count=1000").json()
    assert not {"next", "previous"} & set(page)


@pytest.mark.rule("ENV-3")
def test_items_carry_their_version_in_the_documented_dialect(documented: Api, make: Make) -> None:
    make()
    item = documented.get("/inventory_lists").json()["data"][0]
    assert list(item)[:3] == ["_v", "_type", "_resource_state"]
    assert item["_v"] == "23.2"


@pytest.mark.rule("ENV-3")
def test_items_carry_no_version_in_the_observed_dialect(observed: Api, make_observed: Make) -> None:
    make_observed()
    item = observed.get("/inventory_lists").json()["data"][0]
    assert list(item)[:2] == ["_type", "_resource_state"]
    assert item["_type"] == "inventory_list"


@pytest.mark.rule("ENV-4")
def test_without_a_selector_items_show_id_and_link_alone(api: Api, make: Make) -> None:
    make(description="x")
    version = {"_v"} if api.dialect == "documented" else set()
    for item in api.get("/inventory_lists").json()["data"]:
        assert set(item) == {"_type", "_resource_state", "id", "link"} | version


@pytest.mark.rule("ENV-4", "ENV-3", "RST-1")
def test_with_everything_selected_items_are_what_they_are_alone(
    documented: Api, make: Make
) -> None:
    made = make(description="x", c_colour="red")
    items = documented.get("/inventory_lists?select=(**)&count=1000").json()["data"]
    item = next(item for item in items if item["id"] == made)
    assert item == documented.get(f"/inventory_lists/{made}").json()


@pytest.mark.rule("ENV-5")
def test_a_property_without_a_value_is_absent_and_null_stays_in_maps(api: Api, make: Make) -> None:
    made = make(description=None, c_gone=None, c_names={"default": None})
    document = api.get(f"/inventory_lists/{made}").json()
    assert not {"description", "c_gone", "assigned_sites"} & set(document)
    assert document["c_names"] == {"default": None}


@pytest.mark.rule("ENV-6")
@pytest.mark.parametrize("scope", ["/s/-/dw/data/v23_2", "/dw/data/v23_2"])
def test_a_link_has_host_scope_and_version_of_the_request(api: Api, make: Make, scope: str) -> None:
    made = make()
    answer = api.call(
        "GET", f"{scope}/inventory_lists/{made}", headers={"Host": "shop.example.com:8443"}
    )
    scheme = api.url.partition(":")[0]
    expected = f"{scheme}://shop.example.com:8443{scope}/inventory_lists/{made}"
    assert answer.json()["link"] == expected


@pytest.mark.rule("ENV-6")
@pytest.mark.parametrize("host", ["localhost:65536", "localhost:99999", "[::1]:70000", "bad host"])
def test_an_invalid_host_is_refused(api: Api, host: str) -> None:
    answer = api.get("/inventory_lists", headers={"Host": host})
    assert_fault(answer, 400, "InvalidHostHeader", {"host": host})


@pytest.mark.rule("ENV-6")
def test_a_link_keeps_the_site_of_the_request(samples: Api) -> None:
    scope = "/s/SiteGenesis/dw/data/v23_2"
    answer = samples.call("GET", f"{scope}/inventory_lists/my-inventorylist1")
    assert answer.json()["link"] == f"{samples.url}{scope}/inventory_lists/my-inventorylist1"


@pytest.mark.rule("ENV-6")
def test_a_link_has_the_encoded_id(api: Api) -> None:
    path = "/inventory_lists/contract-a%20b%2F%C3%BC%3F"
    created = api.put(path, json={})
    assert created.json()["id"] == "contract-a b/ü?"
    assert created.json()["link"] == f"{api.url}{api.scope}{path}"


@pytest.mark.rule("ENV-6")
def test_the_forwarded_scheme_counts_only_where_it_is_trusted(start: Start) -> None:
    path = "/inventory_lists/my-inventorylist1"
    headers = {"X-Forwarded-Proto": "https"}
    link = start().get(path, headers=headers).json()["link"]
    assert link.startswith("http://")
    trusting = start(trust_forwarded_proto=True)
    assert trusting.get(path, headers=headers).json()["link"].startswith("https://127.0.0.1:")
    odd = trusting.get(path, headers={"X-Forwarded-Proto": "javascript"}).json()["link"]
    assert odd.startswith("http://127.0.0.1:")


@pytest.mark.rule("ENV-7")
def test_dates_are_utc_with_milliseconds(api: Api, make: Make) -> None:
    document = api.get(f"/inventory_lists/{make()}").json()
    assert INSTANT.fullmatch(document["creation_date"])
    assert INSTANT.fullmatch(document["last_modified"])


@pytest.mark.rule("ENV-8")
@pytest.mark.parametrize("path", ["/inventory_lists", "/inventory_lists/contract-none", "/nope"])
def test_every_answer_forbids_caching_and_names_no_framework(api: Api, path: str) -> None:
    first, second = api.get(path), api.get(path)
    assert first.headers["Expires"] == "Thu, 01-Jan-1970 00:00:00 GMT"
    cache = "max-age=0,no-cache,no-store,must-revalidate"
    assert first.headers["Cache-Control"] == cache
    assert first.headers["x-dw-version-status"] == "current"
    ids = {first.headers["x-dw-request-base-id"], second.headers["x-dw-request-base-id"]}
    assert len(ids) == 2
    server = first.headers.get("Server", "").lower()
    assert not any(name in server for name in ("werkzeug", "flask", "waitress", "python"))


@pytest.mark.rule("ENV-9", "DEC-2", "DEC-3")
def test_an_embedded_document_begins_with_its_type(api: Api, make: Make) -> None:
    records = f"/inventory_lists/{make()}/product_inventory_records"
    sent = {"allocation": {"reset_date": "2031-02-03T04:05:06.000Z"}, "c_map": {"default": "x"}}
    document = api.put(f"{records}/p", json=sent).json()
    allocation = {"_type": "product_inventory_record_allocation", **sent["allocation"]}
    assert list(document["allocation"].items()) == list(allocation.items())
    assert document["c_map"] == {"default": "x"}
    assert api.get(f"{records}/p").json() == document
    [item] = api.get(f"{records}?select=(**)").json()["data"]
    assert item["allocation"] == allocation
    again = api.patch(f"{records}/p", json=document)
    assert (again.status_code, again.json()) == (200, document)
    other = api.patch(f"{records}/p", json={"allocation": {"_type": "allocation"}})
    told = {"document": "product_inventory_record", "path": "$.allocation._type"}
    assert_fault(other, 400, "PropertyConstraintViolation", told)


@pytest.mark.rule("ENV-9", "SEL-1")
def test_one_star_leaves_embedded_documents_out(api: Api, make: Make) -> None:
    record = f"/inventory_lists/{make()}/product_inventory_records/p"
    api.put(record, json={"allocation": {"amount": 1}, "c_map": {"default": "x"}})
    document = api.get(f"{record}?select=(*)").json()
    assert "allocation" not in document
    assert document["c_map"] == {"default": "x"}


@pytest.mark.rule("ENV-9", "FMT-5")
def test_an_embedded_document_has_its_type_in_xml(api: Api, make: Make) -> None:
    record = f"/inventory_lists/{make()}/product_inventory_records/p"
    api.put(record, json={"allocation": {"reset_date": "2031-02-03T04:05:06.000Z"}})
    text = api.get(f"{record}?format=xml").text
    assert "<allocation><_type>product_inventory_record_allocation</_type><reset_date>2" in text
    headers = {"Content-Type": "application/xml"}
    again = api.patch(record, data=text, headers=headers)
    assert (again.status_code, again.text) == (200, text)


@pytest.mark.rule("ENV-10")
def test_a_collection_has_the_name_of_its_document(api: Api, make: Make) -> None:
    for path, name in (
        ("/inventory_lists", "inventory_lists"),
        (f"/inventory_lists/{make()}/product_inventory_records", "product_inventory_records"),
        ("/sites", "sites"),
    ):
        assert api.get(f"{path}?count=0").json()["_type"] == name
    query = {"query": {"match_all_query": {}}, "count": 1}
    for resource in ("inventory_list", "site"):
        answer = api.call("POST", f"{api.scope}/{resource}_search", json=query)
        assert answer.json()["_type"] == f"{resource}_search_result"
