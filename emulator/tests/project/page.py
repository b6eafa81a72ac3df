"""The code blocks of the pages: which there are, and a shell that runs their commands."""

import doctest
import os
import re
import signal
import subprocess
import sys
from collections.abc import Iterable
from contextlib import ExitStack, suppress
from dataclasses import dataclass
from pathlib import Path
from textwrap import dedent

import pytest

from benchmarks.process import reserving_port

ROOT = Path(__file__).parents[3]
DOCS = ROOT / "docs"
GENERATED = ("contract.md", "coverage.md", "versions.md")
PAGES = sorted(
    page.relative_to(ROOT).as_posix()
    for page in (ROOT / "README.md", *DOCS.rglob("*.md"))
    if page.name not in GENERATED and "contract" not in page.relative_to(ROOT).parts
)
BLOCK = re.compile(
    r"(?P<mark>^ *<!-- (?P<what>[a-z ]+): (?P<text>.*?) -->\n(?:\s*\n)?)?"
    r"^(?P<indent> *)```(?P<language>[a-z]*)(?: title=\"(?P<title>[^\"]+)\")?\n"
    r"(?P<content>.*?)^(?P=indent)```$",
    re.MULTILINE | re.DOTALL,
)
COMMAND = re.compile(r"^\$ (.*)\n((?:(?!\$ ).*\n)*)", re.MULTILINE)
ADDRESS, PORT = "http://127.0.0.1:8080", "8080"
END = "--end--"
END_SERVERS = "jobs -p | xargs -r kill; wait"
SESSION_SECONDS = 120
# Those that a reader of the pages has; others of this project's take seconds to import.
PLUGINS = {
    "PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1",
    "PYTEST_ADDOPTS": "-p ocapi_emulator -p no:cacheprovider",
}


@dataclass(frozen=True)
class Block:
    """A code block of a page.

    Args:
        page: The path of the page in the project.
        line: The number of the first line.
        language: The word after the backticks, perhaps empty.
        title: The name of the file that the block shows, perhaps empty.
        reason: The reason not to run the block, perhaps empty.
        content: The text without the indentation.
    """

    page: str
    line: int
    language: str
    title: str
    reason: str
    content: str


def read_blocks(page: str, *languages: str) -> list[Block]:
    """Return the code blocks of a page, all or those of some languages."""
    text = (ROOT / page).read_text(encoding="utf-8")
    found = [
        Block(
            page,
            text.count("\n", 0, match.start("indent")) + 1,
            match["language"],
            match["title"] or "",
            match["text"] if match["what"] == "not run" else "",
            dedent(match["content"]),
        )
        for match in BLOCK.finditer(text)
    ]
    return [block for block in found if not languages or block.language in languages]


def read_session(page: str) -> list[tuple[str, str]]:
    """Return the commands of a page and what they print, as shown."""
    blocks = [block for block in read_blocks(page, "console") if not block.reason]
    return [pair for block in blocks for pair in COMMAND.findall(block.content)]


def check_session(shown: Iterable[tuple[str, str]], printed: Iterable[str]) -> None:
    """Fail if a command prints something else than shown; ``...`` stands for anything."""
    checker = doctest.OutputChecker()
    differences = [
        f"$ {command}\n{got}\n-- instead of --\n{wanted}"
        for (command, wanted), got in zip(shown, printed, strict=True)
        if not checker.check_output(wanted.strip(), got.strip(), doctest.ELLIPSIS)
    ]
    if differences:
        pytest.fail("\n\n".join(differences), pytrace=False)


def run_session(
    commands: Iterable[str], folder: Path, address: str = "", programs: Path | None = None
) -> list[str]:
    """Run commands in one shell, and return what each command prints.

    Args:
        commands: The commands, a line each. Started servers end with the shell.
        folder: The working folder.
        address: The URL of a running server, in place of ``http://127.0.0.1:8080``. Without the
            URL, the commands start a server, and get a free port in place of 8080.
        programs: A folder of further programs.
    """
    with ExitStack() as stack:
        shown = ADDRESS if address else PORT
        used = address or str(stack.enter_context(reserving_port()))
        output = _run_shell(commands, folder, (shown, used), programs)
    printed = output.replace(used, shown).split(f"{END}\n")
    assert not printed.pop(), output
    return [text.strip("\n") for text in printed]


def _run_shell(
    commands: Iterable[str], folder: Path, address: tuple[str, str], programs: Path | None
) -> str:
    """Return what commands print with one address or port in place of the other."""
    shown, used = address
    script = "\n".join([*(f"{command}\necho; echo {END}" for command in commands), END_SERVERS])
    hidden = ("COV_", "PYTEST_", "OCAPI_EMULATOR_")
    clean = {name: value for name, value in os.environ.items() if not name.startswith(hidden)}
    port = used.rpartition(":")[2]
    addresses = {"OCAPI_EMULATOR_PORT": port, "OCAPI_EMULATOR_URL": ADDRESS.replace(PORT, port)}
    folders = [programs or folder, Path(sys.executable).parent, os.environ["PATH"]]
    places = {"PATH": os.pathsep.join(map(str, folders)), "HOME": str(folder)}
    with subprocess.Popen(  # noqa: S603 - our own pages
        ["/bin/bash", "-c", script.replace(shown, used)],
        cwd=folder,
        env={**clean, **PLUGINS, **places, **addresses},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        start_new_session=True,
    ) as shell:
        try:
            output, _ = shell.communicate(timeout=SESSION_SECONDS)
        finally:
            with suppress(ProcessLookupError):
                os.killpg(shell.pid, signal.SIGKILL)
    assert shell.returncode == 0, output
    return output
