"""Workspaces whose state is in Redis: one of them, and all of them."""

import logging
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from secrets import token_hex
from threading import Lock
from typing import TYPE_CHECKING, Any, NamedTuple

import orjson

from emulator.clock import begin
from emulator.family import Family
from emulator.recording import caller
from emulator.shared import clock, failpoint, script
from emulator.shared.clock import SharedClock
from emulator.shared.failpoint import Read, SharedFailpoints
from emulator.shared.journal import SharedJournal
from emulator.shared.link import Place
from emulator.shared.snapshot import SharedSnapshots, decode
from emulator.store import Record, StoreUnavailable
from emulator.store.record import digest
from emulator.store.redis import RedisStore
from emulator.store.script import RESTORE
from emulator.workspace.crash import CrashLog
from emulator.workspace.failpoint import Plan, Sleep
from emulator.workspace.workspace import (
    DEFAULT,
    MAX_ASSIGNED_CLIENTS,
    PROTECTED_SECONDS,
    Workspace,
    Workspaces,
    check_deletable,
    check_name,
    check_origin,
    no_room,
    too_many_clients,
)

if TYPE_CHECKING:
    from _typeshed.wsgi import WSGIEnvironment

logger = logging.getLogger("emulator")

OTHERWISE = "the store goes on with data that began as another data set; a reset brings in this one"
LATE = 600.0  # seconds after which no request can still write to a workspace that was freed

Contents = Mapping[str, Iterable[Record]]


class Origin:
    """Records that workspaces can be brought to.

    Attributes:
        contents: They themselves, by collection.
        snapshot: The id of their snapshot: the same of the same records in every process.
    """

    def __init__(self, contents: Contents) -> None:
        self.contents = {name: tuple(records) for name, records in contents.items()}
        told = [[name, *(one.state for one in self.contents[name])] for name in sorted(contents)]
        self.snapshot = digest(told)


@dataclass(frozen=True)
class Setup:
    """What an emulator makes workspaces of.

    Attributes:
        root: Where all keys are.
        origin: The records of the start.
        blank: Those of them that callers are known by.
        secret: What keys of tokens are derived from; empty for what all agree on.
        permissions: Who may do what at the start.
        permit: Returns what a settings document permits.
        seed: What clocks and ids begin from, empty for the real ones.
        journal: How many exchanges each keeps.
        families: Those that exchanges can be of.
        failpoints: Those that are there at the start.
        declare: Returns the failpoints of declarations.
        pause: What lets time pass, in seconds.
    """

    root: Place
    origin: Origin
    blank: Origin
    secret: str
    permissions: Any
    permit: Callable[[Any], Any]
    seed: str
    journal: int
    families: Mapping[str, Family]
    failpoints: Sequence[Plan]
    declare: Read
    pause: Sleep

    def seed_of(self, name: str) -> str:
        """Return what the clock of a workspace begins from."""
        return self.seed and f"{self.seed}/{name}"

    def start(self, name: str) -> list[bytes]:
        """Return origin, clock, settings and failpoints at the start, as they are stored."""
        origin, hands = self.origin.snapshot.encode(), clock.encode(begin(self.seed_of(name)))
        return [origin, hands, encode(self.permissions), *failpoint.encode(self.failpoints)]

    def open_store(self, place: Place) -> RedisStore:
        """Return the records of a place."""
        return RedisStore(place.client, *self.places(place))

    def places(self, place: Place) -> tuple[str, str]:
        """Return where the records of a place are, and where those of all snapshots."""
        return place.below("data").prefix, self.root.below("snapshots").prefix


class Versions(NamedTuple):
    """What a look tells of a workspace: versions grow with each change."""

    name: str
    incarnation: str
    control: int
    data: int


