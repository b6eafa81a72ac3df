"""Hooks of users around the operations (HOOK)."""

import json
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, HTTPServer
from typing import Any

import pytest

from contract_tests.api import Api, assert_fault
from emulator.extending import HookCall, Status

Start = Callable[..., Api]
LIST = "/inventory_lists/contract-a"
POINT = "dw.ocapi.data.inventory_list"
LOCKED = Status(ok=False, code="LOCKED", message="The list is locked.", details={"until": 5})


def locked(point: str) -> dict[str, Any]:
    return {
        "extensionPoint": point,
        "statusCode": "LOCKED",
        "statusMsg": "The list is locked.",
        "statusDetails": {"until": 5},
    }


def seeing(calls: list[HookCall]) -> Callable[[HookCall], None]:
    """Return a hook that notes its calls."""
    return calls.append


CONTENT = "/libraries/none/content/contract-a"


@pytest.mark.rule("HOOK-1")
@pytest.mark.parametrize(
    ("method", "path", "name"),
    [
        ("GET", "/inventory_lists", "inventory_lists.beforeGET"),
        ("GET", "/inventory_lists/inventory", "inventory_list.beforeGET"),
        ("PUT", LIST, "inventory_list.beforePUT"),
        ("POST", "/inventory_list_search", "inventory_list_search.beforePOST"),
        ("PATCH", "/catalogs/x/categories/y", "catalog.category.beforePATCH"),
        ("DELETE", "/sites/RefArch/campaigns/none", "site.campaign.beforeDELETE"),
        ("POST", "/customer_lists/none/customers", "customer_list.customers.beforePOST"),
        ("PATCH", "/customer_lists/none/customers/1", "customer_list.customer.beforePATCH"),
        (
            "POST",
            "/customer_lists/none/customers/1/addresses",
            "customer_list.customer.addresses.beforePOST",
        ),
        ("PUT", CONTENT, "content.content.beforeCreate"),
        ("PATCH", CONTENT, "content.content.beforeUpdate"),
        ("DELETE", CONTENT, "content.content.beforeDelete"),
        ("PUT", "/custom_objects/none/a", "object.beforePut"),
        ("PATCH", "/custom_objects/none/a", "object.beforePatch"),
        ("DELETE", "/custom_objects/none/a", "object.beforeDelete"),
    ],
)
def test_the_path_and_the_method_name_a_hook(
    start: Start, method: str, path: str, name: str
) -> None:
    point = f"dw.ocapi.data.{name}"
    api = start(fixtures="storefront", hooks={point: lambda _: LOCKED})
    body: Any = {} if method in ("PUT", "PATCH", "POST") else None
    if path.endswith("search"):
        body = {"query": {"match_all_query": {}}}
    if path.endswith("customers"):
        body = {"credentials": {"login": "a"}, "last_name": "a", "email": "a@example.com"}
    if path.endswith("addresses"):
        body = {"address_id": "a", "last_name": "a", "country_code": "US"}
    answer = api.call(method, api.scope + path, json=body)
    assert_fault(answer, 400, "HookStatus", locked(point))


@pytest.mark.rule("HOOK-1")
def test_an_unknown_hook_ends_the_start(start: Start) -> None:
    for name in (f"{POINT}.afterGET", f"{POINT}s.beforePUT", "dw.ocapi.shop.basket.beforePOST"):
        with pytest.raises(ValueError, match=f"no operation has the hook '{name}'"):
            start(hooks={name: lambda _: None})


@pytest.mark.rule("HOOK-2")
def test_a_hook_before_changes_the_document_of_the_request(start: Start) -> None:
    def describe(call: HookCall) -> None:
        call.document["description"] = f"{call.document['description']} by {call.client}"

    api = start(hooks={f"{POINT}.beforePUT": describe})
    made = api.put(LIST, json={"description": "made"})
    assert (made.status_code, made.json()["description"]) == (201, f"made by {'a' * 30}")
    assert api.get(LIST).json()["description"] == f"made by {'a' * 30}"


@pytest.mark.rule("HOOK-2")
def test_the_changed_document_is_checked(start: Start) -> None:
    def spoil(call: HookCall) -> None:
        call.document["description"] = 5

    api = start(hooks={f"{POINT}.beforePUT": spoil})
    arguments = {"path": "$.description", "expectedTypes": "string", "actualType": "number"}
    fault = api.put(LIST, json={})
    assert (fault.status_code, fault.json()["fault"]["type"]) == (400, "TypeDecodingException")
    assert fault.json()["fault"]["arguments"]["path"] == arguments["path"]
    assert api.get(LIST).status_code == 404


