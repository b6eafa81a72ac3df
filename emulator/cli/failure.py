"""Exit codes, and error messages on standard error."""

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import NoReturn

import click

from emulator.cli.remote import RemoteError
from emulator.config import ConfigError

FAILED, USAGE_ERROR, INTERRUPTED = 1, 2, 130
EXIT_CODES = """\b
Exit codes:
  0    The command succeeded.
  1    The server gives no answer or refuses, the data set has errors, a rule or a recorded
       answer differs, or a recording has a secret.
  2    The command can't run: an option, a variable or a file is wrong.
  130  The command was interrupted.
"""


def fail(message: str, code: int = USAGE_ERROR) -> NoReturn:
    """Write a line on standard error and end the process."""
    warn(message)
    sys.exit(code)


def warn(message: str) -> None:
    """Write a line on standard error."""
    click.echo(f"ocapi-emulator: {message}", err=True)


@contextmanager
def remote_errors(url: str) -> Iterator[None]:
    """End the command with an error message if the server at ``url`` gives no usable answer."""
    try:
        yield
    except ConfigError as error:
        fail(str(error))
    except RemoteError as error:
        fail(str(error), FAILED)
    except (AttributeError, KeyError, TypeError):
        fail(f"{url} gives an unexpected answer: is it another server?", FAILED)
