"""What protects a person's session: cookies, form tokens and headers."""

import hashlib
import hmac
import secrets
from urllib.parse import parse_qsl

from fastapi import Request, Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from console.settings import ConsoleSettings

MAX_FORM_BYTES = 128 * 1024
MAX_TABLE_BYTES = 3 * 1024 * 1024
"""Of a form with a table in it: what the router takes, with every character escaped."""
MAX_FORM_FIELDS = 64
MAX_SESSION_CHARACTERS = 128
SESSION_COOKIE = "tierline_session"
VISITOR_COOKIE = "tierline_visitor"
FORM_TOKEN_FIELD = "csrf"  # noqa: S105 - the name of a field

CONTENT_POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; "
    "connect-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
)
HEADERS = (
    (b"content-security-policy", CONTENT_POLICY.encode()),
    (b"x-content-type-options", b"nosniff"),
    (b"x-frame-options", b"DENY"),
    (b"referrer-policy", b"same-origin"),
    (b"cross-origin-opener-policy", b"same-origin"),
    (b"permissions-policy", b"camera=(), geolocation=(), microphone=()"),
)


class ForgedFormError(Exception):
    """A form came without the token of the session that sends it."""


class FormTooLargeError(Exception):
    """A form is larger than any of ours can be, or is not one."""


class SecurityHeaders:
    """Adds HEADERS to every answer; pages are never stored by a cache on the way."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass the request on and complete its answer's headers."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return

        async def send_with_headers(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = list(message["headers"])
                names = {name.lower() for name, _ in headers}
                headers.extend(pair for pair in HEADERS if pair[0] not in names)
                if b"cache-control" not in names:
                    headers.append((b"cache-control", b"no-store"))
                message = {**message, "headers": headers}
            await send(message)

        await self._app(scope, receive, send_with_headers)


def form_token(settings: ConsoleSettings, holder: str) -> str:
    """Make the token that every form of a session carries.

    Args:
        settings: for the secret.
        holder: the session id, or before login the visitor's random cookie.

    Returns:
        A keyed hash (HMAC-SHA-256, hex) that only we can make and that tells nothing of the holder.
    """
    return _form_token(settings.secret, holder)


def _form_token(secret: str, holder: str) -> str:
    message = b"console form " + holder.encode("utf-8", "surrogatepass")
    return hmac.new(secret.encode(), message, hashlib.sha256).hexdigest()


def session_of(settings: ConsoleSettings, request: Request) -> str:
    """Return the session id the browser sent, or an empty text."""
    value = request.cookies.get(SESSION_COOKIE + settings.cookie_suffix, "")
    plain = value.isascii() and value.replace("_", "").replace("-", "").isalnum()
    return value if plain and len(value) <= MAX_SESSION_CHARACTERS else ""


def visitor_of(settings: ConsoleSettings, request: Request) -> str:
    """Return what ties the login form to this browser, or an empty text."""
    return request.cookies.get(VISITOR_COOKIE + settings.cookie_suffix, "")


def new_visitor() -> str:
    """Make the value of a new visitor cookie."""
    return secrets.token_urlsafe(32)


def keep_session(settings: ConsoleSettings, response: Response, session: str) -> None:
    """Give the browser its session id; it lasts until the browser or the router ends it."""
    _set_cookie(settings, response, SESSION_COOKIE, session)


def keep_visitor(settings: ConsoleSettings, response: Response, visitor: str) -> None:
    """Give the browser its visitor cookie."""
    _set_cookie(settings, response, VISITOR_COOKIE, visitor)


def forget(settings: ConsoleSettings, response: Response) -> None:
    """Take the session id back."""
    response.delete_cookie(
        SESSION_COOKIE + settings.cookie_suffix,
        httponly=True,
        samesite="lax",
        secure=not settings.development,
    )


async def read_form(
    settings: ConsoleSettings,
    request: Request,
    holder: str,
    *,
    max_bytes: int = MAX_FORM_BYTES,
    max_fields: int = MAX_FORM_FIELDS,
) -> dict[str, str]:
    """Read a form that this console made for this holder.

    Args:
        settings: for the secret.
        request: whose body is read.
        holder: the session id, or before login the visitor's cookie.
        max_bytes: how large its body may be.
        max_fields: how many fields it may have.

    Returns:
        The fields, trimmed, without the token; of a repeated one the last.

    Raises:
        FormTooLargeError: it is too large or not a form.
        ForgedFormError: the token is missing or not this holder's.
    """
    body = b""
    async for chunk in request.stream():
        body += chunk
        if len(body) > max_bytes:
            raise FormTooLargeError
    try:
        pairs = parse_qsl(
            body.decode(), keep_blank_values=True, max_num_fields=max_fields, errors="strict"
        )
    except ValueError as error:
        raise FormTooLargeError from error
    fields = {name: value.strip() for name, value in pairs}
    token = fields.pop(FORM_TOKEN_FIELD, "")
    good = [_form_token(secret, holder) for secret in settings.taken_secrets]
    if not holder or not any(hmac.compare_digest(token.encode(), one.encode()) for one in good):
        raise ForgedFormError
    return fields


def _set_cookie(settings: ConsoleSettings, response: Response, name: str, value: str) -> None:
    response.set_cookie(
        name + settings.cookie_suffix,
        value,
        httponly=True,
        samesite="lax",
        secure=not settings.development,
        path="/",
    )
