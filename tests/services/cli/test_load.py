"""`tierline load`, `token` and `integration-key` against a real PostgreSQL."""

import asyncio
import base64
import json
import shutil
from pathlib import Path

import asyncpg
import pytest
import pytest_asyncio
from typer.testing import CliRunner, Result

from tierline.cli.direct import Target
from tierline.cli.load import load_into
from tierline.cli.main import app
from tierline.policy.document import compile_document
from tierline.policy.folder import load_folder
from tierline.web.keys import KeyKind, hash_key, kind_of
from tierline.web.passwords import hash_password, verify_password

pytestmark = pytest.mark.postgres

EXAMPLE = Path(__file__).parents[3] / "policy"
SECRET = "5" * 64
SUBSCRIPTION = """
subscriptions:
  ticket mirror: {url: "https://psa.example.com/hooks", clients: [Harbour Dental]}
"""


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A copy of the example policy, with a subscription."""
    copy = tmp_path / "policy"
    shutil.copytree(EXAMPLE, copy)
    records = copy / "records.yaml"
    records.write_text(records.read_text().replace("subscriptions: {}\n", SUBSCRIPTION))
    return copy


@pytest_asyncio.fixture(loop_scope="session")
async def connection(database_url: str):
    """A connection to the test's own database."""
    opened = await asyncpg.connect(database_url)
    yield opened
    await opened.close()


@pytest.fixture
def tierline(database_url: str):
    """Runs `tierline` on the test's database, on a development stack unless told otherwise."""

    async def run(*args: object, development: bool = True, **env: str) -> Result:
        known = {
            "TIERLINE_DATABASE_URL": database_url,
            "TIERLINE_SECRET": SECRET if development else "",
            "TIERLINE_DEVELOPMENT": "1" if development else "",
            "COLUMNS": "80",
            **env,
        }
        # In a thread: the command runs an event loop of its own.
        runner = CliRunner(env=known)
        return await asyncio.to_thread(
            runner.invoke, app, [str(arg) for arg in args], prog_name="tierline"
        )

    return run


async def dump(connection: asyncpg.Connection) -> dict[str, list]:
    """Every row that loading writes."""
    records = ["client", "contact", "device", "person", "room", "integration", "subscription"]
    tables = ["policy_version", "calendar", "integration_key", "api_token", *records]
    return {
        table: [
            tuple(row)
            for row in await connection.fetch(
                f"SELECT t::text FROM tierline.{table} AS t ORDER BY t::text"
            )
        ]
        for table in tables
    }


def told(result: Result) -> dict:
    assert result.exit_code == 0, result.output
    return json.loads(result.stdout.splitlines()[-1])


async def test_load_writes_policy_records_and_derived_credentials(tierline, folder, connection):
    outcome = told(await tierline("load", folder, "--json"))
    version = await connection.fetchrow("SELECT * FROM tierline.policy_version WHERE active")
    assert outcome["policy"]["version"] == version["version"]
    assert outcome["policy"]["changed"] is True
    stored = compile_document(json.loads(version["document"]))
    assert stored.version == version["version"]
    hashes = await connection.fetch("SELECT hash FROM tierline.calendar")
    assert {row["hash"] for row in hashes} == set(stored.calendars)
    harbour = await connection.fetchrow(
        "SELECT agreement, record, mode FROM tierline.client WHERE name = 'Harbour Dental'"
    )
    assert tuple(harbour) == ("managed gold", "tierline", None)
    sam = await connection.fetchrow("SELECT * FROM tierline.person WHERE login = 'sam'")
    assert (sam["role"], sam["groups"], sam["clients"]) == (
        "technician", ["Dispatch", "Desk"], None,
    )  # fmt: skip
    device = await connection.fetchrow("SELECT * FROM tierline.device WHERE name = 'oak-sw-02'")
    assert (device["site"], device["type"], device["criticality"]) == ("North Campus", "switch", 2)
    assert await connection.fetchval("SELECT count(*) FROM tierline.contact") == 3
    assert await connection.fetchval("SELECT kind FROM tierline.room WHERE name = 'infrastructure'")
    assert outcome["kept"] == {}


