"""What must hold after any fault, judged from rows and from what clients remember. Pure.

Each function takes evidence and returns what broke; an empty list means that the promise held. The
stories of tickets (their events) are judged in `stories.py`.
"""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from tests.faults.people import Asked
from tests.faults.senders import Sent
from tierline.domain.terms import CLIENT_CLOCKS

INTEGRATION = "api"
SAMPLES_MAX = 5


@dataclass(frozen=True, slots=True)
class Broken:
    """One broken promise: its name, how often, and the first few cases in words."""

    promise: str
    count: int
    cases: tuple[str, ...]

    def __str__(self) -> str:
        return f"{self.promise}: {self.count} ({'; '.join(self.cases)})"


def broken(promise: str, cases: Collection[str]) -> list[Broken]:
    """A finding where there is any case."""
    if not cases:
        return []
    return [Broken(promise, len(cases), tuple(list(cases)[:SAMPLES_MAX]))]


NOTHING_LOST = "nothing accepted is lost"
ONE_TICKET = "one ticket per problem"
NOTICES = "every notice ends in an outcome"
HOOK_ORDER = "webhooks in order, per ticket"
HOOK_ALL = "no event is missing at the receiver"
ARRIVED = "what is delivered arrived"
TOLD = "everybody concerned has a notice, nobody else"
TOOK_HOLD = "the fault took hold"
EXERCISED = "thresholds come due during each fault"
ONE_CLAIM = "a claim is won by one"
COMMANDS = "a command takes effect once"
DEAD_LETTERS = "dead letters only for poison, each with a reason"
AUDITOR = "the auditor finds nothing"
DRAINED = "everything drains"
TRUE_TIME = "what is recorded is recorded at its time"


NoticeKey = tuple[int, int, str, str]
"""Ticket, seq, kind and recipient."""


@dataclass(frozen=True, slots=True)
class AlertRow:
    """A stored alert: what became of it, and the ticket it went to with its client and key."""

    outcome: str | None
    client: str = ""
    problem_key: str = ""
    ticket: int | None = None


def nothing_lost(accepted: Mapping[int, Sent], stored: Mapping[int, AlertRow]) -> list[Broken]:
    """Every alert answered 202 is stored, has an outcome, and is with its own problem's ticket.

    A recovery may find nothing open; an alert that fires never does.
    """
    sent_in_order = sorted(accepted.items())
    recovered = {(one.client, one.dedup_key): n for n, one in sent_in_order if not one.firing}
    cases = []
    for alert, sent in accepted.items():
        row = stored.get(alert)
        if row is None:
            cases.append(f"alert {alert} is not stored")
        elif row.outcome is None:
            cases.append(f"alert {alert} has no outcome")
        elif row.outcome == "nothing open" and not sent.firing:
            continue
        elif row.outcome == "nothing open":
            later = recovered.get((sent.client, sent.dedup_key), 0)
            why = f": its recovery {later} overtook it" if later > alert else ""
            cases.append(f"alert {alert} fired and has no ticket{why}")
        elif (row.client, row.problem_key) != (sent.client, f"{INTEGRATION}/{sent.dedup_key}"):
            cases.append(f"alert {alert} ({row.outcome}) is with {row.client} {row.problem_key!r}")
    return broken(NOTHING_LOST, cases)


def one_ticket(tickets: Iterable[tuple[int, str, str, str]]) -> list[Broken]:
    """Of the tickets (id, client, problem key, state) of a problem only the last may be open."""
    last: dict[tuple[str, str], tuple[int, str]] = {}
    cases = []
    for number, client, key, state in sorted(tickets):
        if not key:
            continue
        before = last.get((client, key))
        if before is not None and before[1] != "closed":
            cases.append(f"{client} {key}: {before[0]} ({before[1]}) and {number} ({state})")
        last[client, key] = (number, state)
    return broken(ONE_TICKET, cases)


SETTLED = frozenset({"delivered", "failed", "superseded", "held", "suppressed"})


def notices_end(rows: Iterable[tuple[str, str, str, int]]) -> list[Broken]:
    """Of notices counted by (kind, state, reason), none is pending, none failed for no reason."""
    cases = []
    for kind, state, reason, count in rows:
        if state not in SETTLED:
            cases.append(f"{count} {kind} notices are {state}")
        elif state == "failed" and not reason:
            cases.append(f"{count} {kind} notices failed without a reason")
    return broken(NOTICES, cases)


def hooks_in_order(arrivals: Mapping[int, Sequence[int]]) -> list[Broken]:
    """What arrived for the first time arrived in order of seq, from the first one on.

    A repetition is fine: it carries the same identity.
    """
    cases = []
    for ticket, seqs in arrivals.items():
        firsts = list(dict.fromkeys(seqs))
        if firsts != sorted(firsts):
            wrong = next(s for s, t in zip(firsts, sorted(firsts), strict=True) if s != t)
            cases.append(f"ticket {ticket}: {wrong} came out of order in {firsts[:20]}")
    return broken(HOOK_ORDER, cases)


def hooks_complete(
    arrivals: Mapping[int, Sequence[int]],
    subscribed: Mapping[int, int],
    owed: Collection[tuple[int, int]] = (),
) -> list[Broken]:
    """Of every subscribed ticket each event arrived; nothing that does not exist.

    Args:
        arrivals: by ticket, the seqs that arrived.
        subscribed: by ticket, its last seq.
        owed: (ticket, seq) that a dead sender's lease still keeps.
    """
    cases = []
    for ticket, last in subscribed.items():
        missing = set(range(1, last + 1)) - set(arrivals.get(ticket, ()))
        missing = {seq for seq in missing if (ticket, seq) not in owed}
        if missing:
            cases.append(f"ticket {ticket}: {sorted(missing)[:5]} of {last}")
    for ticket, seqs in arrivals.items():
        beyond = [seq for seq in seqs if seq > subscribed.get(ticket, 0)]
        if beyond:
            cases.append(f"ticket {ticket}: {beyond[:5]} never happened, or was not for them")
    return broken(HOOK_ALL, cases)


