"""Answers that are kept are those that an emulator without them would make."""

from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from werkzeug.test import Client, TestResponse

from emulator import Emulator
from emulator.front_door import FrontDoor
from emulator.ocapi.access import permission
from emulator.ocapi.cache import AnswerCache

SCOPE = "/s/-/dw/data/v23_2"
ONE = f"{SCOPE}/inventory_lists/my-inventorylist1"
SAMPLES = "samples"


def cache_of(emulator: Emulator) -> Any:
    door = emulator.app.wsgi_app
    assert isinstance(door, FrontDoor)
    cache = door.default.application
    assert isinstance(cache, AnswerCache)
    return cache


def without_cache(emulator: Emulator) -> FrontDoor:
    """Return the application of an emulator that makes each answer anew."""
    door: Any = emulator.app.wsgi_app
    plain = replace(door.default, application=cache_of(emulator).application)
    others = {family.name: family for family in door.families.values()}
    families = [plain, *(family for name, family in others.items() if name != plain.name)]
    return FrontDoor(families, emulator.workspaces, door.options)


class Asker:
    """One client of one application."""

    def __init__(self, emulator: Emulator, application: Any) -> None:
        self.emulator = emulator
        self.client = Client(application)
        self.token = emulator.token()

    def ask(self, method: str, path: str, value: Any = None, **headers: str) -> TestResponse:
        told = {"Authorization": f"Bearer {self.token}", **headers}
        here = {"REMOTE_ADDR": "127.0.0.1"}
        return self.client.open(
            path, method=method, json=value, headers=told, environ_overrides=here
        )


@pytest.fixture
def asker() -> Asker:
    emulator = Emulator(fixtures=SAMPLES)
    return Asker(emulator, emulator.app)


