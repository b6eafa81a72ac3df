"""Business Manager users, their passwords and access keys (USER)."""

import uuid
from base64 import b64encode
from collections.abc import Callable
from typing import Any

import pytest
import requests

from contract_tests.api import TIMEOUT, Api, assert_fault
from contract_tests.shop import CLOCK

Start = Callable[..., Api]
BUSINESS_MANAGER = "urn:demandware:params:oauth:grant-type:client-id:dwsid:dwsecuretoken"
ANN = {"email": "ann@shop.example", "last_name": "Bee", "password": "Secret:789"}
SIGNON = "signon@storefront.example"
SIGN_IN = "a user who signs in, and the clock of an emulator"
MANAGED = "contract-signon"
KEY_PATH = f"/users/{SIGNON}/access_key"


@pytest.fixture
def storefront(start: Start) -> Api:
    """A server with the users of the data set ``storefront`` and a frozen clock."""
    api = start(fixtures="storefront")
    move(api, "2024-04-14T16:48:07.123Z")
    return api


def move(api: Api, instant: str) -> None:
    answer = api.call("POST", "/__emulator__/clock/freeze", json={"at": instant})
    assert answer.status_code == 200, answer.text


def sign_in(api: Api, login: str, password: str) -> requests.Response:
    """Ask for a token of a user with the grant ``password``."""
    form = {"grant_type": "password", "username": login, "password": password}
    basic = (api.client_id, api.client_secret)
    url = f"{api.url}/dwsso/oauth2/access_token"
    return api.session.post(url, auth=basic, data=form, timeout=TIMEOUT)


def speak_as(api: Api, login: str, password: str) -> dict[str, str]:
    """Return the header of a user's token."""
    answer = sign_in(api, login, password)
    assert answer.status_code == 200, answer.text
    return {"Authorization": f"Bearer {answer.json()['access_token']}"}


def open_files(api: Api, login: str, password: str) -> int:
    """Return the status of a request of a user to WebDAV."""
    basic = "Basic " + b64encode(f"{login}:{password}".encode()).decode()
    path = "/on/demandware.servlet/webdav/Sites/Impex/"
    return api.call("GET", path, headers={"Authorization": basic}).status_code


def search(api: Api, query: Any, **members: Any) -> list[str]:
    answer = api.call("POST", f"{api.scope}/user_search", json={"query": query, **members})
    assert answer.status_code == 200, answer.text
    return [hit["login"] for hit in answer.json()["hits"]]


def term(field: str, operator: str, *values: Any) -> dict[str, Any]:
    return {"term_query": {"fields": [field], "operator": operator, "values": list(values)}}


@pytest.mark.rule("USER-1")
@pytest.mark.needs(CLOCK)
def test_a_user_is_created_and_shown_without_the_password(storefront: Api) -> None:
    created = storefront.put("/users/ann", json={**ANN, "first_name": "Ann", "locked": False})
    assert created.status_code == 201
    document = created.json()
    assert len(document.pop("_resource_state")) == 64
    assert document == {
        "_v": "23.2",
        "_type": "user",
        "creation_date": "2024-04-14T16:48:07Z",
        "disabled": False,
        "email": "ann@shop.example",
        "first_name": "Ann",
        "last_modified": "2024-04-14T16:48:07Z",
        "last_name": "Bee",
        "link": f"{storefront.url}/s/-/dw/data/v23_2/users/ann",
        "locked": False,
        "login": "ann",
        "password_expiration_date": "2024-07-13T16:48:07Z",
        "password_modification_date": "2024-04-14T16:48:07Z",
        "preferred_data_locale": "default",
        "preferred_ui_locale": "default",
    }
    assert storefront.get("/users/ann").json() == created.json()
    whole = storefront.get("/users?select=(**)").json()
    assert [user["login"] for user in whole["data"]] == ["admin", "ann", "merchant", SIGNON]
    for answer in (storefront.get("/users/ann?select=(password,login)"), storefront.get("/users")):
        assert "Secret" not in answer.text
    assert "Secret" not in str(whole)


