"""Whether the connections of all services fit into the server."""

from tierline.cli.doctor.finding import Finding, fail, ok, warn
from tierline.cli.doctor.limits import POOL_WARN_SHARE
from tierline.cli.doctor.patient import Patient
from tierline.store.database import POOL_MAX, SESSION

NAME = "connections"
WITH_DATABASE = ("intake", "router", "sla_timer", "notifier")

IN_USE = """
SELECT count(*) FILTER (WHERE application_name = $1) AS ours,
       count(*) FILTER (WHERE application_name <> $1) AS others,
       count(DISTINCT client_addr) FILTER (WHERE application_name = $1) AS addresses
FROM pg_stat_activity WHERE backend_type = 'client backend' AND pid <> pg_backend_pid()
"""

ROOM = """
SELECT current_setting('max_connections')::int
     - current_setting('superuser_reserved_connections')::int
"""


async def sum_fits(patient: Patient) -> list[Finding]:
    """All pools, full, and what others use, are less than the server takes.

    A process is known by its address (in Kubernetes each has its own); there are at least as many
    as services with a database are known, and as their connections need.
    """
    (row,) = await patient.rows(IN_USE, SESSION["application_name"])
    room = await patient.value(ROOM)
    known = sum(name in patient.around.urls for name in WITH_DATABASE)
    needed = -(-row["ours"] // POOL_MAX)
    return [judge(max(row["addresses"], known, needed), row["others"], room)]


def judge(processes: int, others: int, room: int) -> Finding:
    """A finding about so many processes beside so many other connections."""
    most = processes * POOL_MAX + others
    said = f"{processes} processes of {POOL_MAX} and {others} others: {most} of {room} connections"
    remedy = (
        "Raise max_connections, run fewer replicas, or put a transaction pooler in front; a "
        "service that gets no connection is not ready."
    )
    if most > room:
        return fail(NAME, said, remedy)
    return warn(NAME, said, remedy) if most > POOL_WARN_SHARE * room else ok(NAME, said)
