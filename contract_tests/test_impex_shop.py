"""Libraries, stores and gift certificates in site archives (LIB-5, STO-4, GC-4)."""

import io
import re
import zipfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from contract_tests.api import Api
from contract_tests.archives import EXPORT, INSTANCE, NAMESPACE, import_, make_zip, run

pytestmark = pytest.mark.needs("an instance to import into")

Start = Callable[..., Api]

LIBRARY = f"""<library xmlns="{NAMESPACE}/library/2006-10-31" library-id="Guides">
 <folder folder-id="bikes">
  <display-name xml:lang="x-default">Bikes</display-name>
  <online-flag>true</online-flag>
  <parent>sports</parent>
  <position>2.0</position>
  <page-attributes><page-title xml:lang="x-default">All bikes</page-title></page-attributes>
 </folder>
 <folder folder-id="sports"><online-flag>false</online-flag><parent>root</parent></folder>
 <folder folder-id="lost"><parent>none</parent></folder>
 <content content-id="tyres">
  <display-name xml:lang="x-default">Tyres</display-name>
  <display-name xml:lang="de">Reifen</display-name>
  <type>page.storePage</type>
  <online-flag>true</online-flag>
  <online-flag site-id="RefArch">false</online-flag>
  <searchable-flag>false</searchable-flag>
  <template>guide</template>
  <page-attributes><page-url xml:lang="x-default">tyres</page-url></page-attributes>
  <custom-attributes>
   <custom-attribute attribute-id="body" xml:lang="x-default">&lt;p&gt;Air</custom-attribute>
   <custom-attribute attribute-id="body" site-id="RefArch">&lt;p&gt;Tube</custom-attribute>
  </custom-attributes>
  <folder-links>
   <classification-link folder-id="bikes"/>
   <folder-link folder-id="sports"><position>3</position></folder-link>
   <folder-link folder-id="none"/>
  </folder-links>
  <sitemap-included-flag>true</sitemap-included-flag>
  <sitemap-changefrequency>weekly</sitemap-changefrequency>
  <sitemap-priority>0.5</sitemap-priority>
 </content>
</library>"""
TYPES = f"""<metadata xmlns="{NAMESPACE}/metadata/2006-10-31"><type-extension type-id="Content">
<custom-attribute-definitions><attribute-definition attribute-id="body">
<type>html</type><localizable-flag>true</localizable-flag>
</attribute-definition></custom-attribute-definitions></type-extension></metadata>"""
MARKUP = {"_type": "markup_text", "markup": "<p>Air", "source": "<p>Air"}
STORES = f"""<stores xmlns="{NAMESPACE}/store/2007-04-30">
 <store store-id="pop-up-toronto" mode="delete"/>
 <store store-id="market-street"><city>Oakland</city></store>
 <store store-id="north"><name>North</name><country-code>DE</country-code>
  <store-hours xml:lang="x-default">&lt;b&gt;9-17&lt;/b&gt;</store-hours>
  <image>north.png</image><latitude>54.1</latitude><longitude>-7</longitude>
  <inventory-list-id>inventory_m</inventory-list-id>
  <store-locator-enabled-flag>true</store-locator-enabled-flag>
 </store>
 <store store-id="pole"><latitude>91</latitude></store>
</stores>"""
CERTIFICATES = f"""<gift-certificates xmlns="{NAMESPACE}/giftcertificate/2007-02-28">
 <gift-certificate gc-id="ABCDEFGHIJKL3456" gc-merchant-id="n1">
  <create-date>2023-03-01T10:00:00.000Z</create-date>
  <recipient-email>kim@example.com</recipient-email>
  <enabled-flag>true</enabled-flag>
  <status>PART_REDEEMED</status>
  <currency>EUR</currency>
  <amount>25.0</amount>
  <redemptions>
   <redemption><date>2023-03-02T10:00:00.000Z</date><amount>5</amount><order-no>7</order-no>
   </redemption>
  </redemptions>
 </gift-certificate>
 <gift-certificate gc-id="X" gc-merchant-id="n2">
  <create-date>2023-03-01T10:00:00.000Z</create-date>
  <enabled-flag>true</enabled-flag>
  <status>ISSUED</status>
 </gift-certificate>
</gift-certificates>"""
FILES: dict[str, str | bytes] = {
    "libraries/Guides/library.xml": LIBRARY,
    "sites/RefArch/stores.xml": STORES,
    "sites/RefArch/gift-certificates.xml": CERTIFICATES,
}
READ = (
    "/libraries/SharedLibrary/content/imprint",
    "/libraries/SharedLibrary/content/delivery-times",
    "/libraries/SharedLibrary/folders/service",
    "/libraries/SharedLibrary/folders/delivery",
    "/libraries/SharedLibrary/folder_assignments/delivery-times/service",
    "/libraries/SharedLibrary/folder_assignments/imprint/service",
    "/libraries/RefArch/content/spring-banner",
    "/libraries/RefArch/folders/campaigns",
    "/sites/RefArch/stores/market-street",
    "/sites/RefArchGlobal/stores/kurfuerstendamm",
    "/sites/RefArch/gift_certificates/gc-000001",
    "/sites/RefArch/gift_certificates/gc-000002",
)
WITHOUT_ELEMENT = ("creation_date", "last_modified", "_resource_state")


