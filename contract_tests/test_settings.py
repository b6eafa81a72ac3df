"""Permissions by the settings document (SET-1 to SET-3)."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import requests

from contract_tests.api import Api, assert_fault

Start = Callable[..., Api]

DEMO = "a" * 30
LISTS = "/inventory_lists"
LIST = "/inventory_lists/my-inventorylist1"
HEAD = {"_v": "23.2", "_type": "inventory_list"}
ALL = {"read_attributes": "(**)", "write_attributes": "(**)"}
FOUND = {"query": {"match_all_query": {}}, "select": "(**)"}


def resource(resource_id: str, *methods: str, **members: Any) -> dict[str, Any]:
    """Return an entry of ``resources``; GET is allowed unless told otherwise."""
    return {"resource_id": resource_id, "methods": list(methods or ("get",)), **members}


def granting(*resources: dict[str, Any], **members: Any) -> dict[str, Any]:
    """Return a settings document of the demo client alone."""
    client = {"client_id": DEMO, "resources": list(resources), **members}
    return {"_v": "23.2", "clients": [client]}


def permit(api: Api, document: dict[str, Any]) -> None:
    """Load a settings document."""
    answer = api.call("POST", "/__emulator__/settings", json=document)
    assert answer.status_code == 200, answer.text


def is_forbidden(answer: requests.Response) -> bool:
    """Return whether an answer says that the client may not do this."""
    return answer.status_code == 403 and "ClientAccessForbiddenException" in answer.text


@pytest.fixture
def api(start: Start) -> Api:
    """A server of a test's own, whose settings may be changed."""
    return start()


@pytest.mark.rule("SET-1")
def test_a_settings_document_is_a_file_of_the_server(start: Start, tmp_path: Path) -> None:
    file = tmp_path / "settings.json"
    file.write_text(json.dumps(granting(resource("/inventory_lists", **ALL))))
    api = start(settings=str(file))
    assert api.get(LISTS).status_code == 200
    assert is_forbidden(api.get(LIST))


@pytest.mark.rule("SET-1", "FLT-3")
@pytest.mark.parametrize("scope", ["/s/-/dw", "/s/SiteGenesis/dw", "/dw"])
def test_a_refusal_tells_method_and_path_without_the_site(api: Api, scope: str) -> None:
    permit(api, granting(resource("/inventory_lists/*", "get", **ALL)))
    path = f"/data/v23_2{LIST}"
    answer = api.call("PATCH", scope + path, json={})
    assert_fault(answer, 403, "ClientAccessForbidden", {"method": "PATCH", "path": path}, None)
    told = f"Access to resource 'PATCH {path}' isn't allowed for the current client."
    assert answer.json()["fault"]["message"] == told


@pytest.mark.rule("SET-1", "FLT-3")
@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("GET", LISTS),
        ("GET", LIST),
        ("PUT", "/inventory_lists/a%2Fb"),
        ("POST", "/inventory_list_search"),
        ("DELETE", f"{LIST}/product_inventory_records/p"),
    ],
)
def test_a_refusal_tells_the_entry_that_is_missing(api: Api, method: str, path: str) -> None:
    permit(api, granting())
    body = FOUND if method == "POST" else {}
    refused = api.call(method, api.scope + path, json=body)
    assert is_forbidden(refused)
    hint = refused.headers["x-emulator-hint"]
    assert "resource_id" not in refused.json()["fault"]["message"]
    entry = hint.removeprefix("missing settings entry: ")
    permit(api, granting(json.loads(entry)))
    assert not is_forbidden(api.call(method, api.scope + path, json=body))


@pytest.mark.rule("SET-1")
def test_a_refused_request_changes_nothing(api: Api) -> None:
    before = api.get(LIST).json()
    permit(api, granting(resource("/**", "get", **ALL)))
    assert is_forbidden(api.patch(LIST, json={"description": "other"}))
    assert is_forbidden(api.delete(LIST))
    assert is_forbidden(api.put("/inventory_lists/contract-x", json={}))
    assert api.get(LIST).json() == before
    assert api.get("/inventory_lists/contract-x").status_code == 404


