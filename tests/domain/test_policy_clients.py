"""A client's own rules: what is otherwise for it alone, in a file of its own."""

import jsonschema_rs
import pytest

from tests.domain.test_policy_errors import GOOD
from tests.domain.worlds import MONDAY, MONITOR, P1, P3
from tierline.domain.commands import Open
from tierline.domain.decide import decide_open
from tierline.domain.floor import Floor
from tierline.domain.policy import Duration
from tierline.domain.snapshot import snapshot
from tierline.domain.tell import notices_for
from tierline.domain.terms import ClockName, Mode, TicketType
from tierline.policy.diff import differences
from tierline.policy.document import compile_document
from tierline.policy.errors import PolicyError
from tierline.policy.folder import load_folder
from tierline.policy.schema import policy_schema
from tierline.policy.yaml import read_yaml

OWN = """\
sla:
  P1: {resolve: 2h}
  requests: {fulfil: 1bd}
path:
  - {at: T1, limit: 10m}
  - {at: T2}
tell:
  new in queue: {lead: page}
"""
TWO = GOOD.replace(
    "agreements:\n",
    "default_agreement: managed\nmode: {default: act, agreement managed: suggest}\n"
    "agreements:\n  other: {sla: gold, path: standard}\n",
)


def _folder(tmp_path, rules=GOOD, **files):
    (tmp_path / "rules.yaml").write_text(rules)
    (tmp_path / "clients").mkdir(exist_ok=True)
    for name, text in files.items():
        (tmp_path / "clients" / f"{name.replace('_', ' ')}.yaml").write_text(text)
    return tmp_path


def _load(tmp_path, rules=GOOD, **files):
    return load_folder(_folder(tmp_path, rules, **files), year=2026)


def _refused(tmp_path, rules=GOOD, **files):
    with pytest.raises(PolicyError) as caught:
        _load(tmp_path, rules, **files)
    return caught.value


def opened(policy, client, agreement="managed", **stated):
    command = Open(
        id=1001,
        type=TicketType.ALERT,
        title="x",
        client=client,
        agreement=agreement,
        accepted_at=MONDAY,
        alert="1",
        **stated,
    )
    return decide_open(command, MONITOR, policy, Floor(MONDAY), MONDAY)


def test_what_is_written_is_otherwise_for_that_client_alone(tmp_path):
    loaded = _load(tmp_path, Contoso=OWN)
    assert loaded.files == ("rules.yaml", "clients/Contoso.yaml")
    policy = loaded.policy
    own, plain = policy.agreement_of("Contoso", "managed"), policy.agreement_of("Other", "managed")
    mine, all_ = policy.slas[own.sla], policy.slas[plain.sla]
    assert mine.targets[P1] == {
        ClockName.RESPOND: Duration(seconds=900),
        ClockName.RESOLVE: Duration(seconds=7200),
    }
    assert mine.requests[ClockName.FULFIL] == Duration(business_days=1)
    assert mine.requests[ClockName.RESPOND] == all_.requests[ClockName.RESPOND]
    assert mine.targets[P3] == all_.targets[P3]
    assert mine.cover == all_.cover
    assert [step.limit for step in policy.paths[own.path].steps] == [Duration(seconds=600), None]
    assert policy.paths[plain.path].steps[0].limit == Duration(seconds=1800)
    assert policy.offered == ["managed"]


def test_its_tickets_are_opened_under_its_own_rules_and_tell_whom_they_say(tmp_path):
    policy = _load(tmp_path, Contoso=OWN).policy
    ours, theirs = opened(policy, "Contoso", priority=P1), opened(policy, "Other", priority=P1)
    assert (ours.ticket.agreement, ours.ticket.path) == (
        "managed for Contoso",
        "standard for Contoso",
    )
    dues = [it.ticket.clocks[ClockName.RESOLVE].target_s for it in (ours, theirs)]
    assert dues == [7200, 4 * 3600]
    assert ours.ticket.clocks[ClockName.TIER].target_s == 600
    assert theirs.ticket.agreement == "managed"


def test_who_hears_is_otherwise_for_that_client_alone(tmp_path):
    rules = GOOD.replace("members: [Sam]", "lead: Priya, room: desk, members: [Sam]")
    policy = _load(tmp_path, rules + "mode: {default: act}\n", Contoso=OWN).policy

    def told(client):
        ticket = opened(policy, client).ticket
        routed = opened(policy, client).events[1]
        return {(n.kind, n.recipient) for n in notices_for(routed, snapshot(ticket), policy, ())}

    assert told("Contoso") == {("person", "Priya")}
    assert told("Other") == {("room", "desk")}


def test_the_mode_of_an_agreement_is_that_of_a_clients_own_version(tmp_path):
    policy = _load(tmp_path, TWO, Contoso=OWN).policy
    assert opened(policy, "Contoso").ticket.mode is Mode.SUGGEST
    assert opened(policy, "Contoso", "other").ticket.mode is Mode.ACT


