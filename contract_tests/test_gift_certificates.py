"""Gift certificates of a site, and their search (GC)."""

import re
from collections.abc import Callable
from typing import Any

import pytest

from contract_tests.api import Api, assert_fault
from contract_tests.place import here

HERE = here()

Start = Callable[..., Api]

CERTIFICATES = f"/sites/{HERE.site}/gift_certificates"
NEW = f"{CERTIFICATES}/contract-1"
USED = f"{CERTIFICATES}/gc-000002"
AMOUNT = {"currency_mnemonic": "USD", "value": 20}
ALL: dict[str, Any] = {"match_all_query": {}}
REDEEMED = "a redeemed gift certificate: no request redeems one"


def add(shop: Api, **members: Any) -> Any:
    """Return the answer to a POST, with an amount and an id where the members have none.

    A null in ``members`` leaves the member out.
    """
    body = {"amount": AMOUNT, "merchant_id": "contract-1", **members}
    body = {name: value for name, value in body.items() if value is not None}
    answer = shop.call("POST", f"{shop.scope}{CERTIFICATES}", json=body)
    if answer.status_code == 200:  # the server may have made the id
        shop.made.add(f"{shop.scope}{CERTIFICATES}/{answer.json()['merchant_id']}")
    return answer


def search(shop: Api, query: Any, **members: Any) -> Any:
    path = f"{shop.scope}/sites/{HERE.site}/gift_certificate_search"
    return shop.call("POST", path, json={"query": query, **members})


def find(shop: Api, query: Any, **members: Any) -> list[str]:
    """Return the ids of the gift certificates that a query finds."""
    answer = search(shop, query, **members)
    assert answer.status_code == 200, answer.text
    return [hit["merchant_id"] for hit in answer.json()["hits"]]


def term(field: str, *values: Any, operator: str = "is") -> dict[str, Any]:
    return {"term_query": {"fields": [field], "operator": operator, "values": list(values)}}


def text(field: str, phrase: str) -> dict[str, Any]:
    return {"text_query": {"fields": [field], "search_phrase": phrase}}


@pytest.mark.rule("GC-1", "GC-2")
def test_a_gift_certificate_is_created_changed_and_deleted(shop: Api) -> None:
    created = add(shop, message="Enjoy", order_no="77", recipient_email="a@example.com")
    assert created.status_code == 200
    document = created.json()
    assert document == shop.get(NEW).json()
    time = document["creation_date"]
    masked = document.pop("masked_gift_certificate_code")
    assert re.fullmatch(r"\*{12}[A-Z0-9]{4}", masked)
    amount = {"_type": "money", **AMOUNT}
    kept = set(document) - {"_resource_state", "creation_date", "last_modified"}
    assert {name: document[name] for name in kept} == {
        "_v": "23.2",
        "_type": "gift_certificate",
        "amount": amount,
        "balance": amount,
        "enabled": False,
        "link": f"{shop.url}/s/-/dw/data/v23_2{NEW}",
        "merchant_id": "contract-1",
        "message": "Enjoy",
        "order_no": "77",
        "recipient_email": "a@example.com",
        "status": "issued",
        "transactions": [
            {
                "_type": "account_transaction",
                "amount": amount,
                "order_no": "77",
                "timestamp": time,
                "type_code": "create",
            }
        ],
    }
    changed = shop.patch(NEW, json={"description": "d", "message": None}).json()
    assert changed["description"] == "d"
    assert "message" not in changed
    assert shop.delete(NEW).status_code == 204
    assert shop.delete(NEW).status_code == 204
    message = f"No gift certificate with merchant ID 'contract-1' for site '{HERE.site}' was found."
    arguments = {"merchantId": "contract-1", "siteId": HERE.site}
    for answer in (shop.get(NEW), shop.patch(NEW, json={})):
        assert_fault(answer, 404, "GiftCertificateNotFound", arguments, message)


