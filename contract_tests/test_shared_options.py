"""Shared product options and shared variation attributes of catalogs (CAT-10, CAT-11)."""

from typing import Any

import pytest

from contract_tests.api import Api, assert_fault
from contract_tests.assortment import BALM, OWNER, PLAIN, build
from contract_tests.place import here

HERE = here()

CATALOG = f"/catalogs/{OWNER}"
OPTIONS = f"{CATALOG}/shared_product_options"
WRAPPING = f"{OPTIONS}/contract-wrapping"
ATTRIBUTES = f"{CATALOG}/shared_variation_attributes"
COLOR = f"{ATTRIBUTES}/contract-color"


VALUES = [
    {"id": "none", "option_prices": [{"currency_mnemonic": "EUR", "value": 0}]},
    {"id": "box", "sku_extension": "-box"},
    {"id": "ribbon", "option_prices": [{"currency_mnemonic": "EUR", "value": 2}]},
]
SHARED: dict[str, dict[str, Any]] = {
    WRAPPING: {
        "custom_name": {"default": "Gift wrapping", "de": "Geschenkverpackung"},
        "default_product_option_value": "none",
        "sorting_mode": "byoptionprice",
        "values": VALUES,
    },
    COLOR: {
        "attribute_definition_id": "color",
        "slicing": True,
        "values": [{"value": "navy", "position": 2}, {"value": "black", "position": 1}],
    },
}
"""A shared option and a shared variation attribute of the tests."""


@pytest.fixture
def shop(shop: Api) -> Api:
    """A server with ``SHARED``."""
    build(shop, SHARED)
    return shop


def show(api: Api, path: str) -> Any:
    """Return the document of a path."""
    answer = api.get(path)
    assert answer.status_code == 200, answer.text
    return answer.json()


def list_ids(api: Api, path: str, name: str = "id") -> list[str]:
    return [one[name] for one in show(api, path)["data"]]


@pytest.mark.rule("CAT-10")
def test_shared_options_show_their_values_by_price(shop: Api) -> None:
    assert "contract-wrapping" in list_ids(shop, f"{OPTIONS}?count=200")
    option = show(shop, f"{WRAPPING}?currency=EUR")
    assert (option["shared"], option["default_product_option_value"]) == (True, "none")
    assert [value["id"] for value in option["values"]] == ["none", "ribbon", "box"]
    assert list_ids(shop, f"{WRAPPING}/values") == ["none", "ribbon", "box"]
    value = show(shop, f"{WRAPPING}/values/box")
    assert value["link"] == f"{shop.url}/s/-/dw/data/v23_2{WRAPPING}/values/box"
    assert (value["sku_extension"], value["default_product_option_value"]) == ("-box", False)


@pytest.mark.rule("CAT-10")
def test_a_shared_option_is_created_changed_and_deleted(shop: Api) -> None:
    path = f"{OPTIONS}/contract-engraving"
    values = [{"id": "none", "value": {"default": "None"}}, {"id": "name"}]
    body = {"custom_name": {"default": "Engraving"}, "shared": True, "values": values}
    created = shop.put(path, json=body)
    assert created.status_code == 200
    assert created.json()["shared"] is True
    assert [one["id"] for one in created.json()["values"]] == ["name", "none"]
    again = shop.put(path, json=body)
    arguments = {"productOptionId": "contract-engraving", "catalogId": OWNER}
    assert_fault(again, 400, "ProductOptionDuplicate", arguments)
    changed = shop.patch(path, json={"description": {"default": "d"}})
    assert (changed.status_code, changed.json()["description"]) == (200, {"default": "d"})
    value = f"{path}/values/initials"
    assert shop.put(value, json={"default_product_option_value": True}).status_code == 200
    assert show(shop, path)["default_product_option_value"] == "initials"
    assert shop.patch(value, json={"sku_extension": "-i"}).json()["sku_extension"] == "-i"
    assert shop.delete(value).status_code == 204
    named = {"productOptionValueId": "initials", **arguments}
    for answer in (shop.get(value), shop.patch(value, json={}), shop.delete(value)):
        assert_fault(answer, 404, "ProductOptionValueNotFound", named)
    assert shop.delete(path).status_code == 204
    for answer in (shop.get(path), shop.delete(path), shop.get(f"{path}/values")):
        assert_fault(answer, 404, "ProductOptionNotFound", arguments)


