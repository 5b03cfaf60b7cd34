"""How tickets read on a terminal: the list, the whole of one."""

from collections.abc import Iterable, Mapping
from datetime import datetime, timedelta
from typing import Any

from tierline.cli.call import Screen
from tierline.cli.moments import full_time, local_time, parse_instant, span, until
from tierline.cli.notices import notice_words
from tierline.cli.oversight_views import overseen
from tierline.cli.together_views import together_pairs

Row = Mapping[str, Any]

_COMMANDS = {"notes": "note", "rca": "write-rca"}
"""What the command line calls a command, where the API says it otherwise."""


def show_list(screen: Screen, document: Row, now: datetime | None) -> None:
    """Print the rows of a list, with what is due first for each.

    Args:
        screen: where to.
        document: `items` and `next_cursor`.
        now: policy time (UTC).
    """
    items = document["items"]
    if not items:
        screen.line("no tickets")
        return
    headings = ("number", "prio", "state", "with", "owner", "due", "title")
    screen.table(headings, ([*_cells(row), _nearest(row, now), row["title"]] for row in items))
    if document.get("next_cursor"):
        screen.line(f"the first {len(items)}; --all or --limit shows more", style="dim")


def _cells(row: Row) -> list[str]:
    place = f"{row['tier']}/{row['group']}"
    return [str(row["number"]), row["priority"], _state(row), place, row["owner"] or "-"]


def _state(row: Row) -> str:
    if row["state"] == "resolved" and row.get("type") == "request":
        return "fulfilled"
    return str(row["state"]).replace("_", " ")


def _nearest(row: Row, now: datetime | None) -> str:
    """The promise, to the client or internal, that is or was due first."""
    found = [p for p in (row.get("promise"), row.get("internal")) if p and p.get("due")]
    if not found or now is None:
        return "-"
    first = min(found, key=lambda promise: _at(promise["due"]))
    return f"{first['clock']} {until(_at(first['due']), now)}"


def _at(text: str) -> datetime:
    return datetime.fromisoformat(text)


def show_ticket(screen: Screen, document: Row) -> None:
    """Print a ticket: header, promises, timeline, notices.

    Args:
        screen: where to.
        document: `now`, `ticket`, `events` and `notices`, as the API gives them.
    """
    ticket, now = document["ticket"], _at(document["now"])
    screen.line(f"{ticket['number']}  {ticket['priority']}  {ticket['title']}", style="bold")
    screen.pairs([*_header(ticket, now), ("decided by", _decided_by(document["events"]))])
    if ticket.get("body"):
        screen.line()
        screen.line(ticket["body"])
    screen.line()
    screen.line("Promises", style="bold")
    clocks = (_clock_row(clock, now) for clock in ticket["clocks"])
    screen.table(("clock", "", "target", "used", "due"), clocks)
    screen.line()
    screen.line("Timeline", style="bold")
    screen.table(("seq", "when", "by", "what"), _timeline(document["events"], now), wrap=True)
    screen.line()
    screen.line("Told", style="bold")
    told = sorted(document["notices"], key=lambda notice: notice["seq"])
    if told:
        rows = ([str(notice["seq"]), notice_words(notice, now)] for notice in told)
        screen.table(("seq", "real time, who, outcome"), rows, wrap=True)
    else:
        screen.line("nobody yet")
    screen.line()
    screen.line(f"policy time {full_time(now)}", style="dim")


def _header(ticket: Row, now: datetime) -> Iterable[tuple[str, str]]:
    owner = ticket["owner"] or "nobody"
    desk = ticket.get("desk_owner") or ""
    yield "state", f"{_state(ticket)}, {ticket['tier']}/{ticket['group']}, owner {owner}"
    yield "client", ticket["client"]
    yield "restricted to", ticket.get("restricted") or ""
    yield "desk owner", desk if desk != ticket["owner"] else ""
    yield "helper", ticket.get("helper") or ""
    yield "requester", _requester(ticket.get("requester") or {})
    yield "what", ", ".join(ticket[n] for n in ("type", "category", "service") if ticket.get(n))
    yield "where", ", ".join(ticket[name] for name in ("site", "host") if ticket.get(name))
    yield "opened", local_time(_at(ticket["opened_at"]), now)
    yield "alerts", str(ticket["alerts"]) if ticket.get("alerts") else ""
    mode = ticket.get("mode") or "act"
    yield "covered", "no: the agreement does not cover it" if ticket.get("covered") is False else ""
    yield "called out", _when(ticket.get("called_out"), now)
    yield "mode", f"{mode}: Tierline does not move it by itself" if mode != "act" else ""
    yield "plan", _plan(ticket.get("plan"), now)
    yield "on hold", _hold(ticket.get("hold"), now)
    yield "offered", _offer(ticket.get("offer"), now)
    yield "claim", _claim(ticket, now)
    yield "approval", _approval(ticket.get("approval"), now)
    yield "scheduled", _booking(ticket.get("booking"), now)
    yield "proposed", _proposal(ticket)
    yield from together_pairs(ticket)
    yield from overseen(ticket, now)
    yield "restored", _when(ticket.get("restored_at"), now)
    yield "resolution", ticket.get("resolution") or ""
    yield "requester says", _survey(ticket.get("survey"))
    yield "links", " ".join([*ticket.get("links", ()), *map(str, ticket.get("linked", ()))])
    yield "you may", ", ".join(_COMMANDS.get(one, one) for one in ticket.get("allowed", ()))


