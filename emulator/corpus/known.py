"""The sensitive values of a recording, and their search in text."""

import re
from collections.abc import Iterator, Mapping
from functools import cached_property
from unicodedata import normalize

from emulator.corpus.pseudonym import BLANKS, DIGITS, fold
from emulator.corpus.sensitive import CREDENTIALS, KINDS, Kind
from emulator.corpus.vocabulary import protocol_words

MIN_CHARACTERS = 3
MIN_DIGITS = 5
MIN_CREDENTIAL_CHARACTERS = 8
"""The length from which a credential is also found inside a word."""
MIN_WORD_CHARACTERS = 12
PREFIX_CHARACTERS = 4  # of a value, in the levels of the search pattern
IN_PLACE = frozenset({Kind.BIRTHDAY, Kind.FILE})
"""Kinds that are hidden in their own places only: a date means nothing elsewhere."""
LETTERS_AND_DIGITS = r"[^\W_]"


class Known:
    """Sensitive values with their kinds; case does not count.

    Attributes:
        kinds: The kinds by value in lower case.
    """

    def __init__(self) -> None:
        self.kinds: dict[str, Kind] = {}

    def add(self, kind: Kind, value: str) -> None:
        """Add a value; of several kinds the first in order of priority counts."""
        lower = fold(value)
        present = self.kinds.get(lower)
        if present is None or KINDS.index(kind) < KINDS.index(present):
            self.kinds[lower] = kind

    def find_kind(self, value: str) -> Kind | None:
        """Return the kind of a value, None for an unknown value."""
        lower = fold(value)
        return self.kinds.get(lower) or self.kinds.get(normalize("NFC", lower))

    def list_sought(self) -> Iterator[tuple[str, Kind, bool]]:
        """Yield value, kind, and whether the value counts as a whole word only.

        Values of the protocol, and values too short to mean a person, are missing.
        """
        words = protocol_words()
        for value, kind in self.kinds.items():
            if kind in IN_PLACE or len(value) < MIN_CHARACTERS or value in words:
                continue
            if DIGITS.fullmatch(value) and len(value) < MIN_DIGITS:
                continue
            # A city or a house number alone tells nothing, but its words are everywhere.
            if kind is Kind.ADDRESS and not (BLANKS.search(value) and re.search(r"\d", value)):
                continue
            # A secret of letters only may be a word, and part of other words.
            enough = MIN_WORD_CHARACTERS if value.isalpha() else MIN_CREDENTIAL_CHARACTERS
            is_word = kind not in CREDENTIALS or len(value) < enough
            for form in {normalize("NFC", value), normalize("NFD", value)}:
                yield form, kind, is_word

    def find(self, text: str) -> Iterator[tuple[int, int, Kind]]:
        """Yield begin, end and kind of the values in a text without escapes."""
        if self._pattern is None:
            return
        for found in self._pattern.finditer(fold(text)):
            kind = self._sought.get(BLANKS.sub(" ", found[0]))
            if kind is not None:
                yield *found.span(), kind

    @cached_property
    def _sought(self) -> dict[str, Kind]:
        return {BLANKS.sub(" ", value): kind for value, kind, _ in self.list_sought()}

    @cached_property
    def _pattern(self) -> "re.Pattern[str] | None":
        anywhere: set[str] = set()
        words: set[str] = set()
        for value, _, is_word in self.list_sought():
            (words if is_word else anywhere).add(BLANKS.sub(" ", value))
        branches = []
        if anywhere:
            branches.append(_compile(anywhere))
        if words:
            inside = LETTERS_AND_DIGITS
            branches.append(f"(?<!{inside}){_compile(words)}(?!{inside})")
        return re.compile("|".join(branches)) if branches else None


def _compile(values: set[str], depth: int = 0) -> str:
    """Return a pattern that finds the longest of some values, with a branch for each beginning."""
    if depth == PREFIX_CHARACTERS or len(values) == 1:
        tails = sorted((value[depth:] for value in values), key=len, reverse=True)
        return f"(?:{'|'.join(map(_escape, tails))})"
    grouped: dict[str, set[str]] = {}
    for value in values:
        grouped.setdefault(value[depth : depth + 1], set()).add(value)
    ends = grouped.pop("", None)
    branches = [_escape(first) + _compile(some, depth + 1) for first, some in grouped.items()]
    return f"(?:{'|'.join([*branches, *([''] if ends else [])])})"


def _escape(text: str) -> str:
    return r"[\s+]+".join(map(re.escape, text.split(" ")))


def count(occurrences: Mapping[Kind, Mapping[str, int]]) -> dict[str, tuple[int, int]]:
    """Return the number of different values, and of occurrences, by kind."""
    return {
        kind.value: (len(found), sum(found.values())) for kind, found in sorted(occurrences.items())
    }