@pytest.mark.rule("USER-1", "ENV-4")
@pytest.mark.needs(CLOCK)
def test_users_are_listed_in_short_form(storefront: Api) -> None:
    page = storefront.get("/users?count=1").json()
    [user] = page["data"]
    assert (page["_type"], page["total"], user["login"]) == ("users", 3, "admin")
    assert set(user) - {"_v"} == {"_type", "_resource_state", "login", "link"}


@pytest.mark.rule("USER-1")
@pytest.mark.parametrize("method", ["GET", "PATCH", "DELETE"])
def test_a_missing_user_is_not_found(api: Api, method: str) -> None:
    answer = api.call(method, f"{api.scope}/users/contract-none", json={})
    message = "No user with login 'contract-none' could be found."
    assert_fault(answer, 404, "UserNotFound", {"login": "contract-none"}, message)


@pytest.mark.rule("USER-2")
@pytest.mark.parametrize(
    ("sent", "status", "kind", "arguments"),
    [
        ({**ANN, "password": ""}, 400, "InvalidCredentials", {"login": "contract-ann"}),
        ({**ANN, "roles": ["none"]}, 400, "InvalidRole", {"roleId": "none"}),
        ({**ANN, "external_id": "x"}, 400, "InvalidCredentials", {"login": "contract-ann"}),
        ({**ANN, "password": "short1"}, 400, "PasswordPolicyViolation", {}),
        ({**ANN, "password": "only-letters"}, 400, "PasswordPolicyViolation", {}),
        ({**ANN, "password": "1234567890"}, 400, "PasswordPolicyViolation", {}),
        ({**ANN, "preferred_ui_locale": "Klingon"}, 400, "UnknownLocale", {"locale": "Klingon"}),
        ({**ANN, "login": "x"}, 400, "IdConflict", {"bodyID": "x", "urlID": "contract-ann"}),
        (
            {"last_name": "B", "password": "Secret:1"},
            400,
            "PropertyConstraintViolation",
            {"document": "user", "path": "$.email"},
        ),
    ],
)
def test_a_wrong_user_is_refused(
    api: Api, sent: Any, status: int, kind: str, arguments: dict[str, str]
) -> None:
    answer = api.put("/users/contract-ann", json=sent)
    assert_fault(answer, status, kind, arguments)
    assert "Secret" not in answer.text
    assert api.get("/users/contract-ann").status_code == 404


@pytest.mark.rule("USER-2")
@pytest.mark.needs(CLOCK)
def test_an_external_id_belongs_to_one_user(storefront: Api) -> None:
    taken = storefront.get(f"/users/{SIGNON}").json()["external_id"]
    sent = {"email": "b@shop.example", "last_name": "Bee", "external_id": taken}
    fault = "ExternalIdAlreadyExists"
    assert_fault(storefront.put("/users/bee", json=sent), 400, fault, {"externalId": taken})
    patched = storefront.patch("/users/merchant", json={"external_id": taken})
    assert_fault(patched, 400, fault, {"externalId": taken})
    for cleared in (None, ""):
        answer = storefront.patch(f"/users/{SIGNON}", json={"external_id": cleared})
        assert_fault(answer, 400, "ExternalIdNull", {"login": SIGNON})
    assert storefront.put("/users/bee", json={**sent, "external_id": "other"}).status_code == 201


@pytest.fixture
def managed(shop: Api) -> str:
    """The path of a new user whom an external system manages."""
    path = f"/users/{MANAGED}"
    body = {"email": "s@shop.example", "last_name": "S", "external_id": uuid.uuid4().hex}
    assert shop.put(path, json=body).status_code == 201
    return path


@pytest.mark.rule("USER-2")
def test_a_user_gives_up_no_external_id(shop: Api, managed: str) -> None:
    taken = shop.get(managed).json()["external_id"]
    other, sent = "/users/contract-bee", {"email": "b@shop.example", "last_name": "Bee"}
    refused = shop.put(other, json={**sent, "external_id": taken})
    assert_fault(refused, 400, "ExternalIdAlreadyExists", {"externalId": taken})
    for cleared in (None, ""):
        answer = shop.patch(managed, json={"external_id": cleared})
        assert_fault(answer, 400, "ExternalIdNull", {"login": MANAGED})


