"""Migrations only add, so that two versions can run on one database; what goes is marked."""

import re
from importlib.metadata import version

import pytest

from tests.contract.expanding import CONTRACT, KEEPS, breaks, mark, upgrade_sql
from tierline.store.schema import VERSIONS

REASON_LETTERS_MIN = 40
FILES = sorted(VERSIONS.glob("[0-9]*.py"))


def number(text: str) -> tuple[int, ...]:
    return tuple(int(part) for part in re.findall(r"\d+", text))


@pytest.mark.parametrize("file", FILES, ids=lambda file: file.stem)
def test_a_migration_adds_or_says_when_what_it_takes_away_is_not_needed(file):
    found = breaks(upgrade_sql(file))
    after, keeps = mark(file, CONTRACT), mark(file, KEEPS)
    if not found:
        assert not after, f"{file.name} takes nothing away: no {CONTRACT}"
        return
    remedy = (
        f"{file.name} {', '.join(found)}. Add first, and take away one version later with"
        f' `{CONTRACT} = "<the last version that needs it>"`; or say in `{KEEPS}` why an older'
        " version goes on working."
    )
    assert after or len(keeps) >= REASON_LETTERS_MIN, remedy
    if after:
        assert number(after) < number(version("tierline")), f"{after} is not over yet"


@pytest.mark.parametrize(
    ("sql", "found"),
    [
        ("DROP TABLE tierline.storm", "drops a table"),
        ("ALTER TABLE t DROP COLUMN a", "drops a column"),
        ("ALTER TABLE t RENAME COLUMN a TO b", "renames"),
        ("alter table t rename to u", "renames"),
        ("ALTER TABLE t ALTER COLUMN a TYPE bigint", "retypes a column"),
        ("ALTER TABLE t ALTER a SET DATA TYPE bigint", "retypes a column"),
        ("ALTER TABLE t ALTER COLUMN a SET NOT NULL", "forbids NULL"),
        ("ALTER TABLE t ADD COLUMN a text NOT NULL", "adds a column that must be given"),
        (
            "ALTER TABLE t ADD COLUMN a text NOT NULL,\n ADD COLUMN b text NOT NULL DEFAULT ''",
            "adds a column that must be given",
        ),
        ("ALTER TABLE t ALTER a DROP DEFAULT", "takes a default away"),
        ("DROP FUNCTION tierline.policy_now()", "drops a function"),
        ("ALTER TABLE t ADD CONSTRAINT c CHECK (a > 0)", "adds a rule"),
        ("ALTER TABLE t ADD UNIQUE (a)", "adds a rule"),
    ],
)
def test_what_an_older_version_would_trip_over_is_seen(sql, found):
    assert any(what.startswith(found) for what in breaks(sql)), breaks(sql)


@pytest.mark.parametrize(
    "sql",
    [
        "CREATE TABLE t (a text NOT NULL, CHECK (a <> ''), UNIQUE (a))",
        "ALTER TABLE t ADD COLUMN a text",
        "ALTER TABLE t ADD COLUMN a text NOT NULL DEFAULT ''",
        "ALTER TABLE t ADD COLUMN a text DEFAULT '' NOT NULL, ADD COLUMN b int NOT NULL DEFAULT 1",
        "ALTER TABLE t ADD COLUMN a bigint NOT NULL GENERATED ALWAYS AS IDENTITY",
        "-- once DROP TABLE t\nCREATE INDEX i ON t (a)",
        "DROP INDEX tierline.message_due",
        "ALTER TABLE t DROP CONSTRAINT t_kind_check",
    ],
)
def test_what_only_adds_or_loosens_is_not(sql):
    assert breaks(sql) == []


def test_the_sql_of_a_migration_is_all_of_it(tmp_path):
    file = tmp_path / "9999_x.py"
    file.write_text(
        'contract_after = "0.1"\n'
        "def upgrade():\n    op.execute('DROP TABLE a')\n"
        "def downgrade():\n    op.execute('DROP TABLE b')\n"
    )
    file.with_suffix(".sql").write_text("ALTER TABLE c ADD COLUMN d text")
    assert breaks(upgrade_sql(file)) == ["drops a table"]
    assert "DROP TABLE b" not in upgrade_sql(file)
    assert mark(file, CONTRACT) == "0.1"
    assert mark(file, KEEPS) == ""
