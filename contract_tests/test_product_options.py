"""Options of products, and the values of options (PRD-9)."""

from typing import Any

import pytest

from contract_tests.api import Api, assert_fault
from contract_tests.assortment import BAG, MASTER, OWNER, PLAIN, VARIED, build
from contract_tests.place import here

HERE = here()

OPTIONS = f"{BAG}/product_options"
GIFT = f"{OPTIONS}/contract-gift"
PRICES = {
    "a": [{"currency_mnemonic": "USD", "value": 5}, {"currency_mnemonic": "EUR", "value": 1}],
    "b": [{"currency_mnemonic": "USD", "value": 3}, {"currency_mnemonic": "EUR", "value": 2}],
}


@pytest.fixture
def shop(shop: Api) -> Api:
    """A server with the products of the tests."""
    build(shop, {BAG: PLAIN[BAG]})
    return shop


def show(api: Api, path: str) -> Any:
    """Return the document of a path."""
    answer = api.get(path)
    assert answer.status_code == 200, answer.text
    return answer.json()


def names(values: Any) -> list[str]:
    return [value["id"] for value in values]


@pytest.mark.rule("PRD-9")
def test_options_are_listed_with_their_values(shop: Api) -> None:
    names_of_option = {"default": "Monogram", "de": "Monogramm"}
    price = {"currency_mnemonic": "USD", "value": 6.5}
    initials = {"sku_extension": "-mono", "value": {"default": "Initials", "de": "Initialen"}}
    body = {
        "custom_name": names_of_option,
        "default_product_option_value": "none",
        "sorting_mode": "byexplicitorder",
        "values": [{"id": "initials", "option_prices": [price], **initials}, {"id": "none"}],
    }
    path = f"{OPTIONS}/contract-monogram"
    assert shop.put(path, json=body).status_code == 200
    page = show(shop, f"{OPTIONS}?select=(**)")
    assert (page["_type"], page["total"]) == ("product_options", 1)
    option = show(shop, path)
    assert {**page["data"][0], "_v": "23.2"} == option
    link = f"{shop.url}/s/-/dw/data/v23_2{path}"
    assert len(option.pop("_resource_state")) == 64
    values = option.pop("values")
    assert option == {
        "_v": "23.2",
        "_type": "product_option",
        "custom_name": names_of_option,
        "default_product_option_value": "none",
        "id": "contract-monogram",
        "link": link,
        "name": "contract-monogram",
        "selected_option_value": "none",
        "shared": False,
        "sorting_mode": "byexplicitorder",
    }
    value = show(shop, f"{path}/values/initials")
    assert value == {**values[0], "_v": "23.2"}
    assert value == {
        "_v": "23.2",
        "_type": "product_option_value",
        "_resource_state": value["_resource_state"],
        "default_product_option_value": False,
        "id": "initials",
        "link": f"{link}/values/initials",
        "option_prices": [{"_type": "money", **price}],
        **initials,
    }
    assert len(value["_resource_state"]) == 64
    product = show(shop, f"{BAG}?expand=options")
    assert product["type"]["option"] is True
    assert product["product_options"][0]["values"] == values


@pytest.mark.rule("PRD-9")
def test_an_option_is_created_changed_and_deleted(shop: Api) -> None:
    answer = shop.put(GIFT, json={"custom_name": {"default": "Gift"}, "values": [{"id": "a"}]})
    assert (answer.status_code, answer.json()["shared"]) == (200, False)
    assert names(answer.json()["values"]) == ["a"]
    changed = shop.patch(GIFT, json={"description": {"default": "Wrapped"}})
    assert changed.json()["custom_name"] == {"default": "Gift"}
    value = f"{GIFT}/values/b"
    answer = shop.put(value, json={"sku_extension": "-b"})
    assert (answer.status_code, answer.json()["sku_extension"]) == (200, "-b")
    assert names(show(shop, f"{GIFT}/values")["data"]) == ["a", "b"]
    assert shop.patch(value, json={"sku_extension": "-c"}).json()["sku_extension"] == "-c"
    assert shop.delete(value).status_code == 204
    arguments = {"productOptionValueId": "b", "productOptionId": "contract-gift"}
    arguments["productId"] = "contract-bag"
    for answer in (shop.get(value), shop.patch(value, json={}), shop.delete(value)):
        assert_fault(answer, 404, "ProductOptionValueNotFound", arguments)
    assert shop.put(GIFT, json={}).status_code == 200
    assert show(shop, f"{GIFT}/values")["total"] == 0
    assert shop.delete(GIFT).status_code == 204
    arguments = {"productOptionId": "contract-gift", "productId": "contract-bag"}
    refused = [
        shop.get(GIFT),
        shop.patch(GIFT, json={}),
        shop.delete(GIFT),
        shop.get(f"{GIFT}/values"),
        shop.put(value, json={}),
    ]
    for answer in refused:
        assert_fault(answer, 404, "ProductOptionNotFound", arguments)
    answer = shop.put("/products/none/product_options/x", json={})
    assert_fault(answer, 404, "ProductNotFound", {"productId": "none"})


