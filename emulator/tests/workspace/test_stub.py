"""Stubs: declarations, paths, conditions, answers."""

from datetime import UTC, datetime
from io import BytesIO
from pathlib import Path
from typing import Any

import orjson
import pytest

from emulator.family import Family
from emulator.recording.exchange import Reply, begin
from emulator.tests.bound import bounded
from emulator.tests.table import table
from emulator.workspace.error import WorkspaceError
from emulator.workspace.rule import RuleError
from emulator.workspace.stub import Stub, StubDeclaration, StubRequest, Stubs

DATA = Family("data", lambda _, __: [])
SERVED = {("GET", "/s/x/dw/data/x/sites/x"): "getSitesByID"}
DECLARATION = StubDeclaration(lambda method, path: SERVED.get((method, path), ""))
BASKET = "/s/{site}/dw/shop/{version}/baskets/{basketId}"
STATUSES = "Must be greater than or equal to 200 and less than or equal to 599."
STUB = {"method": "GET", "path": BASKET, "answer": {}}


def request(
    method: str, path: str, query: str = "", body: bytes = b"", **environ: Any
) -> StubRequest:
    variables = {
        "REQUEST_METHOD": method,
        "PATH_INFO": path,
        "QUERY_STRING": query,
        "wsgi.input": BytesIO(body),
        **environ,
    }
    exchange = begin(variables, DATA, lambda: datetime(2026, 1, 1, tzinfo=UTC))
    return StubRequest(exchange, path, variables)


def make(**declared: Any) -> Stubs:
    stubs = Stubs()
    stubs.add(DECLARATION.read({**STUB, **declared}))
    return stubs


def serve(stubs: Stubs, asked: StubRequest) -> Reply | None:
    found: Stub | None = stubs.take(asked)
    return found.serve(asked, lambda _: None) if found else None


def problems(value: Any) -> dict[str, str]:
    with pytest.raises(RuleError) as caught:
        DECLARATION.read(value)
    return dict(caught.value.problems)


@table(
    ("value", "told"),
    [
        (None, {"": "Invalid input type."}),
        ([[]], {"/0": "Invalid input type."}),
        (
            {},
            {
                "/method": "Missing data for required field.",
                "/path": "Missing data for required field.",
                "/answer": "Missing data for required field.",
            },
        ),
        (
            {**STUB, "id": "1"},
            {"/id": "Unknown field: known are access, answer, match, method, path, repeat, times."},
        ),
        ({**STUB, "method": "*"}, {"/method": "A method is a name, such as GET."}),
        ({**STUB, "method": 1}, {"/method": "Not a valid string."}),
        ({**STUB, "times": 0}, {"/times": "Must be greater than or equal to 1."}),
        ({**STUB, "access": "all"}, {"/access": "Must be one of: none, token, settings."}),
        ({**STUB, "repeat": True}, {"/repeat": "Needs an array as answer."}),
        ({**STUB, "repeat": 1}, {"/repeat": "Not a valid boolean."}),
        (
            {**STUB, "match": {"status": 200}},
            {"/match/status": "Unknown field: known are body, client, header, query."},
        ),
        (
            {**STUB, "match": {"path": "/a"}},
            {"/match/path": "Unknown field: known are body, client, header, query."},
        ),
        ({**STUB, "answer": None}, {"/answer": "Field may not be null."}),
        ({**STUB, "answer": 3}, {"/answer": "Invalid input type."}),
        ({**STUB, "answer": []}, {"/answer": "A sequence has from 1 to 100 entries."}),
        ({**STUB, "answer": [{}] * 101}, {"/answer": "A sequence has from 1 to 100 entries."}),
        (
            {**STUB, "answer": [{}, {"status": 99}]},
            {"/answer/1/status": STATUSES},
        ),
        (
            {**STUB, "answer": {"status": 204, "body": 1}},
            {"/answer/body": "An answer of 204 has no body."},
        ),
        (
            {**STUB, "answer": {"headers": {"Content-Length": "1"}}},
            {"/answer/headers/Content-Length": "is set by the server itself"},
        ),
        (
            {**STUB, "answer": {"body": "{{path.id}}"}},
            {"/answer/body": "The path has no variable 'id'; variables: basketId, site, version."},
        ),
        (
            {**STUB, "answer": [{}, {"headers": {"X-Id": "{{path.id}}"}}]},
            {
                "/answer/1/headers": (
                    "The path has no variable 'id'; variables: basketId, site, version."
                )
            },
        ),
        (
            {**STUB, "answer": {"delay": 301}},
            {"/answer/delay": "Use seconds from 0 to 300, or [minimum, maximum]."},
        ),
    ],
)
def test_a_wrong_declaration_is_refused_with_the_place(value: Any, told: dict[str, str]) -> None:
    assert problems(value) == told