@pytest.fixture
def storefront(start: Start) -> Api:
    """A server with the data set ``storefront`` and a clock that stands at 2026-01-01."""
    return start(fixtures="storefront", seed="impex")


def show(api: Api, path: str) -> Any:
    answer = api.get(path)
    assert answer.status_code == 200, answer.text
    return answer.json()


def list_ids(api: Api, path: str) -> list[str]:
    return [hit["id"] for hit in show(api, path)["hits"]]


def find_problems(log: str) -> list[str]:
    return re.findall(r"WARN (?:\[\w+\] )?(.*)", log)


@pytest.mark.rule("LIB-5")
def test_a_library_is_imported_with_folders_in_any_order(storefront: Api) -> None:
    log = import_(storefront, {"libraries/Guides/library.xml": LIBRARY})
    strange = "libraries/Guides/library.xml: 1 x"
    missing = "No parent folder with ID 'none' in library 'Guides' could be found."
    assert find_problems(log) == [
        f"[4/5] folder 'lost': {missing} (libraries/Guides/library.xml, line 10)",
        f"[5/5] folder-link 'none': {missing} (libraries/Guides/library.xml, line 11)",
        f"{strange} content/custom-attribute@site-id: the element is not emulated",
        f"{strange} content/type: the element is not emulated",
    ]
    below = "/libraries/Guides"
    assert list_ids(storefront, f"{below}/folders/root/sub_folders") == ["sports"]
    assert list_ids(storefront, f"{below}/folders/sports/sub_folders") == ["bikes"]
    folder = show(storefront, f"{below}/folders/bikes")
    assert (folder["name"], folder["online"]) == ({"default": "Bikes"}, True)
    assert folder["page_title"] == {"default": "All bikes"}
    asset = show(storefront, f"{below}/content/tyres")
    expected = {
        "c_body": {"default": MARKUP},
        "classification_folder_id": "bikes",
        "name": {"default": "Tyres", "de": "Reifen"},
        "online": {"default": True, "RefArch": False},
        "page_url": {"default": "tyres"},
        "searchable": {"default": False},
        "site_map_change_frequency": {"default": "weekly"},
        "site_map_included": {"default": 1},
        "site_map_priority": {"default": 0.5},
        "template": "guide",
    }
    assert {name: asset.get(name) for name in expected} == expected
    link = show(storefront, f"{below}/folder_assignments/tyres/sports")
    assert (link["default"], link["position"]) == (False, 3)


@pytest.mark.rule("LIB-5")
def test_a_merge_changes_what_the_file_names(storefront: Api) -> None:
    library = f"""<library xmlns="{NAMESPACE}/library/2006-10-31" library-id="SharedLibrary">
 <folder folder-id="service" mode="delete"/>
 <folder folder-id="root" mode="delete"/>
 <content content-id="imprint"><template>other</template>
  <folder-links><classification-link folder-id="root"/></folder-links></content>
 <content content-id="delivery-times" mode="delete"/>
 <content content-id="return-label"><template>x</template></content>
</library>"""
    log = import_(storefront, {"libraries/a/library.xml": library})
    locked = "The content with ID 'return-label' is locked."
    problem = f"[6/6] content 'return-label': {locked} (libraries/a/library.xml, line 7)"
    assert find_problems(log) == [problem]
    below = "/libraries/SharedLibrary"
    asset = show(storefront, f"{below}/content/imprint")
    assert (asset["template"], asset["name"]["de"]) == ("other", "Impressum")
    assert asset["classification_folder_id"] == "root"
    assert list_ids(storefront, f"{below}/content/imprint/folders") == ["root"]
    assert list_ids(storefront, f"{below}/folders/root/sub_folders") == []
    for path in ("content/delivery-times", "folders/service", "folders/delivery"):
        assert storefront.get(f"{below}/{path}").status_code == 404


