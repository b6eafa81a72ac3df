"""Requests to each API of the application, mutated in target, headers and body."""

from base64 import b64encode
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any

from fuzz.bounds import Check
from fuzz.engine import Target
from fuzz.message import Message, MessageCorpus
from fuzz.served import Served, opened

TOKEN = b"{access-token}"
"""Stands for the token of the application, which is made when the target is opened."""
BEARER = (b"Authorization", b"Bearer " + TOKEN)
BASIC = (b"Authorization", b"Basic " + b64encode(b"a" * 30 + b":" + b"a" * 30))
JSON = (b"Content-Type", b"application/json")
FORM = (b"Content-Type", b"application/x-www-form-urlencoded")
XML = (b"Content-Type", b"application/xml")
DATA = b"/s/-/dw/data/v23_2"
WEBDAV = b"/on/demandware.servlet/webdav/Sites"
CONTROL = b"/__emulator__"
ACCOUNTS = b"/dw/rest/v1"

SEARCH = (
    b'{"query":{"bool_query":{"must":[{"text_query":{"fields":["id"],"search_phrase":"shirt"}},'
    b'{"term_query":{"fields":["id"],"operator":"one_of","values":["a","b"]}}],"must_not":'
    b'[{"match_all_query":{}}],"should":[]}},"select":"(**)","start":0,"count":5,'
    b'"sorts":[{"field":"id","sort_order":"asc"}]}'
)
FILTERED = (
    b'{"query":{"filtered_query":{"query":{"match_all_query":{}},"filter":{"bool_filter":{"operator":'
    b'"and","filters":[{"range_filter":{"field":"creation_date","from":"2020-01-01T00:00:00.000Z",'
    b'"to":"2030-01-01T00:00:00.000Z","from_inclusive":true}},{"term_filter":{"field":"id",'
    b'"operator":"is","values":["x"]}},{"query_filter":{"query":{"match_all_query":{}}}}]}}}},'
    b'"expand":["all"]}'
)
XML_LIST = (
    b'<?xml version="1.0" encoding="UTF-8"?><inventory_list xmlns="http://www.demandware.com/ocapi/data/23.2"'
    b' xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance"><description>d</description>'
    b"<default_in_stock>true</default_in_stock></inventory_list>"
)
DATA_SEEDS = (
    Message(b"GET", DATA + b"/inventory_lists?count=2&start=0&select=(**)", (BEARER,)),
    Message(b"GET", DATA + b"/catalogs/storefront-catalog/categories/root?levels=2", (BEARER,)),
    Message(b"GET", DATA + b"/products/merino-crew?expand=all&site_id=RefArch", (BEARER,)),
    Message(b"GET", b"/dw/data/v23_2/sites?format=xml&pretty_print=true", (BEARER,)),
    Message(b"PUT", DATA + b"/inventory_lists/new-list", (BEARER, JSON), b'{"description":"d"}'),
    Message(
        *(b"PATCH", DATA + b"/inventory_lists/inventory_m", (BEARER, JSON)),
        b'{"description":"d","default_in_stock":true,"use_bundle_inventory_only":false}',
    ),
    Message(b"PUT", DATA + b"/inventory_lists/xml-list?format=xml", (BEARER, XML), XML_LIST),
    Message(b"DELETE", DATA + b"/customer_lists/RefArch/customers/00000001", (BEARER,)),
    Message(b"POST", DATA + b"/product_search", (BEARER, JSON), SEARCH),
    Message(
        b"POST",
        DATA + b"/catalog_search",
        (BEARER, JSON),
        FILTERED.replace(b',"expand":["all"]', b""),
    ),
    Message(
        *(b"POST", DATA + b"/customer_lists/RefArch/customer_search", (BEARER, JSON)),
        SEARCH.replace(b'"id"', b'"last_name"'),
    ),
    Message(
        *(b"POST", b"/s/RefArch/dw/data/v23_2/sites/RefArch/coupon_search", (BEARER, JSON)),
        FILTERED.replace(b',"expand":["all"]', b"").replace(
            b'"field":"id"', b'"field":"coupon_id"'
        ),
    ),
    Message(
        *(b"POST", b"/s/RefArch/dw/data/v23_2/sites/RefArch/campaign_search", (BEARER, JSON)),
        SEARCH.replace(b'"id"', b'"campaign_id"'),
    ),
    Message(
        b"POST",
        DATA + b"/inventory_lists/inventory_m?method=PATCH",
        (BEARER, JSON, (b"x-dw-http-method-override", b"PATCH")),
        b'{"description":"d"}',
    ),
    Message(
        *(b"PUT", DATA + b"/custom_objects/Newsletter/eve@example.com", (BEARER, JSON)),
        b'{"key_property":"email","c_name":"x","c_active":true,"c_locales":["en_US"]}',
    ),
    Message(
        *(b"PUT", DATA + b"/products/fuzzed", (BEARER, JSON)),
        b'{"owning_catalog_id":"storefront-catalog","name":{"default":"n","de-DE":"m"},"price":1.5}',
    ),
    Message(
        *(b"POST", DATA + b"/jobs/sfcc-site-archive-import/executions", (BEARER, JSON)),
        b'{"file_name":"x.zip","mode":"merge"}',
    ),
    Message(
        *(
            b"PATCH",
            DATA + b"/sites/RefArch/site_preferences/preference_groups/Storefront/development",
            (BEARER, JSON),
        ),
        b'{"c_storefrontName":"y"}',
    ),
)
META_SEEDS = (
    Message(b"GET", b"/dw/meta/v1/rest/data/v23_2", (BEARER,)),
    Message(b"GET", b"/s/-/dw/meta/v1/rest/data/v23_2/documents/catalog", (BEARER,)),
)
BATCH_PART = (
    b"--b\r\nx-dw-content-id: 1\r\nx-dw-http-method: GET\r\nx-dw-resource-path-extension: "
    b"inventory_lists?count=1\r\n\r\n--b\r\nx-dw-content-id: two\r\n"
    b"Content-Type: application/json\r\n\r\n"
    b'{"description":"d"}\r\n--b--\r\n'
)
BATCH_SEEDS = (
    Message(
        b"POST",
        b"/s/-/dw/batch?client_id=" + b"a" * 30,
        (
            *(BEARER, (b"Content-Type", b"multipart/mixed; boundary=b")),
            (b"x-dw-http-method", b"PATCH"),
            (b"x-dw-resource-path", b"/s/-/dw/data/v23_2/inventory_lists/inventory_m"),
            (b"x-dw-include-response", b"true"),
        ),
        BATCH_PART,
    ),
)
BATCH_TOKENS = (b"--b", b"--b--", b"x-dw-http-method: DELETE\r\n", b"\r\n\r\n", b"{0}", b"{two}")
CLAIMS = b"eyJhbGciOiJub25lIn0.eyJpc3MiOiJ4Iiwic3ViIjoieCIsImF1ZCI6IngiLCJleHAiOjl9."
TOKEN_SEEDS = (
    Message(
        b"POST", b"/dwsso/oauth2/access_token", (BASIC, FORM), b"grant_type=client_credentials"
    ),
    Message(
        *(b"POST", b"/dw/oauth2/access_token?client_id=" + b"a" * 30, (BASIC, FORM)),
        b"grant_type=urn:demandware:params:oauth:grant-type:client-id:dwsid:dwsecuretoken",
    ),
    Message(
        *(b"POST", b"/dwsso/oauth2/access_token", (FORM,)),
        b"grant_type=client_credentials&client_assertion_type=urn%3Aietf%3Aparams%3Aoauth%3A"
        b"client-assertion-type%3Ajwt-bearer&client_assertion=" + CLAIMS,
    ),
    Message(b"POST", b"/dwsso/oauth2/introspect", (BASIC, FORM), b"token=" + TOKEN),
    Message(
        b"GET",
        b"/dwsso/oauth2/authorize?response_type=code&client_id="
        + b"a" * 30
        + b"&redirect_uri=http://localhost:1/",
    ),
    Message(b"GET", DATA + b"/sites", (BEARER,)),
    Message(b"GET", DATA + b"/sites", ((b"Authorization", b"Bearer " + CLAIMS),)),
)
SERVICE_SEEDS = (
    Message(b"GET", b"/items?limit=2&offset=0&sort=itemId"),
    Message(b"GET", b"/inventories/inventory-1", ((b"If-None-Match", b'"1"'),)),
    Message(
        *(b"POST", b"/items", (JSON, (b"Idempotency-Key", b'"k"'))),
        b'{"sku":"s","name":"n","productVariant":{"variantId":"v"},"status":"ACTIVE"}',
    ),
    Message(
        *(
            b"PATCH",
            b"/inventories/inventory-1",
            ((b"Content-Type", b"application/merge-patch+json"),),
        ),
        b'{"onHandQuantity":5,"location":{"locationId":"l","type":null},"reservedQuantity":1e2}',
    ),
    Message(b"DELETE", b"/items/item-2", ((b"If-Match", b"*"),)),
)
WEBDAV_SEEDS = (
    Message(b"PUT", WEBDAV + b"/Impex/src/a%20b.xml", (BEARER,), b"<a/>"),
    Message(b"GET", WEBDAV + b"/Impex/src/", (BEARER,)),
    Message(b"GET", WEBDAV + b"/Temp/seed.txt", (BEARER, (b"Range", b"bytes=0-1"))),
    Message(
        b"PROPFIND",
        WEBDAV + b"/Impex",
        (BEARER, (b"Depth", b"infinity")),
        b"<propfind xmlns='DAV:'/>",
    ),
    Message(b"MKCOL", WEBDAV + b"/Temp/new", (BEARER,)),
    Message(
        *(b"MOVE", WEBDAV + b"/Temp/seed.txt"),
        (
            BEARER,
            (b"Destination", b"http://localhost" + WEBDAV + b"/Temp/moved"),
            (b"Overwrite", b"F"),
        ),
    ),
    Message(b"COPY", WEBDAV + b"/Temp", (BEARER, (b"Destination", WEBDAV + b"/Impex/t"))),
    Message(b"DELETE", WEBDAV + b"/Temp/seed.txt", (BEARER,)),
    Message(b"POST", WEBDAV + b"/Temp/seed.txt", (BEARER, FORM), b"method=ZIP"),
    Message(b"POST", WEBDAV + b"/Temp/seed.txt", (BEARER, FORM), b"method=TARGZ&target=x.tgz"),
    Message(b"POST", WEBDAV + b"/Temp/seed.txt", (BEARER, FORM), b"method=UNZIP"),
    Message(b"OPTIONS", WEBDAV + b"/", (BASIC,)),
)
WEBDAV_FILES = (Message(b"PUT", WEBDAV + b"/Temp/seed.txt", (BEARER,), b"seed"),)
ACCOUNT_SEEDS = (
    Message(b"GET", ACCOUNTS + b"/users?pageable=0&size=2&page=0", (BEARER,)),
    Message(b"GET", ACCOUNTS + b"/users/search/findByLogin?login=admin", (BEARER,)),
    Message(
        *(b"POST", ACCOUNTS + b"/users", (BEARER, JSON)),
        b'{"mail":"a@example.com","firstName":"a","lastName":"b","displayName":"c","organizations":'
        b'["3b0d2c4e-6c1f-4a57-9d0e-5d1f0a7c9b21"],"primaryOrganization":"3b0d2c4e-6c1f-4a57-9d0e-5d1f0a7c9b21"'
        b',"roles":["bm-user"],"roleTenantFilter":"ECOM_USER:zzzz_001"}',
    ),
    Message(
        b"PUT",
        ACCOUNTS + b"/apiclients/" + b"a" * 30,
        (BEARER, JSON),
        b'{"name":"n","password":"secret-123456"}',
    ),
    Message(b"DELETE", ACCOUNTS + b"/apiclients/" + b"a" * 30, (BEARER,)),
)
STUB = (
    b'{"method":"POST","path":"/s/{site}/dw/shop/{version}/baskets/{id}","match":{"query":{"a":"b*"}},'
    b'"answer":{"status":200,"headers":{"X-Id":"{{path.id}}"},"body":{"id":"{{path.id}}","q":'
    b'"{{query.q}}","whole":"{{body}}","first":"{{body.items.0.id}}"},"delay":0.001},"times":3}'
)
FAILPOINT = (
    b'{"match":{"method":"PATCH","path":"/**/inventory_lists/*","header":{"a":"b*"},"nth":2},'
    b'"action":{"fault":"SiteOffline","arguments":{"siteId":"x"}},"times":2,"probability":0.5,"seed":1}'
)
FAILPOINTS = (
    b'[{"action":[{"status":503,"headers":{"X-A":"b"},"body":{"a":1}},{"drop":"before"},{"delay":[0.1,'
    b'0.5]},{"truncate":5,"slow_body":0.1}],"repeat":true,"match":{"operation":"get*"}}]'
)
PERMISSIONS = (
    b'{"_v":"23.2","clients":[{"client_id":"' + b"a" * 30 + b'","resources":[{"resource_id":"/**",'
    b'"methods":["get"],"read_attributes":"(**)","write_attributes":"(**)","cache_time":1}]}]}'
)
CONTROL_SEEDS = (
    Message(b"POST", CONTROL + b"/failpoints", (JSON,), FAILPOINT),
    Message(b"PUT", CONTROL + b"/failpoints", (JSON,), FAILPOINTS),
    Message(b"POST", CONTROL + b"/stubs", (JSON,), STUB),
    Message(b"PUT", CONTROL + b"/stubs", (JSON,), b"[" + STUB + b"]"),
    Message(b"POST", CONTROL + b"/settings", (JSON,), PERMISSIONS),
    Message(b"POST", CONTROL + b"/clock/set", (JSON,), b'{"at":"2026-01-01T00:00:00Z"}'),
    Message(b"POST", CONTROL + b"/clock/advance", (JSON,), b'{"seconds":60}'),
    Message(b"POST", CONTROL + b"/clock/freeze", (JSON,), b'{"at":"2026-01-01T00:00:00Z"}'),
    Message(
        b"PUT",
        CONTROL + b"/state",
        (JSON,),
        b'{"format":1,"files":{"sites.json":[{"id":"s"}],"clients.json":{"clients":[{"client_id":"c","client_secret":"s"}],"users":[]},"inventory_lists.json":[{"id":"x","description":"d"}]}}',
    ),
    Message(b"GET", CONTROL + b"/state"),
    Message(b"PUT", CONTROL + b"/snapshots/one", (JSON,)),
    Message(b"POST", CONTROL + b"/snapshots/one/fork", (JSON,), b'{"workspace":"other"}'),
    Message(b"GET", CONTROL + b"/journal?method=GET&path=/**&status=4xx&limit=5"),
    Message(b"GET", CONTROL + b"/journal/har"),
    Message(
        b"POST",
        CONTROL + b"/journal/verify",
        (JSON,),
        b'{"match":{"path":"/**","body":{"a":[1]}},"at_least":0,"at_most":3}',
    ),
    Message(b"PUT", CONTROL + b"/workspaces/w", (JSON,), b'{"clients":["a"]}'),
    Message(b"POST", CONTROL + b"/token", (JSON,), b'{"client_id":"' + b"a" * 30 + b'"}'),
    Message(
        b"POST",
        CONTROL + b"/documents",
        (JSON,),
        b'{"type":"inventory_list","properties":{"id":"x"}}',
    ),
    Message(b"POST", CONTROL + b"/reset?to=empty"),
)
CONTROL_TOKENS = (
    *(
        b'"repeat":"last"',
        b'"probability":0.5',
        b'"drop"',
        b'"cut":5',
        b'"every":1',
        b"{{body.a.0}}",
    ),
    *(
        b"{{",
        b"}}",
        b"{{path.x}}",
        b"{x}",
        b"**",
        b"*" * 500,
        b'"responses":[]',
        b'"seconds":1e308',
    ),
    *(b"PT1S", b"+99:99", b'"status":999', b'"status":100', b"\\u0000", b"\\ud800", b"\\r\\nX: y"),
)
HTML = (b"Accept", b"text/html")
CONSOLE_SEEDS = (
    Message(b"GET", CONTROL, (HTML,)),
    Message(b"GET", CONTROL + b"/data?workspace=default", (HTML,)),
    Message(b"GET", CONTROL + b"/data/collections/items?q=item&start=0", (HTML,)),
    Message(b"GET", CONTROL + b"/traffic?method=GET&status=2xx&path=/**", (HTML,)),
    Message(b"GET", CONTROL + b"/traffic/1", (HTML,)),
    Message(b"GET", CONTROL + b"/trouble", (HTML,)),
    Message(b"POST", CONTROL + b"/access/token", (FORM, HTML), b"client_id=" + b"a" * 30),
    Message(b"POST", CONTROL + b"/access/token", (FORM, HTML), b"token=" + TOKEN),
    Message(b"GET", CONTROL + b"/access/settings", (HTML,)),
    Message(b"GET", CONTROL + b"/contract?q=URL&area=x", (HTML,)),
    Message(b"GET", CONTROL + b"/login?next=/__emulator__/data", (HTML,)),
)


