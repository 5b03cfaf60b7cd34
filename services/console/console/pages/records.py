"""Records: a list a kind, a form a record, and who changed what."""

import asyncio
from collections.abc import Mapping, Sequence
from typing import Any
from urllib.parse import urlencode

from fastapi import APIRouter, Request, Response
from fastapi.responses import RedirectResponse

from console.pages.record_view import (
    FIELD,
    Fields,
    address_of,
    asked_for,
    inputs,
    kind_named,
    kinds_of_records,
    typed_in,
)
from console.pages.ticket import SHOWN_AGAIN
from console.router_client import Json, RefusedError
from console.security import read_form
from console.visit import Console, Visit, begin, render, signed_in
from tierline.web.record_fields import NotAValueError, write_value

FIRST = "/records/clients"
LISTED = 100
HISTORY = 20
MAX_TEXT = 200
MAX_CURSOR = 500
DONE = {"saved": "It is saved.", "removed": "It is removed.", "imported": "The table is imported."}
CHANGED = frozenset({412, *SHOWN_AGAIN})
"""Refusals that are shown on the form, with what was typed in."""


def routes(console: Console) -> APIRouter:
    """Make `/records` and what is below it."""
    router = APIRouter()

    @router.get("/records")
    async def first() -> Response:
        return RedirectResponse(FIRST, 303)

    @router.get("/records/{kind}.csv")
    async def export(request: Request, kind: str) -> Response:
        visit = await begin(console, request)
        here = kind_named(await kinds_of_records(console, visit), kind)
        text = await console.router.text(
            visit.session, f"/v1/records/{here['name']}.csv", _narrowed(request)
        )
        named = {"Content-Disposition": f'attachment; filename="{here["name"]}.csv"'}
        return Response(text, 200, named, "text/csv; charset=utf-8")

    @router.get("/records/{kind}")
    async def show(request: Request, kind: str) -> Response:
        return await _list(console, request, kind)

    @router.get("/records/{kind}/history")
    async def history(request: Request, kind: str) -> Response:
        visit = await begin(console, request)
        kinds = await kinds_of_records(console, visit)
        here = kind_named(kinds, kind)
        asked = [("kind", kind), ("limit", str(LISTED)), *_cursor(request)]
        found = await console.router.get(visit.session, "/v1/records/changes", asked)
        return render(
            console, "records_history.html", visit, kinds=kinds, kind=here, typed=write_value,
            changes=found["items"], next_cursor=found["next_cursor"],
        )  # fmt: skip

    @router.get("/records/{kind}/new")
    async def new(request: Request, kind: str) -> Response:
        visit = await begin(console, request)
        here = kind_named(await kinds_of_records(console, visit), kind)
        entered = {"client": request.query_params.get("client", "")[:MAX_TEXT]}
        return await _form(console, visit, here, entered)

    @router.get("/records/{kind}/edit")
    async def edit(request: Request, kind: str) -> Response:
        visit = await begin(console, request)
        here = kind_named(await kinds_of_records(console, visit), kind)
        key = request.query_params.getlist("key")
        record = await console.router.get(visit.session, address_of(kind, key))
        done = DONE.get(request.query_params.get("done", ""), "")
        return await _form(console, visit, here, typed_in(record), record=record, done=done)

    @router.post("/records/{kind}/save")
    async def save(request: Request, kind: str) -> Response:
        return await _save(console, request, kind)

    return router


def _narrowed(request: Request) -> list[tuple[str, str]]:
    query = request.query_params
    return [(name, query[name][:MAX_TEXT]) for name in ("q", "client") if query.get(name)]


def _cursor(request: Request) -> list[tuple[str, str]]:
    cursor = request.query_params.get("cursor", "")[:MAX_CURSOR]
    return [("cursor", cursor)] if cursor else []


async def _list(console: Console, request: Request, kind: str) -> Response:
    visit = await begin(console, request)
    kinds = await kinds_of_records(console, visit)
    here = kind_named(kinds, kind)
    narrowed = _narrowed(request)
    asked = [("limit", str(LISTED)), *narrowed, *_cursor(request)]
    found = await console.router.get(visit.session, f"/v1/records/{kind}", asked)
    columns = [field["name"] for field in here["fields"] if not _nested(field["shape"])]
    return render(
        console,
        "records.html",
        visit,
        kinds=kinds,
        kind=here,
        records=[_row(here, record, columns) for record in found["items"]],
        columns=columns,
        query=dict(narrowed),
        next_cursor=found["next_cursor"],
        done=DONE.get(request.query_params.get("done", ""), ""),
    )


def _nested(shape: Mapping[str, Any]) -> bool:
    return "object" in str(shape)


def _row(kind: Json, record: Json, columns: Sequence[str]) -> Json:
    key = [("key", record["fields"][name]) for name in kind["key"]]
    cells = [write_value(record["fields"].get(name)) for name in columns]
    return {"link": f"/records/{kind['name']}/edit?{urlencode(key)}", "cells": cells}


async def _form(
    console: Console,
    visit: Visit,
    kind: Json,
    entered: Fields,
    *,
    record: Json | None = None,
    version: str = "",
    refusal: str = "",
    status: int = 200,
    done: str = "",
) -> Response:
    """The form, with the last changes of a record that exists."""
    exists = record is not None or bool(version)
    changes: list[Json] = []
    policy = console.policy(visit.session)
    if record is not None:
        asked = [(name, record[name]) for name in ("kind", "name", "client") if record[name]]
        asked.append(("limit", str(HISTORY)))
        history = console.router.get(visit.session, "/v1/records/changes", asked)
        names, found = await asyncio.gather(policy, history)
        changes = found["items"]
    else:
        names = await policy
    return render(
        console,
        "record.html",
        visit,
        status=status,
        kind=kind,
        exists=exists,
        version=str(record["version"]) if record else version,
        inputs=inputs(kind, entered, exists=exists),
        names={"clients": names["clients"], "groups": [one["name"] for one in names["groups"]]},
        changes=changes,
        typed=write_value,
        refusal=refusal,
        done=done,
    )


async def _save(console: Console, request: Request, kind: str) -> Response:
    """Save, or remove where that button was pressed; a refusal is shown with what was typed in."""
    session = signed_in(console, request)
    sent = await read_form(console.settings, request, session)
    request.state.entered = sent
    visit = await begin(console, request)
    here = kind_named(await kinds_of_records(console, visit), kind)
    entered = {name.removeprefix(FIELD): it for name, it in sent.items() if name.startswith(FIELD)}
    version, key = sent.get("version", ""), sent.get("key", "")
    at = [entered.get(name, "") for name in here["key"]]
    try:
        if sent.get("act") == "remove":
            await console.router.delete(session, address_of(kind, at), version, key)
            return RedirectResponse(f"/records/{kind}?done=removed", 303)
        said = asked_for(here, entered)
        await _write(console, session, address_of(kind, at), said, version, key)
    except NotAValueError as error:
        return await _form(
            console, visit, here, entered, version=version, refusal=str(error), status=422
        )
    except RefusedError as error:
        if error.status not in CHANGED:
            raise
        return await _form(
            console, visit, here, entered, version=version, refusal=str(error), status=error.status
        )
    there = urlencode([*(("key", part) for part in at), ("done", "saved")])
    return RedirectResponse(f"/records/{kind}/edit?{there}", 303)


async def _write(
    console: Console, session: str, address: str, said: Json, version: str, key: str
) -> None:
    if version:
        await console.router.patch(session, address, said, version, key)
        return
    given = {name: value for name, value in said.items() if value is not None}
    await console.router.put_new(session, address, given, key)
