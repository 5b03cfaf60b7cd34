"""A table of records: pasted or chosen, looked at first, then imported whole."""

from fastapi import APIRouter, Request, Response
from fastapi.responses import RedirectResponse

from console.pages.record_view import kind_named, kinds_of_records
from console.pages.ticket import SHOWN_AGAIN
from console.router_client import Json, RefusedError
from console.security import MAX_TABLE_BYTES, read_form
from console.visit import Console, Visit, begin, render, signed_in
from tierline.web.record_fields import write_value

SHOWN_ROWS = 200


def routes(console: Console) -> APIRouter:
    """Make `/records/{kind}/import`."""
    router = APIRouter()

    @router.get("/records/{kind}/import")
    async def show(request: Request, kind: str) -> Response:
        visit = await begin(console, request)
        here = kind_named(await kinds_of_records(console, visit), kind)
        return _page(console, visit, here, "")

    @router.post("/records/{kind}/import")
    async def take(request: Request, kind: str) -> Response:
        session = signed_in(console, request)
        sent = await read_form(console.settings, request, session, max_bytes=MAX_TABLE_BYTES)
        request.state.entered = sent
        visit = await begin(console, request)
        here = kind_named(await kinds_of_records(console, visit), kind)
        table, sure = sent.get("table", ""), sent.get("step") == "confirm"
        asked = [] if sure else [("preview", "true")]
        try:
            found = await console.router.send_table(
                session,
                f"/v1/records/{kind}/import",
                table,
                asked,
                sent.get("key", "") if sure else "",
            )
        except RefusedError as error:
            if error.status not in SHOWN_AGAIN:
                raise
            return _page(console, visit, here, table, refusal=str(error), status=error.status)
        if sure:
            return RedirectResponse(f"/records/{kind}?done=imported", 303)
        return _page(console, visit, here, table, preview=found)

    return router


def _page(
    console: Console,
    visit: Visit,
    kind: Json,
    table: str,
    *,
    preview: Json | None = None,
    refusal: str = "",
    status: int = 200,
) -> Response:
    return render(
        console,
        "records_import.html",
        visit,
        status=status,
        kind=kind,
        table=table,
        preview=preview,
        shown=SHOWN_ROWS,
        typed=write_value,
        refusal=refusal,
    )
