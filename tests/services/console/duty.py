"""A schedule as the router gives it: Tom, then a gap of half a day, then Ines."""

WHY = {"words": "layer rotation, 1 of 2 in the rotation"}


def standing(*names, until=None, following=None):
    people = [{"name": name, "login": name.lower(), "why": WHY} for name in names]
    return {
        "schedule": "network rota",
        "people": people,
        "nobody": "" if names else "away",
        "until": until,
        "next": following,
    }


NEXT = {**standing("Ines"), "at": "2026-11-23T09:00:00Z"}
SCHEDULE = {
    "name": "network rota",
    "zone": "Europe/London",
    "people": ["Tom", "Ines"],
    "when_away": "next",
    "layers": [],
    "groups": ["Network"],
    "now": standing("Tom", until="2026-11-23T09:00:00Z", following=NEXT),
    "from": "2026-11-16T00:00:00Z",
    "until": "2026-11-30T00:00:00Z",
    "shifts": [
        {"name": "Tom", "login": "tom", "from": "2026-11-16T00:00:00Z",
         "until": "2026-11-23T00:00:00Z", "why": WHY},
        {"name": "Ines", "login": "ines", "from": "2026-11-23T12:00:00Z",
         "until": "2026-11-30T00:00:00Z", "why": WHY},
    ],
    "gaps": [
        {"from": "2026-11-23T00:00:00Z", "until": "2026-11-23T12:00:00Z", "why": "away"},
    ],
    "overrides": [
        {"id": "o-1", "from": "2026-11-23T12:00:00Z", "until": "2026-11-24T12:00:00Z",
         "person": "Ines", "replaces": "Tom", "reason": "dentist", "by": "tom",
         "made_at": "2026-11-16T00:00:00Z"},
    ],
}  # fmt: skip


def who_is_on(client):
    return {
        "at": "2026-11-20T14:05:00Z",
        "client": client,
        "cover": {},
        "groups": [
            {"name": "Network", "tier": "T2", "staffed": False, "closes_at": None,
             "opens_at": "2026-11-23T08:00:00Z", "lead": "tom", "on_call": SCHEDULE["now"],
             "words": ""},
        ],
        "duty_manager": standing(),
    }  # fmt: skip