async def test_what_is_printed_is_what_opens_the_door(tierline, folder, connection):
    outcome = told(await tierline("load", folder, "--json"))
    token = await connection.fetchrow(
        "SELECT * FROM tierline.api_token WHERE hash = $1", hash_key(outcome["token"])
    )
    assert kind_of(outcome["token"]) is KeyKind.TOKEN
    assert (token["name"], token["login"], token["revoked_at"]) == ("development", "priya", None)
    assert set(token["scopes"]) == {
        "tickets:read", "tickets:write", "notices:read", "clock:write", "admin",
    }  # fmt: skip
    for name, key in outcome["integration_keys"].items():
        owner = await connection.fetchval(
            "SELECT integration FROM tierline.integration_key WHERE hash = $1", hash_key(key)
        )
        assert owner == name
    assert set(outcome["integration_keys"]) == {"alertmanager", "api"}
    assert len(outcome["people"]) == 10
    for person in outcome["people"][:2]:
        stored = await connection.fetchval(
            "SELECT password_hash FROM tierline.person WHERE login = $1", person["login"]
        )
        assert verify_password(stored, person["password"])
    assert len({person["password"] for person in outcome["people"]}) == 10
    assert outcome["login"] == {"user": "priya", "password": outcome["people"][0]["password"]}
    secret = outcome["subscriptions"]["ticket mirror"]
    assert len(base64.b64decode(secret.removeprefix("whsec_"), validate=True)) == 32
    assert await connection.fetchrow("SELECT secrets, clients FROM tierline.subscription") == (
        [secret], ["Harbour Dental"],
    )  # fmt: skip


async def test_nothing_secret_is_stored_as_it_is(tierline, folder, connection):
    outcome = told(await tierline("load", folder, "--json"))
    stored = str(await dump(connection))
    secrets = [outcome["token"], *outcome["integration_keys"].values()]
    secrets += [person["password"] for person in outcome["people"]]
    assert [secret for secret in secrets if secret in stored] == []


async def test_loading_again_changes_nothing_and_prints_the_same(tierline, folder, connection):
    first = told(await tierline("load", folder, "--json"))
    before = await dump(connection)
    second = told(await tierline("load", folder, "--json"))
    assert await dump(connection) == before
    assert second.pop("policy")["changed"] is False
    first.pop("policy")
    assert second == first


async def test_a_changed_folder_brings_rows_up_to_date_and_keeps_and_names_the_rest(
    tierline, folder, connection
):
    told(await tierline("load", folder, "--json"))
    records = folder / "records.yaml"
    text = records.read_text()
    text = text.replace("role: lead, groups: [Dispatch]", "role: manager, groups: [Dispatch]")
    text = "".join(
        line
        for line in text.splitlines(keepends=True)
        if "marek" not in line and "hd-ws" not in line
    )
    records.write_text(text)
    outcome = told(await tierline("load", folder, "--json"))
    assert outcome["kept"] == {"devices": ["Harbour Dental: hd-ws-07"], "people": ["marek"]}
    assert await connection.fetchval(
        "SELECT role FROM tierline.person WHERE login = 'priya'"
    ) == "manager"  # fmt: skip
    assert await connection.fetchval("SELECT active FROM tierline.person WHERE login = 'marek'")
    # Priya no longer leads: the token acts as the next lead.
    assert outcome["login"]["user"] == "tom"
    assert await connection.fetchval("SELECT login FROM tierline.api_token") == "tom"


async def test_versions_are_compared_by_hash_folder_and_as_running(tierline, folder):
    first = told(await tierline("load", folder, "--json"))["policy"]["version"]
    paths = folder / "50-paths.yaml"
    paths.write_text(paths.read_text().replace("{at: T1, limit: 30m", "{at: T1, limit: 20m"))
    said = ["T1's limit on path standard: 30m -> 20m"]
    ahead = told(await tierline("policy", "diff", "running", folder, "--json"))
    assert [it["said"] for it in ahead["differences"]] == said
    told(await tierline("load", folder, "--json"))
    digits = first.removeprefix("sha256:")[:8]
    behind = told(await tierline("policy", "diff", digits, "running", "--json"))
    assert [it["said"] for it in behind["differences"]] == said
    assert behind["from"] == first
    assert told(await tierline("policy", "diff", folder, "running", "--json"))["differences"] == []
    for name, part in (("ffffffff", "No version begins"), ("/no/such/folder", "no folder")):
        result = await tierline("policy", "diff", name, folder)
        assert result.exit_code == 1
        assert part in result.stderr


