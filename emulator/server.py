"""An emulator in a program: start, stop, url, token, reset, check."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from secrets import token_hex
from socket import socket
from threading import Event
from types import TracebackType
from typing import TYPE_CHECKING, Any, Self

from emulator.clock import Clock
from emulator.config import Config
from emulator.control import app as control_app
from emulator.family import Family
from emulator.fixture import data_set as fixtures
from emulator.front_door import FrontDoor, recorded
from emulator.http.leader import MAX_HOLD_SECONDS, release_loop
from emulator.http.listener import Listener
from emulator.inventory_service import app as inventory_app
from emulator.inventory_service.fixture import COLLECTIONS as INVENTORY_COLLECTIONS
from emulator.ocapi import app as data_app
from emulator.ocapi.access import oauth, permission, traffic
from emulator.ocapi.access.grant import grant
from emulator.ocapi.batch import api as batch
from emulator.ocapi.call import Service
from emulator.ocapi.meta import api as metadata
from emulator.recording.journal import Journal
from emulator.store import MemoryStore, Record
from emulator.workspace.failpoint import Declaration, Failpoints, Plan
from emulator.workspace.workspace import DEFAULT, Workspace, Workspaces

if TYPE_CHECKING:
    from ssl import SSLContext

ANY = "/"
COLLECTIONS = (*data_app.COLLECTIONS, *INVENTORY_COLLECTIONS)


PERMISSIONS = control_app.Permissions(
    permission.read,
    lambda exchanges: traffic.summarize(traffic.read_uses(exchanges), data_app.list_templates()),
    lambda workspace, client_id: grant(workspace, client_id)._asdict(),
)


class Emulator:
    """One emulator: its data, its applications, its server. Several live in one process.

    ::

        with Emulator(fixtures="samples") as emulator:
            requests.get(f"{emulator.url}/__emulator__/health")

    Args:
        config: How it is set up; any free port unless it says otherwise.
        **knobs: Fields of ``Config``, instead of ``config``.

    Raises:
        ConfigError: A knob has a value it cannot have.
        FixtureError: The data set is broken.
        FailpointError: The file of failpoints is.
        SettingsError: The settings document is.
        CertificateError: There is no certificate to serve https by.
        StoreUnavailable: There is a store to share, and it cannot be reached.
        TypeError: Both are given.
    """

    def __init__(self, config: Config | None = None, **knobs: Any) -> None:
        if config and knobs:
            raise TypeError("an emulator takes a Config or its fields, not both")
        self.config = config or Config(**{"port": 0, **knobs})
        self._stopping = Event()
        applications = _build(_shape(self.config))
        self.service = applications.service
        self.workspaces = self._open_workspaces(applications)
        self.application = FrontDoor(
            applications.families,
            applications.families[ANY],
            applications.control,
            self.workspaces,
            self.config.journal_body,
        )
        self._context = _secure(self.config)
        self._listener: Listener | None = None

    @property
    def url(self) -> str:
        """The base URL, such as ``http://127.0.0.1:49152``.

        Raises:
            RuntimeError: The emulator is not started.
        """
        if self._listener is None:
            raise RuntimeError("the emulator is not started")
        return self._listener.url

    @property
    def workspace(self) -> Workspace:
        """The default workspace."""
        return self.workspaces.default

    def start(self, bound: socket | None = None) -> None:
        """Listen and serve; returns once requests are answered.

        Args:
            bound: What to listen on, instead of address and port; it may be that of others too.

        Raises:
            OSError: The address cannot be listened on.
            RuntimeError: The emulator is started already.
        """
        if self._listener is not None:
            raise RuntimeError("the emulator is started already")
        self._stopping.clear()
        host, port = self.config.host, self.config.port
        listener = Listener(self.application, host, port, self._context, bound)
        listener.start()
        self._listener = listener

    def stop(self) -> None:
        """Stop serving; does nothing if it is not started."""
        self._stopping.set()
        if self._listener is not None:
            self._listener.stop()
            self._listener = None

    def token(self, client_id: str = "", workspace: str = DEFAULT) -> str:
        """Return a fresh access token, without a request.

        Args:
            client_id: The client that it is for; the first of the data set if empty.
            workspace: The workspace that it is good for.

        Raises:
            LookupError: The workspace knows no such client.
            WorkspaceError: The name is none that a workspace can have.
        """
        return grant(self.workspaces.get(workspace), client_id).access_token

    def reset(self) -> None:
        """Bring the default workspace back to its start: data, clock, failpoints, journal."""
        self.workspace.reset()

    def check(self) -> None:
        """Raise the oldest internal error that was not raised yet; return if there is none."""
        for crashes in self.workspaces.crash_logs():
            crashes.check()

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self.stop()

    def _pause(self, seconds: float) -> None:
        """Let time pass, and others be served meanwhile; not after the end has come."""
        if seconds > MAX_HOLD_SECONDS:
            release_loop()
        self._stopping.wait(seconds)

    def _open_workspaces(self, applications: "Applications") -> Workspaces:
        config, declaration = self.config, applications.declaration
        plans = declaration.read_file(config.failpoints) if config.failpoints else []
        origin = fixtures.load(config.fixtures, COLLECTIONS)
        permissions = permission.read_file(config.settings) if config.settings else None
        if config.is_shared:
            return self._share(applications, origin, plans, permissions)
        secret = config.token_key or config.seed or token_hex()

        def make(name: str) -> Workspace:
            return Workspace(
                MemoryStore(origin.snapshot()),
                name,
                secret,
                blank=blank,
                permissions=permissions,
                clock=Clock(config.seed and f"{config.seed}/{name}"),
                journal=Journal(config.journal),
                failpoints=Failpoints(plans, self._pause),
            )

        blank = _keep(origin).snapshot()
        return Workspaces(make, config.workspaces, config.workspace_age)

    def _share(
        self,
        applications: "Applications",
        origin: MemoryStore,
        plans: Sequence[Plan],
        permissions: Any,
    ) -> Workspaces:
        """Return the workspaces of all processes."""
        # Without a store to share, redis need not be imported, which takes a quarter of a second.
        from emulator.shared.link import connect  # noqa: PLC0415
        from emulator.shared.workspace import Origin, Setup, SharedWorkspaces  # noqa: PLC0415

        config = self.config
        setup = Setup(
            root=connect(config.store),
            origin=Origin(_read_all(origin)),
            blank=Origin(_read_all(_keep(origin))),
            secret=config.token_key or config.seed,
            permissions=permissions,
            permit=permission.read,
            seed=config.seed,
            journal=config.journal,
            families={family.name: family for family in applications.families.values()},
            failpoints=plans,
            declare=applications.declaration.read,
            pause=self._pause,
        )
        return SharedWorkspaces(setup, config.workspaces, config.workspace_age)


def _read_all(store: MemoryStore) -> dict[str, Iterable[Record]]:
    """Return the records of all collections, those among them that no data set has."""
    return {name: tree.values(0, len(tree)) for name, tree in store.snapshot().items()}


def _keep(store: MemoryStore) -> MemoryStore:
    """Return a store of nothing but what callers are known by."""
    kept = MemoryStore()
    names = [collection.name for collection in COLLECTIONS if collection.kept]
    kept.replace({name: store.scan(name, 0, store.count(name)).records for name in names})
    return kept


def _secure(config: Config) -> "SSLContext | None":
    """Return what https is served by, None for http."""
    if not config.is_secure:
        return None
    from emulator.http import certificate  # noqa: PLC0415 - what http does without

    if config.tls_cert:
        return certificate.read(config.tls_cert, config.tls_key)
    return certificate.issue(config.tls_names)


@dataclass(frozen=True)
class Applications:
    """What answers the requests of all emulators of one shape; whose data it is, requests tell.

    Attributes:
        service: What the calls of the Data API share.
        families: The families by path, that of all other paths by ``ANY``.
        declaration: What reads failpoints for them.
        control: The control plane, which is among the families, too.
    """

    service: Service
    families: Mapping[str, Family]
    declaration: Declaration
    control: Family


def _shape(config: Config) -> Config:
    """Return what applications depend on; they do not on data, secrets of tokens, or ports."""
    return Config(
        host=config.host,
        fixtures=config.fixtures,
        dialect=config.dialect,
        accept_versions=config.accept_versions,
        inventory_api_key=config.inventory_api_key,
        trust_forwarded_proto=config.trust_forwarded_proto,
        control_token=config.control_token,
        journal_body=config.journal_body,
    )


@lru_cache(maxsize=8)
def _build(shape: Config) -> Applications:
    """Return the applications of a shape; they take longer to make than all else."""
    service = Service(shape)
    data = data_app.create_family(service)
    families = {
        **dict.fromkeys(oauth.PATHS, oauth.create_family(service)),
        **dict.fromkeys(inventory_app.PATHS, inventory_app.create_family(shape)),
        metadata.PREFIX: metadata.create_family(service),
        "/dw/batch": batch.create_family(service, recorded(data, shape.journal_body)),
        ANY: data,
    }
    declaration = Declaration(families.values())
    control = control_app.create_family(shape, declaration, COLLECTIONS, PERMISSIONS)
    return Applications(service, {**families, control_app.PREFIX: control}, declaration, control)
