"""The fixture ``ocapi``: a clean workspace of a server, with a client for requests."""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from difflib import get_close_matches
from functools import cached_property
from time import monotonic
from types import TracebackType
from typing import Any, Self
from urllib.parse import urlencode
from uuid import uuid4

import requests
from requests.adapters import HTTPAdapter

from emulator.config import KNOBS, Config, ConfigError
from emulator.fixture.data_set import list_bundled
from emulator.ocapi.access.direct_token import issue_token
from emulator.server import Emulator
from emulator.testing.report import describe_mismatch, describe_refusal
from emulator.testing.session import TokenSession
from emulator.workspace.workspace import DEFAULT_WORKSPACE

WORKSPACE_HEADER = "x-emulator-workspace"
CONTROL_TOKEN_HEADER = "x-emulator-control-token"  # noqa: S105 - the name of a header
CONTROL_PATH = "/__emulator__"
ANSWER_TIMEOUT_SECONDS = 10.0
TOKEN_MARGIN_SECONDS = 60.0  # a token is renewed before it expires
MAX_SHOWN_ERRORS = 5
UNSERVED = (
    "requests were answered 404 only because the emulator lacks the operation "
    "(to allow this: ocapi_unserved = ignore, or the marker ocapi(allow_unserved=True))"
)
MAX_JOURNAL_EXCHANGES = 1_000_000
ALLOWANCES = ("allow_server_errors", "allow_unserved")
"""The names of the marker that are no fields of ``Config``."""
MAX_NEAREST_NAMES = 3
MISMATCH_STATUS, PROBLEM_MEDIA_TYPE = 409, "application/problem+json"

Action = str | Mapping[str, Any]
"""The name of a fault, or the action of a failpoint as JSON."""


class UnexpectedServerError(AssertionError):
    """The server answered 5xx without a failpoint, or had an internal error."""


class UnservedPathError(AssertionError):
    """A request was answered 404 for an operation of the real server (URL-8)."""


class SetUpError(ValueError):
    """Tests ask for a set-up that they can't get; the message is a line about the reason."""


class RefusedError(AssertionError):
    """The control plane refused; the message is the problem document."""


@dataclass(frozen=True)
class Server:
    """A running server.

    Attributes:
        url: The base URL.
        emulator: The emulator, or None if the server runs in another process.
        ca_file: The CA certificate to verify the server with; those of the system if empty.
        control_token: The secret of the control plane; none if empty.
        client_id: The API client of tests; the first of the data set if empty.
        adapter: The pool of connections.
    """

    url: str
    emulator: Emulator | None = None
    ca_file: str = ""
    control_token: str = ""
    client_id: str = ""
    adapter: HTTPAdapter = field(default_factory=HTTPAdapter)


@dataclass(frozen=True)
class Credentials:
    """An API client with a valid access token.

    Attributes:
        client_id: The client's id.
        client_secret: The client's secret.
        token: The access token.
        since: The time of ``Ocapi._now`` when the token was issued.
        until: The time when the token has to be renewed.
    """

    client_id: str
    client_secret: str
    token: str
    since: float
    until: float


