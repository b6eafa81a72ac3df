"""Data API URLs: canonical paths, addresses, hosts and ids."""

from hypothesis import given
from hypothesis import strategies as st

from emulator.ocapi.wire import url
from emulator.ocapi.wire.url import Address
from emulator.request import HOST
from emulator.tests.table import table


@table(
    ("target", "path"),
    [
        ("/s/-/dw/data/v23_2/inventory_lists", "/s/-/dw/data/v23_2/inventory_lists"),
        ("/", "/"),
        ("", "/"),
        ("?a=b", "/"),
        ("*", "/"),
        ("//s//-/dw///data", "/s/-/dw/data"),
        ("/a/b/", "/a/b"),
        ("/a/b//", "/a/b"),
        ("/a?b=/c//d?e", "/a"),
        ("/a%2fb/c", "/a%2Fb/c"),
        ("/a%252Fb", "/a%252Fb"),
        ("/%61%7E%2d", "/a~-"),
        ("/a b+c", "/a%20b%2Bc"),
        ("/(x):@,;=!$&'*", "/%28x%29%3A%40%2C%3B%3D%21%24%26%27%2A"),
        ("/%3F%23/#", "/%3F%23/%23"),
        ("/%00", "/%00"),
        ("/./../a", "/./../a"),
        ("/%c3%a9", "/%C3%A9"),
        ("/\xc3\xa9", "/%C3%A9"),
        ("/%ff\xfe", "/%FF%FE"),
        ("/%zz/100%/%4", "/%25zz/100%25/%254"),
    ],
)
def test_a_path_has_one_canonical_form(target: str, path: str) -> None:
    assert url.canonical(target) == path


@table(
    ("target", "path"),
    [
        ("http://host/a/b?c=d", "/a/b"),
        ("HTTPS://user@host:8080//a%2fb/", "/a%2Fb"),
        ("http://[::1]:8080/a", "/a"),
        ("http://host", "/"),
        ("http://host/", "/"),
        ("http://host?a=/b", "/"),
        ("http://host/a?b=http://other/c", "/a"),
        ("/http://host/a", "/http%3A/host/a"),
    ],
)
def test_an_absolute_target_has_a_canonical_path(target: str, path: str) -> None:
    assert url.canonical(target) == path


@given(st.text(st.characters(max_codepoint=255)))
def test_a_canonical_path_is_its_own_canonical_form(target: str) -> None:
    path = url.canonical(target)
    assert path.isascii()
    assert url.canonical(path) == path


@given(st.text(min_size=1))
def test_any_id_is_decoded_from_its_canonical_path(text: str) -> None:
    target = f"//dw/data//v23_2/inventory_lists/{url.encode_segment(text)}/?a=b"
    *rest, segment = url.canonical(target).split("/")
    assert rest == ["", "dw", "data", "v23_2", "inventory_lists"]
    assert url.decode_segment(segment) == text


@table(
    ("text", "segment"),
    [
        ("inventory_m-1.x~", "inventory_m-1.x~"),
        ("a/b", "a%2Fb"),
        ("a b?c#d%", "a%20b%3Fc%23d%25"),
        ("ü😀", "%C3%BC%F0%9F%98%80"),
        ("\0", "%00"),
    ],
)
def test_an_id_is_percent_encoded_in_a_segment(text: str, segment: str) -> None:
    assert url.encode_segment(text) == segment
    assert url.decode_segment(segment) == text


def test_bytes_outside_of_utf_8_become_surrogates() -> None:
    assert url.decode_segment("a%FF") == "a\udcff"
    assert url.decode_segment("a%FE") == "a\udcfe"


def test_bytes_outside_of_utf_8_can_be_replaced() -> None:
    assert url.decode_segment("a%FF", errors="replace") == "a\ufffd"


@table(
    ("path", "address"),
    [
        ("/s/-/dw/data/v23_2/inventory_lists", Address("/s/-", "-", "data", "v23_2")),
        ("/s/RefArch/dw/data/v23_2/x/y/z", Address("/s/RefArch", "RefArch", "data", "v23_2")),
        ("/dw/data/v23_2/inventory_lists", Address("", "", "data", "v23_2")),
        ("/dw/data/v19_5", Address("", "", "data", "v19_5")),
        ("/s/a%2Fb/dw/data/v23_2", Address("/s/a%2Fb", "a/b", "data", "v23_2")),
        ("/s/%FF/dw/data/v23_2", Address("/s/%FF", "\ufffd", "data", "v23_2")),
        ("/s/-/dw/data/inventory_lists", Address("/s/-", "-", "data", "inventory_lists")),
        ("/s/-/dw/data", Address("/s/-", "-", "data", "")),
        ("/dw/data", Address("", "", "data", "")),
        ("/s/s/dw/data/dw/data", Address("/s/s", "s", "data", "dw")),
        ("/s/a/dw/meta/v1/rest", Address("/s/a", "a", "meta", "v1")),
    ],
)
def test_a_path_has_site_api_and_version(path: str, address: Address) -> None:
    assert url.parse(path) == address


@table(
    "path",
    [
        "",
        "/",
        "/dw",
        "/dw/database/v23_2",
        "/dw/shop/v23_2/products",
        "/s/dw/data/v23_2",
        "/s/a/b/dw/data/v23_2",
        "/x/-/dw/data/v23_2",
        "/S/-/dw/data/v23_2",
        "/s/-/dw/meta/v1/rest",
        "/a/s/-/dw/data/v23_2",
    ],
)
def test_a_path_outside_of_the_data_api_is_recognized(path: str) -> None:
    assert not url.parse(path).is_data_api


@table(
    ("path", "is_shop_api"),
    [
        ("/dw/shop", True),
        ("/s/RefArch/dw/shop/v23_2/products/x", True),
        ("/dw/data/v23_2/sites", False),
        ("/dw/shopping", False),
        ("/x/dw/shop/v23_2", False),
    ],
)
def test_a_path_of_the_shop_api_is_recognized(*, path: str, is_shop_api: bool) -> None:
    assert url.parse(path).is_shop_api == is_shop_api


@table(
    ("path", "base"),
    [
        ("/s/-/dw/data/v23_2/inventory_lists/x", "/s/-/dw/data/v23_2"),
        ("/s/a%20b/dw/data/v19_5/inventory_lists", "/s/a%20b/dw/data/v19_5"),
        ("/dw/data/v23_2/inventory_lists", "/dw/data/v23_2"),
    ],
)
def test_the_base_has_site_api_and_version(path: str, base: str) -> None:
    assert url.parse(path).base == base


@table(
    "host",
    [
        *["localhost", "localhost:8080", "LOCALHOST", "a-b.c_d.example:65535"],
        *["127.0.0.1:1", "[::1]", "[::1]:443", "[::ffff:127.0.0.1]:80"],
        *["a:0", "a:00080", "a:59999", "a:64999", "a:65499", "a:65529", "w1.localhost.:80"],
    ],
)
def test_a_name_or_an_address_with_or_without_a_port_is_a_host(host: str) -> None:
    assert HOST.fullmatch(host)


@table(
    "host",
    [
        *["a:65536", "a:65540", "a:65600", "a:66000", "a:70000", "localhost:99999", "[::1]:65536"],
        *["", ":80", "a:", "a:b", "a:123456", "a:\uff11", "::1", "[::1", "[g]", "[]"],
        *["a b", "u@a", "a/b", "a,b", "a?b", "a\n", "é", "<a>"],
    ],
)
def test_other_texts_are_no_hosts(host: str) -> None:
    assert not HOST.fullmatch(host)
