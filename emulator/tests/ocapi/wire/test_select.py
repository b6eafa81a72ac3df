"""Selectors: which texts are well formed, and what each shows of a document (SEL-1)."""

from copy import deepcopy
from types import MappingProxyType
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from emulator.ocapi.wire import select
from emulator.ocapi.wire.select import Documents, SelectorError
from emulator.tests.table import table

WELL_FORMED = [
    "(**)",
    "(*)",
    "(a)",
    "(+a)",
    "(-a)",
    "(a,b)",
    "(+a,-b)",
    "(*,-a)",
    "(**,-a)",
    "(-a,**)",
    "(*,**)",
    "(**,**)",
    "(_v,c_size,c_a-b,$x,0,en-US)",
    "(a.(b))",
    "(a.(b,c.(d)))",
    "(a.(**))",
    "(a.(-b))",
    "(a[0])",
    "(a[0:4])",
    "(a[4:0])",
    "(a[1,3,10])",
    "(a[999999999])",
    "(a[0].(b))",
    "(a[?(@.b==1)])",
    "(a[?(@.b==1)].(**))",
    "(a[?(@.b.c=='x')])",
    "(a[?(@.b=='')])",
    r"(a[?(@.b=='it\'s a \\ ) ] ,')])",
    "(a[?(@.b==-1.5e-3)])",
    "(a[?(@.b==true||@.c!=false&&@.d==null)])",
    "(a[?((@.b<1||@.b>2)&&@.c<=3)])",
    " ( + a , - b ) ",
    "(a [ 0 : 1 ] . ( b ) )",
    "(a[ ? ( @.b  ==  1  ||  @.b  >=  2 ) ])",
    "(a,\tb,\nc)",
    "( a)",
]
MALFORMED = [
    "",
    " ",
    "a",
    "**",
    "()",
    "( )",
    "(",
    ")",
    "(a",
    "a)",
    "(a))",
    "((a))",
    "(a)(b)",
    "(a)x",
    "(,)",
    "(,a)",
    "(a,)",
    "(a,,b)",
    "(a b)",
    "(a;b)",
    "(a.b)",
    "(a.)",
    "(.a)",
    "(a.())",
    "(a.(b)",
    "(a.**)",
    "(***)",
    "(*a)",
    "(**a)",
    "(+)",
    "(-)",
    "(--a)",
    "(+-a)",
    "(+**)",
    "(-*)",
    "(-a.(b))",
    "(-a[0])",
    "(-*,a)",
    "(a,a)",
    "(+a,a)",
    "(a,-a)",
    "(-a,-a)",
    "(a.(b,b))",
    "(é)",
    "(a/b)",
    "('a')",
    "(a[])",
    "(a[)",
    "(a[0)",
    "(a0])",
    "(a[-1])",
    "(a[+1])",
    "(a[x])",
    "(a[1.0])",
    "(a[\uff11])",
    "(a[:])",
    "(a[0:])",
    "(a[:1])",
    "(a[0:1:2])",
    "(a[0:1,2])",
    "(a[1,])",
    "(a[,1])",
    "(a[0][1])",
    "(a[1000000000])",
    "(a[0:1000000000])",
    "(a[0,1000000000])",
    "(a[2,2])",
    "(a[1,3,1])",
    "(a[0,00])",
    "(a[1].(b[2, 2]))",
    "(*[0])",
    "([0])",
    "(a[?])",
    "(a[?()])",
    "(a[?(())])",
    "(a[?@.b==1])",
    "(a[(@.b==1)])",
    "(a[?(@.b==1])",
    "(a[?(@.b==1)]",
    "(a[?(@.b)])",
    "(a[?(@.b==)])",
    "(a[?(==1)])",
    "(a[?(@==1)])",
    "(a[?(@.==1)])",
    "(a[?(@ .b==1)])",
    "(a[?(b==1)])",
    "(a[?(1==@.b)])",
    "(a[?(@.b==@.c)])",
    "(a[?(@.b=1)])",
    "(a[?(@.b===1)])",
    "(a[?(@.b<>1)])",
    "(a[?(@.b=~'x')])",
    "(a[?(!@.b==1)])",
    "(a[?(@.b==x)])",
    "(a[?(@.b==True)])",
    "(a[?(@.b==truex)])",
    "(a[?(@.b==nil)])",
    '(a[?(@.b=="x")])',
    "(a[?(@.b=='x)])",
    "(a[?(@.b=='it's')])",
    "(a[?(@.b=='x\\')])",
    "(a[?(@.b==1.)])",
    "(a[?(@.b==.5)])",
    "(a[?(@.b==--1)])",
    "(a[?(@.b==+1)])",
    "(a[?(@.b==1e)])",
    "(a[?(@.b==0x1)])",
    "(a[?(@.b==NaN)])",
    "(a[?(@.b==Infinity)])",
    "(a[?(@.b==\uff11)])",
    "(a[?(@.b==1 2)])",
    "(a[?(@.b==1,@.c==2)])",
    "(a[?(@.b==1&@.c==2)])",
    "(a[?(@.b==1|@.c==2)])",
    "(a[?(@.b==1&&)])",
    "(a[?(@.b==1||)])",
    "(a[?(&&@.b==1)])",
    "(a[?(@.b==1 and @.c==2)])",
    "(a[?((@.b==1)])",
    "(a[?(@.b==1))])",
]
EXCESSIVE = {
    "nested selectors": "(a." * 100_000 + "(b)" + ")" * 100_000,
    "nested selectors, never closed": "(a." * 100_000,
    "opening parentheses": "(" * 1_000_000,
    "nested conditions": "(a[?(" + "(" * 100_000 + "@.b==1" + ")" * 100_000 + ")])",
    "opening parentheses in a condition": "(a[?" + "(" * 1_000_000,
    "digits of a position": "(a[" + "9" * 100_000 + "])",
    "digits of a number": "(a[?(@.b==" + "9" * 100_000 + ")])",
    "digits of an exponent": "(a[?(@.b==1e" + "9" * 100_000 + ")])",
    "spaces": " " * 50_000,
    "escapes in an open string": "(a[?(@.b=='" + "\\" * 200_001,
    "minuses": "(" + "-" * 100_000,
}


