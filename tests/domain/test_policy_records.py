"""records.yaml: data checked as well as rules are."""

import pytest

from tests.domain.test_policy_errors import GOOD
from tierline.domain.terms import Mode, Role
from tierline.policy.errors import PolicyError
from tierline.policy.folder import load_folder
from tierline.policy.kinds import KINDS
from tierline.policy.records import (
    Client,
    Contact,
    Device,
    Integration,
    Person,
    Records,
    Room,
    Subscription,
)

RECORDS = """\
clients:
  Contoso: {agreement: managed, mode: watch, domains: contoso.example}
  Fabrikam: {agreement: managed, record: psa}
contacts:
  - {client: Contoso, name: Ruth, email: ruth@contoso.example}
devices:
  - {client: Contoso, name: dc01, type: server, criticality: 1, site: Head office}
  - {client: Fabrikam, name: dc01, type: server, criticality: 2}
people:
  Sam: {login: sam, email: sam@msp.example, role: technician, groups: [Desk]}
  Ines: {login: ines, email: ines@contoso.example, role: lead, client: Contoso}
rooms:
  desk: {kind: slack, url: "https://hooks.example/1"}
integrations:
  alertmanager: {kind: alertmanager, client_field: labels.client}
  probe: {kind: json, client: Contoso}
subscriptions:
  mirror: {url: "https://psa.example/hook", clients: [Contoso]}
"""


def _load(tmp_path, records, rules=GOOD):
    (tmp_path / "rules.yaml").write_text(rules)
    (tmp_path / "records.yaml").write_text(records)
    return load_folder(tmp_path, year=2026)


def test_records_are_compiled(tmp_path):
    loaded = _load(tmp_path, RECORDS)
    found = loaded.records
    assert loaded.warnings == ()
    assert loaded.files == ("rules.yaml", "records.yaml")
    assert found.clients == (
        Client("Contoso", "managed", "tierline", Mode.WATCH, ("contoso.example",)),
        Client("Fabrikam", "managed", "psa"),
    )
    assert found.contacts == (Contact("Contoso", "Ruth", "ruth@contoso.example"),)
    assert found.devices[0] == Device("Contoso", "dc01", "server", 1, "Head office")
    assert found.people == (
        Person("Sam", "sam", "sam@msp.example", Role.TECHNICIAN, ("Desk",)),
        Person("Ines", "ines", "ines@contoso.example", Role.LEAD, (), "Contoso"),
    )
    assert found.rooms == (Room("desk", "slack", "https://hooks.example/1"),)
    assert found.integrations == (
        Integration("alertmanager", "alertmanager", client_field="labels.client"),
        Integration("probe", "json", client="Contoso"),
    )
    assert found.subscriptions == (
        Subscription("mirror", "https://psa.example/hook", ("Contoso",)),
    )


def test_records_do_not_change_the_version(tmp_path):
    before = _load(tmp_path, RECORDS).policy.version
    assert _load(tmp_path, "clients: {}").policy.version == before


def test_a_folder_without_records_has_none(tmp_path):
    (tmp_path / "rules.yaml").write_text(GOOD)
    assert load_folder(tmp_path).records == Records()


FULL = (
    RECORDS
    + """\
sites:
  - {client: Contoso, name: Head office, zone: Europe/London, address: 1 High Street}
vendors:
  Carrier: {phone: "+44 20 7946 0100", hours: office, resold: true, chase: 4h,
            contracts: [{name: line, number: A1, until: 2027-03-31}]}
partners:
  Relay: {email: desk@relay.example, hours: 24x7, clients: [Fabrikam]}
absences:
  - {person: Sam, from: 2026-12-24, until: 2026-12-24T13:00, reason: leave, stand in: Ines}
guides:
  - {category: vpn, title: New token, steps: [Ask for the code, Send it], review by: 2027-01-31}
"""
)


def test_every_kind_is_a_document_that_says_its_defaults_by_leaving_them_out(tmp_path):
    text = FULL.replace("role: technician,", "role: technician, capacity: 6, active: true,")
    found = _load(tmp_path, text).records.documents
    assert set(found) == set(KINDS)
    assert found["people"][0] == {
        "name": "Sam", "login": "sam", "email": "sam@msp.example", "role": "technician",
        "capacity": 6, "groups": ["Desk"],
    }  # fmt: skip
    assert found["clients"][1] == {"name": "Fabrikam", "agreement": "managed", "record": "psa"}
    assert found["absences"] == ({
        "person": "Sam", "from": "2026-12-24", "until": "2026-12-24T13:00", "reason": "leave",
        "stand_in": "Ines",
    },)  # fmt: skip
    for name, documents in found.items():
        kind = KINDS[name]
        assert [kind.settled(it) for it in documents] == list(documents)


def test_a_client_may_have_several_agreements_and_the_first_is_the_default_one(tmp_path):
    several = "agreements: [managed, {name: wifi, categories: wifi, devices: [dc01]}], mode: watch"
    rules = GOOD.replace(
        "paths:", "  wifi: {sla: gold, path: standard}\ndefault_agreement: managed\npaths:"
    )
    records = RECORDS.replace("agreement: managed, mode: watch", several)
    found = _load(tmp_path, records, rules).records
    assert found.clients[0].agreement == "managed"
    assert found.documents["clients"][0]["agreements"] == [
        {"name": "managed"}, {"name": "wifi", "categories": ["wifi"], "devices": ["dc01"]},
    ]  # fmt: skip


