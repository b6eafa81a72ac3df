"""Permissions: which entry decides, what it lets read and write, and what would be missing."""

import json
from typing import Any

from emulator.ocapi.access import settings
from emulator.ocapi.access.permission import FULL_PERMISSION, Permission, Permissions
from emulator.tests.table import table

ALL = {"read_attributes": "(**)", "write_attributes": "(**)"}


def resource(resource_id: str, *methods: str, **members: Any) -> dict[str, Any]:
    return {"resource_id": resource_id, "methods": list(methods or ("get",)), **members}


def granting(*resources: dict[str, Any], **client: Any) -> Permissions:
    return of_clients({"client_id": "a", "resources": list(resources), **client})


def of_clients(*clients: dict[str, Any]) -> Permissions:
    return Permissions(settings.read({"_v": "23.2", "clients": list(clients)}))


def find(
    permissions: Permissions, path: str, method: str = "GET", version: str = "23.2"
) -> Permission | None:
    return permissions.find("a", method, path, version)


def writing(selector: str) -> Permission:
    found = find(granting(resource("/x", "put", write_attributes=selector)), "/x", "PUT")
    assert found is not None
    return found


@table(
    ("pattern", "path"),
    [
        ("/sites", "/sites"),
        ("/sites/", "/sites"),
        ("/inventory_lists/*", "/inventory_lists/x"),
        ("/inventory_lists/*", "/inventory_lists/a%2Fb"),
        ("/inventory_lists/{list_id}", "/inventory_lists/x"),
        ("/inventory_lists/a b", "/inventory_lists/a%20b"),
        ("/inventory_lists/a%2Fb", "/inventory_lists/a%2Fb"),
        ("/inventory_lists/x*", "/inventory_lists/xyz"),
        ("/sites/*/customer_groups", "/sites/s/customer_groups"),
        ("/inventory_lists/**", "/inventory_lists"),
        ("/inventory_lists/**", "/inventory_lists/x"),
        ("/inventory_lists/**", "/inventory_lists/x/product_inventory_records/y"),
        ("/**", "/sites"),
        ("/**", "/sites/a"),
        ("/**/sites", "/a/b/sites"),
    ],
)
def test_a_pattern_allows_a_path(pattern: str, path: str) -> None:
    assert find(granting(resource(pattern)), path) is not None


@table(
    ("pattern", "path"),
    [
        ("/sites", "/site"),
        ("/sites", "/Sites"),
        ("/sites", "/sites/a"),
        ("/inventory_lists/*", "/inventory_lists"),
        ("/inventory_lists/*", "/inventory_lists/a/b"),
        ("/inventory_lists/a/b", "/inventory_lists/a%2Fb"),
        ("/inventory_lists/x*", "/inventory_lists/yx"),
        ("/*", "/sites/a"),
        ("/sites/**", "/catalogs"),
        ("/sites.*", "/sites"),
    ],
)
def test_a_pattern_does_not_allow_a_path(pattern: str, path: str) -> None:
    assert find(granting(resource(pattern)), path) is None


def test_only_named_methods_are_allowed() -> None:
    permissions = granting(resource("/x", "get", "patch"))
    methods = ("GET", "HEAD", "PUT", "PATCH", "DELETE", "POST")
    assert [find(permissions, "/x", m) is not None for m in methods] == [
        True,
        True,
        False,
        True,
        False,
        False,
    ]


def test_head_needs_get() -> None:
    assert find(granting(resource("/x", "put")), "/x", "HEAD") is None


def test_options_needs_no_permission() -> None:
    assert of_clients().find("nobody", "OPTIONS", "/x", "23.2") is FULL_PERMISSION


def test_a_client_that_is_not_named_may_do_nothing() -> None:
    assert granting(resource("/**")).find("b", "GET", "/x", "23.2") is None


@table(
    ("ranges", "allowed"),
    [
        ({"from": "23.2"}, ["23.2", "24.10"]),
        ({"until": "23.2"}, ["21.3", "22.10"]),
        ({"from": "22.10", "until": "23.2"}, ["22.10"]),
        ([{"until": "22.1"}, {"from": "24.1"}], ["21.3", "24.10"]),
        ({}, ["21.3", "22.10", "23.2", "24.10"]),
    ],
)
def test_a_version_range_begins_with_from_and_ends_before_until(
    ranges: Any, allowed: list[str]
) -> None:
    permissions = granting(resource("/x", version_range=ranges))
    versions = ["21.3", "22.10", "23.2", "24.10"]
    assert [v for v in versions if find(permissions, "/x", version=v)] == allowed


