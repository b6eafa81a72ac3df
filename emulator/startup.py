"""Open the workspaces of a server: in memory, or in a store that processes share."""

from collections.abc import Callable, Iterable, Sequence
from secrets import token_hex
from typing import Any

from emulator.clock import Clock
from emulator.config import Config
from emulator.family import Family
from emulator.fixture import data_set
from emulator.fixture.data_set import Collection
from emulator.ocapi.access import permission
from emulator.recording.journal import Journal
from emulator.store import MemoryStore
from emulator.workspace.failpoint import Failpoints
from emulator.workspace.registry import Workspaces
from emulator.workspace.rule import Rule
from emulator.workspace.stub import Readers, Stubs
from emulator.workspace.workspace import Workspace


def open_workspaces(
    config: Config,
    collections: tuple[Collection, ...],
    readers: Readers,
    families: Iterable[Family],
) -> Workspaces:
    """Return the workspaces of a server, filled from the data set of the configuration.

    Args:
        config: The configuration.
        collections: The collections that the data set may hold.
        readers: The readers of failpoints and stubs.
        families: The APIs whose exchanges the journals record.

    Raises:
        FixtureError: The data set has errors.
        RuleError: The file of failpoints, or a file of stubs, has errors.
        SettingsError: The settings document has errors.
    """
    failpoints = readers.failpoints.read_file(config.failpoints) if config.failpoints else []
    stubs = readers.stubs.read_folder(config.stubs) if config.stubs else []
    origin = data_set.load(config.fixtures, collections)
    blank = _keep(origin, collections)
    permissions = permission.read_file(config.settings) if config.settings else None
    if config.is_shared:
        rules = (failpoints, readers.failpoints.read), (stubs, readers.stubs.restore)
        return _share(config, families, (origin, blank), rules, permissions)
    secret = config.token_key or config.seed or token_hex()
    start, without_data = origin.snapshot(), blank.snapshot()

    def make(name: str) -> Workspace:
        return Workspace(
            MemoryStore(start),
            name,
            secret,
            blank=without_data,
            permissions=permissions,
            clock=Clock(config.seed and f"{config.seed}/{name}"),
            journal=Journal(config.journal),
            failpoints=Failpoints(failpoints),
            stubs=Stubs(stubs),
        )

    return Workspaces(make, config.workspaces, config.workspace_age)


def _share(
    config: Config,
    families: Iterable[Family],
    contents: tuple[MemoryStore, MemoryStore],
    rules: Sequence[tuple[Sequence[Rule], Callable[[Any], Sequence[Rule]]]],
    permissions: Any,
) -> Workspaces:
    """Return the workspaces that all processes share.

    Args:
        config: The configuration.
        families: The APIs whose exchanges the journals record.
        contents: The data set, and its clients, users, roles and sites only.
        rules: The failpoints and the stubs of the start, each with a reader of declarations.
        permissions: The permissions at the start.
    """
    # Only a shared store needs redis, whose import takes a quarter of a second.
    from emulator.shared.link import connect  # noqa: PLC0415
    from emulator.shared.workspace import Origin, Setup, SharedWorkspaces  # noqa: PLC0415

    origin, blank = contents
    (failpoints, declare), (stubs, declare_stubs) = rules
    setup = Setup(
        root=connect(config.store),
        origin=Origin(_read_all(origin)),
        blank=Origin(_read_all(blank)),
        secret=config.token_key or config.seed,
        permissions=permissions,
        permit=permission.read,
        seed=config.seed,
        journal=config.journal,
        families={family.name: family for family in families},
        failpoints=failpoints,
        declare=declare,
        stubs=stubs,
        declare_stubs=declare_stubs,
    )
    return SharedWorkspaces(setup, config.workspaces, config.workspace_age)


def _read_all(store: MemoryStore) -> dict[str, Any]:
    """Return the records of all collections, also of those that no data set names."""
    return {name: tree.values(0, len(tree)) for name, tree in store.snapshot().items()}


def _keep(store: MemoryStore, collections: tuple[Collection, ...]) -> MemoryStore:
    """Return a store with nothing but the records that identify callers."""
    kept = MemoryStore()
    names = [collection.name for collection in collections if collection.survives_empty_reset]
    kept.replace({name: store.scan(name, 0, store.count(name)).records for name in names})
    return kept
