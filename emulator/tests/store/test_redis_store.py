"""The store in Redis: what several processes, uploads, restarts and outages ask of it."""

import os
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager
from itertools import count
from socketserver import StreamRequestHandler, ThreadingTCPServer
from threading import Barrier, Event, Thread
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

import pytest
import redis
from hypothesis import given
from hypothesis import strategies as st
from redis import exceptions
from redis.backoff import NoBackoff
from redis.retry import Retry

from emulator.store import (
    Change,
    Clear,
    Delete,
    Expected,
    Key,
    MemoryStore,
    Presence,
    Put,
    Record,
    Require,
    Size,
    StateConflict,
    Store,
    StoreUnavailable,
)
from emulator.store.redis import RedisStore, SnapshotLost, check, connect, reaching
from emulator.tests.table import table

if TYPE_CHECKING:
    from emulator.tests.conftest import Server

ONE = Record.of(("a",), {"id": "a"})
OTHER = Record.of(("a",), {"id": "a", "text": "other"})
TWO = Record.of(("b", "1"), {"id": "1"})
PLACES = count()


@pytest.fixture
def prefix() -> str:
    return f"redis store {next(PLACES)}:"


@pytest.fixture
def store(redis_client: Any, prefix: str) -> RedisStore:
    return RedisStore(redis_client, prefix, f"{prefix}all ")


@pytest.fixture
def neighbour(redis_client: Any, prefix: str) -> RedisStore:
    """Another store that shares snapshots with the first."""
    return RedisStore(redis_client, f"{prefix}next ", f"{prefix}all ")


def things(store: Store) -> tuple[Record, ...]:
    return tuple(store.scan("things", 0, 9999).records)


def numbered(size: int) -> list[Record]:
    return [Record.of((f"{number:05}",), {"number": number}) for number in range(size)]


def keys_below(client: Any, beginning: str) -> list[bytes]:
    return sorted(key for key in client.keys("*") if key.startswith(beginning.encode()))


def calls(client: Any, step: Callable[[], object]) -> dict[str, int]:
    """Return how often each command succeeded in a step, those of scripts among them."""
    client.config_resetstat()
    step()
    found: Mapping[str, Any] = client.info("commandstats")
    told = {n.removeprefix("cmdstat_"): r["calls"] - r["failed_calls"] for n, r in found.items()}
    return {n: times for n, times in told.items() if n not in {"config|resetstat", "script|load"}}


# Records


INTEGERS = st.integers(-(2**63), 2**64 - 1)
SCALARS = st.none() | st.booleans() | INTEGERS | st.floats(allow_nan=False, allow_infinity=False)
VALUES = st.recursive(
    SCALARS | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=3), inner),
    max_leaves=8,
)


def spell(value: Any) -> str:
    """Return a value as a text that tells types and order of members as well."""
    if isinstance(value, MappingProxyType):
        return f"{{{', '.join(f'{name!r}: {spell(value[name])}' for name in value)}}}"
    if isinstance(value, tuple):
        return f"[{', '.join(map(spell, value))}]"
    return f"{type(value).__name__} {value!r}"


@table(
    "value",
    [
        *(2**63 - 1, 2**63, 2**64 - 1, -(2**63), 2**53 + 1, 1, 1.0, True, -0.0, 0.1, 1e300, 5e-324),
        *(
            "",
            "\0",
            "é\u2028😀",
            "\ufeff",
            '"\\\n',
            None,
            {},
            [],
            [[], {}],
            {"b": 1, "a": {"\0": []}},
        ),
    ],
)
def test_a_value_comes_back_as_it_was(store: RedisStore, value: Any) -> None:
    record = Record.of(("a", "\0é"), {"value": value})
    store.put("things", record)
    found = store.get("things", record.key)
    assert found == record
    assert spell(found.properties) == spell(record.properties)
    assert things(store) == (record,)


@given(properties=st.dictionaries(st.text(max_size=3), VALUES, max_size=4))
def test_any_record_comes_back_as_it_was(redis_client: Any, properties: Mapping[str, Any]) -> None:
    store = RedisStore(redis_client, "any record:", "any record, kept:")
    record = Record.of(("a",), properties)
    store.put("things", record)
    found = store.get("things", ("a",))
    assert found == record
    assert spell(found.properties) == spell(record.properties)


