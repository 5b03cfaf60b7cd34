"""From what a recorded command says to what the domain is asked."""

import hashlib
from dataclasses import dataclass
from datetime import datetime

from pydantic import ValidationError

from router.requests import OpenBody, RecordedCommand
from router.routes.commands import VERBS
from tierline.domain.commands import Command, Rejected
from tierline.web.bodies import closest
from tierline.web.encoding import encode
from tierline.web.principal import Principal

OPEN = "open"
_VERBS = {verb.name: verb for verb in VERBS}
KNOWN = (OPEN, *_VERBS)


@dataclass(frozen=True, slots=True)
class Recorded:
    """One recorded command, read.

    Attributes:
        digest: of all it says; a key stands for one command only.
        asked: what the domain is asked; the body itself where it opens a ticket; else the refusal.
    """

    key: str
    case: str
    at: datetime
    verb: str
    by: str
    digest: str
    asked: Command | OpenBody | Rejected


def read(said: RecordedCommand, principal: Principal) -> Recorded:
    """Read one command of a batch; what is wrong with its fields is its own refusal."""
    parts = [said.case, said.at, said.verb, said.by, said.fields]
    digest = hashlib.sha256(encode(parts)).hexdigest()
    asked = _asked(said, principal)
    return Recorded(said.key, said.case, said.at, said.verb, said.by, digest, asked)


def _asked(said: RecordedCommand, principal: Principal) -> Command | OpenBody | Rejected:
    if said.verb not in KNOWN:
        meant = closest(said.verb, list(KNOWN))
        remedy = f"did you mean {meant}?" if meant else f"one of: {', '.join(KNOWN)}"
        return Rejected("unknown_verb", f"verb: there is no {said.verb}; {remedy}")
    try:
        if said.verb == OPEN:
            return OpenBody.model_validate(said.fields)
        verb = _VERBS[said.verb]
        return verb.command(verb.body.model_validate(said.fields), principal)
    except ValidationError as error:
        first = error.errors(include_url=False)[0]
        where = ".".join(str(part) for part in first["loc"])
        fault = str(first["msg"]).removeprefix("Value error, ")
        return Rejected("invalid", f"fields.{where}: {fault}" if where else f"fields: {fault}")
