"""The plain shapes that every part of the grammar is made of: names, durations, hours."""

from typing import Final

from tierline.policy.hours import ALWAYS, WrittenCalendar
from tierline.policy.shapes import Checked, DurationText, Either, Text

NAME: Final = Text("a name")
DURATION: Final = DurationText()
CLOCK_TIME: Final = DurationText(business_days=False)

HOURS: Final = Either(
    Checked(NAME, lambda text: None if text == ALWAYS else ("must be 24x7 or hours", _HOURS_FIX)),
    WrittenCalendar(),
)
_HOURS_FIX = "write 24x7 or {zone: Europe/London, mon-fri: 08:00-18:00}"
HOURS_OR_NAME: Final = Either(Text("a name from `hours`"), WrittenCalendar())
