"""What follows where a ticket comes to wait in a queue: somebody is woken, or asked to take it."""

from datetime import datetime

from tierline.domain import offering, paging
from tierline.domain.draft import Draft


def begin(
    draft: Draft, at: datetime, cause: str, *, without: str = "", first_asked: str = ""
) -> None:
    """Page for it where its group is closed, and offer it where its group pushes.

    Args:
        draft: of the ticket; nothing happens where it does not wait unclaimed.
        at: when it came, or is looked at again (UTC).
        cause: what brought it there.
        without: who has just given it back and is not asked to take it again.
        first_asked: who is asked first, if they can be.
    """
    paging.begin(draft, at, cause)
    offering.begin(draft, at, cause, without=without, first_asked=first_asked)
