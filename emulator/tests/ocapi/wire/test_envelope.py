"""The envelope of documents, items, pages and faults, in both dialects (ENV-1 to ENV-6, FLT-1)."""

from types import MappingProxyType
from typing import Any

from emulator.ocapi.schema.document import Document
from emulator.ocapi.schema.faults import FaultType
from emulator.ocapi.schema.fields import Array, Embedded, Localized, Number, String
from emulator.ocapi.wire import envelope, select
from emulator.ocapi.wire.dialect import DIALECTS
from emulator.tests.table import table

DOCUMENTED, OBSERVED = DIALECTS["documented"], DIALECTS["observed"]
STATE = "5f" * 32
NO_THING = FaultType(404, "NoSmallThing", "No thing '{thingId}' on '{day}'.", ("thingId", "day"))
QUOTA = FaultType(400, "SomeQuota", "Enough.")


class SmallThing(Document):
    id = String()


class Lid(Document):
    size = Number()


class Box(Document):
    items_have_state = False
    lid = Embedded(Lid())
    things = Array(Embedded(SmallThing()))
    spare = Embedded(lambda: BOX)
    note = Localized()


BOX: Document = Box()


def members(content: dict[str, Any]) -> list[tuple[str, Any]]:
    return list(content.items())


def test_a_document_has_version_type_and_state_before_its_properties_by_alphabet() -> None:
    properties = {"link": "http://h/x", "c_size": 1, "id": "x", "assigned": ["b", "a"]}
    assert members(envelope.wrap(SmallThing(), "23.2", STATE, properties)) == [
        ("_v", "23.2"),
        ("_type", "small_thing"),
        ("_resource_state", STATE),
        ("assigned", ["b", "a"]),
        ("c_size", 1),
        ("id", "x"),
        ("link", "http://h/x"),
    ]


def test_embedded_documents_have_their_type_and_the_state_they_bring() -> None:
    things = (MappingProxyType({"id": "b", "_resource_state": STATE}), {"id": "a"})
    properties = {"things": things, "spare": {"note": {"de": "x"}, "lid": {}}, "lid": {"size": 1}}
    content = envelope.wrap(BOX, "23.2", STATE, properties)
    assert content["lid"] == {"_type": "lid", "size": 1}
    assert content["spare"] == {"_type": "box", "lid": {"_type": "lid"}, "note": {"de": "x"}}
    assert isinstance(content["things"], select.Documents)
    assert [members(thing) for thing in content["things"]] == [
        [("_type", "small_thing"), ("_resource_state", STATE), ("id", "b")],
        [("_type", "small_thing"), ("id", "a")],
    ]
    assert members(content["spare"])[0] == ("_type", "box")


def test_items_of_some_documents_have_no_state() -> None:
    item = envelope.wrap_item(BOX, "23.2", STATE, {"lid": {}}, OBSERVED)
    assert item == {"_type": "box", "lid": {"_type": "lid"}}


def test_wrapping_leaves_the_properties_alone() -> None:
    properties = {"b": 1, "a": 2}
    envelope.wrap(SmallThing(), "23.2", STATE, properties)
    assert members(properties) == [("b", 1), ("a", 2)]


def test_an_item_is_marked_with_the_version_as_documented() -> None:
    item = envelope.wrap_item(SmallThing(), "23.2", STATE, {"id": "x"}, DOCUMENTED)
    assert members(item) == [
        ("_v", "23.2"),
        ("_type", "small_thing"),
        ("_resource_state", STATE),
        ("id", "x"),
    ]


def test_an_item_is_not_marked_with_the_version_as_observed() -> None:
    item = envelope.wrap_item(SmallThing(), "23.2", STATE, {"id": "x"}, OBSERVED)
    assert members(item) == [("_type", "small_thing"), ("_resource_state", STATE), ("id", "x")]


def test_a_page_has_version_and_type_before_its_members_by_alphabet() -> None:
    page = envelope.wrap_page(
        "small_things", "19.5", {"total": 9, "count": 1, "start": 0, "next": "http://h", "data": []}
    )
    assert members(page) == [
        ("_v", "19.5"),
        ("_type", "small_things"),
        ("count", 1),
        ("data", []),
        ("next", "http://h"),
        ("start", 0),
        ("total", 9),
    ]


@table(
    ("text", "documented", "observed"),
    [
        ("(**)", "**", "(**)"),
        ("(count,data.(**))", "count,data.(**)", "(count,data.(**))"),
        ("(a, -b)", "a, -b", "(a, -b)"),
        (" (**)", "**", "(**)"),
        ("(**) ", "**", "(**)"),
    ],
)
def test_a_selector_is_echoed_without_parentheses_as_documented_with_them_as_observed(
    text: str, documented: str, observed: str
) -> None:
    selector = select.parse(text)
    assert envelope.echo(selector, DOCUMENTED) == documented
    assert envelope.echo(selector, OBSERVED) == observed


def test_a_fault_is_marked_with_its_type_as_documented() -> None:
    content = envelope.wrap_fault(NO_THING("x", 3), "23.2", DOCUMENTED)
    assert members(content) == [
        ("_v", "23.2"),
        ("_type", "fault"),
        (
            "fault",
            {
                "arguments": {"thingId": "x", "day": "3"},
                "type": "NoSmallThingException",
                "message": "No thing 'x' on '3'.",
            },
        ),
    ]
    assert list(content["fault"]) == ["arguments", "type", "message"]


def test_a_fault_is_not_marked_with_its_type_as_observed() -> None:
    content = envelope.wrap_fault(QUOTA(), "20.8", OBSERVED)
    assert members(content) == [
        ("_v", "20.8"),
        ("fault", {"type": "SomeQuotaException", "message": "Enough."}),
    ]
