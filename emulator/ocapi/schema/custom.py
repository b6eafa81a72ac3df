"""The declarations of custom properties: document, name and type (DEC-5)."""

from typing import Any

from marshmallow import ValidationError

from emulator.fixture.data_set import Collection
from emulator.ocapi.resources import RESOURCES
from emulator.ocapi.schema.document import Document
from emulator.ocapi.schema.fields import (
    CUSTOM_NAME,
    LOCALE,
    Array,
    Boolean,
    Custom,
    DateTime,
    Enumeration,
    Number,
    Property,
    String,
    refuse,
    undeclared,
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


class Declared(Property):
    """A custom property of a declared type; a value of another type is refused."""

    expected = Custom.expected

    def __init__(self, inner: Property, *, localized: bool) -> None:
        super().__init__()
        self.inner = inner
        self.localized = localized

    def check(self, value: Any) -> Any:
        """See ``Property.check``."""
        if self.localized and not (isinstance(value, dict) and all(map(LOCALE.fullmatch, value))):
            refuse(undeclared)
        try:
            if not self.localized:
                return self.inner.deserialize(value)
            return {locale: self.inner.deserialize(entry) for locale, entry in value.items()}
        except ValidationError as error:
            raise ValidationError([undeclared]) from error


DECLARATION_SCHEMA = CustomProperty()
OPEN_DOCUMENTS = tuple(
    resource.document.type_name for resource in RESOURCES if resource.document.custom
)
"""The names of all documents with custom properties."""


def read_declaration(entry: Any) -> Record:
    """Return the record of a declaration.

    Raises:
        ValueError: The entry is not a declaration; the message has the reason.
    """
    properties = DECLARATION_SCHEMA.decode_stored(entry)
    document, name = properties["document"], properties["name"]
    if document not in OPEN_DOCUMENTS:
        documents = ", ".join(OPEN_DOCUMENTS)
        raise ValueError(
            f"document: '{document}' has no custom properties; documents with custom properties: "
            f"{documents}"
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


COLLECTIONS = (
    Collection(DECLARED, FILE_NAME, read_declaration, survives_empty_reset=True),
    Collection(
        UNDECLARED,
        FILE_NAME,
        read_permission,
        survives_empty_reset=True,
        single=True,
        encode=_list_permission,
    ),
)


class Declarations:
    """The declarations in the data of a workspace.

    Args:
        store: The data.
    """

    def __init__(self, store: Store) -> None:
        self._store = store

    def find(self, document: str, name: str) -> Property | None:
        """Return the schema of a custom property of a document; None for an undeclared property."""
        record = self._store.get(DECLARED, (document, name))
        if record is not None:
            return _property(record)
        permission = self._store.get(UNDECLARED, (UNDECLARED,))
        return Custom() if permission and permission.properties["allowed"] else None


def _property(record: Record) -> Property:
    kind: type[Property] = VALUE_TYPES[record.properties["type"]]
    whole = Array(kind(allow_none=False)) if record.properties["multiple"] else kind()
    return Declared(whole, localized=record.properties["localized"])
