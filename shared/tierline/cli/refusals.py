"""What the router refuses (RFC 9457 problem details), told to people with what to do next."""

import re
from collections.abc import Mapping
from datetime import datetime
from typing import Any

from tierline.cli.failures import CONFLICT, FAILED, FailureError
from tierline.cli.moments import full_time
from tierline.cli.text import clean

_REMEDIES = {
    401: "Give a valid token with --token or TIERLINE_TOKEN; `tierline token create` makes one.",
    403: "Ask somebody who may, or use a token with more rights.",
    404: "Check the number; `tierline tickets list` shows what you may see.",
    409: "Look at it again with `tierline tickets show`.",
    413: "Send less.",
    422: "Correct it and try again; `--help` shows what the command takes.",
    429: "Wait a minute and try again.",
}
_REMEDIES_BY_CODE = {
    "changed": "Look at it again and repeat the change.",
    "in_use": "Do that first, then try again.",
    "lead_decides": "Ask a lead, or use a lead's token.",
    "no_such_kind": "`tierline records --help` names the kinds.",
    "no_such_record": "`tierline records list KIND` shows which there are.",
    "replay_running": "Read what you like; a copy of your own to write to: "
    "`tierline up --ports auto --home OTHER`.",
    "no_such_preview": "`tierline policy preview FOLDER` makes one.",
    "no_such_storm": "`tierline storms --over` lists those you may see.",
    "no_storm": "Look at it again with `tierline storms`.",
    "storm_over": "Look at it again with `tierline storms --over`.",
    "stale_preview": "`tierline policy preview FOLDER` makes a new one.",
    "rows_refused": "Correct the lines; `--preview` shows all of them.",
    "scope": "Make a token that has it: `tierline token create --scope ...`.",
}
_OPTIONS = {
    "to_group": "--to-group",
    "to_tier": "--to-tier",
    "promised_at": "--by",
    "chase_at": "--chase",
    "tier_below_could": "--below",
}
"""What the command line calls a member of a request that it is told about."""

_NAMED = re.compile(rf"\b({'|'.join(_OPTIONS)})\b")
_INSTANT = re.compile(r"\b\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d+)?(?:Z|[+-]\d\d:\d\d)")
_OUR_FAULT = "Try again; if it stays, look at the router's log and `tierline status`."


def refused(status: int, problem: Mapping[str, Any]) -> FailureError:
    """Make the failure of a refusal.

    Args:
        status: the HTTP status.
        problem: the problem document, or whatever came instead.

    Returns:
        What to raise: CONFLICT as the exit code of a 409, with where the ticket is now.
    """
    detail = clean(str(problem.get("detail") or problem.get("title") or f"HTTP {status}"))
    code = str(problem.get("code") or "")
    remedy = _REMEDIES_BY_CODE.get(code) or _REMEDIES.get(status) or _OUR_FAULT
    if status == 422:
        detail = "; ".join([detail, *_further_faults(problem)])
    if place := _place(problem):
        remedy = f"{place} {remedy}" if status == 409 else remedy
    return FailureError(
        _sentence(_in_our_words(detail)),
        remedy,
        code=CONFLICT if status == 409 else FAILED,
        problem={"status": status, **problem},
    )


def _further_faults(problem: Mapping[str, Any]) -> list[str]:
    """Every fault of the request but the first, which the detail already tells."""
    errors = problem.get("errors")
    faults = [fault for fault in errors if isinstance(fault, dict)] if errors else []
    return [clean(f"{fault.get('field')}: {fault.get('problem')}") for fault in faults[1:]]


def _place(problem: Mapping[str, Any]) -> str:
    """Where the ticket is now and who has it; empty where the problem does not say."""
    place = problem.get("place")
    if not isinstance(place, dict):
        return ""
    where = "/".join(str(place[name]) for name in ("tier", "group") if place.get(name))
    state = str(place.get("state") or "").replace("_", " ")
    parts = [state, f"with {where}" if where else ""]
    parts.append(f"owner {place['owner']}" if place.get("owner") else "nobody has claimed it")
    return clean(f"It is now {', '.join(part for part in parts if part)}.")


def _in_our_words(text: str) -> str:
    """Name options as they are typed, and write instants as everywhere else."""
    text = _NAMED.sub(lambda found: _OPTIONS[found[1]], text)
    return _INSTANT.sub(lambda found: full_time(datetime.fromisoformat(found[0])), text)


def _sentence(text: str) -> str:
    return text[:1].upper() + text[1:] + ("" if text.endswith((".", "?", "!")) else ".")
