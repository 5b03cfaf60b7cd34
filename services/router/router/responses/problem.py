"""RFC 9457 problem documents."""

from pydantic import Field

from router.responses.base import Shown
from tierline.domain.terms import State


class FieldFault(Shown):
    """One fault of a request."""

    field: str
    problem: str


class Place(Shown):
    """Where the ticket is."""

    state: State
    tier: str
    group: str
    owner: str


class Problem(Shown):
    """RFC 9457."""

    type: str
    title: str
    status: int
    detail: str
    code: str
    errors: list[FieldFault] = Field(default_factory=list)
    place: Place | None = None
    other: int | None = None
