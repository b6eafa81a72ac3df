"""Gift certificates of a site, and the gift certificate search (GC)."""

import re
from collections.abc import Iterator, Mapping, Sequence
from decimal import Decimal
from hashlib import sha256
from typing import Any

from emulator.ocapi.call import Call
from emulator.ocapi.resource import Properties, Resource, Search
from emulator.ocapi.resources.gift_certificate.documents import (
    ALL,
    PART,
    UNUSED,
    GiftCertificate,
    GiftCertificates,
    GiftCertificateSearchResult,
    StoredGiftCertificate,
)
from emulator.ocapi.resources.site.sites import SITES
from emulator.ocapi.schema.faults import FaultType
from emulator.ocapi.search.language import SearchField
from emulator.store import Change, Record, StateConflict

CODE, ID = "gift_certificate_code", "merchant_id"
CODE_CHARACTERS, VISIBLE_CHARACTERS = 16, 4
CURRENCY = re.compile("[A-Z]{3}")
EMAIL = re.compile(r"[^@\s]+@[^@\s]+")

AMOUNT_OUT_OF_RANGE = FaultType(
    400, "GiftCertificateAmountOutOfRange", "Amount provided is out of range.", ("value",)
)
ID_NOT_UNIQUE = FaultType(
    400, "GiftCertificateCreateMerchantIDNotUnique", "Merchant id is not unique.", ("siteId",)
)
INVALID = FaultType(
    400, "InvalidGiftCertificate", "Invalid gift certificate provided.", ("fieldId",)
)
INVALID_STATUS = FaultType(
    400,
    "InvalidGiftCertificateStatus",
    "Invalid gift certificate status provided.",
    ("status",),
)
INVALID_EMAIL = FaultType(
    400,
    "InvalidRecipientEmail",
    "Invalid recipient email ID provided.",
    ("recipientEmail",),
)


def make_code(merchant_id: str) -> str:
    """Return the code for an id, for a gift certificate without a code."""
    return sha256(merchant_id.encode()).hexdigest()[:CODE_CHARACTERS].upper()


def list_codes(code: str) -> tuple[str, str]:
    """Return the search values of a code: the whole code, and the visible characters."""
    return code, code[-VISIBLE_CHARACTERS:]


def show(_: Call, certificate: Record) -> Properties:
    """Return the masked code in place of the code."""
    code = certificate.get(CODE)
    masked = "*" * (len(code) - VISIBLE_CHARACTERS) + code[-VISIBLE_CHARACTERS:]
    return {CODE: None, "masked_gift_certificate_code": masked}


def derive(
    before: Properties | None, after: dict[str, Any], changes: Properties, now: str
) -> dict[str, Any]:
    """Return a gift certificate with code, balance, status and transactions.

    Raises:
        Fault: INVALID, AMOUNT_OUT_OF_RANGE, INVALID_EMAIL, INVALID_STATUS.
    """
    if before is None:
        _check_amount(after.get("amount") or {})
    email = changes.get("recipient_email")
    if email is not None and not EMAIL.fullmatch(email):
        raise INVALID_EMAIL(email)
    transactions = _list_transactions(before, after, now)
    balance = _find_balance(after, transactions)
    status = _find_status(after, balance)
    if changes.get("status", status) != status:
        raise INVALID_STATUS(changes["status"])
    return {
        CODE: make_code(after[ID]),
        **after,
        "balance": {**after["amount"], "value": balance},
        "status": status,
        "transactions": transactions,
    }


def _check_amount(amount: Mapping[str, Any]) -> None:
    value, currency = amount.get("value"), amount.get("currency_mnemonic")
    if value is None or currency is None or not CURRENCY.fullmatch(currency):
        raise INVALID("amount")
    if value <= 0:
        raise AMOUNT_OUT_OF_RANGE(str(value))


