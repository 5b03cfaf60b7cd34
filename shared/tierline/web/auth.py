"""Who may come in: one gate in front of every address, then scopes at each.

The gate stands before the application, so that an address nobody thought of is closed, and a body
is not even parsed for a stranger.
"""

import time
from collections import OrderedDict
from collections.abc import Callable, Collection, Sequence
from typing import Annotated, Any
from urllib.parse import parse_qs

from fastapi import Depends, Request
from fastapi.security import HTTPBearer
from starlette.types import ASGIApp, Receive, Scope, Send

from tierline.domain.seeing import MANAGERS
from tierline.domain.terms import Role
from tierline.store.database import UNREACHABLE, Database
from tierline.web.answer_links import read_link
from tierline.web.docs import PAGES
from tierline.web.keys import KeyKind, hash_key, kind_of
from tierline.web.limits import CREDENTIAL_CACHE_MAX, CREDENTIAL_CACHE_S
from tierline.web.principal import (
    ADMIN,
    Principal,
    link_principal,
    session_scopes,
    unowned_role,
)
from tierline.web.problems import ProblemError, problem_response, unauthorized, unavailable

OPEN_TO_ALL = frozenset(
    {
        ("GET", "/healthz"),
        ("GET", "/readyz"),
        ("GET", "/metrics"),
        *(("GET", path) for path in PAGES),
        ("GET", "/openapi.json"),
        ("POST", "/v1/sessions"),
    }
)
"""What answers without a credential."""

FEED = ".ics"
"""How the address of a calendar feed ends. Calendar programs send no headers: such an address, and
no other, takes its credential as `?token=`."""

_TOKENS_PERSON = """
SELECT t.name, t.login, t.scopes, t.clients AS own, p.role, p.clients AS theirs, p.groups,
       coalesce(extract(epoch FROM t.expires_at - now()), 'infinity')::float8 AS left_s
FROM tierline.api_token t LEFT JOIN tierline.person p ON p.login = t.login
WHERE t.hash = $1 AND t.revoked_at IS NULL AND (t.expires_at IS NULL OR t.expires_at > now())
  AND (t.login IS NULL OR p.active)
"""
_SESSIONS_PERSON = """
SELECT p.name, p.login, p.role, p.clients AS theirs, p.groups,
       extract(epoch FROM s.expires_at - now())::float8 AS left_s
FROM tierline.session s JOIN tierline.person p ON p.login = s.login
WHERE s.id = $1 AND s.expires_at > now() AND p.active
"""


Keys = Callable[[str, Collection[str]], frozenset[str]]
"""The keys of restricted tickets that a login with those recorded groups holds."""


def _no_keys(_login: str, _groups: Collection[str]) -> frozenset[str]:
    return frozenset()