@table("text", WELL_FORMED)
def test_a_text_of_the_grammar_is_parsed(text: str) -> None:
    assert select.parse(text).text.strip() == text.strip()


@table("text", MALFORMED)
def test_a_text_that_is_not_of_the_grammar_is_refused(text: str) -> None:
    with pytest.raises(SelectorError):
        select.parse(text)


@table("text", EXCESSIVE.values())
def test_an_excessive_text_is_refused(text: str) -> None:
    with pytest.raises(SelectorError):
        select.parse(text)


def test_the_text_of_a_selector_lacks_the_space_around_it() -> None:
    assert select.parse(" \t( **, -a )\n ").text == "( **, -a )"


def test_selectors_nest_32_levels() -> None:
    def nested(levels: int) -> str:
        return "(a." * (levels - 1) + "(b)" + ")" * (levels - 1)

    assert select.parse(nested(32)).view({"a": {}}) == {"a": {}}
    with pytest.raises(SelectorError):
        select.parse(nested(33))


def test_conditions_nest_32_levels() -> None:
    def nested(levels: int) -> str:
        return "(a[?" + "(" * levels + "@.b==1" + ")" * levels + "])"

    assert select.parse(nested(32)).view({"a": [{"b": 1}]}) == {"a": [{"b": 1}]}
    with pytest.raises(SelectorError):
        select.parse(nested(33))


def test_a_selector_has_a_bounded_length() -> None:
    text = "(" + ",".join(f"p{n}" for n in range(2_500)) + ")"
    assert select.parse(text).view({"p7": 1, "q": 2, "p2499": 3}) == {"p7": 1, "p2499": 3}
    text = text[:-1].ljust(16_383, "x") + ")"
    assert select.parse(text).text == text
    with pytest.raises(SelectorError):
        select.parse(text[:-1] + "x)")


def filters(*counts: int) -> str:
    conditions = ("||".join(f"@.b=={n}" for n in range(count)) for count in counts)
    return "(" + ",".join(f"a{n}[?({text})]" for n, text in enumerate(conditions)) + ")"


def test_the_filters_of_a_selector_have_a_bounded_number_of_comparisons() -> None:
    document = {"a0": [{"b": 24}], "a1": [{"b": 23}, {"b": 30}]}
    assert select.parse(filters(25, 25)).view(document) == {"a0": [{"b": 24}], "a1": [{"b": 23}]}
    with pytest.raises(SelectorError):
        select.parse(filters(25, 26))


def test_the_indexes_of_a_selector_have_a_bounded_number_of_positions() -> None:
    wanted = ",".join(map(str, range(98)))
    assert select.parse(f"(a[{wanted}],b[0:1])").view({"a": [1], "b": [2, 3]})
    with pytest.raises(SelectorError):
        select.parse(f"(a[{wanted}],b[0,1,2])")


