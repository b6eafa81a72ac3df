"""A served emulator with the names of a real instance, and questions about its state."""

import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import requests

HOST_NAME = "dev01-shop-example.demandware.net"
ACCOUNT_MANAGER = "account.demandware.com"
CLIENT_ID = CLIENT_SECRET = "a" * 30
LOGIN, PASSWORD = "admin", "Secret:123"
DATA_PATH = "/s/-/dw/data/v23_2"
WEBDAV_PATH = "/on/demandware.servlet/webdav/Sites"
ANSWER_TIMEOUT_SECONDS = 10
END_TIMEOUT_SECONDS = 10
LISTENING = "listening on "


class Instance:
    """A running emulator.

    Args:
        url: Its base URL, with https.
        ca_file: The CA certificate to verify it with.
    """

    def __init__(self, url: str, ca_file: Path) -> None:
        self.url = url
        self.ca_file = ca_file
        self.port = urlsplit(url).port or 443
        self._session = requests.Session()
        self._session.verify = str(ca_file)
        self._session.trust_env = False

    def data(self, path: str) -> Any:
        """Return the answer of the Data API to GET, also if it is a fault."""
        return self.ask("GET", f"{DATA_PATH}{path}", headers=self._authorization()).json()

    def find(self, path: str, field: str, value: str) -> list[Any]:
        """Return the hits of a search for a value of a field."""
        query = {"term_query": {"fields": [field], "operator": "is", "values": [value]}}
        answer = self.ask(
            "POST",
            f"{DATA_PATH}{path}",
            headers=self._authorization(),
            json={"query": query, "select": "(**)"},
        )
        hits: list[Any] = answer.json().get("hits", [])
        return hits

    def exists(self, path: str) -> bool:
        """Return whether the Data API has a document."""
        answer = self.ask("GET", f"{DATA_PATH}{path}", headers=self._authorization())
        return bool(answer.status_code == requests.codes.ok)

    def file(self, path: str) -> bytes | None:
        """Return a file of WebDAV, or None."""
        answer = self.ask("GET", f"{WEBDAV_PATH}{path}", auth=(LOGIN, PASSWORD))
        return answer.content if answer.status_code == requests.codes.ok else None

    def write(self, path: str, content: bytes) -> None:
        """Write a file by WebDAV."""
        answer = self.ask("PUT", f"{WEBDAV_PATH}{path}", auth=(LOGIN, PASSWORD), data=content)
        answer.raise_for_status()

    def reset(self) -> None:
        """Restore the first state."""
        self.control("POST", "/reset")

    def complaints(self) -> list[str]:
        """Return the requests for missing operations, and the answers of 5xx, since the reset."""
        shown = self.control("GET", "/workspaces/default")
        return [*shown["unserved"], *shown["server_errors"]]

    def control(self, method: str, path: str, body: object = None) -> Any:
        """Return the answer of the control plane."""
        answer = self.ask(method, f"/__emulator__{path}", json=body)
        answer.raise_for_status()
        return answer.json()

    def ask(self, method: str, path: str, **options: Any) -> requests.Response:
        """Send a request."""
        url = f"{self.url}{path}"
        return self._session.request(method, url, timeout=ANSWER_TIMEOUT_SECONDS, **options)

    def _authorization(self) -> dict[str, str]:
        form = {"grant_type": "client_credentials"}
        pair = (CLIENT_ID, CLIENT_SECRET)
        granted = self.ask("POST", "/dwsso/oauth2/access_token", data=form, auth=pair).json()
        return {"Authorization": f"Bearer {granted['access_token']}"}


@contextmanager
def serve() -> Iterator[Instance]:
    """Serve https on a free port, with the names of an instance and of Account Manager."""
    program = [sys.executable, "-m", "emulator"]
    names = f"{HOST_NAME},{ACCOUNT_MANAGER}"
    options = ["--port", "0", "--log", "none", "--tls", "--tls-name", names]
    command = [*program, "serve", *options]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True, env=_environment()) as served:
        try:
            if served.stdout is None or LISTENING not in (line := served.stdout.readline()):
                sys.exit("clients: the emulator did not start")
            ca = subprocess.run([*program, "ca"], check=True, capture_output=True, text=True)
            yield Instance(line.partition(LISTENING)[2].strip(), Path(ca.stdout.split("\n")[0]))
        finally:
            served.terminate()
            served.wait(END_TIMEOUT_SECONDS)


def _environment() -> dict[str, str]:
    """Return the environment without the variables of the emulator."""
    return {k: v for k, v in os.environ.items() if not k.startswith("OCAPI_EMULATOR_")}
