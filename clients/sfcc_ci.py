"""The steps of sfcc-ci."""

from io import BytesIO
from pathlib import Path
from zipfile import ZipFile

from clients.instance import CLIENT_ID, CLIENT_SECRET, HOST_NAME, LOGIN, PASSWORD, Instance
from clients.step import Step

ARCHIVE = "instance.zip"
CODE = "release1.zip"
INVENTORY_LIST = """<?xml version="1.0" encoding="UTF-8"?>
<inventory xmlns="http://www.demandware.com/xml/impex/inventory/2007-05-31">
  <inventory-list>
    <header list-id="imported">
      <default-instock>false</default-instock>
      <description>From an archive</description>
    </header>
    <records>
      <record product-id="sku-1"><allocation>7</allocation></record>
    </records>
  </inventory-list>
</inventory>
"""


def prepare(_: Instance, folder: Path) -> None:
    """Write a site archive and a code archive."""
    entry = "instance/inventory-lists/imported.xml"
    (folder / ARCHIVE).write_bytes(_zip({entry: INVENTORY_LIST}))
    script = "release1/app_release/cartridge/controllers/Release.js"
    (folder / CODE).write_bytes(_zip({script: "'use strict';\n"}))


def _zip(entries: dict[str, str]) -> bytes:
    content = BytesIO()
    with ZipFile(content, "w") as archive:
        for name, text in entries.items():
            archive.writestr(name, text)
    return content.getvalue()


