"""Coupons, codes, redemptions and source code groups (MKT-9 to MKT-15)."""

import uuid
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from contract_tests.api import Api, assert_fault
from contract_tests.conftest import DEMO
from contract_tests.place import here
from contract_tests.shop import ALL, CLOCK, find, search, strip, term, text

HERE = here()

SITE = f"/sites/{HERE.site}"
COUPONS = f"{SITE}/coupons"
GROUPS = f"{SITE}/source_code_groups"
Start = Callable[..., Api]
BUSINESS_MANAGER = "urn:demandware:params:oauth:grant-type:client-id:dwsid:dwsecuretoken"


@pytest.fixture
def coupon(shop: Api) -> Iterator[str]:
    """The path of a coupon with several codes, none of them stored yet."""
    path = f"{COUPONS}/contract-{uuid.uuid4().hex}"
    assert shop.put(path, json={"enabled": True}).status_code == 200
    yield path
    shop.delete(path)


def id_of(path: str) -> str:
    return path.rpartition("/")[2]


def add(shop: Api, coupon: str, *codes: str, query: str = "") -> Any:
    path = f"{shop.scope}{coupon}/multiple_codes{query}"
    return shop.call("POST", path, json={"codes": list(codes)})


def list_codes(shop: Api, coupon: str) -> list[str]:
    return [one["code"] for one in shop.get(f"{coupon}/codes?count=1000").json()["data"]]


@pytest.mark.rule("MKT-9")
def test_put_creates_a_coupon_with_the_type_of_the_codes(shop: Api) -> None:
    name, code = f"contract-{uuid.uuid4().hex}", uuid.uuid4().hex
    path = f"{COUPONS}/{name}"
    limits = {"limit_per_code": 0, "limit_per_time_frame": {"limit": 1, "redemption_time_frame": 7}}
    body = {"description": "d", "single_code": code, "redemption_limits": limits}
    answer = shop.put(path, json=body)
    assert answer.status_code == 200
    document = answer.json()
    assert document == shop.get(path).json()
    assert document["creation_date"] == document["last_modified"]
    assert strip(document) == {
        "_type": "coupon",
        "case_insensitive": False,
        "coupon_id": name,
        "description": "d",
        "enabled": False,
        "link": f"{shop.url}/s/-/dw/data/v23_2{path}",
        "multiple_codes_per_basket": False,
        "redemption_limits": {
            "_type": "redemption_limits",
            "limit_per_code": 0,
            "limit_per_time_frame": {
                "_type": "redemption_limit_per_period",
                "limit": 1,
                "redemption_time_frame": 7,
            },
        },
        "single_code": code,
        "type": "single_code",
    }
    config = {"code_prefix": "P", "number_of_codes": 3}
    replaced = shop.put(path, json={"system_codes_config": config}).json()
    assert replaced["type"] == "system_codes"
    assert "single_code" not in replaced
    replaced = shop.put(path, json={"multiple_codes_per_basket": True, "type": None}).json()
    assert (replaced["type"], replaced["multiple_codes_per_basket"]) == ("multiple_codes", True)
    assert [shop.delete(path).status_code for _ in "12"] == [204, 204]
    missing = {"couponId": name, "siteId": HERE.site}
    answers = [shop.get(path), shop.patch(path, json={}), shop.get(f"{path}/codes")]
    answers += [shop.get(f"{path}/campaigns"), shop.get(f"{path}/promotions")]
    answers += [shop.get(f"{path}/campaigns/members/promotions"), add(shop, path, "X")]
    for answer in answers:
        assert_fault(answer, 404, "CouponNotFound", missing)
    message = f"No coupon with ID '{name}' for site '{HERE.site}' could be found."
    assert answer.json()["fault"]["message"] == message


SYSTEM = {"system_codes_config": {"code_prefix": "CONTRACT", "number_of_codes": 60}}


@pytest.mark.rule("MKT-9")
@pytest.mark.needs("redeemed and exported codes: no request redeems or exports one")
def test_numbers_of_a_coupon_count_redeemed_and_exported_codes(shop: Api) -> None:
    document = shop.get(f"{COUPONS}/flyer?expand=stats").json()
    assert document["exported_code_count"] == document["redemption_count"] == 2
    assert document["total_codes_count"] == 3


