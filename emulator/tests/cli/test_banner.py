"""The banner of ``serve``: facts of the server, nothing secret, commands that work."""

import json
from collections.abc import Iterator
from typing import Any

import pytest
from click.testing import CliRunner

from emulator import Emulator
from emulator.cli import banner
from emulator.cli.main import commands
from emulator.store import MemoryStore, StoreUnavailable

SECRET = "hunter2-hunter2"


@pytest.fixture
def emulator() -> Iterator[Emulator]:
    with Emulator(fixtures="samples") as started:
        yield started
    started.check()


def describe(emulator: Emulator, **knobs: Any) -> dict[str, str]:
    """Return the banner of a server with another configuration."""
    emulator.config = type(emulator.config)(**knobs)
    return banner.describe(emulator)


def test_banner_has_data_configuration_and_addresses(emulator: Emulator) -> None:
    shown = banner.render_text(emulator)
    assert shown.splitlines()[1:] == [
        "  data set    samples: 2 sites, 2 inventory_lists, 14 other documents",
        "  dialect     documented",
        "  versions    all published",
        "  store       memory",
        f"  console     {emulator.url}/__emulator__/",
        f"  token       ocapi-emulator token --url {emulator.url}",
    ]
    assert json.loads(banner.render_json(emulator)).items() >= banner.describe(emulator).items()


def test_command_of_the_banner_prints_a_token(emulator: Emulator) -> None:
    program, *arguments = banner.describe(emulator)["token"].split()
    result = CliRunner().invoke(commands, arguments)
    assert (program, result.exit_code) == ("ocapi-emulator", 0)
    assert result.output.count(".") == 2


def test_banner_has_no_secrets(emulator: Emulator) -> None:
    shown = describe(
        emulator,
        store=f"redis://user:{SECRET}@redis.example:6379/1?password={SECRET}",
        control_token=SECRET,
        token_key=SECRET,
        inventory_api_key=SECRET,
        seed=SECRET,
    )
    assert SECRET not in str(shown)
    assert shown["store"] == "redis://redis.example:6379/1"
    assert shown["token"].endswith(" --control-token SECRET")


def test_banner_names_accepted_versions_and_apis_left_out(emulator: Emulator) -> None:
    shown = describe(emulator, accept_versions="v23_2,v19_5", without="webdav, inventory-service")
    assert (shown["versions"], shown["without"]) == ("v19_5, v23_2", "inventory-service, webdav")


def test_banner_survives_an_outage_of_the_store(
    emulator: Emulator, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_: object) -> int:
        raise StoreUnavailable("gone")

    monkeypatch.setattr(MemoryStore, "count", fail)
    assert banner.describe(emulator)["data_set"] == "samples: the store can't be reached"
