"""Failpoints: faults, delays and broken connections on demand, for tests of clients.

A failpoint has conditions and an action. An action is a list of small functions. Each function
wraps the serving of a request, as a middleware does.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from errno import ECONNRESET
from http import HTTPStatus
from itertools import count
from pathlib import Path
from random import Random
from threading import Lock
from typing import TYPE_CHECKING, Any

import orjson
from marshmallow import Schema, ValidationError, fields, validate, validates_schema

from emulator import header
from emulator.family import INJECTED, Family, Injected
from emulator.json_pointer import point
from emulator.recording.exchange import Exchange, Reply
from emulator.recording.glob import compile_text
from emulator.recording.match import FAULT_SUFFIX, Match, RequestMatch, Texts
from emulator.workspace.error import WorkspaceError

if TYPE_CHECKING:
    from _typeshed.wsgi import WSGIEnvironment

Serve = Callable[["WSGIEnvironment"], Reply]
Action = Callable[[Serve, "WSGIEnvironment"], Reply]
Sleep = Callable[[float], object]

MAX_DELAY_SECONDS = 300.0
SLOW_BODY_CHUNKS = 10
EXCLUSIVE_MEMBERS = ("fault", "status", "drop")
STATUSES_WITHOUT_BODY = (204, 304)
DEPENDENT_MEMBERS = {"arguments": "fault", "headers": "status", "body": "status"}
MAX_PROBLEMS = 100
"""The bound of problems in a report: further declarations are not checked."""
TOKEN_FAMILY = "token"  # noqa: S105 - the name of a family
MAX_FAILPOINTS = 200
"""The bound of failpoints in a workspace: each request is compared with all failpoints."""
MAX_DECLARATION_BYTES = 16 * 1024
"""The bound of a failpoint as JSON, without the body of the answer."""
MAX_DECLARED_BYTES = 8 * 1024 * 1024
"""The bound of all failpoints of a workspace as JSON."""


class ConnectionDropped(ConnectionResetError):  # noqa: N818 - a wanted outcome
    """A failpoint closes the connection without another byte.

    WSGI has no such answer. But a server closes a connection in silence if the client has reset the
    connection, so this error looks like the error of such a client.
    """

    def __init__(self) -> None:
        super().__init__(ECONNRESET, "A failpoint drops the connection")


class FailpointError(ValueError):
    """Declarations of failpoints have problems.

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


class Real(fields.Float):
    """A JSON number; a string with digits is not a number."""

    def _validated(self, value: Any) -> float:
        if type(value) not in (int, float):
            raise self.make_error("invalid", input=value)
        return float(super()._validated(value) or 0.0)


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


DELAY_RANGE = validate.Range(0, MAX_DELAY_SECONDS)
REASON_PHRASES = {status.value: status.phrase for status in HTTPStatus}


class ActionSchema(Schema):
    """The action of a failpoint."""

    delay = Delay()
    fault = fields.String()
    arguments = fields.Dict(fields.String(), fields.Raw(allow_none=True))
    status = fields.Integer(strict=True, validate=validate.Range(200, 599))
    headers = Headers()
    body = fields.Raw(allow_none=True)
    drop = fields.String(validate=validate.OneOf(("before", "after")))
    truncate = fields.Integer(strict=True, validate=validate.Range(0))
    slow_body = Real(validate=DELAY_RANGE)

    @validates_schema
    def check(self, data: Mapping[str, Any], **_: Any) -> None:
        """Check for an empty action, for contradictions and for missing members."""
        ends = [name for name in EXCLUSIVE_MEMBERS if name in data]
        if len(ends) > 1:
            raise ValidationError(f"Only one of {', '.join(ends)}.", ends[1])
        for name, needed in DEPENDENT_MEMBERS.items():
            if name in data and needed not in data:
                raise ValidationError(f"Needs {needed}.", name)
        if data.get("status") in STATUSES_WITHOUT_BODY and data.get("body") is not None:
            raise ValidationError(f"An answer of {data['status']} has no body.", "body")
        if not data:
            members = "delay, fault, status, drop, truncate and slow_body"
            raise ValidationError(f"Has none of {members}.")


class FailpointMatch(RequestMatch):
    """The conditions of a failpoint."""

    nth = fields.Integer(strict=True, validate=validate.Range(1))


