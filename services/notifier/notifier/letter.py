"""What one message says, before any channel lays it out. Pure, and worded by templates.

An occasion's template has three blocks: `headline` (the subject), `happened`, and `expected` (what
is expected of whom, until when). Team and client templates live apart: nothing of a team template
can reach a client.
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, Final, Literal

from jinja2 import ChainableUndefined, Environment, PackageLoader, Template, TemplateNotFound

from notifier import words
from notifier.limits import PARTS_MAX, TITLE_CHARS
from notifier.links import Answers
from tierline.domain.audience import OURS_ALONE_TO_ASK
from tierline.domain.events import Event
from tierline.domain.snapshot import Snapshot
from tierline.domain.terms import Reach

Audience = Literal["team", "client"]
TEAM: Final = "team"
CLIENT: Final = "client"
FALLBACK: Final = "fallback"

_PULL = (Reach.DIGEST, Reach.NOTIFY, Reach.PAGE)


@dataclass(frozen=True, slots=True)
class Occasion:
    """One notice to be put into words.

    Attributes:
        event: what happened.
        ticket: as it stood after the event.
        occasion: as `notices_for` names it: `breach P1-P2`.
        reach: how hard it pulls.
        why: why this recipient is told.
    """

    event: Event
    ticket: Snapshot
    occasion: str
    reach: Reach
    why: str


@dataclass(frozen=True, slots=True)
class Part:
    """One thing that happened, in words. `told`: why this recipient hears of it."""

    at: str
    headline: str
    happened: str
    expected: str
    why: str = ""
    told: str = ""


@dataclass(frozen=True, slots=True)
class Letter:
    """A whole message. `facts`: name and value; `preamble`: why it comes by this way.

    `answers`: what an outsider may answer, and where.
    """

    audience: Audience
    subject: str
    title: str
    parts: tuple[Part, ...]
    link: str
    number: int
    urgent: bool = False
    greeting: str = ""
    preamble: str = ""
    omitted: int = 0
    facts: tuple[tuple[str, str], ...] = ()
    answers: Answers = ()


def compose(
    audience: Audience,
    occasions: Sequence[Occasion],
    *,
    link: str,
    preamble: str = "",
    answers: Answers = (),
) -> Letter:
    """The message that tells all of `occasions`, which are of one ticket and in order of seq.

    Args:
        audience: client messages use the client templates only and name no reason, group or person.
        occasions: at least one; the last PARTS_MAX are spelled out.
        link: where the ticket can be seen.
        preamble: said first, in a message that stands in for another.
        answers: offered to a client who is asked something.
    """
    shown = occasions[-PARTS_MAX:]
    last = shown[-1]
    urgent = any(one.reach is Reach.PAGE for one in occasions)
    parts = tuple(_part(audience, one) for one in shown)
    headline = parts[-1].headline
    if audience == TEAM:
        subject = f"{last.ticket.priority} {last.ticket.client}: {headline}"
        subject = f"URGENT {subject}" if urgent else subject
    else:
        subject = headline
    return Letter(
        audience=audience,
        subject=f"{subject} - {words.cut(last.ticket.title, TITLE_CHARS)}",
        title=words.cut(last.ticket.title, TITLE_CHARS),
        parts=parts,
        link=link,
        number=last.ticket.number,
        urgent=urgent,
        greeting=_greeted(last) if audience == CLIENT else "",
        preamble=preamble,
        omitted=len(occasions) - len(shown),
        facts=_facts(last.ticket) if audience == TEAM else (),
        answers=answers if audience == CLIENT else (),
    )


def _greeted(one: Occasion) -> str:
    asked = one.occasion in OURS_ALONE_TO_ASK
    return one.ticket.approver if asked else one.ticket.requester_name


def _part(audience: Audience, one: Occasion) -> Part:
    template = _template(audience, one.occasion)
    values = {
        "occasion": one.occasion,
        "t": one.ticket,
        "what": one.event.what,
        "by": words.who(one.event.by),
        "at": one.event.at,
    }
    return Part(
        at=words.instant(one.event.at),
        headline=_block(audience, template, "headline", values),
        happened=_block(audience, template, "happened", values),
        expected=_block(audience, template, "expected", values),
        why=words.why(one.event.why) if audience == TEAM else "",
        told=one.why if audience == TEAM else "",
    )


def _facts(ticket: Snapshot) -> tuple[tuple[str, str], ...]:
    named = (
        ("Client", ticket.client),
        ("Where", ", ".join(x for x in (ticket.site, ticket.host, ticket.service) if x)),
        ("Priority", ticket.priority),
        ("Queue", " / ".join(x for x in (ticket.tier, ticket.group) if x)),
        ("Owner", ticket.owner or "nobody yet"),
        ("Promise", _promise(ticket, "promise")),
        ("Clock", _promise(ticket, "internal")),
        ("On hold", ticket.held_for),
    )
    return tuple((name, words.cut(value, TITLE_CHARS)) for name, value in named if value)


def _promise(ticket: Snapshot, which: str) -> str:
    promise = getattr(ticket, which)
    if promise is None:
        return ""
    broken = ", already broken" if promise.breached else ""
    return f"{words.clock(promise.clock)} by {words.instant(promise.due)}{broken}"


def _environment() -> Environment:
    environment = Environment(
        loader=PackageLoader("notifier", "templates"),
        undefined=ChainableUndefined,
        autoescape=False,  # noqa: S701 - plain text; the HTML layout escapes what it is given
    )
    environment.filters |= {
        "instant": words.instant,
        "clock": words.clock,
        "to_client": words.to_client,
        "percent": words.percent,
        "duration": words.duration,
        "cut": words.cut,
    }
    return environment


_TEMPLATES = _environment()
_NOT_WORD = re.compile(r"[^a-z0-9]+")


@lru_cache(maxsize=256)
def _template(audience: str, occasion: str) -> Template:
    """The occasion's own template, else that of its first word, else the fallback."""
    slug = _NOT_WORD.sub("_", occasion.lower()).strip("_")
    for name in (slug, slug.partition("_")[0], FALLBACK):
        try:
            return _TEMPLATES.get_template(f"{audience}/{name}.j2")
        except TemplateNotFound:
            continue
    raise TemplateNotFound(f"{audience}/{FALLBACK}.j2")


def _block(audience: str, template: Template, name: str, values: Mapping[str, Any]) -> str:
    block = template.blocks.get(name) or _template(audience, FALLBACK).blocks[name]
    text = "".join(block(template.new_context(dict(values))))
    lines = (" ".join(line.split()) for line in text.splitlines())
    return "\n".join(line for line in lines if line)
