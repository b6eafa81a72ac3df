"""Search fields of localized properties: a search looks at the texts of all languages."""

from collections.abc import Mapping

from emulator.ocapi.search.language import SearchField


def texts_of(name: str) -> SearchField:
    """Return the search field of a localized property."""
    return SearchField("text", _list_texts, sources=(name,))


def _list_texts(texts: Mapping[str, str] | None) -> list[str]:
    return list(texts.values()) if texts else []
