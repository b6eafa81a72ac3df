"""A line on standard error while a large data set is loaded."""

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from threading import Event, Thread
from time import monotonic, process_time
from typing import TextIO

from emulator.fixture.progress import Progress, watching

QUIET_SECONDS = 1.0
"""The processor time of a load without a line; on a busy machine a small load takes long, too."""
LOOK_SECONDS = 0.1
REDRAW_SECONDS = 0.2
REPEAT_SECONDS = 10.0
"""The time between two lines where a line can't be replaced."""
ERASE_LINE = "\r\x1b[K"


@contextmanager
def showing_progress(
    data_set: str, stream: TextIO | None = None, quiet_seconds: float = QUIET_SECONDS
) -> Iterator[None]:
    """Show the progress of the loads in this context, if they take longer than a second.

    On a terminal the line is updated in place, and erased at the end.

    Args:
        data_set: The name of the data set.
        stream: The place of the line; standard error by default.
        quiet_seconds: The processor time without a line.
    """
    with watching() as progress:
        display = _Display(progress, data_set, stream or sys.stderr, quiet_seconds)
        thread = Thread(target=display.run, name="ocapi-emulator:progress", daemon=True)
        thread.start()
        try:
            yield
        finally:
            display.over.set()
            thread.join()


class _Display:
    def __init__(
        self, progress: Progress, data_set: str, stream: TextIO, quiet_seconds: float
    ) -> None:
        self.over = Event()
        self._progress = progress
        self._data_set = data_set
        self._stream = stream
        self._quiet_seconds = quiet_seconds
        self._begun = monotonic()

    def run(self) -> None:
        """Show the progress until the load is over."""
        quiet_until = process_time() + self._quiet_seconds
        while process_time() < quiet_until:
            if self.over.wait(LOOK_SECONDS):
                return
        on_terminal = self._stream.isatty()
        erase, end = (ERASE_LINE, "") if on_terminal else ("", "\n")
        while True:
            self._write(f"{erase}{self._describe()}{end}")
            if self.over.wait(REDRAW_SECONDS if on_terminal else REPEAT_SECONDS):
                break
        if on_terminal:
            self._write(ERASE_LINE)

    def _describe(self) -> str:
        progress = self._progress
        of_total = f" of {progress.total:,}" if progress.total else ""
        counted = f", {progress.done:,}{of_total}" if progress.done else ""
        step = f": {progress.step}{counted}" if progress.step else ""
        seconds = monotonic() - self._begun
        return f"ocapi-emulator: loading {self._data_set}{step} ({seconds:.0f} s)"

    def _write(self, text: str) -> None:
        self._stream.write(text)
        self._stream.flush()
