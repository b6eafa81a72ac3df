"""Methods and method override (MET-1 to MET-3)."""

from collections.abc import Callable
from typing import Any

import pytest

from contract_tests.api import Api, assert_fault

Make = Callable[..., str]
FORM = {"Content-Type": "application/x-www-form-urlencoded"}


@pytest.mark.rule("MET-1")
def test_each_method_answers_its_status(api: Api, unused: str) -> None:
    path = f"/inventory_lists/{unused}"
    created = api.put(path, json={"description": "one"})
    assert created.status_code == 201
    assert created.headers["Location"] == f"{api.url}/s/-/dw/data/v23_2{path}"
    assert api.get(path).status_code == 200
    assert api.patch(path, json={"default_in_stock": True}).status_code == 200
    deleted = api.delete(path)
    assert (deleted.status_code, deleted.content) == (204, b"")
    assert api.get(path).status_code == 404


@pytest.mark.rule("MET-1")
def test_patch_never_creates(api: Api, unused: str) -> None:
    path = f"/inventory_lists/{unused}"
    assert api.patch(path, json={"description": "one"}).status_code == 404
    assert api.get(path).status_code == 404


@pytest.mark.rule("MET-1")
def test_patch_changes_only_what_is_sent(api: Api, make: Make) -> None:
    made = make(description="one", default_in_stock=True, c_colour="red")
    changed = api.patch(f"/inventory_lists/{made}", json={"description": "two"}).json()
    values = changed["description"], changed["default_in_stock"], changed["c_colour"]
    assert values == ("two", True, "red")


@pytest.mark.rule("MET-2")
@pytest.mark.fails_on("waitress", "adds Connection: close to every answer 204")
@pytest.mark.parametrize("collection", [True, False])
def test_head_answers_204_with_the_headers_of_get(api: Api, make: Make, collection: bool) -> None:
    path = "/inventory_lists" if collection else f"/inventory_lists/{make()}"
    get, head = api.get(path), api.call("HEAD", f"/s/-/dw/data/v23_2{path}")
    assert (head.status_code, head.content) == (204, b"")
    own = {"date", "content-length", "x-dw-request-base-id"}
    headers = [
        {name.lower(): text for name, text in answer.headers.items() if name.lower() not in own}
        for answer in (get, head)
    ]
    assert headers[0] == headers[1]


@pytest.mark.rule("MET-2")
def test_head_of_what_is_missing_answers_404_without_a_body(api: Api, unused: str) -> None:
    head = api.call("HEAD", f"/s/-/dw/data/v23_2/inventory_lists/{unused}")
    assert (head.status_code, head.content) == (404, b"")


@pytest.mark.rule("MET-2")
@pytest.mark.parametrize(
    ("path", "allow"),
    [
        ("/inventory_lists", "GET, HEAD, OPTIONS"),
        ("/inventory_lists/any", "GET, HEAD, PUT, PATCH, DELETE, OPTIONS"),
    ],
)
def test_options_tells_the_methods_and_needs_no_token(api: Api, path: str, allow: str) -> None:
    answer = api.call("OPTIONS", f"/s/-/dw/data/v23_2{path}", headers={"Authorization": None})
    assert (answer.status_code, answer.content, answer.headers["Allow"]) == (204, b"", allow)


def _patch(name: str, description: str, **options: Any) -> dict[str, Any]:
    return {"path": f"/s/-/dw/data/v23_2/inventory_lists/{name}", **options} | {
        "json": {"description": description}
    }


@pytest.mark.rule("MET-3")
def test_a_post_takes_its_method_from_the_query(api: Api, make: Make) -> None:
    answer = api.call("POST", **_patch(make(), "two", params={"method": "PATCH"}))
    assert (answer.status_code, answer.json()["description"]) == (200, "two")


@pytest.mark.rule("MET-3")
def test_a_post_takes_its_method_from_the_header(api: Api, make: Make) -> None:
    headers = {"x-dw-http-method-override": "PATCH"}
    answer = api.call("POST", **_patch(make(), "two", headers=headers))
    assert (answer.status_code, answer.json()["description"]) == (200, "two")


@pytest.mark.rule("MET-3")
def test_a_post_takes_its_method_from_a_form(api: Api, make: Make) -> None:
    path = f"/s/-/dw/data/v23_2/inventory_lists/{make()}"
    answer = api.call("POST", path, data="method=DELETE", headers=FORM)
    assert (answer.status_code, api.call("GET", path).status_code) == (204, 404)


@pytest.mark.rule("MET-3")
def test_the_parameter_comes_before_the_header(api: Api, make: Make) -> None:
    path = f"/s/-/dw/data/v23_2/inventory_lists/{make()}"
    headers = {"x-dw-http-method-override": "DELETE"}
    assert api.call("POST", f"{path}?method=HEAD", headers=headers).status_code == 204
    assert api.call("GET", path).status_code == 200


@pytest.mark.rule("MET-3")
@pytest.mark.parametrize("method", ["GET", "POST", "patch", "TRACE", ""])
def test_another_override_is_refused(api: Api, make: Make, method: str) -> None:
    path = f"/s/-/dw/data/v23_2/inventory_lists/{make()}"
    for sent in ({"params": {"method": method}}, {"data": f"method={method}", "headers": FORM}):
        answer = api.call("POST", path, **sent)
        assert_fault(answer, 400, "IllegalHttpMethodOverride", {"method": method})


@pytest.mark.rule("MET-3")
@pytest.mark.parametrize("method", ["GET", "PUT", "DELETE"])
def test_only_a_post_is_overridden(api: Api, unused: str, method: str) -> None:
    path = f"/s/-/dw/data/v23_2/inventory_lists/{unused}"
    headers = {"x-dw-http-method-override": "TRACE"}
    answer = api.call(method, f"{path}?method=PATCH", json={}, headers=headers)
    assert answer.status_code == {"GET": 404, "PUT": 201, "DELETE": 204}[method]


@pytest.mark.rule("MET-3")
@pytest.mark.parametrize(("fields", "status"), [(99, 204), (100, 405)])
def test_a_form_has_a_bounded_number_of_fields(
    api: Api, make: Make, fields: int, status: int
) -> None:
    path = f"{api.scope}/inventory_lists/{make()}"
    answer = api.call("POST", path, data="a&" * fields + "method=DELETE", headers=FORM)
    assert answer.status_code == status