class Ocapi:
    """A workspace of a running server.

    Attributes:
        url: The server's base URL.
        workspace: The name of the workspace.
        allow_server_errors: Whether a test may pass in spite of answers of 5xx.
        allow_unserved: Whether a test may pass in spite of requests for missing operations.
        emulator: The emulator, or None if the server runs in another process.
    """

    def __init__(self, server: Server, workspace: str = DEFAULT_WORKSPACE) -> None:
        self.url = server.url
        self.workspace = workspace
        self.emulator = server.emulator
        self.allow_server_errors = False
        self._server = server
        self.allow_unserved = False
        self._seen_errors = 0
        self._seen_unserved = 0
        self._kept: Credentials | None = None

    @property
    def data_url(self) -> str:
        """The base URL of the Data API's resources, for the organization."""
        return f"{self.url}/s/-/dw/data/v23_2"

    @property
    def client_id(self) -> str:
        """The id of an API client of the server."""
        return self._credentials.client_id

    @property
    def client_secret(self) -> str:
        """The secret of this API client."""
        return self._credentials.client_secret

    @property
    def token(self) -> str:
        """A valid access token; a token in a variable of the test expires like any other."""
        return self._credentials.token

    @property
    def headers(self) -> dict[str, str]:
        """The headers of a request to this workspace, with a valid access token."""
        return {"Authorization": f"Bearer {self.token}", **self.workspace_headers}

    @property
    def workspace_headers(self) -> dict[str, str]:
        """The header with the name of this workspace; empty for the default workspace."""
        return {} if self.workspace == DEFAULT_WORKSPACE else {WORKSPACE_HEADER: self.workspace}

    @cached_property
    def session(self) -> requests.Session:
        """A session with these headers; the token stays valid when the clock is moved."""
        return self._set_up(TokenSession(lambda: self.token))

    @property
    def _credentials(self) -> Credentials:
        now, kept = self._now(), self._kept
        if kept is None or not kept.since <= now < kept.until:
            self._kept = kept = self._request_credentials(now)
        return kept

    def _request_credentials(self, now: float) -> Credentials:
        if self.emulator is not None:
            workspace = self.emulator.workspaces.get(self.workspace)
            issued = issue_token(workspace, self._server.client_id)._asdict()
        else:
            # Not from a token endpoint: the journal would record that request.
            query = urlencode({"client_id": self._server.client_id})
            issued = self._ask("POST", f"/token?{query}")
        until = now + issued.pop("expires_in") - TOKEN_MARGIN_SECONDS
        return Credentials(token=issued.pop("access_token"), since=now, until=until, **issued)

    def _now(self) -> float:
        """Return the workspace's time in seconds; for another process, time since a fixed point."""
        if self.emulator is None:
            return monotonic()
        return self.emulator.workspaces.get(self.workspace).clock.now().timestamp()

    def connect(self) -> requests.Session:
        """Return a fresh session without a token, in this workspace."""
        return self._set_up(requests.Session())

    def _set_up(self, session: requests.Session) -> requests.Session:
        session.trust_env = False  # no proxy of the environment between a test and its server
        session.mount(self.url, self._server.adapter)
        session.headers.update(self.workspace_headers)
        session.verify = self._server.ca_file or True
        return session

    def control(self, method: str, path: str, value: Any = None) -> Any:
        """Send a request to the control plane, such as ``POST /reset``; return the JSON answer.

        Raises:
            RefusedError: The control plane refuses.
        """
        __tracebackhide__ = True
        if method.upper() != "GET":
            self._kept = None  # the request may move the clock, or replace the clients
        return self._ask(method, path, value)

    def _ask(self, method: str, path: str, value: Any = None) -> Any:
        __tracebackhide__ = True
        return _read_answer(self._send(method, path, value))

    def _send(self, method: str, path: str, value: Any) -> requests.Response:
        with self.connect() as session:
            url = f"{self.url}{CONTROL_PATH}{path}"
            if self._server.control_token:
                session.headers[CONTROL_TOKEN_HEADER] = self._server.control_token
            return session.request(method, url, json=value, timeout=ANSWER_TIMEOUT_SECONDS)

    def reset(self, to: str = "fixtures") -> None:
        """Reset the workspace to the data set (``fixtures``), or to no data (``empty``).

        Raises:
            Exception: See ``check``; the reset deletes the journal with the errors.
        """
        self.check()
        self.control("POST", f"/reset?to={to}")
        self._seen_errors = self._seen_unserved = 0

    def journal(self, **match: Any) -> list[dict[str, Any]]:
        """Return the matching recorded exchanges, oldest first; all without conditions."""
        __tracebackhide__ = True
        given = {name: _flatten(condition) for name, condition in match.items()}
        path = f"/journal?{urlencode({'limit': MAX_JOURNAL_EXCHANGES, **given}, doseq=True)}"
        exchanges: list[dict[str, Any]] = self.control("GET", path)["exchanges"]
        return exchanges

    def verify(self, match: Mapping[str, Any], **expected: int) -> None:
        """Assert the number of matching recorded exchanges.

        Args:
            match: Conditions, such as ``{"method": "PATCH", "path": "/**/inventory_lists/*"}``.
            **expected: ``times``, or ``at_least`` and ``at_most``; at least once if nothing.

        Raises:
            RefusedError: The number differs; the message shows the conditions, and the recorded
                exchanges or the nearest ones with the differing members.
        """
        __tracebackhide__ = True
        sent = {"match": dict(match), **expected}
        response = self._send("POST", "/journal/verify", sent)
        if response.status_code == MISMATCH_STATUS:
            raise RefusedError(describe_mismatch(match, response.json()))
        _read_answer(response)

    def fail(self, action: Action | Sequence[Action], **others: Any) -> None:
        """Add a failpoint.

        Args:
            action: The name of a fault, or an action, such as ``{"status": 503}``; or a list of
                these for one request after the other.
            **others: ``match``, ``times``, ``repeat``, ``probability``, ``seed``.

        Raises:
            RefusedError: A name or a value is wrong; the message shows the nearest names.
        """
        __tracebackhide__ = True
        if isinstance(action, (str, Mapping)):
            declared: Any = _read_action(action)
        else:
            declared = [_read_action(one) for one in action]
        self.control("POST", "/failpoints", {"action": declared, **others})

    def stub(self, method: str, path: str, answer: Any, **others: Any) -> None:
        """Add a stub: an ``answer`` for a path that the emulator does not serve.

        Args:
            method: The method.
            path: The path with variables, such as ``/s/{site}/dw/shop/{version}/baskets/{id}``.
            answer: An answer (``status``, ``headers``, ``body``, ``delay``), or a list of answers.
            **others: ``match``, ``times``, ``repeat``, ``access``.
        """
        __tracebackhide__ = True
        declared = {"method": method, "path": path, "answer": answer, **others}
        self.control("POST", "/stubs", declared)

    def create(self, document: str, **properties: Any) -> dict[str, Any]:
        """Create a document, such as ``inventory_list``; return its properties.

        Args:
            document: The name of the document.
            **properties: Properties, and ids of the documents above. Missing ids, missing documents
                above and missing required properties are added.

        Raises:
            RefusedError: The name is unknown, or the properties are not valid.
        """
        __tracebackhide__ = True
        value = {"type": document, "properties": properties}
        created: dict[str, Any] = self._ask("POST", "/documents", value)
        return created

    def freeze(self, at: str = "") -> None:
        """Stop the clock, at an instant of ISO 8601 or now."""
        self.control("POST", "/clock/freeze", {"at": at} if at else None)

    def advance(self, seconds: float) -> None:
        """Move the clock."""
        self.control("POST", "/clock/advance", {"seconds": seconds})

    def check(self) -> None:
        """Raise the errors of the server since the last check.

        Raises:
            UnexpectedServerError: The server answered 5xx without a failpoint, or had an
                internal error in another process.
            UnservedPathError: A request was answered 404 for an operation of the real server.
            Exception: The internal error itself, if the server runs in this process.
        """
        if self.emulator is not None:
            journal = self.emulator.workspace.journal
            errors = [failed.line for failed in journal.find_errors()]
            unserved = journal.find_unserved()
        else:
            errors, unserved = self._ask_for_errors()
        hints, self._seen_unserved = unserved[self._seen_unserved :], len(unserved)
        new, self._seen_errors = errors[self._seen_errors :], len(errors)
        if self.emulator is not None:
            self.emulator.check()
        if new and not self.allow_server_errors:
            raise UnexpectedServerError("the server failed:\n" + "\n".join(new[:MAX_SHOWN_ERRORS]))
        if hints and not self.allow_unserved:
            shown = "\n".join(list(dict.fromkeys(hints))[:MAX_SHOWN_ERRORS])
            raise UnservedPathError(f"{UNSERVED}:\n{shown}")

    def _ask_for_errors(self) -> tuple[list[str], list[str]]:
        """Return the answers of 5xx and the hints of another process; raise its internal errors."""
        shown = self._ask("GET", f"/workspaces/{self.workspace}")
        errors: list[str] = shown["server_errors"]
        if shown["crashes"]:
            crashes = self._ask("GET", "/crashes")
            self._ask("DELETE", "/crashes")
            self._seen_errors = len(errors)
            listed = "\n".join(crashes[:MAX_SHOWN_ERRORS])
            raise UnexpectedServerError(f"the server failed:\n{listed}")
        return errors, shown["unserved"]