async def test_a_new_policy_becomes_the_one_active_version(tierline, folder, connection):
    first = told(await tierline("load", folder, "--json"))["policy"]["version"]
    promises = folder / "60-telling.yaml"
    promises.rename(folder / "61-telling.yaml")
    same = told(await tierline("load", folder, "--json"))["policy"]
    assert (same["version"], same["changed"]) == (first, False)
    groups = folder / "20-groups.yaml"
    groups.write_text(groups.read_text().replace("members: [Tom, Ines]", "members: [Tom]"))
    second = told(await tierline("load", folder, "--json"))["policy"]
    assert second["changed"] is True
    active = await connection.fetch("SELECT version FROM tierline.policy_version WHERE active")
    assert [row["version"] for row in active] == [second["version"]]
    assert await connection.fetchval("SELECT count(*) FROM tierline.policy_version") == 2


async def hold_ticket(connection, number: int, tier: str, group: str, state: str) -> None:
    await connection.execute(
        "INSERT INTO tierline.ticket (id, seq, doc, state, type, client, title, priority, tier,"
        " grp, owner, opened_at, next_due_at, recorded_at) VALUES ($1, 1, '{}', $4, 'alert',"
        " 'Unsorted', 't', 'P3', $2, $3, '', now(),"
        " CASE WHEN $4 = 'closed' THEN NULL ELSE now() END, now())",
        number,
        tier,
        group,
        state,
    )


def without_suppliers(folder: Path) -> None:
    """Remove the only group of the vendor tier, and the tier, wherever they are named."""
    groups = folder / "20-groups.yaml"
    text = groups.read_text().replace("vendor, ", "")
    head, _, rest = text.partition("  Suppliers:\n")
    groups.write_text(head + rest[rest.index("  Management:") :])
    records = folder / "records.yaml"
    records.write_text(records.read_text().replace(", Suppliers]", "]"))
    paths = folder / "50-paths.yaml"
    kept = [line for line in paths.read_text().splitlines(keepends=True) if "vendor" not in line]
    paths.write_text("".join(kept))


async def test_a_group_that_holds_tickets_cannot_be_removed(tierline, folder, connection):
    told(await tierline("load", folder, "--json"))
    before = await dump(connection)
    for number, state in ((1, "queued"), (2, "resolved"), (3, "closed")):
        await hold_ticket(connection, number, "vendor", "Suppliers", state)
    without_suppliers(folder)
    result = await tierline("load", folder)
    assert result.exit_code == 1
    lines = result.stderr.splitlines()
    assert "group Suppliers holds 2 open tickets" in lines[0]
    assert "tierline tickets move" in lines[1]
    assert len(lines) == 2
    assert await dump(connection) == before
    refused = json.loads((await tierline("load", folder, "--json")).stdout)
    assert refused["error"]["held"] == {"group Suppliers": 2}


async def test_once_its_tickets_are_closed_it_can(tierline, folder, connection):
    told(await tierline("load", folder, "--json"))
    await hold_ticket(connection, 3, "vendor", "Suppliers", "closed")
    without_suppliers(folder)
    assert told(await tierline("load", folder, "--json"))["policy"]["changed"] is True


async def test_a_tier_that_holds_tickets_cannot_be_removed_either(tierline, folder, connection):
    await hold_ticket(connection, 1, "night desk", "Desk", "queued")
    result = await tierline("load", folder)
    assert result.exit_code == 1
    assert "tier night desk holds 1 open ticket." in result.stderr.splitlines()[0]


async def test_a_password_that_somebody_set_is_neither_replaced_nor_printed(
    tierline, folder, connection
):
    told(await tierline("load", folder, "--json"))
    chosen = hash_password("correct horse")
    await connection.execute(
        "UPDATE tierline.person SET password_hash = $1 WHERE login = 'priya'", chosen
    )
    outcome = told(await tierline("load", folder, "--json"))
    people = {person["login"]: person["password"] for person in outcome["people"]}
    assert people["priya"] is None
    assert people["sam"]
    assert outcome["login"] == {"user": "priya", "password": "(the one you set)"}
    assert chosen == await connection.fetchval(
        "SELECT password_hash FROM tierline.person WHERE login = 'priya'"
    )


async def test_another_secret_ends_the_development_token_of_the_old_one(
    tierline, folder, connection
):
    first = told(await tierline("load", folder, "--json"))["token"]
    second = told(await tierline("load", folder, "--json", TIERLINE_SECRET="6" * 64))["token"]
    live = await connection.fetch("SELECT hash FROM tierline.api_token WHERE revoked_at IS NULL")
    assert first != second
    assert [row["hash"] for row in live] == [hash_key(second)]


