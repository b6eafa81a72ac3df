"""The registry of an emulator's workspaces, and the workspace of a request."""

import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from http import HTTPStatus
from math import ceil
from threading import Lock
from time import monotonic
from typing import TYPE_CHECKING

from emulator.config import MEMORY
from emulator.recording import caller
from emulator.workspace.crash import CrashLog
from emulator.workspace.error import WorkspaceError
from emulator.workspace.workspace import DEFAULT_WORKSPACE, Workspace

if TYPE_CHECKING:
    from _typeshed.wsgi import WSGIEnvironment

OWN_SITES = ("none", "same-origin")
"""Values of Sec-Fetch-Site for requests of the user and of own pages (Fetch Metadata)."""
WORKSPACE_NAME = re.compile(r"[a-z0-9](?:[a-z0-9._-]{0,62}[a-z0-9])?", re.ASCII)
REGISTRY_KEY = "emulator.workspaces"
"""The WSGI environment key of all workspaces of the emulator."""
WORKSPACE_KEY = "emulator.workspace"
"""The WSGI environment key of the request's workspace, or of a function that returns it."""
PROTECTED_SECONDS = 60.0
"""Time after a use in which a workspace is not deleted to make room for a new workspace."""
MAX_ASSIGNED_CLIENTS = 10_000
"""The bound of client assignments in all workspaces together."""


def check_name(name: str) -> None:
    """Check the name of a workspace.

    Raises:
        WorkspaceError: The name is not valid.
    """
    if not WORKSPACE_NAME.fullmatch(name):
        rule = "use up to 64 letters, digits and, between them, dots, hyphens and underscores"
        raise WorkspaceError(f"'{name[:80]}' is not a valid workspace name: {rule}")


def check_origin(name: str, environ: "WSGIEnvironment") -> None:
    """Check the origin of a request for a new workspace: foreign pages cannot make workspaces.

    Every page in a browser can send requests to ``*.localhost``, so each page could fill an
    emulator with workspaces.

    Args:
        name: The name of the new workspace.
        environ: The request.

    Raises:
        WorkspaceError: A page of another origin sent the request.
    """
    origin = environ.get("HTTP_ORIGIN")
    own = environ.get("HTTP_HOST", "").lower()
    is_foreign = origin is not None and origin.lower().partition("://")[2] != own
    if is_foreign or environ.get("HTTP_SEC_FETCH_SITE", "none") not in OWN_SITES:
        refused = f"a page of another origin cannot make the workspace '{name[:80]}'"
        raise WorkspaceError(
            f"{refused}: make the workspace first, with PUT /__emulator__/workspaces/NAME",
            HTTPStatus.FORBIDDEN,
        )


def no_room(limit: int, protected: float, wait: float) -> WorkspaceError:
    """Return the error of too many workspaces in use.

    Args:
        limit: The maximum number of workspaces.
        protected: Seconds after a use in which a workspace is not deleted to make room.
        wait: Seconds until there is room for a new workspace.
    """
    return WorkspaceError(
        f"all {limit} workspaces were used within the last {protected:.0f} seconds: delete one, "
        f"raise --workspaces, or try again in {ceil(wait)} seconds",
        HTTPStatus.SERVICE_UNAVAILABLE,
    )


def too_many_clients() -> WorkspaceError:
    """Return the error of more than ``MAX_ASSIGNED_CLIENTS`` assignments."""
    return WorkspaceError(
        f"no more than {MAX_ASSIGNED_CLIENTS} clients can be assigned to workspaces: "
        "delete unused workspaces",
        HTTPStatus.CONFLICT,
    )


