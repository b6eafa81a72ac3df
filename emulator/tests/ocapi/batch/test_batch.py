"""Batch requests from inside: the environment of a part, whose trouble is whose, told faults."""

import re
from collections.abc import Callable, Iterator, Mapping
from typing import TYPE_CHECKING, Any

import pytest
from werkzeug.test import Client, create_environ
from werkzeug.wrappers import Request, Response

from emulator import Emulator
from emulator.family import FAULT, INJECTED, TOO_LARGE, Injected
from emulator.ocapi.access import permission
from emulator.ocapi.batch import api as batch
from emulator.ocapi.data_api import OWN
from emulator.ocapi.search import budget
from emulator.ocapi.wire import formats
from emulator.recording.match import Match
from emulator.store import Key, MemoryStore, Record, Store
from emulator.workspace.failpoint import ConnectionDropped, Declaration
from emulator.workspace.stub import StubDeclaration

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIEnvironment

PATH = "/s/-/dw/batch"
BASE = "/s/-/dw/data/v23_2/"
ONE = b"--b\nx-dw-http-method: GET\n--b--"

Data = Callable[[Request], Response]


@pytest.fixture(scope="module")
def emulator() -> Emulator:
    return Emulator(fixtures="samples")


@pytest.fixture(autouse=True)
def fresh(emulator: Emulator) -> Iterator[None]:
    emulator.reset()
    yield
    emulator.check()


class Sender:
    """Sends batch requests to an emulator, without a server."""

    def __init__(self, emulator: Emulator) -> None:
        self.app = emulator.app
        self.environ: dict[str, Any] = {}
        self.token = emulator.token()

    def __call__(
        self,
        body: bytes,
        path: str = PATH,
        query: str = "",
        headers: Mapping[str, str] | None = None,
        marks: Mapping[str, Any] | None = None,
    ) -> Response:
        sent = {
            "Authorization": f"Bearer {self.token}",
            "Content-Type": "multipart/mixed; boundary=b",
            "X-DW-Resource-Path": BASE,
            **(headers or {}),
        }
        environ = create_environ(path, method="POST", data=body, headers=sent)
        self.environ = {**environ, "QUERY_STRING": query, **(marks or {})}
        # The application sees this very environment.
        return Response.from_app(self._serve, self.environ, buffered=True)

    def _serve(self, _: "WSGIEnvironment", start_response: "StartResponse") -> Any:
        return self.app(self.environ, start_response)


@pytest.fixture
def send(emulator: Emulator) -> Sender:
    return Sender(emulator)


Send = Callable[..., list[Request]]


@pytest.fixture
def seen(emulator: Emulator, monkeypatch: pytest.MonkeyPatch) -> Send:
    """Send a batch and return the requests of the parts."""
    requests: list[Request] = []

    def note(environ: "WSGIEnvironment", start_response: "StartResponse") -> Any:
        requests.append(Request({**environ, "body": environ["wsgi.input"].read()}))
        return Response(status=204)(environ, start_response)

    def send(*arguments: Any, **options: Any) -> list[Request]:
        door: Any = emulator.app.wsgi_app
        monkeypatch.setattr(door.default.application, "application", note)
        answer = Sender(emulator)(*arguments, **options)
        assert answer.status_code == 200, answer.get_data()
        return requests

    return send


def kind(answer: Response) -> tuple[int, str]:
    """Return status and type of a fault."""
    assert answer.headers["Content-Type"] == "application/json;charset=UTF-8"
    fault = (answer.json or {})["fault"]
    return answer.status_code, str(fault["type"])


@pytest.mark.parametrize(
    ("path", "served"),
    [
        ("/dw/batch", True),
        ("/s/-/dw/batch", True),
        ("/s/SiteGenesis/dw/batch", True),
        ("/s/a%2Fb/dw/batch", True),
        ("/s/dw/batch", False),
        ("/s/a/b/dw/batch", False),
        ("/s/-/dw/batch/x", False),
        ("/s/-/dw/batches", False),
        ("/x/dw/batch", False),
        ("/", False),
    ],
)
def test_the_paths_of_batch_requests_are_known(
    send: Sender,
    path: str,
    served: bool,  # noqa: FBT001
) -> None:
    assert (send(ONE, path).status_code != 404) is served


@pytest.mark.parametrize("path", ["/dw/batch", "/s/-/dw/batch", "/s/a%2Fb/dw/batch"])
def test_the_operation_has_a_name(send: Sender, emulator: Emulator, path: str) -> None:
    send(ONE, path)
    found = emulator.workspace.journal.find(Match({"path": path}))
    assert [exchange.operation for exchange in found] == ["postBatch"]


