"""URL forms, versions and unknown paths (URL-1 to URL-7)."""

from collections.abc import Callable

import pytest

from contract_tests.api import Api, assert_fault

Make = Callable[..., str]
Start = Callable[..., Api]


@pytest.mark.rule("URL-1")
@pytest.mark.parametrize(
    "scope", ["/s/-/dw/data/v23_2", "/s/SiteGenesis/dw/data/v23_2", "/dw/data/v23_2"]
)
def test_all_three_forms_reach_the_same_resource(
    request: pytest.FixtureRequest, api: Api, make: Make, scope: str
) -> None:
    if "SiteGenesis" in scope:
        request.getfixturevalue("samples")
    made = make(description="one")
    answer = api.call("GET", f"{scope}/inventory_lists/{made}")
    assert (answer.status_code, answer.json()["description"]) == (200, "one")


@pytest.mark.rule("URL-2")
def test_the_collection_has_an_alias_and_one_list_has_none(api: Api, make: Make) -> None:
    made = make()
    assert api.get("/inventorylists").json()["_type"] == "inventory_lists"
    path = f"/s/-/dw/data/v23_2/inventorylists/{made}"
    assert_fault(api.get(f"/inventorylists/{made}"), 404, "ResourcePathNotFound", {"path": path})


@pytest.mark.rule("URL-3")
@pytest.mark.parametrize(
    "path",
    [
        "/s/-/dw/data",
        "/s/-/dw/data/",
        "/dw/data/inventory_lists",
        "/s/-/dw/data/v23.2/inventory_lists",
        "/s/-/dw/data/V23_2/inventory_lists",
        "/s/-/dw/data/v23/inventory_lists",
    ],
)
def test_a_missing_or_malformed_version_is_refused(api: Api, path: str) -> None:
    assert_fault(api.call("GET", path), 400, "InvalidVersion", {})


@pytest.mark.rule("URL-3")
@pytest.mark.parametrize("version", ["v99_9", "v23_02", "v19_5"])
def test_a_version_that_is_not_served_is_not_found(api: Api, version: str) -> None:
    answer = api.call("GET", f"/s/-/dw/data/{version}/inventory_lists")
    assert_fault(answer, 404, "VersionNotFound", {"version": version})


@pytest.mark.rule("URL-3")
@pytest.mark.parametrize("accepted", ["v19_5,v25_6", "any"])
def test_an_accepted_version_names_itself_in_the_answer(start: Start, accepted: str) -> None:
    api = start(accept_versions=accepted)
    answer = api.call("GET", "/s/-/dw/data/v19_5/inventory_lists/my-inventorylist1").json()
    assert answer["_v"] == "19.5"
    assert answer["link"].endswith("/s/-/dw/data/v19_5/inventory_lists/my-inventorylist1")
    missing = api.call("GET", "/s/-/dw/data/v25_6/inventory_lists/nope").json()
    assert (missing["_v"], missing["_type"]) == ("25.6", "fault")
    page = api.call("GET", "/s/-/dw/data/v19_5/inventory_lists?count=1").json()
    assert "/s/-/dw/data/v19_5/inventory_lists?" in page["next"]
    xml = api.call("GET", "/s/-/dw/data/v19_5/inventory_lists?format=xml").text
    assert 'xmlns="http://www.demandware.com/ocapi/data/19.5"' in xml


@pytest.mark.rule("URL-3")
def test_versions_beside_the_accepted_ones_stay_unknown(start: Start) -> None:
    api = start(accept_versions="v19_5")
    assert api.get("/inventory_lists").status_code == 200
    assert api.call("GET", "/s/-/dw/data/v19_6/inventory_lists").status_code == 404


@pytest.mark.rule("URL-4", "FLT-3")
def test_an_unknown_site_is_not_found(api: Api) -> None:
    answer = api.call("GET", "/s/NoSuchSite/dw/data/v23_2/inventory_lists")
    told = "No site with ID 'NoSuchSite' could be found."
    assert_fault(answer, 404, "UnknownSite", {"siteId": "NoSuchSite"}, told)


