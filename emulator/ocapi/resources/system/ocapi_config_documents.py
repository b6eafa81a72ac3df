"""The documents of OCAPI settings."""

from emulator.ocapi.schema.document import Document
from emulator.ocapi.schema.fields import (
    Array,
    Boolean,
    Embedded,
    Enumeration,
    Integer,
    Property,
    String,
    TextMap,
)


def _name(**properties: Property) -> dict[str, Property]:
    """Return properties with names that are words of the language."""
    return properties


class VersionRangeObject(Document):
    """A range of versions."""

    class Meta(Document.Meta):
        """Options of marshmallow: the property ``from``."""

        include = _name(**{"from": String()})

    until = String()


class ResourceObject(Document):
    """The permission for a resource."""

    cache_time = Integer()
    config = TextMap()
    methods = Array(String(allow_none=False), min_items=1, required=True, allow_none=False)
    personalized_caching_enabled = Boolean()
    read_attributes = String()
    resource_id = String(min_length=1, required=True, allow_none=False)
    version_range = Embedded(VersionRangeObject())
    write_attributes = String()


class ResourceInfo(Document):
    """The configuration of a client for an API."""

    allowed_origins = Array(String(allow_none=False))
    api_type = Enumeration("data", "shop", required=True, allow_none=False)
    resources = Array(
        Embedded(ResourceObject(), allow_none=False), min_items=1, required=True, allow_none=False
    )
    response_headers = TextMap()


class SiteResourceInfo(Document):
    """The configurations of a site, or of the organization."""

    site_configs = Array(Embedded(ResourceInfo()), required=True)
    site_id = String()


class OcapiConfigsApiRequest(Document):
    """A configuration for some sites."""

    resource_info = Embedded(ResourceInfo(), required=True, allow_none=False)
    sites = Array(String(allow_none=False), required=True, allow_none=False)


class OcapiConfigsApiResponse(Document):
    """All configurations of a client."""

    class Meta(Document.Meta):
        """Options of marshmallow: the property ``global``."""

        include = _name(**{"global": Array(Embedded(SiteResourceInfo()))})

    sites = Array(Embedded(SiteResourceInfo()))


class StoredConfig(ResourceInfo):
    """A configuration of a client that the emulator keeps, but does not enforce."""

    client_id = String(min_length=1, required=True, allow_none=False)
    site_id = String(min_length=1, required=True, allow_none=False)
