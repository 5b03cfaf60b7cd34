"""The root cause analysis as a document: what was written, the timeline from the logs, Markdown."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any

from tierline.domain.action import KINDS, Action
from tierline.domain.correction import ActionChased, RcaChased, RcaWritten
from tierline.domain.events import AlertAttached, Reviewed, Warned
from tierline.domain.oversight import BriefMissed
from tierline.domain.rca import Rca
from tierline.domain.ticket import Ticket
from tierline.messages.events import TicketMessage
from tierline.messages.words import words

_NOT_WORTH_A_LINE = (
    ActionChased,
    AlertAttached,
    BriefMissed,
    RcaChased,
    RcaWritten,
    Reviewed,
    Warned,
)
"""Types of event that say nothing about what had gone wrong, or how it was put right."""


def entries(
    messages: Iterable[TicketMessage], comments: Mapping[str, str], names: Mapping[str, str]
) -> list[dict[str, Any]]:
    """The timeline of several tickets' events: when, who, what, and what is said beside it."""
    found = []
    for message in messages:
        event = message.event
        what = event.what
        if isinstance(what, _NOT_WORTH_A_LINE) or getattr(what, "collapsed", False):
            continue
        place = f"{event.ticket}/{event.seq}"
        by = names.get(event.by.name, event.by.name) or event.by.kind
        found.append(
            {
                "place": place,
                "ticket": event.ticket,
                "seq": event.seq,
                "at": event.at,
                "by": by,
                "words": words(event, message.ticket, names),
                "comment": comments.get(place, ""),
            }
        )
    return sorted(found, key=lambda entry: (entry["at"], entry["ticket"], entry["seq"]))


def rca_view(
    ticket: Ticket, timeline: Sequence[dict[str, Any]], about: Sequence[int], more: int
) -> dict[str, Any]:
    """The document of the analysis that `ticket` holds, or owes.

    Args:
        ticket: its state.
        timeline: `entries` of the tickets it explains, as far as they are shown.
        about: the numbers of those tickets that the reader may see.
        more: events of those tickets that were not read for it.
    """
    rca = ticket.rca or Rca(None, ticket.opened_at)
    document: dict[str, Any] = {
        "number": ticket.id,
        "title": ticket.title,
        "client": ticket.client,
        "due": rca.due,
        "done_at": rca.done_at,
        "done_by": rca.done_by,
        "about": list(about),
        "summary": rca.summary,
        "causes": list(rca.causes),
        "timeline": list(timeline),
        "more": more,
        "actions": list(ticket.actions),
        "missing": missing(rca, ticket.actions),
    }
    return {**document, "markdown": markdown(document, ticket.actions)}


def missing(rca: Rca, actions: Sequence[Action]) -> list[str]:
    """What an analysis still lacks before it can be called complete."""
    lacks = {"causes": not rca.causes, "actions": not actions}
    return [name for name, lack in lacks.items() if lack]


def markdown(document: Mapping[str, Any], actions: Sequence[Action]) -> str:
    """The document as Markdown. What people wrote is kept from being read as markup."""
    lines = [f"# Root cause analysis: {plain(document['title'])}", ""]
    about = ", ".join(f"#{number}" for number in document["about"])
    lines += [f"Client: {plain(document['client'])}  ", f"Tickets: {about}  "]
    lines += [f"Due: {_when(document['due'])}  ", f"Completed: {_completed(document)}", ""]
    lines += ["## Summary", "", plain(document["summary"]) or "(to be written)", ""]
    lines += ["## Causes", ""]
    lines += [f"- {plain(cause)}" for cause in document["causes"]] or ["(to be found)"]
    lines += ["", "## Timeline", "", "| When (UTC) | Ticket | Who | What |", "|---|---|---|---|"]
    lines += [_row(entry) for entry in document["timeline"]]
    if document["more"]:
        lines.append(f"| | | | and {document['more']} more events |")
    for kind in KINDS:
        lines += ["", f"## {kind.capitalize()} actions", ""]
        lines += [_action(one) for one in actions if one.kind == kind] or ["(none)"]
    return "\n".join(lines) + "\n"


def _row(entry: Mapping[str, Any]) -> str:
    said = plain(entry["words"])
    if entry["comment"]:
        said += f"<br>*{plain(entry['comment'])}*"
    return f"| {_when(entry['at'])} | #{entry['ticket']} | {plain(entry['by'])} | {said} |"


def _action(action: Action) -> str:
    ticked = "x" if action.done_at is not None and not action.dropped else " "
    due = f"{plain(action.owner)}, due {_when(action.due)}"
    outcome = f": {plain(action.outcome)}" if action.outcome else ""
    dropped = ", dropped" if action.dropped else ""
    moved = f", moved {action.moves} times" if action.moves else ""
    return f"- [{ticked}] {plain(action.what)} ({due}{moved}{dropped}){outcome}"


def _when(at: datetime | None) -> str:
    return f"{at:%Y-%m-%d %H:%M}" if at else "-"


def _completed(document: Mapping[str, Any]) -> str:
    if document["done_at"] is None:
        return "not yet"
    return f"{_when(document['done_at'])} by {plain(document['done_by'])}"


_ESCAPED = str.maketrans(
    {mark: f"\\{mark}" for mark in "\\`*_[]|#"} | {mark: f"&#{ord(mark)};" for mark in "<>&"}
)


def plain(text: str) -> str:
    """A text on one line, with what Markdown or HTML would read as markup escaped."""
    return " ".join(text.split()).translate(_ESCAPED)
