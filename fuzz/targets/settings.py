"""Files of the user: OCAPI settings, the configuration file, failpoints, stubs and hooks."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory

from emulator.cli import config_file
from emulator.cli.serve import serve
from emulator.config import Config, ConfigError
from emulator.fixture.data_set import FixtureError, load
from emulator.ocapi.access.settings import SettingsError, read_file
from emulator.ocapi.data_api import OWN
from fuzz.bounds import Check
from fuzz.engine import Target
from fuzz.mutation import Corpus
from fuzz.targets.requests import PERMISSIONS

CONFIG = Corpus(
    (
        b'port = 9000\nfixtures = "samples"\nwithout = ["webdav"]\nhost = ["::1", "127.0.0.1"]\n',
        b'[tool.ocapi-emulator]\ntls = true\nworkspace-age = 5\nlog = "json"\n',
    ),
    (
        b"[a]\n",
        b"a.b.c = 1\n",
        b'"""',
        b"port = ",
        b"= [" + b"[" * 3000,
        b"1979-05-27",
        b"inf",
        b"0x",
        b"{a={",
    ),
)
SETTINGS = Corpus(
    (PERMISSIONS,),
    (
        b'"resource_id":',
        b'"/**/*"',
        b'"methods":[',
        b'"(a.(b))"',
        b'"version_range":[{"from":"1"}]',
        b"{" * 900,
    ),
)
DATA_SET = Corpus(
    (
        b'[{"id":"a","description":"d","default_in_stock":true,"assigned_sites":["s"]}]',
        b'[{"id":"a","c_x":1,"creation_date":"2023-01-16T08:00:00.000Z"}]',
    ),
    (b'"id":', b"null", b"1e400", b'"' * 9, b"[{}]", b'"_type":"x"', b'"assigned_sites":'),
)


def _in_folder(name: str, corpus: Corpus, check: Callable[[Path], None], file: str) -> Target:
    """Return the target of a reader of files."""

    @contextmanager
    def open_() -> Iterator[Check]:
        with TemporaryDirectory() as folder:
            path = Path(folder) / file

            def check_file(data: bytes) -> None:
                path.write_bytes(data)
                check(path)

            yield check_file

    return Target(name, corpus, open_)


def check_configuration(path: Path) -> None:
    """A configuration file has values for the options of ``serve``, or an error in words."""
    try:
        found = config_file.find(path.parent, path.name)
        values = config_file.convert(found, serve) if found else {}
        Config(**{name: value for name, value in values.items() if not isinstance(value, tuple)})
    except ConfigError:
        return


def check_settings(path: Path) -> None:
    """A settings document has permissions, or errors in words."""
    try:
        read_file(path)
    except SettingsError:
        return


def check_data_set(path: Path) -> None:
    """A data set has records, or errors in words."""
    (path.parent / "sites.json").write_bytes(b'[{"id":"s"}]')
    (path.parent / "clients.json").write_bytes(
        b'{"clients":[{"client_id":"c","client_secret":"s"}]}'
    )
    try:
        load(str(path.parent), OWN.collections)
    except FixtureError:
        return


TARGETS = (
    _in_folder("configuration-files", CONFIG, check_configuration, "ocapi-emulator.toml"),
    _in_folder("ocapi-settings", SETTINGS, check_settings, "settings.json"),
    _in_folder("data-sets", DATA_SET, check_data_set, "inventory_lists.json"),
)
