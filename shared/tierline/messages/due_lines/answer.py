"""One line answered: the due instant, and the ledger that shows how it comes about."""

from collections.abc import Iterator
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

import msgspec

from tierline.domain.business_time import HorizonExceeded, Segment, add, ledger
from tierline.messages.due_lines.faults import BadLineError
from tierline.messages.due_lines.question import Question, id_of, read_question

_ENCODER = msgspec.json.Encoder(decimal_format="number")
_SECOND = timedelta(seconds=1)
_MICROSECOND = timedelta(microseconds=1)
_OFFSET = len("+00:00")


def answer_line(line: bytes, number: int) -> tuple[bytes, bool]:
    """Answer one line of input.

    Args:
        line: one JSON object in UTF-8.
        number: which line of the input it is, from 1; an error names it.

    Returns:
        The line of output with its newline, and whether it is an answer and not an error.
    """
    try:
        question = read_question(line)
        return _written({"id": question.id, **answer(question)}), True
    except BadLineError as fault:
        return refusal(fault, number, id_of(line)), False


def answer(question: Question) -> dict[str, Any]:
    """What there is to say: `due` and `ledger`, ready for JSON.

    Raises BadLineError where nothing is due within the years that are searched.
    """
    calendar, start, pauses = question.calendar, question.start, question.pauses
    open_ones = [pause for pause in pauses if pause.end is None]
    held_from = max(start, min(pause.start for pause in open_ones)) if open_ones else None
    try:
        due = add(calendar, start, question.target, pauses)
        found = ledger(calendar, start, question.target, pauses, until=held_from)
    except HorizonExceeded as error:
        raise BadLineError(
            "target_minutes",
            f"not due by {instant(error.bound)}, where the search ends",
            "give a shorter target, more opening hours or shorter pauses",
        ) from None
    shown = list(map(segment, found))
    if due is None and held_from is not None:
        reason = ", ".join(sorted({pause.reason for pause in open_ones} - {""}))
        shown.append(_held_for_good(held_from, reason))
    return {"due": None if due is None else instant(due), "ledger": shown}


def refusal(fault: BadLineError, number: int, given_id: bytes = b"") -> bytes:
    """The line of output for a line that has no answer, with its newline."""
    said = {"field": fault.field, "reason": fault.reason, "remedy": fault.remedy}
    return _written({"id": given_id, "error": said, "line": number})


def segment(one: Segment) -> dict[str, Any]:
    """A segment of a ledger, ready for JSON."""
    shown: dict[str, Any] = {
        "start": instant(one.start),
        "end": instant(one.end),
        "kind": one.kind,
    }
    if one.reason:
        shown["reason"] = one.reason
    shown["counted_s"] = seconds(one.counted)
    return shown


def instant(at: datetime) -> str:
    """An instant in UTC as `2026-11-23T08:30:00Z`; microseconds only where there are any."""
    return f"{at.isoformat()[:-_OFFSET]}Z"


def seconds(length: timedelta) -> int | Decimal:
    """A length in seconds, exact: six decimals where it is not whole, so that sums are exact."""
    if not length.microseconds:
        return length // _SECOND
    return Decimal(length // _MICROSECOND).scaleb(-6)


def _held_for_good(since: datetime, reason: str) -> dict[str, Any]:
    """What follows when an open pause begins: one segment without an end."""
    named = {"reason": reason} if reason else {}
    return {"start": instant(since), "end": None, "kind": "held", **named, "counted_s": 0}


def _written(document: dict[str, Any]) -> bytes:
    return _ENCODER.encode(dict(_present(document))) + b"\n"


def _present(document: dict[str, Any]) -> Iterator[tuple[str, Any]]:
    for name, value in document.items():
        if name != "id":
            yield name, value
        elif value:
            yield name, msgspec.Raw(value)
