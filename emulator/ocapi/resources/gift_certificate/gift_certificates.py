"""Gift certificates of a site, and the gift certificate search (GC)."""

from collections.abc import Iterator

from emulator.ocapi.call import Call
from emulator.ocapi.resource import Properties, Resource, Search
from emulator.ocapi.resources.gift_certificate.derivation import (
    AMOUNT_OUT_OF_RANGE,
    CODE,
    ID,
    INVALID,
    INVALID_EMAIL,
    INVALID_STATUS,
    derive,
    list_mistakes,
)
from emulator.ocapi.resources.gift_certificate.documents import (
    GiftCertificate,
    GiftCertificates,
    GiftCertificateSearchResult,
    StoredGiftCertificate,
)
from emulator.ocapi.resources.site.sites import SITES
from emulator.ocapi.schema.faults import FaultType
from emulator.ocapi.search.language import SearchField
from emulator.store import Change, Record, StateConflict

VISIBLE_CHARACTERS = 4

ID_NOT_UNIQUE = FaultType(
    400, "GiftCertificateCreateMerchantIDNotUnique", "Merchant id is not unique.", ("siteId",)
)


def list_codes(code: str) -> tuple[str, str]:
    """Return the search values of a code: the whole code, and the visible characters."""
    return code, code[-VISIBLE_CHARACTERS:]


def show(_: Call, certificate: Record) -> Properties:
    """Return the masked code in place of the code."""
    code = certificate.get(CODE)
    masked = "*" * (len(code) - VISIBLE_CHARACTERS) + code[-VISIBLE_CHARACTERS:]
    return {CODE: None, "masked_gift_certificate_code": masked}


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
    references={"amount": list_mistakes},
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
