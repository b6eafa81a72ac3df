"""All knobs of a server: name, default, meaning, and environment variable.

The command line makes the flag ``--some-knob`` of each field. The environment variable is
``OCAPI_EMULATOR_SOME_KNOB``.
"""

import os
import re
import sys
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import Field, dataclass, field, fields
from difflib import get_close_matches
from typing import Any, Self
from urllib.parse import urlsplit

DIALECTS = ("documented", "observed")
LOG_FORMATS = ("text", "json", "none")
INVENTORY_SERVICE, ACCOUNT_MANAGER, WEBDAV = "inventory-service", "account-manager", "webdav"
OPTIONAL_APIS = (INVENTORY_SERVICE, ACCOUNT_MANAGER, WEBDAV)
"""The APIs beside the Open Commerce API, which a server may leave out."""
VERSION = re.compile(r"v\d{1,4}_\d{1,4}", re.ASCII)
NUMBER_RANGES = {
    "port": range(65536),
    "workspaces": range(2, 1_000_001),
    "workspace_age": range(1, 2**31),
    "journal": range(1_000_001),
    "journal_body": range(1024 * 1024 + 1),
}


MEMORY = "memory"
SHARED_STORE_SCHEMES = ("redis", "rediss", "unix")
"""URL schemes of a store for several processes, as redis-py reads them."""

VARIABLE_PREFIX = "OCAPI_EMULATOR_"
COMMAND_OPTIONS = (
    *("accepted", "ca_file", "client_id", "client_secret", "junit", "rule", "target"),
    *("token_url", "url"),
    *("catalogs", "customer_list", "library", "sites"),
    *("config", "wait", "workspace"),
)
"""Options of commands other than ``serve``; each has an environment variable, too."""
HEADER_VALUE = re.compile(r"[!-~](?:[ -~]*[!-~])?")
"""The values of headers that every client can send (RFC 9110, 5.5, without obs-text)."""
SURROGATE = re.compile("[\ud800-\udfff]")
NO_URL = re.compile(r"[\x00-\x20\x7f]")
"""The characters that no URL has, in any place (RFC 3986)."""
HEADER_SECRETS = ("control_token", "inventory_api_key")
EXTENSION_KNOBS = ("resources", "hooks")
TYPE_NAMES = {int: "a number", bool: "True or False", str: "a text"}
# Kubernetes gives such variables to every container beside a service named ocapi-emulator.
KUBERNETES_VARIABLE = re.compile(rf"{VARIABLE_PREFIX}(SERVICE_(HOST|PORT)|PORT_\d+_)")
TRUE_WORDS = frozenset({"1", "true", "t", "yes", "y", "on"})
FALSE_WORDS = frozenset({"0", "false", "f", "no", "n", "off"})


class ConfigError(ValueError):
    """A knob has an invalid value; the message says which knob and why."""


@contextmanager
def required_extra(extra: str, use: str) -> Iterator[None]:
    """Import optional packages in this context.

    Args:
        extra: The extra of our distribution with these packages, such as ``redis``.
        use: The feature that needs these packages, for the message.

    Raises:
        ConfigError: A package is missing; the message says how to install the extra.
    """
    try:
        yield
    except ModuleNotFoundError as error:
        missing = f"{use} needs the package {error.name}"
        raise ConfigError(f"{missing}: pip install 'ocapi-emulator[{extra}]'") from error


def knob(
    default: str | int | bool,  # noqa: FBT001
    meaning: str,
    placeholder: str = "",
    *,
    shown: bool = True,
    several: bool = False,
) -> "field":  # type: ignore[valid-type]
    """Return a dataclass field with a help text and a placeholder for the value.

    A value with secrets is not ``shown``: ``repr`` of a Config leaves it out. The flag of a value
    of ``several`` parts may be repeated.
    """
    described = {"help": meaning, "placeholder": placeholder, "several": several}
    return field(default=default, metadata=described, repr=shown)


