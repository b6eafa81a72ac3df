"""Resources for tests: things, their sections, and the parts of a section."""

from typing import Any

from emulator.ocapi.resource import Resource, Search, Verb
from emulator.ocapi.schema.document import Collection, Document
from emulator.ocapi.schema.faults import FaultType
from emulator.ocapi.schema.fields import Array, Boolean, DateTime, Embedded, Number, String
from emulator.ocapi.search.language import SearchField
from emulator.ocapi.search.query import SearchResult


class SmallThing(Document):
    custom = True

    id = String(allow_none=False, min_length=1)
    count = Number()
    good = Boolean(load_default=False)
    creation_date = DateTime(read_only=True)
    last_modified = DateTime(read_only=True)
    parents = Array(String())


class Things(Collection):
    data = Array(Embedded(SmallThing()))


class PartSearchResult(SearchResult):
    hits = Array(Embedded(SmallThing()))


MISSING = FaultType(404, "ThingMissing", "No '{thingId}'.", ("thingId",))
TWICE = FaultType(400, "ThingTwice", "Two '{thingId}'.", ("thingId",))
ALL: tuple[Verb, ...] = ("list", "read", "create", "update", "delete")


def declare(*verbs: Verb, **changes: Any) -> Resource:
    declaration = {
        "path": "things",
        "document": SmallThing(),
        "collection": Things(),
        "key": "id",
        "verbs": frozenset(verbs),
        "not_found": MISSING,
        "duplicate": TWICE,
    }
    return Resource(**{**declaration, **changes})


SECTION_MISSING = FaultType(404, "SectionMissing", "No section '{sectionId}'.", ("sectionId",))
THING = declare(*ALL)
SECTION = declare(
    *ALL, path="sections", parent=THING, parent_key="thing_id", not_found=SECTION_MISSING
)
PART = declare(
    *ALL,
    path="parts",
    name="thing_parts",
    parent=SECTION,
    parent_key="section_id",
    search=Search(
        path="part_search",
        result=PartSearchResult(),
        fields={"id": SearchField("string"), "count": SearchField("number")},
    ),
)
THREE_LEVELS = (THING, SECTION, PART)
