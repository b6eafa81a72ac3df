"""Rules for requests: failpoints and stubs.

A rule has conditions and steps. Each request with fitting conditions gets the next step. A
workspace counts the requests of its rules.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from copy import copy
from dataclasses import dataclass, field
from http import HTTPStatus
from itertools import count
from pathlib import Path
from random import Random
from threading import Lock
from typing import Any, ClassVar, Generic, TypeVar

import orjson
from marshmallow import Schema, ValidationError, fields

from emulator import header
from emulator.json_pointer import point
from emulator.recording.match import Texts
from emulator.workspace.error import WorkspaceError

MAX_DELAY_SECONDS = 300.0
MAX_PROBLEMS = 100
"""The bound of problems in a report: further declarations are not checked."""
MAX_RULES = 200
"""The bound of failpoints, and of stubs, in a workspace: each request is compared with all."""
MAX_STEPS = 100
"""The bound of steps in a sequence."""
MAX_DECLARATION_BYTES = 16 * 1024
"""The bound of a declaration as JSON, without the bodies of answers."""
MAX_DECLARED_BYTES = 8 * 1024 * 1024
"""The bound of all failpoints, and of all stubs, of a workspace as JSON."""


class RuleError(ValueError):
    """Declarations have problems.

    Args:
        problems: Messages by JSON Pointer.
    """

    def __init__(self, problems: Mapping[str, str]) -> None:
        super().__init__("\n".join(f"{place or '/'}: {why}" for place, why in problems.items()))
        self.problems = problems


class Delay(fields.Field[tuple[float, float]]):
    """Seconds, or the minimum and the maximum in an array."""

    def _deserialize(self, value: Any, *_: Any, **__: Any) -> tuple[float, float]:
        least, most = value if isinstance(value, list) and len(value) == 2 else (value, value)  # noqa: PLR2004
        numbers = all(type(number) in (int, float) for number in (least, most))
        if not (numbers and 0 <= least <= most <= MAX_DELAY_SECONDS):
            rule = f"Use seconds from 0 to {MAX_DELAY_SECONDS:.0f}, or [minimum, maximum]."
            raise ValidationError(rule)
        return least, most


class Headers(Texts):
    """Valid headers, except the headers of the server itself."""

    def _deserialize(self, *args: Any, **options: Any) -> dict[str, str]:
        headers = super()._deserialize(*args, **options)
        wrong = {
            name: why for name, text in headers.items() if (why := header.find_problem(name, text))
        }
        if wrong:
            raise ValidationError({name: [why] for name, why in wrong.items()})
        return headers


class Flag(fields.Field[bool]):
    """A JSON boolean; no other value counts as true."""

    def _deserialize(self, value: Any, *_: Any, **__: Any) -> bool:
        if not isinstance(value, bool):
            raise ValidationError("Not a valid boolean.")
        return value


class Steps(fields.Field[tuple[Mapping[str, Any], ...]]):
    """A step, or an array of steps: a sequence.

    Args:
        schema: The schema of a step.
    """

    def __init__(self, schema: Schema) -> None:
        super().__init__(required=True)
        self._schema = schema

    def _deserialize(self, value: Any, *_: Any, **__: Any) -> tuple[Mapping[str, Any], ...]:
        if not isinstance(value, list):
            return (self._schema.load(value),)
        if not 0 < len(value) <= MAX_STEPS:
            raise ValidationError(f"A sequence has from 1 to {MAX_STEPS} entries.")
        steps, problems = [], {}
        for number, step in enumerate(value):
            try:
                steps.append(self._schema.load(step))
            except ValidationError as error:
                problems[str(number)] = error.messages
        if problems:
            raise ValidationError(problems)
        return tuple(steps)


def check_repeat(declared: Mapping[str, Any], repeat: bool, member: str) -> None:  # noqa: FBT001
    """Check a rule with ``repeat``: the steps are a sequence.

    Args:
        declared: The declaration.
        repeat: Whether the sequence begins again after the last step.
        member: The name of the member with the steps.

    Raises:
        ValidationError: There is no sequence.
    """
    if repeat and not isinstance(declared[member], list):
        raise ValidationError({"repeat": [f"Needs an array as {member}."]})


def measure(declared: Any, member: str) -> int:
    """Return the size of a declaration as JSON, in bytes.

    Args:
        declared: The declaration.
        member: The name of the member with the steps.

    Raises:
        ValidationError: The declaration is too large, or nested too deeply to be shown again.
    """
    steps = declared.get(member) if isinstance(declared, dict) else None
    steps = steps if isinstance(steps, list) else [steps]
    bodies = [step.get("body") for step in steps if isinstance(step, dict)]
    try:
        size, body_size = len(orjson.dumps(declared)), len(orjson.dumps(bodies))
    except TypeError as error:
        raise ValidationError("Is nested too deeply.") from error
    if size - body_size > MAX_DECLARATION_BYTES:
        bound = f"{MAX_DECLARATION_BYTES} bytes beside the body of the answer"
        raise ValidationError(f"Has more than {bound}.")
    return size


def locate(declared: Mapping[str, Any], member: str, number: int, problems: Any) -> ValidationError:
    """Return the error of a step.

    Args:
        declared: The declaration.
        member: The name of the member with the steps.
        number: The index of the step.
        problems: The messages by names inside the step.
    """
    is_sequence = isinstance(declared[member], list)
    return ValidationError({member: {str(number): problems} if is_sequence else problems})


@dataclass(frozen=True, kw_only=True)
class Rule:
    """A declared failpoint or stub, without the counts of a workspace.

    Attributes:
        declared: The declaration as JSON.
        size: Bytes of the declaration as JSON.
        steps: What is done, one entry for each request; at least one entry.
        repeat: Whether the first step follows the last step; otherwise the last step stays.
        nth: The number of the request among the matching requests; None for all.
        times: The maximum number of applications; None for no limit.
        probability: The probability of an application, from 0 to 1.
        seed: The seed of the random numbers; None for other numbers in each run.
    """

    declared: Mapping[str, Any]
    size: int
    steps: Sequence[Mapping[str, Any]]
    repeat: bool = False
    nth: int | None = None
    times: int | None = None
    probability: float = 1.0
    seed: int | None = None

    def fits(self, request: Any) -> bool:
        """Return True if the conditions hold for a request."""
        raise NotImplementedError

    def number(self, applied: int) -> int:
        """Return the index of the step for an application; applications count from 1."""
        index, length = max(0, applied - 1), len(self.steps)
        return index % length if self.repeat else min(index, length - 1)

    @property
    def has_delay(self) -> bool:
        """True if a step has a delay, and needs a random number."""
        return any("delay" in step for step in self.steps)


@dataclass(eq=False)
class Counted:
    """A rule of a workspace, with counts.

    Attributes:
        id: A number as text, unique among the rules of a kind in the workspace.
        rule: The declaration.
        seen: The number of requests for which the conditions held.
        applied: The number of requests to which a step was applied.
    """

    id: str
    rule: Any
    seen: int = 0
    applied: int = 0
    _random: Random = field(init=False)

    def __post_init__(self) -> None:
        # A test may want the same numbers in each run; they are not secret.
        self._random = Random(self.rule.seed)  # noqa: S311

    @property
    def remains(self) -> bool:
        """True if the rule can apply to a further request."""
        return self.rule.times is None or self.applied < self.rule.times

    @property
    def step(self) -> Mapping[str, Any]:
        """The step of the latest application."""
        found: Mapping[str, Any] = self.rule.steps[self.rule.number(self.applied)]
        return found

    def take(self, request: Any) -> bool:
        """Count a request; return True if a step applies."""
        rule = self.rule
        if not rule.fits(request):
            return False
        self.seen += 1
        due = rule.nth in (None, self.seen)
        if not (due and self.remains and self.draw()):
            return False
        self.applied += 1
        return True

    def draw(self) -> bool:
        """Draw a random number; return True if a step applies."""
        return bool(self._random.random() < self.rule.probability)

    def skip(self, draws: int) -> None:
        """Skip random numbers of other processes."""
        for _ in range(draws):
            self._random.random()

    def draw_delay(self) -> float:
        """Return the seconds of the step's delay, 0 for none.

        If any step has a delay, each application draws a number: then the processes of a shared
        store know the number of draws before they know the step.
        """
        drawn = self._random.random() if self.rule.has_delay else 0.0
        least, most = self.step.get("delay", (0.0, 0.0))
        return float(least + (most - least) * drawn)

    def show(self) -> dict[str, Any]:
        """Return the declaration and the counts as JSON."""
        return {"id": self.id, **self.rule.declared, "seen": self.seen, "applied": self.applied}


def read_declarations(value: Any, read: Callable[[Any], Any], noun: str) -> list[Any]:
    """Return the rules of a JSON value: an object, or an array of objects.

    Args:
        value: The value.
        read: Returns the rule of an object; raises ValidationError.
        noun: The rules, in the plural.

    Raises:
        RuleError: The value has problems.
    """
    values = value if isinstance(value, list) else [value]
    if len(values) > MAX_RULES:
        raise RuleError({"": f"Has more than {MAX_RULES} {noun}."})
    problems: dict[str, str] = {}
    rules = []
    for number, declared in enumerate(values):
        if len(problems) >= MAX_PROBLEMS:
            break  # a longer report takes seconds, and helps nobody
        place = f"/{number}" if isinstance(value, list) else ""
        try:
            rules.append(read(declared))
        except ValidationError as error:
            problems |= dict(point(place, error.messages))
    if problems:
        raise RuleError(problems)
    return rules


def read_file(file: str | Path, read: Callable[[Any], list[Any]]) -> list[Any]:
    """Return the rules of a JSON file.

    Args:
        file: The file.
        read: Returns the rules of a JSON value; raises RuleError.

    Raises:
        RuleError: The file cannot be read, or has problems.
    """
    try:
        value = orjson.loads(Path(file).read_bytes())
    except (OSError, orjson.JSONDecodeError) as error:
        raise RuleError({str(file): f"is not a JSON file: {error}"}) from error
    try:
        return read(value)
    except RuleError as error:
        problems = {f"{file}: {at or '/'}": why for at, why in error.problems.items()}
        raise RuleError(problems) from error


AnyCounted = TypeVar("AnyCounted", bound=Counted)


class Rules(Generic[AnyCounted]):
    """The rules of a kind in a workspace, in order.

    Args:
        initial: The rules at the start and after a reset.

    Attributes:
        KIND: The rules in the plural, such as ``failpoints``.
        COUNTED: The class of a rule with counts.
    """

    KIND: ClassVar[str]
    COUNTED: ClassVar[type[Counted]]

    def __init__(self, initial: Sequence[Rule] = ()) -> None:
        self._initial = initial
        self._lock = Lock()
        self.reset()

    def __iter__(self) -> Iterator[AnyCounted]:
        return iter(self._rules)

    @property
    def is_empty(self) -> bool:
        """True without rules; known without a request to a shared store."""
        return not self._rules

    def reset(self) -> None:
        """Return to the initial rules."""
        with self._lock:
            self._ids = count(1)
            self._rules = self._make(self._initial)

    def add(self, rules: Iterable[Rule]) -> list[AnyCounted]:
        """Append rules; return the new rules.

        Raises:
            WorkspaceError: There would be too many rules; nothing was added.
        """
        return self._append(tuple(rules), keep=True)

    def replace(self, rules: Iterable[Rule]) -> list[AnyCounted]:
        """Replace all rules in a single step; return the new rules.

        Raises:
            WorkspaceError: There would be too many rules; nothing was replaced.
        """
        return self._append(tuple(rules), keep=False)

    def clear(self) -> None:
        """Remove all rules."""
        with self._lock:
            self._rules = []

    def delete(self, identifier: str) -> bool:
        """Remove a rule; return False for an unknown id."""
        with self._lock:
            others = [rule for rule in self._rules if rule.id != identifier]
            found = len(others) < len(self._rules)
            self._rules = others
            return found

    def find(self, request: Any) -> AnyCounted | None:
        """Return the first applicable rule for a request, if any; count nothing."""
        return next((rule for rule in self if rule.remains and rule.rule.fits(request)), None)

    def take(self, request: Any) -> AnyCounted | None:
        """Count a request; return the first applicable rule, if any."""
        if not self._rules:
            return None
        with self._lock:
            found = next((rule for rule in self._rules if rule.take(request)), None)
            is_sequence = found is not None and len(found.rule.steps) > 1
            # A copy: requests of other threads change the count, and with the count the step.
            return copy(found) if is_sequence else found

    def too_many(self) -> WorkspaceError:
        """Return the error of too many or too large rules."""
        return WorkspaceError(
            f"a workspace has no more than {MAX_RULES} {self.KIND} with {MAX_DECLARED_BYTES} bytes "
            "of JSON: delete some",
            HTTPStatus.CONFLICT,
        )

    def _append(self, rules: Sequence[Rule], *, keep: bool) -> list[AnyCounted]:
        with self._lock:
            others = self._rules if keep else []
            size = sum(other.rule.size for other in others) + sum(rule.size for rule in rules)
            if len(others) + len(rules) > MAX_RULES or size > MAX_DECLARED_BYTES:
                raise self.too_many()
            made = self._make(rules)
            self._rules = [*others, *made]
            return made

    def _make(self, rules: Iterable[Rule]) -> list[AnyCounted]:
        return [self.make(str(next(self._ids)), rule) for rule in rules]

    def make(self, identifier: str, rule: Rule, seen: int = 0, applied: int = 0) -> AnyCounted:
        """Return a rule with counts."""
        made: Any = self.COUNTED(identifier, rule, seen, applied)
        return made  # type: ignore[no-any-return]
