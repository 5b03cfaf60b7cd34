"""Values of the domain in words people read. Pure."""

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any, Final

from notifier.limits import TEXT_CHARS
from tierline.domain.events import Actor, Why

CLOCK_WORDS: Final = {
    "respond": "first response",
    "plan": "plan to resolution",
    "resolve": "resolution",
    "fulfil": "fulfilment",
    "update": "update to the client",
    "tier": "limit of this tier",
    "queue": "time to be claimed",
    "silent": "time without a word",
    "confirm": "confirmation by the client",
    "vendor": "vendor's promise",
}

TO_CLIENT: Final = {
    "respond": "a first answer",
    "plan": "how we are going to solve it",
    "resolve": "a solution",
    "fulfil": "what you asked for",
    "update": "how it stands",
}

VALUES_MAX: Final = 6
VALUE_CHARS: Final = 80


def instant(value: object) -> str:
    """An instant as `2026-03-02 14:05 UTC`; empty for anything that is none.

    Recipients sit in many zones and a forwarded mail in others, so it is always UTC and says so.
    """
    if not isinstance(value, datetime):
        return ""
    return f"{value.astimezone(UTC):%Y-%m-%d %H:%M} UTC"


def clock(name: object) -> str:
    """What a clock promises."""
    return CLOCK_WORDS.get(str(name), str(name))


def to_client(name: object) -> str:
    """What a clock promises, as a client would say it."""
    return TO_CLIENT.get(str(name), "news")


def percent(fraction: object) -> str:
    """A fraction as `75 %`."""
    return f"{fraction * 100:.0f} %" if isinstance(fraction, int | float) else ""


def duration(seconds: object) -> str:
    """Seconds as `45 s`, `12 min`, `3 h 20 min` or `2 d 4 h`."""
    if not isinstance(seconds, int | float):
        return ""
    total = max(0, round(seconds))
    if total < 60:
        return f"{total} s"
    days, rest = divmod(total, 86_400)
    hours, rest = divmod(rest, 3_600)
    named = [(days, "d"), (hours, "h"), (rest // 60, "min")]
    return " ".join(f"{count} {unit}" for count, unit in named if count)


def who(actor: Actor) -> str:
    """Who did it: a login, an integration's name, or that time did."""
    if actor.kind == "time":
        return "the clock"
    return actor.name or actor.kind


def cut(text: object, limit: int = TEXT_CHARS) -> str:
    """`text` with at most `limit` characters, saying so where it was longer."""
    plain = str(text or "").strip()
    return plain if len(plain) <= limit else plain[: limit - 4].rstrip() + " ..."


FOR_MACHINES = frozenset({"calendar", "floor", "pinned_policy"})
"""Values of a reason that the timeline keeps and a mail need not spell out."""


def why(reason: Why) -> str:
    """The recorded reason of an event: the rule, the values seen, the policy's version.

    Keys that end in `_s` are seconds and read as durations; at most VALUES_MAX values are named.
    """
    told = [(k, v) for k, v in reason.values.items() if k not in FOR_MACHINES]
    seen = [_value(key, value) for key, value in told[:VALUES_MAX]]
    values = ", ".join(text for text in seen if text)
    policy = f"policy {reason.policy.removeprefix('sha256:')[:8]}" if reason.policy else ""
    tail = "; ".join(part for part in (values, policy) if part)
    return f"{reason.rule} ({tail})" if tail else reason.rule


def _value(key: str, value: Any) -> str:
    name = key.replace("_", " ")
    if value is None or value in ("", [], {}):
        return ""
    if key.endswith("_s") and isinstance(value, int | float):
        return f"{name[:-2]} {duration(value)}"
    if isinstance(value, Mapping):
        pairs = list(value.items())[:VALUES_MAX]
        named = ", ".join(f"{str(k).replace('_', ' ')}: {_moment(v)}" for k, v in pairs)
        return cut(f"{name} [{named}]", 2 * VALUE_CHARS)
    if isinstance(value, list | tuple):
        return cut(f"{name} {' '.join(str(v) for v in value)}", VALUE_CHARS)
    if isinstance(value, bool):
        return name if value else f"not {name}"
    return cut(f"{name} {_moment(value)}", VALUE_CHARS)


def _moment(value: Any) -> str:
    if isinstance(value, str) and "T" in value and len(value) >= len("2026-01-01T00:00"):
        try:
            found = datetime.fromisoformat(value)
        except ValueError:
            return value
        return instant(found) if found.tzinfo else value
    return instant(value) or str(value)
