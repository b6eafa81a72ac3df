"""The page about the command line: its sessions print what is shown."""

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from emulator import Emulator
from emulator.cli.main import commands
from emulator.tests.project.page import check_session, read_session, run_session

PAGE = Path(__file__).parents[3] / "docs" / "cli.md"
TEXT = PAGE.read_text()


def test_the_sessions_print_what_is_shown(tmp_path: Path) -> None:
    shown = read_session("docs/cli.md")
    assert len(shown) > 15
    with Emulator() as emulator:
        printed = run_session((command for command, _ in shown), tmp_path, emulator.url)
    check_session(shown, printed)


def test_the_file_is_read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    [content] = re.findall(r"^```toml\n(.*?)^```$", TEXT, re.MULTILINE | re.DOTALL)
    (tmp_path / "ocapi-emulator.toml").write_text(content)
    monkeypatch.chdir(tmp_path)
    with commands.commands["serve"].make_context("serve", []) as context:
        assert context.params["fixtures"] == str(tmp_path / "data" / "shop")
        assert (context.params["port"], context.params["without"]) == (9000, "inventory-service")
    with commands.commands["token"].make_context("token", []) as context:
        assert context.params["url"] == "http://127.0.0.1:9000"


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
def test_the_line_of_a_shell_prints_its_completion(shell: str) -> None:
    [asked] = re.findall(rf"_OCAPI_EMULATOR_COMPLETE=({shell}_source) ocapi-emulator", TEXT)
    program = "from emulator.cli.main import main; main()"
    done = subprocess.run(  # noqa: S603 - our own program
        [sys.executable, "-c", program],
        env={**os.environ, "_OCAPI_EMULATOR_COMPLETE": asked},
        capture_output=True,
        text=True,
        timeout=60,
        check=True,
    )
    assert "_OCAPI_EMULATOR_COMPLETE" in done.stdout


@pytest.mark.parametrize("heading", re.findall(r"\]\(#([^)]*)\)", TEXT))
def test_a_link_within_the_page_leads_to_a_heading(heading: str) -> None:
    headings = re.findall(r"^#+ (.*)$", TEXT, re.MULTILINE)
    anchors = {re.sub(r"[^\w -]", "", text).lower().replace(" ", "-") for text in headings}
    assert heading in anchors