@pytest.mark.rule("GC-1")
def test_ids_are_made_or_sent_and_belong_to_a_site(shop: Api) -> None:
    made = [add(shop, merchant_id=None).json()["merchant_id"] for _ in range(2)]
    assert len({*made}) == 2
    assert all(shop.get(f"{CERTIFICATES}/{name}").status_code == 200 for name in made)
    assert add(shop).status_code == 200
    arguments, message = {"siteId": HERE.site}, "Merchant id is not unique."
    assert_fault(add(shop), 400, "GiftCertificateCreateMerchantIDNotUnique", arguments, message)
    path = f"{shop.scope}/sites/{HERE.other_site}/gift_certificates"
    body = {"amount": AMOUNT, "merchant_id": "contract-1"}
    assert shop.call("POST", path, json=body).status_code == 200
    answer = shop.patch(NEW, json={"merchant_id": "other"})
    assert_fault(answer, 400, "IdConflict", {"bodyID": "other", "urlID": "contract-1"})
    answer = add(shop, merchant_id="x" * 257)
    arguments = {"document": "gift_certificate", "path": "$.merchant_id"}
    assert_fault(answer, 400, "PropertyConstraintViolation", arguments)
    answer = shop.call("POST", path.replace(HERE.other_site, "none"), json=body)
    assert_fault(answer, 404, "SiteNotFound", {"siteId": "none"})


@pytest.mark.rule("GC-1")
def test_the_collection_lists_the_gift_certificates_of_a_site(shop: Api) -> None:
    for name in ("contract-2", "contract-1"):
        assert add(shop, merchant_id=name).status_code == 200
    page = shop.get(f"{CERTIFICATES}?count=200").json()
    assert page["_type"] == "gift_certificates"
    ids = [one["merchant_id"] for one in page["data"]]
    assert ids == sorted(ids)
    assert {"contract-1", "contract-2"} <= set(ids)


@pytest.mark.rule("GC-1")
@pytest.mark.parametrize(
    "amount",
    [None, {}, {"value": 1}, {"currency_mnemonic": "USD"}, {"currency_mnemonic": "$", "value": 1}],
)
def test_an_amount_has_value_and_currency(shop: Api, amount: Any) -> None:
    message = "Invalid gift certificate provided."
    answer = add(shop, amount=amount)
    assert_fault(answer, 400, "InvalidGiftCertificate", {"fieldId": "amount"}, message)
    assert shop.get(NEW).status_code == 404


@pytest.mark.rule("GC-1")
def test_a_new_gift_certificate_with_a_wrong_value_is_refused(shop: Api) -> None:
    for value in (0, -1):
        answer = add(shop, amount={**AMOUNT, "value": value})
        message = "Amount provided is out of range."
        arguments = {"value": str(value)}
        assert_fault(answer, 400, "GiftCertificateAmountOutOfRange", arguments, message)
    for email in ("", "nobody", "a b@example.com"):
        answer = add(shop, recipient_email=email)
        message = "Invalid recipient email ID provided."
        assert_fault(answer, 400, "InvalidRecipientEmail", {"recipientEmail": email}, message)
    for status in ("partially_redeemed", "redeemed"):
        answer = add(shop, status=status)
        message = "Invalid gift certificate status provided."
        assert_fault(answer, 400, "InvalidGiftCertificateStatus", {"status": status}, message)
    arguments = {"document": "gift_certificate", "enumValue": "lost"}
    assert_fault(add(shop, status="lost"), 400, "EnumConstraintViolation", arguments)
    assert shop.get(NEW).status_code == 404
    answer = add(shop, status="pending", enabled=True)
    assert (answer.json()["status"], answer.json()["enabled"]) == ("pending", True)


@pytest.mark.rule("GC-2")
@pytest.mark.needs(REDEEMED)
def test_balance_and_status_follow_from_redemptions(shop: Api) -> None:
    document = shop.get(USED).json()
    balance = {"_type": "money", "currency_mnemonic": "USD", "value": 64.5}
    assert (document["balance"], document["status"]) == (balance, "partially_redeemed")
    assert document["masked_gift_certificate_code"] == "************2023"
    for status in ("issued", "pending", "redeemed"):
        answer = shop.patch(USED, json={"status": status})
        assert_fault(answer, 400, "InvalidGiftCertificateStatus", {"status": status})
    answer = shop.patch(USED, json={"recipient_email": "nobody"})
    assert_fault(answer, 400, "InvalidRecipientEmail", {"recipientEmail": "nobody"})
    ignored = {"amount": AMOUNT, "balance": AMOUNT, "transactions": []}
    same = shop.patch(USED, json={"status": "partially_redeemed", **ignored})
    assert same.json() == document


