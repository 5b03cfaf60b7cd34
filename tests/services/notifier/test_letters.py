"""Letters on real Postgres and virtual time: each once, whatever dies, with what was held."""

import asyncio
from dataclasses import replace

import pytest

from notifier.directory import DirectorySource
from notifier.letters import clerk as clerk_module
from notifier.letters import store
from notifier.letters.clerk import EMPTY, Clerk
from notifier.letters.limits import SPARED_LOOKS
from tests.domain.worlds import OFFICE, P3, Story, at, example_policy
from tests.domain.worlds import TOM as TOM_LEADS
from tierline.domain.calendar import WEEKDAYS, Calendar
from tierline.domain.commands import Claim, MakePlan, Move, Resolve
from tierline.domain.letters.rules import LetterRules
from tierline.domain.policy import ModeRules
from tierline.domain.restriction import Restrict
from tierline.domain.terms import Mode
from tierline.store.database import Database

pytestmark = pytest.mark.postgres

LED = ("Desk", "Network")
BEFORE = "2026-11-23 12:00"
CLOSING = "2026-11-23 17:30"
ONLY_LISTS = {"weekly_day": None, "digest_at": None}
PRIYA, TOM, MIA = "priya@msp.example", "tom@msp.example", "mia@msp.example"


def policy_with(version="test-1", mode=Mode.ACT, **rules):
    """The example's policy in which only the desk and the network have a lead."""
    policy = example_policy()
    groups = {
        name: group if name in LED else replace(group, lead="")
        for name, group in policy.groups.items()
    }
    letters = LetterRules(zone="Europe/London", round_the_clock=OFFICE, **rules)
    return replace(
        policy, version=version, groups=groups, letters=letters, mode=ModeRules(default=mode)
    )


class Writing:
    """A world, its clock held where the test puts it, and clerks on it."""

    def __init__(self, world):
        self.world = world

    async def now(self, text):
        await self.world.sql("UPDATE tierline.policy_clock SET held = true, anchor = $1", at(text))

    def clerk(self):
        world = self.world
        return Clerk(world.db, lambda: world.policy, DirectorySource(world.db), asyncio.Event())

    async def opened(self, story, number=1001):
        self.world.stories[number] = story
        await self.world.save()

    async def letters(self, **where):
        rows = await self.world.sql("SELECT * FROM tierline.letter ORDER BY id")
        return [row for row in rows if all(row[k] == v for k, v in where.items())]

    async def dues(self):
        rows = await self.world.sql("SELECT * FROM tierline.letter_due")
        return {(row["kind"], row["about"]): f"{row['due_at']:%a %d %H:%M}" for row in rows}

    async def mailed(self):
        """The page of every letter that goes out, by address."""
        await self.world.deliver()
        return {parcel.address: parcel.page for parcel in self.world.mail.sent if parcel.page}


@pytest.fixture
async def writing(world):
    world.policy = policy_with(**ONLY_LISTS)
    made = Writing(world)
    await made.now(BEFORE)
    return made


def breaking(policy, number=1001):
    """Claimed by sam at 17:10, pressing: its plan is promised to the client for 18:10."""
    story = Story(policy=policy, now=at("2026-11-23 17:10"))
    story.open(id=number, facts={"severity": "critical"}).ok(Claim("sam"))
    return story.until(at(CLOSING))


async def test_before_closing_the_lead_gets_what_breaks_before_anyone_is_in(writing):
    clerk = writing.clerk()
    assert await clerk.look() == 0
    await writing.opened(breaking(writing.world.policy))
    await writing.now(CLOSING)
    assert await clerk.look() == 2
    mails = await writing.mailed()
    desk = mails[PRIYA]
    assert desk.subject == "Desk before closing: 1 breaks before the next opening"
    assert "the plan breaks at Mon 23 Nov 18:10, when nobody is in; sam" in desk.text
    assert "http://127.0.0.1:8080/tickets/1001" in desk.text
    assert '<a href="http://127.0.0.1:8080/tickets/1001">#1001</a>' in desk.html
    assert "Times are those of Europe/London." in desk.text
    assert "late" not in desk.text
    assert mails[TOM].subject == "Network before closing: nothing breaks before the next opening"
    assert "Nothing breaks before Tue 24 Nov 08:00" in mails[TOM].text
    kept = await writing.letters(about="Desk")
    assert [(row["kind"], str(row["day"]), row["why"]) for row in kept] == [
        ("closing", "2026-11-23", "")
    ]
    assert (await writing.world.sent(id=kept[0]["message"]))[0]["state"] == "delivered"


