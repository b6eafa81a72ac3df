"""Account Manager's REST interface: users, API clients, organizations, roles (ACC-1 to ACC-6)."""

import json
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import requests
from cryptography.hazmat.primitives import serialization

from contract_tests.api import Api
from contract_tests.test_auth import ask, assertion, basic, claims_of
from emulator.fixture.data_set import locate

pytestmark = pytest.mark.needs("the Account Manager of an emulator")

Start = Callable[..., Api]
BASE = "/dw/rest/v1"
TOKEN = "/dwsso/oauth2/access_token"
DEMO = "a" * 30
ADMIN = "5f6c1d9a-0b7e-4f43-8a52-1c3e9d7b6a10"
ORGANIZATION = "3b0d2c4e-6c1f-4a57-9d0e-5d1f0a7c9b21"
ROLES = ["SALESFORCE_COMMERCE_API", "account-admin", "bm-admin", "bm-user", "logcenter-user"]
NEW_USER: dict[str, Any] = {
    "mail": "new@example.com",
    "firstName": "New",
    "lastName": "User",
    "organizations": [ORGANIZATION],
    "primaryOrganization": ORGANIZATION,
}
NEW_CLIENT: dict[str, Any] = {
    "name": "new",
    "active": True,
    "organizations": [ORGANIZATION],
    "password": "twelve-chars",
}


@pytest.fixture
def api(start: Start) -> Api:
    """A server with the data of an organization."""
    return start(fixtures="storefront")


def call(api: Api, method: str, path: str, **options: Any) -> requests.Response:
    """Send a request with the token of the client."""
    headers = {"Authorization": f"Bearer {api.token}"} | options.pop("headers", {})
    return api.call(method, BASE + path, headers=headers, **options)


def sign_in(api: Api, login: str, password: str) -> requests.Response:
    """Ask for the token of a user."""
    form = {"grant_type": "password", "username": login, "password": password}
    return ask(api, TOKEN, data=form, headers={"Authorization": basic(DEMO, DEMO)})


def grant(api: Api, client_id: str, secret: str) -> int:
    """Return the status of a token request of a client."""
    headers = {"Authorization": basic(client_id, secret)}
    return ask(api, TOKEN, data={"grant_type": "client_credentials"}, headers=headers).status_code


def ids(answer: requests.Response) -> list[str]:
    """Return the ids of a list."""
    assert answer.status_code == 200, answer.text
    return [entry["id"] for entry in answer.json()["content"]]


def fields_of(answer: requests.Response) -> set[str]:
    """Return the members that a refusal names."""
    assert answer.status_code == 400, answer.text
    (error,) = answer.json()["errors"]
    assert error["message"] == error["code"]
    for field in error["fieldErrors"]:
        assert {"codes", "defaultMessage", "field", "objectName", "rejectedValue"} <= set(field)
    return {field["field"] for field in error["fieldErrors"]}


@pytest.mark.rule("ACC-1")
@pytest.mark.parametrize("authorization", [None, "Basic eDp5", "Bearer", "Bearer x", "x"])
def test_calls_need_an_access_token(api: Api, authorization: str | None) -> None:
    answer = call(api, "GET", "/users", headers={"Authorization": authorization})
    assert answer.status_code == 401
    assert answer.headers["WWW-Authenticate"].startswith("Bearer")
    assert answer.json() == {
        "errors": [
            {
                "message": "Full authentication is required to access this resource",
                "code": "InsufficientAuthenticationException",
                "fieldErrors": None,
            }
        ]
    }


@pytest.mark.rule("ACC-1")
@pytest.mark.parametrize(
    ("method", "path", "status", "code"),
    [
        ("GET", "/nothing", 404, "ResourceNotFoundException"),
        ("GET", "/users/nobody", 404, "ResourceNotFoundException"),
        ("PUT", "/apiclients/nobody/password", 400, "HttpMessageNotReadableException"),
        ("DELETE", "/users/nobody", 404, "ResourceNotFoundException"),
        ("POST", "/users/nobody/disable", 404, "ResourceNotFoundException"),
        ("GET", "/apiclients/nobody", 404, "ResourceNotFoundException"),
        ("DELETE", "/apiclients/nobody", 404, "ResourceNotFoundException"),
        ("GET", "/organizations/nobody/audit-log-records", 404, "ResourceNotFoundException"),
        ("GET", "/roles/nobody", 404, "ResourceNotFoundException"),
        ("PATCH", "/users", 405, "HttpRequestMethodNotSupportedException"),
    ],
)
def test_refusals_name_a_code(api: Api, method: str, path: str, status: int, code: str) -> None:
    answer = call(api, method, path)
    assert (answer.status_code, answer.json()["errors"][0]["code"]) == (status, code)


