"""All schedules together, as a decision asks them: by name, at an instant."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime

from tierline.domain.rota.answers import on_call
from tierline.domain.rota.schedule import Absence, Schedule


@dataclass(frozen=True, slots=True)
class Rotas:
    """The schedules by name, who is away when, and the logins behind the names."""

    schedules: Mapping[str, Schedule] = field(default_factory=dict)
    absences: tuple[Absence, ...] = ()
    logins: Mapping[str, str] = field(default_factory=dict)

    def on_call(self, schedule: str, at: datetime) -> tuple[str, ...]:
        """The logins of who is on call by `schedule` at `at` (UTC).

        Nobody where there is no such schedule, where it has a gap, or where the records know
        nobody of that name any more.
        """
        found = self.schedules.get(schedule)
        if found is None:
            return ()
        people = on_call(found, at, self.absences).people
        return tuple(login for name in people if (login := self.logins.get(name, "")))
