"""The page of the names of faults and operations is up to date."""

from emulator.tests.project import faults_page


def test_the_page_is_up_to_date() -> None:
    assert faults_page.PAGE.read_text() == faults_page.render(), "run make faults-page"


def test_the_page_has_all_operations_of_the_data_api() -> None:
    rows = faults_page.PAGE.read_text().splitlines()
    assert "| `SiteOffline` | 403 | `siteId`: `RefArch` |" in rows
    assert "| `patchInventoryListsByID` | PATCH | `/inventory_lists/{id}` |" in rows
    start = rows.index("## Operations of the Data API") + 4
    assert rows.index("", start) - start >= 332
