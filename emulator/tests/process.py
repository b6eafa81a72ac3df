"""Servers and other programs as processes of their own, as users start them."""

import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from falsifier.hook import ROOT

TIMEOUT_SECONDS = 60


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


def interrupt(program: tuple[str, ...], begin: str, folder: Path) -> tuple[int, str]:
    """Run a program until its first line is there, and interrupt it.

    Args:
        program: The name of the program's module, and arguments.
        begin: The begin of the first line.
        folder: The folder for the temporary files of the program.

    Returns:
        The exit code, and what the program writes to standard error.
    """
    with subprocess.Popen(  # noqa: S603 - our own program
        [sys.executable, "-m", *program],
        cwd=ROOT,
        env={**os.environ, "TMPDIR": str(folder)},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    ) as process:
        assert process.stdout
        assert process.stdout.readline().startswith(begin)
        process.send_signal(signal.SIGINT)
        _, said = process.communicate(timeout=TIMEOUT_SECONDS)
    return process.returncode, said
