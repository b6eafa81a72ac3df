"""A request of the Data API: werkzeug's, which looks only at what it is asked for."""

from collections.abc import Mapping
from functools import lru_cache
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

from werkzeug.datastructures import EnvironHeaders
from werkzeug.wrappers import Request as WerkzeugRequest

from emulator.cached_property import cached_property as part

if TYPE_CHECKING:
    from _typeshed.wsgi import WSGIEnvironment

NOTHING: Mapping[str, str] = MappingProxyType({})
IN_ENVIRON = ("CONTENT_TYPE", "CONTENT_LENGTH")


@lru_cache(maxsize=256)
def _name_variable(header: str) -> str:
    """Return what a header is called in a WSGI environment."""
    variable = header.upper().replace("-", "_")
    return variable if variable in IN_ENVIRON else f"HTTP_{variable}"


class Headers(EnvironHeaders):
    """The headers of a request; to get one is to look it up once."""

    def get(self, key: str, default: Any = None, *_: Any, **__: Any) -> Any:  # type: ignore[override]
        """Return the header of a name, or the default."""
        return self.environ.get(_name_variable(key), default)

    def __contains__(self, key: Any) -> bool:
        return _name_variable(key) in self.environ


class Request(WerkzeugRequest):
    """One request.

    Args:
        environ: Its environment, the path in canonical form.
    """

    def __init__(self, environ: "WSGIEnvironment") -> None:  # no super: it parses what few ask for
        self.environ = environ
        self.method = environ["REQUEST_METHOD"]
        self.path = environ["PATH_INFO"]
        self.scheme = environ["wsgi.url_scheme"]
        self.query_string = environ.get("QUERY_STRING", "").encode("latin-1")
        self.headers = Headers(environ)
        self.root_path = ""
        self.remote_addr = environ.get("REMOTE_ADDR")
        self.server = (environ.get("SERVER_NAME", ""), int(environ.get("SERVER_PORT", 0)))
        self.shallow = False

    @part
    def args(self) -> Mapping[str, str]:  # type: ignore[override]
        """The parameters of the query, the first of each name."""
        return super().args.to_dict() if self.query_string else NOTHING
