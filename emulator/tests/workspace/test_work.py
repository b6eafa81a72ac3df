"""The work of jobs beside the requests."""

from collections.abc import Callable
from threading import Thread

import pytest

from emulator.workspace import work as module
from emulator.workspace.work import Work


def test_work_that_begins_is_waited_for(monkeypatch: pytest.MonkeyPatch) -> None:
    work, done, errors = Work(), list[str](), list[RuntimeError]()

    def finish() -> None:
        try:
            work.finish()
        except RuntimeError as error:
            errors.append(error)

    waiting = Thread(target=finish)

    class Late(Thread):
        """A thread that starts while another thread waits for all work."""

        def start(self) -> None:
            waiting.start()
            waiting.join(0.1)
            super().start()

    def make(target: Callable[[], object], **options: object) -> Thread:
        return Late(target=target, daemon=bool(options["daemon"]))

    monkeypatch.setattr(module, "Thread", make)
    work.start("1", "", lambda: done.append("1"))
    waiting.join()
    assert (done, errors) == (["1"], [])
    assert work.list_running() == frozenset()
