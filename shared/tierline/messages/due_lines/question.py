"""One line read: a calendar, a start, a target, pauses, and an id to be told by."""

import functools
import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

import msgspec

from tierline.domain.calendar import Calendar, CalendarError
from tierline.domain.instants import InstantError, Interval, from_us, to_us
from tierline.domain.open_hours import CALENDARS_KEPT
from tierline.messages.due_lines.faults import UNREADABLE, BadLineError, of_calendar, of_json
from tierline.messages.due_lines.limits import MINUTES_MAX, PAUSES_MAX, REASON_MAX

_MICROSECONDS_PER_MINUTE = 60_000_000
_TOO_FINE = re.compile(r"[.,]\d{7}")


@dataclass(frozen=True, slots=True)
class Question:
    """When is it due? Instants are UTC. `id`: as written, in JSON; empty where there was none."""

    calendar: Calendar
    start: datetime
    target: timedelta
    pauses: tuple[Interval, ...]
    id: bytes = b""


class _Line(msgspec.Struct, forbid_unknown_fields=True):
    calendar: msgspec.Raw
    start: str
    target_minutes: int | float
    pauses: list[list[str | None]] = []
    id: msgspec.Raw = msgspec.Raw()


class _Named(msgspec.Struct):
    id: msgspec.Raw = msgspec.Raw()


_LINE = msgspec.json.Decoder(_Line)
_NAMED = msgspec.json.Decoder(_Named)
_SCALAR = msgspec.json.Decoder(str | int | float | bool | None)


def read_question(line: bytes) -> Question:
    """Read one line of input.

    Args:
        line: one JSON object in UTF-8.

    Raises:
        BadLineError: naming the field and the remedy.
    """
    try:
        found = _LINE.decode(line)
    except UNREADABLE as error:
        raise of_json(error) from None
    return Question(
        calendar=_calendar(bytes(found.calendar)),
        start=_instant("start", found.start),
        target=_target(found.target_minutes),
        pauses=_pauses(found.pauses) if found.pauses else (),
        id=_id(bytes(found.id)),
    )


def id_of(line: bytes) -> bytes:
    """The id of a line that is otherwise bad, as it was written; empty where none can be read."""
    try:
        return _id(bytes(_NAMED.decode(line).id))
    except (BadLineError, *UNREADABLE):
        return b""


def _calendar(text: bytes) -> Calendar:
    found = _calendar_or_fault(text)
    if isinstance(found, Calendar):
        return found
    raise found


@functools.lru_cache(maxsize=CALENDARS_KEPT)
def _calendar_or_fault(text: bytes) -> Calendar | BadLineError:
    """The calendar written like that, read once: lines of one stream mostly share a few."""
    try:
        return Calendar.from_json(msgspec.json.decode(text))
    except CalendarError as error:
        return of_calendar(error)
    except UNREADABLE as error:
        return of_json(error, "calendar")


def _id(text: bytes) -> bytes:
    if text:
        try:
            _SCALAR.decode(text)
        except UNREADABLE:
            raise BadLineError("id", "it is not one plain value") from None
    return text


def _instant(field: str, text: str | None) -> datetime:
    try:
        at = datetime.fromisoformat(text or "")
    except ValueError:
        raise BadLineError(field, f"{text!r:.80} is not an ISO 8601 instant") from None
    if at.tzinfo is None:
        raise BadLineError(field, f"{text!r:.80} has no offset, so it may be any of many instants")
    if _TOO_FINE.search(text or ""):
        raise BadLineError(field, "it is finer than a microsecond", "give six decimals or fewer")
    try:
        return from_us(to_us(at))
    except InstantError as error:
        remedy = "give an instant from 2000-01-01 to 2100-01-01 UTC"
        raise BadLineError(field, str(error), remedy) from None


def _target(minutes: float) -> timedelta:
    if not 0 <= minutes <= MINUTES_MAX:
        reason = f"{minutes} is not between 0 and {MINUTES_MAX} minutes (20 years)"
        raise BadLineError("target_minutes", reason)
    return timedelta(microseconds=round(minutes * _MICROSECONDS_PER_MINUTE))


def _pauses(written: Sequence[Sequence[str | None]]) -> tuple[Interval, ...]:
    if len(written) > PAUSES_MAX:
        reason = f"{len(written)} pauses are too many"
        raise BadLineError("pauses", reason, f"give {PAUSES_MAX} or fewer")
    return tuple(_pause(f"pauses[{place}]", parts) for place, parts in enumerate(written))


def _pause(field: str, parts: Sequence[str | None]) -> Interval:
    if not 2 <= len(parts) <= 3:
        raise BadLineError(
            field, f"a pause has a start and an end, and this has {len(parts)} parts"
        )
    start = _instant(f"{field}[0]", parts[0])
    end = None if parts[1] is None else _instant(f"{field}[1]", parts[1])
    reason = (parts[2] or "") if len(parts) == 3 else ""
    if len(reason) > REASON_MAX:
        remedy = f"give {REASON_MAX} characters or fewer"
        raise BadLineError(f"{field}[2]", "the reason is too long", remedy)
    if end is not None and end < start:
        raise BadLineError(field, "it ends before it starts", "give the earlier instant first")
    return Interval(start, end, reason)