class FailpointSchema(Schema):
    """A failpoint as JSON."""

    match = fields.Nested(FailpointMatch(), load_default=dict)
    times = fields.Integer(strict=True, validate=validate.Range(1))
    probability = Real(validate=validate.Range(0, 1), load_default=1.0)
    seed = fields.Integer(strict=True)
    action = fields.Nested(ActionSchema(), required=True)


@dataclass(frozen=True)
class Plan:
    """A declared failpoint, without the counts of a workspace.

    Attributes:
        declared: The declaration as JSON.
        match: The conditions.
        family: The family of the fault; empty for an action without a fault.
        action: The action as loaded by ``ActionSchema``.
        nth: The number of the request among the matching requests; None for all.
        size: Bytes of the declaration as JSON.
        times: The maximum number of applications; None for no limit.
        probability: The probability of an application, from 0 to 1.
        seed: The seed of the random numbers; None for other numbers in each run.
    """

    declared: Mapping[str, Any]
    match: Match
    family: str
    action: Mapping[str, Any]
    nth: int | None
    times: int | None
    probability: float
    seed: int | None
    size: int

    def fits(self, exchange: Exchange) -> bool:
        """Return True if the conditions hold for a request.

        A failpoint without conditions is not for token requests. A client sends a token request
        when the token has expired, so a test could not foresee the request with the failpoint.
        """
        family = exchange.family.name
        if self.family:
            return family == self.family and self.match(exchange)
        is_for_family = any(self.match.conditions.values()) or family != TOKEN_FAMILY
        return is_for_family and self.match(exchange)


def too_many_failpoints() -> WorkspaceError:
    """Return the error of too many or too large failpoints."""
    return WorkspaceError(
        f"a workspace has no more than {MAX_FAILPOINTS} failpoints with {MAX_DECLARED_BYTES} bytes "
        "of JSON: delete some",
        HTTPStatus.CONFLICT,
    )


class Declaration:
    """A reader of declarations.

    Args:
        families: The families; each knows the names of the faults and operations.
    """

    def __init__(self, families: Iterable[Family]) -> None:
        families = tuple(families)
        self._names = {
            "family": {family.name for family in families},
            "operation": {name for family in families for name in family.operations.values()},
        }
        self._faults = {
            name: (family.name, arguments)
            for family in families
            for name, arguments in family.faults.items()
        }

    def read(self, value: Any) -> list[Plan]:
        """Return the failpoints of a JSON value: an object, or an array of objects.

        Raises:
            FailpointError: The value has problems.
        """
        values = value if isinstance(value, list) else [value]
        if len(values) > MAX_FAILPOINTS:
            raise FailpointError({"": f"Has more than {MAX_FAILPOINTS} failpoints."})
        problems: dict[str, str] = {}
        plans = []
        for number, declared in enumerate(values):
            if len(problems) >= MAX_PROBLEMS:
                break  # a longer report takes seconds, and helps nobody
            place = f"/{number}" if isinstance(value, list) else ""
            try:
                plans.append(self._read(declared))
            except ValidationError as error:
                problems |= dict(point(place, error.messages))
        if problems:
            raise FailpointError(problems)
        return plans

    def read_file(self, file: str) -> list[Plan]:
        """Return the failpoints of a JSON file.

        Raises:
            FailpointError: The file cannot be read, or has problems.
        """
        try:
            value = orjson.loads(Path(file).read_bytes())
        except (OSError, orjson.JSONDecodeError) as error:
            raise FailpointError({file: f"is not a JSON file: {error}"}) from error
        try:
            return self.read(value)
        except FailpointError as error:
            problems = {f"{file}: {at or '/'}": why for at, why in error.problems.items()}
            raise FailpointError(problems) from error

    def _read(self, declared: Any) -> Plan:
        size = _measure(declared)
        loaded = FailpointSchema().load(declared)
        match, action = loaded["match"], loaded["action"]
        self._check_names(match)
        return Plan(
            declared,
            Match({name: value for name, value in match.items() if name != "nth"}),
            self._check_fault(action, match) if "fault" in action else "",
            action,
            match.get("nth"),
            loaded.get("times"),
            loaded["probability"],
            loaded.get("seed"),
            size,
        )

    def _check_names(self, match: Mapping[str, Any]) -> None:
        """Check the patterns of families and operations: each must fit a name."""
        for member, names in self._names.items():
            if member in match and not any(map(compile_text(match[member]).fullmatch, names)):
                problem = f"Matches none of {', '.join(sorted(names))}."
                raise ValidationError({"match": {member: [problem]}})

    def _check_fault(self, action: dict[str, Any], match: Mapping[str, Any]) -> str:
        """Check the name and the arguments of a fault; return the family of the fault."""
        name = action["fault"] = action["fault"].removesuffix(FAULT_SUFFIX)
        if name not in self._faults:
            problem = f"There is no fault '{name}'; there are {', '.join(sorted(self._faults))}."
            raise ValidationError({"action": {"fault": [problem]}})
        family, expected = self._faults[name]
        if not compile_text(match.get("family", "*")).fullmatch(family):
            problem = f"The fault {name} is of the family '{family}'."
            raise ValidationError({"match": {"family": [problem]}})
        if set(action.get("arguments", {})) != set(expected):
            problem = f"The arguments of {name} are {', '.join(expected) or 'none'}."
            raise ValidationError({"action": {"arguments": [problem]}})
        return family


