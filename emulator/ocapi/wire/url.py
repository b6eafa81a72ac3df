"""Data API URLs: the canonical path, the site, the version, and ids (URL-1 to URL-7)."""

import re
from functools import lru_cache
from typing import NamedTuple
from urllib.parse import quote, unquote_to_bytes

FORM = re.compile(
    r"(?P<prefix>/s/[^/]+)?/dw/(?P<api>[^/]+)(?:/(?P<version>[^/]*))?(?:/.*)?", re.ASCII
)
UNRESERVED_PATH = re.compile(r"(?:/[A-Za-z0-9_.~-]+)+", re.ASCII)
ORGANIZATION = "-"
SURROGATES = "surrogateescape"
MAX_CACHED_IDS = 4096


class Address(NamedTuple):
    """The parts of a path before the resource.

    Attributes:
        prefix: The site's part of the path, such as ``/s/-``; empty where the host decides.
        site: The id of the site, ``-`` for the organization, empty where the host decides.
        api: The path segment of the API, such as ``data``; empty outside of ``/dw``.
        version: The path segment of the version, such as ``v23_2``; empty for none.
    """

    prefix: str = ""
    site: str = ""
    api: str = ""
    version: str = ""

    @property
    def is_data_api(self) -> bool:
        """Whether the path belongs to the Data API."""
        return self.api == "data"

    @property
    def is_shop_api(self) -> bool:
        """Whether the path belongs to the Shop API."""
        return self.api == "shop"

    @property
    def base(self) -> str:
        """The path of the API and its version, in the scope of the request."""
        return f"{self.prefix}/dw/{self.api}/{self.version}"


def canonical(target: str) -> str:
    """Return the canonical path of a request target.

    Every segment is percent-encoded anew, so that an encoded slash stays inside the segment
    (URL-5). Repeated slashes count as one slash, and a trailing slash is dropped (URL-7).
    """
    path = target.partition("?")[0]
    if UNRESERVED_PATH.fullmatch(path):
        return path
    if not path.startswith("/"):  # the absolute form of RFC 9112, 3.2.2
        path = "/" + path.partition("://")[2].partition("/")[2]
    segments = (segment for segment in path.split("/") if segment)
    return "/" + "/".join(quote(decode_segment(s), errors=SURROGATES, safe="") for s in segments)


def decode_segment(segment: str, errors: str = SURROGATES) -> str:
    """Return the id of a path segment; bytes outside of UTF-8 become surrogates."""
    return unquote_to_bytes(segment.encode("latin-1")).decode(errors=errors)


@lru_cache(MAX_CACHED_IDS)
def encode_segment(text: str) -> str:
    """Return the path segment of an id."""
    return quote(text, safe="")


def parse(path: str) -> Address:
    """Return the address of a canonical path."""
    found = FORM.fullmatch(path)
    if found is None:
        return Address()
    prefix = found["prefix"] or ""
    site = prefix.removeprefix("/s/")
    if "%" in site:
        site = decode_segment(site, errors="replace")
    return Address(prefix, site, found["api"], found["version"] or "")
