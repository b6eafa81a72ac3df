"""Every code block of the pages is run, or states the reason why not."""

import re
import shlex
import shutil
import unittest
from collections.abc import Iterator
from pathlib import Path

import click
import orjson
import pytest

from clients import installation
from emulator import Emulator
from emulator.app import list_collections, make_api
from emulator.cli.main import commands
from emulator.fixture.data_set import load
from emulator.testing.ocapi import Ocapi
from emulator.tests.project.page import (
    PAGES,
    ROOT,
    Block,
    check_session,
    read_blocks,
    read_session,
    run_session,
)

GUIDES = [page for page in PAGES if page.startswith("docs/guides/")]
ELSEWHERE = {
    "docs/architecture.md": (),
    "docs/cli.md": ("toml",),
    "docs/extending.md": (),
    "docs/stubs.md": ("json", "python"),
}
"""Pages with a test of their own, and the languages of the blocks that it runs without a title."""
OTHERS = [page for page in PAGES if page not in {*GUIDES, *ELSEWHERE}]
FIXTURES_PAGE = "docs/fixtures.md"
WITH_FILES = (FIXTURES_PAGE, "docs/extending.md", "docs/testing.md")
"""Other pages whose blocks with a title are files that a test uses."""
SFCC_CI_PAGE = "docs/guides/sfcc-ci.md"
LONG_SESSIONS = ("docs/replay.md",)
"""Pages with a session of several seconds."""
COMPANIONS = {
    "ab_tests.json": [{"site_id": "RefArch", "id": "banner"}],
    "catalogs.json": [{"id": "lights"}],
    "coupons.json": [{"site_id": "RefArch", "coupon_id": "hello", "single_code": "HELLO"}],
    "promotions.json": [{"site_id": "RefArch", "id": "winter-sale"}],
}
"""Documents that the entries of docs/fixtures.md refer to."""


def is_run(block: Block) -> bool:
    """Return whether a test runs the block."""
    if block.language == "console":
        return True
    if block.title:
        return block.page in {*GUIDES, *WITH_FILES}
    if block.language == "sh":
        return all(can_be_parsed(command) for command in list_commands(block))
    if block.page in ELSEWHERE:
        return block.language in ELSEWHERE[block.page]
    return block.language == "python" or (block.language == "py" and "def test_" in block.content)


def list_commands(block: Block) -> Iterator[list[str]]:
    """Yield the words of each command of a shell block."""
    for line in block.content.replace("\\\n", " ").splitlines():
        if words := shlex.split(line, comments=True):
            yield words


def can_be_parsed(words: list[str]) -> bool:
    """Return whether a command is one of ocapi-emulator, with valid options."""
    program, name, *arguments = [*words, "", ""][: max(2, len(words))]
    command = commands.commands.get(name)
    if program != "ocapi-emulator" or command is None:
        return False
    try:
        command.make_context(name, arguments)
    except click.ClickException:
        return False
    return True


@pytest.mark.parametrize("page", PAGES)
def test_every_block_is_run_or_has_a_reason(page: str) -> None:
    blocks = read_blocks(page)
    assert [f"{page}:{b.line}" for b in blocks if bool(b.reason) == is_run(b)] == []


def test_the_pages_have_blocks() -> None:
    assert sum(len(read_blocks(page)) for page in PAGES) > 50
    assert len(GUIDES) > 3


@pytest.mark.parametrize(
    "page",
    [
        pytest.param(page, marks=pytest.mark.long if page in LONG_SESSIONS else ())
        for page in OTHERS
        if read_session(page)
    ],
)
def test_the_session_prints_what_is_shown(page: str, tmp_path: Path) -> None:
    shown = read_session(page)
    with Emulator() as emulator:
        printed = run_session((command for command, _ in shown), tmp_path, emulator.url)
    emulator.check()
    check_session(shown, printed)


@pytest.mark.parametrize("page", [page for page in OTHERS if read_blocks(page, "python", "py")])
def test_the_programs_run(page: str, ocapi: Ocapi) -> None:
    names: dict[str, object] = {"__name__": __name__}
    for block in read_blocks(page, "python", "py"):
        before = set(names)
        exec(compile(block.content, f"{page}:{block.line}", "exec"), names)  # noqa: S102 - our own page
        for name in set(names) - before:
            run_test(names[name], name, ocapi)


def run_test(value: object, name: str, ocapi: Ocapi) -> None:
    """Run a test function or a class of tests; other values are no tests."""
    if isinstance(value, type) and issubclass(value, unittest.TestCase):
        result = unittest.TestResult()
        unittest.defaultTestLoader.loadTestsFromTestCase(value).run(result)
        assert result.testsRun > 0
        assert not (result.errors + result.failures)
    elif name.startswith("test_"):
        assert callable(value)
        ocapi.reset()
        value(ocapi)


def test_the_files_of_a_data_set_are_valid(tmp_path: Path) -> None:
    folder = Path(shutil.copytree(ROOT / "fixtures" / "storefront", tmp_path / "shop"))
    for name, entries in COMPANIONS.items():
        add_entries(folder / name, entries)
    blocks = read_blocks(FIXTURES_PAGE, "json")
    assert len(blocks) > 10
    for block in blocks:
        add_entries(folder / block.title, orjson.loads(block.content))
    load(str(folder), list_collections(make_api(())))


def add_entries(file: Path, entries: object) -> None:
    """Put entries before those of a file; an entry replaces the entries with the same ids."""
    there = orjson.loads(file.read_bytes()) if file.exists() else None
    if isinstance(there, list) and isinstance(entries, list):
        ids = [identify(entry) for entry in entries]
        entries = [*entries, *(entry for entry in there if identify(entry) not in ids)]
    file.write_bytes(orjson.dumps(entries))


def identify(entry: dict[str, object]) -> str:
    """Return the ids of an entry as a text."""
    found = {name: value for name, value in entry.items() if re.fullmatch(r"id|\w+_(id|no)", name)}
    return str(sorted(found.items()))


def test_the_file_of_failpoints_is_read(tmp_path: Path) -> None:
    [block] = read_blocks("docs/testing.md", "json")
    (tmp_path / block.title).write_text(block.content)
    emulator = Emulator(fixtures="samples", failpoints=str(tmp_path / block.title))
    assert [point.rule.declared for point in emulator.workspace.failpoints] == [
        orjson.loads(block.content)
    ]


@pytest.mark.long
@pytest.mark.parametrize(
    "page", [page for page in GUIDES if page != SFCC_CI_PAGE and read_session(page)]
)
def test_the_guide_works_from_beginning_to_end(page: str, tmp_path: Path) -> None:
    for block in read_blocks(page):
        if block.title:
            (tmp_path / block.title).write_text(block.content)
    shown = read_session(page)
    check_session(shown, run_session((command for command, _ in shown), tmp_path))


@pytest.mark.long
def test_the_guide_to_sfcc_ci_works_from_beginning_to_end(tmp_path: Path) -> None:
    try:
        installed = installation.install()
    except installation.InstallationError as error:
        pytest.skip(f"sfcc-ci can't be installed: {error}")
    shutil.copy(ROOT / "docs" / "examples" / "sfcc-ci" / "redirect.cjs", tmp_path)
    shown = read_session(SFCC_CI_PAGE)
    commands = [command for command, _ in shown]
    check_session(shown, run_session(commands, tmp_path, programs=installed.node_programs))
