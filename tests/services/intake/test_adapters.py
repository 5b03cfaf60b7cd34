"""What each source's fields become."""

import base64
import json
from datetime import UTC, datetime

import pytest

from intake.adapters import ADAPTERS, adapter_for
from intake.adapters.alertmanager import host_of
from intake.adapters.fields import WHOLE
from intake.adapters.instants import read_instant
from intake.limits import LABEL_VALUE_MAX, LABELS_MAX, NAME_MAX, TITLE_MAX


def one(kind: str, value, headers: dict[str, str] | None = None):
    """The only alert of a body."""
    body = value if isinstance(value, bytes) else json.dumps(value).encode()
    parsed = ADAPTERS[kind](body, headers or {}, {})
    assert not parsed.rejected
    (read,) = parsed.alerts
    return read.alert


def refused(kind: str, value) -> tuple[str, str]:
    """Field and detail of the only rejection."""
    parsed = ADAPTERS[kind](json.dumps(value).encode(), {}, {})
    assert not parsed.alerts
    (bad,) = parsed.rejected
    return bad.field, bad.detail


def test_every_field_of_a_plain_alert_is_read() -> None:
    alert = one(
        "json",
        {
            "dedup_key": " disk/D ",
            "title": "Disk D: is full",
            "status": "Resolved",
            "severity": "WARNING",
            "client": "Acme",
            "site": "HQ",
            "host": "files01",
            "service": "storage",
            "body": "97 %",
            "labels": {"drive": "D", "percent": 97, "paged": False, "empty": None},
            "links": ["https://a.example/1", "https://a.example/1"],
            "occurred_at": "2026-11-23T08:00:00+01:00",
            "rack": {"row": 4},
        },
    )
    assert (alert.dedup_key, alert.status, alert.severity) == ("disk/D", "resolved", "warning")
    assert (alert.client, alert.site, alert.host, alert.service) == (
        "Acme",
        "HQ",
        "files01",
        "storage",
    )
    assert alert.labels == {"drive": "D", "percent": "97", "paged": "false"}
    assert alert.links == ("https://a.example/1",)
    assert alert.occurred_at == datetime(2026, 11, 23, 7, tzinfo=UTC)
    assert alert.extra == {"rack": {"row": 4}}


def test_a_recovery_needs_no_title() -> None:
    assert one("json", {"dedup_key": "k", "status": "resolved"}).title == "k"


@pytest.mark.parametrize(
    ("alert", "field"),
    [
        ({"title": "t"}, "dedup_key"),
        ({"dedup_key": "", "title": "t"}, "dedup_key"),
        ({"dedup_key": "k" * 513, "title": "t"}, "dedup_key"),
        ({"dedup_key": {"a": 1}, "title": "t"}, "dedup_key"),
        ({"dedup_key": "k"}, "title"),
        ({"dedup_key": "k", "title": "t", "status": "open"}, "status"),
        ({"dedup_key": "k", "title": "t", "severity": "P1"}, "severity"),
        ({"dedup_key": "k", "title": "t", "labels": ["a"]}, "labels"),
        ({"dedup_key": "k", "title": "t", "labels": {"a": {"b": 1}}}, "labels.a"),
        ({"dedup_key": "k", "title": "t", "links": [1]}, "links"),
        ({"dedup_key": "k", "title": "t", "host": True}, "host"),
        ("text", ""),
        (None, ""),
    ],
)
def test_a_wrong_field_is_named_with_its_remedy(alert, field: str) -> None:
    named, detail = refused("json", [alert])
    assert named == field
    assert len(detail) > 10


def test_a_long_title_is_cut_and_stands_whole_in_the_body() -> None:
    title = "x" * (TITLE_MAX + 1)
    alert = one("json", {"dedup_key": "k", "title": title, "body": "more"})
    assert len(alert.title) == TITLE_MAX
    assert alert.body == f"{title}\n\nmore"
    exact = one("json", {"dedup_key": "k", "title": title[:-1], "body": "more"})
    assert (exact.title, exact.body) == (title[:-1], "more")


