"""Campaigns, promotions, coupons and source codes in site archives (MKT-17)."""

import io
import re
import zipfile
from collections.abc import Callable
from typing import Any
from xml.etree.ElementTree import Element

import pytest
from defusedxml import ElementTree

from contract_tests.api import Api
from contract_tests.archives import INSTANCE, import_, run
from contract_tests.shop import ALL, search, strip

pytestmark = pytest.mark.needs("an instance to import into")

Start = Callable[..., Api]
NAMESPACE = "http://www.demandware.com/xml/impex"
XML_LANGUAGE = "{http://www.w3.org/XML/1998/namespace}lang"
SITE = "/sites/RefArch"
FOLDER = "sites/RefArch"
PROMOTIONS = f"""<promotions xmlns="{NAMESPACE}/promotion/2008-01-31">
 <campaign campaign-id="summer">
  <description>All summer</description>
  <enabled-flag>true</enabled-flag>
  <start-date>2025-06-01T00:00:00.000Z</start-date>
  <end-date>2026-08-31T22:00:00.000Z</end-date>
  <customer-groups match-mode="any"><customer-group group-id="VIP"/></customer-groups>
  <coupons><coupon coupon-id="sun"/><coupon coupon-id="beach"/></coupons>
  <source-codes><source-code group-id="radio"/></source-codes>
 </campaign>
 <campaign campaign-id="partial">
  <customer-groups><customer-group group-id="none"/></customer-groups>
  <coupons><coupon coupon-id="none"/><coupon coupon-id="beach"/></coupons>
 </campaign>
 <campaign campaign-id="paused" mode="delete"/>
 <promotion promotion-id="ice">
  <enabled-flag>true</enabled-flag>
  <archived-flag>false</archived-flag>
  <exclusivity>class</exclusivity>
  <currency>EUR</currency>
  <name xml:lang="x-default">Ice</name>
  <name xml:lang="de">Eis</name>
  <callout-msg xml:lang="x-default">&lt;b&gt;Cold&lt;/b&gt;</callout-msg>
  <tags><tag>food</tag><tag>summer</tag></tags>
  <shipping-promotion-rule>
   <discount-threshold type="buy &lt; get" xml:lang="de">
    <amount>10.5</amount>
   </discount-threshold>
   <disable-global-excluded-products>true</disable-global-excluded-products>
  </shipping-promotion-rule>
 </promotion>
 <promotion promotion-id="lamp-sale" mode="delete"/>
 <promotion-campaign-assignment promotion-id="ice" campaign-id="summer">
  <qualifiers match-mode="all"><customer-groups/><coupons/></qualifiers>
  <customer-groups><customer-group group-id="Registered"/>
   <customer-group group-id="none"/></customer-groups>
  <coupons><coupon coupon-id="beach"/></coupons>
  <rank>5</rank>
  <schedule>
   <start-date>2025-07-01T00:00:00.000Z</start-date>
   <recurrence>
    <day-of-week><weekday>Thursday</weekday><weekday>Sunday</weekday></day-of-week>
    <time-of-day><time-from>00:00:00.000Z</time-from><time-to>18:30:00.000Z</time-to></time-of-day>
   </recurrence>
  </schedule>
 </promotion-campaign-assignment>
 <promotion-campaign-assignment promotion-id="none" campaign-id="summer"/>
</promotions>"""
COUPONS = f"""<coupons xmlns="{NAMESPACE}/coupon/2008-06-17">
 <coupon coupon-id="sun">
  <description>Sun</description>
  <enabled-flag>true</enabled-flag>
  <redemption-limits>
   <limit-per-code>3</limit-per-code>
   <limit-per-time-frame><limit>2</limit><time-frame>30</time-frame></limit-per-time-frame>
  </redemption-limits>
  <single-code>SUN</single-code>
 </coupon>
 <coupon coupon-id="beach">
  <case-insensitive>true</case-insensitive>
  <redemption-limits>
   <allow-multiple-codes-per-order>true</allow-multiple-codes-per-order>
  </redemption-limits>
  <multiple-codes><code>B-1</code><code>B-2</code></multiple-codes>
 </coupon>
 <coupon coupon-id="waves"><system-codes>
  <max-number-of-codes>40</max-number-of-codes><code-prefix>W</code-prefix>
 </system-codes></coupon>
 <coupon coupon-id="partner" mode="delete"/>
 <coupon coupon-id="taken"><single-code>WELCOME10</single-code></coupon>
 <coupon-codes coupon-id="beach"><code>B-3</code><code>FLYER-C3</code></coupon-codes>
 <coupon-codes coupon-id="flyer" mode="delete"><code>FLYER-A1</code></coupon-codes>
</coupons>"""
SOURCE_CODES = f"""<sourcecodes xmlns="{NAMESPACE}/sourcecode/2007-03-31">
 <sourcecode-group group-id="radio">
  <description>Heard on the radio</description>
  <enabled-flag>true</enabled-flag>
  <cookie-max-age>7</cookie-max-age>
  <online-from>2025-06-01Z</online-from>
  <active-redirect><category-redirect category-id="ice-cream"/></active-redirect>
  <inactive-redirect><home-redirect/></inactive-redirect>
  <code-specs><code-spec>radio[1..9]</code-spec><code-spec>fm*</code-spec></code-specs>
 </sourcecode-group>
 <sourcecode-group group-id="newsletter">
  <active-redirect><home-redirect/></active-redirect>
 </sourcecode-group>
 <sourcecode-group group-id="partners" mode="delete"/>
</sourcecodes>"""
FILES: dict[str, str | bytes] = {
    f"{FOLDER}/promotions.xml": PROMOTIONS,
    f"{FOLDER}/coupons.xml": COUPONS,
    f"{FOLDER}/sourcecodes.xml": SOURCE_CODES,
}