@table(
    ("path", "why"),
    [
        (1, "Not a valid string."),
        ("baskets", "A path begins with / and has up to 1024 characters, such as "),
        ("/" + "x" * 1024, "A path begins with / and has up to 1024 characters, such as "),
        ("/baskets?q=1", "A path has no query: write parameters into match.query."),
        ("/", "A path has from 1 to 32 segments, and ** at most once."),
        ("/a" * 33, "A path has from 1 to 32 segments, and ** at most once."),
        ("/**/a/***", "A path has from 1 to 32 segments, and ** at most once."),
        ("/{a}/{a}", "Has the variable 'a' twice."),
        ("/a{b}", "'a{b}' is not valid. A variable is a whole segment with letters, "),
        ("/{a-b}", "'{a-b}' is not valid. A variable is a whole segment with letters, "),
        ("/__emulator__/stubs", "Paths of the control plane are served by the emulator itself."),
        ("//%5f_emulator__/x", "Paths of the control plane are served by the emulator itself."),
    ],
)
def test_a_wrong_path_is_refused(path: Any, why: str) -> None:
    assert problems({**STUB, "path": path})["/path"].startswith(why)


@table(
    "path",
    [
        "/s/{site}/dw/data/{version}/sites/{id}",
        "/s/x/dw/data/x/sites/*",
        "/s/*/dw/data/{v}/sites/x/",
    ],
)
def test_the_path_of_an_operation_is_refused(path: str) -> None:
    served = f"GET {path} is served by the emulator (getSitesByID)"
    told = {"/path": f"{served}: use a failpoint to change the answer."}
    assert problems({**STUB, "path": path}) == told
    assert DECLARATION.read({**STUB, "path": path, "method": "POST"})


@table(
    ("pattern", "path", "fits"),
    [
        (BASKET, "/s/RefArch/dw/shop/v23_2/baskets/b1", True),
        (BASKET, "/s/RefArch/dw/shop/v23_2/baskets/a%2Fb", True),
        (BASKET, "/s/RefArch/dw/shop/v23_2/baskets", False),
        (BASKET, "/s/RefArch/dw/shop/v23_2/baskets/b1/items", False),
        ("/a b/ü", "/a%20b/%C3%BC", True),
        ("/a%20b/%2f", "/a%20b/%2F", True),
        ("//a//b/", "/a/b", True),
        ("/a/*.json", "/a/b.json", True),
        ("/a/*.json", "/a/b.xml", False),
        ("/**", "/a/b/c", True),
        ("/a/**/{id}", "/a/b/c/d", True),
        ("/a/**/{id}", "/a/d", True),
        ("/a/**/{id}", "/a", False),
        ("/**", "/a" * 129, False),
    ],
)
def test_a_path_is_compared_by_segments(pattern: str, path: str, fits: bool) -> None:  # noqa: FBT001
    assert (make(path=pattern).take(request("GET", path)) is not None) is fits


@table(
    ("pattern", "path", "variables"),
    [
        (BASKET, "/s/Ref%20Arch/dw/shop/v1/baskets/a%2Fb", ["Ref Arch", "v1", "a/b"]),
        ("/{a}/**/{b}/{c}", "/1/2/3/4/5", ["1", "4", "5"]),
        ("/{a}/**/{b}", "/1/2", ["1", "2"]),
        ("/{a}", "/%FF", ["\ufffd"]),
    ],
)
def test_variables_are_decoded_segments(pattern: str, path: str, variables: list[str]) -> None:
    names = [part[1:-1] for part in pattern.split("/") if part.startswith("{")]
    stubs = make(path=pattern, answer={"body": [f"{{{{path.{name}}}}}" for name in names]})
    reply = serve(stubs, request("GET", path))
    assert reply is not None
    assert orjson.loads(b"".join(reply.parts)) == variables


JSON = b'{"items": [{"id": "a"}], "email": "x@example.org"}'
FORM = {"CONTENT_TYPE": "application/x-www-form-urlencoded; charset=utf-8"}