def test_a_part_has_an_environment_of_its_own(seen: Send, emulator: Emulator) -> None:
    part = b"X-DW-HTTP-Method: PUT\nX-DW-Resource-Path-Extension: a%2fb?x=1\nIf-Match: *\n\n{}"
    sent = {"X-A": "1", "If-Match": "no", "x-dw-content-id": "no"}
    (request,) = seen(b"--b\n" + part + b"\n--b--", headers=sent, query="y=2")
    environ = request.environ
    assert (request.method, environ["body"], request.content_length) == ("PUT", b"{}", 2)
    assert environ["PATH_INFO"] == "/s/-/dw/data/v23_2/a%2Fb"
    assert environ["REQUEST_URI"] == "/s/-/dw/data/v23_2/a%2fb?y=2&x=1"
    assert environ["QUERY_STRING"] == "y=2&x=1"
    assert request.headers["Authorization"].startswith("Bearer ")
    assert (request.headers["X-A"], request.headers["If-Match"]) == ("1", "*")
    assert environ["emulator.workspace"] is emulator.workspace
    assert request.host == "localhost"


@pytest.mark.parametrize("name", ["Content-Type", "Content-Length", "x-dw-content-id"])
def test_what_belongs_to_the_whole_body_is_not_inherited(seen: Send, name: str) -> None:
    (request,) = seen(ONE, headers={"x-dw-content-id": "no"})
    assert name not in request.headers


def test_a_part_is_as_long_as_it_is_whatever_it_says(seen: Send) -> None:
    told = b"Content-Length: 9\nTransfer-Encoding: chunked\nContent-Type: text/xml\n\nx"
    (request,) = seen(b"--b\nx-dw-http-method: POST\n" + told + b"\n--b--")
    assert (request.environ["body"], request.content_length) == (b"x", 1)
    assert request.content_type == "text/xml"
    assert "Transfer-Encoding" not in request.headers


def test_marks_that_the_request_carries_are_not_those_of_its_parts(seen: Send) -> None:
    marks = {"emulator.overridden": True, "emulator.refused_override": "x", TOO_LARGE: False}
    (request,) = seen(ONE, marks=marks)
    assert {name for name in request.environ if name.startswith("emulator.")} == {
        "emulator.budget",
        "emulator.workspace",
        "emulator.family",
        "emulator.part",
    }


@pytest.mark.parametrize(
    ("main", "own", "merged"),
    [
        ("", "", ""),
        ("a=1&b=2", "", "a=1&b=2"),
        ("", "?a=1", "a=1"),
        ("a=1&a=2&b=3", "?a=4&a=5", "b=3&a=4&a=5"),
        ("%61=1&b=(**)", "?a=2", "b=(**)&a=2"),
        ("a=1", "?A=2&&a+b=3", "a=1&A=2&&a+b=3"),
        ("a", "?a", "a"),
        ("a=\xc3\xa9", "?b=\xc3\xa9", "a=%C3%A9&b=%C3%A9"),
    ],
)
def test_parameters_of_a_part_replace_those_of_its_request(
    seen: Send, main: str, own: str, merged: str
) -> None:
    part = f"--b\nx-dw-http-method: GET\nx-dw-resource-path-extension: x{own}\n--b--"
    (request,) = seen(part.encode("latin-1"), query=main)
    assert request.environ["QUERY_STRING"] == merged


@pytest.mark.parametrize(
    ("main", "base", "path"),
    [
        ("/s/-/dw/batch", "/dw/data/v23_2/", "/s/-/dw/data/v23_2/x"),
        ("/s/A%20b/dw/batch", "/dw/data/v23_2/", "/s/A%20b/dw/data/v23_2/x"),
        ("/dw/batch", "/dw/data/v23_2/", "/dw/data/v23_2/x"),
        ("/s/-/dw/batch", "/s/B/dw/data/v23_2/", "/s/B/dw/data/v23_2/x"),
        ("/s/-/dw/batch", "s/B/dw/data/v23_2/", "/s/B/dw/data/v23_2/x"),
        ("/s/-/dw/batch", "//s/B//dw/data/v23_2//", "/s/B//dw/data/v23_2//x"),
        ("/s/-/dw/batch", "/d%77/data/v23_2/", "/s/-/d%77/data/v23_2/x"),
        ("/s/-/dw/batch", "/items/", "/items/x"),
    ],
)
def test_a_path_without_a_site_has_that_of_the_request(
    seen: Send, emulator: Emulator, main: str, base: str, path: str
) -> None:
    emulator.workspace.store.put("sites", Record.of(("A b",), {"id": "A b"}))
    part = f"--b\nx-dw-http-method: GET\nx-dw-resource-path: {base}\n"
    (request,) = seen(f"{part}x-dw-resource-path-extension: x\n--b--".encode(), path=main)
    assert request.environ["REQUEST_URI"] == path


