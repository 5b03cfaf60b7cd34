"""Whether clocks agree, and policy time is real time."""

import asyncio
from collections.abc import Mapping
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime

from tierline.cli.doctor.finding import Finding, fail, ok, warn
from tierline.cli.doctor.limits import SKEW_FAIL_S, SKEW_WARN_S
from tierline.cli.doctor.patient import AwayError, Patient

NAME = "clocks"
POLICY = "policy time"
TICK_S = 1.0
"""What a date of HTTP leaves out."""


async def agree(patient: Patient) -> list[Finding]:
    """The clocks of this machine and of the services, against the database's."""
    here = datetime.now(UTC)
    database = await patient.value("SELECT clock_timestamp()")
    back = datetime.now(UTC)
    # Its answer is of some moment in between, however long it was waited for.
    least, most = (here - database).total_seconds(), (back - database).total_seconds()
    skews = {"this machine": least if least > 0 else min(0.0, most)}
    names = list(patient.around.urls)
    told = await asyncio.gather(*(_skew(patient, name) for name in names))
    for name, skew in zip(names, told, strict=True):
        if skew is not None:
            skews[name] = skew + skews["this machine"]
    return judge(skews)


async def _skew(patient: Patient, service: str) -> float | None:
    """Seconds that a service is ahead of this machine; None where it does not say."""
    asked = datetime.now(UTC)
    try:
        answer = await patient.ask(service, "/healthz")
        told = parsedate_to_datetime(answer.headers["date"])
    except (AwayError, KeyError, ValueError):
        return None
    # The answer's date is of some moment in between, and has no fraction of a second.
    ahead = (told - datetime.now(UTC)).total_seconds()
    behind = (told - asked).total_seconds() + TICK_S
    return ahead if ahead > 0 else min(0.0, behind)


def judge(skews: Mapping[str, float]) -> list[Finding]:
    """Findings about who is how many seconds ahead of the database."""
    found = []
    for name, skew in skews.items():
        if abs(skew) >= SKEW_WARN_S:
            way = "ahead of" if skew > 0 else "behind"
            said = f"{name} is {abs(skew):.0f} s {way} the database"
            remedy = (
                "Run NTP on both. Promises go by the database's clock; signatures of webhooks, "
                "sessions and retries by the machine's."
            )
            found.append((fail if abs(skew) >= SKEW_FAIL_S else warn)(NAME, said, remedy))
    return found or [ok(NAME, f"{len(skews)} clocks agree with the database's")]


async def policy_time(patient: Patient) -> list[Finding]:
    """In production policy time is real time."""
    (row,) = await patient.rows(
        "SELECT speed, held, extract(epoch FROM tierline.policy_now() - clock_timestamp())::float8"
        " AS ahead FROM tierline.policy_clock"
    )
    real = row["speed"] == 1 and not row["held"] and abs(row["ahead"]) < SKEW_WARN_S
    if real:
        return [ok(POLICY, "real time")]
    state = "held" if row["held"] else f"{row['speed']:g} times as fast"
    said = f"{state}, {row['ahead']:.0f} s ahead of real time"
    if patient.around.development:
        return [ok(POLICY, f"{said} (a development stack may)")]
    return [
        fail(
            POLICY,
            said,
            "This database was a development stack's: promises are measured in its time. Use "
            "another one for production.",
        )
    ]
