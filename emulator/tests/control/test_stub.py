"""Stubs over HTTP: declared, listed, removed; answers, access, journal."""

from pathlib import Path
from typing import Any

import orjson
import pytest
from werkzeug.test import TestResponse

from emulator import Emulator
from emulator.tests.control_client import ask
from emulator.tests.table import table
from emulator.workspace.rule import RuleError

CONTROL = "/__emulator__"
STUBS = f"{CONTROL}/stubs"
SHOP = "/s/RefArch/dw/shop/v23_2"
BASKET = {
    "method": "GET",
    "path": "/s/{site}/dw/shop/{version}/baskets/{basketId}",
    "answer": {"body": {"_v": "23.2", "basket_id": "{{path.basketId}}", "q": "{{query.q}}"}},
}
SETTINGS = {
    "_v": "23.2",
    "clients": [
        {
            "client_id": "a" * 30,
            "resources": [
                {
                    "resource_id": "/baskets/*",
                    "methods": ["get"],
                    "read_attributes": "(**)",
                    "write_attributes": "(**)",
                }
            ],
        }
    ],
}


def stub(emulator: Emulator, declared: Any, workspace: str = "default") -> Any:
    answer = ask(emulator, "POST", STUBS, workspace, json=declared)
    assert answer.status_code == 201, answer.text
    return answer.json


def bearer(emulator: Emulator) -> dict[str, str]:
    return {"Authorization": f"Bearer {emulator.token()}"}


def fault(answer: TestResponse) -> str:
    assert answer.json is not None
    return str(answer.json["fault"]["type"])


def exchanges(emulator: Emulator, query: str = "") -> Any:
    answer = ask(emulator, "GET", f"{CONTROL}/journal{query}")
    assert answer.json is not None
    return answer.json["exchanges"]


def test_a_stub_is_added_shown_replaced_and_removed(emulator: Emulator) -> None:
    shown = [{"id": "1", **BASKET, "seen": 0, "applied": 0}]
    assert ask(emulator, "GET", STUBS).json == []
    assert stub(emulator, BASKET) == shown
    assert ask(emulator, "GET", STUBS).json == shown
    replaced = ask(emulator, "PUT", STUBS, json=[BASKET, {**BASKET, "path": "/a", "answer": {}}])
    assert replaced.json is not None
    assert [one["id"] for one in replaced.json] == ["2", "3"]
    assert ask(emulator, "DELETE", f"{STUBS}/2").status_code == 204
    gone = ask(emulator, "DELETE", f"{STUBS}/2")
    assert gone.json == {"title": "Not Found", "status": 404, "detail": "There is no stub '2'."}
    assert ask(emulator, "DELETE", STUBS).status_code == 204
    assert ask(emulator, "GET", STUBS).json == []


def test_a_stub_answers_where_nothing_is_served(emulator: Emulator) -> None:
    before = ask(emulator, "GET", f"{SHOP}/baskets/b1")
    assert (before.status_code, "x-emulator-hint" in before.headers) == (404, True)
    ask(emulator, "POST", f"{CONTROL}/reset?only=journal")
    stub(emulator, BASKET)
    answer = ask(emulator, "GET", f"{SHOP}/baskets/b%2F1?q=red")
    assert answer.json == {"_v": "23.2", "basket_id": "b/1", "q": "red"}
    assert "x-emulator-hint" not in answer.headers
    assert ask(emulator, "GET", f"{SHOP}/products/p").status_code == 404
    [first, second] = exchanges(emulator)
    assert [first["stub"], second["stub"]] == ["1", ""]
    assert [one["number"] for one in exchanges(emulator, "?stub=1")] == [1]
    shown = ask(emulator, "GET", f"{CONTROL}/workspaces/default").json
    assert shown is not None
    assert shown["stubs"] == 1
    assert shown["unserved"] == [f"not emulated: GET {SHOP}/products/p"]


@table(
    ("method", "path", "operation"),
    [
        ("GET", "/s/{site}/dw/data/{version}/inventory_lists", "getInventoryLists"),
        ("HEAD", "/dw/data/v23_2/sites/{id}", "getSitesByID"),
        ("POST", "/dw/oauth2/access_token", "requestToken"),
        ("GET", "/items", "listItems"),
    ],
)
def test_a_stub_of_a_served_operation_is_refused(
    emulator: Emulator, method: str, path: str, operation: str
) -> None:
    answer = ask(emulator, "POST", STUBS, json={"method": method, "path": path, "answer": {}})
    assert answer.status_code == 400
    served = f"{method} {path} is served by the emulator ({operation})"
    assert answer.json is not None
    assert answer.json["errors"] == [
        {"pointer": "/path", "detail": f"{served}: use a failpoint to change the answer."}
    ]