@dataclass(frozen=True, slots=True)
class Config:
    """The set-up of a server.

    Raises:
        ConfigError: A value has another type, or is out of its range.
        TypeError: A keyword is not a field; the message has the nearest field.
    """

    host: str = knob(
        "127.0.0.1", "Address to listen on; several by repetition.", "ADDRESS", several=True
    )
    """Addresses are separated by commas."""
    port: int = knob(8080, "Port to listen on; 0 takes a free port.", "PORT")
    fixtures: str = knob(
        "storefront",
        "Data set: the name of a bundled one, a folder, or a site archive.",
        "NAME|DIR|ARCHIVE",
    )
    dialect: str = knob(
        "documented",
        "Answer as documented, or as observed on live systems, where these differ.",
        "|".join(DIALECTS),
    )
    accept_versions: str = knob(
        "",
        "Serve these API versions only, or 'any'; all published ones by default.",
        "v23_2,v19_5|any",
    )
    store: str = knob(
        MEMORY,
        "Keep the data in memory, or in a Redis for several processes.",
        "memory|redis://HOST:PORT/N",
        shown=False,
    )
    token_key: str = knob(
        "", "Secret to sign tokens with; random by default.", "SECRET", shown=False
    )
    inventory_api_key: str = knob(
        "", "Bearer token of the Inventory Service API; none by default.", "KEY", shown=False
    )
    trust_forwarded_proto: bool = knob(
        False, "Take the scheme of links from the header X-Forwarded-Proto."
    )
    control_token: str = knob(
        "",
        "Secret of the control plane; without a secret, only this machine may use it.",
        "SECRET",
        shown=False,
    )
    workspaces: int = knob(1000, "Greatest number of workspaces, with the default one.", "NUMBER")
    workspace_age: int = knob(
        3600, "Seconds without use until a new workspace may replace an old one.", "SECONDS"
    )
    journal: int = knob(1000, "Number of exchanges to keep in each workspace.", "NUMBER")
    journal_body: int = knob(16384, "Bytes to keep of each body in the journal.", "BYTES")
    failpoints: str = knob("", "JSON file of failpoints to start with.", "FILE")
    stubs: str = knob("", "Folder with JSON files of stubs to start with.", "DIR")
    upstream: str = knob(
        "", "Pass requests that nothing else answers to this real instance.", "URL"
    )
    settings: str = knob("", "JSON file with OCAPI settings: the permissions of clients.", "FILE")
    seed: str = knob(
        "", "Make ids, tokens and dates the same in each run; the clock stands still.", "TEXT"
    )
    log: str = knob(
        "",
        "Log a line for each request on standard error; 'serve' logs text by default.",
        "|".join(LOG_FORMATS),
    )
    verbose: bool = knob(False, "Log headers and bodies of each request, too.")
    without: str = knob("", "APIs to leave out.", ",".join(OPTIONAL_APIS))
    tls: bool = knob(False, "Serve https; the certificate comes from an own authority (see 'ca').")
    tls_name: str = knob("", "Further host names and addresses of the certificate.", "NAME,NAME")
    tls_cert: str = knob("", "Serve https with this certificate (PEM).", "FILE")
    tls_key: str = knob("", "Private key of --tls-cert (PEM).", "FILE")
    resources: str | Sequence[Any] = knob(
        "", "Python file with resources and hooks of your own.", "FILE.py"
    )
    """In a program also a list of resources, kept as a tuple."""
    hooks: str | Mapping[str, Any] | Sequence[Any] = knob(
        "", "JSON file of hooks: a URL by the name of the hook.", "FILE"
    )
    """In a program also functions by the name of the hook, kept as pairs."""

    def __new__(cls, *_: Any, **knobs: Any) -> Self:
        """Check the names of the fields."""
        known = {knob.name for knob in fields(cls)}
        for name in sorted(knobs.keys() - known):
            near = get_close_matches(name, sorted(known), 1)
            hint = f": did you mean {near[0]}?" if near else ""
            raise TypeError(f"unknown argument {name}{hint}")
        return object.__new__(cls)

    def __post_init__(self) -> None:
        self._check_types()
        self._check_texts()
        if self.dialect not in DIALECTS:
            raise ConfigError(f"dialect '{self.dialect}' is neither {' nor '.join(DIALECTS)}")
        if self.log not in ("", *LOG_FORMATS):
            raise ConfigError(f"log '{self.log}' is not one of {', '.join(LOG_FORMATS)}")
        for name in sorted(self.left_out - {*OPTIONAL_APIS}):
            raise ConfigError(f"without '{name}' is not one of {', '.join(OPTIONAL_APIS)}")
        for name, allowed in NUMBER_RANGES.items():
            if (number := getattr(self, name)) not in allowed:
                bounds = f"{allowed.start} and {allowed.stop - 1}"
                raise ConfigError(f"{name} {number} is not between {bounds}")
        self._freeze_extensions()
        self._check_store()
        self._check_upstream()
        self._check_secrets()
        if bool(self.tls_cert) != bool(self.tls_key):
            raise ConfigError("a certificate (--tls-cert) and its key (--tls-key) go together")
        for name in self.versions - {"any"}:
            if not VERSION.fullmatch(name):
                raise ConfigError(f"version '{name}' is not of the form v23_2")

    def _check_types(self) -> None:
        """Check the types of the values, and keep paths as texts; no message repeats a secret."""
        for knob in fields(self):
            value, wanted = getattr(self, knob.name), type(knob.default)
            if isinstance(value, os.PathLike):
                object.__setattr__(self, knob.name, value := os.fspath(value))
            # A bool is an int, so 0 and 1 serve as bools, too.
            if knob.name in EXTENSION_KNOBS or isinstance(value, int if wanted is bool else wanted):
                continue
            is_text = isinstance(value, str)
            given = f"'{value}' is a text" if is_text else f"is of the type {type(value).__name__}"
            raise ConfigError(f"{knob.name} {given}: {TYPE_NAMES[wanted]} is needed")

    def _check_texts(self) -> None:
        """Check that answers, tokens and the log can hold the texts; no message repeats a secret.

        A variable with other bytes than UTF-8 is read with lone surrogates.
        """
        for knob in fields(self):
            value = getattr(self, knob.name)
            if isinstance(value, str) and not is_unicode(value):
                raise ConfigError(f"{knob.name} is not a text in UTF-8")

    def _freeze_extensions(self) -> None:
        """Keep resources and hooks of a program as tuples: a Config may be a key."""
        resources: Any = self.resources
        hooks: Any = self.hooks
        try:
            if not isinstance(resources, str):
                object.__setattr__(self, "resources", tuple(resources))
            if not isinstance(hooks, str):
                named = {n: tuple(h) if isinstance(h, list) else h for n, h in dict(hooks).items()}
                object.__setattr__(self, "hooks", tuple(named.items()))
        except (TypeError, ValueError) as error:
            known = "give resources as a file or a list, and hooks as a file or a map by name"
            raise ConfigError(known) from error

    def _check_store(self) -> None:
        """Check the store; no message repeats its URL, which may have a password."""
        try:
            url = urlsplit(self.store)
            known = not self.is_shared or (url.scheme in SHARED_STORE_SCHEMES and url.port != 0)
        except ValueError:
            known = False
        if not known:
            raise ConfigError("store is neither memory nor a URL such as redis://localhost:6379/0")

    def _check_upstream(self) -> None:
        """Check the URL of the instance; no message repeats the URL, which may have a password."""
        if self.upstream and not is_base_url(self.upstream):
            example = "https://dev01-realm-customer.demandware.net"
            raise ConfigError(f"upstream is not a URL without user and query, such as {example}")

    def _check_secrets(self) -> None:
        """Check the secrets of request headers; no message repeats a secret."""
        for name in HEADER_SECRETS:
            if (secret := getattr(self, name)) and not HEADER_VALUE.fullmatch(secret):
                allowed = "use visible ASCII characters, with spaces between them only"
                raise ConfigError(f"{name} cannot be sent in a header: {allowed}")

    @classmethod
    def from_environment(cls, environ: Mapping[str, str] | None = None, /, **knobs: Any) -> Self:
        """Return the set-up of the ``OCAPI_EMULATOR_*`` variables.

        An unknown variable is reported on standard error. An empty variable counts as unset.

        Args:
            environ: The variables; those of the process by default.
            **knobs: Fields with precedence over the variables.

        Raises:
            ConfigError: A variable or a field has an invalid value.
            TypeError: A keyword is not a field.
        """
        variables = os.environ if environ is None else environ
        for complaint in unknown_variables(variables):
            print(f"ocapi-emulator: {complaint}", file=sys.stderr)  # noqa: T201 - a server's log
        given: dict[str, Any] = {
            knob.name: _convert(knob, text)
            for knob in fields(cls)
            if knob.name not in knobs and (text := variables.get(variable(knob.name)))
        }
        return cls(**given, **knobs)

    @property
    def is_shared(self) -> bool:
        """Whether other processes can see the state."""
        return self.store not in ("", MEMORY)

    @property
    def is_secure(self) -> bool:
        """Whether the server speaks https."""
        return self.tls or bool(self.tls_cert)

    @property
    def hosts(self) -> tuple[str, ...]:
        """The addresses to listen on."""
        names = (name.strip() for name in self.host.split(","))
        return tuple(dict.fromkeys(filter(None, names))) or (self.host,)

    @property
    def tls_names(self) -> tuple[str, ...]:
        """Further names of the certificate."""
        return tuple(name.strip() for name in self.tls_name.split(",") if name.strip())

    @property
    def left_out(self) -> frozenset[str]:
        """The APIs to leave out, such as ``inventory-service``."""
        names = (name.strip().lower() for name in self.without.split(","))
        return frozenset(name for name in names if name)

    @property
    def versions(self) -> frozenset[str]:
        """The accepted versions, such as ``v23_2``, and ``any``; empty for all published ones."""
        names = (name.strip() for name in self.accept_versions.split(","))
        return frozenset(name for name in names if name)


