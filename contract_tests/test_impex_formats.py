"""The formats of site archives: object types, customers and customer groups (IMP-9 to IMP-11)."""

import io
import re
import zipfile
from typing import Any

import pytest

from contract_tests.api import Api
from contract_tests.archives import EXPORT, INSTANCE, NAMESPACE, import_, run
from contract_tests.conftest import Start

pytestmark = pytest.mark.needs("an instance to import into")

TYPES = f"""<metadata xmlns="{NAMESPACE}/metadata/2006-10-31">
 <type-extension type-id="ProductInventoryRecord">
  <system-attribute-definitions>
   <attribute-definition attribute-id="allocation">
    <display-name xml:lang="x-default">Stock</display-name>
   </attribute-definition>
  </system-attribute-definitions>
  <custom-attribute-definitions>
   <attribute-definition attribute-id="socket">
    <display-name xml:lang="x-default">Socket</display-name>
    <display-name xml:lang="de-DE">Fassung</display-name>
    <type>enum-of-string</type>
    <mandatory-flag>false</mandatory-flag>
    <visible-flag>true</visible-flag>
    <select-multiple-flag>true</select-multiple-flag>
    <value-definitions>
     <value-definition default="true">
      <display xml:lang="x-default">E 27</display><value>e27</value>
     </value-definition>
     <value-definition><value>gu10</value></value-definition>
    </value-definitions>
   </attribute-definition>
   <attribute-definition attribute-id="weight"><type>double</type></attribute-definition>
   <attribute-definition attribute-id="price"><type>money</type></attribute-definition>
  </custom-attribute-definitions>
  <group-definitions>
   <attribute-group group-id="Light">
    <display-name xml:lang="x-default">Light</display-name>
    <attribute attribute-id="socket"/><attribute attribute-id="allocation" system="true"/>
   </attribute-group>
  </group-definitions>
 </type-extension>
 <custom-type type-id="Tour">
  <display-name xml:lang="x-default">Tour</display-name>
  <staging-mode>no-staging</staging-mode>
  <storage-scope>site</storage-scope>
  <key-definition attribute-id="code"><type>string</type></key-definition>
  <attribute-definitions>
   <attribute-definition attribute-id="seats"><type>int</type></attribute-definition>
  </attribute-definitions>
 </custom-type>
</metadata>"""
RECORD = f"""<inventory xmlns="{NAMESPACE}/inventory/2007-05-31"><inventory-list>
<header list-id="inventory_m"/><records><record product-id="bulb"><custom-attributes>
<custom-attribute attribute-id="socket"><value>e27</value><value>gu10</value></custom-attribute>
<custom-attribute attribute-id="weight">1.5</custom-attribute>
</custom-attributes></record></records></inventory-list></inventory>"""
CUSTOMERS = f"""<customer-list xmlns="{NAMESPACE}/customer/2006-10-31" list-id="RefArch">
 <header/>
 <customer customer-no="77">
  <credentials><login>hedy</login><enabled-flag>true</enabled-flag></credentials>
  <profile>
   <first-name>Hedy</first-name><last-name>Lamarr</last-name><email>hedy@shop.example</email>
   <birthday>1914-11-09Z</birthday><gender>female</gender>
   <creation-date>2023-04-05T06:07:08.000Z</creation-date>
  </profile>
  <addresses>
   <address address-id="home" preferred="true">
    <last-name>Lamarr</last-name><address1>1 Spectrum Road</address1><postbox>9</postbox>
    <country-code>US</country-code>
   </address>
   <address address-id="work"><last-name>Lamarr</last-name><country-code>US</country-code></address>
  </addresses>
 </customer>
 <customer customer-no="78"><credentials><login>ada</login></credentials></customer>
</customer-list>"""
GROUPS = f"""<customer-groups xmlns="{NAMESPACE}/customergroup/2007-06-30">
 <customer-group group-id="Everyone"/>
 <customer-group group-id="Inventors"><description>They invent</description></customer-group>
 <customer-group group-id="Rich"><membership-rule><included-customers/></membership-rule>
 </customer-group>
 <group-assignment group-id="Inventors" customer-no="77"/>
 <group-assignment group-id="Inventors" customer-no="999"/>
</customer-groups>"""
PREFERENCES = f"""<preferences xmlns="{NAMESPACE}/preferences/2007-03-31">
<standard-preferences><all-instances>
 <preference preference-id="SiteCustomerList">RefArchGlobal</preference>
</all-instances></standard-preferences>
<custom-preferences>
 <all-instances><preference preference-id="maxCartLines">20</preference></all-instances>
 <development>
  <preference preference-id="maxCartLines">30</preference>
  <preference preference-id="shippingCountries"><value>IT</value><value>JP</value></preference>
  <preference preference-id="enableReviews">perhaps</preference>
  <preference preference-id="zork">1</preference>
 </development>
</custom-preferences></preferences>"""
GLOBAL_PREFERENCES = f"""<preferences xmlns="{NAMESPACE}/preferences/2007-03-31">
<standard-preferences><all-instances>
 <preference preference-id="CustomCartridges">bm_mine:bm_base</preference>
</all-instances></standard-preferences>
<custom-preferences><production>
 <preference preference-id="supportEmail">new@example.com</preference>
</production></custom-preferences></preferences>"""
OBJECTS = f"""<custom-objects xmlns="{NAMESPACE}/customobject/2006-10-31">
 <custom-object type-id="Showroom" object-id="8">
  <object-attribute attribute-id="opened">2026-01-31Z</object-attribute>
  <object-attribute attribute-id="kind">small</object-attribute>
  <object-attribute attribute-id="title" xml:lang="x-default">West</object-attribute>
 </custom-object>
 <custom-object type-id="Showroom" object-id="nine"/>
 <custom-object type-id="Zork" object-id="1"/>
 <custom-object type-id="Showroom" object-id="7" mode="delete"/>
</custom-objects>"""
TOURS = f"""<custom-objects xmlns="{NAMESPACE}/customobject/2006-10-31">
 <custom-object type-id="Tour" object-id="a/1">
  <object-attribute attribute-id="seats">12</object-attribute>
 </custom-object>
</custom-objects>"""
FILES: dict[str, str | bytes] = {
    "meta/types.xml": TYPES,
    "inventory-lists/m.xml": RECORD,
    "customer-lists/c.xml": CUSTOMERS,
    "sites/RefArch/customer-groups.xml": GROUPS,
}


