"""The front door: brings a request into one form and hands it to the family it belongs to."""

from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING
from urllib.parse import quote

from emulator.ocapi.url import canonical

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIApplication, WSGIEnvironment


class FrontDoor:
    """A WSGI application in front of the API families.

    Applications see ``PATH_INFO`` in canonical form: still percent-encoded, so that an encoded
    slash is not taken for a separator; the path as it was sent stays in ``REQUEST_URI``.

    Args:
        families: Applications by path, or by the first segment of it.
        default: The application of all other paths.
    """

    def __init__(
        self, families: Mapping[str, "WSGIApplication"], default: "WSGIApplication"
    ) -> None:
        self.families = families
        self.default = default

    def __call__(
        self, environ: "WSGIEnvironment", start_response: "StartResponse"
    ) -> Iterable[bytes]:
        """Answer through the family that the path belongs to."""
        target = environ.get("REQUEST_URI") or quote(environ["PATH_INFO"].encode("latin-1"))
        path = environ["PATH_INFO"] = canonical(target)
        family = self.families.get(path) or self.families.get("/" + path.split("/")[1])
        return (family or self.default)(environ, start_response)