async def test_two_clerks_at_once_write_each_letter_once(writing):
    clerks = [writing.clerk() for _ in range(3)]
    for clerk in clerks:
        await clerk.look()
    await writing.now(CLOSING)
    await asyncio.gather(*(clerk.look() for clerk in clerks))
    await asyncio.gather(*(writing.clerk().look() for _ in range(2)))
    assert [row["about"] for row in await writing.letters()] in (["Desk", "Network"], [*LED][::-1])
    assert len(await writing.world.sent()) == 2
    assert (await writing.dues())["closing", "Desk"] == "Tue 24 17:30"


async def test_a_crash_before_the_commit_leaves_nothing_and_the_next_clerk_writes_it(
    writing, monkeypatch
):
    clerk = writing.clerk()
    await clerk.look()
    await writing.now(CLOSING)
    move = store.move_due

    async def dies(*_):
        raise RuntimeError("killed")

    monkeypatch.setattr(store, "move_due", dies)
    await clerk.look()
    assert (await writing.letters(), await writing.world.sent()) == ([], [])
    monkeypatch.setattr(store, "move_due", move)
    await writing.clerk().look()
    assert len(await writing.letters()) == 2
    assert len(await writing.mailed()) == 2


async def test_a_letters_commit_waits_for_the_disk_though_the_notifiers_others_do_not(
    writing, database_url, monkeypatch
):
    """What a crash takes back would be written anew, under another key than the mail that left."""
    move, found = store.move_due, []

    async def looks(connection, *rest):
        found.append(await connection.fetchval("SHOW synchronous_commit"))
        await move(connection, *rest)

    monkeypatch.setattr(store, "move_due", looks)
    writing.world.db = db = await Database.connect(database_url, commits_wait=False)
    clerk = writing.clerk()
    await clerk.look()
    await writing.now(CLOSING)
    await clerk.look()
    async with db.connection() as connection:
        assert await connection.fetchval("SHOW synchronous_commit") == "off"
    await db.close()
    assert found == ["on", "on"]


async def test_a_letter_that_is_sent_again_after_a_crash_has_the_same_key(writing):
    world = writing.world
    world.mail.answer(RuntimeError("the line went dead"))
    clerk = writing.clerk()
    await clerk.look()
    await writing.now(CLOSING)
    await clerk.look()
    await writing.mailed()
    await world.make_due()
    await writing.mailed()
    keys = [parcel.key for parcel in world.mail.sent]
    assert (len(keys), len(set(keys))) == (3, 2)
    assert {row["state"] for row in await world.sent()} == {"delivered"}


async def test_after_an_outage_a_letter_comes_late_says_so_and_is_not_made_up_for(writing):
    clerk = writing.clerk()
    await clerk.look()
    await writing.now("2026-11-26 10:00")
    await writing.clerk().look()
    kept = await writing.letters(about="Desk")
    assert [(row["kind"], str(row["day"])) for row in kept] == [
        ("closing", "2026-11-23"),
        ("opening", "2026-11-24"),
    ]
    await writing.world.deliver()
    texts = [p.page.text for p in writing.world.mail.sent if "Desk before" in p.page.subject]
    assert len(texts) == 1
    assert "was due Mon 23 Nov 17:30 and could not be written before Thu 26 Nov 10:00" in texts[0]
    dues = await writing.dues()
    assert (dues["closing", "Desk"], dues["opening", "Desk"]) == ("Thu 26 17:30", "Fri 27 08:00")


async def test_a_new_policy_asks_for_other_letters(writing):
    await writing.clerk().look()
    writing.world.policy = policy_with(version="test-2", weekly_day=None)
    await writing.clerk().look()
    assert (await writing.dues())["digest", ""] == "Mon 23 17:30"
    await writing.now("2026-11-23 18:00")
    writing.world.policy = policy_with(version="test-3", **ONLY_LISTS, lists=False)
    await writing.clerk().look()
    assert await writing.dues() == {}
    assert await writing.letters() == []


async def test_under_a_new_policy_what_is_overdue_stays_and_what_is_ahead_moves(writing):
    await writing.clerk().look()
    await writing.now("2026-11-23 18:00")
    early = Calendar.build("UTC", dict.fromkeys(WEEKDAYS, ("06:00-14:00",)))
    policy = policy_with(version="test-2", **ONLY_LISTS)
    groups = {name: replace(group, hours=early) for name, group in policy.groups.items()}
    writing.world.policy = replace(policy, groups=groups)
    await writing.clerk().look()
    (late,) = await writing.letters(about="Desk")
    assert f"{late['due_at']:%a %H:%M}" == "Mon 17:30"
    dues = await writing.dues()
    assert (dues["closing", "Desk"], dues["opening", "Desk"]) == ("Tue 24 13:30", "Tue 24 06:00")