@pytest.mark.rule("PRD-9")
def test_an_option_has_one_default_value(shop: Api) -> None:
    values = [{"id": "a"}, {"id": "b"}]
    shop.put(GIFT, json={"values": values, "default_product_option_value": "a"})

    def flags() -> dict[str, bool]:
        page = show(shop, f"{GIFT}/values?select=(**)")["data"]
        return {value["id"]: value["default_product_option_value"] for value in page}

    assert flags() == {"a": True, "b": False}
    shop.patch(f"{GIFT}/values/b", json={"default_product_option_value": True})
    assert flags() == {"a": False, "b": True}
    assert show(shop, GIFT)["default_product_option_value"] == "b"
    shop.delete(f"{GIFT}/values/b")
    assert "default_product_option_value" not in show(shop, GIFT)
    shop.patch(f"{GIFT}/values/a", json={"default_product_option_value": True})
    shop.patch(f"{GIFT}/values/a", json={"default_product_option_value": False})
    assert flags() == {"a": False}


@pytest.mark.rule("PRD-9")
def test_values_are_sorted_by_id_or_by_price_in_a_currency(shop: Api) -> None:
    values = [{"id": name, "option_prices": prices} for name, prices in PRICES.items()]
    values.append({"id": "0"})
    shop.put(GIFT, json={"values": values})
    assert names(show(shop, GIFT)["values"]) == ["0", "a", "b"]
    shop.patch(GIFT, json={"sorting_mode": "byoptionprice"})
    assert names(show(shop, f"{GIFT}?currency=USD")["values"]) == ["b", "a", "0"]
    assert names(show(shop, f"{GIFT}?currency=EUR")["values"]) == ["a", "b", "0"]
    assert names(show(shop, f"{GIFT}/values?count=1")["data"]) == ["b"]
    answer = shop.patch(GIFT, json={"sorting_mode": "byname"})
    assert answer.json()["fault"]["type"] == "EnumConstraintViolationException"


@pytest.mark.rule("PRD-9")
def test_options_that_cannot_be_created(shop: Api) -> None:
    build(shop, VARIED)
    for name, body in [("contract-crew-navy", {}), ("contract-bag", {"shared": True})]:
        answer = shop.put(f"/products/{name}/product_options/none", json=body)
        arguments = {"productOptionId": "none", "productId": name}
        assert_fault(answer, 400, "ProductOptionCreate", arguments)


@pytest.mark.rule("PRD-9", "PRD-8")
def test_a_document_brings_at_most_10000_values(shop: Api) -> None:
    build(shop, VARIED)
    attribute = f"{MASTER}/variation_attributes/contract-brand"
    for path, name, more in [
        (GIFT, "id", {}),
        (attribute, "value", {"attribute_definition_id": "brand"}),
    ]:
        values = [{name: f"v{number}"} for number in range(10_001)]
        answer = shop.put(path, json={**more, "values": values})
        assert (answer.status_code, answer.json()["fault"]["type"]) == (
            400,
            "QuotaExceededException",
        )
        assert shop.get(path).status_code == 404
        assert shop.put(path, json={**more, "values": values[1:]}).status_code == 200
        assert show(shop, f"{path}/values?count=1")["total"] == 10_000


@pytest.mark.rule("PRD-9")
def test_the_options_go_with_the_product(shop: Api) -> None:
    shop.put(GIFT, json={"values": [{"id": "a"}]})
    assert shop.delete(BAG).status_code == 204
    body = {"owning_catalog_id": OWNER}
    assert shop.put(BAG, json=body).json()["type"] == {
        "_type": "product_type",
        "item": True,
    }
    assert show(shop, OPTIONS)["total"] == 0