async def test_in_production_nobody_is_given_anything(tierline, folder, connection):
    result = await tierline("load", folder, development=False)
    assert result.exit_code == 0, result.output
    assert "tierline token create" in result.stdout
    assert "tierline integration-key create" in result.stdout
    assert await connection.fetchval("SELECT count(*) FROM tierline.person") == 10
    given = await connection.fetchval(
        "SELECT (SELECT count(*) FROM tierline.api_token)"
        " + (SELECT count(*) FROM tierline.integration_key)"
        " + (SELECT count(*) FROM tierline.person WHERE password_hash <> '')"
    )
    assert given == 0


async def test_in_production_a_subscriptions_secret_is_random_and_shown_once(
    tierline, folder, connection
):
    first = told(await tierline("load", folder, "--json", development=False))
    assert set(first) == {"policy", "kept", "edited", "warnings", "subscriptions"}
    secret = first["subscriptions"]["ticket mirror"]
    again = told(await tierline("load", folder, "--json", development=False))
    assert again["subscriptions"] == {}
    assert await connection.fetchval("SELECT secrets FROM tierline.subscription") == [secret]


async def test_a_folder_with_faults_loads_nothing_and_names_each(tierline, folder, connection):
    groups = folder / "20-groups.yaml"
    groups.write_text(groups.read_text().replace("tier: T1", "tier: T9"))
    result = await tierline("load", folder)
    assert result.exit_code == 1
    assert "20-groups.yaml:" in result.stderr
    assert "tierline policy check" in result.stderr.splitlines()[-1]
    assert await connection.fetchval("SELECT count(*) FROM tierline.policy_version") == 0


async def test_two_contacts_of_one_name_are_refused(tierline, folder, connection):
    records = folder / "records.yaml"
    text = records.read_text()
    twin = "  - {client: Harbour Dental, name: Ruth Adeyemi, email: other@harbourdental.example}\n"
    records.write_text(text.replace("contacts:\n", "contacts:\n" + twin))
    result = await tierline("load", folder)
    assert result.exit_code == 1
    assert "two contacts called Ruth Adeyemi" in result.stderr
    assert await connection.fetchval("SELECT count(*) FROM tierline.client") == 1


async def test_two_loads_at_once_both_succeed(database_url, folder, connection):
    loaded = load_folder(folder)
    target = Target(database_url, SECRET, development=True)
    outcomes = await asyncio.gather(
        *(asyncio.to_thread(load_into, target, loaded) for _ in range(2))
    )
    assert outcomes[0]["token"] == outcomes[1]["token"]
    assert sorted(outcome["policy"]["changed"] for outcome in outcomes) == [False, True]
    for person in outcomes[0]["people"][:1]:
        stored = await connection.fetchval(
            "SELECT password_hash FROM tierline.person WHERE login = $1", person["login"]
        )
        assert verify_password(stored, person["password"])


async def test_a_development_stack_without_a_secret_is_refused(tierline, folder):
    result = await tierline("load", folder, TIERLINE_SECRET="short")
    assert result.exit_code == 1
    assert "TIERLINE_SECRET" in result.stderr.splitlines()[0]


@pytest.mark.parametrize(
    ("url", "words"),
    [
        ("postgresql://nobody:hush@127.0.0.1:1/none", "cannot be used"),
        ("mysql://nobody:hush@127.0.0.1/none", "not the address of a database"),
    ],
)
async def test_a_database_that_is_not_there_is_two_lines_without_the_password(
    tierline, folder, url, words
):
    result = await tierline("load", folder, TIERLINE_DATABASE_URL=url)
    assert result.exit_code == 1
    assert words in result.stderr
    assert "hush" not in result.output
    assert len(result.stderr.splitlines()) == 2


async def test_a_database_without_tables_says_how_to_make_them(tierline, folder, connection):
    await connection.execute("DROP SCHEMA tierline CASCADE")
    result = await tierline("load", folder)
    assert result.exit_code == 1
    assert "tierline.store.migrate" in result.stderr.splitlines()[1]


async def test_without_database_and_stack_it_says_what_to_set(tierline, folder, tmp_path):
    result = await tierline("load", folder, TIERLINE_DATABASE_URL="", TIERLINE_HOME=str(tmp_path))
    assert result.exit_code == 1
    assert "TIERLINE_DATABASE_URL" in result.stderr