def _flatten(condition: Any) -> Any:
    """Return a condition on headers or parameters as a query of the journal."""
    if isinstance(condition, Mapping):
        return [f"{name}:{pattern}" for name, pattern in condition.items()]
    return condition


def _read_action(action: Action) -> dict[str, Any]:
    """Return an action as JSON; a text is the name of a fault."""
    return {"fault": action} if isinstance(action, str) else dict(action)


def _read_answer(response: requests.Response) -> Any:
    __tracebackhide__ = True
    if response.ok:
        return response.json() if response.content else None
    is_problem = response.headers.get("Content-Type") == PROBLEM_MEDIA_TYPE
    problem = response.json() if is_problem else response.text
    raise RefusedError(describe_refusal(f"{response.request.method} {response.url}", problem))


class Servers:
    """The servers of a test session, by set-up.

    Args:
        knobs: Fields of ``Config`` for all servers.
        remote: A running server for all tests, or None to start servers in this process.

    Raises:
        SetUpError: ``knobs`` is no mapping, or a name is not a field of ``Config``.
    """

    def __init__(self, knobs: Mapping[str, Any], remote: Server | None = None) -> None:
        _check_knobs(knobs)
        self._knobs = knobs
        self._remote = remote
        self._emulators: list[Emulator] = []
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
        """Return the started emulator of a set-up.

        Raises:
            SetUpError: The tests use a running server.
            ConfigError: A field has an invalid value, or no server can listen on the address.
        """
        if self._remote:
            place = f"the server is another process at {self._remote.url}"
            raise SetUpError(f"{place}: use the fixture ocapi")
        config = Config(**{"port": 0, **self._knobs, **knobs})
        # Not by hash: a list of resources or hooks may have anything.
        started = (one for one in self._emulators if one.config == config)
        return next(started, None) or self._start(config)

    def _start(self, config: Config) -> Emulator:
        try:
            emulator = self._stack.enter_context(Emulator(config))
        except OSError as error:
            reason = error.strerror or str(error)
            raise ConfigError(f"host {config.host}, port {config.port}: {reason}") from error
        self._emulators.append(emulator)
        return emulator

    @contextmanager
    def open(self, knobs: Mapping[str, Any]) -> Iterator[Ocapi]:
        """Yield a clean workspace of a server for a test.

        Raises:
            SetUpError: A name is not a field of ``Config``, or a running server has another set-up.
            ConfigError: See ``emulator``.
            RefusedError: A running server refuses the workspace.
        """
        _check_names(knobs, "the marker ocapi", ALLOWANCES)
        if self._remote is None:
            yield self._reset(self.emulator(knobs))
            return
        opened = Ocapi(self._remote, f"test-{uuid4().hex}")
        _check_set_up(opened, self._knobs, knobs)
        opened.control("PUT", f"/workspaces/{opened.workspace}")
        try:
            yield opened
        finally:
            opened.control("DELETE", f"/workspaces/{opened.workspace}")

    def _reset(self, emulator: Emulator) -> Ocapi:
        emulator.reset()
        emulator.workspace.crashes.clear()
        ca_file, token = _find_ca_file(emulator.config), emulator.config.control_token
        return Ocapi(Server(emulator.url, emulator, ca_file, token, adapter=self._adapter))