class Authenticator:
    """Finds the principal of a credential, remembering it for CREDENTIAL_CACHE_S seconds.

    Args:
        db: where credentials are kept.
        development: people may move policy time.
        secrets: what links from mails may be signed with; without one none is good.
        keys: the keys of restricted tickets that a login with those groups holds; without it
            nobody holds any.
        clock: seconds that only ever go forward; another one in tests.
    """

    def __init__(
        self,
        db: Database,
        *,
        development: bool = False,
        secrets: Sequence[str] = (),
        keys: Keys = _no_keys,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._db = db
        self._development = development
        self._secrets = tuple(secrets)
        self._keys = keys
        self._clock = clock
        self._known: OrderedDict[str, tuple[float, Principal]] = OrderedDict()

    async def principal(self, raw: str) -> Principal | None:
        """The principal behind the credential `raw`; None where there is none.

        Raises one of UNREACHABLE where the database must be asked and is away.
        """
        for secret in self._secrets:
            if (link := read_link(secret, raw)) is not None:
                return link_principal(link)
        kind = kind_of(raw)
        if kind not in {KeyKind.TOKEN, KeyKind.SESSION}:
            return None
        digest = hash_key(raw)
        known = self._known.get(digest)
        if known is not None and known[0] > self._clock():
            self._known.move_to_end(digest)
            return known[1]
        self._known.pop(digest, None)
        async with self._db.connection() as connection:
            asked = _TOKENS_PERSON if kind is KeyKind.TOKEN else _SESSIONS_PERSON
            row = await connection.fetchrow(asked, digest)
        if row is None:
            return None
        principal = self._of_token(row) if kind is KeyKind.TOKEN else self._of_session(row)
        self._remember(digest, principal, row["left_s"])
        return principal

    def forget(self, raw: str) -> None:
        """Ask the database again at the next use of `raw` (in this process)."""
        self._known.pop(hash_key(raw), None)

    def _of_session(self, row: Any) -> Principal:
        return Principal(
            kind="person",
            name=row["name"],
            login=row["login"],
            role=Role(row["role"]),
            scopes=session_scopes(development=self._development),
            clients=_clients(row["theirs"]),
            keys=self._keys(row["login"], row["groups"]),
        )

    def _of_token(self, row: Any) -> Principal:
        """A token of a person acts with that person's role, and sees what both may see."""
        scopes = frozenset(row["scopes"])
        own, theirs = _clients(row["own"]), _clients(row["theirs"])
        clients = own if theirs is None else theirs if own is None else own & theirs
        login = row["login"] or ""
        nobodys = frozenset({MANAGERS} if ADMIN in scopes else ())
        return Principal(
            kind="token",
            name=row["name"],
            login=login,
            role=Role(row["role"]) if row["role"] else unowned_role(scopes),
            scopes=scopes,
            clients=clients,
            keys=self._keys(login, row["groups"]) if login else nobodys,
        )

    def _remember(self, digest: str, principal: Principal, left_s: float) -> None:
        until = self._clock() + min(CREDENTIAL_CACHE_S, left_s)
        self._known[digest] = (until, principal)
        while len(self._known) > CREDENTIAL_CACHE_MAX:
            self._known.popitem(last=False)


def _clients(found: list[str] | None) -> frozenset[str] | None:
    return None if found is None else frozenset(found)


class Gate:
    """ASGI middleware: nobody gets past it without a principal, except to OPEN_TO_ALL.

    Args:
        app: what stands behind it.
        authenticator: gives the Authenticator of the running service.
    """

    def __init__(self, app: ASGIApp, authenticator: Callable[[], Authenticator]) -> None:
        self._app = app
        self._authenticator = authenticator

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Let a request pass, or answer it with 401 (or 503 while the database is away)."""
        if scope["type"] == "http" and not _is_open(scope):
            try:
                raw = _credential(scope)
                principal = await self._authenticator().principal(raw) if raw else None
                refused = None if principal else unauthorized()
            except UNREACHABLE:
                principal, refused = None, unavailable("database_away", "try again in a moment")
            if refused is not None:
                await problem_response(refused)(scope, receive, send)
                return
            scope["tierline.principal"] = principal
            scope["tierline.credential"] = raw
        await self._app(scope, receive, send)


def _is_open(scope: Scope) -> bool:
    method = "GET" if scope["method"] == "HEAD" else scope["method"]
    return (method, scope["path"]) in OPEN_TO_ALL


def _credential(scope: Scope) -> str:
    """The raw credential of a request: of its header, or of the address of a calendar feed."""
    raw = _from_header(scope)
    if raw or scope["method"] not in {"GET", "HEAD"} or not scope["path"].endswith(FEED):
        return raw
    query: dict[str, list[str]] = parse_qs(scope["query_string"].decode("latin-1"))
    return query.get("token", [""])[0]


def _from_header(scope: Scope) -> str:
    for name, value in scope["headers"]:
        if name == b"authorization":
            scheme, _, rest = value.decode("latin-1").partition(" ")
            return rest.strip() if scheme.lower() == "bearer" else ""
    return ""


_bearer = HTTPBearer(auto_error=False, description="An API token (tl_...) or a session (tls_...).")
"""Only for the API's description; the gate has already looked."""


def current(request: Request) -> Principal:
    """The principal the gate let in."""
    principal: Principal = request.scope["tierline.principal"]
    return principal


def credential(request: Request) -> str:
    """The raw credential the gate accepted."""
    raw: str = request.scope["tierline.credential"]
    return raw


def needs(scope: str | None) -> Any:
    """A dependency that gives the Principal, refusing with 403 one without `scope`."""

    async def check(request: Request, _: Annotated[Any, Depends(_bearer)]) -> Principal:
        principal = current(request)
        if scope is None and principal.link is not None:
            raise ProblemError(403, "scope", "a link from a mail is for its one question")
        if scope is not None and scope not in principal.scopes:
            raise ProblemError(
                403, "scope", f"this needs the scope {scope}, which your credential does not have"
            )
        return principal

    return Depends(check)
