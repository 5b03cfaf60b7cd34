"""POST /v1/alerts and POST /v1/alerts/{kind}/{key}.

Plain ASGI, ahead of the framework: at thousands of requests a second its layers cost more than
reading an alert does (42 us a request of 75, measured). `intake.openapi` documents both addresses.
"""

from collections.abc import Mapping
from typing import NamedTuple

import msgspec
import structlog
from starlette.types import Receive, Scope, Send

from intake.accept import Acceptor, Result
from intake.adapters import ADAPTERS, adapter_for
from intake.adapters.parsed import TooManyAlertsError
from intake.errors import AwayError, BusyError, ReplayRunningError
from intake.keys import Integration, Keys
from intake.replays import Replays
from intake.routes.body import BodyReader, HungUpError
from intake.routes.problems import (
    come_again,
    nothing_accepted,
    other_kind,
    told,
    unexpected,
    unknown_key,
    unknown_kind,
    wrong_method,
)
from tierline.store.database import UNREACHABLE
from tierline.web.problems import ProblemError, problem_response

PATH = "/v1/alerts"
PLAIN = frozenset({"json", "cloudevents"})
"""Kinds whose addresses take each other's bodies: both carry alerts in our own words."""

JSON = (b"content-type", b"application/json")

log = structlog.get_logger(__name__)
_encode = msgspec.json.Encoder().encode


class Address(NamedTuple):
    """One of the two addresses; kind and key are empty where the key is a bearer token."""

    kind: str
    key: str


def address_of(path: str) -> Address | None:
    """Which address a path is, with or without a slash at its end; None for any other path."""
    if path == PATH:
        return Address("", "")
    parts = path.removesuffix("/").split("/")
    if parts[:3] != ["", "v1", "alerts"]:
        return None
    if len(parts) == 3:
        return Address("", "")
    return Address(parts[3], parts[4]) if len(parts) == 5 and all(parts[3:]) else None


class AlertsApp:
    """The ASGI application of both addresses.

    Args:
        keys: who is posting.
        acceptor: takes what they post.
        replays: where a replay may run, says whether one does.
    """

    def __init__(self, keys: Keys, acceptor: Acceptor, replays: Replays | None = None) -> None:
        self._keys = keys
        self._acceptor = acceptor
        self._replays = replays
        self._reader = BodyReader()

    async def answer(self, address: Address, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request; every refusal is a problem document (RFC 9457)."""
        try:
            body = _told(await self._take(address, scope, receive))
        except HungUpError:
            return
        except ProblemError as problem:
            await problem_response(problem)(scope, receive, send)
            return
        except Exception:
            log.exception("a request failed")
            await problem_response(unexpected())(scope, receive, send)
            return
        headers = [JSON, (b"content-length", str(len(body)).encode())]
        await send({"type": "http.response.start", "status": 202, "headers": headers})
        await send({"type": "http.response.body", "body": body})

    async def _take(self, address: Address, scope: Scope, receive: Receive) -> Result:
        allowed = ("POST", "PUT") if address.kind else ("POST",)
        if scope["method"] not in allowed:
            raise wrong_method(scope["method"], allowed)
        headers = {
            name.decode("latin-1"): value.decode("latin-1") for name, value in scope["headers"]
        }
        try:
            integration = await self._sender(address, headers)
            if self._replays is not None:
                await self._replays.check()
            kind = _kind(address, integration)
            body = await self._reader.read(receive, headers)
            source, adapter = adapter_for(kind, headers)
            return await self._acceptor.accept(integration, source, adapter, body, headers)
        except TooManyAlertsError as error:
            raise ProblemError(413, "too_many", str(error)) from None
        except BusyError as error:
            raise come_again("busy", str(error)) from None
        except ReplayRunningError as error:
            raise come_again("replay_running", str(error)) from None
        except (AwayError, *UNREACHABLE):
            raise come_again("database_away", "the alerts could not be stored just now") from None

    async def _sender(self, address: Address, headers: Mapping[str, str]) -> Integration:
        raw = address.key
        if not address.kind:
            scheme, _, raw = headers.get("authorization", "").partition(" ")
            raw = raw.strip() if scheme.lower() == "bearer" else ""
        known = await self._keys.find(raw)
        if known is None:
            raise unknown_key(in_path=bool(address.kind))
        return known


def _kind(address: Address, integration: Integration) -> str:
    """The kind of the body that is coming."""
    if not address.kind:
        return "json"
    if address.kind not in ADAPTERS:
        raise unknown_kind(address.kind, list(ADAPTERS))
    if address.kind != integration.kind and not {address.kind, integration.kind} <= PLAIN:
        raise other_kind(integration.name, integration.kind)
    return address.kind


def _told(result: Result) -> bytes:
    """The body of the 202: an id for each. Raises ProblemError, 400, where none was taken."""
    if result.rejected and not result.accepted:
        raise nothing_accepted(result.rejected)
    said: dict[str, object] = {
        "accepted": [{"index": index, "id": taken.id} for index, taken in result.accepted],
        "rejected": told(result.rejected),
    }
    if not result.several:
        taken = result.accepted[0][1]
        said = {"id": taken.id, "accepted_at": taken.accepted_at, **said}
    return _encode(said)
