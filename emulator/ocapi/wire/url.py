"""The three forms of a Data API URL, its site and its version (URL-1 to URL-7)."""

import re
from dataclasses import dataclass
from functools import lru_cache
from urllib.parse import quote, unquote_to_bytes

from emulator.config import VERSION

SERVED = "v23_2"
FORM = re.compile(r"(?P<site>/s/[^/]+)?/dw/data(?:/(?P<version>[^/]*))?(?:/.*)?")
PLAIN = re.compile(r"(?:/[A-Za-z0-9_.~-]+)+", re.ASCII)
HOST = re.compile(r"(?:[A-Za-z0-9._-]+|\[[0-9A-Fa-f:.]+\])(?::\d{1,5})?", re.ASCII)
ORGANIZATION = "-"
KEPT = "surrogateescape"
KEPT_IDS = 4096


@dataclass(frozen=True, slots=True)
class Address:
    """What the URL says besides the resource.

    Attributes:
        scope: The beginning of the path, up to the version: ``/s/-/dw/data`` and the like.
        site: The site's id, ``-`` for the organisation, empty where the host decides.
        version: The path segment, such as ``v23_2``; empty if there is none.
        is_data_api: Whether the path is below ``/dw/data`` at all.
    """

    scope: str
    site: str
    version: str
    is_data_api: bool = True

    @property
    def base(self) -> str:
        """The part of the path that all resources of the same scope share."""
        return f"{self.scope}/{self.version}"


def canonical(target: str) -> str:
    """Return the path of a request target in the one form that routes are matched in.

    Every segment is percent-encoded anew, so that an encoded slash stays inside its segment
    (URL-5); repeated slashes count as one and a trailing one as none (URL-7).
    """
    path = target.partition("?")[0]
    if PLAIN.fullmatch(path):
        return path
    if not path.startswith("/"):  # the absolute form of RFC 9112, 3.2.2
        path = "/" + path.partition("://")[2].partition("/")[2]
    segments = (segment for segment in path.split("/") if segment)
    return "/" + "/".join(quote(decode_segment(s), errors=KEPT, safe="") for s in segments)


def decode_segment(segment: str, errors: str = KEPT) -> str:
    """Return an id from its path segment; bytes that are no UTF-8 are kept as surrogates."""
    return unquote_to_bytes(segment.encode("latin-1")).decode(errors=errors)


@lru_cache(KEPT_IDS)
def encode_segment(text: str) -> str:
    """Return an id as a path segment."""
    return quote(text, safe="")


def parse(path: str) -> Address:
    """Return the address of a canonical path."""
    found = FORM.fullmatch(path)
    if found is None:
        return Address("", "", "", is_data_api=False)
    prefix = found["site"] or ""
    site = decode_segment(prefix.removeprefix("/s/"), errors="replace")
    return Address(f"{prefix}/dw/data", site, found["version"] or "")


def is_version(segment: str) -> bool:
    """Return whether a path segment has the form of a version."""
    return VERSION.fullmatch(segment) is not None


def number(version: str) -> str:
    """Return a version as documents carry it: ``23.2`` for ``v23_2``."""
    return version[1:].replace("_", ".")


def is_host(host: str) -> bool:
    """Return whether a Host header names a host, with or without a port."""
    return HOST.fullmatch(host) is not None
