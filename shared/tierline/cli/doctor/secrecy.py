"""Whether a secret is one that everybody knows, or development was left on."""

from collections.abc import Mapping
from urllib.parse import unquote, urlsplit

from tierline.cli.doctor.finding import Finding, fail, ok, skipped, warn
from tierline.cli.doctor.patient import Patient, Surroundings
from tierline.cli.load_credentials import TOKEN_NAME

NAME = "secrets"
TOKENS = "development token"
COMMON = frozenset({"", "postgres", "password", "tierline", "secret", "changeme", "admin", "root"})
DISTINCT_MIN = 8
"""Different characters that a random secret of 32 has, and one typed in for a trial has not."""

LOCAL = frozenset({"127.0.0.1", "localhost", "::1"})


async def chosen(patient: Patient) -> list[Finding]:
    """The secrets that services are given, as far as the doctor is given them, too."""
    return judge(patient.around)


def judge(around: Surroundings) -> list[Finding]:
    """Findings about the variables."""
    if around.home is not None:
        return [ok(NAME, "a development stack makes its own, in its data folder")]
    told = around.environment
    found = [*_secret(told), *_database(around), *_development(around)]
    if found:
        return found
    if "TIERLINE_SECRET" not in told:
        return [skipped(NAME, "TIERLINE_SECRET is not set here", "Set it to have it looked at.")]
    return [ok(NAME, "none is a well-known one")]


def _secret(told: Mapping[str, str]) -> list[Finding]:
    found = []
    for name in ("TIERLINE_SECRET", "TIERLINE_OTHER_SECRET"):
        text = told.get(name, "")
        if text and (len(set(text)) < DISTINCT_MIN or "change" in text.lower()):
            remedy = "`openssl rand -hex 32` makes one; docs/runbooks/rotate-secrets.md."
            found.append(fail(NAME, f"{name} can be guessed", remedy))
    if told.get("TIERLINE_OTHER_SECRET"):
        said = "TIERLINE_OTHER_SECRET is still set"
        remedy = (
            "Take it away once the links of its time are over: docs/runbooks/rotate-secrets.md."
        )
        found.append(warn(NAME, said, remedy))
    return found


def _database(around: Surroundings) -> list[Finding]:
    if not around.database_url:
        return []
    parts = urlsplit(around.database_url)
    password = unquote(parts.password or "")
    if password.lower() in COMMON and "sslcert=" not in parts.query:
        said = "the database's password is none, or a well-known one"
        return [fail(NAME, said, "Choose a random one: docs/runbooks/rotate-secrets.md.")]
    return []


def _development(around: Surroundings) -> list[Finding]:
    host = urlsplit(around.database_url).hostname or ""
    if around.development and host and host not in LOCAL:
        said = f"TIERLINE_DEVELOPMENT is on, and the database is on {host}"
        remedy = "Anybody may move policy time, and pages need no TLS: unset it in production."
        return [fail(NAME, said, remedy)]
    return []


async def no_development_token(patient: Patient) -> list[Finding]:
    """In production no token of a development stack works."""
    if patient.around.development:
        return [ok(TOKENS, "a development stack has one")]
    works = await patient.value(
        "SELECT count(*) FROM tierline.api_token WHERE name = $1 AND revoked_at IS NULL"
        " AND (expires_at IS NULL OR expires_at > now())",
        TOKEN_NAME,
    )
    if works:
        said = f"the token {TOKEN_NAME} of a development stack works"
        return [fail(TOKENS, said, f"`tierline token revoke {TOKEN_NAME}`")]
    return [ok(TOKENS, "there is none")]
