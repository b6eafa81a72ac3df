"""Paging: the parameters, the neighbours of a page, the links to them (PAG-1, ENV-2)."""

from collections.abc import Iterator

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from emulator.ocapi.schema.faults import Fault
from emulator.ocapi.wire import paging
from emulator.ocapi.wire.paging import Page
from emulator.tests.table import table

URL = "http://h/s/-/dw/data/v23_2/things"


@table(
    ("parameters", "page"),
    [
        ({}, Page(0, 25)),
        ({"start": "7"}, Page(7, 25)),
        ({"count": "1000"}, Page(0, 1000)),
        ({"start": "3", "count": "0"}, Page(3, 0)),
        ({"start": "-0", "count": "+5"}, Page(0, 5)),
        ({"start": "007"}, Page(7, 25)),
        ({"start": "2147483647", "count": "2147483647"}, Page(2147483647, 2147483647)),
        ({"other": "x"}, Page(0, 25)),
    ],
)
def test_start_and_count_are_read_with_defaults(parameters: dict[str, str], page: Page) -> None:
    assert paging.parse(parameters, 25) == page


@pytest.mark.parametrize("name", ["start", "count"])
@table(
    "text",
    [
        *("", " ", "x", "1.0", "1e3", "0x1", " 5", "5 ", "5\n", "--1", "1_0", "\uff12"),
        *("2147483648", "-2147483648", "99999999999", "9" * 5000),
    ],
)
def test_what_is_no_integer_of_32_bits_is_malformed(name: str, text: str) -> None:
    with pytest.raises(Fault) as raised:
        paging.parse({name: text}, 25)
    assert raised.value.kind.type == "MalformedParameterException"
    assert raised.value.arguments == {"parameter": name, "value": text}


@pytest.mark.parametrize("name", ["start", "count"])
@table("text", ["-1", "-25", "-2147483647"])
def test_what_is_below_zero_violates_a_constraint(name: str, text: str) -> None:
    with pytest.raises(Fault) as raised:
        paging.parse({name: text}, 25)
    assert raised.value.kind.type == "ValueConstraintViolationException"
    assert raised.value.arguments == {"parameter": name, "expected": "a number >= 0"}


def test_of_two_wrong_parameters_start_is_refused_first() -> None:
    with pytest.raises(Fault) as raised:
        paging.parse({"count": "x", "start": "y"}, 25)
    assert raised.value.arguments == {"parameter": "start", "value": "y"}


@pytest.mark.parametrize(
    ("page", "total", "following", "previous"),
    [
        pytest.param(Page(0, 25), 0, None, None, id="empty"),
        pytest.param(Page(0, 25), 25, None, None, id="one full page"),
        pytest.param(Page(0, 25), 26, Page(25, 25), None, id="first of two"),
        pytest.param(Page(25, 25), 26, None, Page(0, 25), id="second of two"),
        pytest.param(Page(2, 2), 7, Page(4, 2), Page(0, 2), id="in the middle"),
        pytest.param(Page(1, 5), 9, Page(6, 5), Page(0, 5), id="not aligned"),
        pytest.param(Page(9, 3), 9, None, Page(6, 3), id="just past the end"),
        pytest.param(Page(100, 3), 9, None, Page(6, 3), id="far past the end"),
        pytest.param(Page(100, 20), 9, None, Page(0, 20), id="past the end of a small one"),
        pytest.param(Page(5, 5), 0, None, None, id="past the end of nothing"),
        pytest.param(Page(0, 0), 9, None, None, id="no page at all"),
        pytest.param(Page(4, 0), 9, None, None, id="no page at all, later"),
    ],
)
def test_a_page_knows_its_neighbours(
    page: Page, total: int, following: Page | None, previous: Page | None
) -> None:
    assert page.next(total) == following
    assert page.previous(total) == previous


@pytest.mark.parametrize(
    ("page", "query", "links"),
    [
        pytest.param(Page(0, 10), "count=10&x=1", {}, id="no neighbours"),
        pytest.param(Page(0, 2), "", {"next": "start=2&count=2"}, id="no query"),
        pytest.param(Page(8, 2), "count=2&start=8", {"previous": "start=6&count=2"}, id="last"),
        pytest.param(
            Page(2, 2),
            "start=2&select=(**)&count=2&x=",
            {
                "next": "select=(**)&x=&start=4&count=2",
                "previous": "select=(**)&x=&start=0&count=2",
            },
            id="other parameters are kept in their order",
        ),
        pytest.param(
            Page(0, 2),
            "a=1&a=2&q=%26%3D%20%C3%A4&select=%28a.%28b%29%2C-c%29",
            {"next": "a=1&a=2&q=%26%3D+%C3%A4&select=(a.(b),-c)&start=2&count=2"},
            id="repeated and encoded ones too",
        ),
        pytest.param(
            Page(0, 2),
            "start=0&start=5&count=2&count=7",
            {"next": "start=2&count=2"},
            id="repeated start and count go",
        ),
    ],
)
def test_links_lead_to_the_neighbours(page: Page, query: str, links: dict[str, str]) -> None:
    expected = {name: f"{URL}?{rest}" for name, rest in links.items()}
    assert dict(paging.links(page, 10, URL, query)) == expected


def follow(page: Page | None, total: int, direction: str) -> Iterator[Page]:
    while page is not None:
        yield page
        page = getattr(page, direction)(total)


TOTALS = st.integers(min_value=0, max_value=150)
COUNTS = st.integers(min_value=1, max_value=160)


@settings(deadline=None)
@given(TOTALS, COUNTS)
def test_walking_forward_visits_every_index_exactly_once(total: int, count: int) -> None:
    indexes = range(total)
    visited = [i for p in follow(Page(0, count), total, "next") for i in indexes[p.start :][:count]]
    assert visited == list(indexes)


@settings(deadline=None)
@given(TOTALS, COUNTS)
def test_walking_back_returns_the_same_way(total: int, count: int) -> None:
    there = list(follow(Page(0, count), total, "next"))
    back = list(follow(there[-1], total, "previous"))
    assert back == there[::-1]


@settings(deadline=None)
@given(TOTALS, COUNTS, st.integers(min_value=0, max_value=400))
def test_walking_back_from_anywhere_ends_at_the_start(total: int, count: int, start: int) -> None:
    *_, last = follow(Page(start, count), total, "previous")
    assert last.start == (0 if total else start)


@settings(deadline=None)
@given(st.text() | st.from_regex(r"\A[+-]?[0-9]{1,11}\Z"))
def test_any_text_is_a_number_from_0_or_a_fault_of_the_parameter(text: str) -> None:
    try:
        assert paging.parse({"start": text}, 25).start >= 0
    except Fault as fault:
        assert fault.arguments["parameter"] == "start"  # noqa: PT017 - most texts are no numbers
