"""Whether every subscriber still gets its events."""

from tierline.cli.doctor.finding import Finding, ok, warn
from tierline.cli.doctor.limits import LISTED_MAX
from tierline.cli.doctor.patient import Patient

NAME = "subscriptions"

DISABLED = """
SELECT name, disabled_at, why, count(*) OVER () AS all FROM tierline.subscription
WHERE active AND disabled_at IS NOT NULL ORDER BY disabled_at DESC LIMIT $1
"""


async def live(patient: Patient) -> list[Finding]:
    """None was disabled for its failures."""
    rows = await patient.rows(DISABLED, LISTED_MAX)
    found = [
        warn(
            NAME,
            f"{row['name']} is disabled since {row['disabled_at']:%Y-%m-%d %H:%M} UTC:"
            f" {row['why']}",
            f"Mend its receiver, then `python -m notifier.resume {row['name']}`: all is sent.",
        )
        for row in rows
    ]
    if not rows:
        return [ok(NAME, "every subscription is live")]
    left = rows[0]["all"] - len(rows)
    if left:
        found.append(warn(NAME, f"and {left} more", "`tierline subscriptions list` has them all."))
    return found
