"""Pages of the Inventory Service API (PAGE-1 to PAGE-3)."""

import json
import re
import shutil
from collections.abc import Callable, Iterator
from random import Random

import pytest

from contract_tests.api import Api
from contract_tests.service import Service, assert_problem

Start = Callable[..., Api]
URL_SAFE = re.compile(r"[A-Za-z0-9._~-]+")


@pytest.fixture(scope="module")
def full_data_set(data_set: str, tmp_path_factory: pytest.TempPathFactory) -> str:
    """A data set with 252 items: two of the samples, then more-000 to more-249."""
    folder = tmp_path_factory.mktemp("full") / "fixtures"
    shutil.copytree(data_set, folder)
    items = json.loads((folder / "items.json").read_text())
    more = [
        {"itemId": f"m{n}", "sku": f"more-{n:03d}", "productVariant": {"variantId": "v"}}
        for n in range(250)
    ]
    (folder / "items.json").write_text(json.dumps(items + more))
    return str(folder)


@pytest.fixture
def full(start: Start, request: pytest.FixtureRequest) -> Service:
    """A service with 252 items."""
    return Service(start(fixtures=request.getfixturevalue("full_data_set")).url)


def skus(service: Service, query: str) -> list[str]:
    """Return the skus of one page."""
    return [item["sku"] for item in service.get(f"/items?{query}").json()["items"]]


def walk(service: Service, size: int) -> Iterator[list[str]]:
    """Yield the ids of each page of items, following the tokens."""
    token = ""
    while True:
        page = service.get("/items", params={"pageSize": size, "nextToken": token}).json()
        yield [item["itemId"] for item in page["items"]]
        if "nextToken" not in page:
            return
        token = page["nextToken"]


@pytest.mark.rule("PAGE-1")
@pytest.mark.parametrize(
    ("query", "count"),
    [
        ("", 50),
        ("pageSize=0", 50),
        ("pageSize=7", 7),
        ("pageSize=200", 200),
        ("pageSize=" + "9" * 5000, 200),
        ("pageSize=007", 7),
    ],
)
def test_a_page_has_the_size_asked_for(full: Service, query: str, count: int) -> None:
    assert len(skus(full, query)) == count


@pytest.mark.rule("PAGE-1")
def test_a_page_has_200_at_most_and_may_change_its_size(full: Service) -> None:
    first = full.get("/items?pageSize=100000").json()
    assert len(first["items"]) == 200
    rest = full.get("/items", params={"nextToken": first["nextToken"], "pageSize": 10}).json()
    assert [item["sku"] for item in rest["items"]] == [f"more-{n}" for n in range(198, 208)]


@pytest.mark.rule("PAGE-1")
@pytest.mark.parametrize(
    "query",
    ["pageSize=-1", "pageSize=x", "pageSize=1.0", "pageSize=", "pageSize=1&pageSize=1"],
)
@pytest.mark.parametrize("path", ["/items", "/inventories"])
def test_a_size_that_is_none_is_refused(service: Service, path: str, query: str) -> None:
    assert_problem(service.get(f"{path}?{query}"), 400, "INVALID_PARAMETER")


@pytest.mark.rule("PAGE-2")
def test_a_token_is_url_safe_and_absent_on_the_last_page(full: Service) -> None:
    page = full.get("/items?pageSize=200").json()
    assert URL_SAFE.fullmatch(page["nextToken"])
    for size in (200, 52):
        last = full.get(f"/items?pageSize={size}&nextToken={page['nextToken']}").json()
        assert len(last["items"]) == 52
        assert "nextToken" not in last


@pytest.mark.rule("PAGE-2")
def test_an_empty_token_is_none(service: Service) -> None:
    service.make_item()
    assert service.get("/items?nextToken=").json() == service.get("/items").json()


@pytest.mark.rule("PAGE-2")
def test_a_token_of_another_kind_is_refused(start: Start) -> None:
    service, other = Service(start().url), Service(start().url)
    token = service.get("/items?pageSize=1").json()["nextToken"]
    foreign = other.get("/items?pageSize=1").json()["nextToken"]
    of_inventories = service.get("/inventories?pageSize=1").json()["nextToken"]
    changed = token[:-1] + ("A" if token[-1] != "A" else "B")
    for refused in ("x", changed, foreign, of_inventories, token[1:], token + "."):
        answer = service.get("/items", params={"nextToken": refused})
        assert_problem(answer, 400, "INVALID_NEXT_TOKEN")
    twice = service.get(f"/items?nextToken={token}&nextToken={token}")
    assert_problem(twice, 400, "INVALID_PARAMETER")


@pytest.mark.rule("PAGE-2")
def test_a_token_is_valid_for_24_hours(start: Start) -> None:
    api = start()
    service = Service(api.url)
    api.call("POST", "/__emulator__/clock/freeze", json={"at": "2024-02-19T12:00:00Z"})
    path = f"/items?nextToken={service.get('/items?pageSize=1').json()['nextToken']}"
    api.call("POST", "/__emulator__/clock/advance", json={"seconds": 24 * 3600})
    assert service.get(path).status_code == 200
    api.call("POST", "/__emulator__/clock/advance", json={"seconds": 1})
    assert_problem(service.get(path), 400, "INVALID_NEXT_TOKEN")


@pytest.mark.rule("PAGE-3")
def test_deleting_the_row_a_token_points_at_shifts_nothing(full: Service) -> None:
    page = full.get("/items?pageSize=3").json()
    expected = skus(full, f"pageSize=3&nextToken={page['nextToken']}")
    last = page["items"][-1]["itemId"]
    assert full.delete(f"/items/{last}").status_code == 204
    assert skus(full, f"pageSize=3&nextToken={page['nextToken']}") == expected


@pytest.mark.rule("PAGE-3")
def test_a_walk_meets_every_row_that_stays_exactly_once(empty: Service) -> None:
    hypothesis = pytest.importorskip("hypothesis")
    st = pytest.importorskip("hypothesis.strategies")
    actions = st.sampled_from(["insert", "delete", "delete shown", "page"])
    made_up = hypothesis.given(
        st.integers(1, 5), st.lists(actions, max_size=25), st.randoms(use_true_random=False)
    )

    def walk_once(size: int, steps: list[str], chooser: Random) -> None:
        _walk_while_rows_change(empty, size, steps, chooser)

    hypothesis.settings(max_examples=15, deadline=None)(made_up(walk_once))()


def _walk_while_rows_change(empty: Service, size: int, steps: list[str], chooser: Random) -> None:
    made = [empty.make_item() for _ in range(8)]
    alive, deleted, shown = list(made), set[str](), list[str]()
    pages = walk(empty, size)
    for step in steps:
        if step == "insert":
            alive.append(empty.make_item())
        elif step == "page":
            shown += [f"/items/{identifier}" for identifier in next(pages, [])]
        else:
            pool = [p for p in shown if p in alive] if step == "delete shown" else alive
            if pool:
                gone = chooser.choice(pool)
                assert empty.delete(gone).status_code == 204
                alive.remove(gone)
                deleted.add(gone)
    for page in pages:
        shown += [f"/items/{identifier}" for identifier in page]
    assert len(shown) == len(set(shown))
    assert [path for path in shown if path in made] == [
        path for path in made if path in shown or path not in deleted
    ]
    for path in alive:
        empty.delete(path)


@pytest.fixture
def empty(start: Start) -> Service:
    """A service without items."""
    service = Service(start().url)
    for name in ("inventory-1", "inventory-2"):
        service.delete(f"/inventories/{name}")
    for name in ("item-1", "item-2"):
        service.delete(f"/items/{name}")
    return service
