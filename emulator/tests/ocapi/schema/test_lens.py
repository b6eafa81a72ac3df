"""What older versions do not have: documents, constraints, search fields, operations (VER)."""

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from emulator.ocapi.schema import lens
from emulator.ocapi.schema.document import Document
from emulator.ocapi.schema.faults import Fault
from emulator.ocapi.schema.fields import Array, Embedded, Number, String
from emulator.ocapi.schema.lens import Span
from emulator.ocapi.wire import envelope, versions

PAGE = Path(__file__).parents[4] / "docs" / "versions.md"


class OldThing(Document):
    id = String()
    old_name = String()
    new_name = String()
    amount = Number(minimum=0)


class Box(Document):
    thing = Embedded(OldThing())
    things = Array(Embedded(OldThing()))
    boxes = Array(Embedded(lambda: find_box()))  # noqa: PLW0108 - defined below


BOX = Box()


def find_box() -> Box:
    return BOX


@pytest.fixture(autouse=True)
def rows(monkeypatch: pytest.MonkeyPatch) -> None:
    spans = {"old_name": Span(until="21.9"), "new_name": Span(since="21.9")}
    monkeypatch.setattr(lens, "PROPERTIES", {"old_thing": spans})
    monkeypatch.setattr(
        lens, "CONSTRAINTS", {"old_thing": {"amount": {"minimum": Span(since="21.9")}}}
    )


def decode(document: Document, body: Any, version: str) -> Any:
    return document.at(version).decode(body, version=version, partial=False)


@pytest.mark.parametrize(
    ("version", "covered"),
    [("18.1", False), ("19.10", False), ("20.2", True), ("21.8", True), ("21.10", False)],
)
def test_a_span_has_the_versions_from_the_first_to_the_last(
    version: str,
    covered: bool,  # noqa: FBT001 - a parameter of the table
) -> None:
    assert Span("20.2", "21.9").covers(version) is covered


def test_requests_know_the_properties_of_their_version() -> None:
    for version, known, unknown in (
        ("21.8", "old_name", "new_name"),
        ("21.9", "new_name", "old_name"),
    ):
        assert decode(OldThing(), {known: "x"}, version) == {known: "x"}
        with pytest.raises(Fault, match=unknown):
            decode(OldThing(), {unknown: "x"}, version)


def test_documents_inside_have_the_same_version() -> None:
    for place in ("thing", "things", "boxes"):
        value: Any = {"new_name": "x"}
        body = {"thing": value, "things": [value], "boxes": [{"thing": value}]}[place]
        with pytest.raises(Fault, match="new_name"):
            decode(BOX, {place: body}, "21.8")
        assert decode(BOX, {place: body}, "21.9") == {place: body}


def test_a_constraint_holds_from_its_version_on() -> None:
    assert decode(OldThing(), {"amount": -1}, "21.8") == {"amount": -1}
    for version in ("21.9", "23.2"):
        with pytest.raises(Fault):
            decode(OldThing(), {"amount": -1}, version)


def test_answers_have_the_properties_of_the_version() -> None:
    thing = {"id": "a", "old_name": "x", "new_name": "y"}
    properties = {"thing": thing, "things": [thing], "boxes": [{"thing": thing}]}
    for version, names in (("21.8", ["id", "old_name"]), ("21.9", ["id", "new_name"])):
        shown = envelope.wrap(BOX, version, "", properties)
        for found in (shown["thing"], shown["things"][0], shown["boxes"][0]["thing"]):
            assert sorted(found.keys() - {"_type"}) == sorted(names)


def test_a_search_has_the_fields_of_the_version() -> None:
    fields = {"id": 1, "creation_date": 2}
    path = ("customer_lists", "{list_id}", "customer_search")
    assert lens.pick_fields(path, "22.1", fields) == {"id": 1}
    assert lens.pick_fields(path, "22.4", fields) == fields
    assert lens.pick_fields(("job_execution_search",), "18.1", fields) == fields


@pytest.mark.parametrize(
    ("method", "path", "first"),
    [
        ("GET", "users/{login}/access_key/{scope}", "22.6"),
        ("POST", "sites/{site_id}/cartridges", "18.8"),
        ("DELETE", "sites/{site_id}/cartridges/{name}", "18.8"),
        ("HEAD", "permissions/bm/locale", "18.8"),
        ("POST", "log_requests/ecdn", "18.8"),
        ("GET", "log_requests/ecdn/{id}", "18.8"),
        ("PATCH", "catalogs/{catalog_id}", "18.8"),
        ("GET", "catalogs/{catalog_id}", ""),
        ("GET", "sites/{site_id}", ""),
        ("GET", "users/{login}", ""),
        ("PUT", "sites/{site_id}/orders/{order_no}/status", "20.2"),
    ],
)
def test_an_operation_exists_from_its_version_on(method: str, path: str, first: str) -> None:
    known = [
        version
        for version in ("18.1", "18.8", "19.3", "20.2", "21.10", "22.4", "22.6", "23.2")
        if lens.has_operation(method, tuple(path.split("/")), version)
    ]
    assert known[0] == (first or "18.1")
    assert known[-1] == "23.2"


def test_alerts_lose_their_items() -> None:
    for path in (("alerts", "items"), ("alerts", "items", "{application}")):
        known = [v for v in ("19.5", "19.8", "24.5", "25.6") if lens.has_operation("GET", path, v)]
        assert known == ["19.8", "24.5"]
    assert lens.has_operation("GET", ("alerts", "descriptors"), "25.6")


def name_methods(methods: str) -> str:
    return "any method of" if methods == lens.ALL_METHODS else methods.replace(" ", ", ")


def render_rows() -> Iterator[str]:
    """Yield the rows of the page about versions."""
    named = [
        *(
            (f"property `{d}.{n}`", span)
            for d, r in lens.PROPERTIES.items()
            for n, span in r.items()
        ),
        *(
            (f"{attribute} of `{d}.{n}`", span)
            for d, r in lens.CONSTRAINTS.items()
            for n, spans in r.items()
            for attribute, span in spans.items()
        ),
        *(
            (f"value `{value}` of `{d}.{n}`", span)
            for d, r in lens.ENUMERATIONS.items()
            for n, spans in r.items()
            for value, span in spans.items()
        ),
        *(
            (f"search field `{n}` of `{s}`", span)
            for s, r in lens.SEARCH_FIELDS.items()
            for n, span in r.items()
        ),
        *((f"{name_methods(m)} `/{path}`", span) for m, path, span in lens.OPERATIONS),
        *((f"body of {m} `/{path}`", span) for m, path, span in lens.BODIES),
    ]
    for text, span in named:
        yield f"| {text} | {span.since} | {span.until} |"


def test_the_page_lists_all_rows(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.undo()
    lines = [line for line in PAGE.read_text().splitlines() if line.startswith("| ")]
    assert lines[2:] == list(render_rows())


def test_the_page_lists_the_served_versions() -> None:
    served = sorted(map(versions.number, versions.PUBLISHED), key=versions.order)
    lists = [line for line in PAGE.read_text().splitlines() if re.match(r"- \d", line)]
    assert [version for line in lists for version in line[2:].split(", ")] == served
