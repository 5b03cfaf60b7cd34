"""People as schedules name them, and the logins behind the names."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Final

from tierline.domain.rota import Absence
from tierline.store.on_call import read_absences
from tierline.store.tickets import Connection, policy_now
from tierline.web.bodies import closest
from tierline.web.problems import ProblemError

ABSENCES_KEPT: Final = timedelta(days=60)
"""How far back a stretch of shifts knows who was away."""

PEOPLE = "SELECT login, name, email FROM tierline.person WHERE active ORDER BY login"


@dataclass(frozen=True, slots=True)
class Roster:
    """Everybody who is active: login by name, name by address in small letters; who is away."""

    logins: Mapping[str, str]
    by_email: Mapping[str, str] = field(default_factory=dict)
    absences: tuple[Absence, ...] = ()

    def login_of(self, name: str) -> str:
        """The login of a person; empty where the records know nobody of that name any more."""
        return self.logins.get(name, "")

    def name_of(self, login: str) -> str:
        """The name behind a login; empty for none."""
        return next((name for name, it in self.logins.items() if it == login), "")

    def named(self, field: str, given: str) -> str:
        """The name that `given`, a name or a login, stands for.

        Raises ProblemError (422), with the nearest one there is.
        """
        if given in self.logins:
            return given
        if name := self.name_of(given):
            return name
        meant = closest(given, list(self.logins)) or closest(given, list(self.logins.values()))
        remedy = f"did you mean {meant}?" if meant else "name somebody of the records"
        raise ProblemError(422, "unknown_person", f"{field}: there is no {given}; {remedy}")


async def read_roster(connection: Connection) -> Roster:
    """Read who there is, and who is away or was in the last weeks."""
    rows = await connection.fetch(PEOPLE)
    since = await policy_now(connection) - ABSENCES_KEPT
    return Roster(
        {row["name"]: row["login"] for row in rows},
        {row["email"].casefold(): row["name"] for row in rows if row["email"]},
        await read_absences(connection, since),
    )