def _decided_by(events: Iterable[Row]) -> str:
    """Which rule decided what when the ticket came in, as its first events tell."""
    found: dict[str, str] = {}
    for event in events:
        if event.get("type") in {"opened", "routed"}:
            found |= event.get("why", {}).get("values", {}).get("decided_by", {})
    return "; ".join(f"{what}: {rule}" for what, rule in found.items())


def _requester(requester: Row) -> str:
    name, email = requester.get("name") or "", requester.get("email") or ""
    return f"{name} <{email}>" if name and email else name or email


def _when(text: str | None, now: datetime) -> str:
    return local_time(_at(text), now) if text else ""


def _plan(plan: Row | None, now: datetime) -> str:
    if not plan:
        return ""
    due = _at(plan["promised_at"])
    return f"{plan['next_step']}, by {local_time(due, now)} ({until(due, now)})"


def _hold(hold: Row | None, now: datetime) -> str:
    if not hold:
        return ""
    of = f" of {hold['of']}" if hold.get("of") else ""
    ends = f", until {local_time(_at(hold['until']), now)}" if hold.get("until") else ""
    chase = f", next chase {_when(hold.get('next_chase'), now)}" if hold.get("next_chase") else ""
    return f"{hold['reason']}: asked{of}: {hold['asked']}{chase}{ends}"


def _offer(offer: Row | None, now: datetime) -> str:
    if not offer:
        return ""
    if offer["to"]:
        return f"to {offer['to']} until {_when(offer['until'], now)}"
    return f"to nobody now, again {_when(offer['again_at'], now)}" if offer["again_at"] else ""


def _claim(ticket: Row, now: datetime) -> str:
    """When the claim ends by itself, or why it has ended."""
    if ended := ticket.get("claim_ended"):
        return f"ended: {ended}"
    end = ticket.get("claim_end")
    if not end:
        return ""
    kept = ", kept beyond" if end["kept"] else ""
    return f"until {_when(end['at'], now)} ({end['because']}{kept})"


def _approval(asked: Row | None, now: datetime) -> str:
    if not asked:
        return ""
    price = f"{asked['price']}, " if asked.get("price") else ""
    said = asked.get("answer") or f"asked until {_when(asked['expires_at'], now)}"
    word = f" ({asked['word']})" if asked.get("word") else ""
    return f"{asked['approver']}: {price}{said}{word}: {asked['asked']}"


def _booking(booking: Row | None, now: datetime) -> str:
    if not booking:
        return ""
    end = f" to {_when(booking['end'], now)}" if booking.get("end") else ""
    return f"{_when(booking['start'], now)}{end}"


def _survey(survey: Row | None) -> str:
    if not survey or not survey.get("score"):
        return ""
    word = f": {survey['word']}" if survey.get("word") else ""
    against = " (the word says that it is not fixed)" if survey.get("contradicts") else ""
    return f"{survey['score']}{word}{against}"


def _proposal(ticket: Row) -> str:
    proposal = ticket.get("proposal")
    if not proposal:
        return ""
    place = f"{proposal['to_tier']}/{proposal['to_group']}"
    how = f"`tierline tickets accept {ticket['number']} {proposal['seq']}`"
    return f"move to {place}: {proposal['reason']} ({how})"


def _clock_row(clock: Row, now: datetime) -> list[str]:
    target, used = (span_of(clock[name]) for name in ("target_s", "used_s"))
    return [clock["name"], _standing(clock), target, used, _due(clock, now)]


def _standing(clock: Row) -> str:
    """Whether the promise runs, stands still, is met or broken (it may be met late)."""
    met, broken = clock.get("met_at"), clock.get("breached_at")
    if met or broken:
        return "met late" if met and broken else "met" if met else "broken"
    if clock.get("running"):
        return "running"
    why = clock.get("stopped_by") or ""
    if why == "void":
        return "ended"
    cause, _, reason = why.partition(":")
    shown = f"{cause} ({reason})" if reason else cause
    return f"stopped: {shown}" if shown else "stopped"


def _due(clock: Row, now: datetime) -> str:
    if clock.get("met_at"):
        return f"met {local_time(_at(clock['met_at']), now)}"
    due = parse_instant(clock.get("due"))
    return f"{local_time(due, now)} ({until(due, now)})" if due else "-"


def span_of(seconds: float | None) -> str:
    """Write seconds as a length of time."""
    return span(timedelta(seconds=seconds)) if seconds is not None else "-"


def _timeline(events: Iterable[Row], now: datetime) -> Iterable[list[str]]:
    for event in events:
        by = event.get("by") or {}
        name = by.get("name") or by.get("kind") or ""
        yield [str(event["seq"]), local_time(_at(event["at"]), now), name, event["words"]]
