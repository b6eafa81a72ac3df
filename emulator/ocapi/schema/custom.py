"""The declarations of custom properties: document, name and type (DEC-5)."""

from collections.abc import Iterable, Sequence
from functools import partial
from typing import Any

from emulator.fixture.data_set import Collection
from emulator.ocapi.schema.attribute import Declared, make_property
from emulator.ocapi.schema.document import Document
from emulator.ocapi.schema.fields import (
    CUSTOM_NAME,
    Array,
    Boolean,
    Custom,
    DateTime,
    Enumeration,
    Number,
    Property,
    String,
)
from emulator.store import Record, Store

DECLARED, UNDECLARED = "custom_properties", "allow_undeclared"
FILE_NAME = "custom_properties.json"
VALUE_TYPES = {"string": String, "number": Number, "boolean": Boolean, "datetime": DateTime}


class CustomProperty(Document):
    """The declaration of a custom property."""

    document = String(required=True, allow_none=False)
    name = String(required=True, allow_none=False)
    type = Enumeration(*VALUE_TYPES, required=True, allow_none=False)
    multiple = Boolean(load_default=False)
    localized = Boolean(load_default=False)


class Unchecked(Property):
    """A custom property of any value: the operation checks the value."""

    expected = Custom.expected


DECLARATION_SCHEMA = CustomProperty()
SYSTEM_ATTRIBUTES = "system_attribute_definitions"
OBJECT_TYPES = {
    "campaign": "Campaign",
    "catalog": "Catalog",
    "category": "Category",
    "content_asset": "Content",
    "content_folder": "Folder",
    "customer": "Profile",
    "customer_address": "CustomerAddress",
    "customer_group": "CustomerGroup",
    "gift_certificate": "GiftCertificate",
    "inventory_list": "ProductInventoryList",
    "order": "Order",
    "order_address": "OrderAddress",
    "order_payment_instrument": "OrderPaymentInstrument",
    "payment_transaction": "PaymentTransaction",
    "product": "Product",
    "product_inventory_record": "ProductInventoryRecord",
    "promotion": "Promotion",
    "source_code_group": "SourceCodeGroup",
    "slot_configuration": "SlotConfiguration",
    "store": "Store",
}
"""The system object types by the name of the document with the custom properties."""
STORED_DOCUMENTS = {
    "order_update_request": "order",
    "payment_instrument_update_request": "order_payment_instrument",
    "payment_transaction_update_request": "payment_transaction",
    "shipping_address_update_request": "order_address",
}
"""The documents with the custom properties of a request, by the name of the request's document."""
CHECKED_LATER = frozenset({"custom_object", "organization_preferences", "site_preferences"})
"""Documents with properties that depend on the path; the operation checks these properties."""


def read_declaration(entry: Any, documents: Sequence[str]) -> Record:
    """Return the record of a declaration.

    Args:
        entry: The entry of a data set.
        documents: The names of all documents with custom properties.

    Raises:
        ValueError: The entry is not a declaration; the message has the reason.
    """
    properties = DECLARATION_SCHEMA.decode_stored(entry)
    document, name = properties["document"], properties["name"]
    if document not in documents:
        raise ValueError(
            f"document: '{document}' has no custom properties; documents with custom properties: "
            f"{', '.join(documents)}"
        )
    if not CUSTOM_NAME.fullmatch(name):
        raise ValueError(f"name: '{name}' is not c_ followed by letters, digits, _ or -")
    return Record.of((document, name), properties)


def read_permission(entry: Any) -> Record:
    """Return the record about undeclared properties: allowed or not."""
    if not isinstance(entry, bool):
        raise ValueError("is neither true nor false")  # noqa: TRY004 - of a data set
    return Record.of((UNDECLARED,), {"allowed": entry})


def _list_permission(store: Store, name: str) -> list[Any]:
    return [record.properties["allowed"] for record in store.scan(name, 0, 1).records]


def list_collections(documents: Iterable[str]) -> tuple[Collection, ...]:
    """Return the descriptions of the declarations in data sets.

    Args:
        documents: The names of all documents with custom properties.
    """
    open_documents = sorted({*documents} - CHECKED_LATER)
    read = partial(read_declaration, documents=open_documents)
    return (
        Collection(DECLARED, FILE_NAME, read, survives_empty_reset=True),
        Collection(
            UNDECLARED,
            FILE_NAME,
            read_permission,
            survives_empty_reset=True,
            single=True,
            encode=_list_permission,
        ),
    )


def find_declared(store: Store, document: str, name: str) -> Property | None:
    """Return the schema of a custom property of a document; None for an undeclared property."""
    if document in CHECKED_LATER:
        return Unchecked()
    document = STORED_DOCUMENTS.get(document, document)
    object_type = OBJECT_TYPES.get(document, "")
    definition = store.get(SYSTEM_ATTRIBUTES, (object_type, name.removeprefix("c_")))
    if definition is not None and not definition.get("system"):
        return make_property(definition.properties)
    record = store.get(DECLARED, (document, name))
    if record is not None:
        return _property(record)
    permission = store.get(UNDECLARED, (UNDECLARED,))
    return Custom() if permission and permission.properties["allowed"] else None


def _property(record: Record) -> Property:
    kind: type[Property] = VALUE_TYPES[record.properties["type"]]
    whole = Array(kind(allow_none=False)) if record.properties["multiple"] else kind()
    return Declared(whole, localized=record.properties["localized"])
