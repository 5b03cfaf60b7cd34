"""Links in mails with which somebody outside answers one question: signed, and for that one alone.

The link is its own credential: whoever has the mail may answer. What it opens is bounded by the
question, which is answered once and expires; so nothing needs to be stored to make or check one.
"""

import base64
import hmac
import re
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

PREFIX: Final = "tla_"
_SHAPE = re.compile(r"tla_([a-z]{1,20})\.([0-9]{1,18})\.([0-9]{1,9})\.([A-Za-z0-9_-]{43})")


class Purpose(StrEnum):
    """What is asked."""

    APPROVAL = "approval"
    SURVEY = "survey"


@dataclass(frozen=True, slots=True)
class AnswerLink:
    """A question: of which ticket, asked by which of its events."""

    purpose: Purpose
    ticket: int
    seq: int


def make_link(secret: str, link: AnswerLink) -> str:
    """The credential for `link`, fit for an address; `secret` is what the services share."""
    said = f"{link.purpose}.{link.ticket}.{link.seq}"
    return f"{PREFIX}{said}.{_signature(secret, said)}"


def read_link(secret: str, raw: str) -> AnswerLink | None:
    """The question that `raw` is the credential for; None for anything we have not signed."""
    found = _SHAPE.fullmatch(raw)
    if found is None or not secret or found[1] not in set(Purpose):
        return None
    said = f"{found[1]}.{found[2]}.{found[3]}"
    if not hmac.compare_digest(found[4], _signature(secret, said)):
        return None
    return AnswerLink(Purpose(found[1]), int(found[2]), int(found[3]))


def _signature(secret: str, said: str) -> str:
    mac = hmac.digest(secret.encode(), f"tierline answer {said}".encode(), "sha256")
    return base64.urlsafe_b64encode(mac).rstrip(b"=").decode()
