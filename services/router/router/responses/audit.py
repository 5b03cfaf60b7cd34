"""What the service should have done by now and has not."""

from datetime import datetime

from router.responses.base import Shown


class Overdue(Shown):
    """One thing that should have happened: which, since when, about what."""

    which: str
    since: datetime
    about: str


class FindingShown(Shown):
    """One kind of such things, the first few of them, and what to do."""

    what: str
    count: int
    remedy: str
    found_since: datetime | None
    told_at: datetime | None
    rows: list[Overdue]


class Audit(Shown):
    """One look; no items: nothing is amiss."""

    at: datetime
    items: list[FindingShown]
