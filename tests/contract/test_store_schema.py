"""The fake's tables are those of the migrations."""

import ast
import importlib
import re
from pathlib import Path

import pytest

from tests.contract.store import PROVED, Real
from tests.simulation.statements import REGISTRY
from tierline.testing.postgres import schema

RUNNING = {"fetch", "fetchrow", "fetchval", "execute", "executemany"}
WRITTEN_OUT = (ast.Constant, ast.JoinedStr, ast.BinOp)
STATEMENT = re.compile(r"\s*(SELECT|INSERT|UPDATE|DELETE|WITH)\b")


@pytest.mark.postgres
async def test_columns_and_what_may_be_left_out(database_url):
    real = await Real(database_url).open()
    try:
        for table in schema.ALL:
            async with real.db.connection() as connection:
                rows = await connection.fetch(
                    "SELECT column_name, is_nullable = 'YES' OR column_default IS NOT NULL"
                    " OR is_identity = 'YES' AS optional FROM information_schema.columns"
                    " WHERE table_schema = 'tierline' AND table_name = $1",
                    table.name,
                )
            found = {row["column_name"]: row["optional"] for row in rows}
            known = dict.fromkeys(table.required, False) | dict.fromkeys(table.optional, True)
            assert (table.name, found) == (table.name, known)
    finally:
        await real.close()


@pytest.mark.postgres
async def test_unique_indexes_go_by_the_names_that_errors_carry(database_url):
    real = await Real(database_url).open()
    try:
        for table in schema.ALL:
            async with real.db.connection() as connection:
                rows = await connection.fetch(
                    "SELECT c.relname FROM pg_index i JOIN pg_class c ON c.oid = i.indexrelid"
                    " WHERE i.indisunique AND i.indrelid = $1::text::regclass",
                    f"tierline.{table.name}",
                )
            names = {row["relname"] for row in rows}
            assert (table.name, names) == (table.name, {f"{table.name}_pkey", *table.unique})
    finally:
        await real.close()


def test_every_answer_is_proved():
    for suite in sorted(Path(__file__).parent.glob("test_store_*.py")):
        importlib.import_module(f"tests.contract.{suite.stem}")
    unproved = [
        f"{entry.module}.{entry.name}"
        for sql, entry in REGISTRY.entries.items()
        if sql not in PROVED
    ]
    assert unproved == []


def test_every_named_statement_of_these_modules_is_answered():
    """A statement that somebody adds to a loop is missed here before a simulation trips over it."""
    modules = {entry.module for entry in REGISTRY.entries.values()}
    unknown = []
    for name in sorted(modules):
        module = importlib.import_module(name)
        for node in ast.parse(Path(module.__file__ or "").read_text()).body:
            target = node.targets[0] if isinstance(node, ast.Assign) else None
            value = getattr(module, target.id, None) if isinstance(target, ast.Name) else None
            whole = isinstance(value, str) and STATEMENT.match(value)
            if whole and value not in REGISTRY.entries:
                unknown.append(f"{name}.{target.id}")
    assert unknown == []


def test_these_modules_run_named_statements_only():
    """Lists of the router, put together at each request, are no loop's."""
    modules = {entry.module for entry in REGISTRY.entries.values()}
    unnamed = []
    for name in sorted(one for one in modules if not one.startswith("router.queries.")):
        file = Path(importlib.import_module(name).__file__ or "")
        for node in ast.walk(ast.parse(file.read_text())):
            runs = isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute)
            if runs and node.func.attr in RUNNING and isinstance(node.args[0], WRITTEN_OUT):
                unnamed.append(f"{name}:{node.lineno}")
    assert unnamed == []