THING: dict[str, Any] = {
    "_v": "23.2",
    "_type": "thing",
    "_resource_state": "0f",
    "id": "t",
    "size": 3,
    "nothing": None,
    "tags": ["x", "y", "z"],
    "names": {"default": "Thing", "de": "Ding"},
    "part": {"_type": "part", "id": "p", "color": "red", "maker": {"_type": "maker", "id": "m"}},
    "items": Documents(
        [
            {"_type": "item", "id": "a", "n": 1, "names": {"default": "A", "de": "Ah"}},
            {"_type": "item", "id": "b", "n": 2, "names": {"default": "B"}},
            {"_type": "item", "id": "c", "n": 3},
        ]
    ),
}
ENVELOPE = {"_v": "23.2", "_type": "thing", "_resource_state": "0f"}
A_WHOLE, B_WHOLE, C_WHOLE = THING["items"]
MAKER = {"_type": "maker", "id": "m"}


@table(
    ("text", "shown"),
    [
        ("(id)", {"id": "t"}),
        ("(+id)", {"id": "t"}),
        ("(size,id)", {"id": "t", "size": 3}),
        ("(unknown)", {}),
        ("(unknown,id)", {"id": "t"}),
        ("(id,_v,_type)", {"id": "t"}),
        ("(_resource_state)", {}),
        ("(nothing)", {"nothing": None}),
        ("(tags)", {"tags": ["x", "y", "z"]}),
        ("(names)", {"names": {"default": "Thing", "de": "Ding"}}),
        ("(names.(de))", {"names": {"de": "Ding"}}),
        ("(names.(*))", {"names": {"default": "Thing", "de": "Ding"}}),
        ("(names.(-de))", {"names": {"default": "Thing"}}),
        ("(names.(fr))", {"names": {}}),
        ("(part)", {"part": THING["part"]}),
        ("(part.(**))", {"part": THING["part"]}),
        ("(part.(*))", {"part": {"_type": "part", "id": "p", "color": "red"}}),
        ("(part.(id))", {"part": {"_type": "part", "id": "p"}}),
        ("(part.(*,-id))", {"part": {"_type": "part", "color": "red"}}),
        ("(part.(maker))", {"part": {"_type": "part", "maker": MAKER}}),
        ("(part.(*,maker))", {"part": THING["part"]}),
        ("(part.(maker.(size)))", {"part": {"_type": "part", "maker": {"_type": "maker"}}}),
        ("(items)", {"items": [A_WHOLE, B_WHOLE, C_WHOLE]}),
        ("(items.(**))", {"items": [A_WHOLE, B_WHOLE, C_WHOLE]}),
        (
            "(items.(names.(de)))",
            {
                "items": [
                    {"_type": "item", "names": {"de": "Ah"}},
                    {"_type": "item", "names": {}},
                    {"_type": "item"},
                ]
            },
        ),
        ("(items[1])", {"items": [B_WHOLE]}),
        ("(items[1].(n))", {"items": [{"_type": "item", "n": 2}]}),
        ("(items[0,2].(n))", {"items": [{"_type": "item", "n": 1}, {"_type": "item", "n": 3}]}),
        ("(items[?(@.n>=2)])", {"items": [B_WHOLE, C_WHOLE]}),
        ("(items[?(@.names.de=='Ah')].(id))", {"items": [{"_type": "item", "id": "a"}]}),
        ("(items[?(@.n>3)])", {"items": []}),
        ("(tags[0])", {"tags": ["x"]}),
        ("(tags[?(@.n==1)])", {"tags": []}),
        ("(tags.(id))", {"tags": []}),
        # There is nothing to select from in a scalar, and no position in what is no array.
        ("(id.(a))", {}),
        ("(id[0])", {}),
        ("(nothing.(a))", {}),
        ("(names[0])", {}),
        ("(names[?(@.a==1)])", {}),
        ("(part.(id.(a)))", {"part": {"_type": "part"}}),
    ],
)
def test_names_show_what_they_name(text: str, shown: dict[str, Any]) -> None:
    assert select.parse(text).view(THING) == ENVELOPE | shown


THIS_LEVEL = {
    "id": "t",
    "size": 3,
    "nothing": None,
    "tags": ["x", "y", "z"],
    "names": {"default": "Thing", "de": "Ding"},
}


