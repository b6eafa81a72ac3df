"""The evidence for each operation: ``emulator/evidence/coverage.json`` and ``docs/coverage.md``.

The package is a plugin of pytest for a run of the contract tests. The plugin notes the operations
in the requests of each test, and writes both files at the end. As a program the package writes the
files again from the descriptions, the ledger and the recordings, and keeps what the last run of the
tests has noted:

    pytest -p contract_tests.coverage -n auto -m "not long" contract_tests
    python -m contract_tests.coverage
"""

from collections.abc import Callable  # noqa: TC003 - the annotation of a variable
from typing import Any

import pytest
import requests

from contract_tests.coverage.recorder import Recorder


def pytest_configure(config: pytest.Config) -> None:
    """Register the recorder, and pass every answer to the recorder."""
    recorder = Recorder()
    config.pluginmanager.register(recorder, "operation-recorder")
    send: Callable[..., requests.Response] = requests.Session.send

    def observe(session: requests.Session, *given: Any, **options: Any) -> requests.Response:
        response = send(session, *given, **options)
        recorder.note(response)
        return response

    requests.Session.send = observe  # type: ignore[assignment]
