"""The XML form: literal texts both ways, and that nothing is lost on the way (FMT-5)."""

from contextlib import suppress
from typing import Any

import orjson
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from emulator.ocapi.resources.inventory.inventory_lists import InventoryList, InventoryLists
from emulator.ocapi.schema.document import FAULT, Document
from emulator.ocapi.schema.fields import Array, Boolean, DateTime, Embedded, Map, Number, String
from emulator.ocapi.wire import xml
from emulator.ocapi.wire.select import Documents
from emulator.ocapi.wire.xml import XmlError
from emulator.tests.table import table
from emulator.xml_text import fit


class StorePlace(Document):
    custom = True

    aisle = String()
    height = Number()
    open = Boolean()


class WareHouse(Document):
    custom = True

    best = Embedded(StorePlace())
    flags = Array(Boolean())
    id = String()
    limits = Array(Number())
    names = Map()
    places = Array(Embedded(StorePlace()))
    since = DateTime()
    tags = Array(String())
    total = Number()
    used = Boolean()


HOUSE, LIST, LISTS = WareHouse(), InventoryList(), InventoryLists()
SPACES = (
    'xmlns="http://www.demandware.com/ocapi/data/23.2" '
    'xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance"'
)
PROLOGUE = '<?xml version="1.0" encoding="UTF-8"?>\n'


def house(members: str) -> str:
    return f"<ware_house {SPACES}>{members}</ware_house>"


def encoded(content: dict[str, Any], document: Document = HOUSE) -> str:
    return xml.encode(content, document, "23.2", indent=False).decode()


def decoded(text: str | bytes, document: Document = HOUSE) -> Any:
    data = text if isinstance(text, bytes) else text.encode()
    return xml.decode(data, document, "23.2")


# Each as JSON and as XML; every text is read back as the value it was written for.
BOTH_WAYS: list[tuple[str, Any, str]] = [
    ("_v", "23.2", "<_v>23.2</_v>"),
    ("_type", "ware_house", "<_type>ware_house</_type>"),
    ("_resource_state", "0f", "<_resource_state>0f</_resource_state>"),
    ("id", "a b", "<id>a b</id>"),
    ("id", "12", "<id>12</id>"),
    ("id", "true", "<id>true</id>"),
    ("id", " \t\n ", "<id> \t\n </id>"),
    ("id", "a\r\nb\rc", "<id>a&#13;\nb&#13;c</id>"),
    ("id", "<a href='x'>&amp;\"]]>", "<id>&lt;a href='x'&gt;&amp;amp;\"]]&gt;</id>"),
    ("id", "ä€\U0001f600\x85\u2028", "<id>ä€\U0001f600\x85\u2028</id>"),
    ("id", None, '<id xsi:nil="true" />'),
    ("since", "2024-02-19T10:18:31.000Z", "<since>2024-02-19T10:18:31.000Z</since>"),
    ("total", 0, "<total>0</total>"),
    ("total", -12.5, "<total>-12.5</total>"),
    ("total", 18446744073709551615, "<total>18446744073709551615</total>"),
    ("used", True, "<used>true</used>"),
    ("used", False, "<used>false</used>"),
    ("tags", [], '<tags xsi:nil="true" />'),
    ("tags", ["a"], "<tags>a</tags>"),
    ("tags", ["a", "1", "a"], "<tags>a</tags><tags>1</tags><tags>a</tags>"),
    ("limits", [1, 2.5], "<limits>1</limits><limits>2.5</limits>"),
    ("flags", [True], "<flags>true</flags>"),
    ("best", {"aisle": "3", "height": 3}, "<best><aisle>3</aisle><height>3</height></best>"),
    ("best", None, '<best xsi:nil="true" />'),
    ("places", [], '<places xsi:nil="true" />'),
    ("places", [{"open": True}], "<places><open>true</open></places>"),
    (
        "places",
        [{"aisle": "x"}, {"aisle": "y", "c_n": 1}],
        (
            "<places><aisle>x</aisle></places>"
            '<places><aisle>y</aisle><c_n xsi:type="number">1</c_n></places>'
        ),
    ),
    (
        "names",
        {"de": "Haus", "x": None, "n": 1, "l": ["a"], "e": "", "m": {"k": False}},
        (
            '<names><entry key="de">Haus</entry><entry key="x" xsi:nil="true" />'
            '<entry key="n" xsi:type="number">1</entry>'
            '<entry key="l" xsi:type="set_of_string">a</entry><entry key="e" />'
            '<entry key="m" xsi:type="map"><entry key="k" xsi:type="boolean">false</entry></entry>'
            "</names>"
        ),
    ),
    ("names", {'"<&\t\r\n': ""}, '<names><entry key="&quot;&lt;&amp;&#09;&#13;&#10;" /></names>'),
    ("c_a", "x", "<c_a>x</c_a>"),
    ("c_a", "1", "<c_a>1</c_a>"),
    ("c_a", 1, '<c_a xsi:type="number">1</c_a>'),
    ("c_a", 1.0, '<c_a xsi:type="number">1.0</c_a>'),
    ("c_a", True, '<c_a xsi:type="boolean">true</c_a>'),
    ("c_a", None, '<c_a xsi:nil="true" />'),
    ("c_a", [], '<c_a xsi:type="set_of_string" xsi:nil="true" />'),
    ("c_a", ["x"], '<c_a xsi:type="set_of_string">x</c_a>'),
    ("c_a", [""], '<c_a xsi:type="set_of_string" />'),
    (
        "c_a",
        [1, 2.5],
        '<c_a xsi:type="set_of_number">1</c_a><c_a xsi:type="set_of_number">2.5</c_a>',
    ),
    ("c_a", [False], '<c_a xsi:type="set_of_boolean">false</c_a>'),
    ("c_a", {}, '<c_a xsi:type="map" />'),
    (
        "c_a",
        {"de": "x", "fr": [], "it": [1, 2]},
        (
            '<c_a xsi:type="map"><entry key="de">x</entry>'
            '<entry key="fr" xsi:type="set_of_string" xsi:nil="true" />'
            '<entry key="it" xsi:type="set_of_number">1</entry>'
            '<entry key="it" xsi:type="set_of_number">2</entry></c_a>'
        ),
    ),
]
both_ways = table(("name", "value", "text"), BOTH_WAYS)


