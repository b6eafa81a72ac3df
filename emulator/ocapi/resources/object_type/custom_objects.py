"""Custom objects: objects of custom types, global or of a site (COB-1, COB-2)."""

from collections.abc import Iterator
from typing import Any

from marshmallow import ValidationError

from emulator.ocapi.answer import Answer, answer_document
from emulator.ocapi.call import Call
from emulator.ocapi.resource import Operation, Resource
from emulator.ocapi.resources.object_type import custom_object_definitions
from emulator.ocapi.resources.object_type.custom_object import (
    CUSTOM_OBJECT,
    MALFORMED_KEY,
    NOT_FOUND,
    Place,
    locate,
    show_properties,
)
from emulator.ocapi.resources.object_type.custom_object_definitions import CUSTOM_OBJECT_DEFINITIONS
from emulator.ocapi.resources.object_type.custom_object_search import (
    SEARCH_RESULT,
    TYPE_MISMATCH,
    search,
)
from emulator.ocapi.resources.object_type.rules import CUSTOM_OBJECTS as NAME
from emulator.ocapi.schema import faults
from emulator.ocapi.schema.attribute import make_property
from emulator.ocapi.schema.document import Collection
from emulator.ocapi.search.query import SearchRequest
from emulator.ocapi.wire.url import ORGANIZATION
from emulator.store import Delete, Presence, Put, Record, Require


def _show(call: Call, place: Place, record: Record, status: int = 200) -> Answer:
    shown = show_properties(record, place.attributes)
    answer = answer_document(call, CUSTOM_OBJECT, shown, record.state, status)
    if status != 201:  # noqa: PLR2004 - MET-1
        return answer
    site = [] if place.site == ORGANIZATION else ["sites", place.site]
    link = call.link_to(*site, NAME, place.object_type, place.key)
    return answer._replace(headers={**answer.headers, "Location": link})


def read(call: Call) -> Answer:
    """Show a custom object."""
    place = locate(call)
    return _show(call, place, _find(call, place))


def _find(call: Call, place: Place) -> Record:
    record = call.store.get(NAME, place.record_key)
    if record is None:
        raise NOT_FOUND(place.key, place.object_type)
    return record


def create(call: Call) -> Answer:
    """Create or overwrite a custom object."""
    return _write(call, overwrites=True)


def update(call: Call) -> Answer:
    """Change the sent attributes of a custom object."""
    return _write(call, overwrites=False)


def _write(call: Call, *, overwrites: bool) -> Answer:
    place = locate(call)
    record = call.store.get(NAME, place.record_key)
    if record is None and not overwrites:
        raise NOT_FOUND(place.key, place.object_type)
    call.check_state(record)
    values, definitions = _check_values(call, place)
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
    call.store.apply(parent, *definitions, Put(NAME, changed, expected))
    return _show(call, place, changed, status=201 if record is None else 200)


def _check_values(call: Call, place: Place) -> tuple[dict[str, Any], list[Require]]:
    """Return the checked attributes of the body, without the key attribute (COB-2).

    The write expects the second value: the definitions of the attributes (OBJ-7).
    """
    values: dict[str, Any] = {}
    expected: list[Require] = []
    definition_name = custom_object_definitions.DEFINITIONS
    for name, value in call.changes.items():
        attribute = name.removeprefix("c_")
        if not name.startswith("c_") or attribute == place.key_attribute["id"]:
            continue
        key = (place.object_type, attribute)
        definition = call.store.get(definition_name, key)
        if definition is None or definition.get("system"):
            raise faults.INVALID_CUSTOM_PROPERTY()
        try:
            values[name] = make_property(definition.properties).deserialize(value)
        except ValidationError as error:
            raise faults.INVALID_CUSTOM_PROPERTY() from error
        expected.append(Require(definition_name, key, definition))
    return values, expected


def delete(call: Call) -> Answer:
    """Delete a custom object; a missing object is no fault."""
    place = locate(call)
    record = call.store.get(NAME, place.record_key)
    if record is not None:
        call.check_state(record)
        call.store.apply(Delete(NAME, place.record_key, record.state))
    return Answer(204)


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
