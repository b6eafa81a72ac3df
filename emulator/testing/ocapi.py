"""What the fixture ``ocapi`` gives to a test: a clean workspace and the means to talk to it."""

from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from functools import cached_property
from types import TracebackType
from typing import Any, Self
from urllib.parse import urlencode
from uuid import uuid4

import requests
from requests.adapters import HTTPAdapter

from emulator.config import KNOBS, Config
from emulator.server import Emulator
from emulator.workspace.workspace import DEFAULT

DEMO = "a" * 30
HEADER = "x-emulator-workspace"
CONTROL = "/__emulator__"
TIMEOUT = 10.0  # seconds
SHOWN = 5
MOST = 1_000_000  # more exchanges than a journal has
TOKEN_HEADER = "x-emulator-control-token"  # noqa: S105 - the name of a header


class UnexpectedServerError(AssertionError):
    """The server answered 5xx though no failpoint told it to, or met an internal error."""


class RefusedError(AssertionError):
    """The control plane refused; the message is its problem document."""


@dataclass(frozen=True)
class Server:
    """A running server.

    Attributes:
        url: Its base URL.
        emulator: The server itself, None where it runs in another process.
        ca_file: What its certificate is trusted by, empty for what the system trusts.
        control_token: What its control plane demands, empty for nothing.
        adapter: What keeps connections to it.
    """

    url: str
    emulator: Emulator | None = None
    ca_file: str = ""
    control_token: str = ""
    adapter: HTTPAdapter = field(default_factory=HTTPAdapter)


class Ocapi:
    """A workspace of a running server.

    Attributes:
        url: The server's base URL.
        workspace: The name of the workspace.
        client_id: An API client of the bundled data sets.
        client_secret: Its secret.
        allow_server_errors: Whether answers of 5xx are no reason to fail.
        emulator: The server itself, None where it runs in another process.
    """

    def __init__(self, server: Server, workspace: str = DEFAULT) -> None:
        self.url = server.url
        self.workspace = workspace
        self.emulator = server.emulator
        self.client_id = self.client_secret = DEMO
        self.allow_server_errors = False
        self._server = server
        self._told = 0

    @property
    def data_url(self) -> str:
        """The URL that resources of the Data API are below, in the scope of the organization."""
        return f"{self.url}/s/-/dw/data/v23_2"

    @cached_property
    def token(self) -> str:
        """An access token."""
        if self.emulator is not None:
            return self.emulator.token(workspace=self.workspace)
        form = {"grant_type": "client_credentials"}
        credentials = (self.client_id, self.client_secret)
        url = f"{self.url}/dwsso/oauth2/access_token"
        with self.connect() as session:
            granted = session.post(url, form, auth=credentials, timeout=TIMEOUT)
        return str(_answer(granted)["access_token"])

    @property
    def headers(self) -> dict[str, str]:
        """The headers that a request needs to be let in, into this workspace."""
        return {"Authorization": f"Bearer {self.token}", **self._named}

    @cached_property
    def session(self) -> requests.Session:
        """A session that sends these headers."""
        session = self.connect()
        session.headers.update(self.headers)
        return session

    def connect(self) -> requests.Session:
        """Return a fresh session without a token, in this workspace."""
        session = requests.Session()
        session.trust_env = False  # no proxy of the environment between a test and its server
        session.mount(self.url, self._server.adapter)
        session.headers.update(self._named)
        session.verify = self._server.ca_file or True
        return session

    def control(self, method: str, path: str, value: Any = None) -> Any:
        """Ask the control plane, such as ``POST /reset``; return the JSON it answers.

        Raises:
            RefusedError: It refuses.
        """
        with self.connect() as session:
            url = f"{self.url}{CONTROL}{path}"
            if self._server.control_token:
                session.headers[TOKEN_HEADER] = self._server.control_token
            return _answer(session.request(method, url, json=value, timeout=TIMEOUT))

    def reset(self, to: str = "fixtures") -> None:
        """Bring the workspace back to its ``fixtures``, or to ``empty``."""
        self.control("POST", f"/reset?to={to}")

    def journal(self, **match: Any) -> list[dict[str, Any]]:
        """Return the recorded exchanges that match, oldest first; all if nothing is asked."""
        given = {name: _flatten(wanted) for name, wanted in match.items()}
        path = f"/journal?{urlencode({'limit': MOST, **given}, doseq=True)}"
        exchanges: list[dict[str, Any]] = self.control("GET", path)["exchanges"]
        return exchanges

    def verify(self, match: Mapping[str, Any], **expected: int) -> None:
        """Assert that exchanges were recorded.

        Args:
            match: Conditions, such as ``{"method": "PATCH", "path": "/**/inventory_lists/*"}``.
            **expected: ``times``, or ``at_least`` and ``at_most``; at least once if nothing.

        Raises:
            RefusedError: They were not; the message shows the nearest misses.
        """
        self.control("POST", "/journal/verify", {"match": dict(match), **expected})

    def fail(self, action: Mapping[str, Any], **others: Any) -> None:
        """Add a failpoint: ``action``, and ``match``, ``times``, ``probability``, ``seed``."""
        self.control("POST", "/failpoints", {"action": dict(action), **others})

    def freeze(self, at: str = "") -> None:
        """Stop the clock, at an instant of ISO 8601 or where it is."""
        self.control("POST", "/clock/freeze", {"at": at} if at else None)

    def advance(self, seconds: float) -> None:
        """Move the clock."""
        self.control("POST", "/clock/advance", {"seconds": seconds})

    def check(self) -> None:
        """Raise what went wrong inside the server since it was looked at last.

        Raises:
            UnexpectedServerError: It answered 5xx, and no failpoint told it to; or it met an
                internal error in another process.
            Exception: The internal error itself, where the server runs in this process.
        """
        if self.emulator is not None:
            self.emulator.check()
            errors = [failed.line for failed in self.emulator.workspace.journal.find_errors()]
        else:
            errors = self._look_elsewhere()
        new, self._told = errors[self._told :], len(errors)
        if new and not self.allow_server_errors:
            raise UnexpectedServerError("the server failed:\n" + "\n".join(new[:SHOWN]))

    def _look_elsewhere(self) -> list[str]:
        """Return the answers of 5xx of a server elsewhere; raise if it met internal errors."""
        shown = self.control("GET", f"/workspaces/{self.workspace}")
        errors: list[str] = shown["server_errors"]
        if shown["crashes"]:
            crashes = self.control("GET", "/crashes")
            self.control("DELETE", "/crashes")
            self._told = len(errors)
            raise UnexpectedServerError("the server failed:\n" + "\n".join(crashes[:SHOWN]))
        return errors

    @property
    def _named(self) -> dict[str, str]:
        return {} if self.workspace == DEFAULT else {HEADER: self.workspace}


