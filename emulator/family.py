"""A family: one API beside others in the same application."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from werkzeug.exceptions import HTTPException
from werkzeug.routing import Map, RequestRedirect

if TYPE_CHECKING:
    from _typeshed.wsgi import WSGIApplication, WSGIEnvironment
    from werkzeug.wrappers import Response

FAULT = "emulator.fault"
"""The key of the WSGI environment in which a family leaves the type of the answered fault."""
FAMILY = "emulator.family"
"""The key of the WSGI environment with the family of the request."""
TOO_LARGE = "emulator.body_too_large"
"""The key of the WSGI environment that marks a body as too large to be read."""
INJECTED = "emulator.injected_fault"
"""The key of the WSGI environment with an ``Injected`` for the family to answer."""

CONCEALED = "emulator.concealed_body"
"""The key of the WSGI environment that marks a request body as secret, left out of the journal."""

CONCEALED_MEMBERS = "emulator.concealed_members"
"""The key of the WSGI environment with the names of members whose values are secret."""

STREAMED = "emulator.streamed"
"""The key of the WSGI environment that marks an answer as too long to be kept in memory."""
UPLOAD_PATH = "/on/demandware.servlet"
"""The beginning of the paths whose bodies are files: servers read them into a temporary file."""
MAX_UPLOAD_BYTES = 500 * 1024 * 1024
"""The longest body below ``UPLOAD_PATH`` (DAV-9)."""
SPOOL_BYTES = 256 * 1024
"""The longest body below ``UPLOAD_PATH`` that stays in memory."""

HINT_HEADER = "x-emulator-hint"
"""The header of an answer that says what the emulator lacks (URL-8)."""
DROPPED = "emulator.dropped"
"""The key of the WSGI environment with the exception of a part that drops the connection."""
PAUSE = "emulator.pause"
"""The key of the WSGI environment with the server's own ``sleep``, if the server has one."""


@dataclass(frozen=True, slots=True)
class Injected:
    """A fault that a family has to answer for a failpoint.

    Attributes:
        name: A name of the family's ``faults``.
        arguments: A value for each argument of the fault.
        hint: The advice to the client's author, empty for none.
    """

    name: str
    arguments: Mapping[str, Any]
    hint: str = ""


def find_endpoint(routes: Map, method: str, path: str) -> str:
    """Return the endpoint of a path and a method; empty for an unknown path or another method."""
    try:
        endpoint, _ = routes.bind("localhost").match(path, "GET" if method == "HEAD" else method)
    except RequestRedirect as redirect:  # to the path with a slash at the end
        return redirect.new_url
    except HTTPException:
        return ""
    return str(endpoint)


def prepare_nothing(_: "WSGIEnvironment") -> None:
    """Change nothing."""


@dataclass(frozen=True)
class Family:
    """One API.

    Attributes:
        name: The name of the API in the journal; also of the blueprint.
        application: The WSGI application behind the front door.
        routes: The routes of the application.
        operations: The names of operations, by endpoint of ``routes`` and method.
        faults: The faults that a failpoint can ask for. A fault has one form or several: the names
            of the arguments.
        samples: Values for arguments that a failpoint leaves out, by the names of the arguments.
        prepare: Changes the environment of a request before routing.
        paths: The whole paths, first segments, or two segments at the root or below a site, that
            belong to the family.
        check: Checks a request before routing counts; None where nothing has to be checked.
        refuse: Returns the response for an HTTP error: an unknown path, another method, an
            internal error (500), a store out of reach (503).
        is_spooled: Whether bodies are files: a body is read into a temporary file, and an answer
            marked by ``STREAMED`` is sent while it is read.
    """

    name: str
    application: "WSGIApplication"
    routes: Map = field(default_factory=Map)
    operations: Mapping[tuple[str, str], str] = field(default_factory=dict)
    faults: Mapping[str, Sequence[Sequence[str]]] = field(default_factory=dict)
    samples: Mapping[str, Any] = field(default_factory=dict)
    prepare: "Callable[[WSGIEnvironment], None]" = prepare_nothing
    paths: Sequence[str] = ()
    check: Callable[[], None] | None = None
    refuse: "Callable[[HTTPException], Response]" = HTTPException.get_response
    is_spooled: bool = False

    def fill_arguments(self, fault: str, given: Mapping[str, Any]) -> dict[str, Any]:
        """Return all arguments of a fault: the given ones, and samples for the others.

        Raises:
            KeyError: No form of the fault has all given arguments.
        """
        for form in self.faults[fault]:
            if set(given) <= set(form):
                return {name: given.get(name, self.samples.get(name, name)) for name in form}
        raise KeyError(fault)

    def name_operation(self, method: str, path: str) -> str:
        """Return the name of the operation of a canonical path, empty if there is none."""
        endpoint = find_endpoint(self.routes, method, path)
        return self.operations.get((endpoint, "GET" if method == "HEAD" else method), "")
