"""Documents: items, inventories, their summaries and pages.

One schema validates a document in requests and describes it in the API's description. The service
sets the members with ``dump_only``. Members of ``create_only`` keep the value of the creation.
"""

from collections.abc import Iterator, Mapping
from typing import Any, ClassVar

from marshmallow import RAISE, Schema, ValidationError, fields, validate, validates_schema

from emulator.inventory_service.fields import Boolean, Country, Instant, Quantity, TimeZone

# The description gives the patterns to clients, and JavaScript has no \Z. In Python, "$" alone
# would allow a line feed at the end.
PATTERN_END = r"$(?!\n)"
IDENTIFIER = validate.Regexp(
    rf"^[A-Za-z0-9._-]{{1,64}}{PATTERN_END}", error="Not 1 to 64 of A-Za-z0-9._-."
)
GTIN = validate.Regexp(
    rf"^(?:[0-9]{{8}}|[0-9]{{12,14}}){PATTERN_END}", error="Not 8 or 12 to 14 digits."
)
HARMONIZED = validate.Regexp(rf"^[0-9]{{6,13}}{PATTERN_END}", error="Not 6 to 13 digits.")
MAX_METADATA_PAIRS = 50


def text(max_length: int, min_length: int = 1, **options: Any) -> fields.String:
    """Return a string field of bounded length."""
    return fields.String(validate=validate.Length(min_length, max_length), **options)


def strings(**options: Any) -> fields.Dict:
    """Return a field for a map of strings to strings."""
    return fields.Dict(keys=fields.String(), values=fields.String(), **options)


def metadata() -> fields.Dict:
    """Return a field for the notes of the client: up to 50 pairs of strings."""
    return strings(validate=validate.Length(max=MAX_METADATA_PAIRS))


class Document(Schema):
    """The base of all documents; an undeclared member is a violation."""

    class Meta:
        """The rule for undeclared members."""

        unknown = RAISE

    error_messages: dict[str, Any] = {"type": "Not an object."}  # noqa: RUF012 - marshmallow's way
    create_only: ClassVar[tuple[tuple[str, ...], ...]] = ()


class ProductVariant(Document):
    """The product variant of an item."""

    variantId = fields.String(required=True, validate=IDENTIFIER)
    productId = fields.String(validate=IDENTIFIER)
    name = text(512)
    gtin = fields.String(validate=GTIN)
    attributes = strings()


class Item(Document):
    """A stocked item."""

    itemId = fields.String(dump_only=True, required=True)
    sku = text(255, required=True)
    name = text(512)
    description = text(4096, min_length=0)
    productVariant = fields.Nested(ProductVariant, required=True)
    unitOfMeasure = text(64, load_default="EA")
    tracked = Boolean(load_default=True)
    requiresShipping = Boolean(load_default=True)
    countryCodeOfOrigin = Country()
    harmonizedSystemCode = fields.String(validate=HARMONIZED)
    status = fields.String(
        load_default="ACTIVE", validate=validate.OneOf(["ACTIVE", "INACTIVE", "ARCHIVED"])
    )
    metadata = metadata()
    createdAt = Instant(dump_only=True, required=True)
    updatedAt = Instant(dump_only=True, required=True)


class Address(Document):
    """The address of a location."""

    addressLine1 = text(255)
    addressLine2 = text(255)
    city = text(255)
    stateOrRegion = text(255)
    postalCode = text(32)
    countryCode = Country(required=True)


class Location(Document):
    """The location of an inventory."""

    locationId = fields.String(required=True, validate=IDENTIFIER)
    name = text(255)
    type = fields.String(
        validate=validate.OneOf(
            ["WAREHOUSE", "STORE", "DISTRIBUTION_CENTER", "SUPPLIER", "VIRTUAL"]
        )
    )
    status = fields.String(validate=validate.OneOf(["ACTIVE", "INACTIVE"]))
    address = fields.Nested(Address)
    timezone = TimeZone()


class Inventory(Document):
    """The quantities of an item at a location."""

    create_only = (("itemId",), ("location", "locationId"))

    inventoryId = fields.String(dump_only=True, required=True)
    itemId = fields.String(required=True, validate=IDENTIFIER)
    location = fields.Nested(Location, required=True)
    onHandQuantity = Quantity(required=True)
    reservedQuantity = Quantity(load_default=0)
    availableQuantity = fields.Integer(dump_only=True, required=True)
    incomingQuantity = Quantity(load_default=0)
    safetyStockQuantity = Quantity()
    reorderPoint = Quantity()
    backorderable = Boolean(load_default=False)
    expectedDelivery = Instant()
    metadata = metadata()
    createdAt = Instant(dump_only=True, required=True)
    updatedAt = Instant(dump_only=True, required=True)

    @validates_schema(skip_on_field_errors=False)
    def check_reserved(self, values: Mapping[str, Any], **_: Any) -> None:
        """Check that an inventory without backorders reserves at most the quantity on hand."""
        reserved, on_hand = values.get("reservedQuantity"), values.get("onHandQuantity")
        if reserved is None or on_hand is None or values.get("backorderable", True):
            return  # a wrong or missing quantity has a violation of its own
        if reserved > on_hand:
            message = "More than onHandQuantity, though not backorderable."
            raise ValidationError(message, "reservedQuantity")


class ItemSummary(Document):
    """The row of an item in a page."""

    itemId = fields.String(required=True)
    sku = fields.String(required=True)
    name = fields.String()
    variantId = fields.String(required=True)
    status = fields.String(required=True)
    updatedAt = Instant(required=True)


class InventorySummary(Document):
    """The row of an inventory in a page."""

    inventoryId = fields.String(required=True)
    itemId = fields.String(required=True)
    locationId = fields.String(required=True)
    onHandQuantity = Quantity(required=True)
    reservedQuantity = Quantity(required=True)
    availableQuantity = fields.Integer(required=True)
    updatedAt = Instant(required=True)


class ItemPage(Document):
    """A page of items."""

    items = fields.List(fields.Nested(ItemSummary), required=True)
    nextToken = fields.String()


class InventoryPage(Document):
    """A page of inventories."""

    inventories = fields.List(fields.Nested(InventorySummary), required=True)
    nextToken = fields.String()


def read_only(schema: Schema) -> Iterator[str]:
    """Yield the names of the members set by the service."""
    return (name for name, declared in schema.fields.items() if declared.dump_only)
