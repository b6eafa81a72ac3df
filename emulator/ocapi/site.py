"""Sites: what fixtures say of them."""

from typing import Any

from emulator.ocapi.document import Document
from emulator.ocapi.fields import String
from emulator.ocapi.url import ORGANIZATION
from emulator.store import Record


class Site(Document):
    """One site."""

    id = String(min_length=1, max_length=32, allow_none=False, required=True)


SITE = Site()


def read_site(entry: Any) -> Record:
    """Return the record of a site entry; raise ValueError with the reason it is none."""
    properties = SITE.decode_stored(entry)
    if properties["id"] == ORGANIZATION:
        raise ValueError(f"id: '{ORGANIZATION}' stands for the organization in URLs")
    return Record.of((properties["id"],), properties)
