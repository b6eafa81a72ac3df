"""Versions: their form, their number and their status."""

import pytest

from emulator.ocapi.wire import versions
from emulator.tests.table import table


@table("segment", ["v23_2", "v1_0", "v19_10", "v1111_1111"])
def test_a_version_has_the_letter_v_and_two_numbers(segment: str) -> None:
    assert versions.is_version(segment)


@table(
    "segment",
    [
        *["", "-", "v", "v23", "v_2", "v23_", "23_2", "V23_2", "v23.2", "v23_2_1", "v23_2x"],
        *["v-1_0", "v23_2\n", " v23_2", "v11111_1", "inventory_lists"],
    ],
)
def test_another_segment_is_not_a_version(segment: str) -> None:
    assert not versions.is_version(segment)


@pytest.mark.parametrize(("version", "number"), [("v23_2", "23.2"), ("v19_10", "19.10")])
def test_a_version_has_a_number_with_a_point(version: str, number: str) -> None:
    assert versions.number(version) == number


@table(
    ("version", "status"),
    [
        ("1.0", "obsolete"),
        ("21.3", "obsolete"),
        ("21.6", "deprecated"),
        ("21.10", "deprecated"),
        ("23.1", "deprecated"),
        ("23.2", "current"),
        ("23.10", "current"),
        ("100.1", "current"),
    ],
)
def test_a_version_has_a_status(version: str, status: str) -> None:
    assert versions.status(version) == status


def test_versions_are_ordered_by_their_numbers() -> None:
    assert sorted(["23.10", "3.1", "23.2"], key=versions.order) == ["3.1", "23.2", "23.10"]
