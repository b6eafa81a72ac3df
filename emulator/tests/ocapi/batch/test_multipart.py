"""Multipart bodies: the parts of a body, wrong bodies, bounds, and the writer."""

from email import message_from_bytes

import pytest

from emulator.ocapi.batch.multipart import (
    MultipartError,
    Part,
    TooManyPartsError,
    name_content_type,
    parse,
    read_boundary,
    render,
)
from emulator.tests.bound import bounded
from emulator.tests.table import table

ONE = [Part({"a": "1"}, b"x")]


@table(
    ("content_type", "boundary"),
    [
        ("multipart/mixed; boundary=23dh3f9f4", "23dh3f9f4"),
        ("Multipart/MIXED;BOUNDARY=b", "b"),
        ('multipart/mixed ; charset="a;b" ; boundary="a b:c;d"', "a b:c;d"),
        ('multipart/mixed; x="; boundary=no"; boundary=yes', "yes"),
        ("multipart/mixed; boundary=#separator$_@", "#separator$_@"),
        ("multipart/mixed; boundary=a; boundary=b", "a"),
        (f"multipart/mixed; boundary={'b' * 70}", "b" * 70),
        (f"multipart/mixed; boundary={'b' * 71}", None),
        ("multipart/mixed", None),
        ("multipart/mixed; boundary=", None),
        ('multipart/mixed; boundary=""', None),
        ('multipart/mixed; boundary="b "', None),
        ("multipart/mixed; boundary=\xe9", None),
        ("multipart/mixedx; boundary=b", None),
        ("multipart/form-data; boundary=b", None),
        (f"multipart/mixed; x={'x' * 1024}; boundary=b", None),
        ("", None),
    ],
)
def test_the_boundary_is_read(content_type: str, boundary: str | None) -> None:
    assert read_boundary(content_type) == boundary


@table(
    ("boundary", "content_type"),
    [
        ("23dh3f9f4", "multipart/mixed; boundary=23dh3f9f4"),
        ("a b", 'multipart/mixed; boundary="a b"'),
        ("#separator$_@", 'multipart/mixed; boundary="#separator$_@"'),
    ],
)
def test_a_boundary_is_quoted_where_it_has_to_be(boundary: str, content_type: str) -> None:
    assert name_content_type(boundary) == content_type
    assert read_boundary(content_type) == boundary


@table(
    "body",
    [
        b"--b\na: 1\n\nx\n--b--\n",
        b"--b\r\na: 1\r\n\r\nx\r\n--b--\r\n",
        b"--b\r\na: 1\n\nx\r\n--b--",
        b"--b \t\na: 1\n\nx\n--b-- \t\n",
        b"preamble\n--b\na: 1\n\nx\n--b--\nepilogue\n--b\na: 2\n",
        b"\n--b\na: 1\n\nx\n--b--",
        b"--b\na: 1\n\nx",
        b"--b\na: 1\n\nx\n",
        b"--b\na: 1\n\nx--b--",
        b"--b\n--b\n\n--b\r\n\r\n--b\na: 1\n\nx\n--b\n\n\n--b--",
        b"--b\nA:1\n\nx\n--b--",
        b"--b\na: \t1 \t\n\nx\n--b--",
    ],
)
def test_a_part_is_found_in_any_surroundings(body: bytes) -> None:
    assert parse(body, "b", 50) == ONE


@table(
    ("body", "parts"),
    [
        (b"--b\na: 1\n--b\na: 2\n\n--b\na: 3\n\n\n--b--", [b"", b"", b""]),
        (b"--b\n\nx\n--b--", [b"x"]),
        (b"--b\r\n\r\na: 1\r\n\r\nx\r\n--b--", [b"a: 1\r\n\r\nx"]),
        (b"--b\na: 1\n\n \n--bx\n--b---\n -- b\nx --b\n--b--", [b" \n--bx\n--b---\n -- b\nx --b"]),
        (b"--b\na: 1\n\n\n\nx\n\n--b--", [b"\n\nx\n"]),
        (b"--b\na: 1\n\n\xff\x00\r\n--b--", [b"\xff\x00"]),
    ],
)
def test_a_body_is_what_stands_between_blank_line_and_delimiter(
    body: bytes, parts: list[bytes]
) -> None:
    assert [part.body for part in parse(body, "b", 50)] == parts


def test_a_boundary_is_no_pattern() -> None:
    assert parse(b"--.*\na: 1\n\n--xx\n--.*--", ".*", 50) == [Part({"a": "1"}, b"--xx")]


def test_headers_are_text_of_latin_1_and_repeated_ones_are_joined() -> None:
    body = b"--b\nX-A: \xe9\nx-a: 2\nX-B: a:b\nX-C:\n--b--"
    assert parse(body, "b", 50)[0].headers == {"x-a": "\xe9, 2", "x-b": "a:b", "x-c": ""}