@pytest.mark.rule("SET-1")
@pytest.mark.parametrize(
    ("resource_id", "allowed"),
    [
        ("/inventory_lists", {LISTS}),
        ("/inventory_lists/", {LISTS}),
        ("/inventory_lists/*", {LIST}),
        ("/inventory_lists/{id}", {LIST}),
        ("/inventory_lists/my-inventorylist1", {LIST}),
        ("/inventory_lists/my-*", {LIST}),
        ("/inventory_lists/other", set()),
        ("/inventory_lists/*/product_inventory_records", {f"{LIST}/product_inventory_records"}),
        ("/inventory_lists/**", {LISTS, LIST, f"{LIST}/product_inventory_records"}),
        ("/**", {LISTS, LIST, f"{LIST}/product_inventory_records", "/sites"}),
        ("/*", {LISTS, "/sites"}),
        ("/s", set()),
        ("/Inventory_lists", set()),
    ],
)
def test_an_asterisk_stands_for_one_segment_and_two_for_any_number(
    api: Api, resource_id: str, allowed: set[str]
) -> None:
    permit(api, granting(resource(resource_id, **ALL)))
    paths = (LISTS, LIST, f"{LIST}/product_inventory_records", "/sites")
    assert {path for path in paths if not is_forbidden(api.get(path))} == allowed


@pytest.mark.rule("SET-1", "URL-5")
def test_a_slash_inside_an_id_stays_inside_its_segment(api: Api) -> None:
    permit(api, granting(resource("/inventory_lists/*", **ALL)))
    assert api.get("/inventory_lists/a%2Fb").status_code == 404
    permit(api, granting(resource("/inventory_lists/*/*", **ALL)))
    assert is_forbidden(api.get("/inventory_lists/a%2Fb"))


@pytest.mark.rule("SET-1", "URL-1")
@pytest.mark.parametrize("scope", ["/s/-/dw", "/s/SiteGenesis/dw", "/dw", "//s//-/dw"])
def test_an_entry_is_about_all_forms_of_a_path(api: Api, scope: str) -> None:
    permit(api, granting(resource("/inventory_lists", **ALL)))
    assert api.call("GET", f"{scope}/data/v23_2/inventory_lists/").status_code == 200


@pytest.mark.rule("SET-1")
def test_methods_are_those_that_are_named(api: Api) -> None:
    permit(api, granting(resource("/inventory_lists/*", "patch", **ALL)))
    assert api.patch(LIST, json={}).status_code == 200
    for method in ("GET", "HEAD", "PUT", "DELETE"):
        assert api.call(method, api.scope + LIST, json={}).status_code == 403, method


@pytest.mark.rule("SET-1", "MET-2")
def test_head_is_get_and_options_is_free(api: Api) -> None:
    permit(api, granting(resource("/inventory_lists/*", "get", **ALL)))
    assert api.call("HEAD", api.scope + LIST).status_code == 204
    permit(api, granting())
    assert api.call("OPTIONS", api.scope + LIST).status_code == 204


@pytest.mark.rule("SET-1", "MET-3")
def test_an_overridden_method_is_the_one_that_counts(api: Api) -> None:
    permit(api, granting(resource("/inventory_lists/*", "patch", **ALL)))
    allowed = api.call("POST", f"{api.scope}{LIST}?method=PATCH", json={})
    assert allowed.status_code == 200
    refused = api.call("POST", f"{api.scope}{LIST}?method=DELETE")
    assert is_forbidden(refused)
    assert refused.json()["fault"]["arguments"]["method"] == "DELETE"


@pytest.mark.rule("SET-1", "URL-3")
def test_an_entry_is_about_versions_from_one_until_before_another(start: Start) -> None:
    api = start()
    ranges = [{"from": "19.5", "until": "21.3"}, {"from": "23.2", "until": "23.3"}]
    permit(api, granting(resource("/inventory_lists", version_range=ranges, **ALL)))
    asked = ("v19_1", "v19_5", "v20_10", "v21_3", "v23_1", "v23_2", "v24_1")
    answers = {v: api.call("GET", f"/s/-/dw/data/{v}/inventory_lists") for v in asked}
    allowed = {version for version, answer in answers.items() if answer.status_code == 200}
    assert allowed == {"v19_5", "v20_10", "v23_2"}
    assert all(is_forbidden(answers[version]) for version in set(asked) - allowed)


