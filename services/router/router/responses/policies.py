"""Versions of the policy: what one would mean, and what came of applying it."""

from datetime import datetime

from router.responses.base import Shown


class DueChange(Shown):
    """A due instant now and under the new terms; null while it stands still, or where it is not."""

    old: datetime | None
    new: datetime | None


class PreviewedTicket(Shown):
    """A ticket that something would change for."""

    number: int
    title: str
    client: str
    priority: str
    group: str
    fate: str
    dues: dict[str, DueChange]
    next_before: str
    next_after: str


class HeldPlace(Shown):
    """A group or tier that the version leaves out, and how many open tickets it holds."""

    place: str
    tickets: int


class PolicyDifference(Shown):
    """One difference from the version in force, in words."""

    section: str
    name: str
    said: str


class PreviewRow(Shown):
    """A preview, without the tickets."""

    id: str
    version: str
    base: str
    made_at: datetime
    made_by: str
    valid_until: datetime
    open: int
    looked_at: int
    fates: dict[str, int]
    next_changed: int
    applied_at: datetime | None
    applied_by: str
    reason: str
    move: bool
    only: list[str]
    moved: int
    ended_at: datetime | None


class PolicyPreview(PreviewRow):
    """What a version would mean for the open tickets."""

    held: list[HeldPlace]
    differences: list[PolicyDifference]
    tickets: list[PreviewedTicket]
    unlisted: int


class PolicyPreviews(Shown):
    """The previews that are kept, the newest first."""

    items: list[PreviewRow]


class Applied(Shown):
    """The version is the active one; `left` tickets are still to be moved to its terms."""

    version: str
    changed: bool
    moved_groups: int
    left: int


class Moving(Shown):
    """How far the moving of open tickets is."""

    moved: int
    left: int
    end: bool