def _list_transactions(
    before: Properties | None, after: Mapping[str, Any], now: str
) -> list[dict[str, Any]]:
    """Return the transactions after a write; a write adds create, enable or disable."""
    known = list(after.get("transactions") or ())
    if all(one.get("type_code") != "create" for one in known):
        sent = {name: after[name] for name in ("amount", "order_no") if name in after}
        time = after.get("creation_date") or now
        known.insert(0, {**sent, **({"timestamp": time} if time else {}), "type_code": "create"})
    if before is not None and after.get("enabled") != before.get("enabled"):
        code = "enable" if after.get("enabled") else "disable"
        known.append({"timestamp": now, "type_code": code})
    return known


def _find_balance(
    certificate: Mapping[str, Any], transactions: Sequence[Mapping[str, Any]]
) -> float:
    """Return the amount without the redemptions, at least 0."""
    whole = certificate["amount"]["value"]
    redeemed = [
        (transaction.get("amount") or {}).get("value") or 0
        for transaction in transactions
        if transaction.get("type_code") == "redeem"
    ]
    rest = max(Decimal(str(whole)) - sum(Decimal(str(value)) for value in redeemed), Decimal(0))
    return int(rest) if isinstance(whole, int) and rest == rest.to_integral() else float(rest)


def _find_status(certificate: Mapping[str, Any], balance: float) -> str:
    """Return the status for a balance."""
    if balance == certificate["amount"]["value"]:
        status = str(certificate.get("status"))
        return status if status in UNUSED else UNUSED[0]
    return PART if balance else ALL


def new_id(call: Call) -> str:
    """Return the id in the body; a body without id gets a random id.

    Raises:
        Fault: ID_NOT_UNIQUE.
    """
    sent = call.changes.get(ID)
    if sent is None:
        sent = call.workspace.clock.identifier()
        call.changes = {**call.changes, ID: sent}
    if call.store.get(GIFT_CERTIFICATES.name, (*call.parents, sent)) is not None:
        raise ID_NOT_UNIQUE(*call.parents)
    return str(sent)


def refuse_known_id(
    call: Call, before: Properties | None, _after: Properties | None
) -> Iterator[Change]:
    """Start a POST again if another request has taken the id.

    Raises:
        StateConflict: There is a gift certificate with the new id.
    """
    if before is not None and call.method == "POST":
        raise StateConflict
    return iter(())


GIFT_CERTIFICATES = Resource(
    path="gift_certificates",
    parent=SITES,
    parent_key="site_id",
    document=GiftCertificate(),
    collection=GiftCertificates(),
    key=ID,
    verbs=frozenset({"list", "add", "read", "update", "delete"}),
    not_found=FaultType(
        404,
        "GiftCertificateNotFound",
        "No gift certificate with merchant ID '{merchantId}' for site '{siteId}' was found.",
        ("merchantId", "siteId"),
    ),
    stored=StoredGiftCertificate(),
    new_key=new_id,
    derive=derive,
    view=show,
    viewed=lambda _call, _certificates: (),
    effects=refuse_known_id,
    ignored={"update": frozenset({"amount"})},
    refusals={
        "add": (AMOUNT_OUT_OF_RANGE, ID_NOT_UNIQUE, INVALID, INVALID_STATUS, INVALID_EMAIL),
        "update": (INVALID_STATUS, INVALID_EMAIL),
    },
    search=Search(
        path="gift_certificate_search",
        result=GiftCertificateSearchResult(),
        fields={
            ID: SearchField("string"),
            "masked_gift_certificate_code": SearchField(
                "string", list_codes, sources=(CODE,), sortable=False, term_only=True
            ),
            "order_no": SearchField("string"),
            "sender_name": SearchField("text"),
            "recipient_name": SearchField("text"),
            "recipient_email": SearchField("string"),
            "status": SearchField("string"),
            "enabled": SearchField("boolean"),
            "message": SearchField("text"),
            "description": SearchField("text"),
            "creation_date": SearchField("date"),
            "currency_mnemonic": SearchField("string", path="amount.currency_mnemonic"),
        },
    ),
)
