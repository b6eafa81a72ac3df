"""The rules of written gift certificates: code, balance, status and transactions (GC-1, GC-2)."""

import re
from collections.abc import Iterator, Mapping, Sequence
from decimal import Decimal
from hashlib import sha256
from typing import Any

from emulator.fixture.reference import Records
from emulator.ocapi.resource import Properties
from emulator.ocapi.resources.gift_certificate.documents import ALL, PART, UNUSED
from emulator.ocapi.schema.faults import FaultType
from emulator.store import Record

CODE, ID = "gift_certificate_code", "merchant_id"
CODE_CHARACTERS = 16
CURRENCY = re.compile("[A-Z]{3}")
EMAIL = re.compile(r"[^@\s]+@[^@\s]+")

AMOUNT_OUT_OF_RANGE = FaultType(
    400, "GiftCertificateAmountOutOfRange", "Amount provided is out of range.", ("value",)
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


def list_mistakes(certificate: Record, _: Records) -> Iterator[str]:
    """Yield what is wrong with the amount of a gift certificate in a data set."""
    if certificate.get("amount")["value"] <= 0:
        yield "is not greater than 0"


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


def make_code(merchant_id: str) -> str:
    """Return the code for an id, for a gift certificate without a code."""
    return sha256(merchant_id.encode()).hexdigest()[:CODE_CHARACTERS].upper()
