"""The console over a store that several processes share, and below a mount point."""

import re

from werkzeug.exceptions import NotFound
from werkzeug.middleware.dispatcher import DispatcherMiddleware
from werkzeug.test import Client

from emulator import Emulator, create_app
from emulator.tests.conftest import Pair
from emulator.tests.console.conftest import BROWSER, LOCAL
from emulator.tests.control_client import DATA, ask

LISTS = "/data/collections/inventory_lists"


def read(emulator: Emulator, path: str) -> str:
    client = Client(emulator.app)
    answer = client.get(f"/__emulator__{path}", headers=BROWSER, environ_overrides=LOCAL)
    assert answer.status_code == 200
    return answer.text


def test_each_process_shows_the_shared_workspaces(pair: Pair) -> None:
    ask(pair.emulators[0], "PUT", "/__emulator__/snapshots/before", "shop")
    ask(pair.emulators[1], "PUT", f"{DATA}/inventory_lists/added", "shop", json={})
    for emulator in pair.emulators:
        for path in ("", "/data", LISTS, "/data/workspaces", "/access", "/access/settings"):
            assert 'data-workspace="shop"' in read(emulator, f"{path}?workspace=shop")
        for query in ("workspace=shop", "workspace=shop&against=before"):
            page = read(emulator, f"/data/changes?{query}")
            assert "key=added" in page
            assert page.count('class="badge') == 1
        document = read(emulator, f"{LISTS}/document?workspace=shop&key=added&view=changes")
        assert "<ins>" in document


def test_the_traffic_of_all_processes_is_shown(pair: Pair) -> None:
    first, second = pair.emulators
    path = "/s/-/dw/shop/v23_2/baskets"
    stub = {"method": "GET", "path": path, "answer": {"status": 503}}
    ask(first, "POST", "/__emulator__/stubs", json=stub)
    ask(second, "GET", path)
    ask(first, "GET", f"{DATA}/inventory_lists/none")
    for emulator in pair.emulators:
        assert "503" in read(emulator, "/trouble")
        assert "stub 1" in read(emulator, "/traffic")
        assert "stub 1" in read(emulator, "/traffic/1")
        assert "Why 404" in read(emulator, "/traffic/2")
        assert '"count":2' in read(emulator, "/traffic/events?after=0")
    [last] = re.findall("^id: (.*)$", read(first, "/traffic/events?after=0"), re.MULTILINE)
    assert "data:" not in read(second, f"/traffic/events?after={last}")
    second.workspace.journal.clear()
    ask(first, "GET", f"{DATA}/sites")
    ask(second, "GET", f"{DATA}/sites")
    assert "event: clear" in read(first, f"/traffic/events?after={last}")


def test_all_links_stay_below_the_mount_point() -> None:
    app = create_app(fixtures="samples")
    client = Client(DispatcherMiddleware(NotFound(), {"/shop": app}))
    for path in ("", "/data", LISTS, f"{LISTS}/document?key=my-inventorylist1", "/access"):
        answer = client.get(f"/shop/__emulator__{path}", headers=BROWSER, environ_overrides=LOCAL)
        assert answer.status_code == 200
        assert 'href="/__emulator__' not in answer.text
        assert 'data-root="/shop"' in answer.text
    file = "/shop/__emulator__/static/console.css"
    answer = client.get(file, buffered=True, environ_overrides=LOCAL)
    assert answer.status_code == 200
