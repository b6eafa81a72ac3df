"""The application as Flask: its command, hooks, blueprints and middleware of users."""

import os
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import httpx
import pytest
import requests
from flask import Blueprint, Flask, Response, abort, request, session, url_for
from werkzeug.middleware.dispatcher import DispatcherMiddleware
from werkzeug.middleware.proxy_fix import ProxyFix
from werkzeug.routing import BaseConverter, Rule
from werkzeug.test import Client

from emulator import Config, Emulator, create_app
from emulator.app import MAX_MATCHED_LENGTH, MAX_MATCHES, workspaces_of
from emulator.testing import WsgiAdapter

if TYPE_CHECKING:
    from flask.testing import FlaskClient

DEMO = "a" * 30
TOKEN = "/dwsso/oauth2/access_token"
DATA = "/s/-/dw/data/v23_2"
LISTS = f"{DATA}/inventory_lists"
GRANT = {"grant_type": "client_credentials"}
TIMEOUT = 60


def show(client: Any, path: str, headers: Any = None) -> Any:
    """Return the JSON that a client gets."""
    return client.get(path, headers=headers).json


def log_in(client: Any, prefix: str = "") -> dict[str, str]:
    """Return the headers of a client of the Data API."""
    granted = client.post(prefix + TOKEN, data=GRANT, auth=(DEMO, DEMO))
    return {"Authorization": f"Bearer {granted.json['access_token']}"}


@pytest.fixture
def app() -> Iterator[Flask]:
    app = create_app(fixtures="samples")
    yield app
    workspaces_of(app).default.crashes.check()


