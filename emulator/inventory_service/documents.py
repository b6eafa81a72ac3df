"""Documents: items, inventories, their summaries and pages.

One schema a document validates requests and describes the API. Members with ``dump_only`` are
set by the service; ``create_only`` names those that a document keeps for life.
"""

from collections.abc import Iterator, Mapping
from typing import Any, ClassVar

from marshmallow import RAISE, Schema, ValidationError, fields, validate, validates_schema

from emulator.inventory_service.fields import Boolean, Country, Instant, Quantity, TimeZone

# Patterns are described to clients in JavaScript too, which has no \Z; in Python "$" alone would
# let a line feed follow.
END = r"$(?!\n)"
IDENTIFIER = validate.Regexp(rf"^[A-Za-z0-9._-]{{1,64}}{END}", error="Not 1 to 64 of A-Za-z0-9._-.")
GTIN = validate.Regexp(rf"^(?:[0-9]{{8}}|[0-9]{{12,14}}){END}", error="Not 8 or 12 to 14 digits.")
HARMONIZED = validate.Regexp(rf"^[0-9]{{6,13}}{END}", error="Not 6 to 13 digits.")
MOST_METADATA = 50


def text(longest: int, shortest: int = 1, **options: Any) -> fields.String:
    """Return a string field of bounded length."""
    return fields.String(validate=validate.Length(shortest, longest), **options)


def strings(**options: Any) -> fields.Dict:
    """Return a map of strings to strings."""
    return fields.Dict(keys=fields.String(), values=fields.String(), **options)


def metadata() -> fields.Dict:
    """Return the client's own notes: up to 50 pairs of strings."""
    return strings(validate=validate.Length(max=MOST_METADATA))


class Document(Schema):
    """The base of all documents: what is not declared is refused."""

    class Meta:
        """The rule for members that are not declared."""

        unknown = RAISE

    error_messages: dict[str, Any] = {"type": "Not an object."}  # noqa: RUF012 - marshmallow's way
    create_only: ClassVar[tuple[tuple[str, ...], ...]] = ()


class ProductVariant(Document):
    """The variant of a product that an item is one of."""

    variantId = fields.String(required=True, validate=IDENTIFIER)
    productId = fields.String(validate=IDENTIFIER)
    name = text(512)
    gtin = fields.String(validate=GTIN)
    attributes = strings()


class Item(Document):
    """What is stocked."""

    itemId = fields.String(dump_only=True, required=True)
    sku = text(255, required=True)
    name = text(512)
    description = text(4096, shortest=0)
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
    """Where a location is."""

    addressLine1 = text(255)
    addressLine2 = text(255)
    city = text(255)
    stateOrRegion = text(255)
    postalCode = text(32)
    countryCode = Country(required=True)


class Location(Document):
    """Where an inventory is kept."""

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
    """How much of an item there is at a location."""

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
        """Refuse to promise more than there is, unless it may be ordered back."""
        reserved, on_hand = values.get("reservedQuantity"), values.get("onHandQuantity")
        if reserved is None or on_hand is None or values.get("backorderable", True):
            return  # what is itself in error says nothing of the others
        if reserved > on_hand:
            told = "More than onHandQuantity, though not backorderable."
            raise ValidationError(told, "reservedQuantity")


class ItemSummary(Document):
    """What a page shows of an item."""

    itemId = fields.String(required=True)
    sku = fields.String(required=True)
    name = fields.String()
    variantId = fields.String(required=True)
    status = fields.String(required=True)
    updatedAt = Instant(required=True)


class InventorySummary(Document):
    """What a page shows of an inventory."""

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
    """Yield the members that the service sets."""
    return (name for name, declared in schema.fields.items() if declared.dump_only)
