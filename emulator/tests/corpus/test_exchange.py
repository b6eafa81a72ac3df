"""The file of a recording: what is written is read, and errors name file, line and member."""

import os
from pathlib import Path

import pytest

from emulator.corpus import exchange
from emulator.corpus.exchange import (
    Answer,
    Body,
    CorpusError,
    Exchange,
    Head,
    Recording,
    Request,
    find_header,
    find_recordings,
    parse,
    read,
    render,
    write,
)
from emulator.tests.table import table

HEAD = (
    b'{"format":"ocapi-emulator corpus 1","recorded":"2026-11-29","source":"a server",'
    b'"evidence":"LIVE","clock":"2026-11-29T18:00:00Z"}\n'
)
LINE = (
    b'{"name":"one","request":{"method":"GET","target":"/a?b=1","headers":{"Accept":"x",'
    b'"X-A":["1","2"]}},"answer":{"status":200,"headers":{},"json":{"b":1.0,"a":null}},"at":0.25,'
    b'"grades":["status","members"],"at_least":true}\n'
)
ONE = Exchange(
    Request("GET", "/a?b=1", (("Accept", "x"), ("X-A", "1"), ("X-A", "2"))),
    Answer(200, (), Body("json", {"b": 1.0, "a": None})),
    at=0.25,
    name="one",
    grades=("status", "members"),
    at_least=True,
)
OTHERS = (
    Exchange(
        Request("PUT", "/x", (), Body("text", "é\n")),
        Answer(404, (), Body("base64", b"\0\xff")),
        source="another",
        link="https://example.com/1",
        evidence="FIXTURE",
        recorded="2024-01-31",
    ),
    Exchange(Request("POST", "/y", (), Body("json", None)), Answer(204)),
)
FULL_HEAD = Head(
    *("a server", "LIVE", "2026-11-29", "2026-11-29T18:00:00Z", "https://example.com"),
    *("observed", "storefront", {"token": 3}),
)


def test_a_line_is_read() -> None:
    recording = parse(HEAD + b"\n" + LINE)
    assert recording.head == Head("a server", "LIVE", "2026-11-29", "2026-11-29T18:00:00Z")
    assert recording.exchanges == (ONE,)


def test_the_order_of_members_is_kept() -> None:
    body = parse(HEAD + LINE).exchanges[0].answer.body
    assert body is not None
    assert body.content == b'{"b":1.0,"a":null}'


def test_what_is_written_is_read_again(tmp_path: Path) -> None:
    file = tmp_path / "shop.jsonl"
    recording = Recording(FULL_HEAD, (ONE, *OTHERS), "shop", tmp_path)
    write(file, recording)
    assert read(file) == recording
    assert list(tmp_path.iterdir()) == [file]


def test_a_line_is_written_without_defaults() -> None:
    assert render(Recording(parse(HEAD).head, (ONE,))).splitlines()[1] == LINE.strip()


def test_a_body_is_written_by_the_form_of_the_content() -> None:
    assert Body.of(b'{"a":1}', "application/json;charset=UTF-8") == Body("json", {"a": 1})
    assert Body.of(b'{"a":', "application/json") == Body("text", '{"a":')
    assert Body.of(b"<a/>", "text/xml") == Body("text", "<a/>")
    assert Body.of(b"\xff", "text/plain") == Body("base64", b"\xff")
    assert Body.of(b"[" * 101 + b"]" * 101, "application/json") == Body(
        "text", "[" * 101 + "]" * 101
    )
    assert Body.of(b"", "application/json") is None
    assert [
        body.content for body in (Body("json", [1]), Body("text", "é"), Body("base64", b"\0"))
    ] == [
        b"[1]",
        b"\xc3\xa9",
        b"\0",
    ]


def test_values_of_a_header_are_joined() -> None:
    assert find_header(ONE.request.headers, "x-a") == "1, 2"
    assert find_header(ONE.request.headers, "x-b") == ""


def of_request(members: str) -> bytes:
    return (
        b'{"request":{"method":"GET","target":"/",%s},"answer":{"status":200}}' % members.encode()
    )


@table(
    ("line", "message"),
    [
        (b"{", "unexpected end of data: line 1 column 2 (char 1)"),
        (b"[]", "the line is not an object"),
        (b'{"answer":{"status":200}}', "/request: Missing data for required field."),
        (
            b'{"request":{"method":"GET","target":"/"},"answer":{}}',
            "/answer/status: Missing data for required field.",
        ),
        (
            b'{"request":{"method":"GET","target":"/"},"answer":{"status":99}}',
            "/answer/status: Not a status from 100 to 599.",
        ),
        (
            b'{"request":{"method":"GET","target":"/"},"answer":{"status":true}}',
            "/answer/status: Not a status from 100 to 599.",
        ),
        (
            b'{"request":{"method":"G T","target":"/"},"answer":{"status":200}}',
            "/request/method: Not a method.",
        ),
        (
            b'{"request":{"method":"GET","target":"/a b"},"answer":{"status":200}}',
            "/request/target: Not a path that begins with '/'.",
        ),
        (of_request('"headers":[]'), "/request/headers: Not an object of headers."),
        (
            of_request('"headers":{"a b":""}'),
            "/request/headers/a b: Not the name of a header.",
        ),
        (
            of_request('"headers":{"a":"\\n"}'),
            "/request/headers/a: Not the value of a header, or a list of values.",
        ),
        (of_request('"json":1,"text":"1"'), "/request: json and text exclude each other"),
        (of_request('"base64":"!"'), "/request/base64: Not valid Base64."),
        (of_request('"body":1'), "/request/body: Unknown field."),
        (LINE.replace(b"0.25", b'"0.25"'), "/at: Not a valid number."),
        (
            LINE.replace(b"0.25", b"-1"),
            "/at: Must be greater than or equal to 0 and less than or equal to 316224000.",
        ),
        (
            LINE.replace(b'"members"', b'"colour"'),
            ("/grades/1: Must be one of: status, fault, members, types, values, headers."),
        ),
        (
            LINE.replace(b"null", b"[" * 100 + b"]" * 100),
            "a body is deeper than 100 levels",
        ),
    ],
)
def test_an_error_names_file_line_and_member(line: bytes, message: str) -> None:
    with pytest.raises(CorpusError) as caught:
        parse(HEAD + b"\n" + line, "a.jsonl")
    assert str(caught.value) == f"a.jsonl, line 3: {message}"


