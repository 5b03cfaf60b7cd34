"""Writes letters that are due, each once, and hands them to the delivery of messages.

When a letter is due is a row, and so is the letter: one a kind, subject and local day. Both change
in the transaction that makes its message, so that neither a crash nor a second notifier writes it
twice. What it says is read before, with no transaction open.
"""

import asyncio
import contextlib
from collections.abc import Callable
from dataclasses import replace

import structlog

from notifier.channels.mail import usable_address
from notifier.content import LETTER, Content, encode_content
from notifier.directory import NO_ADDRESS, DirectorySource
from notifier.letters import store
from notifier.letters.document import Document
from notifier.letters.limits import LATE, LETTERS_A_LOOK, LOOK_S, SPARED_LOOKS
from notifier.letters.store import Connection, Reader
from notifier.outages import PASSING
from tierline.domain.letters.when import LISTS, Due, LetterKind, letters_of, next_letter
from tierline.domain.policy import Policy
from tierline.policy.source import NoPolicyError
from tierline.reports.lists import read_lead_page
from tierline.reports.week import read_week_page, week_before
from tierline.store.database import Database
from tierline.store.tickets import policy_now

log = structlog.get_logger(__name__)

EMPTY = "nothing to say, and the policy keeps such a list silent"


class Clerk:
    """Looks for letters that are due. Several may run, in one process or many.

    Args:
        db: the pool.
        policy: gives the current one.
        directory: people's addresses.
        wake: set when a letter is to be sent.
    """

    def __init__(
        self,
        db: Database,
        policy: Callable[[], Policy],
        directory: DirectorySource,
        wake: asyncio.Event,
    ) -> None:
        self._db = db
        self._policy = policy
        self._directory = directory
        self._wake = wake
        self._placed = ""
        self._spared: dict[str, int] = {}

    async def run(self, stop: asyncio.Event) -> None:
        """Look every LOOK_S seconds until `stop`."""
        while not stop.is_set():
            try:
                await self.look()
            except (*PASSING, NoPolicyError) as error:
                log.warning("letters put off", reason=str(error))
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(stop.wait(), LOOK_S)

    async def look(self) -> int:
        """Write what is due now, LETTERS_A_LOOK at most; returns how many due instants had come."""
        self._spared = {name: left - 1 for name, left in self._spared.items() if left > 1}
        policy = self._policy()
        await self._place(policy)
        for written in range(LETTERS_A_LOOK):
            due = await self._first()
            if due is None:
                return written
            try:
                await self._write(policy, due)
            except PASSING:
                raise
            except Exception:
                # One letter that cannot be written must not hold up the others.
                log.exception("a letter cannot be written", letter=store.name_of(due))
                self._spared[store.name_of(due)] = SPARED_LOOKS
        return LETTERS_A_LOOK

    async def _first(self) -> Due | None:
        async with self._db.connection() as connection:
            now = await policy_now(connection)
            return await store.first_due(connection, now, self._spared)

    async def _place(self, policy: Policy) -> None:
        """Once a version of the policy: when the next letter of each kind is due."""
        if policy.version == self._placed:
            return
        async with self._db.transaction() as connection:
            now = await policy_now(connection)
            wanted = [next_letter(policy, kind, about, now) for kind, about in letters_of(policy)]
            dues = [due for due in wanted if due is not None]
            await store.place_dues(connection, dues, policy.version, now)
        self._placed = policy.version

    async def _write(self, policy: Policy, due: Due) -> None:
        """Write one letter, or one digest for each who waits for one, and move its due instant."""
        async with self._db.connection() as connection:
            drafts = await _drafts(connection, policy, due)
        async with self._db.transaction() as connection:
            if not await store.lock_due(connection, due):
                return  # somebody else has written it
            now = await policy_now(connection)
            for reader, about, draft in drafts:
                one = Due(due.at, due.kind, about, due.day)
                await self._one(connection, policy, one, reader, draft)
            following = next_letter(policy, due.kind, due.about, max(now, due.at))
            await store.move_due(connection, due, following)
        self._wake.set()

    async def _one(
        self, connection: Connection, policy: Policy, due: Due, reader: Reader, draft: Document
    ) -> None:
        letter = await store.reserve(connection, due, draft.at, reader.login, policy.version)
        if letter is None:
            return
        address = (await self._directory.get(connection)).mail_of(reader.login)
        document = draft
        if usable_address(address) and due.kind is not LetterKind.WEEKLY:
            held, more = await store.take_held(connection, reader)
            document = replace(draft, digest=tuple(held), more=more)
        why = _why_not(policy, document, address)
        await store.keep(connection, letter, document, why)
        if not why:
            content = encode_content(Content(ticket=0, audience=LETTER, seq=0, letter=letter))
            await store.post(connection, letter, address, content, document)


def _why_not(policy: Policy, document: Document, address: str) -> str:
    if not address:
        return NO_ADDRESS
    if not document.empty:
        return ""
    if document.kind == LetterKind.DIGEST:
        return "nothing was held"
    return EMPTY if policy.letters.silent_when_empty else ""


async def _drafts(
    connection: Connection, policy: Policy, due: Due
) -> list[tuple[Reader, str, Document]]:
    """What a due letter says, for each who gets it and under which subject."""
    now = await policy_now(connection)
    late = now - due.at >= LATE
    plain = Document(due.kind, policy.letters.zone, due.at, now, late=late)
    if due.kind in LISTS:
        group = policy.groups.get(due.about)
        if group is None:
            return []
        reader = await store.read_reader(connection, group.lead, policy)
        page = await read_lead_page(
            connection,
            policy,
            due.about,
            due.kind,
            now,
            sight=reader.sight,
            to_be_sent=True,
        )
        return [(reader, due.about, replace(plain, page=page))]
    if due.kind is LetterKind.WEEKLY:
        return await _weeks(connection, policy, due, plain)
    logins = await store.held_for(connection)
    return [(await store.read_reader(connection, login, policy), login, plain) for login in logins]


async def _weeks(
    connection: Connection, policy: Policy, due: Due, plain: Document
) -> list[tuple[Reader, str, Document]]:
    """The week for the service manager, and for those of single clients the week of these."""
    first = policy.people.get("service manager", "")
    readers = [await store.read_reader(connection, first, policy)] if first else []
    readers += [one for one in await store.managers_of_clients(connection) if one.login != first]
    found = []
    for reader in readers:
        week = await read_week_page(
            connection, policy.letters.zone, week_before(due.day), sight=reader.sight
        )
        found.append((reader, reader.login, replace(plain, week=week)))
    return found
