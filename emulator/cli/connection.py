"""The connection of a command to the control plane of a running server."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any

from emulator.cli.failure import remote_errors
from emulator.cli.option import control_headers
from emulator.cli.remote import CONTROL_PATH, Remote


class ControlPlane:
    """The control plane of a running server.

    Args:
        remote: The server.
    """

    def __init__(self, remote: Remote) -> None:
        self._remote = remote
        self.url = remote.url

    def ask(self, path: str) -> Any:
        """Return the answer to GET of a path, such as ``/journal``.

        Raises:
            ConfigError: The URL is not valid.
            RemoteError: The server gives no answer, refuses, or is of another kind.
        """
        return self._remote.ask(f"{CONTROL_PATH}{path}")

    def send(self, method: str, path: str, value: Any = None) -> Any:
        """Return the answer to another method, with a JSON value as body.

        Raises:
            ConfigError: The URL is not valid.
            RemoteError: The server gives no answer, refuses, or is of another kind.
        """
        return self._remote.send(method, f"{CONTROL_PATH}{path}", value)


@contextmanager
def connected(server: Mapping[str, str]) -> Iterator[ControlPlane]:
    """Yield a control plane; end the command with a message after an error.

    Args:
        server: The values of ``control_options`` or of ``guarded_options``.
    """
    url = server["url"]
    with remote_errors(url):
        headers = control_headers(server.get("workspace", ""), server["control_token"])
        yield ControlPlane(Remote(url, server["ca_file"], headers))
