"""Workspaces: isolated copies of the data, each with a clock, a journal and failpoints."""

import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from http import HTTPStatus
from math import ceil
from threading import Lock
from time import monotonic
from typing import TYPE_CHECKING, Any

from emulator.clock import Clock
from emulator.config import MEMORY
from emulator.recording import caller
from emulator.recording.journal import Journal
from emulator.store import Store, StoreUnavailable
from emulator.workspace.crash import CrashLog
from emulator.workspace.error import WorkspaceError
from emulator.workspace.failpoint import Failpoints
from emulator.workspace.snapshot import Snapshots

if TYPE_CHECKING:
    from _typeshed.wsgi import WSGIEnvironment

DEFAULT = "default"
NAME = re.compile(r"[a-z0-9](?:[a-z0-9._-]{0,62}[a-z0-9])?", re.ASCII)
REGISTRY = "emulator.workspaces"
"""The WSGI environment key of all workspaces of the emulator."""
WORKSPACE = "emulator.workspace"
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
    if not NAME.fullmatch(name):
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
    if is_foreign or environ.get("HTTP_SEC_FETCH_SITE") == "cross-site":
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


@dataclass(eq=False)
class Workspace:
    """The state of a group of clients.

    Attributes:
        store: The data.
        name: The name, in lower case.
        secret: The source of the keys that sign tokens.
        permissions: The permissions of clients, read by a family; None for all permissions.
        blank: A snapshot with clients, users and sites only; ``origin`` if None.
        clock: The source of time and ids.
        crashes: The internal errors of requests.
        journal: The latest exchanges.
        failpoints: The failpoints.
        snapshots: The named snapshots.
        used: The time of the last use, in seconds of the monotonic clock.
        origin: A snapshot of the start; the content of the store if None.
    """

    store: Store
    name: str = DEFAULT
    secret: str = ""
    blank: Any = None
    permissions: Any = None
    clock: Clock = field(default_factory=Clock)
    crashes: CrashLog = field(default_factory=CrashLog)
    journal: Journal = field(default_factory=lambda: Journal(0))
    failpoints: Failpoints = field(default_factory=Failpoints)
    snapshots: Snapshots = field(default_factory=Snapshots)
    used: float = field(default_factory=monotonic)
    origin: Any = None
    _initial_permissions: Any = field(init=False)
    _permission_version: int = field(init=False, default=0)

    def __post_init__(self) -> None:
        if self.origin is None:
            self.origin = self.store.snapshot()
        self._initial_permissions = self.permissions

    def version(self) -> tuple[int, int]:
        """Return the version of data and permissions; every change makes a new version.

        Read the version before the content: then the version is never newer than the content.
        """
        return self.store.version(), self._permission_version

    def refresh(self) -> None:
        """Fetch the changes of other processes, if any."""

    def permit(self, permissions: Any) -> None:
        """Replace the permissions."""
        self.permissions = permissions
        self._permission_version += 1

    def reset(self, *, empty: bool = False) -> None:
        """Return to the state of the start; snapshots and internal errors stay.

        Args:
            empty: Remove all data except clients, users and sites.
        """
        self.store.restore(self.blank if empty and self.blank is not None else self.origin)
        self.permit(self._initial_permissions)
        self.clock.reset()
        self.failpoints.reset()
        self.journal.clear()


class Unreachable(Workspace):
    """A workspace without a reachable state: each use of the state raises an error.

    The family of the request then answers the error in its own form.

    Args:
        name: The name of the workspace.
        reason: The error of the shared store.
    """

    def __init__(self, name: str, reason: StoreUnavailable) -> None:
        self.name = name
        self.reason = str(reason)
        self.clock = Clock()
        self.crashes = CrashLog()
        self.journal = Journal(0)
        self.failpoints = Failpoints()

    def __getattribute__(self, name: str) -> Any:
        if name in ("store", "secret", "permissions", "snapshots"):
            raise StoreUnavailable(self.reason)
        return super().__getattribute__(name)

    def version(self) -> tuple[int, int]:
        """See ``Workspace.version``; a constant, since there is no content."""
        return 0, 0


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
        self.default = make(DEFAULT)
        self._workspaces = {DEFAULT: self.default}

    def __iter__(self) -> Iterator[Workspace]:
        return iter(tuple(self._workspaces.values()))

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
            owners = self._clients
            name = owners.get(caller.claim(environ), DEFAULT) if owners else DEFAULT
        if self.find(name) is None:
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
        others = [workspace for workspace in by_use if workspace.name != DEFAULT]
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
    if name.lower() == DEFAULT:
        message = "the workspace 'default' cannot be deleted"
        raise WorkspaceError(message, HTTPStatus.CONFLICT)
    return name.lower()


def registry(environ: "WSGIEnvironment") -> Workspaces:
    """Return all workspaces of the emulator, in a request of the control plane."""
    found: Workspaces = environ[REGISTRY]
    return found


def current(environ: "WSGIEnvironment") -> Workspace:
    """Return the workspace of a request; make a missing workspace.

    Raises:
        WorkspaceError: See ``Workspaces.choose``.
    """
    found: Workspace | Callable[[], Workspace] = environ[WORKSPACE]
    return found if isinstance(found, Workspace) else found()
