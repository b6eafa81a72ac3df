"""The storage engine of several processes: records in Redis or Valkey, 7 or later, no cluster.

Every call is one command or one script (``script.py``), and so one atomic step. No other module
imports the package ``redis``, and this module is imported only to use the engine.
"""

import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qs, urlsplit
from uuid import uuid4

import orjson
import redis
from redis import exceptions
from redis.backoff import NoBackoff
from redis.retry import Retry

from emulator.store import order, script
from emulator.store.interface import (
    Change,
    Clear,
    Delete,
    Expected,
    Presence,
    Put,
    Require,
    Scan,
    Size,
    StateConflict,
    StoreUnavailable,
)
from emulator.store.record import Key, Record, freeze

if TYPE_CHECKING:
    from redis.commands.core import Script

CONNECT_TIMEOUT_SECONDS = 2.0
ANSWER_TIMEOUT_SECONDS = 5.0  # copying a million records takes two
STAGED_SECONDS = 600  # life of an upload without progress
UPLOAD_RECORDS = 1000  # of one step of an upload
UPLOAD_BYTES = 1024 * 1024  # of one step of an upload, unless one record has more

MIN_MAJOR_VERSION = 7  # Valkey reports 7 or later, too

SNAPSHOT_ID = re.compile(r"[A-Za-z0-9._-]+", re.ASCII)
EXPECTATION_CODES = {Presence.ANY: b"*", Presence.ABSENT: b"!", Presence.PRESENT: b"?"}
URL_FORM = (
    "a Redis URL has the form redis://host:port/number, rediss://host:port/number or "
    "unix:///path/of/socket?db=number, with user:password@ behind the slashes if need be"
)
DATABASE_NUMBER = re.compile(r"[0-9]*", re.ASCII)
URL_PARAMETERS = {"redis": set[str](), "rediss": {"ssl_ca_certs"}, "unix": {"db"}}
"""The valid parameters of a URL by scheme."""
URL_SCHEMES = tuple(f"{scheme}://" for scheme in URL_PARAMETERS)

UNAVAILABLE_ERRORS = (
    exceptions.ConnectionError,
    exceptions.TimeoutError,
    exceptions.ReadOnlyError,
    exceptions.OutOfMemoryError,
    exceptions.NoPermissionError,
    exceptions.MasterDownError,
    exceptions.InvalidResponse,
)
UNAVAILABLE_CODES = ("BUSY", "MISCONF", "NOREPLICAS")
"""The codes of unavailability without an error class in ``redis``."""


class SnapshotLost(StoreUnavailable):
    """The snapshot does not exist: someone dropped the snapshot, or Redis has lost data."""


def connect(url: str) -> redis.Redis:
    """Return a client of the server at ``url``. The first command makes the connection.

    The client sends a command once. A command without an answer may or may not have been executed.

    Raises:
        ValueError: The URL has another form. The message leaves the URL out, because the URL may
            hold a password.
    """
    if mistake := _find_mistake(url):
        raise ValueError(f"{mistake}: {URL_FORM}")
    return redis.Redis.from_url(
        url,
        protocol=2,
        retry=Retry(NoBackoff(), 0),
        socket_connect_timeout=CONNECT_TIMEOUT_SECONDS,
        socket_timeout=ANSWER_TIMEOUT_SECONDS,
    )


def check(client: redis.Redis) -> None:
    """Check a server: version, databases, and no cluster.

    Raises:
        StoreUnavailable: The server cannot be used now.
        ValueError: The server is too old, is part of a cluster, or has no such database.
    """
    try:
        with reaching():
            about: Any = client.info()
    except exceptions.ResponseError as error:  # such as an unknown number of a database
        raise ValueError(f"the server refuses: {error}") from None
    version = str(about["redis_version"])
    if int(version.partition(".")[0]) < MIN_MAJOR_VERSION:
        raise ValueError(
            f"the server is Redis {version}; version {MIN_MAJOR_VERSION} is needed, or Valkey"
        )
    if about.get("cluster_enabled"):
        raise ValueError("the server is part of a cluster; a single server is needed")


@contextmanager
def reaching() -> Iterator[None]:
    """Turn the errors of an unavailable Redis into ``StoreUnavailable``.

    Raises:
        StoreUnavailable: Redis does not run, does not answer, loads data, or refuses writes.
    """
    try:
        yield
    except UNAVAILABLE_ERRORS as error:
        raise StoreUnavailable(f"Redis cannot be used: {error}") from error
    except exceptions.ResponseError as error:
        if not str(error).startswith(UNAVAILABLE_CODES):
            raise
        raise StoreUnavailable(f"Redis cannot be used: {error}") from error