@pytest.fixture
def storefront(start: Start) -> Api:
    """A server with the data set ``storefront`` and a clock that stands at 2026-01-01."""
    return start(fixtures="storefront", seed="impex")


def read(api: Api, path: str) -> Any:
    answer = api.get(path)
    assert answer.status_code == 200, answer.text
    document = strip(answer.json())
    return {name: value for name, value in document.items() if name not in ("_type", "link")}


@pytest.mark.rule("MKT-17")
def test_campaigns_and_promotions_are_imported(storefront: Api) -> None:
    log = import_(storefront, FILES)
    assert read(storefront, f"{SITE}/campaigns/summer") == {
        "campaign_id": "summer",
        "coupons": ["sun", "beach"],
        "customer_groups": ["VIP"],
        "description": "All summer",
        "enabled": True,
        "end_date": "2026-08-31T22:00:00.000Z",
        "source_code_groups": ["radio"],
        "start_date": "2025-06-01T00:00:00.000Z",
    }
    promotion = read(storefront, f"{SITE}/promotions/ice")
    [assignment] = promotion.pop("assignment_information")["active_campaign_assignments"]
    assert promotion == {
        "archived": False,
        "callout_msg": {
            "default": {"_type": "markup_text", "markup": "<b>Cold</b>", "source": "<b>Cold</b>"}
        },
        "currency_code": "EUR",
        "disable_globally_excluded": True,
        "enabled": True,
        "exclusivity": "class",
        "id": "ice",
        "name": {"default": "Ice", "de": "Eis"},
        "promotion_class": "shipping",
        "tags": [{"_type": "tag", "tag_id": "food"}, {"_type": "tag", "tag_id": "summer"}],
    }
    del assignment["link"]
    assert strip(assignment) == {
        "_type": "promotion_campaign_assignment",
        "campaign_id": "summer",
        "coupons": ["beach"],
        "coupons_based": True,
        "customer_groups": ["Registered"],
        "customer_groups_based": True,
        "enabled": True,
        "promotion_id": "ice",
        "rank": 5,
        "required_qualifier": "all",
        "schedule": {
            "_type": "schedule",
            "recurrence": {
                "_type": "recurrence",
                "day_of_week": ["thursday", "sunday"],
                "time_of_day": {
                    "_type": "time_of_day",
                    "time_from": "00:00:00",
                    "time_to": "18:30:00",
                },
            },
            "start_date": "2025-07-01T00:00:00.000Z",
        },
        "source_code_based": False,
    }
    for path in ("campaigns/paused", "promotions/lamp-sale"):
        assert storefront.get(f"{SITE}/{path}").status_code == 404
    errors = re.findall(r"WARN \[DATAERROR\] \[\d/\d\] (\S+ '\S+'): ", log)
    assert errors == [
        "coupon 'taken'",
        "code 'FLYER-C3'",
        "promotion-campaign-assignment 'none'",
    ]


