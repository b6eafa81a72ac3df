"""What tests ask of the control plane, and of the Data API to see what came of it."""

from typing import Any

from werkzeug.test import Client, TestResponse

from emulator import Emulator

DATA = "/s/-/dw/data/v23_2"
LOCAL = {"REMOTE_ADDR": "127.0.0.1"}


def ask(
    emulator: Emulator, method: str, path: str, workspace: str = "default", **options: Any
) -> TestResponse:
    """Return the answer to a request to a workspace, with a token where one is needed."""
    client = Client(emulator.app)
    headers = {"x-emulator-workspace": workspace}
    if path.startswith(DATA):
        headers["Authorization"] = f"Bearer {emulator.token(workspace=workspace)}"
    headers |= options.pop("headers", {})
    return client.open(path, method=method, environ_overrides=LOCAL, headers=headers, **options)