@table(
    ("path", "patterns", "decides"),
    [
        ("/a/b", ["/**", "/a/**", "/a/*", "/a/b*", "/a/b"], 4),
        ("/a/b", ["/**", "/a/**", "/a/*", "/a/b*"], 3),
        ("/a/b", ["/**", "/a/**", "/a/*"], 2),
        ("/a/b", ["/**", "/a/**"], 1),
        ("/a/b", ["/a/*", "/*/b"], 0),
        ("/a/b", ["/*/b", "/a/*"], 1),
        ("/a", ["/a/**", "/a"], 1),
        ("/a/b", ["/**", "/**/b"], 1),
        ("/a/b", ["/a/{id}", "/a/*"], 0),
    ],
)
def test_the_most_specific_pattern_decides_and_then_the_first(
    path: str, patterns: list[str], decides: int
) -> None:
    entries = [resource(pattern, cache_time=i) for i, pattern in enumerate(patterns)]
    found = find(granting(*entries), path)
    assert found is not None
    assert found.cache_time == decides


def test_a_pattern_that_does_not_name_the_method_decides_nothing() -> None:
    permissions = granting(resource("/a/*", "get"), resource("/**", "get", "put", cache_time=7))
    found = find(permissions, "/a/b", "PUT")
    assert found is not None
    assert found.cache_time == 7


def test_the_entries_of_all_clients_are_asked_last() -> None:
    permissions = of_clients(
        {"client_id": "*", "resources": [resource("/a"), resource("/b", cache_time=1)]},
        {"client_id": "a", "resources": [resource("/**", "put"), resource("/*", cache_time=2)]},
    )
    times = {
        (client, path): found and found.cache_time
        for client in ("a", "stranger")
        for path in ("/a", "/b", "/c")
        for found in [permissions.find(client, "GET", path, "23.2")]
    }
    assert times == {
        ("a", "/a"): 2,
        ("a", "/b"): 2,
        ("a", "/c"): 2,
        ("stranger", "/a"): None,
        ("stranger", "/b"): 1,
        ("stranger", "/c"): None,
    }
    assert permissions.find("stranger", "GET", "/a", "23.2") is not None


def test_what_a_client_may_not_do_all_clients_may() -> None:
    permissions = of_clients(
        {"client_id": "a", "resources": [resource("/a", "put")]},
        {"client_id": "*", "resources": [resource("/a", "get")]},
    )
    assert find(permissions, "/a") is not None


def test_a_decision_is_made_once_for_all_ids() -> None:
    permissions = granting(resource("/a/*"), resource("/a/special", cache_time=5))
    one, two = find(permissions, "/a/x"), find(permissions, "/a/y")
    special = find(permissions, "/a/special")
    assert one is not None
    assert one is two
    assert special is not None
    assert special.cache_time == 5


def test_everything_is_readable() -> None:
    found = find(granting(resource("/x", read_attributes="(**)")), "/x")
    assert found is not None
    assert found.readable is None


@table(
    ("selector", "shown"),
    [
        (None, {"_v": "23.2"}),
        ("", {"_v": "23.2"}),
        ("(id)", {"_v": "23.2", "id": "x"}),
        ("(**,-c_secret)", {"_v": "23.2", "id": "x"}),
    ],
)
def test_a_selector_limits_what_is_readable(selector: str | None, shown: dict[str, Any]) -> None:
    members = {} if selector is None else {"read_attributes": selector}
    found = find(granting(resource("/x", **members)), "/x")
    assert found is not None
    assert found.readable is not None
    assert found.readable.view({"_v": "23.2", "id": "x", "c_secret": 1}) == shown


@table(
    ("selector", "changes"),
    [
        ("(**)", {"id": "x", "allocation": {"amount": 1}}),
        ("(id,description)", {"description": "d", "id": "x"}),
        ("(id)", {}),
        ("", {}),
        ("(id)", {"_v": "23.2", "_type": "t", "_resource_state": "s", "id": "x"}),
        ("(allocation)", {"allocation": {"amount": 1}}),
        ("(allocation)", {"allocation": None}),
        ("(allocation.(amount))", {"allocation": {"amount": 1}}),
        ("(allocation.(**))", {"allocation": {"amount": 1}}),
        ("(allocation[0])", {"allocation": [{"amount": 1}]}),
        ("(rows.(id))", {"rows": [{"id": 1}, {"id": 2}]}),
        ("(**,-c_secret)", {"id": "x", "c_open": 1}),
        ("(*)", {"id": "x", "tags": ["a"], "description": None, "c_name": {"default": "n"}}),
        ("(*,allocation)", {"allocation": {"amount": 1}}),
    ],
)
def test_changes_may_be_written(selector: str, changes: dict[str, Any]) -> None:
    assert writing(selector).check_write(changes) is None


