"""The documents of gift certificates (GC)."""

from emulator.ocapi.resources.product.media import Money
from emulator.ocapi.schema.document import Collection, Document
from emulator.ocapi.schema.fields import (
    Array,
    Boolean,
    DateTime,
    Embedded,
    Enumeration,
    Number,
    String,
)
from emulator.ocapi.search.query import SearchResult

UNUSED = ("issued", "pending")
PART, ALL = "partially_redeemed", "redeemed"
"""The statuses of a gift certificate: unused, used in part, used up."""


class AccountTransaction(Document):
    """A transaction of a gift certificate."""

    amount = Embedded(Money())
    order_no = String()
    timestamp = DateTime()
    type_code = Enumeration("create", "redeem", "delete", "enable", "disable")


class GiftCertificate(Document):
    """A gift certificate."""

    custom = True

    amount = Embedded(Money())
    balance = Embedded(Money(), read_only=True)
    creation_date = DateTime(read_only=True)
    description = String(max_length=4000)
    enabled = Boolean(load_default=False)
    last_modified = DateTime(read_only=True)
    link = String(read_only=True)
    masked_gift_certificate_code = String(read_only=True)
    merchant_id = String(min_length=1, max_length=256, allow_none=False)
    message = String(max_length=4000)
    order_no = String()
    recipient_email = String()
    recipient_name = String(max_length=256)
    sender_name = String(max_length=256)
    status = Enumeration("issued", PART, "pending", ALL, load_default="issued")
    transactions = Array(Embedded(AccountTransaction()), read_only=True)


class StoredMoney(Money):
    """An amount of money in data sets."""

    currency_mnemonic = String(required=True, allow_none=False)
    value = Number(required=True, allow_none=False)


class StoredGiftCertificate(GiftCertificate):
    """A gift certificate in data sets, with the whole code."""

    amount = Embedded(StoredMoney(), required=True, allow_none=False)
    gift_certificate_code = String(min_length=4)


class GiftCertificates(Collection):
    """A page of gift certificates."""

    data = Array(Embedded(GiftCertificate()))


class GiftCertificateSearchResult(SearchResult):
    """A page of the gift certificates found by a search."""

    hits = Array(Embedded(GiftCertificate()))
