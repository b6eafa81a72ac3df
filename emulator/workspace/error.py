"""The error of a request for a workspace that cannot be served."""

from http import HTTPStatus


class WorkspaceError(ValueError):
    """A workspace cannot be made, found or changed as a request asks.

    Args:
        message: What is wrong and what to do, in a sentence without a full stop.
        status: The HTTP status of the answer.
    """

    def __init__(self, message: str, status: HTTPStatus = HTTPStatus.BAD_REQUEST) -> None:
        super().__init__(message)
        self.status = status
