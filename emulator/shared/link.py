"""Access to Redis: commands and scripts on keys with a common prefix."""

from collections.abc import Sequence
from functools import cache
from typing import Any

from emulator.config import ConfigError, required_extra

with required_extra("redis", "a store in Redis"):
    from emulator.store import redis
    from emulator.store.redis import reaching

ROOT_PREFIX = "ocapi-emulator:"
MAX_CONNECTIONS = 1024  # of a process: each thread has a connection

Call = tuple[str, Sequence[str], Sequence[str | bytes]]


def connect(url: str) -> "Keyspace":
    """Return the keyspace of all emulators in a Redis; the first command makes the connection.

    Raises:
        ConfigError: The URL is not valid. The message leaves the URL out, since the URL may hold a
            password.
    """
    try:
        client = redis.connect(url)
    except ValueError as error:
        raise ConfigError(f"store: {error}") from None
    client.connection_pool.max_connections = MAX_CONNECTIONS
    connections = Connections()
    client.connection_pool.connection_kwargs["redis_connect_func"] = connections.note
    return Keyspace(client, ROOT_PREFIX, connections)


class Connections:
    """A counter of connections.

    A new connection may lead to a restarted Redis with an older state. There, a known version may
    have other content. So after a new connection, a process forgets everything fetched before.
    """

    def __init__(self) -> None:
        self.number = 0

    def note(self, connection: Any) -> None:
        """Do the handshake of the client, and count the connection."""
        connection.on_connect()
        self.number += 1


class Keyspace:
    """The keys with a common prefix.

    Args:
        client: A client as returned by ``emulator.store.redis.connect``.
        prefix: The prefix.
        connections: The counter of the client's connections.
    """

    def __init__(self, client: Any, prefix: str, connections: Connections) -> None:
        self.client = client
        self.connections = connections
        self.prefix = prefix
        self._script = cache(client.register_script)

    def check(self) -> None:
        """Check the server: version, databases, and no cluster.

        Raises:
            ConfigError: The server is too old, is part of a cluster, or has no such database.
            StoreUnavailable: Redis cannot be used.
        """
        try:
            redis.check(self.client)
        except ValueError as error:
            raise ConfigError(f"store: {error}") from None

    def below(self, *names: str) -> "Keyspace":
        """Return the keys with a longer prefix: each name is followed by a colon."""
        prefix = self.prefix + "".join(f"{name}:" for name in names)
        return Keyspace(self.client, prefix, self.connections)

    def run(self, script: str, *arguments: str | bytes | float) -> Any:
        """Run a script on the prefix; return the result.

        Raises:
            StoreUnavailable: Redis cannot be used.
        """
        with reaching():
            return self._script(script)([self.prefix], arguments)

    def run_both(self, first: Call, second: Call) -> tuple[Any, Any]:
        """Run two scripts in a transaction; return both results.

        Args:
            first: A script with its keys and arguments.
            second: Another script with keys and arguments.

        Raises:
            StoreUnavailable: Redis cannot be used; both scripts were run, or no script.
        """
        with reaching(), self.client.pipeline() as pipe:
            for text, keys, arguments in (first, second):
                self._script(text)(keys, arguments, client=pipe)
            first_result, second_result = pipe.execute()
        return first_result, second_result

    def ask(self, command: str, key: str, *arguments: str | bytes | int) -> Any:
        """Execute a command on a key; return the result.

        Raises:
            StoreUnavailable: Redis cannot be used.
        """
        with reaching():
            return self.client.execute_command(command, self.prefix + key, *arguments)
