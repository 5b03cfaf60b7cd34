"""The one place that talks to the router: bounded waits, and three ways to fail."""

import asyncio
from collections.abc import AsyncGenerator, Mapping, Sequence
from typing import Any

import httpx

from tierline.messages.traced import here

CONNECT_SECONDS = 2.0
ANSWER_SECONDS = 10.0
STREAM_SILENCE_SECONDS = 45.0
"""The router sends a heartbeat every 15 s; three missing ones mean that it is gone."""
MAX_CONNECTIONS = 50
MAX_STREAMS = 500
TIMELINE_EVENTS = 200
BOARD_TICKETS = 200
NOTICES = 100
ACTIONS = 100
MAX_KEY = 255

Json = dict[str, Any]
Params = Sequence[tuple[str, str]]


class RouterAwayError(Exception):
    """The router does not answer, or not with anything usable; `args[0]` says how."""


class LoggedOutError(Exception):
    """The session is not, or no longer, good."""


class RefusedError(Exception):
    """The router understood and said no.

    Attributes:
        status: the HTTP status.
        problem: the RFC 9457 problem details: code, detail and, for a ticket, its place.
    """

    def __init__(self, status: int, problem: Json) -> None:
        faults = [f"{one['field']}: {one['problem']}" for one in problem.get("errors") or []]
        said = problem.get("detail") or problem.get("title") or f"HTTP {status}"
        super().__init__("; ".join(faults) if len(faults) > 1 else said)
        self.status = status
        self.problem = problem

    @property
    def code(self) -> str:
        """The stable code of the refusal, or an empty text."""
        return str(self.problem.get("code") or "")


