"""Custom objects (COB-1 to COB-3): objects of custom types, global or of a site.

The key of a stored object is: object type, site or ``-``, key. The stored properties are those of
the document, besides ``site_id`` and the dates for the search.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any

from marshmallow import ValidationError

from emulator.fixture.data_set import Collection as FixtureCollection
from emulator.ocapi.answer import Answer, answer_document
from emulator.ocapi.call import Call
from emulator.ocapi.resource import Operation, Resource, fault_of
from emulator.ocapi.resources.object_type import custom_object_definitions
from emulator.ocapi.resources.object_type.custom_object_definitions import CUSTOM_OBJECT_DEFINITIONS
from emulator.ocapi.resources.object_type.rules import CUSTOM_OBJECTS as NAME
from emulator.ocapi.resources.site.sites import SITES
from emulator.ocapi.schema import faults
from emulator.ocapi.schema.attribute import make_property
from emulator.ocapi.schema.document import Collection, Document
from emulator.ocapi.schema.faults import Fault, FaultType
from emulator.ocapi.schema.fields import Array, Embedded, Integer, String
from emulator.ocapi.search.answer import answer_search, read_expansions
from emulator.ocapi.search.language import Kind, SearchField
from emulator.ocapi.search.query import SearchRequest, SearchResult
from emulator.ocapi.wire import state
from emulator.ocapi.wire.url import ORGANIZATION
from emulator.store import Delete, Presence, Put, Record, Require, retry_on_conflict

MAX_KEY_INTEGER = 2**31 - 1
SEARCH_ONLY = ("creation_date", "last_modified", "site_id")
"""Stored properties that no answer shows."""
NOT_FOUND = FaultType(
    404,
    "CustomObjectNotFound",
    "No custom object of type '{objectType}' with key '{key}' could be found.",
    ("key", "objectType"),
)
MALFORMED_KEY = FaultType(
    400,
    "MalformedKeyParameter",
    "The value '{value}' of parameter '{parameter}' is malformed.",
    ("value", "parameter"),
)
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


class CustomObject(Document):
    """A custom object."""

    custom = True

    key_property = String(read_only=True)
    key_value_integer = Integer(read_only=True)
    key_value_string = String(read_only=True)
    object_type = String(read_only=True)


class CustomObjectSearchResult(SearchResult):
    """A page of the custom objects found by a search."""

    hits = Array(Embedded(CustomObject()))


CUSTOM_OBJECT = CustomObject()


@dataclass(frozen=True)
class _Place:
    """The object of a path, with the definition of the key attribute."""

    object_type: str
    site: str
    key: str
    key_attribute: Mapping[str, Any]
    attributes: frozenset[str]

    @property
    def record_key(self) -> tuple[str, str, str]:
        return (self.object_type, self.site, self.key)

    @property
    def head(self) -> dict[str, Any]:
        """The properties of the key."""
        is_integer = self.key_attribute["value_type"] == "int"
        value: dict[str, Any] = (
            {"key_value_integer": int(self.key)} if is_integer else {"key_value_string": self.key}
        )
        site = {} if self.site == ORGANIZATION else {"site_id": self.site}
        head = {"key_property": self.key_attribute["id"], "object_type": self.object_type}
        return {**head, **value, **site}


def find_attributes(call: Call, object_type: str) -> list[Record]:
    """Return the attribute definitions of a custom object type.

    Raises:
        Fault: ObjectTypeNotFound (COB-1).
    """
    if call.store.get(CUSTOM_OBJECT_DEFINITIONS.name, (object_type,)) is None:
        raise fault_of(CUSTOM_OBJECT_DEFINITIONS.not_found, (object_type,))
    name = custom_object_definitions.DEFINITIONS
    return list(call.store.scan(name, 0, call.store.count(name), (object_type,)).records)


def _locate(call: Call) -> _Place:
    """Return the place of the path (COB-1)."""
    *sites, object_type, key = call.key
    site = sites[0] if sites else ORGANIZATION
    if sites and call.store.get(SITES.name, (site,)) is None:
        raise fault_of(SITES.not_found, (site,))
    attributes = find_attributes(call, object_type)
    key_attribute = next((one for one in attributes if one.get("key")), None)
    if key_attribute is None:
        raise fault_of(CUSTOM_OBJECT_DEFINITIONS.not_found, (object_type,))
    if key_attribute.get("value_type") == "int":
        key = _read_integer(key)
    return _Place(object_type, site, key, key_attribute.properties, _name_properties(attributes))


def _read_integer(text: str) -> str:
    digits = text.removeprefix("-")
    if not (digits.isascii() and digits.isdigit() and len(digits) <= len(str(MAX_KEY_INTEGER))):
        raise MALFORMED_KEY(text, "key")
    if abs(int(text)) > MAX_KEY_INTEGER:
        raise MALFORMED_KEY(text, "key")
    return str(int(text))


def _show(call: Call, place: _Place, record: Record, status: int = 200) -> Answer:
    shown = _show_properties(record, place.attributes)
    answer = answer_document(call, CUSTOM_OBJECT, shown, record.state, status)
    if status != 201:  # noqa: PLR2004 - MET-1
        return answer
    site = [] if place.site == ORGANIZATION else ["sites", place.site]
    link = call.link_to(*site, NAME, place.object_type, place.key)
    return replace(answer, headers={**answer.headers, "Location": link})


def _name_properties(attributes: list[Record]) -> frozenset[str]:
    """Return the names of all properties with an attribute definition."""
    return frozenset(f"c_{attribute.key[-1]}" for attribute in attributes)


def _show_properties(record: Record, attributes: frozenset[str]) -> dict[str, Any]:
    """Return the answered properties, without values of deleted definitions (OBJ-5)."""
    return {
        name: value
        for name, value in record.properties.items()
        if name in attributes or not (name in SEARCH_ONLY or name.startswith("c_"))
    }


def read(call: Call) -> Answer:
    """Show one custom object."""
    place = _locate(call)
    return _show(call, place, _find(call, place))


def _find(call: Call, place: _Place) -> Record:
    record = call.store.get(NAME, place.record_key)
    if record is None:
        raise NOT_FOUND(place.key, place.object_type)
    return record


def create(call: Call) -> Answer:
    """Create or overwrite one custom object."""
    return retry_on_conflict(lambda: _write(call, overwrites=True))


def update(call: Call) -> Answer:
    """Change the sent attributes of one custom object."""
    return retry_on_conflict(lambda: _write(call, overwrites=False))


def _write(call: Call, *, overwrites: bool) -> Answer:
    place = _locate(call)
    record = call.store.get(NAME, place.record_key)
    if record is None and not overwrites:
        raise NOT_FOUND(place.key, place.object_type)
    _check_state(call, record)
    values = _check_values(call, place)
    before = {} if overwrites or record is None else record.properties
    custom = {name: value for name, value in before.items() if name in place.attributes} | values
    created = call.now if record is None else record.get("creation_date", call.now)
    properties = {
        **{name: value for name, value in custom.items() if value is not None},
        **place.head,
        "creation_date": created,
    }
    old = {n: v for n, v in record.properties.items() if n != "last_modified"} if record else None
    if record is not None and Record(record.key, old or {}) == Record(record.key, properties):
        return _show(call, place, record)
    changed = Record(place.record_key, {**properties, "last_modified": call.now})
    expected = Presence.ABSENT if record is None else record.state
    parent = Require(CUSTOM_OBJECT_DEFINITIONS.name, (place.object_type,), Presence.PRESENT)
    call.store.apply(parent, Put(NAME, changed, expected))
    return _show(call, place, changed, status=201 if record is None else 200)


def _check_state(call: Call, record: Record | None) -> None:
    sent = call.content.get("_resource_state") if isinstance(call.content, Mapping) else None
    state.check_write(record.state if record else None, call.request.headers, sent)


def _check_values(call: Call, place: _Place) -> dict[str, Any]:
    """Return the checked attributes of the body, without the key attribute (COB-2)."""
    values: dict[str, Any] = {}
    for name, value in call.changes.items():
        attribute = name.removeprefix("c_")
        if not name.startswith("c_") or attribute == place.key_attribute["id"]:
            continue
        key = (place.object_type, attribute)
        definition = call.store.get(custom_object_definitions.DEFINITIONS, key)
        if definition is None or definition.get("system"):
            raise faults.INVALID_CUSTOM_PROPERTY()
        try:
            values[name] = make_property(definition.properties).deserialize(value)
        except ValidationError as error:
            raise faults.INVALID_CUSTOM_PROPERTY() from error
    return values


def delete(call: Call) -> Answer:
    """Delete one custom object; a missing object is no fault."""
    return retry_on_conflict(lambda: _delete(call))


def _delete(call: Call) -> Answer:
    place = _locate(call)
    record = call.store.get(NAME, place.record_key)
    if record is not None:
        _check_state(call, record)
        call.store.apply(Delete(NAME, place.record_key, record.state))
    return Answer(204)


def search(call: Call) -> Answer:
    """Show a page of the custom objects of a type that match a query, from all sites."""
    read_expansions(call)
    [object_type] = call.key
    attributes = find_attributes(call, object_type)
    fields, names = _list_fields(attributes), _name_properties(attributes)
    count = call.store.count(NAME, (object_type,))
    records = call.store.scan(NAME, 0, count, (object_type,)).records

    def show(record: Record, whole: bool) -> dict[str, Any]:  # noqa: FBT001 - of Show
        shown = _show_properties(record, names)
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


SEARCH_RESULT = CustomObjectSearchResult()


def _list_operations() -> Iterator[Operation]:
    below = f"{NAME}/{{object_type}}/{{key}}"
    missing_type = CUSTOM_OBJECT_DEFINITIONS.not_found
    missing = (MALFORMED_KEY, missing_type, NOT_FOUND)
    for path in (below, f"sites/{{site_id}}/{below}"):
        for method, answer, body in (
            ("GET", read, None),
            ("PUT", create, CUSTOM_OBJECT),
            ("PATCH", update, CUSTOM_OBJECT),
        ):
            yield Operation(
                method=method,
                path=path,
                answer=answer,
                shows=CUSTOM_OBJECT,
                body=body,
                needs_body=method != "PUT",
                creates=method == "PUT",
                faults=missing,
            )
        yield Operation(method="DELETE", path=path, answer=delete, faults=missing[:2])
    yield Operation(
        method="POST",
        path=f"{NAME}_search/{{object_type}}",
        answer=search,
        shows=SEARCH_RESULT,
        body=SearchRequest(),
        faults=(missing_type, TYPE_MISMATCH),
    )


RESOURCE = Resource(
    name=NAME,
    path=NAME,
    parent=CUSTOM_OBJECT_DEFINITIONS,
    parent_key="object_type",
    document=CUSTOM_OBJECT,
    collection=Collection(),
    key="key_value_string",
    verbs=frozenset(),
    not_found=NOT_FOUND,
    operations=tuple(_list_operations()),
)


def read_fixture(entry: Any) -> Record:
    """Return the record of a custom object in a data set.

    Raises:
        ValueError: The entry is not a custom object; the message has the reason.
    """
    if not isinstance(entry, dict):
        raise ValueError("is no object")  # noqa: TRY004 - the data set is wrong
    apart = {name: entry[name] for name in SEARCH_ONLY if name in entry}
    if not all(isinstance(value, str) for value in apart.values()):
        raise ValueError(f"{', '.join(SEARCH_ONLY)} are strings")
    rest = {name: value for name, value in entry.items() if name not in SEARCH_ONLY}
    properties = CUSTOM_OBJECT.decode_stored(rest)
    if "object_type" not in properties:
        raise ValueError("has no 'object_type'")
    key = properties.get("key_value_string", properties.get("key_value_integer"))
    if key is None:
        raise ValueError("has neither 'key_value_string' nor 'key_value_integer'")
    place = (properties["object_type"], apart.get("site_id", ORGANIZATION), str(key))
    return Record(place, {**properties, **apart})


COLLECTION = FixtureCollection(
    NAME,
    f"{NAME}.json",
    read_fixture,
    {"site_id": "sites", "object_type": CUSTOM_OBJECT_DEFINITIONS.path},
)
