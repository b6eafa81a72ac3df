"""Workspaces: isolated copies of the data, each with a clock, a journal and trouble of its own."""

import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from threading import Lock
from time import monotonic
from typing import TYPE_CHECKING, Any

from emulator.clock import Clock
from emulator.config import MEMORY
from emulator.recording import caller
from emulator.recording.journal import Journal
from emulator.store import Store, StoreUnavailable
from emulator.workspace.crash import CrashLog
from emulator.workspace.failpoint import Failpoints
from emulator.workspace.snapshot import Snapshots

if TYPE_CHECKING:
    from _typeshed.wsgi import WSGIEnvironment

DEFAULT = "default"
NAME = re.compile(r"[a-z0-9](?:[a-z0-9._-]{0,62}[a-z0-9])?", re.ASCII)
REGISTRY = "emulator.workspaces"
"""The key of the WSGI environment that holds all workspaces of the emulator."""
WORKSPACE = "emulator.workspace.workspace"
"""The key of the WSGI environment that holds the request's workspace, or what finds it."""


class WorkspaceError(ValueError):
    """The name is none that a workspace can have."""


def check_name(name: str) -> None:
    """Refuse what no workspace can be called.

    Raises:
        WorkspaceError: It is that.
    """
    if not NAME.fullmatch(name):
        told = "up to 64 letters, digits and, between these, dots, hyphens and underscores"
        raise WorkspaceError(f"'{name[:80]}' is no name of a workspace: {told}")


@dataclass(eq=False)
class Workspace:
    """The state that one set of clients shares.

    Attributes:
        store: The data.
        name: What it is called.
        secret: What the keys of its tokens are derived from.
        permissions: Who may do what, for the family that knows such a thing; None for everything.
        blank: A snapshot without data but those that callers are known by; that of the start
            if there is none.
        clock: Its time and its ids.
        crashes: The internal errors that its requests met.
        journal: Its latest exchanges.
        failpoints: The trouble that its requests meet.
        snapshots: Data kept under names.
        used: When it was used last, in seconds of the monotonic clock.
        origin: A snapshot of the start; what the store holds if none is given.
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
    _permitted: Any = field(init=False)
    _permits: int = field(init=False, default=0)

    def __post_init__(self) -> None:
        if self.origin is None:
            self.origin = self.store.snapshot()
        self._permitted = self.permissions

    def version(self) -> tuple[int, int]:
        """Return what is another whenever data or permissions have changed.

        Read before these, it is never newer than what was read.
        """
        return self.store.version(), self._permits

    def refresh(self) -> None:
        """Look what others have changed, where there are others."""

    def permit(self, permissions: Any) -> None:
        """Put others in the place of the permissions."""
        self.permissions = permissions
        self._permits += 1

    def reset(self, *, empty: bool = False) -> None:
        """Be as at the start, or without data; snapshots and unraised internal errors stay.

        Args:
            empty: Leave no data but those that callers are known by.
        """
        self.store.restore(self.blank if empty and self.blank is not None else self.origin)
        self.permit(self._permitted)
        self.clock.reset()
        self.failpoints.reset()
        self.journal.clear()


class Unreachable(Workspace):
    """Stands for a workspace whose state cannot be reached: what needs any of it is refused.

    A family comes upon that as upon a store that has gone, and refuses in its own words.

    Args:
        name: What the workspace is called.
        reason: Why it cannot be reached.
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
        """See ``Workspace.version``; nothing is read, so that nothing is kept either."""
        return 0, 0


class Workspaces:
    """All workspaces of one emulator, made on first use, freed when they are not used.

    Args:
        make: Makes a workspace of a name.
        limit: How many there are at most; the one that was not used for the longest time makes
            room for another. The default one stays.
        age: Seconds without use after which one may be freed.
        now: What tells the time, in seconds.
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
        """Return what kind of store there is, and whether it can be reached."""
        return MEMORY, True

    def crash_logs(self) -> Iterable[CrashLog]:
        """Return the internal errors that this process has met, by workspace."""
        return tuple(workspace.crashes for workspace in self)

    def idle(self, workspace: Workspace) -> float:
        """Return for how many seconds a workspace was not used."""
        return self._now() - workspace.used

    def choose(self, name: str, environ: "WSGIEnvironment") -> Workspace:
        """Return the workspace of a request; made if it was not used yet.

        Args:
            name: The name that it gives, empty if it gives none.
            environ: The request, whose client may have been assigned to one.

        Raises:
            WorkspaceError: The name is none.
            StoreUnavailable: There is no telling.
        """
        if not name:
            owners = self._clients
            name = owners.get(caller.claim(environ), DEFAULT) if owners else DEFAULT
        return self.get(name)

    def find(self, name: str) -> Workspace | None:
        """Return the workspace of a name, or None if it was not used yet."""
        return self._workspaces.get(name.lower())

    def get(self, name: str) -> Workspace:
        """Return the workspace of a name, whose case does not count; made if it was not used yet.

        Raises:
            WorkspaceError: The name is none.
        """
        name = name.lower()
        found = self._workspaces.get(name) or self._add(name)
        found.used = self._now()
        return found

    def delete(self, name: str) -> bool:
        """Free a workspace; return whether there was one.

        Raises:
            WorkspaceError: It is the default one.
        """
        name = name.lower()
        if name == DEFAULT:
            raise WorkspaceError("the default workspace is always there")
        with self._lock:
            return self._free(name)

    def assign(self, name: str, clients: Iterable[str]) -> None:
        """Let requests of these clients, and no others, belong to a workspace by their client.

        Raises:
            WorkspaceError: The name is none.
        """
        name = self.get(name).name
        with self._lock:
            kept = {client: owner for client, owner in self._clients.items() if owner != name}
            self._clients = {**kept, **dict.fromkeys(clients, name)}

    def clients_of(self, name: str) -> list[str]:
        """Return the clients that were assigned to a workspace."""
        return sorted(client for client, owner in self._clients.items() if owner == name)

    @property
    def owners(self) -> Mapping[str, str]:
        """The names of workspaces by the clients assigned to them."""
        return self._clients

    def _add(self, name: str) -> Workspace:
        check_name(name)
        with self._lock:
            if name not in self._workspaces:
                self._make_room()
                self._workspaces = {**self._workspaces, name: self._make(name)}
            return self._workspaces[name]

    def _make_room(self) -> None:
        """Free what is too old, and the oldest where there would be too many."""
        oldest = sorted(self._workspaces.values(), key=lambda workspace: workspace.used)
        others = [workspace for workspace in oldest if workspace.name != DEFAULT]
        too_many = len(self._workspaces) + 1 - self._limit
        for number, workspace in enumerate(others):
            if number < too_many or self._now() - workspace.used > self._age:
                self._free(workspace.name)

    def _free(self, name: str) -> bool:
        self._clients = {c: owner for c, owner in self._clients.items() if owner != name}
        kept = {n: workspace for n, workspace in self._workspaces.items() if n != name}
        freed = len(kept) < len(self._workspaces)
        self._workspaces = kept
        return freed


def registry(environ: "WSGIEnvironment") -> Workspaces:
    """Return all workspaces of the emulator that a request of the control plane belongs to."""
    found: Workspaces = environ[REGISTRY]
    return found


def current(environ: "WSGIEnvironment") -> Workspace:
    """Return the workspace that a request belongs to, made if it was not used yet.

    Raises:
        WorkspaceError: The request names none that can be.
    """
    found: Workspace | Callable[[], Workspace] = environ[WORKSPACE]
    return found if isinstance(found, Workspace) else found()
