"""The steps of dw-cli."""

import json
from pathlib import Path

from clients.instance import CLIENT_ID, CLIENT_SECRET, HOST_NAME, LOGIN, PASSWORD, Instance
from clients.step import Step

SCRIPT = "app_pushed/cartridge/controllers/Pushed.js"
LOG_FILE = "/Logs/error-blade0-1-appserver-20260101.log"
LOG_LINE = "[2026-01-01 12:00:00.000 GMT] ERROR CustomJob|1 something failed\n"


def prepare(instance: Instance, folder: Path) -> None:
    """Write the settings and a cartridge; write a log of the instance."""
    settings = {
        "username": LOGIN,
        "password": PASSWORD,
        "apiVersion": "v23_2",
        "clientId": CLIENT_ID,
        "clientPassword": CLIENT_SECRET,
        "cartridges": "cartridges",
        "instances": {"dev": {"hostname": HOST_NAME}},
    }
    (folder / "dw-cli.json").write_text(json.dumps(settings))
    script = folder / "cartridges" / SCRIPT
    script.parent.mkdir(parents=True)
    script.write_text("'use strict';\n")
    instance.write(LOG_FILE, LOG_LINE.encode())


# dw-cli ends with 0 also after an error: its output and the emulator's state tell.
STEPS = (
    Step(("versions", "dev"), shows="unable to verify the first certificate", trusts=False),
    Step(
        ("versions", "dev"),
        shows="version2.*Success",
    ),
    Step(
        ("push", "dev", "pushed"),
        shows="Success",
        holds=lambda served: (
            served.file(f"/Cartridges/pushed/{SCRIPT}")
            and served.file("/Cartridges/pushed/archive.zip") is None
        ),
    ),
    Step(
        ("push", "dev", "pushed", "--no-zip"),
        shows="Success",
        holds=lambda served: served.file(f"/Cartridges/pushed/{SCRIPT}"),
    ),
    Step(
        ("activate", "dev", "pushed"),
        shows="Success",
        holds=lambda served: served.data("/code_versions/pushed")["active"],
    ),
    Step(
        ("clean", "dev"),
        shows="Removed version1.*Success",
        holds=lambda served: (
            [version["id"] for version in served.data("/code_versions")["data"]] == ["pushed"]
        ),
    ),
    Step(("log", "dev", "--list"), shows="error"),
    Step(("log", "dev", "--search", "--filter", "failed"), shows="something failed.*complete"),
    Step(
        ("job", "dev", "SyncInventory"),
        shows="OK.*Success",
    ),
)
