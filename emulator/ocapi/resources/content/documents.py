"""The documents of content, folders and folder assignments."""

from emulator.ocapi.resources.product.product import site_flag
from emulator.ocapi.schema.document import Collection, Document
from emulator.ocapi.schema.fields import (
    Array,
    Boolean,
    DateTime,
    Embedded,
    Enumeration,
    Integer,
    Localized,
    Number,
    Property,
    String,
    Values,
)

MAX_COUNT = 200
FREQUENCIES = ("always", "daily", "hourly", "monthly", "never", "weekly", "yearly")


def by_site(inner: Property) -> Values:
    """Return a property with a value for each site."""
    return Values(inner, format="site-specific")


class ContentAsset(Document):
    """A content asset: a text or a page of a library."""

    custom = True

    classification_folder_id = String(read_only=True)
    classification_folder_link = String(read_only=True)
    creation_date = DateTime(read_only=True)
    description = Localized()
    id = String(min_length=1, max_length=256, allow_none=False)
    last_modified = DateTime(read_only=True)
    link = String(read_only=True)
    name = Localized()
    online = site_flag(default=False)
    page_description = Localized()
    page_keywords = Localized()
    page_title = Localized()
    page_url = Localized()
    searchable = site_flag(default=True)
    site_map_change_frequency = by_site(Enumeration(*FREQUENCIES))
    site_map_included = by_site(Integer(minimum=0, maximum=1, metadata={"enum": [0, 1]}))
    site_map_priority = by_site(Number(maximum=1))
    template = String()


class StoredContentAsset(ContentAsset):
    """A content asset in data sets: another user may have locked the asset."""

    locked = Boolean()


class ContentFolder(Document):
    """A folder of a library."""

    custom = True

    creation_date = DateTime(read_only=True)
    description = Localized()
    id = String(min_length=1, max_length=256, allow_none=False)
    last_modified = DateTime(read_only=True)
    link = String(read_only=True)
    name = Localized()
    online = Boolean(load_default=False)
    page_description = Localized()
    page_keywords = Localized()
    page_title = Localized()
    page_url = Localized()
    parent_folder_id = String()
    parent_link = String(read_only=True)
    sub_folders_link = String(read_only=True)
    template = String()


class ContentFolderAssignment(Document):
    """The assignment of a content asset to a folder."""

    content_id = String(max_length=256, allow_none=False)
    content_link = String(read_only=True)
    default = Boolean(load_default=False)
    folder_id = String(max_length=256, allow_none=False)
    folder_link = String(read_only=True)
    position = Number(minimum=0)


class _Result(Collection):
    """A page with ``hits`` in place of ``data``."""

    class Meta(Collection.Meta):
        """Content and folders have no expansions."""

        exclude = ("expand",)

    min_count, max_count = 1, MAX_COUNT


class ContentAssetResult(_Result):
    """A page of the content assets of a folder."""

    hits = Array(Embedded(ContentAsset()))


class ContentFolderResult(_Result):
    """A page of the folders of a content asset."""

    hits = Array(Embedded(ContentFolder()))


class ContentSubFolderResult(_Result):
    """A page of the folders below a folder."""

    hits = Array(Embedded(ContentFolder()))


class ContentAssets(Collection):
    """A page of content assets; no path of the Data API shows the page."""

    data = Array(Embedded(ContentAsset()))


ASSET, FOLDER, ASSIGNMENT = ContentAsset(), ContentFolder(), ContentFolderAssignment()
