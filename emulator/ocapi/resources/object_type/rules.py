"""The rules of attribute definitions and groups, the same for system and custom object types.

``definitions`` and ``groups`` are the store's collections of the attributes and the groups of one
kind of object types.
"""

from collections.abc import Iterator, Mapping
from typing import Any

from emulator.fixture.reference import Records, Reference, Target
from emulator.ocapi.call import Call
from emulator.ocapi.resource import Properties
from emulator.ocapi.resources.object_type import (
    attribute_checks,
    attribute_definition,
    attribute_group,
)
from emulator.ocapi.resources.object_type.attribute_checks import check_change, check_new
from emulator.ocapi.resources.object_type.values import Place, find_places, remove_values
from emulator.ocapi.wire.envelope import embed
from emulator.store import (
    Change,
    Clear,
    Key,
    Presence,
    Put,
    Record,
    Require,
    retry_on_conflict,
)

CUSTOM_OBJECTS = "custom_objects"
PREFERENCE_VALUES = "preference_values"
"""The store's collections with values of attributes."""
MEMBERS = "attribute_definitions"
SYSTEM_TYPES, CUSTOM_TYPES = "system_object_definitions", "custom_object_definitions"
"""The paths and the store's collections of object types."""
MEMBERS_OF_TYPE = ("value_type", "multi_value_type", "localizable")
"""The members of an attribute definition with the type of values."""


def show_type(call: Call, record: Record, *, definitions: str, groups: str) -> Mapping[str, Any]:
    """Return the counts of an object type (OBJ-1)."""
    return {
        "attribute_definition_count": call.store.count(definitions, record.key),
        "attribute_group_count": call.store.count(groups, record.key),
    }


def show_attribute(call: Call, record: Record, *, queryable: bool) -> Mapping[str, Any]:
    """Return the computed properties of an attribute definition (OBJ-2)."""
    name = record.key[-1]
    shown = attribute_definition.find_defaults(record.properties, queryable=queryable)
    shown |= {"effective_id": name if record.get("system") else f"c_{name}"}
    return shown if "value" in call.expansions else {**shown, "value_definitions": None}


def embed_attribute(call: Call, record: Record, path: str) -> dict[str, Any]:
    """Return an attribute definition inside another document (ENV-9).

    Args:
        call: The call.
        record: The definition.
        path: The path of the object types of the kind.
    """
    object_type, name = record.key
    computed = show_attribute(call, record, queryable=path == CUSTOM_TYPES)
    shown = {**record.properties, **computed}
    shown["link"] = call.link_to(path, object_type, MEMBERS, name)
    return embed(record.state, shown)


def show_group(call: Call, record: Record, *, definitions: str, path: str) -> Mapping[str, Any]:
    """Return the computed properties of a group; the attributes with ``expand=definition``."""
    names = list_members(record.properties)
    shown: dict[str, Any] = {f"{MEMBERS}_count": len(names), MEMBERS: None}
    if "definition" in call.expansions:
        found = (call.store.get(definitions, (record.key[0], name)) for name in names)
        shown[MEMBERS] = [embed_attribute(call, one, path) for one in found if one is not None]
    return shown


def list_members(group: Properties) -> list[str]:
    """Return the ids of the attributes of a group, in order."""
    return [member["id"] for member in group.get(MEMBERS, ()) if "id" in member]


def make_references(definitions: str) -> Mapping[str, Target]:
    """Return the references of attribute groups to attribute definitions, for data sets."""

    def list_definitions(group: Record, _: Records) -> Iterator[Reference]:
        for name in list_members(group.properties):
            yield Reference(definitions, (group.key[0], name))

    return {MEMBERS: list_definitions}


def replace_group(
    before: Properties | None, after: dict[str, Any], changes: Properties, _now: str
) -> dict[str, Any]:
    """Return a group; a PUT drops the attributes of the older group (OBJ-5)."""
    # Only the changes of a PUT have defaults, such as that of ``internal``.
    if before is None or "internal" not in changes:
        return after
    return {name: value for name, value in after.items() if name != MEMBERS}


def with_members(group: Record, names: list[str], now: str) -> Record:
    """Return a group with other attributes."""
    members = {MEMBERS: [{"id": name} for name in names]} if names else {}
    kept = {name: value for name, value in group.properties.items() if name != MEMBERS}
    return Record(group.key, {**kept, **members, "last_modified": now})