async def test_a_token_is_made_shown_once_listed_and_revoked(tierline, folder, connection):
    await tierline("load", folder, development=False)
    args = ["--name", "reports", "--scope", "tickets:read", "--login", "sam", "--days", "30"]
    made = told(await tierline("token", "create", *args, "--json", development=False))
    row = await connection.fetchrow(
        "SELECT * FROM tierline.api_token WHERE hash = $1", hash_key(made["token"])
    )
    assert (row["name"], row["login"], row["scopes"]) == ("reports", "sam", ["tickets:read"])
    assert row["expires_at"] is not None
    listed = await tierline("token", "list", "--json", development=False)
    assert made["token"] not in listed.stdout
    assert [it["name"] for it in told(listed)["items"]] == ["reports"]
    assert "reports" in (await tierline("token", "list", development=False)).stdout
    revoked = await tierline("token", "revoke", "reports", "--json", development=False)
    assert told(revoked) == {"revoked": 1, "name": "reports"}
    assert (await tierline("token", "revoke", "reports", development=False)).exit_code == 1


async def test_a_token_for_people_is_one_line_on_standard_output(tierline, folder, connection):
    await tierline("load", folder, development=False)
    args = ["token", "create", "--name", "x", "--scope", "admin", "--client", "Oakfield Schools"]
    result = await tierline(*args, development=False)
    raw = result.stdout.strip()
    assert kind_of(raw) is KeyKind.TOKEN
    assert "shown this once" in result.stderr
    clients = await connection.fetchval(
        "SELECT clients FROM tierline.api_token WHERE hash = $1", hash_key(raw)
    )
    assert clients == ["Oakfield Schools"]


@pytest.mark.parametrize(
    ("args", "hint", "code"),
    [
        (["token", "create", "--name", "x", "--scope", "tickets:reed"], "tickets:read", 2),
        (["token", "create", "--name", "x", "--scope", "admin", "--login", "sma"], "`sam`", 1),
        (["token", "create", "--name", "x", "--scope", "admin", "--client", "Oakfeld"], "Oak", 1),
        (["integration-key", "create", "alertmanger"], "`alertmanager`", 1),
        (["token", "create", "--name", "x"], "--help", 2),
    ],
    ids=str,
)
async def test_a_misspelt_name_makes_nothing_and_is_told_the_nearest(
    tierline, folder, connection, args, hint, code
):
    await tierline("load", folder, development=False)
    result = await tierline(*args, development=False)
    assert result.exit_code == code
    assert hint in result.stderr.splitlines()[1]
    assert await connection.fetchval("SELECT count(*) FROM tierline.api_token") == 0


async def test_an_integration_gets_a_further_key(tierline, folder, connection):
    await tierline("load", folder, development=False)
    result = await tierline("integration-key", "create", "api", "--json", development=False)
    made = told(result)
    assert kind_of(made["integration_key"]) is KeyKind.INTEGRATION
    owner = await connection.fetchval(
        "SELECT integration FROM tierline.integration_key WHERE hash = $1",
        hash_key(made["integration_key"]),
    )
    assert owner == "api"


async def test_what_was_edited_elsewhere_stays_until_its_entry_changes(
    tierline, folder, connection
):
    told(await tierline("load", folder, "--json"))
    device = "FROM tierline.device WHERE name = 'hd-fw-01'"
    await connection.execute("UPDATE tierline.device SET type = 'gateway' WHERE name = 'hd-fw-01'")
    again = await tierline("load", folder)
    assert "left as edited since it was loaded: devices Harbour Dental: hd-fw-01" in again.stdout
    assert await connection.fetchval(f"SELECT type {device}") == "gateway"
    records = folder / "records.yaml"
    text = records.read_text()
    records.write_text(
        text.replace("type: firewall, criticality: 1", "type: router, criticality: 1")
    )
    assert told(await tierline("load", folder, "--json"))["edited"] == {}
    assert await connection.fetchval(f"SELECT type {device}") == "router"
    change = await connection.fetchrow(
        "SELECT how, by, client, before, after FROM tierline.record_change"
        " WHERE name = 'hd-fw-01' AND before IS NOT NULL"
    )
    assert tuple(change)[:3] == ("folder", "", "Harbour Dental")
    assert [json.loads(change[side])["type"] for side in ("before", "after")] == [
        "gateway", "router",
    ]  # fmt: skip


async def test_whoever_was_put_out_before_folders_could_say_so_stays_out(
    tierline, folder, connection
):
    await connection.execute(
        "INSERT INTO tierline.person (login, name, role, active)"
        " VALUES ('marek', 'Marek', 'technician', false)"
    )
    told(await tierline("load", folder, "--json"))
    row = await connection.fetchrow(
        "SELECT email, active FROM tierline.person WHERE login = 'marek'"
    )
    assert tuple(row) == ("marek@northwind.example", False)
