"""What the service finds of itself: sla-timer's auditor, as its metrics tell."""

import re

from tierline.cli.doctor.finding import Finding, fail, ok, skipped
from tierline.cli.doctor.patient import Patient

NAME = "auditor"
METRIC = re.compile(r'^tierline_auditor_findings\{what="([^"]*)"\} ([0-9.e+]+)$', re.MULTILINE)


async def findings(patient: Patient) -> list[Finding]:
    """Nothing that should have happened by now has not."""
    answer = await patient.ask("sla_timer", "/metrics")
    return judge({what: float(count) for what, count in METRIC.findall(answer.text)})


def judge(counts: dict[str, float]) -> list[Finding]:
    """Findings about the auditor's own, by what it looked at."""
    if not counts:
        said = "sla-timer has not looked yet"
        return [skipped(NAME, said, "It does every minute; ask again.")]
    found = [
        fail(
            NAME,
            f"{count:.0f} {what}",
            "Something is stuck: whatever else is said here comes first; then sla-timer's log.",
        )
        for what, count in counts.items()
        if count
    ]
    return found or [ok(NAME, f"nothing is late, of {len(counts)} things looked at")]