def test_an_id_that_no_record_can_have_is_not_found(store: RedisStore) -> None:
    store.put("things", ONE)
    assert store.get("things", ("\ud800",)) is None
    assert store.count("things", ("\ud800",)) == 0
    with pytest.raises(StateConflict):
        store.put("things", OTHER, "\ud800")


def test_a_state_that_goes_on_into_the_record_is_not_its_state(store: RedisStore) -> None:
    store.put("things", ONE)
    for wrong in (ONE.state[:-1], f"{ONE.state}\n", f'{ONE.state}\n{{"id":"a"}}', "*", "?"):
        with pytest.raises(StateConflict):
            store.put("things", OTHER, wrong)


def test_a_scan_of_thousands_has_all_of_them(store: RedisStore) -> None:
    records = numbered(2500)
    store.replace({"things": reversed(records)})
    assert things(store) == tuple(records)
    assert store.scan("things", 999, 1002).records == tuple(records[999:2001])


# Both engines


class Pair:
    """An engine and another, which are told the same and have to answer the same."""

    def __init__(self, client: Any) -> None:
        number = next(PLACES)
        self.model = MemoryStore()
        self.store = RedisStore(client, f"pair {number}:", f"pairs' {number}:")
        self.snapshots: list[tuple[Any, Any]] = []
        self.versions = {self.store.version(): self.content(self.model)}

    def do(self, step: Callable[[Store], Any]) -> None:
        told = [self.outcome(step, store) for store in (self.model, self.store)]
        assert told[0] == told[1]
        content = self.content(self.model)
        assert self.content(self.store) == content
        assert self.versions.setdefault(self.store.version(), content) == content

    def snapshot(self) -> None:
        self.snapshots.append((self.model.snapshot(), self.store.snapshot()))

    def restore(self, number: int) -> None:
        if self.snapshots:
            first, second = self.snapshots[number % len(self.snapshots)]
            self.do(lambda store: store.restore(first if store is self.model else second))

    @staticmethod
    def outcome(step: Callable[[Store], Any], store: Store) -> Any:
        try:
            return step(store)
        except StateConflict:
            return StateConflict

    @staticmethod
    def content(store: Store) -> list[Any]:
        return [store.scan(name, 0, 99) for name in ("one", "two")]


IDS = st.sampled_from(["", "\0", "a", "a\0", "b"])
SOME_KEYS = st.tuples(IDS) | st.tuples(IDS, IDS)
PARENTS = st.just(()) | SOME_KEYS
RECORDS = st.builds(lambda key, text: Record.of(key, {"n": text}), SOME_KEYS, st.integers(0, 2))
EXPECTED: st.SearchStrategy[Expected] = st.sampled_from([*Presence, ONE.state]) | RECORDS.map(
    lambda record: record.state
)
NAMES = st.sampled_from(["one", "two"])
CHANGES = (
    st.builds(Put, NAMES, RECORDS, EXPECTED)
    | st.builds(Delete, NAMES, SOME_KEYS, EXPECTED)
    | st.builds(Require, NAMES, SOME_KEYS, EXPECTED)
    | st.builds(Size, NAMES, PARENTS, st.integers(0, 2))
    | st.builds(Clear, NAMES, PARENTS)
)
SMALL = st.integers(0, 4)
Step = Callable[[Pair], None]


def applying(changes: list[Change]) -> Step:
    return lambda pair: pair.do(lambda store: store.apply(*changes))


def putting(name: str, record: Record, expected: Expected) -> Step:
    return lambda pair: pair.do(lambda store: store.put(name, record, expected))


def deleting(name: str, key: Key, expected: Expected) -> Step:
    return lambda pair: pair.do(lambda store: store.delete(name, key, expected))


def getting(name: str, key: Key) -> Step:
    return lambda pair: pair.do(lambda store: store.get(name, key))


def counting(name: str, parent: Key) -> Step:
    return lambda pair: pair.do(lambda store: store.count(name, parent))


def scanning(name: str, start: int, count: int, parent: Key, after: Key | None) -> Step:
    return lambda pair: pair.do(lambda store: store.scan(name, start, count, parent, after))


def replacing(records: Mapping[str, list[Record]]) -> Step:
    unique = {name: {r.key: r for r in found}.values() for name, found in records.items()}
    return lambda pair: pair.do(lambda store: store.replace(unique))


def restoring(number: int) -> Step:
    return lambda pair: pair.restore(number)


