"""The documents of customers and addresses."""

from emulator.ocapi.schema.document import Collection, Document
from emulator.ocapi.schema.fields import (
    Array,
    Boolean,
    Date,
    DateTime,
    Embedded,
    Enumeration,
    Integer,
    Number,
    String,
)
from emulator.ocapi.search.query import SearchResult

EMAIL = {"format": "email"}


class Credentials(Document):
    """The login of a customer."""

    enabled = Boolean(load_default=True)
    locked = Boolean(load_default=False)
    # A missing login has a fault of its own, so the property is not required here.
    login = String(max_length=256)
    password_question = String(max_length=256)


class CustomerAddress(Document):
    """An address of a customer."""

    custom = True
    items_are_whole = True

    address1 = String(max_length=256)
    address2 = String(max_length=256)
    address_id = String(max_length=256, required=True)
    city = String(max_length=256)
    company_name = String(max_length=256)
    country_code = Enumeration(
        "CN",
        "FR",
        "GB",
        "IT",
        "JP",
        "US",
        required=True,
        allow_none=False,
        metadata={"maxLength": 2},
    )
    creation_date = DateTime(read_only=True)
    etag = String(read_only=True)
    first_name = String(max_length=256)
    full_name = String(read_only=True)
    job_title = String(max_length=256)
    last_modified = DateTime(read_only=True)
    last_name = String(max_length=256, required=True, allow_none=False)
    phone = String(max_length=32)
    post_box = String(max_length=256)
    postal_code = String(max_length=256)
    salutation = String(max_length=256)
    second_name = String(max_length=256)
    state_code = String(max_length=256)
    suffix = String(max_length=256)
    suite = String(max_length=32)
    title = String(max_length=256)


class Customer(Document):
    """A registered customer."""

    custom = True

    birthday = Date()
    company_name = String(max_length=256)
    creation_date = DateTime(read_only=True)
    credentials = Embedded(Credentials())
    customer_id = String(max_length=28)
    customer_no = String(min_length=1, max_length=100, allow_none=False)
    email = String(max_length=256, metadata=EMAIL)
    fax = String(max_length=32)
    first_name = String(max_length=256)
    gender = Integer(minimum=1, maximum=2, metadata={"enum": [1, 2]})
    global_party_id = String()
    job_title = String(max_length=256)
    last_login_time = DateTime(read_only=True)
    last_modified = DateTime(read_only=True)
    last_name = String(max_length=256)
    last_visit_time = DateTime(read_only=True)
    phone_business = String(max_length=32)
    phone_home = String(max_length=32)
    phone_mobile = String(max_length=32)
    preferred_locale = String(read_only=True)
    previous_login_time = DateTime()
    previous_visit_time = DateTime()
    primary_address = Embedded(CustomerAddress())
    salutation = String(max_length=256)
    second_name = String(max_length=256)
    suffix = String(max_length=256)
    title = String(max_length=256)


class Customers(Collection):
    """A page of customers; no path of the Data API shows the page."""

    data = Array(Embedded(Customer()))


class CustomerSearchHit(Document):
    """A customer found by a search."""

    data = Embedded(Customer())
    relevance = Number()


class CustomerSearchResult(SearchResult):
    """A page of the customers found by a search."""

    hits = Array(Embedded(CustomerSearchHit()))
