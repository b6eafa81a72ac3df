"""``ocapi-emulator journal``."""

from collections.abc import Callable, Mapping
from time import sleep
from typing import Any
from urllib.parse import urlencode

import click
import orjson

from emulator.cli.condition import (
    ANSWER_CONDITIONS,
    REQUEST_CONDITIONS,
    condition_options,
    take_conditions,
)
from emulator.cli.connection import ControlPlane, connected
from emulator.cli.option import control_options, examples, json_option

POLL_SECONDS = 0.3
MAX_LIMIT = 999_999_999
CONDITIONS = REQUEST_CONDITIONS | ANSWER_CONDITIONS
STATUS_COLORS = {2: "green", 3: "green", 4: "yellow"}


@click.command(
    epilog=examples(
        "journal",
        "journal --follow --status 4xx",
        "journal --method PATCH --path '/**/inventory_lists/*' --limit 5",
        "journal --fault '*' --json",
        "journal --header if-match:*",
    )
)
@control_options
@condition_options(CONDITIONS)
@click.option(
    "--limit",
    type=click.IntRange(0, MAX_LIMIT),
    default=100,
    show_default=True,
    metavar="NUMBER",
    help="Number of recorded exchanges to print, the latest ones.",
)
@click.option("-f", "--follow", is_flag=True, help="Go on with new exchanges until Ctrl-C.")
@json_option
def journal(limit: int, *, follow: bool, as_json: bool, **given: Any) -> None:
    """Print the recorded exchanges of a running server, oldest first, a line for each.

    With --json a line is the whole exchange with headers and bodies. Secrets are replaced by ***.
    """
    conditions = take_conditions(given, CONDITIONS)
    show = _render_json if as_json else _render
    with connected(given) as control:
        last = _print(control, {"limit": limit, **conditions}, show)
        while follow:
            sleep(POLL_SECONDS)
            asked = {"limit": MAX_LIMIT, "after": last, **conditions}
            last = _print(control, asked, show)


def _print(
    control: ControlPlane, asked: Mapping[str, Any], render: Callable[[Mapping[str, Any]], str]
) -> int:
    """Print the exchanges of a query; return the number of the latest recorded exchange."""
    values = {name: _list_pairs(value) for name, value in asked.items()}
    answer = control.ask(f"/journal?{urlencode(values, doseq=True)}")
    for exchange in answer["exchanges"]:
        click.echo(render(exchange))
    return int(answer["last"])


def _list_pairs(value: Any) -> Any:
    if isinstance(value, Mapping):
        return [f"{name}:{pattern}" for name, pattern in value.items()]
    return value


def _render_json(exchange: Mapping[str, Any]) -> str:
    return orjson.dumps(exchange).decode()


def _render(exchange: Mapping[str, Any]) -> str:
    """Return an exchange as a line."""
    query = f"?{exchange['query']}" if exchange["query"] else ""
    request = f"{exchange['client'] or '-'} {exchange['method']} {exchange['path']}{query}"
    outcome = f"{exchange['status'] or 'dropped'} {exchange['fault']}".rstrip()
    color = STATUS_COLORS.get(exchange["status"] // 100, "red")
    marks = [f"[{k} {exchange[k]}]" for k in ("failpoint", "stub", "upstream") if exchange.get(k)]
    time = str(exchange["at"]).rpartition("T")[2].removesuffix("Z")
    words = (
        f"{exchange['number']:>5} {time} {make_printable(request)}",
        click.style(make_printable(outcome), fg=color),
        f"{exchange['seconds'] * 1000:.1f} ms",
        *marks,
    )
    return " ".join(words)


def make_printable(text: str) -> str:
    """Return a text without control characters, which could be commands for a terminal."""
    return "".join(character if character.isprintable() else "?" for character in text)
