"""A letter laid out as a mail: plain text and simple HTML. Pure."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any, Final
from zoneinfo import ZoneInfo

from jinja2 import Environment, PackageLoader, StrictUndefined

from notifier import words
from notifier.letters.document import Document
from notifier.limits import TITLE_CHARS
from notifier.parcel import Page
from tierline.domain.letters.when import LetterKind
from tierline.reports.rows import rows_of


def _environment(*, html: bool) -> Environment:
    made = Environment(
        loader=PackageLoader("notifier", "templates/letters"),
        undefined=StrictUndefined,
        autoescape=html,  # noqa: S701 - off for plain text only
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
    )
    made.filters["cut"] = lambda text: words.cut(text, TITLE_CHARS)
    return made


_PLAIN: Final = _environment(html=False)
_HTML: Final = _environment(html=True)

_TEMPLATE: Final[Mapping[str, str]] = {
    LetterKind.OPENING: "list",
    LetterKind.CLOSING: "list",
    LetterKind.DIGEST: "list",
    LetterKind.WEEKLY: "week",
}


def lay_out(document: Document, link: str) -> Page:
    """The mail of a letter.

    Args:
        document: what it says.
        link: address of the pages, without a slash at the end.
    """
    zone = ZoneInfo(document.zone)

    def local(at: datetime) -> str:
        return f"{at.astimezone(zone):%a} {at.astimezone(zone).day} {at.astimezone(zone):%b %H:%M}"

    values: dict[str, Any] = {
        "letter": document,
        "title": title_of(document),
        "link": link,
        "local": local,
        "rows": rows_of(document.week) if document.week else (),
    }
    name = _TEMPLATE[document.kind]
    about = document.page.group if document.page else "all"
    return Page(
        subject=values["title"],
        text=_PLAIN.get_template(f"{name}.txt.j2").render(values),
        html=_HTML.get_template(f"{name}.html.j2").render(values),
        thread=f"letter-{document.kind}-{about.encode().hex()[:60]}",
    )


def title_of(document: Document) -> str:
    """The subject: what it is, of whom, and the one figure that matters most."""
    if document.week is not None:
        return f"The week {document.week.week} in figures"
    if document.page is None:
        return f"Digest: {_notices(len(document.digest))}"
    page = document.page
    breaks = sum(len(part.lines) + part.more for part in page.sections if part.section == "breaks")
    when = "at opening" if document.kind == LetterKind.OPENING else "before closing"
    what = "nothing breaks" if not breaks else f"{breaks} break" + ("s" if breaks == 1 else "")
    return f"{page.group} {when}: {what} before the next opening"


def _notices(count: int) -> str:
    return "1 notice" if count == 1 else f"{count} notices"