STEPS: st.SearchStrategy[Step] = (
    st.builds(putting, NAMES, RECORDS, st.just(Presence.ANY))
    | st.builds(putting, NAMES, RECORDS, EXPECTED)
    | st.builds(deleting, NAMES, SOME_KEYS, EXPECTED)
    | st.builds(applying, st.lists(CHANGES, max_size=4))
    | st.builds(getting, NAMES, SOME_KEYS)
    | st.builds(counting, NAMES, PARENTS)
    | st.builds(scanning, NAMES, SMALL, SMALL, PARENTS, st.none() | PARENTS)
    | st.builds(replacing, st.dictionaries(NAMES, st.lists(RECORDS, max_size=4)))
    | st.just(Pair.snapshot)
    | st.builds(restoring, SMALL)
)


@given(steps=st.lists(STEPS, max_size=25))
def test_both_engines_answer_the_same_step_by_step(redis_client: Any, steps: list[Step]) -> None:
    pair = Pair(redis_client)
    for step in steps:
        step(pair)


# Snapshots


def test_a_snapshot_of_one_store_is_restored_into_another(
    store: RedisStore, neighbour: RedisStore
) -> None:
    store.replace({"things": [ONE], "others": [TWO]})
    neighbour.replace({"things": [OTHER], "more": [TWO]})
    neighbour.restore(store.snapshot())
    assert things(neighbour) == (ONE,)
    assert (neighbour.count("others"), neighbour.count("more")) == (1, 0)
    neighbour.put("things", OTHER)
    assert things(store) == (ONE,)


def test_stores_of_one_prefix_are_one(redis_client: Any, store: RedisStore, prefix: str) -> None:
    same = RedisStore(redis_client, prefix, f"{prefix}all ")
    snapshot = store.snapshot()
    before = store.version()
    same.put("things", ONE)
    assert things(store) == (ONE,)
    assert store.version() != before
    store.restore(snapshot)
    assert things(same) == ()


def test_a_snapshot_of_what_has_not_changed_is_the_same_one(
    redis_client: Any, store: RedisStore
) -> None:
    store.put("things", ONE)
    first = store.snapshot()
    assert store.snapshot() == first
    assert "copy" not in calls(redis_client, store.snapshot)
    store.put("things", OTHER)
    second = store.snapshot()
    assert second != first
    assert store.snapshot() == second
    for snapshot in (first, second):
        store.restore(snapshot)
        assert store.snapshot() == snapshot
        store.put("things", TWO)
        store.restore(snapshot)
        assert store.snapshot() == snapshot


@pytest.mark.parametrize("size", [5, 3000])
def test_restoring_costs_what_was_changed_and_not_what_is_there(
    redis_client: Any, store: RedisStore, size: int
) -> None:
    records = numbered(size)
    store.replace({"things": records, "others": records})
    snapshot = store.snapshot()
    store.put("things", Record.of(records[0].key, {}))
    store.delete("things", records[1].key)
    store.put("things", ONE)
    met = calls(redis_client, lambda: store.restore(snapshot))
    assert things(store) == tuple(records)
    assert "copy" not in met
    # By three keys: look, then write record and rank, or remove them; the rest is about the store.
    assert (met["hget"], met["zadd"], met["hdel"], met["zrem"]) == (4, 2, 1, 1)
    assert sum(met.values()) < 30


def test_restoring_another_snapshot_copies_on_the_server(
    redis_client: Any, store: RedisStore
) -> None:
    store.replace({"things": numbered(3000)})
    first = store.snapshot()
    store.put("things", ONE)
    store.snapshot()
    met = calls(redis_client, lambda: store.restore(first))
    assert (met["copy"], met["evalsha"]) == (2, 1)
    assert sum(met.values()) < 30
    assert len(things(store)) == 3000


def test_without_a_snapshot_no_changes_are_kept_in_mind(
    redis_client: Any, store: RedisStore, prefix: str
) -> None:
    store.apply(Put("things", ONE), Put("things", TWO), Delete("things", ONE.key))
    assert keys_below(redis_client, f"{prefix}changed") == []
    store.snapshot()
    store.put("things", ONE)
    assert len(keys_below(redis_client, f"{prefix}changed")) == 2


def test_a_snapshot_stays_until_it_was_dropped_as_often_as_it_was_taken(store: RedisStore) -> None:
    store.put("things", ONE)
    snapshot = store.snapshot()
    assert store.snapshot() == snapshot
    assert store.drop_snapshot(snapshot)
    assert store.is_known(snapshot)
    assert store.drop_snapshot(snapshot)
    assert not store.is_known(snapshot)
    assert not store.drop_snapshot(snapshot)