@both_ways
def test_a_member_is_written(name: str, value: Any, text: str) -> None:
    assert encoded({name: value}) == PROLOGUE + house(text)


@both_ways
def test_a_member_is_read(name: str, value: Any, text: str) -> None:
    read = decoded(PROLOGUE + house(text))
    assert orjson.dumps(read) == orjson.dumps({name: value})


def test_an_empty_document_is_an_empty_root() -> None:
    assert encoded({}) == f"{PROLOGUE}<ware_house {SPACES} />"
    assert decoded(f"<ware_house {SPACES}/>") == {}


def test_members_keep_their_order() -> None:
    content = {"_v": "23.2", "used": True, "id": "x", "c_b": "1", "c_a": "2"}
    text = "<_v>23.2</_v><used>true</used><id>x</id><c_b>1</c_b><c_a>2</c_a>"
    assert encoded(content) == PROLOGUE + house(text)
    assert list(decoded(house(text))) == ["_v", "used", "id", "c_b", "c_a"]


def test_the_version_is_that_of_the_namespace() -> None:
    text = xml.encode({"id": "x"}, HOUSE, "19.5", indent=False)
    assert b'<ware_house xmlns="http://www.demandware.com/ocapi/data/19.5" ' in text
    assert xml.decode(text, HOUSE, "19.5") == {"id": "x"}
    with pytest.raises(XmlError):
        xml.decode(text, HOUSE, "23.2")


def test_an_indented_text_has_a_line_for_each_element() -> None:
    content = {"id": " x ", "best": {"open": True}, "names": {"de": "y"}, "c_a": {}}
    lines = xml.encode(content, HOUSE, "23.2", indent=True).decode().split("\n")
    assert lines[1] == f"<ware_house {SPACES}>"
    assert lines[2:] == [
        "  <id> x </id>",
        "  <best>",
        "    <open>true</open>",
        "  </best>",
        "  <names>",
        '    <entry key="de">y</entry>',
        "  </names>",
        '  <c_a xsi:type="map" />',
        "</ware_house>",
    ]


def test_a_fault_is_written_with_its_arguments_as_a_map() -> None:
    detail = {"arguments": {"id": "x"}, "type": "SomeException", "message": "It's <bad>."}
    text = encoded({"_v": "23.2", "_type": "fault", "fault": detail}, FAULT)
    assert text == (
        f"{PROLOGUE}<fault {SPACES}><_v>23.2</_v><_type>fault</_type><fault>"
        '<arguments><entry key="id">x</entry></arguments><type>SomeException</type>'
        "<message>It's &lt;bad&gt;.</message></fault></fault>"
    )


