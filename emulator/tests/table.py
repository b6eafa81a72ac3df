"""Tables of values for one test, where a test for each row would tell nothing more."""

from collections.abc import Callable, Iterable, Sequence
from functools import wraps
from inspect import signature
from itertools import repeat
from typing import Any

import pytest

Test = Callable[..., None]
MARKED = type(pytest.param())


def table(
    names: str | Sequence[str], rows: Iterable[Any], ids: Iterable[str] | None = None
) -> Callable[[Test], Test]:
    """Run a test with each row, as ``pytest.mark.parametrize`` does, within a single test.

    The rows share the fixtures of the test. A failure tells the row.

    Args:
        names: The parameters for the values of a row; for one name the row is the value.
        rows: At least one row, maybe made by ``pytest.param``, whose id is told.
        ids: The words for each row, if the values are no good words.
    """
    columns = [names] if isinstance(names, str) else list(names)
    pairs = zip(rows, repeat("") if ids is None else ids, strict=False)
    cases = [_read(columns, row, name, single=isinstance(names, str)) for row, name in pairs]
    assert cases

    def decorate(test: Test) -> Test:
        @wraps(test)
        def run(**fixtures: Any) -> None:
            for told, case in cases:
                try:
                    test(**fixtures, **case)
                except Exception as error:
                    error.add_note(f"with {told}")
                    raise

        whole = signature(test)
        left = [one for name, one in whole.parameters.items() if name not in columns]
        run.__signature__ = whole.replace(parameters=left)  # type: ignore[attr-defined]
        return run

    return decorate


def _read(
    columns: Sequence[str], row: Any, name: str, *, single: bool
) -> tuple[str, dict[str, Any]]:
    """Return what to tell of a row, and its values by parameter."""
    if isinstance(row, MARKED):
        values, name = row.values, str(row.id or "")
    else:
        values = (row,) if single else row
    case = dict(zip(columns, values, strict=True))
    return name or f"{case!r:.500}", case