@pytest.mark.rule("ACC-1")
@pytest.mark.parametrize("host", ["localhost:65536", "bad host", "[::1"])
def test_invalid_host_is_refused(api: Api, host: str) -> None:
    answer = call(api, "GET", "/users/current", headers={"Host": host})
    told = {"message": f"The Host header '{host}' is invalid", "code": "BadRequestException"}
    assert answer.status_code == 400
    assert answer.json() == {"errors": [{**told, "fieldErrors": None}]}


@pytest.mark.rule("ACC-1")
@pytest.mark.parametrize(
    "body", [b"", b"x", b"[]", b'"x"', b"null", b"\xff", b"[" * 100_000, b'{"mail": NaN}']
)
def test_body_is_a_json_object(api: Api, body: bytes) -> None:
    for path in ("/users", "/apiclients"):
        answer = call(api, "POST", path, data=body)
        assert answer.status_code == 400
        assert answer.json()["errors"][0]["code"] == "HttpMessageNotReadableException"


@pytest.mark.rule("ACC-1")
def test_large_body_is_refused(api: Api) -> None:
    answer = call(api, "POST", "/users", json=NEW_USER | {"roles": ["bm-user"] * 30_000})
    assert answer.status_code == 413
    assert answer.json()["errors"][0]["code"] == "MaxUploadSizeExceededException"


@pytest.mark.rule("ACC-1")
@pytest.mark.parametrize(
    ("path", "query", "expected"),
    [
        ("/roles", "page=0&size=2", ROLES[:2]),
        ("/roles", "page=1&size=2", ROLES[2:4]),
        ("/roles", "page=2&size=2", ROLES[4:]),
        ("/roles", "page=9", []),
        ("/roles", "", ROLES),
        ("/organizations", "size=5000", [ORGANIZATION]),
        ("/users", "size=4000", [ADMIN]),
        ("/users/", "page=0", [ADMIN]),
        ("/apiclients/", "size=20&page=0", [DEMO]),
    ],
)
def test_lists_have_pages(api: Api, path: str, query: str, expected: list[str]) -> None:
    assert ids(call(api, "GET", f"{path}?{query}")) == expected


@pytest.mark.rule("ACC-1")
def test_page_counts_all_entries(api: Api) -> None:
    answer = call(api, "GET", "/roles?page=1&size=2").json()
    assert answer["page"] == {"size": 2, "totalElements": 5, "totalPages": 3, "number": 1}
    for path in ("/users", "/apiclients", "/organizations"):
        assert call(api, "GET", path).json()["page"]["totalElements"] == 1


@pytest.mark.rule("ACC-1")
@pytest.mark.parametrize("query", ["page=-1", "size=0", "size=4001", "size=x", "size=", "page=1e3"])
def test_page_out_of_bounds_is_refused(api: Api, query: str) -> None:
    assert fields_of(call(api, "GET", f"/users?{query}")) == {query.partition("=")[0]}


@pytest.mark.rule("ACC-2")
def test_user_of_the_token_is_current(api: Api) -> None:
    assert call(api, "GET", "/users/current").status_code == 404
    token = sign_in(api, "admin", "Secret:123").json()["access_token"]
    answer = call(api, "GET", "/users/current", headers={"Authorization": f"Bearer {token}"})
    user = answer.json()
    assert (user["mail"], user["primaryOrganization"]) == ("admin", ORGANIZATION)
    assert user["roleTenantFilter"] == "ECOM_ADMIN:zzzz_001"
    assert user["roleTenantFilterMap"] == {"ECOM_ADMIN": ["zzzz_001"]}
    assert "password" not in user