def test_a_snapshot_that_was_dropped_cannot_be_restored_and_changes_nothing(
    store: RedisStore,
) -> None:
    store.put("things", ONE)
    snapshot = store.snapshot()
    store.drop_snapshot(snapshot)
    store.put("things", TWO)
    with pytest.raises(SnapshotLost, match=snapshot):
        store.restore(snapshot)
    assert things(store) == (ONE, TWO)
    again = store.snapshot()
    assert again != snapshot
    store.delete("things", TWO.key)
    store.restore(again)
    assert things(store) == (ONE, TWO)


def test_what_has_not_changed_since_a_snapshot_that_was_dropped_is_copied_anew(
    store: RedisStore,
) -> None:
    store.put("things", ONE)
    dropped = store.snapshot()
    store.drop_snapshot(dropped)
    again = store.snapshot()
    store.delete("things", ONE.key)
    store.restore(again)
    assert things(store) == (ONE,)


def test_a_named_snapshot_is_made_once(store: RedisStore) -> None:
    assert not store.is_known("digest")
    store.load_snapshot("digest", {"things": [ONE], "none": []})
    store.load_snapshot("digest", {"things": [OTHER]})
    assert store.is_known("digest")
    assert things(store) == ()
    store.restore("digest")
    assert things(store) == (ONE,)
    assert store.snapshot() == "digest"


def test_who_makes_a_named_snapshot_too_late_leaves_it_and_nothing_else(
    redis_client: Any, store: RedisStore, prefix: str
) -> None:
    def overtaken() -> Iterator[Record]:
        yield OTHER
        store.load_snapshot("digest", {"things": [ONE]})
        store.restore("digest")
        assert store.snapshot() == "digest"

    store.load_snapshot("digest", {"things": overtaken()})
    store.restore("digest")
    assert things(store) == (ONE,)
    assert keys_below(redis_client, f"{prefix}all ~") == []
    store.drop_snapshot("digest")
    assert store.is_known("digest")


def test_of_simultaneous_makers_of_a_named_snapshot_all_get_the_whole(
    redis_client: Any, store: RedisStore, prefix: str
) -> None:
    start = Barrier(8)

    def make(_: int) -> tuple[Record, ...]:
        start.wait()
        mine = RedisStore(redis_client, f"{prefix}{next(PLACES)}:", f"{prefix}all ")
        mine.load_snapshot("digest", {"things": numbered(1500)})
        mine.restore("digest")
        return things(mine)

    with ThreadPoolExecutor(8) as pool:
        assert list(pool.map(make, range(8))) == 8 * [tuple(numbered(1500))]
    assert store.drop_snapshot("digest")
    assert keys_below(redis_client, f"{prefix}all ") == []


@pytest.mark.parametrize("wrong", ["", "a:b", "a b", "~a", "é", "a\n"])
def test_a_name_of_a_snapshot_has_letters_and_digits(store: RedisStore, wrong: str) -> None:
    with pytest.raises(ValueError, match="not a valid snapshot id"):
        store.load_snapshot(wrong, {})


def test_nothing_remains_of_what_is_dropped(
    redis_client: Any, store: RedisStore, neighbour: RedisStore, prefix: str
) -> None:
    for each in (store, neighbour):
        each.replace({"things": [ONE], "others": [TWO]})
    snapshot = store.snapshot()
    store.apply(Put("things", OTHER), Put("more", ONE), Delete("others", TWO.key))
    neighbour.drop()
    assert keys_below(redis_client, f"{prefix}next ") == []
    assert (neighbour.version(), things(neighbour)) == (0, ())
    store.drop()
    kept = keys_below(redis_client, prefix)
    assert kept == keys_below(redis_client, f"{prefix}all ") != []
    store.drop_snapshot(snapshot)
    assert keys_below(redis_client, prefix) == []


def test_a_version_does_not_come_again_after_all_was_dropped(store: RedisStore) -> None:
    met = set()
    for _ in range(3):
        store.put("things", ONE)
        store.put("things", TWO)
        met.add(store.version())
        store.drop()
    assert len(met) == 3


