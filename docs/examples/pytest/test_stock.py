"""Twenty tests of a client; each has all the data of the shop to itself."""

import pytest
import requests
from stock import Stock


@pytest.fixture
def stock(ocapi):
    return Stock(ocapi.url, ocapi.token, ocapi.headers)


def test_there_are_eight_lists(stock):
    assert len(list(stock.names())) == 8


@pytest.mark.parametrize("page", [1, 200])
def test_all_lists_are_found_whatever_the_page(stock, page):
    assert len(set(stock.names(page))) == 8


def test_a_list_is_read(stock):
    assert stock.get("inventory_eu")["description"] == "Distribution center Venlo, Netherlands"


def test_a_list_that_is_missing_is_none(stock):
    assert stock.get("inventory_mars") is None


def test_a_list_is_created(stock):
    stock.create("inventory_mars", description="Olympus Mons")
    assert len(list(stock.names())) == 9


def test_a_list_is_created_once_only(stock):
    stock.create("inventory_mars")
    with pytest.raises(ValueError, match="duplicate ID 'inventory_mars'"):
        stock.create("inventory_mars")


def test_a_list_is_deleted(stock):
    stock.delete("inventory_eu")
    assert stock.get("inventory_eu") is None


def test_everything_is_deleted(stock):
    for name in list(stock.names()):
        stock.delete(name)
    assert list(stock.names()) == []


def test_a_shop_without_lists(stock, ocapi):
    ocapi.reset(to="empty")
    assert list(stock.names()) == []


@pytest.mark.parametrize("description", ["", "Düsseldorf", "a" * 4000])
def test_a_description_is_changed(stock, description):
    stock.describe("inventory_eu", description)
    assert stock.get("inventory_eu")["description"] == description


def test_a_wrong_type_is_refused(stock):
    with pytest.raises(ValueError, match=r"the expected type is 'VALUE_TRUE[|]VALUE_FALSE'"):
        stock.create("inventory_mars", default_in_stock="yes")


def test_a_change_carries_the_state_that_was_read(stock, ocapi):
    state = stock.get("inventory_eu")["_resource_state"]
    stock.describe("inventory_eu", "Venlo")
    ocapi.verify({"method": "PATCH", "body": {"_resource_state": state}}, times=1)


def test_a_conflict_is_tried_again(stock, ocapi):
    arguments = {"client": "old", "server": "new"}
    conflict = {"fault": "ResourceStateConflict", "arguments": arguments}
    ocapi.fail(conflict, match={"method": "PATCH"}, times=1)
    assert stock.describe("inventory_eu", "Venlo")["description"] == "Venlo"
    ocapi.verify({"method": "PATCH", "status": 409}, times=1)


def test_a_busy_server_is_asked_again(stock, ocapi):
    ocapi.fail({"status": 503}, times=2)
    assert stock.get("inventory_eu")["id"] == "inventory_eu"
    ocapi.verify({"method": "GET"}, times=3)


def test_a_lost_connection_is_tried_again(stock, ocapi):
    ocapi.fail({"drop": "after"}, match={"method": "DELETE"}, times=1)
    stock.delete("inventory_eu")
    ocapi.verify({"method": "DELETE"}, times=2)


def test_a_token_expires(stock, ocapi):
    ocapi.advance(1800)
    answer = stock.ask("GET")
    assert answer.json()["fault"]["type"] == "InvalidAccessTokenException"


def test_a_slow_answer_is_given_up(ocapi):
    ocapi.fail({"delay": 1})
    with pytest.raises(requests.Timeout):
        ocapi.session.get(f"{ocapi.data_url}/inventory_lists", timeout=0.05)