@pytest.fixture
def storefront(start: Start) -> Api:
    """A server with the data set ``storefront`` and a clock that stands at 2026-01-01."""
    return start(fixtures="storefront", seed="impex")


def shown(api: Api, path: str, *names: str) -> dict[str, Any]:
    answer = api.get(path)
    assert answer.status_code == 200, answer.text
    return {name: answer.json().get(name) for name in names}


@pytest.mark.rule("IMP-9")
def test_attribute_definitions_are_imported_and_declare_custom_properties(storefront: Api) -> None:
    log = import_(storefront, FILES)
    below = "/system_object_definitions/ProductInventoryRecord"
    path = f"{below}/attribute_definitions/socket?expand=value"
    names = ("display_name", "value_type", "multi_value_type", "visible", "localizable")
    assert shown(storefront, path, *names) == {
        "display_name": {"default": "Socket", "de-DE": "Fassung"},
        "value_type": "enum_of_string",
        "multi_value_type": True,
        "visible": True,
        "localizable": False,
    }
    values = storefront.get(path).json()["value_definitions"]
    assert [(one["id"], one["value"], one["position"]) for one in values] == [
        ("e27", "e27", 1),
        ("gu10", "gu10", 2),
    ]
    record = shown(
        storefront,
        "/inventory_lists/inventory_m/product_inventory_records/bulb",
        "c_socket",
        "c_weight",
    )
    assert record == {"c_socket": ["e27", "gu10"], "c_weight": 1.5}
    assert "WARN [DATAERROR] [4/6] attribute-definition 'price': " in log


