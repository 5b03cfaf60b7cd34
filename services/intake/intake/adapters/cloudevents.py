"""`cloudevents`: CloudEvents 1.0 over HTTP, their data an alert in Tierline's own words.

The three content modes of the CloudEvents HTTP protocol binding 1.0.2: structured (one event with
its attributes), batched (a list of those) and binary (attributes as ce- headers, data as body).
"""

import base64
import binascii
from collections.abc import Mapping
from dataclasses import replace
from typing import Any
from urllib.parse import unquote

from intake.adapters.instants import read_instant
from intake.adapters.members import LIST_EMPTY, read_members, read_only_member, whole_rejected
from intake.adapters.parsed import MemberError, Parsed
from intake.adapters.plain import plain_alert
from intake.adapters.text import clean, read_json, text_of
from tierline.messages.alert import Alert

STRUCTURED = "application/cloudevents+json"
BATCHED = "application/cloudevents-batch+json"
HEADER = "ce-"
ATTRIBUTES_MAX = 50
DATA = frozenset({"data", "data_base64"})


def is_cloudevent(headers: Mapping[str, str]) -> bool:
    """Whether a request says of itself that it carries CloudEvents."""
    kind = headers.get("content-type", "")
    return kind[:23].lower() == "application/cloudevents" or "ce-specversion" in headers


def parse(body: bytes, headers: Mapping[str, str], _settings: Mapping[str, Any], /) -> Parsed:
    """The alerts of one event or a batch. Raises TooManyAlertsError beyond ALERTS_MAX."""
    kind = headers.get("content-type", "").partition(";")[0].strip().lower()
    try:
        value = read_json(body)
        if kind not in {STRUCTURED, BATCHED} and "ce-specversion" in headers:
            value = {**_from_headers(headers), "data": value}
    except MemberError as error:
        return whole_rejected(error, body)
    if not isinstance(value, list):
        return read_only_member(value, event_alert, body)
    if not value:
        return whole_rejected(MemberError("", LIST_EMPTY), body)
    return read_members(value, event_alert)


def event_alert(event: Any) -> Alert:
    """The alert of one event: its key from `subject`, its instant from `time` where data has none.

    Every attribute is kept under `extra.cloudevent`.

    Raises:
        MemberError: an attribute is missing, or the data makes no alert.
    """
    if not isinstance(event, dict):
        raise MemberError("", "is not a JSON object: send a CloudEvent")
    if not text_of(event, "specversion").startswith("1."):
        raise MemberError("specversion", "must be 1.0")
    for name in ("id", "source", "type"):
        if not text_of(event, name):
            raise MemberError(name, "is missing: CloudEvents require it")
    attributes = {key: value for key, value in event.items() if key not in DATA}
    data = _data(event)
    if not data.get("dedup_key") and text_of(event, "subject"):
        data = {**data, "dedup_key": text_of(event, "subject")}
    if data.get("occurred_at") is None and (said := text_of(event, "time")):
        data = {**data, "occurred_at": said} if read_instant(said) else data
    alert = plain_alert(data)
    return replace(alert, extra={**alert.extra, "cloudevent": clean(attributes)})


def _data(event: Mapping[str, Any]) -> dict[str, Any]:
    data = event.get("data")
    if data is None and isinstance(coded := event.get("data_base64"), str):
        try:
            data = read_json(base64.b64decode(coded, validate=True))
        except (binascii.Error, ValueError):
            raise MemberError("data_base64", "is not the base64 of a JSON text") from None
    if not isinstance(data, dict):
        raise MemberError("data", "must be an alert: an object with dedup_key and title")
    return data


def _from_headers(headers: Mapping[str, str]) -> dict[str, str]:
    """The attributes of a binary-mode event; values are percent-encoded UTF-8."""
    names = [name for name in headers if name.startswith(HEADER)][:ATTRIBUTES_MAX]
    return {name.removeprefix(HEADER): unquote(headers[name]) for name in names}
