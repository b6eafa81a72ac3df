"""Workspaces in Redis, shared by several processes."""

import logging
import os
import shutil
import tempfile
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from secrets import token_hex
from threading import Lock
from typing import TYPE_CHECKING, Any, NamedTuple

import orjson

from emulator.clock import begin
from emulator.config import ConfigError
from emulator.family import Family
from emulator.recording import caller
from emulator.shared import clock, rule, script
from emulator.shared.clock import SharedClock
from emulator.shared.journal import SharedJournal
from emulator.shared.link import Keyspace
from emulator.shared.rule import Read, SharedFailpoints, SharedStubs
from emulator.shared.snapshot import SharedSnapshots, decode
from emulator.store import Record, StoreUnavailable
from emulator.store.record import digest
from emulator.store.redis import RedisStore
from emulator.store.script import RESTORE
from emulator.workspace.crash import CrashLog
from emulator.workspace.files import Files
from emulator.workspace.registry import (
    MAX_ASSIGNED_CLIENTS,
    PROTECTED_SECONDS,
    Workspaces,
    check_deletable,
    check_name,
    check_origin,
    no_room,
    too_many_clients,
)
from emulator.workspace.rule import Rule
from emulator.workspace.work import Work
from emulator.workspace.workspace import DEFAULT_WORKSPACE, Workspace

if TYPE_CHECKING:
    from _typeshed.wsgi import WSGIEnvironment

logger = logging.getLogger("emulator")

OTHER_ORIGIN_WARNING = (
    "the store keeps the data of another data set; a reset loads the data set of this server"
)
SWEEP_AGAIN_SECONDS = 600.0
"""Time until the keys of a deleted workspace are removed again, longer than any late request."""

Contents = Mapping[str, Iterable[Record]]


class Origin:
    """The records of the start, or of an empty workspace.

    Attributes:
        contents: The records by collection.
        snapshot: The id of the snapshot: a digest, so that all processes have the same id.
    """

    def __init__(self, contents: Contents) -> None:
        self.contents = {name: tuple(records) for name, records in contents.items()}
        states = [[name, *(r.state for r in self.contents[name])] for name in sorted(contents)]
        self.snapshot = digest(states)


@dataclass(frozen=True)
class Setup:
    """The settings of all workspaces of an emulator.

    Attributes:
        root: The keyspace of all emulators.
        origin: The records of the start.
        blank: The clients, users, roles and sites among the records of the start.
        secret: The source of the keys of tokens; empty for a random secret in Redis.
        permissions: The permissions at the start.
        permit: Returns the permissions of a settings document.
        seed: The seed of clocks and ids; empty for real time and random ids.
        journal: The maximum number of exchanges in a journal.
        families: The families of exchanges, by name.
        failpoints: The failpoints at the start.
        declare: Returns the failpoints of declarations.
        stubs: The stubs at the start.
        declare_stubs: Returns the stubs of declarations.
    """

    root: Keyspace
    origin: Origin
    blank: Origin
    secret: str
    permissions: Any
    permit: Callable[[Any], Any]
    seed: str
    journal: int
    families: Mapping[str, Family]
    failpoints: Sequence[Rule]
    declare: Read
    stubs: Sequence[Rule]
    declare_stubs: Read

    def seed_of(self, name: str) -> str:
        """Return the seed of the clock of a workspace."""
        return self.seed and f"{self.seed}/{name}"

    def start(self, name: str) -> list[bytes]:
        """Return origin, clock, settings, failpoints and stubs of the start, encoded."""
        origin, reading = self.origin.snapshot.encode(), clock.encode(begin(self.seed_of(name)))
        failpoints, stubs = rule.encode(self.failpoints), rule.encode(self.stubs)
        number = b"%d" % len(failpoints)
        return [origin, reading, encode(self.permissions), number, *failpoints, *stubs]

    def open_store(self, keys: Keyspace, verify: Callable[[], object] = lambda: None) -> RedisStore:
        """Return the store of a workspace; see ``RedisStore`` for ``verify``."""
        return RedisStore(keys.client, *self.prefixes(keys), verify)

    def prefixes(self, keys: Keyspace) -> tuple[str, str]:
        """Return the key prefixes of the records of a workspace, and of all snapshots."""
        return keys.below("data").prefix, self.root.below("snapshots").prefix