def _check_set_up(
    opened: Ocapi, session_knobs: Mapping[str, Any], test_knobs: Mapping[str, Any]
) -> None:
    """Raise SetUpError if a running server has another set-up than a test asks for.

    Args:
        opened: A workspace of the server.
        session_knobs: The set-up of all tests; who starts the server answers for those fields that
            the server does not tell.
        test_knobs: The fields that the test asks for in addition.
    """
    knobs = {**session_knobs, **test_knobs}
    health = opened.control("GET", "/health") if knobs else {}
    for name, expected in knobs.items():
        if name not in health and name not in test_knobs:
            continue
        if name not in health:
            rule = "run this test without --ocapi-url"
            raise SetUpError(f"the server at {opened.url} does not tell its {name}: {rule}")
        found = health[name]
        # The paths of folders differ in a container; of folders we know nothing else.
        both_folders = name == "fixtures" and not {expected, found} & list_bundled().keys()
        if found != expected and not both_folders:
            asked = f"{name} '{expected}' is asked for, the server at {opened.url} has"
            raise SetUpError(f"{asked} '{found}'")


def _check_knobs(knobs: Any) -> None:
    """Raise SetUpError if the value of ``ocapi_config`` has not the form of fields."""
    place = "the fixture ocapi_config"
    if not isinstance(knobs, Mapping):
        fields = "return a dict with fields of emulator.Config"
        raise SetUpError(f"{place} returns a value of the type {type(knobs).__name__}: {fields}")
    _check_names(knobs, place)


def _check_names(knobs: Mapping[Any, Any], place: str, others: Sequence[str] = ()) -> None:
    """Raise SetUpError if a name is neither a field of ``Config`` nor one of ``others``."""
    known = sorted({*(knob.name for knob in KNOBS), *others})
    for name in map(str, knobs):
        if name not in known:
            near = get_close_matches(name, known, MAX_NEAREST_NAMES)
            advice = f": did you mean {' or '.join(near)}?" if near else f", but {', '.join(known)}"
            raise SetUpError(f"{place} takes no '{name}'{advice}")


def _find_ca_file(config: Config) -> str:
    """Return the CA certificate to verify a server with, empty for http."""
    if config.tls_cert or not config.tls:
        return config.tls_cert
    from emulator.http import certificate  # noqa: PLC0415 - http servers have no certificate

    return str(certificate.authority())
