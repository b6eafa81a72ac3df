"""The XML form (FMT-5)."""

from collections.abc import Callable
from typing import Any
from xml.etree import ElementTree as ET

import pytest

from contract_tests.api import Api

Make = Callable[..., str]
NS = "http://www.demandware.com/ocapi/data/23.2"
XSI = "http://www.w3.org/2001/XMLSchema-instance"
BODY = {"Content-Type": "application/xml"}


def wrap(members: str, root: str = "inventory_list", namespace: str = NS) -> bytes:
    """Return a request document with these members."""
    return f'<{root} xmlns="{namespace}" xmlns:xsi="{XSI}">{members}</{root}>'.encode()


def members(element: ET.Element) -> list[tuple[str, str | None]]:
    """Return the local names and texts of an element's children."""
    return [(child.tag.removeprefix(f"{{{NS}}}"), child.text) for child in element]


@pytest.mark.rule("FMT-5")
def test_a_document_mirrors_json(samples: Api) -> None:
    answer = samples.get("/inventory_lists/my-inventorylist2?format=xml")
    root = ET.fromstring(answer.content)  # noqa: S314 - from the server under test
    assert root.tag == f"{{{NS}}}inventory_list"
    told = dict(members(root))
    state, link = told.pop("_resource_state"), told.pop("link")
    assert told == {
        "_v": "23.2",
        "_type": "inventory_list",
        "assigned_sites": "MyOtherSite",
        "default_in_stock": "false",
        "description": "description for inventorylist2",
        "id": "my-inventorylist2",
        "on_order_inventory_enabled": "true",
        "use_bundle_inventory_only": "false",
    }
    json = samples.get("/inventory_lists/my-inventorylist2").json()
    assert (state, link) == (json["_resource_state"], json["link"])
    assert [name for name, _ in members(root)][:3] == ["_v", "_type", "_resource_state"]


@pytest.mark.rule("FMT-5")
def test_an_array_is_its_element_once_per_entry(samples: Api) -> None:
    text = samples.get("/inventory_lists/my-inventorylist1?format=xml").text
    sites = "<assigned_sites>SiteGenesis</assigned_sites><assigned_sites>MyOtherSite"
    assert f"{sites}</assigned_sites>" in text


@pytest.mark.rule("FMT-5")
def test_an_empty_array_is_nil(api: Api) -> None:
    text = api.get("/inventory_lists?count=0&format=xml").text
    assert '<data xsi:nil="true"' in text
    assert f'xmlns:xsi="{XSI}"' in text
    assert text.startswith('<?xml version="1.0" encoding="UTF-8"?>\n<inventory_lists xmlns="')


@pytest.mark.rule("FMT-5")
def test_a_collection_holds_its_documents(samples: Api) -> None:
    root = ET.fromstring(samples.get("/inventory_lists?select=(**)&format=xml").content)  # noqa: S314
    names = [item.findtext(f"{{{NS}}}id") for item in root.findall(f"{{{NS}}}data")]
    assert names[-2:] == ["my-inventorylist1", "my-inventorylist2"]


@pytest.mark.rule("FMT-5")
def test_a_fault_has_its_arguments_as_a_map(documented: Api) -> None:
    text = documented.get("/inventory_lists/contract-none?format=xml").text
    assert text == (
        '<?xml version="1.0" encoding="UTF-8"?>\n'
        f'<fault xmlns="{NS}" xmlns:xsi="{XSI}"><_v>23.2</_v><_type>fault</_type>'
        '<fault><arguments><entry key="inventorylistId">contract-none</entry></arguments>'
        "<type>InventoryListNotFoundException</type>"
        "<message>No inventory list with ID 'contract-none' was found.</message></fault></fault>"
    )


@pytest.mark.rule("FMT-5")
@pytest.mark.parametrize(
    ("sent", "stored"),
    [
        ("<description>a &amp; b &lt;c&gt;</description>", {"description": "a & b <c>"}),
        ("<description> two\n lines\t</description>", {"description": " two\n lines\t"}),
        ("<description></description>", {"description": ""}),
        ("<default_in_stock>true</default_in_stock>", {"default_in_stock": True}),
        ("\n  <default_in_stock>false</default_in_stock>\n", {"default_in_stock": False}),
        ('<description xsi:nil="true"/>', {"description": None}),
        ("<c_a>text</c_a>", {"c_a": "text"}),
        ('<c_a xsi:type="number">12.5</c_a>', {"c_a": 12.5}),
        ('<c_a xsi:type="boolean">true</c_a>', {"c_a": True}),
        ('<c_a xsi:type="set_of_string">x</c_a>', {"c_a": ["x"]}),
        (
            '<c_a xsi:type="set_of_number">1</c_a><c_a xsi:type="set_of_number">2</c_a>',
            {"c_a": [1, 2]},
        ),
        ('<c_a xsi:type="set_of_string" xsi:nil="true"/>', {"c_a": []}),
        ('<c_a><entry key="default">x</entry></c_a>', {"c_a": {"default": "x"}}),
        (
            (
                '<c_a xsi:type="map"><entry key="default">x</entry>'
                '<entry key="de" xsi:nil="true"/></c_a>'
            ),
            {"c_a": {"default": "x", "de": None}},
        ),
    ],
)
def test_a_body_is_decoded_by_its_schema_and_answered_alike(
    api: Api, make: Make, sent: str, stored: dict[str, Any]
) -> None:
    path = f"/inventory_lists/{make(description='before')}"
    answer = api.patch(path, data=wrap(sent), headers=BODY)
    assert answer.status_code == 200, answer.text
    json = api.get(path).json()
    assert {name: json.get(name) for name in stored} == stored
    again = api.put(path, data=answer.content, headers=BODY)
    # The documented dialect refuses an id that exists, the observed one replaces (INV-5).
    assert again.status_code == {"documented": 404, "observed": 200}[api.dialect]