class Versions(NamedTuple):
    """The result of a look at a workspace; each change makes a greater version."""

    name: str
    incarnation: str
    control: int
    data: int


class SharedWorkspace(Workspace):
    """See ``Workspace``.

    Args:
        setup: The settings of all workspaces.
        name: The name.
        incarnation: A random id; a later workspace with the same name has another id.
        secret: The source of the keys of tokens.
        crashes: The internal errors of this process.
    """

    store: RedisStore
    clock: SharedClock
    failpoints: SharedFailpoints
    stubs: SharedStubs

    def __init__(
        self, setup: Setup, name: str, incarnation: str, secret: str, crashes: CrashLog
    ) -> None:
        keys = setup.root.below("workspace", name, incarnation)
        store = setup.open_store(keys, self._verify)
        self._verified_connections = keys.connections.number
        super().__init__(
            store,
            name,
            secret,
            blank=setup.blank.snapshot,
            permissions=setup.permissions,
            clock=SharedClock(keys, setup.seed_of(name), self.refresh),
            crashes=crashes,
            journal=SharedJournal(keys, setup.journal, setup.families),
            failpoints=SharedFailpoints(keys, setup.failpoints, setup.declare, self.refresh),
            stubs=SharedStubs(keys, setup.stubs, setup.declare_stubs, self.refresh),
            snapshots=SharedSnapshots(keys, store),
            files=Files(locate_files(incarnation)),
            work=Work(grace=None),  # other processes do not see a thread of this process
            origin=setup.origin.snapshot,
        )
        self.incarnation = incarnation
        self._setup = setup
        self._keys = keys
        self._settings = b""
        self._seen = self._data = 0
        self._lock = Lock()

    def began_with(self) -> str:
        """Return the id of the snapshot of the last start or reset, in any process."""
        found: bytes = self._keys.ask("HGET", "control", "origin") or b""
        return found.decode()

    def version(self) -> tuple[int, int]:
        """See ``Workspace.version``; the versions of the latest look."""
        return self._data, self._seen

    def see(self, control: int, data: int) -> None:
        """Take over the versions of a look; fetch the state for a new version."""
        if control != self._seen:
            self._fetch()
        self._data = data
        if not control:  # the workspace was deleted
            self.failpoints.become(b"", [])
            self.stubs.become(b"", [])

    def refresh(self) -> None:
        """See ``Workspace.refresh``; one round trip without changes."""
        control, data = self._keys.run(script.READ_VERSIONS)
        self.see(int(control or 0), int(data or 0))

    def permit(self, permissions: Any) -> None:
        """See ``Workspace.permit``."""
        self._keys.run(script.SET_PERMISSIONS, encode(permissions))
        self.refresh()

    def reset(self, *, empty: bool = False) -> None:
        """See ``Workspace.reset``."""
        origin = self._setup.blank if empty else self._setup.origin
        self.store.load_snapshot(origin.snapshot, origin.contents)
        self.files.restore()
        data, snapshots = self._setup.prefixes(self._keys)
        self._keys.run_both(
            (RESTORE, [data, snapshots], [origin.snapshot]),
            (script.RESET_WORKSPACE, [self._keys.prefix], self._setup.start(self.name)),
        )
        self.refresh()

    def _verify(self) -> None:
        """Verify that Redis still has the workspace, after a new connection (see Connections).

        A request that began before a loss of all data would otherwise read an empty store.

        Raises:
            StoreUnavailable: Redis has lost the workspace.
        """
        number = self._keys.connections.number
        if number != self._verified_connections:
            found = self._setup.root.ask("HGET", "incarnations", self.name)
            if found != self.incarnation.encode():
                raise StoreUnavailable(f"the workspace '{self.name}' is not in Redis any more")
            self._verified_connections = number

    def _fetch(self) -> None:
        version, reading, settings, *rules = self._keys.run(script.FETCH_STATE)
        if version is None:
            return
        with self._lock:
            if int(version) != self._seen:
                self.clock.become(reading)
                self.failpoints.become(*rules[::2])
                self.stubs.become(*rules[1::2])
                self._become_permitted(settings)
                self._seen = int(version)

    def _become_permitted(self, settings: bytes) -> None:
        if settings != self._settings:
            document = orjson.loads(settings)
            self.permissions = None if document is None else self._setup.permit(document)
            self._settings = settings


