"""XML documents: bodies of the Data API, and the files of site archives."""

import io
from pathlib import Path

import orjson

from emulator.fixture.impex.error import ImpexError
from emulator.fixture.impex.reader import read
from emulator.fixture.impex.tables import FORMATS
from emulator.ocapi.data_api import OWN
from emulator.ocapi.schema.document import Document
from emulator.ocapi.wire import xml
from fuzz.bounds import Finding
from fuzz.mutation import Corpus
from fuzz.targets.texts import make

SEEDS = Path(__file__).parents[1] / "seeds"
VERSION = "23.2"
NAMESPACE = xml.NAMESPACE_FORMAT.format(version=VERSION)
XML_TOKENS = (
    *(
        b"<!DOCTYPE a [<!ENTITY b 'c'>]>",
        b"&b;",
        b"<?xml version='1.0' encoding='utf-16'?>",
        b"<![CDATA[",
    ),
    *(
        b" encoding='cp037'",
        b" encoding='idna'",
        b" xsi:nil='true'",
        b" xsi:type='map'",
        b" xsi:type='set_of_map'",
    ),
    *(
        b" xmlns:a='b'",
        b"<entry key='a'>",
        b"<a>" * 100,
        b"</a>",
        b"&#0;",
        b"&#xD800;",
        b"&lt;",
        b"<?a b?>",
    ),
    *(
        b' mode="delete"',
        b' xml:lang="x-default"',
        b"<value>",
        b"</value>",
        b'<custom-attribute attribute-id="a">',
    ),
    *(b' site-id="s"', b"9999-99-99T99:99:99Z", b"<a b='c'/>" * 500),
)


def find_document(name: str) -> Document:
    """Return a document of the Data API."""
    return next(one.document for one in OWN.resources if one.document.type_name == name)


def check_body(data: bytes) -> None:
    """A body is rendered to XML of the same value, as far as XML can hold the value."""
    root = data[data.rfind(b"<?xml") :].partition(b" xmlns")[0].rpartition(b"<")[2]
    document = DOCUMENTS.get(root.decode("latin-1"), DOCUMENTS["inventory_list"])
    try:
        value = xml.decode(data, document, VERSION)
    except xml.XmlError:
        return
    orjson.dumps(value)  # the value is JSON


def check_file(data: bytes) -> None:
    """A file of an archive has objects with keys and places, or an error with the file's name."""
    try:
        content = read(io.BytesIO(data), "x.xml", FORMATS)
    except ImpexError as error:
        if "x.xml" not in str(error):
            raise Finding(f"the error does not name the file: {error}") from error
        return
    if len(content.items) > content.count + len(data):
        raise Finding("there are more objects than bytes")
    for item in content.items:
        try:
            item.resolve({})
        except ValueError:
            continue


DOCUMENTS = {
    name: find_document(name) for name in ("inventory_list", "catalog", "category", "campaign")
}
BODIES = Corpus(
    tuple(
        f'<?xml version="1.0" encoding="UTF-8"?>\n<{name} xmlns="{NAMESPACE}" '
        f'xmlns:xsi="{xml.XSI_NAMESPACE}">{content}</{name}>'.encode()
        for name, content in (
            (
                "inventory_list",
                (
                    "<description>d&#13;</description><default_in_stock>true</default_in_stock>"
                    '<c_a xsi:type="set_of_number">1</c_a><c_b xsi:type="map"><entry key="k" '
                    'xsi:type="boolean">false</entry></c_b><assigned_sites xsi:nil="true"/>'
                ),
            ),
            (
                "category",
                (
                    '<name><entry key="default">n</entry></name><position>1.5e3</position>'
                    "<online>true</online><c_showInMenu xsi:type='boolean'>true</c_showInMenu>"
                ),
            ),
            ("campaign", "<enabled>true</enabled><tags>a</tags><tags>b</tags><id>x</id>"),
        )
    ),
    XML_TOKENS,
)
FILES = Corpus(tuple(file.read_bytes() for file in sorted(SEEDS.glob("*.xml"))), XML_TOKENS)
TARGETS = (make("xml-bodies", BODIES, check_body), make("xml-of-archives", FILES, check_file, 2))
