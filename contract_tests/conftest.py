"""The server under test: an emulator of ours, or the one that ``--target`` names."""

import json
import shutil
import uuid
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.x509.oid import NameOID

from contract_tests.api import Api
from contract_tests.service import Service
from emulator import Emulator

DEMO = "a" * 30
SAMPLES = Path(__file__).parent.parent / "fixtures" / "samples"

Make = Callable[..., str]
Start = Callable[..., Api]


def pytest_addoption(parser: pytest.Parser) -> None:
    """Add the options that name another server."""
    group = parser.getgroup("contract", "the server under test")
    group.addoption("--target", metavar="URL", help="base URL of a server to test, not our own")
    group.addoption("--target-dialect", default="documented", help="documented or observed")
    group.addoption("--client-id", default=DEMO, help="API client of the target")
    group.addoption("--client-secret", default=DEMO, help="its secret")


@dataclass(frozen=True)
class KeyPair:
    """The keys of the client ``signer``, which proves itself by assertions."""

    private: rsa.RSAPrivateKey
    certificate: str


@pytest.fixture(scope="session")
def key_pair() -> KeyPair:
    """A fresh RSA key and a certificate of it."""
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
    """The data set ``samples`` with one more client, which has a certificate."""
    folder = tmp_path_factory.mktemp("fixtures") / "samples"
    shutil.copytree(SAMPLES, folder)
    file = folder / "clients.json"
    clients = json.loads(file.read_text())
    signer = {
        "client_id": "signer",
        "client_secret": "signer's: secret/%",
        "certificate": key_pair.certificate,
    }
    clients["clients"].append(signer)
    file.write_text(json.dumps(clients))
    return str(folder)


@pytest.fixture
def start(request: pytest.FixtureRequest, data_set: str) -> Iterator[Start]:
    """Start emulators of a test's own, by the fields of their configuration."""
    if request.config.getoption("--target"):
        pytest.skip("needs a server of its own configuration")
    started: list[Emulator] = []

    def start_one(**knobs: Any) -> Api:
        emulator = Emulator(**{"fixtures": data_set, **knobs})
        emulator.start()
        started.append(emulator)
        return Api(emulator.url, DEMO, DEMO, emulator.config.dialect)

    yield start_one
    for emulator in started:
        emulator.stop()
        emulator.check()


def _serve(config: pytest.Config, data_set: str, dialect: str) -> Iterator[Api]:
    target = config.getoption("--target")
    if target:
        if config.getoption("--target-dialect") != dialect:
            pytest.skip(f"the target does not speak the {dialect} dialect")
        client = config.getoption("--client-id"), config.getoption("--client-secret")
        yield Api(target.rstrip("/"), *client, dialect)
        return
    with Emulator(fixtures=data_set, dialect=dialect) as emulator:
        yield Api(emulator.url, DEMO, DEMO, dialect)
    emulator.check()


@pytest.fixture(scope="session")
def documented(pytestconfig: pytest.Config, data_set: str) -> Iterator[Api]:
    """A server that answers as the documentation shows it."""
    yield from _serve(pytestconfig, data_set, "documented")


@pytest.fixture(scope="session")
def observed(pytestconfig: pytest.Config, data_set: str) -> Iterator[Api]:
    """A server that answers as live systems do."""
    yield from _serve(pytestconfig, data_set, "observed")


@pytest.fixture
def api(documented: Api) -> Api:
    """The server that most rules are tested against."""
    return documented


@pytest.fixture
def service(api: Api) -> Iterator[Service]:
    """The Inventory Service API of the server; what a test makes is deleted when it ends."""
    service = Service(api.url)
    yield service
    service.clear()


@pytest.fixture
def samples(api: Api) -> Api:
    """A server that holds the data of the documentation's samples, untouched."""
    if api.get("/inventory_lists/my-inventorylist1").status_code == 404:
        pytest.skip("the server does not hold the data set 'samples'")
    return api


def _making(api: Api) -> Iterator[Make]:
    made: list[str] = []

    def make(name: str | None = None, /, **properties: Any) -> str:
        identifier = name or f"contract-{uuid.uuid4().hex}"
        made.append(identifier)
        response = api.put(f"/inventory_lists/{identifier}", json=properties)
        assert response.status_code == 201, response.text
        return identifier

    yield make
    for identifier in made:
        api.delete(f"/inventory_lists/{identifier}")


@pytest.fixture
def make(api: Api) -> Iterator[Make]:
    """Create inventory lists of a test's own, deleted when it ends; returns their ids."""
    yield from _making(api)


@pytest.fixture
def make_observed(observed: Api) -> Iterator[Make]:
    """The same on the server of the observed dialect."""
    yield from _making(observed)


@pytest.fixture
def unused(api: Api) -> Iterator[str]:
    """An id that no list has; what the test creates under it is deleted when it ends."""
    identifier = f"contract-{uuid.uuid4().hex}"
    yield identifier
    api.delete(f"/inventory_lists/{identifier}")
