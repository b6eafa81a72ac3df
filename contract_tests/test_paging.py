"""Paging of collections (PAG-1, PAG-2)."""

from collections.abc import Callable, Iterator
from itertools import chain

import pytest

from contract_tests.api import Api, assert_fault

Make = Callable[..., str]
Start = Callable[..., Api]
PATH = "/inventory_lists"


def walk(api: Api, url: str, direction: str) -> Iterator[list[str]]:
    """Yield the ids of a page and of all that its links lead to."""
    following: str | None = url
    while following:
        page = api.call("GET", following.removeprefix(api.url)).json()
        yield [item["id"] for item in page["data"]]
        following = page.get(direction)


@pytest.mark.rule("PAG-1")
def test_a_page_has_25_from_the_first_unless_told_otherwise(start: Start) -> None:
    api = start()
    for number in range(28):
        assert api.put(f"{PATH}/more-{number}", json={}).status_code == 201
    page = api.get(PATH).json()
    assert (page["start"], page["count"], len(page["data"]), page["total"]) == (0, 25, 25, 30)
    rest = api.call("GET", page["next"].removeprefix(api.url)).json()
    assert (rest["start"], rest["count"], rest["total"]) == (25, 5, 30)


@pytest.mark.rule("PAG-1")
def test_a_count_of_0_tells_the_total_alone(api: Api, make: Make) -> None:
    make()
    page = api.get(f"{PATH}?count=0").json()
    assert (page["count"], page["data"]) == (0, [])
    assert page["total"] >= 1
    assert not {"next", "previous"} & set(page)


@pytest.mark.rule("PAG-1")
def test_a_count_has_no_upper_bound(start: Start) -> None:
    api = start()
    for number in range(250):
        assert api.put(f"{PATH}/more-{number}", json={}).status_code == 201
    for count in (1000, 2147483647):
        page = api.get(f"{PATH}?count={count}").json()
        assert (page["count"], page["total"]) == (252, 252)


@pytest.mark.rule("PAG-1")
def test_a_start_past_the_end_is_an_empty_page(api: Api) -> None:
    total = api.get(f"{PATH}?count=0").json()["total"]
    for start in (total, total + 1, 2147483647):
        answer = api.get(f"{PATH}?start={start}")
        page = answer.json()
        found = answer.status_code, page["count"], page["data"], page["start"]
        assert found == (200, 0, [], start)
        assert "next" not in page


@pytest.mark.rule("PAG-1")
@pytest.mark.parametrize("name", ["start", "count"])
@pytest.mark.parametrize("value", ["-1", "-2147483647"])
def test_below_0_is_refused(api: Api, name: str, value: str) -> None:
    answer = api.get(PATH, params={name: value})
    told = {"parameter": name, "expected": "a number >= 0"}
    assert_fault(answer, 400, "ValueConstraintViolation", told)


@pytest.mark.rule("PAG-1")
@pytest.mark.parametrize("name", ["start", "count"])
@pytest.mark.parametrize(
    "value", ["", "a", "1.0", "1e3", " 1", "0x1", "٣", "2147483648", "9" * 5000]
)
def test_what_is_no_integer_is_refused(api: Api, name: str, value: str) -> None:
    answer = api.get(PATH, params={name: value})
    assert_fault(answer, 400, "MalformedParameter", {"parameter": name, "value": value})


@pytest.mark.rule("PAG-1")
def test_start_and_count_mean_nothing_to_one_document(api: Api, make: Make) -> None:
    assert api.get(f"{PATH}/{make()}?start=x&count=-1").status_code == 200


@pytest.mark.rule("PAG-1", "ENV-2")
def test_the_last_page_has_no_next_though_full(start: Start) -> None:
    api = start()
    for query in ("count=2", "count=1&start=1"):
        page = api.get(f"{PATH}?{query}").json()
        assert (page["total"], page["count"]) == (2, int(query[6]))
        assert "next" not in page


@pytest.mark.rule("PAG-2")
def test_collections_are_in_the_byte_order_of_their_ids(start: Start) -> None:
    api = start()
    for name in ("b", "a", "B", "%C3%A9", "a%2Fb", "%F0%9F%93%A6", "%EF%BF%BD", "10", "9"):
        assert api.put(f"{PATH}/{name}", json={}).status_code == 201
    ids = [item["id"] for item in api.get(PATH).json()["data"]]
    expected = ["10", "9", "B", "a", "a/b", "b", "my-inventorylist1", "my-inventorylist2"]
    assert ids == [*expected, "é", "\ufffd", "📦"]


@pytest.mark.rule("PAG-2", "ENV-2")
@pytest.mark.parametrize("count", [1, 2, 3, 100])
def test_following_next_or_previous_visits_every_document_once(start: Start, count: int) -> None:
    api = start()
    for number in range(5):
        assert api.put(f"{PATH}/more-{number}", json={}).status_code == 201
    everything = [item["id"] for item in api.get(PATH).json()["data"]]
    base = f"{api.url}{api.scope}{PATH}"
    forward = list(walk(api, f"{base}?count={count}", "next"))
    assert list(chain(*forward)) == everything
    last = len(everything) - len(forward[-1])
    backward = list(walk(api, f"{base}?count={count}&start={last}", "previous"))
    assert list(chain(*reversed(backward)))[-len(everything) :] == everything
    assert list(chain(*walk(api, f"{base}?count=7&start=1000", "previous"))) == everything
