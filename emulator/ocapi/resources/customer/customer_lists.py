"""Customer lists: the customers of one or several sites (CUS-1)."""

from emulator.ocapi.resource import Resource
from emulator.ocapi.resources.site.sites import find_list_id
from emulator.ocapi.schema.document import Collection, Document
from emulator.ocapi.schema.faults import FaultType
from emulator.ocapi.schema.fields import Array, Boolean, Embedded, Integer, String
from emulator.store import Store


class CustomerListPreferences(Document):
    """The rules of a customer list for numbers, logins and passwords; data sets may hold rules."""

    customer_no_sequence_enabled = Boolean(required=True)
    data_retention_age = Integer(required=True)
    force_password_contains_alpha = Boolean(required=True)
    force_password_contains_numeric = Boolean(required=True)
    force_password_mixed_case = Boolean(required=True)
    lockout_effective_period = Integer(required=True)
    lockout_enabled = Boolean(required=True)
    login_attempt_reset_time = Integer(required=True)
    max_failed_logins = Integer(required=True)
    max_password_age = Integer(required=True)
    max_password_reset_token_age = Integer(required=True)
    min_password_length = Integer(required=True)
    min_password_special_chars = Integer(required=True)


class CustomerList(Document):
    """A customer list."""

    id = String(min_length=1, allow_none=False, required=True)
    preferences = Embedded(CustomerListPreferences())


class CustomerLists(Collection):
    """A page of customer lists; no path of the Data API shows the page."""

    data = Array(Embedded(CustomerList()))


CUSTOMER_LISTS = Resource(
    path="customer_lists",
    document=CustomerList(),
    collection=CustomerLists(),
    key="id",
    parameter="list_id",
    verbs=frozenset({"read"}),
    not_found=FaultType(
        404,
        "CustomerListNotFound",
        "No customer list with ID '{customerListId}' could be found.",
        ("customerListId",),
    ),
)


def find_list(store: Store, site_id: str) -> str:
    """Return the id of the customer list of the site with an id."""
    site = store.get("sites", (site_id,))
    return find_list_id(site) if site else site_id
