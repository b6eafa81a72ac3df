"""Hooks that fail, and the names of all extension points."""

import socket
import sys
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from typing import Any

import pytest
from werkzeug.test import Client, TestResponse

from benchmarks.process import reserving_port
from emulator import Emulator
from emulator.config import Config, ConfigError
from emulator.extending import HookCall, Status, callback
from emulator.extending.callback import CallbackError
from emulator.extending.error import ExtensionError
from emulator.ocapi.data_api import OWN
from emulator.ocapi.hook.point import list_points
from emulator.ocapi.hook.run import HookExitError, HookLoopError

PUT, PATCH = (f"dw.ocapi.data.inventory_list.before{method}" for method in ("PUT", "PATCH"))
AFTER = "dw.ocapi.data.inventory_list.afterPUT"
BASE = "/s/-/dw/data/v23_2"
PATH = f"{BASE}/inventory_lists/a"
LISTS, LIST = "inventory_lists", "my-inventorylist1"


def ask(
    emulator: Emulator, method: str = "PUT", value: Any = None, path: str = PATH
) -> TestResponse:
    headers = {"Authorization": f"Bearer {emulator.token()}"}
    client = Client(emulator.app)
    return client.open(path, method=method, json=value or {}, headers=headers)


def divide(call: HookCall) -> None:
    call.document["description"] = str(1 / 0)


@pytest.mark.parametrize("point", [PUT, AFTER])
def test_an_error_of_a_hook_is_an_internal_error_that_writes_nothing(
    caplog: pytest.LogCaptureFixture, point: str
) -> None:
    emulator = Emulator(fixtures="samples", hooks={point: divide})
    answer = ask(emulator)
    assert answer.status_code == 500
    assert (answer.json or {})["fault"]["type"] == "InternalServerErrorException"
    hint = f"the hook '{point}' raised ZeroDivisionError: division by zero"
    assert answer.headers["x-emulator-hint"] == hint
    assert "str(1 / 0)" in caplog.text
    with pytest.raises(ZeroDivisionError) as caught:
        emulator.check()
    assert caught.value.__notes__[0] == f"raised by the hook '{point}'"
    assert emulator.workspace.store.get("inventory_lists", ("a",)) is None


@pytest.mark.parametrize(
    ("point", "hook", "error"),
    [
        (PUT, lambda _: 5, "a hook returns None or a Status, not int"),
        (PUT, lambda call: call.document.update(description={1}), "not JSON serializable"),
        (PUT, lambda _: Status(ok=False, details={"a": object()}), "not JSON serializable"),
        (AFTER, lambda call: call.document.update(description=5), "description"),
        (AFTER, lambda call: call.document.update(unknown=5), "unknown property 'unknown'"),
    ],
)
def test_a_result_of_another_type_is_an_internal_error(
    point: str, hook: Callable[[HookCall], Any], error: str
) -> None:
    emulator = Emulator(fixtures="samples", hooks={point: hook})
    assert ask(emulator).status_code == 500
    with pytest.raises((TypeError, ValueError), match=error):
        emulator.check()
    assert emulator.workspace.store.get("inventory_lists", ("a",)) is None


@pytest.mark.parametrize("leave", [lambda: sys.exit(3), lambda: pytest.fail("wrong")])
def test_a_hook_that_ends_the_program_is_an_internal_error(leave: Callable[[], None]) -> None:
    emulator = Emulator(fixtures="samples", hooks={PUT: lambda _: leave()})
    answer = ask(emulator)
    assert answer.status_code == 500
    assert f"the hook '{PUT}' raised HookExitError" in answer.headers["x-emulator-hint"]
    with pytest.raises(HookExitError, match=r"SystemExit: 3|Failed: wrong"):
        emulator.check()


def test_a_hook_that_always_changes_the_stored_document_ends() -> None:
    def interfere(call: HookCall) -> None:
        store = emulator.workspace.store
        record = store.get(LISTS, (LIST,))
        assert record is not None
        store.put(LISTS, record.amend({"description": f"{record.get('description')}."}))
        call.document["default_in_stock"] = True

    name = "dw.ocapi.data.inventory_list.afterPATCH"
    emulator = Emulator(fixtures="samples", hooks={name: interfere})
    path = f"{BASE}/inventory_lists/{LIST}"
    assert ask(emulator, "PATCH", {"description": "a"}, path).status_code == 500
    with pytest.raises(HookLoopError, match="changed 100 times"):
        emulator.check()


def test_an_asset_keeps_one_default_folder_whatever_a_hook_writes() -> None:
    name = "dw.ocapi.data.library.folder_assignment.afterPUT"
    hooks = {name: lambda call: call.document.update(default=True)}
    emulator = Emulator(fixtures="storefront", hooks=hooks)
    asset = f"{BASE}/libraries/RefArch/folder_assignments/banner-decade"
    for folder in ("banners", "care-guides"):
        assert (ask(emulator, "PUT", {}, f"{asset}/{folder}").json or {})["default"] is True
    records = emulator.workspace.store.scan("folder_assignments", 0, 1000).records
    defaults = [record.key for record in records if record.get("default")]
    assert [key[2] for key in defaults if key[:2] == ("RefArch", "banner-decade")] == [
        "care-guides"
    ]


