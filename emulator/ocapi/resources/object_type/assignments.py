"""The assignment of attribute definitions to attribute groups (OBJ-5), of any object type."""

from emulator.ocapi.answer import Answer
from emulator.ocapi.call import Call
from emulator.ocapi.resource import Operation, Resource
from emulator.ocapi.resources.object_type import attribute_definition, attribute_group
from emulator.ocapi.resources.object_type.rules import MEMBERS, list_members, with_members
from emulator.store import Presence, Put, Record, Require


def make_operations(types: Resource, definitions: str, groups: str) -> tuple[Operation, ...]:
    """Return the operations of assignments, for a kind of object types.

    Args:
        types: The object types.
        definitions: The store's collection of attribute definitions.
        groups: The store's collection of attribute groups.
    """

    def find_group(call: Call) -> Record:
        object_type, group_id, name = call.key
        types.find(call.store, (object_type,))
        group = call.store.get(groups, (object_type, group_id))
        if group is None:
            raise attribute_group.NOT_FOUND(group_id, object_type)
        if call.store.get(definitions, (object_type, name)) is None:
            raise attribute_definition.NOT_FOUND(name, object_type)
        return group

    def change(call: Call, *, assigned: bool) -> Answer:
        group, name = find_group(call), call.key[-1]
        others = [member for member in list_members(group.properties) if member != name]
        names = sorted([*others, name], key=str.encode) if assigned else others
        if names != list_members(group.properties):
            definition = Require(definitions, (group.key[0], name), Presence.PRESENT)
            changed = with_members(group, names, call.now)
            call.store.apply(definition, Put(groups, changed, group.state))
        return Answer(204)

    def assign(call: Call) -> Answer:
        """Assign an attribute definition to an attribute group."""
        return change(call, assigned=True)

    def unassign(call: Call) -> Answer:
        """Remove an attribute definition from an attribute group."""
        return change(call, assigned=False)

    path = f"{types.path}/{{object_type}}/attribute_groups/{{group_id}}/{MEMBERS}/{{def_id}}"
    faults = (attribute_definition.NOT_FOUND, attribute_group.NOT_FOUND, types.not_found)
    return (
        Operation(method="PUT", path=path, answer=assign, faults=faults),
        Operation(method="DELETE", path=path, answer=unassign, faults=faults),
    )
