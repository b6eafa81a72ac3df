"""Install other mock servers, once, each into its own folder of the user's cache."""

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Literal, NamedTuple

from benchmarks.process import log

INSTALL_TIMEOUT_SECONDS = 900
MARKER = "installed"  # a file that is written after a complete installation
JAVA_PACKAGE = "default-jre-headless"


class InstallationError(Exception):
    """A package cannot be installed; the message is the reason in one line."""


class Package(NamedTuple):
    """A package of a registry.

    Attributes:
        source: The registry.
        name: The name of the package.
        version: The version, in the notation of the registry.
        needs_java: Whether the package runs on Java.
    """

    source: Literal["npm", "PyPI"]
    name: str
    version: str
    needs_java: bool = False

    @property
    def requirement(self) -> str:
        """Name and version in the notation of the installer."""
        return f"{self.name}@{self.version}" if self.source == "npm" else self.name + self.version


def install(package: Package, cache: Path) -> Path:
    """Return the folder of a package; install the package if the folder is missing.

    Raises:
        InstallationError: A program is missing, or the installer failed.
    """
    if package.needs_java:
        _install_java()
    folder = cache / "".join(c if c.isalnum() or c in ".-" else "_" for c in package.requirement)
    if _is_complete(folder, package):
        return folder
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    log(f"installing {package.requirement} from {package.source} into {folder}")
    for command in _list_commands(package, folder):
        _run(command)
    (folder / MARKER).write_text(package.requirement)
    return folder


def _install_java() -> None:
    """Install a Java runtime, if there is none and this process may do so."""
    if shutil.which("java"):
        return
    if shutil.which("apt-get") is None or os.geteuid() != 0:
        raise InstallationError(f"java is not installed; on Debian: apt-get install {JAVA_PACKAGE}")
    log(f"installing {JAVA_PACKAGE} by apt-get")
    _run(["apt-get", "install", "-y", "-qq", JAVA_PACKAGE])


def _is_complete(folder: Path, package: Package) -> bool:
    mark = folder / MARKER
    return mark.is_file() and mark.read_text() == package.requirement


def _list_commands(package: Package, folder: Path) -> list[list[str]]:
    if package.source == "npm":
        for needed in ("node", "npm"):
            if shutil.which(needed) is None:
                raise InstallationError(f"{needed} is not installed")
        install = ["npm", "install", "--prefix", str(folder)]
        quiet = ["--no-fund", "--no-audit", "--no-update-notifier", "--loglevel=error"]
        return [[*install, *quiet, package.requirement]]
    quiet = ["--quiet", "--disable-pip-version-check", "--no-input"]
    python = str(folder / "bin" / "python")
    return [
        [sys.executable, "-m", "venv", str(folder)],
        [python, "-m", "pip", "install", *quiet, package.requirement],
    ]


def _run(command: list[str]) -> None:
    # The constraints file of the emulator must not restrict the versions of other servers.
    env = {name: value for name, value in os.environ.items() if "CONSTRAINT" not in name}
    try:
        finished = subprocess.run(
            command,
            capture_output=True,
            text=True,
            timeout=INSTALL_TIMEOUT_SECONDS,
            check=False,
            env=env,
        )
    except (OSError, subprocess.TimeoutExpired) as error:
        raise InstallationError(str(error)) from error
    if finished.returncode:
        raise InstallationError(_find_reason(finished.stderr) or f"{command[0]} failed")


def _find_reason(output: str) -> str:
    """Return the first line of an error, else the last line."""
    lines = [line.strip() for line in output.splitlines() if line.strip()]
    errors = [line for line in lines if line.lower().startswith(("error", "npm error"))]
    return next(iter([*errors, *lines[-1:]]), "")


def find_version(package: Package, folder: Path) -> str:
    """Return the installed version."""
    if package.source == "npm":
        manifest = folder / "node_modules" / package.name / "package.json"
        return str(json.loads(manifest.read_text())["version"])
    name = package.name.partition("[")[0]
    program = f"from importlib.metadata import version; print(version({name!r}))"
    python = str(folder / "bin" / "python")
    command = [python, "-c", program]
    return subprocess.run(command, capture_output=True, text=True, check=True).stdout.strip()
