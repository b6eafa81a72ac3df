"""The knobs: what they default to, what they refuse, and how the environment names them."""

from dataclasses import FrozenInstanceError
from typing import Any

import pytest

from emulator.config import KNOBS, Config, ConfigError, variable
from emulator.tests.knob import DEFAULTS

SHARED = "--store redis://HOST:PORT/N, or one process"
NO_STORE = "store is neither memory nor a URL such as redis://localhost:6379/0"


@pytest.mark.parametrize(("name", "value"), DEFAULTS.items(), ids=DEFAULTS)
def test_a_knob_has_its_default(name: str, value: object) -> None:
    assert getattr(Config(), name) == value


def test_there_is_no_other_knob() -> None:
    assert {knob.name for knob in KNOBS} == set(DEFAULTS)


@pytest.mark.parametrize("name", DEFAULTS)
def test_a_knob_tells_its_meaning_in_a_sentence(name: str) -> None:
    [told] = [knob.metadata["help"] for knob in KNOBS if knob.name == name]
    assert told[0].isupper()
    assert told.endswith(".")


@pytest.mark.parametrize(
    ("name", "placeholder"),
    [
        ("host", "ADDRESS"),
        ("port", "PORT"),
        ("fixtures", "NAME|DIR"),
        ("dialect", "documented|observed"),
        ("accept_versions", "v19_5,v23_1|any"),
        ("store", "memory|redis://HOST:PORT/N"),
        ("workers", "NUMBER"),
        ("token_key", "SECRET"),
        ("inventory_api_key", "KEY"),
        ("trust_forwarded_proto", ""),
        ("control_token", "SECRET"),
        ("workspaces", "NUMBER"),
        ("workspace_age", "SECONDS"),
        ("journal", "NUMBER"),
        ("journal_body", "BYTES"),
        ("failpoints", "FILE"),
        ("settings", "FILE"),
        ("seed", "TEXT"),
        ("tls", ""),
        ("tls_name", "NAME,NAME"),
        ("tls_cert", "FILE"),
        ("tls_key", "FILE"),
    ],
)
def test_a_knob_shows_what_its_value_looks_like(name: str, placeholder: str) -> None:
    [shown] = [knob.metadata["placeholder"] for knob in KNOBS if knob.name == name]
    assert shown == placeholder


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("host", "OCAPI_EMULATOR_HOST"),
        ("token_key", "OCAPI_EMULATOR_TOKEN_KEY"),
        ("inventory_api_key", "OCAPI_EMULATOR_INVENTORY_API_KEY"),
        ("trust_forwarded_proto", "OCAPI_EMULATOR_TRUST_FORWARDED_PROTO"),
    ],
)
def test_the_environment_variable_is_the_prefixed_name(name: str, expected: str) -> None:
    assert variable(name) == expected


@pytest.mark.parametrize(
    "knobs",
    [
        {"port": 0},
        {"port": 65535},
        {"dialect": "documented"},
        {"dialect": "observed"},
        {"store": "memory"},
        {"store": "redis://:hunter2@localhost:6379/1"},
        {"store": "rediss://redis.example"},
        {"store": "unix:///run/redis.sock?db=2"},
        {"accept_versions": "any"},
        {"accept_versions": "v1_0"},
    ],
    ids=repr,
)
def test_a_value_within_its_range_is_kept(knobs: dict[str, Any]) -> None:
    [(name, value)] = knobs.items()
    assert getattr(Config(**knobs), name) == value


@pytest.mark.parametrize(
    ("knobs", "told"),
    [
        ({"port": -1}, "port -1 is not between 0 and 65535"),
        ({"port": 65536}, "port 65536 is not between 0 and 65535"),
        ({"dialect": "welsh"}, "dialect 'welsh' is neither documented nor observed"),
        ({"dialect": ""}, "dialect '' is neither documented nor observed"),
        ({"dialect": "Observed"}, "dialect 'Observed' is neither documented nor observed"),
        ({"workers": 0}, "workers 0 is not between 1 and 256"),
        ({"workers": 2}, f"2 workers need a store that they share: {SHARED}"),
        ({"workers": 2, "store": "memory"}, f"2 workers need a store that they share: {SHARED}"),
        ({"store": "http://:hunter2@localhost"}, NO_STORE),
        ({"store": "redis://:hunter2@localhost:99999/0"}, NO_STORE),
        ({"store": "localhost:6379"}, NO_STORE),
        ({"accept_versions": "23.1"}, "version '23.1' is not of the form v23_2"),
        ({"accept_versions": "v23"}, "version 'v23' is not of the form v23_2"),
        ({"accept_versions": "V23_1"}, "version 'V23_1' is not of the form v23_2"),
        ({"accept_versions": "v23_1_1"}, "version 'v23_1_1' is not of the form v23_2"),
        ({"accept_versions": "v23_1,all"}, "version 'all' is not of the form v23_2"),
    ],
    ids=repr,
)
def test_a_value_out_of_its_range_is_refused_with_the_reason(
    knobs: dict[str, Any], told: str
) -> None:
    with pytest.raises(ConfigError) as error:
        Config(**knobs)
    assert str(error.value) == told


@pytest.mark.parametrize(
    ("accepted", "versions"),
    [
        ("", set()),
        (" , ,", set()),
        ("v19_5", {"v19_5"}),
        (" v19_5 ,v23_1,, v19_5", {"v19_5", "v23_1"}),
        ("any", {"any"}),
    ],
    ids=["empty", "only commas", "one", "spaced and repeated", "any"],
)
def test_versions_are_the_names_between_the_commas(accepted: str, versions: set[str]) -> None:
    assert Config(accept_versions=accepted).versions == versions


def test_a_configuration_cannot_be_changed() -> None:
    with pytest.raises(FrozenInstanceError):
        Config().port = 1  # type: ignore[misc]


def test_the_text_of_a_configuration_has_no_password() -> None:
    config = Config(store="redis://:hunter2@localhost:6379/1")
    assert "hunter2" not in repr(config)


@pytest.mark.parametrize(
    ("store", "is_shared"), [("memory", False), ("", False), ("redis://localhost", True)]
)
def test_a_store_is_shared_unless_it_is_memory(store: str, is_shared: bool) -> None:  # noqa: FBT001
    assert Config(store=store).is_shared is is_shared


def test_several_workers_may_share_a_store() -> None:
    assert Config(workers=256, store="redis://localhost").workers == 256
