"""Tables run every row, and tell the row of a failure."""

import pytest

from emulator.tests.table import table


def test_every_row_is_run() -> None:
    met = []

    @table("first", [1, 2])
    @table(("second", "third"), [("a", "b"), ("c", "d")])
    def collect(first: int, second: str, third: str, fixture: str) -> None:
        met.append((first, second, third, fixture))

    collect(fixture="f")
    assert met == [(1, "a", "b", "f"), (1, "c", "d", "f"), (2, "a", "b", "f"), (2, "c", "d", "f")]


def test_failure_tells_its_row() -> None:
    @table(("number", "even"), [(1, False), (2, False)])
    def check(*, number: int, even: bool) -> None:
        assert (number % 2 == 0) is even

    with pytest.raises(AssertionError) as caught:
        check()
    assert caught.value.__notes__ == ["with {'number': 2, 'even': False}"]


def test_table_without_rows_is_an_error() -> None:
    with pytest.raises(AssertionError):
        table("number", [])


@pytest.mark.parametrize(
    ("rows", "ids"), [([1, 2], ["odd", "even"]), ([1, pytest.param(2, id="even")], None)]
)
def test_failure_tells_the_name_of_its_row(rows: list[int], ids: list[str] | None) -> None:
    @table("number", rows, ids)
    def check(number: int) -> None:
        assert number == 1

    with pytest.raises(AssertionError) as caught:
        check()
    assert caught.value.__notes__ == ["with even"]
