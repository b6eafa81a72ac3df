"""The configuration file: its place, its values, what beats its values, and its errors."""

import os
import re
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import fields
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result

from emulator import Config, Emulator
from emulator.cli.config_file import FILE_NAME, PROJECT_FILE_NAME
from emulator.cli.main import commands
from emulator.tests.knob import DEFAULTS
from emulator.tests.table import table


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The working folder, without variables of the machine."""
    for name in [name for name in os.environ if name.startswith("OCAPI_EMULATOR_")]:
        monkeypatch.delenv(name)
    monkeypatch.chdir(tmp_path)
    return tmp_path


def read(*arguments: str, command: str = "serve") -> Mapping[str, Any]:
    """Return the values of the options of a command, without running the command."""
    with commands.commands[command].make_context(command, list(arguments)) as context:
        return dict(context.params)


def invoke(*arguments: str) -> Result:
    return CliRunner().invoke(commands, arguments)


def test_values_of_the_file_are_taken(folder: Path) -> None:
    (folder / FILE_NAME).write_text(
        'port = 9000\nverbose = true\ndialect = "observed"\nwithout = ["webdav", "account-manager"]'
    )
    changed = {"port": 9000, "verbose": True, "dialect": "observed"}
    assert read() == {**DEFAULTS, **changed, "without": "webdav,account-manager"}


def test_every_knob_can_stand_in_the_file(folder: Path) -> None:
    values = {int: "7", bool: "true", str: '"x"'}
    lines = [f"{field.name} = {values[type(field.default)]}" for field in fields(Config)]
    (folder / FILE_NAME).write_text("\n".join(lines))
    assert [name for name, value in read().items() if value == DEFAULTS[name]] == []


def test_hosts_may_be_an_array(folder: Path) -> None:
    (folder / FILE_NAME).write_text('host = ["127.0.0.1", "::1"]')
    assert read()["host"] == "127.0.0.1,::1"


def test_a_key_may_have_hyphens_as_the_flag(folder: Path) -> None:
    (folder / FILE_NAME).write_text("journal-body = 99")
    assert read()["journal_body"] == 99


def test_the_table_of_a_project_is_taken(folder: Path) -> None:
    (folder / PROJECT_FILE_NAME).write_text("[tool.ocapi-emulator]\nport = 9000")
    assert read()["port"] == 9000


def test_the_own_file_comes_before_the_table_of_a_project(folder: Path) -> None:
    (folder / PROJECT_FILE_NAME).write_text("[tool.ocapi-emulator]\nport = 9000")
    (folder / FILE_NAME).write_text("port = 9001")
    assert read()["port"] == 9001
    assert read("--config", PROJECT_FILE_NAME)["port"] == 9000


def test_a_project_without_the_table_is_no_configuration(folder: Path) -> None:
    (folder / PROJECT_FILE_NAME).write_text("[tool.other]\nport = 9000")
    assert read() == DEFAULTS


def test_a_flag_beats_a_variable_and_a_variable_beats_the_file(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (folder / FILE_NAME).write_text("port = 9000")
    monkeypatch.setenv("OCAPI_EMULATOR_PORT", "9001")
    assert read()["port"] == 9001
    assert read("--port", "9002")["port"] == 9002
    monkeypatch.setenv("OCAPI_EMULATOR_PORT", "")
    assert read()["port"] == 9000


@table("by", ["flag", "variable"])
def test_a_file_of_another_place_is_named(
    folder: Path, monkeypatch: pytest.MonkeyPatch, by: str
) -> None:
    file = folder / "ci" / "emulator.toml"
    file.parent.mkdir(exist_ok=True)
    file.write_text("port = 9000")
    (folder / FILE_NAME).write_text("port = 9001")
    with monkeypatch.context() as patch:
        if by == "variable":
            patch.setenv("OCAPI_EMULATOR_CONFIG", str(file))
        assert read(*(("--config", str(file)) if by == "flag" else ()))["port"] == 9000


def test_paths_are_relative_to_the_file(folder: Path) -> None:
    (folder / "ci" / "shop").mkdir(parents=True)
    file = folder / "ci" / "emulator.toml"
    absolute = str(folder / "settings.json")
    file.write_text(f'fixtures = "shop"\nstubs = "stubs"\nsettings = "{absolute}"\ntls_name = "a"')
    values = read("--config", str(file))
    names = ("fixtures", "stubs", "settings", "tls_name")
    below = (str(file.parent / "shop"), str(file.parent / "stubs"), absolute, "a")
    assert tuple(values[name] for name in names) == below


def test_a_bundled_data_set_keeps_its_name(folder: Path) -> None:
    (folder / "samples").mkdir()
    (folder / FILE_NAME).write_text('fixtures = "samples"')
    assert read()["fixtures"] == "samples"


def test_the_file_has_options_of_other_commands_too(folder: Path) -> None:
    (folder / FILE_NAME).write_text('port = 9000\nurl = "http://localhost:9000"\nworkspace = "ci"')
    assert read() == {**DEFAULTS, "port": 9000}
    values = read(command="journal")
    assert (values["url"], values["workspace"]) == ("http://localhost:9000", "ci")
    assert read(command="verify")["dialect"] == "documented"


def test_commands_below_a_group_take_the_file(folder: Path) -> None:
    with Emulator(fixtures="samples") as emulator:
        (folder / FILE_NAME).write_text(f'url = "{emulator.url}"')
        result = invoke("snapshot", "list")
        assert (result.exit_code, result.stdout) == (0, "snapshot  time\n")


@table(
    ("content", "complaint"),
    [
        ("prot = 1", "unknown key 'prot': did you mean 'port'?"),
        ("journal-bodi = 1", "unknown key 'journal-bodi': did you mean 'journal_body'?"),
        ("[serve]\nport = 1", "unknown table 'serve': write options outside of tables"),
        ("colour = 1", "unknown key 'colour'"),
        ('config = "other.toml"', "unknown key 'config'"),
        ('port = "9000"', "port is not a number"),
        ("port = true", "port is not a number"),
        ("verbose = 1", "verbose is not true or false"),
        ("fixtures = 1", "fixtures is not a text"),
        ("without = [1]", "without is not an array of texts"),
        ("[port]\na = 1", "port is not a number"),
    ],
)
def test_a_wrong_file_is_reported_in_one_line(folder: Path, content: str, complaint: str) -> None:
    (folder / FILE_NAME).write_text(content)
    result = invoke("serve")
    assert (result.exit_code, result.stdout) == (2, "")
    assert result.stderr == f"ocapi-emulator: {folder / FILE_NAME}: {complaint}\n"


@table(
    ("name", "content", "complaint"),
    [
        ("none.toml", None, "can't read .*none.toml: No such file or directory"),
        ("a.toml", b"port", "a.toml is not TOML: "),
        ("b.toml", b"\xff", "b.toml is not TOML: "),
        ("b.toml", b"port = " + b"[" * 5000, "b.toml is not TOML: "),
        (PROJECT_FILE_NAME, b"", r"pyproject.toml has no table \[tool.ocapi-emulator\]"),
        (PROJECT_FILE_NAME, b"tool = 1", r"pyproject.toml has no table \[tool.ocapi-emulator\]"),
        (PROJECT_FILE_NAME, b"[tool]\nocapi-emulator = 1", "pyproject.toml has no table"),
    ],
)
def test_a_file_that_cannot_be_used_is_reported_in_one_line(
    folder: Path, name: str, content: bytes | None, complaint: str
) -> None:
    if content is not None:
        (folder / name).write_bytes(content)
    result = invoke("serve", "--config", name)
    assert (result.exit_code, result.stdout) == (2, "")
    assert re.match(f"ocapi-emulator: .*{complaint}", result.stderr)
    assert result.stderr.count("\n") == 1


def test_help_appears_in_spite_of_a_wrong_file(folder: Path) -> None:
    (folder / FILE_NAME).write_text("prot = 1")
    assert invoke("serve", "--help").exit_code == 0


def test_serve_names_the_file(folder: Path) -> None:
    (folder / FILE_NAME).write_text('port = 0\nfixtures = "samples"')
    program = [sys.executable, "-m", "emulator", "serve"]
    pipe = subprocess.PIPE
    with subprocess.Popen(program, stdout=pipe, stderr=pipe, text=True) as process:  # noqa: S603 - our own
        assert process.stdout is not None
        assert process.stdout.readline().startswith("ocapi-emulator listening on http://127.0.0.1:")
        process.terminate()
        _, errors = process.communicate(timeout=30)
    assert f"  config      {folder / FILE_NAME}\n" in errors


def test_completion_of_a_shell_reads_no_file(folder: Path) -> None:
    (folder / FILE_NAME).write_text("prot = 1")
    asked = {
        "_OCAPI_EMULATOR_COMPLETE": "bash_complete",
        "COMP_WORDS": "ocapi-emulator serve --dia",
    }
    program = [sys.executable, "-c", "from emulator.cli.main import main; main()"]
    done = subprocess.run(  # noqa: S603 - our own program
        program,
        env={**os.environ, **asked, "COMP_CWORD": "2"},
        capture_output=True,
        text=True,
        timeout=30,
        check=False,
    )
    assert done.stdout == "plain,--dialect\n"
