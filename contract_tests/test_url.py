"""URL forms, versions and unknown paths (URL-1 to URL-8)."""

import json
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
def test_every_published_version_is_served(api: Api) -> None:
    published = (
        *("18_1", "18_2", "18_3", "18_6", "18_7", "18_8", "19_1", "19_3", "19_5", "19_8"),
        *("19_10", "20_2", "20_3", "20_4", "20_8", "20_9", "20_10", "21_2", "21_3", "21_6"),
        *("21_8", "21_9", "21_10", "22_1", "22_4", "22_6", "22_10", "23_1", "23_2", "24_1"),
        *("24_3", "24_4", "24_5", "25_6"),
    )
    for name in published:
        answer = api.call("GET", f"/s/-/dw/data/v{name}/inventory_lists?count=0")
        assert (answer.status_code, answer.json()["_v"]) == (200, name.replace("_", ".")), name


@pytest.mark.rule("URL-3")
@pytest.mark.parametrize("version", ["v99_9", "v23_02", "v17_8", "v21_7", "v25_7"])
def test_an_unpublished_version_is_not_found(api: Api, version: str) -> None:
    answer = api.call("GET", f"/s/-/dw/data/{version}/inventory_lists")
    assert_fault(answer, 404, "VersionNotFound", {"version": version})
    assert "x-emulator-hint" not in answer.headers


@pytest.mark.rule("URL-3", "FMT-5")
def test_an_answer_has_the_version_of_the_request(api: Api, make: Make, unused: str) -> None:
    base, made = "/s/-/dw/data/v19_5", make()
    answer = api.call("GET", f"{base}/inventory_lists/{made}").json()
    assert answer["_v"] == "19.5"
    assert answer["link"].endswith(f"{base}/inventory_lists/{made}")
    missing = api.call("GET", f"/s/-/dw/data/v25_6/inventory_lists/{unused}").json()
    assert missing["_v"] == "25.6"
    page = api.call("GET", f"{base}/inventory_lists?count=1&start=1").json()
    assert f"{base}/inventory_lists?" in page["previous"]
    xml = api.call("GET", f"{base}/inventory_lists?format=xml").text
    assert 'xmlns="http://www.demandware.com/ocapi/data/19.5"' in xml


@pytest.mark.rule("URL-3", "ENV-8")
@pytest.mark.parametrize(
    ("version", "status"),
    [
        ("v18_1", "obsolete"),
        ("v21_3", "obsolete"),
        ("v21_6", "deprecated"),
        ("v21_10", "deprecated"),
        ("v23_1", "deprecated"),
        ("v23_2", "current"),
        ("v25_6", "current"),
    ],
)
def test_an_answer_has_the_status_of_its_version(api: Api, version: str, status: str) -> None:
    for path in ("inventory_lists", "inventory_lists/contract-none"):
        answer = api.call("GET", f"/s/-/dw/data/{version}/{path}")
        assert answer.headers["x-dw-version-status"] == status


@pytest.mark.rule("URL-3", "URL-8")
def test_a_list_of_versions_replaces_the_default(
    start: Start, caplog: pytest.LogCaptureFixture, in_process: bool
) -> None:
    api = start(accept_versions="v19_5,v17_1")
    for version in ("v19_5", "v17_1"):
        path = f"/s/-/dw/data/{version}/inventory_lists"
        assert api.call("GET", path).json()["_v"] == version[1:].replace("_", ".")
    path = "/s/-/dw/data/v23_2/inventory_lists"
    hint = f"version v23_2 is not accepted, see --accept-versions: GET {path}"
    for _ in range(2):
        answer = api.call("GET", path)
        assert_fault(answer, 404, "VersionNotFound", {"version": "v23_2"})
        assert answer.headers["x-emulator-hint"] == hint
    if in_process:
        assert [record.message for record in caplog.records] == [hint]