@pytest.mark.rule("ACC-2")
@pytest.mark.parametrize(
    ("query", "expected"),
    [
        (f"findByOrg?organization={ORGANIZATION}", [ADMIN]),
        ("findByOrg?organization=other", []),
        ("findByRole?role=bm-admin", [ADMIN]),
        ("findByRole?role=bm-user", []),
        (f"findByOrgAndRole?organization={ORGANIZATION}&role=bm-admin", [ADMIN]),
        (f"findByOrgAndRole?organization={ORGANIZATION}&role=bm-user", []),
    ],
)
def test_users_are_found(api: Api, query: str, expected: list[str]) -> None:
    assert ids(call(api, "GET", f"/users/search/{query}")) == expected


@pytest.mark.rule("ACC-2")
def test_user_is_found_by_login(api: Api) -> None:
    for path in ("findByLogin?login=admin", "findByLogin/?login=admin"):
        assert call(api, "GET", f"/users/search/{path}").json()["id"] == ADMIN
    assert call(api, "GET", "/users/search/findByLogin?login=nobody").status_code == 404


@pytest.mark.rule("ACC-2")
def test_expansion_puts_documents_in_place_of_ids(api: Api) -> None:
    user = call(api, "GET", f"/users/{ADMIN}?expand=organizations,roles").json()
    assert [entry["name"] for entry in user["organizations"]] == ["Emulated Organization"]
    assert [entry["roleEnumName"] for entry in user["roles"]] == ["ACCOUNT_ADMIN", "ECOM_ADMIN"]


@pytest.mark.rule("ACC-2")
def test_created_user_is_not_active_yet(api: Api) -> None:
    answer = call(api, "POST", "/users", json=NEW_USER | {"userState": "ENABLED", "id": "x"})
    user = answer.json()
    assert answer.status_code == 201
    assert answer.headers["Location"].endswith(f"{BASE}/users/{user['id']}")
    assert (user["userState"], user["displayName"], user["roles"]) == ("INITIAL", "New User", [])
    assert len(user["id"]) == 36
    assert call(api, "GET", f"/users/{user['id']}").json() == user
    assert ids(call(api, "GET", "/users?size=10")) == sorted([ADMIN, user["id"]])


@pytest.mark.rule("ACC-2")
@pytest.mark.parametrize(
    ("changes", "names"),
    [
        ({"mail": None}, {"mail"}),
        ({"mail": "nobody"}, {"mail"}),
        ({"mail": 1}, {"mail"}),
        ({"mail": "a\0@example.com"}, {"mail"}),
        ({"firstName": ""}, {"firstName"}),
        ({"lastName": "x" * 41}, {"lastName"}),
        ({"organizations": ["other"]}, {"organizations", "primaryOrganization"}),
        ({"organizations": []}, {"organizations", "primaryOrganization"}),
        ({"organizations": [1]}, {"organizations"}),
        ({"organizations": None}, {"organizations"}),
        ({"primaryOrganization": "other"}, {"primaryOrganization"}),
        ({"roles": ["nothing"]}, {"roles"}),
        ({"roles": "bm-user"}, {"roles"}),
        ({"roleTenantFilter": "ECOM_ADMIN"}, {"roleTenantFilter"}),
        ({"roleTenantFilter": "ECOM_ADMIN:abc_001"}, {"roleTenantFilter"}),
        ({"roleTenantFilter": {"bm-admin": ["zzzz_001"]}}, {"roleTenantFilter"}),
        ({"preferredLocale": "xx"}, {"preferredLocale"}),
        ({"password": ""}, {"password"}),
    ],
)
def test_invalid_user_is_refused(api: Api, changes: dict[str, Any], names: set[str]) -> None:
    assert fields_of(call(api, "POST", "/users", json=NEW_USER | changes)) == names
    assert ids(call(api, "GET", "/users")) == [ADMIN]
    if None not in changes.values():
        assert fields_of(call(api, "PUT", f"/users/{ADMIN}", json=changes)) == names


@pytest.mark.rule("ACC-2")
def test_missing_members_of_a_user_are_named(api: Api) -> None:
    required = {"mail", "firstName", "lastName", "organizations", "primaryOrganization"}
    assert fields_of(call(api, "POST", "/users", json={})) == required


