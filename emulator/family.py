"""A family: one API beside others in the same server."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from werkzeug.exceptions import HTTPException
from werkzeug.routing import Map

if TYPE_CHECKING:
    from _typeshed.wsgi import WSGIApplication, WSGIEnvironment

FAULT = "emulator.fault"
"""The key of the WSGI environment in which a family leaves the type of the fault it answers."""
TOO_LARGE = "emulator.body_too_large"
"""The key of the WSGI environment by which a server says that it refused to read the body."""
INJECTED = "emulator.injected_fault"
"""The key of the WSGI environment that holds an ``Injected`` for the family to answer."""


@dataclass(frozen=True, slots=True)
class Injected:
    """A fault that a family is told to answer.

    Attributes:
        name: A name of the family's ``faults``.
        arguments: A value for each of the names that stand there.
    """

    name: str
    arguments: Mapping[str, Any]


def leave(_: "WSGIEnvironment") -> None:
    """Change nothing."""


@dataclass(frozen=True)
class Family:
    """One API.

    Attributes:
        name: Its name in the journal.
        application: What answers.
        operations: Names of its operations, by endpoint of ``routes`` and method.
        routes: Its paths.
        faults: The faults it can be told to answer, with the names of their arguments.
        prepare: What is done to a request's environment before anything looks at it.
    """

    name: str
    application: "WSGIApplication"
    routes: Map = field(default_factory=Map)
    operations: Mapping[tuple[str, str], str] = field(default_factory=dict)
    faults: Mapping[str, Sequence[str]] = field(default_factory=dict)
    prepare: "Callable[[WSGIEnvironment], None]" = leave

    def name_operation(self, method: str, path: str) -> str:
        """Return the name of the operation of a canonical path, empty if there is none."""
        method = "GET" if method == "HEAD" else method
        try:
            endpoint, _ = self.routes.bind("localhost").match(path, method)
        except HTTPException:
            return ""
        return self.operations.get((endpoint, method), "")
