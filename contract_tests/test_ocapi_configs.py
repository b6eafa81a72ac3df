"""The OCAPI settings of clients, read and changed by the API (CONF)."""

from collections.abc import Callable
from typing import Any

import pytest

from contract_tests.api import Api, assert_fault
from contract_tests.test_users import speak_as

Start = Callable[..., Api]
PATH = "/ocapi_configs/b"
RESOURCE = {
    "resource_id": "/sites",
    "methods": ["get"],
    "read_attributes": "(**)",
    "write_attributes": "(**)",
}
INFO = {"api_type": "data", "resources": [RESOURCE]}
SHOWN = {
    "_type": "resource_info",
    "api_type": "data",
    "resources": [{"_type": "resource_object", **RESOURCE}],
}


class User:
    """A user of the storefront who manages the settings of clients."""

    def __init__(self, api: Api) -> None:
        self.api = api
        self.headers = speak_as(api, "admin", "Secret:123")

    def __call__(self, method: str, path: str, content: Any = None) -> Any:
        """Send a request with the token of the user."""
        target = self.api.scope + path
        return self.api.call(method, target, json=content, headers=self.headers)


@pytest.fixture
def admin(start: Start) -> User:
    """A user of the data set ``storefront``."""
    return User(start(fixtures="storefront"))


def put(admin: User, info: Any, *sites: str, path: str = PATH, method: str = "PUT") -> Any:
    return admin(method, path, {"sites": [*sites], "resource_info": info})


@pytest.mark.rule("CONF-1")
@pytest.mark.parametrize("method", ["GET", "PUT", "POST", "DELETE"])
def test_configurations_need_a_user(shop: Api, method: str) -> None:
    message = "No user was provided with the OAuth token."
    sent = {"sites": [], "resource_info": INFO}
    answer = shop.call(method, f"{shop.scope}/ocapi_configs/contract-none", json=sent)
    assert_fault(answer, 403, "AccessWithoutUserForbidden", {}, message)


@pytest.mark.rule("CONF-1")
def test_a_configuration_is_written_shown_and_deleted(admin: User) -> None:
    empty = {"_v": "23.2", "_type": "ocapi_configs_api_response", "global": [], "sites": []}
    assert admin("GET", PATH).json() == empty
    answer = put(admin, INFO)
    assert answer.status_code == 200
    of_all = [{"_type": "site_resource_info", "site_configs": [SHOWN]}]
    assert answer.json() == {**empty, "global": of_all} == admin("GET", PATH).json()
    other = {**INFO, "resources": [{**RESOURCE, "resource_id": "/users/*"}]}
    changed = put(admin, other, "-").json()["global"][0]["site_configs"]
    assert [one["resources"][0]["resource_id"] for one in changed] == ["/users/*"]
    shop = {**INFO, "api_type": "shop", "allowed_origins": ["https://shop.example"]}
    sites = put(admin, shop, "RefArch", "RefArchGlobal").json()["sites"]
    assert [site["site_id"] for site in sites] == ["RefArch", "RefArchGlobal"]
    assert sites[0]["site_configs"][0]["allowed_origins"] == ["https://shop.example"]
    refused = put(admin, INFO, method="POST")
    assert_fault(refused, 409, "DuplicateClientId", {"clientId": "b"})
    assert admin("DELETE", PATH).status_code == 204
    assert admin("GET", PATH).json() == empty
    assert admin("DELETE", PATH).status_code == 204
    assert put(admin, INFO, method="POST").status_code == 200


