"""JSON arrays are read block by block as they would be in one."""

from collections.abc import Callable
from typing import Any

import orjson
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from emulator import blocks

TRICKY = ["", "a", "},", '"},{"', "}, {", "[{},", "\\", "\u00e9", '\\"},']
VALUES = st.recursive(
    st.sampled_from([*TRICKY, 1, -2.5, True, None]),
    lambda inner: (
        st.lists(inner, max_size=4) | st.dictionaries(st.sampled_from(TRICKY), inner, max_size=4)
    ),
    max_leaves=12,
)
INDENTS = st.sampled_from([0, orjson.OPT_INDENT_2])
SIZES = st.sampled_from([0, 1, 7, 40, 1000])


def read_all(data: bytes) -> Any:
    """Return a value, or the text of the error."""
    try:
        value = blocks.read(data)
        return value if isinstance(value, (dict, str, int, float)) else [*value]
    except orjson.JSONDecodeError as error:
        return str(error)


def parse(data: bytes) -> Any:
    try:
        data.decode()
        return orjson.loads(data)
    except UnicodeDecodeError as error:
        column = len(data[: error.start].decode())
        return f"it is not UTF-8: line 1 column {column + 1} (char {column})"
    except orjson.JSONDecodeError as error:
        return str(error)


@settings(deadline=None, max_examples=150)
@given(
    entries=st.lists(VALUES, max_size=12),
    indent=INDENTS,
    size=SIZES,
    places=st.integers(0, 9),
    tries=st.integers(0, 9),
)
def test_an_array_has_its_entries_wherever_it_is_cut(
    entries: list[Any], indent: int, size: int, places: int, tries: int
) -> None:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(blocks, "BLOCK", size)
        patch.setattr(blocks, "PLACES", places)
        patch.setattr(blocks, "TRIES", tries)
        assert read_all(orjson.dumps(entries, option=indent)) == entries


@settings(deadline=None, max_examples=250)
@given(
    entries=st.lists(VALUES, max_size=6),
    at=st.integers(0, 200),
    cut=st.integers(0, 2),
    put=st.sampled_from(
        [b"", b",", b"}", b"]", b"[", b'"', b"}, ", b"},,{", b"\xff", b"\0", b" 1"]
    ),
    size=SIZES,
)
def test_what_is_broken_is_told_as_of_the_whole(
    entries: list[Any], at: int, cut: int, put: bytes, size: int
) -> None:
    data = orjson.dumps(entries)
    data = data[:at] + put + data[at + cut :]
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(blocks, "BLOCK", size)
        assert read_all(data) == parse(data)


@pytest.mark.parametrize("text", ['{"a": [1]}', '"a"', "1", "{}", " {} ", "", "[", "]", "[1]]"])
def test_other_values_are_read_as_they_are(text: str) -> None:
    assert read_all(text.encode()) == parse(text.encode())


@pytest.mark.parametrize("text", ["[]", " [ ]\n", "[ {} ]", "[{},{}]\n", "[1 , 2]"])
def test_white_space_does_not_count(monkeypatch: pytest.MonkeyPatch, text: str) -> None:
    monkeypatch.setattr(blocks, "BLOCK", 0)
    assert read_all(text.encode()) == orjson.loads(text)


def test_bytes_that_are_no_utf_8_are_told_where_they_stand() -> None:
    with pytest.raises(orjson.JSONDecodeError, match=r"not UTF-8: line 2 column 4 \(char 5\)"):
        blocks.read(b'{\n"\xc3\xa9a\xff": 1}')


def test_a_comma_at_the_end_is_an_error(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(blocks, "BLOCK", 0)
    read = blocks.read(b'[{"a": 1}, {"a": 2},]')
    assert next(read) == {"a": 1}
    assert next(read) == {"a": 2}
    with pytest.raises(orjson.JSONDecodeError, match="trailing comma"):
        next(read)


def entry(number: int, parts: int, text: str = "") -> dict[str, Any]:
    return {"id": f"{number:09}", "parts": [{"n": n} for n in range(parts)], "text": text}


def watch(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """Return a list that grows by the length of each text that is parsed."""
    parsed: list[int] = []

    def loads(data: bytes, load: Callable[[bytes], Any] = orjson.loads) -> Any:
        parsed.append(len(data))
        return load(data)

    monkeypatch.setattr(orjson, "loads", loads)
    return parsed


def test_what_cannot_be_cut_is_parsed_as_a_whole_soon(monkeypatch: pytest.MonkeyPatch) -> None:
    entries = [[[entry(n, 0)] * 40] for n in range(50)]
    data = orjson.dumps(entries)
    monkeypatch.setattr(blocks, "BLOCK", 4096)
    parsed = watch(monkeypatch)
    assert [*blocks.read(data)] == entries
    assert len(parsed) == blocks.TRIES + 1


@pytest.mark.parametrize(
    ("entries", "most"),
    [
        pytest.param([entry(n, 0) for n in range(1000)], 1, id="flat"),
        pytest.param([entry(n, 3) for n in range(1000)], 3, id="nested"),
        pytest.param([entry(n, 40) for n in range(100)], 5, id="much nested"),
        pytest.param([entry(n, 0, "a } b") for n in range(1000)], 1, id="single braces"),
        pytest.param([entry(n, 40, "{} } {") for n in range(100)], 5, id="paired braces"),
    ],
)
def test_blocks_are_parsed_after_a_few_tries(
    monkeypatch: pytest.MonkeyPatch, entries: list[Any], most: int
) -> None:
    data, size = orjson.dumps(entries), 4096
    monkeypatch.setattr(blocks, "BLOCK", size)
    parsed = watch(monkeypatch)
    assert [*blocks.read(data)] == entries
    assert max(parsed) < size + 2 * len(data) / len(entries)
    assert len(parsed) <= most * (len(data) // size + 1)
