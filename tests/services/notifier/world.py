"""Tickets, people, rooms and subscriptions in a real database, and channels that are fakes."""

from dataclasses import dataclass, field, replace
from random import Random

from notifier.backoff import Exponential, Schedule
from notifier.deliver import Deliverer
from notifier.directory import DirectorySource, read_directory
from notifier.handlers import write_notices
from notifier.limits import Limits
from notifier.outcome import Delivered
from tests.domain.worlds import Story, example_policy
from tierline.domain.policy import Policy
from tierline.domain.ticket import Ticket
from tierline.messages.events import TicketMessage, decode_event
from tierline.store.database import Database
from tierline.store.events import timeline
from tierline.store.tickets import Change, write_changes
from tierline.testing.channels import FakeChannel

LINK_SECRET = "signs the links of mails, forty characters"
SECRET = "whsec_MDEyMzQ1Njc4OTAxMjM0NTY3ODkwMTIz"
PEOPLE = ("sam", "kim", "tom", "priya", "ana", "mia", "lou")
ROOMS = ("dispatch", "desk", "network", "infra")

LIMITS = Limits(
    blocked_look_s=0.01,
    mail=Exponential(first_s=30.0, longest_s=60.0, attempts=2, age_s=3_600.0),
    chat=Exponential(first_s=30.0, longest_s=60.0, attempts=2, age_s=3_600.0),
    webhook=Schedule((30.0, 30.0)),
)


def taken(parcel: object) -> Delivered:
    return Delivered(f"took {parcel.key}")


@dataclass
class World:
    """What a test of the notifier acts on. `stories`: each ticket's, by number."""

    db: Database
    policy: Policy = field(default_factory=example_policy)
    stories: dict[int, Story] = field(default_factory=dict)
    mail: FakeChannel = field(default_factory=lambda: FakeChannel(taken))
    chat: FakeChannel = field(default_factory=lambda: FakeChannel(taken))
    webhook: FakeChannel = field(default_factory=lambda: FakeChannel(taken))
    told: dict[int, int] = field(default_factory=dict)
    saved: dict[int, Ticket] = field(default_factory=dict)

    @property
    def channels(self) -> dict[str, FakeChannel]:
        return {"mail": self.mail, "chat": self.chat, "webhook": self.webhook}

    async def furnish(self) -> "World":
        async with self.db.transaction() as connection:
            for login in PEOPLE:
                await connection.execute(
                    "INSERT INTO tierline.person (login, name, email, role)"
                    " VALUES ($1, $1, $1 || '@msp.example', 'technician')",
                    login,
                )
            for room in ROOMS:
                await connection.execute(
                    "INSERT INTO tierline.room (name, kind, url)"
                    " VALUES ($1, 'slack', 'https://chat.example/' || $1)",
                    room,
                )
        return self

    async def subscribe(self, name: str, **columns: object) -> None:
        stated = {
            "url": "https://psa.example/in",
            "secrets": [SECRET],
            "clients": None,
            "types": None,
            "restricted": False,
            **columns,
        }
        await self.sql(
            "INSERT INTO tierline.subscription (name, url, secrets, clients, types,"
            " restricted) VALUES ($1, $2, $3, $4, $5, $6)",
            name,
            *stated.values(),
        )

    async def sql(self, statement: str, *values: object) -> list[dict]:
        async with self.db.connection() as connection:
            return [dict(row) for row in await connection.fetch(statement, *values)]

    def story(self, number: int = 1001, **stated: object) -> Story:
        """A ticket that has just been opened and routed; not written yet."""
        self.stories[number] = Story(policy=self.policy).open(id=number, **stated)
        return self.stories[number]

    async def save(self) -> None:
        """Write what has happened in every story since the last time."""
        for number, story in self.stories.items():
            before = self.saved.get(number)
            new = tuple(e for e in story.events if before is None or e.seq > before.seq)
            async with self.db.transaction() as connection:
                await write_changes(connection, [Change(before, story.ticket, new)])
            self.saved[number] = story.ticket

    async def messages(self, after: dict[int, int] | None = None) -> list[TicketMessage]:
        found: list[TicketMessage] = []
        async with self.db.connection() as connection:
            for number in self.stories:
                seen = (self.told if after is None else after).get(number, 0)
                bodies = await timeline(connection, number, after=seen, limit=500)
                found += [decode_event(body) for body in bodies]
        return found

    async def tell(self) -> int:
        """Write everything down and make notices of what is new; returns messages to be sent."""
        await self.save()
        messages = await self.messages()
        written = await self.write(messages)
        for message in messages:
            self.told[message.event.ticket] = message.event.seq
        return written

    async def write(self, messages: list[TicketMessage], **other: object) -> int:
        async with self.db.transaction() as connection:
            directory = await read_directory(connection)
            written = await write_notices(connection, messages, self.policy, directory, **other)
            return written.messages

    def deliverer(
        self, channels: dict[str, FakeChannel] | None = None, **limits: object
    ) -> Deliverer:
        return Deliverer(
            self.db,
            channels or self.channels,
            lambda: self.policy,
            DirectorySource(self.db),
            link="http://127.0.0.1:8080",
            secret=LINK_SECRET,
            limits=replace(LIMITS, **limits),
            rng=Random(1),
        )

    async def deliver(self, **limits: object) -> int:
        """Deliver until nothing is due; bounded. Returns how many looks found something."""
        deliverer = self.deliverer(**limits)
        for looks in range(200):
            if await deliverer.deliver_once() == 0:
                return looks
        raise AssertionError("there is always something due")

    async def make_due(self) -> None:
        """As if every wait were over: retries, leases."""
        await self.sql(
            "UPDATE tierline.message SET due_at = now() - interval '1 second'"
            " WHERE state = 'pending'"
        )

    async def notices(self, **where: object) -> list[dict]:
        rows = await self.sql("SELECT * FROM tierline.notice ORDER BY ticket, seq, kind, recipient")
        return [row for row in rows if all(row[k] == v for k, v in where.items())]

    async def sent(self, **where: object) -> list[dict]:
        rows = await self.sql("SELECT * FROM tierline.message ORDER BY id")
        return [row for row in rows if all(row[k] == v for k, v in where.items())]

    async def attempts(self, message: int) -> list[dict]:
        return await self.sql(
            "SELECT * FROM tierline.attempt WHERE message = $1 ORDER BY number", message
        )