def test_frozen_values_are_written_like_others() -> None:
    tuples = encoded({"tags": ("a", "b"), "c_a": (1,), "places": Documents()})
    assert tuples == PROLOGUE + house(
        '<tags>a</tags><tags>b</tags><c_a xsi:type="set_of_number">1</c_a><places xsi:nil="true" />'
    )


@table(
    "character",
    ["\0", "\x01", "\x08", "\x0b", "\x0c", "\x0e", "\x1f", "\ud800", "\ufffe", "\uffff"],
)
def test_a_character_that_xml_cannot_carry_is_replaced(character: str) -> None:
    content = {"id": f"a{character}b", "c_a": [character], "names": {character: character}}
    assert decoded(encoded(content)) == {
        "id": "a\ufffdb",
        "c_a": ["\ufffd"],
        "names": {"\ufffd": "\ufffd"},
    }


@table(
    "character",
    [
        "\t",
        "\n",
        "\r",
        " ",
        "\x7f",
        "\x85",
        "\ud7ff",
        "\ue000",
        "\ufffd",
        "\U00010000",
        "\U0010ffff",
        "\u2028",
        "&",
        "<",
        ">",
        '"',
        "'",
    ],
)
def test_a_character_that_xml_can_carry_survives(character: str) -> None:
    content = {"id": f"{character}a{character}", "names": {character: character}}
    assert decoded(encoded(content)) == content


@table(
    ("text", "read"),
    [
        pytest.param("<id>a<!-- x -->b<?x y?>c</id>", {"id": "abc"}, id="comments"),
        pytest.param("<id>a<![CDATA[<b>&amp;]]></id>", {"id": "a<b>&amp;"}, id="CDATA"),
        pytest.param("<id>&lt;&#65;&#x42;&apos;</id>", {"id": "<AB'"}, id="references"),
        pytest.param("\n <id>x</id>\n\t<used>true</used>\n", {"id": "x", "used": True}, id="space"),
        pytest.param("<id/>", {"id": ""}, id="empty element"),
        pytest.param('<id xsi:nil="false">x</id>', {"id": "x"}, id="not nil"),
        pytest.param('<id xsi:type="number">5</id>', {"id": "5"}, id="the schema tells the type"),
        pytest.param(
            '<id xsi:type="set_of_string">x</id>', {"id": "x"}, id="no array by statement"
        ),
        pytest.param('<c_a xsi:type="string">5</c_a>', {"c_a": "5"}, id="stated string"),
        pytest.param(
            '<tags xsi:nil="true"/><tags>a</tags>', {"tags": [None, "a"]}, id="nil among others"
        ),
        pytest.param("<c_a>x</c_a><c_a>y</c_a>", {"c_a": ["x", "y"]}, id="array not stated"),
        pytest.param(
            '<c_a><entry key="de">x</entry><entry key="fr" xsi:type="number">2</entry></c_a>',
            {"c_a": {"de": "x", "fr": 2}},
            id="map not stated",
        ),
        pytest.param(
            '<names><entry key="m"><entry key="k">x</entry></entry></names>',
            {"names": {"m": {"k": "x"}}},
            id="map not stated, in a map",
        ),
        pytest.param(
            '<c_a xsi:type="map">\n <entry key="k">x</entry>\n</c_a>',
            {"c_a": {"k": "x"}},
            id="space in a map",
        ),
        pytest.param(
            "<best>\n <aisle>3</aisle>\n</best>", {"best": {"aisle": "3"}}, id="space in a document"
        ),
        pytest.param('<c_a xsi:type="number">1e2</c_a>', {"c_a": 100.0}, id="stated number"),
        pytest.param('<c_a xsi:type="set_of_string"/>', {"c_a": [""]}, id="stated set of strings"),
        pytest.param(
            "<tags>a</tags><id>x</id><tags>b</tags>",
            {"tags": ["a", "b"], "id": "x"},
            id="array in pieces",
        ),
        pytest.param("<total>1E2</total>", {"total": 100.0}, id="exponent"),
        pytest.param("<best/>", {"best": {}}, id="empty document"),
        pytest.param("<names/>", {"names": {}}, id="empty map"),
        # What is not of the declared type is left to the schema.
        pytest.param("<total>x</total>", {"total": "x"}, id="no number"),
        pytest.param("<total/>", {"total": ""}, id="no number, empty"),
        pytest.param("<total> 1</total>", {"total": " 1"}, id="number with space"),
        pytest.param("<total>01</total>", {"total": "01"}, id="number with a leading zero"),
        pytest.param("<total>+1</total>", {"total": "+1"}, id="number with a plus"),
        pytest.param("<total>.5</total>", {"total": ".5"}, id="number without an integer part"),
        pytest.param("<total>NaN</total>", {"total": "NaN"}, id="NaN"),
        pytest.param("<total>\uff11</total>", {"total": "\uff11"}, id="digit of another script"),
        pytest.param("<used>TRUE</used>", {"used": "TRUE"}, id="upper-case boolean"),
        pytest.param("<used>1</used>", {"used": "1"}, id="numeric boolean"),
        pytest.param("<id>a</id><id>b</id>", {"id": ["a", "b"]}, id="string twice"),
        pytest.param("<id><b>x</b></id>", {"id": {}}, id="element for a string"),
        pytest.param("<nope>1</nope>", {"nope": "1"}, id="unknown"),
        pytest.param('<x:id xmlns:x="urn:x">a</x:id>', {"{urn:x}id": "a"}, id="other namespace"),
        pytest.param('<id xmlns="">a</id>', {"id": "a"}, id="no namespace"),
    ],
)
def test_a_text_is_read_by_the_schema_and_never_by_guessing(
    text: str, read: dict[str, Any]
) -> None:
    found = decoded(house(text))
    assert orjson.dumps(found) == orjson.dumps(read)