@pytest.mark.rule("SET-1")
def test_the_most_specific_entry_decides_alone(api: Api) -> None:
    everything = resource("/**", "get", **ALL)
    any_list = resource("/inventory_lists/*", "get", read_attributes="(id,description)")
    this = resource("/inventory_lists/my-inventorylist1", "get", read_attributes="(id)")
    permit(api, granting(everything, any_list, this))
    assert api.get(LIST).json() == HEAD | {"id": "my-inventorylist1"}
    other = api.get("/inventory_lists/my-inventorylist2").json()
    assert set(other) == {"_v", "_type", "id", "description"}
    assert "total" in api.get(LISTS).json()


@pytest.mark.rule("SET-1")
def test_an_entry_of_another_method_decides_nothing(api: Api) -> None:
    this = resource("/inventory_lists/my-inventorylist1", "delete")
    permit(api, granting(this, resource("/inventory_lists/*", "get", **ALL)))
    assert api.get(LIST).json()["id"] == "my-inventorylist1"


@pytest.mark.rule("SET-1")
def test_an_entry_belongs_to_its_client(api: Api) -> None:
    granted = api.grant("signer", "signer's: secret/%").json()["access_token"]
    signer = {"headers": {"Authorization": f"Bearer {granted}"}}
    permit(api, granting(resource("/**", **ALL)))
    assert is_forbidden(api.get(LISTS, **signer))


@pytest.mark.rule("SET-1")
def test_entries_of_all_clients_are_asked_where_their_own_do_not_allow(api: Api) -> None:
    own = resource("/inventory_lists/*", read_attributes="(id)")
    everybody = {"client_id": "*", "resources": [resource("/**", **ALL)]}
    document = granting(own)
    document["clients"].append(everybody)
    permit(api, document)
    assert api.get(LISTS).json()["total"] == 2
    assert api.get(LIST).json() == HEAD | {"id": "my-inventorylist1"}


@pytest.mark.rule("SET-1")
def test_response_headers_stand_in_answers_to_what_is_allowed(api: Api) -> None:
    headers = {"x-team": "stock", "x-other": ""}
    permit(api, granting(resource("/inventory_lists/*", "get", **ALL), response_headers=headers))
    for path in (LIST, "/inventory_lists/contract-none", f"{LIST}?select=("):
        assert api.get(path).headers["x-team"] == "stock"
    assert "x-team" not in api.get(LISTS).headers
    assert "x-team" not in api.get(LIST, headers={"Authorization": "Bearer x"}).headers


@pytest.mark.rule("SET-1", "ORD-1")
def test_permission_is_asked_behind_the_token_and_before_the_parameters(api: Api) -> None:
    permit(api, granting())
    path = f"{LISTS}?start=a&select=(&locale=*&expand=b"
    assert is_forbidden(api.get(path))
    assert is_forbidden(api.put("/inventory_lists/" + "x" * 300, data=b"{"))
    stranger = api.get(path, headers={"Authorization": "Bearer x"})
    assert stranger.json()["fault"]["type"] == "InvalidAccessTokenException"
    assert api.get(f"{LISTS}?format=csv").status_code == 415
    assert api.get("/nope").status_code == 404


@pytest.mark.rule("SET-2")
@pytest.mark.parametrize(
    ("attributes", "shown"),
    [
        ({"read_attributes": "(id,description)"}, {"id", "description"}),
        ({"read_attributes": "(id,nope)"}, {"id"}),
        ({"read_attributes": ""}, set()),
        ({}, set()),
    ],
)
def test_a_document_shows_what_may_be_read(
    api: Api, attributes: dict[str, str], shown: set[str]
) -> None:
    permit(api, granting(resource("/inventory_lists/*", **attributes)))
    assert set(api.get(LIST).json()) == {"_v", "_type", *shown}


