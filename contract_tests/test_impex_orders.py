"""Slots and orders in site archives (SLOT-8, ORDER-11)."""

import io
import re
import zipfile
from pathlib import Path
from typing import Any

import pytest

from contract_tests.api import Api
from contract_tests.archives import EXPORT, INSTANCE, NAMESPACE, import_, run
from contract_tests.conftest import Start

pytestmark = pytest.mark.needs("an instance to import into")

SLOTS = f"""<slot-configurations xmlns="{NAMESPACE}/slot/2008-09-08">
 <slot-configuration slot-id="aisle" context="category" context-id="a" configuration-id="one"
   default="true" assigned-to-site="true">
  <description>d</description>
  <template>t</template>
  <rank>20</rank>
  <enabled-flag>true</enabled-flag>
  <callout-msg xml:lang="x-default">c</callout-msg>
  <schedule>
   <start-date>2026-01-01T00:00:00.000Z</start-date>
   <recurrence>
    <day-of-week><weekday>Monday</weekday><weekday>Sunday</weekday></day-of-week>
    <time-of-day><time-from>04:05:00.000Z</time-from></time-of-day>
   </recurrence>
  </schedule>
  <content><html><body xml:lang="de-DE">&lt;p&gt;x&lt;/p&gt;</body></html></content>
  <customer-groups><customer-group group-id="Registered"/></customer-groups>
 </slot-configuration>
 <slot-configuration slot-id="aisle" context="global" configuration-id="two">
  <content><products><product product-id="p"/><product product-id="q"/></products></content>
 </slot-configuration>
 <slot-configuration slot-id="aisle" context="global" configuration-id="three">
  <content><recommended-products/></content>
 </slot-configuration>
 <slot-configuration slot-id="aisle" context="global" configuration-id="four">
  <description>without content</description>
 </slot-configuration>
 <slot-configuration slot-id="home-banner" context="global" configuration-id="winter"
   mode="delete"/>
</slot-configurations>"""
ORDERS = f"""<orders xmlns="{NAMESPACE}/order/2006-10-31">
 <order order-no="A1">
  <order-date>2026-02-03T04:05:06.000Z</order-date><currency>EUR</currency>
  <customer>
   <guest>false</guest><customer-no>00000001</customer-no>
   <billing-address><last-name>Sample</last-name><country-code>DE</country-code></billing-address>
  </customer>
  <status><order-status>OPEN</order-status><payment-status>PART_PAID</payment-status></status>
  <product-lineitems>
   <product-lineitem>
    <base-price>12.50</base-price><product-id>leather-balm</product-id>
    <quantity unit="">2.0</quantity>
   </product-lineitem>
  </product-lineitems>
  <shipments>
   <shipment shipment-id="s1">
    <shipping-address><city>Testville</city><postbox>9</postbox></shipping-address>
   </shipment>
  </shipments>
  <totals><order-total><gross-price>25.00</gross-price></order-total></totals>
  <payments>
   <payment>
    <custom-method><method-name>INVOICE</method-name></custom-method>
    <amount>25.00</amount><transaction-id>t1</transaction-id>
   </payment>
  </payments>
  <external-order-status>PACKED</external-order-status>
 </order>
 <order order-no="A2">
  <status><order-status>REPLACED</order-status></status>
 </order>
 <order order-no="00000105" mode="delete"/>
</orders>"""


@pytest.fixture
def shop(start: Start) -> Api:
    return start(fixtures="storefront")


def show_order(shop: Api, number: str) -> Any:
    files = shop.call("GET", "/__emulator__/state").json()["files"]
    found = [one for one in files["orders.json"] if one["order_no"] == number]
    return found[0] if found else None


def path_of(slot_id: str, configuration_id: str) -> str:
    return f"/sites/RefArch/slots/{slot_id}/slot_configurations/{configuration_id}"


@pytest.mark.rule("SLOT-8")
def test_an_archive_brings_slot_configurations(shop: Api) -> None:
    log = import_(shop, {"sites/RefArch/slots.xml": SLOTS})
    [error] = re.findall("DATAERROR.*", log)
    assert "slot-configuration 'four'" in error
    assert "$.slot_content" in error
    document = shop.get(f"{path_of('aisle', 'one')}?context=category=a").json()
    markup = {"_type": "markup_text", "markup": "<p>x</p>", "source": "<p>x</p>"}
    assert document["slot_content"] == {
        "_type": "slot_content",
        "body": {"de-DE": markup},
        "type": "html",
    }
    recurrence = document["schedule"]["recurrence"]
    assert recurrence["day_of_week"] == ["monday", "sunday"]
    assert recurrence["time_of_day"]["time_from"] == "04:05:00"
    names = ("customer_groups", "default", "description", "enabled", "rank", "template")
    found = [document[name] for name in names]
    assert found == [["Registered"], True, "d", True, 20, "t"]
    contents = [
        shop.get(path_of("aisle", name)).json().get("slot_content") for name in ("two", "three")
    ]
    assert contents == [
        {"_type": "slot_content", "product_ids": ["p", "q"], "type": "products"},
        {"_type": "slot_content", "type": "recommended_products"},
    ]
    assert shop.get(path_of("aisle", "four")).status_code == 404
    assert shop.get(path_of("home-banner", "winter")).status_code == 404
    slot = shop.get("/sites/RefArch/slots/aisle/category").json()
    assert [one["configuration_id"] for one in slot["slot_configurations"]] == ["one"]


