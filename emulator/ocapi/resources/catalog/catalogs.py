"""Catalogs: owners of products."""

from emulator.ocapi.resource import Resource
from emulator.ocapi.schema.document import Collection, Document
from emulator.ocapi.schema.faults import FaultType
from emulator.ocapi.schema.fields import Array, Boolean, DateTime, Embedded, Localized, String


class Catalog(Document):
    """A catalog."""

    creation_date = DateTime(read_only=True)
    description = Localized()
    id = String(allow_none=False)
    last_modified = DateTime(read_only=True)
    link = String(read_only=True)
    name = Localized()
    online = Boolean()
    root_category = String()


class Catalogs(Collection):
    """A page of catalogs."""

    data = Array(Embedded(Catalog()))


CATALOGS = Resource(
    path="catalogs",
    document=Catalog(),
    collection=Catalogs(),
    key="id",
    parameter="catalog_id",
    verbs=frozenset(),
    not_found=FaultType(
        404, "CatalogNotFound", "No catalog with ID '{catalogId}' could be found.", ("catalogId",)
    ),
)
