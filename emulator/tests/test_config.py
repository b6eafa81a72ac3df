"""The knobs: their defaults, their ranges, their environment variables."""

from dataclasses import FrozenInstanceError
from pathlib import Path
from typing import Any

import pytest

from emulator import Emulator, create_app
from emulator.config import KNOBS, Config, ConfigError, is_base_url, is_url, variable
from emulator.tests.knob import DEFAULTS
from emulator.tests.table import table

ASCII_ONLY = "use visible ASCII characters, with spaces between them only"
NOT_SENDABLE = f"cannot be sent in a header: {ASCII_ONLY}"
NO_STORE = "store is neither memory nor a URL such as redis://localhost:6379/0"


def test_every_knob_has_its_default() -> None:
    assert {knob.name: getattr(Config(), knob.name) for knob in KNOBS} == DEFAULTS


def test_every_knob_has_a_help_text() -> None:
    texts = {knob.name: knob.metadata["help"] for knob in KNOBS}
    assert {n: t for n, t in texts.items() if not (t[0].isupper() and t.endswith("."))} == {}


def test_every_knob_but_flags_has_a_placeholder() -> None:
    without = {knob.name for knob in KNOBS if not knob.metadata["placeholder"]}
    assert without == {"trust_forwarded_proto", "tls", "verbose"}


def test_the_environment_variable_is_the_prefixed_name() -> None:
    assert variable("token_key") == "OCAPI_EMULATOR_TOKEN_KEY"


VARIABLES = [
    ("OCAPI_EMULATOR_HOST", "localhost", "host", "localhost"),
    ("OCAPI_EMULATOR_PORT", " 0 ", "port", 0),
    ("OCAPI_EMULATOR_FIXTURES", "", "fixtures", "storefront"),
    ("OCAPI_EMULATOR_JOURNAL", "7", "journal", 7),
    ("OCAPI_EMULATOR_TLS", "1", "tls", True),
    ("OCAPI_EMULATOR_TLS", "Yes", "tls", True),
    ("OCAPI_EMULATOR_TLS", "off", "tls", False),
    ("OCAPI_EMULATOR_TLS", "", "tls", False),
]


@table(("name", "text", "field", "value"), VARIABLES)
def test_a_variable_sets_its_field(name: str, text: str, field: str, value: object) -> None:
    assert getattr(Config.from_environment({name: text}), field) == value


def test_a_keyword_has_precedence_over_a_variable() -> None:
    config = Config.from_environment({"OCAPI_EMULATOR_PORT": "x"}, port=5, dialect="observed")
    assert (config.port, config.dialect) == (5, "observed")


def test_the_variables_of_the_process_are_the_default(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OCAPI_EMULATOR_DIALECT", "observed")
    assert Config.from_environment().dialect == "observed"


@table(
    ("name", "text", "message"),
    [
        ("PORT", "http", "OCAPI_EMULATOR_PORT 'http' is not a number"),
        ("PORT", "65536", "port 65536 is not between 0 and 65535"),
        ("TLS", "maybe", "OCAPI_EMULATOR_TLS 'maybe' is neither true nor false"),
        ("DIALECT", "spoken", "dialect 'spoken' is neither documented nor observed"),
    ],
)
def test_an_invalid_variable_is_an_error(name: str, text: str, message: str) -> None:
    with pytest.raises(ConfigError) as error:
        Config.from_environment({f"OCAPI_EMULATOR_{name}": text})
    assert str(error.value) == message


def test_unknown_variables_are_reported_with_the_nearest_known(
    capsys: pytest.CaptureFixture[str],
) -> None:
    names = ("FIXTURE", "TLS_NAMES", "XYZZY", "CLIENT_ID", "SERVICE_HOST", "PORT_8080_TCP_ADDR")
    environ = {f"OCAPI_EMULATOR_{name}": "x" for name in names} | {"PATH": "/bin"}
    assert Config.from_environment(environ) == Config()
    lines = (
        "FIXTURE: did you mean OCAPI_EMULATOR_FIXTURES?",
        "TLS_NAMES: did you mean OCAPI_EMULATOR_TLS_NAME?",
        "XYZZY",
    )
    start = "ocapi-emulator: unknown environment variable OCAPI_EMULATOR_"
    assert capsys.readouterr().err.splitlines() == [start + line for line in lines]


@table(
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
        {"control_token": "open sesame"},
        {"accept_versions": "any"},
        {"accept_versions": "v1_0"},
    ],
)
def test_a_value_within_its_range_is_kept(knobs: dict[str, Any]) -> None:
    [(name, value)] = knobs.items()
    assert getattr(Config(**knobs), name) == value


