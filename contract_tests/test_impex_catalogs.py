"""Catalogs in site archives: categories, products, options and assignments (CAT-12, PRD-11)."""

import io
import re
import zipfile
from typing import Any

import pytest

from contract_tests.api import Api
from contract_tests.archives import EXPORT, INSTANCE, NAMESPACE, import_, run
from contract_tests.conftest import Start

pytestmark = pytest.mark.needs("an instance to import into")

FILE = "catalogs/lights/catalog.xml"
LIGHTS = """<header/>
<category category-id="desk-lamps">
 <display-name>Desk lamps</display-name><parent>lamps</parent><position>1.0</position>
</category>
<category category-id="root">
 <display-name xml:lang="x-default">Lights</display-name><online-flag>true</online-flag>
</category>
<category category-id="lamps">
 <display-name xml:lang="x-default">Lamps</display-name>
 <display-name xml:lang="de-DE">Lampen</display-name>
 <online-flag>true</online-flag><parent>root</parent><thumbnail>lamps.jpg</thumbnail>
 <page-attributes><page-title xml:lang="x-default">All lamps</page-title></page-attributes>
 <category-links>
  <category-link category-id="desk-lamps" type="accessory"/>
  <category-link category-id="care" catalog-id="storefront-catalog" type="cross-sell"/>
 </category-links>
</category>
<product product-id="lamp">
 <ean/>
 <display-name xml:lang="x-default">Desk lamp</display-name>
 <short-description xml:lang="x-default">A &lt;b&gt;small&lt;/b&gt; lamp</short-description>
 <online-flag>true</online-flag>
 <online-flag site-id="RefArch">false</online-flag>
 <online-from site-id="RefArch">2026-02-03T04:05:06.000Z</online-from>
 <images>
  <image-group view-type="large"><image path="large/lamp.jpg"/></image-group>
  <image-group view-type="large">
   <variation attribute-id="color" value="red"/>
   <image path="large/lamp-red.jpg"><alt xml:lang="x-default">Red lamp</alt></image>
  </image-group>
 </images>
 <brand>Acme</brand>
 <options>
  <shared-option option-id="warranty"/>
  <option option-id="shade">
   <option-values><option-value value-id="white" default="true"/></option-values>
  </option>
 </options>
 <variations>
  <attributes>
   <variation-attribute attribute-id="color" variation-attribute-id="color">
    <display-name xml:lang="x-default">Color</display-name>
    <variation-attribute-values>
     <variation-attribute-value value="red"/>
     <variation-attribute-value value="blue"/>
    </variation-attribute-values>
   </variation-attribute>
  </attributes>
  <variants><variant product-id="lamp-1" default="true"/></variants>
 </variations>
 <classification-category>lamps</classification-category>
</product>
<product product-id="lamp-1">
 <online-flag>true</online-flag>
 <custom-attributes>
  <custom-attribute attribute-id="color">red</custom-attribute>
 </custom-attributes>
</product>
<product product-id="pair">
 <bundled-products>
  <bundled-product product-id="bulb"><quantity>2</quantity></bundled-product>
 </bundled-products>
</product>
<product product-id="bulb"><upc>123</upc></product>
<product-option option-id="warranty">
 <display-name xml:lang="x-default">Warranty</display-name><sort-mode>price</sort-mode>
 <option-values>
  <option-value value-id="0" default="true">
   <display-value xml:lang="x-default">None</display-value>
   <product-id-modifier>-w0</product-id-modifier>
   <option-value-prices><option-value-price currency="EUR">0.50</option-value-price>
   </option-value-prices>
  </option-value>
 </option-values>
</product-option>
<variation-attribute attribute-id="size" variation-attribute-id="size" slicing-attribute="true">
 <variation-attribute-values><variation-attribute-value value="s"/></variation-attribute-values>
</variation-attribute>
<category-assignment category-id="lamps" product-id="lamp">
 <position>auto</position><primary-flag>true</primary-flag>
</category-assignment>
<category-assignment category-id="lamps" product-id="bulb"><position>auto</position>
</category-assignment>
<category-assignment category-id="desk-lamps" product-id="lamp"/>
"""


def catalog(text: str, catalog_id: str = "lights") -> str:
    root = f'<catalog xmlns="{NAMESPACE}/catalog/2006-10-31" catalog-id="{catalog_id}">'
    return f"{root}\n{text}</catalog>"


@pytest.fixture
def storefront(start: Start) -> Api:
    """A server with the data set ``storefront``."""
    return start(fixtures="storefront", seed="impex")


