"""Versions of the policy: previewed on the open tickets, applied, and their terms moved to."""

import json
import uuid
from typing import Annotated, Any

from fastapi import APIRouter
from fastapi import Path as InPath
from starlette.responses import Response

from router.caller import Reader, Writer
from router.context import Here
from router.described import READING, WRITING, refusals
from router.policies.applying import apply_preview
from router.policies.deciding import check_may_decide, no_such_preview
from router.policies.foreseen import compiled, foreseen
from router.policies.moving import move_batch
from router.policies.requests import ApplyBody, PreviewBody
from router.policies.views import preview_view, row_view
from router.responses.policies import Applied, Moving, PolicyPreview, PolicyPreviews
from router.transactions import write
from tierline.policy.source import POLICY_DOCUMENT
from tierline.store.policy_previews import (
    count_open,
    keep_preview,
    list_previews,
    read_preview,
)
from tierline.store.tickets import Connection
from tierline.web.encoding import encode, json_response
from tierline.web.idempotency import Answer, Given, once

router = APIRouter(tags=["policy"])

Token = Annotated[str, InPath(max_length=64, description="The preview's token.")]


@router.post(
    "/v1/policy/previews",
    response_model=PolicyPreview,
    responses=refusals(*WRITING),
    status_code=201,
)
async def preview(body: PreviewBody, context: Here, caller: Writer) -> Response:
    """Say what a version would mean for the open tickets, and keep that; nothing else changes."""
    check_may_decide(caller.principal)
    policy = compiled(context, body.document)

    async def work(connection: Connection) -> Given:
        return await once(connection, caller.attempt(body), lambda: looked(connection))

    async def looked(connection: Connection) -> Answer:
        base = context.source.current.version
        in_force = json.loads(await connection.fetchval(POLICY_DOCUMENT, base))
        seen = await count_open(connection)
        said = await foreseen(context, connection, policy, body.document, in_force, seen)
        answer = json.loads(encode(said))
        token = uuid.uuid4().hex[:12]
        await keep_preview(
            connection,
            id=token,
            version=policy.version,
            document=body.document,
            base=base,
            answer=answer,
            by=caller.principal.login or caller.principal.name,
            seen=seen,
        )
        kept = await read_preview(connection, token)
        shown = {} if kept is None else preview_view(kept)
        return Answer.of(201, shown, location=f"/v1/policy/previews/{token}")

    return (await write(context, work)).response()


@router.get("/v1/policy/previews", response_model=PolicyPreviews, responses=refusals(*READING))
async def previews(context: Here, principal: Reader) -> Response:
    """The previews that are kept, the newest first."""
    check_may_decide(principal)
    async with context.db.connection() as connection:
        found = await list_previews(connection)
    return json_response({"items": [row_view(it) for it in found]})


@router.get(
    "/v1/policy/previews/{token}", response_model=PolicyPreview, responses=refusals(404, *READING)
)
async def show_preview(token: Token, context: Here, principal: Reader) -> Response:
    """What a version would mean, as it was when somebody looked; and what became of it."""
    check_may_decide(principal)
    async with context.db.connection() as connection:
        found = await read_preview(connection, token)
    if found is None:
        no_such_preview(token)
    return json_response(preview_view(found))


@router.post(
    "/v1/policy/previews/{token}/apply",
    response_model=Applied,
    responses=refusals(404, *WRITING),
)
async def apply(token: Token, body: ApplyBody, context: Here, caller: Writer) -> Response:
    """Make a previewed version the active one.

    Running promises keep their terms, unless they are to be moved: then `/move` moves them, batch
    by batch. The next step, groups and who is told are those of the new version at once.
    """
    check_may_decide(caller.principal)

    async def work(connection: Connection) -> Given:
        return await once(connection, caller.attempt(body), lambda: applied(connection))

    async def applied(connection: Connection) -> Answer:
        return Answer.of(
            200, await apply_preview(context, connection, token, body, caller.principal)
        )

    return (await write(context, work)).response()


@router.post(
    "/v1/policy/previews/{token}/move", response_model=Moving, responses=refusals(404, *WRITING)
)
async def move(token: Token, context: Here, caller: Writer) -> Response:
    """Move the next open tickets to the terms of an applied version; again until `end`."""
    check_may_decide(caller.principal)

    async def work(connection: Connection) -> Given:
        return await once(connection, caller.attempt(), lambda: moved(connection))

    async def moved(connection: Connection) -> Answer:
        done: dict[str, Any] = await move_batch(context, connection, token, caller.principal)
        return Answer.of(200, done)

    return (await write(context, work)).response()