@pytest.mark.rule("MKT-9")
def test_coupons_are_listed_by_id_and_expanded_by_numbers(shop: Api) -> None:
    for name, members in (("contract-b", {}), ("contract-a", SYSTEM)):
        assert shop.put(f"{COUPONS}/{name}", json=members).status_code == 200
    assert add(shop, f"{COUPONS}/contract-b", "contract-1", "contract-2").status_code == 204
    page = shop.get(f"{COUPONS}?select=(**)&expand=stats&count=200").json()
    assert page["_type"] == "coupons"
    stats = ("exported_code_count", "redemption_count", "total_codes_count")
    numbers = {one["coupon_id"]: [one[name] for name in stats] for one in page["data"]}
    assert list(numbers) == sorted(numbers)
    assert numbers["contract-a"] == [0, 0, 60]
    assert numbers["contract-b"] == [0, 0, 2]
    assert "redemption_count" not in shop.get(f"{COUPONS}/contract-a").json()
    answer = shop.get(f"{COUPONS}/contract-a?expand=codes")
    assert_fault(answer, 400, "InvalidExpandValue", {"expandValue": "codes"})


@pytest.mark.rule("FLT-1", "MKT-10")
def test_put_refuses_these_coupons(shop: Api) -> None:
    path, arguments = f"{COUPONS}/contract-refused", {"couponId": "contract-refused"}
    body: Any
    for body in ({"type": "single_code"}, {"single_code": " "}):
        answer = shop.put(path, json=body)
        assert_fault(answer, 400, "CouponCreateSingleCode", arguments)
    config = {"number_of_codes": 5}
    for body, field in (
        ({"type": "system_codes"}, "type"),
        ({"single_code": "x", "system_codes_config": config}, "system_codes_config"),
        (
            {"system_codes_config": {"number_of_codes": -1}},
            "system_codes_config/number_of_codes",
        ),
    ):
        assert_fault(shop.put(path, json=body), 400, "CouponInvalid", {"field": field})
    listed = {"document": "coupon", "enumValue": "bogus"}
    answer = shop.put(path, json={"type": "bogus", "single_code": " "})
    assert_fault(answer, 400, "EnumConstraintViolation", listed)
    typed = {"path": "$.type", "expectedTypes": "VALUE_STRING", "actualType": "VALUE_NUMBER_INT"}
    assert_fault(shop.put(path, json={"type": 5}), 400, "TypeDecoding", typed)
    body = {"system_codes_config": {"number_of_codes": 5_000_001}}
    quota = {"couponId": "contract-refused", "limit": "5000000"}
    assert_fault(shop.put(path, json=body), 400, "SystemGeneratedCouponQuota", quota)
    answer = shop.put(path, json={"coupon_id": "other"})
    assert_fault(answer, 400, "IdConflict", {"bodyID": "other", "urlID": "contract-refused"})
    site = f"/s/{HERE.site}/dw/data/v23_2{path}"
    answer = shop.call("PUT", site, json={})
    assert_fault(answer, 403, "SiteAccessForbidden", {"siteId": HERE.site})
    assert shop.get(path).status_code == 404


@pytest.mark.rule("MKT-10")
def test_patch_refuses_these_changes(shop: Api, coupon: str) -> None:
    arguments = {"couponId": id_of(coupon)}
    assert_fault(
        shop.patch(coupon, json={"case_insensitive": True}),
        403,
        "CouponUpdateForbidden",
        arguments,
    )
    for field, value in (("single_code", "x"), ("system_codes_config", {"number_of_codes": 5})):
        answer = shop.patch(coupon, json={field: value})
        assert_fault(answer, 400, "CouponUpdateReadOnly", {**arguments, "field": field})
    for name, members, field, value in (
        ("contract-system", SYSTEM, "single_code", "x"),
        ("contract-single", {"single_code": "C-10"}, "system_codes_config", {"number_of_codes": 5}),
    ):
        shop.put(f"{COUPONS}/{name}", json=members)
        answer = shop.patch(f"{COUPONS}/{name}", json={field: value})
        arguments = {"couponId": name, "field": field}
        assert_fault(answer, 400, "CouponUpdateReadOnly", arguments)
    negative = {"system_codes_config": {"number_of_codes": -1}}
    answer = shop.patch(f"{COUPONS}/contract-system", json=negative)
    place = {"document": "coupon", "path": "$.system_codes_config.number_of_codes"}
    assert_fault(answer, 400, "PropertyConstraintViolation", place)
    changed = shop.patch(coupon, json={"description": "e", "enabled": False}).json()
    assert (changed["description"], changed["enabled"]) == ("e", False)


