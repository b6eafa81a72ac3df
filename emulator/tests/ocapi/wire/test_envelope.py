"""The envelope of documents, items, pages and faults, in both dialects (ENV-1 to ENV-6, FLT-1)."""

from typing import Any

import pytest

from emulator.ocapi.schema.document import Document
from emulator.ocapi.schema.faults import FaultType
from emulator.ocapi.schema.fields import String
from emulator.ocapi.wire import envelope, select
from emulator.ocapi.wire.dialect import DIALECTS

DOCUMENTED, OBSERVED = DIALECTS["documented"], DIALECTS["observed"]
STATE = "5f" * 32
NO_THING = FaultType(404, "NoSmallThing", "No thing '{thingId}' on '{day}'.", ("thingId", "day"))
QUOTA = FaultType(400, "SomeQuota", "Enough.")


class SmallThing(Document):
    id = String()


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


@pytest.mark.parametrize(
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
                "arguments": {"thingId": "x", "day": 3},
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
        ("fault", {"arguments": {}, "type": "SomeQuotaException", "message": "Enough."}),
    ]