@pytest.mark.rule("IMP-9")
def test_groups_and_custom_types_are_imported(storefront: Api) -> None:
    import_(storefront, FILES)
    below = "/system_object_definitions/ProductInventoryRecord"
    group = storefront.get(f"{below}/attribute_groups/Light?expand=definition").json()
    found = [one["id"] for one in group.get("attribute_definitions", ())]
    assert (group["display_name"], found) == ({"default": "Light"}, ["socket", "allocation"])
    path = "/custom_object_definitions/Tour/attribute_definitions"
    attributes = storefront.get(f"{path}?select=(**)").json()["data"]
    found = [(one["id"], one["value_type"], one["key"], one["system"]) for one in attributes]
    assert found == [
        ("UUID", "string", False, True),
        ("code", "string", True, False),
        ("creationDate", "datetime", False, True),
        ("lastModified", "datetime", False, True),
        ("seats", "int", False, False),
    ]


def showroom(value_type: str, attribute: str = "number") -> str:
    """Return a file with the type Showroom: the key attribute, and another text for the type."""
    return f"""<metadata xmlns="{NAMESPACE}/metadata/2006-10-31"><custom-type type-id="Showroom">
<display-name xml:lang="x-default">Hall</display-name>
<key-definition attribute-id="{attribute}"><type>{value_type}</type><min-length>0</min-length>
</key-definition></custom-type></metadata>"""


@pytest.mark.rule("IMP-9")
@pytest.mark.parametrize(("value_type", "attribute"), [("string", "number"), ("int", "kind")])
def test_objects_keep_the_key_attribute_of_the_type(
    storefront: Api, value_type: str, attribute: str
) -> None:
    below = "/custom_object_definitions/Showroom/attribute_definitions?select=(**)"
    before = storefront.get(below).content
    log = import_(storefront, {"meta/types.xml": showroom(value_type, attribute)})
    errors = re.findall(r"WARN \[DATAERROR\] (.*)", log)
    assert errors == [
        (
            f"[1/1] key-definition '{attribute}': The key attribute 'number' can't be changed. "
            "(meta/types.xml, line 1)"
        )
    ]
    assert storefront.get(below).content == before
    path = "/sites/RefArch/custom_objects/Showroom/7"
    assert shown(storefront, path, "key_value_integer") == {"key_value_integer": 7}


@pytest.mark.rule("IMP-9")
def test_a_type_without_objects_takes_another_type_of_keys(storefront: Api) -> None:
    path = "/sites/RefArch/custom_objects/Showroom/7"
    assert storefront.call("DELETE", f"{storefront.scope}{path}").status_code == 204
    assert "DATAERROR" not in import_(storefront, {"meta/types.xml": showroom("string")})
    bad = showroom("string").replace("<min-length>0<", "<min-length>-1<")
    log = import_(storefront, {"meta/types.xml": bad})
    assert "The attribute definition with ID 'number' couldn't be created." in log
    path = "/custom_object_definitions/Showroom/attribute_definitions/number"
    assert shown(storefront, path, "value_type", "key", "min_length") == {
        "value_type": "string",
        "key": True,
        "min_length": 0,
    }


@pytest.mark.rule("IMP-10")
def test_customers_are_imported_with_their_addresses(storefront: Api) -> None:
    log = import_(storefront, FILES)
    names = ("birthday", "creation_date", "email", "first_name", "gender", "credentials")
    assert shown(storefront, "/customer_lists/RefArch/customers/77", *names) == {
        "birthday": "1914-11-09",
        "creation_date": "2023-04-05T06:07:08.000Z",
        "email": "hedy@shop.example",
        "first_name": "Hedy",
        "gender": 2,
        "credentials": {
            "_type": "credentials",
            "enabled": True,
            "locked": False,
            "login": "hedy",
        },
    }
    primary = storefront.get("/customer_lists/RefArch/customers/77").json()["primary_address"]
    assert (primary["address_id"], primary["post_box"]) == ("home", "9")
    listed = storefront.get("/customer_lists/RefArch/customers/77/addresses").json()["data"]
    assert [one["address_id"] for one in listed] == ["home", "work"]
    assert "WARN [DATAERROR] [3/3] customer '78': The login is already in use. (" in log


NIL = 'xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance" xsi:nil="true"'


