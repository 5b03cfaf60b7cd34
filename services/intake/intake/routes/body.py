"""Reading a request's body, within its limits."""

import asyncio
from collections.abc import Mapping

from starlette.types import Receive

from intake.limits import BODY_BYTES_MAX, BODY_SECONDS, OPEN_BYTES_MAX
from intake.routes.problems import come_again
from tierline.web.problems import ProblemError


class HungUpError(Exception):
    """The sender is gone; nobody is there to be answered."""


class BodyReader:
    """Reads bodies, and knows how much all that are still being read hold together."""

    def __init__(self) -> None:
        self._open = 0

    async def read(self, receive: Receive, headers: Mapping[str, str]) -> bytes:
        """The whole body.

        Raises:
            ProblemError: 413 beyond BODY_BYTES_MAX, 408 after BODY_SECONDS, 415 when compressed,
                503 while others' unfinished bodies hold OPEN_BYTES_MAX.
            HungUpError: the sender hung up.
        """
        if headers.get("content-encoding", "identity").lower() != "identity":
            raise ProblemError(415, "compressed", "send the body without a content encoding")
        announced = headers.get("content-length", "")
        if announced.isdigit() and (len(announced) > 20 or int(announced) > BODY_BYTES_MAX):
            raise _too_large()
        try:
            async with asyncio.timeout(BODY_SECONDS):
                return await self._chunks(receive)
        except TimeoutError:
            detail = f"the body took longer than {BODY_SECONDS:g} s"
            raise ProblemError(408, "too_slow", detail) from None

    async def _chunks(self, receive: Receive) -> bytes:
        chunks: list[bytes] = []
        size = 0
        try:
            while True:
                message = await receive()
                if message["type"] != "http.request":
                    raise HungUpError
                chunk: bytes = message.get("body", b"")
                chunks.append(chunk)
                size += len(chunk)
                self._open += len(chunk)
                if size > BODY_BYTES_MAX:
                    raise _too_large()
                if not message.get("more_body", False):
                    return b"".join(chunks)
                if self._open > OPEN_BYTES_MAX:
                    raise come_again("busy", "too much is being sent at once")
        finally:
            self._open -= size


def _too_large() -> ProblemError:
    detail = f"the body is larger than {BODY_BYTES_MAX // (1024 * 1024)} MiB: send fewer alerts"
    return ProblemError(413, "too_large", detail)
