"""A ticket that management looks at, its actions, and an analysis, as the router shows them."""

from tests.services.console.world import NOW, make_ticket

ACTION = {
    "ticket": 1042, "title": "Disk full", "client": "Harbour Dental", "type": "problem",
    "state": "working", "priority": "P2", "number": 2, "what": "order a <second> card",
    "kind": "preventive", "owner": "ines", "due": "2026-11-20T12:00:00Z", "overdue": True,
    "moves": 3,
}  # fmt: skip
RCA = {
    "title": "Disk full", "client": "Harbour Dental", "due": "2026-11-27T12:00:00Z",
    "done_at": None, "done_by": "", "about": [1042], "summary": "", "causes": ["no <spare>"],
    "timeline": [
        {"place": "1042/1", "ticket": 1042, "seq": 1, "at": NOW, "by": "Sam", "words": "Opened.",
         "comment": "far too late"},
    ],
    "more": 4, "actions": [], "missing": ["actions"], "markdown": "# Root cause analysis",
}  # fmt: skip


def done(number, what, owner, due, **more):
    """An action of a ticket."""
    return {
        "number": number, "what": what, "owner": owner, "due": due, "kind": "corrective",
        "moves": 0, "done_at": None, "dropped": False, "outcome": "", **more,
    }  # fmt: skip


def overseen_ticket(number):
    """Everything at once: called, owed a word, complex, joined, actions, an analysis owed."""
    return make_ticket(
        number,
        "The core switch is down",
        management=True,
        action_due="2026-11-20T12:00:00Z",
        attention={
            "people": ["grace"], "since": NOW, "every_s": 1_800, "missed": 2,
            "next_due": "2026-11-20T14:35:00Z",
        },
        called=["Any P1"],
        watch={"Open too long": "2026-11-20T16:05:00Z"},
        plan_owed={"trigger": "Broken", "due": "2026-11-20T12:00:00Z", "missed": True},
        complexity="three <vendors>",
        joined=["ines"],
        actions=[
            done(1, "swap the card", "ines", "2026-11-20T12:00:00Z", moves=2),
            done(2, "call them", "sam", NOW, done_at=NOW, outcome="called"),
        ],
        rca={"due": "2026-11-20T13:00:00Z", "done_at": None, "held_by": 0, "on_problem": True},
        allowed=["brief", "add-action", "complete-action", "move-action", "to-problem", "rca"],
    )  # fmt: skip
