"""Requests as text to copy: commands of curl, and a test for pytest."""

import json
import re
from pprint import pformat
from shlex import quote

from flask import request

from emulator.console import curl
from emulator.console.failure import Sent
from emulator.workspace.workspace import DEFAULT_WORKSPACE, Workspace

AUTHORIZATIONS = {"bearer": f"-H {curl.BEARER}", "basic": '-u "$CLIENT_ID:$CLIENT_SECRET"'}
"""The option for each scheme of the authorization; the secrets are variables of the shell."""
DATA_PATH = re.compile(r"/s/-/dw/data/v23_2(?=/)")
MAX_LINE_CHARACTERS = 88
MAX_NAME_CHARACTERS = 64
NO_NAME = re.compile(r"[^a-z0-9]+")
DROPPED_CALL = """\
    with pytest.raises(requests.ConnectionError):
        ocapi.session.request({})"""


def show_curl(sent: Sent, workspace: Workspace, client_id: str = "") -> str:
    """Return the commands of a request, with the command for the token if a token is needed.

    Args:
        sent: The request.
        workspace: The workspace.
        client_id: The client of the token; the first client of the workspace if empty.
    """
    headers = dict(sent.headers)
    if sent.body:
        headers.setdefault("content-type", "")  # otherwise curl declares a form
    if workspace.name != DEFAULT_WORKSPACE:
        headers["x-emulator-workspace"] = workspace.name
    scheme = sent.scheme.lower()
    method = "--head" if sent.method == "HEAD" else f"-X {quote(sent.method)}"
    lines = [f"curl {method} {AUTHORIZATIONS.get(scheme, '')}".rstrip()]
    lines += [f"  -H {quote(f'{name}: {value}'.rstrip())}" for name, value in headers.items()]
    # Not --data: "@name" would be the content of a file.
    lines += [f"  --data-raw {quote(sent.body)}"] if sent.body else []
    options = "-g --path-as-is" if "/." in sent.path else "-g"
    lines += [f"  {options} {quote(request.host_url.rstrip('/') + sent.target)}"]
    command = " \\\n".join(lines)
    return f"{curl.show_token(workspace, client_id)}\n{command}" if scheme == "bearer" else command


def show_pytest(sent: Sent, status: int, fault: str) -> str:
    """Return a test that sends a request and expects the recorded answer.

    Args:
        sent: The request.
        status: The expected status; 0 if the connection was dropped.
        fault: The type of the expected fault document; empty for none.
    """
    name = NO_NAME.sub("_", f"{sent.method} {sent.path.rpartition('/dw/')[2]}".lower())
    name = name[:MAX_NAME_CHARACTERS].strip("_")
    lines = [f"def test_{name}(ocapi):", f"    url = {_show_url(sent.target)}"]
    options = "".join(f", {keyword}={keyword}" for keyword in _list_keywords(sent, lines))
    call = f"{_quote(sent.method)}, url{options}"
    if not status:
        imports = "import pytest\nimport requests\n\n\n"
        return imports + "\n".join([*lines, DROPPED_CALL.format(call)])
    lines += [
        f"    answer = ocapi.session.request({call})",
        f"    assert answer.status_code == {status}",
    ]
    lines += [f'    assert answer.json()["fault"]["type"] == {_quote(fault)}'] if fault else []
    return "\n".join(lines)


def _quote(text: str) -> str:
    """Return a literal of Python with double quotes."""
    return json.dumps(text, ensure_ascii=False)


def _show_url(target: str) -> str:
    """Return the expression of a URL: below the Data API, or below the server."""
    found = DATA_PATH.match(target)
    base, rest = ("data_url", target[found.end() :]) if found else ("url", target)
    escaped = _quote(rest)[1:-1].replace("{", "{{").replace("}", "}}")
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
        shown = _show_literal(value)
        lines.append(f"    {name} = {shown.replace(chr(10), chr(10) + ' ' * (7 + len(name)))}")
    return list(kept)


def _show_literal(value: object) -> str:
    try:
        return pformat(value, width=MAX_LINE_CHARACTERS, sort_dicts=False)
    except RecursionError:  # deep JSON
        return json.dumps(value)