@table(
    ("text", "shown"),
    [
        ("(*)", THIS_LEVEL),
        ("(*,id)", THIS_LEVEL),
        ("(*,part)", THIS_LEVEL | {"part": THING["part"]}),
        ("(*,names.(de))", THIS_LEVEL | {"names": {"de": "Ding"}}),
        ("(*,items[0].(n))", THIS_LEVEL | {"items": [{"_type": "item", "n": 1}]}),
        ("(*,-nothing,-tags,-names)", {"id": "t", "size": 3}),
        ("(*,-_v,-_type)", THIS_LEVEL),
    ],
)
def test_a_star_shows_this_level_without_documents(text: str, shown: dict[str, Any]) -> None:
    assert select.parse(text).view(THING) == ENVELOPE | shown


def test_a_star_leaves_out_an_empty_array_of_documents_too() -> None:
    page = {"count": 0, "data": Documents(), "tags": []}
    assert select.parse("(*)").view(page) == {"count": 0, "tags": []}


@table("text", ["(**)", "(*,**)", "(**,*)", "(**,id)", "(**,unknown)", "(-unknown)"])
def test_two_stars_show_everything(text: str) -> None:
    assert select.parse(text).view(THING) == THING


@table("text", ["(**,-items,-part)", "(-items,-part)", "(-items,**,-part)"])
def test_what_is_excluded_is_taken_from_everything(text: str) -> None:
    assert select.parse(text).view(THING) == ENVELOPE | THIS_LEVEL


@table("text", ["(**,-_resource_state)", "(-_resource_state)"])
def test_the_resource_state_is_left_out_where_it_is_excluded(text: str) -> None:
    assert set(THING) - set(select.parse(text).view(THING)) == {"_resource_state"}
    assert "_resource_state" not in select.parse("(id,-_resource_state)").view(THING)


def test_an_exclusion_beside_names_changes_nothing() -> None:
    assert select.parse("(id,-size)").view(THING) == ENVELOPE | {"id": "t"}


def test_the_order_is_that_of_the_document() -> None:
    shown = select.parse("(size,tags,id)").view(THING)
    assert list(shown) == ["_v", "_type", "_resource_state", "id", "size", "tags"]


def test_an_array_of_documents_stays_one() -> None:
    shown = select.parse("(items[?(@.n==9)])").view(THING)["items"]
    assert isinstance(shown, Documents)
    assert isinstance(select.parse("(items[1:2].(n))").view(THING)["items"], Documents)
    assert not isinstance(select.parse("(tags[0])").view(THING)["tags"], Documents)


def test_an_array_of_documents_is_viewed_document_by_document() -> None:
    shown = select.parse("(id)").view(THING["items"])
    assert [document["id"] for document in shown] == ["a", "b", "c"]
    assert {name for document in shown for name in document} == {"_type", "id"}


def test_frozen_documents_are_viewed_like_others() -> None:
    frozen = MappingProxyType({"a": MappingProxyType({"b": 1, "c": 2}), "d": (1, 2, 3)})
    assert select.parse("(a.(b),d[1:2])").view(frozen) == {"a": {"b": 1}, "d": [2, 3]}


@table(("length", "kept"), [(3, True), (511, True), (512, True), (513, False), (5000, False)])
def test_a_text_is_remembered_up_to_512_characters(length: int, *, kept: bool) -> None:
    name = "a" * (length - 2)
    first, second = select.parse(f"({name})"), select.parse(f"({name})")
    assert (first is second) is kept
    for selector in (first, second):
        assert selector.view({name: 1, "b": 2}) == {name: 1}


@pytest.mark.parametrize("length", [512, 513])
def test_a_malformed_text_of_any_length_is_refused_each_time(length: int) -> None:
    for _ in range(2):
        with pytest.raises(SelectorError):
            select.parse("(" + "a" * (length - 1))


@table("scalar", ["text", 1, 1.5, True, None])
def test_there_is_nothing_to_select_from_in_a_scalar(scalar: Any) -> None:
    with pytest.raises(LookupError):
        select.parse("(**)").view(scalar)