class RedisStore:
    """A ``Store`` in Redis. Stores with the same prefix have the same content.

    Args:
        client: A client with answers in bytes, such as the client of ``connect``.
        prefix: The begin of all Redis keys of the content, and of no other Redis keys.
        snapshots: The begin of the Redis keys of snapshots, shared by several stores.
        verify: Called after each command; raises ``StoreUnavailable`` if the content is lost.
    """

    def __init__(
        self,
        client: redis.Redis,
        prefix: str,
        snapshots: str,
        verify: Callable[[], object] = lambda: None,
    ) -> None:
        self._client = client
        self._prefix = prefix
        self._snapshots = snapshots
        self._verify = verify
        self._scripts: dict[str, Script] = {}

    def get(self, collection: str, key: Key) -> Record | None:
        """See ``Store.get``."""
        encoded = order.encode(key)
        value = self._ask("HGET", f"{self._prefix}records:{collection}", encoded)
        return None if value is None else _read(encoded, value)

    def put(self, collection: str, record: Record, expected: Expected = Presence.ANY) -> None:
        """See ``Store.put``."""
        self._write(Put(collection, record, expected))

    def delete(self, collection: str, key: Key, expected: Expected = Presence.ANY) -> bool:
        """See ``Store.delete``."""
        return self._write(Delete(collection, key, expected)) > 0

    def apply(self, *changes: Change) -> None:
        """See ``Store.apply``."""
        if changes:
            self._write(*changes)

    def scan(
        self, collection: str, start: int, count: int, parent: Key = (), after: Key | None = None
    ) -> Scan:
        """See ``Store.scan``; O(log n + count) from any start."""
        behind = () if after is None else (order.encode(after),)
        page = self._run(script.SCAN, collection, order.encode(parent), start, count, *behind)
        records = map(_read, page[1::2], page[2::2])
        return Scan(tuple(records), page[0])

    def count(self, collection: str, parent: Key = ()) -> int:
        """See ``Store.count``."""
        low = order.encode(parent)
        high = b"(" + low + order.AFTER_KEYS_BELOW if parent else b"+"
        found = self._ask("ZLEXCOUNT", f"{self._prefix}order:{collection}", b"[" + low, high)
        return int(found)

    def replace(self, contents: Mapping[str, Iterable[Record]]) -> None:
        """See ``Store.replace``.

        The records are uploaded beside the content. The last step puts the upload in its place.
        """
        staged = f"{self._prefix}~{uuid4().hex}:"
        sizes = self._upload(staged, contents)
        _require_complete(self._run(script.REPLACE, staged, *sizes))

    def version(self) -> int:
        """See ``Store.version``; 0 before the first write."""
        return int(self._ask("HGET", f"{self._prefix}meta", "version") or 0)

    def snapshot(self) -> str:
        """Return the id of a snapshot, valid in every process; O(1) without changes since the last.

        A snapshot exists until ``drop_snapshot`` was called as often as the id was returned.
        """
        found: bytes = self._run(script.SNAPSHOT, uuid4().hex)
        return found.decode()

    def restore(self, snapshot: str) -> None:
        """See ``Store.restore``. The last snapshot costs a step for each change since then.

        Raises:
            SnapshotLost: The snapshot does not exist; nothing was changed.
        """
        if not self._run(script.RESTORE, snapshot):
            raise SnapshotLost(f"snapshot '{snapshot}' is not in Redis any more")

    def open_snapshot(self, snapshot: str) -> "RedisStore":
        """See ``Store.open_snapshot``."""
        if not self.is_known(snapshot):
            raise SnapshotLost(f"snapshot '{snapshot}' is not in Redis any more")
        return RedisStore(self._client, f"{self._snapshots}{snapshot}:", self._snapshots)

    @contextmanager
    def frozen(self) -> Iterator["RedisStore"]:
        """See ``Store.frozen``; O(n) in Redis.

        The copy expires, so that a process leaves nothing behind when it dies.

        Raises:
            StoreUnavailable: Redis cannot be used, or the copy has expired before its end.
        """
        copy = RedisStore(self._client, f"{self._prefix}~{uuid4().hex}:", self._snapshots)
        self._run(script.FREEZE, copy._prefix, STAGED_SECONDS)
        try:
            yield copy
            if not copy.version():
                raise StoreUnavailable(f"a copy was read for more than {STAGED_SECONDS} seconds")
        finally:
            copy.drop()

    def load_snapshot(self, snapshot: str, contents: Mapping[str, Iterable[Record]]) -> None:
        """Make a snapshot with a given id, unless the snapshot exists.

        The first of several processes makes the snapshot. Together the processes hold it once.

        Args:
            snapshot: Letters, digits, dots, hyphens and underscores, such as a digest.
            contents: Records by collection, in any order, with different keys.

        Raises:
            ValueError: The id has other characters.
        """
        if not SNAPSHOT_ID.fullmatch(snapshot):
            raise ValueError(
                f"'{snapshot}' is not a valid snapshot id: use letters, digits, dots, hyphens and "
                "underscores"
            )
        if self.is_known(snapshot):
            return
        staged = f"{self._snapshots}~{uuid4().hex}:"
        sizes = self._upload(staged, contents)
        _require_complete(self._run(script.PUBLISH, staged, snapshot, *sizes))

    def is_known(self, snapshot: str) -> bool:
        """Return True if a snapshot exists."""
        return bool(self._ask("EXISTS", f"{self._snapshots}{snapshot}:meta"))

    def drop_snapshot(self, snapshot: str) -> bool:
        """Release a snapshot, once for each return of the id; return whether the snapshot existed.

        Content restored from the snapshot stays.
        """
        return bool(self._run(script.DROP_SNAPSHOT, snapshot))

    def drop(self) -> None:
        """Remove all content; snapshots stay."""
        self._run(script.DROP)

    def _write(self, *changes: Change) -> int:
        """Make changes, and return the number of deleted records."""
        arguments = [argument for change in changes for argument in _encode(change)]
        deleted: int = self._run(script.WRITE, *arguments)
        if deleted < 0:
            raise StateConflict
        return deleted

    def _upload(self, staging: str, contents: Mapping[str, Iterable[Record]]) -> list[str | int]:
        """Stage records, and return the names of collections with records, each with a size."""
        sizes: dict[str, int] = {}
        for name, records in contents.items():
            for chunk in _chunks(records):
                sizes[name] = self._run(script.STAGE, staging, name, STAGED_SECONDS, *chunk)
        return [item for pair in sizes.items() for item in pair]

    def _ask(self, *command: str | bytes) -> Any:
        with reaching():
            answer = self._client.execute_command(*command)  # type: ignore[no-untyped-call]
        self._verify()
        return answer

    def _run(self, text: str, *arguments: str | bytes | int) -> Any:
        if text not in self._scripts:
            self._scripts[text] = self._client.register_script(text)
        with reaching():
            answer = self._scripts[text]([self._prefix, self._snapshots], arguments)
        self._verify()
        return answer


