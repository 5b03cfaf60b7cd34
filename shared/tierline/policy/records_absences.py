"""Who is away, of the records of a folder, as on-call schedules ask it."""

from collections.abc import Iterator
from zoneinfo import ZoneInfo

from tierline.domain.rota import Absence
from tierline.policy.kinds.moments import ends_of, starts_of
from tierline.policy.records import Records


def absences_of(records: Records) -> Iterator[Absence]:
    """Every absence, by its person's own clock; of somebody without a zone, by UTC."""
    zones = {
        str(it["name"]): ZoneInfo(str(it.get("zone") or "UTC"))
        for it in records.documents.get("people", ())
    }
    for it in records.documents.get("absences", ()):
        zone = zones.get(str(it["person"]), ZoneInfo("UTC"))
        starts = starts_of(it["from"]).replace(tzinfo=zone)
        yield Absence(str(it["person"]), starts, ends_of(it["until"]).replace(tzinfo=zone))
