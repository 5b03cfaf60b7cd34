"""sla-timer, put together: the tick, the relay of what it wrote, and its health."""

from fastapi import FastAPI

from sla_timer.audit import Auditor
from sla_timer.heartbeat import Heartbeat
from sla_timer.limits import TICK_SILENCE_S
from sla_timer.settings import Settings
from sla_timer.standing import Standing
from sla_timer.tick import Ticker
from tierline.bus.producer import Producer
from tierline.bus.relay import Relay
from tierline.policy.crew import crew_of
from tierline.policy.source import PolicySource
from tierline.runtime.service import Loop, Service
from tierline.store.database import Database
from tierline.store.floor import FloorSource
from tierline.store.on_call import read_rotas
from tierline.web.health import health_router


async def build(settings: Settings) -> Service:
    """The service, ready to run. Raises one of UNREACHABLE while Postgres is away."""
    db = await Database.connect(settings.database_url, pooler=settings.database_pooler)
    policy = PolicySource(db)
    floor = FloorSource(db, read_rotas, crew_of(policy))
    await policy.refresh()
    await floor.refresh()  # whom a ticket is offered to is not decided on a floor without people
    producer = Producer(
        settings.broker,
        idempotent=settings.kafka_idempotent,
        replication=settings.kafka_replication,
    )
    relay = Relay(db, producer)
    ticker = Ticker(db, lambda: policy.current, lambda: floor.current, relay.nudge, floor.moved)
    app = FastAPI(title="Tierline sla-timer", docs_url=None, redoc_url=None)
    checks = {"postgres": db.alive, "policy": policy.ready, "kafka": producer.alive}
    app.include_router(health_router("sla-timer", checks))
    auditor = Auditor(db, settings.alarm)
    beating: list[tuple[str, Loop]] = []
    if settings.heartbeat_url:
        heart = Heartbeat(
            auditor, settings.heartbeat_url, settings.heartbeat_fail_url, settings.heartbeat_method
        )
        beating.append(("heartbeat", heart.run))
    return Service(
        name="sla-timer",
        app=app,
        loops=[
            ("tick", ticker.run),
            ("relay", relay.run),
            ("policy", policy.run),
            ("floor", floor.run),
            ("audit", auditor.run),
            ("standing", Standing(db, lambda: policy.current).run),
            *beating,
        ],
        last=frozenset({"relay"}),
        silence={"tick": TICK_SILENCE_S},
        on_stop=[producer.close, db.close],
    )