@pytest.mark.rule("URL-4")
@pytest.mark.parametrize(
    "path",
    [
        "/s/-/dw/data/v23_2/nope",
        "/s/-/dw/data/v23_2/inventory_lists/a/b/c",
        "/s/-/dw/data/v23_2",
        "/s/-/dw/shop/v23_2/products",
        "/nothing/of/the/kind",
        "/",
    ],
)
def test_an_unknown_path_is_not_found_and_named_in_full(api: Api, path: str) -> None:
    told = f"The resource path '{path}' is unknown."
    assert_fault(api.call("GET", path), 404, "ResourcePathNotFound", {"path": path}, told)


@pytest.mark.rule("URL-5")
@pytest.mark.parametrize(
    ("encoded", "decoded"),
    [
        ("contract-a%2Fb", "contract-a/b"),
        ("contract-a%252Fb", "contract-a%2Fb"),
        ("contract-a%20b%3Fc%23d", "contract-a b?c#d"),
        ("contract-%C3%BC%E2%82%AC", "contract-ü€"),
        ("contract-%00", "contract-\0"),
        ("contract-a%3Bb%2Bc%26", "contract-a;b+c&"),
        ("contract-..", "contract-.."),
    ],
)
def test_ids_hold_any_character(api: Api, make: Make, encoded: str, decoded: str) -> None:
    make(encoded)
    status, _, _ = api.raw("GET", f"/s/-/dw/data/v23_2/inventory_lists/{encoded}", {})
    assert status == 200
    answer = api.get(f"/inventory_lists/{encoded}").json()
    assert answer["id"] == decoded
    assert (
        api.session.get(answer["link"], headers={"Authorization": f"Bearer {api.token}"}).json()[
            "id"
        ]
        == decoded
    )


@pytest.mark.rule("URL-5")
def test_an_id_that_is_no_utf_8_is_refused(api: Api) -> None:
    answer = api.get("/inventory_lists/%FF")
    assert_fault(answer, 400, "ResourcePath", {"message": "an ID isn't UTF-8"})


@pytest.mark.rule("URL-6")
@pytest.mark.parametrize(
    ("method", "path", "allow"),
    [
        ("POST", "/inventory_lists", "GET, HEAD, OPTIONS"),
        ("PUT", "/inventory_lists", "GET, HEAD, OPTIONS"),
        ("DELETE", "/inventory_lists", "GET, HEAD, OPTIONS"),
        ("POST", "/inventory_lists/x", "GET, HEAD, PUT, PATCH, DELETE, OPTIONS"),
        ("TRACE", "/inventory_lists/x", "GET, HEAD, PUT, PATCH, DELETE, OPTIONS"),
        ("BREW", "/inventory_lists/x", "GET, HEAD, PUT, PATCH, DELETE, OPTIONS"),
    ],
)
def test_a_method_that_a_path_lacks_is_refused_with_those_it_has(
    api: Api, method: str, path: str, allow: str
) -> None:
    answer = api.call(method, f"/s/-/dw/data/v23_2{path}")
    assert_fault(answer, 405, "MethodNotAllowed", {"method": method})
    assert answer.headers["Allow"] == allow


@pytest.mark.rule("URL-7")
@pytest.mark.parametrize(
    "target",
    [
        "/s/-/dw/data/v23_2//inventory_lists",
        "/s/-/dw/data/v23_2/inventory_lists/",
        "//s//-/dw///data/v23_2/inventory_lists//",
    ],
)
def test_repeated_and_trailing_slashes_do_not_count(api: Api, target: str) -> None:
    status, _, body = api.raw("GET", target, {})
    assert (status, b'"_type":"inventory_lists"' in body) == (200, True)
