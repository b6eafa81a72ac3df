"""A short run of each target of ``make fuzz``, and a longer one of ``make test-long``."""

import pytest

from fuzz.engine import Target, run
from fuzz.targets import TARGETS

CASES, LONG_CASES = 30, 200
SECONDS = 240.0
BY_NAME = {target.name: target for target in TARGETS}


def check(target: Target, cases: int, seed: int) -> None:
    report = run(target, cases, SECONDS, seed)
    assert not report.finding, report.finding
    assert report.meter.cases == cases


@pytest.mark.parametrize("name", BY_NAME)
def test_few_cases_find_nothing(name: str) -> None:
    check(BY_NAME[name], CASES, seed=1)


@pytest.mark.long
@pytest.mark.parametrize("name", BY_NAME)
def test_many_cases_find_nothing(name: str) -> None:
    check(BY_NAME[name], LONG_CASES * BY_NAME[name].weight, seed=2)
