"""The pool of emulators of the contract tests."""

from collections.abc import Iterator
from contextlib import closing

import pytest

from contract_tests.server import MAX_IDLE_EMULATORS, Pool
from emulator import Emulator


@pytest.fixture
def pool() -> Iterator[Pool]:
    with closing(Pool()) as pool:
        yield pool


def use(pool: Pool, **knobs: str) -> Emulator:
    """Return the emulator of a use that is over."""
    with pool.serve(fixtures="samples", **knobs) as emulator:
        emulator.create("inventory_list")
    return emulator


def test_uses_of_equal_configurations_share_an_emulator_after_a_reset(pool: Pool) -> None:
    first = use(pool)
    assert use(pool, seed="s") is not first
    with pool.serve(fixtures="samples") as second, pool.serve(fixtures="samples") as other:
        assert second is first
        assert other is not first
        counts = {one.workspace.store.count("inventory_lists") for one in (second, other)}
        assert len(counts) == 1


def test_an_emulator_with_a_workspace_that_a_reset_leaves_is_stopped(pool: Pool) -> None:
    with pool.serve(fixtures="samples") as first:
        first.workspaces.get("further")
    with pytest.raises(RuntimeError, match="not started"):
        _ = first.url
    assert use(pool) is not first


def test_the_least_recently_used_emulator_is_stopped(pool: Pool) -> None:
    first = use(pool)
    used = [use(pool, seed=str(number)) for number in range(MAX_IDLE_EMULATORS)]
    with pytest.raises(RuntimeError, match="not started"):
        _ = first.url
    assert all(one.url for one in used)
