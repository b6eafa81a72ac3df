"""A client for a running server, on the standard library alone."""

import ssl
from collections.abc import Mapping
from contextlib import closing, suppress
from http.client import HTTPConnection, HTTPException, HTTPSConnection, InvalidURL
from time import monotonic, sleep
from typing import Any
from urllib.parse import urlencode, urlsplit

import orjson

from emulator.config import HEADER_VALUE, ConfigError

ANSWER_TIMEOUT_SECONDS = 10.0
RETRY_SECONDS = 0.05
MAX_SHOWN_CHARACTERS = 500  # of a refusal
OK_CLASS = 2  # 2xx, RFC 9110, 15.3
FORM, JSON = "application/x-www-form-urlencoded", "application/json"
NO_CONTENT, UNAUTHORIZED = 204, 401
CONTROL_PATH = "/__emulator__"
CONTROL_TOKEN_HEADER = "x-emulator-control-token"  # noqa: S105 - the name of a header
GIVE_TOKEN = "give it with --control-token"  # noqa: S105 - advice
START_HINT = "start a server with 'ocapi-emulator serve', or give --url"


class RemoteError(Exception):
    """The server gives no answer, refuses, or is of another kind."""

    def __init__(self, message: str, status: int = 0) -> None:
        super().__init__(message)
        self.status = status


class Remote:
    """A running server.

    Neither proxies nor a ``.netrc`` of the environment are used: a test server is near.

    Args:
        url: The base URL.
        ca_file: The CA certificates to verify the server with; if empty those of the system and
            of the local authority of ``--tls``.
        headers: Headers of every request.

    Raises:
        ConfigError: The URL, the file or a header is not valid.
    """

    def __init__(
        self, url: str, ca_file: str = "", headers: Mapping[str, str] | None = None
    ) -> None:
        if not url.startswith(("http://", "https://")):
            raise ConfigError(f"'{url}' is not an http or https URL")
        self.url = url.rstrip("/")
        self._headers = {"Accept": "application/json", **(headers or {})}
        # The message doesn't repeat a value, which may be a secret.
        if not all(map(HEADER_VALUE.fullmatch, self._headers.values())):
            raise ConfigError("a workspace or a secret has characters that no header can have")
        self._tls = _create_tls_context(ca_file) if ca_file else None

    def ask(self, path: str, form: Mapping[str, str] | None = None) -> Any:
        """Return the JSON answer to GET, or to POST of a form.

        Raises:
            ConfigError: The URL is not valid.
            RemoteError: There is no answer, or not an answer of success with JSON.
        """
        if form is None:
            return self._read(path, *self._send("GET", path))
        return self._read(path, *self._send("POST", path, urlencode(form).encode(), FORM))

    def send(self, method: str, path: str, value: Any = None) -> Any:
        """Return the JSON answer to a request with a JSON value as body, None for no content.

        Raises:
            ConfigError: The URL is not valid.
            RemoteError: There is no answer, or not an answer of success with JSON.
        """
        body = None if value is None else orjson.dumps(value)
        status, content = self._send(method, path, body, JSON)
        return None if status == NO_CONTENT else self._read(path, status, content)

    def _read(self, path: str, status: int, content: bytes) -> Any:
        """Return the JSON of an answer.

        Raises:
            RemoteError: The answer is a refusal, or no JSON.
        """
        if status // 100 != OK_CLASS:
            reason = f"{self.url} refused: {status} {_read_reason(content)}".rstrip()
            if status == UNAUTHORIZED and path.startswith(CONTROL_PATH):
                is_given = CONTROL_TOKEN_HEADER in self._headers
                advice = "the secret of --control-token is wrong" if is_given else GIVE_TOKEN
                reason = f"{reason} ({advice})"
            raise RemoteError(reason, status)
        try:
            return orjson.loads(content)
        except orjson.JSONDecodeError as error:
            raise RemoteError(f"{self.url} answers without JSON: is it another server?") from error

    def wait(self, path: str, seconds: float) -> Any:
        """Return the JSON answer to GET; try again for some seconds.

        Raises:
            ConfigError: The URL is not valid.
            RemoteError: The last try failed.
        """
        deadline = monotonic() + seconds
        while True:
            try:
                return self.ask(path)
            except RemoteError:
                if not monotonic() < deadline:  # true of NaN as well
                    raise
            sleep(RETRY_SECONDS)

    def _send(
        self, method: str, path: str, body: bytes | None = None, media_type: str = ""
    ) -> tuple[int, bytes]:
        """Return status and body of an answer. A redirect counts as answer: secrets stay here."""
        content_headers = {} if body is None else {"Content-Type": media_type}
        try:
            with closing(self._connect()) as connection:
                target = urlsplit(self.url).path + path
                connection.request(method, target, body, headers=self._headers | content_headers)
                response = connection.getresponse()
                return response.status, response.read()
        except (InvalidURL, UnicodeError) as error:
            raise ConfigError(f"{self.url!r} is not a valid URL") from error
        except (OSError, HTTPException) as error:
            raise RemoteError(f"no answer from {self.url}: {_explain(error)}") from error

    def _connect(self) -> HTTPConnection:
        try:
            parts = urlsplit(self.url)
            host, port = parts.hostname or "", parts.port
        except ValueError as error:
            raise InvalidURL(str(error)) from error
        if not host:
            raise InvalidURL("no host")
        if parts.scheme == "https":
            # The server makes the local authority when it starts, perhaps after this program.
            tls = self._tls or _trust_local_authority()
            return HTTPSConnection(host, port, timeout=ANSWER_TIMEOUT_SECONDS, context=tls)
        return HTTPConnection(host, port, timeout=ANSWER_TIMEOUT_SECONDS)


def _create_tls_context(ca_file: str) -> ssl.SSLContext:
    try:
        return ssl.create_default_context(cafile=ca_file)
    except (OSError, ValueError) as error:
        raise ConfigError(f"'{ca_file}' holds no certificates: {error}") from error


def _trust_local_authority() -> ssl.SSLContext:
    """Return a context that trusts the authorities of the system and the local authority."""
    # Only https needs the module, which takes a while to load.
    from emulator.http.certificate import find_authority  # noqa: PLC0415

    context = ssl.create_default_context()
    if file := find_authority():
        with suppress(OSError):  # a damaged file is no authority
            context.load_verify_locations(file)
    return context


def _read_reason(content: bytes) -> str:
    """Return the detail of a problem document (RFC 9457), or the beginning of another body."""
    with suppress(orjson.JSONDecodeError, AttributeError):
        if detail := orjson.loads(content).get("detail"):
            return str(detail)[:MAX_SHOWN_CHARACTERS]
    return content.decode(errors="replace")[:MAX_SHOWN_CHARACTERS]


def _explain(error: BaseException) -> str:
    """Return the reason of an error in a few words."""
    reason = getattr(error, "strerror", None) or str(error) or type(error).__name__
    hint = f" ({START_HINT})" if isinstance(error, ConnectionRefusedError) else ""
    return reason.rpartition(": ")[2] + hint
