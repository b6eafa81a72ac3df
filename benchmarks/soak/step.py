"""One request with what has to come of it, foretold before it is sent."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from benchmarks.soak.expectation import TEXT, find_difference
from benchmarks.soak.wire import Answer, Request

Learn = Callable[[Answer | None], None]


class Mismatch(Exception):  # noqa: N818 - a finding, which is what the soak is for
    """The server did something else than the contract says; the message tells what."""


def ignore(_: Answer | None) -> None:
    """Learn nothing of an answer."""


@dataclass(frozen=True)
class Step:
    """A request and its answer, as the model foretells it.

    Attributes:
        kind: What sort of request it is, for the summary.
        request: The request.
        status: The status of the answer.
        content: The JSON value of its body, kinds standing where it cannot be foretold.
        headers: Headers it has to have, by lower-case names.
        learn: Brings the model to where the server is then, with what could not be foretold;
            gets None if the request was served but nobody saw the answer.
        losable: Whether the model can do without the answer.
        read: Returns the value of the body that ``content`` is compared with.
    """

    kind: str
    request: Request
    status: int
    content: Any = None
    headers: Mapping[str, Any] = field(default_factory=dict)
    learn: Learn = ignore
    losable: bool = True
    read: Callable[[Answer], Any] = lambda answer: answer.json

    def check(self, answer: Answer, *, part: bool = False) -> None:
        """Hold an answer against what was foretold, and learn from it.

        Args:
            answer: What came.
            part: Whether it came inside a batch, where it has no headers of its own.

        Raises:
            Mismatch: It is another one.
        """
        difference = self._find_difference(answer, part=part)
        if difference:
            raise Mismatch(self.tell(answer, difference))
        try:
            self.learn(answer)
        except Mismatch as found:
            raise Mismatch(self.tell(answer, str(found))) from found
        except LookupError as error:
            raise Mismatch(self.tell(answer, f"it lacks {error}")) from error

    def having(self, **headers: str | None) -> "Step":
        """Return the same step with further headers of its request."""
        return replace(self, request=self.request.having(**headers))

    def tell(self, answer: Answer, difference: str) -> str:
        """Return what was asked, what came, what was expected and how the two differ."""
        expected = f"{self.status} {dict(self.headers)} {self.content!r}"
        return (
            f"{self.kind}: {difference}\n  asked:    {self.request}\n"
            f"  came:     {answer}\n  expected: {expected}"
        )

    def _find_difference(self, answer: Answer, *, part: bool) -> str:
        if not answer.whole:
            return "the connection ended"
        if answer.status != self.status:
            return f"the status is {answer.status} instead of {self.status}"
        named = {} if part else {name: answer.headers.get(name) for name in self.headers}
        wrong = "" if part else find_difference(self.headers, named, "headers")
        try:
            return wrong or find_difference(self.content, self.read(answer), "body")
        except ValueError as error:
            return f"the body cannot be read: {error}"


def fault(name: str, **arguments: Any) -> dict[str, Any]:
    """Return a fault document of the Data API."""
    told = {"arguments": arguments, "type": f"{name}Exception", "message": TEXT}
    return {"_v": "23.2", "_type": "fault", "fault": told}


def problem(status: int, code: str, instance: str, *pointers: str) -> dict[str, Any]:
    """Return a problem document of the Inventory Service API, with what is wrong by pointer."""
    kind = "urn:inventory-service:problem:" + code.lower().replace("_", "-")
    told = {"type": kind, "title": TEXT, "status": status, "detail": TEXT, "code": code}
    errors = {"errors": [{"pointer": place, "detail": TEXT} for place in pointers]}
    return {**told, "instance": instance, **(errors if pointers else {})}