def flask(*arguments: str, **variables: str) -> "subprocess.Popen[str]":
    environ = {**os.environ, "OCAPI_EMULATOR_FIXTURES": "samples", **variables}
    return subprocess.Popen(  # noqa: S603 - Flask's own command
        [sys.executable, "-m", "flask", "--app", "emulator", *arguments],
        env=environ,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


def test_flask_lists_the_routes() -> None:
    told, _ = flask("routes").communicate(timeout=TIMEOUT)
    rules = {line.split()[-1] for line in told.splitlines()[2:]}
    assert {
        "/dw/data/<segment:_version>/inventory_lists/<segment:id>",
        TOKEN,
        "/items",
        "/__emulator__/health",
    } <= rules


def test_flask_runs_the_application() -> None:
    process = flask("run", "--port", "0", PYTHONUNBUFFERED="1")
    try:
        assert process.stderr is not None
        line = next(line for line in process.stderr if "Running on" in line)
        url = line.split()[-1]
        granted = requests.post(url + TOKEN, GRANT, auth=(DEMO, DEMO), timeout=TIMEOUT).json()
        headers = {"Authorization": f"Bearer {granted['access_token']}"}
        path = f"{url}{LISTS}/a%2Fb"
        assert requests.put(path, json={}, headers=headers, timeout=TIMEOUT).status_code == 201
        assert requests.get(path, headers=headers, timeout=TIMEOUT).json()["id"] == "a/b"
    finally:
        process.terminate()
        process.communicate(timeout=TIMEOUT)


def test_the_examples_of_the_guide_run() -> None:
    guide = (Path(__file__).parents[2] / "docs" / "servers.md").read_text()
    scope: dict[str, Any] = {"__name__": "emulator"}
    for example in re.findall(r"```python\n(.*?)```", guide, re.DOTALL):
        exec(example, scope)  # noqa: S102 - our own examples
    client = scope["client"]
    shown = client.get("/mine/a%20b")
    assert (shown.json, shown.headers["X-Environment"]) == ({"name": "a b"}, "test")
    assert show(client, f"{DATA}/campaigns/a%2Fb") == {"id": "a/b"}
    assert client.get(LISTS, headers=log_in(client)).headers["X-Environment"] == "test"


def test_the_variables_configure_an_application(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OCAPI_EMULATOR_FIXTURES", "samples")
    monkeypatch.setenv("OCAPI_EMULATOR_DIALECT", "observed")
    client = create_app().test_client()
    assert show(client, LISTS, log_in(client))["total"] == 2
    monkeypatch.setenv("OCAPI_EMULATOR_FIXTURES", "nowhere")
    client = create_app(fixtures="samples").test_client()
    assert show(client, LISTS, log_in(client))["total"] == 2
    with pytest.raises(TypeError, match="not both"):
        create_app(Config(), fixtures="samples")


def test_the_clients_of_other_libraries_reach_the_application(app: Flask) -> None:
    headers = log_in(Client(app))
    with httpx.Client(transport=httpx.WSGITransport(app), base_url="http://shop.test") as client:
        assert client.put(f"{LISTS}/a%20b", json={}, headers=headers).status_code == 201
        assert client.get(f"{LISTS}/a%20b", headers=headers).json()["id"] == "a b"
        cut = client.get(f"{LISTS}/a%2Fb", headers=headers).json()  # httpx decodes the path
        assert cut["fault"]["arguments"] == {"path": f"{LISTS}/a/b"}
    with requests.Session() as http:
        http.mount("http://shop.test", WsgiAdapter(app))
        found = http.get(f"http://shop.test{LISTS}/a%20b", headers=headers)
        assert found.json()["id"] == "a b"
        made = http.put(f"http://shop.test{LISTS}/a%2Fb", json={}, headers=headers)
        assert (made.status_code, made.json()["id"]) == (201, "a/b")


def test_hooks_run_for_each_request(app: Flask) -> None:
    ran: list[str] = []
    app.before_request(lambda: ran.append(f"before {request.method}"))

    @app.after_request
    def mark(response: Response) -> Response:
        ran.append("after")
        response.headers["X-Shop"] = "mine"
        return response

    app.teardown_request(lambda _: ran.append("teardown"))
    client = app.test_client()
    headers = log_in(client)
    ran.clear()
    for _ in range(2):  # without hooks the second answer would be a kept one
        assert client.get(LISTS, headers=headers).headers["X-Shop"] == "mine"
    assert client.get(LISTS).headers["X-Shop"] == "mine"
    assert client.delete("/items").headers["X-Shop"] == "mine"
    expected = [["before GET", "after", "teardown"]] * 3 + [["before DELETE", "after", "teardown"]]
    assert ran == [step for steps in expected for step in steps]


def test_a_hook_before_a_request_may_answer(app: Flask) -> None:
    app.before_request(lambda: ("closed", 503) if request.args.get("closed") else None)
    client = app.test_client()
    headers = log_in(client)
    answers = [client.get(f"{LISTS}?closed={text}", headers=headers) for text in ("", "1", "")]
    assert [answer.status_code for answer in answers] == [200, 503, 200]


def test_a_hook_after_a_request_runs_though_answers_were_kept(app: Flask) -> None:
    client = app.test_client()
    headers = log_in(client)
    for _ in range(2):
        assert client.get(LISTS, headers=headers).status_code == 200
    app.after_request_funcs[None] = [lambda response: response]
    app.after_request_funcs[None].append(lambda _: Response("changed"))
    assert client.get(LISTS, headers=headers).text == "changed"


@pytest.fixture
def shop(app: Flask) -> "FlaskClient":
    """A client of the application with a blueprint of a user."""
    mine = Blueprint("mine", __name__)
    counted = iter(range(1000))

    @mine.get("/mine/<path:name>")
    def show(name: str) -> dict[str, Any]:
        return {"name": name, "number": next(counted)}

    @mine.post("/mine/visits")
    def visit() -> dict[str, Any]:
        session["visits"] = session.get("visits", 0) + 1
        return dict(session)

    @mine.get("/mine/missing")
    def miss() -> str:
        abort(404)

    @mine.get(f"{DATA}/campaigns/<segment:name>")
    def show_campaign(name: str) -> tuple[dict[str, Any], dict[str, str]]:
        return {"id": name, "number": next(counted)}, {"x-dw-request-base-id": "1"}

    @mine.get("/mine/links")
    def link() -> list[str]:
        scope: dict[str, Any] = {"_site": "-", "_version": "v23_2"}
        return [
            url_for("mine.show", name="a b/c"),
            url_for("data.inventory_lists", **scope, count=1),
            url_for("data.inventory_lists", **scope, _external=True),
        ]

    app.secret_key = "s"
    app.register_blueprint(mine)
    return app.test_client()


def test_a_blueprint_of_a_user_gets_decoded_values(shop: "FlaskClient") -> None:
    assert shop.get("/mine/a%20b%2F%C3%A9%2520").json == {"name": "a b/é%20", "number": 0}
    assert shop.get(f"{DATA}/campaigns/a%2Fb%20%C3%A9").json == {"id": "a/b é", "number": 1}


def test_equal_routing_rules_use_the_converters_of_their_application() -> None:
    class Upper(BaseConverter):
        def to_python(self, value: str) -> str:
            return value.upper()

    found = []
    for converter in (BaseConverter, Upper, BaseConverter):
        app = create_app()
        app.url_map.converters["word"] = converter
        app.add_url_rule("/mine/<word:name>", "mine", lambda name: name)
        found.append(app.test_client().get("/mine/a").text)
        assert [rule.arguments for rule in app.url_map.iter_rules("mine")] == [{"name"}]
    assert found == ["a", "A", "a"]


def test_a_path_matches_the_same_route_again() -> None:
    client = create_app(fixtures="samples").test_client()
    headers = log_in(client)
    path = f"{DATA}/inventory_lists/my-inventorylist1"
    for _ in range(2):
        assert show(client, path, headers)["id"] == "my-inventorylist1"
        assert client.post(path, headers=headers).status_code == 405
        changed = client.patch(path, headers=headers, json={"description": "again"})
        assert changed.json is not None
        assert changed.json["description"] == "again"


def test_a_new_route_may_be_the_better_match() -> None:
    app = create_app(fixtures="samples")
    client = app.test_client()
    path = f"{DATA}/inventory_lists/my-inventorylist1"
    assert show(client, path)["_type"] == "fault"
    app.url_map.add(Rule(path, endpoint="mine", methods=["GET"]))
    app.view_functions["mine"] = lambda: "mine"
    assert client.get(path).text == "mine"


def test_the_number_of_known_matches_is_bounded() -> None:
    app = create_app(fixtures="samples")
    client = app.test_client()
    for number in range(MAX_MATCHES + 5):
        client.get(f"{DATA}/inventory_lists/{number}")
    client.get(f"{DATA}/inventory_lists/{'x' * MAX_MATCHED_LENGTH}")
    matches: Any = app.url_map
    assert len(matches.matches) == 5


def test_functions_at_the_end_of_an_answer_are_called() -> None:
    app = create_app(fixtures="samples")
    ended: list[str] = []

    @app.after_request
    def count(response: Response) -> Response:
        response.call_on_close(lambda: ended.append("ended"))
        return response

    app.test_client().get(f"{DATA}/inventory_lists").close()
    assert ended == ["ended"]


def test_a_user_may_replace_the_body_of_an_answer() -> None:
    app = create_app(fixtures="samples")

    @app.after_request
    def replace(response: Response) -> Response:
        response.response = ["{", '"mine": true}']
        return response

    answer = app.test_client().get(f"{DATA}/inventory_lists")
    assert answer.json == {"mine": True}


def test_answers_of_a_users_routes_are_never_kept(shop: "FlaskClient") -> None:
    headers = log_in(shop)
    for path in ("/mine/x", f"{DATA}/campaigns/x"):
        first, second = (show(shop, path, headers)["number"] for _ in range(2))
        assert second == first + 1


def test_errors_of_a_users_routes_keep_the_form_of_flask(shop: "FlaskClient") -> None:
    missing, refused = shop.get("/mine/missing"), shop.delete("/mine/visits")
    assert (missing.status_code, missing.mimetype) == (404, "text/html")
    assert (refused.status_code, refused.mimetype) == (405, "text/html")
    assert set(refused.allow) == {"GET", "HEAD", "OPTIONS", "POST"}
    for path in (f"{DATA}/nothing", "/nothing"):
        assert show(shop, path)["fault"]["type"].endswith("Exception")


def test_handler_of_a_user_answers_paths_without_a_route_only(app: Flask) -> None:
    app.register_error_handler(404, lambda _: ("nothing here", 404))
    client = app.test_client()
    headers = log_in(client)
    for path in (f"{DATA}/nothing", "/items/a/b", "/nothing"):
        assert client.get(path, headers=headers).text == "nothing here"
    fault = client.get(f"{LISTS}/nothing", headers=headers).json["fault"]  # type: ignore[index]
    assert fault["type"] == "InventoryListNotFoundException"


def test_sessions_and_urls_work(shop: "FlaskClient") -> None:
    assert [shop.post("/mine/visits").json for _ in range(2)] == [{"visits": 1}, {"visits": 2}]
    assert shop.get("/mine/links").json == [
        "/mine/a%20b/c",
        f"{LISTS}?count=1",
        f"http://localhost{LISTS}",
    ]


def test_a_crash_of_a_users_route_is_a_fault_and_raised_again(
    caplog: pytest.LogCaptureFixture,
) -> None:
    emulator = Emulator(fixtures="samples")
    emulator.app.add_url_rule("/mine", view_func=lambda: str(1 // 0))
    answer = emulator.app.test_client().get("/mine")
    assert answer.status_code == 500
    assert '"InternalServerErrorException"' in answer.text
    assert caplog.records[0].getMessage() == "internal error in GET /mine"
    with pytest.raises(ZeroDivisionError):
        emulator.check()


def test_links_follow_a_proxy(app: Flask) -> None:
    app.wsgi_app = ProxyFix(app.wsgi_app, x_proto=1, x_host=1, x_prefix=1)  # type: ignore[method-assign]
    client = app.test_client()
    headers = {**log_in(client), "X-Forwarded-Proto": "https", "X-Forwarded-Host": "shop.example"}
    headers["X-Forwarded-Prefix"] = "/stage"
    link = f"https://shop.example/stage{LISTS}/my-inventorylist1"
    assert show(client, LISTS, headers)["data"][0]["link"] == link


def test_an_application_may_be_mounted_below_a_prefix(app: Flask) -> None:
    client = Client(DispatcherMiddleware(Flask("outer"), {"/ocapi": app}))
    headers = log_in(client, "/ocapi")
    assert client.put(f"/ocapi{LISTS}/a%2Fb", json={}, headers=headers).status_code == 201
    [link] = [
        row["link"] for row in show(client, f"/ocapi{LISTS}", headers)["data"] if row["id"] == "a/b"
    ]
    assert link == f"http://localhost/ocapi{LISTS}/a%2Fb"
    assert show(client, link.removeprefix("http://localhost"), headers)["id"] == "a/b"
    assert show(client, "/ocapi/items")["items"]
    assert show(client, "/ocapi/__emulator__/health")["status"] == "ok"
    assert client.get(LISTS).status_code == 404


def test_two_applications_have_data_of_their_own() -> None:
    one, other = (create_app(fixtures="samples").test_client() for _ in range(2))
    headers = log_in(one)
    assert one.put(f"{LISTS}/new", json={}, headers=headers).status_code == 201
    assert one.get(f"{LISTS}/new", headers=headers).status_code == 200
    assert other.get(f"{LISTS}/new", headers=headers).status_code == 401
    assert other.get(f"{LISTS}/new", headers=log_in(other)).status_code == 404


def test_an_encoded_slash_leads_past_no_guard() -> None:
    app = create_app(fixtures="samples", control_token="sesame", inventory_api_key="key")
    client, environ = app.test_client(), {"REMOTE_ADDR": "192.168.0.7"}
    reached = []
    # A path that no API names belongs to the Data API: its own routes check all that they need.
    for rule in (one for one in app.url_map.iter_rules() if not one.endpoint.startswith("data.")):
        segments = re.sub(r"<[^>]*>", "x", rule.rule).removeprefix("/").split("/")
        for place in range(1, len(segments)):
            path = "/" + "%2F".join(("/".join(segments[:place]), "/".join(segments[place:])))
            for method in sorted(rule.methods or ()):
                answer = client.open(path, method=method, environ_overrides=environ)
                if not 400 <= answer.status_code < 500:
                    reached.append((method, path, answer.status))
    assert reached == []


def test_a_data_set_is_read_once_for_all_applications() -> None:
    one, other = (
        workspaces_of(create_app(fixtures="samples")).default.store.snapshot() for _ in range(2)
    )
    assert one["inventory_lists"] is other["inventory_lists"]


def test_processes_without_a_shared_store_are_reported_once(
    app: Flask, caplog: pytest.LogCaptureFixture
) -> None:
    client = app.test_client()
    for is_several in (False, True, True):
        client.get("/items", environ_overrides={"wsgi.multiprocess": is_several})
    [told] = [record.getMessage() for record in caplog.records]
    assert told.startswith("each process of this server has data and tokens of its own: ")
