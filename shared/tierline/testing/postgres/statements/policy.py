"""The policy in force, as it is read."""

from tierline.policy import source
from tierline.testing.postgres.registry import Registry, Reply
from tierline.testing.postgres.rows import picker
from tierline.testing.postgres.transaction import Transaction

here = Registry()

_version = picker("version")
_document = picker("document")
_login = picker("name", "login")
_calendar = picker("hash", "document")


@here.answers(source, "ACTIVE_VERSION")
async def active_version(tx: Transaction) -> Reply:
    """The one that is active."""
    return [_version(row) for row in tx.rows("policy_version") if row["active"]]


@here.answers(source, "LOGINS")
async def logins(tx: Transaction) -> Reply:
    """Everybody's name and login."""
    return [_login(row) for row in tx.rows("person")]


@here.answers(source, "POLICY_DOCUMENT")
async def policy_document(tx: Transaction, version: str) -> Reply:
    """That version's document."""
    row = tx.get("policy_version", version)
    return [] if row is None else [_document(row)]


@here.answers(source, "CALENDARS")
async def calendars(tx: Transaction) -> Reply:
    """Every calendar."""
    return [_calendar(row) for row in tx.rows("calendar")]