@pytest.mark.rule("ACC-2")
def test_mail_is_unique(api: Api) -> None:
    first = call(api, "POST", "/users", json=NEW_USER).json()
    assert fields_of(call(api, "POST", "/users", json=NEW_USER)) == {"mail"}
    call(api, "PUT", f"/users/{first['id']}", json={"mail": "moved@example.com"})
    second = call(api, "POST", "/users", json=NEW_USER)
    assert second.status_code == 201
    answer = call(api, "PUT", f"/users/{second.json()['id']}", json={"mail": "moved@example.com"})
    assert fields_of(answer) == {"mail"}


@pytest.mark.rule("ACC-2")
def test_change_keeps_members_that_are_not_given(api: Api) -> None:
    before = call(api, "GET", f"/users/{ADMIN}").json()
    changes = {"roles": ["bm-user", "bm-user"], "roleTenantFilter": "ECOM_USER:zzzz_001,zzzz_sbx"}
    after = call(api, "PUT", f"/users/{ADMIN}", json=changes).json()
    changed = {"roles", "roleTenantFilter", "roleTenantFilterMap", "lastModified"}
    assert {name for name in before if before[name] != after[name]} == changed
    assert after["roles"] == ["bm-user"]
    assert after["roleTenantFilterMap"] == {"ECOM_USER": ["zzzz_001", "zzzz_sbx"]}


@pytest.mark.rule("ACC-2")
def test_only_disabled_user_is_purged(api: Api) -> None:
    identifier = call(api, "POST", "/users", json=NEW_USER).json()["id"]
    path = f"/users/{identifier}"
    answer = call(api, "DELETE", path)
    assert answer.status_code == 412
    assert answer.json()["errors"][0]["code"] == "PreconditionFailedException"
    assert call(api, "POST", f"{path}/disable").status_code == 204
    assert call(api, "GET", path).json()["deleteTimestamp"]
    assert call(api, "DELETE", path).status_code == 204
    assert call(api, "GET", path).status_code == 404
    assert call(api, "POST", "/users", json=NEW_USER).status_code == 201


@pytest.mark.rule("ACC-2", "AUT-7")
def test_only_enabled_user_signs_in(api: Api) -> None:
    new = NEW_USER | {"password": "first"}
    user = call(api, "POST", "/users", json=new).json()
    path = f"/users/{user['id']}"
    assert user["userState"] == "ENABLED"
    assert sign_in(api, "new@example.com", "first").status_code == 200
    call(api, "PUT", path, json={"password": "second", "mail": "moved@example.com"})
    assert sign_in(api, "new@example.com", "second").status_code == 400
    refresh = sign_in(api, "moved@example.com", "second").json()["refresh_token"]
    for disable in (("PUT", path, {"userState": "DELETED"}), ("POST", f"{path}/reset", {})):
        method, url, body = disable
        call(api, "PUT", path, json={"userState": "ENABLED"})
        assert sign_in(api, "moved@example.com", "second").status_code == 200
        call(api, method, url, json=body)
        assert sign_in(api, "moved@example.com", "second").status_code == 400
    form = {"grant_type": "refresh_token", "refresh_token": refresh}
    answer = ask(api, TOKEN, data=form, headers={"Authorization": basic(DEMO, DEMO)})
    assert (answer.status_code, answer.json()["error"]) == (400, "invalid_grant")


@pytest.mark.rule("ACC-2")
def test_user_with_a_password_is_a_user_of_the_instance(api: Api) -> None:
    new = NEW_USER | {"password": "Secret:123"}
    path = f"/users/{call(api, 'POST', '/users', json=new).json()['id']}"
    user = api.get("/users/new%40example.com").json()
    named = (user["email"], user["first_name"], user["last_name"], user["disabled"])
    assert named == ("new@example.com", "New", "User", False)
    api.patch("/users/new%40example.com", json={"disabled": True})
    # A change of other members does not bring the user back.
    call(api, "PUT", path, json={"firstName": "Other"})
    assert sign_in(api, "new@example.com", "Secret:123").status_code == 400
    call(api, "POST", f"{path}/disable")
    call(api, "PUT", path, json={"userState": "ENABLED"})
    assert sign_in(api, "new@example.com", "Secret:123").status_code == 200


