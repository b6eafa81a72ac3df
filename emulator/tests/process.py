"""Servers as processes of their own, as users start them."""

import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager


def command_line(*arguments: str) -> list[str]:
    """Return the command that serves on any free port."""
    return [sys.executable, "-m", "emulator", "serve", "--port", "0", *arguments]


@contextmanager
def serving(*arguments: str) -> Iterator[tuple["subprocess.Popen[str]", str]]:
    """Run ``serve``; give the process and its URL once the listening line is there."""
    process = subprocess.Popen(  # noqa: S603 - our own program
        command_line(*arguments),
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
    )
    try:
        assert process.stdout is not None
        yield process, process.stdout.readline().removeprefix("ocapi-emulator listening on ")[:-1]
    finally:
        if process.poll() is None:
            os.killpg(process.pid, signal.SIGKILL)
        process.communicate()
