"""The router as the command line reaches it: where it is, how it is asked, how it says no."""

import os
import time
import uuid
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Self
from urllib.parse import urlsplit

import httpx

from tierline.cli.failures import FailureError
from tierline.cli.refusals import refused
from tierline.runtime.home import Home, resolve_home

URL_VARIABLE = "TIERLINE_URL"
TOKEN_VARIABLE = "TIERLINE_TOKEN"  # noqa: S105 - the name of a variable
CONNECT_SECONDS = 3.0
ANSWER_SECONDS = 15.0
TRIES = 3
"""A request without an answer is sent again; a write under the same Idempotency-Key."""
PAUSE_SECONDS = 0.5
PAUSE_MAX_SECONDS = 5.0
PAGES_MAX = 100
"""A list with `--all` ends here: 20,000 rows."""

Json = dict[str, Any]
Params = Sequence[tuple[str, str | int]]


@dataclass(frozen=True, slots=True)
class Address:
    """Where the router is, and the credential for it (kept out of `repr`)."""

    url: str
    token: str = field(repr=False)


def find_address(url: str | None, token: str | None, home: Path | None) -> Address:
    """Find the router: the options, TIERLINE_URL and TIERLINE_TOKEN, else the running stack.

    The running stack's token is for its own router only, and is sent nowhere else.

    Args:
        url: from the command line, or None.
        token: likewise.
        home: the data folder from the command line, or None.

    Raises:
        FailureError: no address, no token, or an address that is none.
    """
    given = _without_slash(url or os.environ.get(URL_VARIABLE, ""))
    secret = token or os.environ.get(TOKEN_VARIABLE, "")
    if given and secret:
        return Address(given, secret)
    here = Home(resolve_home(home))
    state = here.run_state() if here.is_held() else {}
    found = str(state.get("urls", {}).get("router", ""))
    if not given and not found:
        raise FailureError(
            f"No copy of Tierline is running from {here.folder}, and no address was given.",
            f"Start one with `make run` or `tierline up`, or set {URL_VARIABLE} and "
            f"{TOKEN_VARIABLE}.",
        )
    if not secret and given in {"", found}:
        secret = str(state.get("token", ""))
    if not secret:
        raise FailureError(
            f"There is no token for {given or found}.",
            f"Give --token or set {TOKEN_VARIABLE}; `tierline token create` makes one.",
        )
    return Address(given or found, secret)


def _without_slash(url: str) -> str:
    parts = urlsplit(url)
    if url and not (parts.scheme in {"http", "https"} and parts.netloc):
        raise FailureError(
            f"{url!r} is not an address.", "Write it like http://127.0.0.1:8082 (the router's)."
        )
    return url.rstrip("/")