EMAIL = "email: ruth@contoso.example}"
RUTH = "  - {client: Contoso, name: Ruth, email: ruth@contoso.example}"

MORE_CASES = {
    "no agreement": ("agreement: managed, record: psa", "record: psa", "lacks `agreement`", "add"),
    "both forms": ("agreement: managed, record", "agreement: x, agreements: [managed], record",
                   "not the first", "keep one"),
    "covered device": ("agreement: managed, record",
                       "agreements: [{name: managed, devices: dc09}], record",
                       "no device of Fabrikam is called `dc09`", "dc01"),
    "approver": ("record: psa", "record: psa, approvers: [Rut]", "no contact of Fabrikam", "none"),
    "account manager": ("record: psa", "record: psa, account manager: Sma", "no person", "`Sam`"),
    "site's zone": ("zone: Europe/London, address", "zone: Europe/Lundon, address",
                    "no time zone", "Europe/London"),
    "device's site": ("site: Head office}", "site: Head offic}", "no site of Contoso",
                      "`Head office`"),
    "contact twice": ("email: ruth@contoso.example}", "email: r@contoso.example}\n" + RUTH,
                      "two contacts called Ruth", "keep one"),
    "contact's hours": (EMAIL, EMAIL[:-1] + ", when: offise}", "no hours are called `offise`",
                        "`office`"),
    "contact's own hours": (EMAIL, EMAIL[:-1] + ", when: {zone: UTC, mon: 9:00-8:61}}",
                            "no clock shows", "24:00"),
    "regions": (EMAIL, EMAIL[:-1] + ", when: {zone: UTC, mon: 9:00-18:00, holidays: GB-ENG}}",
                "for the policy's hours", "dates"),
    "amount": (EMAIL, EMAIL[:-1] + ", approver: much}", "much", "any"),
    "vendor's number": ('"+44 20 7946 0100"', "ask Bob", "not a telephone number", "+44"),
    "vendor's contract": ("until: 2027-03-31", "until: 2027-02-31", "on no calendar", "2026-12-24"),
    "chase": ("chase: 4h", "chase: 4", "no unit", "4h"),
    "partner's client": ("clients: [Fabrikam]", "clients: [Fabricam]", "no client", "`Fabrikam`"),
    "two walls": ("client: Contoso}\nrooms", "client: Contoso, clients: [Fabrikam]}\nrooms",
                  "both", "keep the one"),
    "shifts": ("groups: [Desk]}", "groups: [Desk], shifts: nights}", "`nights`", "office"),
    "capacity": ("groups: [Desk]}", "groups: [Desk], capacity: 6 each}", "whole number", "1000"),
    "absent nobody": ("person: Sam, from", "person: Sma, from", "no person", "`Sam`"),
    "absence backwards": ("until: 2026-12-24T13:00", "until: 2026-12-23", "before `from`", "last"),
    "own stand-in": ("stand in: Ines", "stand in: Sam", "who is away", "somebody else"),
    "no such day": ("from: 2026-12-24,", "from: 2026-02-30,", "on no calendar", "2026"),
}  # fmt: skip


@pytest.mark.parametrize(("old", "new", "message", "remedy"), MORE_CASES.values(), ids=MORE_CASES)
def test_a_mistake_in_any_kind_names_the_remedy(tmp_path, old, new, message, remedy):
    assert old in FULL
    assert _load(tmp_path, FULL).warnings == ()
    with pytest.raises(PolicyError) as caught:
        _load(tmp_path, FULL.replace(old, new, 1))
    found = [f for f in caught.value.findings if message in f.message]
    assert found, str(caught.value)
    assert found[0].line > 1
    assert remedy in f"{found[0].message}; {found[0].remedy}"


