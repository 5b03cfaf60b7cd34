"""Shapes that several kinds of record are made of."""

from typing import Any, Final
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from tierline.policy.plain import HOURS_OR_NAME
from tierline.policy.shapes import Checked, ListOf, Shape, Text

NAME: Final = Text("a name")
NAMES: Final = ListOf(NAME, single=True)
EMAIL: Final = Text(
    "an email address",
    limit=254,
    example="priya@example.com",
    pattern=r"[^@\s<>]+@[^@\s<>]+\.[^@\s<>.]+",
)
PHONE: Final = Text(
    "a telephone number", limit=40, example='"+44 20 7946 0100"', pattern=r"\+?[0-9][0-9 ()/.x-]*"
)
URL: Final = Text(
    "a web address", limit=2_000, example="https://example.com/hook", pattern=r"https?://[^\s/]+.*"
)
DOMAIN: Final = Text(
    "a domain", limit=253, example="example.com", pattern=r"[A-Za-z0-9.-]+\.[A-Za-z]+"
)
LOGIN: Final = Text("a login", limit=64, example="priya", pattern=r"[a-z0-9][a-z0-9._-]*")
LINE: Final = Text("a line of text", limit=300)
HOURS: Final = HOURS_OR_NAME


def _zone(text: Any) -> tuple[str, str] | None:
    try:
        ZoneInfo(text)
    except (ZoneInfoNotFoundError, OSError, ValueError):
        return f"`{text}` is no time zone", "write it like Europe/London"
    return None


ZONE: Final[Shape] = Checked(
    Text("a time zone", example="Europe/London", pattern=r"[A-Za-z0-9_+/-]+"), _zone
)
