"""The pytest plugin: fixtures with a server, and with a clean workspace for each test.

pytest imports this module in every run, with or without a test for the emulator. So slow imports
happen in the fixtures.
"""

import os
import sys
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any, NoReturn

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


def _fail(message: str) -> NoReturn:
    """Fail the test, or its set-up, with a message and without a traceback."""
    raise pytest.fail.Exception(message, pytrace=False) from None


def _option(config: pytest.Config, name: str) -> str:
    try:
        given = config.getoption(name) or config.getini(name)
    except pytest.UsageError as error:  # a value of another type in a file of TOML
        _fail(str(error))
    if given and not isinstance(given, str):
        _fail(f"{name} is of the type {type(given).__name__}: a text is needed")
    if not given and name in FROM_ENVIRONMENT:
        given = os.environ.get(name.upper().replace("OCAPI_", "OCAPI_EMULATOR_", 1))
    return str(given or "")


def _ignores_unserved(config: pytest.Config) -> bool:
    """Return whether tests may ask for missing operations."""
    chosen = _option(config, "ocapi_unserved") or FAIL
    if chosen not in (FAIL, IGNORE):
        _fail(f"ocapi_unserved is '{chosen}': use {FAIL} or {IGNORE}")
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
    with _set_up_errors():
        servers = Servers(ocapi_config, remote)
    with servers:
        yield servers


def _demand_answer(server: "Server") -> None:
    """Fail in one line if an option of a running server is wrong, or the server does not answer."""
    import requests  # noqa: PLC0415

    from emulator.config import HEADER_VALUE, is_url  # noqa: PLC0415
    from emulator.testing import Ocapi, RefusedError  # noqa: PLC0415

    if not is_url(server.url):
        _fail(f"--ocapi-url '{server.url}' is not an http or https URL")
    if server.ca_file and not Path(server.ca_file).is_file():
        _fail(f"--ocapi-ca-file '{server.ca_file}' is not a file")
    if server.control_token and not HEADER_VALUE.fullmatch(server.control_token):
        _fail("--ocapi-control-token has characters that no header can have")
    try:
        Ocapi(server).control("GET", "/health")
    except (RefusedError, requests.JSONDecodeError):
        _fail(f"{server.url} (--ocapi-url) does not answer like the emulator")
    except OSError as error:  # an error of requests, or a file without certificates
        _fail(f"no answer from {server.url} (--ocapi-url): {error}")


@contextmanager
def _set_up_errors() -> Iterator[None]:
    """Fail without a traceback if tests ask for a set-up that they can't get."""
    from emulator.config import ConfigError  # noqa: PLC0415
    from emulator.fixture.data_set import FixtureError  # noqa: PLC0415
    from emulator.http.certificate import CertificateError  # noqa: PLC0415
    from emulator.ocapi.access.settings import SettingsError  # noqa: PLC0415
    from emulator.store import StoreUnavailable  # noqa: PLC0415
    from emulator.testing.ocapi import RefusedError, SetUpError  # noqa: PLC0415
    from emulator.workspace.rule import RuleError  # noqa: PLC0415

    wrong = (ConfigError, FixtureError, RuleError, SettingsError, CertificateError)
    try:
        yield
    except (SetUpError, RefusedError) as error:
        _fail(str(error))
    except (*wrong, StoreUnavailable) as error:
        _fail(f"the server of the fixture ocapi can't start: {_shorten(str(error))}")


def _shorten(problems: str) -> str:
    """Return the first lines of a message, and the number of the others."""
    lines = problems.splitlines()
    more = [f"and {len(lines) - MAX_SHOWN_PROBLEMS} more"] * (len(lines) > MAX_SHOWN_PROBLEMS)
    return "\n".join([*lines[:MAX_SHOWN_PROBLEMS], *more])


@pytest.fixture(scope="session")
def ocapi_emulator(ocapi_servers: "Servers") -> "Emulator":
    """The started emulator of tests without a marker."""
    with _set_up_errors():
        return ocapi_servers.emulator({})


def _read_markers(node: pytest.Item) -> dict[str, Any]:
    """Return the values of all markers of a test by name; the closest marker wins."""
    asked: dict[str, Any] = {}
    for mark in node.iter_markers("ocapi"):
        if mark.args:
            _fail(f"the marker ocapi takes names, such as fixtures={mark.args[0]!r}")
        asked = {**mark.kwargs, **asked}
    return asked


def _pop_allowance(asked: dict[str, Any], name: str, *, default: bool) -> bool:
    """Remove the value of a name of the marker that is no field of ``Config``, and return it."""
    given = asked.pop(name, default)
    if not isinstance(given, bool):
        _fail(f"the marker ocapi needs True or False for {name}, not {given!r}")
    return given


@pytest.fixture
def ocapi(request: pytest.FixtureRequest, ocapi_servers: "Servers") -> Iterator["Ocapi"]:
    """A clean workspace of a server, with a client for requests."""
    asked = _read_markers(request.node)
    allowed = _pop_allowance(asked, "allow_server_errors", default=False)
    ignored = _pop_allowance(asked, "allow_unserved", default=_ignores_unserved(request.config))
    with ExitStack() as stack:
        with _set_up_errors():
            opened = stack.enter_context(ocapi_servers.open(asked))
        opened.allow_server_errors, opened.allow_unserved = allowed, ignored
        yield opened
        opened.check()  # errors during the tear-down of other fixtures