@pytest.mark.parametrize(
    "step",
    [
        lambda store: store.delete("things", ("x",)),
        lambda store: store.apply(Require("things", ("a",), Presence.PRESENT)),
        lambda store: store.apply(),
        lambda store: store.snapshot(),
        lambda store: store.scan("things", 0, 9),
    ],
)
def test_what_changes_nothing_leaves_the_version(
    store: RedisStore, step: Callable[[Store], object]
) -> None:
    store.put("things", ONE)
    before = store.version()
    step(store)
    assert store.version() == before


# Processes

INCREMENT = """
import sys
from emulator.store import Presence, Record, retry_on_conflict
from emulator.store.redis import RedisStore, connect

client = connect(sys.argv[1])
store = RedisStore(client, sys.argv[2], sys.argv[2])

def step():
    found = store.get("counters", ("a",))
    count = found.properties["count"] + 1 if found else 1
    expected = found.state if found else Presence.ABSENT
    store.put("counters", Record.of(("a",), {"count": count}), expected)

print("ready", flush=True)
sys.stdin.readline()
for _ in range(50):
    retry_on_conflict(step)
"""


@contextmanager
def counting_up(server: "Server", prefix: str) -> Iterator[Any]:
    """Start a process that counts up when it is told to go, and end it."""
    command = [sys.executable, "-c", INCREMENT, server.url, prefix]
    pipes: Any = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE, "text": True}
    with subprocess.Popen(command, **pipes) as process:  # noqa: S603 - of our own making
        try:
            yield process
        finally:
            process.kill()


def test_processes_that_collide_lose_nothing_of_each_other(
    redis_server: "Server", store: RedisStore, prefix: str
) -> None:
    with ExitStack() as stack:
        processes = [stack.enter_context(counting_up(redis_server, prefix)) for _ in range(3)]
        assert [process.stdout.readline() for process in processes] == 3 * ["ready\n"]
        assert [process.communicate("go\n", 60)[0] for process in processes] == 3 * [""]
        assert [process.returncode for process in processes] == [0, 0, 0]
    found = store.get("counters", ("a",))
    assert found is not None
    assert found.properties == {"count": 150}


# Uploads


class KilledError(Exception):
    pass


def until_killed(records: list[Record]) -> Iterator[Record]:
    yield from records
    raise KilledError


def test_an_upload_that_was_killed_leaves_the_content_and_expires(
    redis_client: Any, store: RedisStore, prefix: str
) -> None:
    store.replace({"things": [ONE], "others": [TWO]})
    before, version = keys_below(redis_client, prefix), store.version()
    with pytest.raises(KilledError):
        store.replace({"others": [], "things": until_killed(numbered(2500))})
    assert (things(store), store.count("others"), store.version()) == ((ONE,), 1, version)
    staged = set(keys_below(redis_client, prefix)) - set(before)
    assert len(staged) == 2
    assert all(0 < redis_client.ttl(key) <= 600 for key in staged)
    assert all(redis_client.ttl(key) == -1 for key in before)


def test_a_snapshot_whose_upload_was_killed_is_not_there(store: RedisStore) -> None:
    with pytest.raises(KilledError):
        store.load_snapshot("digest", {"things": until_killed(numbered(1500))})
    assert not store.is_known("digest")
    store.load_snapshot("digest", {"things": [ONE]})
    store.restore("digest")
    assert things(store) == (ONE,)


def test_content_is_what_it_was_until_all_is_uploaded(
    redis_client: Any, store: RedisStore, prefix: str
) -> None:
    store.replace({"things": [ONE], "others": [TWO]})
    seen = []

    def watched() -> Iterator[Record]:
        yield from numbered(2500)
        seen.append((things(store), store.count("others")))

    store.replace({"things": watched()})
    assert seen == [((ONE,), 1)]
    assert (len(things(store)), store.count("others")) == (2500, 0)
    assert all(redis_client.ttl(key) == -1 for key in keys_below(redis_client, prefix))


@pytest.mark.parametrize("part", ["", "records:others", "order:others", "records:things"])
def test_an_upload_of_which_a_part_has_expired_changes_nothing(
    redis_client: Any, store: RedisStore, prefix: str, part: str
) -> None:
    store.replace({"things": [ONE]})

    def expiring() -> Iterator[Record]:
        yield from numbered(1500)
        staged = keys_below(redis_client, f"{prefix}~")
        redis_client.delete(*(key for key in staged if part.encode() in key))

    with pytest.raises(StoreUnavailable, match="600 seconds"):
        store.replace({"things": numbered(5), "others": expiring(), "last": [ONE]})
    assert things(store) == (ONE,)


