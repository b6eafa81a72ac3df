"""Failpoints: faults, delays and broken connections on demand, for tests of clients.

A failpoint has conditions and an action. An action is a list of small functions. Each function
wraps the serving of a request, as a middleware does.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from errno import ECONNRESET
from http import HTTPStatus
from typing import TYPE_CHECKING, Any

import orjson
from marshmallow import ValidationError, fields, validate, validates_schema

from emulator.family import INJECTED, Family, Injected
from emulator.recording.exchange import Exchange, Reply
from emulator.recording.glob import compile_text
from emulator.recording.match import FAULT_SUFFIX, Match, RequestMatch
from emulator.recording.nearest import AdvisingSchema, advise
from emulator.workspace import rule
from emulator.workspace.rule import (
    MAX_DELAY_SECONDS,
    Counted,
    Delay,
    Flag,
    Headers,
    Rule,
    RuleError,
    Rules,
    Steps,
    check_repeat,
    locate,
)

if TYPE_CHECKING:
    from _typeshed.wsgi import WSGIEnvironment

Serve = Callable[["WSGIEnvironment"], Reply]
Action = Callable[[Serve, "WSGIEnvironment"], Reply]
Sleep = Callable[[float], object]

SLOW_BODY_CHUNKS = 10
EXCLUSIVE_MEMBERS = ("fault", "status", "drop")
STATUSES_WITHOUT_BODY = (204, 304)
TEXT_TYPE, JSON_TYPE = "text/plain; charset=utf-8", "application/json"
DEPENDENT_MEMBERS = {"arguments": "fault", "headers": "status", "body": "status"}
TOKEN_FAMILY = "token"  # noqa: S105 - the name of a family


class ConnectionDropped(ConnectionResetError):  # noqa: N818 - a wanted outcome
    """A failpoint closes the connection without another byte.

    WSGI has no such answer. But a server closes a connection in silence if the client has reset the
    connection, so this error looks like the error of such a client.
    """

    def __init__(self) -> None:
        super().__init__(ECONNRESET, "A failpoint drops the connection")


FailpointError = RuleError


class Real(fields.Float):
    """A JSON number; a string with digits is not a number."""

    def _validated(self, value: Any) -> float:
        if type(value) not in (int, float):
            raise self.make_error("invalid", input=value)
        return float(super()._validated(value) or 0.0)


DELAY_RANGE = validate.Range(0, MAX_DELAY_SECONDS)
REASON_PHRASES = {status.value: status.phrase for status in HTTPStatus}


class ActionSchema(AdvisingSchema):
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


class FailpointSchema(AdvisingSchema):
    """A failpoint as JSON."""

    match = fields.Nested(FailpointMatch(), load_default=dict)
    times = fields.Integer(strict=True, validate=validate.Range(1))
    probability = Real(validate=validate.Range(0, 1), load_default=1.0)
    seed = fields.Integer(strict=True)
    action = Steps(ActionSchema())
    repeat = Flag(load_default=False)


@dataclass(frozen=True, kw_only=True)
class Plan(Rule):
    """A declared failpoint: each step is an action as loaded by ``ActionSchema``.

    Attributes:
        match: The conditions.
        family: The family of the faults; empty for actions without a fault.
    """

    match: Match
    family: str

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
        self._families = {name: family for family in families for name in family.faults}

    def read(self, value: Any) -> list[Plan]:
        """Return the failpoints of a JSON value: an object, or an array of objects.

        Raises:
            FailpointError: The value has problems.
        """
        return rule.read_declarations(value, self._read, Failpoints.KIND)

    def read_file(self, file: str) -> list[Plan]:
        """Return the failpoints of a JSON file.

        Raises:
            FailpointError: The file cannot be read, or has problems.
        """
        return rule.read_file(file, self.read)

    def _read(self, declared: Any) -> Plan:
        size = rule.measure(declared, "action")
        loaded = FailpointSchema().load(declared)
        match, actions = loaded["match"], loaded["action"]
        check_repeat(declared, loaded["repeat"], "action")
        if "nth" in match and len(actions) > 1:
            reason = "Excludes a sequence of actions: only one request would have an action."
            raise ValidationError({"match": {"nth": [reason]}})
        self._check_names(match)
        return Plan(
            declared=declared,
            size=size,
            steps=actions,
            repeat=loaded["repeat"],
            nth=match.get("nth"),
            times=loaded.get("times"),
            probability=loaded["probability"],
            seed=loaded.get("seed"),
            match=Match({name: value for name, value in match.items() if name != "nth"}),
            family=self._check_faults(declared, actions, match),
        )

    def _check_faults(
        self, declared: Any, actions: Iterable[dict[str, Any]], match: Mapping[str, Any]
    ) -> str:
        """Check the faults of actions; return their family, empty for no fault."""
        families = set()
        for number, action in enumerate(actions):
            try:
                families.add(self._check_fault(action, match) if "fault" in action else "")
            except ValidationError as error:
                problems: Any = error.messages
                if "action" not in problems:  # the conditions exclude the family of the fault
                    raise
                raise locate(declared, "action", number, problems["action"]) from error
        families.discard("")
        if len(families) > 1:
            problem = f"The faults are of several families: {', '.join(sorted(families))}."
            raise ValidationError({"action": [problem]})
        return families.pop() if families else ""

    def _check_names(self, match: Mapping[str, Any]) -> None:
        """Check the patterns of families and operations: each must fit a name."""
        for member, names in self._names.items():
            if member in match and not any(map(compile_text(match[member]).fullmatch, names)):
                problem = f"Matches no {member}: {advise(match[member], names)}"
                raise ValidationError({"match": {member: [problem]}})

    def _find_fault(self, given: str) -> str:
        """Return the name of a fault, which may be given with or without ``Exception``."""
        short = given.removesuffix(FAULT_SUFFIX)
        for name in (given, short, f"{short}{FAULT_SUFFIX}"):
            if name in self._families:
                return name
        problem = f"There is no fault '{short}': {advise(short, self._families)}"
        raise ValidationError({"action": {"fault": [problem]}})

    def _check_fault(self, action: dict[str, Any], match: Mapping[str, Any]) -> str:
        """Check the name of a fault, and complete its arguments; return the family of the fault."""
        name = action["fault"] = self._find_fault(action["fault"])
        family, given = self._families[name], action.get("arguments", {})
        if not compile_text(match.get("family", "*")).fullmatch(family.name):
            problem = f"The fault {name} is of the family '{family.name}'."
            raise ValidationError({"match": {"family": [problem]}})
        try:
            action["arguments"] = family.fill_arguments(name, given)
        except KeyError:
            forms = family.faults[name]
            known = " or ".join(", ".join(form) or "none" for form in forms)
            problem = f"The arguments {', '.join(sorted(given))} exclude each other"
            if unknown := sorted(set(given).difference(*forms)):
                problem = f"There is no argument '{unknown[0]}'"
            problem = f"{problem}: the arguments of {name} are {known}."
            raise ValidationError({"action": {"arguments": [problem]}}) from None
        return family.name


class Failpoint(Counted):
    """A failpoint of a workspace, with counts."""

    rule: Plan

    def serve(self, serve: Serve, environ: "WSGIEnvironment", pause: Sleep) -> Reply:
        """Serve a request with the action."""
        for action in self._actions(pause):
            serve = _wrap(action, serve)
        return serve(environ)

    def _actions(self, pause: Sleep) -> Iterator[Action]:
        """Yield the functions of the action, the innermost first."""
        action, seconds = self.step, self.draw_delay()
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
            yield delay(seconds, pause)


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
    reply = compose(status, headers.items(), data, TEXT_TYPE if text else JSON_TYPE)

    def act(_: Serve, environ: "WSGIEnvironment") -> Reply:
        return leave_out_body(reply, environ)

    return act


def compose(status: int, headers: Iterable[tuple[str, str]], data: bytes, media_type: str) -> Reply:
    """Return an answer.

    Args:
        status: The status.
        headers: The headers, with or without a media type.
        data: The body.
        media_type: The media type, unless there is one among the headers.
    """
    sent = list(headers)
    if data and "content-type" not in {name.lower() for name, _ in sent}:
        sent.append(("Content-Type", media_type))
    if status not in STATUSES_WITHOUT_BODY:
        sent.append(("Content-Length", str(len(data))))
    return Reply(f"{status} {REASON_PHRASES.get(status, 'Unknown')}", sent, [data])


def leave_out_body(reply: Reply, environ: "WSGIEnvironment") -> Reply:
    """Return the answer to a request with other lists; an answer to HEAD has no body."""
    parts = [] if environ.get("REQUEST_METHOD") == "HEAD" else list(reply.parts)
    return reply._replace(headers=list(reply.headers), parts=parts)


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


class Failpoints(Rules[Failpoint]):
    """The failpoints of a workspace, in order."""

    KIND = "failpoints"
    COUNTED = Failpoint