@pytest.fixture
def lights(storefront: Api) -> Api:
    """The same with the catalog ``lights``."""
    log = import_(storefront, {FILE: catalog(LIGHTS)})
    assert "WARN" not in log, log
    return storefront


def show(api: Api, path: str) -> Any:
    """Return the document of a path."""
    answer = api.get(path)
    assert answer.status_code == 200, answer.text
    return answer.json()


def pick(document: Any, *names: str) -> dict[str, Any]:
    return {name: document[name] for name in names if name in document}


@pytest.mark.rule("CAT-12")
def test_a_catalog_is_imported_with_its_categories(lights: Api) -> None:
    shop = show(lights, "/catalogs/lights?expand=stats")
    assert pick(shop, "name", "online", "category_count", "root_category") == {
        "name": {"default": "Lights"},
        "online": True,
        "category_count": 3,
        "root_category": "root",
    }
    assert (shop["owned_product_count"], shop["assigned_product_count"]) == (4, 2)
    lamps = show(lights, "/catalogs/lights/categories/lamps")
    assert lamps["name"] == {"default": "Lamps", "de-DE": "Lampen"}
    assert pick(lamps, "thumbnail", "page_title", "parent_category_id") == {
        "thumbnail": "lamps.jpg",
        "page_title": {"default": "All lamps"},
        "parent_category_id": "root",
    }
    assert [one["id"] for one in lamps["categories"]] == ["desk-lamps"]
    links = show(lights, "/catalogs/lights/categories/lamps/category_links")["data"]
    targets = [(one["target_catalog_id"], one["target_category_id"], one["type"]) for one in links]
    assert targets == [
        ("lights", "desk-lamps", "accessories"),
        ("storefront-catalog", "care", "cross_selling"),
    ]


@pytest.mark.rule("CAT-12")
def test_a_category_before_the_parent_keeps_the_links_of_the_file(storefront: Api) -> None:
    links = '<category-links><category-link category-id="care" type="other"/></category-links>'
    clothing = f'<category category-id="clothing"><parent>root</parent>{links}</category>'
    text = f'{clothing}<category category-id="root"><online-flag>true</online-flag></category>'
    log = import_(storefront, {FILE: catalog(text, "storefront-catalog")})
    assert "WARN" not in log, log
    path = "/catalogs/storefront-catalog/categories/clothing/category_links"
    [link] = show(storefront, path)["data"]
    assert (link["target_category_id"], link["type"]) == ("care", "other")


@pytest.mark.rule("CAT-12")
def test_assignments_have_the_order_of_the_file(lights: Api) -> None:
    path = "/catalogs/lights/categories/lamps/products"
    positions = [show(lights, f"{path}/{name}")["position"] for name in ("lamp", "bulb")]
    assert positions == [1, 2]
    assert "position" not in show(lights, "/catalogs/lights/categories/desk-lamps/products/lamp")
    shown = show(lights, "/products/lamp?expand=categories")
    assert shown["primary_category_id"] == "lamps"
    assert shown["classification_category"]["category_id"] == "lamps"
    places = {"top": "lamp-1", "bottom": "pair", "auto": "bulb"}
    more = "".join(
        f'<category-assignment category-id="lamps" product-id="{name}">'
        f"<position>{place}</position></category-assignment>"
        for place, name in places.items()
    )
    import_(lights, {FILE: catalog(more)})
    order = {
        name: show(lights, f"{path}/{name}")["position"] for name in ("lamp", *places.values())
    }
    assert sorted(order, key=order.__getitem__) == ["lamp-1", "lamp", "bulb", "pair"]


@pytest.mark.rule("CAT-12")
def test_shared_options_and_attributes_are_imported(lights: Api) -> None:
    option = show(lights, "/catalogs/lights/shared_product_options/warranty")
    assert (option["sorting_mode"], option["default_product_option_value"]) == (
        "byoptionprice",
        "0",
    )
    [value] = option["values"]
    assert pick(value, "value", "sku_extension") == {
        "value": {"default": "None"},
        "sku_extension": "-w0",
    }
    [price] = value["option_prices"]
    assert (price["currency_mnemonic"], price["value"]) == ("EUR", 0.5)
    attribute = show(lights, "/catalogs/lights/shared_variation_attributes/size")
    assert (attribute["slicing"], attribute["attribute_definition_id"]) == (True, "size")
    values = '<option-values><option-value value-id="5"/></option-values>'
    changed = f'<product-option option-id="warranty">{values}</product-option>'
    import_(lights, {FILE: catalog(changed)})
    option = show(lights, "/catalogs/lights/shared_product_options/warranty")
    assert [one["id"] for one in option["values"]] == ["5"]
    assert option["custom_name"] == {"default": "Warranty"}