@table(
    ("match", "query", "body", "environ", "fits"),
    [
        ({"query": {"q": "red*"}}, "q=red%20shoe&a=1", b"", {}, True),
        ({"query": {"q": "red*"}}, "q=blue", b"", {}, False),
        ({"header": {"X-Site": "a"}}, "", b"", {"HTTP_X_SITE": "a"}, True),
        ({"header": {"X-Site": "a"}}, "", b"", {}, False),
        ({"client": "c*"}, "client_id=c1", b"", {}, True),
        ({"body": {"items": [{"id": "a"}]}}, "", JSON, {}, True),
        ({"body": {"items": []}}, "", JSON, {}, False),
        ({"body": "example.org"}, "", JSON, {}, True),
        ({"body": "example.com"}, "", JSON, {}, False),
        ({"body": {"a": "1"}}, "", b"a=1&b=2", FORM, True),
        ({"body": {"a": "1"}}, "", b"a=1&b=2", {}, False),
    ],
)
def test_conditions_are_those_of_failpoints_and_the_body(
    match: Any,
    query: str,
    body: bytes,
    environ: Any,
    fits: bool,  # noqa: FBT001
) -> None:
    asked = request("GET", "/a", query, body, **environ)
    assert (make(path="/a", match=match).take(asked) is not None) is fits
    assert asked.environ["wsgi.input"].read() == body


def statuses(stubs: Stubs, number: int) -> list[int]:
    asked = request("GET", "/a")
    replies = [serve(stubs, asked) for _ in range(number)]
    return [int(reply.status[:3]) if reply else 0 for reply in replies]


SEQUENCE = [{"status": 503}, {"status": 502}, {"status": 200}]


@table(
    ("declared", "expected"),
    [
        ({"answer": {"status": 201}}, [201, 201, 201]),
        ({"answer": {}, "times": 2}, [200, 200, 0]),
        ({"answer": SEQUENCE}, [503, 502, 200, 200, 200]),
        ({"answer": SEQUENCE, "repeat": True}, [503, 502, 200, 503, 502, 200, 503]),
        ({"answer": SEQUENCE, "times": 2}, [503, 502, 0, 0]),
        ({"answer": SEQUENCE, "times": 4, "repeat": True}, [503, 502, 200, 503, 0]),
    ],
)
def test_a_sequence_gives_one_answer_after_the_other(declared: Any, expected: list[int]) -> None:
    assert statuses(make(path="/a", **declared), len(expected)) == expected


def test_the_first_stub_that_remains_answers() -> None:
    stubs = make(path="/a", answer={"status": 201}, times=1)
    stubs.add(DECLARATION.read({**STUB, "path": "/{x}", "answer": {"status": 202}}))
    assert statuses(stubs, 3) == [201, 202, 202]
    assert [(stub.seen, stub.applied) for stub in stubs] == [(3, 1), (2, 2)]


def test_a_head_request_gets_the_headers_of_get() -> None:
    asked = request("HEAD", "/a")
    reply = serve(make(path="/a", answer={"body": {"a": 1}}), asked)
    assert reply == Reply(
        "200 OK", [("Content-Type", "application/json"), ("Content-Length", "7")], []
    )


@table(
    ("answer", "headers", "body"),
    [
        ({}, [("Content-Length", "0")], b""),
        ({"status": 204}, [], b""),
        (
            {"body": "x", "headers": {"content-type": "text/html"}},
            [("content-type", "text/html"), ("Content-Length", "1")],
            b"x",
        ),
        (
            {"body": "é"},
            [("Content-Type", "text/plain; charset=utf-8"), ("Content-Length", "2")],
            "é".encode(),
        ),
        ({"body": 0}, [("Content-Type", "application/json"), ("Content-Length", "1")], b"0"),
    ],
)
def test_an_answer_has_the_declared_headers(answer: Any, headers: Any, body: bytes) -> None:
    reply = serve(make(path="/a", answer=answer), request("GET", "/a"))
    assert reply is not None
    assert (reply.headers, b"".join(reply.parts)) == (headers, body)


def test_a_delay_comes_before_the_answer() -> None:
    pauses: list[float] = []
    stubs = make(path="/a", answer=[{"delay": 2}, {}, {"delay": [1, 3]}])
    asked = request("GET", "/a")
    for _ in range(3):
        found = stubs.take(asked)
        assert found is not None
        found.serve(asked, pauses.append)
    assert pauses[0] == 2
    assert len(pauses) == 2
    assert 1 <= pauses[1] <= 3