def _flatten(wanted: Any) -> Any:
    """Return headers or parameters as the query of the journal has them."""
    if isinstance(wanted, Mapping):
        return [f"{name}:{pattern}" for name, pattern in wanted.items()]
    return wanted


def _answer(response: requests.Response) -> Any:
    if not response.ok:
        raise RefusedError(f"{response.request.method} {response.url}: {response.text}")
    return response.json() if response.content else None


class Servers:
    """The servers of a session, by their set-up.

    Args:
        knobs: Fields of ``Config`` for all of them.
        elsewhere: A running server to take instead, or None.
    """

    def __init__(self, knobs: Mapping[str, Any], elsewhere: Server | None = None) -> None:
        self._knobs = knobs
        self._elsewhere = elsewhere
        self._emulators: dict[Config, Emulator] = {}
        self._adapter = HTTPAdapter()
        self._stack = ExitStack()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self._stack.close()
        self._adapter.close()

    def emulator(self, knobs: Mapping[str, Any]) -> Emulator:
        """Return the server of a set-up, started.

        Raises:
            ValueError: There is a server elsewhere to take.
        """
        if self._elsewhere:
            told = f"the server is another process at {self._elsewhere.url}"
            raise ValueError(f"{told}: use the fixture ocapi")
        config = Config(**{"port": 0, **self._knobs, **knobs})
        if config not in self._emulators:
            self._emulators[config] = self._stack.enter_context(Emulator(config))
        return self._emulators[config]

    @contextmanager
    def open(self, knobs: Mapping[str, Any]) -> Iterator[Ocapi]:
        """Give a clean workspace of a server, for the length of a test."""
        _check_names(knobs)
        if self._elsewhere is None:
            yield self._reset(self.emulator(knobs))
            return
        opened = Ocapi(self._elsewhere, f"test-{uuid4().hex}")
        _check_set_up(opened, {**self._knobs, **knobs})
        opened.control("PUT", f"/workspaces/{opened.workspace}")
        try:
            yield opened
        finally:
            opened.control("DELETE", f"/workspaces/{opened.workspace}")

    def _reset(self, emulator: Emulator) -> Ocapi:
        emulator.reset()
        emulator.workspace.crashes.clear()
        trusted, token = _trust(emulator.config), emulator.config.control_token
        return Ocapi(Server(emulator.url, emulator, trusted, token, self._adapter))


def _check_set_up(opened: Ocapi, knobs: Mapping[str, Any]) -> None:
    """Refuse to test with a server of another set-up."""
    health = opened.control("GET", "/health") if knobs else {}
    for name, wanted in knobs.items():
        if name not in health:
            raise ValueError(f"the server at {opened.url} does not tell its {name}")
        if health[name] != wanted:
            told = f"{name} '{wanted}' is asked for, the server at {opened.url} has"
            raise ValueError(f"{told} '{health[name]}'")


def _check_names(knobs: Mapping[str, Any]) -> None:
    """Refuse what is no field of ``Config``."""
    names = {knob.name for knob in KNOBS}
    if unknown := set(knobs) - names:
        told = ", ".join(sorted(names))
        raise ValueError(f"the marker ocapi takes no '{min(unknown)}', but {told}")


def _trust(config: Config) -> str:
    """Return the file of certificates that a server's own is trusted by, if it needs one."""
    if config.tls_cert or not config.tls:
        return config.tls_cert
    from emulator.http import certificate  # noqa: PLC0415 - what http does without

    return str(certificate.authority())
