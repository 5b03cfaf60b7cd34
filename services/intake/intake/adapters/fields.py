"""From loose fields to an alert within the limits: what every adapter ends with."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from intake.adapters.parsed import MemberError
from intake.adapters.text import as_text, clean, clean_text
from intake.limits import (
    DEDUP_KEY_MAX,
    LABEL_KEY_MAX,
    LABEL_VALUE_MAX,
    LABELS_MAX,
    LINK_MAX,
    LINKS_MAX,
    NAME_MAX,
    TITLE_MAX,
)
from tierline.messages.alert import Alert

STATUSES = frozenset({"firing", "resolved"})
SEVERITIES = frozenset({"critical", "error", "warning", "info"})
CUT = "…"
WHOLE = "uncut"
"""The key under `extra` for what had to be cut: the whole, by field."""


def make_alert(
    *,
    dedup_key: str,
    title: str,
    status: str,
    severity: str,
    names: Mapping[str, str],
    body: str,
    labels: Mapping[str, Any],
    links: list[str],
    occurred_at: datetime | None,
    extra: dict[str, Any],
) -> Alert:
    """An alert of clean text within the limits; what is cut is kept whole in the body or `extra`.

    Args:
        dedup_key: clean text.
        title: clean text; beyond TITLE_MAX it is cut and stands whole at the top of the body.
        status: firing or resolved.
        severity: critical, error, warning or info.
        names: client, site, host and service, clean, where the source says them.
        body: clean text.
        labels: as they came.
        links: as they came; those that are no web address go to `extra`.
        occurred_at: UTC.
        extra: as it came; made clean here.

    Raises:
        MemberError: the dedup key is missing or too long, or the title is missing.
    """
    if not dedup_key:
        raise MemberError("dedup_key", "is missing: send what identifies this problem, as text")
    if len(dedup_key) > DEDUP_KEY_MAX:
        raise MemberError("dedup_key", f"is longer than {DEDUP_KEY_MAX} characters: send a hash")
    if not title:
        raise MemberError("title", "is missing: send one line that says what is wrong")
    whole: dict[str, Any] = {}
    if len(title) > TITLE_MAX:
        body = f"{title}\n\n{body}".rstrip()
        title = title[: TITLE_MAX - 1] + CUT
    kept = {name: _cut(name, value, whole) for name, value in names.items() if value}
    tags = _labels(labels, whole) if labels else {}
    shown = _links(links, whole) if links else ()
    extra = clean(extra) if extra else {}
    if whole:
        extra[WHOLE] = clean(whole)
    return Alert(
        dedup_key=dedup_key,
        title=title,
        status=status,
        severity=severity,
        body=body,
        labels=tags,
        links=shown,
        occurred_at=occurred_at,
        extra=extra,
        **kept,
    )


def _cut(name: str, value: str, whole: dict[str, Any]) -> str:
    if len(value) <= NAME_MAX:
        return value
    whole[name] = value
    return value[: NAME_MAX - 1] + CUT


def _labels(labels: Mapping[str, Any], whole: dict[str, Any]) -> dict[str, str]:
    """The first LABELS_MAX labels as text; the labels go to `whole` where anything was lost."""
    kept: dict[str, str] = {}
    lost = len(labels) > LABELS_MAX
    for key, value in labels.items():
        if len(kept) == LABELS_MAX:
            break
        if value is None:
            continue
        text = value if isinstance(value, str) else as_text(value)
        lost = lost or len(key) > LABEL_KEY_MAX or len(text) > LABEL_VALUE_MAX
        kept[clean_text(key[:LABEL_KEY_MAX])] = clean_text(text[:LABEL_VALUE_MAX])
    if lost:
        whole["labels"] = labels
    return kept


def _links(links: list[str], whole: dict[str, Any]) -> tuple[str, ...]:
    """The web addresses among them, each once: others could not be shown as a link safely."""
    good = [
        link
        for link in dict.fromkeys(clean_text(link).strip() for link in links)
        if link.startswith(("http://", "https://")) and len(link) <= LINK_MAX
    ]
    if len(good) > LINKS_MAX or len(good) < len(set(links)):
        whole["links"] = links
    return tuple(good[:LINKS_MAX])
