"""A retry of a write gets the first answer again (the Idempotency-Key header).

The key is claimed in the very transaction that does the work, so that of two concurrent requests
with one key one works and the other waits and gets its answer; nothing is done twice, and a
transaction that fails leaves no key behind.
"""

import hashlib
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from typing import Annotated, Any, TypeAlias

import asyncpg
import msgspec
from fastapi import Header
from starlette.responses import Response

from tierline.web.encoding import MEDIA_TYPE, encode
from tierline.web.limits import IDEMPOTENCY_KEPT_S, IDEMPOTENCY_KEY_MAX
from tierline.web.problems import MEDIA_TYPE as PROBLEM
from tierline.web.problems import ProblemError

Connection: TypeAlias = "asyncpg.Connection[Any]"

FORGET_AT_ONCE = 1_000
"""Old answers removed by one statement."""

IdempotencyKey = Annotated[
    str | None,
    Header(
        alias="Idempotency-Key",
        min_length=1,
        max_length=IDEMPOTENCY_KEY_MAX,
        pattern=r"^[\x21-\x7e]+$",
        description="A retry with the same key and the same request gets the first answer again.",
    ),
]


class Answer(msgspec.Struct, frozen=True, kw_only=True):
    """An answer that can be kept: JSON, its status, where what it made is found, and its ETag."""

    status: int
    body: msgspec.Raw
    location: str = ""
    etag: str = ""

    @classmethod
    def of(cls, status: int, value: Any, *, location: str = "", etag: str = "") -> "Answer":
        """The answer whose body is the JSON of `value`."""
        return cls(status=status, body=msgspec.Raw(encode(value)), location=location, etag=etag)

    def response(self, *, replayed: bool = False) -> Response:
        """The HTTP answer; `replayed`: it was given before."""
        headers = {"Cache-Control": "no-store"}
        if self.location:
            headers["Location"] = self.location
        if self.etag:
            headers["ETag"] = self.etag
        if replayed:
            headers["Idempotent-Replay"] = "true"
        media_type = MEDIA_TYPE if self.status < 400 else PROBLEM
        return Response(bytes(self.body), self.status, headers, media_type)


@dataclass(frozen=True, slots=True)
class Attempt:
    """One request: who asks, with what key (None: without one), and what exactly."""

    asker: str
    key: str | None
    digest: str

    @classmethod
    def of(
        cls, asker: str, key: str | None, method: str, path: str, body: bytes | Mapping[str, Any]
    ) -> "Attempt":
        """The attempt of a request; `body` is compared as it was understood."""
        said = body if isinstance(body, bytes) else encode(body)
        parts = b"\n".join((method.encode(), path.encode(), said))
        return cls(asker, key, hashlib.sha256(parts).hexdigest())


@dataclass(frozen=True, slots=True)
class Given:
    """An answer, and whether it is a repetition."""

    answer: Answer
    replayed: bool = field(default=False)

    def response(self) -> Response:
        """The HTTP answer."""
        return self.answer.response(replayed=self.replayed)


CLAIM_KEY = (
    "INSERT INTO tierline.command (asker, key, digest, status, answer)"
    " VALUES ($1, $2, $3, 0, 'null') ON CONFLICT DO NOTHING RETURNING true"
)
"""Waits for a transaction that has claimed the same key; true only if this one claimed it."""

KEEP_ANSWER = "UPDATE tierline.command SET status = $3, answer = $4 WHERE asker = $1 AND key = $2"


async def once(
    connection: Connection, attempt: Attempt, work: Callable[[], Awaitable[Answer]]
) -> Given:
    """Do `work` unless this key has been answered before; keep its answer in this transaction.

    Raises ProblemError (422) where the key was used for another request. What `work` raises leaves
    no trace of the key, given that the transaction is then rolled back.
    """
    if attempt.key is None:
        return Given(await work())
    claimed = await connection.fetchval(CLAIM_KEY, attempt.asker, attempt.key, attempt.digest)
    if not claimed:
        return Given(await _earlier(connection, attempt), replayed=True)
    answer = await work()
    await connection.execute(
        KEEP_ANSWER,
        attempt.asker,
        attempt.key,
        answer.status,
        encode(answer).decode(),
    )
    return Given(answer)


EARLIER_ANSWER = "SELECT digest, answer FROM tierline.command WHERE asker = $1 AND key = $2"


async def _earlier(connection: Connection, attempt: Attempt) -> Answer:
    row = await connection.fetchrow(EARLIER_ANSWER, attempt.asker, attempt.key)
    if row is None:
        raise asyncpg.SerializationError("the key was forgotten in between: try again")
    if row["digest"] != attempt.digest:
        raise ProblemError(
            422,
            "idempotency_key_reused",
            "this Idempotency-Key was used for another request: use a new key for a new request",
        )
    return msgspec.json.decode(row["answer"], type=Answer)


FORGET_ANSWERS = """
DELETE FROM tierline.command WHERE (asker, key) IN (
    SELECT asker, key FROM tierline.command
    WHERE created_at < now() - make_interval(secs => $1) LIMIT $2)
"""


async def forget_old(connection: Connection) -> int:
    """Remove up to FORGET_AT_ONCE answers older than IDEMPOTENCY_KEPT_S; returns how many."""
    done: str = await connection.execute(FORGET_ANSWERS, float(IDEMPOTENCY_KEPT_S), FORGET_AT_ONCE)
    return int(done.rpartition(" ")[2])
