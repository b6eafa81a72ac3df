"""Internal errors are kept, bounded, in order, and tell their request without its query."""

import logging
from typing import NoReturn

import pytest
from werkzeug.test import Client

from emulator import Emulator
from emulator.store import MemoryStore
from emulator.workspace.crash import CrashLog

SECRET = "s3cret"


class BrokenError(Exception):
    pass


class BrokenStore(MemoryStore):
    def snapshot(self) -> NoReturn:
        raise BrokenError("the disk is on fire")

    def get(self, *_: object) -> NoReturn:
        raise BrokenError("the disk is on fire")

    def restore(self, *_: object) -> NoReturn:
        raise BrokenError("the disk is on fire")


def log_of(*errors: Exception) -> CrashLog:
    log = CrashLog()
    for error in errors:
        log.record("GET", "/path", error)
    return log


def raised(log: CrashLog) -> BrokenError:
    with pytest.raises(BrokenError) as caught:
        log.check()
    return caught.value


def test_check_of_an_empty_log_returns() -> None:
    CrashLog().check()


def test_check_raises_the_very_error_once() -> None:
    error = BrokenError("broken")
    log = log_of(error)
    assert raised(log) is error
    log.check()


def test_check_raises_the_oldest_first() -> None:
    log = log_of(BrokenError("first"), BrokenError("second"))
    assert (str(raised(log)), str(raised(log))) == ("first", "second")


def test_of_more_than_a_hundred_the_oldest_are_dropped() -> None:
    log = log_of(*(BrokenError(f"{number}") for number in range(103)))
    told = [str(raised(log)) for _ in range(100)]
    assert (told[0], told[-1]) == ("3", "102")
    log.check()


def test_a_note_names_the_request() -> None:
    log = CrashLog()
    log.record("PATCH", "/s/-/dw/data/v23_2/inventory_lists/a", BrokenError("broken"))
    notes = raised(log).__notes__
    assert notes == ["while answering PATCH /s/-/dw/data/v23_2/inventory_lists/a"]


def test_the_log_has_the_request_and_the_traceback(caplog: pytest.LogCaptureFixture) -> None:
    log_of(BrokenError("broken"))
    [entry] = caplog.records
    assert (entry.name, entry.levelno) == ("emulator", logging.ERROR)
    assert entry.getMessage() == "internal error in GET /path"
    assert "BrokenError: broken" in caplog.text


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("GET", "/s/RefArch/dw/data/v23_2/inventory_lists"),
        ("POST", "/dw/oauth2/access_token"),
        ("PUT", "/__emulator__/snapshots/one"),
    ],
    ids=["data", "token", "control"],
)
def test_every_application_names_the_request_without_its_query(
    method: str, path: str, caplog: pytest.LogCaptureFixture
) -> None:
    emulator = Emulator()
    workspace = emulator.workspace
    workspace.store = BrokenStore()
    client = Client(emulator.app)
    query = {"grant_type": "client_credentials", "token": SECRET}
    here = {"REMOTE_ADDR": "127.0.0.1"}
    client.open(path, method=method, query_string=query, environ_overrides=here)
    error = raised(workspace.crashes)
    assert str(error) == "the disk is on fire"
    assert error.__notes__ == [f"while answering {method} {path}"]
    assert SECRET not in caplog.text
