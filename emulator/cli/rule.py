"""Rules of a running server in lines: failpoints and stubs."""

import re
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any
from urllib.parse import quote

import click
import orjson

from emulator.cli.connection import ControlPlane
from emulator.cli.failure import fail, warn
from emulator.cli.journal import make_printable

JSON_BEGINNING = re.compile(r"\s*(\[|\{(?!\{))")
"""The beginning of an object or an array, not of a reference such as ``{{path.id}}``."""
HIDDEN_MEMBERS = ("id", "seen", "applied")


def print_rules(rules: Iterable[Mapping[str, Any]], *, as_json: bool = False) -> None:
    """Print rules, one in each line: id, counts and declaration."""
    for rule in rules:
        if as_json:
            click.echo(orjson.dumps(rule).decode())
            continue
        declared = {name: value for name, value in rule.items() if name not in HIDDEN_MEMBERS}
        counts = f"seen {rule['seen']}, applied {rule['applied']}"
        text = make_printable(orjson.dumps(declared).decode())
        click.echo(f"{rule['id']}: {text} ({counts})")


def remove_rules(control: ControlPlane, kind: str, identifier: str | None = None) -> None:
    """Remove a rule, or all rules without an id, and say so.

    Args:
        control: The control plane.
        kind: The rules in the plural, which is also their path.
        identifier: The id of a rule.
    """
    if identifier is None:
        control.send("DELETE", f"/{kind}")
        click.echo(f"{control.url}: no {kind} any more")
    else:
        control.send("DELETE", f"/{kind}/{quote(identifier, safe='')}")
        click.echo(f"{control.url}: {kind.removesuffix('s')} {identifier} removed")


def read_body(text: str, headers: Mapping[str, str]) -> Any:
    """Return a body: a JSON value or a text. ``@FILE`` is the content of a file.

    A text that looks like JSON, or is declared as JSON by the headers, brings a warning.
    """
    if text.startswith("@"):
        try:
            text = Path(text[1:]).read_text(encoding="utf-8")
        except OSError as error:
            fail(f"can't read the body from {text[1:]}: {error.strerror}")
        except UnicodeDecodeError as error:
            fail(f"can't read the body from {text[1:]}: {error}")
    try:
        return orjson.loads(text)
    except orjson.JSONDecodeError as error:
        types = (value for name, value in headers.items() if name.lower() == "content-type")
        if JSON_BEGINNING.match(text) or any("json" in value.lower() for value in types):
            warn(f"the body is not JSON, and is sent as it is: {error}")
        return text


def read_delay(text: str) -> float | list[float]:
    """Return seconds: a number, or the least and the greatest number as in ``0.1-0.5``."""
    try:
        numbers = [float(number) for number in text.split("-", 1)]
    except ValueError:
        raise click.BadParameter(
            f"'{text}' is neither seconds nor a range such as 0.1-0.5", param_hint="--delay"
        ) from None
    return numbers if len(numbers) > 1 else numbers[0]


delay_option = click.option(
    "--delay", metavar="SECONDS", help="Delay of the answer; 0.1-0.5 is a random delay."
)
times_option = click.option(
    "--times",
    type=click.IntRange(1),
    metavar="NUMBER",
    help="Number of requests; no limit if not given.",
)
