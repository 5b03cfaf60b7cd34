"""A lead keeps records in a real browser: finds one, edits it, imports a table after a look."""

import pytest

from tests.services.console.fake_router import PASSWORD

pytestmark = pytest.mark.browser

TABLE = "client,name,type,criticality\nHarbour Dental,new-01,printer,3\n"


@pytest.fixture
def priya(site, open_browser):
    browser = open_browser(site.url)
    browser.log_in("priya", PASSWORD)
    browser.live()
    return browser


def test_a_lead_finds_edits_and_imports_records(site, priya, tmp_path):
    priya.go("/records/devices?q=fw")
    assert "hd-fw-01" in priya.text("#records table")
    priya.one("#records table a").click()
    priya.until(lambda: priya.text("h1") == "Device")
    field = priya.one("input[name=f_site]")
    field.clear()
    field.send_keys("Quay Street")
    priya.one("button[value=save]").click()
    priya.until(lambda: "It is saved" in priya.text("main"))
    assert "Quay Street" in priya.text("table.list")
    assert site.world.records["devices"]["Harbour Dental/hd-fw-01"][0]["site"] == "Quay Street"

    file = tmp_path / "devices.csv"
    file.write_text(TABLE)
    priya.go("/records/devices/import")
    priya.one("input[type=file]").send_keys(str(file))
    area = "form.stack textarea[name=table]"
    priya.until(lambda: priya.one(area).get_attribute("value") == TABLE)
    priya.one("form.stack button.main").click()
    priya.until(lambda: "1 to be made, 1 to be changed" in priya.text("#preview"))
    priya.one("form.row button.main").click()
    priya.until(lambda: "The table is imported" in priya.text("main"))
    sent = [it for it in site.world.asked if it[0] == "import"]
    assert [(table.replace("\r", "").strip(), preview) for _, table, preview in sent] == [
        (TABLE.strip(), True),
        (TABLE.strip(), False),
    ]
    assert priya.complaints() == []