@pytest.mark.rule("URL-3")
def test_any_version_can_be_accepted(start: Start) -> None:
    api = start(accept_versions="any")
    for version, number in (("v99_9", "99.9"), ("v18_1", "18.1"), ("v17_1", "17.1")):
        answer = api.call("GET", f"/s/-/dw/data/{version}/inventory_lists")
        assert (answer.status_code, answer.json()["_v"]) == (200, number)
    assert_fault(api.call("GET", "/s/-/dw/data/v1/inventory_lists"), 400, "InvalidVersion", {})


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


@pytest.mark.rule("URL-4")
@pytest.mark.fails_on("waitress", "refuses a raw byte beyond ASCII in a target")
@pytest.mark.fails_on("gunicorn", "refuses a raw byte beyond ASCII in a target")
@pytest.mark.parametrize(
    ("path", "shown"),
    [
        (b"/\xc3\xa4", "/ä"),
        (b"/s/-/dw/data/v23_2/\xe4\xb8\xad/%C3%A4", "/s/-/dw/data/v23_2/中/%C3%A4"),
        (b"/s/-/dw/shop/v23_2/\xc3\xa4", "/s/-/dw/shop/v23_2/ä"),
        (b"/s/-/dw/batch/\xc3\xa4", "/s/-/dw/batch/ä"),
        (b"/s/-/dw/meta/v1/rest/\xc3\xa4", "/s/-/dw/meta/v1/rest/ä"),
        (b"/\xff", "/\N{REPLACEMENT CHARACTER}"),
    ],
)
def test_raw_bytes_of_an_unknown_path_are_utf_8(api: Api, path: bytes, shown: str) -> None:
    status, _, body = api.raw("GET", path.decode("latin-1"), {})
    fault = json.loads(body)["fault"]
    assert (status, fault["arguments"]) == (404, {"path": shown})
    assert fault["message"] == f"The resource path '{shown}' is unknown."


@pytest.mark.rule("URL-5")
def test_an_id_outside_of_utf_8_is_refused(api: Api) -> None:
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
def test_another_method_is_refused_with_the_allowed_methods(
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


@pytest.mark.rule("URL-8", "URL-4")
@pytest.mark.parametrize(
    "path",
    [
        "/dw/shop/v23_2/products/x",
        "/s/SiteGenesis/dw/shop/v20_4/baskets",
    ],
)
def test_a_path_of_the_shop_api_has_a_hint(
    start: Start, caplog: pytest.LogCaptureFixture, in_process: bool, path: str
) -> None:
    answer = start().call("PUT", path)
    told = f"The resource path '{path}' is unknown."
    assert_fault(answer, 404, "ResourcePathNotFound", {"path": path}, told)
    hint = f"not emulated: PUT {path}"
    assert answer.headers["x-emulator-hint"] == hint
    if in_process:
        assert [record.message for record in caplog.records] == [hint]


@pytest.mark.rule("URL-8")
@pytest.mark.parametrize(
    "path",
    ["/s/-/dw/data/v23_2/nope", "/s/-/dw/data/v23_2/metrics", "/on/demandware.store/x", "/sites"],
)
def test_a_path_of_no_real_server_has_no_hint(api: Api, path: str) -> None:
    answer = api.call("GET", path)
    assert (answer.status_code, answer.headers.get("x-emulator-hint")) == (404, None)


@pytest.mark.rule("URL-8", "BAT-9")
def test_a_part_of_a_batch_has_the_hint_of_its_path(start: Start) -> None:
    headers = {
        "Content-Type": "multipart/mixed; boundary=b",
        "x-dw-http-method": "GET",
        "x-dw-resource-path": "/s/-/dw/data/v22_4/",
    }
    body = "--b\nx-dw-resource-path-extension: sites\n\n--b--"
    api = start(accept_versions="v23_2")
    answer = api.call("POST", "/s/-/dw/batch", data=body, headers=headers)
    head = answer.text.replace("\r", "").partition("\n\n")[0].lower().split("\n")
    reason = "version v22_4 is not accepted, see --accept-versions"
    assert f"x-emulator-hint: {reason}: get /s/-/dw/data/v22_4/sites" in head
    assert head[-1] == "x-dw-status-code: 404"
