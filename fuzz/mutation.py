"""Mutations of bytes: from few valid inputs to many nearly valid inputs.

Each case is a seed with up to ``MAX_EDITS`` edits. An edit flips a bit, removes or repeats a span,
or inserts a token of the target, random bytes, or a span of another seed. The source of chance
decides about everything, so a case can be made again.
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from random import Random

MAX_EDITS = 6
MAX_SPAN_BYTES = 64
MAX_INSERTED_BYTES = 8
REPEATS = (2, 2, 2, 3, 10, 100, 1000, 10_000)
"""The numbers of copies of a repeated span."""
MAX_CASE_BYTES = 250_000
MAX_SHRINK_TRIES = 300
COMMON_TOKENS: tuple[bytes, ...] = (
    *(b"\0", b"\r\n", b"\n", b"\r", b"\t", b" ", b"\x7f", b"\xff", b"\xc3\x28", b"\xed\xa0\x80"),
    *("\ufeff\u2028\u202e\U0001f600\u0130\ufffe".encode(), b"%", b"%00", b"%2e%2e%2f", b"%c0%af"),
    *(b"../", b"..\\", b"//", b"/", b"\\", b'"', b"'", b"<", b">", b"&", b";", b",", b"=", b"*"),
    *(b"-1", b"0", b"1e309", b"NaN", b"9" * 20, b"2147483648", b"9223372036854775808"),
    *(b"true", b"null", b"{}", b"[]", b"[" * 2000, b"{" * 2000, b"(" * 200, b"A" * 5000),
    *(b"${7*7}", b"{{7*7}}", b"%n%s", b"<!--", b"]]>"),
)
"""Bytes that often matter to readers of any kind."""


@dataclass(frozen=True)
class Corpus:
    """Valid inputs of a reader, and tokens of the language of the reader.

    Attributes:
        seeds: The inputs.
        tokens: The tokens.
        max_bytes: The bound of a case.
    """

    seeds: Sequence[bytes]
    tokens: Sequence[bytes] = ()
    max_bytes: int = MAX_CASE_BYTES

    def draw(self, source: Random) -> bytes:
        """Return a case."""
        seed = source.choice(self.seeds)
        return mutate(source, seed, (*self.tokens, *COMMON_TOKENS), self.seeds)[: self.max_bytes]

    def shrink(self, case: bytes, fails: Callable[[bytes], bool]) -> bytes:
        """Return a smaller failing case."""
        return shrink(case, fails)


def mutate(
    source: Random,
    data: bytes,
    tokens: Sequence[bytes] = COMMON_TOKENS,
    others: Sequence[bytes] = (b"",),
) -> bytes:
    """Return bytes with some edits.

    Args:
        source: The source of chance.
        data: The bytes.
        tokens: The tokens to insert.
        others: The inputs whose spans are inserted.
    """
    for _ in range(source.randint(0, MAX_EDITS)):
        at, end = _draw_span(source, data)
        span = data[at:end]
        edit = source.choice(EDITS)
        data = (data[:at] + edit(source, span, tokens, others) + data[end:])[:MAX_CASE_BYTES]
    return data


def _draw_span(source: Random, data: bytes) -> tuple[int, int]:
    """Return beginning and end of a span; most spans are short."""
    at = source.randint(0, len(data))
    return at, min(len(data), at + int(source.random() ** 3 * MAX_SPAN_BYTES))


def _flip(source: Random, span: bytes, *_: Sequence[bytes]) -> bytes:
    return bytes([span[0] ^ 1 << source.randrange(8)]) + span[1:] if span else span


def _insert(source: Random, span: bytes, tokens: Sequence[bytes], _: Sequence[bytes]) -> bytes:
    return source.choice(tokens) + (span if source.getrandbits(1) else b"")


def _randomize(source: Random, _: bytes, *__: Sequence[bytes]) -> bytes:
    return source.randbytes(source.randint(0, MAX_INSERTED_BYTES))


def _repeat(source: Random, span: bytes, *_: Sequence[bytes]) -> bytes:
    return span * source.choice(REPEATS)


def _splice(source: Random, _: bytes, __: Sequence[bytes], others: Sequence[bytes]) -> bytes:
    other = source.choice(others)
    begin, end = _draw_span(source, other)
    return other[begin:end]


def _remove(_: Random, __: bytes, *___: Sequence[bytes]) -> bytes:
    return b""


EDITS = (_insert, _insert, _flip, _randomize, _repeat, _splice, _remove)


def shrink(case: bytes, fails: Callable[[bytes], bool]) -> bytes:
    """Return a smaller failing case: remove spans, long spans first.

    Args:
        case: The case.
        fails: Returns whether a case shows the same error.
    """
    for _ in range(MAX_SHRINK_TRIES):
        smaller = next(_list_smaller(case, fails), None)
        if smaller is None:
            break
        case = smaller
    return case


def _list_smaller(case: bytes, fails: Callable[[bytes], bool]) -> Iterator[bytes]:
    """Yield the smaller failing cases."""
    size = len(case) // 2
    while size:
        for at in range(0, len(case), size):
            smaller = case[:at] + case[at + size :]
            if fails(smaller):
                yield smaller
        size = size // 2 if len(case) // size <= MAX_SHRINK_TRIES else 0