@pytest.mark.rule("PRD-11")
def test_products_are_imported_with_their_relations(lights: Api) -> None:
    lamp = show(lights, "/products/lamp?expand=all_images,variations,options")
    assert pick(lamp, "ean", "brand", "owning_catalog_id", "default_variant_id", "name") == {
        "ean": "",
        "brand": "Acme",
        "owning_catalog_id": "lights",
        "default_variant_id": "lamp-1",
        "name": {"default": "Desk lamp"},
    }
    assert lamp["short_description"]["default"]["source"] == "A <b>small</b> lamp"
    assert lamp["online_flag"] == {"default": True, "RefArch": False}
    assert lamp["valid_from"] == {"RefArch": "2026-02-03T04:05:06.000Z"}
    assert [group["images"][0]["path"] for group in lamp["image_groups"]] == [
        "large/lamp.jpg",
        "large/lamp-red.jpg",
    ]
    [attribute] = lamp["image_groups"][1]["variation_attributes"]
    assert (attribute["id"], attribute["values"][0]["value"]) == ("color", "red")
    assert lamp["image"]["path"] == "large/lamp.jpg"
    [variant] = lamp["variants"]
    assert (variant["product_id"], variant["variation_values"]) == ("lamp-1", {"color": "red"})
    [color] = lamp["variation_attributes"]
    assert [value["value"] for value in color["values"]] == ["red", "blue"]
    options = {one["id"]: one["shared"] for one in lamp["product_options"]}
    assert options == {"shade": False, "warranty": True}
    assert show(lights, "/products/lamp-1")["type"] == {"_type": "product_type", "variant": True}
    pair = show(lights, "/products/pair?expand=bundles")
    assert [one["id"] for one in pair["bundled_products"]] == ["bulb"]


@pytest.mark.rule("PRD-11")
def test_a_list_of_variants_replaces_the_variants(lights: Api) -> None:
    variations = "<variations><variants><variant product-id='bulb'/></variants></variations>"
    import_(lights, {FILE: catalog(f'<product product-id="lamp">{variations}</product>')})
    listed = show(lights, "/products/lamp/variations")["data"]
    assert [one["product_id"] for one in listed] == ["bulb"]
    assert show(lights, "/products/lamp-1")["type"] == {"_type": "product_type", "item": True}
    lamp = show(lights, "/products/lamp")
    assert (lamp["brand"], "default_variant_id" in lamp) == ("Acme", False)


@pytest.mark.rule("CAT-12", "PRD-11")
def test_objects_with_mode_delete_are_removed(lights: Api) -> None:
    deleted = """<category category-id="lamps" mode="delete"/>
<product product-id="bulb" mode="delete"/>
<product-option option-id="warranty" mode="delete"/>"""
    assert "WARN" not in import_(lights, {FILE: catalog(deleted)})
    data = show(lights, "/catalogs/lights/categories")["data"]
    assert [one["id"] for one in data] == ["root"]
    shown = show(lights, "/products/lamp?expand=categories,options")
    assert not {"assigned_categories", "classification_category"} & set(shown)
    assert [one["id"] for one in shown["product_options"]] == ["shade"]
    assert lights.get("/products/bulb").status_code == 404
    assert "bundled_products" not in show(lights, "/products/pair?expand=bundles")


@pytest.mark.rule("CAT-12")
def test_references_to_missing_objects_are_logged(storefront: Api) -> None:
    wrong = """<category category-id="a"><parent>none</parent></category>
<category category-id="b"><category-links><category-link category-id="none" type="other"/>
</category-links></category>
<category-assignment category-id="b" product-id="none"/>
<category-assignment category-id="none" product-id="gift-wrap"/>"""
    log = import_(storefront, {FILE: catalog(wrong)})
    for name in ("category 'a'", "category-link 'other'", "category-assignment 'none'"):
        assert f"{name}: " in log
    assert log.count("DATAERROR") == 4
    data = show(storefront, "/catalogs/lights/categories")["data"]
    assert [one["id"] for one in data] == ["b", "root"]