@pytest.mark.rule("USER-5")
@pytest.mark.parametrize("scope", ["WEBDAV_AND_STUDIO", "AGENT_USER_AND_OCAPI"])
def test_an_access_key_is_created_shown_disabled_and_deleted(
    shop: Api, managed: str, scope: str
) -> None:
    path = f"{managed}/access_key/{scope}"
    assert shop.get(path).status_code == 404
    created = shop.put(path, json={})
    assert created.status_code == 200
    key = created.json()["access_key"]
    assert (len(key), created.json()["enabled"]) == (40, True)
    shown = shop.get(path).json()
    assert shown == {name: v for name, v in created.json().items() if name != "access_key"}
    assert shown["_type"] == "access_key_details"
    assert shop.put(path, json={}).json()["access_key"] != key
    assert shop.patch(path, json={"enabled": False}).json()["enabled"] is False
    assert shop.delete(path).status_code == 204
    assert shop.get(path).status_code == 404


@pytest.mark.rule("USER-5")
@pytest.mark.parametrize("method", ["GET", "PUT", "PATCH", "DELETE"])
def test_an_access_key_has_a_user_and_a_scope(shop: Api, managed: str, method: str) -> None:
    sent: dict[str, str] | None = {} if method in ("PUT", "PATCH") else None

    def ask(path: str) -> requests.Response:
        return shop.call(method, f"{shop.scope}{path}", json=sent)

    scope = "access_key/AGENT_USER_AND_OCAPI"
    missing = ask(f"/users/contract-none/{scope}")
    assert_fault(missing, 404, "UserNotFound", {"login": "contract-none"})
    other = ask(f"{managed}/access_key/OTHER")
    assert_fault(other, 404, "AuthenticationScopeNotFound", {"scope": "OTHER"})
    assert shop.put("/users/contract-ann", json=ANN).status_code == 201
    local = ask(f"/users/contract-ann/{scope}")
    assert_fault(local, 403, "UserNotExternallyManaged", {"login": "contract-ann"})


@pytest.mark.rule("USER-2", "INV-5")
@pytest.mark.parametrize("dialect", ["documented", "observed"])
def test_put_overwrites_a_user_and_keeps_the_password(start: Start, dialect: str) -> None:
    api = start(fixtures="storefront", dialect=dialect)
    answer = api.put("/users/merchant", json={"email": "m@shop.example", "last_name": "Em"})
    assert answer.status_code == 200
    document = answer.json()
    assert document["email"] == "m@shop.example"
    assert not {"first_name", "roles"} & set(document)
    assert sign_in(api, "merchant", "Secret:456").status_code == 200
    sent = {"email": "m@shop.example", "last_name": "Em", "password": "Changed:789"}
    assert api.put("/users/merchant", json=sent).status_code == 200
    assert sign_in(api, "merchant", "Secret:456").status_code == 400
    assert sign_in(api, "merchant", "Changed:789").status_code == 200


@pytest.mark.rule("USER-2")
@pytest.mark.needs(SIGN_IN)
def test_patch_changes_neither_password_nor_lock(storefront: Api) -> None:
    changes = {"first_name": "Maria", "locked": True, "password": "Changed:789"}
    document = storefront.patch("/users/merchant", json=changes).json()
    assert (document["first_name"], document["locked"]) == ("Maria", False)
    assert document["roles"] == ["Merchandiser"]
    assert sign_in(storefront, "merchant", "Secret:456").status_code == 200


@pytest.mark.rule("USER-2")
@pytest.mark.needs(SIGN_IN)
def test_a_user_may_have_roles_but_no_password(storefront: Api) -> None:
    sent = {"email": "j@shop.example", "last_name": "Doe"}
    roles = ["Merchandiser", "Administrator", "Merchandiser"]
    created = storefront.put("/users/jdoe", json={**sent, "roles": roles})
    assert created.status_code == 201
    assert created.json()["roles"] == ["Administrator", "Merchandiser"]
    assert "password_modification_date" not in created.json()
    for wrong in ("", "None", "null"):
        assert sign_in(storefront, "jdoe", wrong).status_code == 400
        assert open_files(storefront, "jdoe", wrong) == 401
    changed = storefront.patch("/users/admin", json={"roles": None})
    assert "roles" not in changed.json()
    for answer in (
        storefront.patch("/users/jdoe", json={"roles": ["Merchandiser"]}),
        storefront.put("/users/jdoe", json=sent),
    ):
        assert_fault(answer, 403, "UserOperationNotAllowed", {"login": "jdoe"})


