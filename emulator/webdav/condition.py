"""Conditions and ranges of requests for files (RFC 9110, 13.2.2 and 14.2; DAV-8 and DAV-16)."""

import os
import re
from pathlib import Path

from werkzeug.datastructures import Headers
from werkzeug.exceptions import PreconditionFailed
from werkzeug.http import parse_date

from emulator import entity_tag
from emulator.webdav.listing import make_etag

SAFE_METHODS = ("GET", "HEAD")
# One range of bytes: from a place to another place or to the end, or the last bytes.
RANGE = re.compile(r"bytes=[ \t]*(\d{1,18}-\d{0,18}|-(\d{1,18}))[ \t]*", re.ASCII | re.IGNORECASE)


def check(method: str, headers: Headers, file: Path) -> None:
    """Check the conditions of a request for a file or a folder, which need not exist.

    Raises:
        PreconditionFailed: A condition does not hold.
    """
    stat = file.stat() if file.exists() else None
    if "If-Match" in headers:
        holds = stat is not None and _lists(headers["If-Match"], stat, weak=False)
    elif since := parse_date(headers.get("If-Unmodified-Since")):
        holds = stat is None or int(stat.st_mtime) <= since.timestamp()
    else:
        holds = True
    if method not in SAFE_METHODS and "If-None-Match" in headers and stat is not None:
        holds = holds and not _lists(headers["If-None-Match"], stat, weak=True)
    if not holds:
        raise PreconditionFailed("A condition of the request does not hold.")


def choose_range(headers: Headers, stat: os.stat_result) -> str:
    """Return the range of a file to answer, as a Range header; an empty string for the whole file.

    A range of another unit, several ranges and a malformed range are ignored. So is the range of
    an unchanged file, and a range with a weak tag in If-Range.
    """
    found = RANGE.fullmatch(headers.get("Range", ""))
    if found is None or headers.get("If-Range", "").lstrip().startswith("W/"):
        return ""
    if "If-None-Match" in headers and _lists(headers["If-None-Match"], stat, weak=True):
        return ""
    if found[2] and int(found[2]) >= stat.st_size:  # the last bytes are all bytes
        return "bytes=0-"
    return f"bytes={found[1]}"


def _lists(header: str, stat: os.stat_result, *, weak: bool) -> bool:
    return entity_tag.lists(header, make_etag(stat), weak=weak)