@pytest.mark.rule("SLOT-8")
def test_an_archive_with_slot_configurations_is_a_data_set(start: Start, tmp_path: Path) -> None:
    groups = f"""<customer-groups xmlns="{NAMESPACE}/customergroup/2007-06-30">
 <customer-group group-id="Registered"/></customer-groups>"""
    site = f'<site xmlns="{NAMESPACE}/site/2007-04-30" site-id="RefArch"/>'
    only = re.sub("<slot-configuration[^>]*winter[^>]*>", "", SLOTS)
    only = re.sub("<slot-configuration[^>]*four.*?</slot-configuration>", "", only, flags=re.DOTALL)
    folder = tmp_path / "sites" / "RefArch"
    folder.mkdir(parents=True)
    for name, text in (("site", site), ("customer-groups", groups), ("slots", only)):
        (folder / f"{name}.xml").write_text(text, encoding="utf-8")
    shop = start(fixtures=str(tmp_path))
    found = shop.get("/sites/RefArch/slots").json()["data"]
    assert [(one["slot_id"], one["context_type"]) for one in found] == [
        ("aisle", "category"),
        ("aisle", "global"),
    ]
    shown = found[1]["slot_configurations"]
    assert [one["configuration_id"] for one in shown] == ["three", "two"]
    assert [len(one["uuid"]) for one in shown] == [28, 28]


@pytest.mark.rule("SLOT-8")
def test_a_deletion_in_a_data_set_takes_missing_ids_for_any(start: Start, tmp_path: Path) -> None:
    folder = tmp_path / "sites" / "RefArch"
    folder.mkdir(parents=True)
    site = f'<site xmlns="{NAMESPACE}/site/2007-04-30" site-id="RefArch"/>'
    content = "<content><html><body>x</body></html></content>"
    made = "".join(
        f'<slot-configuration slot-id="{slot}" context="global" configuration-id="{id_}">{content}'
        "</slot-configuration>"
        for slot, id_ in (("top", "a"), ("top", "b"), ("side", "a"))
    )
    deleted = '<slot-configuration slot-id="top" mode="delete"/>'
    slots = f'<slot-configurations xmlns="{NAMESPACE}/slot/2008-09-08">{made}{deleted}'
    (folder / "site.xml").write_text(site)
    (folder / "slots.xml").write_text(f"{slots}</slot-configurations>")
    shop = start(fixtures=str(tmp_path))
    found = shop.get("/sites/RefArch/slot_configurations").json()["data"]
    assert [(one["slot_id"], one["configuration_id"]) for one in found] == [("side", "a")]


@pytest.mark.rule("SLOT-8")
def test_an_imported_slot_configuration_has_a_lasting_uuid(shop: Api) -> None:
    known = "a slot configuration of the data set"
    paths = {
        "one": f"{path_of('aisle', 'one')}?context=category=a",
        "two": path_of("aisle", "two"),
        known: path_of("home-banner", "welcome"),
    }
    welcome = SLOTS.replace("winter", "welcome")
    slots = re.sub(r'\s+mode="delete"/>', "><rank>30</rank></slot-configuration>", welcome)
    found = []
    for _ in "12":
        import_(shop, {"sites/RefArch/slots.xml": slots})
        found.append({name: shop.get(path).json()["uuid"] for name, path in paths.items()})
    assert found[0] == found[1]
    assert found[0][known] == "slot0000000000000000welcome"
    assert shop.get(paths[known]).json()["rank"] == 30
    assert re.fullmatch("[0-9a-z]{28}", found[0]["one"])
    assert found[0]["one"] != found[0]["two"]
    shop.delete(paths["two"])
    import_(shop, {"sites/RefArch/slots.xml": slots})
    assert shop.get(paths["two"]).json()["uuid"] == found[0]["two"]


