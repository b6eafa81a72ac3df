"""Resource states and preconditions: every combination of method, header and tag (RST-1 to 4)."""

from typing import Any, NamedTuple

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from emulator.ocapi.schema.faults import Fault
from emulator.ocapi.wire import state
from emulator.ocapi.wire.state import NotModified
from emulator.request import RequestHeaders as Headers
from emulator.tests.bound import bounded
from emulator.tests.table import table

NOW = "0123456789abcdef" * 4
OLD = "f" * 64
PASSES: tuple[str, dict[str, str]] = ("passes", {})
NOT_MODIFIED: tuple[str, dict[str, str]] = ("not modified", {})


class Presented(NamedTuple):
    """The preconditions of a request; None for a header that is not sent."""

    state: str | None
    if_match: str | None
    if_none_match: str | None

    @property
    def headers(self) -> Headers:
        names = ("HTTP_X_DW_RESOURCE_STATE", "HTTP_IF_MATCH", "HTTP_IF_NONE_MATCH")
        sent = zip(names, self, strict=True)
        return Headers({name: text for name, text in sent if text is not None})


def outcome(
    method: str, current: str | None, presented: Presented | Headers, body_state: str | None = None
) -> tuple[str, Any]:
    headers = presented.headers if isinstance(presented, Presented) else presented
    try:
        if method == "read":
            state.check_read(current or "", headers)
        else:
            state.check_write(current, headers, body_state)
    except NotModified:
        return NOT_MODIFIED
    except Fault as fault:
        return fault.kind.type, fault.arguments
    return PASSES


def failed(header: str) -> tuple[str, dict[str, str]]:
    return "InvalidIfMatchException", {"ifMatch": header}


# What a header names of the current state: by strong comparison, by weak comparison.
TAGS = {
    "any": ("*", True, True),
    "any, spaced": (" * ", True, True),
    "strong": (f'"{NOW}"', True, True),
    "weak": (f'W/"{NOW}"', False, True),
    "another": (f'"{OLD}"', False, False),
    "another, weak": (f'W/"{OLD}"', False, False),
    "list with it": (f'"{OLD}", "{NOW}"', True, True),
    "list with it, first": (f'"{NOW}","{OLD}"', True, True),
    "list with it, weak": (f'"{OLD}", W/"{NOW}"', False, True),
    "list with both": (f'W/"{NOW}", "{NOW}"', True, True),
    "list without it": (f'"{OLD}", W/"{OLD}", ""', False, False),
    "list with empty elements": (f', "{OLD}" ,, "{NOW}" ,', True, True),
    "list of one and a comma": (f'"{NOW}",', True, True),
    "spaces and tabs": (f' \t"{OLD}"\t , \t"{NOW}" ', True, True),
    "empty": ("", False, False),
    "only commas": (", ,", False, False),
    "empty tag": ('""', False, False),
    "unquoted": (NOW, False, False),
    "unquoted, weak": (f"W/{NOW}", False, False),
    "half quoted": (f'"{NOW}', False, False),
    "half quoted, end": (f'{NOW}"', False, False),
    "single quoted": (f"'{NOW}'", False, False),
    "lower-case weak": (f'w/"{NOW}"', False, False),
    "weak, spaced": (f'W/ "{NOW}"', False, False),
    "space in the tag": (f'" {NOW}"', False, False),
    "part of it": (f'"{NOW[:32]}"', False, False),
    "upper case": (f'"{NOW.upper()}"', False, False),
    "list with malformed": (f'"{NOW}", x', False, False),
    "list without commas": (f'"{NOW}" "{OLD}"', False, False),
    "list without anything between": (f'"{OLD}""{NOW}"', False, False),
    "list with semicolon": (f'"{NOW}"; "{OLD}"', False, False),
    "any in a list": (f'"{OLD}", *', False, False),
    "any, twice": ("*, *", False, False),
    "any, quoted": ('"*"', False, False),
}
by_tag = table(("header", "strongly", "weakly"), TAGS.values(), ids=TAGS)


@by_tag
def test_if_match_on_a_read_wants_a_strong_match(
    header: str, *, strongly: bool, weakly: bool
) -> None:
    del weakly
    found = outcome("read", NOW, Presented(None, header, None))
    assert found == (PASSES if strongly else failed(header))


@by_tag
def test_if_none_match_on_a_read_saves_an_answer_by_a_weak_match(
    header: str, *, strongly: bool, weakly: bool
) -> None:
    del strongly
    found = outcome("read", NOW, Presented(None, None, header))
    assert found == (NOT_MODIFIED if weakly else PASSES)


@by_tag
def test_if_match_on_a_write_wants_a_strong_match(
    header: str, *, strongly: bool, weakly: bool
) -> None:
    del weakly
    found = outcome("write", NOW, Presented(None, header, None))
    assert found == (PASSES if strongly else failed(header))


@by_tag
def test_if_none_match_on_a_write_wants_no_weak_match(
    header: str, *, strongly: bool, weakly: bool
) -> None:
    del strongly
    found = outcome("write", NOW, Presented(None, None, header))
    assert found == (failed(header) if weakly else PASSES)


@by_tag
def test_if_match_on_what_is_missing_fails(header: str, *, strongly: bool, weakly: bool) -> None:
    del strongly, weakly
    assert outcome("write", None, Presented(None, header, None)) == failed(header)


@by_tag
def test_if_none_match_on_what_is_missing_passes(
    header: str, *, strongly: bool, weakly: bool
) -> None:
    del strongly, weakly
    assert outcome("write", None, Presented(None, None, header)) == PASSES


@pytest.mark.parametrize("method", ["read", "write"])
def test_nothing_presented_passes(method: str) -> None:
    assert outcome(method, NOW, Presented(None, None, None)) == PASSES