class Router:
    """The router's API. Use it in a `with` block.

    Args:
        address: where, and the credential.
        transport: another way to reach it, in tests.
        pause: waits so many seconds before a request is sent again.
    """

    def __init__(
        self,
        address: Address,
        transport: httpx.BaseTransport | None = None,
        pause: Any = time.sleep,
    ) -> None:
        self.url = address.url
        self._pause = pause
        self._client = httpx.Client(
            base_url=address.url,
            headers={"Authorization": f"Bearer {address.token}", "Accept": "application/json"},
            timeout=httpx.Timeout(ANSWER_SECONDS, connect=CONNECT_SECONDS),
            transport=transport,
        )

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._client.close()

    def get(self, path: str, params: Params = ()) -> Json:
        """Read something.

        Args:
            path: below the router's address.
            params: a name may be repeated.

        Returns:
            The JSON object of the answer.

        Raises:
            FailureError: no answer, or a refusal.
        """
        return self._ask("GET", path, params=httpx.QueryParams(tuple(params)))

    def post(self, path: str, body: Mapping[str, Any]) -> Json:
        """Ask for something to be done, once, however often it has to be sent.

        Args:
            path: below the router's address.
            body: the command; members that are None are left out.

        Returns:
            The JSON object of the answer.

        Raises:
            FailureError: no answer, or a refusal; its code is CONFLICT for a 409.
        """
        said = {name: value for name, value in body.items() if value is not None}
        return self._ask("POST", path, json=said, headers=_once(None))

    def put(self, path: str, body: Mapping[str, Any], version: str | None) -> Json:
        """Make or replace something; `version`: the ETag of what is there. Raises as `post`."""
        return self._ask("PUT", path, json=dict(body), headers=_once(version))

    def patch(self, path: str, body: Mapping[str, Any], version: str | None) -> Json:
        """Change some members of something; those that are None go. Raises as `post`."""
        return self._ask("PATCH", path, json=dict(body), headers=_once(version))

    def delete(self, path: str, version: str | None) -> Json:
        """Remove something. Raises as `post`."""
        return self._ask("DELETE", path, headers=_once(version))

    def send(self, path: str, content: bytes, media_type: str, params: Params = ()) -> Json:
        """Post a file, once, however often it has to be sent. Raises as `post`."""
        headers = {**_once(None), "Content-Type": media_type}
        query = httpx.QueryParams(tuple(params))
        return self._ask("POST", path, content=content, headers=headers, params=query)

    def text(self, path: str, params: Params = ()) -> str:
        """Read something that is not JSON. Raises as `get`."""
        answer = self._answered("GET", path, params=httpx.QueryParams(tuple(params)))
        if not answer.is_success:
            self._judged(answer)
        return answer.text

    def remove(self, path: str) -> None:
        """Ask for something to be removed; raises as `post`."""
        self._ask("DELETE", path)

    def pages(self, path: str, params: Params = ()) -> Iterator[Json]:
        """Read a list page by page, at most PAGES_MAX of them; raises as `get`."""
        cursor = ""
        for _ in range(PAGES_MAX):
            page = self.get(path, [*params, ("cursor", cursor)] if cursor else params)
            yield page
            cursor = page.get("next_cursor") or ""
            if not cursor:
                return

    def _ask(self, method: str, path: str, **request: Any) -> Json:
        return self._judged(self._answered(method, path, **request))

    def _answered(self, method: str, path: str, **request: Any) -> httpx.Response:
        for left in reversed(range(TRIES)):
            try:
                answer = self._client.request(method, path, **request)
            except httpx.ConnectError as error:
                raise self._nobody() from error
            except httpx.HTTPError as error:
                if not left:
                    raise self._silent(error) from error
                self._pause(PAUSE_SECONDS)
                continue
            if answer.status_code != 503 or not left:
                return answer
            self._pause(_retry_after(answer))
        raise AssertionError("the last try returns or raises")

    def _judged(self, answer: httpx.Response) -> Json:
        try:
            body = answer.json() if answer.content else {}
        except ValueError:
            body = None
        if answer.is_success and isinstance(body, dict):
            return body
        if answer.is_success or (body is None and answer.status_code < 500):
            raise FailureError(
                f"What answers at {self.url} is not Tierline's router.",
                f"Give the router's address with --url or {URL_VARIABLE}.",
            )
        raise refused(answer.status_code, body if isinstance(body, dict) else {})

    def _nobody(self) -> FailureError:
        return FailureError(
            f"Nothing answers at {self.url}.",
            "Start it with `make run` or `tierline up`, or name another address with --url.",
        )

    def _silent(self, error: httpx.HTTPError) -> FailureError:
        return FailureError(
            f"{self.url} gave no answer in {TRIES} tries ({type(error).__name__}).",
            "Look at `tierline status`; a change may have been made all the same: look first.",
        )


def _once(version: str | None) -> dict[str, str]:
    """The headers of a write that is done once, and only to that version where one is named."""
    headers = {"Idempotency-Key": f"cli-{uuid.uuid4()}"}
    return headers if version is None else {**headers, "If-Match": version}


def _retry_after(answer: httpx.Response) -> float:
    text = answer.headers.get("Retry-After", "")
    return min(float(text), PAUSE_MAX_SECONDS) if text.isdigit() else PAUSE_SECONDS