ROOT = f"<ware_house {SPACES}/>"


@table(
    "text",
    [
        pytest.param("", id="nothing"),
        pytest.param(" ", id="space"),
        pytest.param("{}", id="JSON"),
        pytest.param("<ware_house", id="not ended"),
        pytest.param(house("<id>"), id="not closed"),
        pytest.param(house("<id></ID>"), id="closed by another"),
        pytest.param(ROOT + ROOT, id="two roots"),
        pytest.param(ROOT + "x", id="text after the root"),
        pytest.param(" " + PROLOGUE + ROOT, id="space before the prologue"),
        pytest.param(house("<id>&nbsp;</id>"), id="unknown entity"),
        pytest.param(house("<id>\0</id>"), id="NUL"),
        pytest.param(house("<id>&#0;</id>"), id="NUL by reference"),
        pytest.param(house("<id>\x0b</id>"), id="control character"),
        pytest.param(house("<id a='1' a='2'/>"), id="attribute twice"),
        pytest.param(house("<x:id/>"), id="unknown prefix"),
        pytest.param("<!DOCTYPE ware_house>" + ROOT, id="DTD"),
        pytest.param('<!DOCTYPE ware_house SYSTEM "http://127.0.0.1/x">' + ROOT, id="external DTD"),
        pytest.param('<!DOCTYPE x [<!ENTITY e "v">]>' + house("<id>&e;</id>"), id="entity"),
        pytest.param(
            '<!DOCTYPE x [<!ENTITY e SYSTEM "file:///etc/hostname">]>' + house("<id>&e;</id>"),
            id="external entity",
        ),
        pytest.param('<!DOCTYPE x [<!ENTITY % e "v"> %e;]>' + ROOT, id="parameter entity"),
        pytest.param("<ware_house/>", id="no namespace"),
        pytest.param(
            '<ware_house xmlns="http://www.demandware.com/ocapi/data/23.1"/>',
            id="namespace of another version",
        ),
        pytest.param(
            '<ware_house xmlns="http://www.demandware.com/ocapi/shop/23.2"/>',
            id="another namespace",
        ),
        pytest.param(f"<inventory_list {SPACES}/>", id="another root"),
        pytest.param(f"<Ware_house {SPACES}/>", id="root in another case"),
        pytest.param(ROOT.encode("utf-16"), id="UTF-16"),
        pytest.param(house("<id>é</id>").encode("latin-1"), id="Latin-1"),
        pytest.param(house("<id>x</id>").encode().replace(b"x", b"\xed\xa0\x80"), id="surrogate"),
        pytest.param(b"\xff\xfe", id="no UTF-8"),
    ],
)
def test_what_is_not_the_document_in_xml_is_refused(text: str | bytes) -> None:
    with pytest.raises(XmlError):
        decoded(text)