@table(
    ("positions", "picked"),
    [
        ("[0]", ["a"]),
        ("[4]", ["e"]),
        ("[5]", []),
        ("[0:4]", ["a", "b", "c", "d", "e"]),
        ("[0:0]", ["a"]),
        ("[1:2]", ["b", "c"]),
        ("[3:9]", ["d", "e"]),
        ("[5:9]", []),
        ("[3:1]", []),
        ("[1,3]", ["b", "d"]),
        ("[4,0]", ["e", "a"]),
        ("[2,1,3]", ["c", "b", "d"]),
        ("[0,9,1]", ["a", "b"]),
        ("[999999999]", []),
        ("[0:999999999]", ["a", "b", "c", "d", "e"]),
    ],
)
def test_positions_count_from_0_and_ranges_include_both_ends(
    positions: str, picked: list[str]
) -> None:
    shown = select.parse(f"(x{positions})").view({"x": ["a", "b", "c", "d", "e"]})
    assert shown == {"x": picked}


VALUES = [
    {"id": "int", "v": 1},
    {"id": "float", "v": 1.5},
    {"id": "text", "v": "1"},
    {"id": "true", "v": True},
    {"id": "null", "v": None},
    {"id": "absent"},
    {"id": "array", "v": [1]},
    {"id": "map", "v": {"w": 1}},
]
ALL = ["int", "float", "text", "true", "null", "absent", "array", "map"]


@table(
    ("condition", "fulfilled_by"),
    [
        ("@.v==1", ["int"]),
        ("@.v==1.0", ["int"]),
        ("@.v==10e-1", ["int"]),
        ("@.v=='1'", ["text"]),
        ("@.v==true", ["true"]),
        ("@.v==false", []),
        ("@.v==null", ["null", "absent"]),
        ("@.v==0", []),
        ("@.v!=1", ["float", "text", "true", "null", "absent", "array", "map"]),
        ("@.v!='1'", ["int", "float", "true", "null", "absent", "array", "map"]),
        ("@.v!=true", ["int", "float", "text", "null", "absent", "array", "map"]),
        ("@.v!=null", ["int", "float", "text", "true", "array", "map"]),
        ("@.v<2", ["int", "float"]),
        ("@.v<1.5", ["int"]),
        ("@.v<=1.5", ["int", "float"]),
        ("@.v<=1", ["int"]),
        ("@.v>1", ["float"]),
        ("@.v>=1", ["int", "float"]),
        ("@.v>-1", ["int", "float"]),
        ("@.v>1.5", []),
        ("@.v<'2'", ["text"]),
        ("@.v<='1'", ["text"]),
        ("@.v>''", ["text"]),
        ("@.v>='10'", []),
        ("@.v<true", []),
        ("@.v<=true", []),
        ("@.v>false", []),
        ("@.v>=true", []),
        ("@.v<=null", []),
        ("@.v>=null", []),
        ("@.v.w==1", ["map"]),
        ("@.v.w!=1", ["int", "float", "text", "true", "null", "absent", "array"]),
        ("@.v.w.x==null", ALL),
        ("@.id=='map'", ["map"]),
        ("@.v==1||@.v=='1'", ["int", "text"]),
        ("@.v>=1&&@.v<1.5", ["int"]),
        ("@.v=='1'||@.v>=1&&@.v<1.5", ["int", "text"]),
        ("(@.v=='1'||@.v>=1)&&@.v<1.5", ["int"]),
        ("@.v>=1&&(@.v<1.5||@.id=='float')", ["int", "float"]),
        ("((@.v==null))", ["null", "absent"]),
        ("@.v==1&&@.v==2||@.v==3&&@.v==4", []),
        ("@.id!='x'&&@.id!='y'&&@.id!='z'", ALL),
    ],
)
def test_a_filter_compares_like_with_like(condition: str, fulfilled_by: list[str]) -> None:
    shown = select.parse(f"(x[?({condition})])").view({"x": VALUES})
    assert [element["id"] for element in shown["x"]] == fulfilled_by


@table(
    ("literal", "value"),
    [
        (r"'it\'s'", "it's"),
        (r"'\\'", "\\"),
        (r"'a\b'", "ab"),
        ("'a,b)]c'", "a,b)]c"),
        ("'ä €'", "ä €"),
        ("''", ""),
        ("' '", " "),
        ("-0.25", -0.25),
        ("1e3", 1000),
        ("1E+3", 1000),
        ("007", 7),
    ],
)
def test_a_literal_stands_for_its_value(literal: str, value: Any) -> None:
    shown = select.parse(f"(x[?(@.v=={literal})])").view({"x": [{"v": value}, {"v": "other"}]})
    assert shown == {"x": [{"v": value}]}


def test_large_integers_are_compared_exactly() -> None:
    neighbours = {"x": [{"v": 123456789012345677}, {"v": 123456789012345679}]}
    assert select.parse("(x[?(@.v==123456789012345678)])").view(neighbours) == {"x": []}


