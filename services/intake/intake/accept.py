"""A request's alerts, from bytes to committed rows: what both addresses have in common."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from intake.adapters.parsed import Adapter, Parsed, Rejected
from intake.batch import Batcher, Refused
from intake.client_of import Clients
from intake.inserts import DeadLetter, Row, Taken, make_row
from intake.keys import Integration
from intake.limits import ALERT_BYTES_MAX, DEAD_LETTER_BYTES_MAX
from intake.metrics import ACCEPTED, REJECTED
from tierline.messages.traced import here

TOO_LARGE = (
    f"is larger than {ALERT_BYTES_MAX // 1024} KiB: send less, and a link to the rest under links"
)


@dataclass(frozen=True, slots=True)
class Result:
    """What became of a request.

    Attributes:
        accepted: index in the request, and what was committed, in order of index.
        rejected: the members that were not, in order of index.
        several: whether the sender sent a list.
    """

    accepted: Sequence[tuple[int, Taken]]
    rejected: Sequence[Rejected]
    several: bool


class Acceptor:
    """Takes bodies in.

    Args:
        clients: fixes the client of each alert.
        batcher: commits.
    """

    def __init__(self, clients: Clients, batcher: Batcher) -> None:
        self._clients = clients
        self._batcher = batcher

    async def accept(
        self,
        integration: Integration,
        source: str,
        adapter: Adapter,
        body: bytes,
        headers: Mapping[str, str],
    ) -> Result:
        """Read a body and commit what is good of it; what is not becomes dead letters with it.

        Args:
            integration: who sends it.
            source: the adapter's name.
            adapter: reads the body.
            body: as it came.
            headers: names in lower case.

        Raises:
            TooManyAlertsError: nothing was taken.
            BusyError: nothing was taken; come again.
            AwayError: it may have been taken; come again.
            One of UNREACHABLE: nothing was taken; come again.
        """
        await self._clients.refresh()
        parsed = adapter(body, headers, integration.settings)
        rows, rejected = self._rows(integration, source, parsed)
        letters = [_letter(integration.name, member) for member in rejected]
        outcomes = await self._batcher.submit(rows, letters) if rows or letters else []
        accepted: list[tuple[int, Taken]] = []
        for row, outcome in zip(rows, outcomes, strict=True):
            if isinstance(outcome, Refused):
                rejected.append(Rejected(row.index, "", "could not be stored", b""))
            else:
                accepted.append((row.index, outcome))
        rejected.sort(key=lambda member: member.index)
        ACCEPTED.labels(source).inc(len(accepted))
        if rejected:
            REJECTED.labels(source).inc(len(rejected))
        return Result(accepted, rejected, parsed.several)

    def _rows(
        self, integration: Integration, source: str, parsed: Parsed
    ) -> tuple[list[Row], list[Rejected]]:
        rows: list[Row] = []
        rejected = list(parsed.rejected)
        traceparent = here()
        for read in parsed.alerts:
            client, alert = self._clients.fix(read.alert, integration)
            if traceparent:
                alert = replace(alert, traceparent=traceparent)
            row = make_row(read.index, integration.name, source, client, alert)
            if len(row.body) > ALERT_BYTES_MAX // 4 and len(row.body.encode()) > ALERT_BYTES_MAX:
                rejected.append(Rejected(read.index, "", TOO_LARGE, row.body.encode()))
            else:
                rows.append(row)
        return rows, rejected


def _letter(integration: str, member: Rejected) -> DeadLetter:
    kept = member.raw[:DEAD_LETTER_BYTES_MAX]
    reason = f"[{member.index}] {member.field} {member.detail}".replace("  ", " ")
    if len(kept) < len(member.raw):
        reason = f"(the first {len(kept)} of {len(member.raw)} bytes are kept) {reason}"
    return DeadLetter(integration, kept, reason)