def list_mistakes(definition: Record, _: Records) -> Iterator[str]:
    """Yield the contradictions in a custom attribute of a data set (OBJ-3)."""
    if definition.get("system"):
        return
    if attribute_checks.is_contradictory(definition.properties):
        yield "is localizable, but has no languages, or is site-specific"
    for member in attribute_checks.list_contradictions(definition.properties):
        yield f"contradicts '{member}'"


def change_system_attribute(
    call: Call, before: Properties | None, after: Properties | None
) -> Iterator[Change]:
    """Check a write of an attribute of a system type; yield the changes of a deletion (OBJ-3)."""
    object_type, name = call.key
    if before and before.get("system") and call.method != "PATCH":
        raise attribute_definition.READ_ONLY(name)
    if after is None:
        yield from _leave_groups(call, object_type, name, "system_attribute_groups")
    elif before and call.method == "PATCH":
        check_change(name, before, after)
    elif after.get("key") or attribute_checks.is_contradictory(after):
        raise attribute_checks.CREATE_FAILED(name)
    else:
        check_new(name, after)
    if _ends_values(before, after):
        for place in find_places(call.service.api.resources, object_type):
            yield from remove_values(call.store, place, name)
        yield Clear(PREFERENCE_VALUES, (object_type, name))


def sweep_system_values(call: Call) -> None:
    """Remove the values written between the look at the documents and a deletion (OBJ-7)."""
    places = find_places(call.service.api.resources, call.key[0])
    for place in places:
        _sweep(call, "system_attribute_definitions", place)


def sweep_custom_values(call: Call) -> None:
    """Remove the values written between the look at the objects and a deletion (OBJ-7)."""
    _sweep(call, "custom_attribute_definitions", Place(CUSTOM_OBJECTS), (call.key[0],))


def _sweep(call: Call, definitions: str, place: Place, parent: Key = ()) -> None:
    """Remove values, unless the attribute is defined again."""
    missing = Require(definitions, call.key, Presence.ABSENT)

    def sweep() -> None:
        if call.store.get(definitions, call.key) is None:
            changes = tuple(remove_values(call.store, place, call.key[1], parent))
            if changes:
                call.store.apply(missing, *changes)

    retry_on_conflict(sweep)


def change_custom_attribute(
    call: Call, before: Properties | None, after: Properties | None
) -> Iterator[Change]:
    """Check a write of an attribute of a custom type; yield the changes of a deletion (OBJ-4)."""
    object_type, name = call.key
    if any(one and one.get("key") for one in (before, after)):
        raise attribute_definition.KEY_READ_ONLY(name)
    if after is None:
        if before and before.get("system"):
            raise attribute_definition.READ_ONLY(name)
        yield from _leave_groups(call, object_type, name, "custom_attribute_groups")
    else:
        _check_custom_attribute(call, before, after)
    if _ends_values(before, after):
        yield from remove_values(call.store, Place(CUSTOM_OBJECTS), name, (object_type,))


def _check_custom_attribute(call: Call, before: Properties | None, after: Properties) -> None:
    name = call.key[-1]
    if before and call.method == "PATCH":
        check_change(name, before, after)
        return
    if before and before.get("system"):
        raise attribute_checks.CREATE_FAILED(name)
    check_new(name, after)
    value_type = after["value_type"]
    if after.get("localizable") and value_type not in attribute_checks.LOCALIZABLE_TYPES:
        raise attribute_definition.LOCALIZABLE_NOT_ALLOWED(name, value_type)


def _ends_values(before: Properties | None, after: Properties | None) -> bool:
    """Return True if a write makes stored values invalid: a deletion, or another type."""
    if before is None:
        return False
    if after is None:
        return True
    return any((before.get(n) or False) != (after.get(n) or False) for n in MEMBERS_OF_TYPE)


def _leave_groups(call: Call, object_type: str, name: str, groups: str) -> Iterator[Change]:
    """Yield a change for each group of an attribute, and an expectation for each other group."""
    store = call.store
    for group in store.scan(groups, 0, store.count(groups), (object_type,)).records:
        members = list_members(group.properties)
        if name in members:
            rest = [member for member in members if member != name]
            yield Put(groups, with_members(group, rest, call.now), group.state)
        else:
            yield Require(groups, group.key, group.state)


def change_group(
    call: Call, before: Properties | None, after: Properties | None
) -> Iterator[Change]:
    """Refuse a write of an internal group (OBJ-5)."""
    if any(one and one.get("internal") for one in (before, after)):
        raise attribute_group.READ_ONLY(call.key[-1])
    yield from ()
