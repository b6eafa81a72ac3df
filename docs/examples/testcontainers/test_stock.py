"""Tests with the emulator in a container.

docker build -t ocapi-emulator .
python -m pip install pytest requests testcontainers
python -m pytest test_stock.py
"""

import pytest
import requests
from testcontainers.core.container import DockerContainer
from testcontainers.core.wait_strategies import HttpWaitStrategy

PORT = 8080
# A container takes requests to the control plane with this token only.
CONTROL_TOKEN = "secret"
CONTROL = {"x-emulator-control-token": CONTROL_TOKEN}


@pytest.fixture(scope="session")
def emulator():
    healthy = HttpWaitStrategy(PORT, "/__emulator__/health").with_header(
        "x-emulator-control-token", CONTROL_TOKEN
    )
    container = (
        DockerContainer("ocapi-emulator")
        .with_exposed_ports(PORT)
        .with_env("OCAPI_EMULATOR_CONTROL_TOKEN", CONTROL_TOKEN)
        .waiting_for(healthy)
    )
    with container:
        yield f"http://{container.get_container_host_ip()}:{container.get_exposed_port(PORT)}"


@pytest.fixture
def session(emulator):
    control = f"{emulator}/__emulator__"
    requests.post(f"{control}/reset", headers=CONTROL, timeout=10).raise_for_status()
    granted = requests.post(f"{control}/token", headers=CONTROL, timeout=10).json()
    with requests.Session() as session:
        session.headers["Authorization"] = f"Bearer {granted['access_token']}"
        yield session


def test_a_list_is_deleted(emulator, session):
    url = f"{emulator}/s/-/dw/data/v23_2/inventory_lists/inventory_eu"
    assert session.delete(url).status_code == 204
    assert session.get(url).status_code == 404


def test_the_next_test_has_the_list_again(emulator, session):
    url = f"{emulator}/s/-/dw/data/v23_2/inventory_lists/inventory_eu"
    assert session.get(url).status_code == 200
