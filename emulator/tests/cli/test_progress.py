"""The progress of a load: what is read, on a terminal in place, nothing for fast loads."""

import io
from pathlib import Path
from threading import Event

import orjson
import pytest

from emulator.app import list_collections, make_api
from emulator.cli import progress
from emulator.cli.progress import showing_progress
from emulator.fixture.data_set import FixtureError, load
from emulator.fixture.progress import begin_step, count_entries, watching

COLLECTIONS = list_collections(make_api(()))

TIMEOUT = 30


class Screen(io.StringIO):
    """A stream that tells when a text is there."""

    def __init__(self, *, is_terminal: bool) -> None:
        super().__init__()
        self.written = Event()
        self._is_terminal = is_terminal

    def isatty(self) -> bool:
        return self._is_terminal

    def write(self, text: str) -> int:
        count = super().write(text)
        self.written.set()
        return count


@pytest.mark.parametrize(
    ("is_terminal", "begin", "end"), [(True, "\r\x1b[K", "\r\x1b[K"), (False, "", "\n")]
)
def test_slow_load_is_shown(
    is_terminal: bool,  # noqa: FBT001
    begin: str,
    end: str,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(progress, "monotonic", lambda: 7.0)
    screen = Screen(is_terminal=is_terminal)
    with showing_progress("big", screen, quiet_seconds=0):
        for entry in count_entries("products", range(1234), 5000):
            if entry == 1233:
                screen.written.clear()
                assert not is_terminal or screen.written.wait(TIMEOUT)
    shown = screen.getvalue()
    assert shown.startswith(f"{begin}ocapi-emulator: loading big")
    assert shown.endswith(end)
    if is_terminal:
        assert "loading big: products, 1,234 of 5,000 (0 s)" in shown


def test_fast_load_shows_nothing() -> None:
    screen = Screen(is_terminal=True)
    with showing_progress("small", screen):
        load("samples", COLLECTIONS)
    assert screen.getvalue() == ""


def test_error_of_a_load_ends_the_display() -> None:
    screen = Screen(is_terminal=True)
    with pytest.raises(FixtureError), showing_progress("big", screen, quiet_seconds=0):
        load("nowhere" if screen.written.wait(TIMEOUT) else "samples", COLLECTIONS)
    assert screen.getvalue().endswith(progress.ERASE_LINE)


def test_load_counts_the_entries_of_files(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    lists = [{"id": f"list-{number}"} for number in range(7)]
    for name, entries in (
        ("sites", [{"id": "a"}]),
        ("clients", [{"client_id": "me"}]),
        ("inventory_lists", lists),
    ):
        (tmp_path / f"{name}.json").write_bytes(orjson.dumps(entries))
    steps: list[tuple[str, int]] = []
    with watching() as seen:
        monkeypatch.setattr(seen, "begin", lambda *step: steps.append((*step, 0)[:2]))
        load(str(tmp_path), COLLECTIONS)
    assert steps == [
        *(("clients.json", 0), ("clients", 1)),
        *(("inventory_lists.json", 0), ("inventory_lists", 7)),
        *(("sites.json", 0), ("sites", 1)),
        ("references", 0),
    ]


def test_load_of_an_archive_names_its_files(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "version.txt").write_text("1")
    (tmp_path / "catalogs").mkdir()
    (tmp_path / "catalogs" / "broken.xml").write_text("<catalog")
    steps: list[str] = []
    with watching() as seen:
        monkeypatch.setattr(seen, "begin", lambda step, *_: steps.append(step))
        with pytest.raises(FixtureError, match=r"broken\.xml"):
            load(str(tmp_path), COLLECTIONS)
    assert steps[0] == "catalogs/broken.xml"


def test_nothing_is_counted_unless_watched() -> None:
    entries = range(3)
    assert count_entries("products", entries, 3) is entries
    begin_step("products.json")
    with watching() as seen:
        assert list(count_entries("products", entries, 3)) == [0, 1, 2]
        assert seen.done == 3
        begin_step("orders.json")
        assert (seen.step, seen.done, seen.total) == ("orders.json", 0, 0)