@pytest.mark.rule("MKT-10")
@pytest.mark.needs("an old and a redeemed coupon: no request makes one")
def test_old_and_redeemed_coupons_are_hardly_changed(shop: Api) -> None:
    answer = shop.patch(f"{COUPONS}/anniversary", json={"enabled": True})
    assert_fault(answer, 403, "CouponLegacyUpdateForbidden", {"couponId": "anniversary"})
    message = (
        "The coupon 'anniversary' can't be modified because it was created before Release 16.7.2. "
        "Customers can still redeem this coupon code on the Storefront."
    )
    assert answer.json()["fault"]["message"] == message
    answer = shop.patch(f"{COUPONS}/welcome", json={"single_code": "OTHER"})
    redeemed = {"couponId": "welcome", "field": "single_code"}
    assert_fault(answer, 400, "CouponUpdateReadOnly", redeemed)


@pytest.mark.rule("MKT-10")
def test_a_code_belongs_to_one_coupon(shop: Api, coupon: str) -> None:
    shop.put(f"{COUPONS}/contract-first", json={"single_code": "CONTRACT10"})
    taken = {"couponId": "contract-first", "couponCode": "CONTRACT10"}
    answer = shop.put(f"{COUPONS}/contract-second", json={"single_code": "CONTRACT10"})
    assert_fault(answer, 400, "CouponCodeDuplicate", taken)
    message = (
        "The coupon code 'CONTRACT10' is already used in coupon 'contract-first'. "
        "Please make sure the code is unique."
    )
    assert answer.json()["fault"]["message"] == message
    body = {"single_code": "contract10", "case_insensitive": True}
    answer = shop.put(f"{COUPONS}/contract-second", json=body)
    assert_fault(answer, 400, "CouponCodeDuplicate", {**taken, "couponCode": "contract10"})
    code = uuid.uuid4().hex.upper()
    assert add(shop, coupon, code).status_code == 204
    answer = shop.put(f"{COUPONS}/contract-second", json={"single_code": code})
    taken = {"couponId": id_of(coupon), "couponCode": code}
    assert_fault(answer, 400, "CouponCodeDuplicate", taken)
    body = {"single_code": code.lower()}
    assert shop.put(f"{COUPONS}/contract-second", json=body).status_code == 200
    answer = shop.patch(f"{COUPONS}/contract-second", json={"single_code": code})
    assert_fault(answer, 400, "CouponCodeDuplicate", taken)
    assert shop.delete(coupon).status_code == 204
    assert shop.patch(f"{COUPONS}/contract-second", json={"single_code": code}).status_code == 200
    shop.delete(f"{COUPONS}/contract-second")


@pytest.mark.rule("MKT-10")
def test_an_own_code_does_not_hide_the_code_of_another_coupon(shop: Api) -> None:
    code = uuid.uuid4().hex
    for name, one in (("contract-upper", code.upper()), ("contract-lower", code)):
        assert shop.put(f"{COUPONS}/{name}", json={"single_code": one}).status_code == 200
    for name, other, one in (
        ("contract-upper", "contract-lower", code.upper()),
        ("contract-lower", "contract-upper", code),
    ):
        body = {"single_code": one, "case_insensitive": True}
        taken = {"couponId": other, "couponCode": one}
        answer = shop.put(f"{COUPONS}/{name}", json=body)
        assert_fault(answer, 400, "CouponCodeDuplicate", taken)
    assert [
        shop.delete(f"{COUPONS}/{name}").status_code
        for name in ("contract-upper", "contract-lower")
    ] == [
        204,
        204,
    ]


@pytest.mark.rule("MKT-10", "MKT-11")
def test_a_generated_code_belongs_to_one_coupon(shop: Api, coupon: str) -> None:
    first = f"{COUPONS}/contract-partner"
    shop.put(first, json=SYSTEM)
    code = list_codes(shop, first)[59]
    for sent, insensitive in ((code, False), (code.lower(), True)):
        body = {"single_code": sent, "case_insensitive": insensitive}
        taken = {"couponId": "contract-partner", "couponCode": sent}
        answer = shop.put(f"{COUPONS}/contract-second", json=body)
        assert_fault(answer, 400, "CouponCodeDuplicate", taken)
    assert_fault(add(shop, coupon, code), 400, "CouponCodeCreate", {"couponCode": code})
    free = (code.lower(), code.removeprefix("CONTRACT-"), f"{code[:-1]}-", f"{code[:-2]}ZZ")
    assert add(shop, coupon, *free).status_code == 204
    elsewhere = f"/sites/{HERE.other_site}/coupons/contract-lottery"
    shop.put(elsewhere, json=SYSTEM)
    other = list_codes(shop, elsewhere)[0]
    assert add(shop, coupon, other).status_code == 204


