"""The servers of a replay: an emulator in this process, or another server."""

import ssl
from base64 import b64encode
from contextlib import closing, suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from http.client import HTTPConnection, HTTPException, HTTPSConnection
from time import sleep
from typing import Any
from urllib.parse import urlsplit

from emulator.config import DIALECTS, Config, ConfigError, is_url
from emulator.corpus.exchange import Answer, Body, Request, find_header
from emulator.http.certificate import find_authority
from emulator.ocapi.access.auth import find_client
from emulator.ocapi.access.direct_token import issue_token
from emulator.server import Emulator

TIMEOUT_SECONDS = 30.0
MAX_ANSWER_BYTES = 64 * 1024 * 1024
TOKEN_PATH = "/dwsso/oauth2/access_token"  # noqa: S105 - a path
MIN_CLOCK_DIFFERENCE = timedelta(seconds=2)  # of two machines
TOKEN_MARGIN = timedelta(seconds=60)  # a token is renewed before the token expires
CONNECTION_HEADERS = frozenset(
    {
        *("accept-encoding", "connection", "content-length", "expect", "host", "keep-alive"),
        *("proxy-authorization", "proxy-connection", "te", "trailer", "transfer-encoding"),
        *("upgrade", "via"),
    }
)
"""The headers of a recorded request that belong to the connection of the recording."""
OWN_PREFIX = "x-emulator-"
REFUSALS = frozenset({400, 401, 403})  # of a token, RFC 6749, 5.2
REPEATABLE_METHODS = frozenset({"GET", "HEAD", "OPTIONS"})


class UnansweredError(Exception):
    """A server gives no answer, or no token; the message has the reason."""


@dataclass(frozen=True)
class ApiClient:
    """An API client.

    Attributes:
        id: The client's id.
        secret: The client's secret.
    """

    id: str
    secret: str = field(repr=False)


class Connection:
    """A connection for successive requests.

    Args:
        url: The base URL of the server.
        tls: The TLS context for https; that of the system by default.
    """

    def __init__(self, url: str, tls: ssl.SSLContext | None = None) -> None:
        parts = urlsplit(url)
        self._url = url
        self._path = parts.path.rstrip("/")
        host, port = parts.hostname or "", parts.port
        if parts.scheme == "https":
            context = tls or ssl.create_default_context()
            self._http: HTTPConnection = HTTPSConnection(
                host, port, timeout=TIMEOUT_SECONDS, context=context
            )
        else:
            self._http = HTTPConnection(host, port, timeout=TIMEOUT_SECONDS)

    def send(self, request: Request) -> Answer:
        """Return the answer to a request; headers of the connection are not sent.

        Raises:
            UnansweredError: There is no answer.
        """
        body = b"" if request.body is None else request.body.content
        try:
            if request.method in REPEATABLE_METHODS:
                with suppress(ConnectionError, HTTPException):
                    return self._exchange(request, body)
            self._http.close()  # the server may close an idle connection at any time
            return self._exchange(request, body)
        except (OSError, HTTPException, ValueError) as error:
            self._http.close()
            reason = getattr(error, "strerror", None) or str(error) or type(error).__name__
            raise UnansweredError(f"{self._url} gives no answer: {reason}") from error

    def close(self) -> None:
        """Close the connection."""
        self._http.close()

    def _exchange(self, request: Request, body: bytes) -> Answer:
        http = self._http
        http.putrequest(request.method, f"{self._path}{request.target}", skip_accept_encoding=True)
        for name, value in request.headers:
            if name.lower() not in CONNECTION_HEADERS and not name.lower().startswith(OWN_PREFIX):
                http.putheader(name, value.encode("latin-1", "replace"))
        if body or request.method in ("POST", "PUT", "PATCH"):
            http.putheader("Content-Length", str(len(body)))
        http.endheaders(body or None)
        with closing(http.getresponse()) as response:
            content = response.read(MAX_ANSWER_BYTES + 1)
            if len(content) > MAX_ANSWER_BYTES:
                raise HTTPException(f"the answer has more than {MAX_ANSWER_BYTES} bytes")
            headers = tuple((name, value) for name, value in response.getheaders())
            media_type = find_header(headers, "content-type")
            return Answer(response.status, headers, Body.of(content, media_type))