class SharedWorkspace(Workspace):
    """See ``Workspace``.

    Args:
        setup: What it is made of.
        name: What it is called.
        incarnation: What tells it apart from others that were called so.
        secret: What the keys of its tokens are derived from.
        crashes: The internal errors that this process met in it.
    """

    store: RedisStore
    clock: SharedClock
    failpoints: SharedFailpoints

    def __init__(
        self, setup: Setup, name: str, incarnation: str, secret: str, crashes: CrashLog
    ) -> None:
        place = setup.root.below("workspace", name, incarnation)
        store = setup.open_store(place)
        super().__init__(
            store,
            name,
            secret,
            blank=setup.blank.snapshot,
            permissions=setup.permissions,
            clock=SharedClock(place, setup.seed_of(name), self.refresh),
            crashes=crashes,
            journal=SharedJournal(place, setup.journal, setup.families),
            failpoints=SharedFailpoints(
                place, setup.failpoints, setup.pause, setup.declare, self.refresh
            ),
            snapshots=SharedSnapshots(place, store),
            origin=setup.origin.snapshot,
        )
        self.incarnation = incarnation
        self._setup = setup
        self._place = place
        self._settings = b""
        self._seen = self._data = 0
        self._lock = Lock()

    def began_with(self) -> str:
        """Return the snapshot of the start, by whoever made it or has reset it last."""
        found: bytes = self._place.ask("HGET", "control", "origin") or b""
        return found.decode()

    def version(self) -> tuple[int, int]:
        """See ``Workspace.version``; what the latest look has told."""
        return self._data, self._seen

    def see(self, control: int, data: int) -> None:
        """Take over the versions that a look has told, and fetch what has changed."""
        if control != self._seen:
            self._fetch()
        self._data = data
        if not control:  # it was freed; who still has it sees the rest as it was
            self.failpoints.become(b"", [])

    def refresh(self) -> None:
        """See ``Workspace.refresh``; one round trip where nothing has changed."""
        control, data = self._place.run(script.SEE)
        self.see(int(control or 0), int(data or 0))

    def permit(self, permissions: Any) -> None:
        """See ``Workspace.permit``."""
        self._place.run(script.PERMIT, encode(permissions))
        self.refresh()

    def reset(self, *, empty: bool = False) -> None:
        """See ``Workspace.reset``."""
        origin = self._setup.blank if empty else self._setup.origin
        self.store.load_snapshot(origin.snapshot, origin.contents)
        data, snapshots = self._setup.places(self._place)
        self._place.run_both(
            (RESTORE, [data, snapshots], [origin.snapshot]),
            (script.RESET, [self._place.prefix], self._setup.start(self.name)),
        )
        self.refresh()

    def _fetch(self) -> None:
        version, hands, settings, epoch, declared = self._place.run(script.FETCH)
        if version is None:
            return
        with self._lock:
            if int(version) != self._seen:
                self.clock.become(hands)
                self.failpoints.become(epoch, declared)
                self._become_permitted(settings)
                self._seen = int(version)

    def _become_permitted(self, settings: bytes) -> None:
        if settings != self._settings:
            document = orjson.loads(settings)
            self.permissions = None if document is None else self._setup.permit(document)
            self._settings = settings