@pytest.mark.rule("MKT-10")
def test_codes_of_another_coupon_are_not_generated(shop: Api, coupon: str) -> None:
    path, config = f"{COUPONS}/contract-generated", {"code_prefix": "Straße", "number_of_codes": 9}
    shop.put(path, json={"system_codes_config": config})
    codes = list_codes(shop, path)
    shop.patch(path, json={"system_codes_config": {"number_of_codes": 5}})
    assert add(shop, coupon, codes[7]).status_code == 204
    body = {"system_codes_config": {"number_of_codes": 7}}
    assert shop.patch(path, json=body).status_code == 200
    assert list_codes(shop, path) == codes[:7]
    answer = shop.patch(path, json={"system_codes_config": {"number_of_codes": 8}})
    taken = {"couponId": id_of(coupon), "couponCode": codes[7]}
    assert_fault(answer, 400, "CouponCodeDuplicate", taken)
    assert_fault(add(shop, coupon, codes[6]), 400, "CouponCodeCreate", {"couponCode": codes[6]})
    shop.delete(path)
    assert add(shop, coupon, codes[6]).status_code == 204
    answer = shop.put(path, json={"system_codes_config": config})
    assert_fault(answer, 400, "CouponCodeDuplicate", {**taken, "couponCode": codes[6]})


@pytest.mark.rule("MKT-11")
def test_codes_are_added_and_removed(shop: Api, coupon: str) -> None:
    one, two = f"B-{uuid.uuid4().hex}", f"A-{uuid.uuid4().hex}"
    answer = add(shop, coupon, one, two, one)
    assert (answer.status_code, answer.content) == (204, b"")
    assert add(shop, coupon, two).status_code == 204
    page = shop.get(f"{coupon}/codes").json()
    assert (page["_type"], page["total"]) == ("coupon_codes", 2)
    assert page["data"] == [
        {
            "_v": "23.2",
            "_type": "coupon_code",
            "code": code,
            "issued": False,
            "redemption_count": 0,
        }
        for code in (two, one)
    ]
    assert add(shop, coupon, one, "none", query="?delete=true").status_code == 204
    assert list_codes(shop, coupon) == [two]
    assert add(shop, coupon, one, query="?delete=false").status_code == 204
    assert shop.put(coupon, json={}).status_code == 200
    assert list_codes(shop, coupon) == []
    answer = add(shop, coupon, one, query="?delete=maybe")
    assert answer.status_code == 400
    answer = shop.call("POST", f"{shop.scope}{coupon}/multiple_codes")
    arguments = {"document": "coupon_multi_codes_request", "path": "$.codes"}
    assert_fault(answer, 400, "PropertyConstraintViolation", arguments)


@pytest.mark.rule("MKT-11")
def test_codes_that_cannot_be_created(shop: Api, coupon: str) -> None:
    shop.put(f"{COUPONS}/contract-single", json={"single_code": "CONTRACT10"})
    shop.put(f"{COUPONS}/contract-system", json=SYSTEM)
    shop.put(f"{COUPONS}/contract-flyer", json={"case_insensitive": True})
    assert add(shop, f"{COUPONS}/contract-flyer", "CONTRACT-A1").status_code == 204
    for codes in (["CONTRACT10"], ["contract-a1"], [" "], ["x" * 257]):
        answer = add(shop, coupon, "free", *codes)
        assert_fault(answer, 400, "CouponCodeCreate", {"couponCode": codes[0]})
    assert list_codes(shop, coupon) == []
    for name in ("contract-single", "contract-system"):
        answer = add(shop, f"{COUPONS}/{name}", "free")
        assert_fault(answer, 400, "CouponCodeCreate", {"couponCode": "free"})
    message = "The coupon code 'free' couldn't be created. Please make sure the code is valid."
    assert answer.json()["fault"]["message"] == message
    answer = add(shop, coupon, *map(str, range(2_001)))
    arguments = {"document": "coupon_multi_codes_request", "path": "$.codes"}
    assert_fault(answer, 400, "PropertyConstraintViolation", arguments)


