"""The lines that ``serve`` writes once it listens: data set, configuration, addresses."""

from collections.abc import Iterator
from importlib import metadata
from time import gmtime, strftime
from urllib.parse import urlsplit

import orjson

from emulator.app import api_of, list_collections
from emulator.config import Config
from emulator.control.app import PATH_PREFIX
from emulator.server import Emulator
from emulator.store import StoreUnavailable

SHOWN_COLLECTIONS = (
    *("sites", "catalogs", "categories", "products", "inventory_lists"),
    *("product_inventory_records", "customers", "orders", "promotions", "content"),
)
"""The collections whose counts are shown one by one."""
NAME_WIDTH = 12


def render_text(emulator: Emulator, config_file: str = "") -> str:
    """Return the lines for people."""
    facts = describe(emulator, config_file).items()
    return "".join(f"  {name.replace('_', ' '):{NAME_WIDTH}}{text}\n" for name, text in facts)


def render_json(emulator: Emulator, config_file: str = "") -> str:
    """Return a line with a JSON object, in the form of the log."""
    now = strftime("%Y-%m-%dT%H:%M:%S.000Z", gmtime())
    event = {"time": now, "level": "info", "message": f"listening on {emulator.url}"}
    return orjson.dumps(event | describe(emulator, config_file)).decode() + "\n"


def describe(emulator: Emulator, config_file: str = "") -> dict[str, str]:
    """Return the facts of a started server by name, without secrets.

    Args:
        emulator: The server.
        config_file: The path of the configuration file, empty for none.
    """
    config, url = emulator.config, emulator.url
    control = " --control-token SECRET" if config.control_token else ""
    facts = {
        "version": metadata.version("ocapi-emulator"),
        "config": config_file,
        "data_set": f"{config.fixtures}: {_count(emulator)}",
        "dialect": config.dialect,
        "versions": ", ".join(sorted(config.versions)) or "all published",
        "store": _name_store(config),
        "without": ", ".join(sorted(config.left_out)),
        "console": f"{url}{PATH_PREFIX}/",
        "token": f"ocapi-emulator token --url {url}{control}",
    }
    return {name: text for name, text in facts.items() if text}


def _count(emulator: Emulator) -> str:
    store, collections = emulator.workspace.store, list_collections(api_of(emulator.app))
    try:
        counts = {c.name: store.count(c.name) for c in collections if not c.single}
    except StoreUnavailable:  # the server answers 503 until the store is back
        return "the store can't be reached"
    shown = {name: count for name in SHOWN_COLLECTIONS if (count := counts.get(name))}
    others = sum(counts.values()) - sum(shown.values())
    return ", ".join(_list_counts(shown, others))


def _list_counts(shown: dict[str, int], others: int) -> Iterator[str]:
    for name, count in shown.items():
        yield f"{count:,} {name}"
    if others:
        yield f"{others:,} other documents"


def _name_store(config: Config) -> str:
    """Return the store without the user and the password in its URL."""
    if not config.is_shared:
        return "memory"
    url = urlsplit(config.store)
    return f"{url.scheme}://{url.netloc.rpartition('@')[2]}{url.path}"
