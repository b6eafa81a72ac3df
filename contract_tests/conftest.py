"""The server under test: a new emulator, or the server of ``--target``."""

import json
import os
import shutil
import uuid
from collections.abc import Callable, Iterator
from contextlib import ExitStack, closing
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
import requests
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.x509.oid import NameOID

from contract_tests import place
from contract_tests.api import TIMEOUT, Api, TargetError, open_session
from contract_tests.server import BUNDLED, SERVERS, Pool, serve
from contract_tests.service import Service
from emulator.fixture.data_set import locate

DEMO = "a" * 30
SECRET = "OCAPI_EMULATOR_CLIENT_SECRET"
WRITABLE = (
    "default_in_stock",
    "description",
    "on_order_inventory_enabled",
    "use_bundle_inventory_only",
)
TARGET = pytest.StashKey[Api]()

Make = Callable[..., str]
Start = Callable[..., Api]


def pytest_addoption(parser: pytest.Parser) -> None:
    """Add the options for another server."""
    group = parser.getgroup("contract", "the server under test")
    group.addoption("--server", choices=SERVERS, default=BUNDLED, help="the server of our own")
    group.addoption("--target", metavar="URL", help="base URL of a server to test, not our own")
    group.addoption(
        "--target-dialect",
        default="documented",
        choices=["documented", "observed"],
        help="how the target answers where documentation and live systems differ",
    )
    group.addoption("--client-id", default=DEMO, help="API client of the target")
    # Read when the run begins, and never shown: a default would stand in the help.
    group.addoption("--client-secret", help=f"its secret, if not in the variable {SECRET}")
    group.addoption("--token-url", metavar="URL", help="where tokens are granted, if elsewhere")
    group.addoption("--ca-file", metavar="FILE", help="further authorities of certificates, PEM")
    group.addoption("--sites", default="", help="two sites of the target, joined by a comma")
    group.addoption("--catalogs", default="", help="two catalogs of the target, likewise")
    group.addoption("--library", default="", help="a library of the target")
    group.addoption("--customer-list", default="", help="a customer list of the target")