def locate_files(incarnation: str) -> Path:
    """Return the folder of a workspace's files, the same for all processes of a machine."""
    user = getattr(os, "getuid", int)()
    return Path(tempfile.gettempdir(), f"ocapi-emulator-{user}", incarnation)


class SharedWorkspaces(Workspaces):
    """See ``Workspaces``.

    Args:
        setup: The settings of all workspaces.
        limit: The maximum number of workspaces.
        age: Seconds without use. Older workspaces are deleted when a workspace is made.
    """

    def __init__(self, setup: Setup, limit: int, age: float) -> None:
        self._setup = setup
        self._limit = limit
        self._age = age
        self._root = setup.root
        self._secret = setup.secret or token_hex()
        self._lock = Lock()
        self._known: dict[str, SharedWorkspace] = {}
        self._connections = 0
        self._crashes: dict[str, CrashLog] = {}
        self._is_open = False

    def open(self) -> None:
        """See ``Workspaces.open``.

        Raises:
            ConfigError: The Redis is too old, is part of a cluster, or has no such database.
            StoreUnavailable: Redis cannot be used.
        """
        self._root.check()
        self._is_open = True
        if self._enter(DEFAULT_WORKSPACE).began_with() != self._setup.origin.snapshot:
            logger.warning(OTHER_ORIGIN_WARNING)

    @property
    def default(self) -> Workspace:  # type: ignore[override]
        """The default workspace, refreshed at each access."""
        return self.get(DEFAULT_WORKSPACE)

    def __iter__(self) -> Iterator[Workspace]:
        names = {name.decode() for name in self._root.ask("HKEYS", "incarnations")}
        others = sorted(names - {DEFAULT_WORKSPACE})
        found = (self.find(name) for name in (DEFAULT_WORKSPACE, *others))
        return iter([workspace for workspace in found if workspace is not None])

    def health(self) -> tuple[str, bool]:
        """See ``Workspaces.health``."""
        try:
            self._root.ask("EXISTS", "incarnations")
        except StoreUnavailable:
            return "redis", False
        return "redis", True

    def crash_logs(self) -> Iterable[CrashLog]:
        """See ``Workspaces.crash_logs``; Redis is not needed."""
        return tuple(self._crashes.values())

    def idle(self, workspace: Workspace) -> float:
        """See ``Workspaces.idle``; by the clock of Redis."""
        microseconds: int = self._root.run(script.READ_IDLE_TIME, workspace.name)
        return microseconds / 1_000_000

    def choose(self, name: str, environ: "WSGIEnvironment") -> Workspace:
        """See ``Workspaces.choose``; one round trip without changes."""
        if name:
            check_name(name.lower())
            return self._enter(name.lower(), environ=environ)
        return self._enter("", caller.claim(environ), environ)

    def get(self, name: str) -> Workspace:
        """See ``Workspaces.get``."""
        check_name(name.lower())
        return self._enter(name.lower())

    def find(self, name: str) -> Workspace | None:
        """See ``Workspaces.find``."""
        versions = self._look(name.lower(), uses=False) if name else None
        return self._refreshed(versions) if versions and versions.incarnation else None

    def delete(self, name: str) -> bool:
        """See ``Workspaces.delete``."""
        incarnation = self._look(check_deletable(name), uses=False).incarnation
        found = bool(self._root.run(script.DELETE_WORKSPACE, check_deletable(name)))
        if found and incarnation:
            shutil.rmtree(locate_files(incarnation), ignore_errors=True)
        self._sweep()
        return found

    def assign(self, name: str, clients: Iterable[str]) -> None:
        """See ``Workspaces.assign``."""
        name = self.get(name).name
        if not self._root.run(script.ASSIGN_CLIENTS, name, MAX_ASSIGNED_CLIENTS, *set(clients)):
            raise too_many_clients()

    @property
    def owners(self) -> Mapping[str, str]:
        """See ``Workspaces.owners``."""
        owners = self._root.ask("HGETALL", "owners").items()
        return {client.decode(): owner.decode() for client, owner in owners}

    def _enter(
        self, name: str, client: str = "", environ: "WSGIEnvironment | None" = None
    ) -> SharedWorkspace:
        """Use a workspace; make a missing workspace.

        Args:
            name: The name; empty for the workspace of the client.
            client: The client of the request.
            environ: The request, for the check of the origin; None for no check.
        """
        try:
            if not self._is_open:
                self._open_late()
            versions = self._look(name, client)
            while not versions.incarnation:
                if environ is not None and versions.name != DEFAULT_WORKSPACE:
                    check_origin(versions.name, environ)
                self._create(versions.name)
                versions = self._look(versions.name)
            if self._connections != self._root.connections.number:
                # Redis may have been restarted, with an older state (see Connections).
                self._connections, self._known = self._root.connections.number, {}
            return self._refreshed(versions)
        except StoreUnavailable:
            self._known = {}  # Redis may come back with another state
            raise

    def _open_late(self) -> None:
        """Open the workspaces later, after a start without a connection to Redis.

        Raises:
            StoreUnavailable: Redis cannot be used.
        """
        try:
            self.open()
        except ConfigError as error:
            raise StoreUnavailable(str(error)) from error

    def _look(self, name: str, client: str = "", *, uses: bool = True) -> Versions:
        """Look at a workspace; the incarnation is empty for an unknown workspace."""
        looked = self._root.run(script.LOOK_UP, name, client, int(uses))
        found, incarnation, control, data = [*looked, b"", 0, 0][:4]
        return Versions(found.decode(), incarnation.decode(), int(control or 0), int(data or 0))

    def _refreshed(self, versions: Versions) -> SharedWorkspace:
        """Return the workspace of a look, refreshed."""
        found = self._known.get(versions.name)
        if found is None or found.incarnation != versions.incarnation:
            found = self._known[versions.name] = self._open(versions)
        found.see(versions.control, versions.data)
        return found

    def _open(self, versions: Versions) -> SharedWorkspace:
        if len(self._known) >= 2 * self._limit:
            self._forget()
        crashes = self._crashes.setdefault(versions.name, CrashLog())
        name, incarnation = versions.name, versions.incarnation
        return SharedWorkspace(self._setup, name, incarnation, self._agree(), crashes)

    def _agree(self) -> str:
        """Return the secret of all processes; the first process sets the secret."""
        if not self._setup.secret:
            self._secret = self._root.run(script.AGREE_ON_SECRET, self._secret).decode()
        return self._secret

    def _forget(self) -> None:
        """Forget the workspaces deleted by other processes."""
        existing = {name.decode() for name in self._root.ask("HKEYS", "incarnations")}
        self._known = {name: known for name, known in self._known.items() if name in existing}
        self._crashes = {name: log for name, log in self._crashes.items() if name in existing}

    def _create(self, name: str) -> None:
        """Copy the records of the start, then make the workspace visible."""
        incarnation, start = token_hex(8), self._setup.start(name)
        keys = self._root.below("workspace", name, incarnation)
        protected = 0.0 if name == DEFAULT_WORKSPACE else min(PROTECTED_SECONDS, self._age)
        # The room is checked twice: before the copy of the records, so that a refusal is cheap, and
        # when the workspace is entered, since another process may have taken the room.
        if wait := self._root.run(
            script.RESERVE_PLACE, keys.prefix, SWEEP_AGAIN_SECONDS, self._limit, protected
        ):
            raise no_room(self._limit, protected, wait)
        store, origin = self._setup.open_store(keys), self._setup.origin
        store.load_snapshot(origin.snapshot, origin.contents)
        store.restore(origin.snapshot)
        bounds = self._limit, protected, self._age
        wait = self._root.run(script.ENTER_WORKSPACE, name, incarnation, *bounds, *start)
        self._sweep()
        if wait:
            raise no_room(self._limit, protected, wait)

    def _sweep(self) -> None:
        """Remove the keys of deleted workspaces."""
        for prefix in self._root.run(script.LIST_DELETED_PLACES, SWEEP_AGAIN_SECONDS):
            keys = Keyspace(self._root.client, prefix.decode(), self._root.connections)
            store = self._setup.open_store(keys)
            for snapshot in keys.run(script.DELETE_STATE):
                store.drop_snapshot(decode(snapshot).content)
            store.drop()


def encode(permissions: Any) -> bytes:
    """Return permissions as JSON: a settings document, or null for all permissions."""
    return orjson.dumps(getattr(permissions, "document", None), default=dict)
