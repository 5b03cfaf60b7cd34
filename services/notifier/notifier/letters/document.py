"""What a letter says: put together when it is due, kept, and laid out when it is sent."""

from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

import msgspec

from tierline.reports.lists import LeadPage
from tierline.reports.week import WeekPage


@dataclass(frozen=True, slots=True)
class DigestLine:
    """A notice that was held for a digest; `at`: when it happened (UTC)."""

    notice: int
    ticket: int
    title: str
    priority: str
    client: str
    occasion: str
    at: datetime


@dataclass(frozen=True, slots=True)
class Document:
    """A whole letter.

    Attributes:
        kind: opening, closing, digest or weekly.
        zone: on whose wall its times are told.
        due_at, at: when it was due and when it was written (UTC policy time).
        late: it was written so late that it says so.
        page: of a list.
        week: of the weekly letter.
        digest: what was held for whoever gets it; `more`: others wait for the next letter.
    """

    kind: str
    zone: str
    due_at: datetime
    at: datetime
    late: bool = False
    page: LeadPage | None = None
    week: WeekPage | None = None
    digest: tuple[DigestLine, ...] = field(default=())
    more: bool = False

    @property
    def empty(self) -> bool:
        """Whether it has nothing to say."""
        nothing = self.page is None or self.page.empty
        return nothing and self.week is None and not self.digest


_encode = msgspec.json.Encoder().encode
_decode = msgspec.json.Decoder(Document).decode


def encode_document(document: Document) -> str:
    """The stored form."""
    return _encode(document).decode()


def decode_document(stored: Any) -> Document:
    """The document of a stored form. Raises msgspec.MsgspecError for anything that is none."""
    return _decode(stored)
