"""The writer of log lines: order, bounds, slow and closed readers, the end."""

import os
import subprocess
import sys
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from threading import Event
from threading import enumerate as list_threads

import pytest

from emulator.recording import writer
from emulator.recording.writer import BatchWriter

TIMEOUT = 30


@pytest.fixture(autouse=True)
def _patient(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let the end of a writer wait for its thread: on a busy machine it may come late."""
    monkeypatch.setattr(writer, "FLUSH_SECONDS", TIMEOUT)


def render(texts: Sequence[str], left_out: int) -> str:
    return "".join(texts) + (f"[{left_out} left out]" if left_out else "")


class Reader:
    """Collects texts, but not before it is released."""

    def __init__(self) -> None:
        self.released, self.entered = Event(), Event()
        self.texts: list[str] = []

    def write(self, text: str) -> None:
        self.entered.set()
        assert self.released.wait(TIMEOUT)
        self.texts.append(text)


def test_texts_are_written_in_order_and_in_few_batches() -> None:
    written: list[str] = []
    lines = BatchWriter(render, written.append)
    for number in range(1000):
        lines.add(f"{number} ", 1)
    lines.close()
    assert "".join(written).split() == [str(number) for number in range(1000)]
    assert len(written) < 100


def test_texts_of_many_threads_are_all_written() -> None:
    written: list[str] = []
    lines = BatchWriter(render, written.append)
    with ThreadPoolExecutor(8) as pool:
        list(pool.map(lambda number: lines.add(f"{number} ", 1), range(4000)))
    lines.close()
    assert sorted(map(int, "".join(written).split())) == list(range(4000))


def test_slow_reader_holds_up_nobody_and_is_told_what_is_left_out(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(writer, "MAX_WAITING_BYTES", 100)
    reader = Reader()
    lines = BatchWriter(render, reader.write)
    lines.add("first ", 6)
    assert reader.entered.wait(TIMEOUT)
    for _ in range(1000):
        lines.add("x" * 10, 10)
    reader.released.set()
    lines.close()
    assert "".join(reader.texts) == f"first {'x' * 110}[989 left out]"


def test_close_gives_up_a_reader_that_never_reads(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(writer, "FLUSH_SECONDS", 0.01)
    reader = Reader()
    lines = BatchWriter(render, reader.write)
    lines.add("first", 5)
    lines.close()
    assert reader.texts == []
    reader.released.set()


def test_no_thread_before_the_first_text_and_after_the_end() -> None:
    before = set(list_threads())
    written: list[str] = []
    lines = BatchWriter(render, written.append)
    lines.close()
    assert set(list_threads()) <= before
    for text in ("first", "second"):
        lines.add(text, 1)
        lines.close()
        assert set(list_threads()) <= before
    assert written == ["first", "second"]


@pytest.mark.parametrize("error", [BrokenPipeError, ValueError])
def test_closed_stream_is_no_error(error: type[Exception]) -> None:
    written: list[str] = []

    def write(text: str) -> None:
        written.append(text)
        raise error

    lines = BatchWriter(render, write)
    for text in ("first", "second"):
        lines.add(text, 1)
        lines.close()
    assert written == ["first", "second"]


def run(program: str) -> str:
    """Return the standard error of a program that uses a writer named ``lines``."""
    start = """
from emulator.recording.writer import BatchWriter, open_standard_error
lines = BatchWriter(lambda texts, _: "".join(texts), open_standard_error())
"""
    done = subprocess.run(  # noqa: S603 - our own program
        [sys.executable, "-c", f"{start}\n{program}"],
        capture_output=True,
        text=True,
        timeout=TIMEOUT,
        check=True,
    )
    return done.stderr


def test_texts_are_written_at_the_end_of_the_interpreter() -> None:
    assert run("lines.add('text', 1)") == "text"


@pytest.mark.skipif(not hasattr(os, "fork"), reason="there is no fork")
@pytest.mark.parametrize(
    "state", ["while lines._waiting: time.sleep(0.001)", "lines._lock.acquire()"]
)
def test_texts_of_a_forked_process_are_written(state: str) -> None:
    program = f"""
lines.add("parent ", 1)
lines.close()
lines.add("again ", 1)
import os, time
{state}
child = os.fork()
if not child:
    lines.add("child ", 1)
    lines.close()
    os._exit(0)
os.waitpid(child, 0)
if lines._lock.locked(): lines._lock.release()
"""
    assert sorted(run(program).split()) == ["again", "child", "parent"]


def test_text_without_utf_8_is_written() -> None:
    assert run("lines.add('\\udcff\\n', 1)") == "\\udcff\n"