def test_values_that_are_too_large_are_answered_as_a_problem() -> None:
    asked = request("POST", "/a", body=orjson.dumps({"a": "x" * 3_000_000}))
    answer = {"body": {"a": "{{body.a}}{{body.a}}"}}
    reply = serve(make(path="/a", method="POST", answer=answer), asked)
    assert reply is not None
    assert reply.status == "500 Internal Server Error"
    assert orjson.loads(b"".join(reply.parts))["detail"] == (
        "The values of the request have more than 5242880 bytes."
    )


def test_a_declaration_is_shown_with_its_counts() -> None:
    stubs = make(path="/a", times=3)
    statuses(stubs, 2)
    [stub] = stubs
    assert stub.show() == {"id": "1", **STUB, "path": "/a", "times": 3, "seen": 2, "applied": 2}


def test_number_and_bytes_are_bounded() -> None:
    large = {**STUB, "answer": {"body": "x" * 900_000}}
    assert problems([STUB] * 201) == {"": "Has more than 200 stubs."}
    stubs = Stubs()
    stubs.add(DECLARATION.read([large] * 9))
    with pytest.raises(WorkspaceError, match="no more than 200 stubs with 8388608 bytes"):
        stubs.add(DECLARATION.read(large))
    several = {**STUB, "answer": [{"headers": {"X": "y" * 5000}}] * 4}
    assert problems(several) == {"": "Has more than 16384 bytes beside the body of the answer."}


def test_all_stubs_are_compared_with_a_large_request_within_a_second() -> None:
    wanted = {"a": {"b": [{"c": 1}]}}
    stubs = Stubs()
    for body in (wanted, "none of these"):
        stubs.add(DECLARATION.read([{**STUB, "path": "/**", "match": {"body": body}}] * 100))
    data = orjson.dumps({"a": [["x" * 100] * 100] * 450})
    asked = request("GET", "/a" * 120, "q=1&" * 90, data)
    with bounded():
        assert stubs.take(asked) is None


def test_all_stubs_look_for_their_texts_in_a_large_request_within_a_second() -> None:
    stubs = Stubs()
    stubs.add(DECLARATION.read([{**STUB, "path": "/**", "match": {"body": "zzz5"}}] * 199))
    stubs.add(DECLARATION.read({**STUB, "path": "/**", "match": {"body": "z"}}))
    asked = request("GET", "/a", "", b"z" * 5 * 1024 * 1024)
    with bounded():
        assert stubs.find(asked) is not None
        assert stubs.take(asked) is not None


def write(folder: Path, name: str, content: str) -> None:
    (folder / name).write_text(content)


def test_the_files_of_a_folder_are_read_in_the_order_of_their_names(tmp_path: Path) -> None:
    write(tmp_path, "b.json", orjson.dumps({**STUB, "path": "/b"}).decode())
    write(tmp_path, "a.json", orjson.dumps([{**STUB, "path": p} for p in ("/1", "/2")]).decode())
    write(tmp_path, "notes.txt", "{")
    plans = DECLARATION.read_folder(str(tmp_path))
    assert [plan.declared["path"] for plan in plans] == ["/1", "/2", "/b"]


@table(
    ("content", "told"),
    [
        ("{", "is not a JSON file: "),
        ("[{}]", "/0/method: Missing data for required field."),
        (
            f"[{orjson.dumps(STUB).decode()}{(',' + orjson.dumps(STUB).decode()) * 200}]",
            "/: Has more",
        ),
    ],
)
def test_a_broken_file_is_refused_with_its_name(tmp_path: Path, content: str, told: str) -> None:
    write(tmp_path, "a.json", content)
    with pytest.raises(RuleError) as caught:
        DECLARATION.read_folder(str(tmp_path))
    assert f"{tmp_path / 'a.json'}: {told}" in str(caught.value)


def test_a_missing_folder_and_too_many_stubs_are_refused(tmp_path: Path) -> None:
    with pytest.raises(RuleError, match="missing: is not a folder"):
        DECLARATION.read_folder(str(tmp_path / "missing"))
    for name in ("a.json", "b.json"):
        write(tmp_path, name, orjson.dumps([STUB] * 101).decode())
    with pytest.raises(RuleError, match="has more than 200 stubs"):
        DECLARATION.read_folder(str(tmp_path))
