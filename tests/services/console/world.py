"""A believable afternoon at a provider: the data the fake router starts with."""

NOW = "2026-11-20T14:05:00Z"

PEOPLE = {
    "sam": {"login": "sam", "name": "Sam", "role": "technician", "groups": ["Dispatch", "Desk"]},
    "leila": {"login": "leila", "name": "Leila", "role": "technician", "groups": ["Desk"]},
    "priya": {"login": "priya", "name": "Priya", "role": "lead", "groups": ["Dispatch"]},
}


def group(name, tier, *logins):
    members = [{"login": login, "name": login.capitalize()} for login in logins]
    staffed = tier != "management"
    return {
        "name": name, "tier": tier, "lead": logins[0], "members": members, "staffed": staffed,
    }  # fmt: skip


POLICY = {
    "version": "3f9ac1d2",
    "tiers": ["triage", "T1", "T2", "T3", "vendor", "management"],
    "groups": [
        group("Dispatch", "triage", "priya", "sam"),
        group("Desk", "T1", "priya", "sam", "leila"),
        group("Network", "T2", "tom", "ines"),
        group("Infrastructure", "T3", "ana", "joel"),
        group("Suppliers", "vendor", "ana", "joel"),
        group("Management", "management", "grace", "omar"),
    ],
    "clients": ["Harbour Dental", "Oakfield Schools", "Tidewater Freight"],
    "contacts": {
        "Harbour Dental": [{"name": "Ruth Adeyemi", "email": "ruth@harbourdental.example"}],
        "Oakfield Schools": [{"name": "Callum Reid", "email": "callum@oakfield.example"}],
    },
    "priorities": ["P1", "P2", "P3", "P4"],
}  # fmt: skip

ROW_FIELDS = (
    "number", "type", "title", "client", "state", "priority", "tier", "group", "owner",
    "desk_owner", "category", "host", "opened_at", "alerts", "promise", "internal",
    "plan_promised_at", "held_for", "next_due_at", "seq", "management", "action_due", "offered_to",
    "offered_until", "claim_ended", "restricted",
)  # fmt: skip

ALLOWED = ["claim", "notes", "plan", "move", "hold", "priority", "resolve"]


def clock(name, due, *, used=600, target=14_400, to_client=True, **more):
    return {
        "name": name, "cycle": 1, "target_s": target, "due": due, "running": due is not None,
        "met_at": None, "breached_at": None, "used_s": used, "stopped_by": "", "thresholds": [],
        "fired": [], "started_at": NOW, "to_client": to_client, **more,
    }  # fmt: skip


def make_ticket(number, title, **more):
    """A ticket as the router shows it; `more` overrides its fields."""
    promise = {"clock": "resolve", "due": "2026-11-20T16:40:00Z", "breached": False}
    internal = {"clock": "queue", "due": "2026-11-20T14:12:00Z", "breached": False}
    ticket = {
        "number": number, "type": "alert", "title": title, "client": "Harbour Dental",
        "state": "queued", "priority": "P2", "tier": "T1", "group": "Desk", "owner": "",
        "desk_owner": "", "category": "server", "host": "hd-srv-01", "opened_at": NOW,
        "alerts": 1, "promise": promise, "internal": internal, "plan_promised_at": None,
        "held_for": "", "next_due_at": "2026-11-20T14:12:00Z", "seq": 2, "body": "", "site": "",
        "service": "", "links": [], "linked": [], "requester": {"name": "", "email": ""},
        "mode": "act", "agreement": "managed gold", "path": "standard", "impact": 2, "urgency": 1,
        "vip": False, "source": "alertmanager", "restricted": "",
        "clocks": [
            clock("resolve", promise["due"]),
            clock("queue", internal["due"], target=900, to_client=False),
            clock("respond", None, met_at="2026-11-20T14:06:00Z", target=1_800),
            clock("tier", None, stopped_by="hold", target=1_800, to_client=False),
        ],
        "plan": None, "hold": None, "proposal": None, "helper": "", "trail": ["T1/Desk"],
        "bounces": 0, "reopened": 0, "restored_at": None, "resolution": "", "resolved_at": None,
        "self_healed": False, "closed_at": None, "review_at": None, "notices": {},
        "allowed": list(ALLOWED),
    }  # fmt: skip
    ticket.update(more)
    return ticket


def make_events():
    """The first two events of any ticket."""
    common = {"recorded_at": NOW, "cause": "alert 7", "clocks": []}
    return [
        {
            **common, "seq": 1, "at": NOW, "type": "opened", "words": "Opened as P2 for Harbour.",
            "what": {"body": "the disk of hd-srv-01"},
            "by": {"kind": "integration", "name": "alertmanager"},
            "why": {
                "rule": "impact 2, urgency 1", "policy": "3f9ac1d2",
                "values": {"severity": "critical"},
            },
        },
        {
            **common, "seq": 2, "at": NOW, "type": "routed", "words": "Routed to Desk (T1).",
            "what": {"tier": "T1", "group": "Desk"},
            "by": {"kind": "system", "name": "tierline"},
            "why": {
                "rule": "Everything else", "policy": "3f9ac1d2", "values": {"category": "server"},
            },
        },
    ]  # fmt: skip


def make_notice(ticket, seq, **more):
    """A notice about an event, delivered unless `more` says otherwise."""
    return {
        "ticket": ticket, "seq": seq, "kind": "person", "recipient": "Sam",
        "occasion": "new in queue", "reach": "notify", "state": "delivered", "reason": "",
        "why": "room: notify", "channel": "mail", "address": "sam@northwind.example",
        "attempts": [
            {"number": 1, "began_at": NOW, "ended_at": NOW, "outcome": "delivered", "detail": ""}
        ],
        "proof": "250 OK", "created_at": NOW, "settled_at": NOW, **more,
    }  # fmt: skip