def _find_mistake(url: str) -> str:
    """Return the mistake in the URL of a Redis, or an empty string."""
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError:
        port = 0
    if port == 0:
        return "this is not a URL, or the port is not valid"
    if not url.startswith(URL_SCHEMES):
        return "this does not begin with redis://, rediss:// or unix://"
    parameters = parse_qs(parts.query, keep_blank_values=True)
    if not URL_PARAMETERS[parts.scheme].issuperset(parameters):
        return "unix:// may have the parameter db, rediss:// may have ssl_ca_certs; no others"
    number = parts.path[1:]
    if parts.scheme == "unix":
        number = parameters.get("db", [""])[0]
        if parts.hostname or not parts.path.strip("/"):
            return "unix:// is followed by the absolute path of a socket"
    elif not parts.hostname or parts.fragment:
        return "the host is missing, or a character of the password is not percent-encoded"
    return "" if DATABASE_NUMBER.fullmatch(number) else "the number of the database is not valid"


def _encode(change: Change) -> tuple[str | bytes, ...]:
    """Return a change as five arguments of the script."""
    match change:
        case Put(collection, record, expected):
            return "put", collection, *_row(record, _expect(expected))
        case Delete(collection, key, expected):
            return "delete", collection, order.encode(key), _expect(expected), b""
        case Require(collection, key, expected):
            return "require", collection, order.encode(key), _expect(expected), b""
        case Size(collection, parent, count):
            return "size", collection, order.encode(parent), str(count), b""
        case Clear(collection, parent):
            return "clear", collection, order.encode(parent), EXPECTATION_CODES[Presence.ANY], b""


def _expect(expected: Expected) -> bytes:
    if isinstance(expected, Presence):
        return EXPECTATION_CODES[expected]
    state = expected.state if isinstance(expected, Record) else expected
    return b"=" + state.encode(errors="surrogatepass")


def _row(record: Record, *between: bytes) -> tuple[bytes, ...]:
    """Return the key of a record in bytes, and the stored bytes."""
    stored = record.state.encode() + b"\n" + orjson.dumps(record.properties, default=dict)
    return order.encode(record.key), *between, stored


def _read(encoded: bytes, stored: bytes) -> Record:
    state, _, properties = stored.partition(b"\n")
    return Record(order.decode(encoded), freeze(orjson.loads(properties)), state.decode())


def _chunks(records: Iterable[Record]) -> Iterator[list[bytes]]:
    """Yield chunks of alternating keys and stored bytes, a chunk for each step of an upload."""
    chunk: list[bytes] = []
    size = 0
    for record in records:
        row = _row(record)
        if chunk and (size + len(row[1]) > UPLOAD_BYTES or len(chunk) >= 2 * UPLOAD_RECORDS):
            yield chunk
            chunk, size = [], 0
        chunk.extend(row)
        size += len(row[1])
    if chunk:
        yield chunk


def _require_complete(done: int) -> None:
    if not done:
        raise StoreUnavailable(f"an upload took longer than {STAGED_SECONDS} seconds")