@pytest.mark.rule("MKT-11")
def test_single_and_generated_codes_are_listed(shop: Api) -> None:
    single, system = f"{COUPONS}/contract-single", f"{COUPONS}/contract-system"
    shop.put(single, json={"single_code": "CONTRACT10"})
    shop.put(system, json=SYSTEM)
    page = shop.get(f"{single}/codes").json()
    [only] = page["data"]
    assert (only["code"], only["redemption_count"], page["total"]) == ("CONTRACT10", 0, 1)
    page = shop.get(f"{system}/codes?start=50").json()
    assert (page["count"], page["total"]) == (10, 60)
    codes = list_codes(shop, system)
    assert len({*codes}) == 60
    assert codes[50:] == [one["code"] for one in page["data"]]
    assert all(code.startswith("CONTRACT-") for code in codes)
    refused = shop.get(f"{system}/codes?count=10001")
    expected = {"parameter": "count", "expected": "a number from 0 to 10000"}
    assert_fault(refused, 400, "ValueConstraintViolation", expected)


@pytest.mark.rule("MKT-11")
@pytest.mark.needs("users with different permissions")
def test_codes_are_masked_for_users_without_the_permission(start: Start) -> None:
    shop = start(fixtures="storefront")
    form = {"grant_type": BUSINESS_MANAGER}
    url = f"{shop.url}/dw/oauth2/access_token?client_id={DEMO}"
    basic = ("merchant", f"Secret:456:{DEMO}")  # the role has the permission at RefArch alone
    shop.token = shop.session.post(url, auth=basic, data=form).json()["access_token"]
    shown = {
        site: shop.get(f"/sites/{site}/coupons/welcome").json()["single_code"]
        for site in (HERE.site, HERE.other_site)
    }
    assert shown == {HERE.site: "WELCOME10", HERE.other_site: "*****ME10"}
    codes = list_codes(shop, f"/sites/{HERE.other_site}/coupons/welcome")
    assert codes == ["*****ME10"]
    path = f"/sites/{HERE.other_site}/coupon_search"
    welcome = term("coupon_id", "is", "welcome")
    [hit] = search(shop, path, welcome, select="(**)").json()["hits"]
    assert hit["single_code"] == "*****ME10"
    made = shop.put(f"/sites/{HERE.other_site}/coupons/short", json={"single_code": "abc"}).json()
    assert made["single_code"] == "***"
    found = find(
        shop, f"{SITE}/coupon_redemption_search", "code", term("order_no", "is", "00000101")
    )
    assert found == ["WELCOME10"]


@pytest.mark.rule("MKT-12")
def test_campaigns_and_promotions_of_a_coupon(shop: Api, coupon: str) -> None:
    campaigns, promotions = f"{SITE}/campaigns", f"{SITE}/promotions"
    named, plain = "contract-named", "contract-plain"
    for name in ("contract-a", "contract-b", "contract-c"):
        shop.put(f"{promotions}/{name}", json={})
    for name, members in ((named, {"coupons": [id_of(coupon)]}), (plain, {})):
        shop.put(f"{campaigns}/{name}", json=members)
    of_coupon = {"coupons": [id_of(coupon)]}
    for path, body in (
        (f"{named}/promotions/contract-b", of_coupon),
        (f"{named}/promotions/contract-a", of_coupon),
        (f"{plain}/promotions/contract-c", {}),
    ):
        assert shop.put(f"{campaigns}/{path}", json=body).status_code == 204
    page = shop.get(f"{coupon}/campaigns?select=(**)").json()
    assert (page["_type"], page["total"]) == ("campaigns", 1)
    assert page["data"] == [shop.get(f"{campaigns}/{named}").json()]
    names = {
        path: [one["id"] for one in shop.get(f"{coupon}/{path}").json()["data"]]
        for path in ("promotions", f"campaigns/{named}/promotions", f"campaigns/{plain}/promotions")
    }
    assert list(names.values()) == [["contract-a", "contract-b"], ["contract-a", "contract-b"], []]
    page = shop.get(f"{coupon}/promotions?start=1&count=1").json()
    [item] = page["data"]
    assert (item["id"], page["total"]) == ("contract-b", 2)
    assert set(item) == {"_v", "_type", "_resource_state", "id", "link"}
    assert item["link"] == f"{shop.url}/s/-/dw/data/v23_2{promotions}/contract-b"
    answer = shop.get(f"{coupon}/campaigns/none/promotions")
    assert_fault(answer, 404, "CampaignNotFound", {"campaignId": "none", "siteId": HERE.site})


