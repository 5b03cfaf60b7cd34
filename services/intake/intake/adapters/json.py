"""`json`: one alert object, or a list of them, in Tierline's own words."""

from collections.abc import Mapping
from typing import Any

from intake.adapters.members import LIST_EMPTY, read_members, read_only_member, whole_rejected
from intake.adapters.parsed import MemberError, Parsed
from intake.adapters.plain import plain_alert
from intake.adapters.text import read_json


def parse(body: bytes, _headers: Mapping[str, str], _settings: Mapping[str, Any], /) -> Parsed:
    """The alerts of a JSON body. Raises TooManyAlertsError beyond ALERTS_MAX."""
    try:
        value = read_json(body)
    except MemberError as error:
        return whole_rejected(error, body)
    if not isinstance(value, list):
        return read_only_member(value, plain_alert, body)
    if not value:
        return whole_rejected(MemberError("", LIST_EMPTY), body)
    return read_members(value, plain_alert)
