"""Tables of values for one test, where a test for each row would tell nothing more."""

from collections.abc import Callable, Iterable, Sequence
from functools import wraps
from inspect import signature
from typing import Any

Test = Callable[..., None]


def table(names: str | Sequence[str], rows: Iterable[Any]) -> Callable[[Test], Test]:
    """Run a test with each row, as ``pytest.mark.parametrize`` does, within a single test.

    The rows share the fixtures of the test. A failure tells the row.

    Args:
        names: The parameters for the values of a row; for one name the row is the value.
        rows: At least one row.
    """
    single = isinstance(names, str)
    columns = [names] if isinstance(names, str) else list(names)
    cases = [dict(zip(columns, [row] if single else row, strict=True)) for row in rows]
    assert cases

    def decorate(test: Test) -> Test:
        @wraps(test)
        def run(**fixtures: Any) -> None:
            for case in cases:
                try:
                    test(**fixtures, **case)
                except Exception as error:
                    error.add_note(f"with {case!r}")
                    raise

        whole = signature(test)
        left = [one for name, one in whole.parameters.items() if name not in columns]
        run.__signature__ = whole.replace(parameters=left)  # type: ignore[attr-defined]
        return run

    return decorate
