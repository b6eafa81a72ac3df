"""Messages of failed assertions, as lines."""

from collections.abc import Iterator, Mapping
from typing import Any

import orjson

MISSING = "nothing"
"""The description of a member that was not recorded."""


def describe_refusal(request: str, problem: Any) -> str:
    """Return the message about a refused request.

    Args:
        request: The method and the URL.
        problem: The problem document, or the text of another answer.
    """
    if not isinstance(problem, Mapping):
        return f"{request}: {problem}"
    errors = problem.get("errors") or ()
    if not errors:
        return f"{request}: {problem.get('detail', problem)}"
    lines = (f"  {error['pointer'] or '/'}: {error['detail']}" for error in errors)
    return "\n".join((f"{request} is not valid:", *lines))


def describe_mismatch(match: Mapping[str, Any], problem: Mapping[str, Any]) -> str:
    """Return the message about another number of exchanges than expected.

    Args:
        match: The conditions.
        problem: The problem document.
    """
    lines = [str(problem["detail"])]
    lines += [f"  expected: {name} {value!r}" for name, value in match.items()]
    for exchange in problem.get("recorded", ()):
        lines.append(f"  recorded: {_describe_exchange(exchange)}")
    for exchange in problem.get("nearest", ()):
        lines.append(f"  nearest: {_describe_exchange(exchange)}")
        for name, mismatch in exchange["mismatches"].items():
            lines += [f"    {line}" for line in _describe_member(name, **mismatch)]
    return "\n".join(lines)


def _describe_exchange(exchange: Mapping[str, Any]) -> str:
    query = f"?{exchange['query']}" if exchange["query"] else ""
    outcome = f"{exchange['status'] or 'dropped'} {exchange['fault']}".rstrip()
    return f"{exchange['number']} {exchange['method']} {exchange['path']}{query} {outcome}"


def _describe_member(name: str, expected: Any, actual: Any) -> Iterator[str]:
    """Yield a line for a condition, or a line for each differing member of a body."""
    if name == "body" and isinstance(expected, Mapping):
        recorded = _parse(actual)
        if isinstance(recorded, Mapping):
            yield from _compare(name, expected, recorded)
            return
    yield f"{name}: expected {expected!r}, recorded {_show(actual)}"


def _compare(place: str, expected: Mapping[str, Any], recorded: Mapping[str, Any]) -> Iterator[str]:
    for name, value in expected.items():
        actual = recorded.get(name)
        if isinstance(value, Mapping) and isinstance(actual, Mapping):
            yield from _compare(f"{place}.{name}", value, actual)
        elif name not in recorded or actual != value or type(actual) is not type(value):
            found = _show(actual) if name in recorded else MISSING
            yield f"{place}.{name}: expected {value!r}, recorded {found}"


def _parse(text: Any) -> Any:
    try:
        return orjson.loads(text)
    except (orjson.JSONDecodeError, TypeError):
        return None


def _show(value: Any) -> str:
    return MISSING if value is None or value == "" else repr(value)