def test_a_served_operation_is_answered_though_a_pattern_fits(emulator: Emulator) -> None:
    for method in ("GET", "PUT", "TRACE"):
        stub(emulator, {"method": method, "path": "/**", "answer": {"status": 418}})
    lists = "/s/-/dw/data/v23_2/inventory_lists"
    assert ask(emulator, "GET", lists).status_code == 200
    assert ask(emulator, "GET", "/items").status_code == 200
    assert ask(emulator, "GET", f"{CONTROL}/health").status_code == 200
    assert ask(emulator, "GET", f"{lists}/inventory_m/nothing").status_code == 418
    assert ask(emulator, "PUT", lists).status_code == 418  # the path has no PUT
    assert ask(emulator, "GET", "/elsewhere").status_code == 418


def test_the_route_of_a_user_is_served() -> None:
    emulator = Emulator(fixtures="samples")
    emulator.app.add_url_rule("/own", view_func=lambda: "own")
    stub(emulator, {"method": "GET", "path": "/{name}", "answer": {"body": "stub"}})
    assert [ask(emulator, "GET", path).text for path in ("/own", "/other")] == ["own", "stub"]


def test_a_sequence_answers_in_order_and_is_no_server_error(emulator: Emulator) -> None:
    sequence = [{"status": 503}, {"status": 503}, {"body": {"sum": "{{body.product_items.0.qty}}"}}]
    stub(emulator, {"method": "POST", "path": "/s/{site}/custom/sum", "answer": sequence})
    body = {"product_items": [{"qty": 2}]}
    answers = [ask(emulator, "POST", "/s/-/custom/sum", json=body) for _ in range(4)]
    assert [answer.status_code for answer in answers] == [503, 503, 200, 200]
    assert answers[-1].json == {"sum": 2}
    assert emulator.workspace.journal.find_errors() == []


def test_a_method_override_is_applied(emulator: Emulator) -> None:
    stub(emulator, {**BASKET, "method": "PATCH", "answer": {"body": "patched"}})
    headers = {"x-dw-http-method-override": "PATCH"}
    answer = ask(emulator, "POST", f"{SHOP}/baskets/b1", headers=headers, json={})
    assert answer.text == "patched"


def test_a_failpoint_surrounds_a_stub(emulator: Emulator) -> None:
    stub(emulator, BASKET)
    action = {"action": {"truncate": 4}, "match": {"path": "/**/baskets/*"}}
    ask(emulator, "POST", f"{CONTROL}/failpoints", json=action)
    assert emulator.workspace.failpoints.is_empty is False
    ask(emulator, "PUT", f"{CONTROL}/failpoints", json={"action": {"delay": 0}})
    assert ask(emulator, "GET", f"{SHOP}/baskets/b1").status_code == 200
    ask(emulator, "PUT", f"{CONTROL}/failpoints", json={"action": {"status": 500}})
    assert ask(emulator, "GET", f"{SHOP}/baskets/b1").status_code == 500
    [first, second] = exchanges(emulator)
    assert (first["stub"], first["failpoint"]) == ("1", "2")
    assert (second["stub"], second["failpoint"]) == ("", "3")


def test_access_token_asks_for_a_valid_token(emulator: Emulator) -> None:
    stub(emulator, {**BASKET, "access": "token", "answer": [{"body": 1}, {"body": 2}]})
    path = f"{SHOP}/baskets/b1"
    wrong = ask(emulator, "GET", path, headers={"Authorization": "Bearer wrong"})
    assert (wrong.status_code, fault(wrong)) == (401, "InvalidAccessTokenException")
    named = ask(emulator, "GET", path, headers={"x-dw-client-id": "a" * 30})
    assert (named.status_code, fault(named)) == (401, "AuthorizationHeaderMissingException")
    missing = ask(emulator, "GET", f"{path}?format=xml")
    assert (missing.status_code, missing.headers["Content-Type"]) == (
        400,
        "application/xml;charset=UTF-8",
    )
    assert "MissingClientIdException" in missing.text
    assert ask(emulator, "GET", path, headers=bearer(emulator)).json == 1
    faults = ["InvalidAccessTokenException", "AuthorizationHeaderMissingException"]
    expected = [*faults, "MissingClientIdException", ""]
    assert [(one["stub"], one["fault"]) for one in exchanges(emulator)] == [
        ("1", name) for name in expected
    ]