def test_what_is_cut_is_kept_whole_beside_it() -> None:
    labels = {f"l{n}": "v" for n in range(LABELS_MAX)} | {"l0": "v" * (LABEL_VALUE_MAX + 1)}
    alert = one("json", {"dedup_key": "k", "title": "t", "host": "h" * 400, "labels": labels})
    assert len(alert.host) == NAME_MAX
    assert len(alert.labels["l0"]) == LABEL_VALUE_MAX
    assert alert.extra[WHOLE]["host"] == "h" * 400
    assert alert.extra[WHOLE]["labels"] == labels


def test_a_link_that_is_no_web_address_is_not_shown_as_one() -> None:
    alert = one("json", {"dedup_key": "k", "title": "t", "links": ["javascript:alert(1)"]})
    assert alert.links == ()
    assert alert.extra[WHOLE]["links"] == ["javascript:alert(1)"]


def test_nul_and_lone_surrogates_become_replacement_characters() -> None:
    body = b'{"dedup_key": "a\\u0000b", "title": "x\\ud800y", "labels": {"n\\u0000": "\\udfff"}}'
    alert = one("json", body)
    assert alert.dedup_key == "a\ufffdb"
    assert alert.title == "x\ufffdy"
    assert alert.labels == {"n\ufffd": "\ufffd"}


def test_an_instant_that_cannot_be_read_is_kept_as_it_came() -> None:
    alert = one("json", {"dedup_key": "k", "title": "t", "occurred_at": "yesterday"})
    assert alert.occurred_at is None
    assert alert.extra == {"occurred_at": "yesterday"}


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("2026-11-23T07:14:03.208114922Z", datetime(2026, 11, 23, 7, 14, 3, 208114, UTC)),
        ("2026-11-23T07:14:03.315+0000", datetime(2026, 11, 23, 7, 14, 3, 315000, UTC)),
        ("2026-11-23 07:14:03", datetime(2026, 11, 23, 7, 14, 3, tzinfo=UTC)),
        ("2026-11-23T08:14:03,5+01", datetime(2026, 11, 23, 7, 14, 3, 500000, UTC)),
        ("0001-01-01T00:00:00Z", None),
        ("0001-01-01T00:00:00+05:00", None),
        ("9999-12-31T23:59:59-05:00", None),
        ("soon", None),
        ("", None),
    ],
)
def test_instants_as_sources_write_them(text: str, expected: datetime | None) -> None:
    assert read_instant(text) == expected


def test_alertmanager_labels_and_annotations_become_fields(payload) -> None:
    parsed = ADAPTERS["alertmanager"](payload("alertmanager_firing"), {}, {})
    disk, watchdog = (read.alert for read in parsed.alerts)
    assert disk.dedup_key == "5f0a3c1be28d7746"
    assert disk.title == "FILES01: drive D: is nearly full"
    assert disk.body == "Drive D: of FILES01 is full in about four hours at this rate."
    assert (disk.status, disk.severity) == ("firing", "critical")
    assert (disk.host, disk.service, disk.site) == ("FILES01", "windows", "Quay")
    assert disk.labels["client"] == "harbour dental"
    assert disk.links == (
        "http://prometheus.example:9090/graph?g0.expr=disk",
        "https://runbooks.example/disk",
    )
    assert disk.occurred_at == datetime(2026, 11, 23, 7, 14, 3, 208114, UTC)
    assert disk.extra["group"]["truncatedAlerts"] == 3
    assert disk.extra["group"]["groupKey"].startswith("{}/")
    assert (watchdog.title, watchdog.severity, watchdog.links) == ("Watchdog", "info", ())


def test_each_member_of_a_mixed_group_has_its_own_state(payload) -> None:
    parsed = ADAPTERS["alertmanager"](payload("alertmanager_mixed"), {}, {})
    link, probe = (read.alert for read in parsed.alerts)
    assert (link.status, probe.status) == ("resolved", "firing")
    assert link.occurred_at == datetime(2026, 11, 23, 6, 58, 41, tzinfo=UTC)
    assert link.host == "2001:db8::7"
    assert link.title == "eth1 has been down for two minutes"
    assert link.severity == "warning"
    assert probe.title == "ProbeFailed on https://Portal.example.com:8443/login"
    assert probe.host == "Portal.example.com"
    assert probe.severity == "error"
    assert probe.labels["severity"] == "Sev-Unheard-Of"
    assert probe.extra["group"]["notification_reason"] == "group updated"
    assert "truncatedAlerts" not in probe.extra["group"]


