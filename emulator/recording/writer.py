"""A writer of log lines in a thread of its own, which never holds up the threads of requests.

A thread of requests adds an entry and goes on. The writer renders and writes all entries of a batch
at once: a line of a batch costs less than a line between two requests. The memory for waiting
entries is bounded: where a reader is too slow, entries are left out, and the next batch says how
many.
"""

import atexit
import os
import sys
from collections.abc import Callable, Sequence
from contextlib import suppress
from io import UnsupportedOperation
from threading import Event, Lock, Thread
from typing import Any, Generic, TypeVar
from weakref import WeakSet

MAX_WAITING_BYTES = 32 * 1024 * 1024
BATCH_SECONDS = 0.04
"""The time in which the writer collects a batch."""
FLUSH_SECONDS = 1.0
"""The longest wait for a reader at the end."""


def open_standard_error() -> Callable[[str], object]:
    """Return a function that writes a text to standard error.

    The function writes to the file descriptor if there is one. The interpreter would abort at its
    end if a thread waited for a reader within ``sys.stderr``.
    """
    try:
        descriptor = sys.stderr.fileno()
    except (AttributeError, UnsupportedOperation, ValueError):  # a stream of a test or a notebook
        return sys.stderr.write

    def write(text: str) -> None:
        data = text.encode(errors="backslashreplace")
        while data:
            data = data[os.write(descriptor, data) :]

    return write


Entry = TypeVar("Entry")


class BatchWriter(Generic[Entry]):
    """Writes entries in batches; the thread starts with the first entry.

    Args:
        render: Returns the text of entries, and of a number of entries that were left out.
        write: Writes a text.
    """

    def __init__(
        self, render: Callable[[Sequence[Entry], int], str], write: Callable[[str], object]
    ) -> None:
        self._render = render
        self._write = write
        self.begin()
        WRITERS.add(self)

    def begin(self) -> None:
        """Begin without a thread and without entries, also in a forked process."""
        self._lock = Lock()
        self._wake = Event()
        self._thread: Thread | None = None
        self._closing = Event()
        self._waiting: list[Entry] = []
        self._is_awake = False
        self._bytes = 0
        self._left_out = 0

    def add(self, entry: Entry, size: int) -> None:
        """Let the thread write an entry; leave the entry out if too many bytes wait.

        Args:
            entry: The entry.
            size: The memory of the entry in bytes, roughly.
        """
        with self._lock:
            if self._bytes > MAX_WAITING_BYTES:
                self._left_out += 1
                return
            self._waiting.append(entry)
            self._bytes += size
            if self._is_awake:
                return
            self._is_awake = True
            if self._thread is None or not self._thread.is_alive():
                self._start()
        self._wake.set()

    def close(self) -> None:
        """Write all waiting entries and end the thread; a further entry starts a new thread.

        Where nobody reads the text, the thread is given up after ``FLUSH_SECONDS``.
        """
        with self._lock:
            thread, self._thread = self._thread, None
            self._closing.set()
        self._wake.set()
        if thread is not None:
            atexit.unregister(self.close)
            thread.join(FLUSH_SECONDS)

    def _start(self) -> None:
        self._closing = closing = Event()
        name = "ocapi-emulator:log"
        self._thread = Thread(target=self._run, args=(closing,), name=name, daemon=True)
        with suppress(RuntimeError):  # no thread starts while the interpreter ends
            self._thread.start()
        atexit.register(self.close)

    def _run(self, closing: Event) -> None:
        while True:
            self._wake.wait()
            closing.wait(BATCH_SECONDS)
            self._wake.clear()
            self._write_batch()
            if closing.is_set() and not self._waiting:
                return

    def _write_batch(self) -> None:
        with self._lock:
            entries, self._waiting, self._bytes = self._waiting, [], 0
            left_out, self._left_out = self._left_out, 0
            self._is_awake = False
        text = self._render(entries, left_out)
        with suppress(OSError, ValueError):  # the stream is closed
            self._write(text)


WRITERS: WeakSet[BatchWriter[Any]] = WeakSet()


def _begin_all() -> None:
    for writer in WRITERS:
        writer.begin()


if sys.platform != "win32":  # there is no fork on Windows
    # No thread survives a fork, a lock may be held, and the parent writes its own entries.
    os.register_at_fork(after_in_child=_begin_all)