@pytest.mark.rule("USER-3", "AUT-7", "DAV-6")
@pytest.mark.needs(SIGN_IN)
def test_a_created_user_can_sign_in_everywhere(storefront: Api) -> None:
    storefront.put("/users/ann", json=ANN)
    assert sign_in(storefront, "ann", "Secret:789").status_code == 200
    url = f"{storefront.url}/dw/oauth2/access_token?client_id={storefront.client_id}"
    basic = ("ann", f"Secret:789:{storefront.client_secret}")
    form = {"grant_type": BUSINESS_MANAGER}
    granted = storefront.session.post(url, auth=basic, data=form, timeout=TIMEOUT)
    assert granted.status_code == 200
    assert open_files(storefront, "ann", "Secret:789") == 200
    assert storefront.get("/users/ann").json()["last_login_date"] == "2024-04-14"
    for wrong in ("", "secret:789", "Secret:789 "):
        assert sign_in(storefront, "ann", wrong).status_code == 400
        assert open_files(storefront, "ann", wrong) == 401
    assert storefront.delete("/users/ann").status_code == 204
    assert sign_in(storefront, "ann", "Secret:789").status_code == 400
    assert open_files(storefront, "ann", "Secret:789") == 401


@pytest.mark.rule("USER-3")
@pytest.mark.parametrize("flag", ["disabled", "locked"])
@pytest.mark.needs(SIGN_IN)
def test_a_disabled_or_locked_user_cannot_sign_in(storefront: Api, flag: str) -> None:
    storefront.put("/users/ann", json=ANN)
    headers = speak_as(storefront, "ann", "Secret:789")
    storefront.put("/users/ann", json={**ANN, flag: True})
    assert sign_in(storefront, "ann", "Secret:789").status_code == 400
    assert open_files(storefront, "ann", "Secret:789") == 401
    assert_fault(storefront.get("/users/this", headers=headers), 401, "UserIsLocked", {})


@pytest.mark.rule("USER-4")
@pytest.mark.needs(SIGN_IN)
def test_users_this_is_the_user_of_the_token(storefront: Api) -> None:
    headers = speak_as(storefront, "admin", "Secret:123")
    answer = storefront.get("/users/this", headers=headers)
    assert (answer.status_code, answer.json()["login"]) == (200, "admin")
    assert answer.json()["link"].endswith("/users/admin")
    message = "No user was provided with the OAuth token."
    assert_fault(storefront.get("/users/this"), 401, "UserNotAvailable", {}, message)
    storefront.delete("/users/admin")
    gone = storefront.get("/users/this", headers=headers)
    assert_fault(gone, 401, "UserNotAvailable", {}, message)


@pytest.mark.rule("RST-4", "USER-4")
@pytest.mark.needs(SIGN_IN)
def test_the_own_password_is_changed_in_the_expected_state_only(storefront: Api) -> None:
    headers = speak_as(storefront, "merchant", "Secret:456")
    sent = {"current_password": "Secret:456", "password": "Changed:789"}
    for tag, status in (('"zz"', 412), (storefront.get("/users/merchant").headers["ETag"], 200)):
        expected = {**headers, "If-Match": tag}
        answer = storefront.patch("/users/this/password", json=sent, headers=expected)
        assert answer.status_code == status


