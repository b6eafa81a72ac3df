"""The methods of WebDAV (RFC 4918), and the further methods that POST names (DAV-7 to DAV-14)."""

import os
import shutil
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime
from itertools import islice
from pathlib import Path
from typing import Any

from defusedxml import ElementTree
from werkzeug.exceptions import (
    BadRequest,
    Conflict,
    Forbidden,
    MethodNotAllowed,
    NotFound,
    PreconditionFailed,
    RequestEntityTooLarge,
    UnsupportedMediaType,
)
from werkzeug.utils import send_file

from emulator.family import SPOOL_BYTES, STREAMED
from emulator.request import PlainResponse, Request
from emulator.webdav import archive, condition
from emulator.webdav.listing import guess_media_type, make_etag, render_multistatus, render_page
from emulator.webdav.place import Place, find_destination
from emulator.workspace.files import Files, is_inside, stamp

ALLOWED_METHODS = (
    *("COPY", "DELETE", "GET", "HEAD", "MKCOL", "MOVE", "OPTIONS", "POST", "PROPFIND", "PUT"),
)
MAX_CONTROL_BYTES = 64 * 1024
"""The longest body of a request that brings no file."""
MAX_LISTED_ENTRIES = 20_000
"""The entries of an answer to PROPFIND, and of the page of a folder."""
CHECKED_VARIABLES = ("HTTP_RANGE", "HTTP_IF_MATCH")
"""The headers that are checked before a file is sent, and that werkzeug reads in another way."""
XML_MEDIA_TYPE = "text/xml;charset=UTF-8"
HTML_MEDIA_TYPE = "text/html;charset=UTF-8"


@dataclass(frozen=True)
class Operation:
    """The operation of a request.

    Attributes:
        request: The request.
        files: The files of the workspace.
        place: The place of the path.
        now: The time of the request.
    """

    request: Request
    files: Files
    place: Place
    now: datetime

    def serve(self) -> PlainResponse:
        """Return the answer.

        Raises:
            HTTPException: The request is refused.
            OSError: The file system refuses the change.
        """
        method = self.request.method
        if method != "PUT" and (self.request.content_length or 0) > MAX_CONTROL_BYTES:
            raise RequestEntityTooLarge(f"A body has at most {MAX_CONTROL_BYTES} bytes here.")
        return METHODS[method](self)

    def check_existing(self) -> None:
        """Raise NotFound if there is nothing in the place."""
        if not self.place.file.exists():
            raise NotFound("There is no such file or folder.")

    def check_conditions(self) -> None:
        """Raise PreconditionFailed if a condition of the request does not hold (DAV-16)."""
        condition.check(self.request.method, self.request.headers, self.place.file)


def read(operation: Operation) -> PlainResponse:
    """Answer a file, whole or in part, or a page that lists a folder."""
    operation.check_existing()
    operation.check_conditions()
    place, environ = operation.place, operation.request.environ
    if place.file.is_dir():
        places = list(islice(place.list(), MAX_LISTED_ENTRIES + 1))
        if len(places) > MAX_LISTED_ENTRIES:
            raise Forbidden(f"There are more than {MAX_LISTED_ENTRIES} entries.")
        return PlainResponse(render_page(place, places), content_type=HTML_MEDIA_TYPE)
    stat = place.file.stat()
    chosen = condition.choose_range(operation.request.headers, stat)
    asked = {name: value for name, value in environ.items() if name not in CHECKED_VARIABLES}
    response: Any = send_file(
        place.file,
        {**asked, "HTTP_RANGE": chosen} if chosen else asked,
        mimetype=guess_media_type(place.name),
        conditional=True,
        etag=make_etag(stat),
        last_modified=stat.st_mtime,
        response_class=PlainResponse,
    )
    del response.headers["Content-Disposition"]
    if environ["REQUEST_METHOD"] == "HEAD" or response.status_code == 304:  # noqa: PLR2004 - RFC 9110
        response.close()  # WSGI closes an answer with a body only
    else:
        environ[STREAMED] = stat.st_size > SPOOL_BYTES
    found: PlainResponse = response
    return found


def write(operation: Operation) -> PlainResponse:
    """Write a file: 201 for a new file, 204 for an existing file."""
    place = operation.place
    if place.file.is_dir():
        raise MethodNotAllowed(ALLOWED_METHODS, "The path is a folder.")
    place.check_changeable()
    if "Content-Range" in operation.request.headers:  # RFC 9110, 14.5
        raise BadRequest("A part of a file can't be written.")
    operation.check_conditions()
    new = operation.files.reserve()
    try:
        with new.open("wb") as file:
            shutil.copyfileobj(operation.request.environ["wsgi.input"], file)
        is_new = not place.file.exists()
        new.replace(place.file)
    finally:
        new.unlink(missing_ok=True)
    stamp(place.file, operation.now)
    return _answer(201 if is_new else 204)


def delete(operation: Operation) -> PlainResponse:
    """Delete a file, or a folder with all content."""
    operation.check_existing()
    operation.check_conditions()
    if operation.place.is_fixed:
        raise Forbidden("The folders directly below Sites are fixed.")
    operation.files.remove(operation.place.file)
    stamp(operation.place.file.parent, operation.now)
    return _answer(204)


def make_folder(operation: Operation) -> PlainResponse:
    """Make a folder; only the first of several requests succeeds."""
    place = operation.place
    if operation.request.content_length:
        raise UnsupportedMediaType("A new folder takes no body.")
    if place.file.exists():
        raise MethodNotAllowed(ALLOWED_METHODS, "The path exists.")
    place.check_changeable()
    try:
        place.file.mkdir()
    except FileExistsError:
        raise MethodNotAllowed(ALLOWED_METHODS, "The path exists.") from None
    stamp(place.file, operation.now)
    return _answer(201)


