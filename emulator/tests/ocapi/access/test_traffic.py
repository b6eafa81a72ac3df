"""Settings from traffic: the document that is made, and that it allows just what was asked for."""

from typing import Any

import hypothesis
import pytest
from hypothesis import given
from hypothesis import strategies as st

from emulator.ocapi.access import settings
from emulator.ocapi.access.permission import Permission, Permissions
from emulator.ocapi.access.traffic import Use, summarize
from emulator.tests.table import table

TEMPLATES = (
    "/inventory_lists",
    "/inventory_lists/{inventory_list_id}",
    "inventory_lists/<segment:list>/product_inventory_records/<segment:record>",
    "/sites/{site_id}/customer_groups",
    "/product_search",
)
PATHS = {  # of each template, with the pattern that it becomes
    "/inventory_lists": "/inventory_lists",
    "/inventory_lists/x": "/inventory_lists/*",
    "/inventory_lists/a%2Fb": "/inventory_lists/*",
    "/inventory_lists/x/product_inventory_records/y": (
        "/inventory_lists/*/product_inventory_records/*"
    ),
    "/sites/s/customer_groups": "/sites/*/customer_groups",
    "/product_search": "/product_search",
}
METHODS = ("GET", "HEAD", "PUT", "PATCH", "DELETE", "POST")
NAMES = ("id", "description", "c_size", "allocation.amount", "allocation.reset", "allocation")
names = st.frozensets(st.sampled_from(NAMES))
uses = st.builds(
    Use,
    st.sampled_from(["a", "b"]),
    st.sampled_from([*METHODS, "OPTIONS"]),
    st.sampled_from(sorted(PATHS)),
    names,
    st.none() | names,
)


def resources(*recorded: Use) -> list[Any]:
    (client,) = summarize(recorded, TEMPLATES)["clients"]
    return list(client["resources"])


def test_ids_become_asterisks_and_methods_are_joined() -> None:
    recorded = [
        Use("b", "GET", "/product_search"),
        Use("a", "PUT", "/inventory_lists/y", ("id", "description"), ()),
        Use("a", "DELETE", "/inventory_lists/x", (), ()),
        Use("a", "GET", "/inventory_lists/x", (), ("id", "_v")),
        Use("a", "GET", "/inventory_lists", (), ("data.id", "count", "data.description")),
    ]
    assert summarize(recorded, TEMPLATES) == {
        "_v": "23.2",
        "clients": [
            {
                "client_id": "a",
                "resources": [
                    {
                        "resource_id": "/inventory_lists",
                        "methods": ["get"],
                        "read_attributes": "(count,data.(description,id))",
                    },
                    {
                        "resource_id": "/inventory_lists/*",
                        "methods": ["get", "put", "delete"],
                        "read_attributes": "(id)",
                        "write_attributes": "(description,id)",
                    },
                ],
            },
            {
                "client_id": "b",
                "resources": [
                    {
                        "resource_id": "/product_search",
                        "methods": ["get"],
                        "read_attributes": "(**)",
                    }
                ],
            },
        ],
    }


def test_no_traffic_makes_a_document_that_allows_nothing() -> None:
    assert summarize([], TEMPLATES) == {"_v": "23.2", "clients": []}


def test_options_needs_no_entry() -> None:
    assert summarize([Use("a", "OPTIONS", "/product_search")], TEMPLATES)["clients"] == []


def test_head_is_get() -> None:
    assert resources(Use("a", "HEAD", "/product_search"))[0]["methods"] == ["get"]


def test_a_path_that_is_not_served_stays_as_it_is() -> None:
    assert resources(Use("a", "GET", "/no/such"))[0]["resource_id"] == "/no/such"


def test_the_template_that_leaves_least_open_tells_the_ids() -> None:
    recorded = [Use("a", "GET", "/a/b"), Use("a", "GET", "/a/c")]
    made = summarize(recorded, ["/{x}/{y}", "/a/{id}", "/a/b"])
    assert [r["resource_id"] for r in made["clients"][0]["resources"]] == ["/a/*", "/a/b"]


@table(
    ("written", "selector"),
    [
        (["id"], "(id)"),
        (["b", "a", "b"], "(a,b)"),
        (["a.b", "a.c.d", "e"], "(a.(b,c.(d)),e)"),
        (["a.b", "a", "a.c"], "(a)"),
        (["_v", "_type", "_resource_state", "id"], "(id)"),
        (["no name"], "(**)"),
        (["a..b"], "(**)"),
    ],
)
def test_names_become_a_selector(written: list[str], selector: str) -> None:
    (entry,) = resources(Use("a", "PUT", "/inventory_lists/x", written, ()))
    assert entry["write_attributes"] == selector


@pytest.mark.parametrize("written", [[], ["_v"]])
def test_no_names_need_no_selector(written: list[str]) -> None:
    (entry,) = resources(Use("a", "PUT", "/inventory_lists/x", written, written))
    assert entry == {"resource_id": "/inventory_lists/*", "methods": ["put"]}


def test_the_resource_state_has_to_be_read() -> None:
    (entry,) = resources(Use("a", "GET", "/inventory_lists", (), ["_resource_state", "_type"]))
    assert entry["read_attributes"] == "(_resource_state)"


@hypothesis.settings(deadline=None)
@given(st.lists(uses, max_size=8))
def test_the_traffic_is_allowed_and_no_other_method_resource_or_client(recorded: list[Use]) -> None:
    permissions = Permissions(settings.read(summarize(recorded, TEMPLATES)))
    asked = {(u.client, PATHS[u.path], u.method.replace("HEAD", "GET")) for u in recorded}
    for client in ("a", "b", "c"):
        for path, pattern in PATHS.items():
            for method in METHODS:
                known = (client, pattern, method.replace("HEAD", "GET")) in asked
                found = permissions.find(client, method, path, "23.2")
                assert (found is not None) is known


@hypothesis.settings(deadline=None)
@given(st.lists(uses, max_size=8))
def test_all_that_was_written_and_read_is_allowed_and_no_other_name(recorded: list[Use]) -> None:
    permissions = Permissions(settings.read(summarize(recorded, TEMPLATES)))
    for use in recorded:
        found = permissions.find(use.client, use.method, use.path, "23.2")
        assert found is not None
        if use.method != "OPTIONS":
            assert all(may_write(found, name) for name in use.written)
            assert all(shows(found, name) for name in (use.read or ()))
            assert not may_write(found, "name")
            assert use.read is not None or found.readable is None


def may_write(permission: Permission, name: str) -> bool:
    return permission.check_write(document(name)) is None


def shows(permission: Permission, name: str) -> bool:
    whole = document(name)
    return permission.readable is None or permission.readable.view(whole) == whole


def document(name: str) -> dict[str, Any]:
    head, _, tail = name.partition(".")
    return {head: document(tail) if tail else 1}
