"""Serving works without the packages of the extras; a use of such a package names its extra."""

import json
import subprocess
import sys
from pathlib import Path

OPTIONAL = ("cryptography", "platformdirs", "pytest", "redis", "requests", "trustme")
TIMEOUT = 60
BLOCKED = f"import sys; sys.modules.update(dict.fromkeys({OPTIONAL!r}))\n"
SERVING = """
import json
from urllib.request import Request, urlopen
from emulator import Emulator
with Emulator(fixtures="samples") as emulator:
    headers = {"Authorization": "Bearer " + emulator.token()}
    url = emulator.url + "/s/-/dw/data/v23_2/inventory_lists"
    for method, path, body in (("GET", "", None), ("PATCH", "/my-inventorylist1", b"{}")):
        headers["Content-Type"] = "application/json"
        with urlopen(Request(url + path, body, headers, method=method)) as answer:
            print(answer.status, json.load(answer)["_v"])
    for path in ("/openapi.json", "/items", "/__emulator__/health"):
        with urlopen(emulator.url + path) as answer:
            print(answer.status, path)
"""
COMMANDS = """
import io, json
from contextlib import redirect_stderr, redirect_stdout
from emulator.cli.main import main
for arguments in json.loads(sys.stdin.read()):
    sys.argv = ["ocapi-emulator", *arguments]
    with redirect_stdout(io.StringIO()) as output, redirect_stderr(io.StringIO()) as errors:
        try:
            main()
        except SystemExit as ended:
            code = ended.code
    print(json.dumps([code, output.getvalue(), errors.getvalue()]))
"""


def run(program: str, folder: Path, given: str = "") -> "subprocess.CompletedProcess[str]":
    """Run a program without the packages of the extras."""
    return subprocess.run(  # noqa: S603 - our own program
        [sys.executable, "-c", BLOCKED + program],
        cwd=folder,
        input=given,
        capture_output=True,
        text=True,
        timeout=TIMEOUT,
        check=False,
    )


def test_serving_needs_no_extra(tmp_path: Path) -> None:
    finished = run(SERVING, tmp_path)
    assert finished.stderr == ""
    assert finished.stdout.splitlines() == [
        "200 23.2",
        "200 23.2",
        "200 /openapi.json",
        "200 /items",
        "200 /__emulator__/health",
    ]


USES = [
    (["serve", "--store", "redis://127.0.0.1:1"], "a store in Redis", "redis"),
    (["serve", "--tls"], "--tls", "tls"),
    (["ca"], "--tls", "tls"),
    (["verify", "--target", "http://127.0.0.1:1"], "verify", "verify"),
]


def test_a_command_names_the_extra_in_one_line(tmp_path: Path) -> None:
    finished = run(COMMANDS, tmp_path, json.dumps([arguments for arguments, _, _ in USES]))
    assert finished.stderr == ""
    outcomes = map(json.loads, finished.stdout.splitlines())
    for (_, subject, extra), (code, output, errors) in zip(USES, outcomes, strict=True):
        assert (code, output) == (2, "")
        assert errors.startswith("ocapi-emulator: ")
        assert f"{subject} needs " in errors
        assert f": pip install 'ocapi-emulator[{extra}]'" in errors
        assert errors.count("\n") == 1


def test_the_fixtures_name_their_extra(tmp_path: Path) -> None:
    finished = run("from emulator.testing import Ocapi", tmp_path)
    last = finished.stderr.splitlines()[-1]
    assert last == (
        "emulator.config.ConfigError: emulator.testing.Ocapi needs the package requests: "
        "pip install 'ocapi-emulator[pytest]'"
    )
