"""A writer of log lines in a thread of its own, which never holds up the threads of requests.

A thread of requests adds a text and goes on. The writer writes all texts of a batch at once. The
memory for waiting texts is bounded: where a reader is too slow, texts are left out, and the next
batch says how many.
"""

import atexit
import os
import sys
from collections.abc import Callable
from contextlib import suppress
from io import UnsupportedOperation
from threading import Event, Lock, Thread

MAX_WAITING_CHARACTERS = 4 * 1024 * 1024
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


class BatchWriter:
    """Writes texts in batches; the thread starts with the first text.

    Args:
        write: Writes a text.
        report: Returns the text for a number of texts that were left out.
    """

    def __init__(self, write: Callable[[str], object], report: Callable[[int], str]) -> None:
        self._write = write
        self._report = report
        self._lock = Lock()
        self._wake = Event()
        self._thread: Thread | None = None
        self._closing = Event()
        self._waiting: list[str] = []
        self._characters = 0
        self._left_out = 0

    def add(self, text: str) -> None:
        """Let the thread write a text; leave the text out if too many characters wait."""
        with self._lock:
            if self._characters > MAX_WAITING_CHARACTERS:
                self._left_out += 1
                return
            self._waiting.append(text)
            self._characters += len(text)
            if len(self._waiting) > 1:  # the first text of the batch has woken the thread
                return
            if self._thread is None or not self._thread.is_alive():  # no thread survives a fork
                self._start()
        self._wake.set()

    def close(self) -> None:
        """Write all waiting texts and end the thread; a further text starts a new thread.

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
            texts, self._waiting, self._characters = self._waiting, [], 0
            left_out, self._left_out = self._left_out, 0
        if left_out:
            texts.append(self._report(left_out))
        with suppress(OSError, ValueError):  # the stream is closed
            self._write("".join(texts))