def test_the_id_stays_whatever_a_hook_writes() -> None:
    hook = {AFTER: lambda call: call.document.update(id="b", description="x")}
    emulator = Emulator(fixtures="samples", hooks=hook)
    answer = ask(emulator)
    assert ((answer.json or {})["id"], (answer.json or {})["description"]) == ("a", "x")


def test_a_hook_after_runs_again_for_a_newer_document() -> None:
    seen: list[Any] = []

    def interfere(call: HookCall) -> None:
        seen.append(call.document.get("use_bundle_inventory_only"))
        if len(seen) == 1:  # another request has come first
            record = emulator.workspace.store.get(LISTS, (LIST,))
            assert record is not None
            changed = record.amend({"use_bundle_inventory_only": True})
            emulator.workspace.store.put(LISTS, changed)
        call.document["description"] = f"after {len(seen)}"

    name = "dw.ocapi.data.inventory_list.afterPATCH"
    emulator = Emulator(fixtures="samples", hooks={name: interfere})
    answer = ask(emulator, "PATCH", {"default_in_stock": True}, f"{BASE}/inventory_lists/{LIST}")
    emulator.check()
    document = answer.json or {}
    assert seen[1] is True
    assert seen[0] is not True
    assert (document["description"], document["use_bundle_inventory_only"]) == ("after 2", True)


@pytest.mark.parametrize(
    ("name", "hint"),
    [
        ("dw.ocapi.data.inventory_lists.beforePUT", "data.inventory_list.beforePUT'?"),
        ("dw.ocapi.data.inventory_list.afterGET", "data.inventory_list.afterP"),
        ("order", "no operation has the hook 'order'"),
    ],
)
def test_an_unknown_hook_ends_the_start(name: str, hint: str) -> None:
    with pytest.raises(ConfigError) as caught:
        Emulator(fixtures="samples", hooks={name: print})
    assert f"no operation has the hook '{name}'" in str(caught.value)
    assert hint in str(caught.value)


def test_operations_have_names_of_their_own_but_for_alerts() -> None:
    names = Counter(
        name for rule, route in OWN.routes.items() for name, *_ in list_points(rule, route)
    )
    assert len(names) > 800
    shared = {name for name, count in names.items() if count > 1}
    assert {name.rpartition(".")[0] for name in shared} == {
        "dw.ocapi.data.alerts.descriptor",
        "dw.ocapi.data.alerts.item",
    }


def test_the_names_of_documentation_and_guides_exist() -> None:
    listed = (point for rule, route in OWN.routes.items() for point in list_points(rule, route))
    names = {name.removeprefix("dw.ocapi.data.") for name, *_ in listed}
    moments = ("before", "after")
    known = {
        "users.afterPATCH",
        *(f"content.content.{m}{verb}" for m in moments for verb in ("Create", "Update", "Delete")),
        *(f"object.{m}{method}" for m in moments for method in ("Put", "Patch", "Delete")),
        *(f"customer_list.customers.{m}POST" for m in moments),
        *(f"customer_list.customer.{m}PATCH" for m in moments),
        *(f"customer_list.customer.addresses.{m}POST" for m in moments),
    }
    assert known - names == set()


def test_applications_have_their_own_hooks() -> None:
    emulator = Emulator(fixtures="samples", hooks={PUT: divide})
    other = Emulator(fixtures="samples")
    assert ask(other).status_code == 201
    assert ask(emulator).status_code == 500
    other.check()


def test_hooks_of_one_name_run_in_their_order() -> None:
    seen: list[str] = []
    hooks = {PUT: [lambda _: seen.append("a"), lambda _: seen.append("b")]}
    assert ask(Emulator(fixtures="samples", hooks=hooks)).status_code == 201
    assert seen == ["a", "b"]


@pytest.mark.parametrize(
    ("hooks", "message"),
    [
        ({PUT: 5}, f"hooks: {PUT}: 5 is neither a function nor an http URL"),
        ({PUT: "ftp://x"}, "'ftp://x' is neither a function nor an http URL"),
        ({PUT: "http://"}, "the URL has no host"),
        ({PUT: "http://x:port"}, "hook http://x:port: Port could not be cast"),
        ({PUT: "http://me:hunter2@x/"}, "hook at x: the URL has a user or a password"),
        ({PUT: "http://x/a b\n"}, "hook 'http://x/a b\\n': the URL has characters"),
        ({5: print}, "hooks: 5 is not the name of a hook"),
        ([5], "hooks as a file or a map by name"),
    ],
)
def test_a_value_that_is_no_hook_is_named(hooks: Any, message: str) -> None:
    with pytest.raises(ConfigError) as caught:
        Emulator(hooks=hooks)
    assert message in str(caught.value)