@pytest.mark.rule("HOOK-2")
def test_a_hook_before_runs_after_the_checks(start: Start) -> None:
    calls: list[HookCall] = []
    api = start(hooks={f"{POINT}.beforePUT": seeing(calls)})
    assert api.put(LIST, json={"description": 5}).status_code == 400
    assert api.put(LIST, json={}, headers={"Authorization": "Bearer x"}).status_code == 401
    assert calls == []


@pytest.mark.rule("HOOK-2")
def test_a_hook_knows_the_request(start: Start) -> None:
    calls: list[HookCall] = []
    api = start(hooks={f"{POINT}.product_inventory_record.beforePATCH": seeing(calls)})
    path = "/s/-/dw/data/v23_2/inventory_lists/none/product_inventory_records/p"
    api.call("PATCH", f"{path}?select=(**)", json={"ats": 1})
    [call] = calls
    assert (call.method, call.path, call.site) == ("PATCH", path, "-")
    assert call.ids == {"inventory_list_id": "none", "product_id": "p"}
    assert (call.client, call.user, call.workspace) == ("a" * 30, "", "default")
    assert (call.document, call.request) == ({"ats": 1}, {"ats": 1})


@pytest.mark.rule("HOOK-3")
def test_a_hook_after_sees_and_changes_the_stored_document(start: Start) -> None:
    def note(call: HookCall) -> None:
        assert call.request == {"description": "new"}
        call.document["description"] = f"{call.document['id']}: {call.document['description']}"

    api = start(hooks={f"{POINT}.after{method}": note for method in ("PUT", "PATCH")})
    made = api.put(LIST, json={"description": "new"})
    assert (made.status_code, made.json()["description"]) == (201, "contract-a: new")
    assert made.headers["Location"] == f"{api.url}{api.scope}{LIST}"
    shown = api.get(LIST)
    assert shown.json() == made.json()
    assert shown.headers["ETag"] == made.headers["ETag"]
    changed = api.patch(LIST, json={"description": "new"})
    assert changed.json()["description"] == "contract-a: new"


@pytest.mark.rule("HOOK-3")
def test_a_hook_after_runs_for_a_write_that_changes_nothing(start: Start) -> None:
    def note(call: HookCall) -> None:
        call.document["description"] = "noted"

    api = start(fixtures="samples", hooks={f"{POINT}.afterPATCH": note})
    assert api.patch("/inventory_lists/my-inventorylist1", json={}).json()["description"] == "noted"
    shown = api.get("/inventory_lists/my-inventorylist1").json()
    assert shown["description"] == "noted"


@pytest.mark.rule("HOOK-3")
def test_the_rules_of_a_resource_see_the_document_of_a_hook_after(start: Start) -> None:
    def rename(call: HookCall) -> None:
        call.document["credentials"]["login"] = "shared"

    api = start(
        fixtures="storefront",
        hooks={
            "dw.ocapi.data.customer_list.customers.afterPOST": rename,
            "dw.ocapi.data.customer_list.customer.afterPATCH": rename,
        },
    )
    path = f"{api.scope}/customer_lists/RefArch/customers"
    numbers = []
    for login, expected in (("one", 200), ("two", 400)):
        given = {"last_name": "a", "email": "a@example.com", "credentials": {"login": login}}
        answer = api.call("POST", path, json=given)
        assert answer.status_code == expected
        numbers.append(answer.json().get("customer_no"))
    assert_fault(answer, 400, "LoginAlreadyInUse", {})
    changed = api.call("PATCH", f"{path}/{numbers[0]}", json={"last_name": "b"})
    assert (changed.json()["last_name"], changed.json()["credentials"]["login"]) == ("b", "shared")


@pytest.mark.rule("HOOK-3")
def test_a_category_moves_to_the_parent_that_a_hook_after_sets(start: Start) -> None:
    def move(call: HookCall) -> None:
        call.document["parent_category_id"] = "shoes"

    api = start(fixtures="storefront", hooks={"dw.ocapi.data.catalog.category.afterPATCH": move})
    path = "/catalogs/storefront-catalog/categories"
    assert api.patch(f"{path}/bags", json={"online": False}).json()["parent_category_id"] == "shoes"
    below = api.get(f"{path}/shoes?levels=1").json()["categories"]
    assert "bags" in [category["id"] for category in below]


@pytest.mark.rule("HOOK-3")
@pytest.mark.parametrize("method", ["PATCH", "DELETE"])
def test_nothing_is_written_if_a_hook_after_refuses(start: Start, method: str) -> None:
    api = start(fixtures="samples", hooks={f"{POINT}.after{method}": lambda _: LOCKED})
    path = "/inventory_lists/my-inventorylist1"
    before = api.get(path).json()
    body = None if method == "DELETE" else {"description": "new"}
    answer = api.call(method, api.scope + path, json=body)
    assert_fault(answer, 400, "HookStatus", locked(f"{POINT}.after{method}"))
    assert api.get(path).json() == before