def test_frozen_copy_expires_and_leaves_nothing(
    store: RedisStore, redis_client: Any, prefix: str
) -> None:
    store.put("things", ONE)
    before = keys_below(redis_client, prefix)
    with store.frozen():
        added = set(keys_below(redis_client, prefix)) - set(before)
        assert len(added) == 4
        assert all(0 < redis_client.ttl(key) <= 600 for key in added)
    assert keys_below(redis_client, prefix) == before


def test_frozen_copy_that_has_expired_is_not_taken_for_content(
    store: RedisStore, redis_client: Any, prefix: str
) -> None:
    store.put("things", ONE)
    with pytest.raises(StoreUnavailable, match="read for more than 600 seconds"), store.frozen():
        redis_client.delete(*redis_client.keys(f"{prefix}~*"))


def test_a_snapshot_whose_upload_has_expired_is_not_there(
    redis_client: Any, store: RedisStore, prefix: str
) -> None:
    def expiring() -> Iterator[Record]:
        yield ONE
        redis_client.delete(*keys_below(redis_client, f"{prefix}all ~"))

    with pytest.raises(StoreUnavailable, match="600 seconds"):
        store.load_snapshot("digest", {"things": numbered(5), "others": expiring()})
    assert not store.is_known("digest")


def test_large_records_are_uploaded_in_several_steps(redis_client: Any, store: RedisStore) -> None:
    large = [Record.of((f"{number}",), {"text": "x" * 700_000}) for number in range(4)]
    met = calls(redis_client, lambda: store.replace({"things": large}))
    assert met["evalsha"] == 5
    assert store.count("things") == 4


# Outages

METHODS: dict[str, Callable[[RedisStore], object]] = {
    "get": lambda store: store.get("things", ("a",)),
    "put": lambda store: store.put("things", ONE),
    "delete": lambda store: store.delete("things", ("a",)),
    "apply": lambda store: store.apply(Put("things", ONE)),
    "scan": lambda store: store.scan("things", 0, 9),
    "count": lambda store: store.count("things"),
    "replace": lambda store: store.replace({"things": [ONE]}),
    "version": lambda store: store.version(),
    "snapshot": lambda store: store.snapshot(),
    "restore": lambda store: store.restore("x"),
    "load_snapshot": lambda store: store.load_snapshot("x", {"things": [ONE]}),
    "is_known": lambda store: store.is_known("x"),
    "drop_snapshot": lambda store: store.drop_snapshot("x"),
    "drop": lambda store: store.drop(),
}


def test_scripts_that_the_server_has_forgotten_are_told_again(
    redis_client: Any, store: RedisStore
) -> None:
    store.put("things", ONE)
    redis_client.script_flush()
    store.put("things", TWO)
    assert things(store) == (ONE, TWO)


def test_a_store_serves_again_once_its_server_does(own_redis_server: "Server") -> None:
    with connect(own_redis_server.url) as client:
        store = RedisStore(client, "live:", "kept:")
        store.put("things", ONE)
        version = store.version()
        for _ in range(2):
            own_redis_server.stop()
            for name, method in METHODS.items():
                with pytest.raises(StoreUnavailable, match="Redis cannot be used"):
                    print(name, method(store))  # noqa: T201 - told where it does not raise
            own_redis_server.start()
            assert things(store) == ()
            with pytest.raises(SnapshotLost):
                store.restore("x")
            store.put("things", ONE)
            assert things(store) == (ONE,)
            assert store.version() > version


def test_writers_whose_server_is_killed_are_told_and_go_on_when_it_is_back(
    own_redis_server: "Server",
) -> None:
    lost, back = Event(), Event()

    def write(number: int) -> None:
        is_last = False
        while not is_last:
            is_last = back.is_set()
            try:
                written.put("things", Record.of((f"{number}",), {}))
            except StoreUnavailable:
                lost.set()

    with connect(own_redis_server.url) as client, ThreadPoolExecutor(4) as pool:
        written = RedisStore(client, "live:", "kept:")
        writing = [pool.submit(write, number) for number in range(4)]
        own_redis_server.stop()
        is_told = lost.wait(30)
        own_redis_server.start()
        back.set()
        for writer in writing:
            writer.result(30)
        assert is_told
        assert len(things(written)) == 4