def test_a_part_is_prepared_as_any_request_is(send: Sender, emulator: Emulator) -> None:
    lists = b"inventory_lists/x?method=PATCH"
    part = b"--b\nx-dw-http-method: POST\nx-dw-resource-path-extension: " + lists + b"\n\n{}\n--b--"
    assert b"InventoryListNotFoundException" in send(part).get_data()
    methods = [exchange.method for exchange in emulator.workspace.journal.find(Match({}))]
    assert "PATCH" in methods


def test_a_connection_that_a_part_drops_is_dropped(send: Sender, emulator: Emulator) -> None:
    plans = Declaration(()).read({"match": {"method": "GET"}, "action": {"drop": "before"}})
    emulator.workspace.failpoints.add(plans)
    with pytest.raises(ConnectionDropped):
        send(ONE)


def test_a_part_for_an_unserved_path_is_answered_by_a_stub(
    send: Sender, emulator: Emulator
) -> None:
    answer = {"status": 202, "body": {"id": "{{path.id}}", "n": "{{body.n}}"}}
    declared = {"method": "POST", "path": "/s/-/dw/data/v23_2/things/{id}", "answer": answer}
    emulator.workspace.stubs.add(StubDeclaration(lambda *_: "").read(declared))
    head = b"x-dw-http-method: POST\nx-dw-resource-path-extension: things/a%2Fb\n"
    part = head + b'Content-Type: application/json\n\n{"n": 7}'
    text = send(b"--b\n" + part + b"\n--b--").get_data(as_text=True)
    assert '{"id":"a/b","n":7}' in text
    assert "x-dw-status-code: 202" in text
    found = emulator.workspace.journal.find(Match({"path": "/**/things/*"}))
    assert [exchange.stub for exchange in found] == ["1"]


class Broken(MemoryStore):
    """A store in which a key cannot be read."""

    def __init__(self, origin: Store, broken: Key) -> None:
        super().__init__(origin.snapshot())
        self.broken = broken

    def get(self, collection: str, key: Key) -> Record | None:
        if key == self.broken:
            raise RuntimeError(f"{collection} {key} is broken")
        return super().get(collection, key)


@pytest.fixture
def break_store(emulator: Emulator, monkeypatch: pytest.MonkeyPatch) -> Callable[[Key], None]:
    """Replace the store of the workspace by one in which a key cannot be read."""
    workspace = emulator.workspace
    return lambda key: monkeypatch.setattr(workspace, "store", Broken(workspace.store, key))


@pytest.mark.usefixtures("caplog")
def test_a_part_that_crashes_is_the_only_one(
    send: Sender, emulator: Emulator, break_store: Callable[[Key], None]
) -> None:
    break_store(("broken",))
    part = b"--b\nx-dw-resource-path-extension: inventory_lists/"
    answer = send(part + b"broken\n" + part + b"x\n--b--", headers={"x-dw-http-method": "GET"})
    lines = answer.get_data(as_text=True).split("\n")
    statuses = [line for line in lines if line.startswith("x-dw-status-code")]
    assert statuses == ["x-dw-status-code: 500", "x-dw-status-code: 404"]
    with pytest.raises(RuntimeError, match="broken"):
        emulator.check()


def test_a_batch_that_crashes_is_a_fault_and_raised_again(
    send: Sender,
    emulator: Emulator,
    break_store: Callable[[Key], None],
    caplog: pytest.LogCaptureFixture,
) -> None:
    break_store(("a" * 30,))
    assert kind(send(ONE)) == (500, "InternalServerErrorException")
    assert "internal error in POST /s/-/dw/batch" in caplog.text
    with pytest.raises(RuntimeError, match="broken"):
        emulator.check()


