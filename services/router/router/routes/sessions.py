"""Logging in and out, and who one is."""

from typing import Any

from fastapi import APIRouter, Request
from starlette.responses import Response

from router.caller import Anybody
from router.context import Context, Here
from router.described import refusals
from router.requests import Login
from router.responses.people import Me, Session
from tierline.web.auth import credential
from tierline.web.encoding import json_response
from tierline.web.keys import KeyKind, hash_key, kind_of, make_key
from tierline.web.limits import SESSION_S, SESSIONS_PER_PERSON
from tierline.web.problems import ProblemError

router = APIRouter(tags=["sessions"])


@router.post(
    "/v1/sessions",
    status_code=201,
    response_model=Session,
    responses=refusals(400, 401, 413, 422, 429, 500, 503),
)
async def log_in(body: Login, context: Here) -> Response:
    """Open a session. Five wrong passwords within a minute make the login wait."""
    wait_s = context.wrong_passwords.begin(body.login)
    if wait_s:
        raise ProblemError(
            429,
            "too_many_tries",
            f"too many tries for this login: wait {wait_s} seconds",
            headers={"Retry-After": str(wait_s)},
        )
    async with context.db.connection() as connection:
        person = await connection.fetchrow(
            "SELECT login, name, role, groups, password_hash FROM tierline.person"
            " WHERE login = $1 AND active",
            body.login,
        )
    stored = person["password_hash"] if person else ""
    if not await context.passwords.verify(stored, body.password) or person is None:
        raise ProblemError(
            401,
            "wrong_password",
            "login or password is wrong",
            headers={"WWW-Authenticate": 'Bearer realm="tierline"'},
        )
    context.wrong_passwords.right(body.login)
    opened = await _open_session(context, body.login)
    about = {name: person[name] for name in ("login", "name", "role", "groups")}
    return json_response({**opened, "person": about}, 201)


async def _open_session(context: Context, login: str) -> dict[str, Any]:
    raw = make_key(KeyKind.SESSION)
    async with context.db.transaction() as connection:
        expires_at = await connection.fetchval(
            "INSERT INTO tierline.session (id, login, expires_at)"
            " VALUES ($1, $2, now() + make_interval(secs => $3)) RETURNING expires_at",
            hash_key(raw),
            login,
            float(SESSION_S),
        )
        await connection.execute(
            "DELETE FROM tierline.session WHERE id IN (SELECT id FROM tierline.session"
            " WHERE login = $1 ORDER BY expires_at DESC OFFSET $2)",
            login,
            SESSIONS_PER_PERSON,
        )
    return {"session": raw, "expires_at": expires_at}


@router.delete("/v1/sessions/current", status_code=204, responses=refusals(401, 409, 422, 500, 503))
async def log_out(
    request: Request,
    context: Here,
    _: Anybody,
) -> Response:
    """End the session this request came with."""
    raw = credential(request)
    if kind_of(raw) is not KeyKind.SESSION:
        raise ProblemError(409, "no_session", "an API token has no session to end")
    async with context.db.connection() as connection:
        await connection.execute("DELETE FROM tierline.session WHERE id = $1", hash_key(raw))
    context.authenticator.forget(raw)
    return Response(status_code=204)


@router.get("/v1/me", response_model=Me, responses=refusals(401, 422, 500, 503))
async def me(
    context: Here,
    principal: Anybody,
) -> Response:
    """Who the credential is and what it may call."""
    async with context.db.connection() as connection:
        groups = await connection.fetchval(
            "SELECT groups FROM tierline.person WHERE login = $1", principal.login
        )
    return json_response(
        {
            "login": principal.login,
            "name": principal.name,
            "role": principal.role,
            "groups": groups or [],
            "scopes": sorted(principal.scopes),
            "clients": None if principal.clients is None else sorted(principal.clients),
            "development": context.development,
        }
    )
