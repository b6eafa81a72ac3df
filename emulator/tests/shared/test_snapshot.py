"""Snapshots that are saved by one emulator and known to all."""

from typing import TYPE_CHECKING

import pytest

from emulator.clock import SEEDED_START
from emulator.store import Record
from emulator.store.redis import RedisStore
from emulator.workspace.snapshot import Snapshot

if TYPE_CHECKING:
    import redis

    from emulator.tests.conftest import Pair

SNAPSHOTS = "/__emulator__/snapshots"
LISTS = "/s/-/dw/data/v23_2/inventory_lists"
LIST = f"{LISTS}/my-inventorylist1"


def content(client: "redis.Redis") -> set[bytes]:
    """Return the keys of all that snapshots hold."""
    return set(client.scan_iter("ocapi-emulator:snapshots:*", 1000))


def test_one_saved_by_one_is_restored_by_the_other(pair: "Pair") -> None:
    pair.ask("DELETE", LIST)
    assert pair.ask("PUT", f"{SNAPSHOTS}/without").status_code == 201
    pair.told("POST", "/__emulator__/reset")
    assert pair.ask("GET", LIST).status_code == 200
    pair.told("POST", f"{SNAPSHOTS}/without/restore")
    assert [pair.ask("GET", LIST).status_code for _ in range(2)] == [404, 404]


def test_all_are_listed_by_name_at_both(pair: "Pair") -> None:
    for name in ("b", "ä b", "a"):
        pair.told("PUT", f"{SNAPSHOTS}/{name}")
    names = ["a", "b", "ä b"]
    for _ in range(2):
        assert [shown["name"] for shown in pair.told("GET", SNAPSHOTS)] == names


def test_one_is_replaced_and_deleted(pair: "Pair", redis_client: "redis.Redis") -> None:
    before = content(redis_client)
    pair.ask("DELETE", LIST)
    assert [pair.ask("PUT", f"{SNAPSHOTS}/s").status_code for _ in range(2)] == [201, 200]
    first = content(redis_client)
    pair.ask("PATCH", f"{LISTS}/my-inventorylist2", json={"description": "x"})
    pair.told("PUT", f"{SNAPSHOTS}/s")
    assert len(content(redis_client)) == len(first)
    assert pair.ask("DELETE", f"{SNAPSHOTS}/s").status_code == 204
    assert pair.ask("DELETE", f"{SNAPSHOTS}/s").status_code == 404
    assert content(redis_client) == before


def test_a_fork_is_there_at_both(pair: "Pair") -> None:
    pair.ask("DELETE", LIST)
    pair.told("PUT", f"{SNAPSHOTS}/s")
    assert pair.told("POST", f"{SNAPSHOTS}/s/fork", json={"workspace": "w"})["workspace"] == "w"
    pair.token = pair.emulators[0].token(workspace="w")
    assert [pair.ask("GET", LIST, "w").status_code for _ in range(2)] == [404, 404]
    pair.told("POST", "/__emulator__/reset", "w")
    assert [pair.ask("GET", LIST, "w").status_code for _ in range(2)] == [200, 200]


def test_there_are_a_hundred_at_most(pair: "Pair", redis_client: "redis.Redis") -> None:
    for number in range(100):
        assert pair.ask("PUT", f"{SNAPSHOTS}/{number}").status_code == 201
    pair.ask("DELETE", LIST)
    before = content(redis_client)
    refused = pair.ask("PUT", f"{SNAPSHOTS}/one-more")
    assert refused.status_code == 409
    assert content(redis_client) == before
    assert pair.ask("PUT", f"{SNAPSHOTS}/7").status_code == 200


def test_a_reset_leaves_them(pair: "Pair") -> None:
    pair.told("PUT", f"{SNAPSHOTS}/s")
    pair.told("POST", "/__emulator__/reset")
    assert [shown["name"] for shown in pair.told("GET", SNAPSHOTS)] == ["s"]


@pytest.mark.parametrize("action", ["restore", "fork"])
def test_snapshot_replaced_since_it_was_found_is_restored(
    pair: "Pair", monkeypatch: pytest.MonkeyPatch, action: str
) -> None:
    pair.told("PUT", f"{SNAPSHOTS}/s")
    pair.ask("DELETE", LIST)
    restore, replaced = RedisStore.restore, list[str]()

    def replace_first(store: RedisStore, snapshot: str) -> None:
        if not replaced:
            replaced.append(snapshot)
            pair.told("PUT", f"{SNAPSHOTS}/s")
            assert store.drop_snapshot(snapshot)  # as if no other workspace held the same data
        restore(store, snapshot)

    monkeypatch.setattr(RedisStore, "restore", replace_first)
    pair.told("POST", f"{SNAPSHOTS}/s/{action}", json={"workspace": "default"})
    assert pair.ask("GET", LIST).status_code == 404


def test_snapshot_of_a_freed_workspace_leaves_nothing(
    pair: "Pair", redis_client: "redis.Redis"
) -> None:
    before = content(redis_client)
    gone = pair.emulators[0].workspaces.get("gone")
    pair.emulators[1].workspaces.delete("gone")
    gone.store.put("things", Record.of(("a",), {}))
    gone.snapshots.save(Snapshot("s", SEEDED_START, gone.store.snapshot()))
    assert content(redis_client) == before
