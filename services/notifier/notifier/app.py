"""The notifier, put together: events in, messages out, and a catcher where there is no relay."""

from collections.abc import Awaitable, Callable, Mapping

from fastapi import FastAPI

from notifier.catcher import Catcher
from notifier.channels.chat import ChatChannel
from notifier.channels.mail import From, MailChannel
from notifier.channels.webhook import WebhookChannel
from notifier.consumer import event_feed
from notifier.deliver import Deliverer
from notifier.directory import DirectorySource
from notifier.guard import Guard
from notifier.http import HttpSender
from notifier.letters.clerk import Clerk
from notifier.limits import FINISH_SHARE, Limits
from notifier.pages.mail import mail_router
from notifier.parcel import CHAT, MAIL, WEBHOOK, Channel
from notifier.settings import Settings
from notifier.smtp import SmtpPool
from tierline.policy.source import PolicySource
from tierline.runtime.service import Loop, Service
from tierline.store.database import Database
from tierline.web.health import Check, health_router


def channels_of(settings: Settings, sender: HttpSender) -> Mapping[str, Channel]:
    """The ways out, by name."""
    origin = From(settings.mail_from, settings.mail_from_name, settings.mail_reply_to)
    return {
        MAIL: MailChannel(SmtpPool(settings.relay), origin),
        CHAT: ChatChannel(sender),
        WEBHOOK: WebhookChannel(sender),
    }


async def build(settings: Settings) -> Service:
    """The service, ready to run. Raises one of UNREACHABLE while Postgres is away."""
    # What a crash of PostgreSQL undoes here, the sweep finds: sent again under its first key.
    db = await Database.connect(
        settings.database_url, commits_wait=False, pooler=settings.database_pooler
    )
    policy = PolicySource(db)
    await policy.refresh()
    directory = DirectorySource(db)
    await directory.refresh()
    sender = HttpSender(Guard(settings.networks))
    channels = channels_of(settings, sender)
    deliverer = Deliverer(
        db,
        channels,
        lambda: policy.current,
        directory,
        link=settings.console_url,
        secret=settings.secret,
        limits=Limits(finish_s=FINISH_SHARE * settings.stop_seconds),
    )
    clerk = Clerk(db, lambda: policy.current, directory, deliverer.wake)
    feed = event_feed(settings.broker, db, policy, directory, deliverer)
    checks: dict[str, Check] = {
        "postgres": db.alive,
        "policy": policy.ready,
        "kafka": feed.joined,
    }
    app = FastAPI(title="Tierline notifier", docs_url=None, redoc_url=None, openapi_url=None)
    loops: list[tuple[str, Loop]] = [
        ("policy", policy.run),
        ("directory", directory.run),
        ("deliver", deliverer.run),
        ("letters", clerk.run),
        *feed.loops,
    ]
    if settings.mail_catcher:
        catcher = Catcher(db, settings.smtp_host, settings.smtp_port)
        loops.append(("catcher", catcher.run))
        checks["mail catcher"] = _listening(catcher)
        app.include_router(mail_router(db))
    app.include_router(health_router("notifier", checks))
    closing: list[Callable[[], Awaitable[None]]] = [
        *(channel.close for channel in channels.values()),
        sender.close,
        db.close,
    ]
    return Service(
        name="notifier", app=app, loops=loops, last=frozenset({"deliver"}), on_stop=closing
    )


def _listening(catcher: Catcher) -> Check:
    async def check() -> str | None:
        return None if catcher.listening.is_set() else "not listening yet"

    return check
