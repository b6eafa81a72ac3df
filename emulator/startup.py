"""Open the workspaces of a server: in memory, or in a store that processes share."""

from collections.abc import Iterable, Sequence
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
from emulator.workspace.failpoint import Declaration, Failpoints, Plan
from emulator.workspace.registry import Workspaces
from emulator.workspace.workspace import Workspace


def open_workspaces(
    config: Config,
    collections: tuple[Collection, ...],
    declaration: Declaration,
    families: Iterable[Family],
) -> Workspaces:
    """Return the workspaces of a server, filled from the data set of the configuration.

    Args:
        config: The configuration.
        collections: The collections that the data set may hold.
        declaration: The reader of failpoints.
        families: The APIs whose exchanges the journals record.

    Raises:
        FixtureError: The data set has errors.
        FailpointError: The file of failpoints has errors.
        SettingsError: The settings document has errors.
        StoreUnavailable: The shared store can't be reached.
    """
    plans = declaration.read_file(config.failpoints) if config.failpoints else []
    origin = data_set.load(config.fixtures, collections)
    blank = _keep(origin, collections)
    permissions = permission.read_file(config.settings) if config.settings else None
    if config.is_shared:
        return _share(config, declaration, families, (origin, blank), plans, permissions)
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
            failpoints=Failpoints(plans),
        )

    return Workspaces(make, config.workspaces, config.workspace_age)


def _share(  # noqa: PLR0913, PLR0917 - the parts of one set-up
    config: Config,
    declaration: Declaration,
    families: Iterable[Family],
    contents: tuple[MemoryStore, MemoryStore],
    plans: Sequence[Plan],
    permissions: Any,
) -> Workspaces:
    """Return the workspaces that all processes share."""
    # Only a shared store needs redis, whose import takes a quarter of a second.
    from emulator.shared.link import connect  # noqa: PLC0415
    from emulator.shared.workspace import Origin, Setup, SharedWorkspaces  # noqa: PLC0415

    origin, blank = contents
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
        failpoints=plans,
        declare=declaration.read,
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
