"""What every adapter promises, whatever it is sent. A new one adds its sample below."""

import json
from collections.abc import Mapping

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from intake.adapters import ADAPTERS
from intake.adapters.fields import SEVERITIES, STATUSES
from intake.adapters.parsed import Parsed, TooManyAlertsError
from intake.limits import (
    ALERTS_MAX,
    DEDUP_KEY_MAX,
    LABEL_KEY_MAX,
    LABEL_VALUE_MAX,
    LABELS_MAX,
    LINKS_MAX,
    NAME_MAX,
    TITLE_MAX,
)
from tierline.messages.alert import decode_alert, encode_alert

PLAIN = {"dedup_key": "k", "title": "t"}
EVENT = {"specversion": "1.0", "id": "1", "source": "/s", "type": "t", "data": PLAIN}
MEMBERS: Mapping[str, dict] = {
    "json": PLAIN,
    "cloudevents": EVENT,
    "alertmanager": {
        "status": "firing",
        "labels": {"alertname": "A"},
        "annotations": {"summary": "t"},
        "fingerprint": "k",
    },
}
"""A good member of each source's list."""

FIELD_NAMES = [
    "dedup_key",
    "title",
    "status",
    "severity",
    "client",
    "host",
    "labels",
    "links",
    "occurred_at",
    "extra",
    "specversion",
    "id",
    "source",
    "type",
    "subject",
    "time",
    "data",
    "data_base64",
    "alerts",
    "annotations",
    "fingerprint",
    "startsAt",
    "endsAt",
    "generatorURL",
    "truncatedAlerts",
]
EXAMPLES = settings(max_examples=150, deadline=None)
every_adapter = pytest.mark.parametrize("name", sorted(ADAPTERS))
texts = st.one_of(
    st.text(max_size=20),
    st.sampled_from(["\x00", "a\x00b", "\ud800", "x\udc00y", "…" * 600, "critical", "firing"]),
)
keys = st.one_of(
    texts,
    st.sampled_from(FIELD_NAMES),
)
values = st.recursive(
    st.one_of(st.none(), st.booleans(), st.integers(), st.floats(), texts),
    lambda inner: st.one_of(st.lists(inner, max_size=4), st.dictionaries(keys, inner, max_size=6)),
    max_leaves=25,
)


def body_of(name: str, members: list) -> bytes:
    value = {"alerts": members, "version": "4"} if name == "alertmanager" else members
    return json.dumps(value).encode()


def parse(name: str, body: bytes, headers: Mapping[str, str] | None = None) -> Parsed:
    parsed = ADAPTERS[name](body, headers or {}, {})
    for read in parsed.alerts:
        check(read.alert)
    assert all(member.detail for member in parsed.rejected)
    return parsed


def check(alert) -> None:
    """In range, within the limits, and storable: its bytes come back the same, without NUL."""
    assert alert.status in STATUSES
    assert alert.severity in SEVERITIES
    assert 0 < len(alert.dedup_key) <= DEDUP_KEY_MAX
    assert 0 < len(alert.title) <= TITLE_MAX
    assert all(
        len(name) <= NAME_MAX for name in (alert.client, alert.site, alert.host, alert.service)
    )
    assert len(alert.labels) <= LABELS_MAX
    assert all(len(key) <= LABEL_KEY_MAX for key in alert.labels)
    assert all(len(value) <= LABEL_VALUE_MAX for value in alert.labels.values())
    assert len(alert.links) <= LINKS_MAX
    assert alert.occurred_at is None or alert.occurred_at.utcoffset().total_seconds() == 0
    stored = encode_alert(alert)
    assert b"\\u0000" not in stored
    assert encode_alert(decode_alert(stored)) == stored


def test_every_adapter_has_a_sample() -> None:
    assert set(MEMBERS) == set(ADAPTERS)