CASES = {
    "unknown section": ("rooms:", "roms:", 12, "no key `roms`", "rooms"),
    "unknown key": ("record: psa", "recrd: psa", 3, "no key `recrd`", "record"),
    "key missing": ("login: sam, ", "", 10, "lacks `login`", "add it"),
    "unknown agreement": ("agreement: managed, mode", "agreement: manged, mode", 2, "`manged`",
                          "`managed`"),
    "unknown mode": ("mode: watch", "mode: wach", 2, "wach", "`watch`"),
    "unknown record": ("record: psa", "record: psq", 3, "psq", "`psa`"),
    "contact's client": ("{client: Contoso, name: Ruth", "{client: Contosa, name: Ruth", 5,
                         "no client", "`Contoso`"),
    "device's client": ("{client: Fabrikam", "{client: Fabricam", 8, "no client", "`Fabrikam`"),
    "device twice": ("{client: Fabrikam", "{client: Contoso", 8, "listed twice", "keep one"),
    "criticality": ("criticality: 1", "criticality: 4", 7, "whole number", "1 to 3"),
    "criticality as a text": ("criticality: 1", "criticality: high", 7, "whole number", "1 to 3"),
    "email": ("sam@msp.example", "sam at msp", 10, "not an email address", "@"),
    "domain": ("domains: contoso.example", "domains: contoso", 2, "not a domain", "example.com"),
    "role": ("role: technician", "role: boss", 10, "boss", "manager"),
    "unknown group": ("groups: [Desk]", "groups: [Dask]", 10, "no group", "`Desk`"),
    "login twice": ("login: ines", "login: sam", 11, "listed twice", "keep one"),
    "login with a blank": ("login: ines", "login: In es", 11, "not a login", "priya"),
    "person's client": ("role: lead, client: Contoso", "role: lead, client: X", 11,
                        "no client is called `X`", "Contoso"),
    "room's kind": ("kind: slack", "kind: slak", 13, "slak", "`slack`"),
    "room's address": ("https://hooks.example/1", "ftp://x", 13, "web address", "https://"),
    "integration's kind": ("kind: json", "kind: xml", 16, "xml", "cloudevents"),
    "integration's client": ("client: Contoso}\nsub", "client: X}\nsub", 16,
                             "no client is called `X`", "Contoso"),
    "client both ways": ("client: Contoso}\nsub", "client: Contoso, client_field: x}\nsub", 16,
                         "both", "keep the one"),
    "subscription's client": ("clients: [Contoso]", "clients: [X]", 18, "no client", "Contoso"),
    "reserved client": ("  Fabrikam:", "  Unsorted:", 3, "reserved", "another name"),
    "key twice": ("  Fabrikam:", "  Contoso:", 3, "written twice", "keep one"),
}  # fmt: skip


@pytest.mark.parametrize(("old", "new", "line", "message", "remedy"), CASES.values(), ids=CASES)
def test_a_mistake_in_the_records_is_refused_at_its_line(tmp_path, old, new, line, message, remedy):
    assert old in RECORDS
    with pytest.raises(PolicyError) as caught:
        _load(tmp_path, RECORDS.replace(old, new, 1))
    found = [f for f in caught.value.findings if message in f.message]
    assert found, str(caught.value)
    assert (found[0].line, found[0].file.endswith("records.yaml")) == (line, True)
    assert remedy in f"{found[0].message}; {found[0].remedy}"


@pytest.mark.parametrize(
    ("old", "new", "line", "message"),
    [
        ("members: [Sam]", "members: [Sam, Sma]", 5, "no record knows a person called `Sma`"),
        ("members: [Sam]", "members: [Sam], lead: Prya", 5, "person called `Prya`"),
        ("members: [Sam]", "members: [Sam], room: dosk", 5, "room called `dosk`"),
        ("members: [Sam]", "members: [Sam], of: client X", 5, "client called `X`"),
        ("tiers:", "people: {duty manager: Tim}\ntiers:", 3, "person called `Tim`"),
        ("tiers:", "mode: {default: act, Contosso: act}\ntiers:", 3, "client called `Contosso`"),
    ],
)
def test_a_name_that_no_record_knows_is_a_warning_in_the_rules(tmp_path, old, new, line, message):
    loaded = _load(tmp_path, RECORDS, GOOD.replace(old, new, 1))
    (warning,) = loaded.warnings
    assert (warning.line, warning.file.endswith("rules.yaml")) == (line, True)
    assert message in warning.message


@pytest.mark.parametrize(
    ("old", "new", "line", "message"),
    [
        ("kind: json, client: Contoso", "kind: json", 16, "will be Unsorted"),
        ("role: lead, client", "role: lead, groups: [Desk], client", 11, "not among the members"),
    ],
)
def test_what_is_probably_not_meant_is_a_warning_in_the_records(tmp_path, old, new, line, message):
    (warning,) = _load(tmp_path, RECORDS.replace(old, new, 1)).warnings
    assert (warning.line, warning.file.endswith("records.yaml")) == (line, True)
    assert message in warning.message


@pytest.mark.parametrize(
    ("freeze", "says"),
    [
        ("{from: 2026-12-24, to: 2026-12-26, reason: year end}", ""),
        ("{from: 2026-12-24T18:00, to: 2026-12-24T18:00, reason: x}", "lies before `from`"),
        ("{from: 2026-12-24, to: 2026-12-23, reason: x}", "lies before `from`"),
        ("{from: 2026-12-32, to: 2027-01-01, reason: x}", "2026-12-32"),
        ("{from: 2026-12-24, to: 2026-12-26}", "lacks `reason`"),
    ],
)
def test_a_clients_freezes_are_stretches_with_a_reason(tmp_path, freeze, says):
    written = RECORDS.replace(
        "Contoso: {agreement: managed,",
        f"Contoso: {{agreement: managed, zone: Europe/London, freezes: [{freeze}],",
    )
    if not says:
        (contoso, _) = _load(tmp_path, written).records.documents["clients"]
        assert contoso["freezes"] == [
            {"from": "2026-12-24", "to": "2026-12-26", "reason": "year end"}
        ]
        return
    with pytest.raises(PolicyError) as refused:
        _load(tmp_path, written)
    assert says in str(refused.value)
