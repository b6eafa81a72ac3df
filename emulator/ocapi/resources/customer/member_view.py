"""Members of a group show the properties of the customers (CUS-10)."""

from collections.abc import Mapping
from typing import Any

from emulator.ocapi.call import Call
from emulator.ocapi.resource import Properties
from emulator.ocapi.resources.customer.member_list import find_customer
from emulator.store import Record


def show(call: Call, member: Record) -> Mapping[str, Any]:
    """Return the shown properties of a member's customer, and the customer's URL."""
    customer = find_customer(call.store, member.key)
    if customer is None:
        return {}
    list_id, number = customer.key
    credentials = customer.get("credentials") or {}
    shown = {
        "active": credentials.get("enabled"),
        "customer_link": call.link_to("customer_lists", list_id, "customers", number),
        "login": credentials.get("login"),
        **{name: customer.get(name) for name in ("email", "first_name", "last_name")},
    }
    return {name: value for name, value in shown.items() if value is not None}


def show_member(call: Call, member: Record) -> Properties:
    """Return all properties of a member, with the links."""
    site_id, group_id, number = member.key
    link = call.link_to("sites", site_id, "customer_groups", group_id, "members", number)
    return {**member.properties, "link": link, **show(call, member)}