@pytest.mark.rule("MKT-12")
def test_a_coupon_has_campaigns_of_promotions_and_promotions_of_campaigns(
    shop: Api, coupon: str
) -> None:
    campaigns, of_coupon = f"{SITE}/campaigns", {"coupons": [id_of(coupon)]}
    named, plain = "contract-named", "contract-plain"
    for name, of_campaign, promotion, of_assignment in (
        (named, of_coupon, "contract-a", {}),
        (plain, {}, "contract-b", of_coupon),
    ):
        shop.put(f"{SITE}/promotions/{promotion}", json={})
        shop.put(f"{campaigns}/{name}", json=of_campaign)
        path = f"{campaigns}/{name}/promotions/{promotion}"
        assert shop.put(path, json=of_assignment).status_code == 204
    listed = shop.get(f"{coupon}/campaigns").json()["data"]
    assert [one["campaign_id"] for one in listed] == [named, plain]
    listed = shop.get(f"{coupon}/promotions").json()["data"]
    assert [one["id"] for one in listed] == ["contract-a", "contract-b"]


@pytest.mark.rule("MKT-6", "MKT-2")
def test_coupons_are_assigned_to_a_campaign(shop: Api, coupon: str) -> None:
    campaign, assignment = f"{SITE}/campaigns/contract-a", "promotions/contract-a"
    shop.put(campaign, json={})
    shop.put(f"{SITE}/{assignment}", json={})
    assert shop.put(f"{campaign}/{assignment}").status_code == 204
    path = f"{campaign}/coupons/{id_of(coupon)}"
    for method in ("PUT", "DELETE"):
        answer = shop.call(method, f"{shop.scope}{campaign}/coupons/none")
        assert_fault(answer, 400, "ConstraintViolation", {"parameter": "coupon_id"})

    def named() -> tuple[bool, bool]:
        found = search(
            shop,
            f"{SITE}/promotion_campaign_assignment_search",
            term("coupon_id", "is", id_of(coupon)),
        )
        listed = shop.get(campaign).json().get("coupons", [])
        return id_of(coupon) in listed, found.json()["total"] == 1

    for query, left in (("", (False, True)), ("?removeInPCA=true", (False, False))):
        assert shop.put(path).status_code == 204
        body = {"coupons": [id_of(coupon)]}
        assert shop.patch(f"{campaign}/{assignment}", json=body).status_code == 204
        assert named() == (True, True)
        assert shop.delete(f"{path}{query}").status_code == 204
        assert named() == left
    assert shop.put(path).status_code == 204
    assert shop.patch(f"{campaign}/{assignment}", json=body).status_code == 204
    shop.delete(coupon)
    assert named() == (False, False)


@pytest.mark.rule("MKT-13")
def test_coupons_are_searched_by_these_fields(shop: Api) -> None:
    path, key = f"{SITE}/coupon_search", "coupon_id"
    names = ["contract-many", "contract-single", "contract-system"]
    single = {"single_code": "CONTRACT10", "enabled": True}
    for name, members in zip(names, ({"description": "Printed"}, single, SYSTEM), strict=True):
        shop.put(f"{COUPONS}/{name}", json=members)
    known = term("coupon_id", "one_of", *names)
    sorts = [{"field": "type", "sort_order": "desc"}, {"field": "coupon_id"}]
    for query, expected in [
        (term("coupon_id", "is", names[0]), names[:1]),
        (text("description", "printed"), names[:1]),
        (term("type", "is", "system_codes"), names[2:]),
        (term("enabled", "is", True), names[1:2]),
        (known, [names[2], names[1], names[0]]),
    ]:
        both = {"bool_query": {"must": [known, query]}}
        assert find(shop, path, key, both, sorts=sorts) == expected
    system = term("coupon_id", "is", "contract-system")
    [hit] = search(shop, path, system, expand=["stats"], select="(**)").json()["hits"]
    assert hit["total_codes_count"] == 60
    answer = search(shop, "/sites/none/coupon_search", ALL)
    assert_fault(answer, 404, "SiteNotFound", {"siteId": "none"})


