"""Who may make a version hold, and whether what was previewed still is what is there."""

from typing import NoReturn

from router.policies.limits import DRIFT_LEAST, DRIFT_SHARE, VALID_S
from tierline.store.policy_previews import OpenNow, Preview
from tierline.web.principal import Principal
from tierline.web.problems import ProblemError


def check_may_decide(principal: Principal) -> None:
    """Rules are for all clients: only a lead who sees them all looks at, and changes, them.

    Raises ProblemError (403) for anybody else.
    """
    if not principal.asker.leads:
        raise ProblemError(403, "lead_decides", "versions of the policy are the lead's to decide")
    if principal.clients is not None:
        raise ProblemError(403, "walled", "a policy holds for all clients, and you see some")


def no_such_preview(token: str) -> NoReturn:
    """Raises ProblemError: 404."""
    raise ProblemError(404, "no_such_preview", f"there is no preview {token}: make a new one")


def check_fresh(preview: Preview, in_force: str, now: OpenNow) -> None:
    """Check that a preview still tells what applying it would do.

    Raises ProblemError (409 `stale_preview`), saying what has changed since.
    """
    if preview.applied_at is not None:
        raise ProblemError(409, "already_applied", "this preview was applied already")
    if preview.base != in_force:
        _stale("another version of the policy was loaded since")
    if preview.age_s > VALID_S:
        _stale(f"it is older than {VALID_S / 60:.0f} minutes")
    gone = preview.open - (now.count - now.newer)
    moved = now.newer + max(0, gone)
    allowed = max(DRIFT_LEAST, round(DRIFT_SHARE * preview.open))
    if moved > allowed:
        _stale(f"{moved} tickets have come and gone since, more than {allowed}")


def _stale(why: str) -> NoReturn:
    raise ProblemError(409, "stale_preview", f"{why}: make a new preview and look at it again")
