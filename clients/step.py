"""Steps: the commands of a client, and what has to be true after each."""

import re
import subprocess
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from clients.instance import Instance

STEP_TIMEOUT_SECONDS = 60
TRUST = {"NODE_EXTRA_CA_CERTS", "REQUESTS_CA_BUNDLE"}
COLOURS = re.compile(r"\x1b\[[0-9;]*m")


@dataclass(frozen=True)
class Step:
    """A command of a client with its expectation.

    Attributes:
        command: The arguments after the program; ``{name}`` stands for a known value.
        before: What happens on the emulator before the command.
        shows: A regular expression of the output. Its named groups are known values afterwards.
        holds: What the emulator must say afterwards.
        exit_code: The exit code.
        trusts: Whether the program trusts the CA of the emulator.
        missing: Why the step fails today; a step with this text must fail.
    """

    command: tuple[str, ...]
    before: Callable[[Instance], object] | None = None
    shows: str = ""
    holds: Callable[[Instance], object] | None = None
    exit_code: int = 0
    trusts: bool = True
    missing: str = ""


@dataclass
class Client:
    """A client and its steps, in the order of their run.

    Attributes:
        name: The name of the package.
        program: The program with its first arguments.
        environment: The environment of the program.
        folder: The working folder.
        prepare: Makes the files of the steps in the working folder and on the instance.
        steps: The steps.
        known: Values for ``{name}`` in commands.
    """

    name: str
    program: tuple[str, ...]
    environment: Mapping[str, str]
    folder: Path
    prepare: Callable[[Instance, Path], None]
    steps: tuple[Step, ...]
    known: dict[str, str] = field(default_factory=dict)

    def run(self, step: Step, instance: Instance) -> list[str]:
        """Run a step; return what differs from its expectation."""
        if step.before is not None:
            step.before(instance)
        earlier = len(instance.complaints())
        exit_code, output = self._execute(step)
        found = re.search(step.shows, output, re.DOTALL)
        differences = []
        if exit_code != step.exit_code:
            differences.append(f"exit code {exit_code} instead of {step.exit_code}")
        if found is None:
            differences.append(f"the output has no {step.shows!r}")
        if step.holds is not None and not _holds(step.holds, instance):
            differences.append("the emulator has another state")
        differences += instance.complaints()[earlier:]
        self.known |= found.groupdict() if found else {}
        return [*differences, f"output: {output.strip()[-1500:]}"] if differences else []

    def _execute(self, step: Step) -> tuple[int, str]:
        """Run the command of a step; return its exit code and its output without colours."""
        command = [*self.program, *map(self._complete, step.command)]
        try:
            ended = subprocess.run(
                command,
                cwd=self.folder,
                env={k: v for k, v in self.environment.items() if step.trusts or k not in TRUST},
                stdin=subprocess.DEVNULL,
                stdout=subprocess.PIPE,
                stderr=subprocess.STDOUT,
                text=True,
                timeout=STEP_TIMEOUT_SECONDS,
                check=False,
            )
        except subprocess.TimeoutExpired:
            return -1, f"not ended after {STEP_TIMEOUT_SECONDS} seconds"
        return ended.returncode, COLOURS.sub("", ended.stdout)

    def _complete(self, part: str) -> str:
        for name, value in self.known.items():
            part = part.replace(f"{{{name}}}", value)
        return part


def _holds(question: Callable[[Instance], object], instance: Instance) -> bool:
    """Return whether the emulator has the expected state; an unexpected form is a no."""
    try:
        return bool(question(instance))
    except (KeyError, TypeError, IndexError):
        return False