@pytest.mark.rule("IMP-4", "IMP-10")
def test_a_nil_element_and_an_empty_gender_remove_the_value(storefront: Api) -> None:
    path = "/customer_lists/RefArch/customers"
    old = {"birthday": "1990-12-10", "gender": 2, "last_name": "Byron"}
    assert shown(storefront, f"{path}/00000001", *old) == old
    profile = f"<profile><birthday {NIL}/><gender/></profile>"
    new = f'<customer customer-no="new"><credentials><login>new</login></credentials>{profile}'
    file = (
        f'<customer-list xmlns="{NAMESPACE}/customer/2006-10-31" list-id="RefArch">'
        f'<customer customer-no="00000001">{profile}</customer>{new}</customer></customer-list>'
    )
    assert "WARN" not in import_(storefront, {"customer-lists/RefArch.xml": file})
    for number in ("00000001", "new"):
        assert not {"birthday", "gender"} & storefront.get(f"{path}/{number}").json().keys()
    assert shown(storefront, f"{path}/00000001", "last_name") == {"last_name": "Byron"}


@pytest.mark.rule("IMP-11")
def test_customer_groups_are_imported_with_their_members(storefront: Api) -> None:
    log = import_(storefront, FILES)
    path = "/sites/RefArch/customer_groups"
    types = {name: storefront.get(f"{path}/{name}").json()["type"] for name in ("Everyone", "Rich")}
    assert types == {"Everyone": "system", "Rich": "dynamic"}
    group = shown(storefront, f"{path}/Inventors", "description", "type")
    assert group == {"description": "They invent", "type": "static"}
    members = storefront.get(f"{path}/Inventors/members").json()["data"]
    assert [one["customer_no"] for one in members] == ["77"]
    assert "WARN [DATAERROR] [5/5] group-assignment '999': " in log


@pytest.mark.rule("IMP-11")
def test_a_deletion_may_name_the_group_or_the_customer_alone(storefront: Api) -> None:
    def list_members(group: str) -> list[str]:
        path = f"/sites/RefArch/customer_groups/{group}/members"
        return [one["customer_no"] for one in storefront.get(path).json()["data"]]

    assert list_members("VIP") == ["00000001", "00000002", "00000004", "00000012"]
    assert list_members("Newsletter")
    deletions = (
        '<group-assignment customer-no="00000001" mode="delete"/>'
        '<group-assignment group-id="Newsletter" mode="delete"/>'
        '<group-assignment mode="delete"/>'
    )
    root = f'<customer-groups xmlns="{NAMESPACE}/customergroup/2007-06-30">{deletions}'
    log = import_(storefront, {"sites/RefArch/customer-groups.xml": f"{root}</customer-groups>"})
    [error] = re.findall("DATAERROR.*", log)
    assert "the attributes 'group-id' and 'customer-no' are missing" in error
    assert list_members("VIP") == ["00000002", "00000004", "00000012"]
    assert list_members("Newsletter") == []


@pytest.mark.rule("IMP-12")
def test_preferences_are_imported_for_each_instance_type(storefront: Api) -> None:
    files: dict[str, str | bytes] = {
        "sites/RefArch/preferences.xml": PREFERENCES,
        "preferences.xml": GLOBAL_PREFERENCES,
    }
    log = import_(storefront, files)
    path = "/sites/RefArch/site_preferences/preference_groups/Storefront"
    values = {
        instance: shown(storefront, f"{path}/{instance}", "c_maxCartLines", "c_shippingCountries")
        for instance in ("development", "production", "staging")
    }
    assert values == {
        "development": {"c_maxCartLines": 30, "c_shippingCountries": ["IT", "JP"]},
        "staging": {"c_maxCartLines": 20, "c_shippingCountries": None},
        "production": {"c_maxCartLines": 20, "c_shippingCountries": None},
    }
    path = "/global_preferences/preference_groups/Integration/production"
    assert shown(storefront, path, "c_supportEmail") == {"c_supportEmail": "new@example.com"}
    errors = re.findall(r"WARN \[DATAERROR\] \[\d/\d\] (.*) \(", log)
    assert errors == [
        (
            "preference 'enableReviews': custom attribute 'enableReviews': "
            "'perhaps' is neither true nor false"
        ),
        "preference 'zork': the preference is not defined",
    ]


