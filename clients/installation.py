"""The clients, installed with fixed versions into a cache folder of the user."""

import hashlib
import os
import shutil
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

from platformdirs import user_cache_path

HERE = Path(__file__).parent
NODE_FILES = ("package.json", "package-lock.json")
REQUIREMENTS = "requirements.txt"
INSTALL_TIMEOUT_SECONDS = 300


class InstallationError(Exception):
    """A client cannot be installed here; the message says why."""


@dataclass(frozen=True)
class Installation:
    """Where the clients are.

    Attributes:
        node_programs: The folder of the Node programs.
        python: The interpreter of the environment of the Python client.
    """

    node_programs: Path
    python: Path


def install() -> Installation:
    """Return the installed clients; install them first if the cache folder lacks them.

    Raises:
        InstallationError: npm is missing, or a registry does not answer.
    """
    for program in ("node", "npm"):
        if shutil.which(program) is None:
            raise InstallationError(f"{program} is not installed")
    return Installation(_install_node() / "node_modules" / ".bin", _install_python())


def _install_node() -> Path:
    folder = _folder("node", *NODE_FILES)
    if not folder.exists():
        with _Draft(folder) as draft:
            for name in NODE_FILES:
                shutil.copy(HERE / name, draft)
            quiet = ("--ignore-scripts", "--no-audit", "--no-fund", "--loglevel=error")
            _run("npm", "ci", *quiet, "--prefix", str(draft))
    return folder


def _install_python() -> Path:
    folder = _folder(f"python{sys.version_info.major}.{sys.version_info.minor}", REQUIREMENTS)
    if not folder.exists():
        with _Draft(folder) as draft:
            _run(sys.executable, "-m", "venv", str(draft))
            python = str(draft / "bin" / "python")
            quiet = ("--quiet", "--disable-pip-version-check", "--no-deps")
            _run(python, "-m", "pip", "install", *quiet, "--requirement", str(HERE / REQUIREMENTS))
    return folder / "bin" / "python"


def _folder(kind: str, *names: str) -> Path:
    """Return the folder of an installation; other versions have another folder."""
    digest = hashlib.sha256(b"".join((HERE / name).read_bytes() for name in names))
    return user_cache_path("ocapi-emulator") / "clients" / f"{kind}-{digest.hexdigest()[:12]}"


class _Draft:
    """A folder that gets its name when it is complete: a broken installation leaves nothing."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._draft = folder.with_name(f"{folder.name}.{os.getpid()}")

    def __enter__(self) -> Path:
        self._draft.mkdir(parents=True)
        return self._draft

    def __exit__(self, failed: object, *_: object) -> None:
        if failed or self._folder.exists():
            shutil.rmtree(self._draft)
        else:
            self._draft.rename(self._folder)


def _run(*command: str) -> None:
    # The versions of the development tools are not the versions of the clients.
    kept = {k: v for k, v in os.environ.items() if k not in {"PIP_CONSTRAINT", "NODE_OPTIONS"}}
    try:
        subprocess.run(
            command,
            check=True,
            capture_output=True,
            text=True,
            env=kept,
            timeout=INSTALL_TIMEOUT_SECONDS,
        )
    except subprocess.CalledProcessError as error:
        lines = (error.stderr or error.stdout or "").strip().splitlines()[-5:]
        raise InstallationError("\n".join([f"{command[0]} failed:", *lines])) from error
    except subprocess.TimeoutExpired as error:
        message = f"{command[0]} needs more than {INSTALL_TIMEOUT_SECONDS} seconds"
        raise InstallationError(message) from error
