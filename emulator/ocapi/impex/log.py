"""The log of an import or export."""

from itertools import chain

from emulator.fixture.impex.reader import Item

MAX_LOGGED_PROBLEMS = 10_000
MAX_PROBLEM_CHARACTERS = 1000


class Log:
    """The lines of a log, without times.

    Lines about problems are bounded by ``MAX_LOGGED_PROBLEMS``; the last line has the number of
    the others.
    """

    def __init__(self) -> None:
        self._parts: dict[str, list[str]] = {"": []}
        self._lines = self._parts[""]
        self._problems = 0

    def turn_to(self, part: str) -> None:
        """Add further lines at the end of a part; a new part comes after all others."""
        self._lines = self._parts.setdefault(part, [])

    def inform(self, text: str) -> None:
        """Add a line about the course of the job."""
        self._lines.append(f"INFO {text}")

    def add_problem(self, text: str) -> None:
        """Add a line about a problem."""
        self._problems += 1
        if self._problems <= MAX_LOGGED_PROBLEMS:
            line = " ".join(text[:MAX_PROBLEM_CHARACTERS].split())
            self._lines.append(f"WARN {line}")

    def report(self, level: str, item: Item, count: int, text: str) -> None:
        """Add a line about an object of a file.

        Args:
            level: ``DATAERROR`` for an object without effect, else ``DATAWARNING``.
            item: The object.
            count: The number of objects in the file.
            text: The problem.
        """
        self.add_problem(f"[{level}] [{item.number}/{count}] {item.name}: {text} ({item.place})")

    def list_lines(self) -> tuple[str, ...]:
        """Return all lines."""
        hidden = self._problems - MAX_LOGGED_PROBLEMS
        more = (f"WARN {hidden} further problems",) if hidden > 0 else ()
        return (*chain.from_iterable(self._parts.values()), *more)
