"""The search of custom objects of a type, in all sites (COB-3)."""

from collections.abc import Mapping
from typing import Any

from emulator.ocapi.answer import Answer
from emulator.ocapi.call import Call
from emulator.ocapi.resources.object_type.custom_object import (
    CustomObject,
    find_attributes,
    name_properties,
    show_properties,
)
from emulator.ocapi.resources.object_type.rules import CUSTOM_OBJECTS as NAME
from emulator.ocapi.schema import faults
from emulator.ocapi.schema.faults import Fault, FaultType
from emulator.ocapi.schema.fields import Array, Embedded
from emulator.ocapi.search.answer import answer_search
from emulator.ocapi.search.language import Kind, SearchField
from emulator.ocapi.search.query import SearchResult
from emulator.store import Record

TYPE_MISMATCH = FaultType(
    400,
    "TypeMissmatch",
    "The type of a value doesn't match the type of the field '{field}'.",
    ("field",),
)
KINDS: Mapping[str, Kind] = {
    "int": "number",
    "double": "number",
    "boolean": "boolean",
    "date": "date",
    "datetime": "date",
}
"""The kinds of search fields by value type; the other value types are texts."""


class CustomObjectSearchResult(SearchResult):
    """A page of the custom objects found by a search."""

    hits = Array(Embedded(CustomObject()))


SEARCH_RESULT = CustomObjectSearchResult()


def search(call: Call) -> Answer:
    """Show a page of the custom objects of a type that match a query, from all sites."""
    [object_type] = call.key
    attributes = find_attributes(call, object_type)
    fields, names = _list_fields(attributes), name_properties(attributes)
    count = call.store.count(NAME, (object_type,))
    records = call.store.scan(NAME, 0, count, (object_type,)).records

    def show(record: Record, whole: bool) -> dict[str, Any]:  # noqa: FBT001 - of Show
        shown = show_properties(record, names)
        if whole:
            return shown
        return {name: value for name, value in shown.items() if name.startswith("key_value_")}

    try:
        return answer_search(call, SEARCH_RESULT, fields, records, show)
    except Fault as fault:
        if fault.kind is faults.INVALID_SEARCH_FIELD_TYPE:
            raise TYPE_MISMATCH(fault.arguments["field"]) from fault
        raise


def _list_fields(attributes: list[Record]) -> dict[str, SearchField]:
    """Return the search fields of an object type (COB-3)."""
    fields = {
        "key_value_string": SearchField("string"),
        "key_value_integer": SearchField("number"),
        "creation_date": SearchField("date"),
        "last_modified": SearchField("date"),
        "site_id": SearchField("string"),
    }
    for attribute in attributes:
        if not attribute.get("system") and not attribute.get("key"):
            name = f"c_{attribute.key[-1]}"
            fields[name] = _make_field(name, attribute)
    return fields


def _make_field(name: str, attribute: Record) -> SearchField:
    value_type = str(attribute.get("value_type"))
    kind = KINDS.get(value_type.removeprefix("set_of_").removeprefix("enum_of_"), "text")
    if attribute.get("localizable"):
        return SearchField(kind, lambda one: list(one.get(name, {}).values()))
    return SearchField(kind)