@pytest.mark.rule("CONF-2", "SET-1")
def test_a_configuration_is_in_force_at_once(start: Start) -> None:
    api = start()
    admin = User(api)
    token = api.grant("signer", "signer's: secret/%").json()["access_token"]
    signer = {"Authorization": f"Bearer {token}"}
    put(admin, INFO, path="/ocapi_configs/signer")
    assert api.get("/sites", headers=signer).status_code == 200
    refused = api.get("/inventory_lists", headers=signer)
    arguments = {"method": "GET", "path": "/data/v23_2/inventory_lists"}
    assert_fault(refused, 403, "ClientAccessForbidden", arguments)
    other = {**INFO, "resources": [{**RESOURCE, "resource_id": "/inventory_lists"}]}
    put(admin, other, path="/ocapi_configs/signer")
    assert api.get("/inventory_lists", headers=signer).status_code == 200
    assert admin("DELETE", "/ocapi_configs/signer").status_code == 204
    assert api.get("/inventory_lists", headers=signer).status_code == 403
    assert api.call("POST", "/__emulator__/reset").status_code < 300
    assert api.get("/sites", headers=signer).status_code == 200


@pytest.mark.rule("CONF-2")
def test_configurations_of_sites_and_of_the_shop_api_have_no_effect(start: Start) -> None:
    api = start()
    admin, path = User(api), "/ocapi_configs/signer"
    token = api.grant("signer", "signer's: secret/%").json()["access_token"]
    signer = {"Authorization": f"Bearer {token}"}
    lists = {**INFO, "resources": [{**RESOURCE, "resource_id": "/inventory_lists"}]}
    [site] = (one["id"] for one in api.get("/sites").json()["data"][:1])
    below_site = f"/s/{site}/dw/data/v23_2/inventory_lists"
    put(admin, INFO, site, path=path)
    put(admin, {**INFO, "api_type": "shop"}, path=path)
    assert api.call("GET", below_site, headers=signer).status_code == 200
    put(admin, INFO, path=path)  # for the organization
    put(admin, lists, site, path=path)
    put(admin, {**lists, "api_type": "shop"}, path=path)
    refused = api.call("GET", below_site, headers=signer)
    arguments = {"method": "GET", "path": "/data/v23_2/inventory_lists"}
    assert_fault(refused, 403, "ClientAccessForbidden", arguments)
    assert api.get("/sites", headers=signer).status_code == 200


@pytest.mark.rule("CONF-2")
def test_without_settings_the_other_clients_keep_all_permissions(admin: User) -> None:
    put(admin, INFO)
    assert admin.api.get("/inventory_lists").status_code == 200
    document = admin.api.call("GET", "/__emulator__/settings").json()
    by_client = {entry["client_id"]: entry["resources"] for entry in document["clients"]}
    assert by_client["b"] == [RESOURCE]
    assert by_client[admin.api.client_id][0]["resource_id"] == "/**"


@pytest.mark.rule("CONF-1")
@pytest.mark.parametrize("method", ["PUT", "POST"])
def test_wrong_configurations_are_refused(admin: User, method: str) -> None:
    api = admin.api
    own = put(admin, INFO, path=f"/ocapi_configs/{api.client_id}", method=method)
    assert_fault(own, 400, "SelfUpdate", {"clientId": api.client_id})
    own = admin("DELETE", f"/ocapi_configs/{api.client_id}")
    assert_fault(own, 400, "SelfUpdate", {"clientId": api.client_id})
    assert_fault(put(admin, INFO, "none", method=method), 404, "SiteNotFound", {"siteId": "none"})
    wrong = put(admin, {**INFO, "resources": [{**RESOURCE, "methods": ["fetch"]}]}, method=method)
    assert wrong.status_code == 400
    fault = wrong.json()["fault"]
    assert (fault["type"], fault["arguments"]["config"]) == ("InvalidOCAPIConfigException", "data")
    assert "methods" in fault["arguments"]["msg"]
    document = "ocapi_configs_api_request"
    arguments = {"document": document, "path": "$.resource_info.resources"}
    for resources in ([], None):  # type: ignore[var-annotated]
        refused = put(admin, {**INFO, "resources": resources})
        assert_fault(refused, 400, "PropertyConstraintViolation", arguments)
    assert admin("GET", PATH).json()["global"] == []
