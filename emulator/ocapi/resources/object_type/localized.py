"""Search fields of localized properties: a search looks at the texts of all languages."""

from emulator.ocapi.search.language import SearchField


def texts_of(name: str) -> SearchField:
    """Return the search field of a localized property."""
    return SearchField("text", path=name, localized=True)
