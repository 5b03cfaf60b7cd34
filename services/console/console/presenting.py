"""The templates, and the small words they need."""

import hashlib
import json
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import jinja2

from console import instants

HERE = Path(__file__).parent
STATIC = HERE / "static"
MAX_SHOWN_JSON = 20_000
NOTICEABLY_AHEAD_S = 60
"""From this many seconds on, policy time is said to be ahead of real time."""

URGENCY_WORDS: Mapping[int, str] = {
    1: "stopped: they cannot work",
    2: "degraded: they work, badly",
    3: "can wait",
}
IMPACT_WORDS: Mapping[int, str] = {
    1: "everybody, or a whole site",
    2: "a team",
    3: "one person",
}
CLOCK_MEANINGS: Mapping[str, str] = {
    "respond": "to the client: the first answer of a person",
    "plan": "to the client: a plan to resolution",
    "resolve": "to the client: service is restored",
    "fulfil": "to the client: the request is done",
    "update": "to the client: the next word from us",
    "tier": "ours: how long this tier may keep it without a plan",
    "queue": "ours: how long it may wait unclaimed",
    "silent": "ours: how long its owner may say nothing",
    "confirm": "ours: how long a resolution may wait to be confirmed",
    "vendor": "ours: how long the vendor may take",
}
STATE_WORDS: Mapping[str, str] = {
    "queued": "queued",
    "working": "working",
    "on_hold": "on hold",
    "resolved": "resolved",
    "closed": "closed",
}
HOLD_WORDS: Mapping[str, str] = {
    "client": "the client",
    "vendor": "a vendor",
    "scheduled": "a date agreed",
    "approval": "an approval",
    "change": "a change window",
}
SCORE_WORDS: Mapping[str, str] = {
    "good": "It went well",
    "fine": "It was all right",
    "bad": "It went badly",
}
BELOW_WORDS: Mapping[str, str] = {
    "no": "No",
    "access": "Yes, with access",
    "guide": "Yes, with a guide",
    "training": "Yes, with training",
}


@cache
def environment() -> jinja2.Environment:
    """The template environment; everything is escaped unless a template says otherwise."""
    made = jinja2.Environment(
        loader=jinja2.FileSystemLoader(HERE / "templates"),
        autoescape=True,
        undefined=jinja2.ChainableUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    made.filters.update(
        instant=instants.instant,
        shown=instants.shown,
        exact=instants.exact,
        length_of=instants.length_of,
        countdown=instants.countdown,
        web_link=web_link,
        pretty=pretty,
        pace=pace,
        clock_meaning=lambda name: CLOCK_MEANINGS.get(name, ""),
        state_word=lambda name: STATE_WORDS.get(name, name),
    )
    made.globals.update(
        urgency_words=URGENCY_WORDS,
        impact_words=IMPACT_WORDS,
        hold_words=HOLD_WORDS,
        below_words=BELOW_WORDS,
        score_words=SCORE_WORDS,
        asset_version=ASSET_VERSION,
    )
    return made


def web_link(address: str) -> bool:
    """Whether an address that came with an alert may become a link: http and https only."""
    try:
        parts = urlsplit(address)
    except ValueError:
        return False
    return parts.scheme in {"http", "https"} and bool(parts.netloc)


def pace(clock: Mapping[str, Any]) -> str:
    """Say how policy time differs from real time; an empty text where it does not.

    Args:
        clock: `now`, `real`, `speed` and `held`, as the router tells them.

    Returns:
        Like `held`, `x600` or `3d 2h ahead`. The page's script does the same.
    """
    if clock.get("held"):
        return "held"
    if clock.get("speed", 1) != 1:
        return f"\N{MULTIPLICATION SIGN}{clock['speed']:g}"
    now, real = instants.instant(clock.get("now")), instants.instant(clock.get("real"))
    ahead = (now - real).total_seconds() if now and real else 0
    if not clock.get("development") or abs(ahead) < NOTICEABLY_AHEAD_S:
        return ""
    return f"{instants.length_of(abs(ahead))} {'ahead' if ahead > 0 else 'behind'}"


def pretty(value: Any) -> str:
    """Write a JSON value for people who want to see what was seen."""
    return json.dumps(value, indent=1, ensure_ascii=False, default=str)[:MAX_SHOWN_JSON]


def _asset_version() -> str:
    digest = hashlib.sha256()
    for path in sorted(STATIC.iterdir()):
        digest.update(path.read_bytes())
    return digest.hexdigest()[:12]


ASSET_VERSION = _asset_version()
"""A short hash over the static files, so that browsers fetch them anew when they change."""