@table(
    "members",
    [
        pytest.param("x", id="text in the root"),
        pytest.param("x<id>a</id>", id="text before an element"),
        pytest.param("<id>a</id>x", id="text after an element"),
        pytest.param("<id>a</id>x<used>true</used>", id="text between elements"),
        pytest.param("<id>a</id>&#48;", id="text by reference"),
        pytest.param("<id>a</id><![CDATA[x]]>", id="text in CDATA"),
        pytest.param("<best>x</best>", id="text for a document"),
        pytest.param("<best><aisle>3</aisle>x</best>", id="text in a document"),
        pytest.param("<places><aisle>3</aisle></places><places>x</places>", id="text in an array"),
        pytest.param("<names>x</names>", id="text for a map"),
        pytest.param('<names><entry key="a">b</entry>x</names>', id="text in a map"),
        pytest.param('<c_a xsi:type="map">x</c_a>', id="text for a stated map"),
        pytest.param('<c_a>x<entry key="a">b</entry></c_a>', id="text in a map not stated"),
    ],
)
def test_text_between_elements_is_refused(members: str) -> None:
    with pytest.raises(XmlError):
        decoded(house(members))


@table(
    "children",
    [
        pytest.param("<entry>x</entry>", id="no key"),
        pytest.param('<entry key="a">x</entry><entry>y</entry>', id="no key, later"),
        pytest.param('<entry Key="a">x</entry>', id="key in another case"),
        pytest.param('<item key="a">x</item>', id="another name"),
        pytest.param('<Entry key="a">x</Entry>', id="name in another case"),
        pytest.param('<entry key="a">x</entry><item key="b">y</item>', id="another name, later"),
        pytest.param('<entry xmlns="" key="a">x</entry>', id="no namespace"),
        pytest.param('<x:entry xmlns:x="urn:x" key="a">x</x:entry>', id="another namespace"),
    ],
)
@table(
    "map_",
    [
        pytest.param("<names>{}</names>", id="declared"),
        pytest.param('<c_a xsi:type="map">{}</c_a>', id="stated"),
        pytest.param("<c_a>{}</c_a>", id="not stated"),
        pytest.param('<names><entry key="m">{}</entry></names>', id="in a map"),
    ],
)
def test_a_map_has_no_other_children_than_entries_with_a_key(map_: str, children: str) -> None:
    with pytest.raises(XmlError):
        decoded(house(map_.format(children)))


@table(
    "value",
    [
        pytest.param(' xsi:type="integer">1', id="unknown type"),
        pytest.param(' xsi:type="Number">1', id="type in another case"),
        pytest.param(' xsi:type=" number">1', id="type with space"),
        pytest.param(' xsi:type="xs:string">1', id="type of XML Schema"),
        pytest.param(' xsi:type="set_of_integer">1', id="set of an unknown type"),
        pytest.param(' xsi:type="array">1', id="array"),
        pytest.param(' xsi:type="null">', id="null"),
        pytest.param(' xsi:type="number">x', id="no number"),
        pytest.param(' xsi:type="number">', id="no number, empty"),
        pytest.param(' xsi:type="number">01', id="number with a leading zero"),
        pytest.param(' xsi:type="number"> 1', id="number with space"),
        pytest.param(' xsi:type="number">true', id="boolean for a number"),
        pytest.param(' xsi:type="number">1e999', id="number beyond all numbers"),
        pytest.param(' xsi:type="boolean">True', id="boolean in another case"),
        pytest.param(' xsi:type="boolean">1', id="number for a boolean"),
        pytest.param(' xsi:type="boolean">', id="no boolean, empty"),
        pytest.param(' xsi:type="set_of_number">x', id="no number in a set"),
        pytest.param(' xsi:type="set_of_boolean">1', id="no boolean in a set"),
    ],
)
@table(
    "open_",
    [
        pytest.param("<c_a{}</c_a>", id="custom property"),
        pytest.param('<names><entry key="k"{}</entry></names>', id="entry of a map"),
        pytest.param('<c_a><entry key="k"{}</entry></c_a>', id="entry of a custom map"),
        pytest.param("<best><c_a{}</c_a></best>", id="custom property of a document"),
    ],
)
def test_a_text_that_is_not_of_the_type_it_states_is_refused(open_: str, value: str) -> None:
    with pytest.raises(XmlError):
        decoded(house(open_.format(value)))


