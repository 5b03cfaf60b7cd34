"""One record made, replaced, edited or removed, within the caller's transaction."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from router.context import Context
from router.records.judging import judged
from router.records.reading import etag_of, no_such_record, read_record, record_view
from router.records.usage import check_renamed, check_unused
from router.records.walls import check_may_write, check_not_oneself, check_rank
from tierline.policy.kinds import Document, Kind
from tierline.policy.kinds.client import UNSORTED
from tierline.store.records import (
    Cause,
    Key,
    RecordChange,
    Stored,
    lock_records,
    write_changes,
)
from tierline.store.tickets import Connection
from tierline.web.idempotency import Answer
from tierline.web.principal import Principal
from tierline.web.problems import ProblemError


@dataclass(frozen=True, slots=True)
class Target:
    """Which record, for whom, and on what condition.

    Attributes:
        kind, key: the record.
        principal: who asks.
        if_match: the If-Match header, or None.
        only_new: If-None-Match: * was sent.
        how: `api` or `page`, for the audit.
    """

    kind: Kind
    key: Key
    principal: Principal
    if_match: str | None = None
    only_new: bool = False
    how: str = "api"


def asker_name(principal: Principal) -> str:
    """Who changes records, as the audit keeps it."""
    return principal.login or f"token {principal.name}"


async def put_record(
    context: Context, connection: Connection, target: Target, fields: Mapping[str, Any]
) -> Answer:
    """Make a record, or replace all of one.

    Raises:
        ProblemError: 403, 404, 409, 412, 422 or 428, each saying why and what to do.
    """
    before = await _held(connection, target)
    _check_condition(target, before)
    return await _write(context, connection, target, before, fields)


async def patch_record(
    context: Context, connection: Connection, target: Target, fields: Mapping[str, Any]
) -> Answer:
    """Change some fields of a record; null takes one away (RFC 7396). Raises as `put_record`."""
    before = await _held(connection, target)
    if before is None:
        no_such_record(target.kind, target.key)
    _check_condition(target, before)
    merged = {**_shown(target.kind, before), **fields}
    kept = {name: value for name, value in merged.items() if value is not None}
    return await _write(context, connection, target, before, kept)


async def remove_record(context: Context, connection: Connection, target: Target) -> Answer:
    """Remove a record that nothing needs. Raises as `put_record`."""
    kind = target.kind
    before = await _held(connection, target)
    if before is None:
        no_such_record(kind, target.key)
    _check_condition(target, before)
    shown = _shown(kind, before)
    check_rank(kind, target.principal, shown)
    check_not_oneself(kind, target.principal, None, target.key[-1])
    await check_unused(context, connection, kind, shown)
    await _commit(connection, target, before, None)
    return Answer.of(200, {"removed": record_view(kind, before)})


def _shown(kind: Kind, stored: Stored) -> Document:
    return kind.unpack(dict(stored.fields))


async def _held(connection: Connection, target: Target) -> Stored | None:
    """The record as it stands, with all writers of records waiting."""
    check_may_write(target.principal)
    if target.kind.name == "clients" and target.key == (UNSORTED,):
        raise ProblemError(
            409, "reserved", f"{UNSORTED} is reserved for alerts whose client is unknown"
        )
    await lock_records(connection)
    return await read_record(connection, target.kind, target.key, target.principal, lock=True)


def _check_condition(target: Target, before: Stored | None) -> None:
    """A change names the version it was made from, so that nobody's edit is lost unseen."""
    if before is None:
        if target.if_match is not None:
            raise ProblemError(412, "changed", "it is not there any more: read it again")
        return
    if target.only_new:
        raise ProblemError(412, "exists", "it is there already: read it and send If-Match")
    if target.if_match is None:
        raise ProblemError(
            428, "version_needed", "send If-Match with the ETag that reading it gave"
        )
    sent = [tag.strip().removeprefix("W/") for tag in target.if_match.split(",")]
    if "*" not in sent and etag_of(before) not in sent:
        raise ProblemError(
            412, "changed", "somebody has changed it since: read it again and repeat the change"
        )


async def _write(
    context: Context,
    connection: Connection,
    target: Target,
    before: Stored | None,
    fields: Mapping[str, Any],
) -> Answer:
    kind, principal = target.kind, target.principal
    written = _with_key(target, fields)
    after = await judged(connection, context.source.current, kind, written)
    was = _shown(kind, before) if before else None
    check_rank(kind, principal, was, after)
    check_not_oneself(kind, principal, after, target.key[-1])
    if was is not None:
        await check_renamed(context, connection, kind, was, after)
    if was != after:
        await _commit(connection, target, before, after)
    stored = await _read_back(connection, target)
    view = record_view(kind, stored)
    made = before is None
    location = view["address"] if made else ""
    return Answer.of(201 if made else 200, view, location=location, etag=etag_of(stored))


def _with_key(target: Target, fields: Mapping[str, Any]) -> dict[str, Any]:
    """The fields with those of the address, which say the same if they are there at all."""
    key = dict(zip(target.kind.key, target.key, strict=True))
    for name, value in key.items():
        if fields.get(name, value) != value:
            raise ProblemError(
                422, "invalid", f"{name}: is {value} in the address; make a new one instead"
            )
    return {**fields, **key}


async def _commit(
    connection: Connection, target: Target, before: Stored | None, after: Document | None
) -> None:
    kind = target.kind
    was = _shown(kind, before) if before else None
    owners = {kind.client_of(side) for side in (was, after) if side}
    change = RecordChange(
        key=target.key,
        name=kind.name_of(after or was or {}),
        client=owners.pop() if len(owners) == 1 else "",
        before=before.fields if before else None,
        after=None if after is None else kind.stored(after),
        shown_before=was,
        shown_after=after,
        loaded=before.loaded if before else "",
    )
    cause = Cause(asker_name(target.principal), target.how)
    await write_changes(connection, kind.name, kind.table, [change], cause)


async def _read_back(connection: Connection, target: Target) -> Stored:
    """What is stored now; whoever is walled in must still see it."""
    try:
        stored = await read_record(connection, target.kind, target.key, target.principal)
    except ProblemError as error:
        raise ProblemError(
            403, "walled", "it would be out of your sight: name a client that you see"
        ) from error
    assert stored is not None  # noqa: S101 - it was written in this transaction
    return stored
