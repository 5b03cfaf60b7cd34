"""`alertmanager`: the Prometheus Alertmanager webhook, version 4 of its body.

A group's message mixes firing and resolved members, so each alert's own status counts. With
`max_alerts` set, members are missing from the body (`truncatedAlerts`): absence never means
resolved. Keys this file does not know are kept.
"""

import hashlib
from collections.abc import Mapping
from typing import Any
from urllib.parse import urlsplit

from intake.adapters.fields import make_alert
from intake.adapters.instants import read_instant
from intake.adapters.members import read_members, whole_rejected
from intake.adapters.parsed import MemberError, Parsed
from intake.adapters.text import as_text, clean_text, raw_of, read_json, text_of
from tierline.messages.alert import Alert

SEVERITIES = {
    **dict.fromkeys(("critical", "crit", "page", "fatal", "emergency", "disaster"), "critical"),
    **dict.fromkeys(("error", "err", "high", "major", "alert", "ticket"), "error"),
    **dict.fromkeys(("warning", "warn", "average", "medium", "minor"), "warning"),
    **dict.fromkeys(("info", "information", "informational", "notice", "low", "none"), "info"),
}
"""By the `severity` label, which is a convention and not a contract."""

UNKNOWN_SEVERITY = "error"
READ = frozenset({"status", "labels", "fingerprint"})
GROUP_LEFT_OUT = frozenset({"alerts", "commonLabels", "commonAnnotations", "truncatedAlerts"})
TITLES = ("summary", "title", "message")
BODIES = ("description", "message", "summary")
LINKS = ("runbook_url", "runbook", "dashboard_url", "dashboard")


def parse(body: bytes, _headers: Mapping[str, str], _settings: Mapping[str, Any], /) -> Parsed:
    """The alerts of one webhook message. Raises TooManyAlertsError beyond ALERTS_MAX."""
    try:
        message = _message(body)
    except MemberError as error:
        return whole_rejected(error, body)
    group = {key: value for key, value in message.items() if key not in GROUP_LEFT_OUT}
    if message.get("truncatedAlerts"):
        group["truncatedAlerts"] = message["truncatedAlerts"]

    def read(member: Any) -> Alert:
        return _alert(member, group)

    return read_members(message["alerts"], read)


def _message(body: bytes) -> dict[str, Any]:
    message = read_json(body)
    if isinstance(message, dict) and isinstance(message.get("alerts"), list):
        return message
    raise MemberError("alerts", "is missing: this address takes Alertmanager's webhook")


def _alert(member: Any, group: Mapping[str, Any]) -> Alert:
    if not isinstance(member, dict):
        raise MemberError("", "is not a JSON object")
    labels, annotations = _texts(member, "labels"), _texts(member, "annotations")
    status = text_of(member, "status") or clean_text(as_text(group.get("status", "")))
    if status not in {"firing", "resolved"}:
        raise MemberError("status", f"must be firing or resolved, and it is {status:.40}")
    severity = SEVERITIES.get(labels.get("severity", "").lower(), UNKNOWN_SEVERITY)
    when = text_of(member, "endsAt" if status == "resolved" else "startsAt")
    extra = {key: value for key, value in member.items() if key not in READ}
    extra["group"] = group
    return make_alert(
        dedup_key=text_of(member, "fingerprint") or _fingerprint(labels),
        title=_title(labels, annotations),
        status=status,
        severity=severity,
        names={
            "site": labels.get("site", ""),
            "host": host_of(labels.get("instance", "")) or labels.get("host", ""),
            "service": labels.get("service", "") or labels.get("job", ""),
        },
        body=_first(annotations, BODIES),
        labels=labels,
        links=_links(member, annotations),
        occurred_at=read_instant(when),
        extra=extra,
    )


def _texts(member: Mapping[str, Any], name: str) -> dict[str, str]:
    """An object of texts; null is none."""
    value = member.get(name)
    if value is None:
        return {}
    if not isinstance(value, dict):
        raise MemberError(name, "must be an object of texts")
    return {clean_text(key): clean_text(as_text(item)).strip() for key, item in value.items()}


def _title(labels: Mapping[str, str], annotations: Mapping[str, str]) -> str:
    if said := _first(annotations, TITLES):
        return said
    name, instance = labels.get("alertname", ""), labels.get("instance", "")
    if name and instance:
        return f"{name} on {instance}"
    return name or instance or "alert without a name"


def _first(texts: Mapping[str, str], names: tuple[str, ...]) -> str:
    return next((texts[name] for name in names if texts.get(name)), "")


def _links(member: Mapping[str, Any], annotations: Mapping[str, str]) -> list[str]:
    found = [text_of(member, "generatorURL"), *(annotations.get(name, "") for name in LINKS)]
    return [link for link in found if link.startswith(("http://", "https://"))]


def _fingerprint(labels: Mapping[str, str]) -> str:
    """What identifies an alert without a fingerprint: its labels, as in Prometheus itself."""
    if not labels:
        raise MemberError("fingerprint", "is missing, and there are no labels to tell it by")
    return hashlib.sha256(raw_of(sorted(labels.items()))).hexdigest()[:16]


def host_of(instance: str) -> str:
    """The host of an `instance` label: host:port, [v6]:port, a bare name, or an address probed."""
    target = instance if "://" in instance else f"//{instance}"
    try:
        host = urlsplit(target).hostname
    except ValueError:
        return instance
    if not host or (instance.count(":") > 1 and "://" not in instance and "[" not in instance):
        return instance
    # urlsplit lowers the case; a host is shown and matched as its owner wrote it.
    place = instance.lower().find(host)
    return instance[place : place + len(host)] if place >= 0 else host
