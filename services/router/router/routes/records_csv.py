"""Records as tables: exported, and imported with a preview first."""

import uuid
from typing import Annotated, Any, Final

from fastapi import APIRouter, Query, Request
from starlette.responses import Response

from router.caller import Caller, Reader, Writer
from router.context import Context, Here
from router.described import READING, WRITING, refusals
from router.limits import EXPORT_ROWS_MAX
from router.records.changing import asker_name
from router.records.csv_text import write_table
from router.records.importing import Plan, import_table
from router.records.kind_named import kind_named
from router.records.reading import Wanted, list_records
from router.records.requests import RecordExportQuery, RecordImportQuery
from router.records.walls import check_may_write
from router.responses.records import Imported
from router.routes.records import KindName
from router.transactions import write
from tierline.policy.kinds import Kind
from tierline.store.records import Cause
from tierline.store.tickets import Connection
from tierline.web.encoding import json_response
from tierline.web.idempotency import Answer, Attempt, Given, once
from tierline.web.problems import ProblemError

router = APIRouter(tags=["records"])

MEDIA_TYPE: Final = "text/csv"
_TABLE: Final[dict[str, Any]] = {MEDIA_TYPE: {"schema": {"type": "string"}}}


@router.get(
    "/v1/records/{kind}.csv",
    response_class=Response,
    responses={200: {"content": _TABLE}, **refusals(404, 413, *READING)},
)
async def export(
    kind: KindName,
    query: Annotated[RecordExportQuery, Query()],
    context: Here,
    principal: Reader,
) -> Response:
    """All records of a kind as a table, which an import reads back."""
    found = kind_named(kind)
    wanted = Wanted(client=query.client, text=query.q.strip(), limit=EXPORT_ROWS_MAX)
    async with context.db.connection() as connection:
        page, more = await list_records(connection, found, principal, wanted)
    if more:
        raise ProblemError(
            413, "too_many", f"there are more than {EXPORT_ROWS_MAX}: ask client by client"
        )
    text = write_table(found, (found.unpack(dict(stored.fields)) for stored in page))
    headers = {
        "Cache-Control": "no-store",
        "Content-Disposition": f'attachment; filename="{found.name}.csv"',
    }
    return Response(text, 200, headers, f"{MEDIA_TYPE}; charset=utf-8")


class _UndoneError(Exception):
    """Ends the transaction of an import that is only shown, or that is refused."""

    def __init__(self, plan: Plan) -> None:
        super().__init__("rolled back")
        self.plan = plan


@router.post(
    "/v1/records/{kind}/import",
    response_model=Imported,
    responses=refusals(404, 415, *WRITING),
    openapi_extra={"requestBody": {"required": True, "content": _TABLE}},
)
async def import_(
    kind: KindName,
    query: Annotated[RecordImportQuery, Query()],
    request: Request,
    context: Here,
    caller: Writer,
) -> Response:
    """Make and change records by a table: all of it or nothing. With `preview` only say what."""
    found = kind_named(kind)
    check_may_write(caller.principal)
    sent = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    if sent != MEDIA_TYPE:
        raise ProblemError(415, "not_csv", f"send the table as Content-Type: {MEDIA_TYPE}")
    body = await request.body()
    try:
        given = await _import(context, caller, found, body, preview=query.preview)
    except _UndoneError as undone:
        if undone.plan.faults and not query.preview:
            raise _refused(undone.plan) from None
        return json_response(undone.plan.shown(preview=True, batch=""))
    return given.response()


async def _import(
    context: Context, caller: Caller, kind: Kind, body: bytes, *, preview: bool
) -> Given:
    principal, batch = caller.principal, uuid.uuid4().hex
    said = (b"preview\n" if preview else b"") + body
    attempt = Attempt.of(principal.identity, caller.key, caller.method, caller.path, said)

    async def take(connection: Connection) -> Answer:
        cause = Cause(asker_name(principal), "csv", batch)
        plan = await import_table(context, connection, kind, principal, body, cause)
        if preview or plan.faults:
            raise _UndoneError(plan)
        return Answer.of(200, plan.shown(preview=False, batch=batch))

    async def work(connection: Connection) -> Given:
        return await once(connection, attempt, lambda: take(connection))

    return await write(context, work)


def _refused(plan: Plan) -> ProblemError:
    refused = plan.refused()
    named = [
        {
            "field": ": ".join(part for part in (f"line {it['line']}", it["field"]) if part),
            "problem": it["problem"],
        }
        for it in refused
    ]
    first = f"{named[0]['field']}: {named[0]['problem']}"
    count = len({fault.line for fault in plan.faults})
    lines = "1 line is" if count == 1 else f"{count} lines are"
    return ProblemError(
        422, "rows_refused", f"{lines} refused, so nothing was written; {first}", errors=named
    )
