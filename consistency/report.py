"""Reports: a violation on a timeline, and the figures of a run."""

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field

from consistency.history import History, Operation
from consistency.judgement import Judgement, Violation
from consistency.model import Register, State
from consistency.round import Outcome

BAR_WIDTH = 40
MAX_ROWS = 40
NANOSECONDS = 1_000_000_000


@dataclass
class Figures:
    """The figures of a run.

    Attributes:
        rounds: The number of workspaces.
        keys: The number of checked documents.
        undecided: The number of checks beyond the bounds, of documents and of workspaces.
        outcomes: The number of operations by outcome.
        faults: The number of faults by kind.
        seconds: The duration.
    """

    rounds: int = 0
    keys: int = 0
    undecided: Counter[str] = field(default_factory=Counter)
    outcomes: Counter[str] = field(default_factory=Counter)
    faults: Counter[str] = field(default_factory=Counter)
    seconds: float = 0.0

    def add(self, outcome: Outcome, judgement: Judgement) -> None:
        """Add a round."""
        self.rounds += 1
        self.keys += judgement.checked
        self.undecided.update("document" if key else "workspace" for key in judgement.undecided)
        self.outcomes.update(outcome.recorder.counts)
        self.faults["declared failpoints"] += outcome.failpoints
        common = (one for one in outcome.history.operations if not one.key)
        self.faults.update(f"{one.action}s" for one in common if one.action in ("reset", "load"))

    def describe(self) -> str:
        """Return the figures in a line."""
        operations = sum(self.outcomes.values())
        faults = ", ".join(f"{number:,} {kind}" for kind, number in sorted(self.faults.items()))
        faults = faults or "no faults"
        undecided = self.undecided["document"], self.undecided["workspace"]
        return (
            f"{operations:,} operations ({self.outcomes['unknown']:,} with an unknown outcome) on "
            f"{self.keys:,} documents in {self.rounds:,} workspaces; {faults}; undecided: "
            f"{undecided[0]} documents, {undecided[1]} workspaces; {self.seconds:.0f} s"
        )


def render_judgement(judgement: Judgement) -> str:
    """Return the wrong answers of a round in lines."""
    lines = list(judgement.contradictions)
    if judgement.violation:
        lines.extend(_render_violation(judgement.violation))
    return "\n".join(lines)


def _render_violation(violation: Violation) -> Iterator[str]:
    history, blocked = violation.history, violation.result.blocked
    operations = history.operations
    yield (
        f"{violation.key or 'the workspace'} is not linearizable: "
        f"{len(operations)} operations, the wrong answer is marked with *"
    )
    yield from draw(history, blocked)
    yield "No order of the operations explains the answers. The longest order ends with"
    yield from _render_state(violation.result.state, history)
    yield "and then none of these fits:"
    yield from (f"  {describe(one)}" for one in blocked)


def draw(history: History, marked: tuple[Operation, ...] = ()) -> Iterator[str]:
    """Yield a line for each operation: times in milliseconds, a bar, and the words."""
    rows = list(history.operations)
    shown = rows[-MAX_ROWS:]
    if len(rows) > len(shown):
        yield f"  ... {len(rows) - len(shown)} operations before"
    begin = min((one.invoked for one in shown), default=0)
    known = [one.completed for one in shown if one.completed is not None]
    end = max([*known, *(one.invoked for one in shown)], default=1)
    for one in shown:
        mark = "*" if one in marked else " "
        bar = _draw_bar(one, begin, max(1, end - begin))
        yield f" {mark} {_count_ms(one.invoked - begin)} {bar} {one.client}: {describe(one)}"


def _count_ms(nanoseconds: int) -> str:
    return f"{nanoseconds / NANOSECONDS * 1000:9.3f}"


def _draw_bar(operation: Operation, begin: int, duration: int) -> str:
    """Return the time from request to answer as a bar; an unknown end is open."""
    first = (operation.invoked - begin) * (BAR_WIDTH - 1) // duration
    if operation.completed is None:
        return "|" + " " * first + "=" * (BAR_WIDTH - first - 1) + ">|"
    last = (operation.completed - begin) * (BAR_WIDTH - 1) // duration
    return "|" + (" " * first + "=" * (last - first + 1)).ljust(BAR_WIDTH) + "|"


def describe(operation: Operation) -> str:
    """Return an operation in words, such as ``write 'b' expecting 'a': conflict, seen 'c'``."""
    words: list[str] = [operation.action]
    if operation.key:
        words.append(operation.key)
    if operation.value is not None:
        words.append(f"'{operation.value}'")
    if operation.expected is not None:
        words.append(f"expecting '{operation.expected}'")
    elif operation.owner is not None:
        words.append(f"of '{operation.owner}'")
    if operation.idempotency:
        words.append(f"with the idempotency key '{operation.idempotency}'")
    seen = f", seen '{operation.seen}'" if operation.seen is not None else ""
    page = f", seen {dict(operation.page)}" if operation.page else ""
    return f"{' '.join(words)}: {operation.outcome}{seen}{page}"


def _render_state(state: State, history: History) -> Iterator[str]:
    for key, register in zip(history.first, state.registers, strict=True):
        yield f"  {key}: {_show(register)}"
    if state.saved is not None:
        saved = zip(history.first, state.saved, strict=True)
        yield f"  snapshot: {', '.join(f'{key}: {_show(register)}' for key, register in saved)}"


def _show(register: Register) -> str:
    return "no document" if register.value is None else f"'{register.value}'"