def is_unicode(text: str) -> bool:
    """Return whether a text has no lone surrogates, so that UTF-8 can encode it."""
    return not SURROGATE.search(text)


def is_url(text: str) -> bool:
    """Return whether a text is an http or https URL with a host that has a form of IDNA."""
    try:
        parts = urlsplit(text)
        host = (parts.hostname or "").encode("idna")
        is_known = parts.scheme in ("http", "https") and bool(host) and parts.port != 0
    except ValueError:
        return False
    return is_known and not NO_URL.search(text)


def is_base_url(text: str) -> bool:
    """Return whether a text is an http or https URL of a host, without user, query and fragment.

    The path is ASCII: the requests to the host begin with the path as it is.
    """
    if not is_url(text):
        return False
    parts = urlsplit(text)
    return parts.path.isascii() and not ("@" in parts.netloc or parts.query or parts.fragment)


def _convert(knob: Field[Any], text: str) -> str | int | bool:
    """Return the value of a variable, read as the command line reads it."""
    word = text.strip().lower()
    match knob.default:
        case bool():
            if word not in TRUE_WORDS | FALSE_WORDS:
                raise ConfigError(f"{variable(knob.name)} '{text}' is neither true nor false")
            return word in TRUE_WORDS
        case int():
            try:
                return int(text)
            except ValueError:
                raise ConfigError(f"{variable(knob.name)} '{text}' is not a number") from None
        case _:
            return text


def variable(name: str) -> str:
    """Return the environment variable of a knob or of a command's option."""
    return f"{VARIABLE_PREFIX}{name.upper()}"


def unknown_variables(environ: Mapping[str, str]) -> Iterator[str]:
    """Yield a line for each unknown ``OCAPI_EMULATOR_*`` variable, with the nearest known name."""
    known = sorted({*(knob.name for knob in KNOBS), *COMMAND_OPTIONS})
    for name in sorted(environ):
        option = name.removeprefix(VARIABLE_PREFIX).lower()
        if option == name.lower() or option in known or KUBERNETES_VARIABLE.match(name):
            continue
        near = get_close_matches(option, known, 1)
        hint = f": did you mean {variable(near[0])}?" if near else ""
        yield f"unknown environment variable {name}{hint}"


KNOBS = fields(Config)