@pytest.mark.rule("ACC-3")
def test_created_client_gets_tokens(api: Api) -> None:
    answer = call(api, "POST", "/apiclients/", json=NEW_CLIENT | {"defaultScopes": ["roles"]})
    client = answer.json()
    assert answer.status_code == 201
    assert answer.headers["Location"].endswith(f"{BASE}/apiclients/{client['id']}")
    assert "twelve-chars" not in answer.text
    assert (client["name"], client["active"]) == ("new", True)
    assert (client["publicClient"], client["needsInitialPassword"]) == (False, False)
    assert call(api, "GET", f"/apiclients/{client['id']}").json() == client
    assert api.grant(client["id"], "twelve-chars").json()["scope"] == "roles"
    assert grant(api, client["id"], "wrong") == 401


@pytest.mark.rule("ACC-3", "AUT-6")
@pytest.mark.parametrize("is_whole", [True, False])
def test_created_client_signs_with_the_key(api: Api, key_pair: Any, *, is_whole: bool) -> None:
    pem = key_pair.private.public_key().public_bytes(
        serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo
    )
    key = pem.decode() if is_whole else "".join(pem.decode().splitlines()[1:-1])
    signer = {name: value for name, value in NEW_CLIENT.items() if name != "password"}
    signer |= {"jwtPublicKey": key, "tokenEndpointAuthMethod": "private_key_jwt"}
    identifier = call(api, "POST", "/apiclients", json=signer).json()["id"]
    form = assertion(key_pair.private, api.url + TOKEN, iss=identifier, sub=identifier)
    assert ask(api, TOKEN, data=form).status_code == 200


@pytest.mark.rule("ACC-3")
def test_change_of_a_client_leaves_other_permissions(start: Start, tmp_path: Path) -> None:
    folder = tmp_path / "storefront"
    shutil.copytree(locate("storefront"), folder)
    clients = json.loads((folder / "clients.json").read_text())
    limited = {"client_id": "limited", "client_secret": "twelve-chars", "webdav_permissions": []}
    clients["clients"].append(limited)
    (folder / "clients.json").write_text(json.dumps(clients))
    api = start(fixtures=str(folder))
    for changes in ({"name": "x"}, {"active": False}, {"active": True}):
        assert call(api, "PUT", "/apiclients/limited", json=changes).status_code == 200
    assert grant(api, "limited", "twelve-chars") == 200
    token = api.grant("limited", "twelve-chars").json()["access_token"]
    headers = {"Authorization": f"Bearer {token}"}
    answer = api.call("GET", "/on/demandware.servlet/webdav/Sites/Impex", headers=headers)
    assert answer.status_code == 401


@pytest.mark.rule("AUT-8")
def test_scopes_bring_the_roles_into_the_token(api: Api) -> None:
    headers = {"Authorization": basic(DEMO, DEMO)}
    form = {"grant_type": "client_credentials", "scope": "roles tenantFilter"}
    client = claims_of(ask(api, TOKEN, data=form, headers=headers).json()["access_token"])
    assert client["roles"] == ["SALESFORCE_COMMERCE_API"]
    assert client["tenantFilter"] == "SALESFORCE_COMMERCE_API:zzzz_001"
    form |= {"grant_type": "password", "username": "admin", "password": "Secret:123"}
    user = claims_of(ask(api, TOKEN, data=form, headers=headers).json()["access_token"])
    assert user["roles"] == ["account-admin", "bm-admin"]
    assert user["tenantFilter"] == "ECOM_ADMIN:zzzz_001"
    assert not {"roles", "tenantFilter"} & claims_of(api.token).keys()


@pytest.mark.rule("ACC-3")
def test_client_of_the_data_set_is_described(api: Api) -> None:
    client = call(api, "GET", f"/apiclients/{DEMO}").json()
    assert client["organizations"] == [ORGANIZATION]
    assert client["roleTenantFilterMap"] == {"SALESFORCE_COMMERCE_API": ["zzzz_001"]}
    assert "client_secret" not in client