@pytest.mark.rule("LIB-5")
def test_the_links_of_a_file_replace_all_links_of_an_asset(storefront: Api) -> None:
    library = f"""<library xmlns="{NAMESPACE}/library/2006-10-31" library-id="SharedLibrary">
 <content content-id="delivery-times">
  <folder-links><folder-link folder-id="root"/></folder-links></content>
 <content content-id="imprint"><template>x</template></content>
</library>"""
    assert find_problems(import_(storefront, {"libraries/a/library.xml": library})) == []
    below = "/libraries/SharedLibrary/content"
    assert list_ids(storefront, f"{below}/delivery-times/folders") == ["root"]
    assert "classification_folder_id" not in show(storefront, f"{below}/delivery-times")
    assert list_ids(storefront, f"{below}/imprint/folders") == ["service"]
    assert show(storefront, f"{below}/imprint")["classification_folder_id"] == "service"


@pytest.mark.rule("LIB-5")
def test_a_file_in_the_folder_of_a_site_is_the_library_of_the_site(storefront: Api) -> None:
    library = f"""<library xmlns="{NAMESPACE}/library/2006-10-31">
 <content content-id="hello"><template>x</template></content></library>"""
    log = import_(storefront, {"sites/RefArch/library/library.xml": library})
    assert find_problems(log) == []
    assert show(storefront, "/libraries/RefArch/content/hello")["template"] == "x"
    site = f'<site xmlns="{NAMESPACE}/site/2007-04-30" site-id="RefArch" mode="delete"/>'
    import_(storefront, {"sites/RefArch/site.xml": site})
    for path in ("content/hello", "folders/root"):
        answer = storefront.get(f"/libraries/RefArch/{path}")
        assert answer.json()["fault"]["type"] == "LibraryNotFoundException"
    state = storefront.call("GET", "/__emulator__/state").json()
    assert storefront.call("PUT", "/__emulator__/state", json=state).status_code == 200


@pytest.mark.rule("STO-4")
def test_stores_are_imported(storefront: Api) -> None:
    log = import_(storefront, {"sites/RefArch/stores.xml": STORES})
    [problem] = find_problems(log)
    assert "store 'pole': " in problem
    assert "latitude" in problem
    below = "/sites/RefArch/stores"
    document = show(storefront, f"{below}/north")
    expected = {
        "country_code": "DE",
        "inventory_id": "inventory_m",
        "latitude": 54.1,
        "longitude": -7,
        "name": "North",
        "pos_enabled": False,
        "store_locator_enabled": True,
    }
    assert {name: document.get(name) for name in expected} == expected
    assert document["image"]["path"] == "north.png"
    assert document["store_hours"]["default"]["source"] == "<b>9-17</b>"
    changed = show(storefront, f"{below}/market-street")
    assert (changed["city"], changed["postal_code"]) == ("Oakland", "94105")
    assert storefront.get(f"{below}/pop-up-toronto").status_code == 404
    assert storefront.get(f"{below}/pole").status_code == 404


@pytest.mark.rule("GC-4")
def test_gift_certificates_are_imported_with_redemptions(storefront: Api) -> None:
    log = import_(storefront, {"sites/RefArch/gift-certificates.xml": CERTIFICATES})
    [problem] = find_problems(log)
    assert "gift-certificate 'n2': " in problem
    assert "ABCDEFGHIJKL3456" not in log
    document = show(storefront, "/sites/RefArch/gift_certificates/n1")
    euros = {"_type": "money", "currency_mnemonic": "EUR"}
    assert document["masked_gift_certificate_code"] == "************3456"
    assert document["balance"] == {**euros, "value": 20}
    assert (document["status"], document["enabled"]) == ("partially_redeemed", True)
    assert document["creation_date"] == "2023-03-01T10:00:00.000Z"
    assert document["transactions"] == [
        {
            "_type": "account_transaction",
            "amount": {**euros, "value": 25},
            "timestamp": "2023-03-01T10:00:00.000Z",
            "type_code": "create",
        },
        {
            "_type": "account_transaction",
            "amount": {**euros, "value": 5},
            "order_no": "7",
            "timestamp": "2023-03-02T10:00:00.000Z",
            "type_code": "redeem",
        },
    ]


