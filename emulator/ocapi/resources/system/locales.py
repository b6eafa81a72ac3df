"""Locales of the organization, and of a site (SYS-1)."""

from typing import Any

from emulator.ocapi.answer import Answer, select
from emulator.ocapi.call import Call
from emulator.ocapi.resource import Operation, Resource
from emulator.ocapi.resources.site.sites import SITES
from emulator.ocapi.resources.system import metrics
from emulator.ocapi.resources.system.parameters import read_flag
from emulator.ocapi.resources.user.catalogue import DEFAULT_LOCALE, LOCALES
from emulator.ocapi.schema.document import Collection, Document
from emulator.ocapi.schema.faults import FaultType
from emulator.ocapi.schema.fields import Array, Boolean, Embedded, String
from emulator.ocapi.wire import envelope, paging
from emulator.ocapi.wire.select import Documents
from emulator.store import Record


class Locale(Document):
    """A locale. A text that is missing is empty in answers."""

    items_have_state = False

    active = Boolean(load_default=False)
    country = String(load_default="")
    default = Boolean(load_default=False)
    display_country = String(load_default="")
    display_language = String(load_default="")
    display_name = String(load_default="")
    id = String()
    iso3_country = String(load_default="")
    iso3_language = String(load_default="")
    language = String(load_default="")
    name = String(load_default="")


class StoredLocale(Locale):
    """A locale in data sets."""

    id = String(min_length=1, allow_none=False, required=True)


class LocaleResult(Collection):
    """A page of locales."""

    hits = Array(Embedded(Locale()))
    id = String()
    include_all = Boolean()


LOCALE, RESULT = Locale(), LocaleResult()
NOT_FOUND = FaultType(
    404, "LocaleNotFound", "No locale with ID '{localeId}' could be found.", ("localeId",)
)


def list_of_organization(call: Call) -> Answer:
    """Show a page of the active locales."""
    return _list(call, {}, only_active=True)


def list_of_site(call: Call) -> Answer:
    """Show a page of the active locales of a site, or of all locales."""
    [site] = call.key
    SITES.find(call.store, (site,))
    include_all = read_flag(call, "include_all")
    echo = {} if include_all is None else {"include_all": include_all}
    return _list(call, echo, only_active=not include_all)


def _list(call: Call, echo: dict[str, Any], *, only_active: bool) -> Answer:
    wanted = call.request.parameters.get("id")
    found = [
        locale
        for locale in _read_all(call)
        if (locale.get("active") or not only_active) and wanted in (None, locale.key[0])
    ]
    page, query = call.page, call.request.query_string.decode(errors="replace")
    whole = call.selector is not None and call.selector.reaches_into("hits")
    shown = found[page.start : page.start + page.count]
    hits = Documents(
        envelope.wrap_item(LOCALE, call.version, one.state, _show(one, whole=whole), call.dialect)
        for one in shown
    )
    members = {
        **echo,
        **({} if wanted is None else {"id": wanted}),
        "count": len(hits),
        "hits": hits,
        "start": page.start,
        "total": len(found),
        **dict(paging.links(page, len(found), call.url, query)),
    }
    if call.selector is not None:
        members["select"] = envelope.echo(call.selector, call.dialect)
    content = envelope.wrap_page(RESULT.type_name, call.version, members)
    return Answer(200, select(call, content, call.selector), RESULT)


def _read_all(call: Call) -> list[Record]:
    """Return all locales, the default locale first."""
    records = call.store.scan(LOCALES, 0, call.store.count(LOCALES)).records
    if any(record.key[0] == DEFAULT_LOCALE for record in records):
        return sorted(records, key=lambda record: record.key[0] != DEFAULT_LOCALE)
    names = dict.fromkeys(("id", "name", "display_name"), DEFAULT_LOCALE)
    default = {**LOCALE.defaults(), **names, "active": True, "default": True}
    return [Record((DEFAULT_LOCALE,), default), *records]


def _show(record: Record, *, whole: bool) -> dict[str, Any]:
    return dict(record.properties) if whole else {"id": record.key[0]}


LOCALES_RESOURCE = Resource(
    path=LOCALES,
    document=StoredLocale(),
    collection=RESULT,
    key="id",
    verbs=frozenset(),
    not_found=NOT_FOUND,
    operations=(
        Operation(
            method="GET",
            path="locale_info/locales",
            answer=list_of_organization,
            shows=RESULT,
            parameters={"id": String()},
        ),
        Operation(
            method="GET",
            path="sites/{site_id}/locale_info/locales",
            answer=list_of_site,
            shows=RESULT,
            parameters={"id": String(), "include_all": Boolean()},
            faults=(SITES.not_found,),
        ),
        *metrics.OPERATIONS,
    ),
)