@pytest.mark.rule("ACC-3")
@pytest.mark.parametrize(
    ("changes", "names"),
    [
        ({"name": ""}, {"name"}),
        ({"name": "x" * 201}, {"name"}),
        ({"description": "x" * 257}, {"description"}),
        ({"organizations": []}, {"organizations"}),
        ({"organizations": ["other"]}, {"organizations"}),
        ({"roles": ["nothing"]}, {"roles"}),
        ({"password": "eleven-char"}, {"password"}),
        ({"password": "x" * 129}, {"password"}),
        ({"active": "maybe"}, {"active"}),
        ({"jwtPublicKey": "nonsense"}, {"jwtPublicKey"}),
        ({"scopes": ["a b"]}, {"scopes"}),
        ({"redirectUrls": ["https://x/\r\nSet-Cookie: a"]}, {"redirectUrls"}),
        ({"tokenEndpointAuthMethod": "magic"}, {"tokenEndpointAuthMethod"}),
    ],
)
def test_invalid_client_is_refused(api: Api, changes: dict[str, Any], names: set[str]) -> None:
    answer = call(api, "POST", "/apiclients", json=NEW_CLIENT | changes)
    assert fields_of(answer) == names
    assert changes.get("password", "twelve-chars") not in answer.text
    assert ids(call(api, "GET", "/apiclients")) == [DEMO]


@pytest.mark.rule("ACC-3")
@pytest.mark.parametrize(
    ("url", "is_taken"),
    [
        ("https://app.example/done?a=b", True),
        ("http://localhost:8080", True),
        ("my-app://signed-in", True),
        ("com.example.app:/done", True),
        ("javascript:x", False),
        ("JavaScript://app.example/%0Ax", False),
        ("data:text/html,x", False),
        ("vbscript:x", False),
        ("file:///etc/passwd", False),
        ("blob:https://app.example/x", False),
        ("about:blank", False),
        ("https:///done", False),
        ("my-app:done", False),
        ("/done", False),
    ],
)
def test_redirect_url_is_absolute_and_safe(api: Api, url: str, *, is_taken: bool) -> None:
    path = f"/apiclients/{call(api, 'POST', '/apiclients', json=NEW_CLIENT).json()['id']}"
    sent = NEW_CLIENT | {"redirectUrls": [url]}
    for method, target in (("POST", "/apiclients"), ("PUT", path)):
        answer = call(api, method, target, json=sent)
        if is_taken:
            assert answer.json()["redirectUrls"] == [url]
        else:
            assert fields_of(answer) == {"redirectUrls"}
    assert call(api, "GET", path).json()["redirectUrls"] == ([url] if is_taken else [])


@pytest.mark.rule("ACC-3")
def test_secret_is_changed_with_the_old_secret(api: Api) -> None:
    identifier = call(api, "POST", "/apiclients", json=NEW_CLIENT).json()["id"]
    path = f"/apiclients/{identifier}/password"
    wrong = call(api, "PUT", path, json={"old": "wrong", "new": "another-secret"})
    assert fields_of(wrong) == {"old"}
    short = call(api, "PUT", path, json={"old": "twelve-chars", "new": "short"})
    assert fields_of(short) == {"new"}
    right = call(api, "PUT", path, json={"old": "twelve-chars", "new": "another-secret"})
    assert right.status_code == 204
    assert grant(api, identifier, "twelve-chars") == 401
    assert grant(api, identifier, "another-secret") == 200
    # A change of the client leaves the secret as it is.
    changed = call(
        api, "PUT", f"/apiclients/{identifier}", json={"name": "x", "password": "y" * 12}
    )
    assert changed.json()["name"] == "x"
    assert grant(api, identifier, "another-secret") == 200