@pytest.mark.rule("HOOK-3")
def test_nothing_is_created_if_a_hook_after_refuses(start: Start) -> None:
    api = start(hooks={f"{POINT}.afterPUT": lambda _: LOCKED})
    answer = api.put(LIST, json={})
    assert_fault(answer, 400, "HookStatus", locked(f"{POINT}.afterPUT"))
    assert api.get(LIST).status_code == 404


@pytest.mark.rule("HOOK-3")
def test_a_hook_after_sees_the_deleted_document(start: Start) -> None:
    calls: list[HookCall] = []
    api = start(fixtures="samples", hooks={f"{POINT}.afterDELETE": seeing(calls)})
    assert api.delete("/inventory_lists/my-inventorylist1").status_code == 204
    assert calls[0].document["id"] == "my-inventorylist1"


@pytest.mark.rule("HOOK-3")
def test_a_hook_after_an_operation_without_a_verb(start: Start) -> None:
    def note(call: HookCall) -> None:
        call.document["c_name"] = f"{call.document['c_name']}!"

    hooks = {f"dw.ocapi.data.object.after{method}": note for method in ("Put", "Patch")}
    api = start(fixtures="storefront", hooks=hooks)
    path = "/custom_objects/Newsletter/eve"
    made = api.put(path, json={"c_name": "Eve"})
    assert (made.status_code, made.json()["c_name"]) == (201, "Eve!")
    assert api.patch(path, json={"c_name": "Eva"}).json()["c_name"] == "Eva!"
    assert api.get(path).json()["c_name"] == "Eva!"


@pytest.mark.rule("HOOK-3")
def test_an_operation_without_a_verb_writes_nothing_if_refused(start: Start) -> None:
    hooks = {"dw.ocapi.data.object.afterDelete": lambda _: LOCKED}
    api = start(fixtures="storefront", hooks=hooks)
    path = "/custom_objects/Newsletter/ann@example.com"
    answer = api.delete(path)
    assert_fault(answer, 400, "HookStatus", locked("dw.ocapi.data.object.afterDelete"))
    assert api.get(path).status_code == 200


@pytest.mark.rule("HOOK-4")
def test_a_hook_modifies_the_answer(start: Start) -> None:
    def extend(call: HookCall) -> None:
        call.document["c_source"] = call.method
        del call.document["default_in_stock"]

    methods = ("GET", "PATCH")
    hooks = {f"{POINT}.modify{method}Response": extend for method in methods}
    api = start(fixtures="samples", hooks=hooks)
    for method in methods:
        body = {"description": "new"} if method == "PATCH" else None
        path = f"{api.scope}/inventory_lists/my-inventorylist1"
        document = api.call(method, path, json=body).json()
        assert document["c_source"] == method
        assert "default_in_stock" not in document
        assert document["_type"] == "inventory_list"
    xml = api.get("/inventory_lists/my-inventorylist1", headers={"Accept": "application/xml"})
    assert "<c_source>GET</c_source>" in xml.text


@pytest.mark.rule("HOOK-4")
def test_a_page_is_modified(start: Start) -> None:
    def count(call: HookCall) -> None:
        call.document["data"] = [{"id": one["id"].upper()} for one in call.document["data"]]

    api = start(fixtures="samples", hooks={f"{POINT}s.modifyGETResponse": count})
    data = api.get("/inventory_lists").json()["data"]
    assert data == [{"id": "MY-INVENTORYLIST1"}, {"id": "MY-INVENTORYLIST2"}]


@pytest.mark.rule("HOOK-4")
def test_a_refused_answer_does_not_undo_the_write(start: Start) -> None:
    api = start(hooks={f"{POINT}.modifyPUTResponse": lambda _: LOCKED})
    answer = api.put(LIST, json={})
    assert_fault(answer, 400, "HookStatus", locked(f"{POINT}.modifyPUTResponse"))
    assert api.get(LIST).status_code == 200


@pytest.mark.rule("HOOK-5")
def test_a_status_ends_the_extension_point(start: Start) -> None:
    calls: list[HookCall] = []
    passing, ending = seeing(calls), lambda _: Status()
    hooks = {f"{POINT}.beforeGET": [passing, ending, passing]}
    api = start(fixtures="samples", hooks=hooks)
    assert api.get("/inventory_lists/my-inventorylist1").status_code == 200
    assert len(calls) == 1


@pytest.mark.rule("HOOK-5")
def test_a_bare_error_has_a_code(start: Start) -> None:
    api = start(hooks={f"{POINT}.beforePUT": lambda _: Status(ok=False)})
    arguments = {"statusCode": "ERROR", "statusMsg": "", "statusDetails": {}}
    answer = api.put(LIST, json={})
    assert_fault(answer, 400, "HookStatus", {"extensionPoint": f"{POINT}.beforePUT", **arguments})
    assert api.get(LIST).status_code == 404


