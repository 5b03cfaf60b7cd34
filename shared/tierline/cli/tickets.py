"""`tierline tickets`: find tickets, look at one, open one. What changes one is in `ticket_acts`."""

from collections.abc import Sequence
from typing import Any

import typer

from tierline.cli import ticket_acts
from tierline.cli import ticket_options as opt
from tierline.cli.call import Call, Number, with_router
from tierline.cli.client import Json, Params
from tierline.cli.ticket_answers import place_words
from tierline.cli.ticket_views import show_list, show_ticket
from tierline.domain.terms import TicketType

EVENTS_PAGE = 200
EVENTS_MAX = 2_000
"""Events of one ticket that `show` prints; the API has the rest."""

app = typer.Typer(no_args_is_help=True, help="Find tickets, look at them, act on them.")


@app.callback()
def tickets() -> None:
    """Find tickets, look at them, act on them."""


@app.command("list")
@with_router
def list_(
    call: Call,
    *,
    state: opt.States = None,
    tier: opt.Tiers = None,
    group: opt.Groups = None,
    owner: opt.Owners = None,
    client: opt.Clients = None,
    priority: opt.Priorities = None,
    type_: opt.Types = None,
    q: opt.Words = None,
    sort: opt.Sort = "promise",
    limit: opt.Limit = 50,
    everything: opt.Everything = False,
) -> None:
    """List open tickets, the soonest promise first.

    A filter that is repeated means any of its values; closed tickets come with --state closed.
    """
    params: list[tuple[str, str | int]] = [("sort", sort), ("limit", 200 if everything else limit)]
    repeated: dict[str, Sequence[str] | None] = {"state": state, "tier": tier, "group": group}
    repeated |= {"client": client, "priority": priority, "type": type_, "owner": owner}
    for name, values in repeated.items():
        params += [(name, str(value)) for value in values or ()]
    if q:
        params.append(("q", q))
    found = _listed(call, params, everything=everything)
    now = None if call.as_json else call.now()
    call.answer(found, lambda screen, document: show_list(screen, document, now))


def _listed(call: Call, params: Params, *, everything: bool) -> Json:
    if not everything:
        return call.router.get("/v1/tickets", params)
    items: list[Any] = []
    page: Json = {}
    for page in call.router.pages("/v1/tickets", params):
        items += page["items"]
    return {"items": items, "next_cursor": page.get("next_cursor")}


@app.command()
@with_router
def show(call: Call, *, number: Number) -> None:
    """Show a ticket: where it is, its promises, its timeline and who was told."""
    path = f"/v1/tickets/{number}"
    document = {
        "now": call.router.get("/v1/clock")["now"],
        "ticket": call.router.get(path),
        "events": _events(call, path),
        "notices": call.router.get(f"{path}/notices")["items"],
    }
    call.answer(document, show_ticket)


def _events(call: Call, path: str) -> list[Any]:
    found: list[Any] = []
    while len(found) < EVENTS_MAX:
        after = found[-1]["seq"] if found else 0
        params = [("after", after), ("limit", EVENTS_PAGE)]
        page = call.router.get(f"{path}/events", params)["items"]
        found += page
        if len(page) < EVENTS_PAGE:
            break
    return found


@app.command("open")
@with_router
def open_(
    call: Call,
    *,
    title: opt.Title,
    client: opt.Client,
    requester: opt.RequesterName = "",
    email: opt.Email = "",
    type_: opt.Type = TicketType.INCIDENT,
    impact: opt.Impact = None,
    urgency: opt.Urgency = None,
    priority: opt.OnePriority = None,
    start: opt.Start = None,
    category: opt.Category = None,
    site: opt.Site = None,
    host: opt.Host = None,
    service: opt.Service = None,
    body: opt.Body = None,
    spoken_to: opt.SpokenTo = False,
) -> None:
    """Open a ticket, as the phone form does."""
    asker = {name: text for name, text in (("name", requester), ("email", email)) if text}
    said: dict[str, Any] = {"type": type_, "title": title, "client": client, "body": body}
    said |= {"impact": impact, "urgency": urgency, "priority": priority, "start": start}
    said |= {"category": category, "site": site, "host": host, "service": service}
    said |= {"requester": asker or None, "spoken_to": spoken_to or None}
    opened = call.router.post("/v1/tickets", said)
    call.answer(opened, lambda screen, ticket: screen.line(place_words(ticket)))


ticket_acts.register(app)
