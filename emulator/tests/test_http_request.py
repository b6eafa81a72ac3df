"""Requests as bytes: heads, lengths, chunks, in whatever pieces they arrive."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from emulator.http.request import Body, ChunkedBody, Head, Refusal, read_head

GET = b"GET /a%2Fb?c=d#e HTTP/1.1\r\nHost: localhost\r\nX-One:  1 \r\n"
LIMIT = 1000


def read(lines: bytes) -> Head:
    data = lines + b"\r\n"
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


def test_a_head_is_taken_apart() -> None:
    head = read(GET)
    assert (head.method, head.target, head.version) == ("GET", "/a%2Fb?c=d#e", "1.1")
    assert (head.path, head.query) == ("/a/b", "c=d")
    assert head.fields == {"HTTP_HOST": "localhost", "HTTP_X_ONE": "1"}
    assert (head.length, head.is_chunked, head.connection_options) == (0, False, ())


@pytest.mark.parametrize(
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
def test_the_path_of_a_target_is_as_wsgi_has_it(target: bytes, path: str) -> None:
    assert read(b"GET %b HTTP/1.1\r\n" % target).path == path


@pytest.mark.parametrize(
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
def test_whatever_arrives_is_a_head_or_is_refused(noise: bytes) -> None:
    for data in (noise + b"\r\n\r\n", b"GET / HTTP/1.1\r\n" + noise + b"\r\n\r\n"):
        try:
            head = read_head(data, data.index(b"\r\n\r\n"))
        except Refusal:
            continue
        assert "\n" not in "".join([head.method, head.target, *head.fields.values()])


@given(st.binary(max_size=50), st.binary(max_size=20), st.lists(st.integers(0, 70)))
def test_a_body_of_known_length_ends_where_it_should(
    content: bytes, behind: bytes, cuts: list[int]
) -> None:
    body = Body(len(content), LIMIT)
    assert feed(body, content + behind, cuts) == behind
    assert (body.join(), body.is_too_large) == (content, False)


@given(
    st.lists(st.binary(min_size=1, max_size=20), max_size=5),
    st.sampled_from([b"", b"X-Trailer: a\r\n"]),
    st.binary(max_size=20),
    st.lists(st.integers(0, 200)),
)
def test_a_chunked_body_is_the_same_in_whatever_pieces_it_arrives(
    parts: list[bytes], trailer: bytes, behind: bytes, cuts: list[int]
) -> None:
    wire = b"".join(map(chunk, parts)) + b"0;last\r\n" + trailer + b"\r\n"
    body = ChunkedBody(LIMIT)
    assert feed(body, wire + behind, cuts) == behind
    assert (body.join(), body.is_complete, body.is_too_large) == (b"".join(parts), True, False)


@given(st.binary(max_size=100), st.lists(st.integers(0, 100)))
def test_whatever_arrives_as_chunks_is_taken_in_or_refused(noise: bytes, cuts: list[int]) -> None:
    body = ChunkedBody(LIMIT)
    try:
        feed(body, noise, cuts)
    except Refusal:
        return
    assert len(body.join()) <= LIMIT


def test_bodies_are_not_taken_in_beyond_their_limit() -> None:
    announced, chunked = Body(LIMIT + 1, LIMIT), ChunkedBody(LIMIT)
    assert (announced.is_too_large, announced.is_complete) == (True, True)
    feed(chunked, chunk(b"x" * LIMIT), [])
    assert not chunked.is_too_large
    feed(chunked, b"1\r\n", [])
    assert (chunked.is_too_large, chunked.is_complete) == (True, True)


@pytest.mark.parametrize("wire", [b"1" * 5000, b"1;" + b"x" * 5000, b"0\r\n" + b"x" * 5000])
def test_a_line_between_chunks_has_an_end(wire: bytes) -> None:
    with pytest.raises(Refusal, match="too long"):
        ChunkedBody(LIMIT).feed(wire)
