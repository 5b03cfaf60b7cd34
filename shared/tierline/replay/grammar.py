"""The grammar of a mapping file: how another help desk's export is to be read.

Read from top to bottom this is the reference; `schema.py` prints it for editors.
"""

from datetime import UTC, datetime
from typing import Any, Final

from tierline.domain.terms import HoldReason, Priority, TicketType
from tierline.policy.errors import Problems, Where
from tierline.policy.fields import ByPriority, Field, Fields
from tierline.policy.plain import DURATION, HOURS, HOURS_OR_NAME
from tierline.policy.shapes import Checked, Choice, Either, JsonSchema, ListOf, MapOf, Text
from tierline.replay.meaning import Kind, Order

ISO: Final = "iso"
ELSE: Final = "else"
SEPARATORS: Final = {",": ",", ";": ";", "|": "|", "tab": "\t"}

NAME: Final = Text("a name")
COLUMN: Final = Text("a column of the log")
VALUE: Final = Text("a value as the log writes it; `*` stands for any characters")
COLUMNS_JOINED: Final = ListOf(COLUMN, least=1, single=True, limit=5)
VALUES: Final = ListOf(VALUE, least=1, single=True, limit=200)
PRIORITY: Final = Choice(tuple(str(priority) for priority in Priority))

FILE: Final = Fields(
    "`file`",
    {
        "separator": Field(Choice(tuple(SEPARATORS)), "between columns; a comma, if left out"),
        "encoding": Field(
            Choice(("utf-8", "utf-16", "latin-1", "cp1252")), "of the file; utf-8, if left out"
        ),
        "order": Field(
            Choice(tuple(str(order) for order in Order)),
            "how the rows of a case stand in the file; oldest first, if left out",
        ),
        "missing": Field(
            ListOf(VALUE, single=True, limit=20), "values that mean there is none, like `?`"
        ),
    },
)

COLUMNS: Final = Fields(
    "`columns`",
    {
        "case": Field(COLUMN, "the incident's own number", required=True),
        "at": Field(COLUMN, "the instant of the change", required=True),
        "status": Field(
            COLUMNS_JOINED, "the status; of several columns: joined by ` / `", required=True
        ),
        "team": Field(COLUMN, "the team that has it: becomes a group", required=True),
        "tier": Field(COLUMN, "the team's line of support; else `teams` says it"),
        "owner": Field(COLUMN, "who works it, or made the change"),
        "priority": Field(COLUMN, "how pressing it is"),
        "client": Field(COLUMN, "whose it is; else `client` names the one"),
        "title": Field(COLUMNS_JOINED, "what it is about; of several columns: joined"),
        "service": Field(COLUMN, "the service or product"),
    },
)


def _form(text: str) -> tuple[str, str] | None:
    """Does the form read back what it writes, so far as instants need it?"""
    if text == ISO:
        return None
    wrong, remedy = f"`{text}` is no form of an instant", 'write iso, or one like "%d/%m/%Y %H:%M"'
    try:
        read = datetime.strptime(_SAMPLE.strftime(text), text)  # noqa: DTZ007 - only the form counts
    except ValueError:
        return wrong, remedy
    if read.date() != _SAMPLE.date():
        return f"{wrong}: it does not say year, month and day", remedy
    if read.hour not in {0, _SAMPLE.hour}:
        return f"{wrong}: `%I` is an hour of twelve", "write `%H`, or `%p` beside it"
    if "%Z" in text:
        said = f"{wrong}: the name of a zone is no offset"
        return said, "write `%z` for offsets, or the name itself, and `instants.zone`"
    return None


_SAMPLE: Final = datetime(2026, 11, 29, 21, 34, 56, 123456, tzinfo=UTC)


INSTANTS: Final = Fields(
    "`instants`",
    {
        "formats": Field(
            ListOf(Checked(Text("a form"), _form), least=1, single=True, limit=10),
            "how instants are written, tried in order: `iso`, or strptime's `%` codes",
        ),
        "zone": Field(
            Text("a time zone", example="Europe/Brussels"),
            "of instants written without an offset; UTC, if left out",
        ),
    },
)

HOLD: Final = Fields(
    "a hold",
    {
        "hold": Field(
            Choice(tuple(str(reason) for reason in HoldReason)), "why it waits", required=True
        ),
        "of": Field(NAME, "who is waited for, like `the user`"),
    },
)
_PLAIN = Choice(tuple(str(kind) for kind in Kind if kind is not Kind.HOLD))
MEANING: Final = Either(_PLAIN, HOLD)


class TierOrder:
    """The lines of support from the first one up, each with the values that mean it."""

    _written = MapOf(VALUES)

    def check(self, value: Any, at: Where, problems: Problems) -> Any:
        """Accept at least one line, in the order written."""
        found = self._written.check(value, at, problems)
        if found == {}:
            problems.error(at, "names no line of support", "write it like {L1: L1, L2: L2}")
        return found

    def schema(self) -> JsonSchema:
        """An object of lists."""
        return self._written.schema()


PROMISES: Final = Fields(
    "the promises of a priority",
    {
        "respond": Field(DURATION, "until a human answers", required=True),
        "plan": Field(DURATION, "until there is a plan to resolution"),
        "resolve": Field(DURATION, "until it works again", required=True),
    },
)

MAPPING: Final = Fields(
    "a mapping",
    {
        "file": Field(FILE, "how the file is written"),
        "columns": Field(COLUMNS, "which column says what", required=True),
        "instants": Field(INSTANTS, "how instants are written; iso, if left out"),
        "statuses": Field(
            MapOf(MEANING, VALUE), "what each status means; `else` for all others", required=True
        ),
        "tiers": Field(TierOrder(), "the lines of support, the first one first", required=True),
        "teams": Field(
            MapOf(NAME, VALUE), "the tier of a team, where no column says it; `else` for others"
        ),
        "unassigned": Field(NAME, "the group of rows that name no team"),
        "priorities": Field(MapOf(PRIORITY, VALUE), "values as priorities; `else` for others"),
        "client": Field(NAME, "whose incidents they are, where no column says it"),
        "clients": Field(MapOf(NAME, VALUE), "names of clients for the values of their column"),
        "type": Field(
            Choice((str(TicketType.INCIDENT),)),
            "of the tickets: incident, as of a problem or a request no tier counts its time",
        ),
        "only": Field(MapOf(VALUES, COLUMN), "read only rows with these values, by column"),
        "skip": Field(MapOf(VALUES, COLUMN), "leave out rows with these values, by column"),
        "hours": Field(MapOf(HOURS), "named hours, as in a policy"),
        "staffed": Field(
            MapOf(HOURS_OR_NAME, VALUE), "when groups are there: by tier or team; `else` for others"
        ),
        "limits": Field(MapOf(DURATION, NAME), "how long a ticket may stay in a tier, by tier"),
        "unclaimed": Field(DURATION, "how long it may wait in a queue"),
        "silent": Field(DURATION, "how long its owner may say nothing"),
        "promises": Field(MapOf(PROMISES, PRIORITY), "what is promised to clients, by priority"),
        "cover": Field(ByPriority(HOURS_OR_NAME), "which hours count for them, by priority"),
    },
)
