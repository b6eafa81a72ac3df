"""The report of a soak test, as Markdown and as JSON."""

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from typing import Any

from benchmarks.soak.resources import MEASURES, quarters
from benchmarks.soak.run import Outcome, Plan


def summarize(store: str, plan: Plan, outcome: Outcome) -> dict[str, Any]:
    """Return all figures as a JSON value; times in milliseconds."""
    kinds = outcome.tally.seconds
    whole = [seconds for values in kinds.values() for seconds in values]
    return {
        "store": store,
        "seed": plan.seed,
        "connections": plan.connections,
        "seconds": round(outcome.seconds, 1),
        "requests": len(whole),
        "per_second": round(len(whole) / outcome.seconds, 1),
        **_times(whole),
        "sorts": _describe(_sort(kinds)),
        "kinds": _describe(kinds),
        "injected": dict(sorted(outcome.tally.injected.items())),
        "contended_writes": outcome.accepted,
        "samples": outcome.monitor.samples,
        "grown": outcome.grown,
    }


def _sort(kinds: Mapping[str, Iterable[float]]) -> dict[str, list[float]]:
    """Return the times by the first word of the kind, usually the method."""
    sorts: dict[str, list[float]] = {}
    for kind, seconds in kinds.items():
        sorts.setdefault(kind.partition(" ")[0], []).extend(seconds)
    return sorts


def _describe(kinds: Mapping[str, Collection[float]]) -> dict[str, Any]:
    return {
        kind: {"requests": len(seconds), **_times(seconds)}
        for kind, seconds in sorted(kinds.items())
    }


def _times(seconds: Iterable[float]) -> dict[str, float]:
    """Return median and 99th percentile in milliseconds."""
    ordered = sorted(seconds)
    last = len(ordered) - 1
    places = {"p50": 0.5, "p99": 0.99}
    return {name: round(ordered[round(last * at)] * 1000, 1) for name, at in places.items()}


def render(figures: Mapping[str, Any]) -> str:
    """Return the figures as Markdown."""
    head = (
        f"Store {figures['store']}: {figures['requests']:,} requests in {figures['seconds']:,} s "
        f"over {figures['connections']} connections, {figures['per_second']:,}/s; "
        f"median {figures['p50']} ms, 99 % within {figures['p99']} ms; seed {figures['seed']}. "
        f"{figures['contended_writes']:,} writes to contended documents were accepted."
    )
    parts = (_render_sorts(figures["sorts"]), _render_injected(figures["injected"]))
    tables = ("\n".join(part) for part in (*parts, _render_samples(figures["samples"])))
    return "\n\n".join((head, *tables))


def _render_sorts(sorts: Mapping[str, Mapping[str, float]]) -> Iterator[str]:
    yield _row("requests", "number", "p50 ms", "p99 ms")
    yield _row("---", "---:", "---:", "---:")
    for sort, row in sorts.items():
        yield _row(sort, f"{row['requests']:,}", row["p50"], row["p99"])


def _render_injected(injected: Mapping[str, int]) -> Iterator[str]:
    yield _row("injected failpoint", "number")
    yield _row("---", "---:")
    for sort, number in injected.items():
        yield _row(sort, f"{number:,}")


def _render_samples(samples: Mapping[str, Sequence[int]]) -> Iterator[str]:
    yield _row("median of each quarter", "1st", "2nd", "3rd", "4th")
    yield _row("---", *["---:"] * 4)
    for name, values in samples.items():
        measure = MEASURES[name]
        unit = f" {measure.unit}" if measure.unit else ""
        shown = [f"{value / measure.size:,.0f}{unit}" for value in quarters(values)]
        yield _row(measure.name, *shown)


def _row(*cells: object) -> str:
    return f"| {' | '.join(map(str, cells))} |"
