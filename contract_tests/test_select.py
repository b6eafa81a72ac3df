"""Property selectors (SEL-1, SEL-2)."""

from collections.abc import Callable
from typing import Any

import pytest

from contract_tests.api import Api, assert_fault

Make = Callable[..., str]
HEAD = {"_v": "23.2", "_type": "inventory_list"}


@pytest.fixture
def path(make: Make) -> str:
    """The path of a list with properties of every kind."""
    made = make(
        description="one",
        default_in_stock=True,
        c_sizes=["s", "m", "l", "xl"],
        c_names={"default": "x", "de": "y"},
    )
    return f"/inventory_lists/{made}"


@pytest.mark.rule("SEL-1", "SEL-2")
@pytest.mark.parametrize(
    ("selector", "expected"),
    [
        ("(description)", {"description": "one"}),
        ("(+description)", {"description": "one"}),
        ("(description,default_in_stock)", {"default_in_stock": True, "description": "one"}),
        ("(nope)", {}),
        ("(c_names.(de))", {"c_names": {"de": "y"}}),
        ("(c_names.(**))", {"c_names": {"default": "x", "de": "y"}}),
        ("(c_names.(**,-de))", {"c_names": {"default": "x"}}),
        ("(c_sizes[0])", {"c_sizes": ["s"]}),
        ("(c_sizes[1:2])", {"c_sizes": ["m", "l"]}),
        ("(c_sizes[2:9])", {"c_sizes": ["l", "xl"]}),
        ("(c_sizes[0,3])", {"c_sizes": ["s", "xl"]}),
        ("(c_sizes[9])", {"c_sizes": []}),
        ("(description.(**))", {}),
    ],
)
def test_a_selector_shows_what_it_names(
    api: Api, path: str, selector: str, expected: dict[str, Any]
) -> None:
    state = {"_resource_state": api.get(path).json()["_resource_state"]}
    assert api.get(path, params={"select": selector}).json() == HEAD | state | expected


@pytest.mark.rule("SEL-1")
def test_stars_show_everything_but_what_is_excluded(api: Api, path: str) -> None:
    whole = api.get(path).json()
    for selector in ("(**)", "(*)"):
        assert api.get(path, params={"select": selector}).json() == whole
    for selector in ("(**,-description)", "(*,-description)", "(-description)"):
        shown = api.get(path, params={"select": selector}).json()
        assert shown == {n: v for n, v in whole.items() if n != "description"}


@pytest.mark.rule("SEL-1", "ENV-4")
def test_a_selector_applies_to_the_whole_answer(documented: Api, make: Make) -> None:
    made = make(description="x")
    answer = documented.get("/inventory_lists?count=1000&select=(data.(id,description))").json()
    assert set(answer) == {"_v", "_type", "data"}
    item = next(item for item in answer["data"] if item["id"] == made)
    assert list(item) == ["_v", "_type", "_resource_state", "description", "id"]
    counted = documented.get("/inventory_lists?select=(count,data.(**))").json()
    assert set(counted) == {"_v", "_type", "count", "data"}
    assert "default_in_stock" in counted["data"][0]


@pytest.mark.rule("SEL-1")
def test_one_star_leaves_the_documents_of_a_collection_out(api: Api) -> None:
    for count in (0, 25):
        shown = api.get(f"/inventory_lists?select=(*)&count={count}").json()
        assert "data" not in shown
        assert {"_v", "_type", "count", "start", "total", "select"} <= set(shown)


@pytest.mark.rule("SEL-1", "ENV-4")
def test_documents_named_without_a_selector_of_their_own_show_id_and_link(
    documented: Api, make: Make
) -> None:
    make(description="x")
    shown = documented.get("/inventory_lists?select=(data)").json()["data"][0]
    assert set(shown) == {"_v", "_type", "_resource_state", "id", "link"}


@pytest.mark.rule("SEL-1")
@pytest.mark.parametrize(
    ("condition", "found"),
    [
        ("@.id=='ID'", True),
        ("@.id!='ID' && @.id=='ID'", False),
        ("@.id=='ID' && @.c_rank==7", True),
        ("@.id=='ID' && @.c_rank>=7", True),
        ("@.id=='ID' && @.c_rank<=7", True),
        ("@.id=='ID' && @.c_rank<7", False),
        ("@.id=='ID' && @.c_rank>6.5", True),
        ("@.id=='ID' && @.c_rank=='7'", False),
        ("@.id=='none' || @.id=='ID'", True),
        ("@.id=='ID' && (@.c_rank==1 || @.default_in_stock==true)", True),
        ("@.id=='ID' && @.c_names.de=='y'", True),
    ],
)
def test_a_filter_keeps_the_elements_that_fulfil_it(
    api: Api, make: Make, condition: str, found: bool
) -> None:
    made = make(c_rank=7, default_in_stock=True, c_names={"de": "y"})
    selector = f"(data[?({condition.replace('ID', made)})].(id))"
    shown = api.get("/inventory_lists", params={"select": selector, "count": 1000}).json()
    ids = [item["id"] for item in shown["data"]]
    assert (made in ids) == found


@pytest.mark.rule("SEL-1")
@pytest.mark.parametrize("part", ["[0]", "[0:0]"])
def test_positions_pick_documents(api: Api, make: Make, part: str) -> None:
    make()
    page = api.get("/inventory_lists").json()
    shown = api.get("/inventory_lists", params={"select": f"(data{part}.(id))"}).json()
    assert {item["id"] for item in shown["data"]} == {page["data"][0]["id"]}


@pytest.mark.rule("SEL-1")
@pytest.mark.parametrize(
    "selector",
    [
        "",
        "()",
        "**",
        "(**",
        "**)",
        "(a,)",
        "(,a)",
        "(a b)",
        "(a.b)",
        "(a.())",
        "(a.)",
        "(a[])",
        "(a[-1])",
        "(a[1:])",
        "(a[x])",
        "(a[?(@.b)])",
        "(a[?(@.b=c)])",
        "(a[?(b=='c')])",
        "(a[?(@.b=='c)])",
        "(a[?(@.b=='c' &&)])",
        "(***)",
        "(-)",
        "(-**)",
        "(a,a)",
        "(a[0,0])",
        "(a,-a)",
        "(a)(b)",
        "(" * 500 + "a" + ")" * 500,
        "(a" + ".(a" * 500 + ")" * 501,
        "(a[?" + "(" * 500 + "@.a==1" + ")" * 500 + "])",
        "(" + "a" * 16_383 + ")",
        "(data[?(" + "||".join(["@.id=='x'"] * 51) + ")])",
        "(data[" + ",".join(map(str, range(101))) + "])",
    ],
)
def test_bad_syntax_is_refused(api: Api, path: str, selector: str) -> None:
    for target in ("/inventory_lists", path):
        answer = api.get(target, params={"select": selector})
        assert_fault(answer, 400, "MalformedSelector", {"selector": selector})


@pytest.mark.rule("SEL-2")
def test_the_answers_of_writes_are_selected_too(api: Api, unused: str) -> None:
    target = f"/inventory_lists/{unused}?select=(id,description)"
    created = api.put(target, json={"description": "one"}).json()
    assert list(created) == [*HEAD, "_resource_state", "description", "id"]
    assert created["description"] == "one"
    changed = api.patch(target, json={"description": "two"}).json()
    state = {"_resource_state": api.get(f"/inventory_lists/{unused}").json()["_resource_state"]}
    assert changed == HEAD | state | {"description": "two", "id": unused}