@pytest.mark.rule("SET-2")
@pytest.mark.parametrize("attributes", ["(**)", "(*)", "(**,-description,-link)"])
def test_stars_show_everything_but_what_is_excluded(api: Api, attributes: str) -> None:
    whole = api.get(LIST).json()
    permit(api, granting(resource("/inventory_lists/*", read_attributes=attributes)))
    hidden = {"description", "link"} if "-" in attributes else set()
    assert api.get(LIST).json() == {n: v for n, v in whole.items() if n not in hidden}


@pytest.mark.rule("SET-2")
def test_a_page_shows_what_may_be_read_of_it(api: Api) -> None:
    readable = "(total,data.(id,description))"
    permit(api, granting(resource("/inventory_lists", read_attributes=readable)))
    shown = api.get(f"{LISTS}?select=(**)&count=1").json()
    item = {"description": "description for inventorylist1", "id": "my-inventorylist1"}
    assert shown == {"_v": "23.2", "_type": "inventory_lists", "data": [HEAD | item], "total": 2}


@pytest.mark.rule("SET-2", "SRC-3")
def test_a_search_shows_readable_properties_only(api: Api) -> None:
    may = {"read_attributes": "(count,hits.(id))", "write_attributes": "(query,select,count)"}
    permit(api, granting(resource("/inventory_list_search", "post", **may)))
    found = api.call("POST", f"{api.scope}/inventory_list_search", json=FOUND | {"count": 1})
    kind = {"_v": "23.2", "_type": "inventory_list_search_result"}
    assert found.json() == {**kind, "count": 1, "hits": [HEAD | {"id": "my-inventorylist1"}]}


@pytest.mark.rule("SET-2", "SRC-1")
@pytest.mark.parametrize(
    ("attributes", "refused"),
    [
        ({"write_attributes": "(**)"}, None),
        ({"write_attributes": "(query,select)"}, None),
        ({}, "query"),
        ({"write_attributes": ""}, "query"),
        ({"write_attributes": "(query)"}, "select"),
        ({"write_attributes": "(**,-select)"}, "select"),
        ({"write_attributes": "(select,query.(text_query))"}, "query.match_all_query"),
    ],
)
def test_a_search_writes_its_search_request(
    api: Api, attributes: dict[str, str], refused: str | None
) -> None:
    entry = resource("/inventory_list_search", "post", read_attributes="(**)", **attributes)
    permit(api, granting(entry))
    answer = api.call("POST", f"{api.scope}/inventory_list_search", json=FOUND)
    if refused is None:
        assert answer.json()["total"] == 2
    else:
        told = {"property": refused, "document": "search_request"}
        assert_fault(answer, 400, "PropertyNotPermitted", told)
        hint = f"missing in write_attributes of the settings entry: {refused}"
        assert answer.headers["x-emulator-hint"] == f"{hint} (POST /inventory_list_search)"


@pytest.mark.rule("SET-2", "JOB-3", "JOB-4")
@pytest.mark.parametrize(
    ("job", "body", "attributes", "refused"),
    [
        ("Rebuild", {"parameters": [{"name": "a", "value": "b"}]}, "", "parameters"),
        ("Rebuild", {"parameters": [{"name": "a", "value": "b"}]}, "(parameters)", None),
        ("Rebuild", None, "", None),
        ("sfcc-site-archive-import", {"file_name": "a.zip"}, "(parameters)", "file_name"),
        ("sfcc-site-archive-import", {"file_name": "a.zip"}, "(file_name)", None),
        ("sfcc-site-archive-import", {"mode": "merge", "file_name": "a.zip"}, "", "mode"),
    ],
)
def test_a_request_to_execute_a_job_sets_permitted_properties_only(
    start: Start, job: str, body: Any, attributes: str, refused: str | None
) -> None:
    api = start(fixtures="storefront")
    entry = resource("/jobs/*/executions", "post", read_attributes="(**)")
    permit(api, granting(entry | {"write_attributes": attributes}))
    answer = api.call("POST", f"{api.scope}/jobs/{job}/executions", json=body)
    if refused is None:
        assert answer.status_code in (200, 202)
    else:
        own = "site_archive_import_configuration"
        document = own if job.startswith("sfcc") else "job_execution_request"
        told = {"property": refused, "document": document}
        assert_fault(answer, 400, "PropertyNotPermitted", told)