def test_entries_do_not_make_up_for_an_unknown_type() -> None:
    with pytest.raises(XmlError):
        decoded(house('<c_a xsi:type="integer"><entry key="k">x</entry></c_a>'))


def test_each_of_a_set_is_of_the_type_it_states() -> None:
    with pytest.raises(XmlError):
        decoded(house('<c_a xsi:type="set_of_number">1</c_a><c_a xsi:type="set_of_number">x</c_a>'))


@table("declared", ["UTF-8", "utf-8", "Utf-8"])
@pytest.mark.parametrize("quote", ['"', "'"])
@pytest.mark.parametrize("mark", [b"", b"\xef\xbb\xbf"], ids=["no mark", "mark"])
def test_utf_8_may_be_declared(mark: bytes, quote: str, declared: str) -> None:
    prologue = f"<?xml version='1.0' encoding={quote}{declared}{quote} standalone='yes'?>"
    assert decoded(mark + (prologue + house("<id>é</id>")).encode()) == {"id": "é"}


@table("declared", ["ISO-8859-1", "UTF-16", "us-ascii", "UTF-80", "x"])
@pytest.mark.parametrize("quote", ['"', "'"])
@pytest.mark.parametrize("mark", [b"", b"\xef\xbb\xbf"], ids=["no mark", "mark"])
def test_another_encoding_may_not_be_declared(mark: bytes, quote: str, declared: str) -> None:
    prologue = f"<?xml version='1.0' encoding = {quote}{declared}{quote}?>\n"
    with pytest.raises(XmlError):
        decoded(mark + (prologue + house("<id>x</id>")).encode())


def test_an_encoding_is_declared_nowhere_but_in_the_prologue() -> None:
    assert decoded(house('<id encoding="x">encoding="UTF-16"</id>')) == {"id": 'encoding="UTF-16"'}


def test_the_prefix_of_the_namespace_does_not_matter() -> None:
    text = f"<o:ware_house {SPACES.replace('xmlns=', 'xmlns:o=')}><o:id>x</o:id></o:ware_house>"
    assert decoded(text) == {"id": "x"}


def test_a_byte_order_mark_is_passed_over() -> None:
    assert decoded(b"\xef\xbb\xbf" + PROLOGUE.encode() + house("<id>x</id>").encode()) == {
        "id": "x"
    }


def test_a_number_beyond_all_numbers_is_refused_as_xml_or_left_to_the_schema() -> None:
    with suppress(XmlError):
        assert decoded(house("<total>1e999</total>")) == {"total": "1e999"}


DEEP = 100_000


def test_elements_nested_in_a_string_are_read_as_some_object() -> None:
    assert decoded(house("<id>" * 63 + "</id>" * 63)) == {"id": {}}


@pytest.mark.parametrize(
    "text",
    [
        pytest.param("<id>" * DEEP, id="elements never closed"),
        pytest.param("<id>" * 64 + "</id>" * 64, id="a level too many"),
        pytest.param("<id>" * DEEP + "</id>" * DEEP, id="elements"),
        pytest.param(
            '<c_a xsi:type="map">'
            + '<entry key="k" xsi:type="map">' * DEEP
            + "</entry>" * DEEP
            + "</c_a>",
            id="maps",
        ),
    ],
)
def test_elements_nested_too_deep_are_refused(text: str) -> None:
    with pytest.raises(XmlError):
        decoded(house(text))


@pytest.mark.parametrize("more", [0, 2])
def test_a_document_has_a_bounded_number_of_elements_and_attributes(more: int) -> None:
    text = house('<flags x="1">true</flags>' * 49_999 + "<id/>" * more)
    if more:
        with pytest.raises(XmlError, match="too many"):
            decoded(text)
    else:
        assert len(decoded(text)["flags"]) == 49_999


