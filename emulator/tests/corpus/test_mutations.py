"""Attacks on the grading: an answer with one other member, value, type, status or header is found.

A session with an emulator is recorded once. The answers of the session stand for another server,
which gives one answer that differs from the recording.
"""

import copy
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from emulator.corpus.exchange import Answer, Body, Exchange, Recording
from emulator.corpus.grade import (
    GRADED_HEADERS,
    GRADED_PREFIXES,
    MEASURED_NAMES,
    RANDOM_HEADERS,
    UNFINISHED_STATUSES,
)
from emulator.corpus.binding import TOKEN_NAMES
from emulator.tests.corpus.echo import replay_answers
from emulator.tests.corpus.test_dialects import record

Step = str | int
Place = tuple[Step, ...]


@pytest.fixture(scope="module")
def recording() -> Recording:
    return record("documented")


def list_places(value: Any, place: Place = ()) -> Iterator[Place]:
    """Yield the places of all values in a body, the whole first."""
    yield place
    inner = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for step, below in inner:
        yield from list_places(below, (*place, step))
