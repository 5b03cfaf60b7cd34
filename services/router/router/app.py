"""The router, put together: the API, the live stream, the relay of what it wrote."""

import contextlib

from fastapi import FastAPI
from starlette.requests import Request
from starlette.responses import Response

from router.absences import Absences
from router.consumer import Live
from router.context import Context
from router.described import describe
from router.housekeeping import Housekeeping
from router.keys import keys_by
from router.people import People
from router.reactions.consumer import reaction_loops
from router.reactions.reactor import Reactor
from router.routes import (
    actions,
    agenda,
    answers,
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
    replay,
    answers,
    agenda,
)


def application(checks: dict[str, Check] | None = None) -> FastAPI:
    """The HTTP application; `app.state.context` is set before its first request."""
    app = FastAPI(title="Tierline router", version="1.0.0", redoc_url=None, docs_url=None)
    install_docs(app)
    app.include_router(health_router("router", checks or {}))
    for resource in ROUTES:
        app.include_router(resource.router)
    install_problems(app)
    app.add_exception_handler(NoPolicyError, _no_policy)

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
    db = await Database.connect(settings.database_url)
    source, people, hub = PolicySource(db), People(db), Hub()
    floor = FloorSource(db, read_rotas, crew_of(source))
    with contextlib.suppress(NoPolicyError):  # it can be loaded while the router runs
        await source.refresh()
    await floor.refresh()  # when a claim ends is not decided on a floor without people's shifts
    producer = Producer(
        settings.kafka_bootstrap,
        idempotent=settings.kafka_idempotent,
        replication=settings.kafka_replication,
    )
    relay = Relay(db, producer)
    live = Live(db, hub, people, settings.kafka_bootstrap)
    reactor = Reactor(db, lambda: source.current, lambda: floor.current, relay.nudge, floor.fold)
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
    app = application({"postgres": db.alive, "policy": source.ready})
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
            ("housekeeping", Housekeeping(db).run),
            *reaction_loops(settings.kafka_bootstrap, db, reactor),
            ("absences", Absences(context).run),
        ],
        on_stop=[producer.close, db.close],
    )
