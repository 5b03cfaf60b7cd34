"""`retention`: what is kept how long, like `archive closed tickets after: 13 months`."""

import re
from collections.abc import Mapping
from datetime import timedelta
from typing import Any, Final

from tierline.domain.retention_rules import LOOKED_BACK_DAYS, Age, RetentionRules
from tierline.policy.counting import window, windows_of
from tierline.policy.errors import Problems, Where
from tierline.policy.fields import Field, Fields
from tierline.policy.sections import days_of
from tierline.policy.shapes import Text

_AGE: Final = re.compile(r"([1-9][0-9]{0,2}) (day|month|year)s?")
_IN_MONTHS: Final = {"month": 1, "year": 12}

_TEXT: Final = Text(
    "a length of time", example="90 days, 13 months or 7 years", pattern=_AGE.pattern
)

CLOSED: Final = "archive_closed_tickets_after"
ARCHIVES: Final = "drop_archives_after"
LOOSE: Final = "drop_alerts_without_ticket_after"

RETENTION: Final = Fields(
    "retention",
    {
        CLOSED: Field(_TEXT, "how long a closed ticket stays where it is looked up"),
        ARCHIVES: Field(_TEXT, "how long an archive is kept, from the last closing in it"),
        LOOSE: Field(_TEXT, "how long an alert is kept that no ticket was opened for"),
    },
)


def read_retention(written: Mapping[str, str]) -> RetentionRules:
    """The rules, from what the grammar accepted."""
    ages = {key: _age(text) for key, text in written.items()}
    return RetentionRules(ages.get(CLOSED), ages.get(ARCHIVES), ages.get(LOOSE))


def _age(text: str) -> Age:
    number, unit = text.split()
    months = _IN_MONTHS.get(unit.removesuffix("s"), 0)
    return Age(months=int(number) * months) if months else Age(days=int(number))


def check_retention(document: Mapping[str, Any], problems: Problems) -> None:
    """Note where less would be kept than what the policy itself, or a report, looks back at."""
    written: Mapping[str, str] = document.get("retention", {})
    ages = {key: _age(text) for key, text in written.items()}
    if CLOSED in ages:
        _closed(ages[CLOSED], document, problems)
    if ARCHIVES in ages:
        _archives(ages, problems)
    if LOOSE in ages:
        _loose(ages[LOOSE], document, problems)


def _closed(age: Age, document: Mapping[str, Any], problems: Problems) -> None:
    at: Where = ("retention", CLOSED)
    asked = document.get("survey", {}).get("not_more_often_than", "")
    every = days_of(asked).days if asked else 0
    if age.least_days < LOOKED_BACK_DAYS:
        said = f"reports and letters look back {LOOKED_BACK_DAYS} days, and would change"
        problems.error(at, said, "write 13 months, or more")
    elif age.least_days < every:
        said = f"a survey asks at most every {every} days, and when it last did would be gone"
        problems.error(at, said, f"write {every} days, or more")


def _archives(ages: Mapping[str, Age], problems: Problems) -> None:
    at: Where = ("retention", ARCHIVES)
    closed = ages.get(CLOSED)
    if closed is None:
        fix = "add `archive closed tickets after: 13 months`"
        problems.error(at, "nothing is ever archived", fix)
    elif ages[ARCHIVES].least_days <= closed.least_days:
        problems.error(
            at, "an archive would go as it is made", "write more than for closed tickets"
        )


def _loose(age: Age, document: Mapping[str, Any], problems: Problems) -> None:
    windows = {
        text: window(text)
        for rule in document.get("triage", ())
        for text in windows_of(rule.get("when"))
    }
    longest = max(windows, key=lambda text: windows[text], default="")
    if longest and timedelta(days=age.least_days) < windows[longest]:
        at: Where = ("retention", LOOSE)
        days = -(-windows[longest] // timedelta(days=1))
        said = f"a triage rule counts alerts over {longest}, and would count fewer"
        problems.error(at, said, f"write {days} days, or more")
