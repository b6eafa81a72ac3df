"""An internal error of the Inventory Service API: logged, a problem, raised again by check()."""

import logging

import pytest
import requests

from emulator import Emulator
from emulator.store import Key, MemoryStore, Record

TIMEOUT = 10.0


class BrokenStore(MemoryStore):
    """A store that cannot be read."""

    def get(self, collection: str, key: Key) -> Record | None:
        raise RuntimeError(f"{collection} {key} is broken")


def test_a_crash_is_a_problem_and_is_raised_again(caplog: pytest.LogCaptureFixture) -> None:
    with Emulator(fixtures="samples") as emulator:
        emulator.workspace.store = BrokenStore()
        with caplog.at_level(logging.ERROR, logger="emulator"):
            answer = requests.get(f"{emulator.url}/items/x?secret=1", timeout=TIMEOUT)
    assert answer.headers["Content-Type"] == "application/problem+json"
    assert answer.headers["api-version"] == "2024-07-17"
    assert (answer.status_code, answer.json()["code"]) == (500, "INTERNAL_ERROR")
    assert "internal error in GET /items/x" in caplog.text
    assert "secret=1" not in caplog.text
    with pytest.raises(RuntimeError, match=r"items\.ids"):
        emulator.check()
    emulator.check()
