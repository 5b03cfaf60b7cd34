"""What belongs to the product: its packages, files and parsed modules."""

import ast
import functools
from pathlib import Path

ROOT = Path(__file__).parents[1]
SERVICES = {
    "intake": "intake",
    "router": "router",
    "sla-timer": "sla_timer",
    "notifier": "notifier",
    "console": "console",
}
"""Package by folder of each service."""

PACKAGES = {
    "tierline": ROOT / "shared" / "tierline",
    **{package: ROOT / "services" / name / package for name, package in SERVICES.items()},
}
MEMBERS = [ROOT / "shared", *(ROOT / "services" / name for name in SERVICES)]


@functools.cache
def modules() -> dict[str, Path]:
    """Every module of the product by its dotted name (a package's is that of its folder)."""
    found = {}
    for package, folder in PACKAGES.items():
        for file in sorted(folder.rglob("*.py")):
            parts = [package, *file.relative_to(folder).with_suffix("").parts]
            found[".".join(parts[:-1] if parts[-1] == "__init__" else parts)] = file
    return found


@functools.cache
def parsed(module: str) -> ast.Module:
    """The syntax tree of a module of the product."""
    return ast.parse(modules()[module].read_text())


def imports(tree: ast.Module) -> set[str]:
    """What a tree imports: modules, and `module.name` of every name taken from one."""
    found = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module:
            found.add(node.module)
            found |= {f"{node.module}.{alias.name}" for alias in node.names}
    return found


def written_by_hand(suffixes: set[str]) -> list[Path]:
    """Files of the repository with one of those suffixes; not what is installed, cached or run."""
    skipped = {".venv", ".git", ".tierline", "__pycache__", "dist", "build", "node_modules"}
    return sorted(
        file
        for file in ROOT.rglob("*")
        if file.suffix in suffixes
        and not any(
            part in skipped or (part.startswith(".") and part.endswith("_cache"))
            for part in file.relative_to(ROOT).parts
        )
        and ".hypothesis" not in file.parts
        and file.is_file()
    )
