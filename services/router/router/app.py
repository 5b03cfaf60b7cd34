"""The router, put together: the API, the live stream, the relay of what it wrote."""

import contextlib
from pathlib import Path

from fastapi import FastAPI
from starlette.requests import Request
from starlette.responses import Response

from router.absences import Absences
from router.archived import answer_missing
from router.consumer import Live
from router.context import Context
from router.described import describe
from router.housekeeping import Housekeeping
from router.keys import keys_by
from router.people import People
from router.reactions.consumer import reaction_feed
from router.reactions.reactor import Reactor
from router.routes import (
    actions,
    agenda,
    answers,
    audit,
    board,
    clock,
    commands,
    dead_letters,
    due,
    gathering,
    known_errors,
    next_ticket,
    notices,
    on_call,
    opening,
    policies,
    records,
    records_csv,
    replay,
    reports,
    schedules,
    sessions,
    storms,
    stream,
    tickets,
    training,
    why,
)
from router.settings import Settings
from router.wrong_passwords import WrongPasswords
from tierline.bus.producer import Producer
from tierline.bus.relay import Relay
from tierline.policy.crew import crew_of
from tierline.policy.source import NoPolicyError, PolicySource
from tierline.runtime.service import Service
from tierline.store.archive.round import Archivist
from tierline.store.database import Database
from tierline.store.floor import FloorSource
from tierline.store.on_call import read_rotas
from tierline.web.auth import Authenticator, Gate
from tierline.web.bodies import BodyLimit
from tierline.web.docs import install_docs
from tierline.web.health import Check, health_router
from tierline.web.passwords import Passwords
from tierline.web.problems import install_problems, problem_response, unavailable
from tierline.web.sse import Hub
from tierline.web.walls import NoSuchTicketError

ROUTES = (
    sessions,
    tickets,
    due,
    why,
    opening,
    gathering,
    known_errors,
    storms,
    commands,
    actions,
    next_ticket,
    notices,
    records_csv,
    records,
    board,
    policies,
    on_call,
    schedules,
    reports,
    training,
    stream,
    clock,
    dead_letters,
    audit,
    replay,
    answers,
    agenda,
)


def application(
    checks: dict[str, Check] | None = None, beside: dict[str, Check] | None = None
) -> FastAPI:
    """The HTTP application; `app.state.context` is set before its first request.

    Args:
        checks: what `/readyz` asks, by name.
        beside: likewise, of what the API can do without.
    """
    app = FastAPI(title="Tierline router", version="1.0.0", redoc_url=None, docs_url=None)
    install_docs(app)
    app.include_router(health_router("router", {} if checks is None else checks, beside or {}))
    for resource in ROUTES:
        app.include_router(resource.router)
    install_problems(app)
    app.add_exception_handler(NoPolicyError, _no_policy)
    app.add_exception_handler(NoSuchTicketError, answer_missing)

    def authenticator() -> Authenticator:
        context: Context = app.state.context
        return context.authenticator

    app.add_middleware(BodyLimit)
    app.add_middleware(Gate, authenticator=authenticator)
    app.openapi = lambda: describe(app)  # type: ignore[method-assign]
    return app


async def _no_policy(_request: Request, error: Exception) -> Response:
    return problem_response(unavailable("no_policy", str(error)))


async def build(settings: Settings) -> Service:
    """The service, ready to run. Raises one of UNREACHABLE while Postgres is away."""
    db = await Database.connect(settings.database_url, pooler=settings.database_pooler)
    source, people, hub = PolicySource(db), People(db), Hub()
    floor = FloorSource(db, read_rotas, crew_of(source))
    with contextlib.suppress(NoPolicyError):  # it can be loaded while the router runs
        await source.refresh()
    await floor.refresh()  # when a claim ends is not decided on a floor without people's shifts
    producer = Producer(
        settings.broker,
        idempotent=settings.kafka_idempotent,
        replication=settings.kafka_replication,
    )
    relay = Relay(db, producer)
    live = Live(db, hub, people, settings.broker)
    reactor = Reactor(db, lambda: source.current, lambda: floor.current, relay.nudge, floor.fold)
    archivist = Archivist(db, Path(settings.archive)) if settings.archive else None
    context = Context(
        db=db,
        source=source,
        floor=floor,
        relay=relay,
        hub=hub,
        authenticator=Authenticator(
            db,
            development=settings.development,
            secrets=settings.taken_secrets,
            keys=keys_by(source),
        ),
        people=people,
        passwords=Passwords(),
        wrong_passwords=WrongPasswords(),
        development=settings.development,
    )
    reactions = reaction_feed(settings.broker, db, reactor)
    app = application(
        {"postgres": db.alive, "policy": source.ready},
        {"kafka": producer.alive, "reactions": reactions.joined},
    )
    app.state.context = context
    return Service(
        name="router",
        app=app,
        loops=[
            ("relay", relay.run),
            ("policy", source.run),
            ("floor", floor.run),
            ("live events", live.consume),
            ("live watch", live.watch),
            ("housekeeping", Housekeeping(db, archivist, source).run),
            *reactions.loops,
            ("absences", Absences(context).run),
        ],
        last=frozenset({"relay"}),
        on_stop=[producer.close, db.close],
    )
