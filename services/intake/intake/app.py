"""intake, put together: the edge that takes alerts in, the relay of what it wrote, and its health.

`edge` is all that accepting needs; `build` adds the loops and the broker's side.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Final, NamedTuple

from fastapi import FastAPI
from starlette.types import Receive, Scope, Send

from intake.accept import Acceptor
from intake.batch import Batcher, Kept
from intake.client_of import Clients
from intake.keys import Keys
from intake.openapi import document
from intake.replays import Replays
from intake.routes.alerts import PATH, AlertsApp, address_of
from intake.settings import Settings
from intake.triage.wiring import make_triage
from tierline.bus.producer import Producer
from tierline.bus.relay import Relay
from tierline.policy.source import PolicySource
from tierline.runtime.service import Loop, Service
from tierline.store.database import Database
from tierline.web.docs import install_docs
from tierline.web.health import Check, health_router
from tierline.web.problems import install_problems


class Route(NamedTuple):
    """What the counts of requests call an address; the framework's own routes have as much."""

    path: str


ROUTE: Final = Route(PATH)
ROUTE_OF_KEY: Final = Route(f"{PATH}/{{kind}}/{{key}}")


class IntakeApp(FastAPI):
    """FastAPI, with the two addresses of alerts ahead of it."""

    alerts: AlertsApp

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request."""
        if scope["type"] == "http" and (address := address_of(scope["path"])) is not None:
            scope["route"] = ROUTE_OF_KEY if address.key else ROUTE
            await self.alerts.answer(address, scope, receive, send)
        else:
            await super().__call__(scope, receive, send)

    def openapi(self) -> dict[str, Any]:
        """The document of the service, alerts included."""
        return document()


@dataclass(frozen=True, slots=True)
class Edge:
    """The HTTP half of intake: its application, and the batcher to close after its last request."""

    app: FastAPI
    batcher: Batcher


def edge(
    database: Database,
    nudge: Callable[[], None],
    checks: dict[str, Check],
    *,
    beside: dict[str, Check] | None = None,
    kept: Kept | None = None,
    development: bool = False,
) -> Edge:
    """Put the edge together.

    Args:
        database: its pool.
        nudge: wakes the relay after a commit.
        checks: what `/readyz` asks, by name.
        beside: likewise, of what accepting can do without.
        kept: called with what was committed.
        development: a replay may run here, during which no alert is taken.
    """
    app = IntakeApp(title="Tierline intake", redoc_url=None, docs_url=None)
    install_docs(app)
    install_problems(app)
    app.include_router(health_router("intake", checks, beside or {}))
    batcher = Batcher(database, nudge, kept) if kept else Batcher(database, nudge)
    acceptor = Acceptor(Clients(database), batcher)
    app.alerts = AlertsApp(Keys(database), acceptor, Replays(database) if development else None)
    return Edge(app, batcher)


async def build(settings: Settings) -> Service:
    """The service, ready to run. Raises one of UNREACHABLE while Postgres is away."""
    db = await Database.connect(settings.database_url, pooler=settings.database_pooler)
    producer = Producer(
        settings.broker,
        idempotent=settings.kafka_idempotent,
        replication=settings.kafka_replication,
    )
    relay = Relay(db, producer)
    policy = PolicySource(db)
    await policy.refresh()
    checks: dict[str, Check] = {"postgres": db.alive, "policy": policy.ready}
    triage = make_triage(settings.broker, db, policy, relay.nudge)
    await triage.floor.refresh()  # whom a ticket is offered to is not decided without people
    front = edge(
        db,
        relay.nudge,
        checks,
        # Not asked for by a sender: what is accepted waits in Postgres until the broker is back.
        beside={"kafka": producer.alive, "triage": triage.feed.joined},
        kept=triage.kept,
        development=settings.development,
    )
    loops: list[tuple[str, Loop]] = [("relay", relay.run), ("policy", policy.run)]
    return Service(
        name="intake",
        app=front.app,
        loops=[*loops, *triage.feed.loops],
        last=frozenset({"relay"}),
        on_stop=[front.batcher.close, producer.close, db.close],
    )