class Workspaces:
    """All workspaces of an emulator: made on first use, deleted after a time without use.

    Args:
        make: Returns a new workspace with a name.
        limit: The maximum number of workspaces, ``default`` included. The least recently used
            workspace makes room for a new workspace, except in the ``PROTECTED_SECONDS`` (or
            ``age`` seconds, if shorter) after a use. ``default`` is never deleted.
        age: Seconds without use. Older workspaces are deleted when a workspace is made.
        now: Returns the time in seconds.
    """

    def __init__(
        self,
        make: Callable[[str], Workspace],
        limit: int,
        age: float,
        now: Callable[[], float] = monotonic,
    ) -> None:
        self._make = make
        self._limit = limit
        self._age = age
        self._now = now
        self._lock = Lock()
        self._clients: dict[str, str] = {}
        self.default = make(DEFAULT_WORKSPACE)
        self._workspaces = {DEFAULT_WORKSPACE: self.default}

    def __iter__(self) -> Iterator[Workspace]:
        return iter(tuple(self._workspaces.values()))

    def open(self) -> None:
        """Reach the store, before the first request; in memory there is nothing to do."""

    def health(self) -> tuple[str, bool]:
        """Return the kind of the store, and True for a reachable store."""
        return MEMORY, True

    def crash_logs(self) -> Iterable[CrashLog]:
        """Return the internal errors of this process, a log for each workspace."""
        return tuple(workspace.crashes for workspace in self)

    def idle(self, workspace: Workspace) -> float:
        """Return the seconds since the last use of a workspace."""
        return self._now() - workspace.used

    def choose(self, name: str, environ: "WSGIEnvironment") -> Workspace:
        """Return the workspace of a request; make a missing workspace.

        Args:
            name: The name in the request; empty for the workspace of the client, or ``default``.
            environ: The request.

        Raises:
            WorkspaceError: The name is not valid, there is no room for a new workspace, or a page
                of another origin asks for a new workspace.
            StoreUnavailable: The shared store cannot be reached.
        """
        if not name:
            # The client id is read only if it matters: reading a form takes time.
            client = caller.claim(environ) if self._clients else ""
            name = self._clients.get(client, DEFAULT_WORKSPACE)
        found = self._workspaces.get(name.lower())
        if found is not None:
            found.used = self._now()
            return found
        check_origin(name, environ)
        return self.get(name)

    def find(self, name: str) -> Workspace | None:
        """Return the workspace with a name; None before the first use."""
        return self._workspaces.get(name.lower())

    def get(self, name: str) -> Workspace:
        """Return the workspace with a name, in upper or lower case; make a missing workspace.

        Raises:
            WorkspaceError: The name is not valid, or there is no room for a new workspace.
        """
        name = name.lower()
        found = self._workspaces.get(name) or self._add(name)
        found.used = self._now()
        return found

    def delete(self, name: str) -> bool:
        """Delete a workspace; return False for an unknown name.

        Raises:
            WorkspaceError: The name is ``default``.
        """
        name = check_deletable(name)
        with self._lock:
            return self._delete(name)

    def assign(self, name: str, clients: Iterable[str]) -> None:
        """Replace the clients of a workspace.

        Requests of these clients belong to the workspace, except requests with the name of another
        workspace.

        Raises:
            WorkspaceError: The name is not valid, there is no room for a new workspace, or there
                would be more than ``MAX_ASSIGNED_CLIENTS``.
        """
        name = self.get(name).name
        with self._lock:
            others = {client: owner for client, owner in self._clients.items() if owner != name}
            assigned = {**others, **dict.fromkeys(clients, name)}
            if len(assigned) > MAX_ASSIGNED_CLIENTS:
                raise too_many_clients()
            self._clients = assigned

    @property
    def owners(self) -> Mapping[str, str]:
        """The names of workspaces by client."""
        return self._clients

    def _add(self, name: str) -> Workspace:
        check_name(name)
        with self._lock:
            if name not in self._workspaces:
                self._make_room()
                self._workspaces = {**self._workspaces, name: self._make(name)}
            return self._workspaces[name]

    def _make_room(self) -> None:
        """Delete old workspaces, and beyond the limit the least recently used workspaces."""
        now = self._now()
        by_use = sorted(self._workspaces.values(), key=lambda workspace: workspace.used)
        others = [workspace for workspace in by_use if workspace.name != DEFAULT_WORKSPACE]
        surplus = len(self._workspaces) + 1 - self._limit
        if surplus > 0:
            protected = min(PROTECTED_SECONDS, self._age)
            wait = protected - (now - others[surplus - 1].used)
            if wait > 0:
                raise no_room(self._limit, protected, wait)
        for number, workspace in enumerate(others):
            if number < surplus or now - workspace.used > self._age:
                self._delete(workspace.name)

    def _delete(self, name: str) -> bool:
        self._clients = {c: owner for c, owner in self._clients.items() if owner != name}
        others = {n: workspace for n, workspace in self._workspaces.items() if n != name}
        existed = len(others) < len(self._workspaces)
        self._workspaces = others
        return existed


def check_deletable(name: str) -> str:
    """Return the name of a workspace in lower case.

    Raises:
        WorkspaceError: The name is ``default``.
    """
    if name.lower() == DEFAULT_WORKSPACE:
        message = "the workspace 'default' cannot be deleted"
        raise WorkspaceError(message, HTTPStatus.CONFLICT)
    return name.lower()


def registry(environ: "WSGIEnvironment") -> Workspaces:
    """Return all workspaces of the emulator, in a request of the control plane."""
    found: Workspaces = environ[REGISTRY_KEY]
    return found


def current(environ: "WSGIEnvironment") -> Workspace:
    """Return the workspace of a request; make a missing workspace.

    Raises:
        WorkspaceError: See ``Workspaces.choose``.
    """
    found: Workspace | Callable[[], Workspace] = environ[WORKSPACE_KEY]
    return found if isinstance(found, Workspace) else found()
