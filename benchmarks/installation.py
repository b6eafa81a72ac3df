"""Programs of others, each installed once into a folder of its own in the user's cache."""

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Literal, NamedTuple

from benchmarks.process import tell

LONGEST = 900  # seconds
MARK = "installed"  # the file that says that the rest is complete


class InstallationError(Exception):
    """A program cannot be installed; the message says why, in one line."""


class Package(NamedTuple):
    """A package: where it comes from, its name there, and which of its versions is wanted."""

    source: Literal["npm", "PyPI"]
    name: str
    version: str

    @property
    def requirement(self) -> str:
        """Name and version as the installer of its source takes them."""
        return f"{self.name}@{self.version}" if self.source == "npm" else self.name + self.version


def install(package: Package, cache: Path) -> Path:
    """Return the folder of a package, which is installed first unless it is there.

    Raises:
        InstallationError: Its installer is missing, or did not succeed.
    """
    folder = cache / "".join(c if c.isalnum() or c in ".-" else "_" for c in package.requirement)
    if _is_complete(folder, package):
        return folder
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    tell(f"installing {package.requirement} from {package.source} into {folder}")
    for command in _list_commands(package, folder):
        _run(command)
    (folder / MARK).write_text(package.requirement)
    return folder


def _is_complete(folder: Path, package: Package) -> bool:
    mark = folder / MARK
    return mark.is_file() and mark.read_text() == package.requirement


def _list_commands(package: Package, folder: Path) -> list[list[str]]:
    if package.source == "npm":
        for needed in ("node", "npm"):
            if shutil.which(needed) is None:
                raise InstallationError(f"{needed} is not installed")
        quiet = ["--no-fund", "--no-audit", "--no-update-notifier", "--loglevel=error"]
        return [["npm", "install", "--prefix", str(folder), *quiet, package.requirement]]
    quiet = ["--quiet", "--disable-pip-version-check", "--no-input"]
    python = str(folder / "bin" / "python")
    return [
        [sys.executable, "-m", "venv", str(folder)],
        [python, "-m", "pip", "install", *quiet, package.requirement],
    ]


def _run(command: list[str]) -> None:
    # The versions that the emulator's own environment is held to are none of theirs.
    env = {name: value for name, value in os.environ.items() if "CONSTRAINT" not in name}
    try:
        finished = subprocess.run(
            command, capture_output=True, text=True, timeout=LONGEST, check=False, env=env
        )
    except (OSError, subprocess.TimeoutExpired) as error:
        raise InstallationError(str(error)) from error
    if finished.returncode:
        raise InstallationError(_find_reason(finished.stderr) or f"{command[0]} failed")


def _find_reason(told: str) -> str:
    """Return the first line that tells of an error, without what all such lines begin with."""
    lines = [line.strip() for line in told.splitlines() if line.strip()]
    errors = [line for line in lines if line.lower().startswith(("error", "npm error"))]
    return next(iter([*errors, *lines[-1:]]), "")


def find_version(package: Package, folder: Path) -> str:
    """Return the version that is installed."""
    if package.source == "npm":
        manifest = folder / "node_modules" / package.name / "package.json"
        return str(json.loads(manifest.read_text())["version"])
    name = package.name.partition("[")[0]
    program = f"from importlib.metadata import version; print(version({name!r}))"
    python = str(folder / "bin" / "python")
    command = [python, "-c", program]
    return subprocess.run(command, capture_output=True, text=True, check=True).stdout.strip()
