"""The permissions of an instance, by application and type (PERM-1)."""

from collections.abc import Callable
from typing import Any

from emulator.ocapi.answer import Answer, answer_document
from emulator.ocapi.call import Call
from emulator.ocapi.resource import Operation
from emulator.ocapi.resources.user.catalogue import APPLICATIONS, TYPES_BY_APPLICATION, describe
from emulator.ocapi.schema.document import Document
from emulator.ocapi.schema.fields import Array, Boolean, Embedded, Localized, String

PATH = "permissions"
TYPES = TYPES_BY_APPLICATION["bm"]


class FunctionalPermission(Document):
    """A functional permission."""

    description = Localized()
    display_name = Localized()
    name = String()
    type = String()
    values = Array(String())


class FunctionalPermissions(Document):
    """All functional permissions."""

    organization = Array(Embedded(FunctionalPermission()))
    scopes = Array(String())
    site = Array(Embedded(FunctionalPermission()))


class LocalePermission(Document):
    """The permission for a locale."""

    display_name = Localized()
    locale_id = String()
    type = String()
    values = Array(String())


class LocalePermissions(Document):
    """The permissions for all locales."""

    scopes = Array(String())
    unscoped = Array(Embedded(LocalePermission()))


class MenuAction(Document):
    """The permission for a page of an application."""

    description = Localized()
    display_name = Localized()
    module_type = String()
    name = String()
    system = Boolean()
    type = String()
    values = Array(String())


class MenuItem(Document):
    """A menu of an application."""

    display_name = Localized()
    menu_actions = Array(Embedded(MenuAction()))
    module_type = String()
    name = String()
    type = String()


class ModulePermissions(Document):
    """The permissions for the pages of an application."""

    organization = Array(Embedded(MenuItem()))
    scopes = Array(String())
    site = Array(Embedded(MenuItem()))


class WebdavPermission(Document):
    """The permission for a folder of WebDAV."""

    description = Localized()
    folder = String()
    type = String()
    values = Array(String())


class WebdavPermissions(Document):
    """The permissions for the folders of WebDAV."""

    scopes = Array(String())
    unscoped = Array(Embedded(WebdavPermission()))


class Bmpermissions(Document):
    """The permissions of the Business Manager, by type."""

    functional = Embedded(FunctionalPermissions())
    functional_link = String()
    locale = Embedded(LocalePermissions())
    locale_link = String()
    module = Embedded(ModulePermissions())
    module_link = String()
    types = Array(String())
    webdav = Embedded(WebdavPermissions())
    webdav_link = String()


class Cscpermissions(Document):
    """The permissions of the Customer Service Center, by type."""

    module = Embedded(ModulePermissions())
    module_link = String()
    types = Array(String())


class ApplicationPermissions(Document):
    """The permissions of all applications."""

    applications = Array(String())
    bm = Embedded(Bmpermissions())
    csc = Embedded(Cscpermissions())


DOCUMENTS: dict[str, Document] = {
    "functional": FunctionalPermissions(),
    "locale": LocalePermissions(),
    "module": ModulePermissions(),
    "webdav": WebdavPermissions(),
}


def show_all(call: Call) -> Answer:
    """Show the permissions of all applications; ``expand`` brings types, or all of one."""
    shown: dict[str, Any] = {name: _describe_types(call, name) for name in APPLICATIONS}
    return answer_document(
        call, ApplicationPermissions(), {"applications": [*APPLICATIONS], **shown}
    )


def _show_application(application: str, document: Document) -> Callable[[Call], Answer]:
    def show(call: Call) -> Answer:
        """Show the permissions of an application; ``expand`` brings types."""
        return answer_document(call, document, _describe_types(call, application))

    return show


def _show_type(application: str, kind: str) -> Callable[[Call], Answer]:
    def show(call: Call) -> Answer:
        """Show the permissions of a type."""
        return answer_document(call, DOCUMENTS[kind], describe(kind, call.store, application))

    return show


def _describe_types(call: Call, application: str) -> dict[str, Any]:
    """Return the types of an application with links, and the expanded types."""
    kinds = TYPES_BY_APPLICATION[application]
    wanted = kinds if application in call.expansions else call.expansions
    expanded = {kind: describe(kind, call.store, application) for kind in kinds if kind in wanted}
    links = {f"{kind}_link": call.link_to(PATH, application, kind) for kind in kinds}
    return {"types": [*kinds], **links, **expanded}


BM, CSC = Bmpermissions(), Cscpermissions()
OPERATIONS = (
    Operation(
        method="GET",
        path=PATH,
        answer=show_all,
        shows=ApplicationPermissions(),
        expansions=(*APPLICATIONS, *TYPES),
    ),
    *(
        Operation(
            method="GET",
            path=f"{PATH}/{application}",
            answer=_show_application(application, document),
            shows=document,
            expansions=TYPES,
        )
        for application, document in (("bm", BM), ("csc", CSC))
    ),
    *(
        Operation(
            method="GET",
            path=f"{PATH}/{application}/{kind}",
            answer=_show_type(application, kind),
            shows=DOCUMENTS[kind],
        )
        for application, kinds in TYPES_BY_APPLICATION.items()
        for kind in kinds
    ),
)