def test_an_expired_token_is_refused_until_the_next(emulator: Emulator) -> None:
    stub(emulator, {**BASKET, "access": "token"})
    headers = bearer(emulator)
    assert ask(emulator, "GET", f"{SHOP}/baskets/b1", headers=headers).status_code == 200
    ask(emulator, "POST", f"{CONTROL}/clock/advance", json={"seconds": 1801})
    assert ask(emulator, "GET", f"{SHOP}/baskets/b1", headers=headers).status_code == 401
    headers = bearer(emulator)
    assert ask(emulator, "GET", f"{SHOP}/baskets/b1", headers=headers).status_code == 200


def test_access_settings_asks_for_a_permission(emulator: Emulator) -> None:
    stub(emulator, {**BASKET, "access": "settings"})
    stub(emulator, {**BASKET, "path": "/{a}/{b}", "access": "settings", "answer": {}})
    path, headers = f"{SHOP}/baskets/b1", bearer(emulator)
    assert ask(emulator, "GET", path, headers=headers).status_code == 200
    ask(emulator, "POST", f"{CONTROL}/settings", json=SETTINGS)
    assert ask(emulator, "GET", path, headers=headers).status_code == 200
    refused = ask(emulator, "GET", "/a/b", headers=headers)
    assert (refused.status_code, fault(refused)) == (403, "ClientAccessForbiddenException")
    assert refused.headers["x-emulator-hint"] == (
        'missing settings entry: {"resource_id": "/a/b", "methods": ["get"], '
        '"read_attributes": "(**)"}'
    )
    assert ask(emulator, "GET", path).status_code == 400


def test_a_stub_at_a_path_of_another_api_has_the_faults_of_the_data_api(emulator: Emulator) -> None:
    path = "/items/a/b/c"
    stub(emulator, {"method": "GET", "path": path, "access": "token", "answer": {"body": "x"}})
    refused = ask(emulator, "GET", path, headers={"Authorization": "Bearer wrong"})
    assert (refused.status_code, fault(refused)) == (401, "InvalidAccessTokenException")
    assert ask(emulator, "GET", path, headers=bearer(emulator)).text == "x"


def test_a_workspace_has_its_own_stubs_until_a_reset(emulator: Emulator) -> None:
    stub(emulator, BASKET, "ci-7")
    path = f"{SHOP}/baskets/b1"
    assert ask(emulator, "GET", path).status_code == 404
    assert ask(emulator, "GET", path, "ci-7").status_code == 200
    ask(emulator, "PUT", f"{CONTROL}/snapshots/a", "ci-7")
    ask(emulator, "POST", f"{CONTROL}/snapshots/a/restore", "ci-7")
    assert ask(emulator, "GET", path, "ci-7").status_code == 200
    ask(emulator, "POST", f"{CONTROL}/reset", "ci-7")
    assert ask(emulator, "GET", path, "ci-7").status_code == 404


def test_stubs_of_a_folder_are_in_every_workspace_and_back_after_a_reset(tmp_path: Path) -> None:
    (tmp_path / "baskets.json").write_bytes(orjson.dumps(BASKET))
    emulator = Emulator(fixtures="samples", stubs=str(tmp_path))
    path = f"{SHOP}/baskets/b1"
    for workspace in ("default", "ci-7"):
        assert ask(emulator, "GET", path, workspace).status_code == 200
        ask(emulator, "DELETE", STUBS, workspace)
        assert ask(emulator, "GET", path, workspace).status_code == 404
        ask(emulator, "POST", f"{CONTROL}/reset?to=empty", workspace)
        assert ask(emulator, "GET", path, workspace).status_code == 200


def test_a_stub_of_a_served_operation_in_a_folder_is_refused(tmp_path: Path) -> None:
    declared = {**BASKET, "path": "/dw/data/v23_2/sites"}
    declared["answer"] = {}
    (tmp_path / "sites.json").write_bytes(orjson.dumps([declared]))
    with pytest.raises(RuleError, match=r"sites.json: /0/path: GET .* is served .*\(getSites\)"):
        Emulator(fixtures="samples", stubs=str(tmp_path))


def test_a_body_of_any_kind_is_matched_and_recorded(emulator: Emulator) -> None:
    declared = {"method": "POST", "path": "/on/{a}/x", "match": {"body": "<order>"}}
    stub(emulator, {**declared, "answer": {"body": "{{path.a}}"}})
    for path in ("/on/demandware.store/x", "/on/demandware.servlet/x"):
        sent = ask(emulator, "POST", path, data="<order></order>", content_type="text/xml")
        assert sent.text == path.split("/")[2]
        assert exchanges(emulator)[-1]["request"]["body"]["text"] == "<order></order>"
        assert ask(emulator, "POST", path, data="<basket/>").status_code != 200
