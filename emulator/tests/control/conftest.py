"""The emulator of the tests of the control API."""

from collections.abc import Iterator

import pytest

from contract_tests.server import Pool
from emulator import Emulator


@pytest.fixture
def emulator(pool: Pool) -> Iterator[Emulator]:
    """A new emulator, or one after a reset, with the data set ``samples``."""
    with pool.serve(fixtures="samples") as emulator:
        yield emulator
