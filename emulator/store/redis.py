"""The storage engine of several processes: records in Redis or Valkey, 7 or later, no cluster.

Every call is one command or one script (``script.py``), so that it is one atomic step whoever else
is at it. This module alone knows the package ``redis``, and is imported by who wants the engine.
"""

import re
from collections.abc import Iterable, Iterator, Mapping
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
    StateConflict,
    StoreUnavailable,
    Vacant,
)
from emulator.store.record import Key, Record, freeze

if TYPE_CHECKING:
    from redis.commands.core import Script

CONNECT_TIMEOUT = 2.0  # seconds
ANSWER_TIMEOUT = 5.0  # seconds; copying a million records takes two
STAGED_SECONDS = 600  # after which an upload that did not go on is given up
MOST_AT_ONCE = 1000  # records of one step of an upload
LARGEST_AT_ONCE = 1024 * 1024  # bytes of these, unless one alone has more

OLDEST = 7  # Valkey says that it is 7 or later as well

ID = re.compile(r"[A-Za-z0-9._-]+", re.ASCII)
EXPECTED = {Presence.ANY: b"*", Presence.ABSENT: b"!", Presence.PRESENT: b"?"}
FORM = (
    "a Redis URL has the form redis://host:port/number, rediss://host:port/number or "
    "unix:///path/of/socket?db=number, with user:password@ behind the slashes if need be"
)
NUMBER = re.compile(r"[0-9]*", re.ASCII)
OPTIONS = {"redis": set[str](), "rediss": {"ssl_ca_certs"}, "unix": {"db"}}
"""The parameters that a URL of each scheme may have."""
SCHEMES = tuple(f"{scheme}://" for scheme in OPTIONS)

UNUSABLE = (
    exceptions.ConnectionError,
    exceptions.TimeoutError,
    exceptions.ReadOnlyError,
    exceptions.OutOfMemoryError,
    exceptions.NoPermissionError,
    exceptions.MasterDownError,
    exceptions.InvalidResponse,
)
UNUSABLE_CODES = ("BUSY", "MISCONF", "NOREPLICAS")
"""The same, of errors for which ``redis`` has no class."""


class SnapshotLost(StoreUnavailable):
    """The snapshot is not there: it was dropped, or Redis has lost its data."""


def connect(url: str) -> redis.Redis:
    """Return a client of the server at ``url``, which is first spoken to when first used.

    A command is sent once: whether one without an answer was executed is not known.

    Raises:
        ValueError: The URL has another form; the message does not repeat it, since it may hold a
            password.
    """
    if flaw := _find_flaw(url):
        raise ValueError(f"{flaw}: {FORM}")
    return redis.Redis.from_url(
        url,
        protocol=2,
        retry=Retry(NoBackoff(), 0),
        socket_connect_timeout=CONNECT_TIMEOUT,
        socket_timeout=ANSWER_TIMEOUT,
    )


def check(client: redis.Redis) -> None:
    """Look whether a server can hold a store.

    Raises:
        StoreUnavailable: It cannot be used now.
        ValueError: It never can: it is too old, part of a cluster, or has no such database.
    """
    try:
        with reaching():
            about: Any = client.info()
    except exceptions.ResponseError as error:  # such as that there is no database of this number
        raise ValueError(f"the server refuses: {error}") from None
    version = str(about["redis_version"])
    if int(version.partition(".")[0]) < OLDEST:
        raise ValueError(f"the server is Redis {version}; version {OLDEST} is needed, or Valkey")
    if about.get("cluster_enabled"):
        raise ValueError("the server is part of a cluster; one that stands alone is needed")


@contextmanager
def reaching() -> Iterator[None]:
    """Turn the errors of a Redis that cannot be used into ``StoreUnavailable``.

    Raises:
        StoreUnavailable: Redis is not there, does not answer, loads its data, or refuses writes.
    """
    try:
        yield
    except UNUSABLE as error:
        raise StoreUnavailable(f"Redis cannot be used: {error}") from error
    except exceptions.ResponseError as error:
        if not str(error).startswith(UNUSABLE_CODES):
            raise
        raise StoreUnavailable(f"Redis cannot be used: {error}") from error