@pytest.mark.rule("FMT-5")
def test_what_is_answered_as_xml_can_be_sent_back(api: Api, make: Make) -> None:
    made = make(
        description="ä\r\n<&>\"'",
        default_in_stock=True,
        c_text="3",
        c_number=3,
        c_flags=[True],
        c_none=[],
        c_names={"default": "x", "de": None, "fr-FR": ["a", "b"]},
    )
    path = f"/inventory_lists/{made}"
    before = api.get(path).json()
    xml = api.get(f"{path}?format=xml").content
    answer = api.patch(path, data=xml, headers=BODY)
    assert answer.status_code == 200, answer.text
    assert api.get(path).json() == before


@pytest.mark.rule("FMT-5")
def test_characters_that_xml_cannot_carry_are_replaced(api: Api, make: Make) -> None:
    made = make(description="a\0b\x1f\ufffec")
    path = f"/inventory_lists/{made}"
    text = api.get(f"{path}?format=xml").content.decode()
    assert "<description>a\ufffdb\ufffd\ufffdc</description>" in text


@pytest.mark.rule("FMT-5")
@pytest.mark.parametrize(
    "body",
    [
        b'<!DOCTYPE inventory_list><inventory_list xmlns="' + NS.encode() + b'"/>',
        b'<!DOCTYPE x [<!ENTITY a "b">]><inventory_list xmlns="'
        + NS.encode()
        + b'"><description>&a;</description></inventory_list>',
        b'<!DOCTYPE x [<!ENTITY a SYSTEM "file:///etc/passwd">]><inventory_list xmlns="'
        + NS.encode()
        + b'"><description>&a;</description></inventory_list>',
        wrap("", root="inventory_lists"),
        wrap("", namespace="http://www.demandware.com/ocapi/data/23.1"),
        b"\xff\xfe<\0a\0/\0>\0",
    ],
    ids=["dtd", "entity", "external entity", "other root", "other namespace", "utf-16"],
)
def test_a_dtd_or_another_document_is_refused(api: Api, make: Make, body: bytes) -> None:
    path = f"/inventory_lists/{make(description='before')}"
    answer = api.patch(path, data=body, headers=BODY)
    assert answer.status_code == 400
    assert "<type>BodyDecodingException</type>" in answer.text
    assert api.get(path).json()["description"] == "before"


@pytest.mark.rule("FMT-5", "DEC-1")
@pytest.mark.parametrize(
    ("sent", "kind"),
    [
        ("<nope>1</nope>", "UnknownProperty"),
        ("<default_in_stock>1</default_in_stock>", "TypeDecoding"),
        ("<default_in_stock>TRUE</default_in_stock>", "TypeDecoding"),
        ("<description><b>x</b></description>", "TypeDecoding"),
        ("<description>a</description><description>b</description>", "TypeDecoding"),
        ("<c_a>x</c_a><d/>", "UnknownProperty"),
        ('<c_a xsi:type="number">x</c_a>', "BodyDecoding"),
        ('<c_a xsi:type="boolean">yes</c_a>', "BodyDecoding"),
        ('<c_a xsi:type="set_of_boolean">no</c_a>', "BodyDecoding"),
        ('<c_a xsi:type="number">1e999</c_a>', "BodyDecoding"),
        ('<c_a xsi:type="colour">red</c_a>', "BodyDecoding"),
        ('<c_a xsi:type="map">text</c_a>', "BodyDecoding"),
        ("<c_a><b>x</b></c_a>", "BodyDecoding"),
        ("<c_a><entry>x</entry></c_a>", "BodyDecoding"),
        ("text<description>x</description>", "BodyDecoding"),
        ("<id></id>", "PropertyConstraintViolation"),
        ("<_v>99.9</_v>", "UnexpectedVersion"),
    ],
)
def test_what_the_schema_refuses_is_refused_in_xml_too(
    api: Api, make: Make, sent: str, kind: str
) -> None:
    answer = api.patch(f"/inventory_lists/{make()}", data=wrap(sent), headers=BODY)
    assert answer.status_code == 400
    assert f"<type>{kind}Exception</type>" in answer.text
