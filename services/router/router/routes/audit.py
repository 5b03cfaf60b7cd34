"""What the service should have done by now and has not: looked for anew at each request."""

from typing import Any

from fastapi import APIRouter
from starlette.responses import Response

from router.caller import Administrator, every_client
from router.context import Here
from router.described import READING, refusals
from router.responses.audit import Audit
from tierline.store.audit import TOLD, Finding, look_closely
from tierline.web.encoding import json_response

router = APIRouter(tags=["audit"])


@router.get("/v1/audit", response_model=Audit, responses=refusals(*READING))
async def audit(context: Here, principal: Administrator) -> Response:
    """What is amiss with the service itself, with the first few of each kind and what to do.

    `told_at`: when the auditor told its own mail address or webhook of it last, if it did.
    """
    every_client(principal)
    async with context.db.connection() as connection:
        at = await connection.fetchval("SELECT clock_timestamp()")
        findings = await look_closely(connection)
        told = {row["what"]: row for row in await connection.fetch(TOLD)}
    return json_response({"at": at, "items": [_shown(one, told.get(one.what)) for one in findings]})


def _shown(finding: Finding, told: Any) -> dict[str, Any]:
    return {
        "what": finding.what,
        "count": finding.count,
        "remedy": finding.remedy,
        "found_since": None if told is None else told["since"],
        "told_at": None if told is None else told["told_at"],
        "rows": [
            {"which": row.which, "since": row.since, "about": row.about} for row in finding.rows
        ],
    }
