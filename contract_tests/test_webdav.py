"""WebDAV: the files of an instance."""

import io
import json
import re
import stat
import tarfile
import zipfile
from base64 import b64encode
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from email.utils import parsedate_to_datetime
from typing import Any
from uuid import uuid4

import pytest
import requests
from defusedxml import ElementTree

from contract_tests.api import Api

Start = Callable[..., Api]
SITES = "/on/demandware.servlet/webdav/Sites"
TEMP = f"{SITES}/Temp"
FORM = "application/x-www-form-urlencoded"


@pytest.fixture
def folder(api: Api) -> Iterator[str]:
    """The path of a new folder below ``Temp``."""
    path = f"{TEMP}/contract-{uuid4().hex}"
    assert api.call("MKCOL", path).status_code == 201
    yield path
    api.call("DELETE", path)


def put(api: Api, path: str, content: bytes | str = b"text") -> None:
    assert api.call("PUT", path, data=content).status_code in {201, 204}


def names(api: Api, path: str) -> list[str]:
    """Return the displayed names of a folder's content."""
    return re.findall(r"<displayname>(.+?)</displayname>", api.call("PROPFIND", path).text)[1:]


def make_zip(**entries: str) -> bytes:
    content = io.BytesIO()
    with zipfile.ZipFile(content, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, text in entries.items():
            archive.writestr(name, text)
    return content.getvalue()


def post(api: Api, path: str, method: str, **options: Any) -> requests.Response:
    return api.call("POST", path, data={"method": method}, **options)


@pytest.mark.rule("DAV-1")
def test_a_file_is_read_back_at_its_address(api: Api, folder: str) -> None:
    put(api, f"{folder}/a%20b%2Bc.txt", "content")
    read = api.call("GET", f"{folder}/a%20b%2Bc.txt")
    assert (read.status_code, read.content) == (200, b"content")
    assert names(api, folder) == ["a b+c.txt"]


@pytest.mark.rule("DAV-2")
@pytest.mark.parametrize(
    "root",
    [
        *("Cartridges", "Catalogs", "Dynamic", "Impex", "Libraries"),
        *("Logs", "Realmdata", "Securitylogs", "Static", "Temp"),
    ],
)
def test_a_root_exists_and_stays(api: Api, root: str) -> None:
    assert api.call("PROPFIND", f"{SITES}/{root}").status_code == 207
    assert api.call("DELETE", f"{SITES}/{root}").status_code == 403
    assert api.call("PROPFIND", f"{SITES}/{root}").status_code == 207


@pytest.mark.rule("DAV-2")
@pytest.mark.parametrize("method", ["PUT", "MKCOL"])
def test_no_client_makes_a_root(api: Api, method: str) -> None:
    assert api.call(method, f"{SITES}/contract-root").status_code == 403
    assert api.call("GET", f"{SITES}/contract-root").status_code == 404


@pytest.mark.rule("DAV-3")
def test_the_case_of_a_root_does_not_matter_below_it_does(api: Api, folder: str) -> None:
    put(api, f"{folder}/File")
    lower = folder.replace("/Temp/", "/temp/")
    assert api.call("GET", f"{lower}/File").content == b"text"
    assert api.call("GET", f"{lower}/file").status_code == 404
    shown = api.call("PROPFIND", lower, headers={"Depth": "1"}).text
    assert re.findall("<href>(.+?)</href>", shown) == [f"{lower}/", f"{lower}/File"]


@pytest.mark.rule("DAV-4")
@pytest.mark.parametrize("path", ["Impex/src/instance", "Impex/log", "Logs/jobs"])
def test_the_folders_of_tools_exist_from_the_start(api: Api, path: str) -> None:
    assert api.call("PROPFIND", f"{SITES}/{path}", headers={"Depth": "0"}).status_code == 207


@pytest.mark.rule("DAV-5")
@pytest.mark.parametrize(
    "tail", ["/x", "//x", "/./x", "/sub/../x", "/%2e/x", "/sub/%2E%2E/x", "/sub/../../{name}/x"]
)
def test_slashes_and_dots_are_resolved(api: Api, folder: str, tail: str) -> None:
    put(api, f"{folder}/x")
    target = folder + tail.replace("{name}", folder.rpartition("/")[2])
    status, _, body = api.raw("GET", target, {})
    assert (status, body) == (200, b"text")


@pytest.mark.rule("DAV-5")
@pytest.mark.parametrize(
    "path",
    ["/../x", "/Temp/../../x", "/%2e%2e/x", "/Temp/a%2Fb", "/Temp/a%5Cb", "/Temp/a%00b"],
)
def test_no_path_leaves_the_roots(api: Api, path: str) -> None:
    assert api.raw("GET", SITES + path, {})[0] == 403
    assert api.raw("PUT", SITES + path, {"Content-Length": "1"}, b"x")[0] == 403


@pytest.mark.rule("DAV-5")
def test_a_path_is_utf_8(api: Api) -> None:
    assert api.raw("GET", f"{TEMP}/%FF", {})[0] == 400


@pytest.mark.rule("DAV-5")
def test_a_path_has_a_hundred_segments_at_most(api: Api) -> None:
    assert api.call("GET", f"{TEMP}{'/a' * 99}").status_code == 404
    for method in ("GET", "PUT", "MKCOL"):
        assert api.call(method, f"{TEMP}{'/a' * 100}").status_code == 403


@pytest.mark.rule("DAV-5")
def test_nothing_is_moved_or_unpacked_too_deep(api: Api, folder: str) -> None:
    put(api, f"{folder}/deep.zip", make_zip(**{"/".join("a" * 99): "text"}))
    assert post(api, f"{folder}/deep.zip", "UNZIP").status_code == 403
    put(api, f"{folder}/deep.zip", make_zip(**{"/".join("a" * 98): "text"}))
    assert post(api, f"{folder}/deep.zip", "UNZIP").status_code == 201
    api.call("MKCOL", f"{folder}/b")
    for method in ("COPY", "MOVE"):
        headers = {"Destination": f"{folder}/b/a"}
        assert api.call(method, f"{folder}/a", headers=headers).status_code == 403
    assert names(api, folder) == ["a", "b", "deep.zip"]
    everything = api.call("PROPFIND", folder, headers={"Depth": "infinity"}).text
    assert everything.count("<response>") == 101
    assert post(api, f"{folder}/a", "ZIP").status_code == 201


def basic(user: str, password: str) -> str:
    return "Basic " + b64encode(f"{user}:{password}".encode()).decode()


@pytest.mark.rule("DAV-6")
def test_a_user_and_an_api_client_may_use_basic_authentication(start: Callable[..., Api]) -> None:
    api = start()
    for pair in (("admin", "Secret:123"), (api.client_id, "a" * 30)):
        headers = {"Authorization": basic(*pair)}
        assert api.call("PROPFIND", TEMP, headers=headers).status_code == 207


@pytest.mark.rule("DAV-6")
@pytest.mark.parametrize(
    "authorization",
    [None, "", "Bearer", "Bearer x", basic("admin", "wrong"), basic("nobody", "x"), "Basic x"],
)
def test_without_valid_credentials_the_answer_is_401(api: Api, authorization: str | None) -> None:
    path = f"{TEMP}/contract-refused"
    answer = api.call("PUT", path, data=b"x", headers={"Authorization": authorization})
    host = api.url.partition("://")[2]
    assert answer.status_code == 401
    assert answer.headers["WWW-Authenticate"] == f'BASIC realm="{host}/on/demandware.servlet"'
    assert answer.headers["Content-Type"] == "text/html;charset=ISO-8859-1"
    assert answer.headers["x-error"] == "1"
    assert api.call("GET", path).status_code == 404


@pytest.mark.rule("DAV-7")
def test_propfind_has_the_form_that_all_readers_take(api: Api, folder: str) -> None:
    put(api, f"{folder}/b.txt", "12345")
    assert api.call("MKCOL", f"{folder}/a%20%26").status_code == 201
    answer = api.call("PROPFIND", f"{folder}/", headers={"Depth": "1"})
    assert answer.status_code == 207
    assert answer.headers["Content-Type"] == "text/xml;charset=UTF-8"
    date, gmt = r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ", r"\w{3}, \d\d \w{3} \d{4} \d\d:\d\d:\d\d GMT"

    def entry(path: str, name: str, rest: str) -> str:
        return (
            f"<response><href>{path}</href><propstat><prop><creationdate>{date}</creationdate>"
            f"<getlastmodified>{gmt}</getlastmodified><displayname>{name}</displayname>{rest}"
            r"</prop><status>HTTP/1\.1 200 OK</status></propstat></response>"
        )

    is_folder = "<resourcetype><collection/></resourcetype>"
    is_file = (
        "<resourcetype/><getcontentlength>5</getcontentlength>"
        "<getcontenttype>text/plain</getcontenttype><getetag>&quot;5-[0-9]+&quot;</getetag>"
    )
    entries = (
        entry(f"{folder}/", folder.rpartition("/")[2], is_folder),
        entry(f"{folder}/a%20%26/", "a &amp;", is_folder),
        entry(f"{folder}/b.txt", r"b\.txt", is_file),
    )
    start = re.escape('<?xml version="1.0" encoding="UTF-8"?>\n')
    whole = f'{start}<multistatus xmlns="DAV:">{"".join(entries)}</multistatus>'
    assert re.fullmatch(whole, answer.text), answer.text
    ElementTree.fromstring(answer.content)


@pytest.mark.rule("DAV-7")
@pytest.mark.parametrize(
    ("depth", "found"),
    [(None, ["sub", "x"]), ("0", []), ("1", ["sub", "x"]), ("Infinity", ["sub", "y", "x"])],
)
def test_depth_bounds_propfind(api: Api, folder: str, depth: str | None, found: list[str]) -> None:
    put(api, f"{folder}/x")
    api.call("MKCOL", f"{folder}/sub")
    put(api, f"{folder}/sub/y")
    answer = api.call("PROPFIND", folder, headers={"Depth": depth})
    assert re.findall("<displayname>(.+?)</displayname>", answer.text)[1:] == found


@pytest.mark.rule("DAV-7")
def test_the_time_of_a_folder_is_that_of_the_last_change_in_it(start: Start) -> None:
    api = start()

    def act(second: int, method: str, path: str, **options: Any) -> None:
        api.call("POST", "/__emulator__/clock/freeze", json={"at": f"2024-02-19T12:00:0{second}Z"})
        assert api.call(method, f"{TEMP}/{path}", **options).status_code < 300

    def second(path: str) -> str:
        answer = api.call("PROPFIND", f"{TEMP}/{path}", headers={"Depth": "0"})
        [found] = re.findall(r"2024 12:00:(\d\d) GMT</getlastmodified>", answer.text)
        return str(found)

    act(1, "MKCOL", "a")
    act(2, "MKCOL", "b")
    assert (second("a"), second("b")) == ("01", "02")
    act(3, "PUT", "a/x", data=b"1")
    assert (second("a"), second("a/x"), second("b")) == ("03", "03", "02")
    act(4, "MOVE", "a/x", headers={"Destination": f"{TEMP}/b/y"})
    assert (second("a"), second("b"), second("b/y")) == ("04", "04", "03")
    act(5, "COPY", "b/y", headers={"Destination": f"{TEMP}/a/z"})
    assert (second("a"), second("a/z")) == ("05", "03")
    act(6, "DELETE", "a/z")
    assert second("a") == "06"


@pytest.mark.rule("DAV-7")
def test_propfind_answers_all_properties_whatever_the_body_asks_for(api: Api, folder: str) -> None:
    body = '<D:propfind xmlns:D="DAV:"><D:prop><D:quota/><D:displayname/></D:prop></D:propfind>'
    asked = api.call("PROPFIND", folder, data=body).content
    assert asked == api.call("PROPFIND", folder).content


@pytest.mark.rule("DAV-7")
@pytest.mark.parametrize(
    ("headers", "body", "status"),
    [
        ({"Depth": "2"}, "", 400),
        ({}, "<propfind", 400),
        ({}, '<!DOCTYPE x [<!ENTITY a "b">]><x>&a;</x>', 400),
        ({}, " " * 65_537, 413),
    ],
)
def test_a_malformed_propfind_is_refused(
    api: Api, headers: dict[str, str], body: str, status: int
) -> None:
    assert api.call("PROPFIND", TEMP, headers=headers, data=body).status_code == status


@pytest.mark.rule("DAV-7", "DAV-8", "DAV-10", "DAV-11", "DAV-12", "DAV-13")
@pytest.mark.parametrize("method", ["PROPFIND", "GET", "HEAD", "DELETE", "COPY", "MOVE", "POST"])
def test_what_does_not_exist_is_not_found(api: Api, folder: str, method: str) -> None:
    headers = {"Destination": f"{folder}/y"}
    data = {"method": "UNZIP"} if method == "POST" else None
    answer = api.call(method, f"{folder}/missing", headers=headers, data=data)
    assert answer.status_code == 404


@pytest.mark.rule("DAV-8")
def test_a_file_comes_with_length_time_and_tag(api: Api, folder: str) -> None:
    put(api, f"{folder}/x.log", "0123456789")
    for method, body in (("GET", b"0123456789"), ("HEAD", b"")):
        answer = api.call(method, f"{folder}/x.log")
        assert (answer.status_code, answer.content) == (200, body)
        assert answer.headers["Content-Length"] == "10"
        assert answer.headers["Content-Type"] == "text/plain; charset=utf-8"
        assert answer.headers["Accept-Ranges"] == "bytes"
        assert parsedate_to_datetime(answer.headers["Last-Modified"])
        assert re.fullmatch('"10-[0-9]+"', answer.headers["ETag"])


@pytest.mark.rule("DAV-8")
@pytest.mark.parametrize(
    ("asked", "status", "content", "shown"),
    [
        ("bytes=4-", 206, b"456789", "bytes 4-9/10"),
        ("bytes=2-3", 206, b"23", "bytes 2-3/10"),
        ("bytes=8-10", 206, b"89", "bytes 8-9/10"),
        ("bytes=-3", 206, b"789", "bytes 7-9/10"),
        ("bytes=-99", 206, b"0123456789", "bytes 0-9/10"),
        ("bytes=-10", 206, b"0123456789", "bytes 0-9/10"),
        ("bytes=10-", 416, None, "bytes */10"),
        ("bytes=-0", 416, None, "bytes */10"),
    ],
)
def test_a_part_of_a_file(
    api: Api, folder: str, asked: str, status: int, content: bytes | None, shown: str
) -> None:
    put(api, f"{folder}/x.log", "0123456789")
    answer = api.call("GET", f"{folder}/x.log", headers={"Range": asked})
    assert (answer.status_code, answer.headers["Content-Range"]) == (status, shown)
    assert content is None or answer.content == content


@pytest.mark.rule("DAV-8")
@pytest.mark.parametrize(
    ("asked", "further", "status"),
    [
        ("lines=0-1", {}, 200),
        ("bytes=0-0,2-3", {}, 200),
        ("bytes=a-b", {}, 200),
        ("bytes=", {}, 200),
        (f"bytes={'9' * 5000}-", {}, 200),
        ("bytes=0-1", {"If-Range": "W/{tag}"}, 200),
        ("bytes=0-1", {"If-Range": '"other"'}, 200),
        ("bytes=0-1", {"If-None-Match": "{tag}"}, 304),
        ("bytes=99-", {"If-Match": '"other"'}, 412),
    ],
)
def test_a_range_that_does_not_count_gives_the_whole_file(
    api: Api, folder: str, asked: str, further: dict[str, str], status: int
) -> None:
    put(api, f"{folder}/x.log", "0123456789")
    tag = api.call("GET", f"{folder}/x.log").headers["ETag"]
    headers = {name: value.replace("{tag}", tag) for name, value in further.items()}
    answer = api.call("GET", f"{folder}/x.log", headers={"Range": asked, **headers})
    assert (answer.status_code, "Content-Range" in answer.headers) == (status, False)
    assert status != 200 or answer.content == b"0123456789"


CONDITIONS_THAT_FAIL = [
    ("GET", "If-Match", '"other"'),
    ("HEAD", "If-Match", "W/{tag}"),
    ("GET", "If-Unmodified-Since", "Thu, 01 Jan 1970 00:00:00 GMT"),
    ("PUT", "If-Match", '"other"'),
    ("PUT", "If-None-Match", "*"),
    ("PUT", "If-None-Match", "W/{tag}"),
    ("PUT", "If-Unmodified-Since", "Thu, 01 Jan 1970 00:00:00 GMT"),
    ("DELETE", "If-Match", '"other"'),
    ("DELETE", "If-None-Match", "{tag}"),
]


@pytest.mark.rule("DAV-16")
@pytest.mark.parametrize(("method", "name", "value"), CONDITIONS_THAT_FAIL)
def test_a_condition_that_does_not_hold_is_412(
    api: Api, folder: str, method: str, name: str, value: str
) -> None:
    put(api, f"{folder}/x", "old")
    before = api.call("GET", f"{folder}/x")
    headers = {name: value.replace("{tag}", before.headers["ETag"])}
    answer = api.call(method, f"{folder}/x", data=b"new", headers=headers)
    assert answer.status_code == 412
    after = api.call("GET", f"{folder}/x")
    assert (after.content, after.headers["ETag"]) == (b"old", before.headers["ETag"])
    missing = api.call("PUT", f"{folder}/new", data=b"new", headers={"If-Match": "*"})
    assert (missing.status_code, names(api, folder)) == (412, ["x"])


@pytest.mark.rule("DAV-16")
def test_a_condition_that_holds_changes_no_answer(api: Api, folder: str) -> None:
    path = f"{folder}/x"
    assert api.call("PUT", path, data=b"a", headers={"If-None-Match": "*"}).status_code == 201
    tag = api.call("GET", path, headers={"If-Match": "*"}).headers["ETag"]
    assert api.call("PUT", path, data=b"bc", headers={"If-Match": tag}).status_code == 204
    later = {"If-Unmodified-Since": "Fri, 31 Dec 9999 23:59:59 GMT", "If-None-Match": tag}
    assert api.call("DELETE", path, headers=later).status_code == 204
    assert api.call("DELETE", path, headers={"If-Match": "*"}).status_code == 404


@pytest.mark.rule("DAV-8")
def test_an_unchanged_file_is_not_sent_again(api: Api, folder: str) -> None:
    put(api, f"{folder}/x")
    tag = api.call("GET", f"{folder}/x").headers["ETag"]
    again = api.call("GET", f"{folder}/x", headers={"If-None-Match": tag})
    assert (again.status_code, again.content) == (304, b"")


@pytest.mark.rule("DAV-8")
def test_a_folder_is_a_page_in_the_form_of_tomcat(api: Api, folder: str) -> None:
    put(api, f"{folder}/x & y.log", "0" * 1536)
    page = api.call("GET", folder)
    assert (page.status_code, page.headers["Content-Type"]) == (200, "text/html;charset=UTF-8")
    row = (
        rf'<a href="{folder}/x%20%26%20y\.log"><tt>x &amp; y\.log</tt></a></td>\s*'
        r'<td align="right"><tt>1\.5 kb</tt></td>\s*'
        r'<td align="right"><tt>\w{3}, \d\d \w{3} \d{4} \d\d:\d\d:\d\d GMT</tt></td>'
    )
    assert re.search(row, page.text), page.text


@pytest.mark.rule("DAV-9")
def test_a_new_file_is_201_and_a_replaced_file_204(api: Api, folder: str) -> None:
    path = f"{folder}/x"
    assert api.call("PUT", path, data=b"one").status_code == 201
    assert api.call("PUT", path, data=b"").status_code == 204
    assert api.call("GET", path).content == b""


@pytest.mark.rule("DAV-9")
@pytest.mark.parametrize("size", [5, 7_000_000])
@pytest.mark.parametrize("is_chunked", [False, True])
def test_a_file_of_any_size_comes_whole_or_in_chunks(
    api: Api, folder: str, size: int, *, is_chunked: bool
) -> None:
    content = bytes(range(256)) * (size // 256 + 1)
    sent: Any = iter([content[:1000], content[1000:]]) if is_chunked else content
    assert api.call("PUT", f"{folder}/x", data=sent).status_code == 201
    assert api.call("GET", f"{folder}/x").content == content


@pytest.mark.rule("DAV-9")
def test_a_form_is_a_file_for_put(api: Api, folder: str) -> None:
    headers = {"Content-Type": FORM}
    assert api.call("PUT", f"{folder}/x", data="a=b", headers=headers).status_code == 201
    assert api.call("GET", f"{folder}/x").content == b"a=b"


@pytest.mark.rule("DAV-9")
def test_put_needs_the_folder_above_and_the_whole_file(api: Api, folder: str) -> None:
    assert api.call("PUT", f"{folder}/missing/x", data=b"x").status_code == 409
    put(api, f"{folder}/file")
    assert api.call("PUT", f"{folder}/file/x", data=b"x").status_code == 409
    assert api.call("PUT", folder, data=b"x").status_code == 405
    part = {"Content-Range": "bytes 0-0/2"}
    assert api.call("PUT", f"{folder}/x", data=b"x", headers=part).status_code == 400
    assert names(api, folder) == ["file"]


@pytest.mark.fails_on("waitress", "waits for the whole body")
@pytest.mark.rule("DAV-9")
def test_a_file_of_more_than_500_mb_is_refused(api: Api, folder: str) -> None:
    assert api.raw("PUT", f"{folder}/x", {"Content-Length": "524288001"})[0] == 413
    assert names(api, folder) == []


@pytest.mark.rule("DAV-9")
@pytest.mark.parametrize("length", [256, 4000])
def test_a_name_has_a_bounded_length(api: Api, folder: str, length: int) -> None:
    assert api.call("PUT", f"{folder}/{'x' * length}", data=b"x").status_code == 403


@pytest.mark.rule("DAV-10")
def test_delete_removes_a_file_or_a_folder_with_its_content(api: Api, folder: str) -> None:
    put(api, f"{folder}/x")
    api.call("MKCOL", f"{folder}/sub")
    put(api, f"{folder}/sub/y")
    for path in (f"{folder}/x", f"{folder}/sub/"):
        assert api.call("DELETE", path).status_code == 204
    assert names(api, folder) == []


@pytest.mark.rule("DAV-10")
def test_a_folder_is_made_once(api: Api, folder: str) -> None:
    assert api.call("MKCOL", f"{folder}/a").status_code == 201
    assert api.call("MKCOL", f"{folder}/a").status_code == 405
    assert api.call("MKCOL", f"{folder}/b/c").status_code == 409
    assert api.call("MKCOL", f"{folder}/d", data=b"x").status_code == 415
    assert names(api, folder) == ["a"]


@pytest.mark.rule("DAV-10")
def test_of_several_clients_one_makes_a_folder(api: Api, folder: str) -> None:
    def make(_: int) -> int:
        return api.raw("MKCOL", f"{folder}/lock", {"Content-Length": "0"})[0]

    with ThreadPoolExecutor(8) as pool:
        assert sorted(pool.map(make, range(8))) == [201, *[405] * 7]


@pytest.mark.rule("DAV-11")
def test_unzip_writes_into_the_folder_of_the_zip(api: Api, folder: str) -> None:
    put(api, f"{folder}/v.zip", make_zip(**{"v/c/a.js": "new", "v/c/b.js": "b", "v/empty/": ""}))
    for sub in ("v", "v/c"):
        api.call("MKCOL", f"{folder}/{sub}")
    put(api, f"{folder}/v/c/a.js", "old")
    put(api, f"{folder}/v/c/kept.js")
    assert post(api, f"{folder}/v.zip", "UNZIP").status_code == 201
    assert names(api, folder) == ["v", "v.zip"]
    assert names(api, f"{folder}/v") == ["c", "empty"]
    assert names(api, f"{folder}/v/c") == ["a.js", "b.js", "kept.js"]
    assert api.call("GET", f"{folder}/v/c/a.js").content == b"new"


def broken(content: bytes) -> bytes:
    """Return a zip with a changed byte in the content of an entry."""
    position = content.index(b"stored") + 2
    return content[:position] + b"X" + content[position + 1 :]


def stored(name: str, mode: int = 0, text: str = "stored") -> bytes:
    content = io.BytesIO()
    with zipfile.ZipFile(content, "w") as archive:
        archive.writestr("good", "good")
        entry = zipfile.ZipInfo(name)
        entry.external_attr = mode << 16
        archive.writestr(entry, text)
    return content.getvalue()


def with_flag(content: bytes, flag: int) -> bytes:
    """Return a zip whose last entry has a flag."""
    position = content.rindex(b"PK\1\2") + 8
    return content[:position] + flag.to_bytes(2, "little") + content[position + 2 :]


BAD_ZIPS: dict[str, tuple[Callable[[], bytes], int]] = {
    "not a zip": (lambda: b"no zip", 400),
    "empty": (lambda: b"", 400),
    "broken content": (lambda: broken(stored("bad")), 400),
    "above the folder": (lambda: stored("../../out"), 400),
    "absolute": (lambda: stored("/etc/out"), 400),
    "above in between": (lambda: stored("a/../../out"), 400),
    "backslash": (lambda: stored("a\\b"), 400),
    "symbolic link": (lambda: stored("link", stat.S_IFLNK | 0o777, "/etc/passwd"), 400),
    "file and folder": (lambda: stored("good/below"), 400),
    "existing folder": (lambda: stored("taken"), 409),
    "place before the beginning": (lambda: stored("bad")[stored("bad").index(b"PK\1\2") :], 400),
    "name outside of UTF-8": (
        lambda: with_flag(stored("bad"), 0x800).replace(b"bad", b"\xff\xfe\xfd"),
        400,
    ),
    "bomb": (lambda: make_zip(good="good", bomb="0" * 80_000_000), 413),
    "many entries": (lambda: make_zip(**{f"e{number}": "" for number in range(20_001)}), 413),
}


@pytest.mark.rule("DAV-11")
@pytest.mark.parametrize("kind", BAD_ZIPS)
def test_a_bad_zip_changes_nothing(api: Api, folder: str, kind: str) -> None:
    make, status = BAD_ZIPS[kind]
    api.call("MKCOL", f"{folder}/taken")
    put(api, f"{folder}/x.zip", make())
    assert post(api, f"{folder}/x.zip", "UNZIP").status_code == status
    assert names(api, folder) == ["taken", "x.zip"]


@pytest.mark.rule("DAV-12")
def test_zip_packs_a_folder_beside_it_with_its_name(api: Api, folder: str) -> None:
    for path in ("v", "v/c"):
        api.call("MKCOL", f"{folder}/{path}")
    put(api, f"{folder}/v/c/a.js", "content")
    assert post(api, f"{folder}/v", "ZIP").status_code == 201
    with zipfile.ZipFile(io.BytesIO(api.call("GET", f"{folder}/v.zip").content)) as archive:
        assert archive.namelist() == ["v/", "v/c/", "v/c/a.js"]
        assert archive.read("v/c/a.js") == b"content"


@pytest.mark.rule("DAV-12")
@pytest.mark.parametrize(("target", "name"), [(None, "v.tar.gz"), ("my.tgz", "my.tgz")])
def test_targz_packs_a_folder_beside_it(
    api: Api, folder: str, target: str | None, name: str
) -> None:
    api.call("MKCOL", f"{folder}/v")
    put(api, f"{folder}/v/a.js", "content")
    form = {"method": "TARGZ", "target": target}
    assert api.call("POST", f"{folder}/v", data=form).status_code == 201
    packed = io.BytesIO(api.call("GET", f"{folder}/{name}").content)
    with tarfile.open(fileobj=packed) as archive:
        assert archive.getnames() == ["v", "v/a.js"]


@pytest.mark.rule("DAV-11", "DAV-12")
@pytest.mark.parametrize(
    ("form", "status"),
    [
        ({}, 400),
        ({"method": "DROP"}, 400),
        ({"method": "UNZIP"}, 409),
        ({"method": "TARGZ", "target": "../x"}, 400),
    ],
)
def test_another_post_is_refused(api: Api, folder: str, form: dict[str, str], status: int) -> None:
    assert api.call("POST", folder, data=form).status_code == status


@pytest.mark.rule("DAV-13")
@pytest.mark.parametrize("sends_url", [False, True])
@pytest.mark.parametrize(
    ("method", "form", "left"),
    [
        ("MOVE", None, ["b"]),
        ("COPY", None, ["a", "b"]),
        ("POST", {"method": "COPY"}, ["a", "b"]),
    ],
)
def test_copy_and_move(
    api: Api, folder: str, method: str, form: Any, left: list[str], *, sends_url: bool
) -> None:
    api.call("MKCOL", f"{folder}/a")
    put(api, f"{folder}/a/x", "old")
    destination = (api.url if sends_url else "") + f"{folder}/b/"
    headers = {"Destination": destination}
    assert api.call(method, f"{folder}/a", data=form, headers=headers).status_code == 201
    assert names(api, folder) == left
    put(api, f"{folder}/b/x", "new")
    kept = api.call("GET", f"{folder}/a/x")
    assert kept.content == b"old" if "a" in left else kept.status_code == 404


@pytest.mark.rule("DAV-13")
@pytest.mark.parametrize("method", ["COPY", "MOVE"])
def test_overwrite_decides_about_an_existing_destination(
    api: Api, folder: str, method: str
) -> None:
    put(api, f"{folder}/a", "new")
    put(api, f"{folder}/b", "old")
    headers = {"Destination": f"{folder}/b"}
    kept = api.call(method, f"{folder}/a", headers=headers | {"Overwrite": "F"})
    assert (kept.status_code, api.call("GET", f"{folder}/b").content) == (412, b"old")
    replaced = api.call(method, f"{folder}/a", headers=headers)
    assert (replaced.status_code, api.call("GET", f"{folder}/b").content) == (204, b"new")


@pytest.mark.rule("DAV-13")
@pytest.mark.parametrize(
    ("destination", "status"),
    [
        (None, 400),
        ("/elsewhere", 400),
        ("http://[::x/on", 400),
        ("//[", 400),
        ("http://elsewhere.example{folder}/b", 502),
        ("https://elsewhere.example{folder}/b", 502),
        ("//elsewhere.example{folder}/b", 502),
        ("ftp://elsewhere.example{folder}/b", 502),
        ("http://elsewhere.example/elsewhere", 502),
        ("http://elsewhere.example:x{folder}/b", 400),
        (f"{SITES}/../x", 403),
        (f"{SITES}/contract-root", 403),
        ("{folder}/a", 403),
        ("{folder}/a/below", 403),
        ("{folder}", 403),
        ("{folder}/missing/b", 409),
    ],
)
def test_a_bad_destination_changes_nothing(
    api: Api, folder: str, destination: str | None, status: int
) -> None:
    api.call("MKCOL", f"{folder}/a")
    headers = {"Destination": destination and destination.replace("{folder}", folder)}
    for method, form in (("MOVE", None), ("COPY", None), ("POST", {"method": "COPY"})):
        answer = api.call(method, f"{folder}/a", data=form, headers=headers)
        assert answer.status_code == status
    assert names(api, folder) == ["a"]


@pytest.mark.rule("DAV-13")
def test_a_destination_of_the_own_host_is_taken(start: Start) -> None:
    api = start(tls_name="shop.test,*.stores.test")
    port = api.url.rpartition(":")[2]
    put(api, f"{TEMP}/a")
    for destination, host, status in [
        (f"http://shop.test:{port}", None, 201),
        (f"http://SHOP.test:{port}", None, 204),
        (f"http://eu.stores.test:{port}", None, 204),
        ("http://shop.test:1", None, 502),
        ("https://behind-proxy.test", "behind-proxy.test", 204),
        ("https://behind-proxy.test:443", "behind-proxy.test", 204),
        ("http://elsewhere.test", "behind-proxy.test", 502),
    ]:
        headers = {"Destination": f"{destination}{TEMP}/b", "Host": host}
        answer = api.call("COPY", f"{TEMP}/a", headers=headers)
        assert (destination, answer.status_code) == (destination, status)


@pytest.mark.rule("DAV-14")
def test_options_name_the_methods(api: Api) -> None:
    answer = api.call("OPTIONS", TEMP)
    methods = "COPY, DELETE, GET, HEAD, MKCOL, MOVE, OPTIONS, POST, PROPFIND, PUT"
    assert (answer.status_code, answer.headers["Allow"]) == (200, methods)
    assert answer.headers["DAV"] == "1"


@pytest.mark.rule("DAV-14")
@pytest.mark.parametrize("method", ["LOCK", "PROPPATCH", "PATCH", "FOO"])
def test_another_method_is_405(api: Api, method: str) -> None:
    answer = api.call(method, TEMP)
    assert answer.status_code == 405
    methods = "COPY, DELETE, GET, HEAD, MKCOL, MOVE, OPTIONS, POST, PROPFIND, PUT"
    assert answer.headers["Allow"] == methods


@pytest.mark.rule("DAV-1")
def test_another_path_of_the_servlet_is_404(api: Api) -> None:
    assert api.call("GET", "/on/demandware.servlet/other").status_code == 404


@pytest.fixture(scope="module")
def limited_data_set(tmp_path_factory: pytest.TempPathFactory) -> str:
    """A data set with a client with permissions for some folders."""
    folder = tmp_path_factory.mktemp("limited")
    permissions = [
        {"path": "/impex/src", "operations": ["read_write"]},
        {"path": "/logs", "operations": ["read"]},
        {"path": "/catalogs/Shoes", "operations": ["read_write"]},
    ]
    client = {"client_id": "a" * 30, "client_secret": "a" * 30, "webdav_permissions": permissions}
    user = {"login": "admin", "password": "admin"}
    data = {"clients": [client], "users": [user]}
    (folder / "clients.json").write_text(json.dumps(data))
    (folder / "sites.json").write_text(json.dumps([{"id": "Shop"}]))
    return str(folder)


@pytest.fixture
def limited(start: Start, limited_data_set: str) -> Api:
    """A client with permissions for some folders."""
    return start(fixtures=limited_data_set)


@pytest.mark.rule("DAV-15")
@pytest.mark.parametrize(
    ("method", "path", "status"),
    [
        ("PUT", "Impex/src/a.txt", 201),
        ("PUT", "impex/src/instance/a.txt", 201),
        ("GET", "Impex/src", 200),
        ("GET", "Impex/src/../../Cartridges", 401),
        ("PUT", "Impex/a.txt", 401),
        ("GET", "Impex/SRC", 401),
        ("PROPFIND", "Logs/jobs", 207),
        ("PUT", "Logs/a.log", 401),
        ("DELETE", "LOGS/jobs", 401),
        ("MKCOL", "Catalogs/Shoes", 201),
        ("MKCOL", "Catalogs/Shirts", 401),
        ("GET", "Cartridges", 401),
        ("PROPFIND", "", 401),
    ],
)
def test_a_client_uses_the_folders_of_its_permissions(
    limited: Api, method: str, path: str, status: int
) -> None:
    assert limited.call(method, f"{SITES}/{path}").status_code == status
    pair = b64encode(f"{'a' * 30}:{'a' * 30}".encode()).decode()
    basic = {"Authorization": f"Basic {pair}"}
    again = limited.call(method, f"{SITES}/{path}", headers=basic).status_code
    assert (again == 401) == (status == 401)


@pytest.mark.rule("DAV-15")
@pytest.mark.parametrize(
    ("method", "source", "target", "status"),
    [
        ("COPY", "Impex/src/instance", "Catalogs/Shoes", 201),
        ("COPY", "Logs/jobs", "Impex/src/jobs", 201),
        ("MOVE", "Logs/jobs", "Impex/src/jobs", 401),
        ("COPY", "Impex/src/instance", "Temp/a", 401),
        ("COPY", "Temp", "Impex/src/a", 401),
    ],
)
def test_a_copy_needs_a_permission_for_the_destination(
    limited: Api, method: str, source: str, target: str, status: int
) -> None:
    destination = {"Destination": f"{SITES}/{target}"}
    assert limited.call(method, f"{SITES}/{source}", headers=destination).status_code == status


@pytest.mark.rule("DAV-15")
def test_a_user_uses_all_folders(limited: Api) -> None:
    basic = {"Authorization": f"Basic {b64encode(b'admin:admin').decode()}"}
    assert limited.call("GET", f"{SITES}/Cartridges", headers=basic).status_code == 200
