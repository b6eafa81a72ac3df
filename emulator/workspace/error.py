"""The error of a request for a workspace."""

from http import HTTPStatus


class WorkspaceError(ValueError):
    """A request for a workspace is refused.

    Args:
        message: What is wrong and what to do, in a sentence without a full stop.
        status: The HTTP status of the answer.
    """

    def __init__(self, message: str, status: HTTPStatus = HTTPStatus.BAD_REQUEST) -> None:
        super().__init__(message)
        self.status = status
