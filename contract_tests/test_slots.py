"""Slots, slot configurations and their searches (SLOT-1 to SLOT-6)."""

import re
import uuid
from typing import Any

import pytest
import requests

from contract_tests.api import Api, assert_fault
from contract_tests.place import here
from contract_tests.shop import DATA_SET, make_slot

HERE = here()

SITE = f"/sites/{HERE.site}"
CONTENT = {"type": "recommended_products"}
BANNER = {
    "_type": "slot",
    "context_type": "global",
    "creation_date": "2023-01-20T08:00:00.000Z",
    "description": "The banner at the top of the home page",
    "last_modified": "2023-02-20T14:20:00.000Z",
    "preview_url": "/preview/home-banner",
    "slot_id": "home-banner",
}
WELCOME = {
    "_type": "slot_configuration",
    "configuration_id": "welcome",
    "default": True,
    "enabled": True,
    "uuid": "slot0000000000000000welcome",
}


def path_of(slot_id: str, configuration_id: str = "one", context: str = "") -> str:
    query = f"?context={context}" if context else ""
    return f"{SITE}/slots/{slot_id}/slot_configurations/contract-{configuration_id}{query}"


def put(shop: Api, path: str, **members: Any) -> dict[str, Any]:
    answer = shop.put(path, json={"slot_content": CONTENT, **members})
    assert answer.status_code == 200, answer.text
    document: dict[str, Any] = answer.json()
    return document


def search(shop: Api, path: str, query: Any, **members: Any) -> requests.Response:
    return shop.call("POST", f"{shop.scope}{SITE}/{path}", json={"query": query, **members})


def term(field: str, operator: str, *values: Any) -> dict[str, Any]:
    return {"term_query": {"fields": [field], "operator": operator, "values": list(values)}}


@pytest.mark.rule("SLOT-1")
@pytest.mark.needs(DATA_SET)
def test_a_slot_shows_its_configurations(shop: Api) -> None:
    answer = shop.get(f"/sites/{HERE.other_site}/slots/home-banner/global")
    assert answer.status_code == 200
    document = answer.json()
    assert re.fullmatch("[0-9a-f]{64}", document.pop("_resource_state"))
    assert re.fullmatch("[0-9a-f]{64}", document["slot_configurations"][0].pop("_resource_state"))
    path = f"/s/-/dw/data/v23_2/sites/{HERE.other_site}/slots/home-banner/global"
    assert document == {
        "_v": "23.2",
        **BANNER,
        "link": f"{shop.url}{path}",
        "slot_configurations": [
            {
                **WELCOME,
                "slot_content": {
                    "_type": "slot_content",
                    "body": {
                        "default": {
                            "_type": "markup_text",
                            "markup": "<p>Welcome</p>",
                            "source": "<p>Welcome</p>",
                        }
                    },
                    "type": "html",
                },
                "uuid": "slot00000000000globalwelcome",
            }
        ],
    }


@pytest.mark.rule("SLOT-1")
def test_slots_are_listed_by_id_with_all_properties(shop: Api) -> None:
    slot_id = make_slot(shop, "global", "category", "folder")
    page = shop.get(f"{SITE}/slots?start=0&count=1").json()
    assert (page["_type"], page["count"]) == ("slots", 1)
    found = shop.get(f"{SITE}/slots?count=200").json()["data"]
    assert {"slot_id", "context_type", "slot_configurations"} <= {*found[0]}
    ids = [(one["slot_id"], one["context_type"]) for one in found]
    assert (ids, page["total"]) == (sorted(ids), len(ids))
    assert [context for one, context in ids if one == slot_id] == ["category", "folder", "global"]


@pytest.mark.rule("SLOT-1")
def test_missing_sites_and_slots_have_faults(shop: Api) -> None:
    for context_type in ("category", "all"):
        arguments = {"slotId": "none", "contextType": context_type, "siteId": HERE.site}
        answer = shop.get(f"{SITE}/slots/none/{context_type}")
        assert_fault(answer, 404, "SlotNotFound", arguments)
    for path in ("slots", "slots/a/global", "slots/a/slot_configurations/b", "slot_configurations"):
        answer = shop.get(f"/sites/none/{path}")
        assert_fault(answer, 404, "SiteNotFound", {"siteId": "none"})
    for path in ("slot_search", "slot_configuration_search"):
        body: Any = {"query": {"match_all_query": {}}}
        answer = shop.call("POST", f"{shop.scope}/sites/none/{path}", json=body)
        assert_fault(answer, 404, "SiteNotFound", {"siteId": "none"})
    answer = shop.call("PUT", f"{shop.scope}{SITE}/slots/new/global", json={})
    assert_fault(answer, 405, "MethodNotAllowed", {"method": "PUT"})


