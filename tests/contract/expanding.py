"""What a migration does that an older version, still running, could trip over."""

import ast
import re
from pathlib import Path

CONTRACT = "contract_after"
"""Names the version after which nothing runs any more that needs what this migration takes away."""

KEEPS = "older_go_on"
"""Says why an older version goes on working although it looks otherwise."""

BREAKING: dict[str, re.Pattern[str]] = {
    "drops a table": re.compile(r"\bDROP\s+(TABLE|VIEW|SCHEMA)\b", re.IGNORECASE),
    "drops a function": re.compile(r"\bDROP\s+(FUNCTION|TRIGGER|TYPE)\b", re.IGNORECASE),
    "drops a column": re.compile(r"\bDROP\s+COLUMN\b", re.IGNORECASE),
    "renames": re.compile(r"\bRENAME\b", re.IGNORECASE),
    "retypes a column": re.compile(
        r"\bALTER\s+(COLUMN\s+)?\w+\s+(SET\s+DATA\s+)?TYPE\b", re.IGNORECASE
    ),
    "forbids NULL": re.compile(r"\bSET\s+NOT\s+NULL\b", re.IGNORECASE),
    "adds a column that must be given": re.compile(
        r"\bADD\s+(COLUMN\s+)?(?:IF\s+NOT\s+EXISTS\s+)?\w+\s+(?!CONSTRAINT)"
        r"(?:(?!,\s*ADD\b|;)(?!DEFAULT|GENERATED).)*\bNOT\s+NULL\b(?!(?:(?!,\s*ADD\b|;).)*"
        r"\b(DEFAULT|GENERATED)\b)",
        re.IGNORECASE | re.DOTALL,
    ),
    "takes a default away": re.compile(r"\bDROP\s+DEFAULT\b", re.IGNORECASE),
    "adds a rule that what is written today may break": re.compile(
        r"\bADD\s+(CONSTRAINT\s+\w+\s+)?(CHECK|UNIQUE|FOREIGN\s+KEY|EXCLUDE)\b", re.IGNORECASE
    ),
}

_COMMENT = re.compile(r"--[^\n]*")


def breaks(sql: str) -> list[str]:
    """What of it an older version could trip over; empty: it only adds."""
    plain = _COMMENT.sub(" ", sql)
    return [what for what, pattern in BREAKING.items() if pattern.search(plain)]


def upgrade_sql(file: Path) -> str:
    """All the SQL of a migration's upgrade: its file beside it, and what its code spells out."""
    beside = file.with_suffix(".sql")
    parts = [beside.read_text()] if beside.exists() else []
    for node in ast.parse(file.read_text()).body:
        if isinstance(node, ast.FunctionDef) and node.name == "upgrade":
            parts += [
                inner.value
                for inner in ast.walk(node)
                if isinstance(inner, ast.Constant) and isinstance(inner.value, str)
            ]
    return "\n;\n".join(parts)


def mark(file: Path, name: str) -> str:
    """What a migration says under that name, or nothing."""
    for node in ast.parse(file.read_text()).body:
        if isinstance(node, ast.Assign) and any(
            isinstance(target, ast.Name) and target.id == name for target in node.targets
        ):
            value = ast.literal_eval(node.value)
            assert isinstance(value, str), f"{file.name}: {name} is a text"
            return value
    return ""