def test_empty_values_of_a_repeated_header_are_left_out() -> None:
    parts = parse(b"--b\nx:\nx:\ny: \ny: 1\ny:\n\nz\n--b--", "b", 9)
    assert parts == [Part({"x": "", "y": "1"}, b"z")]
    assert parse(render(parts, "b"), "b", 9) == parts


@table(
    ("head", "told"),
    [
        (b'a: 1\n{"b": 2}', "'{\"b\": 2}' in part 1 is no header"),
        (b"no colon", "'no colon' in part 1 is no header"),
        (b"a : 1", "'a : 1' in part 1 is no header"),
        (b": 1", "': 1' in part 1 is no header"),
        (b"\xe9: 1", "'\xe9: 1' in part 1 is no header"),
        (b"a: 1\n folded", "' folded' in part 1 is no header"),
        (b"a: 1\r2", "'a: 1\r2' in part 1 is no header"),
        (b"a: \x00", "'a: \x00' in part 1 is no header"),
        (b"a" * 100, "'" + "a" * 40 + "' in part 1 is no header"),
    ],
)
def test_what_is_no_header_is_refused(head: bytes, told: str) -> None:
    with pytest.raises(MultipartError) as refused:
        parse(b"--b\n" + head + b"\n\nx\n--b--", "b", 50)
    assert str(refused.value) == told + "; a blank line goes between headers and body"


def test_the_part_that_is_wrong_is_numbered() -> None:
    with pytest.raises(MultipartError, match="'x' in part 2 is no header"):
        parse(b"--b\na: 1\n--b\n\n--b\nx\n--b--", "b", 50)


def test_headers_without_end_are_refused() -> None:
    with pytest.raises(MultipartError, match="no blank line ends the headers of part 1"):
        parse(b"--b\na: " + b"x" * 65536 + b"\n\nx\n--b--", "b", 50)


@table("body", [b"", b"x", b"--b--", b"--b", b"--b\n\n--b--", b"--c\na: 1\n--c--"])
def test_a_body_without_parts_is_refused(body: bytes) -> None:
    with pytest.raises(MultipartError, match="there's no part between lines '--b'"):
        parse(body, "b", 50)


def test_parts_are_counted_without_those_that_are_empty() -> None:
    assert len(parse(b"--b\na: 1\n--b\n\n" * 50, "b", 50)) == 50
    with pytest.raises(TooManyPartsError):
        parse(b"--b\na: 1\n--b\n\n" * 51, "b", 50)


def test_parts_are_counted_before_their_headers_are_read() -> None:
    with pytest.raises(TooManyPartsError):
        parse(b"--b\nno header\n\n" + b"--b\na: 1\n" * 50, "b", 50)


def test_a_part_has_at_most_100_headers() -> None:
    assert parse(b"--b\n" + b"a: 1\n" * 100 + b"\nx", "b", 50)[0].body == b"x"
    with pytest.raises(MultipartError, match="part 2 has more than 100 headers"):
        parse(b"--b\na: 1\n--b\n" + b"a: 1\n" * 101 + b"\nx", "b", 50)


@pytest.mark.parametrize(
    "body",
    [
        b"--b\n" * 1_000_000,
        b"--b\na:1\n" * 600_000,
        b"--b" + b" " * 5_000_000 + b"x",
        b"--b\n\n" + b"\n--bx\r" * 700_000,
        b"--b\na:" + b" " * 65_000 + b"\x00",
        b"--b\n" + b"\r" * 5_000_000,
        (b"--b\n" + b"a:\n" * 21_000 + b"\n1\n") * 49,
    ],
    ids=["delimiters", "parts", "padding", "almost delimiters", "blanks", "returns", "headers"],
)
def test_no_body_of_5_mb_takes_a_second(body: bytes) -> None:
    with bounded(), pytest.raises((MultipartError, TooManyPartsError)):
        parse(body + b"\n--b\nx", "b", 50)


def test_parts_are_written_plainly() -> None:
    parts = [Part({"x-dw-status-code": "204"}), Part({"A": "1", "B": "\xe9"}, b"{}")]
    assert render(parts, "b") == (b"--b\nx-dw-status-code: 204\n--b\nA: 1\nB: \xe9\n\n{}\n--b--\n")


def test_what_is_written_can_be_read_by_others_and_by_ourselves() -> None:
    parts = [Part({"a": "1"}, b"{}"), Part({"a": "2"}), Part({"a": "3"}, b"x\n\ny")]
    written = render(parts, "b")
    assert parse(written, "b", 50) == parts
    message = message_from_bytes(b"Content-Type: multipart/mixed; boundary=b\n\n" + written)
    read = [(part["a"], part.get_payload(decode=True)) for part in message.walk()][1:]
    assert read == [("1", b"{}"), ("2", b""), ("3", b"x\n\ny")]