class SharedWorkspaces(Workspaces):
    """See ``Workspaces``; those of all processes.

    Args:
        setup: What they are made of.
        limit: How many there are at most.
        age: Seconds without use after which one may be freed.

    Raises:
        StoreUnavailable: Redis cannot be used.
    """

    def __init__(self, setup: Setup, limit: int, age: float) -> None:
        self._setup = setup
        self._limit = limit
        self._age = age
        self._root = setup.root
        self._secret = setup.secret or token_hex()
        self._lock = Lock()
        self._met: dict[str, SharedWorkspace] = {}
        self._connections = 0
        self._crashes: dict[str, CrashLog] = {}
        if self._enter(DEFAULT).began_with() != setup.origin.snapshot:
            logger.warning(OTHERWISE)

    @property
    def default(self) -> Workspace:  # type: ignore[override]
        """The default workspace, as it is now."""
        return self.get(DEFAULT)

    def __iter__(self) -> Iterator[Workspace]:
        names = {name.decode() for name in self._root.ask("HKEYS", "incarnations")} - {DEFAULT}
        found = (self.find(name) for name in (DEFAULT, *sorted(names)))
        return iter([workspace for workspace in found if workspace is not None])

    def health(self) -> tuple[str, bool]:
        """See ``Workspaces.health``."""
        try:
            self._root.ask("EXISTS", "incarnations")
        except StoreUnavailable:
            return "redis", False
        return "redis", True

    def crash_logs(self) -> Iterable[CrashLog]:
        """See ``Workspaces.crash_logs``; whether or not Redis can be used."""
        return tuple(self._crashes.values())

    def idle(self, workspace: Workspace) -> float:
        """See ``Workspaces.idle``; by the clock of Redis."""
        microseconds: int = self._root.run(script.IDLE, workspace.name)
        return microseconds / 1_000_000

    def choose(self, name: str, environ: "WSGIEnvironment") -> Workspace:
        """See ``Workspaces.choose``; one round trip where nothing has changed."""
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
        return self._meet(versions) if versions and versions.incarnation else None

    def delete(self, name: str) -> bool:
        """See ``Workspaces.delete``."""
        found = bool(self._root.run(script.FREE, check_deletable(name)))
        self._sweep()
        return found

    def assign(self, name: str, clients: Iterable[str]) -> None:
        """See ``Workspaces.assign``."""
        name = self.get(name).name
        if not self._root.run(script.ASSIGN, name, MAX_ASSIGNED_CLIENTS, *set(clients)):
            raise too_many_clients()

    @property
    def owners(self) -> Mapping[str, str]:
        """See ``Workspaces.owners``."""
        told = self._root.ask("HGETALL", "owners").items()
        return {client.decode(): owner.decode() for client, owner in told}

    def _enter(
        self, name: str, client: str = "", environ: "WSGIEnvironment | None" = None
    ) -> SharedWorkspace:
        """Return a workspace that is used now, made if need be.

        Args:
            name: The name; empty for that of the client.
            client: The client of the request.
            environ: The request, if its origin decides whether a workspace may be made.
        """
        try:
            versions = self._look(name, client)
            while not versions.incarnation:
                if environ is not None and versions.name != DEFAULT:
                    check_origin(versions.name, environ)
                self._create(versions.name)
                versions = self._look(versions.name)
            if self._connections != self._root.connections.number:
                # Whoever answers now may have been started anew, with an older state.
                self._connections, self._met = self._root.connections.number, {}
            return self._meet(versions)
        except StoreUnavailable:
            self._met = {}  # who knows what Redis still knows when it comes back
            raise

    def _look(self, name: str, client: str = "", *, uses: bool = True) -> Versions:
        """Return what a look tells; the incarnation is empty where there is no workspace."""
        told = self._root.run(script.LOOK, name, client, int(uses))
        found, incarnation, control, data = [*told, b"", 0, 0][:4]
        return Versions(found.decode(), incarnation.decode(), int(control or 0), int(data or 0))

    def _meet(self, versions: Versions) -> SharedWorkspace:
        """Return the workspace that a look was at, with all that the look has told."""
        found = self._met.get(versions.name)
        if found is None or found.incarnation != versions.incarnation:
            found = self._met[versions.name] = self._open(versions)
        found.see(versions.control, versions.data)
        return found

    def _open(self, versions: Versions) -> SharedWorkspace:
        if len(self._met) >= 2 * self._limit:
            self._forget()
        crashes = self._crashes.setdefault(versions.name, CrashLog())
        name, incarnation = versions.name, versions.incarnation
        return SharedWorkspace(self._setup, name, incarnation, self._agree(), crashes)

    def _agree(self) -> str:
        """Return the secret of all processes; ours if nobody has brought one yet."""
        if not self._setup.secret:
            self._secret = self._root.run(script.AGREE, self._secret).decode()
        return self._secret

    def _forget(self) -> None:
        """Let go of workspaces that others have freed."""
        kept = {name.decode() for name in self._root.ask("HKEYS", "incarnations")}
        self._met = {name: met for name, met in self._met.items() if name in kept}
        self._crashes = {name: log for name, log in self._crashes.items() if name in kept}

    def _create(self, name: str) -> None:
        """Fill a place with the records of the start, and then make it visible."""
        incarnation, start = token_hex(8), self._setup.start(name)
        place = self._root.below("workspace", name, incarnation)
        protected = 0.0 if name == DEFAULT else min(PROTECTED_SECONDS, self._age)
        # Whether there is room is asked before the records are copied, so that refusals are
        # cheap, and again as the workspace is entered, since others may have taken the room.
        if wait := self._root.run(script.EXPECT, place.prefix, LATE, self._limit, protected):
            raise no_room(self._limit, protected, wait)
        store, origin = self._setup.open_store(place), self._setup.origin
        store.load_snapshot(origin.snapshot, origin.contents)
        store.restore(origin.snapshot)
        bounds = self._limit, protected, self._age
        wait = self._root.run(script.ENTER, name, incarnation, *bounds, *start)
        self._sweep()
        if wait:
            raise no_room(self._limit, protected, wait)

    def _sweep(self) -> None:
        """Remove what is left of workspaces that were freed, by whomever."""
        for prefix in self._root.run(script.LIST_GONE, LATE):
            place = Place(self._root.client, prefix.decode(), self._root.connections)
            store = self._setup.open_store(place)
            for snapshot in place.run(script.EMPTY):
                store.drop_snapshot(decode(snapshot).content)
            store.drop()


def encode(permissions: Any) -> bytes:
    """Return permissions as they are stored: their settings document, null for everything."""
    return orjson.dumps(getattr(permissions, "document", None), default=dict)