@pytest.mark.parametrize(
    ("instance", "host"),
    [
        ("srv1:9100", "srv1"),
        ("SRV1", "SRV1"),
        ("10.0.0.7:161", "10.0.0.7"),
        ("[fe80::1]:9100", "fe80::1"),
        ("fe80::1", "fe80::1"),
        ("http://shop.example/cart?x=1", "shop.example"),
        ("http://[broken", "http://[broken"),
        ("", ""),
    ],
)
def test_the_host_of_an_instance(instance: str, host: str) -> None:
    assert host_of(instance) == host


def test_an_alert_without_fingerprint_is_told_by_its_labels() -> None:
    def key(**labels: str) -> str:
        return one("alertmanager", {"alerts": [{"status": "firing", "labels": labels}]}).dedup_key

    assert key(alertname="A", instance="x") == key(instance="x", alertname="A")
    assert key(alertname="A", instance="x") != key(alertname="A", instance="y")


def test_an_empty_group_is_no_mistake() -> None:
    parsed = ADAPTERS["alertmanager"](b'{"alerts": []}', {}, {})
    assert (parsed.alerts, parsed.rejected, parsed.several) == ([], [], True)


EVENT = {
    "specversion": "1.0",
    "id": "e-1",
    "source": "/monitor/7",
    "type": "com.example.alarm",
    "subject": "pump-3",
    "time": "2026-11-23T07:00:00Z",
    "severityhint": "x",
    "data": {"title": "Pump 3 stopped", "severity": "critical"},
}


def test_a_structured_event_keeps_its_attributes_and_lends_its_subject() -> None:
    alert = one("cloudevents", EVENT, {"content-type": "application/cloudevents+json"})
    assert (alert.dedup_key, alert.title, alert.severity) == (
        "pump-3",
        "Pump 3 stopped",
        "critical",
    )
    assert alert.occurred_at == datetime(2026, 11, 23, 7, tzinfo=UTC)
    kept = {key: value for key, value in EVENT.items() if key != "data"}
    assert alert.extra["cloudevent"] == kept


def test_the_data_of_an_event_goes_before_its_attributes() -> None:
    data = {**EVENT["data"], "dedup_key": "own", "occurred_at": "2026-11-22T07:00:00Z"}
    alert = one("cloudevents", {**EVENT, "data": data})
    assert alert.dedup_key == "own"
    assert alert.occurred_at == datetime(2026, 11, 22, 7, tzinfo=UTC)


def test_base64_data_is_read() -> None:
    coded = base64.b64encode(json.dumps(EVENT["data"]).encode()).decode()
    event = {key: value for key, value in EVENT.items() if key != "data"}
    assert one("cloudevents", {**event, "data_base64": coded}).title == "Pump 3 stopped"


def test_binary_mode_takes_attributes_from_headers() -> None:
    headers = {
        "content-type": "application/json",
        "ce-specversion": "1.0",
        "ce-id": "1",
        "ce-source": "/caf%C3%A9",
        "ce-type": "t",
        "ce-subject": "k",
    }
    alert = one("cloudevents", {"title": "t"}, headers)
    assert alert.dedup_key == "k"
    assert alert.extra["cloudevent"]["source"] == "/café"


@pytest.mark.parametrize("missing", ["specversion", "id", "source", "type", "data"])
def test_a_required_attribute_that_is_missing_is_named(missing: str) -> None:
    event = {key: value for key, value in EVENT.items() if key != missing}
    assert refused("cloudevents", [event])[0] == missing


def test_json_addresses_take_cloudevents_too() -> None:
    assert adapter_for("json", {"content-type": "application/json"})[0] == "json"
    for kind in (
        "application/cloudevents+json; charset=utf-8",
        "Application/CloudEvents-batch+json",
    ):
        assert adapter_for("json", {"content-type": kind})[0] == "cloudevents"
    assert adapter_for("json", {"ce-specversion": "1.0"})[0] == "cloudevents"
    with pytest.raises(KeyError):
        adapter_for("carrier pigeon", {})
