"""Run real, unmodified clients against a served emulator; print a line for each step.

The emulator serves https, and the clients verify its certificate. The exit code is 1 if a step
differs from its expectation, and 3 if the clients cannot be installed here.

    python -m clients.run [--may-skip] [--record DIR] [client ...]

With --record a proxy stands between each client and the emulator, and writes a recording for
``ocapi-emulator replay``.
"""

import argparse
import os
import sys
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from tempfile import TemporaryDirectory

from clients import dw_cli, sfcc_ci, sfcc_connector
from clients.installation import Installation, InstallationError, install
from clients.instance import ACCOUNT_MANAGER, HOST_NAME, Instance, serve
from clients.recording import record
from clients.step import Client
from emulator.corpus.exchange import write

HERE = Path(__file__).parent
REDIRECT = HERE.parent / "docs" / "examples" / "sfcc-ci" / "redirect.cjs"
EXIT_SKIPPED = 3
MAX_SHOWN_CHARACTERS = 100
# What a program finds of the caller's environment.
KEPT_VARIABLES = ("PATH", "LANG", "SYSTEMROOT")

Make = Callable[[Installation, Instance, Path], Client]


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the clients; return the exit code."""
    parser = argparse.ArgumentParser(prog="clients", description="Run real clients.")
    parser.add_argument("client", nargs="*", help=f"some of {', '.join(CLIENTS)}; default: all")
    skip = "end with 0 if the clients cannot be installed here"
    parser.add_argument("--may-skip", action="store_true", help=skip)
    recordings = "write a recording of each client to this folder"
    parser.add_argument("--record", type=Path, metavar="DIR", help=recordings)
    given = parser.parse_args(arguments)
    wanted = given.client or list(CLIENTS)
    if unknown := set(wanted) - set(CLIENTS):
        parser.error(f"unknown client: {', '.join(sorted(unknown))}")
    try:
        installed = install()
    except InstallationError as error:
        print(f"clients: SKIPPED, no client was tested: {error}", file=sys.stderr)
        return 0 if given.may_skip else EXIT_SKIPPED
    with serve() as instance:
        wrong = sum(_run(name, installed, instance, given.record) for name in wanted)
    print(f"{wrong} steps differ" if wrong else "all steps as expected")
    return 1 if wrong else 0


def _run(name: str, installed: Installation, instance: Instance, recordings: Path | None) -> int:
    """Run the steps of a client; return the number of steps with differences."""
    make = CLIENTS[name]
    if recordings is None:
        return _run_steps(make, installed, instance, instance)
    instance.reset()
    with record(instance) as (proxy, tape):
        wrong = _run_steps(make, installed, instance, proxy)
    file = recordings / f"client-{name}.jsonl"
    recording = tape.make_recording(f"{name} with the emulator")
    write(file, recording)
    print(f"{len(recording.exchanges)} exchanges in {file}", flush=True)
    return wrong


def _run_steps(make: Make, installed: Installation, instance: Instance, served: Instance) -> int:
    """Run the steps of a client; return the number of steps with differences.

    Args:
        make: Makes the client.
        installed: The installed clients.
        instance: The emulator.
        served: What the client reaches: the emulator, or a proxy in front of the emulator.
    """
    with TemporaryDirectory(prefix="ocapi-clients-") as folder:
        client = make(installed, served, Path(folder))
        instance.reset()
        client.prepare(served, client.folder)
        wrong = 0
        for step in client.steps:
            began = time.monotonic()
            differences = client.run(step, instance)
            seconds = time.monotonic() - began
            command = " ".join(step.command)[:MAX_SHOWN_CHARACTERS]
            verdict = _judge(differences, step.missing)
            wrong += verdict in {"WRONG", "UNEXPECTED SUCCESS"}
            print(f"{verdict}: {client.name} {command} ({seconds:.1f} s)", flush=True)
            if verdict != "ok":
                print("\n".join(f"    {line}" for line in _explain(differences, step.missing)))
    return wrong


def _judge(differences: list[str], missing: str) -> str:
    """Return the verdict about a step."""
    if missing:
        return "missing" if differences else "UNEXPECTED SUCCESS"
    return "WRONG" if differences else "ok"


def _explain(differences: list[str], missing: str) -> list[str]:
    """Return the lines below a step with differences."""
    return [missing] if missing else [line for text in differences for line in text.splitlines()]


def _node(name: str, program: str, installed: Installation, served: Instance, at: Path) -> Client:
    """Return a Node client without its steps: names of real servers lead to the emulator."""
    steps = {"sfcc-ci": sfcc_ci, "dw-cli": dw_cli}[name]
    environment = _environment(at) | {
        "NODE_EXTRA_CA_CERTS": str(served.ca_file),
        "NODE_OPTIONS": f"--require {REDIRECT}",
        "EMULATOR_NAMES": f"{HOST_NAME},{ACCOUNT_MANAGER}",
        "EMULATOR_PORT": str(served.port),
    }
    command = (str(installed.node_programs / program),)
    return Client(name, command, environment, at, steps.prepare, steps.STEPS)


def _python(installed: Installation, served: Instance, at: Path) -> Client:
    """Return sfcc-connector, which takes host and port of the emulator."""
    environment = _environment(at) | {"REQUESTS_CA_BUNDLE": str(served.ca_file)}
    script = str(HERE / "connector.py")
    command = (str(installed.python), "-I", script, f"localhost:{served.port}")
    steps = sfcc_connector.STEPS
    return Client("sfcc-connector", command, environment, at, sfcc_connector.prepare, steps)


def _environment(home: Path) -> dict[str, str]:
    """Return an environment with a home of its own: the settings of the user stay as they are."""
    kept = {name: os.environ[name] for name in KEPT_VARIABLES if name in os.environ}
    return kept | {"HOME": str(home), "XDG_CONFIG_HOME": str(home / ".config")}


CLIENTS: dict[str, Make] = {
    "sfcc-ci": lambda *given: _node("sfcc-ci", "sfcc-ci", *given),
    "dw-cli": lambda *given: _node("dw-cli", "dw", *given),
    "sfcc-connector": _python,
}

if __name__ == "__main__":
    sys.exit(main())