def _may_change_tokens(target: bytes, _status: int) -> bool:
    """Return True for refused logins: some count failures."""
    return b"oauth2" in target


def fill(message: Message, token: bytes) -> Message:
    """Return a message with the token of the application."""
    fields = tuple((name, value.replace(TOKEN, token)) for name, value in message.fields)
    return message._replace(fields=fields, body=message.body.replace(TOKEN, token))


def _make(
    name: str,
    seeds: Sequence[Message],
    tokens: Sequence[bytes] = (),
    first: Sequence[Message] = (),
    weight: int = 1,
    **options: Any,
) -> Target:
    """Return the target of an API.

    Args:
        name: The name.
        seeds: The valid requests.
        tokens: The tokens of the API's language.
        first: Requests to send before all others.
        weight: The share of the cases.
        **options: Options of ``Served``.
    """

    @contextmanager
    def open_() -> Iterator[Check]:
        served = Served(**options)
        token = served.token.encode()
        with opened(served) as check:

            def check_filled(message: Message) -> None:
                for before in first:
                    served.ask(fill(before, token))
                check(fill(message, token))

            yield check_filled

    return Target(name, MessageCorpus(seeds, tokens), open_, weight)


SELECT_TOKENS = (b"(**)", b"[0:1]", b"[?(@.id=='x')]", b"&&", b"||", b"-id", b"+", b"@.")
QUERY_TOKENS = (
    *(
        b'"bool_query":',
        b'"nested_query":',
        b'"text_query":',
        b'"range2_filter":',
        b'"operator":"not_in"',
    ),
    *(
        b'"operator":"between"',
        b'"values":[',
        b'"count":201',
        b'"start":-1',
        b'{"query":',
        b'"path":"a.b"',
    ),
    *SELECT_TOKENS,
)
XML_TOKENS = (
    *(
        b"<!DOCTYPE a [<!ENTITY b 'c'>]>",
        b"&b;",
        b"<?xml version='1.0' encoding='utf-16'?>",
        b"<![CDATA[",
    ),
    *(
        b" xsi:nil='true'",
        b" xsi:type='map'",
        b" xmlns:a='b'",
        b"<entry key='a'>",
        b"<a>" * 100,
        b"&#0;",
    ),
)
TARGETS: tuple[Target, ...] = (
    _make("data-api", DATA_SEEDS, (*QUERY_TOKENS, *XML_TOKENS), weight=4, fixtures="storefront"),
    _make("description-and-documents", META_SEEDS),
    _make("batch-requests", BATCH_SEEDS, BATCH_TOKENS, fixtures="storefront"),
    _make(
        "tokens",
        TOKEN_SEEDS,
        (CLAIMS, b"eyJhbGciOiJSUzI1NiJ9.", b".", b"W1tb" * 5000),
        weight=2,
        may_change=_may_change_tokens,
    ),
    _make("inventory-service", SERVICE_SEEDS, weight=2),
    _make("webdav", WEBDAV_SEEDS, (*XML_TOKENS, b"/Sites/"), WEBDAV_FILES, weight=2),
    _make("account-manager", ACCOUNT_SEEDS),
    _make("control-plane", CONTROL_SEEDS, CONTROL_TOKENS, weight=2, resets=True),
    _make("console", CONSOLE_SEEDS, (b"<script>", b"//evil", b"\\evil"), DATA_SEEDS[:1]),
)
