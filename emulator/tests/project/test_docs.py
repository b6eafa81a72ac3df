"""What can be used is told: every command, option, endpoint, fixture, condition and action."""

import inspect
import re
from collections.abc import Iterator
from pathlib import Path

import click
import pytest
from werkzeug.test import Client

from emulator import Emulator
from emulator.cli.main import commands
from emulator.recording.match import ExchangeMatch
from emulator.testing import plugin as pytest_plugin
from emulator.testing.ocapi import Ocapi
from emulator.workspace.failpoint import ActionSchema, FailpointSchema

ROOT = Path(__file__).parents[3]
README = (ROOT / "README.md").read_text()
TESTING = (ROOT / "docs" / "testing.md").read_text()
LINK = re.compile(r"\]\(([^)#]+)(#[^)]*)?\)")


def endpoints() -> list[str]:
    """Return what the control plane says that it offers."""
    client = Client(Emulator().application)
    answer = client.get("/__emulator__", environ_overrides={"REMOTE_ADDR": "127.0.0.1"})
    listed: list[str] = answer.json or []
    return listed


def options() -> Iterator[tuple[str, str]]:
    """Yield the options of all commands, with the names of their commands."""
    for name, command in commands.commands.items():
        for parameter in command.params:
            if isinstance(parameter, click.Option):
                yield name, parameter.opts[0]


def fixtures() -> list[str]:
    """Return the names of the plugin's fixtures."""
    found = vars(pytest_plugin).items()
    return [name for name, value in found if type(value).__name__ == "FixtureFunctionDefinition"]


def test_there_is_something_to_tell() -> None:
    assert len(endpoints()) > 25
    assert len(list(options())) > 25
    assert sorted(fixtures()) == ["ocapi", "ocapi_config", "ocapi_emulator", "ocapi_servers"]


@pytest.mark.parametrize("endpoint", endpoints())
def test_every_endpoint_is_told(endpoint: str) -> None:
    assert f"| `{endpoint}` |" in TESTING


def test_no_endpoint_is_told_that_is_not_there() -> None:
    told = re.findall(
        r"^\| `((?:GET|POST|PUT|DELETE) /__emulator__[^`?]*)` \|", TESTING, re.MULTILINE
    )
    assert set(told) == set(endpoints())


@pytest.mark.parametrize("name", commands.commands)
def test_every_command_is_told(name: str) -> None:
    assert f"| `ocapi-emulator {name}" in README


@pytest.mark.parametrize(("command", "option"), list(options()))
def test_every_option_of_a_command_is_told(command: str, option: str) -> None:
    place = TESTING if command == "verify" else README
    assert re.search(rf"`{option}\b", place), f"{command} {option}"


@pytest.mark.parametrize("name", fixtures())
def test_every_fixture_is_told(name: str) -> None:
    assert f"| `{name}` |" in TESTING


@pytest.mark.parametrize("name", pytest_plugin.OPTIONS)
def test_every_option_of_the_plugin_is_told(name: str) -> None:
    assert f"`--{name.replace('_', '-')} " in TESTING
    assert f"| `{name}` |" in TESTING


def members() -> set[str]:
    """Return the public names of what the fixture gives."""
    inside = {name for name in vars(Ocapi) if not name.startswith("_")}
    source = inspect.getsource(Ocapi.__init__)
    return inside | set(re.findall(r"self\.([a-z]\w*)\b(?=.*=)", source))


@pytest.mark.parametrize("name", sorted(members()))
def test_every_member_of_the_fixture_is_told(name: str) -> None:
    section = TESTING[TESTING.index("| `ocapi.` |") : TESTING.index("A marker asks for")]
    assert re.search(rf"`{name}[`(]", section)


@pytest.mark.parametrize("name", [*ExchangeMatch().fields, *ActionSchema().fields])
def test_every_condition_and_every_action_is_told(name: str) -> None:
    assert re.search(rf"^\|[^|]*`{name}`", TESTING, re.MULTILINE)


@pytest.mark.parametrize("name", FailpointSchema().fields)
def test_every_member_of_a_failpoint_is_told(name: str) -> None:
    assert re.search(rf"^\|[^|]*`{name}`", TESTING, re.MULTILINE)


@pytest.mark.parametrize(
    "page", [ROOT / "README.md", *sorted((ROOT / "docs").glob("*.md"))], ids=lambda page: page.name
)
def test_links_between_pages_lead_somewhere(page: Path) -> None:
    found = [target for target, _ in LINK.findall(page.read_text()) if "://" not in target]
    assert [target for target in found if not (page.parent / target).exists()] == []


def test_links_within_the_page_lead_to_headings() -> None:
    headings = re.findall(r"^#+ (.*)$", TESTING, re.MULTILINE)
    anchors = {re.sub(r"[^\w -]", "", heading).lower().replace(" ", "-") for heading in headings}
    assert set(re.findall(r"\]\(#([^)]*)\)", TESTING)) <= anchors