FIT = st.one_of(
    st.sampled_from("\t\n\r"),
    st.characters(min_codepoint=0x20, max_codepoint=0xD7FF),
    st.characters(min_codepoint=0xE000, max_codepoint=0xFFFD),
    st.characters(min_codepoint=0x10000),
)
TEXTS = st.text(FIT, max_size=12) | st.sampled_from(["", "true", "1", "null", " ", "\r\n"])
INTEGERS = st.integers(min_value=-(2**63), max_value=2**64 - 1)
NUMBERS = INTEGERS | st.floats(allow_nan=False, allow_infinity=False)
KINDS: tuple[st.SearchStrategy[Any], ...] = (TEXTS, NUMBERS, st.booleans())
SETS = st.one_of(*(st.lists(kind, max_size=3) for kind in KINDS))
VALUES = st.one_of(*KINDS, SETS)
MAPS = st.dictionaries(TEXTS, st.none() | VALUES, max_size=4)
CUSTOM_NAMES = st.from_regex(r"\Ac_[A-Za-z0-9_-]{1,6}\Z")
CUSTOM = st.dictionaries(CUSTOM_NAMES, st.none() | VALUES | MAPS, max_size=4)
ENVELOPE = {"_v": TEXTS, "_type": TEXTS, "_resource_state": TEXTS}
Strategy = st.SearchStrategy[dict[str, Any]]


def documents(custom: Strategy, **members: st.SearchStrategy[Any]) -> Strategy:
    declared = st.fixed_dictionaries({}, optional={**ENVELOPE, **members})
    return st.builds(lambda own, more: own | more, declared, custom)


PLACES = documents(CUSTOM, aisle=TEXTS, height=NUMBERS, open=st.booleans())
HOUSES = documents(
    CUSTOM,
    best=PLACES | st.none(),
    flags=st.lists(st.booleans(), max_size=3),
    id=TEXTS | st.none(),
    limits=st.lists(NUMBERS, max_size=3),
    names=MAPS,
    places=st.lists(PLACES, max_size=2),
    tags=st.lists(TEXTS, max_size=3),
    total=NUMBERS | st.none(),
    used=st.booleans() | st.none(),
)
INVENTORY_LISTS = documents(
    CUSTOM,
    assigned_sites=st.lists(TEXTS, max_size=3),
    creation_date=TEXTS,
    default_in_stock=st.booleans(),
    description=TEXTS,
    id=TEXTS,
    last_modified=TEXTS,
    link=TEXTS,
    on_order_inventory_enabled=st.booleans(),
    use_bundle_inventory_only=st.booleans(),
)
PAGES = documents(
    st.just({}),
    count=INTEGERS,
    data=st.lists(INVENTORY_LISTS, max_size=2),
    expand=st.lists(TEXTS, max_size=2),
    next=TEXTS,
    previous=TEXTS,
    select=TEXTS,
    start=INTEGERS,
    total=INTEGERS,
)
DETAILS = st.fixed_dictionaries({"arguments": MAPS, "type": TEXTS, "message": TEXTS})
FAULTS = documents(st.just({}), fault=DETAILS)


@pytest.mark.parametrize(
    ("document", "contents"),
    [
        pytest.param(HOUSE, HOUSES, id="every type"),
        pytest.param(LIST, INVENTORY_LISTS, id="inventory_list"),
        pytest.param(LISTS, PAGES, id="inventory_lists"),
        pytest.param(FAULT, FAULTS, id="fault"),
    ],
)
@given(data=st.data(), indent=st.booleans())
def test_nothing_is_lost_from_json_to_xml_and_back(
    document: Document, contents: Strategy, data: st.DataObject, *, indent: bool
) -> None:
    content = data.draw(contents)
    text = xml.encode(content, document, "23.2", indent=indent)
    read = xml.decode(text, document, "23.2")
    # As bytes, for 1, 1.0 and True are equal in Python; so the order is compared too.
    assert orjson.dumps(read) == orjson.dumps(content)


@settings(deadline=None)
@given(st.text())
def test_any_string_can_be_carried_once_it_is_fit(text: str) -> None:
    carried = fit(text)
    assert len(carried) == len(text)
    assert decoded(encoded({"id": text})) == {"id": carried}


PIECES = [
    "<ware_house>",
    house("{}"),
    "<id>",
    "</id>",
    "<entry key='a' xsi:type='map'>",
    "</entry>",
]
PIECES += ["<c_a xsi:type='set_of_number'>", "</c_a>", "<places>", "</places>", "1", "true", "x"]
PIECES += ["<!DOCTYPE x>", "<![CDATA[", "]]>", "&lt;", "&x;", "<?x?>", " ", "<names/>", "<total>"]
SOUP = st.lists(st.sampled_from(PIECES), max_size=8).map("".join)


@given(st.binary() | SOUP.map(str.encode) | SOUP.map(lambda text: house(text).encode()))
def test_any_bytes_are_read_as_an_object_or_refused(data: bytes) -> None:
    with suppress(XmlError):
        assert isinstance(decoded(data), dict)
