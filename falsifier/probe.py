"""A plugin of pytest for a run with a mutation: starts the server, and notes the first failure.

The run ends before the first test if the changed server does not start, or refuses ordinary
requests: such a mutation says nothing about the tests. The tests marked ``long`` come last.
"""

import json
import os
from pathlib import Path

import pytest
import requests

REPORT_VARIABLE = "FALSIFIER_REPORT"
"""The variable with the path of the report: a JSON object, empty if no test has failed."""
EXIT_UNFIT = 90
DEMO_CLIENT = "a" * 30
TIMEOUT_SECONDS = 20


def pytest_sessionstart() -> None:
    """End the run if the changed server does not serve."""
    try:
        _check_server()
    except Exception as error:  # noqa: BLE001 - whatever a changed server raises
        _report(unfit=f"{type(error).__name__}: {error}")
        pytest.exit("the changed server does not serve", returncode=EXIT_UNFIT)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Put the long tests last."""
    items.sort(key=lambda item: item.get_closest_marker("long") is not None)


def pytest_runtest_logreport(report: pytest.TestReport) -> None:
    """Note the first failing test."""
    file = Path(os.environ[REPORT_VARIABLE])
    if report.failed and not json.loads(file.read_text(encoding="utf-8")):
        test = report.nodeid.partition("[")[0]
        _report(test=test, when=report.when, why=report.longreprtext[-2000:])


def _report(**members: str | None) -> None:
    Path(os.environ[REPORT_VARIABLE]).write_text(json.dumps(members), encoding="utf-8")


def _check_server() -> None:
    """Ask for the health, a token and a document.

    Raises:
        Exception: The server does not start, or refuses a request.
    """
    from emulator import Emulator  # noqa: PLC0415 - the changed modules

    with Emulator(fixtures="samples") as emulator, requests.Session() as session:
        session.trust_env = False
        health = session.get(f"{emulator.url}/__emulator__/health", timeout=TIMEOUT_SECONDS)
        health.raise_for_status()
        granted = session.post(
            f"{emulator.url}/dwsso/oauth2/access_token",
            {"grant_type": "client_credentials"},
            auth=(DEMO_CLIENT, DEMO_CLIENT),
            timeout=TIMEOUT_SECONDS,
        )
        granted.raise_for_status()
        session.headers["Authorization"] = f"Bearer {granted.json()['access_token']}"
        url = f"{emulator.url}/s/-/dw/data/v23_2/inventory_lists/my-inventorylist1"
        answer = session.get(url, timeout=TIMEOUT_SECONDS)
        answer.raise_for_status()
        answer.json()