def test_nothing_presented_passes_on_what_is_missing() -> None:
    assert outcome("write", None, Presented(None, None, None)) == PASSES


@table(
    ("if_match", "if_none_match", "reading", "writing"),
    [
        (f'"{NOW}"', f'"{NOW}"', NOT_MODIFIED, failed(f'"{NOW}"')),
        (f'"{NOW}"', f'"{OLD}"', PASSES, PASSES),
        (f'"{OLD}"', f'"{NOW}"', failed(f'"{OLD}"'), failed(f'"{OLD}"')),
        ("*", "*", NOT_MODIFIED, failed("*")),
    ],
)
def test_if_match_comes_before_if_none_match(
    if_match: str, if_none_match: str, reading: Any, writing: Any
) -> None:
    presented = Presented(None, if_match, if_none_match)
    assert outcome("read", NOW, presented) == reading
    assert outcome("write", NOW, presented) == writing


def conflict(client: str, server: str) -> tuple[str, dict[str, str]]:
    return "ResourceStateConflictException", {"client": client, "server": server}


EXISTS: tuple[str, dict[str, str]] = ("ResourceAlreadyExistsException", {})


@pytest.mark.parametrize(
    ("claimed", "current", "expected"),
    [
        pytest.param(NOW, NOW, PASSES, id="the current state"),
        pytest.param(OLD, NOW, conflict(OLD, NOW), id="an old state"),
        pytest.param("", NOW, conflict("", NOW), id="an empty state"),
        pytest.param(NOW.upper(), NOW, conflict(NOW.upper(), NOW), id="another case"),
        pytest.param(f'"{NOW}"', NOW, conflict(f'"{NOW}"', NOW), id="quoted"),
        pytest.param("*", NOW, conflict("*", NOW), id="a star is no state"),
        pytest.param("not_exists", NOW, EXISTS, id="not_exists, but there"),
        pytest.param("not_exists", None, PASSES, id="not_exists, and missing"),
        pytest.param(NOW, None, conflict(NOW, "not_exists"), id="a state of what is missing"),
    ],
)
def test_a_state_that_a_write_presents_is_the_current_one(
    claimed: str, current: str | None, expected: Any
) -> None:
    assert outcome("write", current, Presented(claimed, None, None)) == expected


@table("claimed", [OLD, NOW, "", "not_exists"])
def test_a_state_is_not_asked_for_on_a_read(claimed: str) -> None:
    assert outcome("read", NOW, Presented(claimed, None, None)) == PASSES


def test_the_state_comes_before_if_match() -> None:
    presented = Presented(OLD, f'"{OLD}"', "*")
    assert outcome("write", NOW, presented) == conflict(OLD, NOW)


def test_a_state_that_is_current_does_not_excuse_if_match() -> None:
    presented = Presented(NOW, f'"{OLD}"', None)
    assert outcome("write", NOW, presented) == failed(f'"{OLD}"')


@table(
    ("headers", "body_state", "expected"),
    [
        ({"X-DW-Resource-State": OLD}, None, conflict(OLD, NOW)),
        ({}, OLD, conflict(OLD, NOW)),
        ({"x-dw-resource-state": OLD}, NOW, PASSES),
        ({"x-dw-resource-state": NOW}, OLD, conflict(OLD, NOW)),
        ({"x-dw-resource-state": NOW}, "", conflict("", NOW)),
    ],
)
def test_a_state_in_the_body_wins_over_the_header(
    headers: dict[str, str], body_state: str | None, expected: Any
) -> None:
    environ = {f"HTTP_{n.upper().replace('-', '_')}": text for n, text in headers.items()}
    assert outcome("write", NOW, Headers(environ), body_state) == expected


OPAQUE = st.text(st.sampled_from("ab!#,*\x80\xff~"), max_size=4) | st.just(NOW)
LISTS = st.lists(st.tuples(st.sampled_from(["", "W/"]), OPAQUE), min_size=1, max_size=6)
SPACE = st.text(st.sampled_from(" \t"), max_size=3)


@settings(deadline=None)
@given(LISTS, SPACE, SPACE)
@example([("W/", NOW), ("", "W/"), ("", NOW)], "", "")
def test_a_list_matches_where_one_of_its_tags_does(
    tags: list[tuple[str, str]], before: str, after: str
) -> None:
    header = f"{before},{after}".join(f'{weak}"{tag}"' for weak, tag in tags)
    strongly = PASSES if ("", NOW) in tags else failed(header)
    weakly = failed(header) if NOW in [tag for _, tag in tags] else PASSES
    assert outcome("write", NOW, Presented(None, header, None)) == strongly
    assert outcome("write", NOW, Presented(None, None, header)) == weakly


@settings(deadline=None)
@given(st.text(st.sampled_from('W/", *ab\t') | st.characters(max_codepoint=255), max_size=12))
def test_a_header_that_does_not_hold_the_state_never_matches_it(header: str) -> None:
    presented = Presented(None, header, None)
    expected = PASSES if header.strip() == "*" else failed(header)
    assert outcome("write", NOW, presented) == expected


@pytest.mark.parametrize(
    "header",
    [
        pytest.param('"a" ' * 24 + "x", id="tags and spaces"),
        pytest.param('"a", ' * 10_000 + "x", id="tags and commas"),
        pytest.param('"a"' + " " * 12_000 + "x", id="spaces"),
        pytest.param('"a"' + " ," * 12_000 + "x", id="commas"),
        pytest.param('"' + "a" * 100_000, id="an open tag"),
        pytest.param("W/" * 50_000, id="weaknesses"),
    ],
)
def test_no_header_takes_long_to_read(header: str) -> None:
    with bounded():
        assert outcome("write", NOW, Presented(None, header, None)) == failed(header)
