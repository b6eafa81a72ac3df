"""The dialects: what each answers where the evidence disagrees."""

from dataclasses import FrozenInstanceError

import pytest

from emulator.ocapi.wire.dialect import DIALECTS, Dialect


def test_there_are_exactly_two_dialects() -> None:
    assert set(DIALECTS) == {"documented", "observed"}


def test_documented_answers_as_the_documentation_shows() -> None:
    assert DIALECTS["documented"] == Dialect(
        echoes_parentheses=False,
        marks_items_with_version=True,
        marks_faults_with_type=True,
        replaces_existing=False,
    )


def test_observed_answers_as_live_systems_do() -> None:
    assert DIALECTS["observed"] == Dialect(
        echoes_parentheses=True,
        marks_items_with_version=False,
        marks_faults_with_type=False,
        replaces_existing=True,
    )


def test_a_dialect_cannot_be_changed() -> None:
    with pytest.raises(FrozenInstanceError):
        DIALECTS["documented"].replaces_existing = True  # type: ignore[misc]
