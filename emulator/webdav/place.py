"""Places: the file or folder of a WebDAV path (DAV-1 to DAV-5).

Rules:

- The first segment below ``Sites`` is a root; upper and lower case are the same there (DAV-3).
- ``.`` and ``..`` are resolved before the look-up. A path above ``Sites`` is refused (403).
- An href has the root as the client has spelled it, since clients cut this prefix.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from fnmatch import fnmatchcase
from pathlib import Path
from urllib.parse import quote, unquote, urlsplit

from werkzeug.exceptions import BadGateway, BadRequest, Conflict, Forbidden

from emulator.workspace.files import MAX_SEGMENTS, ROOTS, Files, is_inside

SITES_PATH = "/on/demandware.servlet/webdav/Sites"
STANDARD_PORTS = (80, 443)
"""The ports of http and https. A proxy may answer https where the server has http."""
TOO_DEEP = f"A path has at most {MAX_SEGMENTS} segments below Sites."
ROOTS_BY_LOWER_CASE = {name.lower(): name for name in ROOTS}


@dataclass(frozen=True)
class Place:
    """A file or folder, existing or not.

    Attributes:
        segments: The decoded segments below ``Sites``.
        file: The path in the file system.
        href: The percent-encoded path, without a slash at the end.
    """

    segments: tuple[str, ...]
    file: Path
    href: str

    @property
    def name(self) -> str:
        """The last segment."""
        return self.segments[-1] if self.segments else "Sites"

    @property
    def is_fixed(self) -> bool:
        """True for a root and for ``Sites``: clients can neither make nor remove these folders."""
        return len(self.segments) <= 1

    def check_changeable(self) -> None:
        """Check a place for a new file or folder.

        Raises:
            Forbidden: The place is a root.
            Conflict: The folder above is missing.
        """
        if self.is_fixed:
            raise Forbidden("The folders directly below Sites are fixed.")
        if not self.file.parent.is_dir():
            raise Conflict("The folder above does not exist.")

    def check_room(self, levels: int) -> None:
        """Check that a folder with some levels of content is not too deep at the place.

        Raises:
            Forbidden: The content would lie too deep.
        """
        if len(self.segments) + levels > MAX_SEGMENTS:
            raise Forbidden(TOO_DEEP)

    def list(self) -> Iterator["Place"]:
        """Yield the places in a folder, in the order of the names."""
        for file in sorted(self.file.iterdir()):
            yield Place((*self.segments, file.name), file, f"{self.href}/{quote(file.name)}")


def find(files: Files, path: str) -> Place:
    """Return the place of a percent-encoded path below ``Sites``.

    Raises:
        BadRequest: The path is not UTF-8.
        Forbidden: The path leads above ``Sites``, or a name has forbidden characters.
    """
    segments = tuple(_resolve(path))
    if len(segments) > MAX_SEGMENTS:
        raise Forbidden(TOO_DEEP)
    root = ROOTS_BY_LOWER_CASE.get(segments[0].lower(), segments[0]) if segments else ""
    file = files.root.joinpath(root, *segments[1:])
    return Place(segments, file, "/".join((SITES_PATH, *map(quote, segments))))


def find_destination(files: Files, header: str | None) -> Place:
    """Return the place of a Destination header: a path, or a URL.

    Raises:
        BadRequest: The header is missing, or not a path of WebDAV.
        Forbidden: See ``find``.
    """
    try:
        path = urlsplit(header or "").path
    except ValueError as error:
        raise BadRequest("The header Destination is not a URL.") from error
    segments = [segment for segment in path.split("/") if segment]
    prefix = SITES_PATH[1:].split("/")
    if segments[: len(prefix)] != prefix:
        raise BadRequest(f"The header Destination needs a path below {SITES_PATH}.")
    return find(files, "/".join(segments[len(prefix) :]))


def check_host(destination: str, own_url: str, own_names: Sequence[str]) -> None:
    """Check that a Destination header names this server (RFC 4918, sections 9.8.5 and 9.9.4).

    Args:
        destination: The header: a path, or a URL.
        own_url: The URL of the server, as the client of the request writes it.
        own_names: Further host names of the server. ``*`` stands for any characters.

    Raises:
        BadGateway: The URL is that of another server.
        BadRequest: The header is not a URL.
    """
    try:
        name, port = _read_host(destination)
    except ValueError as error:
        raise BadRequest("The header Destination is not a URL.") from error
    own_name, own_port = _read_host(own_url)
    names = (own_name, *(own.lower() for own in own_names))
    is_own = port == own_port and any(fnmatchcase(name, own) for own in names)
    if name and not is_own:
        raise BadGateway("The header Destination names another server.")


def _read_host(url: str) -> tuple[str, int]:
    """Return host name and port of a URL; a standard port counts as 0."""
    parts = urlsplit(url)
    port = parts.port or 0
    return parts.hostname or "", 0 if port in STANDARD_PORTS else port


def _resolve(path: str) -> list[str]:
    segments: list[str] = []
    for encoded in path.split("/"):
        try:
            name = unquote(encoded, errors="strict")
        except UnicodeDecodeError as error:
            raise BadRequest("The path is not UTF-8.") from error
        if name == ".." and segments:
            segments.pop()
        elif name not in ("", "."):
            if not is_inside([name]):
                raise Forbidden("The path leads out of Sites, or a name is not valid.")
            segments.append(name)
    return segments