@pytest.mark.parametrize(
    ("name", "arguments", "status"),
    [
        ("IllegalContentType", {"contentType": "x"}, 400),
        ("IllegalQueryString", {"queryString": "x"}, 400),
        ("InvalidHttpMethod", {"method": "x"}, 400),
        ("InvalidRequestBody", {"message": "x"}, 400),
        ("InvalidToken", {"accessToken": "x"}, 401),
        ("MissingHttpMethod", {"part": 1}, 400),
        ("MissingResourcePath", {"part": 1}, 400),
        ("ResourcePathNotAllowed", {"path": "x"}, 400),
    ],
)
def test_a_fault_that_is_told_is_answered(
    send: Sender, name: str, arguments: dict[str, Any], status: int
) -> None:
    answer = send(ONE, marks={INJECTED: Injected(name, arguments)})
    assert kind(answer) == (status, f"{name}Exception")
    assert (answer.json or {})["fault"]["arguments"] == arguments
    assert send.environ[FAULT] == f"{name}Exception"
    assert set(batch.FAULTS_BY_NAME[name].arguments) == set(arguments)


def test_faults_that_can_be_told_are_those_of_no_other_family() -> None:
    assert len(batch.FAULTS_BY_NAME) == 8
    assert set(batch.FAULTS_BY_NAME).isdisjoint(OWN.faults)


def test_a_part_is_not_told_the_fault_of_its_request(seen: Send) -> None:
    (request,) = seen(ONE)
    assert INJECTED not in request.environ


def test_a_body_that_the_server_did_not_read_is_too_large(send: Sender) -> None:
    assert kind(send(ONE, marks={TOO_LARGE: True})) == (400, "RequestEntityTooLargeException")


@pytest.mark.parametrize("query", ["a=\xff", "format=json&a=%ff", "%", "%4", "a=%zz", "a=%%41"])
def test_a_query_that_cannot_be_read_is_refused(send: Sender, query: str) -> None:
    assert kind(send(ONE, query=query)) == (400, "IllegalQueryStringException")
    part = f"--b\nx-dw-http-method: GET\nx-dw-resource-path-extension: ?{query}\n--b--"
    assert kind(send(part.encode("latin-1"))) == (400, "IllegalQueryStringException")


def test_a_refusal_names_its_fault_and_is_of_the_format_that_is_wanted(send: Sender) -> None:
    answer = send(b"", query="format=xml&pretty_print=true")
    assert answer.headers["Content-Type"] == "application/xml;charset=UTF-8"
    text = answer.get_data(as_text=True)
    assert "\n    <type>InvalidRequestBodyException</type>\n" in text
    assert send.environ[FAULT] == "InvalidRequestBodyException"


def test_an_answer_that_is_no_refusal_names_no_fault(send: Sender) -> None:
    assert send(ONE).status_code == 200
    assert FAULT not in send.environ


def test_a_page_of_an_allowed_origin_may_read_a_batch_and_a_foreign_one_may_not_send_it() -> None:
    emulator = Emulator(fixtures="samples")
    client = Client(emulator.app)
    permitted = {"client_id": "a" * 30, "allowed_origins": ["https://a.example"]}
    emulator.workspace.permit(permission.read({"clients": [permitted]}))
    told = {
        "Authorization": f"Bearer {emulator.token()}",
        "Content-Type": "multipart/mixed; boundary=b",
        "x-dw-http-method": "GET",
    }
    part = b"--b\nx-dw-resource-path: /s/-/dw/data/v23_2/sites\n\n--b--\n"

    def send(origin: str) -> Any:
        return client.post("/dw/batch", data=part, headers={**told, "Origin": origin})

    answer = send("https://a.example")
    assert answer.status_code == 200
    assert answer.headers["Access-Control-Allow-Origin"] == "https://a.example"
    assert send("https://evil.example").json["fault"]["type"] == "UnauthorizedOriginException"
    asked = {"Origin": "https://a.example", "Access-Control-Request-Method": "POST"}
    preflight = client.options("/dw/batch", headers=asked)
    assert preflight.status_code == 204
    assert preflight.headers["Access-Control-Allow-Methods"] == "POST, OPTIONS"
    assert "x-dw-resource-path" in preflight.headers["Access-Control-Allow-Headers"]


