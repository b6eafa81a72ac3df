"""A running server, as the command line talks to it."""

import ssl
from collections.abc import Mapping
from time import monotonic, sleep
from typing import Any

import orjson

from emulator.config import ConfigError

PATIENCE = 10.0  # seconds
BETWEEN = 0.05  # seconds from one try to the next
LONGEST_ANSWER = 500  # characters of a refusal that are told


class RemoteError(Exception):
    """There is no server, it refuses, or it is another one; the message says which."""


class Remote:
    """One server.

    Args:
        url: Its base URL.
        ca_file: What its certificate is trusted by, instead of what the system trusts.
        headers: Headers of every request.

    Raises:
        ConfigError: The URL, the file or a header cannot be used.
    """

    def __init__(
        self, url: str, ca_file: str = "", headers: Mapping[str, str] | None = None
    ) -> None:
        import requests  # noqa: PLC0415 - commands that ask no server start faster without it

        if not url.startswith(("http://", "https://")):
            raise ConfigError(f"'{url}' is no http or https URL")
        if ca_file:
            _check_certificates(ca_file)
        self.url = url.rstrip("/")
        self._session = requests.Session()
        self._session.trust_env = False  # no proxy of the environment between us and a test
        self._session.verify = ca_file or True
        self._session.headers.update(headers or {})

    def ask(self, path: str, form: Mapping[str, str] | None = None) -> Any:
        """Return the JSON that a path answers to GET, or to POST of a form.

        Raises:
            ConfigError: The URL or a header cannot be sent.
            RemoteError: There is no answer, or not the one.
        """
        response = self._send("GET" if form is None else "POST", self.url + path, form)
        if not response.ok or response.is_redirect:
            told = response.text[:LONGEST_ANSWER]
            raise RemoteError(f"{self.url} refused: {response.status_code} {told}".rstrip())
        try:
            return orjson.loads(response.content)
        except orjson.JSONDecodeError as error:
            raise RemoteError(f"{self.url} answers, but no JSON: is it another server?") from error

    def wait(self, path: str, seconds: float) -> Any:
        """Return what ``ask`` does, asked again for some seconds where there is no answer.

        Raises:
            RemoteError: There was none.
        """
        deadline = monotonic() + seconds
        while True:
            try:
                return self.ask(path)
            except RemoteError:
                if not monotonic() < deadline:  # true of NaN as well
                    raise
            sleep(BETWEEN)

    def _send(self, method: str, url: str, form: Mapping[str, str] | None) -> Any:
        from requests import exceptions  # noqa: PLC0415 - see above

        try:
            # A redirect would carry our secrets to somewhere else.
            return self._session.request(
                method, url, data=form, timeout=PATIENCE, allow_redirects=False
            )
        except (exceptions.InvalidURL, UnicodeError) as error:
            raise ConfigError(f"{url!r} cannot be asked") from error
        except exceptions.InvalidHeader:  # which quotes the header, secrets included
            raise ConfigError("a workspace or a secret has characters no header can have") from None
        except (OSError, ValueError) as error:
            raise RemoteError(f"no answer from {self.url}: {_tell(error)}") from error


def _check_certificates(file: str) -> None:
    try:
        ssl.create_default_context().load_verify_locations(file)
    except (OSError, ValueError) as error:
        raise ConfigError(f"'{file}' holds no certificates: {error}") from error


def _tell(error: BaseException) -> str:
    """Return the innermost reason of an error, which requests wraps several times."""
    reason = getattr(error, "reason", None) or next(iter(error.args), None)
    if isinstance(reason, BaseException):
        return _tell(reason)
    strerror = getattr(error, "strerror", None)
    return str(strerror or reason or error).rpartition(": ")[2]
