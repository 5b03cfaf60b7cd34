"""One round of archiving: as much as its limits allow, in steps each of which may be the last."""

import asyncio
from dataclasses import dataclass, field
from pathlib import Path

from tierline.domain.retention_rules import RetentionRules
from tierline.store.archive.choosing import Candidate, candidates
from tierline.store.archive.dropping import drop_alerts, drop_archives, drop_tickets
from tierline.store.archive.files import ArchiveError, sweep_left
from tierline.store.archive.limits import FILE_TICKETS_MAX, FILES_A_ROUND, LOOKS_A_ROUND
from tierline.store.archive.writing import take_out, write_file
from tierline.store.database import Database
from tierline.store.tickets import policy_now


@dataclass
class Done:
    """What a round did, or would do: tickets by file, what stays and why, months, old archives."""

    files: dict[str, list[int]] = field(default_factory=dict)
    would: list[int] = field(default_factory=list)
    kept: dict[int, str] = field(default_factory=dict)
    months: dict[str, list[int]] = field(default_factory=dict)
    archives: list[str] = field(default_factory=list)


class Archivist:
    """Archives what the policy says. It may be stopped anywhere; the next round goes on from there.

    Each file is written, synced, read back and named before one transaction takes its tickets out.
    Whatever is cut short before that has changed nothing but a file, which the same tickets make
    again, byte by byte.
    """

    def __init__(self, db: Database, folder: Path) -> None:
        self._db = db
        self._folder = folder
        self._after = 0

    async def round(self, rules: RetentionRules) -> Done:
        """Archive, then drop what may go.

        Raises:
            ArchiveError: the folder cannot be used, or a file was not what was written.
        """
        if not self._folder.is_dir():
            raise ArchiveError(f"{self._folder} is no folder")
        await asyncio.to_thread(sweep_left, self._folder)
        done = Done()
        for _ in range(FILES_A_ROUND):
            chosen = await self._chosen(rules, done)
            if not chosen:
                break
            await self._file(chosen, done)
        done.months["ticket"] = await drop_tickets(self._db, rules)
        done.months["alert"] = await drop_alerts(self._db, rules)
        done.archives = await drop_archives(self._db, rules, self._folder)
        return done

    async def foreseen(self, rules: RetentionRules) -> Done:
        """What the next rounds would archive, FILE_TICKETS_MAX tickets at most; nothing is done."""
        done, before = Done(), self._after
        done.would = [ticket.number for ticket in await self._chosen(rules, done)]
        self._after = before
        return done

    async def _chosen(self, rules: RetentionRules, done: Done) -> list[Candidate]:
        """The next tickets for one file, from where the last look ended; behind the end: none."""
        chosen: list[Candidate] = []
        if rules.closed_tickets is None:
            return chosen
        async with self._db.connection() as connection:
            before = rules.closed_tickets.before(await policy_now(connection))
            for _ in range(LOOKS_A_ROUND):
                found = await candidates(connection, self._after, before, FILE_TICKETS_MAX)
                done.kept |= {ticket.number: ticket.kept for ticket in found if ticket.kept}
                chosen += [ticket for ticket in found if not ticket.kept]
                self._after = found[-1].number if found else 0
                if not found or len(chosen) >= FILE_TICKETS_MAX:
                    break
        return chosen[:FILE_TICKETS_MAX]

    async def _file(self, chosen: list[Candidate], done: Done) -> None:
        async with self._db.connection() as connection:
            made = await write_file(connection, self._folder, chosen)
        if made is None:
            return
        manifest, written = made
        out = await take_out(self._db, manifest, written)
        done.files[manifest.file] = [ticket.number for ticket in out]
        # What the file had no more room for comes with the next one.
        self._after = min(self._after or written[-1].number, written[-1].number)
