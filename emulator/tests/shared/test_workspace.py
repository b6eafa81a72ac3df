"""Two emulators on one Redis, which is what two machines are: nobody notices which one answers."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, cast

import pytest

from emulator import Emulator

if TYPE_CHECKING:
    import redis

    from emulator.tests.conftest import Pair

Make = Callable[..., "Pair"]

LISTS = "/s/-/dw/data/v23_2/inventory_lists"
LIST = f"{LISTS}/my-inventorylist1"
CONTROL = "/__emulator__"
DEMO = "a" * 30
USED = "ocapi-emulator:used"


def test_a_token_is_good_at_both(pair: "Pair") -> None:
    assert [pair.ask("GET", LISTS).status_code for _ in range(4)] == [200] * 4


def test_each_sees_at_once_what_the_other_has_written(pair: "Pair") -> None:
    for number in range(6):
        text = f"version {number}"
        assert pair.ask("PATCH", LIST, json={"description": text}).status_code == 200
        assert pair.told("GET", LIST)["description"] == text
        assert pair.told("GET", LIST)["description"] == text


def test_an_answer_is_kept_until_anybody_writes(pair: "Pair") -> None:
    first = [pair.ask_one(0, "GET", LIST).json for _ in range(3)]
    pair.ask_one(1, "PATCH", LIST, json={"description": "other"})
    second = pair.ask_one(0, "GET", LIST).json
    pair.ask_one(1, "DELETE", LIST)
    assert first[0] == first[2] != second
    assert pair.ask_one(0, "GET", LIST).status_code == 404


def test_a_clock_frozen_at_one_is_frozen_at_the_other(pair: "Pair") -> None:
    frozen = {"now": "2030-01-01T00:00:00.000Z", "frozen": True}
    at = {"at": "2030-01-01T00:00:00Z"}
    assert pair.told("POST", f"{CONTROL}/clock/freeze", json=at) == frozen
    assert pair.told("GET", f"{CONTROL}/clock") == frozen
    moved = pair.told("POST", f"{CONTROL}/clock/advance", json={"seconds": 1.5})
    assert moved == pair.told("GET", f"{CONTROL}/clock")
    assert moved["now"] == "2030-01-01T00:00:01.500Z"
    assert pair.told("POST", f"{CONTROL}/clock/reset")["frozen"] is False
    assert pair.told("GET", f"{CONTROL}/clock")["frozen"] is False


def test_a_clock_set_at_one_goes_on_at_the_other(pair: "Pair") -> None:
    pair.told("POST", f"{CONTROL}/clock/set", json={"at": "2031-01-01T00:00:00Z"})
    now = pair.told("GET", f"{CONTROL}/clock")
    assert now["now"].startswith("2031-01-01T00:0")
    assert now["frozen"] is False


def test_moves_of_a_clock_at_the_same_time_add_up(pair: "Pair") -> None:
    pair.told("POST", f"{CONTROL}/clock/freeze", json={"at": "2030-01-01T00:00:00Z"})
    clocks = [emulator.workspace.clock for emulator in pair.emulators]
    with ThreadPoolExecutor(8) as pool:
        list(pool.map(lambda n: clocks[n % 2].advance(1), range(40)))
    assert pair.told("GET", f"{CONTROL}/clock")["now"] == "2030-01-01T00:00:40.000Z"


def test_an_old_token_expires_by_the_clock_of_all(pair: "Pair") -> None:
    pair.told("POST", f"{CONTROL}/clock/advance", json={"seconds": 1800})
    assert [pair.ask("GET", LISTS).status_code for _ in range(2)] == [401, 401]


def test_ids_of_a_seed_are_those_of_one_process_in_memory(make_pair: Make) -> None:
    alone = Emulator(fixtures="samples", seed="seven").workspace.clock
    pair = make_pair(seed="seven")
    pair.emulators[0].reset()
    clocks = [emulator.workspace.clock for emulator in pair.emulators]
    drawn = [clocks[n % 2].identifier() for n in (0, 0, 1, 0, 1, 1, 0)]
    assert drawn == [alone.identifier() for _ in drawn]
    pair.emulators[1].reset()
    assert clocks[0].identifier() == drawn[0]
    assert clocks[0].now() == clocks[1].now() == alone.now()


def test_ids_of_a_seed_come_once(make_pair: Make) -> None:
    clocks = [emulator.workspace.clock for emulator in make_pair(seed="seven").emulators]
    with ThreadPoolExecutor(8) as pool:
        drawn = list(pool.map(lambda n: clocks[n % 2].identifier(), range(100)))
    assert len(set(drawn)) == 100


def test_settings_given_to_one_hold_at_the_other(pair: "Pair") -> None:
    assert pair.told("GET", f"{CONTROL}/settings") is None
    entry = {"resource_id": "/inventory_lists/*", "methods": ["get"], "read_attributes": "(id)"}
    document = {"_v": "23.2", "clients": [{"client_id": DEMO, "resources": [entry]}]}
    pair.told("POST", f"{CONTROL}/settings", json=document)
    for _ in range(2):
        assert pair.told("GET", f"{CONTROL}/settings") == document
        assert set(pair.told("GET", LIST)) <= {"_v", "_type", "_resource_state", "id"}
        assert pair.ask("DELETE", LIST).status_code == 403
    pair.ask("DELETE", f"{CONTROL}/settings")
    for _ in range(2):
        assert "default_in_stock" in pair.told("GET", LIST)


def test_a_reset_of_one_is_one_of_the_other(pair: "Pair") -> None:
    before = pair.told("GET", f"{CONTROL}/state")
    pair.ask("DELETE", LIST)
    pair.told("POST", f"{CONTROL}/clock/freeze")
    pair.told("POST", f"{CONTROL}/settings", json={"_v": "23.2", "clients": []})
    pair.told("POST", f"{CONTROL}/failpoints", json={"action": {"status": 418}})
    assert pair.told("POST", f"{CONTROL}/reset") == {"status": "ok", "reset": "fixtures"}
    for _ in range(2):
        assert pair.told("GET", f"{CONTROL}/clock")["frozen"] is False
        assert pair.told("GET", f"{CONTROL}/settings") is None
        assert pair.told("GET", f"{CONTROL}/failpoints") == []
        assert pair.told("GET", f"{CONTROL}/journal/count") == {"count": 0}
        assert pair.told("GET", f"{CONTROL}/state") == before
    assert pair.ask("GET", LIST).status_code == 200


def test_a_reset_to_nothing_keeps_the_clients(pair: "Pair") -> None:
    pair.told("POST", f"{CONTROL}/reset?to=empty")
    for _ in range(2):
        assert pair.told("GET", LISTS)["total"] == 0


def test_a_second_life_goes_on_with_the_state_of_the_first(make_pair: Make) -> None:
    first = make_pair()
    first.ask("DELETE", LIST)
    later = make_pair()
    later.token = first.token
    assert later.ask("GET", LIST).status_code == 404


def test_a_start_with_other_data_than_the_store_has_is_told(
    empty_redis: str, caplog: pytest.LogCaptureFixture
) -> None:
    Emulator(fixtures="samples", store=empty_redis)
    Emulator(fixtures="samples", store=empty_redis)
    assert caplog.messages == []
    other = Emulator(fixtures="storefront", store=empty_redis)
    told = "the store keeps the data of another data set; a reset loads the data set of this server"
    assert caplog.messages == [told]
    other.reset()
    Emulator(fixtures="storefront", store=empty_redis)
    assert caplog.messages == [told]


def test_a_workspace_made_by_one_is_there_at_the_other(pair: "Pair") -> None:
    assert pair.ask("GET", f"{CONTROL}/workspaces/ci-7").status_code == 404
    assert pair.ask("PUT", f"{CONTROL}/workspaces/ci-7", json={"clients": ["c"]}).status_code == 201
    shown = pair.told("GET", f"{CONTROL}/workspaces/ci-7")
    assert (shown["name"], shown["clients"], shown["exchanges"]) == ("ci-7", ["c"], 0)
    assert 0 <= shown["idle"] < 60
    assert names(pair) == ["default", "ci-7"]


def test_what_is_done_in_one_workspace_is_not_seen_in_another(pair: "Pair") -> None:
    pair.token = pair.emulators[0].token(workspace="one")
    pair.ask("DELETE", LIST, "one")
    assert [pair.ask("GET", LIST, "one").status_code for _ in range(2)] == [404, 404]
    pair.token = pair.emulators[0].token(workspace="two")
    assert [pair.ask("GET", LIST, "two").status_code for _ in range(2)] == [200, 200]


def test_clients_assigned_by_one_are_known_to_the_other(pair: "Pair") -> None:
    pair.told("PUT", f"{CONTROL}/workspaces/ci-7", json={"clients": ["c", "d"]})
    asked = [pair.ask("GET", "/items", headers={"Authorization": "", "x-dw-client-id": "c"})]
    asked += [pair.ask("GET", "/items", headers={"Authorization": "", "x-dw-client-id": "c"})]
    assert [answer.status_code for answer in asked] == [200, 200]
    assert pair.told("GET", f"{CONTROL}/journal/count", "ci-7") == {"count": 2}
    pair.told("PUT", f"{CONTROL}/workspaces/ci-8", json={"clients": ["c"]})
    told = {s["name"]: s["clients"] for s in pair.told("GET", f"{CONTROL}/workspaces")}
    assert told == {"default": [], "ci-7": ["d"], "ci-8": ["c"]}


def keys(client: "redis.Redis", name: str) -> list[bytes]:
    return list(client.scan_iter(f"ocapi-emulator:*{name}*", 1000))


def test_a_deleted_workspace_leaves_nothing(pair: "Pair", redis_client: "redis.Redis") -> None:
    pair.told("PUT", f"{CONTROL}/workspaces/ci-7", json={"clients": ["c"]})
    pair.told("PUT", f"{CONTROL}/snapshots/s", "ci-7")
    pair.told("GET", "/items", "ci-7")
    assert keys(redis_client, "ci-7")
    assert pair.ask("DELETE", f"{CONTROL}/workspaces/ci-7").status_code == 204
    assert keys(redis_client, "ci-7") == []
    assert pair.ask("DELETE", f"{CONTROL}/workspaces/ci-7").status_code == 404
    assert pair.told("GET", f"{CONTROL}/journal/count", "ci-7") == {"count": 0}


def test_the_default_workspace_stays(pair: "Pair") -> None:
    assert pair.ask("DELETE", f"{CONTROL}/workspaces/default").status_code == 409


def test_a_workspace_made_again_is_a_new_one_at_both(pair: "Pair") -> None:
    for _ in range(3):
        pair.token = pair.emulators[0].token(workspace="w")
        assert pair.ask("GET", LIST, "w").status_code == 200
        pair.ask("DELETE", LIST, "w")
        pair.ask("DELETE", f"{CONTROL}/workspaces/w")
    pair.token = pair.emulators[0].token(workspace="w")
    assert pair.ask("GET", LIST, "w").status_code == 200


def let_pass(client: "redis.Redis", seconds: float = 60) -> None:
    """Age all workspaces."""
    for name in cast("list[bytes]", client.zrange(USED, 0, -1)):
        client.zincrby(USED, -seconds, name.decode())


def names(pair: "Pair") -> list[str]:
    return [shown["name"] for shown in pair.told("GET", f"{CONTROL}/workspaces")]


def test_least_recently_used_is_evicted(make_pair: Make, redis_client: "redis.Redis") -> None:
    pair = make_pair(workspaces=3)
    for name in ("a", "b", "a", "c", "a"):
        let_pass(redis_client)
        pair.ask("GET", "/items", name)
    assert names(pair) == ["default", "a", "c"]
    assert keys(redis_client, "workspace:b:") == []


def test_looking_at_a_workspace_does_not_use_it(
    make_pair: Make, redis_client: "redis.Redis"
) -> None:
    pair = make_pair(workspaces=3)
    for name in ("a", "b"):
        pair.ask("GET", "/items", name)
    let_pass(redis_client)
    pair.told("GET", f"{CONTROL}/workspaces/a")
    pair.ask("GET", "/items", "c")
    assert names(pair) == ["default", "b", "c"]


def test_recently_used_is_not_evicted(make_pair: Make, redis_client: "redis.Redis") -> None:
    pair = make_pair(workspaces=3)
    for name in ("a", "b"):
        pair.ask("GET", "/items", name)
    let_pass(redis_client, 50)
    before = keys(redis_client, "")
    for refused in (
        pair.ask("GET", "/items", "c"),
        pair.ask("PUT", f"{CONTROL}/workspaces/c"),
    ):
        assert refused.status_code == 503
        assert refused.json is not None
        assert refused.json["detail"].startswith("all 3 workspaces were used within the last 60 ")
    assert sorted(keys(redis_client, "")) == sorted(before)
    assert names(pair) == ["default", "a", "b"]
    let_pass(redis_client, 10)
    assert pair.ask("GET", "/items", "c").status_code == 200


def test_workspaces_made_at_once_are_no_more_than_there_is_room_for(
    make_pair: Make, redis_client: "redis.Redis"
) -> None:
    pair = make_pair(workspaces=4)
    with ThreadPoolExecutor(8) as pool:
        made = pool.map(lambda n: pair.ask_one(n % 2, "GET", "/items", f"w{n}"), range(8))
        assert sorted(answer.status_code for answer in made) == [200] * 3 + [503] * 5
    assert len(names(pair)) == 4
    pair.ask("DELETE", f"{CONTROL}/workspaces/{names(pair)[1]}")
    places = {key.split(b":data:")[0] for key in keys(redis_client, ":data:records:items")}
    assert len(places) == 3


def test_foreign_page_makes_no_workspace(pair: "Pair") -> None:
    headers = {"Host": "w.localhost", "Origin": "http://evil.example"}
    assert [pair.ask("GET", "/items", headers=headers).status_code for _ in range(2)] == [403, 403]
    assert names(pair) == ["default"]
    pair.told("PUT", f"{CONTROL}/workspaces/w")
    assert [pair.ask("GET", "/items", headers=headers).status_code for _ in range(2)] == [200, 200]


def test_foreign_page_sees_the_default_workspace_when_redis_has_lost_it(
    pair: "Pair", redis_client: "redis.Redis"
) -> None:
    redis_client.delete(*keys(redis_client, ""))
    headers = {"Origin": "http://shop.example"}
    assert pair.ask("GET", "/items", headers=headers).status_code == 200


def test_assigned_clients_are_bounded_in_all(pair: "Pair") -> None:
    path = f"{CONTROL}/workspaces"
    pair.told("PUT", f"{path}/a", json={"clients": ["first"]})
    full = [str(number) for number in range(9_999)]
    pair.told("PUT", f"{path}/b", json={"clients": full})
    assert pair.ask("PUT", f"{path}/c", json={"clients": ["one more"]}).status_code == 409
    replaced = pair.told("PUT", f"{path}/b", json={"clients": ["one more", *full[1:]]})
    assert replaced["clients"] == sorted(["one more", *full[1:]])


@pytest.mark.parametrize("name", ["-x", "a b", "x" * 65])
def test_what_is_no_name_is_refused(pair: "Pair", name: str) -> None:
    assert pair.ask("GET", "/items", name).status_code == 400


@pytest.mark.parametrize("name", ["", "-x"])
def test_a_fork_to_what_is_no_name_is_refused(pair: "Pair", name: str) -> None:
    pair.told("PUT", f"{CONTROL}/snapshots/s")
    refused = pair.ask("POST", f"{CONTROL}/snapshots/s/fork", json={"workspace": name})
    assert refused.status_code == 400


def test_workspaces_made_by_both_at_once_are_one(pair: "Pair") -> None:
    with ThreadPoolExecutor(8) as pool:
        asked = pool.map(lambda n: pair.ask_one(n % 2, "GET", "/items", "new"), range(16))
        assert {answer.status_code for answer in asked} == {200}
    assert pair.told("GET", f"{CONTROL}/journal/count", "new") == {"count": 16}


def test_each_draws_the_secret_of_tokens_from_the_same_place(empty_redis: str) -> None:
    first, second = (
        Emulator(fixtures="samples", store=empty_redis),
        Emulator(fixtures="samples", store=empty_redis),
    )
    assert first.workspace.secret == second.workspace.secret
    assert len(first.workspace.secret) == 64
    given = Emulator(fixtures="samples", store=empty_redis, token_key="given")
    assert given.workspace.secret == "given"


def test_parts_of_a_batch_see_what_earlier_ones_have_written(pair: "Pair") -> None:
    path = "/dw/data/v23_2/inventory_lists/my-inventorylist1"
    get = f"--b\nx-dw-http-method: GET\nx-dw-resource-path: {path}\n"
    patch = f"--b\nx-dw-http-method: PATCH\nx-dw-resource-path: {path}\n"
    patch += 'Content-Type: application/json\n\n{"description": "by a part"}\n'
    sent = {"Content-Type": "multipart/mixed; boundary=b"}
    body = f"{get}\n{patch}{get}\n--b--"
    answer = pair.ask("POST", "/s/-/dw/batch", data=body.encode(), headers=sent)
    parts = [line for line in answer.text.split("\n") if line.startswith('{"_v"')]
    assert ["by a part" in part for part in parts] == [False, True, True]
