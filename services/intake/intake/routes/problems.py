"""The refusals of the two addresses."""

from collections.abc import Sequence

from intake.adapters.parsed import Rejected
from intake.limits import RETRY_AFTER_SECONDS
from intake.metrics import TURNED_AWAY
from tierline.web.problems import ProblemError

BEARER_HINT = "send an integration key as: Authorization: Bearer tli_..."
PATH_HINT = "the key in this address is not one of an active integration"


def unknown_key(*, in_path: bool) -> ProblemError:
    """401, the same for a key that is missing, malformed, unknown or revoked."""
    headers = {"WWW-Authenticate": 'Bearer realm="tierline"'}
    detail = PATH_HINT if in_path else BEARER_HINT
    return ProblemError(401, "unknown_key", detail, headers=headers)


def come_again(why: str, detail: str) -> ProblemError:
    """503 with Retry-After: the one refusal that every monitor's client retries."""
    TURNED_AWAY.labels(why).inc()
    headers = {"Retry-After": str(RETRY_AFTER_SECONDS)}
    return ProblemError(503, why, f"{detail}: send it again", headers=headers)


def wrong_method(method: str, allowed: Sequence[str]) -> ProblemError:
    """405, with what to do instead: people open the address in a browser to see if it is right."""
    ways = " or ".join(allowed)
    detail = f"this address takes alerts by {ways}, not {method:.20}: paste it into your monitor"
    headers = {"Allow": ", ".join(allowed)}
    return ProblemError(405, "method_not_allowed", detail, headers=headers)


def unexpected() -> ProblemError:
    """500: a fault of ours, already logged. Monitors send again."""
    return ProblemError(500, "unexpected", "something went wrong on our side; it has been logged")


def unknown_kind(kind: str, known: Sequence[str]) -> ProblemError:
    """404 for a source nobody wrote an adapter for."""
    detail = f"there is no source {kind:.60}; known: {', '.join(known)}"
    return ProblemError(404, "unknown_source", detail)


def other_kind(integration: str, kind: str) -> ProblemError:
    """404 where the key is good and the address is another source's."""
    detail = f"integration {integration} takes {kind}: post to /v1/alerts/{kind}/ and its key"
    return ProblemError(404, "other_source", detail)


def nothing_accepted(rejected: Sequence[Rejected]) -> ProblemError:
    """400: not one member could be taken; all are kept as dead letters."""
    first = rejected[0]
    where = f"{first.field}: " if first.field else ""
    detail = f"{where}{first.detail}"
    if len(rejected) > 1:
        detail = f"none of {len(rejected)} alerts could be taken; the first: {detail}"
    return ProblemError(400, "nothing_accepted", detail, rejected=told(rejected))


def told(rejected: Sequence[Rejected]) -> list[dict[str, object]]:
    """Rejections as the sender sees them."""
    return [
        {"index": member.index, "field": member.field, "detail": member.detail}
        for member in rejected
    ]