@pytest.mark.rule("USER-4")
@pytest.mark.needs(SIGN_IN)
def test_a_user_changes_the_own_password(storefront: Api) -> None:
    headers = speak_as(storefront, "merchant", "Secret:456")
    path = "/users/this/password"

    def change(present: str, new: str) -> requests.Response:
        sent = {"current_password": present, "password": new}
        return storefront.patch(path, json=sent, headers=headers)

    assert_fault(change("wrong", "Changed:789"), 400, "InvalidPassword", {})
    assert_fault(change("Secret:456", "Secret:456"), 400, "PasswordNotValidForReuse", {})
    assert_fault(change("Secret:456", "short"), 400, "PasswordPolicyViolation", {})
    document = "password_change_request"
    expected = {"document": document, "path": "$.current_password"}
    assert_fault(change("", "Changed:789"), 400, "PropertyConstraintViolation", expected)
    for sent in ({}, {"password": "Changed:789"}):
        missing = storefront.patch(path, json=sent, headers=headers)
        assert_fault(missing, 400, "PropertyConstraintViolation", expected)
    answer = change("Secret:456", "Changed:789")
    assert (answer.status_code, answer.json()["login"]) == (200, "merchant")
    assert answer.json()["password_modification_date"] == "2024-04-14T16:48:07Z"
    assert "Changed" not in answer.text
    assert sign_in(storefront, "merchant", "Secret:456").status_code == 400
    assert sign_in(storefront, "merchant", "Changed:789").status_code == 200
    assert_fault(
        storefront.patch(path, json=ANN | {"x": 1}),
        400,
        "UnknownProperty",
        {"property": "email", "document": document},
    )
    sent = {"current_password": "x", "password": "y"}
    assert_fault(storefront.patch(path, json=sent), 401, "UserNotAvailable", {})


@pytest.mark.rule("USER-4")
@pytest.mark.needs(SIGN_IN)
def test_a_user_cannot_disable_itself(storefront: Api) -> None:
    headers = speak_as(storefront, "merchant", "Secret:456")
    answer = storefront.patch("/users/merchant", json={"disabled": True}, headers=headers)
    assert_fault(answer, 403, "UserOperationNotAllowed", {"login": "merchant"})


@pytest.mark.rule("USER-4")
def test_the_login_this_is_taken(api: Api) -> None:
    answer = api.put("/users/this", json=ANN)
    assert_fault(answer, 403, "UserOperationNotAllowed", {"login": "this"})


@pytest.mark.rule("USER-5")
@pytest.mark.needs(SIGN_IN)
def test_an_access_key_stands_in_for_the_password(storefront: Api) -> None:
    created = storefront.put(f"{KEY_PATH}/WEBDAV_AND_STUDIO", json={})
    assert created.status_code == 200
    key = created.json()["access_key"]
    assert len(key) == 40
    assert created.json() == {
        "_v": "23.2",
        "_type": "access_key_details",
        "access_key": key,
        "enabled": True,
        "expiration_date": "2025-04-14T16:48:07.123Z",
    }
    shown = storefront.get(f"{KEY_PATH}/WEBDAV_AND_STUDIO").json()
    assert shown == {name: v for name, v in created.json().items() if name != "access_key"}
    assert open_files(storefront, SIGNON, key) == 200
    assert sign_in(storefront, SIGNON, key).status_code == 400
    again = storefront.put(f"{KEY_PATH}/WEBDAV_AND_STUDIO").json()["access_key"]
    assert again != key
    assert open_files(storefront, SIGNON, key) == 401
    assert open_files(storefront, SIGNON, again) == 200
    off = storefront.patch(f"{KEY_PATH}/WEBDAV_AND_STUDIO", json={"enabled": False})
    assert (off.status_code, off.json()["enabled"]) == (200, False)
    assert open_files(storefront, SIGNON, again) == 401
    storefront.patch(f"{KEY_PATH}/WEBDAV_AND_STUDIO", json={"enabled": True})
    move(storefront, "2025-04-14T16:48:07.123Z")
    assert open_files(storefront, SIGNON, again) == 401
    assert storefront.delete(f"{KEY_PATH}/WEBDAV_AND_STUDIO").status_code == 204
    missing = storefront.get(f"{KEY_PATH}/WEBDAV_AND_STUDIO")
    arguments = {"login": SIGNON, "scope": "WEBDAV_AND_STUDIO"}
    assert_fault(missing, 404, "AccessKeyNotFound", arguments)