def _measure(declared: Any) -> int:
    """Return the size of a declaration as JSON, in bytes.

    Raises:
        ValidationError: The declaration is too large, or nested too deeply to be shown again.
    """
    action = declared.get("action") if isinstance(declared, dict) else None
    body = action.get("body") if isinstance(action, dict) else None
    try:
        size, body_size = len(orjson.dumps(declared)), len(orjson.dumps(body))
    except TypeError as error:
        raise ValidationError("Is nested too deeply.") from error
    if size - body_size > MAX_DECLARATION_BYTES:
        bound = f"{MAX_DECLARATION_BYTES} bytes beside the body of the answer"
        raise ValidationError(f"Has more than {bound}.")
    return size


@dataclass(eq=False)
class Failpoint:
    """A failpoint of a workspace, with counts.

    Attributes:
        id: A number as text, unique in the workspace.
        plan: The declaration.
        seen: The number of requests for which the conditions held.
        applied: The number of requests to which the action was applied.
    """

    id: str
    plan: Plan
    seen: int = 0
    applied: int = 0
    _random: Random = field(init=False)

    def __post_init__(self) -> None:
        # A test may want the same numbers in each run; they are not secret.
        self._random = Random(self.plan.seed)  # noqa: S311

    def take(self, exchange: Exchange) -> bool:
        """Count a request; return True if the action applies."""
        plan = self.plan
        if not plan.fits(exchange):
            return False
        self.seen += 1
        due = plan.nth in (None, self.seen)
        remains = plan.times is None or self.applied < plan.times
        if not (due and remains and self._random.random() < plan.probability):
            return False
        self.applied += 1
        return True

    def serve(self, serve: Serve, environ: "WSGIEnvironment", pause: Sleep) -> Reply:
        """Serve a request with the action."""
        for action in self._actions(pause):
            serve = _wrap(action, serve)
        return serve(environ)

    def show(self) -> dict[str, Any]:
        """Return the declaration and the counts as JSON."""
        return {"id": self.id, **self.plan.declared, "seen": self.seen, "applied": self.applied}

    def _actions(self, pause: Sleep) -> Iterator[Action]:
        """Yield the functions of the action, the innermost first."""
        action = self.plan.action
        if "fault" in action:
            yield inject(Injected(action["fault"], action.get("arguments", {})))
        if "status" in action:
            yield answer(action["status"], action.get("headers", {}), action.get("body"))
        if "truncate" in action:
            yield truncate(action["truncate"])
        if "slow_body" in action:
            yield slow(action["slow_body"])
        if "drop" in action:
            yield drop(answered=action["drop"] == "after")
        if "delay" in action:
            yield delay(self._random.uniform(*action["delay"]), pause)


def _wrap(action: Action, serve: Serve) -> Serve:
    return lambda environ: action(serve, environ)


def inject(fault: Injected) -> Action:
    """Return the action of a fault in the form of the family."""

    def act(serve: Serve, environ: "WSGIEnvironment") -> Reply:
        environ[INJECTED] = fault
        return serve(environ)

    return act