def test_one_agreement_alone_may_be_changed(tmp_path):
    policy = _load(tmp_path, TWO, Contoso="agreement: managed\n" + OWN).policy
    assert policy.agreement_of("Contoso", "managed").name == "managed for Contoso"
    assert policy.agreement_of("Contoso", "other").name == "other"
    assert policy.agreement_of("Contoso", "no such").name == "managed for Contoso", "the default"


def test_another_sla_and_another_path_may_be_named(tmp_path):
    rules = GOOD.replace("paths:\n", "paths:\n  short: [{at: T2}]\n")
    policy = _load(tmp_path, rules, Contoso="path: short\n").policy
    own = policy.agreement_of("Contoso", "managed")
    assert (own.sla, own.path) == ("gold", "short")


def test_the_file_may_say_whose_it_is_and_inline_means_the_same(tmp_path):
    first = _load(tmp_path, a="client: Contoso Ltd\n" + OWN).policy
    (tmp_path / "clients" / "a.yaml").unlink()
    indented = "".join(f"    {line}\n" for line in OWN.splitlines())
    inline = _load(tmp_path, f"{GOOD}clients:\n  Contoso Ltd:\n{indented}").policy
    assert first.version == inline.version
    (tmp_path / "rules.yaml").write_text(GOOD)
    named = _load(tmp_path, Contoso_Ltd=OWN).policy
    assert named.version == first.version
    assert (
        named.version
        != load_folder(_folder(tmp_path, Contoso_Ltd="path: standard\n")).policy.version
    )


def test_what_is_stored_is_accepted_again_and_means_the_same(tmp_path):
    loaded = _load(tmp_path, TWO, Contoso=OWN, Fabrikam="sla: gold\n")
    again = compile_document(loaded.document)
    assert again.version == loaded.policy.version
    assert again.clients == loaded.policy.clients
    assert again.slas == loaded.policy.slas


def test_its_differences_are_said(tmp_path):
    before = _load(tmp_path, Contoso=OWN).document
    after = _load(tmp_path, Contoso=OWN.replace("2h", "3h")).document
    assert [it.said for it in differences(before, after)] == [
        "clients, Contoso sla P1 resolve: 2h -> 3h"
    ]


# name: (the file, the field that is named, part of what is said)
CASES = {
    "unknown key": ("slaa: {}\n", "clients.Contoso.slaa", "did you mean `sla`?"),
    "unknown SLA": ("sla: golden\n", "clients.Contoso.sla", "did you mean `gold`?"),
    "unknown path": ("path: standrad\n", "clients.Contoso.path", "did you mean `standard`?"),
    "unknown agreement": ("agreement: x\nsla: gold\n", "clients.Contoso.agreement", "managed"),
    "nothing": ("agreement: managed\n", "clients.Contoso", "changes nothing"),
    "unit": ("sla: {P1: {resolve: 2}}\n", "clients.Contoso.sla.P1.resolve", "2m or 2h"),
    "steps down": (
        "path: [{at: T2, limit: 1h}, {at: T1}]\n",
        "clients.Contoso.path[2].at",
        "follow the order",
    ),
    "tier": ("path: [{at: T9}]\n", "clients.Contoso.path[1].at", "no tier is called"),
    "occasion": ("tell: {new in que: {room: page}}\n", "clients.Contoso.tell.new in que", "queue"),
    "no client": ("client: 5\nsla: gold\n", "client", "name of a client"),
}


@pytest.mark.parametrize("case", CASES.values(), ids=CASES)
def test_what_is_wrong_is_named_with_its_file_and_line(tmp_path, case):
    text, field, said = case
    error = _refused(tmp_path, Contoso=text)
    assert error.file == str(tmp_path / "clients" / "Contoso.yaml")
    assert error.field == field
    assert said in str(error)
    assert error.line > 0


def test_a_client_has_rules_of_its_own_once(tmp_path):
    error = _refused(tmp_path, a="client: Contoso\nsla: gold\n", b="client: Contoso\nsla: gold\n")
    assert error.file.endswith("b.yaml")
    assert f"{tmp_path}/clients/a.yaml:1:1" in error.message


def test_a_client_no_record_knows_is_warned_of(tmp_path):
    (tmp_path / "records.yaml").write_text("clients: {Fabrikam: {agreement: managed}}\n")
    found = [it for it in _load(tmp_path, Contoso=OWN).warnings if it.field == "clients.Contoso"]
    assert [it.code for it in found] == ["not_recorded"]
    assert found[0].file.endswith("Contoso.yaml")


def test_nobody_buys_what_is_a_clients_own(tmp_path):
    (tmp_path / "records.yaml").write_text("clients: {Contoso: {agreement: managed for Contoso}}\n")
    assert "no agreement is called" in str(_refused(tmp_path, Contoso=OWN))


def test_editors_know_a_clients_file(tmp_path):
    _folder(tmp_path, Contoso="client: Contoso\n" + OWN)
    root = read_yaml(tmp_path / "clients" / "Contoso.yaml").root
    check = jsonschema_rs.Draft202012Validator(policy_schema())
    check.validate(root)
    assert not check.is_valid({"sla": {"P1": {"resolve": 5}}})