def test_a_late_answer_is_not_taken_for_that_of_another_question(
    own_redis_server: "Server",
) -> None:
    assert own_redis_server.process is not None
    options: Any = {"socket_timeout": 0.5, "retry": Retry(NoBackoff(), 0)}
    with redis.Redis.from_url(own_redis_server.url, **options) as client:
        store = RedisStore(client, "live:", "kept:")
        store.put("things", ONE)
        os.kill(own_redis_server.process.pid, signal.SIGSTOP)
        try:
            with pytest.raises(StoreUnavailable, match="Timeout"):
                store.get("things", ("a",))
        finally:
            os.kill(own_redis_server.process.pid, signal.SIGCONT)
        with connect(own_redis_server.url) as patient:
            patient.ping()
        assert store.count("things") == 1
        assert things(store) == (ONE,)


def test_a_server_that_may_not_be_written_is_unavailable_for_writes_alone(
    own_redis_server: "Server",
) -> None:
    with connect(own_redis_server.url) as client:
        store = RedisStore(client, "live:", "kept:")
        store.put("things", ONE)
        client.replicaof("127.0.0.1", "1")
        with pytest.raises(StoreUnavailable, match="read only"):
            store.put("things", TWO)
        assert things(store) == (ONE,)
        client.replicaof("NO", "ONE")
        store.put("things", TWO)


def test_a_server_without_memory_makes_all_changes_or_none(
    own_redis_server: "Server",
) -> None:
    with connect(own_redis_server.url) as client:
        store = RedisStore(client, "live:", "kept:")
        store.put("things", ONE)
        client.config_set("maxmemory", "1")
        with pytest.raises(StoreUnavailable, match="maxmemory"):
            store.apply(Put("things", TWO), Delete("things", ONE.key))
        assert things(store) == (ONE,)
        store.apply(Delete("things", ONE.key), Put("things", TWO))
        assert things(store) == (TWO,)


@pytest.mark.parametrize(
    "error",
    [
        exceptions.ConnectionError("Connection refused"),
        exceptions.TimeoutError("Timeout reading from socket"),
        exceptions.BusyLoadingError("Redis is loading the dataset in memory"),
        exceptions.ReadOnlyError("You can't write against a read only replica."),
        exceptions.AuthenticationError("invalid username-password pair or user is disabled."),
        exceptions.ResponseError("MISCONF Redis is configured to save RDB snapshots"),
        exceptions.ResponseError("BUSY Redis is busy running a script."),
        exceptions.ResponseError("NOREPLICAS Not enough good replicas to write."),
    ],
    ids=lambda error: str(error).split()[0],
)
def test_errors_of_a_server_that_cannot_be_used_mean_it_is_unavailable(error: Exception) -> None:
    with pytest.raises(StoreUnavailable, match="Redis cannot be used") as caught, reaching():
        raise error
    assert caught.value.__cause__ is error


def test_what_is_no_redis_is_unavailable() -> None:
    with serving(Stranger) as server, connect(address(server)) as client:
        store = RedisStore(client, "live:", "kept:")
        with pytest.raises(StoreUnavailable, match="Redis cannot be used"):
            store.get("things", ("a",))


def test_a_server_that_stands_alone_can_hold_a_store(redis_client: Any) -> None:
    check(redis_client)


def test_a_server_that_is_gone_is_told_by_the_check(own_redis_server: "Server") -> None:
    own_redis_server.stop()
    with connect(own_redis_server.url) as client, pytest.raises(StoreUnavailable):
        check(client)


def test_a_server_of_a_cluster_is_refused(own_redis_server: "Server") -> None:
    own_redis_server.stop()
    own_redis_server.start("--cluster-enabled", "yes", "--cluster-port", "1")
    with connect(own_redis_server.url) as client, pytest.raises(ValueError, match="cluster"):
        check(client)