def test_the_token_of_a_part_is_not_shown_in_the_journal() -> None:
    emulator = Emulator(fixtures="samples")
    client = Client(emulator.app)
    told = {
        "Authorization": f"Bearer {emulator.token()}",
        "Content-Type": "multipart/mixed; boundary=b",
        "x-dw-http-method": "GET",
    }
    part = (
        b"--b\nx-dw-resource-path: /s/-/dw/data/v23_2/sites\n"
        b"Authorization: Bearer SECRET-OF-A-PART\n\n--b--\n"
    )
    answer = client.post("/dw/batch", data=part, headers=told)
    assert b"SECRET-OF-A-PART" in answer.data
    shown = [exchange.show() for exchange in emulator.workspace.journal.find(Match({}))]
    assert len(shown) == 2
    assert "SECRET-OF-A-PART" not in str(shown)


def test_a_version_of_four_digits_is_compared_like_any_other() -> None:
    emulator = Emulator(fixtures="samples", accept_versions="any")
    resource = {"resource_id": "/**", "methods": ["get"], "read_attributes": "(**)"}
    emulator.workspace.permit(
        permission.read({"clients": [{"client_id": "a" * 30, "resources": [resource]}]})
    )
    headers = {"Authorization": f"Bearer {emulator.token()}"}
    client = Client(emulator.app)
    for version in ("v023_2", "v123_1", "v23_100"):
        answer = client.get(f"/s/-/dw/data/{version}/sites", headers=headers)
        assert answer.status_code == 200
    emulator.check()


SEARCH_OF_CLAUSES = (
    b"--b\nx-dw-http-method: POST\nx-dw-resource-path-extension: inventory_list_search\n\n"
    b'{"query":{"bool_query":{"must_not":[%b]}},"select":"(total)"}\n'
    % b",".join([b'{"term_query":{"fields":["id"],"operator":"is","values":["x"]}}'] * 10)
)
SEARCH_OF_HITS = (
    b"--b\nx-dw-http-method: POST\nx-dw-resource-path-extension: inventory_list_search\n\n"
    b'{"query":{"match_all_query":{}},"select":"(hits.(id))","expand":[]}\n'
)
LIST = b"--b\nx-dw-http-method: GET\nx-dw-resource-path-extension: inventory_lists?select=(**)\n\n"
LIST_IN_XML = LIST.replace(b"select=", b"format=xml&select=")


def read_outcomes(answer: Response) -> list[str]:
    """Return for each part the type of the fault, or nothing."""
    assert answer.status_code == 200
    parts = answer.get_data(as_text=True).split("--b\n")[1:]
    found = (re.search(r"(\w+)Exception", part) for part in parts)
    return [one[1] if one else "" for one in found]


@pytest.mark.parametrize("part", [SEARCH_OF_CLAUSES, SEARCH_OF_HITS, LIST, LIST_IN_XML])
def test_parts_share_the_steps_of_one_search(
    emulator: Emulator, send: Sender, part: bytes, monkeypatch: pytest.MonkeyPatch
) -> None:
    body = part * 50 + b"--b--"
    assert read_outcomes(send(body)) == [""] * 50
    emulator.reset()  # an answer of the cache takes no steps
    monkeypatch.setattr(budget, "MAX_STEPS", 3000)
    outcomes = read_outcomes(send(body))
    served = outcomes.index("QuotaExceeded")
    assert outcomes == [""] * served + ["QuotaExceeded"] * (50 - served)
    assert 2 < served < 45
    assert read_outcomes(send(part + b"--b--")) == [""]


def test_part_after_a_part_with_too_much_work_changes_nothing(
    emulator: Emulator, send: Sender, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(budget, "MAX_STEPS", 1000)
    many = b'{"description":[%b]}' % b",".join([b"1"] * 100)
    write = b"--b\nx-dw-http-method: PUT\nx-dw-resource-path-extension: inventory_lists/new\n"
    assert read_outcomes(send(write + b"\n" + many + b"\n" + write + b"\n{}\n--b--")) == [
        "QuotaExceeded",
        "QuotaExceeded",
    ]
    assert emulator.workspace.store.get("inventory_lists", ("new",)) is None


@pytest.mark.parametrize(
    ("content_type", "body", "elements"),
    [
        ("application/json", b'{"a":"x,y","b":[1,2]}', 5),  # with the comma of the text
        ("application/json", b'["\\\\","\\",,",%b]' % b",".join([b'",[{"'] * 2000), 2002),
        ("", b"[" * 2000, 2000),
        ("application/json", b'["' * 400_005, 100_001),
        ("text/xml; charset=utf-8", b'<a b="1"><c/><d>e</d></a>', 4),
    ],
)
def test_elements_of_a_body_are_counted(content_type: str, body: bytes, elements: int) -> None:
    assert formats.count_elements(content_type, body) == elements