@pytest.mark.rule("IMP-5", "PRD-11")
def test_a_product_is_imported_without_its_references_to_missing_objects(lights: Api) -> None:
    before = show(lights, "/products/lamp?expand=categories")["classification_category"]
    products = """<product product-id="kit"><display-name xml:lang="x-default">Kit</display-name>
<bundled-products><bundled-product product-id="plug"><quantity>1</quantity></bundled-product>
<bundled-product product-id="none"><quantity>1</quantity></bundled-product></bundled-products>
</product>
<product product-id="plug"><classification-category>none</classification-category></product>
<product product-id="lamp"><classification-category>none</classification-category></product>
<product product-id="base"><variations><variants><variant product-id="none"/></variants>
</variations></product>"""
    log = import_(lights, {FILE: catalog(products)})
    assert "DATAERROR" not in log
    warnings = re.findall(r"WARN \[DATAWARNING\] (.*)", log)
    place = "(catalogs/lights/catalog.xml, line"
    assert [one.partition(f" {place}")[0] for one in warnings] == [
        "[3/5] product 'plug': classification_category: there is no 'lights/none' in categories",
        "[4/5] product 'lamp': classification_category: there is no 'lights/none' in categories",
        "[2/5] product 'kit': bundled_products: there is no 'none' in products",
        "product 'base': variations: there is no 'none' in products",
    ]
    kit = show(lights, "/products/kit?expand=bundles")
    assert (kit["name"], [one["id"] for one in kit["bundled_products"]]) == (
        {"default": "Kit"},
        ["plug"],
    )
    assert "classification_category" not in show(lights, "/products/plug?expand=categories")
    lamp = show(lights, "/products/lamp?expand=categories")
    assert lamp["classification_category"] == before
    assert show(lights, "/products/base")["type"] == {"_type": "product_type", "master": True}


@pytest.mark.rule("CAT-12")
def test_a_preference_gives_a_site_the_catalog(lights: Api) -> None:
    preference = '<preference preference-id="SiteCatalog">lights</preference>'
    file = (
        f'<preferences xmlns="{NAMESPACE}/preferences/2007-03-31"><standard-preferences>'
        f"<all-instances>{preference}</all-instances></standard-preferences></preferences>"
    )
    import_(lights, {"sites/RefArch/preferences.xml": file})
    assert [one["id"] for one in show(lights, "/catalogs/lights")["assigned_sites"]] == ["RefArch"]
    assert "assigned_sites" not in show(lights, "/catalogs/storefront-catalog")


@pytest.mark.rule("CAT-12", "PRD-11")
def test_an_export_has_the_objects_of_the_wanted_catalog(lights: Api) -> None:
    body = {"export_file": "x.zip", "data_units": {"catalogs": {"lights": True}}}
    assert run(lights, EXPORT, body)[0]["status"] == "OK"
    content = lights.call("GET", f"{INSTANCE}/x.zip").content
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        assert archive.namelist() == ["x/version.txt", "x/catalogs/lights/catalog.xml"]
        text = archive.read("x/catalogs/lights/catalog.xml").decode()
    ids = ["root", "lamps", "desk-lamps"]
    places = [text.index(f'<category category-id="{name}">') for name in ids]
    assert places == sorted(places)
    for expected in (
        '<category-link catalog-id="storefront-catalog" category-id="care" type="cross-sell" />',
        '<online-flag site-id="RefArch">false</online-flag>',
        '<variant product-id="lamp-1" default="true" />',
        '<shared-option option-id="warranty" />',
        '<option-value-price currency="EUR">0.50</option-value-price>',
        "<primary-flag>true</primary-flag>",
    ):
        assert expected in text, text
    order = [text.index(f"<{name}") for name in ("attributes>", "variants>")]
    assert order == sorted(order)


@pytest.mark.rule("CAT-12", "PRD-11")
def test_an_archive_with_a_catalog_is_served_like_a_data_set(start: Start, tmp_path: Any) -> None:
    more = '<category-assignment category-id="lamps" product-id="none"/>'
    file = tmp_path / FILE
    file.parent.mkdir(parents=True)
    file.write_text(catalog(LIGHTS + more))
    api = start(fixtures=str(tmp_path))
    lamp = show(api, "/products/lamp?expand=variations,categories")
    assert [one["product_id"] for one in lamp["variants"]] == ["lamp-1"]
    assert lamp["primary_category_id"] == "lamps"
    assert show(api, "/catalogs/lights")["name"] == {"default": "Lights"}
    links = show(api, "/catalogs/lights/categories/lamps/category_links")["data"]
    assert [one["target_category_id"] for one in links] == ["desk-lamps"]
    path = "/catalogs/lights/categories/lamps/products"
    assert show(api, f"{path}/bulb")["position"] == 2