@pytest.mark.rule("SLOT-8")
def test_an_export_has_slot_configurations(shop: Api) -> None:
    import_(shop, {"sites/RefArch/slots.xml": SLOTS})
    body = {"export_file": "b.zip", "data_units": {"sites": {"RefArch": {"slots": True}}}}
    run(shop, EXPORT, body)
    content = shop.call("GET", f"{INSTANCE}/b.zip").content
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        [name] = [name for name in archive.namelist() if name.endswith(".xml")]
        text = archive.read(name).decode()
    assert name == "b/sites/RefArch/slots.xml"
    assert text.count("<slot-configuration ") == 22
    [start, *_] = re.findall(
        "<slot-configuration [^>]*aisle[^>]*>.*?</slot-config", text, re.DOTALL
    )
    elements = re.findall("<([a-z-]+)", start)
    order = ["slot-configuration", "description", "template", "rank", "enabled-flag"]
    assert elements[:5] == order
    assert elements[-2:] == ["customer-groups", "customer-group"]
    for element in (
        'slot-id="aisle"',
        'context-id="a"',
        'default="true"',
        "<weekday>Monday</weekday>",
        "<time-from>04:05:00.000Z</time-from>",
        '<body xml:lang="de-DE">&lt;p&gt;x&lt;/p&gt;</body>',
    ):
        assert element in start
    assert text.count("<recommended-products") == 2
    assert text.count('<product product-id="p"') == 1
    import_(shop, {"sites/RefArchGlobal/slots.xml": text})
    found = shop.get("/sites/RefArchGlobal/slot_configurations?count=9").json()
    assert found["total"] == 22


ASSIGNMENTS = f"""<slot-configurations xmlns="{NAMESPACE}/slot/2008-09-08">
 <slot-configuration-campaign-assignment slot-id="home-banner" context="global"
   configuration-id="welcome" campaign-id="paused">
  <qualifiers>
   <customer-groups><customer-group group-id="Registered"/></customer-groups>
  </qualifiers>
  <rank>3</rank>
  <schedule><start-date>2026-01-01T00:00:00.000Z</start-date></schedule>
 </slot-configuration-campaign-assignment>
 <slot-configuration-campaign-assignment slot-id="home-banner" context="global"
   configuration-id="none" campaign-id="paused"/>
</slot-configurations>"""


@pytest.mark.rule("SLOT-8")
def test_an_archive_brings_slot_configurations_in_campaigns(shop: Api) -> None:
    log = import_(shop, {"sites/RefArch/slots.xml": ASSIGNMENTS})
    [error] = re.findall("DATAERROR.*", log)
    assert "slot-configuration-campaign-assignment 'none'" in error
    files = shop.call("GET", "/__emulator__/state").json()["files"]
    found = [
        one
        for one in files["slot_configuration_campaign_assignments.json"]
        if one["campaign_id"] == "paused" and one["slot_configuration_id"] == "welcome"
    ]
    assert [(one["rank"], one["customer_groups"], one["schedule"]) for one in found] == [
        (3, ["Registered"], {"start_date": "2026-01-01T00:00:00.000Z"})
    ]
    body = {"export_file": "b.zip", "data_units": {"sites": {"RefArch": {"slots": True}}}}
    run(shop, EXPORT, body)
    content = shop.call("GET", f"{INSTANCE}/b.zip").content
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        text = archive.read("b/sites/RefArch/slots.xml").decode()
    [written] = re.findall(
        r"<slot-configuration-campaign-assignment [^>]*paused[^>]*>.*?</rank>", text, re.DOTALL
    )[:1]
    assert 'configuration-id="welcome"' in written
    assert "<qualifiers>" in written
    assert "<rank>3</rank>" in written


@pytest.mark.rule("IMP-5", "SLOT-8")
def test_slot_configurations_are_imported_without_missing_customer_groups(shop: Api) -> None:
    groups = """<customer-groups><customer-group group-id="none"/>
<customer-group group-id="Registered"/></customer-groups>"""
    ids = 'slot-id="aisle" context="global" configuration-id="five"'
    content = f"""<slot-configurations xmlns="{NAMESPACE}/slot/2008-09-08">
<slot-configuration {ids}><content><html><body xml:lang="x-default">x</body></html></content>
{groups}</slot-configuration>
<slot-configuration-campaign-assignment {ids} campaign-id="paused">
<qualifiers>{groups}</qualifiers></slot-configuration-campaign-assignment>
</slot-configurations>"""
    log = import_(shop, {"sites/RefArch/slots.xml": content})
    assert "DATAERROR" not in log
    problem = "customer_groups: there is no 'RefArch/none' in customer_groups"
    assert len(re.findall(f"DATAWARNING.*{problem}", log)) == 2
    assert shop.get(path_of("aisle", "five")).json()["customer_groups"] == ["Registered"]


