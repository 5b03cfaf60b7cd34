"""Whether something could not be processed."""

from tierline.cli.doctor.finding import Finding, ok, warn
from tierline.cli.doctor.limits import LETTERS_RECENT_HOURS, LISTED_MAX
from tierline.cli.doctor.patient import Patient

NAME = "dead letters"

WAITING = """
SELECT source, count(*) AS waiting, max(at) AS latest,
       count(*) FILTER (WHERE at > now() - make_interval(hours => $1)) AS recent
FROM tierline.dead_letter WHERE replayed_at IS NULL GROUP BY source ORDER BY max(at) DESC LIMIT $2
"""


async def none_waits(patient: Patient) -> list[Finding]:
    """No dead letter of late waits to be looked at; older ones are only counted."""
    rows = await patient.rows(WAITING, LETTERS_RECENT_HOURS, LISTED_MAX)
    found = [
        warn(
            NAME,
            f"{row['recent']} of {row['source']} in {LETTERS_RECENT_HOURS} h,"
            f" the latest {row['latest']:%Y-%m-%d %H:%M} UTC",
            "`tierline dead-letters list` has the reasons: docs/runbooks/poisoned-topic.md.",
        )
        for row in rows
        if row["recent"]
    ]
    older = sum(row["waiting"] - row["recent"] for row in rows)
    return found or [ok(NAME, f"none in {LETTERS_RECENT_HOURS} h, {older} older ones")]
