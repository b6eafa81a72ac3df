"""Readers of short texts: selectors, paths, heads, chunks, multipart bodies, tokens, headers."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from typing import Any

import orjson

from emulator.clock import Clock
from emulator.entity_tag import lists
from emulator.http.body import ChunkedBody
from emulator.http.request import END_OF_HEAD, Head, Refusal, check_beginning, read_head
from emulator.ocapi.access.token import ACCESS_TOKEN, TokenError, Tokens
from emulator.ocapi.batch import multipart
from emulator.ocapi.wire import formats, select, url
from emulator.recording import caller, secret
from emulator.recording.glob import compile_path, compile_text
from fuzz.bounds import Check, Finding
from fuzz.engine import Target
from fuzz.message import FIELD_NAMES, FIELD_VALUES, TARGET_TOKENS
from fuzz.mutation import Corpus

DOCUMENT: dict[str, Any] = {
    "_type": "x",
    "id": "a",
    "data": [{"_type": "y", "id": "b", "n": 1}, {"_type": "y", "id": "c", "n": None}],
    "map": {"default": "v", "de": 2.5},
    "c_list": [1, "two", True, None, {"a": {"b": 1}}],
}
MAX_BODY_BYTES = 100_000


def make(name: str, corpus: Corpus, check: Check, weight: int = 1) -> Target:
    """Return the target of a function of bytes."""

    @contextmanager
    def open_() -> Iterator[Check]:
        yield check

    return Target(name, corpus, open_, weight)


def check_selector(data: bytes) -> None:
    """A selector's text is a selector with the same view; a view has only members of the value."""
    text = data.decode(errors="replace")
    with suppress(select.SelectorError, LookupError):
        selector = select.parse(text)
        again = select.parse(selector.text)
        viewed = selector.view(DOCUMENT)
        if again.view(DOCUMENT) != viewed or again.text != selector.text:
            raise Finding("the text of a selector is another selector")
        if not viewed.keys() <= DOCUMENT.keys():
            raise Finding("a view has more members than the document")


def check_json(data: bytes) -> None:
    """A JSON value is rendered to the same value."""
    with suppress(ValueError):
        value = formats.read_json(data)
        if formats.read_json(orjson.dumps(value)) != value:
            raise Finding("a value is rendered to another value")


def check_path(data: bytes) -> None:
    """The canonical path of a canonical path is the path itself, without double slashes."""
    target = data.decode("latin-1")
    path = url.canonical(target)
    if url.canonical(path) != path:
        raise Finding(f"{path!r} is not canonical")
    if not path.isascii() or "//" in path or not path.startswith("/"):
        raise Finding(f"{path!r} is not a path")
    url.parse(path)


def _read_head(data: bytes) -> Head | None:
    end = data.find(END_OF_HEAD)
    try:
        if end < 0:
            check_beginning(data)
            return None
        return read_head(data, end)
    except Refusal:
        return None