@pytest.mark.rule("GC-2")
def test_enabling_and_disabling_are_transactions(shop: Api) -> None:
    add(shop)
    for enabled in (True, True, False):
        document = shop.patch(NEW, json={"enabled": enabled}).json()
    codes = [one["type_code"] for one in document["transactions"]]
    assert codes == ["create", "enable", "disable"]
    document = shop.patch(NEW, json={"status": "pending"}).json()
    assert (document["status"], len(document["transactions"])) == ("pending", 3)


@pytest.mark.rule("GC-2")
def test_a_gift_certificate_has_the_custom_properties_of_the_object_type(shop: Api) -> None:
    definition = "/system_object_definitions/GiftCertificate/attribute_definitions/contractTheme"
    assert_fault(add(shop, c_contractTheme="sea"), 400, "InvalidCustomProperty", {})
    assert shop.put(definition, json={"value_type": "string"}).status_code in (200, 201)
    assert add(shop, c_contractTheme="sea").json()["c_contractTheme"] == "sea"


@pytest.mark.rule("GC-3")
def test_a_search_finds_gift_certificates_of_a_site(shop: Api) -> None:
    some = term("merchant_id", "contract-1", "contract-2", operator="one_of")
    first = {"sender_name": "Ada", "message": "Happy birthday", "description": "A gift"}
    second = {"recipient_name": "Dan", "recipient_email": "dan@example.com"}
    add(shop, **first, enabled=True)
    other = {**second, "order_no": "77", "enabled": False, "status": "pending"}
    assert add(shop, merchant_id="contract-2", **other).status_code == 200
    assert find(shop, some) == ["contract-1", "contract-2"]
    order = [{"field": "merchant_id", "sort_order": "desc"}]
    assert find(shop, some, sorts=order) == ["contract-2", "contract-1"]
    created = shop.get(NEW).json()["creation_date"]
    for query, found in (
        (term("merchant_id", "contract-1"), "contract-1"),
        (text("sender_name", "ada"), "contract-1"),
        (text("recipient_name", "dan"), "contract-2"),
        (term("recipient_email", "dan@example.com"), "contract-2"),
        (term("status", "pending"), "contract-2"),
        (text("message", "birthday"), "contract-1"),
        (text("description", "gift"), "contract-1"),
        (term("enabled", False), "contract-2"),
        (term("order_no", "77"), "contract-2"),
    ):
        assert find(shop, {"bool_query": {"must": [some, query]}}) == [found], query
    for query, total in (
        (term("currency_mnemonic", "EUR"), 0),
        (term("currency_mnemonic", "USD"), 2),
        (term("creation_date", created, operator="less"), 0),
    ):
        assert len(find(shop, {"bool_query": {"must": [some, query]}})) == total, query


@pytest.mark.rule("GC-3")
@pytest.mark.needs("a known code: no request sets one")
def test_a_code_is_found_whole_or_by_its_visible_characters(shop: Api) -> None:
    field = "masked_gift_certificate_code"
    for code in ("QUIETHARBOUR2023", "2023"):
        assert find(shop, term(field, code)) == ["gc-000002"]
    for code in ("QUIETHARBOUR", "023", "************2023"):
        assert find(shop, term(field, code)) == []
    arguments = {"operator": "text_query", "field": field}
    answer = search(shop, text(field, "2023"))
    assert_fault(answer, 400, "SearchOperatorNotApplicable", arguments)
    answer = search(shop, ALL, sorts=[{"field": field}])
    assert_fault(answer, 400, "FieldNotSortable", {"field": field})
    answer = search(shop, {})
    assert_fault(answer, 400, "MalformedSearchParameter", {})


@pytest.mark.rule("GC-3")
@pytest.mark.needs("a known code: no request sets one")
def test_no_answer_shows_a_whole_code(shop: Api) -> None:
    answers = (
        shop.get(USED),
        shop.get(f"{CERTIFICATES}?select=(**)"),
        search(shop, ALL, select="(**)"),
        shop.patch(USED, json={"description": "d"}),
    )
    for answer in answers:
        assert answer.status_code == 200
        assert "************2023" in answer.text
        assert "QUIETHARBOUR" not in answer.text
        assert "gift_certificate_code" not in answer.text.replace("masked_gift", "")