@pytest.mark.rule("HOOK-6")
@pytest.mark.parametrize("moment", ["before", "after"])
def test_an_error_of_a_hook_is_an_internal_error(start: Start, moment: str) -> None:
    point = f"{POINT}.{moment}PUT"
    api = start(hooks={point: lambda _: 1 / 0})
    answer = api.put(LIST, json={})
    assert_fault(answer, 500, "InternalServerError", {})
    hint = f"the hook '{point}' raised ZeroDivisionError: division by zero"
    assert answer.headers["x-emulator-hint"] == hint
    assert api.get(LIST).status_code == 404
    [crash] = api.call("GET", "/__emulator__/crashes").json()
    assert f"raised by the hook '{point}'" in crash
    api.call("DELETE", "/__emulator__/crashes")


@pytest.mark.rule("HOOK-7")
def test_no_answer_with_a_hook_is_kept(start: Start) -> None:
    calls: list[HookCall] = []
    names = (f"{POINT}.beforeGET", f"{POINT}_search.modifyPOSTResponse")
    api = start(fixtures="samples", hooks={name: seeing(calls) for name in names})
    query: Any = {"query": {"match_all_query": {}}}
    for number in (1, 2):
        api.get("/inventory_lists/my-inventorylist1")
        api.call("POST", f"{api.scope}/inventory_list_search", json=query)
        assert [call.name for call in calls] == [*names] * number


class Callback(BaseHTTPRequestHandler):
    """A callback that answers what the server's attribute ``answer`` makes of a request."""

    def do_POST(self) -> None:
        """Answer as the server says; 204 for None."""
        length = int(self.headers["Content-Length"])
        answer = self.server.answer(json.loads(self.rfile.read(length)))  # type: ignore[attr-defined]
        content = json.dumps(answer).encode() if answer is not None else b""
        status = self.server.status  # type: ignore[attr-defined]
        self.send_response(status if content else 204)
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        self.wfile.write(content)

    def log_message(self, *_: Any) -> None:
        """Write no log."""


@contextmanager
def listening(answer: Callable[[Any], Any], status: int = 200) -> Iterator[str]:
    """Serve a callback; yield its URL."""
    with HTTPServer(("127.0.0.1", 0), Callback) as server:
        server.answer = answer  # type: ignore[attr-defined]
        server.status = status  # type: ignore[attr-defined]
        thread = threading.Thread(target=server.serve_forever, args=(0.01,))
        thread.start()
        try:
            yield f"http://127.0.0.1:{server.server_port}/hook"
        finally:
            server.shutdown()
            thread.join()


@pytest.mark.rule("HOOK-8")
def test_a_url_is_asked_and_changes_the_document(start: Start) -> None:
    asked: list[Any] = []

    def answer(sent: Any) -> Any:
        asked.append(sent)
        return {"document": {**sent["document"], "description": "called back"}}

    with listening(answer) as url:
        api = start(hooks={f"{POINT}.beforePUT": url})
        assert api.put(LIST, json={}).json()["description"] == "called back"
    assert asked == [
        {
            "name": f"{POINT}.beforePUT",
            "document": {},
            "request": {},
            "method": "PUT",
            "path": f"{api.scope}{LIST}",
            "ids": {"id": "contract-a"},
            "site": "-",
            "client": "a" * 30,
            "user": "",
            "workspace": "default",
        }
    ]


@pytest.mark.rule("HOOK-8")
def test_a_url_refuses_or_lets_pass(start: Start, tmp_path: Any) -> None:
    status = {"ok": False, "code": "LOCKED", "message": "The list is locked."}
    answers = [None, {"status": {"ok": True}}, {"status": {**status, "details": {"until": 5}}}]
    with listening(lambda _: answers.pop(0)) as url:
        file = tmp_path / "hooks.json"
        file.write_text(json.dumps({f"{POINT}.beforeGET": url}))
        api = start(fixtures="samples", hooks=str(file))
        path = "/inventory_lists/my-inventorylist1"
        assert [api.get(path).status_code for _ in range(2)] == [200, 200]
        assert_fault(api.get(path), 400, "HookStatus", locked(f"{POINT}.beforeGET"))


@pytest.mark.rule("HOOK-8")
def test_a_url_that_answers_an_error_is_an_error(start: Start) -> None:
    with listening(lambda _: {}, status=503) as url:
        api = start(hooks={f"{POINT}.beforePUT": url})
        answer = api.put(LIST, json={})
        assert_fault(answer, 500, "InternalServerError", {})
        assert f"callback {url}: answers 503: {{}}" in answer.headers["x-emulator-hint"]
        assert api.get(LIST).status_code == 404
    api.call("DELETE", "/__emulator__/crashes")