class Local:
    """An emulator in this process.

    Args:
        data_set: The bundled data set, or the path of a folder.
        dialect: The dialect; the default one if empty.

    Raises:
        ConfigError: The dialect is not valid.
        FixtureError: The data set has errors.
    """

    def __init__(self, data_set: str, dialect: str) -> None:
        self.started: datetime | None = datetime.now(UTC).replace(microsecond=0)
        self._emulator = Emulator(Config(port=0, fixtures=data_set, dialect=dialect or DIALECTS[0]))
        self._emulator.start()
        self.url = self._emulator.url
        self._connection = Connection(self.url)

    @property
    def client(self) -> ApiClient:
        """The first API client of the data set."""
        issued = issue_token(self._emulator.workspace)
        return ApiClient(issued.client_id, issued.client_secret)

    def knows(self, client_id: str) -> bool:
        """Return True for the id of an API client of the data set."""
        return find_client(self._emulator.workspace.store, client_id) is not None

    def reset(self) -> None:
        """Return to the data set."""
        self._emulator.reset()

    def set_time(self, recorded: datetime) -> datetime:
        """Stop the clock at the recorded time of a request; return this time."""
        self._emulator.workspace.clock.freeze(recorded)
        return recorded

    def token(self) -> str:
        """Return a fresh access token of the client."""
        return issue_token(self._emulator.workspace).access_token

    def send(self, request: Request) -> Answer:
        """Return the answer to a request.

        Raises:
            UnansweredError: There is no answer.
        """
        return self._connection.send(request)

    def wait(self) -> None:
        """Do nothing: the clock is set."""

    def close(self) -> None:
        """Stop the emulator."""
        self._connection.close()
        self._emulator.stop()


class Target:
    """Another server.

    Args:
        url: The base URL.
        client: An API client that may send the recorded requests.
        token_url: The token endpoint; by default a path of the server.
        ca_file: Further CA certificates, PEM; by default those of the local authority.

    Raises:
        ConfigError: A URL or the file is not valid.
    """

    def __init__(self, url: str, client: ApiClient, token_url: str = "", ca_file: str = "") -> None:
        for given in (url, token_url or url):
            if not is_url(given):
                raise ConfigError(f"'{given}' is not an http or https URL")
        self.url = url.rstrip("/")
        self.client = client
        self.started: datetime | None = None
        self._token_url = token_url or f"{self.url}{TOKEN_PATH}"
        self._tls = _trust(ca_file)
        self._connection = Connection(self.url, self._tls)
        self._ahead = timedelta()
        self._token, self._until = "", datetime.min.replace(tzinfo=UTC)

    def knows(self, client_id: str) -> bool:
        """Return True for the id of the API client of the replay."""
        return client_id == self.client.id

    def reset(self) -> None:
        """Do nothing: the documents of another server stay."""

    def set_time(self, recorded: datetime) -> datetime:  # noqa: ARG002 - a local server takes the time
        """Return the present time of the server, by the header ``Date`` of the last answer."""
        return datetime.now(UTC) + self._ahead

    def token(self) -> str:
        """Return a valid access token of the client.

        Raises:
            UnansweredError: The server gives no token.
        """
        now = datetime.now(UTC)
        if now >= self._until:
            granted = self._request_token()
            self._token = str(granted["access_token"])
            try:
                lifetime = timedelta(seconds=float(granted["expires_in"]))
                self._until = now + lifetime - TOKEN_MARGIN
            except (TypeError, ValueError, OverflowError) as error:
                reason = "gives a token without a lifetime in seconds"
                raise UnansweredError(f"{self._token_url} {reason}") from error
        return self._token

    def send(self, request: Request) -> Answer:
        """Return the answer to a request.

        Raises:
            UnansweredError: There is no answer.
        """
        answer = self._connection.send(request)
        with suppress(TypeError, ValueError):  # no date, or a date without a time zone
            dated = parsedate_to_datetime(find_header(answer.headers, "date"))
            ahead = dated - datetime.now(UTC)
            # The header has whole seconds, so a smaller difference says nothing.
            self._ahead = ahead if abs(ahead) > MIN_CLOCK_DIFFERENCE else timedelta()
        return answer

    def wait(self) -> None:
        """Wait for a second."""
        sleep(1)

    def close(self) -> None:
        """Close the connection."""
        self._connection.close()

    def _request_token(self) -> dict[str, Any]:
        """Return the answer of the token endpoint.

        Raises:
            UnansweredError: The answer has no token.
        """
        parts = urlsplit(self._token_url)
        credentials = b64encode(f"{self.client.id}:{self.client.secret}".encode()).decode()
        headers = (
            ("Authorization", f"Basic {credentials}"),
            ("Content-Type", "application/x-www-form-urlencoded"),
        )
        body = Body("text", "grant_type=client_credentials")
        target = parts._replace(scheme="", netloc="").geturl() or "/"
        with closing(Connection(f"{parts.scheme}://{parts.netloc}", self._tls)) as connection:
            answer = connection.send(Request("POST", target, headers, body))
        if answer.status in REFUSALS:
            reason = f"{self._token_url} refuses the API client '{self.client.id}'"
            raise UnansweredError(f"{reason}: {answer.status}")
        granted = answer.body.value if answer.body else None
        if not isinstance(granted, dict) or not {"access_token", "expires_in"} <= set(granted):
            raise UnansweredError(f"{self._token_url} gives no token: {answer.status}")
        return granted


def _trust(ca_file: str) -> ssl.SSLContext:
    """Return a context for the authorities of the system and of a file.

    Raises:
        ConfigError: The file holds no certificates.
    """
    context = ssl.create_default_context()
    try:
        if file := ca_file or find_authority():
            context.load_verify_locations(file)
    except (OSError, ValueError) as error:
        if ca_file:
            raise ConfigError(f"'{ca_file}' holds no certificates: {error}") from error
    return context