@table(
    ("line", "message"),
    [
        (
            HEAD.replace(b"corpus 1", b"corpus 2"),
            ("/format: Must be equal to ocapi-emulator corpus 1."),
        ),
        (HEAD.replace(b'2026-11-29"', b'29.11.26"'), "/recorded: Not a date such as 2026-11-29."),
        (HEAD.replace(b"00Z", b"00"), "/clock: Not an instant such as 2026-11-29T18:00:00Z."),
        (
            HEAD.replace(b"2026-11-29T", b"9999-11-29T"),
            "/clock: Not an instant such as 2026-11-29T18:00:00Z.",
        ),
        (
            HEAD.replace(b"LIVE", b"HEARSAY"),
            ("/evidence: Must be one of: LIVE, FIXTURE, SEED, CLIENT, EMULATOR."),
        ),
    ],
)
def test_an_error_of_the_head_names_the_member(line: bytes, message: str) -> None:
    with pytest.raises(CorpusError) as caught:
        parse(line, "a.jsonl")
    assert str(caught.value) == f"a.jsonl, line 1: {message}"


@table(
    ("constant", "bound", "message"),
    [
        ("MAX_EXCHANGES", 1, "the file has more than 1 exchanges"),
        ("MAX_RECORDING_BYTES", 200, "the file has more than 200 bytes"),
    ],
)
def test_a_recording_is_bounded(
    constant: str, bound: int, message: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(exchange, constant, bound)
    file = tmp_path / "large.jsonl"
    file.write_bytes(HEAD + LINE * 2)
    with pytest.raises(CorpusError) as caught:
        read(file)
    assert str(caught.value) == f"{file}: {message}"


def test_a_line_is_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(exchange, "MAX_LINE_BYTES", 200)
    with pytest.raises(CorpusError, match=r"^a, line 2: the line has more than 200 bytes$"):
        parse(HEAD + LINE, "a")


def test_an_empty_or_missing_file_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(CorpusError, match=r"^a: the file has no line$"):
        parse(b"\n", "a")
    with pytest.raises(CorpusError, match=r"none\.jsonl: No such file or directory$"):
        read(tmp_path / "none.jsonl")


def test_a_file_without_exchanges_is_an_error(tmp_path: Path) -> None:
    file = tmp_path / "a.jsonl"
    file.write_bytes(HEAD)
    with pytest.raises(CorpusError, match=r"a\.jsonl: the file has no exchange$"):
        read(file)


def test_a_pipe_or_a_device_is_not_read(tmp_path: Path) -> None:
    pipe, device = tmp_path / "pipe.jsonl", tmp_path / "device.jsonl"
    os.mkfifo(pipe)
    device.symlink_to("/dev/zero")
    for file in (pipe, device, tmp_path):
        with pytest.raises(CorpusError, match=r": not a regular file$"):
            read(file)


def test_a_value_other_than_json_is_not_written(tmp_path: Path) -> None:
    file = tmp_path / "a.jsonl"
    file.write_bytes(b"kept")
    wrong = Exchange(Request("GET", "/"), Answer(200, (), Body("json", {1, 2})))
    with pytest.raises(CorpusError, match=r"^GET /: Type is not JSON serializable: set$"):
        write(file, Recording(FULL_HEAD, (wrong,)))
    with pytest.raises(
        CorpusError, match=r"line 2: /answer/status: Not a status from 100 to 599\.$"
    ):
        write(file, Recording(FULL_HEAD, (Exchange(Request("GET", "/"), Answer(99)),)))
    assert file.read_bytes() == b"kept"


def test_recordings_of_folders_are_found(tmp_path: Path) -> None:
    files = [tmp_path / "b.jsonl", tmp_path / "in" / "a.jsonl"]
    (tmp_path / "in").mkdir()
    (tmp_path / "empty").mkdir()
    for file in files:
        file.write_bytes(HEAD)
    assert find_recordings([files[1], tmp_path]) == [files[1], files[0]]
    with pytest.raises(CorpusError, match=r"has no recording \(\*\.jsonl\)$"):
        find_recordings([tmp_path / "empty"])
    with pytest.raises(CorpusError, match=r"is neither a file nor a folder$"):
        find_recordings([tmp_path / "none"])