@pytest.mark.rule("SLOT-8")
def test_a_deletion_of_slot_configurations_takes_missing_ids_for_any(shop: Api) -> None:
    def list_ids(slot_id: str) -> list[str]:
        found = shop.get("/sites/RefArch/slot_configurations?count=100").json()["data"]
        return [one["configuration_id"] for one in found if one["slot_id"] == slot_id]

    assert list_ids("home-banner") == ["welcome", "winter"]
    others = list_ids("category-banner")
    ids = (
        'slot-id="home-banner"',
        'slot-id="category-banner" configuration-id="about-bags"',
        'slot-id="none"',
    )
    deletions = "".join(f'<slot-configuration {one} mode="delete"/>' for one in ids)
    root = f'<slot-configurations xmlns="{NAMESPACE}/slot/2008-09-08">{deletions}'
    log = import_(shop, {"sites/RefArch/slots.xml": f"{root}</slot-configurations>"})
    [error] = re.findall("DATAERROR.*", log)
    assert "[3/3]" in error
    assert "there is no such object to delete" in error
    assert list_ids("home-banner") == []
    assert list_ids("category-banner") == [one for one in others if one != "about-bags"]


@pytest.mark.rule("ORDER-11")
def test_an_archive_brings_orders(shop: Api) -> None:
    log = import_(shop, {"sites/RefArch/order.xml": ORDERS})
    assert len(re.findall("DATAERROR", log)) == 1
    order = show_order(shop, "A1")
    shown = {name: value for name, value in order.items() if name[0] != "_"}
    assert shown.pop("last_modified") > "2026"
    assert shown == {
        "site_id": "RefArch",
        "order_no": "A1",
        "billing_address": {"last_name": "Sample", "country_code": "DE"},
        "confirmation_status": "not_confirmed",
        "creation_date": "2026-02-03T04:05:06.000Z",
        "currency": "EUR",
        "customer_info": {"customer_no": "00000001"},
        "export_status": "not_exported",
        "external_order_status": "PACKED",
        "order_total": 25.0,
        "payment_instruments": [
            {
                "amount": 25.0,
                "payment_instrument_id": "1",
                "payment_method_id": "INVOICE",
                "payment_transaction": {"amount": 25.0, "transaction_id": "t1"},
            }
        ],
        "payment_status": "part_paid",
        "product_items": [{"price": 12.5, "product_id": "leather-balm", "quantity": 2.0}],
        "shipments": [
            {
                "shipment_id": "s1",
                "shipping_address": {"city": "Testville", "post_box": "9"},
            }
        ],
        "shipping_status": "not_shipped",
        "status": "open",
    }
    assert show_order(shop, "A2") is None
    assert show_order(shop, "00000105") is None
    again = ORDERS.replace("OPEN", "COMPLETED")
    import_(shop, {"sites/RefArch/order.xml": again})
    assert show_order(shop, "A1")["status"] == "completed"
    status = f"{shop.scope}/sites/RefArch/orders/A1/status"
    assert shop.call("PUT", status, json={"status": "cancelled"}).status_code == 204


@pytest.mark.rule("ORDER-11")
def test_an_export_has_no_orders(shop: Api) -> None:
    run(shop, EXPORT, {"export_file": "b.zip", "data_units": {"sites": {"all": {"all": True}}}})
    content = shop.call("GET", f"{INSTANCE}/b.zip").content
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        assert not [name for name in archive.namelist() if "order" in name]


@pytest.mark.rule("ORDER-11")
@pytest.mark.parametrize(
    ("version", "customer", "is_imported"),
    [
        ("", "", True),
        (' version="18.5"', "", True),
        (' version="19.2"', "", False),
        (' version="22.1"', "", False),
        (' version="22.1"', "<customer><guest>true</guest></customer>", True),
    ],
)
def test_an_order_says_whether_a_guest_has_placed_it_since_19_2(
    shop: Api, version: str, customer: str, *, is_imported: bool
) -> None:
    order = (
        '<order order-no="G1"><order-date>2026-02-03T04:05:06.000Z</order-date>'
        f"<currency>EUR</currency>{customer}</order>"
        '<order order-no="00000105" mode="delete"/>'
    )
    root = f'<orders xmlns="{NAMESPACE}/order/2006-10-31"{version}>{order}</orders>'
    log = import_(shop, {"sites/RefArch/order.xml": root})
    assert (show_order(shop, "G1") is not None, "DATAERROR" in log) == (
        is_imported,
        not is_imported,
    )
    assert show_order(shop, "00000105") is None