@pytest.mark.rule("IMP-12")
def test_preferences_of_the_platform_give_lists_and_cartridges(storefront: Api) -> None:
    files: dict[str, str | bytes] = {
        "sites/RefArch/preferences.xml": PREFERENCES,
        "preferences.xml": GLOBAL_PREFERENCES,
    }
    import_(storefront, files)
    site = storefront.get("/sites/RefArch?select=(**)").json()
    assert site["customer_list_link"]["customer_list_id"] == "RefArchGlobal"
    assert shown(storefront, "/sites/Sites-Site", "cartridges") == {"cartridges": "bm_mine:bm_base"}


@pytest.mark.rule("IMP-12")
@pytest.mark.parametrize("path", ["a::b", "a:b:a", "a b", "a" * 257, ":".join(["a" * 200] * 20)])
def test_an_import_refuses_a_wrong_cartridge_path(storefront: Api, path: str) -> None:
    names = ("/sites/RefArch", "/sites/Sites-Site")
    before = [shown(storefront, name, "cartridges", "description") for name in names]
    site = f'<site xmlns="{NAMESPACE}/site/2007-04-30" site-id="RefArch"><description>New'
    files: dict[str, str | bytes] = {
        "sites/RefArch/site.xml": f"{site}</description><custom-cartridges>{path}"
        "</custom-cartridges></site>",
        "preferences.xml": GLOBAL_PREFERENCES.replace("bm_mine:bm_base", path),
    }
    log = import_(storefront, files)
    fault = f"The cartridge path '{path}' is invalid."
    problems = re.findall(r"WARN \[DATAERROR\] (.*)", log)
    assert len(problems) == 2
    assert problems[0].startswith(f"[1/1] site 'RefArch': {fault}"[:900])
    assert problems[1].startswith(f"[1/2] preference 'CustomCartridges': {fault}"[:900])
    assert [shown(storefront, name, "cartridges", "description") for name in names] == before


@pytest.mark.rule("IMP-13")
def test_custom_objects_are_imported(storefront: Api) -> None:
    log = import_(storefront, {"sites/RefArch/custom-objects/Showroom.xml": OBJECTS})
    path = "/sites/RefArch/custom_objects/Showroom"
    names = ("key_property", "key_value_integer", "c_opened", "c_kind", "c_title")
    assert shown(storefront, f"{path}/8", *names) == {
        "key_property": "number",
        "key_value_integer": 8,
        "c_opened": "2026-01-31T00:00:00.000Z",
        "c_kind": "small",
        "c_title": {"default": "West"},
    }
    assert storefront.get(f"{path}/7").status_code == 404
    errors = re.findall(r"WARN \[DATAERROR\] \[\d/\d\] (.*) \(", log)
    assert errors == [
        "custom-object 'nine': 'nine' is not a number",
        "custom-object '1': there is no custom object type 'Zork'",
    ]


@pytest.mark.rule("IMP-10")
def test_an_export_of_customers_follows_the_schema(storefront: Api) -> None:
    import_(storefront, FILES)
    body = {"export_file": "x.zip", "data_units": {"customer_lists": {"RefArch": True}}}
    assert run(storefront, EXPORT, body)[0]["status"] == "OK"
    content = storefront.call("GET", f"{INSTANCE}/x.zip").content
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        text = archive.read("x/customer-lists/RefArch.xml").decode()
    customer = text[text.index('    <customer customer-no="77">') :]
    assert customer.startswith(
        """    <customer customer-no="77">
        <credentials>
            <login>hedy</login>
            <enabled-flag>true</enabled-flag>
        </credentials>
        <profile>
            <first-name>Hedy</first-name>
            <last-name>Lamarr</last-name>
            <email>hedy@shop.example</email>
            <birthday>1914-11-09Z</birthday>
            <gender>2</gender>
            <creation-date>2023-04-05T06:07:08.000Z</creation-date>
        </profile>
        <addresses>
            <address address-id="home" preferred="true">
                <last-name>Lamarr</last-name>
                <address1>1 Spectrum Road</address1>
                <postbox>9</postbox>
                <country-code>US</country-code>
            </address>
            <address address-id="work">
                <last-name>Lamarr</last-name>
                <country-code>US</country-code>
            </address>
        </addresses>
    </customer>
"""
    )