def arrived(
    delivered: Mapping[str, int], posts: Mapping[str, int], unreadable: Sequence[bytes]
) -> list[Broken]:
    """Rooms were posted to at least as often as it is recorded; all of it could be read."""
    cases = [
        f"room {room}: {count} delivered, {posts.get(f'/chat/{room}', 0)} arrived"
        for room, count in delivered.items()
        if posts.get(f"/chat/{room}", 0) < count
    ]
    return broken(ARRIVED, [*cases, *(f"unreadable: {body!r}" for body in unreadable)])


def untold(expected: Collection[NoticeKey], stored: Collection[NoticeKey]) -> list[str]:
    """Notices that had to be written and were not, and the other way round, in words."""
    wanted, there = set(expected), set(stored)
    return [
        *(f"{t}/{seq}: no notice to {kind} {who}" for t, seq, kind, who in sorted(wanted - there)),
        *(f"{t}/{seq}: a notice to {kind} {who}" for t, seq, kind, who in sorted(there - wanted)),
    ]


def exercised(due: Mapping[str, int], least: int) -> list[Broken]:
    """At least so many thresholds came due, of promises to clients and of limits of our own."""
    count = sum(due.values())
    said = [] if count >= least else [f"{count} of at least {least}"]
    ours = set(due) - CLIENT_CLOCKS
    if not set(due) & CLIENT_CLOCKS or not ours:
        said.append(f"only those of {', '.join(sorted(due)) or 'nothing'}")
    return broken(EXERCISED, said)


def answered_once(asked: Iterable[Asked], effects: Mapping[str, int]) -> list[Broken]:
    """A command answered 200 took effect once, another one never; and its answer never changed.

    Args:
        asked: every command with its final answers.
        effects: by key, how many events of the command's own kind carry it as their cause.
    """
    cases = []
    for one in asked:
        found = effects.get(one.key, 0)
        if not one.answers:
            cases.append(f"{one.verb} {one.key} never got a final answer in {one.tries} tries")
        elif len(set(one.answers)) > 1:
            statuses = [status for status, _ in one.answers]
            cases.append(f"{one.verb} {one.key} was answered differently: {statuses}")
        elif found != (one.status == 200):
            cases.append(f"{one.verb} {one.key}, answered {one.status}, took effect {found} times")
    return broken(COMMANDS, cases)


def races_won_by_one(
    races: Iterable[tuple[int, Sequence[str]]],
    asked: Mapping[str, Asked],
    handed_over: Collection[tuple[str, str]],
) -> list[Broken]:
    """Of those who claimed a ticket together, at most one won.

    Args:
        races: each a ticket and the keys of the claims.
        asked: commands by key.
        handed_over: pairs of winning keys between which the ticket lost its owner, so that both
            may have won.
    """
    cases = []
    for ticket, keys in races:
        won = sorted(key for key in keys if asked[key].status == 200)
        clashes = [
            (a, b) for n, a in enumerate(won) for b in won[n + 1 :] if (a, b) not in handed_over
        ]
        if clashes:
            cases.append(f"ticket {ticket}: {[asked[key].login for key in won]}")
    return broken(ONE_CLAIM, cases)


def letters_for_poison_only(
    letters: Iterable[tuple[str, str, bytes, str]], poison: Collection[bytes]
) -> list[Broken]:
    """Every dead letter (source, key, body, reason) is poison that was sent, and says why."""
    cases = []
    for source, key, body, reason in letters:
        if not reason.strip():
            cases.append(f"{source} {key}: no reason")
        if bytes(body) not in poison:
            cases.append(f"{source} {key}: {reason[:80]}")
    return broken(DEAD_LETTERS, cases)


def poison_kept(letters: Iterable[bytes], expected: Mapping[bytes, str]) -> list[Broken]:
    """All poison that has to become a dead letter (body -> what it is) is one, whole."""
    kept = {bytes(body) for body in letters}
    cases = [what for body, what in expected.items() if body not in kept]
    return broken("poison is kept whole", cases)


def auditor_clean(findings: Iterable[tuple[str, int]]) -> list[Broken]:
    """The service's own auditor has nothing to say."""
    return broken(AUDITOR, [f"{count} {what}" for what, count in findings if count])


def drained(left: Mapping[str, int], details: Sequence[str] = ()) -> list[Broken]:
    """Nothing waits any more."""
    waiting = [f"{count} {what}" for what, count in left.items() if count]
    return broken(DRAINED, [*waiting, *details] if waiting else [])


def recorded_at_its_time(
    rows: Iterable[Mapping[str, Any]], now: datetime, tolerance_s: float
) -> list[Broken]:
    """No event is recorded ahead of policy time `now`, nor far from when it was written.

    Args:
        rows: `ticket`, `seq`, `recorded_at` (policy time), `off_s`: real seconds between that
            instant and the one PostgreSQL wrote the row at.
        now: policy time after all of them were written.
        tolerance_s: real seconds a transaction may have taken.
    """
    cases = []
    for row in rows:
        name = f"{row['ticket']}/{row['seq']}"
        if row["recorded_at"] > now:
            cases.append(f"{name} is recorded ahead of time, at {row['recorded_at']}")
        elif abs(row["off_s"]) > tolerance_s:
            cases.append(f"{name} is recorded {row['off_s']:.1f} s off")
    return broken(TRUE_TIME, cases)