@every_adapter
@EXAMPLES
@given(body=st.binary(max_size=200))
def test_any_bytes_give_alerts_or_reasons(name: str, body: bytes) -> None:
    parsed = parse(name, body)
    assert parsed.rejected or parsed.alerts or b"[" in body


@every_adapter
@EXAMPLES
@given(value=values)
def test_any_json_gives_alerts_or_reasons(name: str, value) -> None:
    parse(name, json.dumps(value).encode())
    parse(name, json.dumps(value, ensure_ascii=False).encode("utf-8", "surrogatepass"))
    parse(name, json.dumps(value).encode(), {"ce-specversion": "1.0", "ce-id": "\x00"})


@every_adapter
@EXAMPLES
@given(members=st.lists(st.one_of(values, st.none()), max_size=5), changes=values)
def test_a_bad_member_harms_no_neighbour(name: str, members: list, changes) -> None:
    """Every index has exactly one outcome, and the good one in the middle is an alert."""
    good = MEMBERS[name]
    odd = {**good, **changes} if isinstance(changes, dict) else good
    parsed = parse(name, body_of(name, [*members, good, odd]))
    outcomes = [read.index for read in parsed.alerts] + [bad.index for bad in parsed.rejected]
    assert sorted(outcomes) == list(range(len(members) + 2))
    assert len(members) in [read.index for read in parsed.alerts]


@every_adapter
@EXAMPLES
@given(
    unknown=st.dictionaries(
        st.text(st.characters(codec="ascii", categories=["Ll"]), min_size=13, max_size=20),
        st.one_of(
            st.integers(-1000, 1000), st.text(st.characters(codec="ascii", categories=["L"]))
        ),
        min_size=1,
        max_size=4,
    )
)
def test_what_it_does_not_know_is_kept(name: str, unknown: dict) -> None:
    (read,) = parse(name, body_of(name, [{**MEMBERS[name], **unknown}])).alerts
    kept = json.loads(encode_alert(read.alert))["extra"]
    kept = kept.get("cloudevent", kept)
    assert unknown.items() <= kept.items()


@every_adapter
@pytest.mark.parametrize(
    "body",
    [
        b"[" * 100_000 + b"]" * 100_000,
        b'{"a":' * 600 + b"1" + b"}" * 600,
        b"9" * 10_000,
        b"1e999",
        b"",
        b"\xef\xbb\xbf\xff",
        b'"\\ud800"',
    ],
    ids=["deep list", "deep object", "long number", "infinite", "empty", "bom", "surrogate"],
)
def test_hostile_json_is_rejected_with_a_reason(name: str, body: bytes) -> None:
    parsed = parse(name, body)
    assert not parsed.alerts
    assert parsed.rejected[0].detail
    assert parsed.rejected[0].raw == body


@every_adapter
def test_deep_content_is_kept_as_text_beyond_a_depth(name: str) -> None:
    deep: list = []
    for _ in range(200):
        deep = [deep]
    (read,) = parse(name, body_of(name, [{**MEMBERS[name], "deep": deep}])).alerts
    assert b"[[[" in encode_alert(read.alert)


@every_adapter
def test_a_good_member_is_read_beside_lone_surrogates_and_nan(name: str) -> None:
    """The fast reader refuses such a body as a whole; one bad text must not cost the others."""
    member = json.dumps(MEMBERS[name])
    bad = member[:-1] + ', "odd": "\\ud800", "nan": NaN}'
    wrapped = '{"alerts": [%s, %s]}' if name == "alertmanager" else "[%s, %s]"
    parsed = parse(name, (wrapped % (member, bad)).encode())
    assert [read.index for read in parsed.alerts] == [0, 1]


@every_adapter
def test_a_list_has_a_bound(name: str) -> None:
    parse(name, body_of(name, [MEMBERS[name]] * ALERTS_MAX))
    with pytest.raises(TooManyAlertsError):
        ADAPTERS[name](body_of(name, [MEMBERS[name]] * (ALERTS_MAX + 1)), {}, {})
