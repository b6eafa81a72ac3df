"""Documents inside products: media files, markup, money, and ids of categories."""

from collections.abc import Mapping
from typing import Any

from emulator.ocapi.schema.document import Document
from emulator.ocapi.schema.fields import Embedded, Localized, Number, String, Values
from emulator.store import Record

MEDIA_PATH = "on/demandware.static/-/Sites-{}/default"
IMAGE_SERVICE_PATH = "dw/image/v2/-"


class MediaFile(Document):
    """A media file, such as an image."""

    abs_url = String(read_only=True)
    alt = Localized()
    dis_base_url = String(read_only=True)
    path = String()
    title = Localized()


class MarkupText(Document):
    """A text with markup."""

    markup = String(read_only=True)
    source = String()


class CatalogCategoryId(Document):
    """The id of a category, with the id of the catalog."""

    catalog_id = String(min_length=1, max_length=256)
    category_id = String(min_length=1, max_length=256)


class Money(Document):
    """An amount of money."""

    currency_mnemonic = String()
    value = Number()


def localized_markup() -> Values:
    """Return a property with a text with markup for each locale."""
    return Values(Embedded(MarkupText(), allow_none=False), format="localized")


def render_markup(texts: Mapping[str, Any]) -> dict[str, dict[str, Any]]:
    """Return localized texts with markup; the markup is the source, without any change (CHOSEN)."""
    rendered = {}
    for locale, text in texts.items():
        source = text.get("source")
        rendered[locale] = {} if source is None else {"markup": source, "source": source}
    return rendered


def complete_media(root_url: str, product: Record, media: Mapping[str, Any]) -> dict[str, Any]:
    """Return a media file of a product with the URLs of its path."""
    path = media.get("path")
    if path is None:
        return {**media}
    place = MEDIA_PATH.format(product.get("owning_catalog_id"))
    return {
        **media,
        "abs_url": f"{root_url}/{place}/{path}",
        "dis_base_url": f"{root_url}/{IMAGE_SERVICE_PATH}/{place}/{path}",
    }
