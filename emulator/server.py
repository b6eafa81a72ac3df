"""An emulator in a program: start, stop, url, token, reset, check."""

from threading import Event
from types import TracebackType
from typing import TYPE_CHECKING, Any, Self

from emulator.app import api_of, log_of, make_app, unserved_of, workspaces_of
from emulator.config import Config
from emulator.family import PAUSE
from emulator.http.leader import MAX_HOLD_SECONDS, release_loop
from emulator.http.listener import Listener
from emulator.ocapi.access.direct_token import issue_token
from emulator.ocapi.factory import Factory
from emulator.workspace.workspace import DEFAULT_WORKSPACE, Workspace

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence
    from socket import socket
    from ssl import SSLContext

    from _typeshed.wsgi import StartResponse, WSGIEnvironment


class Emulator:
    """One emulator: the application on the bundled server. Several emulators live in one process.

    ::

        with Emulator(fixtures="samples") as emulator:
            requests.get(f"{emulator.url}/__emulator__/health")

    Args:
        config: The configuration. Without one the emulator takes any free port.
        **knobs: Fields of ``Config``, in place of ``config``.

    Raises:
        ConfigError: A field has an invalid value.
        FixtureError: The data set has errors.
        RuleError: The file of failpoints, or a file of stubs, has errors.
        SettingsError: The settings document has errors.
        CertificateError: There is no certificate for https.
        StoreUnavailable: The shared store can't be reached.
        TypeError: Both ``config`` and fields are given.
    """

    def __init__(self, config: Config | None = None, **knobs: Any) -> None:
        if config and knobs:
            raise TypeError("an emulator takes a Config or its fields, not both")
        self.config = config or Config(**{"port": 0, **knobs})
        self.app = make_app(self.config)
        self.workspaces = workspaces_of(self.app)
        self.workspaces.open()
        self.log = log_of(self.app)
        self._stopping = Event()
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
    def urls(self) -> tuple[str, ...]:
        """The base URLs for all hosts; empty before the start."""
        return self._listener.urls if self._listener else ()

    @property
    def failure(self) -> BaseException | None:
        """The fatal error of the server, None for none."""
        return self._listener.failure if self._listener else None

    @property
    def workspace(self) -> Workspace:
        """The default workspace."""
        return self.workspaces.default

    @property
    def unserved(self) -> "Mapping[str, int]":
        """The number of requests by the hint about a missing operation or version (URL-8)."""
        return unserved_of(self.app)

    def start(
        self, bound: "Sequence[socket]" = (), on_failure: "Callable[[], object] | None" = None
    ) -> None:
        """Listen and serve; return when the server answers requests.

        Args:
            bound: Listening sockets, instead of addresses and port.
            on_failure: Is called once nothing is served any more, after a fatal error.

        Raises:
            OSError: The address cannot be listened on.
            RuntimeError: The emulator is started already.
        """
        if self._listener is not None:
            raise RuntimeError("the emulator is started already")
        self._stopping.clear()
        hosts, port = self.config.hosts, self.config.port
        listener = Listener(self._serve, hosts, port, self._context, bound, on_failure=on_failure)
        listener.start()
        self._listener = listener

    def stop(self) -> None:
        """Stop serving, and write the log to the end; do nothing before the start."""
        self._stopping.set()
        if self._listener is not None:
            self._listener.stop()
            self._listener = None
        if self.log is not None:
            self.log.close()

    def token(self, client_id: str = "", workspace: str = DEFAULT_WORKSPACE) -> str:
        """Return a fresh access token, without a request.

        Args:
            client_id: The client of the token; empty for the first client of the data set.
            workspace: The workspace of the token.

        Raises:
            LookupError: The workspace has no such client.
            WorkspaceError: The name of the workspace is not valid.
        """
        return issue_token(self.workspaces.get(workspace), client_id).access_token

    def create(
        self, document: str, workspace: str = DEFAULT_WORKSPACE, **properties: Any
    ) -> dict[str, Any]:
        """Create a document from a few properties, without a request; return its properties.

        Args:
            document: The name of the document, such as ``inventory_list``.
            workspace: The workspace.
            **properties: Properties, and ids of the documents above. Missing ids, missing documents
                above and missing required properties are added.

        Raises:
            FactoryError: The name is unknown, or the properties are not valid.
            WorkspaceError: The name of the workspace is not valid.
        """
        factory = Factory(api_of(self.app), self.workspaces.get(workspace))
        return factory.create(document, properties)

    def reset(self) -> None:
        """Bring the default workspace back to its start: data, clock, journal, rules."""
        self.workspace.reset()

    def check(self) -> None:
        """Raise the oldest internal error, once; return if there is no further error."""
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

    def _serve(
        self, environ: "WSGIEnvironment", start_response: "StartResponse"
    ) -> "Iterable[bytes]":
        environ[PAUSE] = self._pause
        return self.app(environ, start_response)

    def _pause(self, seconds: float) -> None:
        """Wait while others are served, but not beyond the end of the server."""
        if seconds > MAX_HOLD_SECONDS:
            release_loop()
        self._stopping.wait(seconds)


def _secure(config: Config) -> "SSLContext | None":
    """Return the TLS context of the configuration, None for http."""
    if not config.is_secure:
        return None
    from emulator.http import certificate  # noqa: PLC0415 - only https needs the libraries

    if config.tls_cert:
        return certificate.read(config.tls_cert, config.tls_key)
    return certificate.issue(config.tls_names)
