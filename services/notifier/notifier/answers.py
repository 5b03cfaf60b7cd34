"""What an HTTP receiver's answer means. Only 2xx is success."""

from datetime import datetime
from email.utils import parsedate_to_datetime

from notifier.guard import RefusedAnswerError, RefusedTargetError
from notifier.http import HttpSender
from notifier.limits import REASON_CHARS, RETRY_AFTER_MAX_S
from notifier.outcome import Delivered, Failed, Outcome, Retry
from notifier.wire import Answer, UnansweredError

GONE = 410
TOO_LARGE = 413


def outcome_of(answer: Answer, *, now: datetime, lasting: frozenset[int]) -> Outcome:
    """The outcome that `answer` stands for.

    A redirect is not followed and not success (Standard Webhooks); 410 Gone says that the address
    is over.

    Args:
        answer: from the receiver.
        now: UTC, real time, to read a Retry-After that is a date (RFC 9110, 10.2.3).
        lasting: statuses that no retry of this message can cure.
    """
    said = f"{answer.status} {' '.join(answer.text.split())}".strip()[:REASON_CHARS]
    if 200 <= answer.status < 300:
        return Delivered(said)
    if answer.status == GONE:
        return Failed(f"gone: {said}", disable=True)
    if answer.status in lasting:
        return Failed(said)
    if 300 <= answer.status < 400:
        return Retry(0.0, f"a redirect is not followed: {said}")
    return Retry(retry_after(answer.retry_after, now), said)


def retry_after(text: str, now: datetime) -> float:
    """Seconds to wait as a Retry-After header says, 0 where it says nothing usable.

    Args:
        text: seconds or an HTTP date (RFC 9110).
        now: UTC, real time.

    Returns:
        Seconds within [0, RETRY_AFTER_MAX_S].
    """
    text = text.strip()
    if text.isascii() and text.isdigit():
        return min(float(text[:10]), RETRY_AFTER_MAX_S)
    try:
        seconds = (parsedate_to_datetime(text) - now).total_seconds()
    except (TypeError, ValueError, OverflowError):  # the last: a day or zone of twenty digits
        return 0.0
    return min(max(seconds, 0.0), RETRY_AFTER_MAX_S)


async def post(
    sender: HttpSender,
    url: str,
    headers: dict[str, str],
    body: bytes,
    *,
    now: datetime,
    lasting: frozenset[int],
) -> Outcome:
    """POST once; whatever happens becomes an outcome. Arguments as of `outcome_of`.

    What DNS says is tried again like any failure: one wrong answer (a resolver that is being set
    up, a split view) must not end what a right one a minute later would have served.
    """
    try:
        answer = await sender.post(url, headers, body)
    except RefusedAnswerError as error:
        return Retry(0.0, str(error)[:REASON_CHARS])
    except RefusedTargetError as error:
        return Failed(str(error), disable=True)
    except UnansweredError as error:
        return Retry(0.0, str(error)[:REASON_CHARS])
    return outcome_of(answer, now=now, lasting=lasting)
