"""The sessions of the README: commands are run, outputs compared; ``...`` stands for anything."""

import doctest
import os
import re
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from contract_tests.api import Api

ROOT = Path(__file__).parent.parent
README = ROOT / "README.md"
BLOCK = re.compile(r"^```console\n(.*?)^```$", re.MULTILINE | re.DOTALL)
PYTHON = re.compile(r"^```python\n(.*?)^```$", re.MULTILINE | re.DOTALL)
COMMAND = re.compile(r"^\$ (.*)\n((?:(?!\$ ).*\n)*)", re.MULTILINE)
SHOWN, END = "http://127.0.0.1:8080", "--end--"


def run(commands: list[str], url: str) -> list[str]:
    """Return what each command prints, in one shell, as the README would show it."""
    script = "\n".join(f"{command}\necho; echo {END}" for command in commands)
    programs = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
    done = subprocess.run(  # noqa: S603 - our own README
        ["/bin/bash", "-c", script.replace(SHOWN, url).replace(".venv/bin/", "")],
        capture_output=True,
        text=True,
        check=True,
        timeout=60,
        env={**os.environ, "PATH": programs},
    )
    assert not done.stderr
    return [part.strip("\n") for part in done.stdout.replace(url, SHOWN).split(END)][:-1]


def test_the_sessions_print_what_is_shown(start: Callable[..., Api]) -> None:
    shown = [pair for block in BLOCK.findall(README.read_text()) for pair in COMMAND.findall(block)]
    assert len(shown) > 10
    printed = run([command for command, _ in shown], start(fixtures="storefront").url)
    checker = doctest.OutputChecker()
    for (command, expected), actual in zip(shown, printed, strict=True):
        wanted = expected.strip("\n")
        same = checker.check_output(wanted, actual, doctest.ELLIPSIS)
        assert same, f"$ {command}\n{actual}\n-- instead of --\n{wanted}"


def test_the_program_prints_the_total(
    pytestconfig: pytest.Config, capsys: pytest.CaptureFixture[str]
) -> None:
    if pytestconfig.getoption("--target"):
        pytest.skip("starts an emulator of its own")
    (program,) = PYTHON.findall(README.read_text())
    exec(compile(program, str(README), "exec"), {})  # noqa: S102 - our own README
    assert capsys.readouterr().out == "2\n"