RECORD, AMOUNT = "/inventory_lists/imported/product_inventory_records/sku-1", 7
USER = "ada@example.com"
ON = ("-i", HOST_NAME)
STEPS = (
    Step(
        ("client:auth", CLIENT_ID, CLIENT_SECRET),
        shows="Authentication failed: Error: unable to verify the first certificate",
        exit_code=1,
        trusts=False,
    ),
    Step(
        ("client:auth", CLIENT_ID, "wrong"),
        shows="Authentication failed: Client authentication failed",
        exit_code=1,
    ),
    Step(
        ("client:auth", CLIENT_ID, CLIENT_SECRET, "--renew"),
        shows="Authentication succeeded Auto-renewal enabled",
    ),
    Step(("client:auth:renew",), shows="Authentication renewal succeeded"),
    Step(("client:auth:token",), shows=r"^\S+\.\S+\.\S+$"),
    Step(
        ("client:auth", CLIENT_ID, CLIENT_SECRET, LOGIN, "wrong"),
        shows="Authentication failed: Resource owner authentication failed",
        exit_code=1,
    ),
    Step(
        ("client:auth", CLIENT_ID, CLIENT_SECRET, LOGIN, PASSWORD, "--renew"),
        shows="Authentication succeeded Auto-renewal enabled",
    ),
    Step(("client:auth:renew",), shows="Authentication renewal succeeded"),
    Step(("instance:add", HOST_NAME, "dev"), shows="Instance configuration updated"),
    Step(("instance:list", "-v"), shows=f"User +│ {LOGIN}.*{HOST_NAME}"),
    Step(
        ("code:list", "-j"),
        shows='"active":true',
    ),
    Step(
        ("code:deploy", CODE, *ON),
        shows="successfully deployed",
        holds=lambda served: (
            served.file("/Cartridges/release1/app_release/cartridge/controllers/Release.js")
            and served.file("/Cartridges/release1.zip") is None
        ),
    ),
    Step(
        ("code:activate", "release1", *ON),
        shows="Code version release1 activated",
        holds=lambda served: served.data("/code_versions/release1")["active"],
    ),
    Step(
        ("code:activate", "release1", *ON),
        shows="Code version release1 already active",
    ),
    Step(
        ("code:delete", "-c", "release1", *ON, "-N"),
        shows="release1",
        exit_code=1,
        holds=lambda served: served.exists("/code_versions/release1"),
    ),
    Step(
        ("code:delete", "-c", "version1", *ON, "-N"),
        shows="Code version version1 deleted",
        holds=lambda served: not served.exists("/code_versions/version1"),
    ),
    Step(
        ("code:deploy", CODE, "--activate", *ON),
        shows="successfully deployed.*already active",
    ),
    Step(
        ("code:list", "-S", "id", *ON),
        shows="Number of code versions: 2.*release1",
    ),
    Step(
        ("job:run", "SyncInventory", "-j", *ON),
        before=lambda served: served.control("POST", "/clock/freeze"),
        shows=r'"id":"(?P<execution>\d+)"',
    ),
    Step(
        ("job:status", "SyncInventory", "{execution}", *ON),
        shows=r"Status of job execution \d+ \(SyncInventory\): pending \(PENDING\)",
    ),
    Step(
        ("job:run", "SyncInventory", *ON),
        shows='Starting job "SyncInventory".*failed',
        exit_code=1,
    ),
    Step(
        ("job:status", "SyncInventory", "{execution}", "-v", *ON),
        before=lambda served: served.control("POST", "/clock/advance", {"seconds": 60}),
        shows=r"finished \(OK\).*step_id : Update.*/Impex/log/Job-SyncInventory-\S+\.log",
    ),
    Step(
        ("job:status", "SyncInventory", "{execution}", "--log", *ON),
        before=lambda served: served.control("POST", "/clock/reset"),
        shows="1204 records were read",
    ),
    Step(
        ("instance:upload", ARCHIVE, *ON),
        shows=f"Instance import file {ARCHIVE} uploaded",
        holds=lambda served: served.file(f"/Impex/src/instance/{ARCHIVE}"),
    ),
    Step(
        ("instance:import", ARCHIVE, "--sync", "--failfast", *ON),
        shows=r"finished. Status is: finished \(OK\)",
        holds=lambda served: served.data(RECORD)["allocation"]["amount"] == AMOUNT,
    ),
    Step(
        (
            *("instance:export", "-d", '{"inventory_lists":{"all":true}}'),
            *("-f", "export.zip", "--sync", "--failfast", *ON),
        ),
        shows=r"finished. Status is: finished \(OK\)",
        holds=lambda served: "imported" in _names(served.file("/Impex/src/instance/export.zip")),
    ),
    Step(
        ("cartridge:add", "app_release", "-p", "first", "--siteid", "RefArch", *ON),
        holds=lambda served: served.data("/sites/RefArch")["cartridges"].startswith("app_release:"),
    ),
    Step(("user:list", *ON), shows=LOGIN),
    Step(
        (
            *("user:create", *ON, "-l", USER, "-u"),
            '{"email":"ada@example.com","first_name":"Ada","last_name":"King"}',
        ),
        holds=lambda served: served.data(f"/users/{USER}")["first_name"] == "Ada",
    ),
    Step(
        ("user:list", *ON, "-l", USER, "-j"),
        shows=f'"login":"{USER}"',
    ),
    Step(
        ("user:update", *ON, "-l", USER, "-c", '{"first_name":"Augusta"}', "-N"),
        holds=lambda served: served.data(f"/users/{USER}")["first_name"] == "Augusta",
    ),
    Step(("role:list", *ON), shows="Administrator"),
    Step(
        ("role:grant", *ON, "-l", USER, "-r", "Administrator"),
        holds=lambda served: "Administrator" in served.data(f"/users/{USER}")["roles"],
    ),
    Step(
        ("role:revoke", *ON, "-l", USER, "-r", "Administrator"),
        holds=lambda served: "roles" not in served.data(f"/users/{USER}"),
    ),
    Step(
        ("user:delete", *ON, "-l", USER, "-N"),
        holds=lambda served: not served.exists(f"/users/{USER}"),
    ),
    Step(("role:list",), shows="bm-admin"),
    Step(("user:list",), shows=LOGIN),
    Step(
        ("org:list",),
        shows="Emulated Organization",
    ),
    Step(
        ("org:list", "-o", "Emulated Organization", "-j"),
        shows='"name":"Emulated Organization"',
    ),
    Step(
        (
            *("user:create", "-o", "Emulated Organization", "-l", USER, "-u"),
            '{"firstName":"Ada","lastName":"King","roles":["bm-user"]}',
        ),
    ),
    Step(
        ("user:list", "-l", USER, "-j"),
        shows='"firstName":"Ada"',
    ),
    Step(("client:list", "-j"), shows=CLIENT_ID),
    Step(
        ("user:delete", "-l", USER, "-N"),
    ),
    Step(
        ("data:upload", *ON, "-t", "temp", "-f", ARCHIVE),
        holds=lambda served: served.file(f"/Temp/{ARCHIVE}"),
    ),
    Step(("auth:logout",)),
)


def _names(content: bytes | None) -> str:
    """Return the names of the entries of a zip, one a line."""
    if content is None:
        return ""
    with ZipFile(BytesIO(content)) as archive:
        return "\n".join(archive.namelist())