def answer(status: int, headers: Mapping[str, str], body: Any) -> Action:
    """Return the action of an answer from the failpoint itself."""
    text = isinstance(body, str)
    data = b"" if body is None else body.encode() if text else orjson.dumps(body)
    kind = "text/plain; charset=utf-8" if text else "application/json"
    sent = list(headers.items())
    if data and "content-type" not in {name.lower() for name in headers}:
        sent.append(("Content-Type", kind))
    if status not in STATUSES_WITHOUT_BODY:
        sent.append(("Content-Length", str(len(data))))

    def act(_: Serve, environ: "WSGIEnvironment") -> Reply:
        parts = [] if environ.get("REQUEST_METHOD") == "HEAD" else [data]
        return Reply(f"{status} {REASON_PHRASES.get(status, 'Unknown')}", list(sent), parts)

    return act


def truncate(size: int) -> Action:
    """Return the action of a body cut after ``size`` bytes."""

    def act(serve: Serve, environ: "WSGIEnvironment") -> Reply:
        reply = serve(environ)
        body = b"".join(reply.parts)
        # Some servers leave a connection open after too few bytes, and the client would wait.
        return reply._replace(parts=[body[:size]], is_cut=0 < size < len(body))

    return act


def slow(seconds: float) -> Action:
    """Return the action of a slow body, in ``SLOW_BODY_CHUNKS`` chunks."""

    def act(serve: Serve, environ: "WSGIEnvironment") -> Reply:
        reply = serve(environ)
        body = b"".join(reply.parts)
        length = -(-len(body) // SLOW_BODY_CHUNKS) or 1
        pieces = [body[start : start + length] for start in range(0, len(body), length)]
        return reply._replace(parts=pieces, pause=seconds / max(1, len(pieces)))

    return act


def drop(*, answered: bool) -> Action:
    """Return the action of a closed connection, before or after the request is served."""

    def act(serve: Serve, environ: "WSGIEnvironment") -> Reply:
        if answered:
            serve(environ)
        raise ConnectionDropped

    return act


def delay(seconds: float, pause: Sleep) -> Action:
    """Return the action of a pause before the request is served."""

    def act(serve: Serve, environ: "WSGIEnvironment") -> Reply:
        pause(seconds)
        return serve(environ)

    return act


class Failpoints:
    """The failpoints of a workspace, in order.

    Args:
        initial: The failpoints at the start and after a reset.
    """

    def __init__(self, initial: Sequence[Plan] = ()) -> None:
        self._initial = initial
        self._lock = Lock()
        self.reset()

    def reset(self) -> None:
        """Return to the initial failpoints."""
        with self._lock:
            self._ids = count(1)
            self._failpoints = self._make(self._initial)

    def add(self, plans: Iterable[Plan]) -> list[Failpoint]:
        """Append failpoints; return the new failpoints.

        Raises:
            WorkspaceError: There would be too many failpoints; nothing was added.
        """
        return self._append(tuple(plans), keep=True)

    def replace(self, plans: Iterable[Plan]) -> list[Failpoint]:
        """Replace all failpoints in a single step; return the new failpoints.

        Raises:
            WorkspaceError: There would be too many failpoints; nothing was replaced.
        """
        return self._append(tuple(plans), keep=False)

    def __iter__(self) -> Iterator[Failpoint]:
        return iter(self._failpoints)

    def clear(self) -> None:
        """Remove all failpoints."""
        with self._lock:
            self._failpoints = []

    def delete(self, identifier: str) -> bool:
        """Remove a failpoint; return False for an unknown id."""
        with self._lock:
            others = [failpoint for failpoint in self._failpoints if failpoint.id != identifier]
            found = len(others) < len(self._failpoints)
            self._failpoints = others
            return found

    def take(self, exchange: Exchange) -> Failpoint | None:
        """Count a request; return the first applicable failpoint, if any."""
        if not self._failpoints:
            return None
        with self._lock:
            return next((found for found in self._failpoints if found.take(exchange)), None)

    def _append(self, plans: Sequence[Plan], *, keep: bool) -> list[Failpoint]:
        with self._lock:
            others = self._failpoints if keep else []
            size = sum(failpoint.plan.size for failpoint in others) + sum(p.size for p in plans)
            if len(others) + len(plans) > MAX_FAILPOINTS or size > MAX_DECLARED_BYTES:
                raise too_many_failpoints()
            made = self._make(plans)
            self._failpoints = [*others, *made]
            return made

    def _make(self, plans: Iterable[Plan]) -> list[Failpoint]:
        return [Failpoint(str(next(self._ids)), plan) for plan in plans]