class Router:
    """The router's API, as one person.

    Args:
        base_url: without a slash at the end.
        transport: another way to reach it, in tests.
    """

    def __init__(self, base_url: str, transport: httpx.AsyncBaseTransport | None = None) -> None:
        self._client = httpx.AsyncClient(
            base_url=base_url,
            transport=transport,
            timeout=httpx.Timeout(ANSWER_SECONDS, connect=CONNECT_SECONDS),
            limits=httpx.Limits(max_connections=MAX_CONNECTIONS),
        )
        self._streaming = httpx.AsyncClient(
            base_url=base_url,
            transport=transport,
            timeout=httpx.Timeout(
                STREAM_SILENCE_SECONDS, connect=CONNECT_SECONDS, pool=CONNECT_SECONDS
            ),
            limits=httpx.Limits(max_connections=MAX_STREAMS),
        )

    async def close(self) -> None:
        """Close every connection."""
        await self._client.aclose()
        await self._streaming.aclose()

    async def alive(self) -> str | None:
        """Say None when the router answers, else why not."""
        try:
            answer = await self._client.get("/healthz")
        except httpx.HTTPError as error:
            return type(error).__name__
        return None if answer.is_success else f"HTTP {answer.status_code}"

    async def login(self, login: str, password: str) -> Json:
        """Open a session.

        Args:
            login: the person's login.
            password: as typed.

        Returns:
            `session`, `expires_at` and `person`.

        Raises:
            LoggedOutError: wrong login or password.
            RefusedError: 429, too many wrong tries.
            RouterAwayError: no usable answer.
        """
        body = {"login": login, "password": password}
        return await self._call("POST", "/v1/sessions", json=body)

    async def logout(self, session: str) -> None:
        """End the session; the same errors as `get`."""
        await self._call("DELETE", "/v1/sessions/current", session=session)

    async def get(self, session: str, path: str, params: Params = ()) -> Json:
        """Read something.

        Args:
            session: the raw session id.
            path: below the router's address.
            params: query parameters; a name may be repeated.

        Returns:
            The JSON object.

        Raises:
            LoggedOutError: 401.
            RefusedError: any other 4xx.
            RouterAwayError: no connection, no answer in time, a 5xx, or not JSON.
        """
        return await self._call("GET", path, session=session, params=params)

    async def post(self, session: str, path: str, body: Mapping[str, Any], key: str = "") -> Json:
        """Ask for something to be done; the same errors as `get`.

        Args:
            session: the raw session id.
            path: below the router's address.
            body: the command.
            key: the Idempotency-Key, so that sending twice does it once.

        Returns:
            The JSON object.
        """
        return await self._call("POST", path, session=session, json=dict(body), key=key)

    async def put_new(self, session: str, path: str, body: Mapping[str, Any], key: str) -> Json:
        """Make something that is not there yet; the same errors as `get`, 412 where it is."""
        more = {"If-None-Match": "*"}
        return await self._call("PUT", path, session=session, json=dict(body), key=key, more=more)

    async def patch(
        self, session: str, path: str, body: Mapping[str, Any], version: str, key: str
    ) -> Json:
        """Change something of that version; the same errors as `get`, 412 where it is another."""
        more = {"If-Match": f'"{version}"'}
        return await self._call("PATCH", path, session=session, json=dict(body), key=key, more=more)

    async def delete(self, session: str, path: str, version: str, key: str) -> Json:
        """Remove something of that version; the same errors as `patch`."""
        more = {"If-Match": f'"{version}"'}
        return await self._call("DELETE", path, session=session, key=key, more=more)

    async def send_table(
        self, session: str, path: str, text: str, params: Params = (), key: str = ""
    ) -> Json:
        """Send a CSV table; the same errors as `get`."""
        more = {"Content-Type": "text/csv"}
        return await self._call(
            "POST", path, session=session, params=params, content=text.encode(), key=key, more=more
        )

    async def text(self, session: str, path: str, params: Params = ()) -> str:
        """Read something that is no JSON; the same errors as `get`."""
        answer = await self._asked("GET", path, session=session, params=params)
        if not answer.is_success:
            _judge(answer)
        return answer.text

    async def remove(self, session: str, path: str) -> None:
        """Ask for something to be removed; the same errors as `get`."""
        await self._call("DELETE", path, session=session)

    async def together(self, session: str, *paths: str) -> list[Json]:
        """Read several things at once; the same errors as `get`."""
        return list(await asyncio.gather(*(self.get(session, path) for path in paths)))

    async def stream(self, session: str) -> AsyncGenerator[bytes, None]:
        """Open the live stream; it is open when this returns.

        Args:
            session: the raw session id.

        Returns:
            The server-sent events as they come; ends when either side goes away.

        Raises:
            LoggedOutError: 401.
            RefusedError: any other 4xx.
            RouterAwayError: it could not be opened, or too many are open.
        """
        request = self._streaming.build_request("GET", "/v1/stream", headers=_headers(session))
        try:
            answer = await self._streaming.send(request, stream=True)
        except httpx.HTTPError as error:
            raise RouterAwayError(type(error).__name__) from error
        if not answer.is_success:
            try:
                await answer.aread()
            finally:
                await answer.aclose()
            _judge(answer)
        return _chunks(answer)

    async def _call(self, method: str, path: str, **asked: Any) -> Json:
        return _judge(await self._asked(method, path, **asked))

    async def _asked(
        self,
        method: str,
        path: str,
        *,
        session: str = "",
        params: Params = (),
        json: Json | None = None,
        content: bytes | None = None,
        key: str = "",
        more: Mapping[str, str] | None = None,
    ) -> httpx.Response:
        headers = {**_headers(session, key), **(more or {})}
        if traceparent := here():
            headers["traceparent"] = traceparent
        query = httpx.QueryParams(tuple(params))
        try:
            return await self._client.request(
                method, path, params=query, json=json, content=content, headers=headers
            )
        except httpx.HTTPError as error:
            raise RouterAwayError(type(error).__name__) from error


def _headers(session: str, key: str = "") -> dict[str, str]:
    headers = {"Authorization": f"Bearer {session}"} if session else {}
    if key and not (key.isascii() and key.isprintable() and len(key) <= MAX_KEY):
        raise RefusedError(400, {"detail": "This form is not one of ours. Load the page again."})
    if key:
        headers["Idempotency-Key"] = key
    return headers


def _judge(answer: httpx.Response) -> Json:
    if answer.status_code == 401:
        raise LoggedOutError
    if answer.status_code >= 500:
        raise RouterAwayError(f"HTTP {answer.status_code}")
    if answer.status_code == 204:
        return {}
    try:
        body = answer.json()
    except ValueError as error:
        raise RouterAwayError("an answer that is not JSON") from error
    if not isinstance(body, dict):
        raise RouterAwayError("an answer that is not a JSON object")
    if answer.is_success:
        return body
    raise RefusedError(answer.status_code, body)


async def _chunks(answer: httpx.Response) -> AsyncGenerator[bytes, None]:
    try:
        async for chunk in answer.aiter_raw():
            yield chunk
    except httpx.HTTPError:
        # The browser sees the end of the stream and comes back by itself.
        return
    finally:
        await answer.aclose()