def calls(asker: Asker, monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Return a list that grows by each path that the Data API itself is asked for."""
    asked: list[str] = []
    cache = cache_of(asker.emulator)
    inner = cache.application

    def counted(environ: Any, start_response: Any) -> Any:
        asked.append(environ["PATH_INFO"])
        return inner(environ, start_response)

    monkeypatch.setattr(cache, "application", counted)
    return asked


def test_the_same_question_is_answered_once(asker: Asker, monkeypatch: pytest.MonkeyPatch) -> None:
    asked = calls(asker, monkeypatch)
    first, second = asker.ask("GET", ONE), asker.ask("GET", ONE)
    assert asked == [ONE]
    assert (first.status, first.data) == (second.status, second.data)
    ids = [answer.headers.pop("x-dw-request-base-id") for answer in (first, second)]
    assert ids[0] != ids[1]
    assert sorted(first.headers) == sorted(second.headers)


@pytest.mark.parametrize(
    "headers",
    [
        {"Host": "other.test"},
        {"Accept": "application/xml"},
        {"If-None-Match": '"x"'},
        {"Origin": "https://a.example"},
        {"x-dw-resource-state": "x"},
        {"X-Forwarded-Proto": "https"},
    ],
)
def test_another_question_is_asked_anew(
    asker: Asker, monkeypatch: pytest.MonkeyPatch, headers: dict[str, str]
) -> None:
    asked = calls(asker, monkeypatch)
    asker.ask("GET", ONE)
    asker.ask("GET", ONE, **headers)
    assert len(asked) == 2


def test_a_kept_answer_has_its_headers_in_the_order_of_the_first(asker: Asker) -> None:
    first, second, third = (asker.ask("GET", ONE).headers.to_wsgi_list() for _ in range(3))
    assert [name for name, _ in first] == [name for name, _ in second]
    changed = [pair for pair in second if pair not in first]
    assert [name for name, _ in changed] == ["x-dw-request-base-id"]
    assert third not in (first, second)


@pytest.mark.parametrize("name", ["User-Agent", "Accept-Encoding", "Accept-Language"])
def test_what_no_answer_depends_on_is_not_looked_at(
    asker: Asker, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    asked = calls(asker, monkeypatch)
    asker.ask("GET", ONE)
    asker.ask("GET", ONE, **{name: "other"})
    assert len(asked) == 1


def test_only_documents_are_kept(asker: Asker, monkeypatch: pytest.MonkeyPatch) -> None:
    asked = calls(asker, monkeypatch)
    for _ in range(2):
        assert asker.ask("GET", f"{ONE}-none").status_code == 404
        assert asker.ask("HEAD", ONE).status_code == 204
        assert asker.ask("GET", ONE, Authorization="Bearer x").status_code == 401
    assert len(asked) == 6


def test_a_token_that_expires_is_refused_though_its_answer_is_kept(asker: Asker) -> None:
    assert asker.ask("GET", ONE).status_code == 200
    asker.emulator.workspace.clock.advance(1800)
    assert asker.ask("GET", ONE).status_code == 401


def test_permissions_count_from_the_next_request_on(asker: Asker) -> None:
    assert asker.ask("GET", ONE).status_code == 200
    asker.emulator.workspace.permit(permission.read({"clients": []}))
    assert asker.ask("GET", ONE).status_code == 403
    asker.emulator.workspace.permit(None)
    assert asker.ask("GET", ONE).status_code == 200


def test_workspaces_have_answers_of_their_own(asker: Asker) -> None:
    other = {"x-emulator-workspace": "other"}
    token = asker.emulator.token(workspace="other")
    assert asker.ask("GET", ONE).status_code == 200
    assert asker.ask("GET", ONE, **other).status_code == 401
    assert asker.ask("DELETE", ONE, Authorization=f"Bearer {token}", **other).status_code == 204
    assert asker.ask("GET", ONE, Authorization=f"Bearer {token}", **other).status_code == 404
    assert asker.ask("GET", ONE).status_code == 200


def test_a_failpoint_stands_before_what_is_kept(asker: Asker) -> None:
    assert asker.ask("GET", ONE).status_code == 200
    trouble = {"action": {"fault": "SiteOffline", "arguments": {"siteId": "x"}}, "times": 1}
    asker.ask("POST", "/__emulator__/failpoints", trouble)
    assert asker.ask("GET", ONE).status_code == 403
    assert asker.ask("GET", ONE).status_code == 200


SEARCH = f"{SCOPE}/inventory_list_search"
FIND_NEW = {"term_query": {"fields": ["id"], "operator": "is", "values": ["new"]}}


def test_the_same_search_is_made_once(asker: Asker, monkeypatch: pytest.MonkeyPatch) -> None:
    asked = calls(asker, monkeypatch)
    first, second = (asker.ask("POST", SEARCH, {"query": FIND_NEW}) for _ in range(2))
    assert asked == [SEARCH]
    assert (first.status, first.data) == (second.status, second.data)
    everything: dict[str, Any] = {"query": {"match_all_query": {}}}
    assert b'"total":0' not in asker.ask("POST", SEARCH, everything).data
    assert b'"total":0' in first.data
    assert asker.ask("PUT", f"{SCOPE}/inventory_lists/new", {}).status_code == 201
    assert b'"total":1' in asker.ask("POST", SEARCH, {"query": FIND_NEW}).data


def test_a_search_that_stands_for_another_method_is_not_kept(asker: Asker) -> None:
    override = {"x-dw-http-method-override": "PATCH"}
    assert asker.ask("POST", SEARCH, {"query": FIND_NEW}).status_code == 200
    assert asker.ask("POST", SEARCH, {"query": FIND_NEW}, **override).status_code == 405


def test_answers_make_room_for_others(asker: Asker, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("emulator.ocapi.cache.MAX_CACHE_BYTES", 10_000)
    asked = calls(asker, monkeypatch)
    for count in (1, 2, 3, 3, 1):
        asker.ask("GET", f"{SCOPE}/inventory_lists?count={count}")
    assert len(asked) == 4


NAMES = st.sampled_from(["my-inventorylist1", "my-inventorylist2", "new"])
READS: st.SearchStrategy[tuple[str, str, Any]] = st.one_of(
    NAMES.map(lambda name: ("GET", f"{SCOPE}/inventory_lists/{name}", None)),
    st.sampled_from(
        [
            ("GET", f"{SCOPE}/inventory_lists", None),
            ("GET", f"{SCOPE}/inventory_lists?select=(**)&count=2", None),
            ("GET", f"{SCOPE}/inventory_lists?format=xml&select=(data.(id))", None),
            ("GET", f"{SCOPE}/sites", None),
            ("POST", SEARCH, {"query": {"match_all_query": {}}, "select": "(**)"}),
            ("POST", SEARCH, {"query": FIND_NEW}),
            ("POST", SEARCH, {"query": FIND_NEW, "count": 0}),
            ("POST", SEARCH, {"query": {}}),
        ]
    ),
)
WRITES: st.SearchStrategy[tuple[str, str, Any]] = st.one_of(
    NAMES.map(lambda name: ("PUT", f"{SCOPE}/inventory_lists/{name}", {"description": "put"})),
    st.tuples(NAMES, st.sampled_from("abc")).map(
        lambda drawn: ("PATCH", f"{SCOPE}/inventory_lists/{drawn[0]}", {"description": drawn[1]})
    ),
    NAMES.map(lambda name: ("DELETE", f"{SCOPE}/inventory_lists/{name}", None)),
    st.sampled_from(
        [
            ("POST", "/__emulator__/reset", None),
            ("POST", "/__emulator__/reset?to=empty", None),
            ("PUT", "/__emulator__/snapshots/one", None),
            ("POST", "/__emulator__/snapshots/one/restore", None),
            ("POST", "/__emulator__/clock/advance", {"seconds": 700}),
            ("POST", "/__emulator__/settings", {"clients": []}),
            ("DELETE", "/__emulator__/settings", None),
        ]
    ),
)


PAIR = [Emulator(fixtures=SAMPLES, seed="seven") for _ in range(2)]


@given(st.lists(st.one_of(READS, READS, WRITES), max_size=25))
def test_any_sequence_is_answered_as_without_a_cache(
    steps: list[tuple[str, str, Any]],
) -> None:
    kept, plain = PAIR
    for emulator in PAIR:
        emulator.reset()
        emulator.workspace.snapshots.delete("one")
    one, other = Asker(kept, kept.app), Asker(plain, without_cache(plain))
    for method, path, value in steps:
        answers = [asker.ask(method, path, value) for asker in (one, other)]
        first, second = answers
        assert (first.status, first.data) == (second.status, second.data)
        assert sorted(first.headers) == sorted(second.headers)
