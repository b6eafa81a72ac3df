"""Site archives of tests: uploads, and the jobs that import and export."""

import io
import zipfile
from datetime import timedelta
from typing import Any

from contract_tests.api import Api

INSTANCE = "/on/demandware.servlet/webdav/Sites/Impex/src/instance"
LOGS = "/on/demandware.servlet/webdav/Sites/Logs"
IMPORT, EXPORT = "sfcc-site-archive-import", "sfcc-site-archive-export"
LONGEST_WAIT = timedelta(seconds=9)
"""Nearly the time that a request waits for work that is due: longer work is asked for again."""
NAMESPACE = "http://www.demandware.com/xml/impex"


def make_zip(files: dict[str, str | bytes], top: str = "a/") -> bytes:
    content = io.BytesIO()
    with zipfile.ZipFile(content, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, text in files.items():
            archive.writestr(top + name, text)
    return content.getvalue()


def run(api: Api, job: str, body: Any) -> tuple[dict[str, Any], str]:
    """Execute a job; return the finished execution and the log."""
    started = api.call("POST", f"{api.scope}/jobs/{job}/executions", json=body)
    assert started.status_code == 202, started.text
    assert (started.json()["status"], started.json()["execution_status"]) == ("PENDING", "pending")
    advanced = api.call("POST", "/__emulator__/clock/advance", json={"seconds": 1})
    assert advanced.status_code == 200
    shown = api.get(path := f"/jobs/{job}/executions/{started.json()['id']}")
    while shown.elapsed > LONGEST_WAIT and shown.json()["execution_status"] == "running":
        shown = api.get(path)
    document = shown.json()
    assert document["execution_status"] == "finished"
    log = document["log_file_path"].removeprefix("/Sites/LOGS")
    return document, api.call("GET", LOGS + log).text


def upload(api: Api, content: bytes, name: str = "a.zip") -> None:
    assert api.call("PUT", f"{INSTANCE}/{name}", data=content).status_code in {201, 204}


def import_(api: Api, files: dict[str, str | bytes]) -> str:
    """Import files; return the log."""
    upload(api, make_zip(files))
    document, log = run(api, IMPORT, {"file_name": "a.zip"})
    assert (document["status"], document["exit_status"]["status"]) == ("OK", "ok"), log
    return log
