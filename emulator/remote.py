"""A running server, as the command line talks to it."""

import ssl
from collections.abc import Mapping
from http.client import HTTPException
from time import monotonic, sleep
from typing import Any
from urllib.error import HTTPError
from urllib.parse import urlencode
from urllib.request import HTTPSHandler, ProxyHandler, Request, build_opener

import orjson

from emulator.config import ConfigError

PATIENCE = 10.0  # seconds
BETWEEN = 0.05  # seconds from one try to the next


class RemoteError(Exception):
    """There is no server, it refuses, or it is another one; the message says which."""


class Remote:
    """One server.

    Args:
        url: Its base URL.
        ca_file: What its certificate is trusted by, besides what the system trusts.
        headers: Headers of every request.

    Raises:
        ConfigError: The URL or the file cannot be used.
    """

    def __init__(
        self, url: str, ca_file: str = "", headers: Mapping[str, str] | None = None
    ) -> None:
        if not url.startswith(("http://", "https://")):
            raise ConfigError(f"'{url}' is no http or https URL")
        self.url = url.rstrip("/")
        self._headers = dict(headers or {})
        # No proxy of the environment between us and a test.
        handlers = [ProxyHandler({}), HTTPSHandler(context=_trust(ca_file))]
        self._opener = build_opener(*handlers)

    def ask(self, path: str, form: Mapping[str, str] | None = None) -> Any:
        """Return the JSON that a path answers to GET, or to POST of a form.

        Raises:
            RemoteError: It does not.
        """
        data = None if form is None else urlencode(form).encode()
        request = Request(self.url + path, data, self._headers)  # noqa: S310 - http, https only
        try:
            with self._opener.open(request, timeout=PATIENCE) as response:
                return orjson.loads(response.read())
        except HTTPError as error:
            told = error.read().decode(errors="replace")
            raise RemoteError(f"{self.url} refused: {error.code} {told}") from error
        except (OSError, HTTPException) as error:
            reason = getattr(error, "reason", error)
            raise RemoteError(f"no answer from {self.url}: {reason}") from error
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
                if monotonic() >= deadline:
                    raise
            sleep(BETWEEN)


def _trust(ca_file: str) -> ssl.SSLContext:
    try:
        context = ssl.create_default_context()
        if ca_file:
            context.load_verify_locations(ca_file)
    except OSError as error:
        raise ConfigError(f"'{ca_file}' holds no certificates: {error}") from error
    return context