def read_all(api: Api) -> list[dict[str, Any]]:
    documents = [show(api, path) for path in READ]
    for one in documents:
        (one.get("image") or {}).pop("alt", None)
    return [{n: v for n, v in one.items() if n not in WITHOUT_ELEMENT} for one in documents]


@pytest.mark.rule("LIB-5", "STO-4", "GC-4", "IMP-8")
def test_an_export_gives_the_same_documents(storefront: Api) -> None:
    units = {
        "libraries": {"SharedLibrary": True},
        "sites": {"all": {"content": True, "gift_certificates": True, "stores": True}},
    }
    before = read_all(storefront)
    body = {"export_file": "x.zip", "data_units": units}
    assert run(storefront, EXPORT, body)[0]["status"] == "OK"
    content = storefront.call("GET", f"{INSTANCE}/x.zip").content
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        assert archive.namelist() == [
            "x/version.txt",
            "x/libraries/SharedLibrary/library.xml",
            "x/sites/RefArch/library/library.xml",
            "x/sites/RefArchGlobal/library/library.xml",
            "x/sites/RefArch/stores.xml",
            "x/sites/RefArchGlobal/stores.xml",
            "x/sites/RefArch/gift-certificates.xml",
            "x/sites/RefArchGlobal/gift-certificates.xml",
        ]
        text = archive.read("x/libraries/SharedLibrary/library.xml").decode()
        files = {name[2:]: archive.read(name) for name in archive.namelist()[1:]}
    assert list(list_tags(text, "imprint")) == [
        *("display-name", "display-name", "description", "online-flag", "online-flag"),
        *("searchable-flag", "template", "page-attributes", "custom-attributes", "folder-links"),
        *("sitemap-included-flag", "sitemap-changefrequency", "sitemap-priority"),
    ]
    for name in ("content", "folders"):
        shared = f"/libraries/SharedLibrary/{name}"
        for one in ("imprint", "delivery-times", "service"):
            storefront.delete(f"{shared}/{one}")
    for name in ("gc-000001", "gc-000002"):
        storefront.delete(f"/sites/RefArch/gift_certificates/{name}")
    storefront.delete("/sites/RefArch/stores/market-street")
    problems = find_problems(import_(storefront, {**files}))
    assert [one for one in problems if "return-label" not in one] == []
    assert read_all(storefront) == before


def list_tags(text: str, content: str) -> Iterator[str]:
    """Yield the names of the elements directly below a content asset."""
    part = text.partition(f'content-id="{content}">\n')[2].partition("</content>")[0]
    yield from re.findall(r"^ {8}<([\w-]+)", part, re.MULTILINE)


@pytest.mark.rule("LIB-5", "STO-4", "GC-4")
def test_an_archive_is_a_data_set(start: Start, tmp_path: Path) -> None:
    path = tmp_path / "shop.zip"
    site = f'<site xmlns="{NAMESPACE}/site/2007-04-30" site-id="RefArch"><name>A</name></site>'
    library = LIBRARY.replace('<folder-link folder-id="none"/>', "")
    library = library.replace('<folder folder-id="lost"><parent>none</parent></folder>', "")
    stores = STORES.replace('<store store-id="pole"><latitude>91</latitude></store>', "")
    certificates = re.sub(
        r'<gift-certificate gc-id="X".*?</gift-certificate>', "", CERTIFICATES, flags=re.DOTALL
    )
    path.write_bytes(
        make_zip(
            {
                "meta/types.xml": TYPES,
                "sites/RefArch/site.xml": site,
                "libraries/Guides/library.xml": library,
                "sites/RefArch/stores.xml": stores,
                "sites/RefArch/gift-certificates.xml": certificates,
            }
        )
    )
    api = start(fixtures=str(path))
    asset = show(api, "/libraries/Guides/content/tyres")
    assert asset["classification_folder_id"] == "bikes"
    assert asset["c_body"]["default"] == MARKUP
    assert list_ids(api, "/libraries/Guides/folders/root/sub_folders") == ["sports"]
    assert show(api, "/sites/RefArch/stores/north")["name"] == "North"
    balance = show(api, "/sites/RefArch/gift_certificates/n1")["balance"]
    assert balance["value"] == 20
