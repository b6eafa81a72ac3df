"""Customer groups of a site, and the customer group search (CUS-7 to CUS-9)."""

from collections.abc import Iterator
from typing import Any

from emulator.ocapi.call import Call
from emulator.ocapi.resource import Properties, Resource, Search
from emulator.ocapi.resources.customer.customer_lists import find_list
from emulator.ocapi.resources.customer.customers import CUSTOMERS
from emulator.ocapi.resources.customer.memberships import (
    MEMBERS_NAME,
)
from emulator.ocapi.resources.id_lists import release_named
from emulator.ocapi.resources.site.sites import SITES
from emulator.ocapi.schema.document import Collection, Document
from emulator.ocapi.schema.faults import ID_CONFLICT, OBJECT_IN_DELETION_CONFLICT, FaultType
from emulator.ocapi.schema.fields import (
    Array,
    Boolean,
    DateTime,
    Embedded,
    Enumeration,
    Integer,
    String,
)
from emulator.ocapi.search.language import SearchField
from emulator.ocapi.search.query import SearchResult
from emulator.store import Change, Record, Store

TYPES = ("system", "dynamic", "static")
REGISTERED = "Registered"
SYSTEM_GROUPS = ("Everyone", REGISTERED, "Unregistered")

ARGUMENT = ("customerGroupId",)
CREATE_FORBIDDEN = FaultType(
    403,
    "SystemCustomerGroupCreateForbidden",
    "The creation of system customer group with ID '{customerGroupId}' is not allowed",
    ARGUMENT,
)
UPDATE_FORBIDDEN = FaultType(
    403,
    "SystemCustomerGroupUpdateForbidden",
    "The update of system customer group with ID '{customerGroupId}' is not allowed",
    ARGUMENT,
)
DELETE_FORBIDDEN = FaultType(
    403,
    "SystemCustomerGroupDeleteForbidden",
    "The deletion of system customer group with ID '{customerGroupId}' is not allowed",
    ARGUMENT,
)
TYPE_INVALID = FaultType(
    400, "CustomerGroupTypeInvalid", "The customer group type '{type}' is invalid.", ("type",)
)


class Rule(Document):
    """The rule of a dynamic customer group."""

    description = String(read_only=True)


class CustomerGroup(Document):
    """A customer group."""

    custom = True

    creation_date = DateTime(read_only=True)
    description = String()
    id = String(min_length=1, max_length=256, allow_none=False, read_only=True)
    in_deletion = Boolean(load_default=False, read_only=True)
    last_modified = DateTime(read_only=True)
    link = String(read_only=True)
    member_count = Integer(read_only=True)
    rule = Embedded(Rule(), read_only=True)
    type = Enumeration(*TYPES, read_only=True)


class CustomerGroups(Collection):
    """A page of customer groups."""

    data = Array(Embedded(CustomerGroup()))


class CustomerGroupSearchResult(SearchResult):
    """A page of the customer groups found by a search."""

    hits = Array(Embedded(CustomerGroup()))


def derive(
    _before: Properties | None, after: dict[str, Any], _changes: Properties, _now: str
) -> dict[str, Any]:
    """Return a group with a type: a group is static unless a data set says otherwise."""
    return {"type": "static", **after}


def show(call: Call, record: Record) -> Properties:
    """Return the computed properties of a group.

    The number of members is shown only if ``select`` names the number (CUS-8). A group in the
    answer to DELETE is in deletion.
    """
    selected = call.changes.get("select") or (call.selector.text if call.selector else "")
    shown: dict[str, Any] = {"in_deletion": True} if call.method == "DELETE" else {}
    if "member_count" in selected:
        shown["member_count"] = _count_members(call.store, record)
    return shown


def _count_members(store: Store, group: Record) -> int | None:
    """Return the number of members; None for a group without a list of members (CUS-10)."""
    if group.get("type") == "static":
        return store.count(MEMBERS_NAME, group.key)
    if group.key[-1] == REGISTERED:
        return store.count(CUSTOMERS.name, (find_list(store, group.key[0]),))
    return None


def check(call: Call, before: Properties | None, after: Properties | None) -> Iterator[Change]:
    """Refuse writes of system groups, and of groups in deletion (CUS-7).

    Campaigns and assignments lose a deleted group (MKT-2).

    Raises:
        Fault: CREATE_FORBIDDEN, UPDATE_FORBIDDEN, DELETE_FORBIDDEN, ID_CONFLICT,
            OBJECT_IN_DELETION_CONFLICT.
    """
    group_id = call.key[-1]
    sent = call.content.get("id", group_id)
    if before is None:
        if group_id in SYSTEM_GROUPS:
            raise CREATE_FORBIDDEN(group_id)
    elif before["type"] == "system":
        raise (DELETE_FORBIDDEN if after is None else UPDATE_FORBIDDEN)(group_id)
    elif before.get("in_deletion"):
        raise OBJECT_IN_DELETION_CONFLICT(group_id)
    if after is not None and isinstance(sent, str) and sent != group_id:
        raise ID_CONFLICT(sent, group_id)
    if after is None:
        yield from release_named(call.store, "customer_groups", call.key)


CUSTOMER_GROUPS = Resource(
    path="customer_groups",
    parent=SITES,
    parent_key="site_id",
    document=CustomerGroup(),
    collection=CustomerGroups(),
    key="id",
    verbs=frozenset({"list", "read", "create", "update", "delete"}),
    not_found=FaultType(
        404,
        "CustomerGroupNotFound",
        "No customer group with ID '{customerGroupId}' for site '{siteId}' could be found.",
        ("customerGroupId", "siteId"),
    ),
    duplicate=FaultType(
        409,
        "CustomerGroupAlreadyExists",
        "The customer group with ID '{customerGroupId}' already exists",
        ARGUMENT,
    ),
    refuses_existing=True,
    delete_shows=True,
    derive=derive,
    view=show,
    effects=check,
    refusals={
        "create": (CREATE_FORBIDDEN, OBJECT_IN_DELETION_CONFLICT),
        "update": (UPDATE_FORBIDDEN, OBJECT_IN_DELETION_CONFLICT),
        "delete": (DELETE_FORBIDDEN, OBJECT_IN_DELETION_CONFLICT),
    },
    search=Search(
        path="customer_group_search",
        result=CustomerGroupSearchResult(),
        fields={
            "id": SearchField("string"),
            "description": SearchField("text"),
            "type": SearchField("enum", values=TYPES, sortable=False, refusal=TYPE_INVALID),
        },
        faults=(TYPE_INVALID,),
    ),
)
