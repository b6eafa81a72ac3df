"""The cartridge paths of sites (CART)."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest

from contract_tests.api import Api, assert_fault

pytestmark = pytest.mark.needs("a site with a cartridge path to change")

Start = Callable[..., Api]
PATH = "/sites/RefArch/cartridges"
STORED = ["app_custom_storefront", "app_storefront_base", "modules"]


@pytest.fixture
def storefront(start: Start) -> Api:
    """A server with the data set ``storefront``, whose sites have cartridge paths."""
    return start(fixtures="storefront")


def post(api: Api, content: Any) -> Any:
    return api.call("POST", api.scope + PATH, json=content)


def read_path(api: Api, site: str = "RefArch") -> str:
    path: str = api.get(f"/sites/{site}").json()["cartridges"]
    return path


@pytest.mark.rule("CART-1")
@pytest.mark.parametrize(
    ("position", "target", "index"),
    [
        ("first", None, 0),
        ("last", None, 3),
        ("last", "modules", 3),
        ("before", "modules", 2),
        ("after", "app_custom_storefront", 1),
        ("after", "modules", 3),
    ],
)
def test_a_cartridge_is_added_at_a_position(
    storefront: Api, position: str, target: str | None, index: int
) -> None:
    sent = {"name": "plugin-x.1", "position": position} | ({"target": target} if target else {})
    expected = ":".join([*STORED[:index], "plugin-x.1", *STORED[index:]])
    answer = post(storefront, sent)
    assert (answer.status_code, answer.json()) == (
        200,
        {
            "_v": "23.2",
            "_type": "cartridge_path_api_response",
            "cartridges": expected,
            "site_id": "RefArch",
        },
    )
    assert read_path(storefront) == expected


@pytest.mark.rule("CART-1")
@pytest.mark.parametrize(
    ("sent", "kind", "arguments"),
    [
        (
            {"name": "modules", "position": "first"},
            "CartridgeAlreadyExist",
            {"cartridgeName": "modules", "siteId": "RefArch"},
        ),
        ({"name": "a:b", "position": "first"}, "InvalidCartridge", {"cartridgeName": "a:b"}),
        ({"name": "", "position": "first"}, "InvalidCartridge", {"cartridgeName": ""}),
        ({"name": "ü", "position": "first"}, "InvalidCartridge", {"cartridgeName": "ü"}),
        (
            {"name": "x", "position": "after", "target": "none"},
            "InvalidOperation",
            {"target": "none"},
        ),
        ({"name": "x", "position": "before"}, "InvalidOperation", {"target": ""}),
        (
            {"name": "x"},
            "PropertyConstraintViolation",
            {"document": "cartridge_path_add_request", "path": "$.position"},
        ),
        (
            {"name": "x", "position": "middle"},
            "EnumConstraintViolation",
            {"document": "cartridge_path_add_request", "enumValue": "middle"},
        ),
    ],
)
def test_a_wrong_cartridge_is_refused(
    storefront: Api, sent: Any, kind: str, arguments: dict[str, str]
) -> None:
    assert_fault(post(storefront, sent), 400, kind, arguments)
    assert read_path(storefront) == ":".join(STORED)


@pytest.mark.rule("CART-1")
def test_a_cartridge_path_is_replaced(storefront: Api) -> None:
    before = storefront.get("/sites/RefArch").json()
    answer = storefront.put(PATH, json={"cartridges": "a:b"})
    assert answer.status_code == 200
    assert (answer.json()["cartridges"], answer.json()["site_id"]) == ("a:b", "RefArch")
    after = storefront.get("/sites/RefArch").json()
    assert after["cartridges"] == "a:b"
    assert after["last_modified"] > before["last_modified"]
    assert after["_resource_state"] != before["_resource_state"]


@pytest.mark.rule("CART-1")
@pytest.mark.parametrize(
    "path", [":", "a:", ":a", "a::b", "a:b:a", "a b", "a/b", "a\n", "ab:" * 1334]
)
def test_a_wrong_cartridge_path_is_refused(storefront: Api, path: str) -> None:
    answer = storefront.put(PATH, json={"cartridges": path})
    assert_fault(answer, 400, "InvalidCartridgePath", {"cartridges": path})
    assert read_path(storefront) == ":".join(STORED)


@pytest.mark.rule("CART-1")
def test_a_cartridge_is_removed(storefront: Api) -> None:
    answer = storefront.delete(f"{PATH}/app_storefront_base")
    assert (answer.status_code, answer.json()["cartridges"]) == (
        200,
        "app_custom_storefront:modules",
    )
    assert read_path(storefront) == "app_custom_storefront:modules"
    again = storefront.delete(f"{PATH}/app_storefront_base")
    assert_fault(again, 400, "InvalidOperation", {"target": "app_storefront_base"})


@pytest.mark.rule("CART-1")
@pytest.mark.parametrize("emptied_by", ["PUT", "DELETE"])
def test_an_empty_path_is_no_property(start: Start, emptied_by: str) -> None:
    samples = start(fixtures="samples")
    path = f"{samples.scope}/sites/SiteGenesis/cartridges"
    before = samples.get("/sites/SiteGenesis").json()
    sent = {"name": "one", "position": "last"}
    added = samples.call("POST", path, json=sent)
    assert (added.status_code, added.json()["cartridges"]) == (200, "one")
    if emptied_by == "PUT":
        emptied = samples.call("PUT", path, json={"cartridges": ""})
    else:
        emptied = samples.call("DELETE", f"{path}/one")
    response = {"_v": "23.2", "_type": "cartridge_path_api_response", "site_id": "SiteGenesis"}
    assert (emptied.status_code, emptied.json()) == (200, response)
    shown = samples.get("/sites/SiteGenesis").json()
    assert "cartridges" not in shown
    assert shown.keys() - {"last_modified"} == before.keys() - {"last_modified"}
    again = samples.call("PUT", path, json={"cartridges": ""})
    assert (again.status_code, again.json()) == (200, response)


@pytest.mark.rule("CART-1", "CART-2")
def test_an_empty_path_of_a_data_set_is_no_property(start: Start) -> None:
    server = start(fixtures="samples")
    state = "/__emulator__/state"
    saved = server.call("GET", state).json()
    saved["files"]["sites.json"][0]["cartridges"] = ""
    saved["files"]["business_manager.json"] = [{"id": "Sites-Site", "cartridges": ""}]
    assert server.call("PUT", state, json=saved).status_code == 200
    site = saved["files"]["sites.json"][0]["id"]
    for name in (site, "Sites-Site"):
        assert "cartridges" not in server.get(f"/sites/{name}").json()
    dumped = server.call("GET", state).json()["files"]
    assert not [one for one in dumped["sites.json"] if "cartridges" in one]
    assert not [one for one in dumped["business_manager.json"] if "cartridges" in one]


@pytest.mark.rule("CART-1", "CART-2")
@pytest.mark.parametrize("site", ["contract-none", "Sites-Site"])
def test_cartridges_of_no_storefront_cannot_be_changed(storefront: Api, site: str) -> None:
    path = f"{storefront.scope}/sites/{site}/cartridges"
    for method, below, content in [
        ("POST", "", {"name": "x", "position": "first"}),
        ("PUT", "", {"cartridges": "x"}),
        ("DELETE", "/bm_custom_storefront", None),
    ]:
        answer = storefront.call(method, path + below, json=content)
        assert_fault(answer, 404, "SiteNotFound", {"siteId": site})


@pytest.mark.rule("CART-2")
def test_the_cartridges_of_the_business_manager_can_be_read(storefront: Api, start: Start) -> None:
    answer = storefront.get("/sites/Sites-Site")
    assert (answer.status_code, answer.json()) == (
        200,
        {
            "_v": "23.2",
            "_type": "site",
            "cartridges": "bm_custom_storefront:bm_storefront_tools",
            "id": "Sites-Site",
        },
    )
    assert start(fixtures="samples").get("/sites/Sites-Site").json() == {
        "_v": "23.2",
        "_type": "site",
        "id": "Sites-Site",
    }
    listed = storefront.get("/sites").json()["data"]
    assert [site["id"] for site in listed] == ["RefArch", "RefArchGlobal"]


@pytest.mark.rule("CART-1")
def test_a_cartridge_path_has_a_bounded_length(storefront: Api) -> None:
    full = ":".join(f"c{index:06}" for index in range(500))
    assert storefront.put(PATH, json={"cartridges": full}).status_code == 200
    answer = post(storefront, {"name": "x", "position": "last"})
    assert_fault(answer, 400, "InvalidCartridge", {"cartridgeName": "x"})
    assert read_path(storefront) == full


@pytest.mark.rule("CART-1", "RST-5")
def test_concurrent_additions_are_all_kept(storefront: Api) -> None:
    names = [f"cartridge_{index}" for index in range(8)]
    with ThreadPoolExecutor(8) as pool:
        sent = [{"name": name, "position": "last"} for name in names]
        answers = list(pool.map(lambda content: post(storefront, content), sent))
    assert [answer.status_code for answer in answers] == [200] * 8
    assert sorted(read_path(storefront).split(":")) == sorted([*STORED, *names])