@table(
    ("knobs", "message"),
    [
        ({"port": -1}, "port -1 is not between 0 and 65535"),
        ({"port": "80"}, "port '80' is a text: a number is needed"),
        ({"port": None}, "port is of the type NoneType: a number is needed"),
        ({"tls": "no"}, "tls 'no' is a text: True or False is needed"),
        ({"fixtures": None}, "fixtures is of the type NoneType: a text is needed"),
        ({"control_token": b"hunter2"}, "control_token is of the type bytes: a text is needed"),
        ({"control_token": "hünter2"}, f"control_token {NOT_SENDABLE}"),
        ({"control_token": " hunter2"}, f"control_token {NOT_SENDABLE}"),
        ({"inventory_api_key": "hunter2\n"}, f"inventory_api_key {NOT_SENDABLE}"),
        ({"port": 65536}, "port 65536 is not between 0 and 65535"),
        ({"dialect": "welsh"}, "dialect 'welsh' is neither documented nor observed"),
        ({"dialect": ""}, "dialect '' is neither documented nor observed"),
        ({"dialect": "Observed"}, "dialect 'Observed' is neither documented nor observed"),
        ({"store": "http://:hunter2@localhost"}, NO_STORE),
        ({"store": "redis://:hunter2@localhost:99999/0"}, NO_STORE),
        ({"store": "localhost:6379"}, NO_STORE),
        ({"accept_versions": "23.1"}, "version '23.1' is not of the form v23_2"),
        ({"accept_versions": "v23"}, "version 'v23' is not of the form v23_2"),
        ({"accept_versions": "V23_1"}, "version 'V23_1' is not of the form v23_2"),
        ({"accept_versions": "v23_1_1"}, "version 'v23_1_1' is not of the form v23_2"),
        ({"accept_versions": "v23_1,all"}, "version 'all' is not of the form v23_2"),
    ],
)
def test_a_value_out_of_its_range_is_an_error(knobs: dict[str, Any], message: str) -> None:
    with pytest.raises(ConfigError) as error:
        Config(**knobs)
    assert str(error.value) == message


@table(
    ("name", "message"),
    [
        ("fixture", "unknown argument fixture: did you mean fixtures?"),
        ("xyzzy", "unknown argument xyzzy"),
    ],
)
def test_an_unknown_argument_is_an_error_with_the_nearest_known(name: str, message: str) -> None:
    knobs: dict[str, Any] = {name: "x"}
    for make in (Config, Config.from_environment, create_app, Emulator):
        with pytest.raises(TypeError) as error:
            make(**knobs)
        assert str(error.value) == message


def test_a_path_is_kept_as_a_text() -> None:
    config = Config(fixtures=Path("data"), resources=Path("lockers.py"))  # type: ignore[arg-type]
    assert (config.fixtures, config.resources) == ("data", "lockers.py")


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


def test_the_text_of_a_configuration_has_no_secret() -> None:
    config = Config(
        store="redis://:hunter2@localhost:6379/1",
        token_key="hunter2",
        control_token="hunter2",
        inventory_api_key="hunter2",
    )
    assert "hunter2" not in repr(config)


@table("url", ["http://localhost", "https://shop.example:8443/", "http://[::1]:80", "HTTP://a/b"])
def test_an_http_url_with_a_host_is_a_base_url(url: str) -> None:
    assert is_url(url)
    assert is_base_url(url)


@table("url", ["http://a:b@shop", "http://@shop", "http://shop?a=b", "https://shop/#top"])
def test_a_url_with_more_than_the_place_is_no_base_url(url: str) -> None:
    assert is_url(url)
    assert not is_base_url(url)


@table("url", ["http://shop/\u00e4", "http://sh\u00f6p/\u20ac"])
def test_a_path_beyond_ascii_is_no_part_of_a_base_url(url: str) -> None:
    assert is_url(url)
    assert not is_base_url(url)


@table(
    "text", ["http://a b", "http://shop/a b", "http://shop\n", "http://a..b", f"http://{'a' * 64}"]
)
def test_a_url_that_no_client_can_ask_is_no_url(text: str) -> None:
    assert not is_url(text)
    assert not is_base_url(text)


@table("name", [name for name, default in DEFAULTS.items() if isinstance(default, str)])
def test_a_text_that_is_not_utf_8_is_an_error(name: str) -> None:
    variables = {variable(name): b"hunter\xff".decode(errors="surrogateescape")}
    with pytest.raises(ConfigError) as error:
        Config.from_environment(variables)
    assert str(error.value) == f"{name} is not a text in UTF-8"


@table("text", ["", "shop", "ftp://shop", "http://", "http://shop:0", "http://a:b", "http://[x"])
def test_another_text_is_no_url(text: str) -> None:
    assert not is_url(text)
    assert not is_base_url(text)


@table(("store", "is_shared"), [("memory", False), ("", False), ("redis://localhost", True)])
def test_a_store_is_shared_unless_it_is_memory(store: str, is_shared: bool) -> None:  # noqa: FBT001
    assert Config(store=store).is_shared is is_shared