def pytest_configure(config: pytest.Config) -> None:
    """Name the marks, for runs without the settings of a checkout."""
    config.addinivalue_line("markers", "long: takes seconds and repeats what faster tests show")
    config.addinivalue_line(
        "markers", "fails_on(server, reason): a limit of a server of another project"
    )
    config.addinivalue_line("markers", "rule(*ids): the rules of the contract that the test pins")
    config.addinivalue_line(
        "markers", "needs(what): what the test needs of an emulator, which no other server has"
    )


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Expect failures where the server has a limit, and skip what only an emulator can do.

    A test that passes nevertheless is an error.
    """
    for item in items:
        for mark in item.iter_markers("needs") if config.getoption("--target") else ():
            item.add_marker(pytest.mark.skip(reason=f"needs {mark.args[0]}"))
        for mark in item.iter_markers("fails_on"):
            server, reason = mark.args
            runs_there = "start" not in getattr(item, "fixturenames", ())
            if runs_there and server == config.getoption("--server"):
                item.add_marker(pytest.mark.xfail(reason=reason, strict=True))


def pytest_sessionstart(session: pytest.Session) -> None:
    """Connect to the target before the first test, or end the run with the reason."""
    if session.config.getoption("--target"):
        try:
            session.config.stash[TARGET] = target = reach_target(session.config)
            place.use(find_place(session.config, target))
        except TargetError as error:
            pytest.exit(str(error), returncode=pytest.ExitCode.USAGE_ERROR)


class Target(Api):
    """A server of others, which need not declare the custom properties of the tests."""

    def call(self, method: str, path: str, **options: Any) -> requests.Response:
        """See ``Api.call``; an undeclared custom property skips the test.

        The properties ``c_contract...`` are declared by the tests themselves.
        """
        response = super().call(method, path, **options)
        declared = "c_contract" in str(options.get("json"))
        if b"InvalidCustomPropertyException" in response.content and not declared:
            pytest.skip("the server does not declare the custom properties of the test")
        return response


def reach_target(config: pytest.Config) -> Api:
    """Return a client of the target.

    Raises:
        TargetError: It does not answer, or grants no token.
    """
    api = Target(
        config.getoption("--target").rstrip("/"),
        config.getoption("--client-id"),
        config.getoption("--client-secret") or os.environ.get(SECRET) or DEMO,
        config.getoption("--target-dialect"),
        token_url=config.getoption("--token-url"),
        ca_file=config.getoption("--ca-file"),
    )
    api.check()
    return api


def find_place(config: pytest.Config, target: Api) -> place.Place:
    """Return the documents of the target which no request can create."""
    sites, catalogs = (
        [name for name in config.getoption(option).split(",") if name]
        for option in ("--sites", "--catalogs")
    )
    options = (config.getoption("--library"), config.getoption("--customer-list"))
    return place.find(target, sites, catalogs, *options)


@dataclass(frozen=True)
class KeyPair:
    """The keys of the client ``signer``, for signed assertions."""

    private: rsa.RSAPrivateKey
    certificate: str


@pytest.fixture(scope="session")
def key_pair() -> KeyPair:
    """A new RSA key with a certificate."""
    private = rsa.generate_private_key(65537, 2048)
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "signer")])
    now = datetime.now(UTC)
    certificate = (
        x509.CertificateBuilder(name, name, private.public_key(), 1)
        .not_valid_before(now)
        .not_valid_after(now + timedelta(days=1))
        .sign(private, hashes.SHA256())
    )
    return KeyPair(private, certificate.public_bytes(serialization.Encoding.PEM).decode())


@pytest.fixture(scope="session")
def data_set(tmp_path_factory: pytest.TempPathFactory, key_pair: KeyPair) -> str:
    """The data set ``samples`` with one more client: certificate and redirect URI."""
    folder = tmp_path_factory.mktemp("fixtures") / "samples"
    shutil.copytree(locate("samples"), folder)
    (folder / "custom_properties.json").write_text('{"allow_undeclared": true}')
    file = folder / "clients.json"
    clients = json.loads(file.read_text())
    signer = {
        "client_id": "signer",
        "client_secret": "signer's: secret/%",
        "certificate": key_pair.certificate,
        "redirect_uris": ["https://app.example/done?x=1"],
    }
    clients["clients"].append(signer)
    file.write_text(json.dumps(clients))
    return str(folder)


@pytest.fixture
def in_process(request: pytest.FixtureRequest) -> bool:
    """Whether the servers of ``start`` run in this process, whose log a test can read."""
    return bool(request.config.getoption("--server") == BUNDLED)


@pytest.fixture(scope="session")
def pool() -> Iterator[Pool]:
    """The emulators of ``start``."""
    with closing(Pool()) as pool:
        yield pool


@pytest.fixture
def start(request: pytest.FixtureRequest) -> Iterator[Start]:
    """Start emulators with these fields of ``Config``; the end of the test stops them.

    The tests of configurations are not about the server. They run on the bundled server, because
    the start of hundreds of other servers would take ten minutes. Tests with equal configurations
    share an emulator, and each begins with a reset.
    """
    if request.config.getoption("--target"):
        pytest.skip("needs a server of its own configuration")
    data_set = request.getfixturevalue("data_set")
    pool: Pool = request.getfixturevalue("pool")
    with ExitStack() as stack:

        def start_one(**knobs: Any) -> Api:
            emulator = stack.enter_context(pool.serve(**{"fixtures": data_set, **knobs}))
            return Api(emulator.url, DEMO, DEMO, knobs.get("dialect", "documented"))

        yield start_one


def _serve(request: pytest.FixtureRequest, dialect: str) -> Iterator[Api]:
    if request.config.getoption("--target"):
        yield request.config.stash[TARGET]
        return
    fixtures = request.getfixturevalue("data_set")
    server = request.config.getoption("--server")
    with serve(server, fixtures=fixtures, dialect=dialect) as url:
        yield Api(url, DEMO, DEMO, dialect)


@pytest.fixture(scope="session")
def documented_server(request: pytest.FixtureRequest) -> Iterator[Api]:
    """A server of the documented dialect, or the target."""
    yield from _serve(request, "documented")


@pytest.fixture(scope="session")
def observed_server(request: pytest.FixtureRequest) -> Iterator[Api]:
    """A server of the observed dialect, or the target."""
    yield from _serve(request, "observed")


def _speaking(request: pytest.FixtureRequest, dialect: str) -> Iterator[Api]:
    config = request.config
    if config.getoption("--target") and config.getoption("--target-dialect") != dialect:
        pytest.skip(f"the target does not speak the {dialect} dialect")
    api: Api = request.getfixturevalue(f"{dialect}_server")
    yield api
    api.clear()


@pytest.fixture
def documented(request: pytest.FixtureRequest) -> Iterator[Api]:
    """A server of the documented dialect; the end of the test deletes created documents."""
    yield from _speaking(request, "documented")


@pytest.fixture
def observed(request: pytest.FixtureRequest) -> Iterator[Api]:
    """A server of the observed dialect; the end of the test deletes created documents."""
    yield from _speaking(request, "observed")


@pytest.fixture
def api(request: pytest.FixtureRequest) -> Api:
    """The server for most rules: the target in its own dialect, else a documented server."""
    found: Api = request.getfixturevalue(request.config.getoption("--target-dialect"))
    return found


@pytest.fixture(scope="session")
def missing_service(request: pytest.FixtureRequest) -> str:
    """The reason to skip tests of the Inventory Service API; empty for none."""
    target = request.config.getoption("--target")
    if not target:
        return ""
    url = f"{target.rstrip('/')}/items?pageSize=1"
    with open_session(request.config.getoption("--ca-file")) as session:
        answer = session.get(url, timeout=TIMEOUT, allow_redirects=False)
    served = answer.status_code == 200 and b'"items"' in answer.content
    told = f"GET /items?pageSize=1 answers {answer.status_code}"
    return "" if served else f"the target does not serve the Inventory Service API: {told}"


@pytest.fixture
def service(missing_service: str, api: Api) -> Iterator[Service]:
    """The Inventory Service API; the end of the test deletes created resources."""
    if missing_service:
        pytest.skip(missing_service)
    service = Service(api.url, api.ca_file)
    yield service
    service.clear()


@pytest.fixture
def shop(request: pytest.FixtureRequest) -> Iterator[Api]:
    """A server with two sites, for documents of the test: of ``storefront``, or the target.

    The end of the test deletes the documents whose ids begin with ``contract-``.
    """
    if not request.config.getoption("--target"):
        start: Start = request.getfixturevalue("start")
        yield start(fixtures="storefront")
        return
    if missing := place.here().missing:
        pytest.skip(f"the target has no shop: {missing}")
    yield request.getfixturevalue("documented")


@pytest.fixture
def storefront(request: pytest.FixtureRequest) -> None:
    """The data set of ``shop``, for tests of its literals: skips the test of a target."""
    if request.config.getoption("--target"):
        pytest.skip("needs the data set 'storefront'")


@pytest.fixture
def samples(api: Api) -> Iterator[Api]:
    """A server with the unchanged data of the documentation's samples."""
    path = "/inventory_lists/my-inventorylist1"
    before = api.get(path)
    if before.status_code == 404:
        pytest.skip("the server does not hold the data set 'samples'")
    yield api
    # A sample creates this list again. A server that does not refuse it gets back what it had.
    if before.status_code == 200 and api.get(path).content != before.content:
        kept = {name: before.json().get(name) for name in WRITABLE}
        api.patch(path, json=kept)


def _maker(api: Api) -> Make:
    def make(name: str | None = None, /, **properties: Any) -> str:
        identifier = name or f"contract-{uuid.uuid4().hex}"
        response = api.put(f"/inventory_lists/{identifier}", json=properties)
        assert response.status_code == 201, response.text
        return identifier

    return make


@pytest.fixture
def make(api: Api) -> Make:
    """Create inventory lists, and return their ids; the end of the test deletes the lists."""
    return _maker(api)


@pytest.fixture
def make_observed(observed: Api) -> Make:
    """Create inventory lists on the observed server."""
    return _maker(observed)


@pytest.fixture
def unused() -> str:
    """An unused id of a list."""
    return f"contract-{uuid.uuid4().hex}"