@pytest.mark.rule("IMP-5", "MKT-17")
def test_a_campaign_is_imported_without_its_references_to_missing_objects(storefront: Api) -> None:
    log = import_(storefront, FILES)
    partial = read(storefront, f"{SITE}/campaigns/partial")
    assert (partial["coupons"], "customer_groups" in partial) == (["beach"], False)
    warnings = re.findall(r"WARN \[DATAWARNING\] \[\d/\d\] (.*) \(sites/", log)
    no_group = "customer_groups: there is no 'RefArch/none' in customer_groups"
    assert sorted(warnings) == [
        "campaign 'partial': coupons: there is no 'RefArch/none' in coupons",
        f"campaign 'partial': {no_group}",
        f"promotion-campaign-assignment 'ice': {no_group}",
    ]


@pytest.mark.rule("MKT-17")
def test_an_export_has_the_rule_of_a_promotion(storefront: Api) -> None:
    log = import_(storefront, FILES)
    assert "discount-threshold" not in log
    ice = f"{SITE}/promotions/ice"
    assert "rule" not in read(storefront, ice)
    assert "rule" not in read(storefront, f"{ice}?select=(**)")
    content = export(storefront, "c.zip")
    [rule] = content.findall(".//{*}promotion[@promotion-id='ice']/{*}shipping-promotion-rule")
    assert [child.tag.rpartition("}")[2] for child in rule] == [
        "discount-threshold",
        "disable-global-excluded-products",
    ]
    [threshold] = rule.findall("{*}discount-threshold")
    assert dict(threshold.attrib) == {"type": "buy < get", XML_LANGUAGE: "de"}
    assert threshold.findtext("{*}amount") == "10.5"
    state = storefront.get(ice).json()["_resource_state"]
    run(storefront, "sfcc-site-archive-import", {"file_name": "c.zip"})
    assert storefront.get(ice).json()["_resource_state"] == state
    assert storefront.patch(ice, json={"promotion_class": "order"}).status_code == 200
    content = export(storefront, "d.zip")
    [rule] = content.findall(".//{*}promotion[@promotion-id='ice']/{*}order-promotion-rule")
    assert [child.tag.rpartition("}")[2] for child in rule] == ["disable-global-excluded-products"]


@pytest.mark.rule("MKT-17")
def test_an_empty_list_in_a_file_empties_the_list(storefront: Api) -> None:
    path = f"{SITE}/campaigns/members"
    assert {"coupons", "customer_groups"} < read(storefront, path).keys()
    content = f"""<promotions xmlns="{NAMESPACE}/promotion/2008-01-31">
 <campaign campaign-id="members"><coupons/></campaign></promotions>"""
    import_(storefront, {f"{FOLDER}/promotions.xml": content})
    changed = read(storefront, path)
    assert ("coupons" in changed, "customer_groups" in changed) == (False, True)


@pytest.mark.rule("MKT-17")
def test_coupons_and_codes_are_imported(storefront: Api) -> None:
    import_(storefront, FILES)
    coupons = f"{SITE}/coupons"
    sun = read(storefront, f"{coupons}/sun")
    assert (sun["type"], sun["single_code"], sun["description"]) == ("single_code", "SUN", "Sun")
    assert sun["redemption_limits"] == {
        "_type": "redemption_limits",
        "limit_per_code": 3,
        "limit_per_time_frame": {
            "_type": "redemption_limit_per_period",
            "limit": 2,
            "redemption_time_frame": 30,
        },
    }
    beach = read(storefront, f"{coupons}/beach")
    flags = (beach["type"], beach["case_insensitive"], beach["multiple_codes_per_basket"])
    assert flags == ("multiple_codes", True, True)
    waves = read(storefront, f"{coupons}/waves")
    assert waves["system_codes_config"] == {
        "_type": "coupon_system_code_config",
        "code_prefix": "W",
        "number_of_codes": 40,
    }
    codes = {
        name: [one["code"] for one in storefront.get(f"{coupons}/{name}/codes").json()["data"]]
        for name in ("beach", "flyer")
    }
    assert codes == {"beach": ["B-1", "B-2", "B-3"], "flyer": ["FLYER-B2", "FLYER-C3"]}
    assert storefront.get(f"{coupons}/partner").status_code == 404
    assert read(storefront, f"{SITE}/campaigns/members")["coupons"] == ["welcome"]


