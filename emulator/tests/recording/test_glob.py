"""Wildcards: one asterisk stays in its segment, two go anywhere, and all else is literal."""

import re

from hypothesis import given
from hypothesis import strategies as st

from emulator.recording.glob import compile_path, compile_text
from emulator.tests.table import table


@table(
    ("pattern", "path"),
    [
        ("/a/b", "/a/b"),
        ("/", "/"),
        ("/a/*", "/a/b"),
        ("/a/*", "/a/"),
        ("/a/*/c", "/a/b/c"),
        ("/a/*/c", "/a/%2F/c"),
        ("/a/*.json", "/a/b.json"),
        ("/a/x*z", "/a/xz"),
        ("/a/x*z", "/a/xyz"),
        ("/*/*", "/a/b"),
        ("/**/sites", "/sites"),
        ("/**/sites", "/a/sites"),
        ("/**/sites", "/a/b/sites"),
        ("/**/sites/*", "/s/-/dw/data/v23_2/sites/a"),
        ("/a/**/b", "/a/b"),
        ("/a/**/b", "/a/x/b"),
        ("/a/**/b", "/a/x/y/b"),
        ("/a/**/b/**/c", "/a/b/c"),
        ("/a/**", "/a"),
        ("/a/**", "/a/"),
        ("/a/**", "/a/b/c"),
        ("/**", "/"),
        ("/**", "/a/b"),
        ("**", "/a/b"),
        ("**/b", "/a/b"),
        ("/a**z", "/abcz"),
        ("/**/a/**", "/a"),
        ("/**/a/**", "/x/a/y"),
        ("/a/**/", "/a/"),
        ("/a/**/", "/a/b/"),
        ("*", "a"),
        ("/a/**", "/a/\nb"),
        ("/a/*", "/a/\n"),
    ],
)
def test_a_path_is_meant(pattern: str, path: str) -> None:
    assert compile_path(pattern).fullmatch(path)


@table(
    ("pattern", "path"),
    [
        ("/a/b", "/a/B"),
        ("/a/b", "/a/b/"),
        ("/a/b", "/a/b/c"),
        ("/a/b", "/x/a/b"),
        ("/a/*", "/a"),
        ("/a/*", "/a/b/c"),
        ("/a/*/c", "/a/c"),
        ("/a/*/c", "/a/b/b/c"),
        ("/*", "/a/b"),
        ("*", "/a"),
        ("/a/x*z", "/a/x/z"),
        ("/**/sites", "/asites"),
        ("/**/sites", "/a/xsites"),
        ("/**/sites", "/sites/a"),
        ("/**/sites", "sites"),
        ("/a/**", "/ab"),
        ("/a/**", "/x/a"),
        ("/a/**/b", "/ab"),
        ("/a/**/b", "/a/xb"),
        ("/a/**/b", "/axb"),
        ("/a/**/b", "/ax/b"),
        ("/a/**/", "/a"),
        ("/a/b", "/a/b\n"),
        ("", "/"),
    ],
)
def test_another_path_is_not(pattern: str, path: str) -> None:
    assert not compile_path(pattern).fullmatch(path)


@table("sign", list(".+?()[]{}|^$\\-# "))
def test_signs_of_expressions_stand_for_themselves(sign: str) -> None:
    for compiled in (compile_path, compile_text):
        assert compiled(f"/a{sign}b").fullmatch(f"/a{sign}b")
        for other in ("/ab", "/aab", "/axb", "/a", "/aa"):
            assert not compiled(f"/a{sign}b").fullmatch(other)


@table(
    ("pattern", "text"),
    [
        ("", ""),
        ("*", ""),
        ("*", "a/b\nc"),
        ("a*", "a"),
        ("a*c", "a/b/c"),
        ("*b*", "abc"),
        ("**", "a"),
        ("a*b*c", "axbxbc"),
        ("Bearer *", "Bearer ***"),
    ],
)
def test_a_text_is_meant(pattern: str, text: str) -> None:
    assert compile_text(pattern).fullmatch(text)


@table(
    ("pattern", "text"),
    [("", "a"), ("a", "A"), ("a", "ab"), ("b*", "ab"), ("*b", "bc"), ("a*a", "a"), ("a", "a\n")],
)
def test_another_text_is_not(pattern: str, text: str) -> None:
    assert not compile_text(pattern).fullmatch(text)


@table("pattern", ["/**/x", "/**/**/x", "/***/x", "/**/***/**/x"])
@table("path", ["/x", "/a/x", "/a/b/x"])
def test_several_wildcards_between_slashes_are_one(pattern: str, path: str) -> None:
    assert compile_path(pattern).fullmatch(path)
    assert not compile_path(pattern).fullmatch(f"{path}/y")


@table("pattern", ["/a**z", "/a*z", "/**a", "/x**"])
def test_within_a_segment_no_wildcard_stands_for_a_slash(pattern: str) -> None:
    assert not compile_path(pattern).fullmatch("/a/b/z")
    assert not compile_path(pattern).fullmatch("/x/y/a")


def test_no_pattern_takes_more_steps_than_both_lengths_multiplied() -> None:
    assert not compile_path("/**a" * 30 + "b").fullmatch("/" + "a" * 5000)
    assert not compile_path("/**" + "/a/**" * 30 + "/b").fullmatch("/a" * 2000)
    assert not compile_text("*a" * 100 + "b").fullmatch("a" * 100_000)


@given(st.text("ab*", max_size=8), st.text("ab", max_size=8))
def test_a_text_pattern_is_what_the_expression_says(pattern: str, text: str) -> None:
    expression = ".*".join(map(re.escape, pattern.split("*")))
    assert compile_text(pattern).fullmatch(text) == bool(re.fullmatch(expression, text))


@given(
    st.lists(st.sampled_from(["a", "b", "*", "**", "a*"]), max_size=6),
    st.lists(st.sampled_from(["a", "b", "ab", "c"]), max_size=6),
)
def test_a_path_pattern_is_what_the_expression_says(pattern: list[str], path: list[str]) -> None:
    translated = {"*": "/[^/]*", "**": "(?:/[^/]*)*", "a*": "/a[^/]*"}
    expression = "".join(translated.get(part, f"/{part}") for part in pattern)
    subject = "".join(f"/{part}" for part in path)
    wanted = bool(re.fullmatch(expression, subject))
    assert compile_path("/" + "/".join(pattern)).fullmatch(subject or "/") == wanted or not path