def check_head(data: bytes) -> None:
    """A head has one host and one framing; each beginning of a valid head is accepted."""
    head = _read_head(data)
    if head is None:
        return
    if head.is_chunked and "CONTENT_LENGTH" in head.fields:
        raise Finding("a body has two framings")
    if head.version == "1.1" and "HTTP_HOST" not in head.fields and head.target != "*":
        raise Finding("there is no host")
    texts = (head.method, head.target, head.path, head.query, *head.fields.values())
    if any("\n" in text or "\0" in text for text in (*texts[:2], *texts[4:])):
        raise Finding("a line end or NUL is inside of a field")
    size = data.index(END_OF_HEAD)
    for end in range(1, size, max(7, size // 100)):
        try:
            check_beginning(data[:end])
        except Refusal as error:
            raise Finding(f"the beginning is refused: {error}") from error


def _read_chunks(pieces: list[bytes]) -> Any:
    """Return the content and the rest of a body in chunks; the reason of a refusal."""
    body = ChunkedBody(MAX_BODY_BYTES)
    rest = b""
    try:
        for piece in pieces:
            rest = rest + piece if body.is_complete else body.feed(piece)
    except Refusal:
        return "refused"
    if body.is_too_large:
        return "too large"
    return body.open().read(), rest, body.is_complete


def check_chunks(data: bytes) -> None:
    """Chunks mean the same, however the bytes arrive."""
    whole = _read_chunks([data])
    in_pieces = _read_chunks([data[at : at + 1] for at in range(min(len(data), 2000))])
    if len(data) <= len(data[:2000]) and whole != in_pieces:
        is_same_refusal = {str(whole), str(in_pieces)} <= {"refused", "too large"}
        if not is_same_refusal:
            raise Finding(f"at once {whole!r:.200}, in pieces {in_pieces!r:.200}")


def check_multipart(data: bytes) -> None:
    """Parts are rendered to the same parts."""
    first, _, body = data.partition(b"\n\n")
    boundary = multipart.read_boundary(first.decode("latin-1"))
    with suppress(multipart.MultipartError, multipart.TooManyPartsError):
        if boundary is None:
            return
        parts = multipart.parse(body, boundary, 50)
        again = multipart.parse(multipart.render(parts, boundary), boundary, 50)
        if [part.headers for part in again] != [part.headers for part in parts]:
            raise Finding("the headers of parts are rendered to others")


def check_token(data: bytes) -> None:
    """No mutation of a token is a token of another client; no other signature is accepted."""
    text = data.decode("latin-1")
    with suppress(TokenError):
        claims = TOKENS.read(text, ACCESS_TOKEN)
        if claims["client_id"] != CLIENT:
            raise Finding("a token of another client is accepted")
    environ = {"HTTP_AUTHORIZATION": f"Bearer {text}", "QUERY_STRING": text, "CONTENT_TYPE": text}
    caller.claim(environ)
    caller.claim({"HTTP_AUTHORIZATION": f"Basic {text}"})
    caller.read_expiry(f"Bearer {text}")


def check_secret(data: bytes) -> None:
    """Secrets are found in time."""
    secret.redact(data.decode(errors="replace"))


def check_entity_tags(data: bytes) -> None:
    """A list of entity tags is read in time."""
    header, _, tag = data.decode("latin-1").partition("\n")
    lists(header, tag, weak=True)
    lists(header, tag, weak=False)


def check_pattern(data: bytes) -> None:
    """A pattern without wildcards fits itself only; ``**`` fits all paths."""
    pattern, _, text = data.decode("latin-1")[:4096].partition("\n")
    fits = compile_text(pattern).fullmatch(text)
    if "*" not in pattern and fits != (pattern == text):
        raise Finding("a text without wildcards fits another text")
    if compile_path(pattern).fullmatch(text) and not compile_path("**").fullmatch(text):
        raise Finding("there is a path that '**' does not fit")


CLIENT = "a" * 30
TOKENS = Tokens("secret", Clock("1"), "default")
SELECTORS = Corpus(
    (
        b"(**)",
        b"(*,data.(*,-id),map.(de))",
        b"(id,+data[0:1].(n),c_list[0,2,4].(a.(b)),-x)",
        b"(data[?(@.id=='b' && (@.n>=1.5e0 || @.a.b!=null))].(**))",
        rb"(map,data[?(@.id=='\'\\')])",
    ),
    (
        b"(**)",
        b"**",
        b"[0:9]",
        b"[?(",
        b")]",
        b"@.a",
        b"==",
        b"&&",
        b"||",
        b"'",
        b"\\'",
        b"-",
        b"+",
    ),
)
JSON_TEXTS = Corpus(
    (
        b'{"a":[1,2.5e3,-0,"x\\u00e9\\n",true,null,{"b":{}}],"c":"d"}',
        b'{"query":{"term_query":{"fields":["id"],"operator":"is","values":[1]}},"count":5}',
    ),
    (b'"a":', b"\\u0000", b"\\ud800", b"1e400", b"-0.0", b",", b"[", b"{", b'"' * 50, b"0" * 400),
)
PATHS = Corpus(
    (
        b"/s/-/dw/data/v23_2/sites/a%2Fb?x=/y",
        b"http://h/dw/data/v23_2/x/",
        b"//a//b/./../c%20%C3%A9",
    ),
    TARGET_TOKENS,
)
HEADS = Corpus(
    (
        b"GET /a/b?c=d HTTP/1.1\r\nHost: localhost\r\nAccept: */*\r\n\r\n",
        b"POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\nExpect: 100-continue\r\n\r\n",
        b"PUT http://h:1/ HTTP/1.1\r\nhost: a\r\ncontent-length: 2\r\nConnection: close\r\n\r\nab",
        b"OPTIONS * HTTP/1.0\r\n\r\n",
    ),
    (
        *(b"Transfer-Encoding: chunked\r\n", b"Content-Length: 5\r\n", b"Content-Length: +5\r\n"),
        *(b"Host: b\r\n", b"Transfer-Encoding : chunked\r\n", b"\r\n folded\r\n", b"X_A: b\r\n"),
        *(name + b": x\r\n" for name in FIELD_NAMES),
        *FIELD_VALUES,
    ),
)
CHUNKS = Corpus(
    (
        b"5\r\nhello\r\n0\r\n\r\nGET /",
        b"3;a=b\r\nabc\r\n1 \r\nd\r\n0\r\nX: y\r\n\r\n",
        b"0\r\n\r\n",
    ),
    (
        b"FFFFFFFFFFFFFFF\r\n",
        b"0x5\r\n",
        b"+5\r\n",
        b"5 ;\r\n",
        b"\r\n0\r\n\r\n",
        b"-1\r\n",
        b"5\n",
    ),
)
MULTIPARTS = Corpus(
    (
        b'multipart/mixed; boundary=b\n\n--b\r\nA: b\r\nX: \r\n\r\nz\r\n--b\nc:d\n\n{"a":1}\n--b--',
        b'Multipart/Mixed;x="y"; Boundary="a b"\n\npre\n--a b\nA: b\n--a b--\npost',
    ),
    (b"--b", b"--b--", b"\n\n", b"\r\n\r\n", b"boundary=", b'"', b"A: b\r\n" * 200),
)
TOKEN_TEXTS = Corpus(
    (
        TOKENS.issue(CLIENT, 1800).encode(),
        TOKENS.issue("b" * 30, 1800, purpose="refresh_token").encode(),
        b"eyJhbGciOiJub25lIn0.eyJzdWIiOiJ4IiwiY2xpZW50X2lkIjoieCIsImV4cCI6OTk5OTk5OTk5OX0.",
    ),
    (
        *(
            b"eyJhbGciOiJub25lIn0.",
            b"eyJhbGciOiJSUzI1NiIsImtpZCI6Ii4uLy4uIn0.",
            b".",
            b"=",
            b"client_id=",
        ),
        *(
            b"W1tbW1tb" * 3000,
            b"eyJhbGciOiJIUzI1NiIsImNyaXQiOlsiYjY0Il0sImI2NCI6ZmFsc2V9.",
            b"e30.",
        ),
    ),
)
SECRET_TEXTS = Corpus(
    (
        b'{"client_secret":"s3cret","a":{"password":["x","y"]},"n":"eyJhbGciOiJub25lIn0.eyJ.x"}',
        b"grant_type=x&client_secret=a%22b&x=https%3A%2F%2Fu%3Ap%40h%2F",
        b"<a><password x='y'>p</password><secret/></a> &lt;token&gt;x&lt;/token&gt;",
        b"Authorization: Basic dXNlcjpwYXNzd29yZA==\r\n folded\r\nCookie: a=b",
        b'--b\r\nContent-Disposition: form-data; name="token"\r\n\r\nvalue\r\n--b--',
    ),
    (b'"secret":', b"password=", b"\\u0022", b"%2522", b"***", b"token '", b"://u:p@", b"<token>"),
)
TAGS = Corpus(
    (b'"a", W/"b" , *\na', b"*\n", b'W/"\xff"\n\xff'), (b'W/"', b'"' * 999, b'"a",' * 999)
)
PATTERNS = Corpus(
    (b"/**/sites/*\n/s/-/dw/data/v23_2/sites/a", b"a*b*c\nabc", b"/a/b\n/a/b"),
    (b"**/", b"*", b"/" * 100, b"a" * 200, b"*a" * 100),
)
CHECKS: dict[str, tuple[Corpus, Callable[[bytes], None]]] = {
    "selectors": (SELECTORS, check_selector),
    "json-texts": (JSON_TEXTS, check_json),
    "paths": (PATHS, check_path),
    "heads": (HEADS, check_head),
    "chunks": (CHUNKS, check_chunks),
    "multipart-bodies": (MULTIPARTS, check_multipart),
    "token-texts": (TOKEN_TEXTS, check_token),
    "secrets-in-texts": (SECRET_TEXTS, check_secret),
    "entity-tags": (TAGS, check_entity_tags),
    "patterns": (PATTERNS, check_pattern),
}
TARGETS = tuple(make(name, corpus, check) for name, (corpus, check) in CHECKS.items())