@pytest.mark.rule("MKT-17")
def test_source_code_groups_are_imported(storefront: Api) -> None:
    import_(storefront, FILES)
    groups = f"{SITE}/source_code_groups"
    assert read(storefront, f"{groups}/radio?expand=specifications") == {
        "active": True,
        "active_redirect": {
            "_type": "source_code_redirect_info",
            "location": "ice-cream",
            "location_type": "category",
        },
        "cookie_duration": 7,
        "description": "Heard on the radio",
        "enabled": True,
        "id": "radio",
        "inactive_redirect": {"_type": "source_code_redirect_info", "location_type": "home"},
        "specifications": [
            {"_type": "source_code_specification", "expression": text}
            for text in ("radio[1..9]", "fm*")
        ],
        "start_time": "2025-06-01T00:00:00.000Z",
    }
    redirect = read(storefront, f"{groups}/newsletter")["active_redirect"]
    assert redirect == {"_type": "source_code_redirect_info", "location_type": "home"}
    assert storefront.get(f"{groups}/partners").status_code == 404


@pytest.mark.rule("MKT-17")
def test_the_import_of_an_export_gives_the_same(storefront: Api) -> None:
    import_(storefront, FILES)
    units = ("campaigns_and_promotions", "coupons", "source_codes")
    before = list_documents(storefront)
    body = {
        "export_file": "b.zip",
        "data_units": {"sites": {"RefArch": dict.fromkeys(units, True)}},
    }
    run(storefront, "sfcc-site-archive-export", body)
    for path in ("campaigns/members", "promotions/ice", "coupons/beach", "coupons/waves"):
        assert storefront.delete(f"{SITE}/{path}").status_code == 204
    assert storefront.delete(f"{SITE}/source_code_groups/newsletter").status_code == 204
    assert list_documents(storefront) != before
    _, log = run(storefront, "sfcc-site-archive-import", {"file_name": "b.zip"})
    assert "WARN" not in log
    assert list_documents(storefront) == before


def export(api: Api, name: str) -> Element:
    """Return the root of the promotions in an export."""
    units = {"sites": {"RefArch": {"campaigns_and_promotions": True}}}
    run(api, "sfcc-site-archive-export", {"export_file": name, "data_units": units})
    content = api.call("GET", f"{INSTANCE}/{name}").content
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        file = archive.read(f"{name.partition('.')[0]}/{FOLDER}/promotions.xml")
    return ElementTree.fromstring(file)


def list_documents(api: Api) -> Any:
    """Return all documents of the site in the formats of this module."""
    searches = ("campaign", "promotion", "coupon", "source_code_group")
    found = {
        name: [
            strip(hit)
            for hit in search(
                api,
                f"{SITE}/{name}_search",
                ALL,
                select="(**)",
                count=200,
                **({"expand": ["specifications"]} if name == "source_code_group" else {}),
            ).json()["hits"]
        ]
        for name in searches
    }
    path = f"{SITE}/promotion_campaign_assignment_search"
    hits = search(api, path, ALL, select="(**)", count=200).json()["hits"]
    left_out = ("description", "enabled")  # which have no element
    found["assignments"] = [
        {name: value for name, value in strip(hit).items() if name not in left_out} for hit in hits
    ]
    found["codes"] = [
        one
        for name in ("beach", "flyer", "waves")
        for one in api.get(f"{SITE}/coupons/{name}/codes?count=100").json().get("data", ())
    ]
    for hit in found["promotion"]:
        del hit["assignment_information"]
    return found