@table(
    ("selector", "changes", "refused"),
    [
        ("(id)", {"id": "x", "b": 1, "a": 1}, "b"),
        ("", {"id": "x"}, "id"),
        ("(id)", {"link": "x"}, "link"),
        ("(**,-c_secret)", {"id": "x", "c_secret": None}, "c_secret"),
        ("(*,-id)", {"id": "x"}, "id"),
        ("(*)", {"id": "x", "allocation": {"amount": 1}}, "allocation"),
        ("(*)", {"rows": [{"id": 1}]}, "rows"),
        ("(allocation.(amount))", {"allocation": {"amount": 1, "reset": 2}}, "allocation.reset"),
        ("(allocation.(amount))", {"allocation": None}, "allocation"),
        ("(a.(b.(c)))", {"a": {"b": {"c": 1, "d": 2}}}, "a.b.d"),
        ("(rows.(id))", {"rows": [{"id": 1}, {"name": 2}]}, "rows.name"),
        ("(rows.(id))", {"rows": [1]}, "rows"),
    ],
)
def test_the_first_property_that_may_not_be_written_is_named(
    selector: str, changes: dict[str, Any], refused: str
) -> None:
    assert writing(selector).check_write(changes) == refused


def test_write_attributes_that_are_missing_let_nothing_be_written() -> None:
    found = find(granting(resource("/x", "put")), "/x", "PUT")
    assert found is not None
    assert found.check_write({"id": "x"}) == "id"


def test_options_may_read_and_write_anything() -> None:
    assert (FULL_PERMISSION.readable, FULL_PERMISSION.check_write({"id": "x"})) == (None, None)


def test_a_permission_has_the_headers_and_the_cache_time() -> None:
    entry = resource("/x", cache_time=900)
    found = find(granting(entry, response_headers={"x-foo": "bar"}), "/x")
    assert found is not None
    assert (found.response_headers, found.cache_time) == ({"x-foo": "bar"}, 900)


@table(
    ("method", "template", "told"),
    [
        (
            "PUT",
            "/inventory_lists/{list_id}",
            (
                '{"resource_id": "/inventory_lists/*", "methods": ["put"], '
                '"read_attributes": "(**)", "write_attributes": "(**)"}'
            ),
        ),
        (
            "HEAD",
            "inventory_lists/<segment:list_id>",
            '{"resource_id": "/inventory_lists/*", "methods": ["get"], "read_attributes": "(**)"}',
        ),
        (
            "DELETE",
            "/sites/*/customer_groups/{id}",
            (
                '{"resource_id": "/sites/*/customer_groups/*", "methods": ["delete"], '
                '"read_attributes": "(**)"}'
            ),
        ),
    ],
)
def test_the_entry_that_is_missing_is_told(method: str, template: str, told: str) -> None:
    assert granting().explain("a", method, template) == told


def test_the_client_that_is_missing_is_told() -> None:
    assert granting().explain("b", "POST", "/product_search") == (
        '{"client_id": "b", "resources": [{"resource_id": "/product_search", '
        '"methods": ["post"], "read_attributes": "(**)", "write_attributes": "(**)"}]}'
    )


@table("method", ["GET", "HEAD", "PUT", "PATCH", "POST", "DELETE"])
def test_what_is_told_allows_the_request_beside_what_is_there(method: str) -> None:
    there = resource("/inventory_lists/*", "get" if method == "DELETE" else "delete")
    told = granting(there).explain("a", method, "/inventory_lists/{id}")
    found = find(granting(there, json.loads(told)), "/inventory_lists/x", method)
    assert found is not None
    if method in {"PUT", "PATCH", "POST"}:
        assert found.check_write({"description": "d"}) is None


@table(
    ("origin", "allowed"),
    [
        ("https://shop.example", True),
        ("https://SHOP.example", True),
        ("https://shop.example:443", True),
        ("http://localhost:8080", True),
        ("http://shop.example", False),
        ("https://shop.example:8443", False),
        ("https://shop.example.evil.example", False),
        ("https://a.shop.example", False),
        ("http://localhost", False),
        ("null", False),
        ("", False),
    ],
)
def test_an_origin_has_to_be_named(origin: str, allowed: bool) -> None:  # noqa: FBT001 - a table
    permissions = granting(allowed_origins=["https://shop.example", "http://localhost:8080"])
    assert permissions.allows_origin("a", origin) is allowed


def test_an_origin_of_all_clients_is_that_of_each() -> None:
    permissions = of_clients(
        {"client_id": "*", "allowed_origins": ["https://all.example"]},
        {"client_id": "a", "allowed_origins": ["https://a.example"]},
    )
    asked = [(c, f"https://{o}.example") for c in ("a", "b") for o in ("all", "a")]
    assert [permissions.allows_origin(*question) for question in asked] == [True, True, True, False]


def test_without_clients_no_origin_is_allowed() -> None:
    assert of_clients().allows_origin("a", "https://a.example") is False
