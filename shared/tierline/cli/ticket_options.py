"""The options of `tierline tickets list` and `open`."""

from typing import Annotated

import typer

from tierline.domain.terms import Priority, State, TicketType

States = Annotated[
    list[State] | None, typer.Option("--state", help="In this state; may be repeated.")
]
Tiers = Annotated[list[str] | None, typer.Option("--tier", help="At this tier.")]
Groups = Annotated[list[str] | None, typer.Option("--group", help="With this group.")]
Owners = Annotated[
    list[str] | None, typer.Option("--owner", help="me, none, or a login.", metavar="LOGIN")
]
Clients = Annotated[list[str] | None, typer.Option("--client", help="Of this client.")]
Priorities = Annotated[list[Priority] | None, typer.Option("--priority", help="Of this priority.")]
Types = Annotated[list[TicketType] | None, typer.Option("--type", help="Of this type.")]
Words = Annotated[str | None, typer.Option("--q", help="A part of the title, or a number.")]
Sort = Annotated[str, typer.Option("--sort", help="promise, opened, priority or number.")]
Limit = Annotated[int, typer.Option("--limit", help="How many at most.", min=1, max=200)]
Everything = Annotated[bool, typer.Option("--all", help="Every page, up to 20,000 tickets.")]

Title = Annotated[str, typer.Option("--title", help="What it is about, in one line.")]
Client = Annotated[str, typer.Option("--client", help="Whose it is.")]
RequesterName = Annotated[str, typer.Option("--requester", help="Who calls.")]
Email = Annotated[str, typer.Option("--email", help="Where they are told.")]
Type = Annotated[TicketType, typer.Option("--type", help="What kind of work it is.")]
Impact = Annotated[
    int | None, typer.Option("--impact", help="Who is hit: 1 (worst) to 3.", min=1, max=3)
]
Urgency = Annotated[
    int | None, typer.Option("--urgency", help="1 stopped, 2 degraded, 3 can wait.", min=1, max=3)
]
OnePriority = Annotated[
    Priority | None, typer.Option("--priority", help="Instead of impact and urgency.")
]
Start = Annotated[str | None, typer.Option("--start", help="The group or tier to begin with.")]
Category = Annotated[str | None, typer.Option("--category", help="What it concerns.")]
Site = Annotated[str | None, typer.Option("--site", help="Where it is.")]
Host = Annotated[str | None, typer.Option("--host", help="The device.")]
Service = Annotated[str | None, typer.Option("--service", help="The service.")]
Body = Annotated[str | None, typer.Option("--body", help="All else that was said.")]
SpokenTo = Annotated[
    bool, typer.Option("--spoken-to", help="The requester has been spoken to already.")
]
