"""The pytest plugin: fixtures with a server, and with a clean workspace for each test.

pytest imports this module in every run, with or without a test for the emulator. So slow imports
happen in the fixtures.
"""

import os
import sys
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from emulator import Emulator
    from emulator.testing.ocapi import Ocapi, Server, Servers

MARKER = (
    "ocapi(allow_server_errors=False, allow_unserved=False, **knobs): use a server with these "
    "fields of emulator.Config; allow answers of 5xx without a failpoint; allow requests for "
    "missing operations"
)
OPTIONS = {
    "ocapi_url": "use the running server with this base URL; each test has an own workspace there",
    "ocapi_ca_file": "CA certificate to verify that server with",
    "ocapi_control_token": "secret of the control plane of that server",
    "ocapi_client_id": "API client to use on that server; by default the first in "
    "alphabetical order",
    "ocapi_fixtures": "data set of the server: the name of a bundled one, or a folder",
    "ocapi_dialect": "dialect of the server: documented or observed",
    "ocapi_unserved": "fail (default) or ignore: a test that asks for a missing operation",
}
MAX_SHOWN_PROBLEMS = 10
FAIL, IGNORE = "fail", "ignore"
"""The values of ``ocapi_unserved``."""
# Only for secrets and clients of a running server: other variables configure 'serve'.
FROM_ENVIRONMENT = ("ocapi_control_token", "ocapi_client_id")


def pytest_addoption(parser: pytest.Parser) -> None:
    """Add the options, as flags and for the configuration file."""
    group = parser.getgroup("ocapi", "the server of the fixture ocapi")
    for name, meaning in OPTIONS.items():
        flag = f"--{name.replace('_', '-')}"
        group.addoption(flag, metavar=name.partition("_")[2].upper(), help=meaning)
        parser.addini(name, meaning)


def pytest_configure(config: pytest.Config) -> None:
    """Register the marker."""
    config.addinivalue_line("markers", MARKER)


@pytest.hookimpl(wrapper=True)
def pytest_runtest_call(item: pytest.Item) -> Iterator[None]:
    """Fail a test after an internal error, an unexpected 5xx, or an unserved path (URL-8)."""
    result = yield
    used = getattr(item, "funcargs", {}).get("ocapi")
    ours = sys.modules.get("emulator.testing.ocapi")  # not imported: not used
    if ours is not None and isinstance(used, ours.Ocapi):
        used.check()
    return result


def _option(config: pytest.Config, name: str) -> str:
    given = config.getoption(name) or config.getini(name)
    if not given and name in FROM_ENVIRONMENT:
        given = os.environ.get(name.upper().replace("OCAPI_", "OCAPI_EMULATOR_", 1))
    return str(given or "")


def _ignores_unserved(config: pytest.Config) -> bool:
    """Return whether tests may ask for missing operations."""
    chosen = _option(config, "ocapi_unserved") or FAIL
    if chosen not in (FAIL, IGNORE):
        raise pytest.UsageError(f"ocapi_unserved is '{chosen}': use {FAIL} or {IGNORE}")
    return chosen == IGNORE


def _find_fixtures(config: pytest.Config) -> str:
    """Return the data set; a folder in the configuration file is relative to the file."""
    name = _option(config, "ocapi_fixtures")
    beside = config.rootpath / name
    asked_by_flag = config.getoption("ocapi_fixtures")
    return str(beside) if name and not asked_by_flag and beside.is_dir() else name


@pytest.fixture(scope="session")
def ocapi_config(pytestconfig: pytest.Config) -> dict[str, Any]:
    """Fields of ``emulator.Config`` for all servers; override this fixture to change fields."""
    dialect = _option(pytestconfig, "ocapi_dialect")
    given = {"fixtures": _find_fixtures(pytestconfig), "dialect": dialect}
    return {knob: value for knob, value in given.items() if value}


@pytest.fixture(scope="session")
def ocapi_servers(pytestconfig: pytest.Config, ocapi_config: dict[str, Any]) -> Iterator["Servers"]:
    """The servers of the session, by set-up."""
    from emulator.testing import Server, Servers  # noqa: PLC0415

    names = ("ocapi_url", "ocapi_ca_file", "ocapi_control_token", "ocapi_client_id")
    url, ca_file, control_token, client_id = (_option(pytestconfig, name) for name in names)
    remote = Server(url.rstrip("/"), None, ca_file, control_token, client_id) if url else None
    if remote is not None:
        _demand_answer(remote)
    with Servers(ocapi_config, remote) as servers:
        yield servers


def _demand_answer(server: "Server") -> None:
    """Fail in one line if a running server gives no answer, or no header can carry the token."""
    import requests  # noqa: PLC0415

    from emulator.config import HEADER_VALUE  # noqa: PLC0415
    from emulator.testing import Ocapi  # noqa: PLC0415

    if server.control_token and not HEADER_VALUE.fullmatch(server.control_token):
        problem = "--ocapi-control-token has characters that no header can have"
        pytest.fail(problem, pytrace=False)
    try:
        Ocapi(server).control("GET", "/health")
    except requests.ConnectionError as error:
        pytest.fail(f"no answer from {server.url} (--ocapi-url): {error}", pytrace=False)


@contextmanager
def _set_up_errors() -> Iterator[None]:
    """Fail without a traceback if a data set or a field of ``Config`` is wrong."""
    from emulator.config import ConfigError  # noqa: PLC0415
    from emulator.fixture.data_set import FixtureError  # noqa: PLC0415

    try:
        yield
    except (ConfigError, FixtureError) as error:
        lines = str(error).splitlines()
        more = [f"and {len(lines) - MAX_SHOWN_PROBLEMS} more"] * (len(lines) > MAX_SHOWN_PROBLEMS)
        shown = "\n".join([*lines[:MAX_SHOWN_PROBLEMS], *more])
        message = f"the server of the fixture ocapi can't start: {shown}"
        raise pytest.fail.Exception(message, pytrace=False) from None


@pytest.fixture(scope="session")
def ocapi_emulator(ocapi_servers: "Servers") -> "Emulator":
    """The started emulator of tests without a marker."""
    with _set_up_errors():
        return ocapi_servers.emulator({})


@pytest.fixture
def ocapi(request: pytest.FixtureRequest, ocapi_servers: "Servers") -> Iterator["Ocapi"]:
    """A clean workspace of a server, with a client for requests."""
    asked: dict[str, Any] = {}
    for mark in request.node.iter_markers("ocapi"):
        if mark.args:
            raise pytest.UsageError(
                f"the marker ocapi takes names, such as fixtures={mark.args[0]!r}"
            )
        asked = {**mark.kwargs, **asked}
    allowed = asked.pop("allow_server_errors", False)
    ignored = asked.pop("allow_unserved", _ignores_unserved(request.config))
    with ExitStack() as stack:
        with _set_up_errors():
            opened = stack.enter_context(ocapi_servers.open(asked))
        opened.allow_server_errors, opened.allow_unserved = allowed, ignored
        yield opened
        opened.check()  # errors during the tear-down of other fixtures