async def test_an_empty_list_is_kept_and_not_sent_where_the_policy_wants_it_silent(writing):
    writing.world.policy = policy_with(**ONLY_LISTS, silent_when_empty=True)
    clerk = writing.clerk()
    await clerk.look()
    await writing.opened(breaking(writing.world.policy))
    await writing.now(CLOSING)
    await clerk.look()
    assert set(await writing.mailed()) == {PRIYA}
    assert [row["why"] for row in await writing.letters(about="Network")] == [EMPTY]


async def test_a_lead_without_an_address_is_said_and_nobody_elses_letter_waits(writing):
    await writing.world.sql("UPDATE tierline.person SET email = '' WHERE login = 'priya'")
    clerk = writing.clerk()
    await clerk.look()
    await writing.now(CLOSING)
    await clerk.look()
    assert set(await writing.mailed()) == {TOM}
    assert [row["why"] for row in await writing.letters(about="Desk")] == ["no address"]


async def test_a_letter_that_cannot_be_written_is_left_alone_and_holds_up_no_other(
    writing, monkeypatch
):
    read = clerk_module.read_lead_page

    async def fails(connection, policy, group, *rest, **more):
        if group == "Desk":
            raise ValueError("cannot be read")
        return await read(connection, policy, group, *rest, **more)

    clerk = writing.clerk()
    await clerk.look()
    await writing.now(CLOSING)
    monkeypatch.setattr(clerk_module, "read_lead_page", fails)
    await clerk.look()
    assert [row["about"] for row in await writing.letters()] == ["Network"]
    monkeypatch.setattr(clerk_module, "read_lead_page", read)
    for _ in range(SPARED_LOOKS):
        await clerk.look()
    assert [row["about"] for row in await writing.letters()] == ["Network", "Desk"]


async def test_a_lead_behind_a_wall_reads_only_of_their_clients(writing):
    await writing.world.sql("UPDATE tierline.person SET clients = '{Other}' WHERE login = 'priya'")
    clerk = writing.clerk()
    await clerk.look()
    await writing.opened(breaking(writing.world.policy))
    await writing.now(CLOSING)
    await clerk.look()
    page = (await writing.mailed())[PRIYA]
    assert "1001" not in page.text + page.html
    assert "Contoso" not in page.text + page.html


async def test_what_is_only_watched_is_in_no_mail(writing):
    clerk = writing.clerk()
    await clerk.look()
    await writing.opened(breaking(policy_with(mode=Mode.WATCH)))
    await writing.now(CLOSING)
    await clerk.look()
    page = (await writing.mailed())[PRIYA]
    assert "#1001" not in page.text
    assert "1 of its tickets are only watched" in page.text


async def test_a_policy_that_only_watches_writes_no_letters(writing):
    writing.world.policy = policy_with(mode=Mode.WATCH)
    clerk = writing.clerk()
    await clerk.look()
    await writing.now(CLOSING)
    assert await clerk.look() == 0
    assert await writing.dues() == {}


async def test_while_a_log_is_replayed_nobody_is_written_to(writing):
    clerk = writing.clerk()
    await clerk.look()
    await writing.world.sql(
        "INSERT INTO tierline.replay (name, digest, start_at, end_at)"
        " VALUES ('log', 'd', now(), now())"
    )
    await writing.now(CLOSING)
    assert await clerk.look() == 0
    await writing.world.sql("UPDATE tierline.replay SET ended_at = now()")
    assert await clerk.look() == 2


# -- what was held for a digest


async def held_for_priya(writing):
    """A P3 call with a plan and no word to the client: its first answer breaks at 11:00."""
    world = writing.world
    story = Story(policy=world.policy).call(priority=P3, title="Printer is slow")
    story.ok(Claim("sam")).ok(MakePlan("look at it", at("2026-11-23 18:30")))
    world.stories[1001] = story.until(at(BEFORE))
    await world.tell()
    (notice,) = await world.notices(state="held", recipient="priya")
    assert (notice["occasion"], notice["reason"]) == ("breach P3-P4", "digest")
    return notice["id"]


