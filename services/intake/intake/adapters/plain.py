"""One alert in Tierline's own words, as `json` and `cloudevents` both carry it."""

from collections.abc import Mapping
from typing import Any

from intake.adapters.fields import SEVERITIES, STATUSES, make_alert
from intake.adapters.instants import read_instant
from intake.adapters.parsed import MemberError
from intake.adapters.text import text_of
from tierline.messages.alert import Alert

NAMES = ("client", "site", "host", "service")
FIELDS = frozenset(
    {"dedup_key", "title", "status", "severity", "body", "labels", "links", "occurred_at", *NAMES}
)


def plain_alert(member: Any) -> Alert:
    """The alert of one JSON object; fields it does not know are kept under `extra`.

    Raises:
        MemberError: naming the field that is missing or wrong.
    """
    if not isinstance(member, dict):
        raise MemberError("", "is not a JSON object: send an object with dedup_key and title")
    extra = {key: value for key, value in member.items() if key not in FIELDS}
    said = text_of(member, "occurred_at") if "occurred_at" in member else ""
    occurred_at = read_instant(said) if said else None
    if said and occurred_at is None:
        extra["occurred_at"] = said
    status = _one_of(member, "status", STATUSES, "firing")
    dedup_key = text_of(member, "dedup_key")
    title = text_of(member, "title")
    return make_alert(
        dedup_key=dedup_key,
        # A recovery may come with nothing but the key of what it ends.
        title=title or (dedup_key if status == "resolved" else ""),
        status=status,
        severity=_one_of(member, "severity", SEVERITIES, "error"),
        names={name: text_of(member, name) for name in NAMES if name in member},
        body=text_of(member, "body"),
        labels=_labels(member.get("labels")),
        links=_links(member.get("links")),
        occurred_at=occurred_at,
        extra=extra,
    )


def _one_of(member: Mapping[str, Any], name: str, allowed: frozenset[str], absent: str) -> str:
    value = member.get(name)
    if isinstance(value, str) and value in allowed:
        return value
    said = text_of(member, name).lower()
    if not said:
        return absent
    if said not in allowed:
        raise MemberError(
            name, f"must be one of {', '.join(sorted(allowed))}, and it is {said:.40}"
        )
    return said


def _labels(value: Any) -> Mapping[str, Any]:
    if value is None:
        return {}
    if not isinstance(value, dict):
        raise MemberError("labels", 'must be an object of texts, like {"rack": "b4"}')
    for key, label in value.items():
        if isinstance(label, dict | list):
            raise MemberError(f"labels.{key:.80}", "must be text, a number or a boolean")
    return value


def _links(value: Any) -> list[str]:
    if value is None:
        return []
    if isinstance(value, str):
        return [value]
    if not isinstance(value, list) or not all(isinstance(link, str) for link in value):
        raise MemberError("links", "must be a list of web addresses")
    return value
