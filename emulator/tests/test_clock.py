"""The clock tells real time in UTC and makes ids that nobody had before."""

import re
from datetime import UTC, datetime, timedelta

from emulator.clock import Clock


def test_now_is_the_present_instant() -> None:
    before = datetime.now(UTC)
    now = Clock().now()
    assert before <= now <= datetime.now(UTC)


def test_now_is_aware_and_in_utc() -> None:
    assert Clock().now().utcoffset() == timedelta(0)


def test_an_identifier_is_32_lower_case_hex_digits() -> None:
    assert re.fullmatch("[0-9a-f]{32}", Clock().identifier())


def test_no_identifier_comes_twice() -> None:
    clocks = (Clock(), Clock())
    assert len({clock.identifier() for clock in clocks for _ in range(500)}) == 1000