async def test_a_digest_leaves_with_the_list_and_then_has_its_outcome(writing):
    notice = await held_for_priya(writing)
    clerk = writing.clerk()
    await clerk.look()
    await writing.now(CLOSING)
    await clerk.look()
    assert [row["state"] for row in await writing.world.notices(id=notice)] == ["pending"]
    page = (await writing.mailed())[PRIYA]
    assert "Kept for you" in page.text
    assert "Mon 23 Nov 11:00 breach P3-P4: #1001 P3 Contoso: Printer is slow" in page.text
    assert [row["state"] for row in await writing.world.notices(id=notice)] == ["delivered"]
    await writing.now("2026-11-24 08:00")
    await clerk.look()
    await writing.world.deliver()
    opening = writing.world.mail.sent[-1].page.text + writing.world.mail.sent[-2].page.text
    assert "Kept for you" not in opening


async def test_who_leads_nothing_gets_a_digest_of_their_own(writing):
    notice = await held_for_priya(writing)
    writing.world.policy = policy_with(lists=False, weekly_day=None)
    clerk = writing.clerk()
    await clerk.look()
    await writing.now(CLOSING)
    await clerk.look()
    assert set(await writing.mailed()) >= {PRIYA}
    page = (await writing.mailed())[PRIYA]
    assert page.subject == "Digest: 1 notice"
    assert [row["state"] for row in await writing.world.notices(id=notice)] == ["delivered"]
    assert await clerk.look() == 0


async def test_a_digest_that_cannot_be_mailed_stays_held(writing):
    notice = await held_for_priya(writing)
    await writing.world.sql("UPDATE tierline.person SET active = false WHERE login = 'priya'")
    clerk = writing.clerk()
    await clerk.look()
    await writing.now(CLOSING)
    await clerk.look()
    assert [row["state"] for row in await writing.world.notices(id=notice)] == ["held"]


async def test_a_held_notice_of_a_ticket_restricted_since_stays_held(writing):
    """Priya leads the desk, which it has left."""
    notice = await held_for_priya(writing)
    story = writing.world.stories[1001]
    story.ok(Restrict("Infra", "a breach"), TOM_LEADS).ok(Move("x", to_group="Network"), TOM_LEADS)
    await writing.world.save()
    clerk = writing.clerk()
    await clerk.look()
    await writing.now(CLOSING)
    await clerk.look()
    assert "Printer is slow" not in (await writing.mailed())[PRIYA].text
    assert [row["state"] for row in await writing.world.notices(id=notice)] == ["held"]


async def test_a_held_notice_of_a_client_behind_the_wall_stays_held(writing):
    notice = await held_for_priya(writing)
    await writing.world.sql("UPDATE tierline.person SET clients = '{Other}' WHERE login = 'priya'")
    clerk = writing.clerk()
    await clerk.look()
    await writing.now(CLOSING)
    await clerk.look()
    assert "1001" not in (await writing.mailed())[PRIYA].text
    assert [row["state"] for row in await writing.world.notices(id=notice)] == ["held"]


# -- the manager's week


async def test_on_monday_morning_the_service_manager_gets_the_week_before(writing):
    writing.world.policy = policy_with(lists=False, digest_at=None)
    await writing.now("2026-11-29 12:00")
    clerk = writing.clerk()
    await clerk.look()
    story = Story(policy=writing.world.policy).call(priority=P3).ok(Claim("sam"))
    await writing.opened(story.ok(Resolve("told her how")))
    await writing.now("2026-11-30 07:00")
    assert await clerk.look() == 1
    page = (await writing.mailed())[MIA]
    assert page.subject == "The week 2026-W48 in figures"
    assert "- P3 first answer: 1 of 1 [-]" in page.text
    assert "- resolved by people: 1 [0]" in page.text
    assert "http://127.0.0.1:8080/reports/week?week=2026-W48" in page.text
    assert "<td" in page.html
    assert (await writing.dues())["weekly", ""] == "Mon 07 07:00"


async def test_the_service_manager_of_a_client_gets_the_week_of_that_client_alone(writing):
    world = writing.world
    world.policy = policy_with(lists=False, digest_at=None)
    await world.sql(
        "INSERT INTO tierline.client (name, service_manager) VALUES ('Contoso', 'tom'),"
        " ('Fabrikam', 'lou'), ('Wingtip', 'mia')"
    )
    await writing.now("2026-11-29 12:00")
    clerk = writing.clerk()
    await clerk.look()
    story = Story(policy=world.policy).call(priority=P3).ok(Claim("sam"))
    await writing.opened(story.ok(Resolve("told her how")))
    await writing.now("2026-11-30 07:00")
    await clerk.look()
    mails = await writing.mailed()
    assert set(mails) == {MIA, TOM, "lou@msp.example"}
    assert "- resolved by people: 1 [0]" in mails[TOM].text
    assert "- resolved by people: 0 [0]" in mails["lou@msp.example"].text