@pytest.mark.rule("ACC-3")
def test_no_secret_is_in_the_journal(api: Api) -> None:
    identifier = call(api, "POST", "/apiclients", json=NEW_CLIENT).json()["id"]
    change = {"old": "twelve-chars", "new": "another-secret"}
    call(api, "PUT", f"/apiclients/{identifier}/password", json=change)
    call(
        api,
        "PUT",
        f"/apiclients/{identifier}/password/",
        json=change,
        headers={"Authorization": "x"},
    )
    call(api, "POST", "/users", json=NEW_USER | {"password": "secret-of-user"})
    journal = api.call("GET", "/__emulator__/journal").text
    assert journal.count("/password") == 2
    for secret in ("twelve-chars", "another-secret", "secret-of-user"):
        assert secret not in journal


@pytest.mark.rule("ACC-3", "AUT-1")
def test_client_is_deleted_after_seven_days_without_use(api: Api) -> None:
    identifier = call(api, "POST", "/apiclients", json=NEW_CLIENT).json()["id"]
    token = api.grant(identifier, "twelve-chars").json()["access_token"]
    path = f"/apiclients/{identifier}"
    assert call(api, "DELETE", path).status_code == 412
    assert call(api, "PUT", path, json={"active": False}).json()["disabledTimestamp"]
    assert grant(api, identifier, "twelve-chars") == 401
    answer = api.get("/inventory_lists", headers={"Authorization": f"Bearer {token}"})
    assert answer.status_code == 401
    assert call(api, "DELETE", path).status_code == 412
    api.call("POST", "/__emulator__/clock/advance", json={"seconds": 7 * 24 * 3600})
    api.token = api.grant(DEMO, DEMO).json()["access_token"]
    assert call(api, "DELETE", path).status_code == 204
    assert call(api, "GET", path).status_code == 404


@pytest.mark.rule("ACC-4")
@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ("startsWith=Emulated&ignoreCase=false", [ORGANIZATION]),
        ("startsWith=emulated&ignoreCase=false", []),
        ("startsWith=emulated&ignoreCase=true", [ORGANIZATION]),
        ("startsWith=Organization", []),
    ],
)
def test_organizations_are_found_by_name(api: Api, query: str, expected: list[str]) -> None:
    assert ids(call(api, "GET", f"/organizations/search/findByName?{query}")) == expected


@pytest.mark.rule("ACC-4")
def test_organization_is_read(api: Api) -> None:
    organization = call(api, "GET", f"/organizations/{ORGANIZATION}").json()
    assert (organization["name"], organization["realms"]) == ("Emulated Organization", ["zzzz"])
    assert organization["twoFARoles"] == organization["allowedVerifierTypes"] == []
    assert ids_of_log(api, f"/organizations/{ORGANIZATION}") == []


@pytest.mark.rule("ACC-5")
def test_roles_of_a_target_are_listed(api: Api) -> None:
    assert ids(call(api, "GET", "/roles?roleTargetType=ApiClient")) == ROLES[:1]
    assert ids(call(api, "GET", "/roles?page=0&size=25&roleTargetType=User")) == ROLES[1:]
    role = call(api, "GET", "/roles/bm-admin").json()
    assert (role["roleEnumName"], role["scope"]) == ("ECOM_ADMIN", "INSTANCE")


def ids_of_log(api: Api, path: str) -> list[str]:
    """Return the types of the events of an audit log."""
    answer = call(api, "GET", f"{path}/audit-log-records")
    return [record["eventType"] for record in answer.json()["content"]]


@pytest.mark.rule("ACC-6")
def test_changes_are_noted_in_audit_logs(api: Api) -> None:
    token = sign_in(api, "admin", "Secret:123").json()["access_token"]
    headers = {"Authorization": f"Bearer {token}"}
    user = call(api, "POST", "/users", json=NEW_USER, headers=headers).json()
    path = f"/users/{user['id']}"
    call(api, "POST", f"{path}/disable")
    assert ids_of_log(api, path) == ["User disabled", "User created"]
    last, first = call(api, "GET", f"{path}/audit-log-records").json()["content"]
    assert (first["authorDisplayName"], first["authorEmail"]) == ("Ada Admin", "admin")
    assert first["timestamp"]
    assert first["eventMessage"] == "User new@example.com created"
    assert (last["authorDisplayName"], last["authorEmail"]) == (DEMO, None)
    client = call(api, "POST", "/apiclients", json=NEW_CLIENT).json()["id"]
    assert ids_of_log(api, f"/apiclients/{client}") == ["API client created"]
