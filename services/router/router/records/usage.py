"""What still needs a record, and what to do about it before it goes."""

from collections.abc import Iterator, Mapping

from router.context import Context
from tierline.domain.policy import Policy
from tierline.policy.kinds import KINDS, Document, Kind, Link
from tierline.store.tickets import Connection
from tierline.web.problems import ProblemError

Uses = dict[str, int]
"""How often, by what it is that uses it, with what to do: the words that follow a number."""

_ON_HOLD_FOR = """
SELECT count(*) FROM tierline.ticket WHERE state = 'on_hold' AND doc -> 'hold' ->> 'of' = $1
"""

_COUNTS: Mapping[str, tuple[tuple[str, str, str], ...]] = {
    "clients": (
        (
            "open tickets: close them first",
            "name",
            "SELECT count(*) FROM tierline.ticket WHERE client = $1 AND state <> 'closed'",
        ),
        (
            "integrations bound to it: bind them elsewhere in records.yaml and load it",
            "name",
            "SELECT count(*) FROM tierline.integration WHERE client = $1",
        ),
        (
            "subscriptions limited to it: change them in records.yaml and load it",
            "name",
            "SELECT count(*) FROM tierline.subscription WHERE $1 = ANY(clients)",
        ),
    ),
    "people": (
        (
            "open tickets they own: release them or hand them over first",
            "login",
            "SELECT count(*) FROM tierline.ticket WHERE owner = $1 AND state <> 'closed'",
        ),
        (
            "tokens that act as them: revoke them with `tierline token revoke`",
            "login",
            "SELECT count(*) FROM tierline.api_token WHERE login = $1 AND revoked_at IS NULL",
        ),
    ),
    "vendors": (
        (
            "tickets on hold for them: resume them first",
            "name",
            _ON_HOLD_FOR,
        ),
    ),
}
"""By kind: the words after the number, the field that is looked for, and the statement."""


async def check_unused(
    context: Context, connection: Connection, kind: Kind, document: Document
) -> None:
    """Check that nothing needs a record any more.

    Raises:
        ProblemError: 409 `in_use`, saying what does and what to do.
    """
    uses: Uses = {}
    for words, field, statement in _COUNTS.get(kind.name, ()):
        uses[words] = await connection.fetchval(statement, document[field])
    uses |= await _named(connection, kind, document)
    uses |= _in_policy(kind, document, context.source.current)
    _refuse(kind, document, uses, "is in use")


async def check_renamed(
    context: Context, connection: Connection, kind: Kind, before: Document, after: Document
) -> None:
    """Check that nothing calls a record by the name it is about to lose.

    Raises:
        ProblemError: 409 `in_use`.
    """
    if before.get(kind.label) == after.get(kind.label):
        return
    uses = await _named(connection, kind, before)
    uses |= _in_policy(kind, before, context.source.current)
    _refuse(kind, before, uses, "is called so")


def _refuse(kind: Kind, document: Document, uses: Uses, how: str) -> None:
    found = {words: n for words, n in uses.items() if n}
    if found:
        said = ", and ".join(f"{n} {words}" for words, n in found.items())
        name = kind.name_of(document)
        raise ProblemError(409, "in_use", f"{name} {how}: {said}", uses=found)


async def _named(connection: Connection, kind: Kind, document: Document) -> Uses:
    """Other records that name it."""
    uses: Uses = {}
    for other, link in _links_to(kind):
        statement, ours = _mention(other, link)
        values = [document[kind.label], *([document["client"]] if ours else [])]
        words = f"{other.name} that name it ({'.'.join(link.path)}): change or remove them first"
        uses[words] = await connection.fetchval(statement, *values)
    return uses


def _links_to(kind: Kind) -> Iterator[tuple[Kind, Link]]:
    return ((it, link) for it in KINDS.values() for link in it.links if link.to == kind.name)


def _mention(other: Kind, link: Link) -> tuple[str, bool]:
    """The statement that counts the records with that link, and whether it asks for a client."""
    column = other.table.column(link.path[0])
    if column is None:
        steps = "".join("[*]" if step == "*" else f'."{step}"' for step in link.path)
        named = "jsonb_build_object('n', $1::text)"
        found = f"jsonb_path_exists(t.doc::jsonb, '${steps} ? (@ == $n)', {named})"
    else:
        found = f"$1 = ANY(t.{column.name})" if column.type == "text[]" else f"t.{column.name} = $1"
    whose = other.table.column(link.client)
    ours = f" AND t.{whose.name} = $2" if whose else ""
    return f"SELECT count(*) FROM tierline.{other.table.name} t WHERE {found}{ours}", bool(whose)


def _in_policy(kind: Kind, document: Document, policy: Policy) -> Uses:
    """Places of the policy that name it; people by their logins, as it stands compiled."""
    one = {"clients": "client ", "partners": "partner "}.get(kind.name)
    groups = policy.groups.values()
    if one is not None:
        named = sum(group.of == one + document["name"] for group in groups)
        named += kind.name == "clients" and document["name"] in policy.mode.clients
    elif kind.name == "people":
        login = document["login"]
        named = sum(login == group.lead or login in group.members for group in groups)
        named += sum(login == person for person in policy.people.values())
    else:
        return {}
    return {"places of the policy that name it: change the policy first": named}
