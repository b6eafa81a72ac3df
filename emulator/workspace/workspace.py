"""Workspaces: isolated copies of the data, each with a clock, a journal, failpoints and stubs."""

from dataclasses import dataclass, field
from time import monotonic
from typing import Any

from emulator.clock import Clock
from emulator.recording.journal import Journal
from emulator.store import Store, StoreUnavailable
from emulator.workspace.crash import CrashLog
from emulator.workspace.failpoint import Failpoints
from emulator.workspace.files import Files
from emulator.workspace.snapshot import Snapshots
from emulator.workspace.stub import Stubs
from emulator.workspace.work import Work

DEFAULT_WORKSPACE = "default"


@dataclass(eq=False)
class Workspace:
    """The state of a group of clients.

    Attributes:
        store: The data.
        name: The name, in lower case.
        secret: The source of the keys that sign tokens.
        permissions: The permissions of clients, read by a family; None for all permissions.
        blank: A snapshot with clients, users, roles and sites only; ``origin`` if None.
        clock: The source of time and ids.
        crashes: The internal errors of requests.
        journal: The latest exchanges.
        failpoints: The failpoints.
        stubs: The stubs.
        snapshots: The named snapshots.
        files: The folder that WebDAV serves.
        work: The unfinished work of jobs. Wait for the end before the data are read or replaced as
            a whole.
        token_requests: The window of the clock and the number of token requests in it.
        used: The time of the last use, in seconds of the monotonic clock.
        origin: A snapshot of the start; the content of the store if None.
    """

    store: Store
    name: str = DEFAULT_WORKSPACE
    secret: str = ""
    blank: Any = None
    permissions: Any = None
    clock: Clock = field(default_factory=Clock)
    crashes: CrashLog = field(default_factory=CrashLog)
    journal: Journal = field(default_factory=lambda: Journal(0))
    failpoints: Failpoints = field(default_factory=Failpoints)
    stubs: Stubs = field(default_factory=Stubs)
    snapshots: Snapshots = field(default_factory=Snapshots)
    files: Files = field(default_factory=Files)
    work: Work = field(default_factory=Work)
    token_requests: tuple[int, int] = (0, 0)
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
            empty: Remove all data except clients, users, roles and sites.
        """
        self.work.finish()
        self.store.restore(self.blank if empty and self.blank is not None else self.origin)
        self.files.restore()
        self.permit(self._initial_permissions)
        self.clock.reset()
        self.failpoints.reset()
        self.stubs.reset()
        self.journal.clear()
        self.token_requests = 0, 0


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
        self.stubs = Stubs()

    def __getattribute__(self, name: str) -> Any:
        if name in ("store", "secret", "permissions", "snapshots", "files"):
            raise StoreUnavailable(self.reason)
        return super().__getattribute__(name)

    def version(self) -> tuple[int, int]:
        """See ``Workspace.version``; a constant, since there is no content."""
        return 0, 0
