"""Metrics of the Data API in the last minute, from the journal of the workspace (SYS-4)."""

from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta

from emulator.ocapi.answer import Answer, answer_document
from emulator.ocapi.call import Call
from emulator.ocapi.resource import Operation
from emulator.ocapi.resources.system.parameters import read_integer
from emulator.ocapi.schema import faults
from emulator.ocapi.schema.document import Document
from emulator.ocapi.schema.faults import FaultType
from emulator.ocapi.schema.fields import MAX_INT32, Array, Integer, String
from emulator.recording.exchange import Exchange
from emulator.recording.match import Match

MAX_LIMIT = 4500
API_TYPES = ("data", "shop")
TIME_FRAME = timedelta(minutes=1)
QUANTILES = {"0.5": 50, "0.95": 95}

TOO_MANY_REQUESTS = FaultType(400, "TooManyRequests", "There were too many requests.")
FEATURE_NOT_ENABLED = FaultType(
    403, "FeatureNotEnabled", "The feature '{feature}' isn't enabled.", ("feature",)
)


class MetricResponse(Document):
    """A page of metrics, each a line in the exposition format of Prometheus."""

    limit = Integer()
    metrics = Array(String())
    offset = Integer()
    total = Integer()


def show(call: Call) -> Answer:
    """Show the metrics of an API in the last minute."""
    [api_type] = call.key
    if api_type not in API_TYPES:
        raise faults.ILLEGAL_ENUMERATION_VALUE(api_type, "ApiType")
    offset = read_integer(call, "offset", 0, 0, MAX_INT32)
    limit = read_integer(call, "limit", MAX_LIMIT, 1, MAX_LIMIT)
    lines = [*_list_lines(call)] if api_type == "data" else []
    call.prevent_caching()
    page = lines[offset : offset + limit]
    shown = {"limit": limit, "metrics": page, "offset": offset, "total": len(lines)}
    return answer_document(call, MetricResponse(), shown)


def _list_lines(call: Call) -> Iterator[str]:
    """Yield the metrics of each operation: average, quantiles, minimum, maximum and rate."""
    now = call.workspace.clock.now()
    operations: dict[str, list[float]] = {}
    for exchange in call.workspace.journal.find(Match({})):
        if not _is_recent(exchange, now):
            continue
        operations.setdefault(exchange.operation, []).append(exchange.seconds * 1000)
    stamp = int(now.timestamp() * 1000)
    for name, times in sorted(operations.items()):
        times.sort()
        labels = f'operation="{name}"'
        values = {
            f"ocapi_request_time{{{labels}}}": sum(times) / len(times),
            **{
                f'ocapi_request_time{{{labels},quantile="{quantile}"}}': _pick(times, percent)
                for quantile, percent in QUANTILES.items()
            },
            f"ocapi_request_time_min{{{labels}}}": times[0],
            f"ocapi_request_time_max{{{labels}}}": times[-1],
            f"ocapi_request_rate{{{labels}}}": len(times) / TIME_FRAME.total_seconds(),
        }
        yield from (f"{metric} {value:.6f} {stamp}" for metric, value in values.items())


def _is_recent(exchange: Exchange, now: datetime) -> bool:
    """Return True for an exchange with the Data API in the last minute."""
    is_data = exchange.family.name == "data" and now - exchange.at <= TIME_FRAME
    return is_data and bool(exchange.operation)


def _pick(times: Sequence[float], percent: int) -> float:
    """Return a percentile of sorted times: the nearest rank."""
    return times[max(0, -(-len(times) * percent // 100) - 1)]


OPERATIONS = (
    Operation(
        method="GET",
        path="metrics/{apitype}",
        answer=show,
        shows=MetricResponse(),
        parameters={
            "offset": Integer(minimum=0),
            "limit": Integer(minimum=1, maximum=MAX_LIMIT),
        },
        faults=(TOO_MANY_REQUESTS, FEATURE_NOT_ENABLED),
    ),
)
