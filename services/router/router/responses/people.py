"""Sessions and who one is."""

from datetime import datetime

from router.responses.base import Shown
from tierline.domain.terms import Role


class Person(Shown):
    """Somebody who works here."""

    login: str
    name: str
    role: Role
    groups: list[str]


class Session(Shown):
    """A session; its id is shown this once."""

    session: str
    expires_at: datetime
    person: Person


class Me(Person):
    """Who the credential is."""

    scopes: list[str]
    clients: list[str] | None
    development: bool