@pytest.mark.rule("USER-5", "AUT-3")
@pytest.mark.needs(SIGN_IN)
def test_an_access_key_of_ocapi_opens_the_grant_of_the_business_manager(storefront: Api) -> None:
    url = f"{storefront.url}/dw/oauth2/access_token?client_id={storefront.client_id}"
    for scope, status in (("AGENT_USER_AND_OCAPI", 200), ("WEBDAV_AND_STUDIO", 400)):
        key = storefront.put(f"{KEY_PATH}/{scope}", json={}).json()["access_key"]
        basic = (SIGNON, f"{key}:{storefront.client_secret}")
        form = {"grant_type": BUSINESS_MANAGER}
        answer = storefront.session.post(url, auth=basic, data=form, timeout=TIMEOUT)
        assert answer.status_code == status
    storefront.delete(f"/users/{SIGNON}")
    sent = {"email": "s@shop.example", "last_name": "S", "external_id": "new"}
    storefront.put(f"/users/{SIGNON}", json=sent)
    gone = storefront.get(f"{KEY_PATH}/AGENT_USER_AND_OCAPI")
    assert gone.status_code == 404


@pytest.mark.rule("USER-5")
@pytest.mark.parametrize("method", ["GET", "PUT", "PATCH", "DELETE"])
@pytest.mark.needs(SIGN_IN)
def test_administrators_alone_have_access_keys_of_others(storefront: Api, method: str) -> None:
    def ask(path: str, **options: Any) -> requests.Response:
        sent: dict[str, str] | None = {} if method in ("PUT", "PATCH") else None
        return storefront.call(method, storefront.scope + path, json=sent, **options)

    scope = "AGENT_USER_AND_OCAPI"
    headers = speak_as(storefront, "merchant", "Secret:456")
    path = f"/data/v23_2{KEY_PATH}/{scope}".replace("@", "%40")
    forbidden = ask(f"{KEY_PATH}/{scope}", headers=headers)
    assert_fault(forbidden, 403, "UserAccessForbidden", {"method": method, "path": path})
    assert ask(f"{KEY_PATH}/{scope}", headers=speak_as(storefront, "admin", "Secret:123")).ok is (
        method == "PUT"
    )


@pytest.mark.rule("USER-6")
@pytest.mark.needs(SIGN_IN)
def test_users_are_searched_and_sorted(storefront: Api) -> None:
    storefront.put("/users/ann", json={**ANN, "locked": True, "first_name": "Ann"})
    storefront.put("/users/bob", json={**ANN, "disabled": True, "email": "bob@shop.example"})
    speak_as(storefront, "merchant", "Secret:456")
    for query, expected in [
        ({"match_all_query": {}}, ["admin", "ann", "bob", "merchant", SIGNON]),
        (term("login", "is", "ann"), ["ann"]),
        (term("email", "is", "bob@shop.example"), ["bob"]),
        (term("is_locked", "is", True), ["ann"]),
        (term("is_disabled", "is", True), ["bob"]),
        (term("is_locked", "is", False), ["admin", "bob", "merchant", SIGNON]),
        (term("external_id", "is_not_null"), [SIGNON]),
        (term("last_login_date", "is", "2024-04-14"), ["merchant"]),
        (term("last_login_date", "greater", "2024-04-14"), []),
        (
            {"text_query": {"fields": ["first_name", "last_name"], "search_phrase": "bee"}},
            ["ann", "bob"],
        ),
    ]:
        assert search(storefront, query) == expected, query
    sorts = [{"field": "last_name"}, {"field": "login", "sort_order": "desc"}]
    found = search(storefront, {"match_all_query": {}}, sorts=sorts)
    assert found == ["admin", "bob", "ann", "merchant", SIGNON]
    whole = {"query": term("login", "is", "ann"), "select": "(**)"}
    [hit] = storefront.call("POST", f"{storefront.scope}/user_search", json=whole).json()["hits"]
    assert {"_v": "23.2", **hit} == storefront.get("/users/ann").json()


@pytest.mark.rule("USER-6")
@pytest.mark.parametrize("field", ["locked", "disabled", "password", "roles"])
def test_users_are_not_searched_by_other_fields(api: Api, field: str) -> None:
    request = {"query": term(field, "is", "x")}
    answer = api.call("POST", f"{api.scope}/user_search", json=request)
    assert_fault(answer, 400, "UnknownSearchField", {"field": field})
    sorts = {"query": {"match_all_query": {}}, "sorts": [{"field": "is_locked"}]}
    answer = api.call("POST", f"{api.scope}/user_search", json=sorts)
    assert_fault(answer, 400, "FieldNotSortable", {"field": "is_locked"})
