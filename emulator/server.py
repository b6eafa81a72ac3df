"""An emulator in a program: start, stop, url, reset, check."""

from types import TracebackType
from typing import TYPE_CHECKING, Any, Self

from emulator import fixtures
from emulator.config import Config
from emulator.control import app as control_app
from emulator.inventory_service import app as inventory_app
from emulator.inventory_service.fixture import COLLECTIONS as INVENTORY_COLLECTIONS
from emulator.listener import Listener
from emulator.ocapi import app as data_app
from emulator.ocapi import oauth
from emulator.ocapi.call import Service
from emulator.ocapi.token import Tokens
from emulator.workspace import Workspace
from emulator.wsgi import FrontDoor

if TYPE_CHECKING:
    from _typeshed.wsgi import WSGIApplication

COLLECTIONS = (*data_app.COLLECTIONS, *INVENTORY_COLLECTIONS)


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
        TypeError: Both are given.
    """

    def __init__(self, config: Config | None = None, **knobs: Any) -> None:
        if config and knobs:
            raise TypeError("an emulator takes a Config or its fields, not both")
        self.config = config or Config(**{"port": 0, **knobs})
        self.workspace = Workspace(fixtures.load(self.config.fixtures, COLLECTIONS))
        self.application = build_application(self.config, self.workspace)
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

    def start(self) -> None:
        """Listen and serve; returns once requests are answered.

        Raises:
            OSError: The address cannot be listened on.
            RuntimeError: The emulator is started already.
        """
        if self._listener is not None:
            raise RuntimeError("the emulator is started already")
        listener = Listener(self.application, self.config.host, self.config.port)
        listener.start()
        self._listener = listener

    def stop(self) -> None:
        """Stop serving; does nothing if it is not started."""
        if self._listener is not None:
            self._listener.stop()
            self._listener = None

    def reset(self) -> None:
        """Bring the data back to the fixtures."""
        self.workspace.reset()

    def check(self) -> None:
        """Raise the oldest internal error that was not raised yet; return if there is none."""
        self.workspace.crashes.check()

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


def build_application(config: Config, workspace: Workspace) -> FrontDoor:
    """Return the WSGI application of a set-up over one workspace."""
    tokens = Tokens(config.token_key, workspace.clock)
    token_endpoints = oauth.create_app(workspace, tokens)
    families: dict[str, WSGIApplication] = dict.fromkeys(oauth.PATHS, token_endpoints)
    inventory_service = inventory_app.create_app(config, workspace)
    families |= dict.fromkeys(inventory_app.PATHS, inventory_service)
    control_plane = {control_app.PREFIX: control_app.create_app(config, workspace)}
    data_api = data_app.create_app(Service(config, workspace, tokens))
    return FrontDoor({**families, **control_plane}, data_api)
