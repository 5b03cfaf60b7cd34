"""Records: read by everybody, kept by leads and managers, every change kept in turn."""

from collections.abc import Awaitable, Callable, Mapping
from typing import Annotated, Any
from urllib.parse import unquote

from fastapi import APIRouter, Body, Depends, Header, Path, Query, Request
from starlette.responses import Response

from router.caller import Caller, Reader, Writer
from router.context import Context, Here
from router.described import READING, WRITING, refusals
from router.records.changing import Target, patch_record, put_record, remove_record
from router.records.kind_named import KINDS_NAMED, kind_named
from router.records.reading import (
    Wanted,
    etag_of,
    list_changes,
    list_records,
    no_such_record,
    read_record,
    record_view,
)
from router.records.requests import RecordChangeQuery, RecordQuery
from router.responses.records import (
    Record,
    RecordChangePage,
    RecordKinds,
    RecordPage,
    RemovedRecord,
)
from router.transactions import write
from tierline.policy.kinds import KINDS, Kind
from tierline.store.records import Key
from tierline.store.tickets import Connection
from tierline.web.encoding import encode, json_response
from tierline.web.idempotency import Answer, Attempt, Given, once
from tierline.web.problems import ProblemError

router = APIRouter(tags=["records"])

EDITING = (404, 412, 428, *WRITING)

KindName = Annotated[str, Path(description="A kind of record.", json_schema_extra=KINDS_NAMED)]
Fields = Annotated[
    dict[str, Any], Body(description="The fields; those of the address may be left out.")
]
IfMatch = Annotated[
    str | None,
    Header(alias="If-Match", max_length=400, description="The ETag that reading it gave, or *."),
]
IfNoneMatch = Annotated[
    str | None, Header(alias="If-None-Match", max_length=400, description="*: only if it is new.")
]


async def key_in_address(request: Request, kind: KindName, name: str) -> Key:  # noqa: ARG001
    """The key of the record in the address, whose parts may themselves hold slashes (%2F)."""
    found = kind_named(kind)
    raw: bytes = request.scope.get("raw_path") or request.scope["path"].encode()
    parts = raw.partition(b"?")[0].decode("ascii", "replace").split("/")[4:]
    try:
        key = tuple(unquote(part, errors="strict") for part in parts)
    except UnicodeDecodeError:
        key = ()
    if len(key) != len(found.key) or not all(part and "\x00" not in part for part in key):
        pattern = "/".join(f"{{{field}}}" for field in found.key)
        raise ProblemError(
            404, "no_such_record", f"the address of a {found.one} is /v1/records/{kind}/{pattern}"
        )
    return key


InAddress = Annotated[Key, Depends(key_in_address)]


@router.get("/v1/records", response_model=RecordKinds, responses=refusals(*READING))
async def record_kinds(
    _: Reader,
) -> Response:
    """The kinds of record, and the fields of each with what they are for."""
    return json_response({"items": [kind_view(kind) for kind in KINDS.values()]})


def kind_view(kind: Kind) -> dict[str, Any]:
    """A kind of record as the API describes it."""
    plain = {"name": kind.name, "one": kind.one, "about": kind.about, "key": kind.key}
    return {**plain, "fields": kind.described()}


@router.get("/v1/records/changes", response_model=RecordChangePage, responses=refusals(*READING))
async def record_changes(
    query: Annotated[RecordChangeQuery, Query()],
    context: Here,
    principal: Reader,
) -> Response:
    """Who changed which record, when, how, and what it was before; the newest first."""
    names = ("kind", "name", "client", "by", "how", "batch")
    narrowed = {name: value for name in names if (value := getattr(query, name))}
    async with context.db.connection() as connection:
        items, cursor = await list_changes(
            connection, principal, narrowed, limit=query.limit, cursor=query.cursor
        )
    return json_response({"items": items, "next_cursor": cursor})


@router.get("/v1/records/{kind}", response_model=RecordPage, responses=refusals(404, *READING))
async def records(
    kind: KindName,
    query: Annotated[RecordQuery, Query()],
    context: Here,
    principal: Reader,
) -> Response:
    """List the records of a kind, in the order of their names."""
    found = kind_named(kind)
    wanted = Wanted(
        client=query.client, text=query.q.strip(), limit=query.limit, cursor=query.cursor
    )
    async with context.db.connection() as connection:
        page, cursor = await list_records(connection, found, principal, wanted)
    items = [record_view(found, stored) for stored in page]
    return json_response({"items": items, "next_cursor": cursor})


@router.get(
    "/v1/records/{kind}/{name:path}", response_model=Record, responses=refusals(404, *READING)
)
async def record(
    kind: KindName,
    key: InAddress,
    context: Here,
    principal: Reader,
) -> Response:
    """One record, with its ETag; of what has several keys each is a part of the address."""
    found = kind_named(kind)
    async with context.db.connection() as connection:
        stored = await read_record(connection, found, key, principal)
    if stored is None:
        no_such_record(found, key)
    return json_response(record_view(found, stored), headers={"ETag": etag_of(stored)})


@router.put(
    "/v1/records/{kind}/{name:path}",
    response_model=Record,
    responses={201: {"model": Record}, **refusals(*EDITING)},
)
async def put(
    kind: KindName,
    key: InAddress,
    fields: Fields,
    context: Here,
    caller: Writer,
    if_match: IfMatch = None,
    if_none_match: IfNoneMatch = None,
) -> Response:
    """Make a record, or replace all of one (then with If-Match)."""
    target = _target(kind, key, caller, if_match, if_none_match)
    return await _done(
        context, caller, fields, lambda within: put_record(context, within, target, fields)
    )


@router.patch("/v1/records/{kind}/{name:path}", response_model=Record, responses=refusals(*EDITING))
async def patch(
    kind: KindName,
    key: InAddress,
    fields: Fields,
    context: Here,
    caller: Writer,
    if_match: IfMatch = None,
) -> Response:
    """Change some fields of a record; null takes one away. With If-Match."""
    target = _target(kind, key, caller, if_match)
    return await _done(
        context, caller, fields, lambda within: patch_record(context, within, target, fields)
    )


@router.delete(
    "/v1/records/{kind}/{name:path}", response_model=RemovedRecord, responses=refusals(*EDITING)
)
async def remove(
    kind: KindName,
    key: InAddress,
    context: Here,
    caller: Writer,
    if_match: IfMatch = None,
) -> Response:
    """Remove a record that nothing needs any more. With If-Match."""
    target = _target(kind, key, caller, if_match)
    return await _done(context, caller, {}, lambda within: remove_record(context, within, target))


def _target(
    kind: str, key: Key, caller: Caller, if_match: str | None, if_none_match: str | None = None
) -> Target:
    return Target(
        kind=kind_named(kind),
        key=key,
        principal=caller.principal,
        if_match=if_match,
        only_new=if_none_match == "*",
        how="page" if caller.principal.kind == "person" else "api",
    )


async def _done(
    context: Context,
    caller: Caller,
    fields: Mapping[str, Any],
    change: Callable[[Connection], Awaitable[Answer]],
) -> Response:
    attempt = Attempt.of(
        caller.principal.identity, caller.key, caller.method, caller.path, encode(fields)
    )

    async def work(connection: Connection) -> Given:
        return await once(connection, attempt, lambda: change(connection))

    return (await write(context, work)).response()
