"""Training as the command line prints it."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from tierline.cli.call import Screen
from tierline.cli.moments import local_time, parse_instant

Shown = Mapping[str, Any]


def show_training(screen: Screen, document: Shown, now: datetime) -> None:
    """Print each tier's next session, then a line or two an item."""
    for it in document["agendas"]:
        at = local_time(parse_instant(it["at"]), now) if it["at"] else "not in the policy"
        screen.line(f"{it['tier']}: next session {at}; {it['planned']} planned, {it['open']} open")
    for it in document["items"]:
        why = f", comes again ({len(it['like'])} like it)" if it["like"] else ""
        about = f"{it['client']}: {it['title']}"
        named = f"{it['ticket']}/{it['seq']}  {it['tier']}  {it['kind']}  {it['state']}"
        screen.line(f"{named}  {about}{why}")
        if it["text"] or it["note"]:
            said = "; ".join(text for text in (it["text"], it["note"]) if text)
            screen.line(f"      {said}", style="dim")
        if it["effect"]:
            screen.line(f"      {_effect(it['effect'])}", style="dim")
    if not document["items"]:
        screen.line("nothing to teach")
    if document["more"]:
        screen.line("more was resolved than is looked at: the newest only")


def _effect(it: Shown) -> str:
    before = f"{it['before']} escalations about {it['of']} in the 28 days before"
    return f"{before}, {it['after']} in the {it['after_days']} days since"


def show_marked(screen: Screen, document: Shown) -> None:
    """Print what was made of an item."""
    screen.line(f"{document['ticket']}/{document['seq']} is {document['state']}")