def test_elements_that_are_no_documents_have_no_properties() -> None:
    mixed = {"x": ["a", 1, None, [], {"v": 1}]}
    assert select.parse("(x[?(@.v==1)])").view(mixed) == {"x": [{"v": 1}]}
    assert select.parse("(x[?(@.v==null)])").view(mixed) == {"x": ["a", 1, None, []]}


@table(
    ("text", "reached"),
    [
        ("(**)", True),
        ("(**,-count)", True),
        ("(data.(id))", True),
        ("(data.(**))", True),
        ("(data[0])", True),
        ("(data[0].(id))", True),
        ("(*,data.(id))", True),
        ("(data)", False),
        ("(+data)", False),
        ("(*)", False),
        ("(*,data)", False),
        ("(count)", False),
        ("(count.(data))", False),
    ],
)
def test_documents_are_reached_into_when_more_than_their_default_is_wanted(
    text: str, *, reached: bool
) -> None:
    assert select.parse(text).reaches_into("data") is reached


NAMES = st.sampled_from(["a", "b", "c", "_v", "_type", "_resource_state", "c_x"])
SCALARS = st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text()


def containers(values: st.SearchStrategy[Any]) -> st.SearchStrategy[Any]:
    arrays = st.lists(values, max_size=3)
    return arrays | arrays.map(Documents) | st.dictionaries(NAMES, values, max_size=4)


DOCUMENTS = st.dictionaries(NAMES, st.recursive(SCALARS, containers, max_leaves=12))

TOKENS = ["(", ")", "**", "*", "a", "b", "c", ",", "+", "-", ".", "[", "]", "?", ":", "@", "'"]
TOKENS += ["==", "!=", "<", "<=", ">", ">=", "&&", "||", "0", "1", "1.5", "true", "null", " "]
TOKENS += ["(a.(b))", "(*)", "[?(@.a==1)]", "[0:1]", ".(b)", ".(**)", "\\", "é", "\0"]
TEXTS = st.text() | st.lists(st.sampled_from(TOKENS), max_size=30).map("".join)


def members(nested: st.SearchStrategy[str]) -> st.SearchStrategy[str]:
    forms = ["{}", "+{}", "-{}", "{}[0]", "{}[1,0]", "{}[0:1]", "{}[?(@.a>=1||@.b=='x')]"]
    plain = st.sampled_from(forms)
    deep = st.builds("{}.{}".format, plain.filter(lambda form: form != "-{}"), nested)
    terms = st.dictionaries(NAMES, plain | deep, min_size=1, max_size=4)
    named = terms.map(lambda found: ",".join(form.format(name) for name, form in found.items()))
    stars = st.sampled_from(["({})", "(*,{})", "({},**)"])
    return st.builds(lambda star, text: star.format(text), stars, named)


SELECTORS = st.recursive(st.sampled_from(["(**)", "(*)", "(a)", "(-a)"]), members, max_leaves=4)


@settings(deadline=None)
@given(DOCUMENTS)
def test_two_stars_are_the_identity(document: dict[str, Any]) -> None:
    assert select.parse("(**)").view(document) == document


@settings(deadline=None)
@given(DOCUMENTS)
def test_an_exclusion_removes_exactly_what_it_names(document: dict[str, Any]) -> None:
    shown = select.parse("(**,-a)").view(document)
    assert "a" not in shown
    assert shown | {n: v for n, v in document.items() if n == "a"} == document


@settings(deadline=None)
@given(DOCUMENTS)
def test_names_bring_exactly_themselves_and_what_always_stays(document: dict[str, Any]) -> None:
    shown = select.parse("(a,b)").view(document)
    assert set(shown) == {"a", "b", *select.UNASKED} & set(document)
    assert all(value == document[name] for name, value in shown.items())


@given(TEXTS)
def test_parsing_any_text_raises_nothing_but_selector_error(text: str) -> None:
    try:
        assert select.parse(text).text in text
    except SelectorError as error:
        assert str(error) == text  # noqa: PT017 - most texts are no selectors


@given(SELECTORS, DOCUMENTS)
def test_a_view_is_made_of_the_document_and_leaves_it_alone(
    text: str, document: dict[str, Any]
) -> None:
    before = deepcopy(document)
    shown = select.parse(text).view(document)
    assert set(document) & set(select.ALWAYS) <= set(shown) <= set(document)
    assert document == before
