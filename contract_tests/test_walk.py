"""Random writes over all resources: references hold together, answers follow their schemas."""

import os
import sys
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from random import SystemRandom
from typing import TYPE_CHECKING

import pytest

from contract_tests.api import Api
from contract_tests.test_users import speak_as

if TYPE_CHECKING:
    from contract_tests.walk.knowledge import Knowledge
    from contract_tests.walk.walker import Walker

Start = Callable[..., Api]
Walk = Callable[..., None]
SEED = "WALK_SEED"
"""The variable with the seed of a failed walk, for this walk alone; ``random`` for new seeds."""
RANDOM = "random"
SWITCH_SECONDS = 1e-4  # more changes of threads than by default
KNOWN: "dict[str, Knowledge]" = {}
"""What is known of the data set before a walk, by dialect."""


def choose_seeds(count: int) -> list[str]:
    given = os.environ.get(SEED)
    if given == RANDOM:
        return [f"{SystemRandom().getrandbits(40):x}" for _ in range(count)]
    return [given] if given else [f"walk {number}" for number in range(count)]


@pytest.fixture
def busy_threads() -> Iterator[None]:
    """Change the thread often."""
    before = sys.getswitchinterval()
    sys.setswitchinterval(SWITCH_SECONDS)
    yield
    sys.setswitchinterval(before)


@pytest.fixture
def walk(start: Start) -> Walk:
    """Walk by some seeds in a storefront, and check references and documents after each walk."""
    pytest.importorskip("jsonschema_rs")
    from contract_tests.walk.description import Description  # noqa: PLC0415 - needs the package
    from contract_tests.walk.walker import Walker  # noqa: PLC0415 - the same

    def walk_all(seeds: list[str], steps: int, *, writers: int = 1, **knobs: str) -> None:
        api = start(fixtures="storefront", **knobs)
        user = speak_as(api, "admin", "Secret:123")
        description = Description(api)
        if api.dialect not in KNOWN:
            KNOWN[api.dialect] = Walker(api, description, "", user).known
        for seed in seeds:
            assert api.call("POST", "/__emulator__/reset").status_code == 200
            user = speak_as(api, "admin", "Secret:123")
            names = [seed, *(f"{seed} {number}" for number in range(1, writers))]
            alone = writers == 1
            walkers = [
                Walker(api, description, n, user, known=KNOWN[api.dialect], alone=alone)
                for n in names
            ]
            try:
                walk_together(walkers, steps)
                walkers[0].finish()
            except AssertionError as error:
                done = "\n".join(map(str, walkers[0].steps[-5:]))
                pytest.fail(f"{SEED}='{seed}': {error}\nThe last writes:\n{done}")

    return walk_all


def walk_together(walkers: "list[Walker]", steps: int) -> None:
    with ThreadPoolExecutor(len(walkers)) as pool:
        for done in [pool.submit(walker.walk, steps) for walker in walkers]:
            done.result()
    for walker in walkers:
        counts = [walker.statuses[f"{method} 2xx"] for method in ("PUT", "PATCH", "DELETE")]
        assert min(counts) > steps // 50, walker.statuses


@pytest.mark.rule("RST-6", "META-2")
def test_random_writes_leave_no_dangling_reference(walk: Walk) -> None:
    walk(["a"], 200)


@pytest.mark.rule("RST-5", "RST-6")
def test_several_writers_leave_no_dangling_reference(walk: Walk, busy_threads: None) -> None:  # noqa: ARG001 - a pytest fixture
    walk(["b"], 60, writers=2)


@pytest.mark.long
@pytest.mark.rule("RST-6", "META-2")
@pytest.mark.parametrize("dialect", ["documented", "observed"])
def test_many_random_writes_leave_no_dangling_reference(walk: Walk, dialect: str) -> None:
    walk(choose_seeds(12), 300, dialect=dialect)


@pytest.mark.long
@pytest.mark.rule("RST-5", "RST-6")
def test_many_writers_leave_no_dangling_reference(walk: Walk, busy_threads: None) -> None:  # noqa: ARG001 - a pytest fixture
    walk(choose_seeds(6), 300, writers=4)