@pytest.mark.rule("MKT-13")
@pytest.mark.needs("redemptions: no request redeems a code")
def test_redemptions_are_searched_by_these_fields(shop: Api) -> None:
    path, key = f"{SITE}/coupon_redemption_search", "order_no"
    assert find(shop, path, key, term("coupon_id", "is", "flyer")) == ["00000102", "00000103"]
    assert find(shop, path, key, term("code", "is", "WELCOME10")) == ["00000101"]
    sorts = [{"field": "order_no", "sort_order": "desc"}]
    by_mail = term("customer_email", "is", "ada@shop.example")
    assert find(shop, path, key, by_mail, sorts=sorts) == ["00000103", "00000101"]
    [hit] = search(shop, path, term("order_no", "is", "00000102")).json()["hits"]
    assert hit == {
        "_v": "23.2",
        "_type": "coupon_redemption",
        "code": "FLYER-A1",
        "coupon_id": "flyer",
        "creation_date": "2023-02-21T12:00:00.000Z",
        "customer_email": "mary@shop.example",
        "order_no": "00000102",
    }
    answer = search(shop, "/sites/none/coupon_redemption_search", ALL)
    assert_fault(answer, 404, "SiteNotFound", {"siteId": "none"})


@pytest.mark.rule("MKT-13")
@pytest.mark.needs("redemptions: no request redeems a code")
def test_redemptions_go_with_the_coupon(start: Start) -> None:
    shop = start(fixtures="storefront")
    shop.delete(f"{COUPONS}/flyer")
    path = f"{SITE}/coupon_redemption_search"
    known = term("order_no", "one_of", "00000101", "00000102", "00000103")
    assert find(shop, path, "order_no", known) == ["00000101"]


@pytest.mark.rule("MKT-14")
def test_put_creates_a_source_code_group(shop: Api) -> None:
    name = f"contract-{uuid.uuid4().hex}"[:28]
    path = f"{GROUPS}/{name}"
    body = {
        "description": "d",
        "cookie_duration": 10,
        "active_redirect": {"location_type": "url", "location": "/sale"},
        "inactive_redirect": {"location_type": "default", "location": "/none"},
        "specifications": [{"expression": "ABC?"}, {"expression": "ABC[3..22]"}],
        "start_time": "2024-04-01T11:30:15Z",
    }
    answer = shop.put(path, json=body)
    assert answer.status_code == 200
    document = answer.json()
    assert document == shop.get(path).json()
    assert strip(document) == {
        "_type": "source_code_group",
        "active": False,
        "active_redirect": {
            "_type": "source_code_redirect_info",
            "location": "/sale",
            "location_type": "url",
        },
        "cookie_duration": 10,
        "description": "d",
        "enabled": False,
        "id": name,
        "inactive_redirect": {
            "_type": "source_code_redirect_info",
            "location_type": "default",
        },
        "link": f"{shop.url}/s/-/dw/data/v23_2{path}",
        "start_time": "2024-04-01T11:30:15.000Z",
    }
    shown = shop.get(f"{path}?expand=specifications").json()["specifications"]
    assert [one["expression"] for one in shown] == ["ABC?", "ABC[3..22]"]
    answer = shop.put(path, json={"id": "other"})
    assert_fault(answer, 400, "IdConflict", {"bodyID": "other", "urlID": name})
    assert shop.patch(path, json={"enabled": True}).json()["active"] is True
    assert [shop.delete(path).status_code for _ in "12"] == [204, 204]
    missing = {"sourceCodeGroupId": name, "siteId": HERE.site}
    for answer in (shop.get(path), shop.patch(path, json={})):
        assert_fault(answer, 404, "SourceCodeGroupNotFound", missing)
    message = f"No source code group with ID '{name}' for site '{HERE.site}' could be found."
    assert answer.json()["fault"]["message"] == message
    assert shop.put(f"{GROUPS}/{'x' * 29}", json={}).status_code == 400


@pytest.mark.rule("MKT-14")
def test_source_code_groups_that_are_not_valid(shop: Api) -> None:
    path = f"{GROUPS}/refused"
    for body, field in (
        ({"active_redirect": {"location_type": "product"}}, "active_redirect"),
        ({"inactive_redirect": {"location_type": "url"}}, "inactive_redirect"),
        ({"specifications": [{"expression": "a b"}]}, "specifications"),
        ({"specifications": [{}]}, "specifications"),
        (
            {"start_time": "2024-04-02T00:00:00Z", "end_time": "2024-04-01T00:00:00Z"},
            "end_time",
        ),
    ):
        answer = shop.put(path, json=body)
        assert_fault(answer, 400, "SourceCodeGroupInvalid", {"fieldId": field})
    message = "The source code group passed in is not valid."
    assert answer.json()["fault"]["message"] == message
    answer = shop.put(path, json={"cookie_duration": 1000})
    arguments = {"document": "source_code_group", "path": "$.cookie_duration"}
    assert_fault(answer, 400, "PropertyConstraintViolation", arguments)