@pytest.mark.rule("IMP-11")
def test_another_customer_list_ends_the_memberships_of_a_site(storefront: Api) -> None:
    groups = "/sites/RefArch/customer_groups"

    def list_members() -> list[str]:
        data = storefront.get(f"{groups}/VIP/members").json()["data"]
        return [one["customer_no"] for one in data]

    assert list_members() == ["00000001", "00000002", "00000004", "00000012"]
    header = '<preference preference-id="SiteCustomerList">RefArchGlobal</preference>'
    preferences = (
        f'<preferences xmlns="{NAMESPACE}/preferences/2007-03-31"><standard-preferences>'
        f"<all-instances>{header}</all-instances></standard-preferences></preferences>"
    )
    import_(storefront, {"sites/RefArch/preferences.xml": preferences})
    assert list_members() == []
    group = storefront.get(f"{groups}/VIP?select=(member_count)").json()
    assert group["member_count"] == 0
    # The customers are still in their list, and a customer of the new list can become a member.
    number = "/customer_lists/RefArch/customers/00000001"
    assert storefront.delete(number).status_code == 204
    assert storefront.put(f"{groups}/VIP/members/00000001").status_code == 200
    assert list_members() == ["00000001"]
    import_(storefront, {"sites/RefArch/preferences.xml": preferences})
    assert list_members() == ["00000001"]


@pytest.mark.rule("IMP-1")
def test_an_archive_with_all_formats_is_served_like_a_data_set(start: Start, tmp_path: Any) -> None:
    shop = f'<site xmlns="{NAMESPACE}/site/2007-04-30" site-id="RefArch"><name>A</name></site>'
    customers = CUSTOMERS.replace(' <customer customer-no="78">', " <x/><!--").replace(
        "</customer-list>", "--></customer-list>"
    )
    files = {
        **FILES,
        "meta/types.xml": TYPES.replace(
            '<attribute-definition attribute-id="price">', "<x>"
        ).replace("<type>money</type></attribute-definition>", "</x>"),
        "inventory-lists/m.xml": RECORD,
        "customer-lists/c.xml": customers,
        "sites/RefArch/customer-groups.xml": GROUPS.replace(
            '<group-assignment group-id="Inventors" customer-no="999"/>', ""
        ),
        "sites/RefArch/site.xml": shop,
        "sites/RefArch/preferences.xml": PREFERENCES.replace("perhaps", "true")
        .replace("zork", "reviewsApiKey")
        .replace("RefArchGlobal", "RefArch"),
        "preferences.xml": GLOBAL_PREFERENCES,
        "sites/RefArch/custom-objects/Tour.xml": TOURS,
    }
    for name, text in files.items():
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text(str(text))
    api = start(fixtures=str(tmp_path))
    record = "/inventory_lists/inventory_m/product_inventory_records/bulb"
    assert shown(api, record, "c_socket", "c_weight") == {
        "c_socket": ["e27", "gu10"],
        "c_weight": 1.5,
    }
    assert shown(api, "/customer_lists/RefArch/customers/77", "gender") == {"gender": 2}
    members = api.get("/sites/RefArch/customer_groups/Inventors/members").json()["data"]
    assert [one["customer_no"] for one in members] == ["77"]
    tour = "/sites/RefArch/custom_objects/Tour/a%2F1"
    assert shown(api, tour, "key_value_string", "c_seats") == {
        "key_value_string": "a/1",
        "c_seats": 12,
    }
    layout = "/sites/RefArch/site_preferences/preference_groups/Storefront/production"
    assert api.get(layout).status_code == 404  # the archive has no such group
    types = "/custom_object_definitions/Tour/attribute_definitions"
    assert api.get(types).json()["total"] == 5
    system = "/system_object_definitions/ProductInventoryRecord/attribute_definitions/allocation"
    assert shown(api, system, "display_name", "system") == {
        "display_name": {"default": "Stock"},
        "system": True,
    }
