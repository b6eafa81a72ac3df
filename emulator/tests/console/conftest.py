"""A browser without scripts, in process, for the pages of the console."""

from collections.abc import Callable, Iterator
from typing import Any

import pytest
from werkzeug.test import Client, TestResponse

from contract_tests.server import Pool
from emulator import Emulator

LOCAL = {"REMOTE_ADDR": "127.0.0.1"}
BROWSER = {"Accept": "text/html,application/xhtml+xml,*/*;q=0.8"}
Get = Callable[..., TestResponse]


@pytest.fixture
def emulator(pool: Pool) -> Iterator[Emulator]:
    """A new emulator, or one after a reset, with the data set ``samples``."""
    with pool.serve(fixtures="samples") as emulator:
        yield emulator


@pytest.fixture
def get(emulator: Emulator) -> Get:
    """What returns the answer to a browser's request below ``/__emulator__``."""

    def open_page(path: str = "", method: str = "GET", **options: Any) -> TestResponse:
        headers = {**BROWSER, **options.pop("headers", {})}
        local = {**LOCAL, **options.pop("environ_overrides", {})}
        options |= {"headers": headers, "environ_overrides": local, "buffered": True}
        return Client(emulator.app).open(f"/__emulator__{path}", method=method, **options)

    return open_page
