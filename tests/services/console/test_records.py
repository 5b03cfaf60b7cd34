"""Pages of records: a list, a form, an import with a preview, and what was changed by whom."""

from tests.services.console.fake_records import DEVICE

EDIT = "/records/devices/edit?key=Harbour+Dental&key=hd-fw-01"
FORM = {f"f_{name}": str(value) for name, value in DEVICE.items()}


async def test_a_list_searches_and_leads_to_each_record(priya):
    page = (await priya.get("/records/devices?q=fw")).text
    assert "/records/devices/edit?key=Harbour+Dental&amp;key=hd-fw-01" in page
    assert 'href="/records/devices.csv?q=fw"' in page
    assert "No device matches" in (await priya.get("/records/devices?q=zz")).text


async def test_an_empty_kind_says_how_to_begin(priya, sam):
    assert "There are no vendors yet" in (await priya.get("/records/vendors")).text
    assert "Leads and managers keep them" in (await sam.get("/records/vendors")).text


async def test_every_input_has_a_label_and_says_what_it_is_for(priya):
    page = (await priya.get(EDIT)).text
    assert page.count("<label") >= len(DEVICE)
    assert "1 (worst) to 3: the impact if it fails" in page
    assert 'name="f_name" value="hd-fw-01" autocomplete="off" required readonly' in page


async def test_a_technician_looks_only(sam):
    page = (await sam.get(EDIT)).text
    assert "Save" not in page
    assert page.count(" readonly") == 6


async def test_saving_changes_what_was_typed_and_shows_it_in_the_history(priya, world):
    sent = {**FORM, "f_criticality": "2", "version": "1", "key": "k", "act": "save"}
    answer = await priya.send("/records/devices/save", sent)
    assert answer.headers["location"] == f"{EDIT}&done=saved"
    fields, version = world.records["devices"]["Harbour Dental/hd-fw-01"]
    assert (fields, version) == ({**DEVICE, "criticality": 2}, 2)
    page = (await priya.get(answer.headers["location"])).text
    assert "It is saved." in page
    assert "<del>1</del> <ins>2</ins>" in page
    assert "<del>1</del> <ins>2</ins>" in (await priya.get("/records/devices/history")).text


async def test_a_change_on_an_older_version_is_refused_and_keeps_what_was_typed(priya):
    sent = {**FORM, "f_type": "half a thought", "version": "7", "key": "k"}
    answer = await priya.send("/records/devices/save", sent)
    assert answer.status_code == 412
    assert "somebody has changed it since" in answer.text
    assert 'value="half a thought"' in answer.text


async def test_a_new_record_is_made_without_what_was_left_empty(priya, world):
    sent = {
        "f_name": "Carrier",
        "f_resold": "true",
        "f_email": "",
        "f_contracts": '[{"name": "a"}]',
    }
    answer = await priya.send("/records/vendors/save", {**sent, "version": "", "key": "k"})
    assert answer.status_code == 303
    assert world.records["vendors"]["Carrier"][0] == {
        "name": "Carrier", "resold": True, "contracts": [{"name": "a"}],
    }  # fmt: skip
    sent["f_contracts"] = "[{"
    answer = await priya.send("/records/vendors/save", {**sent, "version": "", "key": "k"})
    assert answer.status_code == 422
    assert "is not JSON" in answer.text


async def test_removing_what_is_in_use_says_why(priya, world):
    world.refuse["record"] = "hd-fw-01 is in use: 1 open tickets: close them first"
    sent = {**FORM, "version": "1", "key": "k", "act": "remove"}
    answer = await priya.send("/records/devices/save", sent)
    assert (answer.status_code, "close them first" in answer.text) == (409, True)
    world.refuse.clear()
    answer = await priya.send("/records/devices/save", sent)
    assert answer.headers["location"] == "/records/devices?done=removed"
    assert world.records["devices"] == {}


async def test_a_table_is_looked_at_first_and_then_imported(priya, world):
    table = "client,name\nHarbour Dental,new-01"
    page = await priya.send("/records/devices/import", {"table": table})
    assert "<b>1</b> to be made" in page.text
    assert "<ins>2</ins>" in page.text
    answer = await priya.send(
        "/records/devices/import", {"table": table, "step": "confirm", "key": "k"}
    )
    assert answer.headers["location"] == "/records/devices?done=imported"
    assert world.asked == [("import", table, True), ("import", table, False)]


async def test_an_export_is_a_file(priya):
    answer = await priya.get("/records/devices.csv")
    assert answer.headers["content-disposition"] == 'attachment; filename="devices.csv"'
    assert answer.text.startswith("client,name,site")


async def test_no_such_kind_is_not_found(priya):
    assert (await priya.get("/records/devises")).status_code == 404
