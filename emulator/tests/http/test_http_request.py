"""Requests as bytes: heads, lengths, chunks, in whatever pieces they arrive."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from emulator.http.body import Body, ChunkedBody
from emulator.http.request import Head, Refusal, check_beginning, read_head
from emulator.tests.table import table

GET = b"GET /a%2Fb?c=d HTTP/1.1\r\nHost: localhost\r\nX-One:  1 \r\n"
LIMIT = 1000


def read(lines: bytes) -> Head:
    data = lines + (b"" if b"\nHost:" in lines else b"Host: localhost\r\n") + b"\r\n"
    return read_head(data, data.index(b"\r\n\r\n"))


def feed(body: Body | ChunkedBody, data: bytes, cuts: list[int]) -> bytes:
    """Feed a body in pieces until it is complete; return what came behind it."""
    ends = sorted({min(cut, len(data)) for cut in cuts} | {len(data)})
    start, rest = 0, b""
    for end in ends:
        rest = rest + data[start:end] if body.is_complete else body.feed(data[start:end])
        start = end
    return rest


def chunk(data: bytes) -> bytes:
    return b"%x\r\n%b\r\n" % (len(data), data)


def test_head_is_parsed() -> None:
    head = read(GET)
    assert (head.method, head.target, head.version) == ("GET", "/a%2Fb?c=d", "1.1")
    assert (head.path, head.query) == ("/a/b", "c=d")
    assert head.fields == {"HTTP_HOST": "localhost", "HTTP_X_ONE": "1"}
    assert (head.length, head.is_chunked, head.connection_options) == (0, False, ())


@table(
    ("target", "path"),
    [
        (b"http://localhost/a/b?c", "/a/b"),
        (b"http://localhost", ""),
        (b"*", ""),
        (b"/", "/"),
        (b"//a", "//a"),
        (b"/\xc3\xa9", "/\xc3\xa9"),
        (b"/%C3%A9", "/\xc3\xa9"),
    ],
)
def test_path_is_decoded_for_wsgi(target: bytes, path: str) -> None:
    assert read(b"GET %b HTTP/1.1\r\n" % target).path == path


@table(
    ("coding", "status"),
    [
        (b"gzip", "501 Not Implemented"),
        (b"gzip, chunked", "501 Not Implemented"),
        (b"chunked, chunked", "501 Not Implemented"),
        (b"xchunked", "501 Not Implemented"),
    ],
)
def test_other_codings_than_chunked_are_refused(coding: bytes, status: str) -> None:
    with pytest.raises(Refusal) as raised:
        read(b"PUT / HTTP/1.1\r\nTransfer-Encoding: %b\r\n" % coding)
    assert raised.value.status == status


@given(st.binary(max_size=200))
def test_any_bytes_are_a_head_or_refused(noise: bytes) -> None:
    beginning = b"GET / HTTP/1.1\r\nHost: localhost\r\n"
    for data in (noise + b"\r\n\r\n", beginning + noise + b"\r\n\r\n"):
        try:
            head = read_head(data, data.index(b"\r\n\r\n"))
        except Refusal:
            continue
        assert "\n" not in "".join([head.method, head.target, *head.fields.values()])


@given(st.binary(max_size=50), st.binary(max_size=20), st.lists(st.integers(0, 70)))
def test_body_of_known_length_ends_at_its_length(
    content: bytes, behind: bytes, cuts: list[int]
) -> None:
    body = Body(len(content), LIMIT)
    assert feed(body, content + behind, cuts) == behind
    assert (body.open().read(), body.is_too_large) == (content, False)


@given(
    st.lists(st.binary(min_size=1, max_size=20), max_size=5),
    st.sampled_from([b"", b"X-Trailer: a\r\n"]),
    st.binary(max_size=20),
    st.lists(st.integers(0, 200)),
)
def test_chunked_body_is_the_same_in_whatever_pieces_it_arrives(
    parts: list[bytes], trailer: bytes, behind: bytes, cuts: list[int]
) -> None:
    wire = b"".join(map(chunk, parts)) + b"0;last\r\n" + trailer + b"\r\n"
    body = ChunkedBody(LIMIT)
    assert feed(body, wire + behind, cuts) == behind
    assert (body.open().read(), body.is_complete, body.is_too_large) == (
        b"".join(parts),
        True,
        False,
    )


@given(st.binary(max_size=100), st.lists(st.integers(0, 100)))
def test_any_chunks_are_read_or_refused(noise: bytes, cuts: list[int]) -> None:
    body = ChunkedBody(LIMIT)
    try:
        feed(body, noise, cuts)
    except Refusal:
        return
    assert len(body.open().read()) <= LIMIT


def test_bodies_are_not_read_beyond_the_limit() -> None:
    announced, chunked = Body(LIMIT + 1, LIMIT), ChunkedBody(LIMIT)
    assert (announced.is_too_large, announced.is_complete) == (True, True)
    feed(chunked, chunk(b"x" * LIMIT), [])
    assert not chunked.is_too_large
    feed(chunked, b"1\r\n", [])
    assert (chunked.is_too_large, chunked.is_complete) == (True, True)


@table("wire", [b"1" * 5000, b"1;" + b"x" * 5000, b"0\r\n" + b"x" * 5000])
def test_line_between_chunks_is_bounded(wire: bytes) -> None:
    with pytest.raises(Refusal, match="too long"):
        ChunkedBody(LIMIT).feed(wire)


@table(("size", "chunks"), [(1, 13_796), (15, 50_000), (18, 50_000)])
def test_bytes_around_chunks_are_bounded_by_the_body(size: int, chunks: int) -> None:
    # 5 bytes are around a chunk of up to 15 bytes, and 6 around one of 18 bytes: a third.
    body = ChunkedBody(100_000_000)
    body.feed(chunk(b"x" * size) * chunks)
    assert body.size == size * chunks


def test_too_many_small_chunks_are_refused() -> None:
    for one in (chunk(b"x"), b"00000001;extension\r\nx\r\n", chunk(b"x" * 12)):
        body = ChunkedBody(100_000_000)
        with pytest.raises(Refusal, match="too many small chunks"):
            body.feed(one * 200_000)
        assert body.size < 1_000_000


def test_host_of_an_absolute_target_counts_more_than_the_header() -> None:
    head = read(b"GET http://a.example:1/b HTTP/1.1\r\nHost: localhost\r\n")
    assert head.fields["HTTP_HOST"] == "a.example:1"


@table("hosts", [b"", b"Host: a\r\nHost: b\r\n", b"Host: a\r\nhost: a\r\n"])
def test_http_1_1_needs_exactly_one_host(hosts: bytes) -> None:
    data = b"GET / HTTP/1.1\r\n" + hosts + b"\r\n"
    with pytest.raises(Refusal, match=r"[Hh]ost"):
        read_head(data, len(data) - 4)


@table(
    "data",
    [
        b"\x16\x03\x01\x02\x00\x01",
        b"hello\r\n",
        b"GET / HTTP/1.1\nHost: x\n\n",
        b"GET / HTTP/1.1\r\nHost: x\n\n",
        b"GET / HTTP/1.1\r\n\0",
    ],
)
def test_malformed_beginning_is_refused_before_the_end_of_the_head(data: bytes) -> None:
    with pytest.raises(Refusal):
        check_beginning(data)


@given(st.integers(0, len(GET)))
def test_beginning_of_a_head_is_accepted(cut: int) -> None:
    check_beginning(GET[:cut])


def test_lines_between_chunks_do_not_end_with_a_line_feed_alone() -> None:
    with pytest.raises(Refusal, match="CR and LF"):
        ChunkedBody(LIMIT).feed(b"2\n{}\n0\n\n")


def test_line_feed_that_arrives_alone_between_chunks_is_refused() -> None:
    body = ChunkedBody(LIMIT)
    body.feed(b"2\r\n{}\r\n")
    with pytest.raises(Refusal, match="CR and LF"):
        body.feed(b"\n")


def test_short_heads_are_cached() -> None:
    short, long = (b"GET /%b HTTP/1.1\r\nHost: h\r\n\r\n" % (b"a" * n) for n in (9, 5000))
    assert read(short) is read(bytes(bytearray(short)))
    assert read(long) is not read(bytes(bytearray(long)))
    assert read(long) == read(bytes(bytearray(long)))


@table("target", [b"/a#b", b"/a?b#c", b"http://h/a#b", b"#"])
def test_target_has_no_fragment(target: bytes) -> None:
    with pytest.raises(Refusal, match="request line is malformed"):
        read(b"GET %b HTTP/1.1\r\nHost: h\r\n\r\n" % target)


@table(
    "target",
    [
        b"a/b",
        b"foo/bar://x/items",
        b"http:///a",
        b"http://a:b@h/",
        b"ftp://h/a",
        b"h:80",
        b"http://[/",
        b"?",
    ],
)
def test_target_is_a_path_or_a_url(target: bytes) -> None:
    with pytest.raises(Refusal, match="neither a path nor a URL"):
        read(b"GET %b HTTP/1.1\r\nHost: h\r\n\r\n" % target)


@pytest.mark.parametrize("told", [b"100-continue", b"100-Continue, 100-continue"])
def test_100_continue_may_be_expected_twice(told: bytes) -> None:
    assert read(b"PUT / HTTP/1.1\r\nHost: h\r\nExpect: %b\r\n\r\n" % told).expects_continue


@table("told", [b"", b"200-ok", b"100-continue, 200-ok"])
def test_other_expectations_are_ignored(told: bytes) -> None:
    assert not read(b"PUT / HTTP/1.1\r\nHost: h\r\nExpect: %b\r\n\r\n" % told).expects_continue


def test_refusals_are_not_cached() -> None:
    for _ in range(2):
        with pytest.raises(Refusal, match="no Host"):
            read(b"GET /again HTTP/1.1\r\n\r\n")


@table(
    ("target", "path", "query"),
    [
        (b"/a?b?c", "/a", "b?c"),
        (b"http://h/a?b", "/a", "b"),
        (b"http://h", "", ""),
    ],
)
def test_target_is_a_path_and_a_query(target: bytes, path: str, query: str) -> None:
    head = read(b"GET %b HTTP/1.1\r\nHost: h\r\n\r\n" % target)
    assert (head.path, head.query) == (path, query)
