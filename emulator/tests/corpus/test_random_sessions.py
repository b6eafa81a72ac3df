"""Any session with an emulator replays without differences."""

from collections.abc import Iterator
from contextlib import closing
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from emulator import Emulator
from emulator.corpus.replay import Emulators, replay_all
from emulator.corpus.report import list_lines
from emulator.tests.corpus.recorder import Recorder

CLIENT = "a" * 30
LISTS = (
    "inventory_lists",
    "inventory_lists/mine",
    "inventory_lists/other",
    "inventory_lists/a%20b",
)
QUERIES = ("", "?count=1", "?start=1&count=2&select=(**)", "?select=(data.(id))", "?count=x")
BODIES: tuple[Any, ...] = (
    {"default_in_stock": True},
    {"description": "Own"},
    {"description": {"default": "Own"}},
    {"id": "other"},
    {"colour": "red"},
    [],
    "text",
)
SEARCHES: tuple[Any, ...] = (
    {"query": {"match_all_query": {}}, "select": "(**)"},
    {"query": {"text_query": {"fields": ["id"], "search_phrase": "o"}}, "count": 1},
    {"query": {"text_query": {"fields": ["colour"], "search_phrase": "o"}}},
)
STATE_HEADERS = ("", "x-dw-resource-state", "If-Match", "If-None-Match")
FORMATS = ("application/json", "application/xml")


@st.composite
def steps(draw: st.DrawFn) -> tuple[str, str, dict[str, Any]]:
    """Return method, path and options of a request; ``state`` names a header for the last state."""
    headers = {"Accept": draw(st.sampled_from(FORMATS))}
    kind = draw(st.sampled_from(("read", "write", "delete", "search", "token")))
    state = draw(st.sampled_from(STATE_HEADERS))
    match kind:
        case "read":
            path = draw(st.sampled_from(LISTS)) + draw(st.sampled_from(QUERIES))
            return (
                draw(st.sampled_from(("GET", "HEAD", "OPTIONS"))),
                path,
                {"headers": headers, "state": state},
            )
        case "write":
            body = draw(st.sampled_from(BODIES))
            method, path = (
                draw(st.sampled_from(("PUT", "PATCH", "POST"))),
                draw(st.sampled_from(LISTS)),
            )
            return method, path, {"json": body, "headers": headers, "state": state}
        case "delete":
            return "DELETE", draw(st.sampled_from(LISTS)), {"headers": headers, "state": state}
        case "search":
            body = draw(st.sampled_from(SEARCHES))
            return "POST", "inventory_list_search", {"json": body, "headers": headers, "state": ""}
        case _:
            form = {"grant_type": draw(st.sampled_from(("client_credentials", "password")))}
            auth = (CLIENT, draw(st.sampled_from((CLIENT, "wrong"))))
            return "POST", "/dwsso/oauth2/access_token", {"data": form, "auth": auth, "state": ""}


@pytest.fixture(scope="module")
def emulator() -> Iterator[Emulator]:
    with Emulator(fixtures="samples") as emulator:
        yield emulator


@pytest.fixture(scope="module")
def emulators() -> Iterator[Emulators]:
    with closing(Emulators()) as emulators:
        yield emulators


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow])
@given(session=st.lists(steps(), min_size=1, max_size=12))
def test_a_session_replays_without_differences(
    session: list[tuple[str, str, dict[str, Any]]], emulator: Emulator, emulators: Emulators
) -> None:
    emulator.reset()
    with Recorder(emulator, "samples") as recorder:
        recorder.headers["Authorization"] = f"Bearer {emulator.token()}"
        state = "unknown"
        for method, path, given_options in session:
            options = {**given_options, "headers": dict(given_options.get("headers", {}))}
            if header := options.pop("state"):
                options["headers"][header] = state
            response = recorder.call("", method, path, **options)
            state = response.headers.get("ETag", state)
    [played] = replay_all([recorder.recording()], emulators.start)
    assert list(list_lines(played, verbose=False)) == []