@pytest.mark.rule("CAT-10", "CAT-11")
@pytest.mark.parametrize("path", ["shared_product_options", "shared_variation_attributes"])
def test_a_missing_catalog_is_reported_first(shop: Api, path: str) -> None:
    path = f"/catalogs/none/{path}"
    body = {"attribute_definition_id": "color"} if "attributes" in path else {}
    answers = [shop.get(path), shop.get(f"{path}/x"), shop.put(f"{path}/x", json=body)]
    answers += [shop.delete(f"{path}/x"), shop.get(f"{path}/x/values/y")]
    for answer in answers:
        assert_fault(answer, 404, "CatalogNotFound", {"catalogId": "none"})


@pytest.mark.rule("CAT-10")
def test_the_id_of_a_shared_option_can_be_the_id_of_an_attribute(shop: Api) -> None:
    answer = shop.put(f"{OPTIONS}/contract%20gift", json={})
    arguments = {"attributeDefinitionId": "contract gift", "objectType": "ProductOption"}
    assert_fault(answer, 404, "AttributeDefinitionNotFound", arguments)


@pytest.mark.rule("CAT-10", "PRD-9")
def test_products_use_a_shared_option_until_it_is_deleted(shop: Api) -> None:
    build(shop, {BALM: PLAIN[BALM]})
    path = f"{BALM}/product_options/contract-wrapping"
    assert shop.put(path, json={"shared": True}).status_code == 200
    shown = show(shop, path)
    assert [value["id"] for value in shown["values"]] == ["none", "ribbon", "box"]
    assert (shown["shared"], shown["custom_name"]["de"]) == (True, "Geschenkverpackung")
    refused = shop.patch(path, json={"description": {"default": "d"}})
    assert refused.json()["fault"]["type"] == "ProductOptionUpdateException"
    for answer in (
        shop.get(f"{path}/values"),
        shop.get(f"{path}/values/box"),
        shop.put(f"{path}/values/x", json={}),
    ):
        assert answer.json()["fault"]["type"] == "ProductOptionNotFoundException"
    assert shop.delete(WRAPPING).status_code == 204
    assert shop.get(path).status_code == 404
    refused = shop.put(path, json={"shared": True})
    assert refused.json()["fault"]["type"] == "ProductOptionCreateException"


@pytest.mark.rule("CAT-11")
def test_shared_variation_attributes_show_their_values_by_position(shop: Api) -> None:
    assert "contract-color" in list_ids(shop, f"{ATTRIBUTES}?count=200")
    attribute = show(shop, COLOR)
    assert (attribute["shared"], attribute["slicing"]) == (True, True)
    assert attribute["variation_attribute_type"] == "string"
    assert list_ids(shop, f"{COLOR}/values", "value") == ["black", "navy"]
    value = show(shop, f"{COLOR}/values/navy")
    assert value["link"] == f"{shop.url}/s/-/dw/data/v23_2{COLOR}/values/navy"


@pytest.mark.rule("CAT-11")
def test_a_shared_variation_attribute_is_created_changed_and_deleted(shop: Api) -> None:
    path = f"{ATTRIBUTES}/contract-size"
    body = {"attribute_definition_id": "size", "values": [{"value": "s"}, {"value": "m"}]}
    created = shop.put(path, json=body)
    assert created.status_code == 200
    assert list_ids(shop, f"{path}/values", "value") == ["m", "s"]
    arguments = {"variationAttributeId": "contract-size", "catalogId": OWNER}
    assert_fault(shop.put(path, json=body), 400, "SharedVariationAttributeIDNotUnique", arguments)
    changes = {"name": {"default": "Size"}, "attribute_definition_id": "color"}
    changed = shop.patch(path, json=changes).json()
    assert (changed["name"], changed["attribute_definition_id"]) == ({"default": "Size"}, "size")
    value = f"{path}/values/l"
    assert shop.put(value, json={"value": "l", "position": 1}).status_code == 200
    assert list_ids(shop, f"{path}/values", "value")[0] == "l"
    assert shop.patch(value, json={"name": {"default": "L"}}).json()["name"] == {"default": "L"}
    assert shop.delete(value).status_code == 204
    named = {"value": "l", **arguments}
    for answer in (shop.get(value), shop.patch(value, json={}), shop.delete(value)):
        assert_fault(answer, 404, "VariationAttributeValueNotFound", named)
    assert shop.delete(path).status_code == 204
    for answer in (shop.get(path), shop.delete(path), shop.patch(path, json={})):
        assert_fault(answer, 404, "VariationAttributeNotFound", arguments)
    unknown = shop.put(path, json={"attribute_definition_id": "none"})
    expected = {"attributeDefinitionId": "none", "objectType": "Product"}
    assert_fault(unknown, 404, "AttributeDefinitionNotFound", expected)
