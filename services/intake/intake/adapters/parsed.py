"""What an adapter makes of a request's body."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Protocol

from tierline.messages.alert import Alert


@dataclass(frozen=True, slots=True)
class Read:
    """One member that became an alert; `index` is its place in the request, from 0."""

    index: int
    alert: Alert


@dataclass(frozen=True, slots=True)
class Rejected:
    """One member that did not.

    Attributes:
        index: its place in the request, from 0.
        field: what is wrong, or empty for the member as a whole.
        detail: why, and what to do about it, in words for the sender.
        raw: the member as it came, for the dead letters.
    """

    index: int
    field: str
    detail: str
    raw: bytes


@dataclass(frozen=True, slots=True)
class Parsed:
    """Every member of a body, in order: an alert or a rejection.

    Attributes:
        alerts: those that became alerts.
        rejected: those that did not.
        several: the sender sent a list, and wants its answer as one.
    """

    alerts: list[Read] = field(default_factory=list)
    rejected: list[Rejected] = field(default_factory=list)
    several: bool = False


class TooManyAlertsError(ValueError):
    """More members than ALERTS_MAX; nothing of the request is taken."""


class MemberError(ValueError):
    """A member cannot become an alert: `field` is what is wrong, the message why and what to do."""

    def __init__(self, field_name: str, detail: str) -> None:
        super().__init__(detail)
        self.field = field_name
        self.detail = detail


class Adapter(Protocol):
    """One source's format. Raises TooManyAlertsError and nothing else, whatever the bytes are."""

    def __call__(
        self, body: bytes, headers: Mapping[str, str], settings: Mapping[str, Any], /
    ) -> Parsed:
        """Make alerts of a body.

        Args:
            body: as it came, at most BODY_BYTES_MAX.
            headers: the request's, their names in lower case.
            settings: the integration's own.
        """
        ...
