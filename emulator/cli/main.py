"""The command line: the group of all commands."""

import atexit
import errno
import signal
import sys

import click

from emulator.cli.ca import ca
from emulator.cli.check import check
from emulator.cli.coverage import coverage
from emulator.cli.dump import dump
from emulator.cli.fail import add_failpoint
from emulator.cli.failure import EXIT_CODES, INTERRUPTED, USAGE_ERROR, fail
from emulator.cli.health import health
from emulator.cli.journal import journal
from emulator.cli.open import open_console
from emulator.cli.option import examples
from emulator.cli.record import record
from emulator.cli.replay import replay
from emulator.cli.reset import reset
from emulator.cli.serve import serve
from emulator.cli.settings import settings
from emulator.cli.snapshot import snapshot
from emulator.cli.stub import stub
from emulator.cli.token import token
from emulator.cli.verify import verify
from emulator.cli.workspaces import workspaces

OF_DATA_SETS = (serve, check, verify, record, replay, coverage, ca)
OF_A_RUNNING_SERVER = (
    *(health, token, open_console, journal, reset, snapshot),
    *(add_failpoint, stub, workspaces, settings, dump),
)


@click.group(
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100},
    epilog=f"{EXIT_CODES}\n{examples('serve', 'token', 'open', 'journal --follow')}",
)
@click.version_option(package_name="ocapi-emulator", message="%(prog)s %(version)s")
def commands() -> None:
    """Serve the OCAPI Data API 23.2 for tests, and work with running servers.

    Every option of 'serve', and most options of other commands, have environment variables:
    --some-option is OCAPI_EMULATOR_SOME_OPTION.
    """


for command in (*OF_DATA_SETS, *OF_A_RUNNING_SERVER):
    commands.add_command(command)


def main() -> None:
    """Run the command line; report a usage error in a line on standard error, with exit code 2."""
    try:
        commands.main(prog_name="ocapi-emulator", standalone_mode=False)
    except click.exceptions.NoArgsIsHelpError as error:
        error.show()
        sys.exit(USAGE_ERROR)
    except (click.Abort, KeyboardInterrupt):
        fail("interrupted", INTERRUPTED)
    except click.ClickException as error:
        fail(f"{error.format_message()} (try --help)")
    except OSError as error:
        if error.errno != errno.ENAMETOOLONG:
            raise
        fail(f"the name of a file is too long: {error.filename}")
    finally:
        # The command has ended: a late Ctrl-C must not stop the removal of temporary files.
        atexit.register(signal.signal, signal.SIGINT, signal.SIG_IGN)
