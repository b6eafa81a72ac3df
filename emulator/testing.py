"""What the fixture ``ocapi`` gives to a test: a clean workspace and the means to talk to it."""

from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from functools import cached_property
from types import TracebackType
from typing import Any, Self
from urllib.parse import urlencode
from uuid import uuid4

import requests
from requests.adapters import HTTPAdapter

from emulator.config import KNOBS, Config
from emulator.server import Emulator
from emulator.workspace import DEFAULT

DEMO = "a" * 30
HEADER = "x-emulator-workspace"
CONTROL = "/__emulator__"
TIMEOUT = 10.0  # seconds
SHOWN = 5


class UnexpectedServerError(AssertionError):
    """The server answered 5xx though no failpoint told it to, or met an internal error."""


class RefusedError(AssertionError):
    """The control plane refused; the message is its problem document."""


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

    def __init__(
        self,
        url: str,
        workspace: str = DEFAULT,
        emulator: Emulator | None = None,
        adapter: HTTPAdapter | None = None,
        ca_file: str = "",
    ) -> None:
        self.url = url
        self.workspace = workspace
        self.emulator = emulator
        self.client_id = self.client_secret = DEMO
        self.allow_server_errors = False
        self._adapter = adapter or HTTPAdapter()
        self._ca_file = ca_file

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
        session.mount(self.url, self._adapter)
        session.headers.update(self._named)
        session.verify = self._ca_file or True
        return session

    def control(self, method: str, path: str, value: Any = None) -> Any:
        """Ask the control plane, such as ``POST /reset``; return the JSON it answers.

        Raises:
            RefusedError: It refuses.
        """
        with self.connect() as session:
            url = f"{self.url}{CONTROL}{path}"
            return _answer(session.request(method, url, json=value, timeout=TIMEOUT))

    def reset(self, to: str = "fixtures") -> None:
        """Bring the workspace back to its ``fixtures``, or to ``empty``."""
        self.control("POST", f"/reset?to={to}")

    def journal(self, **match: str) -> list[dict[str, Any]]:
        """Return the recorded exchanges that match, oldest first."""
        path = f"/journal?{urlencode(match)}"
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
        """Raise what went wrong inside the server.

        Raises:
            UnexpectedServerError: It answered 5xx, and no failpoint told it to.
            Exception: The internal error itself, where the server runs in this process.
        """
        if self.emulator is not None:
            self.emulator.check()
            told = [failed.line for failed in self.emulator.workspace.journal.find_errors()]
        else:
            told = self.control("GET", f"/workspaces/{self.workspace}")["server_errors"]
            told += self.control("GET", "/crashes") if told else []
        if told and not self.allow_server_errors:
            raise UnexpectedServerError("the server failed:\n" + "\n".join(told[:SHOWN]))

    @property
    def _named(self) -> dict[str, str]:
        return {} if self.workspace == DEFAULT else {HEADER: self.workspace}


def _answer(response: requests.Response) -> Any:
    if not response.ok:
        raise RefusedError(f"{response.request.method} {response.url}: {response.text}")
    return response.json() if response.content else None


class Servers:
    """The servers of a session, by their set-up.

    Args:
        knobs: Fields of ``Config`` for all of them.
        url: A running server to take instead, or nothing.
    """

    def __init__(self, knobs: Mapping[str, Any], url: str = "") -> None:
        self._knobs = knobs
        self._url = url.rstrip("/")
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
            ValueError: There is a server elsewhere to take, or a knob is none.
        """
        if self._url:
            raise ValueError(f"the server is another process at {self._url}: use the fixture ocapi")
        names = {knob.name for knob in KNOBS}
        if unknown := set(knobs) - names:
            told = ", ".join(sorted(names))
            raise ValueError(f"the marker ocapi takes no '{min(unknown)}', but {told}")
        config = Config(**{"port": 0, **self._knobs, **knobs})
        if config not in self._emulators:
            self._emulators[config] = self._stack.enter_context(Emulator(config))
        return self._emulators[config]

    @contextmanager
    def open(self, knobs: Mapping[str, Any]) -> Iterator[Ocapi]:
        """Give a clean workspace of a server, for the length of a test."""
        if not self._url:
            yield self._reset(self.emulator(knobs))
            return
        opened = Ocapi(self._url, f"test-{uuid4().hex}", adapter=self._adapter)
        self._check(opened, {**self._knobs, **knobs})
        yield opened
        opened.control("DELETE", f"/workspaces/{opened.workspace}")

    def _reset(self, emulator: Emulator) -> Ocapi:
        emulator.reset()
        emulator.workspace.crashes.clear()
        return Ocapi(emulator.url, DEFAULT, emulator, self._adapter, _trust(emulator.config))

    def _check(self, opened: Ocapi, knobs: Mapping[str, Any]) -> None:
        """Refuse to test with a server of another set-up."""
        health = opened.control("GET", "/health") if knobs else {}
        for name, wanted in knobs.items():
            if health.get(name) != wanted:
                told = f"{name} '{wanted}' is asked for, the server at {self._url} has "
                raise ValueError(f"{told}'{health.get(name, 'what it does not tell')}'")


def _trust(config: Config) -> str:
    """Return the file of certificates that a server's own is trusted by, if it needs one."""
    if config.tls_cert or not config.tls:
        return config.tls_cert
    from emulator import certificate  # noqa: PLC0415 - what http does without

    return str(certificate.authority())
