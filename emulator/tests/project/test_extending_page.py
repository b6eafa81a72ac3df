"""The page about resources and hooks of users: its files and commands work."""

import json
import re
import subprocess
import sys
import tomllib
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from threading import Thread
from typing import Any

import pytest
from werkzeug.test import Client

from emulator import Emulator, extending
from emulator.extending.source import ENTRY_POINT_GROUP
from emulator.tests.project.page import ROOT, check_session, read_blocks, read_session, run_session

PAGE = "docs/extending.md"
FILES = {block.title: block.content for block in read_blocks(PAGE) if block.title}
LIST = "inventory_lists/a"


def ask(emulator: Emulator, method: str, path: str, value: Any = None) -> tuple[int, Any]:
    """Return status and document of a request to the Data API."""
    headers = {"Authorization": f"Bearer {emulator.token()}"}
    url = f"/s/-/dw/data/v23_2/{path}"
    answer = Client(emulator.app).open(url, method=method, json=value, headers=headers)
    return answer.status_code, answer.json


def write(folder: Path, name: str, content: str = "") -> str:
    """Write a file of the page, or another one; return the path."""
    (folder / name).write_text(content or FILES[name])
    return str(folder / name)


@pytest.mark.long
def test_the_session_prints_what_is_shown(tmp_path: Path) -> None:
    write(tmp_path, "lockers.py")
    shown = read_session(PAGE)
    check_session(shown, run_session((command for command, _ in shown), tmp_path))


def test_the_resource_has_20_lines_and_is_served(tmp_path: Path) -> None:
    assert len([line for line in FILES["lockers.py"].splitlines() if line.strip()]) <= 20
    emulator = Emulator(fixtures="samples", resources=write(tmp_path, "lockers.py"))
    assert ask(emulator, "PUT", "lockers/a", {"name": "Main station", "slots": 40})[0] == 201
    fault = ask(emulator, "PUT", "lockers/a", {"slots": 501})[1]["fault"]
    assert fault["type"] == "PropertyConstraintViolationException"
    assert ask(emulator, "GET", "lockers/a")[1]["slots"] == 40
    assert ask(emulator, "GET", "lockers")[1]["total"] == 1
    status, answer = ask(emulator, "GET", "lockers/b")
    assert (status, answer["fault"]["message"]) == (404, "There's no locker 'b'.")
    emulator.check()


def test_the_program_runs(tmp_path: Path) -> None:
    write(tmp_path, "lockers.py")
    program = write(tmp_path, "program.py")
    subprocess.run([sys.executable, program], check=True, timeout=60, cwd=tmp_path)  # noqa: S603 - our own page


def test_the_search_is_served(tmp_path: Path) -> None:
    before, marker, after = FILES["lockers.py"].partition("LOCKERS = api.Resource(\n")
    source = f"{before}{FILES['search.py']}{marker}    search=SEARCH,\n{after}"
    emulator = Emulator(fixtures="samples", resources=write(tmp_path, "found.py", source))
    ask(emulator, "PUT", "lockers/a", {"name": "Main station", "slots": 40})
    query = {"query": {"text_query": {"fields": ["name"], "search_phrase": "station"}}}
    assert ask(emulator, "POST", "locker_search", query)[1]["total"] == 1


def test_the_hook_changes_and_refuses(tmp_path: Path) -> None:
    emulator = Emulator(fixtures="samples", resources=write(tmp_path, "hooks.py"))
    status, document = ask(emulator, "PUT", LIST, {"description": " wide "})
    assert (status, document["description"]) == (201, "wide")
    _, refused = ask(emulator, "PUT", LIST, {"description": "forbidden"})
    assert refused["fault"]["arguments"] == {
        "extensionPoint": "dw.ocapi.data.inventory_list.beforePUT",
        "statusCode": "BAD_TEXT",
        "statusMsg": "Use another text.",
        "statusDetails": {"line": 1},
    }


class Callback(BaseHTTPRequestHandler):
    """Answers with the document of the page."""

    def do_POST(self) -> None:
        """Answer a hook."""
        self.rfile.read(int(self.headers["Content-Length"]))
        content = FILES["answer.json"].encode()
        self.send_response(200)
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        self.wfile.write(content)

    def log_message(self, *_: object) -> None:
        """Write nothing."""


@pytest.fixture
def callback_port() -> Iterator[int]:
    with HTTPServer(("127.0.0.1", 0), Callback) as server:
        thread = Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        yield server.server_port
        server.shutdown()
        thread.join()


def test_the_callback_refuses(callback_port: int, tmp_path: Path) -> None:
    content = FILES["hooks.json"].replace("9000", str(callback_port))
    emulator = Emulator(fixtures="samples", hooks=write(tmp_path, "urls.json", content))
    status, answer = ask(emulator, "PUT", LIST, {})
    declared = json.loads(FILES["answer.json"])["status"]
    assert (status, answer["fault"]["type"]) == (400, "HookStatusException")
    assert answer["fault"]["arguments"]["statusMsg"] == declared["message"]


def test_the_entry_point_has_the_name_of_the_group() -> None:
    assert list(tomllib.loads(FILES["pyproject.toml"])["project"]["entry-points"]) == [
        ENTRY_POINT_GROUP
    ]


def test_the_public_names_are_those_of_the_guide() -> None:
    used = set(re.findall(r"\bapi\.([A-Za-z_]+)", (ROOT / PAGE).read_text()))
    assert used <= set(extending.__all__)
    assert {"Resource", "Operation", "SearchField", "find_resource"} <= used
