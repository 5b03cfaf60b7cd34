"""`tierline load`: puts a policy folder and its records into the database."""

import json
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Annotated, Any

import typer

from tierline.cli.call import AsJson, Screen
from tierline.cli.direct import Target, find_target, work_on
from tierline.cli.failures import FailureError, told
from tierline.cli.load_credentials import (
    derive_passwords,
    development_credentials,
    random_secret,
    stored_hashes,
    subscription_secret,
)
from tierline.cli.load_policy import write_policy
from tierline.cli.load_records import SecretOf, write_records
from tierline.policy.errors import PolicyError
from tierline.policy.folder import LoadedPolicy, load_folder
from tierline.store.policy_versions import LOCK_LOADING
from tierline.store.tickets import Connection


def register(app: typer.Typer) -> None:
    """Add `load` to the command line."""
    app.command("load")(load)


def load(
    *,
    folder: Annotated[Path, typer.Argument(metavar="FOLDER", help="The policy folder.")],
    as_json: AsJson = False,
    home: Annotated[
        Path | None, typer.Option("--home", help="The running stack's folder (TIERLINE_HOME).")
    ] = None,
    year: Annotated[
        int | None,
        typer.Option(
            help="Look public holidays up around this year, not this one.", min=1970, max=2099
        ),
    ] = None,
) -> None:
    """Load a policy folder and its records, all of it or nothing; loading again is harmless.

    The database is that of TIERLINE_DATABASE_URL, else of the running development stack.
    Records that are no longer in the folder are kept and named, and so are those that were edited
    elsewhere while their entry in the folder stayed the same.
    """
    with told(as_json=as_json):
        loaded = _read(folder, year)
        outcome = load_into(find_target(home), loaded)
    if as_json:
        sys.stdout.write(json.dumps(outcome) + "\n")
        return
    screen = Screen()
    for line in _lines(outcome):
        screen.line(line)


def load_into(target: Target, loaded: LoadedPolicy) -> dict[str, Any]:
    """Write a loaded folder into a database, in one transaction.

    Args:
        target: the database; on a development stack people, integrations and a token get derived
            credentials, elsewhere nobody gets any.
        loaded: the policy and its records.

    Returns:
        `policy`, `kept`, `edited`, `warnings`, `subscriptions` (the secrets that may be shown);
        on a development stack `token`, `login`, `integration_keys` and `people` too.

    Raises:
        FailureError: the database cannot be used; a group or tier that holds tickets would go.
    """
    passwords = {}
    if target.development:
        stored = work_on(target, stored_hashes)
        passwords = derive_passwords(stored, target.secret, loaded.records)

    async def write(connection: Connection) -> dict[str, Any]:
        await connection.execute(LOCK_LOADING)
        policy = await write_policy(connection, loaded)
        written = await write_records(connection, loaded.records, _secrets(target))
        outcome = {
            "policy": policy,
            "kept": written.kept,
            "edited": written.edited,
            "subscriptions": written.new_secrets,
        }
        if target.development:
            outcome |= await development_credentials(
                connection, target.secret, loaded.records, passwords
            )
        return outcome

    outcome = work_on(target, write)
    return outcome | {"warnings": [str(warning) for warning in loaded.warnings]}


def _secrets(target: Target) -> SecretOf:
    if not target.development:
        return lambda _: random_secret()
    return lambda name: subscription_secret(target.secret, name)


def _read(folder: Path, year: int | None) -> LoadedPolicy:
    try:
        return load_folder(folder, year=year)
    except PolicyError as error:
        findings = [str(finding) for finding in error.findings]
        raise FailureError(
            "\n".join(findings),
            f"Nothing was loaded. Correct it; `tierline policy check {folder}` looks again.",
            problem={"findings": findings},
        ) from None


def _lines(outcome: Mapping[str, Any]) -> Iterator[str]:
    policy = outcome["policy"]
    yield f"policy version {policy['version']}" + (
        " is active now" if policy["changed"] else " was active already"
    )
    for what, names in outcome["kept"].items():
        yield f"kept, though not in the folder: {what} {', '.join(names)}"
    for what, names in outcome["edited"].items():
        yield f"left as edited since it was loaded: {what} {', '.join(names)}"
    for warning in outcome["warnings"]:
        yield f"warning: {warning}"
    for name, secret in outcome["subscriptions"].items():
        yield f"subscription {name}: secret {secret}"
    if "token" not in outcome:
        yield "Nobody was given a password, token or key. Make a token with:"
        yield "  tierline token create --name NAME --scope tickets:read --login LOGIN"
        yield "the key of a source with:"
        yield "  tierline integration-key create NAME"
        yield "and the password of a person with:"
        yield "  tierline password LOGIN"
        return
    for name, key in outcome["integration_keys"].items():
        yield f"integration {name}: key {key}"
    for person in outcome["people"]:
        password = person["password"] or "(set by somebody)"
        yield f"person {person['login']} ({person['role']}): password {password}"
    yield f"token {outcome['token']}"
