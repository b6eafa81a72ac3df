"""Site archives: first data from the import and export XML of an instance (IMP)."""

import zipfile
from pathlib import Path
from typing import Any

import pytest

from contract_tests.conftest import Start

pytestmark = pytest.mark.needs("an instance to import into")

NAMESPACE = "http://www.demandware.com/xml/impex"
NORTH = f"""<?xml version="1.0" encoding="UTF-8"?>
<inventory xmlns="{NAMESPACE}/inventory/2007-05-31">
 <inventory-list>
  <header list-id="north">
   <default-instock>true</default-instock>
   <description>Warehouse North &amp; returns</description>
   <use-bundle-inventory-only>true</use-bundle-inventory-only>
   <on-order>1</on-order>
   <custom-attributes>
    <custom-attribute attribute-id="floors">3</custom-attribute>
    <custom-attribute attribute-id="hours" xml:lang="x-default">9-17</custom-attribute>
    <custom-attribute attribute-id="hours" xml:lang="de-DE">9-17 Uhr</custom-attribute>
   </custom-attributes>
  </header>
  <records>
   <record product-id="lamp/1">
    <allocation>12</allocation>
    <allocation-timestamp>2026-02-03T05:05:06.000+01:00</allocation-timestamp>
    <perpetual>false</perpetual>
    <preorder-backorder-handling>backorder</preorder-backorder-handling>
    <preorder-backorder-allocation>5</preorder-backorder-allocation>
    <in-stock-date>2026-03-01Z</in-stock-date>
    <in-stock-datetime>2026-03-02T00:00:00.000Z</in-stock-datetime>
    <on-order>1</on-order>
    <turnover>3</turnover>
    <custom-attributes>
     <custom-attribute attribute-id="bins"><value>A7</value><value>A9</value></custom-attribute>
    </custom-attributes>
   </record>
   <record product-id="lamp-2"><perpetual>true</perpetual></record>
   <record product-id="lamp-3"/>
   <record product-id="lamp-3" mode="delete"/>
  </records>
 </inventory-list>
</inventory>
"""
SHOP = f"""<site xmlns="{NAMESPACE}/site/2007-04-30" site-id="Shop"><name>The Shop</name>
<currency>EUR</currency><taxation>gross</taxation>
<custom-cartridges>app_mine:app_base</custom-cartridges>
<storefront-status>offline</storefront-status></site>"""
PREFERENCES = f"""<preferences xmlns="{NAMESPACE}/preferences/2007-03-31">
<standard-preferences><all-instances>
<preference preference-id="SiteInventoryList">north</preference>
</all-instances></standard-preferences></preferences>"""
DECLARATIONS = """{"custom_properties": [
{"document": "inventory_list", "name": "c_floors", "type": "number"}]}"""
FILES = {
    "a/inventory-lists/any-name.xml": NORTH,
    "a/sites/Shop/site.xml": SHOP,
    "a/sites/Shop/preferences.xml": PREFERENCES,
    "a/custom_properties.json": DECLARATIONS,
    "a/version.txt": "22.8.1",
}


def archive(folder: Path) -> str:
    with zipfile.ZipFile(folder / "a.zip", "w") as written:
        for name, text in FILES.items():
            written.writestr(name, text)
    return str(folder / "a.zip")


def without(document: dict[str, Any], *names: str) -> dict[str, Any]:
    envelope = ("_v", "_type", "_resource_state", "link", *names)
    return {name: value for name, value in document.items() if name not in envelope}


@pytest.mark.rule("IMP-1")
def test_an_archive_is_served_like_a_data_set(start: Start, tmp_path: Path) -> None:
    api = start(fixtures=archive(tmp_path))
    assert [site["id"] for site in api.get("/sites").json()["data"]] == ["Shop"]
    listed = api.get("/inventory_lists/north/product_inventory_records").json()["data"]
    assert [record["product_id"] for record in listed] == ["lamp-2", "lamp/1"]


@pytest.mark.rule("IMP-1")
def test_a_single_file_is_served_with_the_sites_of_the_default_data(
    start: Start, tmp_path: Path
) -> None:
    (tmp_path / "stock.xml").write_text(NORTH)
    api = start(fixtures=str(tmp_path / "stock.xml"))
    assert api.get("/inventory_lists").json()["data"][0]["id"] == "north"
    assert api.get("/inventory_lists").json()["total"] == 1
    assert api.get("/sites/RefArch").status_code == 200


@pytest.mark.rule("IMP-2")
def test_the_elements_of_inventory_give_these_properties(start: Start, tmp_path: Path) -> None:
    api = start(fixtures=archive(tmp_path))
    assert without(api.get("/inventory_lists/north").json()) == {
        "assigned_sites": ["Shop"],
        "c_floors": 3,
        "c_hours": {"default": "9-17", "de-DE": "9-17 Uhr"},
        "default_in_stock": True,
        "description": "Warehouse North & returns",
        "id": "north",
        "on_order_inventory_enabled": True,
        "use_bundle_inventory_only": True,
    }
    record = api.get("/inventory_lists/north/product_inventory_records/lamp%2F1").json()
    assert without(record) == {
        "allocation": {
            "_type": "product_inventory_record_allocation",
            "amount": 12,
            "reset_date": "2026-02-03T04:05:06.000Z",
        },
        "ats": 14,
        "c_bins": ["A7", "A9"],
        "in_stock_date": "2026-03-02T00:00:00.000Z",
        "inventory_list_id": "north",
        "inventory_turnover": 3,
        "perpetual_flag": False,
        "pre_order_back_order_allocation": 5,
        "pre_order_back_order_handling": "backorder",
        "product_id": "lamp/1",
        "quantity_on_order": 1,
        "stock_level": 9,
    }


@pytest.mark.rule("IMP-3")
def test_the_elements_of_a_site_give_these_properties(start: Start, tmp_path: Path) -> None:
    api = start(fixtures=archive(tmp_path))
    assert without(api.get("/sites/Shop").json()) == {
        "cartridges": "app_mine:app_base",
        "display_name": {"default": "The Shop"},
        "id": "Shop",
        "in_deletion": False,
        "storefront_status": "maintenance",
    }
