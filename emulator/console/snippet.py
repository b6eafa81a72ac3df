"""Requests as text to copy: a command line of curl, and a test for pytest."""

import re
from pprint import pformat
from shlex import quote

from flask import request

from emulator.console.failure import Sent
from emulator.workspace.workspace import DEFAULT_WORKSPACE, Workspace

BEARER = '"Authorization: Bearer $TOKEN"'
DATA_PATH = re.compile(r"/s/-/dw/data/v23_2(?=/)")
MAX_LINE_CHARACTERS = 88
NO_NAME = re.compile(r"[^a-z0-9]+")


def show_curl(sent: Sent, workspace: Workspace) -> str:
    """Return the command of a request; the token is in the variable ``TOKEN`` of the shell."""
    headers = dict(sent.headers)
    if workspace.name != DEFAULT_WORKSPACE:
        headers["x-emulator-workspace"] = workspace.name
    lines = [f"curl -X {quote(sent.method)} -H {BEARER}"]
    lines += [f"  -H {quote(f'{name}: {value}')}" for name, value in headers.items()]
    lines += [f"  --data {quote(sent.body)}"] if sent.body else []
    lines += [f"  -g {quote(request.host_url.rstrip('/') + sent.target)}"]
    return " \\\n".join(lines)


def show_pytest(sent: Sent, status: int, fault: str) -> str:
    """Return a test that sends a request and expects the recorded answer.

    Args:
        sent: The request.
        status: The expected status.
        fault: The type of the expected fault; empty for none.
    """
    name = NO_NAME.sub("_", f"{sent.method} {sent.path.rpartition('/dw/')[2]}".lower()).strip("_")
    lines = [f"def test_{name}(ocapi):", f"    url = {_show_url(sent.target)}"]
    options = "".join(f", {keyword}={keyword}" for keyword in _list_keywords(sent, lines))
    lines += [
        f'    answer = ocapi.session.request("{sent.method}", url{options})',
        f"    assert answer.status_code == {status}",
    ]
    lines += [f'    assert answer.json()["fault"]["type"] == "{fault}"'] if fault else []
    return "\n".join(lines)


def _show_url(target: str) -> str:
    """Return the expression of a URL: below the Data API, or below the server."""
    found = DATA_PATH.match(target)
    base, rest = ("data_url", target[found.end() :]) if found else ("url", target)
    escaped = rest.replace("{", "{{").replace("}", "}}")
    return f'f"{{ocapi.{base}}}{escaped}"'


def _list_keywords(sent: Sent, lines: list[str]) -> list[str]:
    """Add a line for each argument of the request, and return the names of the arguments."""
    named: dict[str, object] = {"headers": dict(sent.headers)} if sent.headers else {}
    content = sent.content
    if content is not None:
        named.get("headers", {}).pop("content-type", None)  # type: ignore[attr-defined]
        named["json"] = content
    elif sent.body:
        named["data"] = sent.body
    kept = {name: value for name, value in named.items() if value}
    for name, value in kept.items():
        shown = pformat(value, width=MAX_LINE_CHARACTERS, sort_dicts=False)
        lines.append(f"    {name} = {shown.replace(chr(10), chr(10) + ' ' * (7 + len(name)))}")
    return list(kept)