@pytest.mark.rule("SET-2", "JOB-3")
def test_null_in_place_of_a_body_sets_nothing(start: Start) -> None:
    api = start(fixtures="storefront")
    entry = resource("/jobs/*/executions", "post", read_attributes="(**)", write_attributes="")
    permit(api, granting(entry))
    headers = {"Content-Type": "application/json"}
    path = f"{api.scope}/jobs/Rebuild/executions"
    assert api.call("POST", path, data="null", headers=headers).status_code == 200


@pytest.mark.rule("SET-2")
def test_settings_from_the_journal_allow_the_recorded_search(start: Start) -> None:
    api = start()
    search = f"{api.scope}/inventory_list_search"
    assert api.call("POST", search, json=FOUND | {"count": 1}).status_code == 200
    document = api.call("GET", "/__emulator__/settings/from-journal").json()
    [entry] = document["clients"][0]["resources"]
    assert entry == {
        "resource_id": "/inventory_list_search",
        "methods": ["post"],
        "read_attributes": "(**)",
        "write_attributes": "(count,query,select)",
    }
    permit(api, document)
    assert api.call("POST", search, json=FOUND | {"count": 1}).json()["total"] == 2
    refused = api.call("POST", search, json=FOUND | {"start": 1})
    assert refused.json()["fault"]["arguments"]["property"] == "start"


@pytest.mark.rule("SET-2", "SEL-1")
def test_a_selector_chooses_from_what_may_be_read(api: Api) -> None:
    readable = {"read_attributes": "(id,description,data.(id,description))"}
    permit(api, granting(resource("/inventory_lists/**", **readable)))
    shown = api.get(f"{LIST}?select=(description,default_in_stock)").json()
    assert shown == HEAD | {"description": "description for inventorylist1"}
    for condition in ("@.default_in_stock==true", "@.default_in_stock!=true"):
        selector = {"select": f"(data[?({condition} && @.id=='my-inventorylist1')].(id))"}
        ids = [item["id"] for item in api.get(LISTS, params=selector).json()["data"]]
        assert ids == ([] if "==true" in condition else ["my-inventorylist1"])


@pytest.mark.rule("SET-2")
def test_the_answer_of_a_write_shows_what_may_be_read(api: Api) -> None:
    only = {"read_attributes": "(id)", "write_attributes": "(**)"}
    permit(api, granting(resource("/inventory_lists/*", "put", "patch", **only)))
    changed = api.patch(LIST, json={"description": "other"})
    assert changed.json() == HEAD | {"id": "my-inventorylist1"}
    created = api.put("/inventory_lists/contract-new", json={"description": "x"})
    assert (created.status_code, created.json()) == (201, HEAD | {"id": "contract-new"})


@pytest.mark.rule("SET-2")
def test_a_fault_is_told_in_full(api: Api) -> None:
    permit(api, granting(resource("/inventory_lists/*", read_attributes="(id)")))
    answer = api.get("/inventory_lists/contract-none")
    assert_fault(answer, 404, "InventoryListNotFound", {"inventorylistId": "contract-none"})


@pytest.mark.rule("SET-2")
@pytest.mark.parametrize(
    ("attributes", "body", "refused"),
    [
        ("(description)", {"default_in_stock": True}, "default_in_stock"),
        ("(description)", {"description": "x", "default_in_stock": None}, "default_in_stock"),
        ("(description)", {"c_b": 1, "default_in_stock": True, "description": "x"}, "c_b"),
        ("(**,-description)", {"c_a": 1, "description": "x"}, "description"),
        ("(c_a.(de))", {"c_a": {"de": "x", "fr": "y"}}, "c_a.fr"),
        ("(description)", {"id": "my-inventorylist1"}, "id"),
        ("", {"description": "x"}, "description"),
    ],
)
def test_a_property_that_may_not_be_written_is_named(
    api: Api, attributes: str, body: dict[str, Any], refused: str
) -> None:
    entry = resource("/inventory_lists/*", "get", "patch", read_attributes="(**)")
    permit(api, granting({**entry, "write_attributes": attributes}))
    before = api.get(LIST).json()
    answer = api.patch(LIST, json=body)
    told = {"property": refused, "document": "inventory_list"}
    assert_fault(answer, 400, "PropertyNotPermitted", told)
    assert api.get(LIST).json() == before


