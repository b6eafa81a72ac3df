"""A request and the expected answer."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from benchmarks.soak.connection import Answer, Request
from benchmarks.soak.matcher import TEXT, find_difference

Learn = Callable[[Answer | None], None]


class Mismatch(Exception):  # noqa: N818 - a result of the test
    """An answer or a state differs from the model; the message has both."""


def ignore(_: Answer | None) -> None:
    """Learn nothing from an answer."""


@dataclass(frozen=True)
class Step:
    """A request and the expected answer.

    Attributes:
        kind: The kind of request, for the report.
        request: The request.
        status: The status of the answer.
        content: The JSON value of the body, with matchers for values that only the server knows.
        headers: Expected headers, by lower-case names.
        learn: Updates the model from the answer; from None for a request whose answer was
            lost on purpose.
        losable: Whether the model can be updated without the answer.
        read: Returns the value to compare with ``content``.
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
        """Compare an answer with the expected answer, and update the model.

        Args:
            answer: The answer.
            part: Whether the answer is a part of a batch; parts have no headers.

        Raises:
            Mismatch: The answer differs.
        """
        difference = self._find_difference(answer, part=part)
        if difference:
            raise Mismatch(self.describe(answer, difference))
        try:
            self.learn(answer)
        except Mismatch as found:
            raise Mismatch(self.describe(answer, str(found))) from found
        except LookupError as error:
            raise Mismatch(self.describe(answer, f"{error} is missing")) from error

    def having(self, **headers: str | None) -> "Step":
        """Return the same step with further request headers."""
        return replace(self, request=self.request.having(**headers))

    def describe(self, answer: Answer, difference: str) -> str:
        """Return the message of a mismatch: request, answer, expected answer, difference."""
        expected = f"{self.status} {dict(self.headers)} {self.content!r}"
        return (
            f"{self.kind}: {difference}\n  request:  {self.request}\n"
            f"  answer:   {answer}\n  expected: {expected}"
        )

    def _find_difference(self, answer: Answer, *, part: bool) -> str:
        if not answer.whole:
            return "the connection ended"
        if answer.status != self.status:
            return f"the status is {answer.status} instead of {self.status}"
        present = {} if part else {name: answer.headers.get(name) for name in self.headers}
        wrong = "" if part else find_difference(self.headers, present, "headers")
        try:
            return wrong or find_difference(self.content, self.read(answer), "body")
        except ValueError as error:
            return f"the body cannot be read: {error}"


def fault(name: str, **arguments: Any) -> dict[str, Any]:
    """Return a fault document of the Data API."""
    details = {"type": f"{name}Exception", "message": TEXT}
    if arguments:
        details["arguments"] = arguments
    return {"_v": "23.2", "_type": "fault", "fault": details}


def problem(status: int, code: str, instance: str, *pointers: str) -> dict[str, Any]:
    """Return a problem document of the Inventory Service API, with an error for each pointer."""
    kind = "urn:inventory-service:problem:" + code.lower().replace("_", "-")
    told = {"type": kind, "title": TEXT, "status": status, "detail": TEXT, "code": code}
    errors = {"errors": [{"pointer": place, "detail": TEXT} for place in pointers]}
    return {**told, "instance": instance, **(errors if pointers else {})}
