"""The mail catcher of a development stack and its pages, over real SMTP."""

import asyncio
import re
from collections.abc import AsyncIterator
from email.message import EmailMessage

import aiosmtplib
import httpx
import pytest
from fastapi import FastAPI

from notifier import catcher as catching
from notifier.catcher import MAIL_BYTES, Catcher
from notifier.channels.mail import From, MailChannel
from notifier.letter import Letter, Part
from notifier.outcome import Delivered, Retry
from notifier.pages.mail import mail_router
from notifier.parcel import Parcel
from notifier.smtp import Relay, SmtpPool
from tierline.store.database import Database

pytestmark = pytest.mark.postgres

PART = Part("2026-11-23 09:00 UTC", "warned", "75 % <script>alert(1)</script>", "a plan")
LETTER = Letter("team", "P2: Zähler", "Zähler", (PART,), "http://127.0.0.1/tickets/7", 7)


@pytest.fixture
async def catcher(db: Database) -> AsyncIterator[Catcher]:
    stop = asyncio.Event()
    catcher = Catcher(db, "127.0.0.1", 0)
    running = asyncio.create_task(catcher.run(stop))
    await asyncio.wait_for(catcher.listening.wait(), 5)
    yield catcher
    stop.set()
    await running


@pytest.fixture
async def pages(db: Database) -> AsyncIterator[httpx.AsyncClient]:
    app = FastAPI()
    app.include_router(mail_router(db))
    transport = httpx.ASGITransport(app)
    async with httpx.AsyncClient(transport=transport, base_url="http://127.0.0.1") as client:
        yield client


async def send(catcher: Catcher, address: str = "sam@msp.example", **other: object) -> object:
    channel = MailChannel(
        SmtpPool(Relay("127.0.0.1", catcher.port, "auto")), From("desk@msp.example")
    )
    try:
        return await channel.send(Parcel("msg_1", 7, address, letter=LETTER, **other))
    finally:
        await channel.close()


async def test_what_would_have_been_sent_can_be_read_back(
    catcher: Catcher, pages: httpx.AsyncClient
) -> None:
    outcome = await send(catcher)
    assert isinstance(outcome, Delivered)
    assert re.search(r"queued as caught-\d+", outcome.proof)
    [mail] = (await pages.get("/mail.json")).json()
    assert (mail["rcpt"], mail["subject"]) == ("sam@msp.example", "[#7] P2: Zähler")
    assert ["Message-ID", "<msg_1@tierline>"] in mail["headers"]
    assert "75 %" in mail["plain"]
    listed = (await pages.get("/mail")).text
    assert "[#7] P2: Zähler" in listed
    shown = (await pages.get(f"/mail/{mail['id']}")).text
    assert "msg_1@tierline" in shown
    assert 'sandbox=""' in shown
    assert "<script>" not in shown


async def test_before_any_mail_the_page_says_so(pages: httpx.AsyncClient) -> None:
    assert "No mail yet" in (await pages.get("/mail")).text
    assert (await pages.get("/mail.json")).json() == []
    assert (await pages.get("/mail/1")).status_code == 404
    assert "No mail to nobody@x" in (await pages.get("/mail?rcpt=nobody@x")).text


async def test_mail_is_found_by_recipient_newest_first(
    catcher: Catcher, pages: httpx.AsyncClient
) -> None:
    for address in ("sam@msp.example", "kim@msp.example", "sam@msp.example"):
        await send(catcher, address)
    everything = (await pages.get("/mail.json")).json()
    assert [mail["id"] for mail in everything] == sorted(
        (mail["id"] for mail in everything), reverse=True
    )
    found = (await pages.get("/mail.json", params={"rcpt": "sam@msp.example"})).json()
    assert len(found) == 2
    assert len((await pages.get("/mail.json?limit=1")).json()) == 1
    assert (await pages.get("/mail.json?limit=0")).status_code == 422


async def test_a_mails_own_html_runs_and_loads_nothing(
    catcher: Catcher, pages: httpx.AsyncClient
) -> None:
    mail = EmailMessage()
    mail["Subject"] = "<b>hello</b>"
    mail.set_content("<script>alert(1)</script>", subtype="html")
    await aiosmtplib.send(
        mail,
        hostname="127.0.0.1",
        port=catcher.port,
        sender="a@b.example",
        recipients=["c@d.example"],
        start_tls=False,
    )
    answer = await pages.get("/mail/1/html")
    assert answer.headers["content-security-policy"].startswith("sandbox; default-src 'none'")
    page = await pages.get("/mail/1")
    assert "<b>hello</b>" not in page.text
    assert "default-src 'none'" in page.headers["content-security-policy"]


async def test_another_name_that_points_here_sees_nothing(pages: httpx.AsyncClient) -> None:
    answer = await pages.get("/mail.json", headers={"Host": "evil.example"})
    assert answer.status_code == 404


async def test_only_the_newest_are_kept(
    catcher: Catcher, db: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(catching, "KEPT_MAILS", 3)
    for number in range(5):
        await send(catcher, f"p{number}@msp.example")
    async with db.connection() as connection:
        rows = await connection.fetch("SELECT rcpt FROM tierline.caught_mail ORDER BY id")
    assert [row["rcpt"] for row in rows] == [f"p{n}@msp.example" for n in (2, 3, 4)]


async def test_a_mail_that_is_too_large_is_refused(catcher: Catcher) -> None:
    mail = EmailMessage()
    mail.set_content("x" * 70 + "\n" * (MAIL_BYTES + 1))
    with pytest.raises(aiosmtplib.SMTPException):
        await aiosmtplib.send(
            mail,
            hostname="127.0.0.1",
            port=catcher.port,
            sender="a@b.example",
            recipients=["c@d.example"],
            start_tls=False,
        )


async def test_without_a_database_the_sender_is_told_to_come_again(
    catcher: Catcher, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def away(*_: object) -> int:
        raise ConnectionRefusedError

    monkeypatch.setattr(catcher, "_keep", away)
    assert isinstance(await send(catcher), Retry)


async def test_a_recipient_that_no_row_can_hold_is_refused(pages: httpx.AsyncClient) -> None:
    assert (await pages.get("/mail.json", params={"rcpt": "a\x00b"})).status_code == 422
