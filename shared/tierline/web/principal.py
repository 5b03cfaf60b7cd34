"""Who is asking: a person with a session, or the bearer of an API token."""

import json
from dataclasses import dataclass
from typing import Literal

from tierline.domain.commands import Asker
from tierline.domain.events import Actor
from tierline.domain.terms import Role
from tierline.web.answer_links import AnswerLink

READ = "tickets:read"
WRITE = "tickets:write"
NOTICES = "notices:read"
CLOCK = "clock:write"
ADMIN = "admin"

REPLAY = "replay"
"""To run a recorded log: commands at instants of their own. A development stack alone grants it."""

ANSWER = "answer"
"""To answer the one question of a link from a mail; no token has it."""

SCOPES = (READ, WRITE, NOTICES, CLOCK, ADMIN)
"""Every scope that a token may have anywhere.

What a person may *decide* is judged by the role, in the domain.
"""


@dataclass(frozen=True, slots=True)
class Principal:
    """An authenticated caller.

    Attributes:
        kind: `person` for a session, `token` for an API token, `link` for one from a mail.
        name: the person's name, or the token's.
        login: whose authority it acts with; empty for a token that is nobody's.
        role: judges what it may decide.
        scopes: what it may call at all.
        clients: the clients it may see; None sees all.
        link: the one question a link may answer.
        keys: those of restricted tickets that it holds (`tierline.domain.seeing`).
    """

    kind: Literal["person", "token", "link"]
    name: str
    login: str
    role: Role
    scopes: frozenset[str]
    clients: frozenset[str] | None = None
    link: AnswerLink | None = None
    keys: frozenset[str] = frozenset()

    @property
    def asker(self) -> Asker:
        """The same caller as the domain knows it: a person by login, else an integration."""
        if self.login:
            return Asker(Actor("person", self.login), self.role)
        return Asker(Actor("integration", self.name), self.role)

    @property
    def identity(self) -> str:
        """A stable name of the caller: of two alike in kind, login, name and wall.

        Names of tokens may repeat, so the wall is part of it: an answer kept for one caller must
        never be given to another who may not see what it holds.
        """
        wall = None if self.clients is None else sorted(self.clients)
        return json.dumps([self.kind, self.login, self.name, wall])


def link_principal(link: AnswerLink) -> Principal:
    """Whoever has the mail: they answer its question, and see nothing else."""
    scopes, nobody = frozenset({ANSWER}), frozenset[str]()
    return Principal("link", "", "", Role.TECHNICIAN, scopes, nobody, link)


def session_scopes(*, development: bool) -> frozenset[str]:
    """The scopes of a person's session; on a development stack everybody may move policy time."""
    plain = frozenset({READ, WRITE, NOTICES})
    return plain | {CLOCK} if development else plain


def unowned_role(scopes: frozenset[str]) -> Role:
    """What a token that is nobody's may decide: everything with `admin`, else a technician's."""
    return Role.MANAGER if ADMIN in scopes else Role.TECHNICIAN
