"""All checks, at the same time and within their time."""

import asyncio
from collections.abc import Awaitable, Callable, Sequence

from tierline.cli.doctor import (
    auditor,
    backups,
    clocks,
    dead_letters,
    disk,
    expiry,
    kafka,
    mail,
    policy,
    pools,
    postgres,
    schema,
    secrecy,
    services,
    subscriptions,
)
from tierline.cli.doctor.finding import Finding, fail, skipped
from tierline.cli.doctor.limits import CHECK_SECONDS
from tierline.cli.doctor.patient import AwayError, Patient, Surroundings

Check = Callable[[Patient], Awaitable[list[Finding]]]

CHECKS: Sequence[tuple[str, Check]] = (
    (services.READY, services.reachable),
    (services.VERSION, services.same_version),
    (schema.NAME, schema.migrated),
    (postgres.NAME, postgres.settings),
    (postgres.SLOTS, postgres.slots),
    (pools.NAME, pools.sum_fits),
    (kafka.NAME, kafka.topics),
    (kafka.GROUPS, kafka.consumers),
    (clocks.NAME, clocks.agree),
    (clocks.POLICY, clocks.policy_time),
    (disk.NAME, disk.room),
    (mail.NAME, mail.relay),
    (policy.NAME, policy.in_force),
    (subscriptions.NAME, subscriptions.live),
    (dead_letters.NAME, dead_letters.none_waits),
    (auditor.NAME, auditor.findings),
    (secrecy.NAME, secrecy.chosen),
    (secrecy.TOKENS, secrecy.no_development_token),
    (expiry.TOKENS, expiry.tokens),
    (expiry.CERTIFICATES, expiry.certificates),
    (backups.NAME, backups.recent),
)
"""In the order in which they are told: what stops everything first."""

DATABASE, KAFKA = "database", "kafka"


async def examine(patient: Patient) -> list[Finding]:
    """Look at everything.

    Args:
        patient: entered.

    Returns:
        Findings in the order of CHECKS; what could not be reached is said once, first.
    """
    found = [*await _database(patient), *_kafka(patient)]
    looked = await asyncio.gather(*(_look(name, check, patient) for name, check in CHECKS))
    return found + [finding for findings in looked for finding in findings]


async def _look(name: str, check: Check, patient: Patient) -> list[Finding]:
    try:
        async with asyncio.timeout(CHECK_SECONDS):
            return await check(patient)
    except AwayError as error:
        return [skipped(name, str(error))]
    except TimeoutError:
        return [skipped(name, f"no answer within {CHECK_SECONDS:g} s")]
    except Exception as error:  # noqa: BLE001 - of what is half broken anything may come
        return [skipped(name, f"it could not be looked at: {type(error).__name__}: {error}")]


async def _database(patient: Patient) -> list[Finding]:
    try:
        await patient.value("SELECT 1")
    except AwayError as error:
        return [_away(DATABASE, str(error), patient.around, "TIERLINE_DATABASE_URL")]
    return []


def _kafka(patient: Patient) -> list[Finding]:
    try:
        _ = patient.cluster
    except AwayError as error:
        return [_away(KAFKA, str(error), patient.around, "TIERLINE_KAFKA_BOOTSTRAP")]
    return []


def _away(name: str, said: str, around: Surroundings, variable: str) -> Finding:
    known = around.database_url if name == DATABASE else around.bootstrap
    if not known:
        return skipped(name, said, f"Set {variable}, or start a copy with `tierline up`.")
    if around.home is not None:
        remedy = f"Start the stack with `tierline up`; its logs are in {around.home / 'logs'}."
    else:
        remedy = f"Check {variable}, and that it runs and may be reached from here."
    if name == KAFKA:
        remedy += " Alerts are accepted meanwhile; they become tickets when it is back."
    return fail(name, said, remedy)