class RedisStore:
    """A ``Store`` in Redis, the same one for all that have the same prefix.

    Args:
        client: A client that returns bytes, such as ``connect`` gives.
        prefix: How all keys of the content begin; no other one may begin with it.
        snapshots: How those of snapshots begin, the same for all stores that share them.
    """

    def __init__(self, client: redis.Redis, prefix: str, snapshots: str) -> None:
        self._client = client
        self._prefix = prefix
        self._snapshots = snapshots
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
        """See ``Store.scan``; O(log n + count) wherever it begins."""
        behind = () if after is None else (order.encode(after),)
        page = self._run(script.SCAN, collection, order.encode(parent), start, count, *behind)
        records = map(_read, page[1::2], page[2::2])
        return Scan(tuple(records), page[0])

    def count(self, collection: str, parent: Key = ()) -> int:
        """See ``Store.count``."""
        low = order.encode(parent)
        high = b"(" + low + order.BEYOND if parent else b"+"
        found = self._ask("ZLEXCOUNT", f"{self._prefix}order:{collection}", b"[" + low, high)
        return int(found)

    def replace(self, contents: Mapping[str, Iterable[Record]]) -> None:
        """See ``Store.replace``.

        Records are uploaded beside the content, which stays what it was until all are there.
        """
        staged = f"{self._prefix}~{uuid4().hex}:"
        sizes = self._upload(staged, contents)
        _require_complete(self._run(script.REPLACE, staged, *sizes))

    def version(self) -> int:
        """See ``Store.version``; 0 as long as nothing was ever written."""
        return int(self._ask("HGET", f"{self._prefix}meta", "version") or 0)

    def snapshot(self) -> str:
        """Return the id of a snapshot, good in every process; O(1) if nothing has changed since.

        It stays until it was dropped as often as it was returned.
        """
        found: bytes = self._run(script.SNAPSHOT, uuid4().hex)
        return found.decode()

    def restore(self, snapshot: str) -> None:
        """See ``Store.restore``; of the snapshot last taken or restored, by what has changed.

        Raises:
            SnapshotLost: It is not there; nothing was changed.
        """
        if not self._run(script.RESTORE, snapshot):
            raise SnapshotLost(f"snapshot '{snapshot}' is not in Redis any more")

    @contextmanager
    def frozen(self) -> Iterator["RedisStore"]:
        """See ``Store.frozen``; O(n) in Redis.

        The copy expires, so that a process that dies leaves nothing behind.

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
        """Make a snapshot under an id that stands for its contents, unless there is one already.

        Whichever of several processes comes first makes it; together they have taken it once.

        Args:
            snapshot: Letters, digits, dots, hyphens and underscores, such as a digest.
            contents: Records by collection, in any order, whose keys must differ.

        Raises:
            ValueError: The id has other characters.
        """
        if not ID.fullmatch(snapshot):
            raise ValueError(f"'{snapshot}' is no id of a snapshot")
        if self.is_known(snapshot):
            return
        staged = f"{self._snapshots}~{uuid4().hex}:"
        sizes = self._upload(staged, contents)
        _require_complete(self._run(script.PUBLISH, staged, snapshot, *sizes))

    def is_known(self, snapshot: str) -> bool:
        """Return whether a snapshot is there."""
        return bool(self._ask("EXISTS", f"{self._snapshots}{snapshot}:meta"))

    def drop_snapshot(self, snapshot: str) -> bool:
        """Let go of a snapshot, once for each time it was returned; return whether there was one.

        What was restored from it is not touched.
        """
        return bool(self._run(script.DROP_SNAPSHOT, snapshot))

    def drop(self) -> None:
        """Remove all content; snapshots stay."""
        self._run(script.DROP)

    def _write(self, *changes: Change) -> int:
        """Make changes, and return how many records were deleted."""
        arguments = [argument for change in changes for argument in _encode(change)]
        deleted: int = self._run(script.WRITE, *arguments)
        if deleted < 0:
            raise StateConflict
        return deleted

    def _upload(self, place: str, contents: Mapping[str, Iterable[Record]]) -> list[str | int]:
        """Stage records, and return the collections that have any, each with its size."""
        sizes: dict[str, int] = {}
        for name, records in contents.items():
            for chunk in _chunks(records):
                sizes[name] = self._run(script.STAGE, place, name, STAGED_SECONDS, *chunk)
        return [told for pair in sizes.items() for told in pair]

    def _ask(self, *command: str | bytes) -> Any:
        with reaching():
            return self._client.execute_command(*command)  # type: ignore[no-untyped-call]

    def _run(self, text: str, *arguments: str | bytes | int) -> Any:
        if text not in self._scripts:
            self._scripts[text] = self._client.register_script(text)
        with reaching():
            return self._scripts[text]([self._prefix, self._snapshots], arguments)


def _find_flaw(url: str) -> str:
    """Return what keeps a URL from being that of a Redis; empty if nothing does."""
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError:
        port = 0
    if port == 0:
        return "this is no URL, or its port is none"
    if not url.startswith(SCHEMES):
        return "this does not begin with redis://, rediss:// or unix://"
    parameters = parse_qs(parts.query, keep_blank_values=True)
    if not OPTIONS[parts.scheme].issuperset(parameters):
        return "there may be db behind unix://, ssl_ca_certs behind rediss://, and nothing else"
    number = parts.path[1:]
    if parts.scheme == "unix":
        number = parameters.get("db", [""])[0]
        if parts.hostname or not parts.path.strip("/"):
            return "unix:// is followed by the absolute path of a socket"
    elif not parts.hostname or parts.fragment:
        return "there is no host, or a character of the password is not percent-encoded"
    return "" if NUMBER.fullmatch(number) else "the number of the database is none"


def _encode(change: Change) -> tuple[str | bytes, ...]:
    """Return a change as five arguments of the script."""
    match change:
        case Put(collection, record, expected):
            return "put", collection, *_row(record, _expect(expected))
        case Delete(collection, key, expected):
            return "delete", collection, order.encode(key), _expect(expected), b""
        case Require(collection, key, expected):
            return "require", collection, order.encode(key), _expect(expected), b""
        case Vacant(collection, parent):
            return "vacant", collection, order.encode(parent), b"", b""
        case Clear(collection, parent):
            return "clear", collection, order.encode(parent), EXPECTED[Presence.ANY], b""


def _expect(expected: Expected) -> bytes:
    if isinstance(expected, Presence):
        return EXPECTED[expected]
    return b"=" + expected.encode(errors="surrogatepass")


def _row(record: Record, *between: bytes) -> tuple[bytes, ...]:
    """Return the bytes of a record's key, and those that are stored under it."""
    stored = record.state.encode() + b"\n" + orjson.dumps(record.properties, default=dict)
    return order.encode(record.key), *between, stored


def _read(encoded: bytes, stored: bytes) -> Record:
    state, _, properties = stored.partition(b"\n")
    return Record(order.decode(encoded), freeze(orjson.loads(properties)), state.decode())


def _chunks(records: Iterable[Record]) -> Iterator[list[bytes]]:
    """Yield keys and stored bytes in turn, as many at once as one step may take."""
    chunk: list[bytes] = []
    size = 0
    for record in records:
        row = _row(record)
        if chunk and (size + len(row[1]) > LARGEST_AT_ONCE or len(chunk) >= 2 * MOST_AT_ONCE):
            yield chunk
            chunk, size = [], 0
        chunk.extend(row)
        size += len(row[1])
    if chunk:
        yield chunk


def _require_complete(done: int) -> None:
    if not done:
        told = f"an upload took longer than {STAGED_SECONDS} seconds, and is given up"
        raise StoreUnavailable(told)
