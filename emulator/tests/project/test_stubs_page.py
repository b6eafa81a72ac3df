"""The page about stubs: its sessions print what is shown, its other examples work."""

import re
from pathlib import Path

import orjson
import pytest

from emulator import Emulator
from emulator.testing.ocapi import Ocapi
from emulator.tests.project.page import check_session, read_session, run_session
from emulator.tests.table import table
from emulator.workspace.stub import StubAnswer, StubSchema

PAGE = Path(__file__).parents[3] / "docs" / "stubs.md"
TEXT = PAGE.read_text()


def find_blocks(language: str) -> list[str]:
    return re.findall(rf"^```{language}\n(.*?)^```$", TEXT, re.MULTILINE | re.DOTALL)


def test_the_sessions_print_what_is_shown(tmp_path: Path) -> None:
    shown = read_session("docs/stubs.md")
    assert len(shown) > 15
    with Emulator() as emulator:
        printed = run_session((command for command, _ in shown), tmp_path, emulator.url)
    check_session(shown, printed)


def test_the_file_of_stubs_is_read(tmp_path: Path) -> None:
    [content] = find_blocks("json")
    (tmp_path / "shop.json").write_text(content)
    emulator = Emulator(fixtures="samples", stubs=str(tmp_path))
    assert [stub.rule.declared for stub in emulator.workspace.stubs] == orjson.loads(content)


def test_the_test_passes(ocapi: Ocapi) -> None:
    [program] = find_blocks("python")
    names: dict[str, object] = {}
    exec(compile(program, str(PAGE), "exec"), names)  # noqa: S102 - our own page
    [test] = [value for name, value in names.items() if name.startswith("test_")]
    assert callable(test)
    test(ocapi)


@table("schema", [StubSchema, StubAnswer])
def test_every_member_is_described(schema: type[StubSchema]) -> None:
    missing = [
        name for name in schema().fields if not re.search(rf"^\| `{name}` \|", TEXT, re.MULTILINE)
    ]
    assert missing == []


@pytest.mark.parametrize("heading", re.findall(r"\]\(#([^)]*)\)", TEXT))
def test_a_link_within_the_page_leads_to_a_heading(heading: str) -> None:
    headings = re.findall(r"^#+ (.*)$", TEXT, re.MULTILINE)
    anchors = {re.sub(r"[^\w -]", "", text).lower().replace(" ", "-") for text in headings}
    assert heading in anchors
