"""The configuration that all calls share: hints, and accepted versions."""

import pytest

from emulator.config import Config
from emulator.ocapi.call import Service
from emulator.ocapi.data_api import OWN
from emulator.ocapi.schema import faults
from emulator.tests.table import table


def test_a_hint_is_logged_once(caplog: pytest.LogCaptureFixture) -> None:
    service = Service(Config(), OWN)
    for hint in ("one", "two", "one"):
        service.advise(faults.VERSION_NOT_FOUND("v1_0"), hint)
    assert [record.message for record in caplog.records] == ["one", "two"]
    assert service.unserved == {"one": 2, "two": 1}


def test_hints_are_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("emulator.ocapi.call.MAX_LOGGED_HINTS", 2)
    service = Service(Config(), OWN)
    for hint in ("one", "two", "three", "one"):
        service.advise(faults.VERSION_NOT_FOUND("v1_0"), hint)
    assert service.unserved == {"one": 2, "two": 1}


@table(
    ("accepted", "segments", "count"),
    [("", {"v18_1", "v25_6"}, 34), ("any,v1_0", {"v1_0", "v25_6"}, 35), ("v1_0", {"v1_0"}, 1)],
)
def test_accepted_versions_are_the_list_or_all_published(
    accepted: str, segments: set[str], count: int
) -> None:
    service = Service(Config(accept_versions=accepted), OWN)
    assert segments <= service.versions
    assert len(service.versions) == count