@pytest.mark.rule("SLOT-1")
@pytest.mark.needs(DATA_SET)
@pytest.mark.parametrize(
    "query",
    [
        term("slot_id", "is", "home-banner"),
        {"text_query": {"fields": ["description"], "search_phrase": "home page"}},
        {
            "bool_query": {
                "must": [
                    term("context_type", "is", "global"),
                    term("slot_id", "one_of", "home-banner"),
                ]
            }
        },
    ],
)
def test_slots_are_found_by_id_description_and_context(shop: Api, query: Any) -> None:
    answer = search(shop, "slot_search", query)
    document = answer.json()
    assert (answer.status_code, document["_type"]) == (200, "slot_search_result")
    [hit] = [hit for hit in document["hits"] if hit["slot_id"] == "home-banner"]
    assert hit.items() >= BANNER.items()
    [welcome] = [one for one in hit["slot_configurations"] if one["default"]]
    assert welcome.items() >= WELCOME.items()


@pytest.mark.rule("SLOT-1")
def test_slots_are_found_by_id_and_context(shop: Api) -> None:
    slot_id = make_slot(shop)
    made = put(shop, path_of(slot_id))
    for context in ("global", "Global"):
        must = [term("context_type", "is", context), term("slot_id", "is", slot_id)]
        [hit] = search(shop, "slot_search", {"bool_query": {"must": must}}).json()["hits"]
        assert (hit["_type"], hit["slot_id"], hit["context_type"]) == ("slot", slot_id, "global")
    assert made["uuid"] in [one["uuid"] for one in hit["slot_configurations"]]


@pytest.mark.rule("SLOT-1", "SRC-2")
def test_a_query_for_an_unknown_context_is_refused(shop: Api) -> None:
    answer = search(shop, "slot_search", term("context_type", "is", "page"))
    assert answer.json()["fault"]["type"] == "InvalidSearchFieldTypeException"
    answer = search(shop, "slot_search", term("preview_url", "is", "x"))
    assert answer.json()["fault"]["type"] == "UnknownSearchFieldException"


@pytest.mark.rule("SLOT-2")
def test_a_slot_configuration_is_created_read_changed_and_deleted(shop: Api) -> None:
    slot_id = make_slot(shop)
    path = path_of(slot_id, "a b")
    body = {
        "slot_content": {"type": "html", "body": {"default": {"source": "<p>x</p>"}}},
        "callout_msg": {"de": {"source": "y"}},
        "customer_groups": ["Everyone"],
        "description": "d",
        "rank": 20,
        "schedule": {"start_date": "2026-01-01T00:00:00Z"},
        "template": "t",
    }
    created = shop.put(path, json={**body, "slot_id": "ignored", "context": "folder", "uuid": "u"})
    assert created.status_code == 200
    document = created.json()
    assert document == shop.get(path).json()
    assert re.fullmatch("[0-9a-z]{24,28}", document.pop("uuid"))
    assert re.fullmatch("[0-9a-f]{64}", document.pop("_resource_state"))
    assert document.pop("creation_date") == document.pop("last_modified")
    markup = {"_type": "markup_text", "markup": "<p>x</p>", "source": "<p>x</p>"}
    del document["assignment_information"]
    assert document == {
        **body,
        "_v": "23.2",
        "_type": "slot_configuration",
        "callout_msg": {"de": {"_type": "markup_text", "markup": "y", "source": "y"}},
        "configuration_id": "contract-a b",
        "context": "global",
        "default": False,
        "enabled": False,
        "link": f"{shop.url}{shop.scope}{SITE}/slots/{slot_id}/slot_configurations/contract-a%20b",
        "schedule": {"_type": "schedule", "start_date": "2026-01-01T00:00:00.000Z"},
        "slot_content": {"_type": "slot_content", "body": {"default": markup}, "type": "html"},
        "slot_id": slot_id,
    }
    changed = shop.patch(path, json={"rank": None, "enabled": True})
    assert changed.status_code == 200
    assert "rank" not in changed.json()
    assert changed.json()["enabled"] is True
    assert changed.json()["template"] == "t"
    assert shop.delete(path).status_code == 204
    assert shop.delete(path).status_code == 204
    arguments = {"slotConfigurationId": "contract-a b", "slotId": slot_id, "siteId": HERE.site}
    for method in ("GET", "PATCH"):
        answer = shop.call(method, f"{shop.scope}{path}", json={})
        assert_fault(answer, 404, "SlotConfigurationNotFound", arguments)


@pytest.mark.rule("SLOT-2")
def test_put_replaces_a_slot_configuration(shop: Api) -> None:
    path = path_of(make_slot(shop))
    first = put(shop, path, description="d", rank=10)
    second = put(shop, path, enabled=True)
    assert second["uuid"] == first["uuid"]
    assert second["creation_date"] == first["creation_date"]
    assert not {"description", "rank"} & {*second}
    stale = {"slot_content": CONTENT, "_resource_state": first["_resource_state"]}
    assert shop.put(path, json=stale).status_code == 409


