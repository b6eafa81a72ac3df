"""The docs describe every command, option, endpoint, fixture, condition and action."""

import inspect
import re
from collections.abc import Iterator
from pathlib import Path

import click
import pytest
from marshmallow import Schema
from werkzeug.test import Client

from emulator import Emulator
from emulator.cli.main import commands
from emulator.recording.match import ExchangeMatch
from emulator.testing import plugin as pytest_plugin
from emulator.testing.ocapi import Ocapi
from emulator.workspace.failpoint import ActionSchema, FailpointSchema

ROOT = Path(__file__).parents[3]
README = (ROOT / "README.md").read_text()
CLI = (ROOT / "docs" / "cli.md").read_text()
OPTIONS = README + (ROOT / "docs" / "options.md").read_text()
TESTING = (ROOT / "docs" / "testing.md").read_text()
REPLAY = (ROOT / "docs" / "replay.md").read_text()
LINK = re.compile(r"\]\(([^)#]+)(#[^)]*)?\)")


def endpoints() -> list[str]:
    """Return what the control plane says that it offers."""
    client = Client(Emulator().app)
    answer = client.get("/__emulator__", environ_overrides={"REMOTE_ADDR": "127.0.0.1"})
    listed: list[str] = answer.json or []
    return listed


def leaves() -> Iterator[tuple[str, click.Command]]:
    """Yield all commands but groups, with their names."""
    for name, command in commands.commands.items():
        if isinstance(command, click.Group):
            yield from ((f"{name} {below}", leaf) for below, leaf in command.commands.items())
        else:
            yield name, command


def options() -> Iterator[tuple[str, str]]:
    """Yield the options of all commands, with the names of their commands."""
    for name, command in leaves():
        for parameter in command.params:
            if isinstance(parameter, click.Option):
                yield name, max(parameter.opts, key=len)


def fixtures() -> list[str]:
    """Return the names of the plugin's fixtures."""
    found = vars(pytest_plugin).items()
    return [name for name, value in found if type(value).__name__ == "FixtureFunctionDefinition"]


def test_the_lists_of_these_tests_are_not_empty() -> None:
    assert len(endpoints()) > 25
    assert len(list(options())) > 25
    assert sorted(fixtures()) == ["ocapi", "ocapi_config", "ocapi_emulator", "ocapi_servers"]


def test_every_endpoint_is_described_and_no_other() -> None:
    described = re.findall(
        r"^\| `((?:GET|POST|PUT|DELETE) /__emulator__[^`?]*)` \|", TESTING, re.MULTILINE
    )
    assert set(described) == set(endpoints())


def test_every_command_is_described() -> None:
    assert [name for name in commands.commands if f"`ocapi-emulator {name}" not in README] == []
    assert [name for name, _ in leaves() if f"| `ocapi-emulator {name}" not in CLI] == []


def test_every_option_of_a_command_is_described() -> None:
    missing = []
    for command, option in options():
        rows = re.findall(rf"^\| `ocapi-emulator {command}[` ].*$", CLI, re.MULTILINE)
        pages = {"serve": OPTIONS, "verify": TESTING, "replay": REPLAY}
        address = CLI[CLI.index("## Name the server") : CLI.index("## Look up all commands")]
        if not re.search(rf"`{option}\b", pages.get(command, address + "".join(rows))):
            missing.append((command, option))
    assert missing == []


def test_every_fixture_is_described() -> None:
    assert [name for name in fixtures() if f"| `{name}` |" not in TESTING] == []


def test_every_option_of_the_plugin_is_described() -> None:
    for name in pytest_plugin.OPTIONS:
        assert f"`--{name.replace('_', '-')} " in TESTING
        assert f"| `{name}` |" in TESTING


def members() -> set[str]:
    """Return the names of the fixture's public members."""
    inside = {name for name in vars(Ocapi) if not name.startswith("_")}
    source = inspect.getsource(Ocapi.__init__)
    return inside | set(re.findall(r"self\.([a-z]\w*)\b(?=.*=)", source))


def test_every_member_of_the_fixture_is_described() -> None:
    section = TESTING[TESTING.index("| `ocapi.` |") : TESTING.index("Mark a test, class or module")]
    assert [name for name in members() if not re.search(rf"`{name}[`(]", section)] == []


@pytest.mark.parametrize("schema", [ExchangeMatch, ActionSchema, FailpointSchema])
def test_every_member_of_a_failpoint_is_described(schema: type[Schema]) -> None:
    fields = schema().fields
    missing = [n for n in fields if not re.search(rf"^\|[^|]*`{n}`", TESTING, re.MULTILINE)]
    assert missing == []


def test_links_between_pages_lead_somewhere() -> None:
    for page in (ROOT / "README.md", *(ROOT / "docs").rglob("*.md")):
        found = [target for target, _ in LINK.findall(page.read_text()) if "://" not in target]
        assert [target for target in found if not (page.parent / target).exists()] == [], page


def test_every_make_target_is_described() -> None:
    targets = re.findall(r"^([a-z-]+):.*## ", (ROOT / "Makefile").read_text(), re.MULTILINE)
    page = (ROOT / "docs" / "development.md").read_text()
    assert [target for target in targets if f"`make {target}`" not in page] == []


def list_anchors(page: Path) -> set[str]:
    """Return the anchors of the headings of a page."""
    headings = re.findall(r"^#+ (.*)$", page.read_text(), re.MULTILINE)
    return {re.sub(r"[^\w -]", "", heading).lower().replace(" ", "-") for heading in headings}


def test_links_lead_to_headings() -> None:
    for page in (ROOT / "README.md", *(ROOT / "docs").rglob("*.md")):
        found = [
            (target, anchor[1:]) for target, anchor in LINK.findall(page.read_text()) if anchor
        ]
        missing = [
            f"{target}#{anchor}"
            for target, anchor in found
            if target.endswith(".md") and anchor not in list_anchors(page.parent / target)
        ]
        assert missing == [], page


def test_links_within_the_page_lead_to_headings() -> None:
    assert set(re.findall(r"\]\(#([^)]*)\)", TESTING)) <= list_anchors(ROOT / "docs" / "testing.md")


ARCHITECTURE = (ROOT / "docs" / "architecture.md").read_text()


def test_the_map_of_the_architecture_names_existing_files() -> None:
    drawing = ARCHITECTURE.partition("```\n")[2].partition("```")[0]
    folders: list[str] = []
    missing = []
    for indent, name in re.findall(r"^( *)([\w.]+/?)(?:  .*)?$", drawing, re.MULTILINE):
        folders = [*folders[: len(indent) // 2], name]
        if not ROOT.joinpath(*folders).exists():
            missing.append("/".join(folders))
    assert missing == []
