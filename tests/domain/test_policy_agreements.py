"""What an agreement may say beyond its SLA: who looks first, what it covers, what it offers."""

from pathlib import Path

import pytest

from tierline.domain.terms import ClocksStart, Priority
from tierline.policy.document import compile_document
from tierline.policy.errors import PolicyError
from tierline.policy.folder import load_folder

RULES = """
tiers: [T1, T2]
groups:
  Contoso IT: {tier: T1, hours: 24x7, of: client Contoso}
  Desk: {tier: T1, hours: 24x7}
  Network: {tier: T2, hours: 24x7}
slas:
  gold:
    cover: {else: 24x7}
    P1: {respond: 15m, resolve: 4h}
    P2: {respond: 30m, resolve: 8h}
    P3: {respond: 2h, resolve: 2bd}
    P4: {respond: 4h, resolve: 5bd}
    requests: {respond: 4h, fulfil: 3bd}
paths: {standard: [{at: T1, limit: 30m}, {at: T2}]}
currency: GBP
approvals: {within: 4h}
survey: {share: 25%, not more often than: 14d}
agreements:
  managed: AGREEMENT
"""
PLAIN = "sla: gold, path: standard"


def load(tmp_path: Path, agreement: str, **changed: str):
    text = RULES.replace("AGREEMENT", f"{{{agreement}}}")
    for old, new in changed.items():
        text = text.replace(old, new)
    (tmp_path / "rules.yaml").write_text(text)
    return load_folder(tmp_path, year=2026)


def test_what_is_written_is_what_holds_and_survives_its_storage(tmp_path):
    written = (
        f'{PLAIN}, first: "{{client.it}}", our clocks start: on_handover, covers: [server, mail],'
        " not covered: offer 120.50/h, after hours: {P3-P4: offer 180/h,"
        ' approver: "{client.approver}"}'
    )
    loaded = load(tmp_path, written)
    for policy in (loaded.policy, compile_document(loaded.document)):
        agreement = policy.agreements["managed"]
        assert (agreement.first, agreement.our_clocks_start) == (
            "{client.it}", ClocksStart.ON_HANDOVER,
        )  # fmt: skip
        assert (agreement.covers, agreement.not_covered) == (("server", "mail"), 12_050)
        assert agreement.after_hours == {Priority.P3: 18_000, Priority.P4: 18_000}
        assert (policy.currency, policy.approvals.within.seconds) == ("GBP", 4 * 3600)
        assert (policy.survey.share, policy.survey.every.days) == (0.25, 14)


def test_what_is_left_out_is_as_it_was(tmp_path):
    agreement = load(tmp_path, PLAIN).policy.agreements["managed"]
    assert (agreement.first, agreement.our_clocks_start) == ("", ClocksStart.ON_CREATION)
    assert (agreement.covers, agreement.not_covered, agreement.after_hours) == ((), None, {})


@pytest.mark.parametrize(
    ("agreement", "says"),
    [
        ("first: Desc", "did you mean `Desk`"),
        ("our clocks start: on_handover", "nobody hands over to us"),
        ('first: "{client.it}", our clocks start: later', "on_creation"),
        ("after hours: {P3: 180/h}", "offer 180/h"),
        ("after hours: {P3: offer 180}", "offer 180/h"),
        ("after hours: {P9: offer 180/h}", "is no priority"),
        ("after hours: {P3: offer 180/h, P3-P4: offer 90/h}", "P3 is offered twice"),
        ("after hours: {P3: offer 180/h, approver: Ruth}", "{client.approver}"),
        ('after hours: {approver: "{client.approver}"}', "offers nothing"),
        ("after hours: offer 180/h", "must be a mapping by priority"),
        ("not covered: 120", "offer"),
        ("covers: [server, server]", "listed twice"),
    ],
)
def test_what_cannot_be_meant_is_refused_with_the_remedy(tmp_path, agreement, says):
    with pytest.raises(PolicyError) as refused:
        load(tmp_path, f"{PLAIN}, {agreement}")
    assert says in str(refused.value)


@pytest.mark.parametrize(
    ("old", "new", "says"),
    [
        ("of: client Contoso", "of: Contoso", "client Contoso"),
        ("currency: GBP", "currency: pounds", "GBP"),
        ("share: 25%", "share: 125%", "more than all of them"),
        ("than: 14d", "than: 2bd", "14d"),
        ("than: 14d", "than: 0d", "14d"),
        ("within: 4h", "within: soon", "is not a duration"),
        ("hours: 24x7}\n  Network", "hours: 24x7, of: client A}\n  Network", ""),
    ],
)
def test_the_rest_likewise(tmp_path, old, new, says):
    if not says:
        load(tmp_path, PLAIN, **{old: new})
        return
    with pytest.raises(PolicyError) as refused:
        load(tmp_path, PLAIN, **{old: new})
    assert says in str(refused.value)


def test_a_policy_without_a_group_of_ours_is_none(tmp_path):
    with pytest.raises(PolicyError, match="every group is"):
        load(tmp_path, PLAIN, **{"hours: 24x7}": "hours: 24x7, of: client Contoso}"})