@pytest.mark.rule("SLOT-2")
@pytest.mark.parametrize(
    ("member", "value", "path"),
    [
        ("slot_content", None, "$.slot_content"),
        ("slot_content", {}, "$.slot_content.type"),
        ("rank", 0, "$.rank"),
        ("rank", 15, "$.rank"),
        ("rank", 110, "$.rank"),
        ("template", "x" * 257, "$.template"),
        ("description", "x" * 4001, "$.description"),
        ("customer_groups", ["Everyone", "none"], "$.customer_groups.[1]"),
    ],
)
def test_a_slot_configuration_is_within_these_bounds(
    shop: Api, member: str, value: Any, path: str
) -> None:
    url = path_of(make_slot(shop))
    answer = shop.put(url, json={"slot_content": CONTENT, member: value})
    document = "slot_content" if path.endswith("type") else "slot_configuration"
    arguments = {"document": document, "path": path}
    assert answer.status_code == 400
    assert answer.json()["fault"]["type"] == "PropertyConstraintViolationException"
    assert answer.json()["fault"]["arguments"]["path"] == arguments["path"]
    assert shop.get(url).status_code == 404


@pytest.mark.rule("SLOT-3")
def test_the_query_names_the_context(shop: Api) -> None:
    slot_id = make_slot(shop, "global", "category", "folder")
    contexts = {"": "", "category=a": "a", "category=b=c": "b=c", "folder=a": "a"}
    for context, context_id in contexts.items():
        document = put(shop, path_of(slot_id, context=context), description=context)
        assert document.get("context_id", "") == context_id
        assert document["context"] == (context.partition("=")[0] or "global")
    for context in contexts:
        document = shop.get(path_of(slot_id, context=context)).json()
        assert document.get("description", "") == context
        assert shop.get(document["link"].partition("/v23_2")[2]).json() == document
    assert shop.get(path_of(slot_id, context="global")).status_code == 200
    found = shop.get(f"{SITE}/slots/{slot_id}/category").json()["slot_configurations"]
    ids = [one["configuration_id"] for one in found]
    assert [name for name in ids if name.startswith("contract")] == ["contract-one", "contract-one"]


@pytest.mark.rule("SLOT-3")
def test_wrong_contexts_have_faults(shop: Api) -> None:
    slot_id = make_slot(shop, "category")
    body = {"slot_content": CONTENT}
    for method in ("GET", "PUT", "PATCH", "DELETE"):
        for context in ("page", "page=a"):
            url = f"{shop.scope}{path_of(slot_id, context=context)}"
            answer = shop.call(method, url, json=body)
            assert_fault(answer, 400, "InvalidContextType", {"context": "page"})
        url = f"{shop.scope}{path_of(slot_id)}"
        arguments = {"slotId": slot_id, "contextType": "global", "siteId": HERE.site}
        assert_fault(shop.call(method, url, json=body), 404, "SlotNotFound", arguments)
        for context in ("category", "category="):
            url = f"{shop.scope}{path_of(slot_id, context=context)}"
            answer = shop.call(method, url, json=body)
            if method == "DELETE":
                assert answer.status_code == 204
                continue
            arguments = {"context": "category"}
            assert_fault(answer, 400, "MissingSlotConfigurationContextId", arguments)


@pytest.mark.rule("SLOT-4")
def test_patch_may_change_the_id(shop: Api) -> None:
    slot_id = make_slot(shop)
    first = put(shop, path_of(slot_id, "one"))
    put(shop, path_of(slot_id, "two"))
    arguments = {"slotConfigurationId": "contract-two", "slotId": slot_id, "siteId": HERE.site}
    answer = shop.patch(path_of(slot_id, "one"), json={"configuration_id": "contract-two"})
    assert_fault(answer, 409, "SlotConfigurationAlreadyExists", arguments)
    answer = shop.put(
        path_of(slot_id, "one"), json={"slot_content": CONTENT, "configuration_id": "x"}
    )
    assert_fault(answer, 400, "IdConflict", {"bodyID": "x", "urlID": "contract-one"})
    answer = shop.patch(path_of(slot_id, "one"), json={"configuration_id": "contract-three"})
    assert answer.status_code == 200
    assert answer.json()["uuid"] == first["uuid"]
    assert shop.get(path_of(slot_id, "one")).status_code == 404
    assert shop.get(path_of(slot_id, "three")).json() == answer.json()
    answer = shop.patch(path_of(slot_id, "three"), json={"configuration_id": None})
    assert answer.json()["fault"]["type"] == "PropertyConstraintViolationException"


