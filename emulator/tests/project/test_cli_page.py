"""The page about the command line: its sessions print what is shown."""

import doctest
import re
from pathlib import Path

import pytest

from contract_tests import test_readme
from emulator import Emulator

PAGE = Path(__file__).parents[3] / "docs" / "cli.md"
TEXT = PAGE.read_text()


def test_the_sessions_print_what_is_shown(monkeypatch: pytest.MonkeyPatch) -> None:
    blocks = test_readme.BLOCK.findall(TEXT)
    shown = [pair for block in blocks for pair in test_readme.COMMAND.findall(block)]
    assert len(shown) > 15
    with Emulator() as emulator:
        monkeypatch.setenv("OCAPI_EMULATOR_URL", emulator.url)
        printed = test_readme.run([command for command, _ in shown], emulator.url)
    checker = doctest.OutputChecker()
    for (command, expected), actual in zip(shown, printed, strict=True):
        wanted = expected.strip("\n")
        same = checker.check_output(wanted, actual, doctest.ELLIPSIS)
        assert same, f"$ {command}\n{actual}\n-- instead of --\n{wanted}"


@pytest.mark.parametrize("heading", re.findall(r"\]\(#([^)]*)\)", TEXT))
def test_a_link_within_the_page_leads_to_a_heading(heading: str) -> None:
    headings = re.findall(r"^#+ (.*)$", TEXT, re.MULTILINE)
    anchors = {re.sub(r"[^\w -]", "", text).lower().replace(" ", "-") for text in headings}
    assert heading in anchors