@pytest.mark.rule("MKT-14")
@pytest.mark.needs(CLOCK)
def test_the_clock_decides_which_groups_are_active(start: Start) -> None:
    shop = start(fixtures="storefront", seed="marketing")
    active = term("active", "is", True)
    path = f"{SITE}/source_code_group_search"
    for at, names in (
        ("2023-03-01T00:00:00Z", ["ally-shops", "newsletter", "spring-mail"]),
        ("2026-01-01T00:00:00Z", ["ally-shops", "newsletter"]),
        ("2098-06-30T21:59:59Z", ["ally-shops", "jubilee-mail", "newsletter"]),
    ):
        shop.call("POST", "/__emulator__/clock/freeze", json={"at": at})
        shop.token = shop.grant(DEMO, DEMO).json()["access_token"]
        page = shop.get(f"{GROUPS}?select=(**)").json()
        assert [one["id"] for one in page["data"] if one["active"]] == names
        assert find(shop, path, "id", active) == names


@pytest.mark.rule("MKT-15")
def test_source_code_groups_are_searched_by_these_fields(shop: Api) -> None:
    path, names = f"{SITE}/source_code_group_search", ["contract-a", "contract-b", "contract-c"]
    bodies: list[dict[str, Any]] = [
        {"specifications": [{"expression": "contract[1..99]"}], "enabled": True},
        {"description": "Links of partners", "end_time": "2023-12-31T00:00:00Z"},
        {"start_time": "2098-06-01T00:00:00Z", "enabled": True},
    ]
    for name, body in zip(names, bodies, strict=True):
        assert shop.put(f"{GROUPS}/{name}", json=body).status_code == 200
    known = term("id", "one_of", *names)
    for query, expected in [
        (term("id", "is", "contract-b"), names[1:2]),
        (text("description", "LINKS partners"), names[1:2]),
        (term("source_code", "is", "contract[1..99]"), names[:1]),
        (term("start_time", "greater", "2098-01-01"), names[2:]),
        (term("end_time", "less", "2024-01-01"), names[1:2]),
        (term("active", "is", True), names[:1]),
        (known, [names[1], names[0], names[2]]),
    ]:
        both = {"bool_query": {"must": [known, query]}}
        sorts = [{"field": "enabled"}, {"field": "creation_date"}]
        assert find(shop, path, "id", both, sorts=sorts) == expected
    [hit] = search(
        shop, path, term("id", "is", "contract-a"), expand=["specifications"], select="(**)"
    ).json()["hits"]
    assert hit == shop.get(f"{GROUPS}/contract-a?expand=specifications").json()
    for field in ("source_code", "active", "start_time"):
        answer = search(shop, path, ALL, sorts=[{"field": field}])
        assert_fault(answer, 400, "FieldNotSortable", {"field": field})
    answer = search(shop, "/sites/none/source_code_group_search", ALL)
    assert_fault(answer, 404, "SiteNotFound", {"siteId": "none"})


@pytest.mark.rule("MKT-2", "MKT-6")
def test_source_code_groups_are_assigned_to_a_campaign(shop: Api) -> None:
    name = f"contract-{uuid.uuid4().hex}"[:28]
    shop.put(f"{GROUPS}/{name}", json={})
    campaign = f"{SITE}/campaigns/contract-paused"
    shop.put(campaign, json={})
    path = f"{campaign}/source_code_groups/{name}"
    assert shop.put(path).status_code == 204
    assert shop.get(campaign).json()["source_code_groups"] == [name]
    assert shop.delete(path).status_code == 204
    assert "source_code_groups" not in shop.get(campaign).json()
    answer = shop.put(f"{campaign}/source_code_groups/none")
    assert_fault(answer, 400, "ConstraintViolation", {"parameter": "source_code_group_id"})
    assert shop.put(path).status_code == 204
    shop.delete(f"{GROUPS}/{name}")
    assert "source_code_groups" not in shop.get(campaign).json()
