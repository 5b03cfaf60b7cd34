"""The caught mail, to be read: a list, one mail in full, and the same as JSON.

For a development stack. It asks for no login, so it answers on loopback names only: a page
elsewhere cannot reach it through a name of its own that points here (DNS rebinding).
"""

import email
from dataclasses import dataclass
from datetime import UTC, datetime
from email import policy
from email.message import EmailMessage
from typing import Annotated, Any, Final

from fastapi import APIRouter, Depends, HTTPException, Path, Query, Request
from fastapi.responses import HTMLResponse, JSONResponse, Response
from jinja2 import Environment, PackageLoader, StrictUndefined

from tierline.store.database import Database

LISTED: Final = 100
LISTED_MAX: Final = 1_000
SHOWN_CHARS: Final = 200_000
LOOPBACK_NAMES: Final = frozenset({"127.0.0.1", "localhost", "::1"})

PAGE_HEADERS: Final = {
    "Content-Security-Policy": "default-src 'none'; style-src 'unsafe-inline'; frame-src 'self'",
    "Cache-Control": "no-store",
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
}
BODY_HEADERS: Final = {
    **PAGE_HEADERS,
    "Content-Security-Policy": "sandbox; default-src 'none'; style-src 'unsafe-inline'",
}
"""A mail's own HTML runs nothing and loads nothing, in the frame or opened by itself."""

_PAGES: Final = Environment(
    loader=PackageLoader("notifier", "templates/pages"),
    undefined=StrictUndefined,
    autoescape=True,
    trim_blocks=True,
    lstrip_blocks=True,
)

Number = Annotated[int, Path(ge=1, le=2**62)]
Recipient = Annotated[str, Query(max_length=254, pattern=r"^[^\x00]*$")]
Limit = Annotated[int, Query(ge=1, le=LISTED_MAX)]


@dataclass(frozen=True, slots=True)
class Caught:
    """One caught mail, taken apart."""

    id: int
    at: datetime
    sender: str
    rcpt: str
    subject: str
    headers: tuple[tuple[str, str], ...]
    plain: str
    html: str

    def as_json(self) -> dict[str, Any]:
        """The mail as `/mail.json` gives it."""
        return {
            "id": self.id,
            "at": self.at.astimezone(UTC).isoformat(),
            "from": self.sender,
            "rcpt": self.rcpt,
            "subject": self.subject,
            "headers": [list(pair) for pair in self.headers],
            "plain": self.plain,
            "html": self.html,
        }


def mail_router(db: Database) -> APIRouter:
    """`/mail`, `/mail/{id}`, `/mail/{id}/html` and `/mail.json`.

    Args:
        db: where the catcher keeps them.
    """
    router = APIRouter(include_in_schema=False, dependencies=[Depends(_on_loopback_only)])

    @router.get("/mail")
    async def listed(rcpt: Recipient = "", limit: Limit = LISTED) -> HTMLResponse:
        mails = await _rows(db, rcpt, limit)
        page = _PAGES.get_template("list.html.j2").render(mails=mails, rcpt=rcpt)
        return HTMLResponse(page, headers=PAGE_HEADERS)

    @router.get("/mail.json")
    async def as_json(rcpt: Recipient = "", limit: Limit = LISTED) -> JSONResponse:
        mails = await _rows(db, rcpt, limit)
        return JSONResponse([_taken_apart(row).as_json() for row in mails], headers=PAGE_HEADERS)

    @router.get("/mail/{number}")
    async def shown(number: Number) -> HTMLResponse:
        page = _PAGES.get_template("mail.html.j2").render(mail=await _one(db, number))
        return HTMLResponse(page, headers=PAGE_HEADERS)

    @router.get("/mail/{number}/html")
    async def html(number: Number) -> Response:
        return HTMLResponse((await _one(db, number)).html, headers=BODY_HEADERS)

    return router


def _on_loopback_only(request: Request) -> None:
    if (request.url.hostname or "") not in LOOPBACK_NAMES:
        raise HTTPException(404, "caught mail is shown on the loopback address only")


async def _rows(db: Database, rcpt: str, limit: int) -> list[Any]:
    async with db.connection() as connection:
        rows: list[Any] = await connection.fetch(
            "SELECT id, at, sender, rcpt, subject, raw FROM tierline.caught_mail"
            " WHERE $1 = '' OR rcpt = $1 ORDER BY id DESC LIMIT $2",
            rcpt,
            limit,
        )
    return rows


async def _one(db: Database, number: int) -> Caught:
    async with db.connection() as connection:
        row = await connection.fetchrow(
            "SELECT id, at, sender, rcpt, subject, raw FROM tierline.caught_mail WHERE id = $1",
            number,
        )
    if row is None:
        raise HTTPException(404, "no such mail; only the newest are kept")
    return _taken_apart(row)


def _taken_apart(row: Any) -> Caught:
    message = email.message_from_bytes(row["raw"], policy=policy.default)
    return Caught(
        id=row["id"],
        at=row["at"],
        sender=row["sender"],
        rcpt=row["rcpt"],
        subject=row["subject"],
        headers=tuple((name, str(value)) for name, value in message.items()),
        plain=_body(message, "plain"),
        html=_body(message, "html"),
    )


def _body(message: EmailMessage, kind: str) -> str:
    part = message.get_body((kind,))
    if part is None:
        return ""
    try:
        return str(part.get_content())[:SHOWN_CHARS]
    except (LookupError, ValueError, AttributeError):
        return "(this part cannot be decoded)"
