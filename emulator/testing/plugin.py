"""Fixtures for the tests of our users: a server, and a clean state of it for each test.

pytest imports this module in every run, whether or not a test asks for a server: what takes time
is imported when it is first needed.
"""

import os
import sys
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from emulator import Emulator
    from emulator.testing.ocapi import Ocapi, Servers

MARKER = (
    "ocapi(allow_server_errors=False, **knobs): the server of a test, set up by the fields of "
    "emulator.Config; whether answers of 5xx that no failpoint made are all right"
)
CONTROL_TOKEN = "OCAPI_EMULATOR_CONTROL_TOKEN"  # noqa: S105 - the name of a variable
OPTIONS = {
    "ocapi_url": "base URL of a running server to test with, each test in a workspace of its own",
    "ocapi_ca_file": "certificates that those of that server are trusted by",
    "ocapi_control_token": "secret that the control plane of that server demands",
    "ocapi_fixtures": "data set of the server: a bundled one, or a folder",
    "ocapi_dialect": "dialect of the server: documented or observed",
}


def pytest_addoption(parser: pytest.Parser) -> None:
    """Add the options, as flags and for the configuration file."""
    group = parser.getgroup("ocapi", "the server of the fixture ocapi")
    for name, meaning in OPTIONS.items():
        flag = f"--{name.replace('_', '-')}"
        group.addoption(flag, metavar=name.partition("_")[2].upper(), help=meaning)
        parser.addini(name, meaning)


def pytest_configure(config: pytest.Config) -> None:
    """Tell pytest the marker."""
    config.addinivalue_line("markers", MARKER)


@pytest.hookimpl(wrapper=True)
def pytest_runtest_call(item: pytest.Item) -> Iterator[None]:
    """Let a test fail whose server met an internal error, or answered 5xx without being told."""
    result = yield
    used = getattr(item, "funcargs", {}).get("ocapi")
    ours = sys.modules.get("emulator.testing.ocapi")  # where it is not, nobody has used it
    if ours is not None and isinstance(used, ours.Ocapi):
        used.check()
    return result


def _option(config: pytest.Config, name: str) -> str:
    return str(config.getoption(name) or config.getini(name) or "")


def _find_fixtures(config: pytest.Config) -> str:
    """Return the data set; a folder that the configuration file names lies beside that file."""
    name = _option(config, "ocapi_fixtures")
    beside = config.rootpath / name
    asked_by_flag = config.getoption("ocapi_fixtures")
    return str(beside) if name and not asked_by_flag and beside.is_dir() else name


@pytest.fixture(scope="session")
def ocapi_config(pytestconfig: pytest.Config) -> dict[str, Any]:
    """Fields of ``emulator.Config`` that the server is set up by; override it to set others."""
    dialect = _option(pytestconfig, "ocapi_dialect")
    given = {"fixtures": _find_fixtures(pytestconfig), "dialect": dialect}
    return {knob: value for knob, value in given.items() if value}


@pytest.fixture(scope="session")
def ocapi_servers(pytestconfig: pytest.Config, ocapi_config: dict[str, Any]) -> Iterator["Servers"]:
    """All servers of the session, one for each set-up that a test asks for."""
    from emulator.testing.ocapi import Server, Servers  # noqa: PLC0415

    url, ca_file = _option(pytestconfig, "ocapi_url"), _option(pytestconfig, "ocapi_ca_file")
    token = _option(pytestconfig, "ocapi_control_token") or os.environ.get(CONTROL_TOKEN, "")
    elsewhere = Server(url.rstrip("/"), None, ca_file, token) if url else None
    with Servers(ocapi_config, elsewhere) as servers:
        yield servers


@pytest.fixture(scope="session")
def ocapi_emulator(ocapi_servers: "Servers") -> "Emulator":
    """The server of tests that ask for no other set-up, started."""
    return ocapi_servers.emulator({})


@pytest.fixture
def ocapi(request: pytest.FixtureRequest, ocapi_servers: "Servers") -> Iterator["Ocapi"]:
    """A server in its first state, with what a test needs to talk to it."""
    asked: dict[str, Any] = {}
    for mark in request.node.iter_markers("ocapi"):
        if mark.args:
            raise pytest.UsageError(
                f"the marker ocapi takes names, such as fixtures={mark.args[0]!r}"
            )
        asked = {**mark.kwargs, **asked}
    allowed = asked.pop("allow_server_errors", False)
    with ocapi_servers.open(asked) as opened:
        opened.allow_server_errors = allowed
        yield opened
        opened.check()  # what happened while other fixtures were torn down
