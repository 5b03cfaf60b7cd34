"""Whether the database has the tables of this version."""

from tierline.cli.doctor.finding import Finding, fail, ok, warn
from tierline.cli.doctor.patient import Patient
from tierline.store.schema import head, history

NAME = "schema"
MIGRATE = "Run the migration job: `python -m tierline.store.migrate`."


async def migrated(patient: Patient) -> list[Finding]:
    """The revision that the database is at is the newest one of this version."""
    there = await patient.value("SELECT to_regclass('alembic_version') IS NOT NULL")
    at = await patient.value("SELECT version_num FROM alembic_version") if there else None
    return [judge(at)]


def judge(at: str | None) -> Finding:
    """A finding about the revision `at`."""
    if at == head():
        return ok(NAME, f"at revision {at}, the newest")
    if at is None:
        return fail(NAME, "the database has never been migrated", MIGRATE)
    if at in history():
        return fail(NAME, f"at revision {at}; this version needs {head()}", MIGRATE)
    return warn(
        NAME,
        f"at revision {at}, which this version ({head()}) does not know",
        "The database is of a newer version: use that version's `tierline`, finish the roll-out.",
    )
