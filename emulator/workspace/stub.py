"""Stubs: declared answers for unserved requests.

A stub has a method, a path with variables, conditions, and an answer or a sequence of answers. The
values of the request can stand in the answer (see ``template``).
"""

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple
from urllib.parse import parse_qsl, quote, unquote, unquote_to_bytes

import orjson
from marshmallow import ValidationError, fields, validate, validates_schema

from emulator.recording.caller import FORM_MEDIA_TYPE, MAX_FORM_BYTES, MAX_PARAMETERS, read
from emulator.recording.exchange import Exchange, Reply
from emulator.recording.glob import compile_path
from emulator.recording.match import (
    MAX_PATH_SEGMENTS,
    MAX_PATTERN_CHARACTERS,
    MAX_PATTERN_SEGMENTS,
    ExchangeMatch,
    Match,
    includes,
)
from emulator.recording.nearest import AdvisingSchema
from emulator.workspace import rule
from emulator.workspace.failpoint import (
    JSON_TYPE,
    STATUSES_WITHOUT_BODY,
    TEXT_TYPE,
    Declaration,
    Sleep,
    compose,
    leave_out_body,
)
from emulator.workspace.rule import (
    MAX_RULES,
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
from emulator.workspace.template import Template, TemplateError, compile_body, compile_header

if TYPE_CHECKING:
    from _typeshed.wsgi import WSGIEnvironment

METHOD = re.compile(r"[A-Za-z]{1,32}", re.ASCII)
VARIABLE = re.compile(r"\{([A-Za-z_]\w*)\}", re.ASCII)
ANY_SEGMENTS = "**"
ACCESS = ("none", "token", "settings")
CONTROL_SEGMENT = "__emulator__"
SAMPLE_SEGMENT = "x"
NOT_JSON = object()
MAX_READ_BYTES = 5 * 1024 * 1024 + 1
"""The bytes to read of a body: one more than the longest body (FMT-6)."""
MAX_SEARCHED_BYTES = 512 * 1024
"""The bytes of a body in which a text is looked for: each stub looks for a text of its own."""
PROBLEM_TYPE = "application/problem+json"

FindOperation = Callable[[str, str], str]
"""Returns the name of what serves a method and a canonical path; empty for nothing."""


class PathTemplate:
    """A path with variables: ``/s/{site}/dw/shop/{version}/baskets/{basketId}``.

    A variable takes a whole segment. ``*`` stands for any characters of a segment, ``**`` for any
    number of segments.

    Args:
        text: The path.

    Attributes:
        variables: The indexes of the variables' segments; from the end behind ``**``.

    Raises:
        ValidationError: The path is not valid.
    """

    def __init__(self, text: str) -> None:
        # Three or more stars mean the same as two, as in all patterns of paths.
        segments = [ANY_SEGMENTS if _is_any(s) else s for s in text.split("/") if s]
        _check_path(text, segments)
        wildcard = segments.index(ANY_SEGMENTS) if ANY_SEGMENTS in segments else len(segments)
        self.variables: dict[str, int] = {}
        for index, segment in enumerate(segments):
            if found := VARIABLE.fullmatch(segment):
                place = index if index < wildcard else index - len(segments)
                if self.variables.setdefault(found[1], place) != place:
                    raise ValidationError(f"Has the variable '{found[1]}' twice.")
        self._segments = tuple(map(_encode, segments))
        self._is_open = ANY_SEGMENTS in segments
        self._pattern = compile_path("/".join(self._segments))

    def fits(self, segments: Sequence[str]) -> bool:
        """Return True for the segments of a fitting path, in canonical form."""
        if not self._is_open and len(segments) != len(self._segments):
            return False
        return len(segments) <= MAX_PATH_SEGMENTS and self._pattern.match(segments)

    def read(self, segments: Sequence[str]) -> dict[str, str]:
        """Return the decoded variables of a fitting path."""
        return {
            name: unquote(segments[index], errors="replace")
            for name, index in self.variables.items()
        }

    @property
    def sample(self) -> str:
        """A fitting path; empty for a path of any number of segments."""
        if self._is_open:
            return ""
        return "/" + "/".join(s.replace("*", SAMPLE_SEGMENT) for s in self._segments)


def _is_any(segment: str) -> bool:
    return len(segment) >= len(ANY_SEGMENTS) and not segment.strip("*")


def _check_path(text: str, segments: Sequence[str]) -> None:
    if not text.startswith("/") or len(text) > MAX_PATTERN_CHARACTERS:
        rule = f"begins with / and has up to {MAX_PATTERN_CHARACTERS} characters"
        raise ValidationError(f"A path {rule}, such as /s/{{site}}/dw/shop/{{version}}/baskets.")
    if "?" in text or "#" in text:
        raise ValidationError("A path has no query: write parameters into match.query.")
    if not 0 < len(segments) <= MAX_PATTERN_SEGMENTS or segments.count(ANY_SEGMENTS) > 1:
        limits = f"from 1 to {MAX_PATTERN_SEGMENTS} segments, and ** at most once"
        raise ValidationError(f"A path has {limits}.")
    for segment in segments:
        if re.search("[{}]", segment) and not VARIABLE.fullmatch(segment):
            rule = "A variable is a whole segment with letters, digits and _, such as {basketId}."
            raise ValidationError(f"'{segment}' is not valid. {rule}")


def _encode(segment: str) -> str:
    """Return the pattern of a segment, in the canonical form of paths."""
    if VARIABLE.fullmatch(segment):
        return "*"
    return "*".join(quote(unquote_to_bytes(piece), safe="") for piece in segment.split("*"))


class MethodName(fields.String):
    """A method, in upper or lower case."""

    def _deserialize(self, *args: Any, **options: Any) -> str:
        method: str = super()._deserialize(*args, **options)
        if not METHOD.fullmatch(method):
            raise ValidationError("A method is a name, such as GET.")
        return method.upper()


class PathField(fields.Field[PathTemplate]):
    """A path with variables."""

    def _deserialize(self, value: Any, *_: Any, **__: Any) -> PathTemplate:
        if not isinstance(value, str):
            raise ValidationError("Not a valid string.")
        path = PathTemplate(value)
        if path.sample.split("/")[1:2] == [CONTROL_SEGMENT]:
            raise ValidationError("Paths of the control plane are served by the emulator itself.")
        return path


class StubAnswer(AdvisingSchema):
    """An answer of a stub."""

    status = fields.Integer(strict=True, validate=validate.Range(200, 599), load_default=200)
    headers = Headers(load_default=dict)
    body = fields.Raw(allow_none=True, load_default=None)
    delay = Delay()

    @validates_schema
    def check(self, data: Mapping[str, Any], **_: Any) -> None:
        """Check for a body where the status allows none."""
        if data.get("status") in STATUSES_WITHOUT_BODY and data.get("body") is not None:
            raise ValidationError(f"An answer of {data['status']} has no body.", "body")


class StubSchema(AdvisingSchema):
    """A stub as JSON."""

    method = MethodName(required=True)
    path = PathField(required=True)
    match = fields.Nested(
        ExchangeMatch(only=("client", "header", "query", "body")), load_default=dict
    )
    answer = Steps(StubAnswer())
    repeat = Flag(load_default=False)
    times = fields.Integer(strict=True, validate=validate.Range(1))
    access = fields.String(validate=validate.OneOf(ACCESS), load_default=ACCESS[0])


class StubRequest:
    """An unserved request.

    Args:
        exchange: The request as recorded.
        path: The canonical path.
        environ: The request; the body can be read again.
    """

    def __init__(self, exchange: Exchange, path: str, environ: "WSGIEnvironment") -> None:
        self.exchange = exchange
        self.path = path
        self.environ = environ
        self.method = "GET" if exchange.method == "HEAD" else exchange.method
        self.segments = [segment for segment in path.split("/") if segment]
        self.variables: Mapping[str, str] = {}

    @cached_property
    def query(self) -> Mapping[str, str]:
        """The parameters, the last of each name."""
        return _parse_form(self.exchange.query.encode("latin-1", "replace"))

    @cached_property
    def content(self) -> bytes:
        """The beginning of the body; a longer body is no JSON then."""
        stream = self.environ["wsgi.input"]
        data: bytes = stream.read(MAX_READ_BYTES)
        stream.seek(0)
        return data

    @cached_property
    def body(self) -> Any:
        """The body as a JSON value; the fields of a form; None for another body."""
        try:
            return orjson.loads(self.content)
        except orjson.JSONDecodeError:
            media_type = read(self.environ, "CONTENT_TYPE").partition(";")[0].strip().lower()
            is_form = media_type == FORM_MEDIA_TYPE and len(self.content) <= MAX_FORM_BYTES
            return _parse_form(self.content) if is_form else None

    @cached_property
    def text(self) -> str:
        """The beginning of the body as text."""
        return self.content[:MAX_SEARCHED_BYTES].decode(errors="replace")

    def has(self, wanted: Any) -> bool:
        """Return True if the body has a text, or includes members."""
        if isinstance(wanted, str):
            return wanted in self.text
        return includes(self.body, wanted)


def _parse_form(data: bytes) -> dict[str, str]:
    text = data.decode(errors="replace")
    if text.count("&") >= MAX_PARAMETERS:
        return {}
    return dict(parse_qsl(text, keep_blank_values=True))


@dataclass(frozen=True, kw_only=True)
class StubPlan(Rule):
    """A declared stub: each step is an answer as loaded by ``StubAnswer``.

    Attributes:
        method: The method.
        path: The path.
        match: The conditions, except ``body``.
        body: A text or a part of the request's body; ``NOT_JSON`` for any body.
        access: The check of the client: ``none``, ``token`` or ``settings``.
        templates: The headers and the body of each answer.
    """

    method: str
    path: PathTemplate
    match: Match
    body: Any
    access: str
    templates: Sequence[tuple[Mapping[str, Template], Template]]

    def fits(self, request: StubRequest) -> bool:
        """Return True if the conditions hold for a request."""
        methods = (request.method, request.exchange.method)
        if self.method not in methods or not self.path.fits(request.segments):
            return False
        return self.match(request.exchange) and (self.body is NOT_JSON or request.has(self.body))


class StubDeclaration:
    """A reader of stub declarations.

    Args:
        find_operation: Returns what serves a method and a path.
    """

    def __init__(self, find_operation: FindOperation) -> None:
        self._find_operation = find_operation

    def read(self, value: Any) -> list[StubPlan]:
        """Return the stubs of a JSON value: an object, or an array of objects.

        Raises:
            RuleError: The value has problems, or a path is served.
        """
        return rule.read_declarations(value, self._read_unserved, Stubs.KIND)

    def restore(self, value: Any) -> list[StubPlan]:
        """Return the stubs of declarations of another process, without a look at the routes."""
        return rule.read_declarations(value, _read, Stubs.KIND)

    def read_folder(self, folder: str) -> list[StubPlan]:
        """Return the stubs of all JSON files in a folder, in the order of the names.

        Raises:
            RuleError: There is no such folder, or a file has problems.
        """
        if not Path(folder).is_dir():
            raise RuleError({folder: "is not a folder"})
        files = sorted(Path(folder).glob("*.json"))
        plans = [plan for file in files for plan in rule.read_file(file, self.read)]
        if len(plans) > MAX_RULES:
            raise RuleError({folder: f"has more than {MAX_RULES} stubs"})
        return plans

    def _read_unserved(self, declared: Any) -> StubPlan:
        plan = _read(declared)
        sample = plan.path.sample
        if sample and (operation := self._find_operation(plan.method, sample)):
            served = f"{plan.method} {declared['path']} is served by the emulator ({operation})"
            raise ValidationError({"path": [f"{served}: use a failpoint to change the answer."]})
        return plan


def _read(declared: Any) -> StubPlan:
    size = rule.measure(declared, "answer")
    loaded = StubSchema().load(declared)
    check_repeat(declared, loaded["repeat"], "answer")
    match, path, answers = loaded["match"], loaded["path"], loaded["answer"]
    return StubPlan(
        declared=declared,
        size=size,
        steps=answers,
        repeat=loaded["repeat"],
        times=loaded.get("times"),
        method=loaded["method"],
        path=path,
        match=Match({name: value for name, value in match.items() if name != "body"}),
        body=match.get("body", NOT_JSON),
        access=loaded["access"],
        templates=list(_compile(declared, answers, path.variables)),
    )


def _compile(
    declared: Mapping[str, Any],
    answers: Sequence[Mapping[str, Any]],
    variables: Mapping[str, int],
) -> Iterator[tuple[Mapping[str, Template], Template]]:
    """Yield the templates of headers and body of each answer."""
    for number, answer in enumerate(answers):
        place = "headers"
        try:
            headers = {n: compile_header(v, variables) for n, v in answer["headers"].items()}
            place = "body"
            body = answer["body"]
            yield headers, Template(()) if body is None else compile_body(body, variables)
        except ValidationError as error:
            raise locate(declared, "answer", number, {place: error.messages}) from error


class Readers(NamedTuple):
    """The readers of declarations."""

    failpoints: Declaration
    stubs: StubDeclaration


class Stub(Counted):
    """A stub of a workspace, with counts."""

    rule: StubPlan

    def serve(self, request: StubRequest, pause: Sleep) -> Reply:
        """Answer a request with the step of the application."""
        if seconds := self.draw_delay():
            pause(seconds)
        request.variables = self.rule.path.read(request.segments)
        headers, body = self.rule.templates[self.rule.number(self.applied)]
        try:
            sent = [(name, value.render_header(request)) for name, value in headers.items()]
            data, is_json = body.render(request)
        except TemplateError as error:
            return _refuse(error, request)
        media_type = JSON_TYPE if is_json else TEXT_TYPE
        return leave_out_body(compose(self.step["status"], sent, data, media_type), request.environ)


def _refuse(error: TemplateError, request: StubRequest) -> Reply:
    """Return the problem document of a failed template (RFC 9457)."""
    problem = {"title": "Internal Server Error", "status": 500, "detail": f"{error}"}
    return leave_out_body(compose(500, (), orjson.dumps(problem), PROBLEM_TYPE), request.environ)


class Stubs(Rules[Stub]):
    """The stubs of a workspace, in order."""

    KIND = "stubs"
    COUNTED = Stub
