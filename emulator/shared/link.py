"""A place in Redis, and the scripts that are run there."""

from collections.abc import Sequence
from functools import cache
from typing import Any

from emulator.config import ConfigError, required_extra

with required_extra("redis", "a store in Redis"):
    from emulator.store import redis
    from emulator.store.redis import reaching

ROOT = "ocapi-emulator:"
CONNECTIONS = 1024  # of a process; each of its threads takes one, and one that waits has none

Call = tuple[str, Sequence[str], Sequence[str | bytes]]


def connect(url: str) -> "Place":
    """Return the place of all emulators in the Redis at a URL.

    Raises:
        ConfigError: It is no URL of a Redis, or of one that is too old; the message has nothing
            of the URL.
        StoreUnavailable: Redis cannot be used.
    """
    try:
        client = redis.connect(url)
        redis.check(client)
    except ValueError as error:
        raise ConfigError(f"store: {error}") from None
    client.connection_pool.max_connections = CONNECTIONS
    connections = Connections()
    client.connection_pool.connection_kwargs["redis_connect_func"] = connections.note
    return Place(client, ROOT, connections)


class Connections:
    """Counts the connections that were made.

    A Redis that was restarted may have an older state than the one that was known, with versions
    that will be given again. No request need have failed meanwhile, but a connection was made.
    """

    def __init__(self) -> None:
        self.number = 0

    def note(self, connection: Any) -> None:
        """Greet the server, as the client does by itself, and count."""
        connection.on_connect()
        self.number += 1


class Place:
    """Keys whose names begin alike.

    Args:
        client: What ``emulator.store.redis.connect`` has returned.
        prefix: How the names begin.
        connections: Those of the client.
    """

    def __init__(self, client: Any, prefix: str, connections: Connections) -> None:
        self.client = client
        self.connections = connections
        self.prefix = prefix
        self._script = cache(client.register_script)

    def below(self, *parts: str) -> "Place":
        """Return the place whose names go on with some parts, each closed by a colon."""
        prefix = self.prefix + "".join(f"{part}:" for part in parts)
        return Place(self.client, prefix, self.connections)

    def run(self, script: str, *arguments: str | bytes | float) -> Any:
        """Return what a script returns that is run here.

        Raises:
            StoreUnavailable: Redis cannot be used.
        """
        with reaching():
            return self._script(script)([self.prefix], arguments)

    def run_both(self, first: Call, second: Call) -> tuple[Any, Any]:
        """Return what two scripts return that are run as one step.

        Args:
            first: A script with its keys and arguments.
            second: The one that is run behind it.

        Raises:
            StoreUnavailable: Redis cannot be used; both were run, or none.
        """
        with reaching(), self.client.pipeline() as pipe:
            for text, keys, arguments in (first, second):
                self._script(text)(keys, arguments, client=pipe)
            one, other = pipe.execute()
        return one, other

    def ask(self, command: str, key: str, *arguments: str | bytes | int) -> Any:
        """Return what a command returns about a key that is here.

        Raises:
            StoreUnavailable: Redis cannot be used.
        """
        with reaching():
            return self.client.execute_command(command, self.prefix + key, *arguments)
