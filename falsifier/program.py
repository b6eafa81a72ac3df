"""The command line of a program: positive numbers, and the end by Ctrl-C or SIGTERM."""

import signal
import sys
from argparse import ArgumentTypeError
from collections.abc import Callable
from typing import NoReturn

EXIT_INTERRUPTED = 130
_SIGNALS = (signal.SIGINT, signal.SIGTERM)


def run_program(
    name: str, main: Callable[[], int], leave: Callable[[int], NoReturn] = sys.exit
) -> NoReturn:
    """Run the main function of a program, and end the process with the exit code.

    Args:
        name: The name of the program, for the line on standard error.
        main: Returns the exit code; gets a KeyboardInterrupt for Ctrl-C and for SIGTERM.
        leave: Ends the process after an interruption.
    """
    for number in _SIGNALS:  # a shell starts a program in the background without Ctrl-C
        signal.signal(number, _interrupt)
    try:
        code = main()
    except KeyboardInterrupt:
        print(f"{name}: interrupted", file=sys.stderr, flush=True)
        leave(EXIT_INTERRUPTED)
    sys.exit(code)


def _interrupt(*_: object) -> NoReturn:
    """Raise KeyboardInterrupt once: a second signal must not disturb the end of the children."""
    for number in _SIGNALS:
        signal.signal(number, signal.SIG_IGN)
    raise KeyboardInterrupt


def read_positive(text: str) -> float:
    """Return the number of an option.

    Raises:
        ArgumentTypeError: The number is not positive, or not finite.
    """
    try:
        number = float(text)
    except ValueError:
        number = 0.0
    if not 0 < number < float("inf"):
        raise ArgumentTypeError(f"{text!r} is not a positive number")
    return number


def read_count(text: str) -> int:
    """Return the whole number of an option.

    Raises:
        ArgumentTypeError: The number is not positive, or not whole.
    """
    if not text.isdecimal() or not int(text):
        raise ArgumentTypeError(f"{text!r} is not a positive whole number")
    return int(text)