def test_a_configuration_with_functions_is_a_key() -> None:
    assert Config(hooks={PUT: [print]}) == Config(hooks={PUT: (print,)})
    assert len({Config(hooks={PUT: [print]}), Config(hooks={PUT: [print]})}) == 1


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "line 1: "),
        ("[]", "is not a map of hooks by their names"),
        ('{"a": 1}', "a: 1 is neither a function nor an http URL"),
    ],
)
def test_a_mistake_in_a_file_of_hooks_is_named(tmp_path: Any, text: str, message: str) -> None:
    file = tmp_path / "hooks.json"
    file.write_text(text)
    with pytest.raises(ExtensionError) as caught:
        Emulator(hooks=str(file))
    assert f"hooks {file}: " in str(caught.value)
    assert message in str(caught.value)
    with pytest.raises(ExtensionError, match="No such file"):
        Emulator(hooks=str(tmp_path / "none.json"))


def test_a_file_has_hooks_beside_resources(tmp_path: Any) -> None:
    file = tmp_path / "mine.py"
    source = "from emulator.extending import Status\n"
    file.write_text(f"{source}HOOKS = {{{PUT!r}: lambda call: Status(ok=False, code='NO')}}")
    answer = ask(Emulator(fixtures="samples", resources=str(file)))
    assert (answer.json or {})["fault"]["arguments"]["statusCode"] == "NO"


@contextmanager
def answering(content: bytes) -> Iterator[str]:
    """Serve one connection with these bytes; yield the URL."""
    with socket.create_server(("127.0.0.1", 0)) as server:

        def answer() -> None:
            connection, _ = server.accept()
            with connection:
                connection.recv(65536)
                connection.sendall(content)

        thread = Thread(target=answer)
        thread.start()
        yield f"http://127.0.0.1:{server.getsockname()[1]}/"
        thread.join()


def http(content: str, status: str = "200 OK") -> bytes:
    return f"HTTP/1.1 {status}\r\nContent-Length: {len(content)}\r\n\r\n{content}".encode()


@pytest.mark.parametrize(
    ("answer", "message"),
    [
        (http("none", "404 Not Found"), "answers 404: none"),
        (http("{"), "the answer is not JSON"),
        (http('{"doc": {}}'), "members other than 'document' and 'status'"),
        (http('{"document": []}'), "'document' is not an object"),
        (http('{"status": 5}'), "'status' is not an object"),
        (http('{"status": {"ok": 1}}'), "'status' has a wrong member 'ok'"),
        (b"SMTP\r\n\r\n", "no answer: SMTP"),
        (http("x" * 2000), "the answer has more than 1000 bytes"),
    ],
)
def test_a_callback_that_does_not_answer_like_a_hook_is_an_internal_error(
    monkeypatch: pytest.MonkeyPatch, answer: bytes, message: str
) -> None:
    monkeypatch.setattr(callback, "MAX_ANSWER_BYTES", 1000)
    with answering(answer) as url:
        emulator = Emulator(fixtures="samples", hooks={PUT: url})
        refused = ask(emulator)
    assert refused.status_code == 500
    assert f"raised CallbackError: callback {url}: " in refused.headers["x-emulator-hint"]
    with pytest.raises(CallbackError) as caught:
        emulator.check()
    assert message in str(caught.value)


def test_a_callback_has_a_bounded_time(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(callback, "CALLBACK_SECONDS", 0.05)
    with socket.create_server(("127.0.0.1", 0)) as server:
        url = f"http://127.0.0.1:{server.getsockname()[1]}/"
        emulator = Emulator(fixtures="samples", hooks={PUT: url})
        assert ask(emulator).status_code == 500
    with pytest.raises(CallbackError, match=r"no answer in 0\.05 seconds"):
        emulator.check()


def test_a_callback_that_calls_itself_ends(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(callback, "MAX_WAITING_CALLS", 3)

    class Caller(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            self.rfile.read(int(self.headers["Content-Length"]))
            levels.append(ask(emulator).status_code)
            self.send_response(204)
            self.end_headers()

        def log_message(self, *_: Any) -> None:
            pass

    levels: list[int] = []
    with ThreadingHTTPServer(("127.0.0.1", 0), Caller) as server:
        hooks = {PUT: f"http://127.0.0.1:{server.server_port}/"}
        emulator = Emulator(fixtures="samples", hooks=hooks)
        thread = Thread(target=server.serve_forever, args=(0.01,))
        thread.start()
        last = ask(emulator).status_code
        server.shutdown()
        thread.join()
    assert [*levels, last] == [500, 201, 404, 404]  # the innermost is refused, the next creates
    with pytest.raises(CallbackError, match="3 calls wait: does the callback call itself"):
        emulator.check()


def test_nobody_listens_to_a_callback() -> None:
    with reserving_port() as port:
        url = f"http://127.0.0.1:{port}/"
        emulator = Emulator(fixtures="samples", hooks={PATCH: url, PUT: url})
        assert ask(emulator).status_code == 500
    with pytest.raises(CallbackError, match=r"no answer: .*refused"):
        emulator.check()
