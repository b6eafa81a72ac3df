"""The report of a benchmark: setting and tables, as Markdown and as JSON."""

import json
import platform
from argparse import Namespace
from collections.abc import Mapping, Sequence
from typing import Any

from benchmarks.case import Plan
from benchmarks.process import log
from benchmarks.table import Row, list_figures, render

Report = Mapping[str, Sequence[Row]]
"""Tables by title."""


def publish(
    report: Report, options: Namespace, plan: Plan, left_out: Mapping[str, str] | None = None
) -> None:
    """Print the tables, and write the figures into the file of the options.

    Args:
        report: The tables.
        options: The options.
        plan: The plan of all loads.
        left_out: The reason for each server without measurements, by name.
    """
    setting = _describe(options, plan) | {"left_out": dict(left_out or {})}
    missing = [f"Left out: {name} ({why})" for name, why in setting["left_out"].items()]
    parts = [
        _introduce(setting),
        *missing,
        *(render(title, rows) for title, rows in report.items()),
    ]
    print("\n\n".join(parts))
    figures = {title: list_figures(rows) for title, rows in report.items()}
    options.json.parent.mkdir(parents=True, exist_ok=True)
    options.json.write_text(json.dumps({"setting": setting, "tables": figures}, indent=2) + "\n")
    log(f"the figures of all rounds are in {options.json}")


def _describe(options: Namespace, plan: Plan) -> dict[str, Any]:
    return {
        "generator": options.generator,
        "connections": options.connections,
        "rounds": options.rounds,
        "seconds": options.seconds,
        "cores": plan.cores._asdict(),
        "load_average_before": options.load_average,
        "python": f"{platform.python_implementation()} {platform.python_version()}",
        "machine": f"{platform.system()} {platform.machine()}",
    }


def _introduce(setting: Mapping[str, Any]) -> str:
    cores = setting["cores"]
    pinned = f"servers on core {cores['server']}, client on core {cores['client']}"
    several = setting["rounds"] > 1
    rounds = f"medians of {setting['rounds']} rounds" if several else "a single round"
    load = setting["load_average_before"]
    others = "" if load is None else f"; load average of the minute before: {load:.1f}"
    generator = "wrk" if setting["generator"] == "wrk" else "of this project"
    return (
        f"{setting['python']}, {setting['machine']}; load generator: {generator}, "
        f"{setting['connections']} connections; {rounds} of {setting['seconds']:g} s; "
        f"{'cores not pinned' if cores['client'] is None else pinned}{others}"
    )