@pytest.mark.rule("SLOT-5")
def test_a_slot_has_one_default_configuration_in_a_context(shop: Api) -> None:
    slot_id = make_slot(shop, "category")
    other = path_of(slot_id, context="category=contract-other")
    one, two = (path_of(slot_id, name, "category=contract-lamps") for name in ("one", "two"))
    put(shop, other, default=True)
    put(shop, one, default=True)
    put(shop, two, default=True)
    assert shop.get(one).json()["default"] is False
    assert shop.patch(one, json={"default": True}).status_code == 200
    assert shop.get(two).json()["default"] is False
    assert shop.get(one).json()["default"] is True
    assert shop.get(other).json()["default"] is True


@pytest.mark.rule("SLOT-2")
def test_a_new_content_asset_has_to_exist(shop: Api) -> None:
    path = path_of(make_slot(shop))
    content = {"type": "content_assets", "content_asset_ids": ["none"]}
    arguments = {"contentId": "none", "libraryId": HERE.site}
    answer = shop.put(path, json={"slot_content": content})
    assert_fault(answer, 404, "ContentNotFound", arguments)
    put(shop, path)
    answer = shop.patch(path, json={"slot_content": content})
    assert_fault(answer, 404, "ContentNotFound", arguments)


@pytest.mark.rule("SLOT-9")
@pytest.mark.needs("a library of the site and a shared one")
def test_content_assets_leave_slot_configurations(shop: Api) -> None:
    names = [uuid.uuid4().hex for _ in range(3)]
    below = "/libraries/SharedLibrary/content"
    for name in names:
        assert shop.put(f"{below}/{name}", json={}).status_code in (200, 201)
    content = {"type": "content_assets", "content_asset_ids": names}
    paths = [path_of(make_slot(shop)) for _ in range(2)]
    for path in paths:
        put(shop, path, slot_content=content)
    assert shop.put(f"/libraries/{HERE.site}/content/{names[2]}", json={}).status_code in (200, 201)
    for name in (names[0], names[2]):
        assert shop.delete(f"{below}/{name}").status_code == 204
    assert shop.patch(f"{below}/{names[1]}", json={"id": f"{names[1]}-2"}).status_code == 200
    for path in paths:
        shown = shop.get(path).json()["slot_content"]["content_asset_ids"]
        assert shown == [f"{names[1]}-2", names[2]]


@pytest.mark.rule("SLOT-6")
@pytest.mark.needs(DATA_SET)
def test_slot_configurations_of_a_site_are_listed(shop: Api) -> None:
    document = shop.get(f"/sites/{HERE.other_site}/slot_configurations").json()
    assert (document["_type"], document["total"]) == ("slot_configurations", 18)
    [shown] = [one for one in document["data"] if one["configuration_id"] == "welcome"]
    assert shown.items() >= {**WELCOME, "uuid": "slot00000000000globalwelcome"}.items()
    page = shop.get(f"{SITE}/slot_configurations?count=1&select=(data.(slot_id))").json()
    [first] = page["data"]
    assert first == {
        "_v": "23.2",
        "_type": "slot_configuration",
        "_resource_state": first["_resource_state"],
        "slot_id": first["slot_id"],
    }


@pytest.mark.rule("SLOT-6")
def test_slot_configurations_are_found(shop: Api) -> None:
    slot_id, other = make_slot(shop), make_slot(shop, "category")
    put(shop, path_of(slot_id, "a"), enabled=True, description="Contract warm")
    put(shop, path_of(slot_id, "b"))
    put(shop, path_of(other, "c", "category=contract-lamps"), default=True)
    names = ["contract-a", "contract-b", "contract-c"]
    known = term("configuration_id", "one_of", *names)
    for query, found in [
        (term("configuration_id", "is", "contract-b"), names[1:2]),
        (term("default", "is", False), names[:2]),
        (term("enabled", "is", True), names[:1]),
        (term("context", "is", "category"), names[2:]),
        (term("slot_id", "one_of", slot_id, other), names),
        ({"text_query": {"fields": ["description"], "search_phrase": "warm"}}, names[:1]),
    ]:
        both = {"bool_query": {"must": [query, known]}}
        sorts = [{"field": "configuration_id"}]
        answer = search(shop, "slot_configuration_search", both, sorts=sorts)
        assert answer.status_code == 200
        assert [hit["configuration_id"] for hit in answer.json()["hits"]] == found


@pytest.mark.rule("SLOT-6")
def test_a_value_of_another_type_than_the_field_has_a_fault(shop: Api) -> None:
    answer = search(shop, "slot_configuration_search", term("default", "is", 5))
    assert_fault(answer, 400, "TypeMissmatch", {"field": "default"})
