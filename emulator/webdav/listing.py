"""Folders as XML for PROPFIND, and as HTML for GET.

Published readers differ in what they accept. The XML has the one form that suits all: no prefixes,
one ``propstat`` for each entry, the folder before its content (DAV-7).
"""

from collections.abc import Iterable, Iterator
from datetime import UTC, datetime
from email.utils import formatdate
from html import escape
from mimetypes import MimeTypes
from os import stat_result

from emulator.webdav.place import Place

KIB = 1024
MEDIA_TYPES = MimeTypes(())
"""Media types by file name, the same on each system."""
MEDIA_TYPES.add_type("text/plain", ".log")


def guess_media_type(name: str) -> str:
    """Return the media type of a file."""
    found, encoding = MEDIA_TYPES.guess_type(name)
    return "application/octet-stream" if found is None or encoding else found


def make_etag(stat: stat_result) -> str:
    """Return the entity tag of a file, without quotes: size and time in milliseconds."""
    return f"{stat.st_size}-{stat.st_mtime_ns // 1_000_000}"


def render_multistatus(places: Iterable[Place]) -> str:
    """Return the answer to PROPFIND: an entry for each place that still exists (RFC 4918, 13)."""
    entries = "".join(entry for place in places for entry in _describe(place))
    return (
        f'<?xml version="1.0" encoding="UTF-8"?>\n<multistatus xmlns="DAV:">{entries}</multistatus>'
    )


def _describe(place: Place) -> Iterator[str]:
    try:
        stat = place.file.stat()
    except FileNotFoundError:  # removed since the folder was read
        return
    is_folder = place.file.is_dir()
    yield f"<response><href>{place.href}{'/' if is_folder else ''}</href><propstat><prop>"
    yield f"<creationdate>{datetime.fromtimestamp(stat.st_mtime, UTC):%Y-%m-%dT%H:%M:%SZ}"
    yield f"</creationdate><getlastmodified>{formatdate(stat.st_mtime, usegmt=True)}"
    yield f"</getlastmodified><displayname>{escape(place.name)}</displayname>"
    if is_folder:
        yield "<resourcetype><collection/></resourcetype>"
    else:
        yield f"<resourcetype/><getcontentlength>{stat.st_size}</getcontentlength>"
        yield f"<getcontenttype>{guess_media_type(place.name)}</getcontenttype>"
        yield f"<getetag>&quot;{make_etag(stat)}&quot;</getetag>"
    yield "</prop><status>HTTP/1.1 200 OK</status></propstat></response>"


def render_page(folder: Place, places: Iterable[Place]) -> str:
    """Return a folder with its content as HTML, in the form of Tomcat's listings."""
    title = f"Directory Listing For {escape('/' + '/'.join(folder.segments))}"
    rows = "".join(cell for place in places for cell in _make_row(place))
    head = '<td align="left"><strong>Filename</strong></td><td align="center"><strong>Size</strong>'
    return (
        f"<html><head><title>{title}</title></head><body><h1>{title}</h1>"
        f'<table width="100%" cellspacing="0" cellpadding="5" align="center"><tr>{head}</td>'
        '<td align="right"><strong>Last Modified</strong></td></tr>\n'
        f"{rows}</table></body></html>"
    )


def _make_row(place: Place) -> Iterator[str]:
    try:
        stat = place.file.stat()
    except FileNotFoundError:  # removed since the folder was read
        return
    end = "/" if place.file.is_dir() else ""
    yield f'<tr>\n<td align="left">&nbsp;&nbsp;\n<a href="{place.href}{end}">'
    yield f"<tt>{escape(place.name)}{end}</tt></a></td>\n"
    yield f'<td align="right"><tt>{"&nbsp;" if end else _show_size(stat.st_size)}</tt></td>\n'
    yield f'<td align="right"><tt>{formatdate(stat.st_mtime, usegmt=True)}</tt></td>\n</tr>\n'


def _show_size(size: int) -> str:
    """Return a size in kilobytes; a file that is not empty has 0.1 at least."""
    tenths = max(size * 10 // KIB, 1 if size else 0)
    return f"{tenths // 10}.{tenths % 10} kb"