@pytest.mark.rule("SET-2")
def test_what_may_be_written_is_written(api: Api) -> None:
    may = {"read_attributes": "(description,c_a)", "write_attributes": "(description,c_a.(de))"}
    permit(api, granting(resource("/inventory_lists/*", "patch", **may)))
    answer = api.patch(LIST, json={"description": "other", "c_a": {"de": "x"}})
    assert answer.json() == HEAD | {"c_a": {"de": "x"}, "description": "other"}


@pytest.mark.rule("SET-2", "DEC-4")
@pytest.mark.parametrize("body", [{}, {"description": "x"}])
def test_put_writes_what_it_names_and_needs_no_more(api: Api, body: dict[str, Any]) -> None:
    only = {"read_attributes": "(id,description)", "write_attributes": "(description)"}
    permit(api, granting(resource("/inventory_lists/*", "put", **only)))
    answer = api.put("/inventory_lists/contract-new", json=body)
    assert (answer.status_code, answer.json()) == (201, HEAD | body | {"id": "contract-new"})


@pytest.mark.rule("SET-2", "DEC-3")
def test_envelope_and_read_only_properties_need_no_permission(api: Api) -> None:
    document = api.get(LIST).json()
    names = ("_v", "_type", "_resource_state", "link", "assigned_sites", "description")
    permit(api, granting(resource("/inventory_lists/*", "patch", write_attributes="(description)")))
    answer = api.patch(LIST, json={name: document[name] for name in names})
    assert answer.status_code == 200


@pytest.mark.rule("SET-2", "INV-10")
def test_documents_inside_a_document_have_attributes_of_their_own(api: Api) -> None:
    path = f"{LIST}/product_inventory_records/p"
    assert api.put(path, json={"allocation": {"amount": 3}}).status_code == 201
    only = {"read_attributes": "(allocation.(amount))", "write_attributes": "(allocation.(amount))"}
    permit(api, granting(resource("/inventory_lists/*/*/*", "get", "patch", **only)))
    kind = {"_v": "23.2", "_type": "product_inventory_record"}
    changed = api.patch(path, json={"allocation": {"amount": 4}})
    assert changed.json() == {
        **kind,
        "allocation": {"_type": "product_inventory_record_allocation", "amount": 4},
    }
    refused = api.patch(path, json={"allocation": {"reset_date": None}})
    told = {"property": "allocation.reset_date", "document": "product_inventory_record"}
    assert_fault(refused, 400, "PropertyNotPermitted", told)


@pytest.mark.rule("SET-2", "ORD-1")
def test_attributes_are_looked_at_behind_the_body_and_before_the_resource(api: Api) -> None:
    permit(api, granting(resource("/inventory_lists/*", "patch", write_attributes="")))
    path = "/inventory_lists/contract-none"
    asked = {
        "UnknownProperty": {"description": "x", "nope": 1},
        "PropertyNotPermitted": {"description": "x"},
        "InventoryListNotFound": {},
    }
    for kind, body in asked.items():
        assert api.patch(path, json=body).json()["fault"]["type"] == f"{kind}Exception"


@pytest.mark.rule("SET-3")
def test_where_a_document_is_taken_away_everything_is_allowed_again(api: Api) -> None:
    permit(api, granting())
    assert is_forbidden(api.get(LISTS))
    assert api.call("DELETE", "/__emulator__/settings").status_code == 204
    assert api.get(LISTS).json()["total"] == 2
    assert api.delete("/inventory_lists/my-inventorylist2").status_code == 204