def test_an_old_server_is_refused(redis_client: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(redis_client, "info", lambda: {"redis_version": "6.2.14"})
    with pytest.raises(ValueError, match=r"is Redis 6\.2\.14; version 7 is needed"):
        check(redis_client)


def test_any_other_error_is_one_of_the_program(
    redis_client: Any, store: RedisStore, prefix: str
) -> None:
    redis_client.set(f"{prefix}records:things", "no hash")
    with pytest.raises(exceptions.ResponseError, match="WRONGTYPE"):
        store.get("things", ("a",))


class Deaf(StreamRequestHandler):
    """Takes commands of RESP, and goes away without an answer when a script comes."""

    def handle(self) -> None:
        commands = self.server.commands  # type: ignore[attr-defined]
        while head := self.rfile.readline():
            words = [self.read_word() for _ in range(int(head[1:]))]
            commands.append(words[0].upper())
            if words[0].upper().startswith(b"EVAL"):
                return
            self.wfile.write(b"+OK\r\n")

    def read_word(self) -> bytes:
        return self.rfile.read(int(self.rfile.readline()[1:]) + 2)[:-2]


class Stranger(StreamRequestHandler):
    """Speaks another protocol."""

    def handle(self) -> None:
        self.rfile.readline()
        self.wfile.write(b"HTTP/1.1 400 Bad Request\r\n\r\n")


class Listener(ThreadingTCPServer):
    """Keeps the names of the commands that were sent to it."""

    commands: list[bytes]


@contextmanager
def serving(handler: type[StreamRequestHandler]) -> Iterator[Listener]:
    with Listener(("127.0.0.1", 0), handler) as server:
        server.commands = []
        thread = Thread(target=server.serve_forever, args=(0.01,))
        thread.start()
        try:
            yield server
        finally:
            server.shutdown()
            thread.join()


def address(server: Listener) -> str:
    return f"redis://127.0.0.1:{server.server_address[1]}"


def test_a_write_is_sent_once() -> None:
    with serving(Deaf) as server, connect(address(server)) as client:
        store = RedisStore(client, "live:", "kept:")
        with pytest.raises(StoreUnavailable):
            store.put("things", ONE)
    assert server.commands.count(b"EVALSHA") == 1


# URLs


@table(
    ("url", "told"),
    [
        ("redis://localhost", {"host": "localhost"}),
        ("redis://localhost:7000/3", {"host": "localhost", "port": 7000, "db": 3}),
        ("redis://localhost/", {"host": "localhost"}),
        ("redis://[::1]:7000", {"host": "::1", "port": 7000}),
        ("redis://me:s%23t@host", {"host": "host", "username": "me", "password": "s#t"}),
        ("rediss://host?ssl_ca_certs=ca.pem", {"host": "host", "ssl_ca_certs": "ca.pem"}),
        ("unix:///run/redis.sock", {"path": "/run/redis.sock"}),
        ("unix://:secret@/run/redis.sock?db=2", {"path": "/run/redis.sock", "db": 2}),
    ],
)
def test_a_url_says_where_the_server_is(url: str, told: Mapping[str, Any]) -> None:
    with connect(url) as client:
        options = client.connection_pool.connection_kwargs
        assert {name: options[name] for name in told} == told
        assert 0 < options["socket_connect_timeout"] <= options["socket_timeout"] <= 5


@table(
    ("url", "why"),
    [
        ("", "does not begin with redis://"),
        ("localhost:6379", "does not begin with redis://"),
        ("http://:s3cret@localhost", "does not begin with redis://"),
        ("redis://", "the host is missing"),
        ("redis:localhost", "does not begin with redis://"),
        ("REDIS://localhost", "does not begin with redis://"),
        ("redis://:s3cret@", "the host is missing"),
        ("redis://:s3cret#x@localhost:6379/0", "not percent-encoded|the port is not valid"),
        ("redis://:s3cret/x@localhost:6379/0", "not percent-encoded|the port is not valid"),
        ("redis://localhost:s3cret", "the port is not valid"),
        ("redis://localhost:99999", "the port is not valid"),
        ("redis://localhost:0", "the port is not valid"),
        ("redis://[s3cret", "not a URL"),
        ("redis://localhost/s3cret", "number of the database"),
        ("redis://localhost/1/2", "number of the database"),
        ("redis://localhost/-1", "number of the database"),
        ("redis://localhost?socket_timeout=s3cret", "no others"),
        ("redis://localhost:12?s3cret@localhost", "no others"),
        ("redis://localhost?db=1", "no others"),
        ("unix://run/redis.sock", "absolute path of a socket"),
        ("unix:///", "absolute path of a socket"),
        ("unix:///run/redis.sock?db=s3cret", "number of the database"),
    ],
)
def test_another_url_is_refused_with_the_form_and_without_its_password(url: str, why: str) -> None:
    with pytest.raises(ValueError, match=why) as caught:
        connect(url)
    assert "redis://host:port/number" in str(caught.value)
    assert "s3cret" not in str(caught.value)
