"""Every knob, once: its name, its default, its meaning.

The command line derives the flag ``--some-knob`` and the environment variable
``OCAPI_EMULATOR_SOME_KNOB`` from each field.
"""

import re
from dataclasses import dataclass, field, fields
from urllib.parse import urlsplit

DIALECTS = ("documented", "observed")
VERSION = re.compile(r"v\d{1,4}_\d{1,4}", re.ASCII)
RANGES = {
    "port": range(65536),
    "workers": range(1, 257),
    "workspaces": range(2, 1_000_001),
    "workspace_age": range(1, 2**31),
    "journal": range(1_000_001),
    "journal_body": range(1024 * 1024 + 1),
}


MEMORY = "memory"
SHARED = ("redis", "rediss", "unix")
"""Schemes of the stores that several processes share, as redis-py reads them."""


class ConfigError(ValueError):
    """A knob has a value it cannot have; the message says which and why."""


def knob(
    default: str | int | bool,  # noqa: FBT001
    meaning: str,
    placeholder: str = "",
    *,
    shown: bool = True,
) -> "field":  # type: ignore[valid-type]
    """Return a dataclass field with its help text and the placeholder of its value.

    What is not ``shown`` has secrets, and stays out of the text that stands for a Config.
    """
    told = {"help": meaning, "placeholder": placeholder}
    return field(default=default, metadata=told, repr=shown)


@dataclass(frozen=True, slots=True)
class Config:
    """How one emulator is set up.

    Raises:
        ConfigError: A value is out of its range.
    """

    host: str = knob("127.0.0.1", "Address to listen on.", "ADDRESS")
    port: int = knob(8080, "Port to listen on; 0 takes any free one.", "PORT")
    fixtures: str = knob("storefront", "Bundled data set, or a folder with one.", "NAME|DIR")
    dialect: str = knob(
        "documented",
        "Where documentation and live systems differ: answer as the one or the other.",
        "|".join(DIALECTS),
    )
    accept_versions: str = knob(
        "", "Further API versions served under their own name, or 'any'.", "v19_5,v23_1|any"
    )
    store: str = knob(
        MEMORY,
        "Where state is kept: memory, or a Redis that all processes share.",
        "memory|redis://HOST:PORT/N",
        shown=False,
    )
    workers: int = knob(1, "Processes that serve; more than one need a shared store.", "NUMBER")
    token_key: str = knob(
        "", "Secret that signs tokens; the same in all processes that share them.", "SECRET"
    )
    inventory_api_key: str = knob(
        "", "Key that the Inventory Service API demands as a bearer token; none if empty.", "KEY"
    )
    trust_forwarded_proto: bool = knob(False, "Take the scheme of links from X-Forwarded-Proto.")
    control_token: str = knob(
        "",
        "Secret that the control plane demands; without one it serves this machine only.",
        "SECRET",
    )
    workspaces: int = knob(1000, "Workspaces kept at most, the default one included.", "NUMBER")
    workspace_age: int = knob(
        3600, "Seconds without use after which a workspace makes room for new ones.", "SECONDS"
    )
    journal: int = knob(1000, "Exchanges kept in each workspace; 0 for none.", "NUMBER")
    journal_body: int = knob(16384, "Bytes kept of each body in the journal.", "BYTES")
    failpoints: str = knob("", "JSON file of failpoints that are there from the start.", "FILE")
    settings: str = knob("", "OCAPI settings document: what clients may do.", "FILE")
    seed: str = knob(
        "", "Makes ids, tokens and dates the same in each run; time stands until moved.", "TEXT"
    )
    tls: bool = knob(False, "Serve https, by a certificate of a certificate authority of our own.")
    tls_name: str = knob("", "Further host names and addresses of that certificate.", "NAME,NAME")
    tls_cert: str = knob("", "Serve https by this certificate, in PEM.", "FILE")
    tls_key: str = knob("", "Its private key, in PEM.", "FILE")

    def __post_init__(self) -> None:
        if self.dialect not in DIALECTS:
            raise ConfigError(f"dialect '{self.dialect}' is neither {' nor '.join(DIALECTS)}")
        for name, numbers in RANGES.items():
            if (number := getattr(self, name)) not in numbers:
                told = f"{numbers.start} and {numbers.stop - 1}"
                raise ConfigError(f"{name} {number} is not between {told}")
        self._check_store()
        if bool(self.tls_cert) != bool(self.tls_key):
            raise ConfigError("a certificate (--tls-cert) and its key (--tls-key) go together")
        for name in self.versions - {"any"}:
            if not VERSION.fullmatch(name):
                raise ConfigError(f"version '{name}' is not of the form v23_2")

    def _check_store(self) -> None:
        """Refuse a store that is none; its URL may have a password, so it is not repeated."""
        try:
            url = urlsplit(self.store)
            known = not self.is_shared or (url.scheme in SHARED and url.port != 0)
        except ValueError:
            known = False
        if not known:
            raise ConfigError("store is neither memory nor a URL such as redis://localhost:6379/0")
        if self.workers > 1 and not self.is_shared:
            told = "--store redis://HOST:PORT/N, or one process"
            raise ConfigError(f"{self.workers} workers need a store that they share: {told}")

    @property
    def is_shared(self) -> bool:
        """Whether state is kept where other processes can see it."""
        return self.store not in ("", MEMORY)

    @property
    def is_secure(self) -> bool:
        """Whether https is served."""
        return self.tls or bool(self.tls_cert)

    @property
    def tls_names(self) -> tuple[str, ...]:
        """The further names of the certificate."""
        return tuple(name.strip() for name in self.tls_name.split(",") if name.strip())

    @property
    def versions(self) -> frozenset[str]:
        """The further versions as ``v<major>_<minor>``, or ``{"any"}``."""
        names = (name.strip() for name in self.accept_versions.split(","))
        return frozenset(name for name in names if name)


def variable(name: str) -> str:
    """Return the environment variable of the knob ``name``."""
    return f"OCAPI_EMULATOR_{name.upper()}"


KNOBS = fields(Config)