def list_properties(operation: Operation) -> PlainResponse:
    """Answer the properties of a place and, by the header Depth, of the places below."""
    operation.check_existing()
    if body := operation.request.environ["wsgi.input"].read(MAX_CONTROL_BYTES):
        try:
            ElementTree.fromstring(body, forbid_dtd=True)
        except (ElementTree.ParseError, ValueError) as error:
            raise BadRequest("The body is not well-formed XML.") from error
    # Without the header some clients expect one level, not all as RFC 4918, 9.1 says.
    depth = operation.request.headers.get("Depth", "1").strip().lower()
    if depth not in ("0", "1", "infinity"):
        raise BadRequest("The header Depth is neither 0 nor 1 nor infinity.")
    places: list[Place] = []
    for place in _walk(operation.place, {"0": 0, "1": 1}.get(depth, archive.MAX_ENTRIES)):
        places.append(place)
        if len(places) > MAX_LISTED_ENTRIES:
            raise Forbidden(f"There are more than {MAX_LISTED_ENTRIES} entries: use Depth: 1.")
    return PlainResponse(render_multistatus(places), 207, content_type=XML_MEDIA_TYPE)


def _walk(place: Place, levels: int) -> Iterator[Place]:
    yield place
    if levels and place.file.is_dir():
        for below in place.list():
            yield from _walk(below, levels - 1)


def copy(operation: Operation) -> PlainResponse:
    """Copy a file or folder to the destination."""

    def act(target: Place) -> None:
        new, source = operation.files.reserve(), operation.place.file
        try:
            if source.is_dir():
                shutil.copytree(source, new, copy_function=os.link)
            else:
                os.link(source, new)
            new.rename(target.file)
        except OSError:  # another request removes the source, or makes the destination
            shutil.rmtree(new, ignore_errors=True)
            new.unlink(missing_ok=True)
            raise

    return _transfer(operation, act)


def move(operation: Operation) -> PlainResponse:
    """Move a file or folder to the destination."""
    operation.check_existing()
    if operation.place.is_fixed:
        raise Forbidden("The folders directly below Sites are fixed.")
    return _transfer(operation, lambda target: operation.place.file.rename(target.file))


def _transfer(operation: Operation, act: Callable[[Place], object]) -> PlainResponse:
    operation.check_existing()
    headers = operation.request.headers
    target = find_destination(operation.files, headers.get("Destination"))
    source, destination = operation.place.file, target.file
    if source == destination or source in destination.parents or destination in source.parents:
        raise Forbidden("Source and destination lie in each other.")
    target.check_changeable()
    target.check_room(_count_levels(source))
    exists = destination.exists()
    if exists and headers.get("Overwrite", "T").strip().upper() == "F":
        raise PreconditionFailed("The destination exists.")
    if exists:
        operation.files.remove(destination)
    act(target)
    for folder in (source.parent, destination.parent):
        stamp(folder, operation.now)
    return _answer(204 if exists else 201)


def _count_levels(folder: Path) -> int:
    """Return the number of levels below a folder; 0 for a file."""
    walked = os.walk(folder)
    depths = [len(Path(found).parts) + bool(files) for found, _, files in walked]
    return max(depths, default=len(folder.parts)) - len(folder.parts)


def post(operation: Operation) -> PlainResponse:
    """Perform the method in the form parameter ``method``."""
    parameters = operation.request.values
    name = parameters.get("method", "").upper()
    if name not in POST_METHODS:
        known = ", ".join(sorted(POST_METHODS))
        raise BadRequest(f"The parameter 'method' is none of {known}.")
    return POST_METHODS[name](operation)


def unpack(operation: Operation) -> PlainResponse:
    """Unpack a zip into the folder of the zip."""
    operation.check_existing()
    if operation.place.file.is_dir():
        raise Conflict("The path is a folder.")
    archive.unpack(operation.files, operation.place, operation.now)
    return _answer(201)


def pack_zip(operation: Operation) -> PlainResponse:
    """Pack a file or folder as a zip beside the source."""
    operation.check_existing()
    if operation.place.is_fixed:
        raise Forbidden("The folders directly below Sites can't be packed.")
    archive.pack_zip(operation.files, operation.place.file, operation.now)
    return _answer(201)


def pack_tar(operation: Operation) -> PlainResponse:
    """Pack a file or folder as a tar.gz, with the name in the parameter ``target`` if given."""
    operation.check_existing()
    if operation.place.is_fixed:
        raise Forbidden("The folders directly below Sites can't be packed.")
    default = f"{operation.place.name}.tar.gz"
    name = operation.request.values.get("target", "") or default
    if not is_inside([name]):
        raise BadRequest("The parameter 'target' is not a valid name.")
    archive.pack_tar(operation.files, operation.place.file, name, operation.now)
    return _answer(201)


def describe(_: Operation) -> PlainResponse:
    """Answer the methods."""
    headers = {"Allow": ", ".join(ALLOWED_METHODS), "DAV": "1", "MS-Author-Via": "DAV"}
    return PlainResponse("", 200, headers, content_type=HTML_MEDIA_TYPE)


def _answer(status: int) -> PlainResponse:
    return PlainResponse("", status, content_type=HTML_MEDIA_TYPE)


METHODS: dict[str, Callable[[Operation], PlainResponse]] = {
    "COPY": copy,
    "DELETE": delete,
    "GET": read,
    "HEAD": read,
    "MKCOL": make_folder,
    "MOVE": move,
    "OPTIONS": describe,
    "POST": post,
    "PROPFIND": list_properties,
    "PUT": write,
}
POST_METHODS = {
    "COPY": copy,
    "MOVE": move,
    "TARGZ": pack_tar,
    "UNZIP": unpack,
    "ZIP": pack_zip,
}