@pytest.mark.rule("SET-5")
@pytest.mark.parametrize(
    ("members", "entries"),
    [
        ({"_v": "18.8"}, {}),
        ({"_v": "19.10.1"}, {}),
        ({"_v": 23.2}, {}),
        ({}, {}),
        ({"_comment": "for the build"}, {}),
        ({}, {"methods": ["GET"]}),
        ({}, {"cache_time": "900"}),
        ({}, {"resource_id": "/inventory_lists/"}),
        ({}, {"personalized_caching_enabled": "true", "config": {"any": 1}}),
    ],
)
def test_published_documents_are_read_as_they_are(
    api: Api, members: dict[str, Any], entries: dict[str, Any]
) -> None:
    document = granting({**resource("/inventory_lists", **ALL), **entries})
    del document["_v"]
    permit(api, document | members)
    assert api.get(LISTS).json()["total"] == 2
    assert api.call("GET", "/__emulator__/settings").json() == document | members


@pytest.mark.rule("SET-5")
def test_equal_entries_are_a_warning_and_the_first_decides(api: Api) -> None:
    first = resource("/inventory_lists/*", read_attributes="(id)")
    document = granting(first, resource("/inventory_lists/*", **ALL))
    answer = api.call("POST", "/__emulator__/settings", json=document)
    assert (answer.status_code, answer.json()) == (200, document)
    assert answer.headers["x-emulator-hint"] == (
        "$.clients[0].resources[1].resource_id: '/inventory_lists/*' is in resources[0] already, "
        "for the same method and version; the first entry decides"
    )
    assert api.get(LIST).json() == HEAD | {"id": "my-inventorylist1"}


@pytest.mark.rule("SET-5")
@pytest.mark.parametrize(
    ("fragment", "told"),
    [
        ({"client_id": DEMO, "resources": []}, "is the entry of one client; put it into"),
        ([{"client_id": DEMO, "resources": []}], "is an array of clients; put it into"),
        ([{"resource_id": "/a", "methods": ["get"]}], "is an array of resources; put it into"),
        ({"resource_id": "/a", "methods": ["get"]}, "is one resource; put it into"),
        ({"resources": []}, "has 'resources' without a client; put them into"),
        ({"RefArch": {"clients": []}}, "holds the documents of several sites"),
    ],
)
def test_a_fragment_is_refused_with_its_right_place(api: Api, fragment: Any, told: str) -> None:
    answer = api.call("POST", "/__emulator__/settings", json=fragment)
    assert answer.status_code == 400
    assert answer.json()["detail"].startswith(f"$: {told}")
    assert api.get(LISTS).json()["total"] == 2


@pytest.mark.rule("SET-1")
@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("Content-Length", "3"),
        ("transfer-encoding", "chunked"),
        ("Connection", "close"),
        ("Proxy-Connection", "close"),
        ("Keep-Alive", "timeout=1"),
        ("Upgrade", "h2c"),
        ("Trailer", "x-a"),
        ("TE", "trailers"),
        ("content-encoding", "gzip"),
        ("Content-Range", "bytes 0-1/2"),
        ("Date", "now"),
        ("Server", "x"),
        ("a b", "c"),
        ("x-a", "b\r\nset-cookie: c"),
        ("x-a", "\u20ac"),
    ],
)
def test_headers_of_the_server_cannot_be_set(api: Api, name: str, value: str) -> None:
    document = granting(resource("/**", **ALL), response_headers={name: value})
    answer = api.call("POST", "/__emulator__/settings", json=document)
    assert answer.status_code == 400
    assert "response_headers" in answer.json()["detail"]


@pytest.mark.rule("SET-1")
def test_headers_of_the_api_are_kept_and_cookies_may_be_set(api: Api) -> None:
    headers = {"content-type": "text/plain", "ETag": "x", "Set-Cookie": "a=b; Path=/"}
    headers["X-Dw-Foo"] = "x"
    document = granting(resource("/**", **ALL), response_headers=headers)
    loaded = api.call("POST", "/__emulator__/settings", json=document)
    hint = loaded.headers["x-emulator-hint"]
    assert "response_headers.ETag: is ignored: the API sets this header itself" in hint
    assert "X-Dw-Foo: is ignored: names that begin with 'x-dw-' are reserved" in hint
    status, sent, _ = api.raw("GET", f"{api.scope}{LIST}", {})
    assert (status, sent["Content-Type"]) == (200, "application/json;charset=UTF-8")
    assert sent["Set-Cookie"] == "a=b; Path=/"
    assert "X-Dw-Foo" not in sent
    assert sent["ETag"].startswith('"')
