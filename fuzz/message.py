"""Requests as cases: valid requests with mutated targets, headers and bodies."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from random import Random
from typing import NamedTuple

from fuzz.mutation import COMMON_TOKENS, mutate, shrink

Field = tuple[bytes, bytes]

TARGET_TOKENS: tuple[bytes, ...] = (
    *(
        b"%2F",
        b"%2e%2e/",
        b"..",
        b"/../",
        b"%252e",
        b"%5c",
        b"%00",
        b"%0d%0aX:%20y",
        b"%ff",
        b"%c0%ae",
    ),
    *(b"%E2%80%AE", b"?", b"&", b"=", b"+", b";", b"//", b"/./", b"http://x/", b"*", b"~", b"%"),
    *(
        b"select=(**)",
        b"&select=(a[?(@.b=='c')])",
        b"&count=-1",
        b"&start=99999999999",
        b"&format=xml",
    ),
    *(b"&expand=all", b"&locale=x-default", b"&callback=alert(1)", b"&client_id=", b"&site_id=a,b"),
    *(b"&method=DELETE", b"&method=UNZIP", b"&x=" + b"y" * 20_000, b"&a=b" * 2000),
)
FIELD_NAMES: tuple[bytes, ...] = (
    *(b"Accept", b"Accept-Charset", b"Accept-Encoding", b"Accept-Language", b"Authorization"),
    *(
        b"Content-Encoding",
        b"Content-Type",
        b"Cookie",
        b"Date",
        b"Depth",
        b"Destination",
        b"Expect",
    ),
    *(
        b"Forwarded",
        b"Host",
        b"Idempotency-Key",
        b"If-Match",
        b"If-Modified-Since",
        b"If-None-Match",
    ),
    *(
        b"If-Range",
        b"If-Unmodified-Since",
        b"Origin",
        b"Overwrite",
        b"Prefer",
        b"Range",
        b"Referer",
    ),
    *(b"Sec-Fetch-Site", b"TE", b"Upgrade", b"Via", b"X-Forwarded-For", b"X-Forwarded-Proto"),
    *(
        b"x-dw-client-id",
        b"x-dw-http-method-override",
        b"x-dw-resource-state",
        b"x-dw-content-type",
    ),
    *(b"x-emulator-control-token", b"x-emulator-workspace"),
)
FIELD_VALUES: tuple[bytes, ...] = (
    *(b"", b"*", b"*/*;q=0", b"application/json", b"application/xml;charset=utf-16", b"text/html"),
    *(
        b"application/json, " * 2000,
        b"en;q=" + b"9" * 400,
        b"de-DE, " * 3000,
        b'W/"x"',
        b'"' * 3000,
    ),
    *(b'"a", ' * 3000, b"Thu, 01 Jan 1970 00:00:00 GMT", b"Thu, 99 Foo 99999 99:99:99 GMT"),
    *(
        b"Mon, 01 Jan 0001 00:00:00 +2359",
        b"bytes=0-",
        b"bytes=-1",
        b"bytes=5-1, 0-0" + b",1-2" * 500,
    ),
    *(
        b"bytes=99999999999999999999-",
        b"infinity",
        b"0",
        b"1",
        b"Bearer x.y.z",
        b"Bearer " + b"." * 9000,
    ),
    *(
        b"Basic " + b"QTo=" * 3000,
        b"Basic \xff",
        b"Digest a=b",
        b"DELETE",
        b"PROPPATCH",
        b"gzip, deflate",
    ),
    *(b"localhost", b"evil.example", b"[::1", b"a:b:c", b"127.0.0.1:99999", b"other", b"a" * 300),
    *(
        b"/on/demandware.servlet/webdav/Sites/Temp/../../x",
        b"http://evil/Sites",
        b"http://[",
        b"=?utf-8?q?a?=",
    ),
    *(
        b"multipart/mixed; boundary=b",
        b"multipart/mixed; boundary=" + b"b;" * 3000,
        b"multipart/form-data",
    ),
    *(
        b"application/x-www-form-urlencoded",
        b"null",
        b"cross-site",
        b"same-origin",
        b"100-continue",
    ),
)


class Message(NamedTuple):
    """A request.

    Attributes:
        method: The method.
        target: The target.
        fields: The header fields without ``Host`` and ``Content-Length``.
        body: The body.
    """

    method: bytes
    target: bytes
    fields: tuple[Field, ...] = ()
    body: bytes = b""

    def render_head(self) -> bytes:
        """Return the head; a field ``Host`` replaces ``localhost``."""
        names = {name.lower() for name, _ in self.fields}
        own = () if b"host" in names else ((b"Host", b"localhost"),)
        size = ((b"Content-Length", b"%d" % len(self.body)),) if self.body else ()
        lines = (b"%b: %b\r\n" % pair for pair in (*own, *self.fields, *size))
        return b"%b %b HTTP/1.1\r\n%b\r\n" % (self.method, self.target, b"".join(lines))

    def render(self) -> bytes:
        """Return the request."""
        return self.render_head() + self.body


@dataclass(frozen=True)
class MessageCorpus:
    """Valid requests to an API, and tokens of the language of the API.

    Attributes:
        seeds: The requests.
        tokens: The tokens, for targets, headers and bodies.
    """

    seeds: Sequence[Message]
    tokens: Sequence[bytes] = ()

    def draw(self, source: Random) -> Message:
        """Return a request with up to three edits of the target, a header field or the body."""
        message = source.choice(self.seeds)
        for _ in range(source.randint(0, MAX_EDITED_PARTS)):
            message = source.choice(PART_EDITS)(self, source, message)
        if source.randrange(CASES_PER_METHOD) == 0:
            message = message._replace(method=source.choice(METHODS))
        return message

    def shrink(self, case: Message, fails: Callable[[Message], bool]) -> Message:
        """Return a smaller failing request."""
        for number in reversed(range(len(case.fields))):
            without = case._replace(fields=case.fields[:number] + case.fields[number + 1 :])
            case = without if fails(without) else case
        body = shrink(case.body, lambda body: fails(case._replace(body=body)))
        case = case._replace(body=body)
        target = shrink(case.target, lambda target: fails(case._replace(target=target)))
        case = case._replace(target=target)
        for number, (name, value) in enumerate(case.fields):
            case = self._shrink_field(case, number, name, value, fails)
        return case

    @staticmethod
    def _shrink_field(
        case: Message, number: int, name: bytes, value: bytes, fails: Callable[[Message], bool]
    ) -> Message:
        def put(text: bytes) -> Message:
            changed = (*case.fields[:number], (name, text), *case.fields[number + 1 :])
            return case._replace(fields=changed)

        return put(shrink(value, lambda text: fails(put(text))))

    def edit_target(self, source: Random, message: Message) -> Message:
        """Return a request with a mutated target."""
        tokens = (*TARGET_TOKENS, *self.tokens)
        return message._replace(target=mutate(source, message.target, tokens, (message.body,)))

    def edit_body(self, source: Random, message: Message) -> Message:
        """Return a request with a mutated body."""
        others = [other.body for other in self.seeds]
        tokens = (*self.tokens, *COMMON_TOKENS)
        return message._replace(body=mutate(source, message.body, tokens, others))

    def edit_field(self, source: Random, message: Message) -> Message:
        """Return a request with a mutated header field."""
        if not message.fields:
            return message
        number = source.randrange(len(message.fields))
        name, value = message.fields[number]
        changed = (name, mutate(source, value, (*FIELD_VALUES, *self.tokens)))
        fields = (*message.fields[:number], changed, *message.fields[number + 1 :])
        return message._replace(fields=fields)

    def add_field(self, source: Random, message: Message) -> Message:
        """Return a request with a further header field."""
        value = mutate(source, source.choice(FIELD_VALUES), FIELD_VALUES)
        return message._replace(fields=(*message.fields, (source.choice(FIELD_NAMES), value)))


MAX_EDITED_PARTS = 3
CASES_PER_METHOD = 20
"""One of so many cases has another method."""
PART_EDITS = (
    MessageCorpus.edit_target,
    MessageCorpus.edit_body,
    MessageCorpus.edit_field,
    MessageCorpus.add_field,
)
METHODS: tuple[bytes, ...] = (
    *(
        b"GET",
        b"HEAD",
        b"POST",
        b"PUT",
        b"PATCH",
        b"DELETE",
        b"OPTIONS",
        b"TRACE",
        b"CONNECT",
        b"COPY",
    ),
    *(b"MOVE", b"MKCOL", b"PROPFIND", b"LOCK", b"get", b"G" * 500, b"!"),
)
